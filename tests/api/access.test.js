// Who may do what: the contract's roles against tokens of every role, the socket, and tokens that no longer hold.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {operations} from './lib/contract.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const RANK = ['none', 'reader', 'editor', 'admin'];
let server;
before(async () => {
  server = await startServer();
  await server.put('/v1/organizations/one', {name: 'One'}, {status: 201});
});
after(() => server.stop());

describe('each operation', () => {
  for (const {id, method, path, role: needed} of operations) {
    test(`${id} asks for the role ${needed}`, async () => {
      const at = path.replace(/\{[^}]+\}/g, 'none');
      for (const role of RANK) {
        const answer = await server.request(method, at, {role: role === 'none' ? null : role, body: ['GET', 'DELETE'].includes(method) ? undefined : {}});
        if (RANK.indexOf(role) >= RANK.indexOf(needed)) assert.ok(![401, 403].includes(answer.status), `${role}: ${answer.status}`);
        else assert.equal(answer.status, role === 'none' ? 401 : 403, role);
      }
    });
  }
});

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
