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
    if (i > 0 && random.chance(0.3)) relations.push({type: 'predecessor', organization: `o${random.below(i)}`, ...lasting()});
    await own.put(`/v1/organizations/o${i}`, {name: `o${i}`, relations}, {status: 201});
    await own.put(`/v1/areas/a${i}`, {name: `a${i}`, parent: i > 0 && random.chance(0.7) ? `a${random.below(i)}` : null}, {status: 201});
  }
  for (let i = 0; i < 40; i++) {
    const first = random.below(14), parties = [`o${first}`, `o${(first + 1 + random.below(13)) % 14}`];
    await own.put(`/v1/agreements/g${i}`, {title: `g${i}`, stage: 'concluded', concluded_on: year(), term_months: 12 * (1 + random.below(8)),
      parties: parties.map((each) => ({organization: each, role: random.pick(['party', 'party', 'witness'])})),
      areas: random.some(['a0', 'a1', 'a2', 'a3', 'a4', 'a5'], 2)}, {status: 201});
  }
  const [organizations, areas, agreements] = await Promise.all(['organizations', 'areas', 'agreements'].map((path) => everything(own, `/v1/${path}`)));
  const slugOf = new Map(organizations.map((each) => [each.id, each.slug]));
  let found = 0;
  for (const day of ['2016-03-01', '2020-12-31', '2026-05-01']) {
    const holds = (relation) => (relation.from ?? '0') <= day && (relation.until === null || relation.until >= day || day.startsWith(relation.until));
    const step = (slug, type) => organizations.find((each) => each.slug === slug).relations
      .filter((each) => each.type === type && holds(each)).map((each) => slugOf.get(each.organization.id));
    const reach = (slug, type) => {
      const seen = new Set();
      for (const open = [slug]; open.length > 0;) for (const next of step(open.pop(), type)) if (!seen.has(next)) { seen.add(next); open.push(next); }
      return seen;
    };
    const inForce = [];
    for (const each of agreements) if ((await own.get(`/v1/agreements/${each.slug}/status?on=${day}`)).json.status === 'in_force') inForce.push(each);
    for (const {slug} of organizations) {
      const ways = [[new Set([slug]), 'direct'], [reach(slug, 'child'), 'unit'], [reach(slug, 'parent'), 'parent'],
        [new Set([...reach(slug, 'successor'), ...reach(slug, 'predecessor')]), 'successor']];
      const via = (each) => ways.find(([reached]) => each.parties.some((party) => party.role !== 'witness' && reached.has(party.organization.slug)))?.[1];
      for (const wanted of [null, 'a0', 'a3', 'a9']) {
        const wider = [];
        for (let at = areas.find((each) => each.slug === wanted); at; at = areas.find((each) => each.id === at.parent?.id)) wider.push(at.slug);
        const expected = inForce.filter((each) => via(each) && (wanted === null || each.areas.some(({area: one}) => wider.includes(one.slug))))
          .map((each) => `${each.slug} ${via(each)}`);
        const {json} = await own.get(`/v1/coverage?organization=${slug}&on=${day}${wanted ? `&area=${wanted}` : ''}`, {status: 200});
        assert.deepEqual(json.agreements.map((each) => `${each.slug} ${each.via}`).sort(), expected.sort(), `${slug} ${wanted} ${day}`);
        found += expected.length;
      }
    }
  }
  assert.ok(found > 0);
});
