// How much a caller may ask for in a minute, and how many connections an address may open. Nobody here waits a minute: what has to
// come back does so at a high rate, and other addresses of this machine (127.0.0.…) stand for other clients.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import {run} from './lib/command.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const UNLIMITED = ['--address-requests', '0', '--address-writes', '0', '--sign-in-failures', '0'];

async function withServer(args, work) {
  const server = await startServer({args});
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

const nobody = (from) => ({role: null, from});
const wrong = (from) => ({role: null, from, headers: {authorization: `Bearer ent_${'0'.repeat(38)}`}});

async function statuses(count, ask) {
  const all = [];
  for (let i = 0; i < count; i++) all.push((await ask(i)).status);
  return all;
}

async function figure(server, name) {
  const {text} = await server.get('/metrics', {socket: true, status: 200});
  return Number(text.split('\n').find((line) => line.startsWith(`${name} `)).split(' ')[1]);
}

describe('requests without a token', () => {
  let server;
  before(async () => { server = await startServer({args: ['--address-requests', '3', '--sign-in-failures', '0']}); });
  after(() => server.stop());

  test('are answered until the address has used up its allowance, then 429 tells when to come again', async () => {
    const asked = nobody('127.0.1.1');
    const told = [];
    for (let i = 0; i < 3; i++) told.push((await server.get('/openapi.yaml', {...asked, status: 200})).headers);
    assert.deepEqual(told.map((headers) => /^"address";r=(\d);t=\d+$/.exec(headers.ratelimit)[1]), ['2', '1', '0']);
    assert.equal(told[0]['ratelimit-policy'], '"address";q=3;w=60');
    const {json, headers} = await server.get('/openapi.yaml', {...asked, status: 429});
    assert.equal(json.type, '/problems/too-many-requests');
    assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 20);
    assert.match(json.detail, new RegExp(`address: 3 a minute; the next one in ${headers['retry-after']} s`));
  });

  test('are counted whatever they ask for: what is there, what needs a token, what is not there, what is malformed', async () => {
    const asked = nobody('127.0.1.2');
    assert.deepEqual(await statuses(2, (i) => server.get(['/v1/areas', '/nothing/there'][i], asked)), [401, 404]);
    assert.deepEqual(await statuses(3, (i) => server.request(['DELETE', 'OPTIONS', 'GET'][i], ['/v1/areas', '/v1/areas', '/%zz'][i], asked)), [405, 429, 429]);
  });

  test('of one address leave the others alone, and those with a token, and the socket', async () => {
    assert.deepEqual(await statuses(4, () => server.get('/', nobody('127.0.1.3'))), [200, 200, 200, 429]);
    await server.get('/', {...nobody('127.0.1.4'), status: 200});
    const {headers} = await server.get('/v1/areas', {role: 'reader', from: '127.0.1.3', status: 200});
    assert.equal(headers.ratelimit, undefined, 'no limit applies, and none is told');
    for (let i = 0; i < 5; i++) await server.get('/v1/areas', {socket: true, status: 200});
  });

  test('for health are always answered, and count for nothing', async () => {
    const asked = nobody('127.0.1.5');
    for (let i = 0; i < 5; i++) {
      for (const path of ['/healthz', '/readyz']) {
        const {headers} = await server.get(path, {...asked, status: 200});
        assert.equal(headers.ratelimit, undefined);
      }
    }
    assert.deepEqual(await statuses(4, () => server.get('/', asked)), [200, 200, 200, 429]);
    await server.get('/healthz', {...asked, status: 200});
    await server.get('/healthz', {...wrong('127.0.1.5'), status: 200});
  });

  test('that are refused stand in the log with their address, and in the metrics', async () => {
    const asked = nobody('127.0.1.6');
    const had = await figure(server, 'entente_limited_total{limit="address"}');
    const {headers} = (await Promise.all(Array.from({length: 4}, () => server.get('/', asked)))).find(({status}) => status === 429);
    assert.equal(await figure(server, 'entente_limited_total{limit="address"}'), had + 1);
    const line = await until(() => server.output.stderr.split('\n').find((each) => each.includes(headers['x-request-id'])), 'its line');
    assert.match(line, / status=429 .*address=127\.0\.1\.6$/);
  });
});

