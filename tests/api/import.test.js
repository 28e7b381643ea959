// Many records in one request: in any order, all or nothing, and again without a change.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const release = readFileSync(fileURLToPath(new URL('../../examples/press-release.ndjson', import.meta.url)), 'utf8');
const records = release.trim().split('\n').map((line) => JSON.parse(line));

let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01']}); });
after(() => server.stop());

const ndjson = {'content-type': 'application/x-ndjson'};
const lines = (...all) => all.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');
const send = (body, query = '', options = {}) => server.post(`/v1/import${query}`, body, {headers: ndjson, ...options});
const organization = (slug, more) => ({resource: 'organizations', slug, name: slug, ...more});
const area = (slug, more) => ({resource: 'areas', slug, name: slug, ...more});
const agreement = (slug, more) => ({resource: 'agreements', slug, title: slug, ...more});
const counts = ({rows, created, updated, unchanged, failed}) => [rows, created, updated, unchanged, failed];

async function snapshot(of = server) {
  const all = {};
  for (const path of ['organizations', 'areas', 'agreements']) all[path] = await everything(of, `/v1/${path}?limit=500`);
  return all;
}
const withoutOrigin = ({id, created_at: created, updated_at: updated, revision, ...rest}) => JSON.parse(JSON.stringify(rest, (key, value) => (key === 'id' ? undefined : value)));

describe('the press release', () => {
  test('goes in once, whole, and a second time changes nothing', async () => {
    const first = await send(release, '', {status: 200});
    assert.deepEqual(counts(first.json), [records.length, records.length, 0, 0, 0]);
    const before = await snapshot();
    assert.ok([...before.organizations, ...before.areas, ...before.agreements].every((each) => each.revision === 1));
    const second = await send(release, '', {status: 200});
    assert.deepEqual(counts(second.json), [records.length, 0, 0, records.length, 0]);
    assert.deepEqual(await snapshot(), before);
  });

  test('comes out as the release states it', async () => {
    const itri = (await server.get('/v1/agreements/itri-2026')).json;
    assert.deepEqual(itri.parties.map((each) => each.organization.slug), ['ipark-institute', 'itri']);
    assert.equal(itri.areas.length, 4);
    assert.equal(itri.status, 'in_force');
    assert.deepEqual(itri.flags, ['end_unknown']);
    const nbrp = (await server.get('/v1/agreements/nbrp-2019')).json;
    assert.equal(nbrp.concluded_on, '2019-07');
    assert.ok(nbrp.flags.includes('partial_dates'));
    const institute = (await server.get('/v1/organizations/itri')).json;
    assert.ok(institute.relations.some((each) => each.type === 'child' && each.organization.slug === 'itri-biomedical'));
  });

  for (const [order, arrange] of [['backwards', (all) => [...all].reverse()], ['by the slugs\' last letters', (all) => [...all].sort((a, b) => (a.slug.at(-1) < b.slug.at(-1) ? -1 : 1))]]) {
    test(`says the same read ${order}`, async () => {
      const other = await startServer({args: ['--today', '2026-05-01']});
      try {
        await other.post('/v1/import', lines(...arrange(records)), {headers: ndjson, status: 200});
        const bySlug = (all) => all.map(withoutOrigin).sort((a, b) => (a.slug < b.slug ? -1 : 1))
          .map((each) => ({...each, relations: each.relations?.map((relation) => JSON.stringify(relation)).sort()}));
        const [one, two] = [await snapshot(other), await snapshot()];
        for (const path of Object.keys(one)) assert.deepEqual(bySlug(one[path]), bySlug(two[path]));
      } finally {
        await other.stop();
      }
    });
  }

  test('what the server serves goes in again without a change, as one array', async () => {
    const before = await snapshot();
    const all = Object.entries(before).flatMap(([path, items]) => items.map((each) => ({resource: path, ...each})));
    const answer = await server.post('/v1/import', all, {status: 200});
    assert.deepEqual(counts(answer.json), [all.length, 0, 0, all.length, 0]);
    assert.deepEqual(await snapshot(), before);
  });
});

