// Finding among many: random registries, large enough that lists take every way they have to find their records, and random queries
// of several conditions, words and any order, compared page by page with a plain model.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {expectedDays, readCalendar} from './lib/calendar.js';
import {contract, resource, resolve} from './lib/contract.js';
import {everything} from './lib/pages.js';
import {filtersOf, fits, inOrder, operatorsOf} from './lib/query.js';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';
import {isFound, textsOf} from './lib/words.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const ORGANIZATIONS = 240, AREAS = 120, AGREEMENTS = 2600, QUERIES = 150, CALENDAR_MOST = 500;
// None of them begins another word of any record, so that to be found is to have the word. The first are common.
const WORDS = ['alpha', 'bravo', 'cedar', 'delta', 'ember', 'fjord', 'gamma', 'heron', 'ivory', 'jolly'], PAIRS = ['創薬', '協業', '薬協', '未来'];
const random = new Random(SEED);
const {schema} = resource('agreements');
const filters = new Map(filtersOf(schema).map((each) => [each.name, each]));
let server;
let all, organizations, areas;

const two = (number) => String(number).padStart(2, '0');
const dayOf = (year, month) => `${year}-${two(month)}-${two(1 + random.below(28))}`;
const day = () => dayOf(2015 + random.below(16), 1 + random.below(12));
// Half of what is concluded is of two months, so that a short span has more than is gathered.
const conclusion = () => (random.chance(0.5) ? dayOf(2019, random.pick([2, 3])) : day()).slice(0, random.pick([4, 7, 10, 10, 10]));
const date = () => day().slice(0, random.pick([4, 7, 10, 10, 10]));
// Some values are very common, others rare.
const skewed = (list) => list[Math.floor(random.next() ** 3 * list.length)];

const words = (most) => Array.from({length: random.below(most + 1)}, () => random.pick([skewed(WORDS), skewed(WORDS), '創薬', '創薬協業', '未来'])).join(' ');
const text = (most) => words(most) || null;

const organization = (i) => ({
  resource: 'organizations', slug: `o${i}`, name: `${words(2)} Organization ${i}`.trim(), kind: skewed(['company', 'university', 'unit']), country: skewed(['JP', 'TW', 'US', 'DE', null]),
  relations: i > 3 && random.chance(0.7) ? [{type: 'parent', organization: `o${random.below(i)}`,
    ...random.pick([{}, {}, {until: '2031'}, {from: '2010-05'}, {until: '2024-02'}, {from: '2031'}])}] : [],
  names: random.chance(0.3) ? [{value: `${skewed(WORDS)} ${skewed(WORDS)}`, kind: 'alias'}] : [], description: text(3), city: random.pick([null, 'Kobe', 'Hsinchu']),
  established: random.chance(0.5) ? date() : null, tags: random.some(['x', 'y', 'z'], 2), status: skewed(['active', 'inactive']), visibility: random.pick(['public', 'internal']),
  identifiers: random.chance(0.3) ? [{scheme: 'other', value: `n${random.below(9)}`}] : [],
});
const area = (i) => ({resource: 'areas', slug: `a${i}`, name: `Area ${i} ${words(2)}`.trim(), description: text(3), parent: i > 2 && random.chance(0.8) ? `a${random.below(i)}` : null});

function agreement(i) {
  const concluded = random.chance(0.9);
  const parties = [...new Set([skewed(organizations), skewed(organizations), `o${random.below(ORGANIZATIONS)}`, 'o0', 'o1'])].slice(0, 2 + random.below(2));
  return {
    resource: 'agreements', slug: `g${i}`, title: `${words(1)} Agreement ${random.below(40)}`.trim(), summary: text(3), notes: text(1), kind: skewed(['mou', 'loi', 'nda', 'moc']),
    stage: concluded ? 'concluded' : random.pick(['proposed', 'negotiating']), parties: parties.map((each) => ({organization: each, role: 'party'})),
    areas: random.some(areas, 2), concluded_on: random.chance(0.9) ? conclusion() : null, announced_on: random.chance(0.2) ? date() : null,
    ...random.pick([{}, {term_months: 12 * (1 + random.below(6))}, {term_months: 24, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}}, {open_ended: true}]),
    owner: random.chance(0.5) ? skewed(['Sato', 'Lin', 'Weber', 'Young', 'Mori']) : null, tags: random.some(['x', 'y', 'z'], 2),
    visibility: random.pick(['public', 'internal']),
  };
}

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01']});
  const first = [...Array.from({length: ORGANIZATIONS}, (_, i) => organization(i)), ...Array.from({length: AREAS}, (_, i) => area(i))];
  [organizations, areas] = ['organizations', 'areas'].map((path) => first.filter((each) => each.resource === path).map((each) => each.slug));
  const records = [...first, ...Array.from({length: AGREEMENTS}, (_, i) => agreement(i))];
  const made = await server.post('/v1/import', records.map((each) => JSON.stringify(each)).join('\n'),
    {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  assert.equal(made.json.created, records.length, made.text.slice(0, 500));
  all = await everything(server, '/v1/agreements?limit=500');
  organizations = await everything(server, '/v1/organizations?limit=500');
  areas = await everything(server, '/v1/areas?limit=500');
});
after(() => server.stop());