test('the problem is explained', async () => withServer([], async (server) => {
  const {json} = await server.get('/problems/too-many-requests', {role: null, status: 200});
  assert.equal(json.status, 429);
  assert.match(json.explanation, /Retry-After/);
}));

test('a server that was told nothing limits those without a token only', async () => withServer([], async (server) => {
  const policy = async (path, asked) => (await server.get(path, asked)).headers['ratelimit-policy'];
  assert.equal(await policy('/openapi.yaml', {role: null}), '"address";q=600;w=60');
  assert.equal(await policy('/v1/areas', wrong()), '"sign-in";q=60;w=60');
  assert.equal((await server.post('/v1/areas', {name: 'x'}, {role: null, status: 401})).headers['ratelimit-policy'], '"address";q=600;w=60, "address-writes";q=60;w=60');
  assert.equal(await policy('/v1/areas', {role: 'reader'}), undefined);
}));

test('a limit of 0 is none', async () => withServer(UNLIMITED, async (server) => {
  for (let i = 0; i < 100; i++) {
    for (const asked of [nobody(), wrong()]) {
      const {status, headers} = await server.post('/v1/areas', {name: 'x'}, asked);
      assert.equal(status, 401);
      assert.equal(headers.ratelimit, undefined);
    }
  }
}));

test('what was used up comes back, at the time that the answer tells', async () => withServer(['--address-requests', '60'], async (server) => {
  const burst = await Promise.all(Array.from({length: 70}, () => server.get('/', nobody())));
  const refused = burst.filter(({status}) => status === 429);
  assert.ok(refused.length > 0 && refused.length <= 10);
  for (const {headers} of refused) assert.equal(headers['retry-after'], '1');
  const start = performance.now();
  await until(async () => (await server.get('/', nobody())).status === 200, 'an allowance again');
  assert.ok(performance.now() - start < 15_000, 'not a whole minute');
}));

