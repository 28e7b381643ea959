// Answers that are made while they are sent: one state of the registry, whole or recognisably not, and at nobody else's expense.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import {gunzipSync} from 'node:zlib';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {buildShim, failingDisk} from '../fault/disk.js';
import * as raw from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const RECORDS = 1200; // of 14 kB: together much more than sockets and blocks hold
const PLACES = 8;
let server;

// Numbers, so that they do not become next to nothing when they are compressed.
const filling = (i) => Array.from({length: 2000}, (_, j) => ((i * 2000 + j) * 2654435761 % 2 ** 32).toString(36)).join(' ');
const record = (i, words) => ({resource: 'organizations', slug: `number-${i}`, name: `Number ${i}`, description: words + filling(i), visibility: 'public'});
const write = (words, target = server) => target.post('/v1/import', Array.from({length: RECORDS}, (_, i) => `${JSON.stringify(record(i, words))}\n`).join(''),
  {status: 200, headers: {'content-type': 'application/x-ndjson'}});

before(async () => {
  server = await startServer({args: ['--public-read', '--address-requests', '0']});
  await write('first ');
});
after(() => server.stop());

// A download whose bytes are read only when asked: {response, go() → {text, whole}, hangUp()}.
async function begin({path = '/v1/organizations?format=ndjson', token, headers = {}, socketPath} = {}) {
  const all = {...headers, ...(token ? {authorization: `Bearer ${token}`} : {})};
  const where = socketPath ? {socketPath} : {host: '127.0.0.1', port: server.port};
  const request = http.request({...where, path, headers: all, agent: false});
  const response = await new Promise((done, failed) => request.on('response', done).on('error', failed).end());
  response.pause();
  const chunks = [];
  const over = new Promise((done) => { // it may be over before anybody reads
    const finish = () => done({text: Buffer.concat(chunks).toString('utf8'), bytes: Buffer.concat(chunks), whole: response.complete});
    response.on('data', (chunk) => chunks.push(chunk)).on('end', finish).on('error', finish).on('close', finish);
  });
  const go = () => {
    response.resume();
    return over;
  };
  return {response, go, hangUp: () => request.destroy()};
}

const descriptions = (text) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line).description);
// How long a caller is believed before it is asked for again is over.
const looked = () => {
  const since = performance.now();
  return until(() => performance.now() - since > 300, 'the caller is asked for again');
};
const figure = async (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec((await server.get('/metrics')).text)[1]);

test('what is written meanwhile is not in it: it is the state from which it began', async () => {
  const token = await server.token('reader');
  const slow = await begin({token});
  const last = `/v1/organizations/number-${RECORDS - 1}`;
  await server.patch(last, {description: 'second'}, {status: 200});
  await server.put('/v1/organizations/late', {name: 'Late', description: 'late'}, {status: 201});
  await server.delete('/v1/organizations/number-7', {status: 204});
  const {text, whole} = await slow.go();
  assert.ok(whole);
  const seen = descriptions(text);
  assert.equal(seen.length, RECORDS);
  assert.ok(seen.every((each) => each.startsWith('first ')));
  const now = descriptions((await (await begin({token})).go()).text);
  assert.deepEqual([now.length, ...now.slice(-2)], [RECORDS, 'second', 'late']);
});

