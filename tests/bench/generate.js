// Writes a registry as NDJSON, the same bytes in every run, in files small enough for one import each.
//
//   node generate.js FOLDER ORGANIZATIONS AGREEMENTS CREATES
//
// FOLDER/part-NNN.ndjson are for `entente import`; FOLDER/creates.ndjson are bodies for POST /v1/agreements, one a line.
import { mkdirSync, writeFileSync } from 'node:fs'

const AREAS = 200
const PER_FILE = 10000

let state = 20260421
const random = (below) => {
  // mulberry32: small, and the same everywhere
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) % below
}
const pick = (list) => list[random(list.length)]
// Few are in many agreements, and many in few.
const skewed = (below) => Math.floor((random(1e6) / 1e6) ** 2 * below)
const number = (n, digits) => String(n).padStart(digits, '0')

const places = [
  { country: 'JP', ja: '東京', en: 'Tokyo' }, { country: 'JP', ja: '大阪', en: 'Osaka' }, { country: 'JP', ja: '湘南', en: 'Shonan' },
  { country: 'TW', ja: '新竹', en: 'Hsinchu' }, { country: 'TW', ja: '臺北', en: 'Taipei' }, { country: 'TW', ja: '高雄', en: 'Kaohsiung' },
  { country: 'DE', ja: 'ミュンヘン', en: 'Munich' }, { country: 'US', ja: 'ボストン', en: 'Boston' }, { country: 'GB', ja: 'ケンブリッジ', en: 'Cambridge' },
]
const elsewhere = 'KR FR CH NL SE IN AU CA IT ES SG IL BR DK NO FI BE AT PL TH VN ZA MX AR CL EG KE NZ IE PT'.split(' ')
  .map((country) => ({ country, ja: `${country}市`, en: `${country} City` }))
const anyPlace = () => random(20) === 0 ? elsewhere[Math.floor((random(1e6) / 1e6) ** 3 * elsewhere.length)] : pick(places)
const owners = Array.from({ length: 300 }, (_, i) => `${['Sato', 'Lin', 'Weber', 'Mori', 'Chen', 'Young'][i % 6]} ${i}`)
const houses = [
  { kind: 'university', ja: '大学', en: 'University' }, { kind: 'research_institute', ja: '技術研究院', en: 'Institute of Technology' },
  { kind: 'company', ja: '製薬株式会社', en: 'Pharma' }, { kind: 'science_park', ja: 'サイエンスパーク', en: 'Science Park' },
  { kind: 'company', ja: '生技股份有限公司', en: 'Biotech' },
]
const fields = [
  ['創薬', 'drug discovery'], ['再生医療', 'regenerative medicine'], ['臨床研究', 'clinical research'], ['半導體', 'semiconductors'],
  ['スタートアップ連携', 'start-ups'], ['智慧醫療', 'digital health'], ['材料科学', 'materials'], ['製品開発・製造', 'development and manufacturing'],
]

const organization = (i) => {
  const place = anyPlace()
  const house = pick(houses)
  return {
    resource: 'organizations', slug: `org-${number(i, 6)}`, name: `${place.ja}${house.ja}第${i}`,
    names: [{ value: `${place.en} ${house.en} ${i}`, lang: 'en' }],
    identifiers: random(4) === 0 ? [{ scheme: 'other', value: `register-${i}` }] : [],
    relations: i > 100 && random(5) === 0 ? [{ type: 'parent', organization: `org-${number(skewed(i), 6)}` }] : [],
    kind: house.kind, country: place.country, city: place.ja, established: String(1900 + random(120)), visibility: 'public',
  }
}

const area = (i) => {
  const [ja, en] = pick(fields)
  return { resource: 'areas', slug: `area-${number(i, 3)}`, name: `${ja} ${i}`, names: [{ value: `${en} ${i}`, lang: 'en' }] }
}

const date = (from, years) => `${from + random(years)}-${number(1 + random(12), 2)}-${number(1 + random(28), 2)}`

// `count` different numbers below a bound, some of them more often than others.
const several = (count, below) => {
  const chosen = new Set()
  while (chosen.size < count) chosen.add(skewed(below))
  return [...chosen]
}

const agreement = (i, parties, areas) => {
  const [ja, en] = pick(fields)
  const place = pick(places)
  const concluded = date(2010, 16)
  const titles = [`${place.ja}における${ja}に関する覚書 ${i}`, `${ja}領域合作備忘錄 ${i}`, `Memorandum on ${en} in ${place.en} ${i}`]
  const first = random(3)
  return {
    title: titles[first], titles: [{ value: titles[(first + 1) % 3] }], kind: pick(['mou', 'mou', 'loi', 'framework']),
    summary: `${place.en}: ${en}. ${place.ja}の${ja}について、両者は情報を交換し、共同の計画を進める。`, field: ja, stage: 'concluded',
    parties: several(parties, organizations).map((o) => ({ organization: `org-${number(o, 6)}`, signed_on: concluded })),
    areas: several(areas, AREAS).map((a) => ({ area: `area-${number(a, 3)}`, note: `${en} (${place.en})` })),
    concluded_on: concluded, term_months: 12 * (1 + random(8)), renewal: { kind: 'automatic', months: 12, max: random(5) },
    notice: { months: 3 }, owner: owners[skewed(owners.length)], visibility: 'public', tags: [en.split(' ')[0]],
  }
}

const folder = process.argv[2]
const [organizations, agreements, creates] = process.argv.slice(3).map(Number)
mkdirSync(folder, { recursive: true })
const write = (name, records) => writeFileSync(`${folder}/${name}`, records.map((r) => `${JSON.stringify(r)}\n`).join(''))
const upTo = (n, make) => Array.from({ length: n }, (_, i) => make(i))

write('part-000.ndjson', [...upTo(organizations, organization), ...upTo(AREAS, area)])
for (let start = 0, part = 1; start < agreements; start += PER_FILE, part++) {
  write(`part-${number(part, 3)}.ndjson`, upTo(Math.min(PER_FILE, agreements - start), (i) => ({
    resource: 'agreements', slug: `agreement-${number(start + i, 7)}`, ...agreement(start + i, 2 + random(3), 1 + random(3)),
  })))
}
write('creates.ndjson', upTo(creates, (i) => agreement(10000000 + i, 2, 2)))
