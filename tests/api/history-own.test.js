// A history is a record's own: it blames nobody for what others changed, gives every revision back, and answers to the record.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01']}); });
after(() => server.stop());

const put = async (path, body, status) => (await server.put(`/v1/${path}`, body, {status})).json;
const get = async (path) => (await server.get(`/v1/${path}`, {status: 200})).json;
const steps = async (path) => (await get(`${path}/history`)).items;
const load = (records, status = 200) => server.post('/v1/import', records.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status});
const organization = (slug, relations = []) => ({resource: 'organizations', slug, name: slug, relations});

describe('what others changed', () => {
  test('is not told as a change of a record that shows their names', async () => {
    for (const slug of ['na', 'nb', 'nc']) await put(`organizations/${slug}`, {name: slug}, 201);
    await put('areas/nt', {name: 'Before'}, 201);
    const parties = ['na', 'nb'];
    await put('agreements/nm', {title: 'nm', parties, areas: ['nt']}, 201);
    await put('organizations/na', {name: 'Renamed', slug: 'na'}, 200);
    await server.patch('/v1/areas/nt', {name: 'After', slug: 'nt-moved'}, {status: 200});
    await server.patch('/v1/agreements/nm', {summary: 'x'}, {status: 200});
    assert.deepEqual((await steps('agreements/nm'))[0].changes, [{pointer: '/summary', from: null, to: 'x'}]);
    await server.patch('/v1/agreements/nm', {parties: ['na', 'nc']}, {status: 200});
    const [{changes}] = await steps('agreements/nm');
    assert.deepEqual(changes.map(({pointer, from, to}) => [pointer, from.slug, to.slug]), [['/parties/1/organization', 'nb', 'nc']]);
  });

  for (const [type, served] of [['parent', 'child'], ['related', 'related']]) {
    test(`is not told as a change of a record to which they wrote a relation (${type})`, async () => {
      const [one, other] = [`${type}-one`, `${type}-other`];
      await put(`organizations/${one}`, {name: one}, 201);
      await put(`organizations/${other}`, {name: other, relations: [{type, organization: one}]}, 201);
      const whole = (await server.patch(`/v1/organizations/${one}`, {city: 'A'}, {status: 200})).json;
      assert.deepEqual(whole.relations.map((each) => each.type), [served], 'the answer shows both sides');
      assert.deepEqual((await steps(`organizations/${one}`))[0].changes, [{pointer: '/city', from: null, to: 'A'}]);
      await put(`organizations/${other}`, {name: other}, 200);
      await server.patch(`/v1/organizations/${one}`, {city: 'B'}, {status: 200});
      assert.deepEqual((await steps(`organizations/${one}`))[0].changes, [{pointer: '/city', from: 'A', to: 'B'}]);
      assert.equal((await get('check')).ok, true);
    });

    test(`does not keep an old revision from being put back (${type})`, async () => {
      const [one, other] = [`${type}-back`, `${type}-gone`];
      await put(`organizations/${one}`, {name: one}, 201);
      await put(`organizations/${other}`, {name: other, relations: [{type, organization: one}]}, 201);
      await server.patch(`/v1/organizations/${one}`, {city: 'A', relations: [{type: 'shareholder', organization: other}]}, {status: 200});
      const old = await get(`organizations/${one}?revision=2`);
      assert.deepEqual(old.relations.map((each) => [each.type, each.organization.slug]), [['shareholder', other]]);
      await put(`organizations/${other}`, {name: other}, 200);
      await server.patch(`/v1/organizations/${one}`, {city: 'B', relations: []}, {status: 200});
      const back = await put(`organizations/${one}`, old, 200);
      assert.deepEqual([back.city, back.relations], ['A', old.relations]);
    });
  }
});