test('records may refer to each other in a ring, as long as it is no forbidden circle', async () => {
  const answer = await send(lines(
    agreement('ring-x', {parties: ['ring-a', 'ring-b'], areas: ['ring-area'], stage: 'concluded'}),
    organization('ring-a', {relations: [{type: 'related', organization: 'ring-b'}, {type: 'shareholder', organization: 'ring-b'}]}),
    area('ring-area', {parent: 'ring-wide'}), area('ring-wide'),
    organization('ring-b', {relations: [{type: 'related', organization: 'ring-a'}, {type: 'shareholder', organization: 'ring-a'}]})), '', {status: 200});
  assert.deepEqual(counts(answer.json), [5, 5, 0, 0, 0]);
  const circle = await send(lines(area('circle-a', {parent: 'circle-b'}), area('circle-b', {parent: 'circle-a'})), '', {status: 422});
  assert.ok(circle.json.errors.some((each) => each.code === 'cycle'));
  await server.get('/v1/areas/circle-a', {status: 404});
});

test('a relation that is written on both sides of one file is there once', async () => {
  await send(lines(
    organization('both-a', {relations: [{type: 'child', organization: 'both-b'}]}),
    organization('both-b', {relations: [{type: 'parent', organization: 'both-a'}]})), '', {status: 200});
  assert.equal((await server.get('/v1/organizations/both-a')).json.relations.length, 1);
  const lone = await send(lines(organization('lone-a', {relations: [{type: 'child', organization: 'lone-b'}]}), organization('lone-b')), '', {status: 422});
  assert.deepEqual(lone.json.errors.map((each) => [each.line, each.code]), [[1, 'other_side']]);
});

test('every error is told with its line and place, and nothing is written', async () => {
  const before = await snapshot();
  const answer = await send(lines(
    organization('fine'), '', '{"resource":', agreement('wrong', {kind: 'moo', concluded_on: 'soon'}), {resource: 'nothing', name: 'x'}, {name: 'x'},
    {resource: 'areas', name: 'no slug'}, '[1]', organization('lost', {relations: [{type: 'parent', organization: 'nobody'}]}), area('twice'), area('twice')), '', {status: 422});
  const found = answer.json.errors.map((each) => [each.line, each.pointer]);
  for (const wanted of [[3, ''], [4, '/kind'], [4, '/concluded_on'], [5, '/resource'], [6, '/resource'], [7, '/slug'], [8, ''], [11, '/slug']]) {
    assert.ok(found.some(([line, pointer]) => line === wanted[0] && pointer === wanted[1]), `${wanted} among ${JSON.stringify(found)}`);
  }
  assert.deepEqual(await snapshot(), before);
  const lost = await send(lines(organization('fine'), organization('lost', {relations: [{type: 'parent', organization: 'nobody'}]})), '', {status: 422});
  assert.deepEqual(lost.json.errors.map((each) => [each.line, each.pointer]), [[2, '/relations/0/organization']]);
  assert.deepEqual(await snapshot(), before);
});

test('a dry run reports what it would do, and does none of it', async () => {
  const before = await snapshot();
  const answer = await send(lines(organization('dry'), organization('itri', {name: 'other', kind: 'company'})), '?dry_run=true', {status: 200});
  assert.deepEqual(counts(answer.json), [2, 1, 1, 0, 0]);
  assert.deepEqual(await snapshot(), before);
});

test('mode=create calls a slug that is taken an error, and takes records without one', async () => {
  const before = await snapshot();
  const answer = await send(lines(area('created'), organization('itri')), '?mode=create', {status: 422});
  assert.deepEqual(answer.json.errors.map((each) => [each.line, each.code]), [[2, 'taken']]);
  assert.deepEqual(await snapshot(), before);
  await send(lines({resource: 'areas', name: 'Made without slug'}), '?mode=create', {status: 200});
  await server.get('/v1/areas/made-without-slug', {status: 200});
});

