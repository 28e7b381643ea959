// The end of a token or a session, while the writer is busy with what others, or its own holder, asked for before: it is over within a
// second all the same, for what is read, what is sent, and what still waits to be written.
import {after, before, beforeEach, afterEach, test} from 'node:test';
import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {buildShim, failingDisk} from '../fault/disk.js';
import {follow} from './lib/events.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

let server, disk, folder, made = 0;
before(async () => {
  folder = newFolder();
  disk = failingDisk(await buildShim(), folder, '*entente.db*');
  server = await startServer({db: join(folder, 'entente.db'), env: disk.env, args: ['--heartbeat', '1']});
  await server.put('/v1/areas/there', {name: 'There'}, {socket: true, status: 201});
});
after(async () => {
  await disk.heal();
  await server.stop();
  rmSync(folder, {recursive: true});
});
beforeEach(() => disk.heal());
afterEach(() => disk.heal());

// Helpers come by the socket, where no use of a token is written down: what stands in the queue is what the test put there.
const figure = async (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await server.get('/metrics', {socket: true})).text)[1]);
const waiting = (count) => until(async () => await figure('entente_write_queue_depth') >= count, `${count} writes wait`);
const lines = (count, name) => Array.from({length: count}, (_, i) => JSON.stringify({slug: `${name}-${i}`, name: `${name} ${i}`, description: 'some words '.repeat(20)})).join('\n');
const importing = (token, count, name, query = '') => server.post(`/v1/import?resource=areas${query}`, lines(count, name),
  {token, headers: {'content-type': 'application/x-ndjson'}});
const soon = (ms) => new Date(Date.now() + ms).toISOString();
const reads = async (token) => (await server.get('/v1/areas/there', {token})).status;
// Its use is written down by then, so that none is for the next minute.
const newToken = async (role, more) => {
  const token = await server.newToken({role, name: `token ${made++}`, ...more});
  await server.get('/v1/areas/there', {token: token.token, status: 200});
  await until(async () => (await server.get(`/v1/tokens/${token.id}`, {socket: true})).json.last_used_at, 'its use is written down');
  return token;
};
// From here until the disk heals, writes wait for one whose flush does not end.
async function busy() {
  await disk.hold();
  const first = server.put(`/v1/areas/busy-${made++}`, {name: 'Busy'}, {socket: true, status: 201});
  await until(disk.holds, 'its flush waits');
  return {over: async () => {
    await disk.heal();
    await first;
  }};
}
async function within(ms, since, condition, what) {
  await until(condition, what);
  assert.ok(performance.now() - since < ms, `${what}: after ${performance.now() - since} ms`);
}

test('a token that is being revoked lets nobody in, streams included, though the revocation still waits to be written', async () => {
  const {id, token} = await newToken('reader'), other = await newToken('reader');
  const signedIn = await server.post('/v1/session', {token}, {role: null, status: 201});
  const cookie = /^entente=[^;]+/.exec(signedIn.headers['set-cookie'][0])[0];
  const stream = await follow(server, '?after=now', {token});
  const writer = await busy();
  const since = performance.now();
  const revoked = server.delete(`/v1/tokens/${id}`, {socket: true, status: 204});
  await within(1000, since, async () => await reads(token) === 401, 'the token is refused');
  assert.equal((await server.get('/v1/areas/there', {role: null, headers: {cookie}})).status, 401, 'its sessions too');
  assert.equal((await server.post('/v1/session', {token}, {role: null})).status, 401, 'it signs nobody in');
  await within(1000, since, () => stream.over, 'its stream ends');
  assert.equal(await reads(other.token), 200, 'no other is');
  await writer.over();
  await revoked;
  assert.equal(await reads(token), 401);
});

test('so does a session that is being signed out, and its token goes on', async () => {
  const {token} = await newToken('editor');
  const [leaving, staying] = await Promise.all([1, 2].map(async () => {
    const {headers, json} = await server.post('/v1/session', {token}, {role: null, status: 201});
    return {cookie: /^entente=[^;]+/.exec(headers['set-cookie'][0])[0], 'x-csrf-token': json.csrf, 'sec-fetch-site': 'same-origin'};
  }));
  const seen = async (headers) => (await server.get('/v1/areas/there', {role: null, headers})).status;
  assert.deepEqual([await seen(leaving), await seen(staying)], [200, 200]);
  const writer = await busy();
  const since = performance.now();
  const written = server.put('/v1/areas/by-session', {name: 'No'}, {role: null, headers: leaving});
  await waiting(1);
  const out = server.delete('/v1/session', {role: null, headers: leaving, status: 204});
  await within(1000, since, async () => await seen(leaving) === 401, 'the session is over');
  assert.deepEqual([await seen(staying), await reads(token)], [200, 200]);
  await writer.over();
  await out;
  assert.equal((await written).status, 401);
  assert.equal(await seen(leaving), 401);
  await server.get('/v1/areas/by-session', {socket: true, status: 404});
});

