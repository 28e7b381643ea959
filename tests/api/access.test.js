// How tokens and the socket let one in, and when they no longer do. What each role may do then: roles.test.js.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync, rmSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {run} from './lib/command.js';
import {open, request, settle} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

let server;
before(async () => {
  server = await startServer();
  await server.put('/v1/organizations/one', {name: 'One'}, {status: 201});
});
after(() => server.stop());

const bearer = (token) => ({role: null, headers: {authorization: `Bearer ${token}`}});
const basic = (text) => ({role: null, headers: {authorization: `Basic ${Buffer.from(text).toString('base64')}`}});

test('a token is taken as Bearer, and as the user name of Basic, whatever the password', async () => {
  const token = await server.token('reader');
  assert.match(token, /^ent_[0-9A-Za-z]{38}$/);
  for (const way of [bearer(token), basic(`${token}:`), basic(`${token}:password`), {role: null, headers: {authorization: `bearer ${token}`}}]) {
    await server.get('/v1/organizations', {...way, status: 200});
  }
});

test('what is not exactly a token that was given out is 401', async () => {
  const token = await server.token('admin');
  const last = token.at(-1) === 'a' ? 'b' : 'a';
  for (const wrong of ['', 'x', token.slice(0, -1), token.slice(0, -1) + last, `${token}x`, token.toLowerCase(), token.replace('ent_', 'ent-'), `ent_${'0'.repeat(38)}`]) {
    const answer = await server.get('/v1/organizations', {...bearer(wrong), status: 401});
    assert.match(answer.headers['www-authenticate'], /Bearer.*Basic/);
    await server.get('/v1/organizations', {...basic(`${wrong}:`), status: 401});
  }
  for (const authorization of ['Bearer', 'Basic', 'Basic ###', `Digest ${token}`, token, `Bearer ${token} ${token}`, `Basic ${'A'.repeat(4000)}`]) {
    const answer = await server.get('/v1/organizations', {role: null, headers: {authorization}});
    assert.ok([401, 200].includes(answer.status));
    if (authorization !== `Bearer ${token} ${token}`) assert.equal(answer.status, 401, authorization);
  }
});

test('a wrong token does no harm where none is needed', async () => {
  await server.get('/healthz', {...bearer('nonsense'), status: 200});
});

test('a token is shown once, listed without its secret, and ends with its revocation, at once and for good', async () => {
  const {id, token, name, role} = await server.newToken({role: 'editor', name: 'short-lived 名'});
  assert.equal(name, 'short-lived 名');
  assert.equal(role, 'editor');
  await server.get('/v1/organizations', {token, status: 200});
  const list = await server.get('/v1/tokens', {status: 200});
  assert.ok(!list.text.includes(token));
  assert.equal(list.json.items.find((each) => each.id === id).revoked_at, null);
  await server.delete(`/v1/tokens/${id}`, {status: 204});
  await server.get('/v1/organizations', {token, status: 401});
  await server.delete(`/v1/tokens/${id}`, {status: 204});
  await server.get('/v1/organizations', {token, status: 401});
  assert.notEqual((await server.get('/v1/tokens')).json.items.find((each) => each.id === id).revoked_at, null);
  await server.delete('/v1/tokens/tok_none', {status: 404});
});

test('a token ends when its time comes', async () => {
  const {token} = await server.newToken({role: 'reader', name: 'brief', expires_at: new Date(Date.now() + 1500).toISOString()});
  assert.equal((await server.get('/v1/organizations', {token})).status, 200);
  await until(async () => (await server.get('/v1/organizations', {token})).status === 401, 'the token ends');
});

