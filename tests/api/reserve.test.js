// What is left when clients hold all connections that they can get, and come again: some more, short ones, on which only what has no limits
// (/healthz, /readyz, signing in) is answered, and everything else is sent away. Each has a little time for certain, and the next waits its turn.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import {rmSync} from 'node:fs';
import {selfSigned} from './lib/certificates.js';
import {answers, request} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const MOST = 16; // connections
const BEYOND = 256 + 2; // at most, with two threads
const everybody = {role: null};

async function withServer(args, work, options) {
  const patient = ['head', 'body', 'idle'].flatMap((what) => [`--${what}-timeout`, '600']); // no place is given up
  const server = await startServer({args: ['--connections', String(MOST), '--threads', '2', ...patient, ...args], ...options});
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

// A client at an address that connects `count` times, sends `bytes` each time, and connects anew whenever the server closes one.
function hold(server, {from, count, bytes = ''}) {
  const sockets = new Set();
  let ended = false;
  let again = 0;
  const connect = () => {
    const socket = net.connect({port: server.port, host: '127.0.0.1', localAddress: from});
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(bytes));
    socket.resume();
    socket.on('close', () => {
      sockets.delete(socket);
      again++;
      if (!ended) connect();
    });
  };
  for (let i = 0; i < count; i++) connect();
  return {
    again: () => again,
    end() {
      ended = true;
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

// One request on a connection of its own: {status, headers, body}, and whether the server closed it; undefined when no answer came.
function once(server, from, bytes = request('GET', '/healthz')) {
  return new Promise((done) => {
    const chunks = [];
    const socket = net.connect({port: server.port, host: '127.0.0.1', localAddress: from});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => done(answers(Buffer.concat(chunks))[0]));
    socket.write(bytes);
  });
}

// How many connections there are, and how many of them have a place: {all, placed}, without that of who asks, by the socket.
async function counted(server) {
  const {text} = await server.get('/metrics', {socket: true, status: 200});
  const [all, spare] = ['connections', 'connections_spare'].map((name) => Number(new RegExp(`^entente_${name} (\\d+)$`, 'm').exec(text)[1]));
  return {all: all - 1, placed: all - 1 - spare};
}

const allTaken = (server) => until(async () => (await counted(server)).placed === MOST, 'all places are taken');

// Who is told that there is no room is told when to come again, and the connection is over.
function isSentAway(answer) {
  assert.equal(answer?.status, 503);
  assert.equal(answer.headers.connection, 'close');
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  assert.match(answer.headers['retry-after'], /^\d+$/);
  assert.equal(JSON.parse(answer.body).type, '/problems/too-many-connections');
}

async function alwaysAnswers(server, from, holders, rounds = 20) {
  for (let round = 0; round < rounds; round++) {
    const before = holders.map(({again}) => again());
    const health = await once(server, from);
    assert.equal(health?.status, 200, `round ${round}`);
    assert.equal(health.headers.connection, 'close');
    isSentAway(await once(server, from, request('GET', '/')));
    if (round % 5 === 4) await until(() => holders.some(({again}, i) => again() > before[i]), 'they come again');
  }
}

const HEAD = 'GET /v1/areas HTTP/1.1\r\nHost: x\r\n';
const SIGN_IN = 'POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"token":';

describe('while clients hold all connections that they can get', () => {
  for (const [what, bytes] of [['nothing', ''], ['half a head', HEAD], ['half a sign-in', SIGN_IN]]) {
    test(`of several addresses, and have sent ${what}, /healthz is answered and all else is told to come again`, async () => withServer([], async (server) => {
      const holders = [1, 2, 3].map((n) => hold(server, {from: `127.0.5.${n}`, count: 60, bytes}));
      try {
        await allTaken(server);
        await alwaysAnswers(server, '127.0.5.9', holders);
      } finally {
        holders.forEach((each) => each.end());
      }
      await until(async () => (await once(server, '127.0.5.9', request('GET', '/', {Connection: 'close'})))?.status === 200, 'there is room again');
    }));
  }

  test('of one address, which may have half of them, it is answered there too, and others find room as ever', async () => withServer([], async (server) => {
    const holder = hold(server, {from: '127.0.5.1', count: MOST / 2 + 20});
    try {
      await until(async () => (await counted(server)).all >= MOST / 2 + 20, 'all of them are there');
      for (let i = 0; i < 5; i++) {
        assert.equal((await once(server, '127.0.5.1'))?.status, 200);
        isSentAway(await once(server, '127.0.5.1', request('GET', '/')));
        await server.get('/', {...everybody, from: '127.0.5.2', status: 200});
      }
    } finally {
      holder.end();
    }
  }));

  test('of one address, and come again as fast as they can, others find room as ever', async () => withServer([], async (server) => {
    const holder = hold(server, {from: '127.0.5.1', count: 200});
    try {
      await until(() => holder.again() > 1000, 'it comes again');
      for (let i = 0; i < 20; i++) await server.get('/', {...everybody, from: '127.0.5.2', headers: {connection: 'close'}, status: 200});
    } finally {
      holder.end();
    }
  }));

  test('of one address, which may have all of them, others are answered as that one is', async () => withServer(['--address-connections', '0'], async (server) => {
    const holder = hold(server, {from: '127.0.5.1', count: 600});
    try {
      await allTaken(server);
      await alwaysAnswers(server, '127.0.5.2', [holder], 5);
      await alwaysAnswers(server, '127.0.5.1', [holder], 5);
    } finally {
      holder.end();
    }
  }));

  test('who signs in does, and a token in order opens nothing else', async () => withServer([], async (server) => {
    const token = await server.token('admin');
    const holders = [1, 2].map((n) => hold(server, {from: `127.0.5.${n}`, count: 20}));
    try {
      await allTaken(server);
      const made = await once(server, '127.0.5.9', request('POST', '/v1/session', {'Content-Type': 'application/json'}, JSON.stringify({token})));
      assert.equal(made?.status, 201);
      assert.equal(made.headers.connection, 'close');
      assert.equal((await once(server, '127.0.5.9', request('GET', '/readyz')))?.status, 200);
      const area = request('POST', '/v1/areas', {'Content-Type': 'application/json', Authorization: `Bearer ${token}`}, '{"name":"x"}');
      for (const bytes of [area, request('GET', '/v1/areas', {Authorization: `Bearer ${token}`}), request('GET', '/nowhere'), request('OPTIONS', '/healthz'),
        request('GET', '/metrics'), request('GET', '/v1/changes', {Accept: 'text/event-stream', Authorization: `Bearer ${token}`})]) {
        isSentAway(await once(server, '127.0.5.9', bytes));
      }
      assert.deepEqual((await server.get('/v1/areas', {socket: true, status: 200})).json.items, []);
    } finally {
      holders.forEach((each) => each.end());
    }
  }));

  test('who had a connection before goes on', async () => withServer([], async (server) => {
    const answer = () => server.get('/v1/areas', {status: 200});
    await answer();
    const holders = [1, 2, 3].map((n) => hold(server, {from: `127.0.5.${n}`, count: 60}));
    try {
      await allTaken(server);
      for (let i = 0; i < 20; i++) await answer();
    } finally {
      holders.forEach((each) => each.end());
    }
  }));

  test('those beyond are bounded, and are given up soon, however long a head may take', async () => withServer([], async (server) => {
    const sockets = [1, 2].flatMap((n) => Array.from({length: 300}, () => net.connect({port: server.port, host: '127.0.0.1', localAddress: `127.0.5.${n}`})));
    let [open, highest] = [sockets.length, 0];
    sockets.forEach((socket) => socket.resume().on('error', () => {}).on('close', () => open--));
    await until(async () => {
      const {all, placed} = await counted(server);
      highest = Math.max(highest, all);
      return open === MOST && all === MOST && placed === MOST;
    }, 'all but as many as there may be are given up');
    assert.ok(highest <= MOST + BEYOND, `${highest} connections`);
    sockets.forEach((socket) => socket.destroy());
  }));
});

describe('over TLS, while clients hold all connections that they can get', () => {
  const folder = newFolder();
  let pair;
  before(async () => { pair = await selfSigned(folder, 'one'); });
  after(() => rmSync(folder, {recursive: true, force: true}));

  test('/healthz is answered, whether they shake hands or not', async () => {
    await withServer(['--tls-cert', pair.cert, '--tls-key', pair.key], async (server) => {
      const holders = [1, 2, 3].map((n) => hold(server, {from: `127.0.5.${n}`, count: 60, bytes: n === 1 ? '' : '\x16\x03\x01'}));
      try {
        await allTaken(server);
        for (let i = 0; i < 10; i++) {
          await server.get('/healthz', {...everybody, from: '127.0.5.9', status: 200});
          const sent = await server.get('/v1/areas', {...everybody, from: '127.0.5.9', status: 503});
          assert.equal(sent.json.type, '/problems/too-many-connections');
        }
      } finally {
        holders.forEach((each) => each.end());
      }
    }, {ca: [pair.pem]});
  });
});
