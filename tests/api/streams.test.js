// The feed of changes as server-sent events: what is on the wire, where a stream begins, when it ends, and whom it does not disturb.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {follow} from './lib/events.js';
import {everything} from './lib/pages.js';
import {open, request} from './lib/raw.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

let server;
let made = 0;
before(async () => {
  server = await startServer({args: ['--heartbeat', '1']});
  for (const slug of ['first', 'second']) await server.put(`/v1/areas/${slug}`, {name: slug}, {status: 201});
  await server.put('/v1/organizations/first', {name: 'First'}, {status: 201});
});
after(() => server.stop());

const fresh = async (resource = 'areas') => {
  const slug = `fresh-${made++}`;
  await server.put(`/v1/${resource}/${slug}`, {name: slug}, {status: 201});
  return (change) => change.slug === slug && change.resource === resource;
};
const bulk = (count) => Array.from({length: count}, (_, i) => JSON.stringify({resource: 'areas', slug: `bulk-${i}`, name: `Bulk ${i}`})).join('\n');
const feed = (query = '') => everything(server, `/v1/changes?limit=500${query}`, {role: 'reader'});
const streamsOpen = async () => Number(/^entente_streams (\d+)$/m.exec((await server.get('/metrics')).text)[1]);

test('a stream gives the changes so far and then each as it is made, as a page shows them', async () => {
  const stream = await follow(server);
  await stream.next(await fresh(), 'a change that is made while it is open');
  assert.deepEqual(stream.events, await feed());
  await server.delete(`/v1/areas/${stream.events.at(-1).slug}`, {status: 204});
  assert.equal((await stream.next((change) => change.operation === 'delete', 'the deletion')).revision, 2);
  stream.close();
});

test('a stream may be passed on by a proxy as it comes: not kept, not gathered, not compressed', async () => {
  const stream = await follow(server, '?after=now', {headers: {'accept-encoding': 'gzip'}});
  assert.equal(stream.headers['cache-control'], 'no-store');
  assert.equal(stream.headers['x-accel-buffering'], 'no');
  assert.equal(stream.headers['content-encoding'], undefined);
  assert.equal(stream.headers['content-length'], undefined);
  await until(() => stream.retry >= 500, 'how long to wait before the next try');
  stream.close();
});

test('Accept decides between page and stream; a page is what anything gets', async () => {
  const type = async (accept) => {
    const got = await follow(server, '?after=now', {headers: {accept}});
    got.close?.();
    return got.headers['content-type'];
  };
  for (const accept of ['text/event-stream', 'text/*', 'text/event-stream, */*', 'application/json;q=0.5, text/event-stream', 'text/html, text/event-stream']) {
    assert.equal(await type(accept), 'text/event-stream', accept);
  }
  for (const accept of ['*/*', 'application/json', 'application/json, text/event-stream', 'text/event-stream;q=0.5, application/json', 'text/event-stream;q=0, */*']) {
    assert.equal(await type(accept), 'application/json; charset=utf-8', accept);
  }
  assert.equal((await server.get('/v1/changes', {role: 'reader'})).headers['content-type'], 'application/json; charset=utf-8');
  await server.get('/v1/changes', {headers: {accept: 'text/html'}, status: 406});
});

test('HEAD tells of the stream and does not begin it', async () => {
  const {status, headers, text} = await follow(server, '', {method: 'HEAD'});
  assert.deepEqual([status, headers['content-type'], text], [200, 'text/event-stream', '']);
});

test('a stream begins after the number that is asked for, or now; Last-Event-ID wins', async () => {
  const all = await feed();
  const begun = async (query, lastEventId) => {
    const stream = await follow(server, query, {lastEventId});
    const is = await fresh();
    await stream.next(is, 'the change after it began');
    stream.close();
    return stream.numbers[0];
  };
  assert.equal(await begun('?after=0'), 1);
  assert.equal(await begun('?after=2'), 3);
  assert.equal(await begun('?after=2', '1'), 2);
  assert.equal(await begun('?after=now', '1'), 2);
  assert.equal(await begun('', '2'), 3);
  assert.ok(await begun('?after=now') > all.length + 5);
});

