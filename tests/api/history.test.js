// Who changed what, when and why: kept for every change of every record, and never changed afterwards.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {run} from './lib/command.js';
import {everything} from './lib/pages.js';
import {newFolder, startServer} from './lib/server.js';

const KINDS = [['organizations', 'name'], ['agreements', 'title'], ['areas', 'name']];
let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01']}); });
after(() => server.stop());

const history = async (path) => (await server.get(`${path}/history`, {status: 200})).json.items;
const feed = async (query = '') => (await server.get(`/v1/changes?limit=500${query}`, {status: 200})).json.items;

for (const [kind, name] of KINDS) {
  test(`the history of ${kind} tells who made each change, when, on which request, why, and what it changed`, async () => {
    const made = await server.put(`/v1/${kind}/told`, {[name]: 'First'}, {status: 201, role: 'editor', headers: {'x-change-message': 'it begins'}});
    const patched = await server.patch(`/v1/${kind}/told`, {[name]: 'Second'}, {status: 200, role: 'editor'});
    const [second, first, ...rest] = await history(`/v1/${kind}/told`);
    assert.deepEqual(rest, []);
    assert.deepEqual({...first, at: undefined, request_id: undefined}, {revision: 1, at: undefined, actor: 'the editor', operation: 'create', message: 'it begins', request_id: undefined, address: '127.0.0.1', changes: []});
    assert.equal(first.at, made.json.created_at);
    assert.equal(first.request_id, made.headers['x-request-id']);
    assert.deepEqual([second.revision, second.operation, second.message, second.request_id], [2, 'update', null, patched.headers['x-request-id']]);
    assert.ok(second.changes.some((each) => each.pointer === `/${name}` && each.from === 'First' && each.to === 'Second'), JSON.stringify(second));
    assert.ok(second.changes.every((each) => !['/revision', '/updated_at'].includes(each.pointer)));
  });

  test(`a revision of ${kind}, and what was known at an instant, is the document as it was answered then`, async () => {
    const answers = [await server.put(`/v1/${kind}/stood`, {[name]: 'One'}, {status: 201})];
    for (const next of ['Two', 'Three']) answers.push(await server.patch(`/v1/${kind}/stood`, {[name]: next}, {status: 200}));
    for (const [index, answer] of answers.entries()) {
      const read = await server.get(`/v1/${kind}/stood?revision=${index + 1}`, {status: 200});
      assert.equal(read.text, answer.text);
      assert.notEqual(read.etag, answer.etag, 'another tag than that of the record, which moves on');
      await server.get(`/v1/${kind}/stood?revision=${index + 1}`, {status: 304, headers: {'if-none-match': read.etag}});
    }
    const known = await server.get(`/v1/${kind}/stood?known_at=${answers[2].json.updated_at}`, {status: 200});
    assert.equal(known.text, answers[2].text);
    await server.get(`/v1/${kind}/stood?known_at=2020-01-01T00:00:00Z`, {status: 404});
    await server.get(`/v1/${kind}/stood?revision=4`, {status: 404});
    for (const query of ['revision=0', 'revision=x', 'known_at=2026', 'revision=1&known_at=2026-01-01T00:00:00Z']) {
      await server.get(`/v1/${kind}/stood?${query}`, {status: 400});
    }
    const back = await server.put(`/v1/${kind}/stood`, (await server.get(`/v1/${kind}/stood?revision=1`)).text, {status: 200});
    assert.deepEqual([back.json.revision, back.json[name]], [4, 'One']);
  });

  test(`${kind} that were deleted are gone, and their history stays`, async () => {
    const made = (await server.put(`/v1/${kind}/ended`, {[name]: 'Ended'}, {status: 201})).json;
    await server.delete(`/v1/${kind}/ended`, {status: 204, headers: {'x-change-message': 'a mistake'}});
    for (const key of ['ended', made.id]) {
      for (const ask of [(at) => server.get(at, {status: 410}), (at) => server.delete(at, {status: 410}), (at) => server.patch(at, {[name]: 'x'}, {status: 410})]) {
        assert.equal((await ask(`/v1/${kind}/${key}`)).json.history, `/v1/${kind}/${made.id}/history`);
      }
      const [last, first] = await history(`/v1/${kind}/${key}`);
      assert.deepEqual([last.operation, last.revision, last.message, first.operation], ['delete', 2, 'a mistake', 'create']);
      await server.get(`/v1/${kind}/${key}?revision=1`, {status: 200});
      await server.get(`/v1/${kind}/${key}?revision=2`, {status: 410});
    }
    const again = (await server.put(`/v1/${kind}/ended`, {[name]: 'Anew'}, {status: 201})).json;
    assert.notEqual(again.id, made.id);
    assert.equal((await history(`/v1/${kind}/ended`)).length, 1);
    assert.equal((await history(`/v1/${kind}/${made.id}`)).length, 2);
    await server.get(`/v1/${kind}/${made.id}`, {status: 410});
  });
}