test('a token with an unknown role, no name or an end in the past is not made', async () => {
  for (const [body, pointer] of [[{role: 'owner', name: 'x'}, '/role'], [{role: 'reader'}, '/name'], [{role: 'reader', name: ''}, '/name'],
    [{role: 'reader', name: 'x', expires_at: '2020-01-01T00:00:00Z'}, '/expires_at'], [{role: 'reader', name: 'x', expires_at: 'soon'}, '/expires_at']]) {
    const answer = await server.post('/v1/tokens', body, {status: 422});
    assert.deepEqual(answer.json.errors.map((each) => each.pointer), [pointer]);
  }
});

test('whoever can open the socket is admin, and only the owner can', async () => {
  await server.get('/v1/tokens', {socket: true, status: 200});
  await server.request('POST', '/v1/organizations', {socket: true, status: 201, body: '{"name":"x"}', headers: {'content-type': 'application/x-www-form-urlencoded'}});
  assert.equal(statSync(server.socket).mode & 0o777, 0o600);
  assert.equal(statSync(server.db).mode & 0o077, 0, 'nor can others read the database');
});

test('neither the database nor a backup holds a token, and only their owner can read them', async () => {
  const tokens = await Promise.all(['reader', 'admin'].map((role) => server.token(role)));
  const copy = join(newFolder(), 'copy.db');
  try {
    const {code, stderr} = await run(['backup', '--db', server.db, copy]);
    assert.equal(code, 0, stderr);
    for (const file of [server.db, `${server.db}-wal`, copy]) {
      const bytes = readFileSync(file, 'latin1');
      for (const token of tokens) assert.ok(!bytes.includes(token) && !bytes.includes(token.slice(4, 36)), file);
      assert.equal(statSync(file).mode & 0o077, 0, file);
    }
  } finally {
    rmSync(dirname(copy), {recursive: true});
  }
});

test('where everybody is admin, a page that had its own name lead here is not answered', async () => {
  const open = await startServer({args: ['--insecure-no-auth']});
  try {
    for (const host of ['example.org', 'localhost.example.org', '127.0.0.1.example.org', '[::1].example.org', '127.example.org', 'localhost.']) {
      for (const [method, path] of [['GET', '/v1/tokens'], ['POST', '/v1/areas']]) {
        const answer = await open.request(method, path, {role: null, headers: {host}, body: method === 'POST' ? {name: 'x'} : undefined, check: false});
        assert.equal(answer.status, 421, `${host}: ${answer.text}`);
        assert.match(answer.json.type, /misdirected/);
      }
    }
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1', '127.1.2.3:80', '[::1]:8080']) await open.get('/v1/tokens', {role: null, headers: {host}, status: 200});
    assert.deepEqual((await open.get('/v1/areas', {role: null})).json.items, []);
  } finally {
    await open.stop();
  }
});

test('no token is ever in the log, whatever way it came', async () => {
  const token = await server.token('editor');
  await server.get(`/v1/organizations?token=${token}`, {status: 400});
  await server.get('/v1/organizations', {...bearer(`${token}x`), status: 401});
  const {headers} = await server.get('/v1/organizations', {...bearer(token), status: 200});
  await until(() => server.output.stderr.includes(headers['x-request-id']), 'the line of the last request');
  assert.ok(!server.output.stderr.includes(token));
});

test('when a token was last used is written down, at most once a minute, and changes no list\'s tag', async () => {
  const used = await startServer();
  try {
    const {id, token} = await used.newToken({role: 'reader', name: 'looked at'});
    const lastUse = async () => (await used.request('GET', '/v1/tokens', {socket: true, status: 200})).json.items.find((each) => each.id === id).last_used_at;
    assert.equal(await lastUse(), null);
    const {etag} = await used.get('/v1/areas', {token, status: 200});
    const first = await until(lastUse, 'the use of the token');
    assert.ok(Math.abs(Date.parse(first) - Date.now()) < 60_000);
    for (let i = 0; i < 20; i++) await used.get('/v1/areas', {token, status: 304, headers: {'if-none-match': etag}});
    assert.equal(await lastUse(), first);
  } finally {
    await used.stop();
  }
});