const ids = (items) => items.map((each) => each.id);
const ask = (list) => list.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');

// -- trees ------------------------------------------------------------------------------------------------------------------

const holds = (relation, on) => (relation.from ?? '0') <= on && (relation.until === null || relation.until >= on || on.startsWith(relation.until));
const parentsOf = {
  party: (of) => of.relations.filter((each) => each.type === 'parent' && holds(each, '2026-05-01')).map((each) => each.organization.id),
  area: (of) => (of.parent ? [of.parent.id] : []),
};

// The ids of all that stand below a record, however deep, itself not among them.
function below(name, id) {
  const list = name === 'party' ? organizations : areas;
  const found = new Set();
  for (let before = -1; found.size > before;) {
    before = found.size;
    list.filter((each) => parentsOf[name](each).some((parent) => parent === id || found.has(parent))).forEach((each) => found.add(each.id));
  }
  return found;
}

for (const name of ['party', 'area']) {
  test(`${name}__under= finds what leads to one or to something below it`, async () => {
    for (const top of (name === 'party' ? organizations : areas).slice(0, 12)) {
      const within = [top.id, ...below(name, top.id)];
      const wanted = all.filter((each) => fits(filters.get(name), '', within, each));
      assert.deepEqual(ids(await everything(server, `/v1/agreements?limit=500&${name}__under=${top.slug}`)), ids(wanted), top.slug);
    }
  });
}

test('under= finds what stands below one at any depth, but not itself', async () => {
  for (const [path, name, list] of [['organizations', 'party', organizations], ['areas', 'area', areas]]) {
    for (const top of list.slice(0, 12)) {
      const within = below(name, top.id);
      assert.deepEqual(ids(await everything(server, `/v1/${path}?limit=500&under=${top.id}`)), ids(list.filter((each) => within.has(each.id))), top.slug);
    }
    const [first, second] = list.filter((each) => below(name, each.id).size > 0);
    const both = new Set([...below(name, first.id), ...below(name, second.id)]);
    assert.deepEqual(ids(await everything(server, `/v1/${path}?under=${first.slug}&under=${second.slug}`)), ids(list.filter((each) => both.has(each.id))));
  }
});

test('country= finds agreements by where their parties are, also after one has moved', async () => {
  const inJapan = async () => ids(await everything(server, '/v1/agreements?limit=500&country=JP'));
  const expected = () => {
    const there = new Set(ids(organizations.filter((each) => each.country === 'JP')));
    return ids(all.filter((each) => each.parties.some((party) => there.has(party.organization.id))));
  };
  assert.deepEqual(await inJapan(), expected());
  const moving = organizations.find((each) => each.country === 'JP');
  await server.patch(`/v1/organizations/${moving.slug}`, {country: 'FR'}, {status: 200});
  moving.country = 'FR';
  assert.deepEqual(await inJapan(), expected());
  assert.ok((await everything(server, '/v1/agreements?country=FR')).length > 0);
  await server.patch(`/v1/organizations/${moving.slug}`, {country: 'JP'}, {status: 200});
  moving.country = 'JP';
  assert.deepEqual(await inJapan(), expected());
});