test('what is refused, fails a precondition, or changes nothing leaves no trace in the history', async () => {
  const made = await server.put('/v1/areas/untouched', {name: 'Same'}, {status: 201});
  const count = (await feed()).length;
  await server.put('/v1/areas/untouched', {name: 'Same'}, {status: 200});
  await server.patch('/v1/areas/untouched', {name: ''}, {status: 422});
  await server.patch('/v1/areas/untouched', {name: 'Other'}, {status: 412, headers: {'if-match': '"other"'}});
  await server.patch('/v1/areas/untouched', {name: 'Other'}, {status: 403, role: 'reader'});
  await server.put('/v1/areas/untouched-two', {name: 'x', parent: 'nothing'}, {status: 422});
  await server.post('/v1/import?dry_run=true', '{"resource":"areas","slug":"dry","name":"Dry"}\n', {status: 200, headers: {'content-type': 'application/x-ndjson'}});
  assert.equal((await feed()).length, count);
  assert.equal((await history(`/v1/areas/${made.json.id}`)).length, 1);
});

test('history comes in pages that go on where the last one ended', async () => {
  await server.put('/v1/areas/paged', {name: '1'}, {status: 201});
  for (let i = 2; i <= 7; i++) await server.patch('/v1/areas/paged', {name: `${i}`}, {status: 200});
  const whole = await history('/v1/areas/paged');
  assert.deepEqual(await everything(server, '/v1/areas/paged/history?limit=3'), whole);
  assert.deepEqual(whole.map((each) => each.revision), [7, 6, 5, 4, 3, 2, 1]);
  await server.get('/v1/areas/nothing/history', {status: 404});
  await server.get('/v1/areas/paged/history?limit=501', {status: 400});
});

test('the feed of changes numbers them without a gap, in order, and goes on after any number', async () => {
  const all = await feed();
  assert.deepEqual(all.map((each) => each.seq), all.map((_, i) => i + 1));
  assert.deepEqual(await everything(server, '/v1/changes?limit=7'), all);
  assert.deepEqual((await server.get(`/v1/changes?after=${all.length}`)).json, {items: [], next: null});
  const areas = await feed('&resource=areas');
  assert.deepEqual(areas, all.filter((each) => each.resource === 'areas'));
  await server.get('/v1/changes?after=-1', {status: 400});
  await server.get('/v1/changes?resource=tokens', {status: 400});
});

test('a message is UTF-8 of at most 500 characters', async () => {
  const say = (message, status) => server.put('/v1/areas/said', {name: `${Math.random()}`}, {status, headers: {'x-change-message': Buffer.from(message, 'utf8').toString('latin1')}});
  await say('名称を訂正', 201);
  await say('字'.repeat(500), 200);
  assert.deepEqual((await say('字'.repeat(501), 400)).json.errors.map((each) => [each.header, each.code]), [['X-Change-Message', 'too_long']]);
  await server.put('/v1/areas/said', {name: 'x'}, {status: 400, headers: {'x-change-message': '\xff\xfe'}});
  const [longest, first] = await history('/v1/areas/said');
  assert.deepEqual([first.message, longest.message], ['名称を訂正', '字'.repeat(500)]);
});

test('who made a change is named in full, however long the name of the token', async () => {
  const name = '名'.repeat(200);
  const {token} = await server.newToken({role: 'editor', name});
  await server.put('/v1/areas/named', {name: 'x'}, {token, status: 201});
  assert.equal((await history('/v1/areas/named'))[0].actor, name);
});

