// Measures entente against bare programs that do the same without it, in interleaved rounds (baseline, ours, baseline, ours …), so that a machine
// that slows down slows both. A figure is the median of its rounds' ratios. The exit status says whether every figure was met.
//
//   node bench.js ENTENTE BUILD-FOLDER [serving|finding]        (as `make bench` calls it; one half of the figures)
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { STEPS as FINDING_STEPS, finding } from './finding.js'
import { imports } from './imports.js'
import { TODAY, copyOf, imported } from './registry.js'
import { get, loadWith, metrics, output, residentMiB, startServer } from './servers.js'
import { isMet, markdown, printTable } from './table.js'

const [entente, build, half] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))
const view = join(here, '../../sql/sqlite/views/agreements.sql')
const folder = join(build, 'bench')
const file = (name) => join(folder, name)

const ORGANIZATIONS = 2000
const AGREEMENTS = 100000
const HOT = 1000
const CREATES_A_ROUND = 8000
const CLIENTS = 64
const CONNECTIONS = 256 // that read: the more, the more evenly the system shares them out among the threads, ours and the bare server's
const READERS = 16 // who ask while 64 clients write
const ROUNDS = 7
const CREATES = 3 * ROUNDS * CREATES_A_ROUND
const SECONDS = 1.5
const BLINKS = 121
const BLINK_SECONDS = 0.2
const CREATE_SECONDS = 2
const WARM_SECONDS = 8
const IDLE_MS = 3000 // a server that was not asked for a second gives back what it does not need
const SERVING_STEPS = 14
const FEW_CHANGES = 4000
const MANY_CHANGES = 40000
const IMPORT_ROUNDS = 3
const STREAMS = 1000
const STREAM_WRITES = 200 // a second, while they are open
const STREAM_SECONDS = 5

const rows = []
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const steps = (half === 'finding' ? 0 : SERVING_STEPS) + (half === 'serving' ? 0 : FINDING_STEPS)
let step = 0
function progress(text) {
  const done = Math.round((++step / steps) * 20)
  const line = `[${'█'.repeat(done)}${'░'.repeat(20 - done)}] ${text}`
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
}

function add(figure, limit, value, detail, unit = '') {
  rows.push({ figure, ...limit, value, detail, unit })
}

// -- the registry ----------------------------------------------------------------------------------------------------------

const copy = (database, name) => copyOf(database, file(name))

const serve = (database, ...flags) =>
  startServer(entente, ['serve', '--db', database, '--listen', '127.0.0.1:0', '--today', TODAY, ...flags], file('server.log'))

// -- what is asked -----------------------------------------------------------------------------------------------------------

const slugOf = (i) => `agreement-${String(i).padStart(7, '0')}`
const pathOf = (i) => `/v1/agreements/${slugOf(i)}`
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

const load = (server, token, requests, { post, ...options } = {}) =>
  loadWith(file('load'), server, token, requests, { seconds: SECONDS, connections: post ? CLIENTS : CONNECTIONS, post, ...options })

let round = 0
// Sends creates for so long; every round has bodies of its own.
const post = (server, token, seconds) =>
  load(server, token, file('data/creates.ndjson'), { status: 201, seconds, post: '/v1/agreements', from: round++ * CREATES_A_ROUND })

// -- figures -----------------------------------------------------------------------------------------------------------------

const whole = (n) => Math.round(n).toLocaleString('en')