test('identifier= takes the value alone or with its scheme', async () => {
  const having = organizations.filter((each) => each.identifiers.some((one) => one.value === 'n1'));
  for (const value of ['n1', 'other:n1']) assert.deepEqual(ids(await everything(server, `/v1/organizations?identifier=${value}`)), ids(having));
  assert.deepEqual(await everything(server, '/v1/organizations?identifier=ror:05szzwt63'), []);
  await server.get('/v1/organizations?identifier=ror:', {status: 400});
  const refused = await server.get('/v1/organizations?identifier=rorr:n1', {status: 400});
  assert.match(refused.json.errors[0].message, /did you mean `ror`/);
});

test('a value that its scheme does not allow is refused as it is when it is written', async () => {
  for (const [scheme, value] of [['ror', 'https://ror.org/05szzwt62'], ['ror', 'n1'], ['isni', 'https://ror.org/05szzwt63'], ['wikidata', '42'], ['lei', 'x:y']]) {
    const written = await server.post('/v1/organizations', {name: 'x', identifiers: [{scheme, value}]}, {status: 422});
    for (const parameter of ['identifier', 'identifier__ne']) {
      const asked = await server.get(`/v1/organizations?${parameter}=${scheme}:${encodeURIComponent(value)}`, {status: 400});
      const [{code, message}] = written.json.errors;
      assert.deepEqual(asked.json.errors, [{parameter, code, message}]);
    }
  }
});

test('a value with a colon in it needs no scheme before it, unless what stands there is almost one', async () => {
  const value = 'DOI:10.1/x';
  const {json: {id}} = await server.post('/v1/organizations', {name: 'With a DOI', identifiers: [{scheme: 'other', value}]}, {status: 201});
  for (const asked of [value, `other:${value}`]) {
    assert.deepEqual((await everything(server, `/v1/organizations?identifier=${encodeURIComponent(asked)}`)).map((each) => each.id), [id]);
  }
  assert.deepEqual(await everything(server, '/v1/organizations?identifier=doi:'), []);
  await server.get('/v1/organizations?identifier=LEI:x', {status: 400});
  await server.delete(`/v1/organizations/${id}`, {status: 204});
});

test('a value that no record can have is refused, whatever it is of', async () => {
  for (const [path, query, message] of [['agreements', 'period_basis=foo', /renewal/], ['agreements', 'next_change_status=in_forse', /in_force/],
    ['agreements', 'id=agr_xx', /agr_/], ['agreements', 'id__ne=org_01arz3ndektsv4rrffq69g5fav', /agr_/], ['organizations', 'id=itri', /org_/],
    ['areas', 'id=area_01ARZ3NDEKTSV4RRFFQ69G5FAV', /area_/]]) {
    const {json: {errors}} = await server.get(`/v1/${path}?${query}`, {status: 400});
    assert.equal(errors.length, 1, query);
    assert.match(errors[0].message, message, query);
  }
  for (const query of ['period_basis=renewal', 'next_change_status=in_force', `id=${all[0].id}`, `id__gte=${all[0].id}`]) {
    await server.get(`/v1/agreements?${query}`, {status: 200});
  }
});

// -- combinations -----------------------------------------------------------------------------------------------------------

const kinds = {
  agreements: {queries: QUERIES, least: 1, all: () => all, sortValue: (key) => (document) => (key.startsWith('period_') ? document.period?.[key.slice(7)] ?? null
    : key === 'next_change_on' ? document.next_change?.on ?? null : document[key]),
  sorts: ['', 'title', 'status', 'concluded_on', 'period_ends_on', 'notice_on', 'next_change_on', 'updated_at', 'id'],
  filters: ['status', 'kind', 'stage', 'owner', 'flag', 'tag', 'party', 'area', 'visibility', 'title', 'open_ended', 'concluded_on', 'period_ends_on',
    'notice_on', 'term_months', 'announced_on', 'country', 'party__under', 'area__under']},
  organizations: {queries: QUERIES / 2, least: 0, all: () => organizations, sorts: ['', 'name', 'established', 'slug', 'updated_at', 'id'],
    filters: ['kind', 'status', 'country', 'visibility', 'name', 'city', 'established', 'identifier', 'tag', 'under']},
  areas: {queries: QUERIES / 2, least: 0, all: () => areas, sorts: ['', 'name', 'slug', 'updated_at', 'id'], filters: ['name', 'description', 'parent', 'under']},
};