describe('an import', () => {
  test('writes the history of what it updates when all of it is there', async () => {
    await load([organization('ia'), organization('ib'), {resource: 'areas', slug: 'it', name: 'Before'},
      {resource: 'agreements', slug: 'im', title: 'Before', parties: ['ia', 'ib'], areas: ['it']}]);
    await load([{resource: 'agreements', slug: 'im', title: 'After', parties: ['ia', 'ib'], areas: ['it']}, {resource: 'areas', slug: 'it', name: 'After'}]);
    const {text} = await server.get('/v1/agreements/im', {status: 200});
    assert.equal((await server.get('/v1/agreements/im?revision=2', {status: 200})).text, text);
    assert.equal(JSON.parse(text).areas[0].area.name, 'After');
  });

  test('makes one revision of a record, in however many steps it is written', async () => {
    const terms = {resource: 'agreements', stage: 'concluded', parties: ['ja', 'jb'], effective_on: '2026-01-01', open_ended: true};
    await load([organization('ja'), organization('jb', [{type: 'related', organization: 'ja'}]), {...terms, slug: 'jo', title: 'Old'}]);
    await load([organization('ja', [{type: 'related', organization: 'jb'}]), organization('jb'),
      {...terms, slug: 'jo', title: 'Renamed'}, {...terms, slug: 'jn', title: 'New', relations: [{type: 'supersedes', agreement: 'jo'}]}]);
    for (const path of ['organizations/ja', 'organizations/jb', 'agreements/jo']) {
      const {revision} = await get(path);
      assert.deepEqual((await steps(path)).map((each) => each.revision), revision === 1 ? [1] : [2, 1], path);
    }
    const [step] = await steps('agreements/jo');
    assert.deepEqual(step.changes.map((each) => each.pointer).filter((each) => ['/title', '/status'].includes(each)).sort(), ['/status', '/title']);
    assert.equal((await get('agreements/jo?revision=2')).status, 'superseded');
    assert.equal((await get('check')).ok, true);
  });
});

test('from where a change was made is told to admins alone', async () => {
  await server.put('/v1/areas/where', {name: 'x'}, {status: 201, from: '127.0.0.9'});
  await server.patch('/v1/areas/where', {name: 'y'}, {status: 200, socket: true});
  const told = async (role) => (await server.get('/v1/areas/where/history', {status: 200, role})).json.items.map((each) => each.address);
  assert.deepEqual(await told('admin'), ['local', '127.0.0.9']);
  for (const role of ['editor', 'reader']) assert.deepEqual(await told(role), [null, null]);
});

describe('check, on a database without a server', () => {
  const folder = newFolder();
  const db = join(folder, 'entente.db');
  after(() => rmSync(folder, {recursive: true, force: true}));
  before(async () => {
    const at = await startServer({db, args: ['--today', '2026-05-01']});
    for (const slug of ['one', 'two']) await at.put(`/v1/organizations/${slug}`, {name: `${slug} as made`, relations: []}, {status: 201});
    await at.patch('/v1/organizations/one', {relations: [{type: 'parent', organization: 'two'}], city: 'Heidelberg'}, {status: 200});
    await at.put('/v1/agreements/ending', {title: 'Ending', stage: 'concluded', parties: ['one', 'two'], effective_on: '2026-01-01', ends_on: '2026-06-30'}, {status: 201});
    await at.put('/v1/organizations/two', {name: 'two as renamed', slug: 'second'}, {status: 200});
    await at.stop();
  });

  // A copy in whose bytes something stands instead of something as long.
  const damaged = (name, damage) => {
    const bytes = readFileSync(db, 'latin1'), other = damage(bytes), copy = join(folder, `${name}.db`);
    assert.notEqual(other, bytes);
    assert.equal(other.length, bytes.length);
    writeFileSync(copy, other, 'latin1');
    return copy;
  };
  const inHistory = '"city":"Heidelberg"';

  test('finds nothing in the names and relations of others, which move on', async () => {
    const {code, stdout} = await run(['check', '--db', db]);
    assert.equal(code, 0, stdout);
  });

  test('changes nothing, and looks at the day for which the statuses hold', async () => {
    const had = readFileSync(db);
    const {code, stdout} = await run(['check', '--db', db, '--today', '2026-08-01']);
    assert.equal(code, 0, stdout);
    assert.deepEqual(readFileSync(db), had);
    const at = await startServer({db, args: ['--today', '2026-05-01']});
    assert.deepEqual((await at.get('/v1/agreements/ending/history', {status: 200})).json.items.map((each) => each.operation), ['create']);
    await at.stop();
  });

  test('tells of a record that was changed beside its history', async () => {
    const copy = damaged('table', (bytes) => bytes.replaceAll('Heidelberg', 'Heidelburg').replaceAll('"city":"Heidelburg"', inHistory));
    const {code, stdout} = await run(['check', '--db', copy]);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /database +ok\n[^]*history +WRONG\n.*org_\S+ \(one\).*\/city/);
  });

  test('tells of a history that was changed beside its record', async () => {
    const copy = damaged('document', (bytes) => bytes.replaceAll(inHistory, '"city":"Heidelburg"'));
    const {code, stdout} = await run(['check', '--db', copy]);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /history +WRONG\n.*org_\S+ \(one\).*\/city/);
  });

  test('tells of a status that a tick would have mended', async () => {
    const copy = damaged('status', (bytes) => bytes.replaceAll('in_force', 'in_farce'));
    const {code, stdout} = await run(['check', '--db', copy, '--today', '2026-08-01']);
    assert.equal(code, 1, stdout);
    assert.match(stdout, /in_farce is stored, in_force follows/);
  });
});
