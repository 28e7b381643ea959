// Measures entente against bare programs that do the same without it, in interleaved rounds (baseline, ours, baseline, ours …), so that a machine
// that slows down slows both. A figure is the median of its rounds' ratios. The exit status says whether every figure was met.
//
//   node bench.js ENTENTE BUILD-FOLDER        (as `make bench` calls it)
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { get, metrics, output, residentMiB, startServer } from './servers.js'
import { isMet, markdown, printTable } from './table.js'

const [entente, build] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))
const view = join(here, '../../sql/sqlite/views/agreements.sql')
const folder = join(build, 'bench')
const file = (name) => join(folder, name)

const AGREEMENTS = 100000
const HOT = 1000
const CREATES_A_ROUND = 8000
const CLIENTS = 64
const READERS = 16 // who ask while 64 clients write
const ROUNDS = 7
const CREATES = 3 * ROUNDS * CREATES_A_ROUND
const SECONDS = 1.5
const CREATE_SECONDS = 2
const WARM_SECONDS = 8
const TODAY = '2026-04-21'
const STEPS = 8

const rows = []
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

let step = 0
function progress(text) {
  const done = Math.round((++step / STEPS) * 20)
  const line = `[${'█'.repeat(done)}${'░'.repeat(20 - done)}] ${text}`
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
}

function add(figure, limit, value, detail, unit = '') {
  rows.push({ figure, ...limit, value, detail, unit })
}

// -- the registry ----------------------------------------------------------------------------------------------------------

// Made once and kept: its name is a mark of what it is made by.
async function registry() {
  const migrations = join(here, '../../sql/sqlite/migrations')
  const makers = [join(here, 'generate.js'), ...readdirSync(migrations).sort().map((name) => join(migrations, name))]
  const mark = makers.reduce((hash, name) => hash.update(readFileSync(name)), createHash('sha256')).digest('hex').slice(0, 8)
  const database = file(`registry-${mark}.db`)
  if (existsSync(database)) return database
  const data = file('data')
  const part = file('part.db')
  for (const name of readdirSync(folder).filter((n) => n.startsWith('part.db'))) rmSync(file(name))
  await output(process.execPath, [join(here, 'generate.js'), data, AGREEMENTS, CREATES])
  for (const name of readdirSync(data).filter((n) => n.startsWith('part-')).sort()) {
    await output(entente, ['import', '--db', part, '--today', TODAY, join(data, name)])
  }
  copyFileSync(part, database) // closed, so the file is whole
  for (const name of readdirSync(folder).filter((n) => n.startsWith('part.db'))) rmSync(file(name))
  return database
}

async function copyOf(database, name) {
  for (const ending of ['', '-wal', '-shm', '.lock', '.sock']) rmSync(file(name) + ending, { force: true })
  copyFileSync(database, file(name))
  await output('sync', [file(name)]) // what the system has still to write would be paid for by whoever flushes first
  return file(name)
}

const serve = (database, ...flags) =>
  startServer(entente, ['serve', '--db', database, '--listen', '127.0.0.1:0', '--today', TODAY, ...flags], file('server.log'))

// -- what is asked -----------------------------------------------------------------------------------------------------------

const pathOf = (i) => `/v1/agreements/agreement-${String(i).padStart(6, '0')}`
const numbers = (count) => Array.from({ length: count }, (_, i) => i)

async function writeRequests(server, token) {
  const hot = numbers(HOT).map((i) => pathOf(i * (AGREEMENTS / HOT)))
  const known = []
  for (const path of hot) known.push(`${path}\t${(await get(server, token, path)).headers.get('etag')}`)
  const pages = []
  for (let next = '/v1/agreements?limit=50'; next !== null; next = (await (await get(server, token, next)).json()).next) pages.push(next)
  const lists = { hot, all: numbers(AGREEMENTS).map(pathOf), known, pages }
  for (const [name, lines] of Object.entries(lists)) writeFileSync(file(`${name}.txt`), `${lines.join('\n')}\n`)
}

async function load(server, token, requests, { status = 200, seconds = SECONDS, connections = CLIENTS, post, from = 0 } = {}) {
  const flags = ['--port', server.port, '--token', token, '--connections', connections, '--seconds', seconds, '--status', status]
  const result = JSON.parse(await output(file('load'), [...flags, ...(post ? ['--post', post, '--from', from] : []), requests]))
  if (result.errors > 0) throw new Error(`${requests}: ${result.errors} of ${result.requests} answers were not ${status}`)
  return result
}

let round = 0
// Sends creates for so long; every round has bodies of its own.
const post = (server, token, seconds) =>
  load(server, token, file('data/creates.ndjson'), { status: 201, seconds, post: '/v1/agreements', from: round++ * CREATES_A_ROUND })

// -- figures -----------------------------------------------------------------------------------------------------------------

const whole = (n) => Math.round(n).toLocaleString('en')