const countryOf = (id) => organizations.find((each) => each.id === id).country;
for (const [path, kind] of Object.entries(kinds)) {
  kind.schema = resource(path).schema;
  kind.known = new Map(filtersOf(kind.schema).map((each) => [each.name, each]));
}
kinds.agreements.known.set('country', {name: 'country', list: true, schema: resolve(resource('organizations').schema.properties.country),
  values: (document) => document.parties.map((each) => countryOf(each.organization.id))});

// What leads to one of these records or to something below it; for the records themselves, what stands below.
function underCondition(path, name) {
  const [of] = name.split('__under'), tree = of === 'party' || path === 'organizations' ? 'party' : 'area';
  const tops = Array.from({length: 1 + random.below(2)}, () => random.pick(tree === 'party' ? organizations : areas));
  const within = new Set(tops.flatMap((top) => [...(of === 'under' ? [] : [top.id]), ...below(tree, top.id)]));
  const asked = [...new Set(tops.map((top) => random.pick([top.id, top.slug])))].map((value) => [name, value]);
  const filter = kinds[path].known.get(of);
  return {key: name, asked, fits: (each) => (of === 'under' ? within.has(each.id) : fits(filter, '', [...within], each))};
}

// {key, asked: [[parameter, value]], fits(document)}
function condition(path) {
  const name = random.pick(kinds[path].filters);
  if (name.endsWith('under')) return underCondition(path, name);
  const filter = kinds[path].known.get(name);
  const operator = random.pick(['', '', ...operatorsOf(filter)]);
  const present = kinds[path].all().flatMap(filter.values).filter((each) => each !== null).map((each) => String(each?.id ?? each));
  const several = ['', 'ne'].includes(operator) ? 1 + random.below(3) : 1;
  const values = operator === 'isnull' ? [random.pick(['true', 'false'])] : [...new Set(Array.from({length: several}, () => random.pick(present)))];
  return asking(path, operator === '' ? name : `${name}__${operator}`, values);
}

function asking(path, key, values) {
  const [name, operator = ''] = key.split('__'), filter = kinds[path].known.get(name);
  return {key, asked: values.map((value) => [key, value]), fits: (each) => fits(filter, operator, values, each)};
}

function question(path) {
  const phrase = () => `"${random.pick(WORDS)} ${random.pick(WORDS)}"`;
  const q = Array.from({length: random.pick([1, 1, 2, 3])}, () => random.pick([skewed(WORDS), skewed(WORDS), random.pick(PAIRS), phrase()])).join(' ');
  const texts = textsByPath[path];
  return {key: 'q', asked: [['q', q]], fits: (each) => isFound(q, texts.get(each.id))};
}

// The texts by which each record is found, once for all questions.
let textsByPath;
function readTexts() {
  const names = new Map([...organizations, ...areas].map(({id, name, names: others}) => [id, [name, ...others.map((each) => each.value)]]));
  textsByPath = Object.fromEntries(Object.entries(kinds).map(([path, kind]) =>
    [path, new Map(kind.all().map((each) => [each.id, textsOf(kind.schema, each, (id) => names.get(id))]))]));
}

// The list of a query as pages, NDJSON, CSV and a number is that of the plain model; what it is, in its order.
async function holdQuery(path, conditions, sort) {
  const {all: list, sortValue = (key) => (document) => document[key]} = kinds[path];
  const key = sort.replace('-', ''), ranked = key === '' && conditions.some((each) => each.key === 'q');
  const fitting = list().filter((each) => conditions.every((one) => one.fits(each)));
  const wanted = key === '' ? fitting : inOrder(fitting, sort, sortValue(key));
  const query = [...conditions.flatMap((each) => each.asked), ...(key === '' ? [] : [['sort', sort]])];
  const at = `/v1/${path}?${ask(query)}`;
  const got = await everything(server, `${at}&limit=${random.pick([50, 111, 500])}${random.pick(['', '&fields=id,slug', '&fields=id,slug'])}`);
  if (ranked) assert.deepEqual(ids(got).sort(), ids(wanted).sort(), at);
  else assert.deepEqual(ids(got), ids(wanted), at);
  assert.equal((await server.get(`${at}&total=true&limit=1`)).json.total, wanted.length, at);
  const slugs = got.map((each) => each.slug);
  const ndjson = (await server.get(`${at}&format=ndjson&fields=slug`, {status: 200})).text;
  assert.deepEqual(ndjson.split('\n').slice(0, -1).map((line) => JSON.parse(line).slug), slugs, at);
  const csv = (await server.get(`${at}&format=csv&fields=slug`, {status: 200})).text;
  assert.deepEqual(csv.split('\r\n').slice(1, -1), slugs, at);
  const byId = new Map(wanted.map((each) => [each.id, each]));
  return {at, found: got.map(({id}) => byId.get(id))};
}

