// Are we covered? Small cases by hand, and random registries against a plain walk over all that is listed.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
let server;

before(async () => { server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']}); });
after(() => server.stop());

const organization = (slug, relations = [], more = {}) =>
  server.put(`/v1/organizations/${slug}`, {name: `The ${slug}`, relations, visibility: 'public', ...more}, {status: 201});
const area = (slug, parent = null) => server.put(`/v1/areas/${slug}`, {name: slug, parent}, {status: 201});
const agreement = (slug, parties, more = {}) => server.put(`/v1/agreements/${slug}`, {
  title: `About ${slug}`, kind: 'mou', stage: 'concluded', concluded_on: '2020-01-01', open_ended: true, visibility: 'public',
  parties: parties.map((each) => (typeof each === 'string' ? {organization: each} : each)), ...more}, {status: 201});

async function covered(query, options) {
  const {json} = await server.get(`/v1/coverage?${query}`, {status: 200, ...options});
  assert.equal(json.covered, json.agreements.length > 0);
  return json.agreements.map((each) => [each.slug, each.via, each.organization.slug, each.area_via, each.area?.slug ?? null]);
}

test('one is covered by its own agreements, its units\', those it is a unit of, and by succession', async () => {
  await organization('other');
  await organization('top');
  await organization('middle', [{type: 'parent', organization: 'top'}]);
  await organization('leaf', [{type: 'parent', organization: 'middle'}]);
  await organization('sibling', [{type: 'parent', organization: 'top'}]);
  await agreement('of-top', ['top', 'other']);
  await agreement('of-leaf', ['leaf', 'other']);
  await agreement('of-sibling', ['sibling', 'other']);
  assert.deepEqual(await covered('organization=leaf'), [['of-leaf', 'direct', 'leaf', null, null], ['of-top', 'parent', 'top', null, null]]);
  assert.deepEqual(await covered('organization=middle'), [['of-leaf', 'unit', 'leaf', null, null], ['of-top', 'parent', 'top', null, null]]);
  assert.deepEqual(await covered('organization=top'), [['of-top', 'direct', 'top', null, null], ['of-leaf', 'unit', 'leaf', null, null],
    ['of-sibling', 'unit', 'sibling', null, null]]);
  await organization('before');
  await organization('after', [{type: 'predecessor', organization: 'before', from: '2023'}]);
  await agreement('of-before', ['before', 'other'], {concluded_on: '2019-07'});
  await agreement('of-after', ['after', 'other'], {concluded_on: '2026-04-01'});
  assert.deepEqual(await covered('organization=after'), [['of-after', 'direct', 'after', null, null], ['of-before', 'successor', 'before', null, null]]);
  assert.deepEqual(await covered('organization=before'), [['of-before', 'direct', 'before', null, null], ['of-after', 'successor', 'after', null, null]]);
  assert.deepEqual(await covered('organization=after&on=2022-12-31'), [], 'it had not taken over yet');
  assert.deepEqual(await covered('organization=after&on=2023-06-01'), [['of-before', 'successor', 'before', null, null]]);
  assert.deepEqual(await covered('organization=before&on=2019-07-01'), [['of-before', 'direct', 'before', null, null]]);
  assert.deepEqual(await covered('organization=before&on=2019-06-30'), []);
});

test('relations of both kinds lead on in any order, and the path tells them', async () => {
  await organization('old-university');
  await organization('new-university', [{type: 'predecessor', organization: 'old-university', from: '2023-04-01'}]);
  await organization('faculty', [{type: 'parent', organization: 'new-university'}]);
  await organization('institute', [{type: 'predecessor', organization: 'faculty'}]);
  await agreement('of-old', ['old-university', 'other']);
  const {json} = await server.get('/v1/coverage?organization=institute', {status: 200});
  assert.deepEqual(json.agreements.map(({slug, via, path, organization: party}) => [slug, via, party.slug, path.map((each) => [each.type, each.organization.slug])]),
    [['of-old', 'mixed', 'old-university', [['predecessor', 'faculty'], ['parent', 'new-university'], ['predecessor', 'old-university']]]]);
  assert.deepEqual(await covered('organization=faculty'), [['of-old', 'mixed', 'old-university', null, null]]);
  assert.deepEqual(await covered('organization=faculty&on=2023-03-31'), [], 'it had not taken over yet');
  assert.deepEqual(await covered('organization=new-university'), [['of-old', 'successor', 'old-university', null, null]]);
  assert.deepEqual((await server.get('/v1/coverage?organization=old-university')).json.agreements[0].path, []);
});

test('the path of one kind of relation tells every step of it', async () => {
  const paths = Object.fromEntries((await server.get('/v1/coverage?organization=leaf')).json.agreements.map(({slug, path}) => [slug, path]));
  assert.deepEqual(paths['of-top'].map(({type, organization: {slug, name}}) => [type, slug, name]), [['parent', 'middle', 'The middle'], ['parent', 'top', 'The top']]);
  const down = (await server.get('/v1/coverage?organization=top')).json.agreements.find(({slug}) => slug === 'of-leaf').path;
  assert.deepEqual(down.map(({type, organization: {slug}}) => [type, slug]), [['child', 'middle'], ['child', 'leaf']]);
});

test('a way through a circle of both kinds ends', async () => {
  await organization('ring-a');
  await organization('ring-b', [{type: 'parent', organization: 'ring-a'}]);
  await server.patch('/v1/organizations/ring-a', {relations: [{type: 'predecessor', organization: 'ring-b'}]}, {status: 200});
  await agreement('of-ring', ['ring-b', 'other']);
  assert.deepEqual(await covered('organization=ring-a'), [['of-ring', 'unit', 'ring-b', null, null]]);
});

test('a party counts on the days on which it is one', async () => {
  await organization('early');
  await organization('late');
  await agreement('handed-over', ['other', {organization: 'early', until: '2023-03'}, {organization: 'late', from: '2023-04', until: '2025'}]);
  const days = {early: {'2019-12-31': 0, '2020-01-01': 1, '2023-03-31': 1, '2023-04-01': 0}, late: {'2023-03-31': 0, '2023-04-01': 1, '2025-12-31': 1, '2026-01-01': 0}};
  for (const [slug, each] of Object.entries(days)) {
    for (const [on, count] of Object.entries(each)) assert.equal((await covered(`organization=${slug}&on=${on}`)).length, count, `${slug} ${on}`);
  }
  const listed = async (query) => (await server.get(`/v1/agreements?${query}&limit=500`, {status: 200})).json.items.map(({slug}) => slug);
  assert.deepEqual(await listed('party=early'), ['handed-over'], 'who was a party at any time is found without a day');
  for (const name of ['party', 'party__under']) {
    assert.deepEqual(await listed(`${name}=early&on=2023-03-31`), ['handed-over']);
    assert.deepEqual(await listed(`${name}=early&on=2023-04-01`), []);
    assert.deepEqual(await listed(`${name}=early&${name}=late&on=2023-04-01`), ['handed-over']);
  }
  assert.ok(!(await listed('party__ne=late&on=2024-01-01')).includes('handed-over'));
  assert.ok((await listed('party__ne=late&on=2026-01-01')).includes('handed-over'));
  assert.equal((await server.get('/v1/stats?by=status&party=early&on=2023-04-01', {status: 200})).json.items.length, 0);
  await server.get('/v1/agreements?on=2023', {status: 400});
});

test('a country counts on the days on which its party is one', async () => {
  await organization('abroad', [], {country: 'FI'});
  await agreement('far', ['other', {organization: 'abroad', from: '2024'}]);
  assert.equal((await server.get('/v1/agreements?country=FI&on=2023-12-31')).json.items.length, 0);
  assert.equal((await server.get('/v1/agreements?country=FI&on=2024-01-01&sort=-concluded_on')).json.items.length, 1);
});

test('statistics and the graph count a party on the days on which it is one, as lists do', async () => {
  await organization('guest', [], {country: 'NO'});
  await organization('host', [], {country: 'IS'});
  await agreement('visited', ['host', {organization: 'guest', from: '2021-04', until: '2023'}], {tags: ['visited']});
  await agreement('quiet', [{organization: 'guest', until: '2023'}, {organization: 'host', until: '2023'}], {tags: ['quiet']});
  const keys = async (by, query) => (await server.get(`/v1/stats?by=${by}&${query}`, {status: 200})).json.items.map(({key, count}) => [key, count]);
  const count = async (by, key, query = '') => new Map(await keys(by, query)).get(key) ?? 0;
  for (const role of [null, 'admin']) {
    const drawn = async (query) => {
      const {json} = await server.get(`/v1/graph?${query}`, {status: 200, role});
      const slugs = new Map(json.nodes.map(({id, slug}) => [id, slug]));
      const edges = json.edges.map(({source, target}) => [slugs.get(source), slugs.get(target)].sort().join(' '));
      return {nodes: [...slugs.values()].sort(), edges};
    };
    assert.deepEqual(await drawn('tag=visited&on=2023-12-31'), {nodes: ['guest', 'host'], edges: ['guest host']});
    assert.deepEqual(await drawn('tag=visited&on=2024-01-01'), {nodes: ['host'], edges: []});
    assert.deepEqual(await drawn('tag=visited'), {nodes: ['guest', 'host'], edges: ['guest host']}, 'without a day, who was one at any time');
    assert.ok((await drawn('on=2023-12-31')).edges.includes('guest host'));
    const later = await drawn('on=2024-01-01');
    assert.ok(!later.nodes.includes('guest') && !later.edges.includes('guest host'));
  }
  assert.deepEqual([await count('party', 'guest'), await count('party', 'guest', 'on=2023-12-31'), await count('party', 'guest', 'on=2024-01-01')], [2, 2, 0]);
  assert.deepEqual([await count('country', 'NO', 'on=2021-03-31'), await count('country', 'NO', 'on=2021-04-01')], [1, 2]);
  assert.deepEqual(await keys('party', 'tag=visited&on=2024-01-01'), [['host', 1]]);
  assert.deepEqual(await keys('party', 'tag=quiet&on=2024-01-01'), [[null, 1]], 'an agreement without parties that day is counted all the same');
  assert.equal(await count('party', null, 'on=2024-01-01') - await count('party', null, 'on=2023-12-31'), 1);
});

test('no path leads the public through an internal organization', async () => {
  await organization('open-root');
  await organization('closed-middle', [{type: 'predecessor', organization: 'open-root'}], {visibility: 'internal'});
  await organization('open-leaf', [{type: 'parent', organization: 'closed-middle'}]);
  await agreement('of-open-root', ['open-root', 'other']);
  assert.deepEqual(await covered('organization=open-leaf'), [['of-open-root', 'mixed', 'open-root', null, null]]);
  const {text} = await server.get('/v1/coverage?organization=open-leaf', {role: null, status: 200});
  assert.deepEqual(JSON.parse(text).agreements, []);
  assert.ok(!text.includes('closed-middle'));
});

test('a merge keeps the days of a party that both were, and refuses days on which both were it', async () => {
  for (const slug of ['twin-a', 'twin-b', 'double-a', 'double-b']) await organization(slug);
  await agreement('in-turn', ['other', {organization: 'twin-a', until: '2022'}, {organization: 'twin-b', from: '2024'}]);
  await server.post('/v1/organizations/twin-a/merge', {into: 'twin-b'}, {status: 200});
  const days = {'2022-12-31': 1, '2023-01-01': 0, '2023-12-31': 0, '2024-01-01': 1};
  for (const [on, count] of Object.entries(days)) assert.equal((await covered(`organization=twin-b&on=${on}`)).length, count, on);
  await agreement('at-once', ['other', {organization: 'double-a', until: '2023'}, {organization: 'double-b', from: '2022'}]);
  const {json} = await server.post('/v1/organizations/double-a/merge', {into: 'double-b'}, {status: 422});
  assert.match(json.errors[0].message, /at-once.*twice in the same role at the same time/);
  assert.equal((await covered('organization=double-a&on=2021-01-01')).length, 1, 'nothing was changed');
});

test('an organization may leave and join again, but is not twice in one role at one time', async () => {
  const parties = (...spans) => ['other', ...spans.map((span) => ({organization: 'late', ...span}))];
  await agreement('again', parties({until: '2021'}, {from: '2023'}));
  const refused = async (...spans) => (await server.post('/v1/agreements', {title: 'T', parties: parties(...spans)}, {status: 422})).json.errors
    .map(({pointer, code}) => `${pointer} ${code}`);
  assert.deepEqual(await refused({until: '2021'}, {from: '2021-12-31'}), ['/parties/2/organization duplicate']);
  assert.deepEqual(await refused({}, {from: '2030'}), ['/parties/2/organization duplicate']);
  assert.deepEqual(await refused({from: '2022', until: '2021'}), ['/parties/1/until order']);
});

test('who joined later does not move the start', async () => {
  const parties = [{organization: 'other', signed_on: '2020-02-01'}, {organization: 'top', signed_on: '2020-02-05'}, {organization: 'late', signed_on: '2023-01-01', from: '2023-01-01'}];
  const {json} = await server.post('/v1/agreements', {title: 'T', stage: 'concluded', open_ended: true, parties}, {status: 201});
  assert.equal(json.period.starts_on, '2020-02-05');
  assert.deepEqual(json.parties.map(({from, until}) => [from, until]), [[null, null], [null, null], ['2023-01-01', null]]);
});

test('a tree of ten thousand units is walked within a moment', async () => {
  const lines = Array.from({length: 10_000}, (_, i) => JSON.stringify({resource: 'organizations', slug: `unit-${i}`, name: `Unit ${i}`,
    relations: i === 0 ? [] : [{type: 'parent', organization: `unit-${Math.floor((i - 1) / 3)}`}]}));
  await server.post('/v1/import', lines.join('\n'), {status: 200, headers: {'content-type': 'application/x-ndjson'}});
  await agreement('of-unit', ['unit-9999', 'other']);
  assert.deepEqual(await covered('organization=unit-0'), [['of-unit', 'unit', 'unit-9999', null, null]]);
});

test('an area is covered by agreements about it or about a broader one', async () => {
  await area('life-science');
  await area('drugs', 'life-science');
  await area('antibodies', 'drugs');
  await agreement('broad', ['top', 'before'], {areas: ['life-science']});
  await agreement('narrow', ['top', 'before'], {areas: ['antibodies', 'life-science']});
  await agreement('without', ['top', 'before']);
  const about = async (slug) => (await covered(`organization=before&area=${slug}`)).map((each) => [each[0], each[3], each[4]]);
  assert.deepEqual(await about('life-science'), [['broad', 'direct', 'life-science'], ['narrow', 'direct', 'life-science']]);
  assert.deepEqual(await about('antibodies'), [['broad', 'broader', 'life-science'], ['narrow', 'direct', 'antibodies']]);
  assert.deepEqual(await about('drugs'), [['broad', 'broader', 'life-science'], ['narrow', 'broader', 'life-science']]);
});

test('only what is in force on the day covers, and who only witnessed it is not covered', async () => {
  await organization('fresh');
  await agreement('ended', ['fresh', 'other'], {open_ended: false, ends_on: '2025-12-31'});
  await agreement('rests', ['fresh', 'other'], {suspensions: [{from: '2026-01-01', until: '2026-12'}]});
  await agreement('draft', ['fresh', 'other'], {stage: 'negotiating', concluded_on: null});
  await agreement('later', ['fresh', 'other'], {effective_on: '2026-06-01'});
  await agreement('watched', ['top', 'other', {organization: 'fresh', role: 'witness'}]);
  const on = async (day) => (await covered(`organization=fresh${day ? `&on=${day}` : ''}`)).map((each) => each[0]);
  assert.deepEqual(await on(''), []);
  assert.deepEqual(await on('2025-12-31'), ['ended', 'rests']);
  assert.deepEqual(await on('2026-01-01'), []);
  assert.deepEqual(await on('2026-06-01'), ['later']);
  assert.deepEqual(await on('2027-01-01'), ['rests', 'later']);
});

test('the public is told of what is public, and nothing else', async () => {
  const open = {role: null};
  await organization('hidden', [], {visibility: 'internal'});
  await organization('seen', [{type: 'parent', organization: 'hidden'}]);
  await agreement('of-hidden', ['hidden', 'other']);
  await agreement('internal-one', ['seen', 'other'], {visibility: 'internal'});
  assert.deepEqual((await covered('organization=seen')).map((each) => each[0]), ['internal-one', 'of-hidden']);
  assert.deepEqual(await covered('organization=seen', open), []);
  const refused = await server.get('/v1/coverage?organization=hidden', {role: null, status: 400});
  const unknown = await server.get('/v1/coverage?organization=hiddem', {role: null, status: 400});
  assert.equal(refused.text.replaceAll('hidden', '').replace(/"instance":"[^"]*"/, ''), unknown.text.replaceAll('hiddem', '').replace(/"instance":"[^"]*"/, ''));
});

test('what is asked wrongly is refused by name', async () => {
  for (const [query, parameters] of [['', ['organization']], ['organization=nobody', ['organization']], ['organization=top&area=nothing', ['area']],
    ['organization=top&on=2026-02-30', ['on']], ['organization=top&on=2026', ['on']], ['organization=nobody&area=nothing', ['organization', 'area']],
    ['organization=top&organisation=top', ['organisation']], [`organization=${'x'.repeat(2000)}`, ['organization']]]) {
    const answer = await server.get(`/v1/coverage?${query}`, {status: 400});
    assert.deepEqual(answer.json.errors.map((each) => each.parameter), parameters, query);
  }
  const {etag} = await server.get('/v1/coverage?organization=top', {status: 200});
  await server.get('/v1/coverage?organization=top', {status: 304, headers: {'if-none-match': etag}});
});

test('in a random registry, coverage is what a plain walk over it finds', async (t) => {
  t.diagnostic(`ENTENTE_SEED=${SEED}`);
  const random = new Random(SEED), own = await startServer({args: ['--today', '2026-05-01']});
  t.after(() => own.stop());
  const year = () => String(2015 + random.below(15));
  const lasting = () => random.pick([{}, {}, {from: year()}, {until: year()}]);
  for (let i = 0; i < 14; i++) {
    const relations = [];
    if (i > 0 && random.chance(0.6)) relations.push({type: 'parent', organization: `o${random.below(i)}`, ...lasting()});
    if (i > 0 && random.chance(0.5)) relations.push({type: 'predecessor', organization: `o${random.below(i)}`, ...lasting()});
    await own.put(`/v1/organizations/o${i}`, {name: `o${i}`, relations}, {status: 201});
    await own.put(`/v1/areas/a${i}`, {name: `a${i}`, parent: i > 0 && random.chance(0.7) ? `a${random.below(i)}` : null}, {status: 201});
  }
  for (let i = 0; i < 40; i++) {
    const first = random.below(14), parties = [`o${first}`, `o${(first + 1 + random.below(13)) % 14}`];
    await own.put(`/v1/agreements/g${i}`, {title: `g${i}`, stage: 'concluded', concluded_on: year(), term_months: 12 * (1 + random.below(8)),
      parties: parties.map((each) => ({organization: each, role: random.pick(['party', 'party', 'witness']), ...random.pick([{}, {}, {}, {from: year()}, {until: year()}])})),
      areas: random.some(['a0', 'a1', 'a2', 'a3', 'a4', 'a5'], 2)}, {status: 201});
  }
  const [organizations, areas, agreements] = await Promise.all(['organizations', 'areas', 'agreements'].map((path) => everything(own, `/v1/${path}`)));
  const slugOf = new Map(organizations.map((each) => [each.id, each.slug]));
  let found = 0, mixed = 0;
  for (const day of ['2016-03-01', '2020-12-31', '2026-05-01']) {
    const holds = (relation) => (relation.from ?? '0') <= day && (relation.until === null || relation.until >= day || day.startsWith(relation.until));
    const step = (slug, type) => organizations.find((each) => each.slug === slug).relations
      .filter((each) => each.type === type && holds(each)).map((each) => slugOf.get(each.organization.id));
    const reach = (slug, ...types) => {
      const seen = new Set();
      for (const open = [slug]; open.length > 0;) {
        const at = open.pop();
        for (const next of types.flatMap((type) => step(at, type))) if (!seen.has(next)) { seen.add(next); open.push(next); }
      }
      return seen;
    };
    const inForce = [];
    for (const each of agreements) if ((await own.get(`/v1/agreements/${each.slug}/status?on=${day}`)).json.status === 'in_force') inForce.push(each);
    for (const {slug} of organizations) {
      const ways = [[new Set([slug]), 'direct'], [reach(slug, 'child'), 'unit'], [reach(slug, 'parent'), 'parent'],
        [new Set([...reach(slug, 'successor'), ...reach(slug, 'predecessor')]), 'successor'], [reach(slug, 'parent', 'predecessor'), 'mixed']];
      const via = (each) => ways.find(([reached]) => each.parties.some((party) => party.role !== 'witness' && holds(party) && reached.has(party.organization.slug)))?.[1];
      for (const wanted of [null, 'a0', 'a3', 'a9']) {
        const wider = [];
        for (let at = areas.find((each) => each.slug === wanted); at; at = areas.find((each) => each.id === at.parent?.id)) wider.push(at.slug);
        const expected = inForce.filter((each) => via(each) && (wanted === null || each.areas.some(({area: one}) => wider.includes(one.slug))))
          .map((each) => `${each.slug} ${via(each)}`);
        const {json} = await own.get(`/v1/coverage?organization=${slug}&on=${day}${wanted ? `&area=${wanted}` : ''}`, {status: 200});
        assert.deepEqual(json.agreements.map((each) => `${each.slug} ${each.via}`).sort(), expected.sort(), `${slug} ${wanted} ${day}`);
        for (const {via: way, path, organization: party} of json.agreements) {
          const steps = [slug, ...path.map((each) => each.organization.slug)];
          path.forEach(({type}, index) => assert.ok(step(steps[index], type).includes(steps[index + 1]), `${slug} ${day}: ${JSON.stringify(path)}`));
          assert.equal(steps.at(-1), party.slug);
          const names = {child: 'unit', parent: 'parent', predecessor: 'successor', successor: 'successor'};
          const kinds = new Set(path.map(({type}) => names[type]));
          assert.equal(way, kinds.size === 0 ? 'direct' : kinds.size === 1 ? [...kinds][0] : 'mixed');
          mixed += way === 'mixed';
        }
        found += expected.length;
      }
    }
  }
  assert.ok(found > 0);
  t.diagnostic(`${found} found, ${mixed} by mixed ways`);
});