test('HTTP/1.0 gets it too, ended by the end of the connection', async () => {
  const token = await server.token('reader');
  const wire = raw.open(server.port, `GET /v1/organizations?format=ndjson&limit=500 HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await wire.over;
  const text = wire.received().toString('utf8');
  assert.doesNotMatch(text.split('\r\n\r\n')[0], /transfer-encoding/i);
  assert.equal(text.split('\r\n\r\n')[1].split('\n').length, 501);
});

test('further requests on the connection are answered after it, and a client that closes it is not missed', async () => {
  const token = await server.token('reader');
  const one = `GET /v1/organizations?format=csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`;
  const wire = raw.open(server.port, `${one}\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await wire.over;
  assert.match(wire.received().toString('utf8'), /\r\n0\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*\{"status":"ok"\}$/);
  const closing = raw.open(server.port, `${one}Connection: close\r\n\r\n`);
  await closing.over;
  assert.match(closing.received().toString('latin1'), /\r\n0\r\n\r\n$/, 'the end is told where the connection closes, too');
});

test('places are few, for callers with a token and without apart, and come back with whoever leaves', async () => {
  const token = await server.token('reader');
  const held = await Promise.all(Array.from({length: PLACES}, () => begin({token})));
  assert.equal(await figure('entente_downloads'), PLACES);
  const refused = await server.get('/v1/export', {status: 503});
  assert.equal(refused.json.type, '/problems/too-many-downloads');
  await server.head('/v1/export', {status: 200});
  await server.get('/v1/organizations?limit=1', {status: 200});
  const strangers = await Promise.all(Array.from({length: PLACES}, () => begin()));
  assert.ok(strangers.every(({response}) => response.statusCode === 200));
  await server.get('/v1/organizations?format=csv', {role: null, status: 503});
  for (const download of [...held, ...strangers]) download.hangUp();
  await until(async () => (await server.get('/v1/export?', {check: false})).status === 200, 'the places are free again');
  assert.equal((await server.get('/v1/organizations?format=csv', {role: null, check: false})).status, 200);
});

for (const coding of ['identity', 'gzip']) {
  test(`it ends with its token, and is not whole then: ${coding}`, async () => {
    const made = await server.newToken({role: 'reader', name: 'soon gone'});
    const slow = await begin({token: made.token, headers: {'accept-encoding': coding}, path: '/v1/export'});
    assert.equal(slow.response.headers['content-encoding'] ?? 'identity', coding);
    await server.delete(`/v1/tokens/${made.id}`, {status: 204});
    await looked();
    assert.ok(!(await slow.go()).whole);
    await until(() => server.output.stderr.includes(`${slow.response.headers['x-request-id']} was cut: the caller's token has ended`), 'it is logged');
  });
}

test('a backup is whole for whoever may have it, and ends with its token', async () => {
  const made = await server.newToken({role: 'admin', name: 'keeps copies'});
  const [kept, lost] = [await begin({path: '/v1/backup', token: await server.token('admin')}), await begin({path: '/v1/backup', token: made.token})];
  assert.ok(lost.response.headers['content-length'] > 20_000_000);
  await server.delete(`/v1/tokens/${made.id}`, {status: 204});
  await looked();
  assert.ok(!(await lost.go()).whole);
  await until(() => server.output.stderr.includes(`${lost.response.headers['x-request-id']} was cut: the caller's token has ended`), 'it is logged');
  const {bytes, whole} = await kept.go();
  assert.deepEqual([whole, `${bytes.length}`, bytes.subarray(0, 15).toString()], [true, kept.response.headers['content-length'], 'SQLite format 3']);
});

// What the client's own system makes of a reset while it has bytes to give is not always an error: one of a few has to be seen.
test('cut in its middle, HTTP/1.0 learns of it by a connection that breaks', async () => {
  let code;
  for (let attempt = 0; attempt < 6 && code !== 'ECONNRESET'; attempt++) {
    const made = await server.newToken({role: 'reader', name: 'gone as soon'});
    const wire = raw.open(server.port, `GET /v1/organizations?format=ndjson HTTP/1.0\r\nAuthorization: Bearer ${made.token}\r\n\r\n`);
    const ended = new Promise((done) => wire.socket.once('error', (error) => done(error.code)).once('close', () => done('closed')));
    await new Promise((done) => wire.socket.once('data', () => done(wire.socket.pause()))); // with its first bytes, before it can be over
    await server.delete(`/v1/tokens/${made.id}`, {status: 204});
    await looked();
    wire.socket.resume();
    code = await ended;
  }
  assert.equal(code, 'ECONNRESET');
});

test('compressed and slowly read, it is whole', async () => {
  const slow = await begin({token: await server.token('reader'), headers: {'accept-encoding': 'gzip'}, path: '/v1/export'});
  const {bytes, whole} = await slow.go();
  assert.ok(whole);
  assert.equal(gunzipSync(bytes).toString('utf8').split('\n').length, RECORDS + 1);
});

test('many at once are each whole, while others write and read', async () => {
  const tokens = await Promise.all(['reader', 'editor', 'admin'].map((role) => server.token(role)));
  let over = false;
  const writing = (async () => {
    for (let i = 0; !over; i++) await server.put('/v1/areas/busy', {name: `Busy ${i}`});
  })();
  const kinds = ['/v1/organizations?format=csv', '/v1/organizations?format=ndjson&sort=-slug', '/v1/export', '/v1/organizations?format=ndjson'];
  const all = await Promise.all(Array.from({length: PLACES}, async (_, i) => {
    const download = await begin({path: kinds[i % 4], token: tokens[i % 3], headers: i % 2 ? {'accept-encoding': 'gzip'} : {}});
    const {bytes, whole} = await download.go();
    assert.ok(whole, kinds[i % 4]);
    return (i % 2 ? gunzipSync(bytes) : bytes).toString('utf8').match(/"slug":"(number-\d+|late)"/g)?.length ?? 0;
  }));
  over = true;
  await writing;
  for (const [i, count] of all.entries()) if (!kinds[i % 4].includes('csv')) assert.equal(count, RECORDS, kinds[i % 4]);
});

test('clients that hang up at any moment leave nothing behind', async () => {
  const token = await server.token('reader');
  for (let i = 0; i < 40; i++) {
    const download = await begin({token, headers: i % 2 ? {'accept-encoding': 'gzip'} : {}, path: i % 3 ? '/v1/export' : '/v1/organizations?format=csv'}).catch(() => undefined);
    if (i % 4 === 0) download?.response.resume();
    if (i % 5 === 0) await server.get('/healthz', {role: null});
    download?.hangUp();
  }
  await until(async () => (await figure('entente_requests_active')) <= 1, 'nothing is under way');
  assert.equal(await figure('entente_downloads'), 0);
  const last = await begin({token});
  assert.equal(descriptions((await last.go()).text).length, RECORDS);
});

test('a disk that fails before it begins is a problem, and in its middle a cut, after which all goes on', async (t) => {
  const folder = newFolder();
  const disk = failingDisk(await buildShim(), folder, '*entente.db*');
  const db = join(folder, 'entente.db');
  const seed = await startServer({db});
  await write('words ', seed);
  await seed.stop({keep: true});
  const other = await startServer({db, env: disk.env});
  t.after(async () => {
    await other.stop();
    rmSync(folder, {recursive: true});
  });
  for (const headers of [{}, {'accept-encoding': 'gzip'}]) {
    const slow = await begin({socketPath: other.socket, path: '/v1/export', headers});
    assert.equal(slow.response.statusCode, 200);
    await disk.fail('read', 'EIO', 1, {sticky: true});
    assert.ok(!(await slow.go()).whole);
    const refused = await other.get('/v1/organizations?format=ndjson&sort=-slug', {socket: true});
    assert.ok([500, 503].includes(refused.status)); // what EIO leaves unread may also be a damaged file, for SQLite
    await disk.heal();
  }
  assert.match(other.output.stderr, /was cut: it could not be made/);
  assert.equal(descriptions((await other.get('/v1/organizations?format=ndjson', {socket: true, status: 200})).text).length, RECORDS);
});

test('a server that is told to stop does not wait for a client that does not read, and cuts it', async (t) => {
  const other = await startServer();
  t.after(() => other.remove());
  await write('words ', other);
  const slow = await begin({socketPath: other.socket, path: '/v1/export'});
  const quick = other.get('/v1/organizations?limit=1', {status: 200});
  await quick;
  await other.stop({keep: true});
  assert.ok(!(await slow.go()).whole);
});