for (const [path, kind] of Object.entries(kinds)) {
  test(`${kind.queries} random queries of ${path} find what a plain model finds, in its order, over pages and whole`, async (t) => {
    t.diagnostic(`ENTENTE_SEED=${SEED}`);
    organizations = await everything(server, '/v1/organizations?limit=500'); // some were written meanwhile
    readTexts();
    const counts = {found: 0, empty: 0, words: 0, calendars: 0};
    for (let i = 0; i < kind.queries; i++) {
      const several = new Map(Array.from({length: kind.least + random.below(3)}, () => condition(path)).map((each) => [each.key, each]));
      if (several.size === 0 || random.chance(0.4)) several.set('q', question(path));
      const key = random.pick(kind.sorts), sort = key !== '' && random.chance(0.5) ? `-${key}` : key;
      const {at, found} = await holdQuery(path, [...several.values()], sort);
      counts.found += found.length;
      counts.empty += found.length === 0;
      counts.words += several.has('q') && found.length > 0;
      if (path === 'agreements' && found.length <= CALENDAR_MOST && random.chance(0.3)) {
        const {events} = readCalendar(await server.get(`${at}&format=ics`, {status: 200}));
        assert.deepEqual(events.map(({uid, day: on}) => [uid, on]), Object.entries(expectedDays(found)), at);
        counts.calendars++;
      }
    }
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.found > kind.queries && counts.words > 0, JSON.stringify(counts));
  });
}

// Where many agreements have the item, lists in these orders go along the items, which have copies of what orders them.
test('what is asked of agreements beside what their items are found by holds in every order', async () => {
  const mostOf = (name) => {
    const counts = new Map();
    for (const value of all.flatMap((each) => [...new Set(kinds.agreements.known.get(name).values(each))])) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    counts.delete(null);
    return [...counts].sort(([, a], [, b]) => b - a)[0][0];
  };
  const cases = [
    ['country', 'concluded_on', [['kind', 'mou', 'loi'], ['kind__ne', 'mou'], ['concluded_on__gte', '2019'], ['concluded_on__lte', '2026-05'],
      ['concluded_on__isnull', 'true'], ['status', 'in_force', 'expired'], ['owner__isnull', 'true']]],
    ['flag', 'period_ends_on', [['period_ends_on__gte', '2020'], ['period_ends_on__lte', '2029-03'], ['notice_on__isnull', 'true'], ['kind', 'mou', 'loi']]],
    ['flag', 'notice_on', [['notice_on__gte', '2020'], ['notice_on__isnull', 'false'], ['period_ends_on__gte', '2021-04']]],
  ];
  for (const [item, order, others] of cases) {
    const by = asking('agreements', item, [mostOf(item)]);
    let narrowed = 0;
    for (const [key, ...values] of others) {
      const conditions = [by, asking('agreements', key, values)];
      for (const sort of [order, `-${order}`]) {
        const {found} = await holdQuery('agreements', conditions, sort);
        narrowed += found.length > 0 && found.length < all.filter(by.fits).length;
      }
    }
    assert.ok(narrowed >= others.length, `${item} by ${order}: ${narrowed}`);
  }
});