describe('credentials that are refused', () => {
  let server;
  before(async () => { server = await startServer({args: ['--sign-in-failures', '2', '--address-requests', '5']}); });
  after(() => server.stop());

  test('are 401 until the address has used them up, then 429, while valid ones go on working from there', async () => {
    const {token} = await server.newToken({role: 'reader', name: 'good'});
    const from = '127.0.2.1';
    assert.deepEqual(await statuses(5, () => server.get('/v1/areas', wrong(from))), [401, 401, 429, 429, 429]);
    await server.get('/v1/areas', {token, from, status: 200});
    await server.get('/v1/areas', {...wrong('127.0.2.2'), status: 401});
    assert.deepEqual(await statuses(1, () => server.get('/', nobody(from))), [200], 'nor are they counted as requests of nobody');
  });

  test('are the same whatever is wrong with them: unknown, revoked, ended, mistyped, from elsewhere, no token at all', async () => {
    const revoked = await server.newToken({role: 'reader', name: 'revoked'});
    await server.delete(`/v1/tokens/${revoked.id}`, {status: 204});
    const elsewhere = await server.newToken({role: 'reader', name: 'elsewhere', networks: ['192.0.2.0/24']});
    const kinds = [`Bearer ${revoked.token}`, `Bearer ${elsewhere.token}`, `Bearer ${revoked.token.slice(0, -1)}`, 'Bearer', 'Basic ###', 'Digest x'];
    for (const [index, authorization] of kinds.entries()) {
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await server.get('/v1/areas', {role: null, from: `127.0.2.${10 + index}`, headers: {authorization}}));
      assert.deepEqual(answers.map(({status}) => status), [401, 401, 429], authorization);
      assert.equal(answers[2].json.detail, 'attempts with a token that is refused from this address: 2 a minute; the next one in 30 s');
    }
  });

  test('are those of signing in and of sessions that are over too, while a valid token signs in from there', async () => {
    const {token} = await server.newToken({role: 'reader', name: 'signs in'});
    const signIn = (body, from) => server.post('/v1/session', {token: body}, {role: null, from});
    assert.deepEqual(await statuses(4, () => signIn(`${token.slice(0, -1)}x`, '127.0.2.40')), [401, 401, 429, 429]);
    assert.deepEqual(await statuses(9, () => signIn(token, '127.0.2.40')), Array(9).fill(201));
    const cookie = `entente=${'x'.repeat(42)}`;
    assert.deepEqual(await statuses(3, () => server.get('/v1/areas', {...nobody('127.0.2.41'), headers: {cookie}})), [401, 401, 429]);
  });

  test('are bodies too that hold no token at all', async () => {
    const junk = (body) => server.post('/v1/session', body, {role: null, from: '127.0.2.50'});
    assert.deepEqual(await statuses(4, () => junk({})), [422, 422, 429, 429]);
    assert.equal((await junk({token: 'x'.repeat(5000)})).status, 413, 'and they are small');
  });

  test('where none are needed are nobody\'s, and so are valid ones: neither answer nor allowance tells them apart', async () => {
    const {token} = await server.newToken({role: 'admin', name: 'not told', requests_per_minute: 1});
    const session = await server.post('/v1/session', {token: await server.token('reader')}, {role: null, from: '127.0.2.39', status: 201});
    const cookie = /^entente=[^;]+/.exec(session.headers['set-cookie'][0])[0];
    const ways = [{}, {authorization: `Bearer ${token}`}, {authorization: `Bearer ent_${'0'.repeat(38)}`}, {cookie}, {cookie: `entente=ses_${'0'.repeat(38)}`}];
    const asked = [['GET', '/openapi.yaml'], ['GET', '/problems/gone'], ['GET', '/'], ['GET', '/nothing/there'], ['OPTIONS', '/v1/areas'], ['DELETE', '/v1/areas'], ['GET', '/healthz']];
    for (const [index, [method, path]] of asked.entries()) {
      const all = [];
      for (const [way, headers] of ways.entries()) {
        const answers = [];
        for (let i = 0; i < 6; i++) answers.push(await server.request(method, path, {role: null, from: `127.0.${100 + index}.${1 + way}`, headers}));
        all.push(answers.map((each) => [each.status, each.headers.ratelimit?.replace(/t=\d+/, 't'), each.headers['ratelimit-policy'], each.headers['set-cookie']]));
      }
      assert.equal(all[0][5][0], path === '/healthz' ? 200 : 429);
      for (const each of all.slice(1)) assert.deepEqual(each, all[0], path);
    }
  });
});

