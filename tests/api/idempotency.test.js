// A request that is sent again, because its answer was lost, is done once.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {newFolder, startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const send = (key, body, options = {}) => server.post(options.to ?? '/v1/areas', body, {...options, headers: {'idempotency-key': key, ...options.headers}});
const count = async () => (await server.get('/v1/areas?limit=500')).json.items.length;

test('the same request with the same key gets the recorded answer, and nothing is made twice', async () => {
  const before = await count();
  const first = await send('once', {name: 'Once'}, {status: 201});
  await server.patch(`/v1/areas/${first.json.id}`, {name: 'Changed since'}, {status: 200});
  for (let i = 0; i < 3; i++) {
    const again = await send('once', {name: 'Once'}, {status: 201});
    assert.equal(again.text, first.text);
    assert.equal(again.etag, first.etag);
    assert.equal(again.headers.location, first.headers.location);
    assert.equal(again.headers['idempotent-replayed'], 'true');
  }
  assert.equal(first.headers['idempotent-replayed'], undefined);
  assert.equal(await count(), before + 1);
  assert.equal((await server.get(`/v1/areas/${first.json.id}/history`)).json.items.length, 2);
});

test('many at the same time make one record', async () => {
  const before = await count();
  const answers = await Promise.all(Array.from({length: 32}, () => send('rush', {name: 'Rush'}, {status: 201})));
  assert.equal(new Set(answers.map((each) => each.json.id)).size, 1);
  assert.equal(answers.filter((each) => !each.headers['idempotent-replayed']).length, 1);
  assert.equal(await count(), before + 1);
});

test('another body or address with a used key is refused', async () => {
  await send('taken', {name: 'A'}, {status: 201});
  for (const options of [{body: {name: 'B'}}, {body: {name: 'A'}, to: '/v1/organizations'}]) {
    assert.match((await send('taken', options.body, {to: options.to, status: 422})).json.type, /key-reused/);
  }
});

test('keys are each caller\'s own', async () => {
  const other = await server.newToken({role: 'editor', name: 'another'});
  const mine = await send('shared', {name: 'Mine'}, {status: 201});
  const theirs = await send('shared', {name: 'Theirs'}, {status: 201, token: other.token});
  assert.notEqual(mine.json.id, theirs.json.id);
});

test('what was refused is not recorded: it may be tried again', async () => {
  await send('retry', {name: ''}, {status: 422});
  await send('retry', {name: 'Good'}, {status: 201});
});

test('a key is 1 to 255 visible characters', async () => {
  for (const key of ['', 'a b', 'a'.repeat(256)]) await send(key, {name: 'No'}, {status: 400});
  await send('a'.repeat(255), {name: 'Yes'}, {status: 201});
});

test('an answer without a body is recorded too', async () => {
  const options = {status: 201, headers: {prefer: 'return=minimal'}};
  const first = await send('minimal', {name: 'Minimal'}, options);
  const again = await send('minimal', {name: 'Minimal'}, options);
  assert.deepEqual([again.text, again.headers.location], ['', first.headers.location]);
});

test('a server that is killed while creates are sent has each of them once, however often they are sent again', async () => {
  const db = join(newFolder(), 'entente.db');
  let killed = await startServer({db});
  const {token} = await killed.newToken({role: 'editor', name: 'sender'});
  const create = (at, i) => at.post('/v1/areas', {name: `Area ${i}`}, {token, headers: {'idempotency-key': `k${i}`}});
  const sent = Array.from({length: 40}, (_, i) => create(killed, i).catch(() => undefined));
  await Promise.race(sent);
  await killed.kill();
  const answers = await Promise.all(sent);
  killed = await startServer({db});
  for (let i = 0; i < 40; i++) {
    const again = await create(killed, i);
    assert.equal(again.status, 201);
    if (answers[i] !== undefined) assert.equal(again.text, answers[i].text);
  }
  assert.equal((await killed.get('/v1/areas?limit=500')).json.items.length, 40);
  await killed.stop();
});

test('where If-Match is required, a change of what exists without it is refused, and one that makes something is not', async () => {
  const strict = await startServer({args: ['--require-if-match']});
  try {
    const made = await strict.put('/v1/areas/strict', {name: 'Strict'}, {status: 201});
    for (const ask of [() => strict.put('/v1/areas/strict', {name: 'X'}, {status: 428}), () => strict.patch('/v1/areas/strict', {name: 'X'}, {status: 428}), () => strict.delete('/v1/areas/strict', {status: 428})]) {
      assert.match((await ask()).json.type, /precondition-required/);
    }
    for (const headers of [{'if-none-match': '"bogus"'}, {'if-none-match': ''}, {'if-none-match': 'W/'}]) {
      for (const [method, ...body] of [['put', {name: 'X'}], ['patch', {name: 'X'}], ['delete']]) {
        const {status} = await strict[method]('/v1/areas/strict', ...body, {headers});
        assert.equal(status, 428, `${method} ${JSON.stringify(headers)}`);
      }
    }
    assert.equal((await strict.get('/v1/areas/strict')).text, made.text);
    for (const headers of [{'if-match': '*'}, {'if-match': made.etag}]) await strict.delete('/v1/areas/absent', {status: 412, headers});
    await strict.put('/v1/areas/strict', {name: 'Strict'}, {status: 200, headers: {'if-match': '*'}});
    const changed = await strict.patch('/v1/areas/strict', {name: 'X'}, {status: 200, headers: {'if-match': made.etag}});
    await strict.put('/v1/areas/strict', {name: 'Y'}, {status: 412, headers: {'if-match': made.etag}});
    await strict.put('/v1/areas/strict', {name: 'Y'}, {status: 412, headers: {'if-none-match': '*'}});
    const send = async (record) => (await strict.post('/v1/import', [{resource: 'areas', slug: 'strict', ...record}])).json;
    for (const record of [{name: 'Z'}, {name: 'Z', revision: 1}]) {
      const {updated, errors} = await send(record);
      assert.deepEqual([updated ?? 0, errors.map((each) => [each.pointer, each.code])], [0, [['/revision', 'precondition']]]);
    }
    assert.deepEqual(await send({name: 'X'}).then(({unchanged, errors}) => [unchanged, errors]), [1, []], 'what changes nothing needs no word');
    assert.equal((await strict.get('/v1/areas/strict')).text, changed.text);
    assert.equal((await send({name: 'Z', revision: 2})).updated, 1);
    await strict.delete('/v1/areas/strict', {status: 204, headers: {'if-match': (await strict.get('/v1/areas/strict')).etag}});
  } finally {
    await strict.stop();
  }
});