// Without an order, each day of a short span is looked up among the records that come next.
test('what lies in a short span of days is found whole, in the order of its making, whatever else is asked', async () => {
  const spans = [['concluded_on', '2019-03-05', '2019-03-05'], ['concluded_on', '2019-02', '2019-03'], ['concluded_on', '2018-12-20', '2019-01'],
    ['concluded_on', '2019', '2019-01-31'], ['announced_on', '2019-06-30', '2019-08-15'], ['period_ends_on', '2026-04-20', '2026-06-01'],
    ['notice_on', '2026-03-01', '2026-04-30'], ['next_change_on', '2026-05-02', '2026-05-20']];
  const others = [[], [['status', 'in_force']], [['kind__ne', 'mou']], [['owner', 'Sato']], [['party__under', 'o0']], [['tag', 'x', 'y'], ['visibility', 'public']]];
  let met = 0;
  for (const [name, from, to] of spans) {
    for (const [after, before] of [['gte', 'lte'], ['gt', 'lt']]) {
      const span = [asking('agreements', `${name}__${after}`, [from]), asking('agreements', `${name}__${before}`, [to])];
      for (const other of others) {
        const more = other.map(([key, ...values]) => (key === 'party__under' ? {key, asked: [[key, values[0]]], fits: belowFirst} : asking('agreements', key, values)));
        const {found} = await holdQuery('agreements', [...span, ...more], '');
        met += found.length > 0;
      }
    }
  }
  assert.ok(met > spans.length * others.length / 2, met);
  for (const name of ['concluded_on', 'next_change_on']) { // one bound, so near to the end that what lies behind it is short, too
    const last = all.map((each) => (name === 'concluded_on' ? each.concluded_on : each.next_change?.on)).filter((each) => each?.length === 10).sort().at(-1);
    const {found} = await holdQuery('agreements', [asking('agreements', `${name}__gte`, [last.slice(0, 7)])], '');
    assert.ok(found.length > 0);
  }
});

function belowFirst(document) {
  const top = organizations.find((each) => each.slug === 'o0').id;
  return fits(kinds.agreements.known.get('party'), '', [top, ...below('party', top)], document);
}

test('a cursor of the same conditions in another order is good, and of others is refused with a clear error', async () => {
  const {json: {next}} = await server.get('/v1/agreements?kind=mou&tag=x&tag=y&limit=5', {status: 200});
  const cursor = new URL(next, server.url).searchParams.get('cursor');
  const here = await server.get(`/v1/agreements?kind=mou&tag=x&tag=y&limit=5&cursor=${cursor}`, {status: 200});
  const swapped = await server.get(`/v1/agreements?tag=y&kind=mou&tag=x&limit=5&cursor=${cursor}`, {status: 200});
  assert.deepEqual(ids(swapped.json.items), ids(here.json.items));
  for (const other of ['kind__ne=mou&tag=x&tag=y', 'kind=mou&tag=x', 'kind=mou&tag=x&tag=z', 'kind=loi&tag=x&tag=y', 'tag=x&tag=y']) {
    const answer = await server.get(`/v1/agreements?${other}&cursor=${cursor}`, {status: 400});
    assert.equal(answer.json.type, '/problems/invalid-cursor', other);
  }
});

test('what a filter cannot be asked is refused, with what it can', async () => {
  for (const [query, message] of [
    ['status=in_forse', /in_force/], ['status__lt=in_force', /__ne/], ['party__lt=o1', /__under/], ['area__undr=a1', /__under/],
    ['concluded_on__lte=2026-13', /date/], ['concluded_on__lte=soon', /date/], ['notice_on__gte=2026-02-30', /./], ['term_months__gt=x', /integer/],
    ['concluded_on__isnull=perhaps', /true or false/], ['concluded_on__lt=2026&concluded_on__lt=2027', /once/], ['party__under=nobody', /nobody/],
    ['created_at__gte=yesterday', /./], ['conclud_on__lte=2026', /concluded_on__lte/], ['under=a1', /./], ['limit__ne=5', /`limit`\?/],
    [Array.from({length: 101}, (_, i) => `tag=t${i}`).join('&'), /100/],
  ]) {
    const answer = await server.get(`/v1/agreements?${query}`, {status: 400});
    assert.equal(answer.json.errors.length, 1, query);
    assert.match(answer.json.errors[0].message, message, query);
    assert.ok(query.includes(answer.json.errors[0].parameter), query);
  }
  assert.match((await server.get('/v1/organizations?under__ne=o1', {status: 400})).json.errors[0].message, /did you mean `under`\?/);
});