test('what a token asked to be written does not become so once it is revoked, though it was asked before', async () => {
  const {id, token} = await newToken('editor');
  const writer = await busy();
  const written = server.put('/v1/areas/asked-before', {name: 'No'}, {token});
  await waiting(1);
  const imported = importing(token, 10, 'asked-before');
  await waiting(2);
  const revoked = server.delete(`/v1/tokens/${id}`, {socket: true, status: 204});
  await waiting(3);
  await writer.over();
  assert.deepEqual([(await written).status, (await imported).status], [401, 401]);
  await revoked;
  for (const slug of ['asked-before', 'asked-before-0']) await server.get(`/v1/areas/${slug}`, {socket: true, status: 404});
});

test('nor once it has expired', async () => {
  const {token, expires_at: end} = await newToken('editor', {expires_at: soon(3000)});
  const writer = await busy();
  const [created, replaced] = [server.post('/v1/areas', {slug: 'too-late', name: 'No'}, {token, headers: {'idempotency-key': 'late'}}), server.put('/v1/areas/there', {name: 'No'}, {token})];
  await waiting(2);
  const imported = importing(token, 10, 'too-late');
  await waiting(3);
  await until(() => Date.now() > Date.parse(end), 'it ends');
  await writer.over();
  for (const answer of [created, replaced, imported]) assert.equal((await answer).status, 401);
  for (const slug of ['too-late', 'too-late-0']) await server.get(`/v1/areas/${slug}`, {socket: true, status: 404});
  assert.equal((await server.get('/v1/areas/there', {socket: true})).json.name, 'There');
});

test('a write that waits long is written, for a token that goes on', async () => {
  const {token} = await newToken('editor');
  const writer = await busy();
  const since = performance.now();
  const written = server.put('/v1/areas/patient', {name: 'Patient'}, {token, status: 201});
  await waiting(1);
  const imported = importing(token, 10, 'patient');
  await waiting(2);
  await until(() => performance.now() - since > 600, 'longer than a caller is believed');
  await writer.over();
  await written;
  assert.equal((await imported).status, 200);
});

// Imports that grow until one is still under way when its token ends: how long one takes is the machine's to say.
async function caughtAtWork(token, end, name, query) {
  for (let count = 6000; count <= 192_000; count *= 2) {
    const {id, token: secret} = await newToken('editor', token());
    const imported = importing(secret, count, `${name}-${count}`, query);
    await end(id, secret);
    const {status} = await imported;
    if (status !== 200) return {status, first: `${name}-${count}-0`};
  }
  assert.fail('every import was carried to its end');
}

for (const dry of [true, false]) {
  test(`an import is given up when its token is revoked, and leaves nothing: ${dry ? 'dry run' : 'in earnest'}`, async () => {
    const {status, first} = await caughtAtWork(() => ({}), async (id, token) => {
      await until(async () => await figure('entente_requests_active') > 1, 'it is under way');
      const since = performance.now();
      const revoked = server.delete(`/v1/tokens/${id}`, {socket: true, status: 204});
      await within(1000, since, async () => await reads(token) === 401, 'the token is refused');
      await revoked;
    }, `given-up-${dry}`, `&dry_run=${dry}`);
    assert.equal(status, 401);
    await server.get(`/v1/areas/${first}`, {socket: true, status: 404});
  });
}

test('an import whose token expires meanwhile is given up, and leaves nothing', async () => {
  const {status, first} = await caughtAtWork(() => ({expires_at: soon(1500)}), () => {}, 'expired');
  assert.equal(status, 401);
  await server.get(`/v1/areas/${first}`, {socket: true, status: 404});
});

test('what does not revoke keeps nobody out: an If-Match that names another state, a token that is not there', async () => {
  const {id, token} = await newToken('reader');
  const stream = await follow(server, '?after=now', {token});
  const writer = await busy();
  await server.delete(`/v1/tokens/${id}`, {socket: true, status: 412, headers: {'if-match': '"another"'}});
  await server.delete(`/v1/tokens/${id}x`, {socket: true, status: 404});
  assert.equal(await reads(token), 200);
  await writer.over();
  await stream.next((change) => change.slug.startsWith('busy'), 'the stream goes on');
  stream.close();
});

test('a revocation that cannot be written is undone, and the token is good again', async () => {
  const {id, token} = await newToken('reader');
  await disk.fail('write', 'ENOSPC', 1, {sticky: true});
  await server.delete(`/v1/tokens/${id}`, {socket: true, status: 507});
  await disk.heal();
  assert.equal(await reads(token), 200);
  await server.delete(`/v1/tokens/${id}`, {socket: true, status: 204});
  assert.equal(await reads(token), 401);
});

test('an admin may revoke the token that it shows, and of two who revoke each other one stays', async () => {
  const own = await newToken('admin'), [one, other] = [await newToken('admin'), await newToken('admin')];
  const writer = await busy();
  const gone = server.delete(`/v1/tokens/${own.id}`, {token: own.token, status: 204});
  await waiting(1);
  // Whoever comes second is refused at the door or, when both came through it at once, by the writer.
  const both = [server.delete(`/v1/tokens/${one.id}`, {token: other.token}), server.delete(`/v1/tokens/${other.id}`, {token: one.token})];
  await waiting(2);
  await writer.over();
  await gone;
  assert.deepEqual((await Promise.all(both)).map(({status}) => status).sort(), [204, 401]);
  assert.deepEqual([await reads(own.token), await reads(one.token), await reads(other.token)].sort(), [200, 401, 401]);
});
