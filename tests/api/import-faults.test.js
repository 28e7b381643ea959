// An import names all that is wrong with a file in one answer: what the contract says of its records, what they refer to, and what
// the rules say, whatever else is wrong with the same record or with another. A fault that only follows from another is not told.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import * as generate from './lib/generate.js';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';

let server;
before(async () => {
  server = await startServer({args: ['--today', '2026-05-01']});
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
});
after(() => server.stop());

const ndjson = (records) => ['application/x-ndjson', records.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n')];
const send = ([type, body], query, status) => server.post(`/v1/import${query}`, body, {headers: {'content-type': type}, status});
const organization = (slug, more) => ({resource: 'organizations', slug, name: slug, ...more});
const area = (slug, more) => ({resource: 'areas', slug, name: slug, ...more});
const agreement = (slug, more) => ({resource: 'agreements', slug, title: slug, parties: ['one', 'two'], ...more});
const backwards = {stage: 'concluded', effective_on: '2026-05-01', ends_on: '2026-04-01'};
const told = ({json}) => json.errors.map(({line, pointer, code}) => `${line} ${pointer} ${code}`);
const changes = async () => (await server.get('/v1/changes?limit=500')).text;

// Refused in these ways, with these errors, and nothing is written.
async function refused(records, expected, queries = ['', '?dry_run=true', '?mode=create']) {
  const had = await changes();
  for (const query of queries) {
    assert.deepEqual(told(await send(ndjson(records), query, 422)).sort(), [...expected].sort(), query);
    const array = ['application/json', JSON.stringify(records)];
    assert.deepEqual(told(await send(array, query, 422)).sort(), [...expected].sort(), `${query}, as an array`);
  }
  assert.equal(await changes(), had);
}

test('a bad date, an unknown party and a broken rule in three records are all told', () => refused([
  organization('three-a'), organization('three-b'),
  agreement('three-1', {concluded_on: '1 April 2026'}),
  area('three-c'),
  agreement('three-2', {parties: ['three-a', 'nobody']}),
  area('three-d'),
  agreement('three-3', backwards),
], ['3 /concluded_on format', '5 /parties/1 no_such_record', '7 /ends_on order']));

test('of one record all kinds are told, too', () => refused([
  agreement('kinds', {...backwards, parties: ['one', 'nobody'], announced_on: 'soon', mood: 'good'}),
], ['1 /parties/1 no_such_record', '1 /announced_on format', '1 /ends_on order', '1 /mood unknown']));

test('a record that is refused can be referred to, whatever is wrong with it', () => refused([
  area('below', {parent: 'above'}), area('above', {name: null}), area('higher', {parent: 'no-name'}), {resource: 'areas', slug: 'no-name'},
  organization('wrong', {established: 'soon', region: 'TW-TPE', country: 'JP'}), agreement('of-wrong', {parties: ['wrong', 'one']}),
  organization('much', Object.fromEntries(Array.from({length: 120}, (_, i) => [`m${i}`, 1]))), agreement('of-much', {parties: ['much', 'one'], kind: 'moo'}),
], ['2 /name type', '4 /name required', '5 /established format', '5 /region contradiction', '8 /kind enum', ...Array.from({length: 100}, (_, i) => `7 /m${i} unknown`)]));

test('a record that exists, and is refused, can be referred to', async () => {
  await send(ndjson([organization('there', {established: '2000'}), area('there')]), '', 200);
  await refused([organization('there', {established: 'soon', relations: [{type: 'parent', organization: 'nowhere'}]}), area('there', {parent: 'there', nmae: 1}), agreement('of-there', {parties: ['there', 'not']})],
    ['1 /established format', '1 /relations/0/organization no_such_record', '2 /nmae unknown', '2 /parent self', '3 /parties/1 no_such_record'], ['', '?dry_run=true']);
});

test('a slug that is there twice is told beside what else is wrong with either record', () => refused([
  area('double', {name: 7}), area('double', {parent: 'nobody'}), area('double'),
], ['1 /name type', '2 /slug duplicate', '2 /parent no_such_record', '3 /slug duplicate']));

test('a slug that cannot be one does not hide the rest', () => refused([
  area('Not A Slug', {parent: 'nobody'}), area('org_01h455vb4pex5vsknk084sn02q'), area('area_01h455vb4pex5vsknk084sn02q', {parent: 'nobody'}),
  {...area('number'), slug: 7},
], ['1 /slug format', '1 /parent no_such_record', '3 /slug format', '3 /parent no_such_record', '4 /slug type']));

test('a taken slug does not hide the rest when records are only created', async () => {
  await send(ndjson([area('taken')]), '', 200);
  await refused([area('taken', {parent: 'nobody'}), area('taken-child', {parent: 'taken', name: ''})],
    ['1 /slug taken', '1 /parent no_such_record', '2 /name too_short'], ['?mode=create', '?mode=create&dry_run=true']);
});

test('a relation that a refused record would have written is not missed on the other side', async () => {
  await refused([organization('side-a', {established: 'soon', relations: [{type: 'parent', organization: 'side-b'}]}), organization('side-b', {relations: [{type: 'child', organization: 'side-a'}]})], ['1 /established format']);
  await refused([organization('side-a', {relations: [{type: 'parent', organization: 'side-b'}, {type: 'parent', organization: 'nobody'}]}), organization('side-b', {relations: [{type: 'child', organization: 'side-a'}]})],
    ['1 /relations/1/organization no_such_record']);
});

test('an identifier that a refused record would have given up is not missed by another', async () => {
  const identifiers = [{scheme: 'ror', value: '05bxb3784'}];
  await send(ndjson([organization('gives', {identifiers})]), '', 200);
  await refused([organization('gives', {established: 'soon'}), organization('takes', {identifiers})], ['1 /established format'], ['', '?dry_run=true']);
  await refused([organization('gives'), organization('takes', {identifiers, established: 'soon'}), organization('third', {identifiers})], ['2 /established format'], ['', '?dry_run=true']);
});

test('lines that cannot be read do not hide what is wrong with others', async () => {
  const answer = await send(ndjson(['{', area('readable', {parent: 'nobody'}), '[1]', {name: 'x'}]), '', 422);
  assert.deepEqual(told(answer), ['1  malformed', '2 /parent no_such_record', '3  type', '4 /resource required']);
  assert.equal(answer.json.detail, '4 errors in 4 records; nothing was written');
});

test('with on_error=skip all is told, and the rest is written', async () => {
  const answer = await send(ndjson([
    organization('skip-good'), organization('skip-bad', {established: 'soon', relations: [{type: 'parent', organization: 'nobody'}]}),
    organization('skip-child', {relations: [{type: 'parent', organization: 'skip-bad'}]}), '{',
    agreement('skip-rule', {...backwards, kind: 'moo'}), agreement('skip-fine', {parties: ['skip-good', 'one']})]), '?on_error=skip', 200);
  assert.deepEqual(told(answer).sort(), ['2 /established format', '2 /relations/0/organization no_such_record', '3 /relations/0/organization no_such_record', '4  malformed', '5 /ends_on order', '5 /kind enum']);
  assert.deepEqual([answer.json.rows, answer.json.created, answer.json.failed], [6, 2, 4]);
  await server.get('/v1/agreements/skip-fine', {status: 200});
  for (const path of ['organizations/skip-bad', 'organizations/skip-child', 'agreements/skip-rule']) await server.get(`/v1/${path}`, {status: 404});
  const identifiers = [{scheme: 'ror', value: '02nr0ka47'}];
  const left = await send(ndjson([organization('skip-one', {identifiers, established: 'soon'}), organization('skip-two', {identifiers})]), '?on_error=skip', 200);
  assert.deepEqual([left.json.created, told(left)], [1, ['1 /established format']]);
});

describe('of a table', () => {
  const rows = (...lines) => ['text/csv', `${lines.join('\n')}\n`];
  const told = ({json}) => json.errors.map(({line, column, code}) => `${line} ${column} ${code}`).sort();

  test('all kinds are told, with their columns', async () => {
    const had = await changes();
    const table = rows('slug;title;parties;announced_on;effective_on;ends_on', 'table-1;T;"[""one"",""nobody""]";soon;2026-05-01;2026-04-01', 'table-2;;"[""one"",""nobody""]";;;', 'table-3;T;"[""one"",""two""]";;2026-05-01;2026-04-01', 'table-1;T;"[""one"",""two""]";;;');
    for (const query of ['', '&dry_run=true']) {
      assert.deepEqual(told(await send(table, `?resource=agreements${query}`, 422)),
        ['2 announced_on format', '2 ends_on order', '2 parties no_such_record', '3 parties no_such_record', '3 title required', '4 ends_on order', '5 slug duplicate']);
    }
    assert.equal(await changes(), had);
  });

  test('a row that has only some columns of a record is looked at as a whole', async () => {
    await send(ndjson([agreement('some', {effective_on: '2026-05-01'})]), '', 200);
    const table = rows('slug,ends_on,announced_on', 'some,2026-04-01,soon', 'some-new,2026-04-01,soon', 'some,,');
    assert.deepEqual(told(await send(table, '?resource=agreements', 422)), ['2 announced_on format', '2 ends_on order', '3 announced_on format', '3 title required', '4 slug duplicate']);
    const skipped = await send(rows('slug,ends_on,announced_on', 'some,2026-04-01,soon', 'some-new,2026,', 'some,,'), '?resource=agreements&on_error=skip', 200);
    assert.deepEqual([told(skipped), skipped.json.failed, skipped.json.unchanged], [['2 announced_on format', '2 ends_on order', '3 title required', '4 slug duplicate'], 3, 0]);
  });

  test('what cannot be read of a row does not hide the rest', async () => {
    const table = ['text/csv', Buffer.concat([Buffer.from('slug,name,parent,names\nunread-1,x,nobody,[\nunread-2,'), Buffer.from([0xff]), Buffer.from(',nobody,\nunread-3,x,unread-2,\n')])];
    assert.deepEqual(told(await send(table, '?resource=areas', 422)), ['2 names malformed', '2 parent no_such_record', '3 name encoding', '3 parent no_such_record']);
  });
});

describe('errors that writing finds are told where the body has what is wrong', () => {
  test('be it in a short form', async () => {
    await refused([agreement('short', {parties: ['nobody', {organization: 'no-one'}, {organization: {slug: 'nowhere'}}]})], ['1 /parties/0 no_such_record', '1 /parties/1/organization no_such_record', '1 /parties/2/organization no_such_record']);
    const {json} = await send(ndjson([agreement('short', {parties: ['nobody', 'one']})]), '', 422);
    assert.equal(json.errors[0].value, 'nobody');
  });

  test('be it behind relations that another record writes', async () => {
    await send(ndjson([organization('behind-a', {relations: [{type: 'parent', organization: 'behind-b'}]}), organization('behind-b'), organization('behind-c', {relations: [{type: 'parent', organization: 'behind-a'}]})]), '', 200);
    await refused([organization('behind-b', {relations: [{type: 'child', organization: 'behind-a'}, {type: 'related', organization: 'nobody'}]})], ['1 /relations/1/organization no_such_record'], ['']);
    await refused([organization('behind-b', {relations: [{type: 'child', organization: 'behind-a'}, {type: 'parent', organization: 'behind-c'}]})], ['1 /relations/1/organization cycle'], ['']);
    await refused([organization('behind-new', {relations: [{type: 'child', organization: 'behind-old'}, {type: 'parent', organization: 'behind-old'}]}), organization('behind-old', {relations: [{type: 'parent', organization: 'behind-new'}]})],
      ['1 /relations/1/organization cycle', '2 /relations/0/organization cycle']);
  });
});

// Spoils a value somewhere inside of the record.
function spoil(random, record) {
  const places = [];
  const walk = (value) => Object.keys(value ?? {}).forEach((key) => {
    if (typeof value === 'object') places.push([value, key]);
    if (typeof value[key] === 'object') walk(value[key]);
  });
  walk(record);
  const [value, key] = random.pick(places);
  value[key] = random.pick([7, -1, true, null, '', 'soon', 'nobody', '1999', '2026-02-30', '2030-01-01', 'x'.repeat(3000), [], [7], {}, {x: 1}]);
  if (random.chance(0.1)) record.extra = 1;
}

test('an import tells of a record what a PUT of it does', async () => {
  const seed = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31), random = new Random(seed);
  const slugs = {organizations: ['one', 'two'], areas: ['some-area']};
  await server.put('/v1/areas/some-area', {name: 'A'}, {status: 201});
  const kinds = {organizations: generate.organization, areas: generate.area, agreements: generate.agreement(slugs)};
  let compared = 0;
  for (let i = 0; compared < 100; i++) {
    const path = random.pick(Object.keys(kinds)), record = structuredClone(generate.sample(kinds[path], seed + i));
    delete record.slug;
    for (let times = random.below(4); times >= 0; times--) spoil(random, record);
    const put = await server.put(`/v1/${path}/spoilt-${i}`, record);
    if (put.status < 400) continue;
    const imported = await send(ndjson([{resource: path, slug: `spoilt-${i}`, ...record}]), '?dry_run=true', 422);
    const short = ({json}) => json.errors.map(({pointer, code}) => `${pointer} ${code}`).sort();
    assert.deepEqual(short(imported), short(put), `seed ${seed}, record ${i}: ${JSON.stringify(record)}`);
    compared++;
  }
});