test('days are compared with partial dates, too, which stand for their whole interval', async () => {
  const has = (each, is) => each.notice_on !== null && is(each.notice_on);
  for (const [query, is] of [['notice_on__lte=2026-12', (day) => day <= '2026-12-31'], ['notice_on__lt=2027', (day) => day < '2027-01-01'],
    ['notice_on__gte=2026-12', (day) => day >= '2026-12-01'], ['notice_on__gt=2026', (day) => day > '2026-12-31'],
    ['notice_on__lte=2026-12-15', (day) => day <= '2026-12-15']]) {
    assert.deepEqual(ids(await everything(server, `/v1/agreements?limit=500&${query}`)), ids(all.filter((each) => has(each, is))), query);
  }
  await server.get('/v1/agreements?notice_on=2026-12', {status: 400});
});

test('times are compared as instants, whatever zone they are written in', async () => {
  const {created_at: at} = all[AGREEMENTS - 1];
  const elsewhere = new Date(Date.parse(at) + 9 * 3600e3).toISOString().replace('Z', '+09:00');
  for (const form of [at, elsewhere]) {
    assert.ok(ids(await everything(server, `/v1/agreements?limit=500&created_at__gte=${encodeURIComponent(form)}`)).includes(all[AGREEMENTS - 1].id));
    assert.ok(!ids(await everything(server, `/v1/agreements?limit=500&created_at__lt=${encodeURIComponent(form)}`)).includes(all[AGREEMENTS - 1].id));
  }
});

test('every filter that the contract writes out is taken', async () => {
  const {json} = await server.get('/openapi.json', {role: null});
  const named = json.paths['/v1/agreements'].get.parameters.filter((each) => each.explode).map((each) => each.name);
  assert.deepEqual(named.filter((name) => !filters.has(name)), ['country']);
  assert.deepEqual([...filters.keys()].filter((name) => !named.includes(name)), []);
  assert.ok(contract.openapi);
});

test('total=true says how many there are on all pages, and nobody counts unasked', async () => {
  for (const query of ['', 'kind=mou', 'kind=mou&kind=loi&tag=x', 'party__under=o0&owner__isnull=true', 'title=nothing', 'concluded_on__lte=2020-06']) {
    const {json: {total, next}} = await server.get(`/v1/agreements?${query}&total=true&limit=3&sort=title`.replace('?&', '?'), {status: 200});
    assert.equal(total, (await everything(server, `/v1/agreements?${query}&limit=500`.replace('?&', '?'))).length, query);
    if (next !== null) assert.equal((await server.get(next, {status: 200})).json.total, total);
  }
  for (const query of ['', '?total=false']) assert.ok(!('total' in (await server.get(`/v1/agreements${query}`)).json));
  await server.get('/v1/agreements?total=yes', {status: 400});
});

test('fields= gives those members of each record and no other, in the order of the contract', async () => {
  const whole = (await server.get('/v1/agreements?limit=20')).json.items;
  const names = Object.keys(whole[0]);
  for (const wanted of [['slug', 'title'], ['title', 'slug'], ['parties'], names, ['owner', 'notes', 'sources'], ['updated_at'], ['id', 'id']]) {
    const {json, etag} = await server.get(`/v1/agreements?limit=20&fields=${wanted}`, {status: 200});
    assert.deepEqual(json.items, whole.map((each) => Object.fromEntries(names.filter((name) => wanted.includes(name)).map((name) => [name, each[name]]))));
    assert.notEqual(etag, (await server.get('/v1/agreements?limit=20')).etag);
    if (json.next !== null) assert.deepEqual(Object.keys((await server.get(json.next)).json.items[0]).sort(), [...new Set(wanted)].sort());
  }
  const tricky = await server.post('/v1/areas', {name: '"},{[\\', description: 'a\\"b]}', matches: ['https://example.org/,a']}, {status: 201});
  const {json: {items: [cut]}} = await server.get(`/v1/areas?slug=${tricky.json.slug}&fields=name,matches,revision`);
  assert.deepEqual(cut, {name: tricky.json.name, matches: tricky.json.matches, revision: 1});
  for (const [fields, message] of [['titel', /title/], ['slug,,title', /./], ['', /./], ['period.ends_on', /./], ['Slug', /slug/]]) {
    const answer = await server.get(`/v1/agreements?fields=${fields}`, {status: 400});
    assert.deepEqual(answer.json.errors.map((each) => each.parameter), ['fields']);
    assert.match(answer.json.errors[0].message, message);
  }
});