describe('requests with a token', () => {
  test('include signing in with it', async () => withServer([], async (server) => {
    const {token} = await server.newToken({role: 'reader', name: 'few', writes_per_minute: 2});
    assert.deepEqual(await statuses(4, () => server.post('/v1/session', {token}, {role: null})), [201, 201, 429, 429]);
  }));

  test('are limited for every token when the server is told so, each on its own', async () => withServer(['--token-requests', '4', '--token-writes', '1'], async (server) => {
    const [one, other] = await Promise.all(['one', 'other'].map((name) => server.newToken({role: 'editor', name})));
    const {headers} = await server.post('/v1/areas', {name: 'First'}, {token: one.token, status: 201});
    assert.equal(headers['ratelimit-policy'], '"token";q=4;w=60, "token-writes";q=1;w=60');
    const refused = await server.post('/v1/areas', {name: 'Second'}, {token: one.token, status: 429});
    assert.equal(refused.headers['retry-after'], '60');
    assert.deepEqual(await statuses(3, () => server.get('/v1/areas', {token: one.token, from: '127.0.3.1'})), [200, 200, 429]);
    await server.post('/v1/areas', {name: 'Third'}, {token: other.token, status: 201});
    const {json} = await server.get('/v1/areas', {socket: true, status: 200});
    assert.deepEqual(json.items.map(({name}) => name), ['First', 'Third'], 'what was refused was not written');
    assert.equal(await figure(server, 'entente_limited_total{limit="token"}'), 1);
    assert.equal(await figure(server, 'entente_limited_total{limit="token-writes"}'), 1);
  }));

  test('are limited by what the token itself says, which goes before what the server says', async () => withServer(['--token-requests', '2'], async (server) => {
    const make = (wanted) => server.newToken({role: 'editor', name: 'limited', ...wanted});
    const [more, none, same] = [await make({requests_per_minute: 3, writes_per_minute: 1}), await make({requests_per_minute: 0}), await make({requests_per_minute: null})];
    assert.deepEqual([more, none, same].map((made) => [made.requests_per_minute, made.writes_per_minute]), [[3, 1], [0, null], [null, null]]);
    const listed = (await server.get('/v1/tokens', {socket: true, status: 200})).json.items;
    assert.deepEqual(listed.map((each) => each.requests_per_minute), [3, 0, null]);
    assert.deepEqual(await statuses(4, () => server.get('/v1/areas', {token: more.token})), [200, 200, 200, 429]);
    assert.deepEqual(await statuses(6, () => server.get('/v1/areas', {token: none.token})), Array(6).fill(200));
    assert.deepEqual(await statuses(3, () => server.get('/v1/areas', {token: same.token})), [200, 200, 429]);
    await server.get('/v1/areas', {token: more.token, status: 429});
  }));

  test('of a role that does not do are counted too', async () => withServer([], async (server) => {
    const {token} = await server.newToken({role: 'reader', name: 'curious', requests_per_minute: 2});
    assert.deepEqual(await statuses(3, () => server.get('/v1/tokens', {token})), [403, 403, 429]);
    assert.equal((await server.get('/v1/areas', {token})).status, 429);
  }));

  test('that is to have an impossible limit are not made', async () => withServer([], async (server) => {
    for (const [wanted, pointer] of [[-1, '/requests_per_minute'], [1.5, '/requests_per_minute'], ['5', '/requests_per_minute'], [10000001, '/requests_per_minute']]) {
      const {json} = await server.post('/v1/tokens', {role: 'reader', name: 'x', requests_per_minute: wanted}, {status: 422});
      assert.deepEqual(json.errors.map((each) => each.pointer), [pointer]);
    }
  }));

  test('whose token was made on the command line have the limit named there', async () => withServer([], async (server) => {
    const create = (...args) => run(['token', 'create', '--db', server.db, '--role', 'editor', '--name', 'script', ...args]);
    const made = await create('--requests-per-minute', '5', '--writes-per-minute', '1');
    assert.equal(made.code, 0, made.stderr);
    const {headers} = await server.post('/v1/areas', {name: 'x'}, {token: made.stdout.trim(), status: 201});
    assert.equal(headers['ratelimit-policy'], '"token";q=5;w=60, "token-writes";q=1;w=60');
    for (const wrongly of ['many', '', '-1', '1.5']) {
      const {code, stderr} = await create('--requests-per-minute', wrongly);
      if (wrongly === '') continue; // an empty value is an absent one, as in the environment
      assert.equal(code, 2, wrongly);
      assert.match(stderr, /--requests-per-minute .*whole number/);
    }
    assert.equal((await create('--writes-per-minute', '99999999')).code, 2);
  }));
});

test('a request beyond the limit is refused on its head, and its body not waited for', async () => withServer(['--address-writes', '1'], async (server) => {
  await server.post('/v1/areas', {name: 'x'}, {role: null, status: 401});
  const socket = net.connect({port: server.port, host: '127.0.0.1'});
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => { received += text; });
  const ended = new Promise((done) => socket.on('close', done));
  socket.write('POST /v1/areas HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{');
  await ended;
  assert.match(received, /^HTTP\/1\.1 429 [^]*\r\nRetry-After: \d+\r\n/i);
}));

