// What one more record of an import costs, in instructions: these repeat, whatever else the machine does. And the memory that a large import takes.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { TODAY } from './registry.js'
import { output } from './servers.js'

const FEW = 200
const MANY = 1200
const LARGE = 100000

const base = () => [
  ...Array.from({ length: 20 }, (_, i) => ({ resource: 'areas', slug: `area-${i}`, name: `Area ${i}` })),
  ...Array.from({ length: 200 }, (_, i) => ({ resource: 'organizations', slug: `org-${i}`, name: `Organization number ${i}`, country: 'JP', kind: 'university' })),
]

// With two parties and two areas.
const agreement = (i) => ({
  resource: 'agreements', slug: `agreement-${i}`, title: `Memorandum of understanding on regenerative medicine ${i}`, kind: 'mou', stage: 'concluded',
  parties: [`org-${i % 200}`, `org-${(i * 7 + 1) % 200}`], areas: [`area-${i % 20}`, { area: `area-${(i * 3 + 1) % 20}`, note: 'as in article 2' }],
  concluded_on: `20${10 + (i % 15)}-0${1 + (i % 9)}-1${i % 9}`, term_months: 36, renewal: { kind: 'automatic', months: 12 }, notice: { months: 3 },
  summary: 'The parties exchange students and staff, and share facilities for joint research.',
})

const write = (file, records) => writeFileSync(file, records.map((record) => JSON.stringify(record)).join('\n'))

async function emptyRegistry(entente, file) {
  for (const ending of ['', '-wal', '-shm', '.lock']) rmSync(file + ending, { force: true })
  await output(entente, ['import', '--db', file, '--today', TODAY, `${file}.base`])
}

async function instructions(entente, folder, count) {
  const db = join(folder, 'counted.db')
  const file = join(folder, 'counted.ndjson')
  write(`${db}.base`, base())
  write(file, Array.from({ length: count }, (_, i) => agreement(i)))
  await emptyRegistry(entente, db)
  const report = join(folder, 'counted.out')
  await output('valgrind', ['--tool=callgrind', `--callgrind-out-file=${report}`, '--quiet', entente, 'import', '--db', db, '--today', TODAY, file])
  return Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(report, 'utf8'))[1])
}

// The most memory that the process had, in MiB.
async function peak(entente, args) {
  const child = spawn(entente, args, { stdio: 'ignore' })
  let most = 0
  const look = () => {
    try {
      most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0))
    } catch {} // it has just ended
  }
  const timer = setInterval(look, 20)
  const [code] = await once(child, 'exit')
  clearInterval(timer)
  if (code !== 0) throw new Error(`an import ended with ${code}`)
  return most / 1024
}

export async function imports({ entente, folder, progress, add }) {
  progress('instructions of an imported record')
  const more = ((await instructions(entente, folder, MANY)) - (await instructions(entente, folder, FEW))) / (MANY - FEW)
  add('instructions for one more imported agreement', { most: 1.2 }, more / 1e6, 'with two parties and two areas; the difference of two files', ' M')
  progress('memory of a large import')
  const db = join(folder, 'counted.db')
  const file = join(folder, 'counted.ndjson')
  write(file, Array.from({ length: LARGE }, (_, i) => agreement(i)))
  await emptyRegistry(entente, db)
  add(`memory of an import of ${LARGE.toLocaleString('en')} agreements`, { most: 128 }, await peak(entente, ['import', '--db', db, '--today', TODAY, file]), 'the most that the process had', ' MiB')
}