test('the parameter says what the records are when they do not, and must not contradict them', async () => {
  const answer = await send(lines({slug: 'plain', name: 'Plain'}), '?resource=areas', {status: 200});
  assert.equal(answer.json.created, 1);
  await send(lines(organization('x')), '?resource=areas', {status: 422});
  await send('{}', '?resource=nothing', {status: 400});
  await send('{}', '?mode=replace', {status: 400});
});

test('dates as people write them are read, and how is told', async () => {
  const written = {'2019年7月': '2019-07', '2019/7/1': '2019-07-01', '令和8年4月1日': '2026-04-01', '民國115年4月1日': '2026-04-01', '2019/7': '2019-07', '令和元年5月': '2019-05', '平成33年3月31日': '2021-03-31', '昭和65年': '1990', '大正16年1月': '1927-01', 'Ｈ３３．３．３１': '2021-03-31'};
  const all = Object.keys(written).map((date, i) => organization(`dated-${i}`, {established: date}));
  const answer = await send(lines(...all), '', {status: 200});
  assert.deepEqual(answer.json.readings, Object.entries(written).map(([value, read], i) => ({line: i + 1, pointer: '/established', value, read_as: read})));
  assert.equal((await server.get('/v1/organizations/dated-0')).json.established, '2019-07');
  for (const date of ['115/4/1', '令和', '平成元年1月7日', '2026/13', '1.2.03', 'soon']) {
    const refused = await send(lines(organization('undated', {established: date})), '', {status: 422});
    assert.deepEqual(refused.json.errors.map((each) => each.pointer), ['/established'], date);
  }
  const ambiguous = await send(lines(organization('undated', {established: '115/4/1', name: ''})), '', {status: 422});
  assert.deepEqual(ambiguous.json.errors.map(({pointer, code, value}) => [pointer, code, value]).sort(), [['/established', 'ambiguous', '115/4/1'], ['/name', 'too_short', '']]);
  assert.match(ambiguous.json.errors.find((each) => each.code === 'ambiguous').message, /could be 2026-04-01 \(民國115\)/);
  const inside = await send(lines(agreement('inside', {events: [{on: '2026年4月21日'}], termination: {effective_on: '2027/4'}})), '', {status: 200});
  assert.deepEqual(inside.json.readings.map((each) => each.pointer).sort(), ['/events/0/on', '/termination/effective_on']);
});

test('an array, a byte order mark, blank lines and CRLF are all taken', async () => {
  assert.equal((await server.post('/v1/import', [area('in-array'), area('in-array-2')], {status: 200})).json.created, 2);
  assert.equal((await send(`\ufeff${lines(area('bom'))}\r\n\r\n${lines(area('bom-2'))}\r\n`, '', {status: 200})).json.created, 2);
  const empty = await server.post('/v1/import', '[]', {status: 200});
  assert.deepEqual(counts(empty.json), [0, 0, 0, 0, 0]);
  await server.post('/v1/import', '[{]', {status: 400});
});

test('ten thousand records go in at once, and a second time change nothing', async () => {
  const many = Array.from({length: 10_000}, (_, i) => (i % 10 === 9
    ? agreement(`many-${i}`, {parties: [`many-${i - 1}`, `many-${(i + 101) % 10_000 - (i + 101) % 10_000 % 10}`], stage: 'concluded', concluded_on: '2026-04-01'})
    : organization(`many-${i}`, i % 10 === 0 ? {} : {relations: [{type: 'parent', organization: `many-${i - 1}`}]})));
  const first = await send(lines(...many), '', {status: 200});
  assert.deepEqual(counts(first.json), [10_000, 10_000, 0, 0, 0]);
  const second = await send(lines(...many), '', {status: 200});
  assert.deepEqual(counts(second.json), [10_000, 0, 0, 10_000, 0]);
});
