// Registries to measure on. Each is made once and kept: its name is a mark of what it is made by.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { output } from './servers.js'

export const TODAY = '2026-04-21'
const here = dirname(fileURLToPath(import.meta.url))
const migrations = join(here, '../../sql/sqlite/migrations')

const remove = (folder, beginning) => {
  for (const name of readdirSync(folder).filter((n) => n.startsWith(beginning))) rmSync(join(folder, name))
}

// `make` is told where; a file that it leaves is whole, and what came of older makers goes.
async function kept(folder, kind, makers, make) {
  const mark = makers.reduce((hash, maker) => hash.update(maker), createHash('sha256')).digest('hex').slice(0, 8)
  const database = join(folder, `${kind}-${mark}.db`)
  if (existsSync(database)) return database
  remove(folder, `${kind}-`)
  await make(join(folder, `${kind}-part.db`))
  renameSync(join(folder, `${kind}-part.db`), database)
  remove(folder, `${kind}-part`)
  return database
}

const makersOf = (sizes) => [String(sizes), readFileSync(join(here, 'generate.js')), ...readdirSync(migrations).sort().map((name) => readFileSync(join(migrations, name)))]

// What `generate.js` writes into `data`, imported.
export const imported = (entente, folder, kind, data, sizes) => kept(folder, kind, makersOf(sizes), async (part) => {
  await output(process.execPath, [join(here, 'generate.js'), data, ...sizes.map(String)])
  for (const name of readdirSync(data).filter((n) => n.startsWith('part-')).sort()) {
    await output(entente, ['import', '--db', part, '--today', TODAY, join(data, name)])
  }
})

// A registry so many times over, with what is searched, which the program makes when it first opens it.
export const multiplied = (entente, folder, kind, source, sizes, times) =>
  kept(folder, kind, [...makersOf(sizes), String(times), readFileSync(join(here, 'multiply.c'))], async (part) => {
    copyFileSync(source, part)
    await output(join(folder, 'multiply'), [part, String(times)])
    await output(entente, ['token', 'list', '--db', part])
  })

export async function copyOf(database, copy) {
  for (const ending of ['', '-wal', '-shm', '.lock', '.sock']) rmSync(copy + ending, { force: true })
  copyFileSync(database, copy)
  await output('sync', [copy]) // what the system has still to write would be paid for by whoever flushes first
  return copy
}