test('an import writes the history of what it creates and updates, each as one change', async () => {
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  const terms = {stage: 'concluded', parties: ['one', 'two']};
  const lines = (title) => [
    {resource: 'agreements', slug: 'newer', title, relations: [{type: 'supersedes', agreement: 'older'}], ...terms, concluded_on: '2026-01-01', effective_on: '2026-01-01'},
    {resource: 'agreements', slug: 'older', title: 'Older', ...terms, concluded_on: '2020-01-01', effective_on: '2020-01-01', open_ended: true},
  ].map((each) => JSON.stringify(each)).join('\n');
  const send = (title) => server.post('/v1/import', lines(title), {status: 200, headers: {'content-type': 'application/x-ndjson', 'x-change-message': 'from the old list'}});
  await send('Newer');
  for (const slug of ['newer', 'older']) {
    const steps = await history(`/v1/agreements/${slug}`);
    assert.equal(steps.at(-1).operation, 'create');
    assert.equal(steps.at(-1).message, 'from the old list');
    assert.equal(steps[0].revision, (await server.get(`/v1/agreements/${slug}`)).json.revision);
  }
  await send('Newer');
  await send('Renamed');
  const [step] = await history('/v1/agreements/newer');
  assert.deepEqual(step.changes, [{pointer: '/title', from: 'Newer', to: 'Renamed'}]);
});

test('the status that the clock changes is in the history as the clock\'s, and check finds no gap', async () => {
  const folder = newFolder();
  const db = join(folder, 'entente.db');
  const first = await startServer({db, args: ['--today', '2026-05-01']});
  for (const slug of ['one', 'two']) await first.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  await first.put('/v1/agreements/ending', {title: 'Ending', stage: 'concluded', parties: ['one', 'two'], effective_on: '2020-01-01', ends_on: '2026-06-30'}, {status: 201});
  await first.put('/v1/areas/short', {name: 'Short'}, {status: 201});
  await first.delete('/v1/areas/short', {status: 204});
  await first.stop();
  const later = await startServer({db, args: ['--today', '2026-07-01']});
  const [step] = (await later.get('/v1/agreements/ending/history', {status: 200})).json.items;
  assert.deepEqual([step.operation, step.actor, step.request_id], ['clock', 'clock', null]);
  assert.ok(step.changes.some((each) => each.pointer === '/status' && each.from === 'in_force'));
  await later.stop();
  const {stdout} = await run(['check', '--db', db]);
  assert.match(stdout, /history +ok/);
});

test('after a restore, another document under the same revision has another tag', async () => {
  const folder = newFolder();
  const [db, copy] = [join(folder, 'entente.db'), join(folder, 'copy.db')];
  const tagged = async (name, before) => {
    const at = await startServer({db});
    await before(at);
    await at.patch('/v1/areas/twice', {name}, {status: 200});
    const {etag, text} = await at.get('/v1/areas/twice?revision=2', {status: 200});
    await at.stop();
    return {etag, text};
  };
  const first = await tagged('First', async (at) => {
    await at.put('/v1/areas/twice', {name: 'Before'}, {status: 201});
    assert.equal((await run(['backup', copy, '--db', db])).code, 0);
  });
  assert.equal((await run(['restore', copy, '--db', db])).code, 0);
  const second = await tagged('Second', () => {});
  assert.notEqual(second.text, first.text);
  assert.notEqual(second.etag, first.etag);
});

test('nothing in the program rewrites the history', () => {
  const top = fileURLToPath(new URL('../../', import.meta.url));
  const rewrites = /(UPDATE(\s+OR\s+\w+)?|DELETE\s+FROM|REPLACE\s+INTO|DROP\s+(TABLE|TRIGGER)(\s+IF\s+EXISTS)?)\s+[\\"[`]*(main\W+)?history(_never_\w+)?\b/i;
  const inPieces = (text) => text.replace(/"\s*"/g, ''); // as the compiler puts literals together
  for (const text of ['DELETE FROM history', '"UPDATE "\n    "history SET"', 'UPDATE \\"history\\"', 'DROP TRIGGER IF EXISTS main.history_never_ends', 'INSERT OR REPLACE INTO history']) assert.match(inPieces(text), rewrites);
  const files = ['sql', 'src'].flatMap((folder) => readdirSync(join(top, folder), {recursive: true}).map((name) => join(top, folder, name))).filter((name) => /\.(sql|c|h)$/.test(name));
  assert.ok(['.sql', '.c'].every((ending) => files.filter((name) => name.endsWith(ending)).length > 10));
  for (const name of files) assert.doesNotMatch(inPieces(readFileSync(name, 'utf8')), rewrites, name);
});
