// Whose address a client has behind a proxy: 127.0.0.9 and 10.0.0.0/8 are trusted here, and nobody else is believed.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import {run} from './lib/command.js';
import {answers, request} from './lib/raw.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const PROXY = '127.0.0.9';
let server;
before(async () => { server = await startServer({args: ['--trusted-proxy', '127.0.0.9,10.0.0.0/8,fd00::/8', '--address-requests', '2', '--address-connections', '2']}); });
after(() => server.stop());

// The address that the log tells for a request.
async function addressOf(headers, {from = PROXY, ...options} = {}) {
  const answer = await server.get('/healthz', {role: null, from, headers, status: 200, ...options});
  const id = answer.headers['x-request-id'];
  const line = await until(() => server.output.stderr.split('\n').find((each) => each.includes(`id=${id} `)), 'its line in the log');
  return / address=(\S+)$/.exec(line)[1];
}

describe('a trusted proxy is believed', () => {
  const cases = [
    ['X-Forwarded-For', {'x-forwarded-for': '192.0.2.1'}, '192.0.2.1'],
    ['what it added last', {'x-forwarded-for': '127.0.0.1, 192.0.2.1'}, '192.0.2.1'],
    ['past other trusted proxies', {'x-forwarded-for': '198.51.100.1, 192.0.2.1, 10.1.2.3'}, '192.0.2.1'],
    ['lines in their order', {'x-forwarded-for': ['198.51.100.1', '192.0.2.1', '10.1.2.3']}, '192.0.2.1'],
    ['IPv6 with a port', {'x-forwarded-for': '[2001:db8::1]:443'}, '2001:db8::1'],
    ['Forwarded', {forwarded: 'for=198.51.100.1, for="[2001:db8::2]:80";proto=https'}, '2001:db8::2'],
    ['one header where both came', {forwarded: 'for=198.51.100.1', 'x-forwarded-for': '192.0.2.1'}, '192.0.2.1'],
    ['nothing, when it says nothing', {}, PROXY],
  ];
  for (const [name, headers, address] of cases) {
    test(name, async () => assert.equal(await addressOf(headers), address));
  }
});

test('what cannot be read leaves the proxy\'s own address, and is answered', async () => {
  const hostile = ['', ',', 'unknown', '127.0.0.1 ', '192.0.2.1, x', "'; DROP TABLE history; --", '1'.repeat(5000), '192.0.2.1,'.repeat(1000) + 'x', '::'.repeat(200), '\u00ff\u00fe', '%31%39%32'];
  for (const value of hostile) {
    const expected = value === '127.0.0.1 ' ? '127.0.0.1' : PROXY;
    assert.equal(await addressOf({'x-forwarded-for': value}), expected, value.slice(0, 60));
  }
  assert.equal(await addressOf({forwarded: 'for=unknown'}), PROXY);
});

test('a Forwarded that cannot be read is refused: its beginning is the client\'s, and its end must not be lost by that', async () => {
  for (const value of ['for="192.0.2.1', 'for=192.0.2.1;for=192.0.2.2', '192.0.2.1', 'for="\\', '='.repeat(3000), 'for=192.0.2.1;x=", for=203.0.113.7', '=, for=203.0.113.9']) {
    const answer = await server.get('/v1/areas', {from: PROXY, status: 400, headers: {forwarded: value}});
    assert.match(answer.json.detail, /^Forwarded: /);
  }
});

test('nobody else is believed', async () => {
  for (const headers of [{'x-forwarded-for': '192.0.2.1'}, {forwarded: 'for=192.0.2.1'}]) assert.equal(await addressOf(headers, {from: '127.0.0.8'}), '127.0.0.8');
  assert.equal(await addressOf({'x-forwarded-for': '192.0.2.1'}, {socket: true}), 'local');
});

test('clients behind the proxy have an allowance each, an IPv6 network of 64 bits one together', async () => {
  const ask = async (client) => (await server.get('/', {role: null, from: PROXY, headers: {'x-forwarded-for': client}})).status;
  for (const [clients, expected] of [
    [['192.0.2.10', '192.0.2.10', '192.0.2.10', '192.0.2.11'], [200, 200, 429, 200]],
    [['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:ffff::', '2001:db8:0:2::1'], [200, 200, 429, 200]],
    [['198.51.100.1, 192.0.2.12', '198.51.100.2, 192.0.2.12', '198.51.100.3, 192.0.2.12'], [200, 200, 429]],
  ]) {
    const got = [];
    for (const client of clients) got.push(await ask(client));
    assert.deepEqual(got, expected);
  }
});

test('who is not trusted cannot get out of a limit by naming other addresses', async () => {
  const got = [];
  for (let i = 0; i < 3; i++) got.push((await server.get('/', {role: null, from: '127.0.0.7', headers: {'x-forwarded-for': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}`}})).status);
  assert.deepEqual(got, [200, 200, 429]);
});

test('a token that is for some networks only works behind the proxy from these', async () => {
  const {token} = await server.newToken({role: 'reader', name: 'office', networks: ['192.0.2.0/24']});
  const ask = async (from, client) => (await server.get('/v1/areas', {token, from, headers: {'x-forwarded-for': client}})).status;
  assert.equal(await ask(PROXY, '192.0.2.1'), 200);
  assert.equal(await ask(PROXY, '192.0.2.1, 203.0.113.1'), 401);
  assert.equal(await ask('127.0.0.8', '192.0.2.1'), 401);
});

test('the client\'s address is what stands in the history, not the proxy\'s', async () => {
  await server.put('/v1/areas/seen', {name: 'Seen'}, {from: PROXY, headers: {'x-forwarded-for': '192.0.2.77'}, status: 201});
  const {bytes} = await server.get('/v1/backup', {status: 200});
  assert.ok(bytes.includes('192.0.2.77'));
  assert.ok(!bytes.includes(PROXY));
});

test('the proxy itself may open more connections than one address', async () => {
  const wires = await Promise.all(Array.from({length: 6}, () => new Promise((done, failed) => {
    const socket = net.connect({port: server.port, host: '127.0.0.1', localAddress: PROXY});
    const chunks = [];
    socket.on('error', failed);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (answers(Buffer.concat(chunks)).length > 0) done({socket, status: answers(Buffer.concat(chunks))[0].status});
    });
    socket.on('close', () => failed(new Error('refused')));
    socket.write(request('GET', '/healthz'));
  })));
  assert.deepEqual(wires.map(({status}) => status), Array(6).fill(200));
  wires.forEach(({socket}) => socket.destroy());
});

test('a list of proxies with anything in it that is no network is refused at the start', async () => {
  for (const list of ['proxy.example', '10.0.0.1/8', '10.0.0.0/8,', '10.0.0.0/8, 192.0.2.1', 'x'.repeat(300), Array(65).fill('192.0.2.1').join()]) {
    const {code, stderr} = await run(['serve', '--trusted-proxy', list]);
    assert.equal(code, 2, list);
    assert.match(stderr, /--trusted-proxy/);
  }
});

test('who stands behind a proxy without naming it is warned that all its clients count as one', async () => {
  const blind = await startServer({args: ['--behind-proxy']});
  try {
    await until(() => /warn .*--trusted-proxy/.test(blind.output.stderr), 'the warning');
  } finally {
    await blind.stop();
  }
});