test('a repeated create is counted as any other', async () => withServer([], async (server) => {
  const {token} = await server.newToken({role: 'editor', name: 'again', writes_per_minute: 2});
  const again = {token, headers: {'idempotency-key': 'one'}};
  assert.deepEqual(await statuses(3, () => server.post('/v1/areas', {name: 'Once'}, again)), [201, 201, 429]);
}));

test('where everybody is admin nobody is limited', async () => withServer(['--insecure-no-auth', '--address-requests', '1', '--address-writes', '1'], async (server) => {
  assert.deepEqual(await statuses(4, (i) => server.post('/v1/areas', {name: `Area ${i}`}, {role: null})), [201, 201, 201, 201]);
}));

test('a front end elsewhere may read how its limits stand', async () => withServer(['--cors-origin', 'https://front.example'], async (server) => {
  const {headers} = await server.get('/openapi.yaml', {role: null, headers: {origin: 'https://front.example'}});
  assert.match(headers['access-control-expose-headers'], /RateLimit, RateLimit-Policy, Retry-After/);
}));

describe('connections', () => {
  const open = (server, localAddress) => new Promise((done) => {
    const socket = net.connect({port: server.port, host: '127.0.0.1', localAddress});
    socket.on('error', () => {});
    socket.isOver = new Promise((over) => socket.once('close', () => over(true)));
    socket.once('connect', () => done(socket));
  });
  const counted = (server) => figure(server, 'entente_connections');

  test('of one address are so many at most; others connect, and a place that is given up is free again', async () => withServer(['--address-connections', '3'], async (server) => {
    const sockets = [];
    for (let i = 0; i < 3; i++) sockets.push(await open(server, '127.0.4.1'));
    await until(async () => (await counted(server)) === 4, 'three connections and the one that asks');
    const fourth = await open(server, '127.0.4.1'); // without a place: reserve.test.js
    assert.ok(await fourth.isOver);
    assert.equal(await figure(server, 'entente_connections_refused_total'), 1);
    await until(() => /warn {2}connections refused address=127\.0\.4\.1 open=3/.test(server.output.stderr), 'a line of the log');
    await server.get('/', {role: null, from: '127.0.4.2', status: 200});
    sockets[0].destroy();
    await until(async () => {
      const another = await open(server, '127.0.4.1');
      const status = await new Promise((done) => {
        another.once('data', (bytes) => done(bytes.toString().slice(9, 12)));
        another.isOver.then(() => done('refused'));
        another.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      });
      return status === '200';
    }, 'a free place');
    sockets.forEach((socket) => socket.destroy());
  }));

  test('of one address are half of all by default, so nobody takes them all', async () => withServer(['--connections', '16', '--threads', '1'], async (server) => {
    const sockets = [];
    for (let i = 0; i < 16; i++) sockets.push(await open(server, '127.0.4.3'));
    await Promise.all(sockets.slice(8).map(({isOver}) => isOver));
    await server.get('/', {role: null, from: '127.0.4.4', status: 200});
    sockets.forEach((socket) => socket.destroy());
  }));

  test('are any number when the limit is 0', async () => withServer(['--connections', '16', '--threads', '1', '--address-connections', '0'], async (server) => {
    const sockets = [];
    for (let i = 0; i < 12; i++) sockets.push(await open(server, '127.0.4.5'));
    await until(async () => (await counted(server)) === 13, 'all of them');
    sockets.forEach((socket) => socket.destroy());
  }));
});

test('a limit that is no number is refused at the start', async () => {
  for (const flag of ['address-requests', 'address-writes', 'sign-in-failures', 'token-requests', 'token-writes', 'address-connections']) {
    for (const value of ['-1', 'x', '1.5', '10000001']) {
      const {code, stderr} = await run(['serve', `--${flag}`, value]);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`--${flag} ${value.replace('.', '\\.')}: must be a number from 0 to 10`));
    }
  }
});