// Interleaved rounds of two measurements that answer a rate.
async function compare(figure, least, what, baseline, ours, rounds = ROUNDS) {
  const rates = []
  for (let i = 0; i < rounds; i++) rates.push(i % 2 === 0 ? [await baseline(), await ours()] : [await ours(), await baseline()].reverse())
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

// One thread each, so that the only difference is whether a token is looked at, not how connections fell to threads; and many short rounds, each
// the other way round than the one before, because five in a hundred are less than what a machine does by itself from second to second.
async function authentication(database, token) {
  progress('GET with a token')
  const closed = await serve(await copy(database, 'closed.db'), '--threads', '1')
  const open = await serve(await copy(database, 'open.db'), '--threads', '1', '--insecure-no-auth')
  const rate = (server, shown) => async () => (await load(server, shown, file('hot.txt'), { seconds: BLINK_SECONDS })).rate
  await compare('GET with a token, over without', 0.95, 'requests', rate(open, ''), rate(closed, token), BLINKS)
  await Promise.all([open.stop(), closed.stop()])
}

// The bare program on both sides: what a row of the history costs in the same transaction.
async function history(database) {
  progress('history')
  const [without, within] = [await copy(database, 'without.db'), await copy(database, 'within.db')]
  const rate = (...args) => async () => JSON.parse(await output(file('bare_create'), args.map(String))).rate
  await compare('creates with history, over without', 0.6, 'creates', rate(without, CREATE_SECONDS, CLIENTS),
    rate(within, CREATE_SECONDS, CLIENTS, 'history'))
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
  const bareDatabase = await copy(database, 'bare.db')
  const grouped = await serve(await copy(database, 'grouped.db'))
  const single = await serve(await copy(database, 'single.db'), '--group-limit', '1')
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

// How long after it was made a change reaches each of many event streams.
async function streams(database, token) {
  progress('event streams')
  const server = await serve(database)
  const flags = { port: server.port, token, streams: STREAMS, rate: STREAM_WRITES, seconds: STREAM_SECONDS }
  const result = JSON.parse(await output(file('follow'), Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])))
  await server.stop()
  if (result.missing > 0) throw new Error(`${result.missing} of ${result.events} events did not come`)
  if (result.rate < 0.95 * STREAM_WRITES) throw new Error(`only ${whole(result.rate)} writes a second went on beside the streams`)
  add(`a change reaches ${whole(STREAMS)} streams`, { most: 100 }, result.p50,
    `median of ${whole(result.events)} events, while ${whole(result.rate)} writes a second go on; p99 ${result.p99} ms`, ' ms')
}

// Whether a record takes as long in a large import as in a small one.
async function changes(database) {
  progress('imports of changes')
  const target = await copy(database, 'changed.db')
  const perRecord = async (count, title) => {
    const lines = numbers(count).map((i) => JSON.stringify({ resource: 'agreements', slug: slugOf(i), title: `${title} ${i}` }))
    writeFileSync(file('changes.ndjson'), lines.join('\n'))
    const began = performance.now()
    await output(entente, ['import', '--db', target, '--today', TODAY, file('changes.ndjson')])
    return (performance.now() - began) / count
  }
  const list = []
  for (let i = 0; i < IMPORT_ROUNDS; i++) list.push({ few: await perRecord(FEW_CHANGES, `few ${i}`), many: await perRecord(MANY_CHANGES, `many ${i}`) })
  const middle = (of) => median(list.map(of))
  add(`import of ${whole(MANY_CHANGES)} changes over ${whole(FEW_CHANGES)}, a record`, { most: 1.5 }, middle((r) => r.many / r.few),
    `${middle((r) => r.many).toFixed(2)} ms against ${middle((r) => r.few).toFixed(2)} ms`, ' ×')
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

async function serving() {
  progress(`a registry of ${AGREEMENTS.toLocaleString('en')} agreements`)
  const source = await imported(entente, folder, 'registry', file('data'), [ORGANIZATIONS, AGREEMENTS, CREATES])
  const database = await copy(source, 'run.db')
  const token = (await output(entente, ['token', 'create', '--db', database, '--role', 'editor', '--name', 'bench'])).trim()
  const server = await serve(database)
  await writeRequests(server, token)
  await reads(server, token, database)
  await latency(server, token)
  await setTimeout(IDLE_MS)
  add('resident memory, idle after the run', { most: 64 }, residentMiB(server.pid), `${AGREEMENTS.toLocaleString('en')} agreements`, ' MiB')
  await server.stop()
  await streams(database, token)
  await authentication(database, token)
  await creates(database, token)
  await history(database)
  await changes(database)
  await imports({ entente, folder, progress, add })
  await readiness(database)
}

mkdirSync(folder, { recursive: true })
if (half !== 'finding') await serving()
if (half !== 'serving') await finding({ entente, view, folder, progress, add })
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
console.log(printTable(rows))
const libraries = (await output(entente, ['version'])).trim().split('\n').join(', ')
writeFileSync(file('result.md'), await markdown(rows, libraries))
process.exitCode = rows.every(isMet) ? 0 : 1