// Interleaved rounds of two measurements that answer a rate.
async function compare(figure, least, what, baseline, ours) {
  const rates = []
  for (let i = 0; i < ROUNDS; i++) rates.push([await baseline(), await ours()])
  add(figure, { least }, median(rates.map(([b, o]) => o / b)),
    `${whole(median(rates.map(([, o]) => o)))} of ${whole(median(rates.map(([b]) => b)))} ${what} a second`)
}

async function reads(server, token, database) {
  const bare = await startServer(file('bare_http'), [database, view], file('bare.log'))
  const rate = (where, name, status) => async () => (await load(where, token, file(`${name}.txt`), { status })).rate
  const figures = [
    ['GET, hot set of 1,000', 0.65, 'hot', 200], ['GET, all 100,000', 0.45, 'all', 200], ['304, hot set of 1,000', 0.75, 'known', 304],
  ]
  for (const [figure, least, name, status] of figures) {
    progress(figure)
    if (name === 'all') await load(server, token, file('all.txt'), { seconds: WARM_SECONDS }) // so that every document was asked for before
    await compare(figure, least, 'requests', rate(bare, name === 'known' ? 'hot' : name, 200), rate(server, name, status))
  }
  await bare.stop().catch(() => {})
  progress('page of 50')
  await compare('page of 50', 0.5, 'documents', async () => JSON.parse(await output(file('bare_view'), [database, view, '2'])).rate,
    async () => (await load(server, token, file('pages.txt'))).rate * 50)
}

async function createRate(server, token) {
  const before = await metrics(server, token)
  const { rate } = await post(server, token, CREATE_SECONDS)
  const after = await metrics(server, token)
  return { rate, perCommit: (after.entente_writes_total - before.entente_writes_total) /
    (after.entente_write_groups_total - before.entente_write_groups_total) }
}

async function creates(database, token) {
  progress('durable creates')
  const bareDatabase = await copyOf(database, 'bare.db')
  const grouped = await serve(await copyOf(database, 'grouped.db'))
  const single = await serve(await copyOf(database, 'single.db'), '--group-limit', '1')
  const bareRate = async (clients) => JSON.parse(await output(file('bare_create'), [bareDatabase, CREATE_SECONDS, clients].map(String))).rate
  const list = []
  for (let i = 0; i < ROUNDS; i++) {
    const [bare, bareSingle] = [await bareRate(CLIENTS), await bareRate(1)]
    list.push({ bare, bareSingle, ...(await createRate(grouped, token)), single: (await createRate(single, token)).rate })
  }
  await Promise.all([grouped.stop(), single.stop()])
  const middle = (of) => median(list.map(of))
  const rate = whole(middle((r) => r.rate))
  add('durable creates', { least: 0.5 }, middle((r) => r.rate / r.bare), `${rate} of ${whole(middle((r) => r.bare))} a second`)
  add('creates a commit', { least: 16 }, middle((r) => r.perCommit), `${CLIENTS} clients`)
  add('grouped over single commits', { least: 4 }, middle((r) => r.rate / r.single), `${rate} against ${whole(middle((r) => r.single))} a second; the bare program reaches ${middle((r) => r.bare / r.bareSingle).toFixed(2)} ×`, ' ×')
}

async function latency(server, token) {
  progress('GET while 64 clients write')
  const list = []
  const ask = (seconds) => load(server, token, file('hot.txt'), { connections: READERS, seconds })
  for (let i = 0; i < ROUNDS; i++) {
    const idle = (await ask(SECONDS)).p99
    const writing = post(server, token, SECONDS + 0.5)
    const busy = (await ask(SECONDS)).p99
    await writing
    list.push({ idle, busy })
  }
  const middle = (of) => median(list.map(of))
  add('GET p99 while 64 clients write', { most: 5 }, middle((r) => r.busy / r.idle),
    `${(middle((r) => r.busy) / 1000).toFixed(1)} ms against ${(middle((r) => r.idle) / 1000).toFixed(1)} ms idle`, ' ×')
}

async function readiness(database) {
  progress('start')
  const times = []
  for (let i = 0; i < ROUNDS; i++) {
    const server = await serve(database)
    times.push(server.readyMs)
    await server.stop()
  }
  add('ready', { most: 100 }, median(times), 'from the start of the process to its line', ' ms')
}

// -- the run -----------------------------------------------------------------------------------------------------------------

mkdirSync(folder, { recursive: true })
progress(`a registry of ${AGREEMENTS.toLocaleString('en')} agreements`)
const source = await registry()
const database = await copyOf(source, 'run.db')
const token = (await output(entente, ['token', 'create', '--db', database, '--role', 'editor', '--name', 'bench'])).trim()
const server = await serve(database)
await writeRequests(server, token)
await reads(server, token, database)
await latency(server, token)
add('resident memory, idle after the run', { most: 64 }, residentMiB(server.pid), `${AGREEMENTS.toLocaleString('en')} agreements`, ' MiB')
await server.stop()
await creates(database, token)
await readiness(database)
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
console.log(printTable(rows))
const libraries = (await output(entente, ['version'])).trim().split('\n').join(', ')
writeFileSync(file('result.md'), await markdown(rows, libraries))
process.exitCode = rows.every(isMet) ? 0 : 1
