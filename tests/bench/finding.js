// The figures of finding, on 1,000,000 agreements and 100,000 organizations beside a hundredth of them: two servers, asked in turn for the same.
// What is one figure here is many measurements, of which the worst counts; all of them are in finding.txt.
import { appendFileSync, createReadStream, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { TODAY, imported, multiplied } from './registry.js'
import { get, loadWith, output, residentMiB, startServer } from './servers.js'

const ORGANIZATIONS = 1000
const AGREEMENTS = 10000
const TIMES = 100
const PAGE = 50
const PAGES = 10 // of a list, along `next`
const ROUNDS = 5
const SECONDS = 0.1 // of one measurement
const ENOUGH = 100 // requests for a percentile
const RARE = 50000 // records that a round asks for, each time by chance
const WHOLE_ROUNDS = 3
const READERS = 16
const READ_SECONDS = 1
const IDLE_MS = 3000
const SAMPLE_MS = 50

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const milliseconds = (us) => `${(us / 1000).toFixed(us < 1000 ? 2 : 1)} ms`

// Each is found often enough in the small registry to fill a page.
const filters = [
  'agreements', 'agreements?status=in_force', 'agreements?status=expired', 'agreements?status=in_force&status=expired', 'agreements?kind=loi',
  'agreements?stage=concluded', 'agreements?visibility=public', 'agreements?field=材料科学', 'agreements?country=JP', 'agreements?country=KR',
  'agreements?party=org-000001', 'agreements?party=org-000060', 'agreements?party__under=org-000001', 'agreements?area=area-010',
  'agreements?area=area-190', 'agreements?area__under=area-010', 'agreements?flag=expiring', 'agreements?flag=notice_window',
  'agreements?flag=renewed', 'agreements?tag=drug', 'agreements?owner=Sato 0', 'agreements?owner=Young 11', 'agreements?owner__isnull=false',
  'agreements?kind__ne=mou', 'agreements?concluded_on__gte=2024', 'agreements?concluded_on__lte=2011-06', 'agreements?ends_on__isnull=true',
  'agreements?concluded_on__gte=2015-03&concluded_on__lte=2015-04', 'agreements?period_ends_on__lte=2026-12-31',
  'agreements?notice_on__gte=2026-05-01&notice_on__lte=2026-06-15', 'agreements?title__gte=M', 'organizations', 'organizations?country=TW',
  'organizations?kind=company', 'organizations?status=active', 'organizations?established__lte=1920', 'organizations?identifier__isnull=false',
  'organizations?name__gte=東京',
]
const sorts = [
  ...['id', 'slug', 'title', 'concluded_on', 'announced_on', 'effective_on', 'ends_on', 'period_starts_on', 'period_ends_on', 'notice_on', 'next_change_on',
    'created_at', 'updated_at'].map((key) => `agreements?sort=${key}`),
  ...['id', 'slug', 'name', 'established', 'country', 'created_at', 'updated_at'].map((key) => `organizations?sort=${key}`),
].flatMap((list) => [list, list.replace('=', '=-')])
const combinations = [
  'agreements?status=in_force&sort=period_ends_on', 'agreements?status=in_force&sort=notice_on', 'agreements?flag=expiring&sort=period_ends_on',
  'agreements?flag=notice_window&sort=notice_on', 'agreements?status=in_force&party=org-000001', 'agreements?status=in_force&area=area-010',
  'agreements?status=in_force&country=TW', 'agreements?status=in_force&kind=loi', 'agreements?owner=Sato 0&status=in_force',
  'agreements?tag=drug&status=in_force', 'agreements?country=JP&kind=mou&sort=-concluded_on',
  'agreements?status=in_force&period_ends_on__lte=2027-06-30&sort=period_ends_on', 'agreements?status=in_force&sort=-updated_at',
  'agreements?status=in_force&status=expired&sort=period_ends_on', 'agreements?party=org-000001&sort=-concluded_on',
  'agreements?owner=Sato 0&sort=period_ends_on', 'organizations?country=JP&kind=university',
]
// Of two characters and more, in a few and in all of the records.
const words = ['創薬', '大学', '東京', '新竹', '覚書', '両者', '備忘', '再生医療', '半導體', '材料科学', 'スタートアップ', '製薬株式会社', 'Munich', 'drug discovery',
  'institute of technology', 'regenerative medicine in Boston', '"情報を交換"', '東京大学 創薬']

export const STEPS = filters.length + sorts.length + combinations.length + words.length + 6

export async function finding({ entente, view, folder, progress, add }) {
  const file = (name) => join(folder, name)
  const load = (server, name, options) => loadWith(file('load'), server, '', file(name), { seconds: SECONDS, connections: 1, ...options })
  const write = (name, lines) => {
    writeFileSync(file(name), `${lines.join('\n')}\n`)
    return name
  }

  // Two measurements in turn, a row of ratios: `of` says which number of them.
  async function inTurn(one, other, of, rounds = ROUNDS) {
    const list = []
    for (let i = 0; i < rounds; i++) list.push(i % 2 === 0 ? [of(await one()), of(await other())] : [of(await other()), of(await one())].reverse())
    const [a, b] = [median(list.map(([x]) => x)), median(list.map(([, y]) => y))]
    return { ratio: median(list.map(([x, y]) => y / x)), a, b }
  }

  // The 99th percentiles of two measurements in turn. What else goes on in the machine can only add to them, and in a tenth of a second it
  // either does or does not, so the quietest round of each is compared; what is slow by itself is slow in every round.
  async function quietest(one, other) {
    const list = []
    const enough = async (measure) => {
      const result = await measure(SECONDS)
      return result.requests < ENOUGH ? measure(10 * SECONDS) : result
    }
    for (let i = 0; i < ROUNDS; i++) {
      list.push(i % 2 === 0 ? [await enough(one), await enough(other)] : [await enough(other), await enough(one)].reverse())
    }
    const least = (side, of) => Math.min(...list.map((round) => round[side][of]))
    const [a, b] = [least(0, 'p99'), least(1, 'p99')]
    return { ratio: b / a, a, b, middle: [least(1, 'p50'), least(0, 'p50')] }
  }

  // -- lists and words, small against large ------------------------------------------------------------------------------------

  async function pagesOf(server, list) {
    const paths = []
    let next = `/v1/${encodeURI(list)}`
    while (next !== null && paths.length < PAGES) {
      const page = await (await get(server, '', next)).json()
      if (page.items.length === PAGE) paths.push(next)
      else if (paths.length === 0) throw new Error(`${list}: only ${page.items.length} are found`)
      next = page.next
    }
    return paths
  }

  const searchOf = async (server, word) => [`/v1/search?q=${encodeURIComponent(word)}`]

  async function worstOf(figure, cases, pathsOf, small, large) {
    const measured = []
    for (const one of cases) {
      progress(`${figure}: ${one}`)
      const [few, many] = [await pathsOf(small, one), await pathsOf(large, one)]
      const length = Math.min(few.length, many.length) // the same number on both sides
      const names = [write('few.txt', few.slice(0, length)), write('many.txt', many.slice(0, length))]
      await Promise.all([load(small, names[0]), load(large, names[1])]) // so that all of it was asked for before
      const result = await quietest((seconds) => load(small, names[0], { seconds }), (seconds) => load(large, names[1], { seconds }))
      measured.push({ one, ...result })
      appendFileSync(file('finding.txt'), `${result.ratio.toFixed(2)} ×  p99 ${result.b} us against ${result.a} us, medians ${result.middle.join(' against ')} us  ${figure}: ${one}\n`)
    }
    const worst = measured.reduce((a, b) => (b.ratio > a.ratio ? b : a))
    const middle = median(measured.map((m) => m.ratio))
    add(figure, { most: 2 }, worst.ratio, `the worst of ${cases.length}: \`${worst.one}\`, ${milliseconds(worst.b)} against ${milliseconds(worst.a)}; ` +
      `half of them ${middle.toFixed(2)} × or less`, ' ×')
  }

  // -- words against a GET -----------------------------------------------------------------------------------------------------

  // Words that are in one record only, and the addresses of those records: a part for each round, so that hardly anything is asked for twice.
  // (Lower numbers than these are those of organizations, too, which are found in all their agreements.)
  async function writeRare(large, round) {
    const every = AGREEMENTS - ORGANIZATIONS
    const part = Array.from({ length: RARE }, (_, i) => round * RARE + i).map((i) => [ORGANIZATIONS + (i % every), 1 + (Math.floor(i / every) % (TIMES - 1))])
    const rare = part.map(([number, copy]) => `/v1/search?q=${number}x${copy}`)
    const { items } = await (await get(large, '', rare[0])).json()
    if (items.length !== 1) throw new Error(`${rare[0]}: ${items.length} hits`)
    write('rare.txt', rare)
    write('ids.txt', part.map(([number, copy]) => `/v1/agreements/agreement-${String(number).padStart(7, '0')}-${copy}`))
  }

  async function againstGet(large) {
    progress('search against a GET by id')
    write('half.txt', await searchOf(large, '覚書'))
    let round = 0
    for (const [figure, most, name] of [['search with one hit, over a GET by id', 3, 'rare.txt'], ['search of a word in two thirds, over a GET by id', 20, 'half.txt']]) {
      const ratios = []
      for (let i = 0; i < ROUNDS; i++) {
        await writeRare(large, round++)
        const [first, second] = [await load(large, i % 2 === 0 ? 'ids.txt' : name), await load(large, i % 2 === 0 ? name : 'ids.txt')]
        ratios.push(i % 2 === 0 ? [first.p50, second.p50] : [second.p50, first.p50])
      }
      const [a, b] = [median(ratios.map(([x]) => x)), median(ratios.map(([, y]) => y))]
      add(figure, { most }, median(ratios.map(([x, y]) => y / x)), `medians: ${milliseconds(b)} against ${milliseconds(a)}, of records that were not asked for before`, ' ×')
    }
  }

  // -- all of it ---------------------------------------------------------------------------------------------------------------

  // Reads a whole list and throws it away. `most`: gives up after so many bytes.
  const drain = (server, path, most = Infinity) => new Promise((resolve, reject) => {
    const started = performance.now()
    let bytes = 0
    let lines = 0
    const asked = request({ port: server.port, path, headers: { 'accept-encoding': 'identity' } }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path}: ${answer.statusCode}`))
      answer.on('data', (piece) => {
        bytes += piece.length
        for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++
        if (bytes >= most) answer.destroy()
      })
      answer.on('close', () => {
        if (!answer.complete && bytes < most) reject(new Error(`${path}: was cut`))
        resolve({ lines, bytes, seconds: (performance.now() - started) / 1000 })
      })
    })
    asked.on('error', reject)
    asked.end()
  })

  async function growthDuring(server, work) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
    const before = residentMiB(server.pid)
    let most = before
    const timer = setInterval(() => { most = Math.max(most, residentMiB(server.pid)) }, SAMPLE_MS)
    const result = await work()
    clearInterval(timer)
    return { ...result, growth: most - before }
  }

  async function wholes(large, database) {
    const grown = []
    const bareRate = async () => {
      const { rows, seconds } = JSON.parse(await output(file('bare_scan'), [database, view, 'documents']))
      return rows / seconds
    }
    for (const format of ['ndjson', 'csv']) {
      progress(`all agreements as ${format}`)
      let size
      const ours = async () => {
        const { bytes, lines, seconds, growth } = await growthDuring(large, () => drain(large, `/v1/agreements?format=${format}`))
        if (lines < TIMES * AGREEMENTS) throw new Error(`${format}: only ${lines} lines`)
        size = bytes
        grown.push(growth)
        return (TIMES * AGREEMENTS) / seconds
      }
      const { ratio, a, b } = await inTurn(bareRate, ours, (rate) => rate, WHOLE_ROUNDS)
      add(`all 1,000,000 as ${format.toUpperCase()}`, { least: 0.5 }, ratio, `${Math.round(b).toLocaleString('en')} of ` +
        `${Math.round(a).toLocaleString('en')} documents a second, ${(size / 2 ** 20).toFixed(0)} MiB`)
    }
    add('memory that a whole list takes', { most: 8 }, Math.max(...grown), 'the largest growth of the server meanwhile', ' MiB')
  }

  async function readersBeside(large) {
    progress('GET while a whole list goes out')
    const read = () => load(large, 'ids.txt', { connections: READERS, seconds: READ_SECONDS })
    const beside = async () => {
      let over = false
      const whole = drain(large, '/v1/agreements?format=ndjson', 2 ** 20).then(async () => {
        while (!over) await drain(large, '/v1/agreements?format=ndjson', 64 * 2 ** 20)
      })
      const result = await read()
      over = true
      await whole
      return result
    }
    const { ratio, a, b } = await inTurn(read, beside, (r) => r.p99)
    add('GET p99 while a whole list goes out', { most: 3 }, ratio, `${milliseconds(b)} against ${milliseconds(a)} idle`, ' ×')
  }

  async function statistics(large, database) {
    progress('statistics')
    write('stats.txt', ['/v1/stats?by=status'])
    const bare = async () => JSON.parse(await output(file('bare_scan'), [database, view, 'statuses'])).seconds * 1e6
    const { ratio, a, b } = await inTurn(bare, async () => (await load(large, 'stats.txt', { seconds: 0.5 })).p50, (us) => us)
    add('stats by status', { most: 5 }, ratio, `${milliseconds(b)}; the bare GROUP BY ${milliseconds(a)}`, ' ×')
  }

  // -- the run -----------------------------------------------------------------------------------------------------------------

  writeFileSync(file('finding.txt'), '')
  progress(`a registry of ${(TIMES * AGREEMENTS).toLocaleString('en')} agreements`)
  const sizes = [ORGANIZATIONS, AGREEMENTS, 0]
  const source = await imported(entente, folder, 'small', file('data-small'), sizes)
  const database = await multiplied(entente, folder, 'large', source, sizes, TIMES)
  for await (const piece of createReadStream(database, { highWaterMark: 1 << 20 })) void piece // so that the disk plays no part
  const serve = (path) => startServer(entente, ['serve', '--db', path, '--listen', '127.0.0.1:0', '--today', TODAY, '--insecure-no-auth'], file('finding.log'))
  const servers = []
  try {
    for (const path of [source, database]) servers.push(await serve(path))
    const [small, large] = servers
    await worstOf('page of 50, each filter', filters, pagesOf, small, large)
    await worstOf('page of 50, each sort', sorts, pagesOf, small, large)
    await worstOf('page of 50, filters and sorts', combinations, pagesOf, small, large)
    await worstOf('search', words, searchOf, small, large)
    await againstGet(large)
    await statistics(large, database)
    await readersBeside(large)
    await wholes(large, database)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}