test('a token that is for some networks only is refused from elsewhere, as one that is unknown', async () => {
  const make = (networks) => server.newToken({role: 'reader', name: 'somewhere', networks});
  const [near, far, both] = await Promise.all([make(['127.0.0.0/8']), make(['192.0.2.0/24', '2001:db8::/32']), make(['192.0.2.1', '127.0.0.1'])]);
  assert.deepEqual(far.networks, ['192.0.2.0/24', '2001:db8::/32']);
  for (const {token} of [near, both]) await server.get('/v1/areas', {token, status: 200});
  const refused = await server.get('/v1/areas', {token: far.token, status: 401});
  const unknown = await server.get('/v1/areas', {token: `${far.token.slice(0, -1)}x`, status: 401});
  assert.equal(refused.json.detail, unknown.json.detail);
  for (const networks of [['192.0.2.1/24'], ['example.org'], [''], Array(17).fill('127.0.0.1'), '127.0.0.1']) {
    await server.post('/v1/tokens', {role: 'reader', name: 'x', networks}, {status: 422});
  }
});

// Sends the head and the first bytes of a write, then the rest once `meanwhile` is done and so much time has passed that the server
// asks again who calls.
async function slowly(path, token, body, meanwhile) {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = {Authorization: `Bearer ${token}`, 'Content-Type': 'application/json'};
  const whole = request('POST', path, headers, bytes);
  const wire = open(server.port, whole.subarray(0, whole.length - bytes.length + 3));
  await wire.connected;
  const begin = Date.now();
  await meanwhile();
  await until(() => Date.now() > begin + 700, 'the caller is no longer believed');
  wire.write(bytes.subarray(3));
  return (await settle(wire)).answers[0].status;
}

test('a token that ends while a body is on its way writes nothing with it', async () => {
  const writes = [['/v1/tokens', {name: 'made slowly', role: 'admin'}], ['/v1/areas', {name: 'Made slowly'}], ['/v1/import', [{resource: 'areas', slug: 'made-slowly', name: 'Made slowly'}]]];
  for (const [path, body] of writes) {
    const {id, token} = await server.newToken({role: 'admin', name: 'slow'});
    assert.equal(await slowly(path, token, body, () => server.delete(`/v1/tokens/${id}`, {status: 204})), 401, path);
  }
  const named = async (path) => (await server.get(path, {status: 200})).json.items.filter(({name}) => /made slowly/i.test(name));
  assert.deepEqual([...await named('/v1/tokens'), ...await named('/v1/areas?limit=500')], []);
  for (const [path, body] of writes) {
    const {token} = await server.newToken({role: 'admin', name: 'slow, and goes on'});
    assert.ok(await slowly(path, token, body, async () => {}) < 300, path);
  }
});

test('a header that holds more than a token is refused, and so is a name that the history uses itself', async () => {
  const {token} = await server.newToken({role: 'admin', name: 'plain'});
  await server.get('/v1/areas', {role: null, status: 401, headers: {authorization: `Bearer ${token} junk`}});
  for (const [code, names] of Object.entries({
    reserved: ['clock', 'local', '-', 'Clock', 'LOCAL', 'ｌｏｃａｌ', 'clo\u200bck', 'clock ', ' local', '\u3000local', 'clock\u200b'],
    format: ['x\u202elacol', 'a\u2066b'],
  })) {
    for (const name of names) {
      const {json} = await server.post('/v1/tokens', {name, role: 'reader'}, {status: 422});
      assert.deepEqual(json.errors.map((each) => [each.pointer, each.code]), [['/name', code]], JSON.stringify(name));
    }
  }
});

test('an Idempotency-Key is refused where it would not be kept', async () => {
  const {json} = await server.post('/v1/tokens', {name: 'once', role: 'reader'}, {status: 400, headers: {'idempotency-key': 'k'}});
  assert.deepEqual(json.errors.map((each) => [each.header, each.code]), [['Idempotency-Key', 'unknown']]);
});