test('a stream from now on that is cut off before its first event goes on where it was', async () => {
  const stream = await follow(server, '?after=now');
  await until(() => stream.lastEventId !== '', 'its place');
  assert.deepEqual(stream.events, []);
  stream.close();
  const missed = await fresh();
  const again = await follow(server, '?after=now', {lastEventId: stream.lastEventId});
  await again.next(missed, 'the change that came meanwhile');
  assert.deepEqual(again.numbers, [Number(stream.lastEventId) + 1]);
  again.close();
});

test('a place that cannot be is refused, and says where', async () => {
  for (const lastEventId of ['x', '-1', '1.5', '1'.repeat(19), String(1e9)]) {
    const {status, json} = await follow(server, '', {lastEventId});
    assert.equal(status, 400, lastEventId);
    assert.equal(json.errors[0].header, 'Last-Event-ID');
  }
  for (const query of ['?after=999999', '?after=-1', '?after=later', '?after=1&after=2', '?resource=tokens', '?since=1']) {
    assert.equal((await follow(server, query)).status, 400, query);
  }
  assert.equal((await follow(server, '', {role: null})).status, 401);
  assert.deepEqual((await server.get('/v1/changes?after=now', {status: 200, role: 'reader'})).json, {items: [], next: null});
});

test('a stream of one resource has its changes only', async () => {
  const stream = await follow(server, '?resource=organizations');
  for (let i = 0; i < 70; i++) await fresh();
  await stream.next(await fresh('organizations'), 'the change of an organization');
  assert.deepEqual(stream.events, await feed('&resource=organizations'));
  stream.close();
});

test('a stream without events gives signs of life, and goes on giving events', async () => {
  const stream = await follow(server, '?after=now');
  await until(() => stream.comments >= 2, 'two signs of life');
  await stream.next(await fresh(), 'an event after them');
  await until(() => stream.comments >= 3, 'another');
  stream.close();
});

test('an old client (HTTP/1.0) gets the stream too, ended by the connection', async () => {
  const wire = open(server.port, request('GET', '/v1/changes?after=0', {Accept: 'text/event-stream', Authorization: `Bearer ${await server.token('reader')}`}).toString().replace('HTTP/1.1', 'HTTP/1.0'));
  await until(() => /\nid: 3\ndata: /.test(wire.received().toString()), 'the events');
  assert.doesNotMatch(wire.received().toString(), /chunked/i);
  wire.destroy();
});

test('whoever may open the local socket may follow there', async () => {
  const stream = await follow(server, '?after=now', {socket: true});
  await stream.next(await fresh(), 'a change');
  stream.close();
});

test('a revoked token ends its stream within a second, and no other', async () => {
  const {id, token} = await server.newToken({role: 'reader', name: 'for a while'});
  const [stream, other] = [await follow(server, '?after=now', {token}), await follow(server, '?after=now')];
  await server.delete(`/v1/tokens/${id}`, {status: 204});
  const revoked = performance.now();
  await stream.ended;
  assert.ok(performance.now() - revoked < 1000, `it took ${performance.now() - revoked} ms`);
  assert.ok(!stream.broken, 'its end is told');
  await other.next(await fresh(), 'the other goes on');
  assert.deepEqual(stream.events, []);
  assert.equal((await follow(server, '', {token})).status, 401);
  other.close();
});

test('a token that expires ends its stream within a second', async () => {
  const ends = Date.now() + 1500;
  const {token} = await server.newToken({role: 'reader', name: 'short', expires_at: new Date(ends).toISOString()});
  const stream = await follow(server, '?after=now', {token});
  await stream.ended;
  assert.ok(Date.now() >= ends && Date.now() - ends < 1000, `${Date.now() - ends} ms after it expired`);
});

test('a client that leaves, by the front door or not, frees its place, and its line is in the log', async () => {
  await until(async () => (await streamsOpen()) === 0, 'the streams of before are over');
  const streams = await Promise.all(Array.from({length: 5}, () => follow(server, '?after=now')));
  assert.equal(await streamsOpen(), 5);
  streams.slice(0, 3).forEach((stream) => stream.close());
  streams.slice(3).forEach((stream) => stream.socket.end());
  await until(async () => (await streamsOpen()) === 0, 'they are found gone');
  const ids = streams.map((stream) => stream.headers['x-request-id']);
  await until(() => ids.every((id) => new RegExp(`id=${id} method=GET path=/v1/changes status=200`).test(server.output.stderr)), 'the lines');
});

test('there is a limit to streams, and room for requests beyond it', async () => {
  const narrow = await startServer({args: ['--streams', '2']});
  try {
    const [one, two] = [await follow(narrow), await follow(narrow)];
    const third = await follow(narrow);
    assert.deepEqual([third.status, third.json.type], [503, '/problems/too-many-streams']);
    assert.match((await narrow.get('/metrics')).text, /^entente_streams_refused_total 1$/m);
    await narrow.put('/v1/areas/room', {name: 'Room'}, {status: 201});
    await two.next((change) => change.slug === 'room', 'the change');
    one.close();
    const late = await until(async () => {
      const stream = await follow(narrow);
      return stream.status === 200 && stream;
    }, 'the place of one that left');
    late.close();
    two.close();
  } finally {
    await narrow.stop();
  }
});

test('a client that does not read holds up nobody, however much there is for it', async () => {
  const count = 6000;
  const lazy = open(server.port, request('GET', '/v1/changes', {Accept: 'text/event-stream', Authorization: `Bearer ${await server.token('reader')}`}));
  await lazy.connected;
  lazy.socket.pause();
  const eager = await follow(server, '?resource=areas');
  await server.post('/v1/import', bulk(count), {status: 200, headers: {'content-type': 'application/x-ndjson'}});
  await eager.next((change) => change.slug === `bulk-${count - 1}`, 'the last of them');
  for (let i = 0; i < 10; i++) {
    const begun = performance.now();
    await eager.next(await fresh(), 'a change');
    assert.ok(performance.now() - begun < 2000);
  }
  assert.deepEqual(eager.events, await feed('&resource=areas'));
  eager.close();
  lazy.socket.resume();
  const all = (await feed()).map((each) => each.seq);
  await until(() => lazy.received().includes(`\nid: ${all.length}\n`), 'once it reads, it gets everything');
  assert.deepEqual([...lazy.received().toString().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)), all);
  lazy.destroy();
});

test('SIGTERM ends all streams at once, whether their clients read or not', async () => {
  const ending = await startServer();
  const streams = await Promise.all(Array.from({length: 10}, () => follow(ending)));
  const lazy = open(ending.port, request('GET', '/v1/changes', {Accept: 'text/event-stream', Authorization: `Bearer ${await ending.token('reader')}`}));
  await lazy.connected;
  lazy.socket.pause();
  await ending.post('/v1/import', bulk(6000), {status: 200, headers: {'content-type': 'application/x-ndjson'}});
  await until(() => streams.every((stream) => stream.events.length === 6000), 'all changes on all streams');
  const told = performance.now();
  ending.signal('SIGTERM');
  await Promise.all(streams.map((stream) => stream.ended));
  assert.ok(performance.now() - told < 2000, `the streams ended after ${performance.now() - told} ms`);
  await ending.stop();
  assert.ok(performance.now() - told < 3500, `the server ended after ${performance.now() - told} ms`);
  assert.ok(streams.every((stream) => !stream.broken), 'each with its end');
  lazy.destroy();
});
