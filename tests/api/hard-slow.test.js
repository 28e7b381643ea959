// Clients that take their time, go silent, hang up halfway, or come in great number.
import assert from 'node:assert/strict';
import { open, request, settle } from './lib/raw.js';
import { underAttack } from './lib/hard.js';
import { ask, until } from '../fault/process.js';

const hard = underAttack(['--head-timeout', '1', '--body-timeout', '1', '--idle-timeout', '2']);
const { harmless } = hard;
const PATIENCE_MS = 8000;

const HEAD = 'GET /v1/organizations/itri HTTP/1.1\r\nHost: localhost\r\n';
const POST_HEAD = 'POST /v1/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

/** Sends `bytes` one at a time for as long as the connection stands; how long that was. */
async function drip(wire, bytes) {
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    if (!wire.closed) wire.write(bytes[sent++ % bytes.length]);
  }, 50);
  let late;
  await Promise.race([wire.over, new Promise((done) => (late = setTimeout(done, PATIENCE_MS)))]);
  clearTimeout(late);
  clearInterval(timer);
  return performance.now() - start;
}

async function assertCutOff(wire, bytes) {
  const lasted = await drip(wire, bytes);
  assert.ok(wire.closed, 'the server ends the connection');
  assert.ok(lasted < PATIENCE_MS);
}

/** How many connections the server counts now. */
async function connections() {
  const text = await (await fetch(`${hard.base}/metrics`)).text();
  return Number(/^\S*connections\S* (\d+)$/m.exec(text)[1]);
}

async function allGone() {
  await until(async () => (await connections()) < 10, 'the connections are given up');
}

harmless('a head that comes a byte at a time is cut off', async () => {
  await assertCutOff(open(hard.port, HEAD), 'X-A: b\r\n');
});

harmless('a request line that never ends is cut off', async () => {
  await assertCutOff(open(hard.port, 'G'), 'E');
  await assertCutOff(open(hard.port, 'GET /'), 'a');
});

harmless('empty lines before a request do not keep a connection', async () => {
  await assertCutOff(open(hard.port), '\r\n');
});

harmless('a body that comes a byte at a time is cut off', async () => {
  await assertCutOff(open(hard.port, `${POST_HEAD}Content-Length: 1000000\r\n\r\n{`), ' ');
});

harmless('a chunked body that comes a byte at a time is cut off', async () => {
  await assertCutOff(open(hard.port, `${POST_HEAD}Transfer-Encoding: chunked\r\n\r\n`), '1\r\n \r\n');
});

harmless('a body that stops halfway is cut off, and what came is not a record', async () => {
  const record = '{"name":"half"}';
  const wire = open(hard.port, `${POST_HEAD}Content-Length: ${record.length + 1}\r\n\r\n${record}`);
  await wire.over;
});

harmless('a connection that says nothing is given up, before and after a request', async () => {
  const silent = open(hard.port);
  await silent.over;
  const once = open(hard.port, `${HEAD}\r\n`);
  assert.equal((await settle(once)).answers[0].status, 200);
  await once.over;
});

harmless('300 slow senders do not hold the server', async () => {
  const wires = Array.from({ length: 300 }, (_, index) =>
    open(hard.port, index % 2 ? HEAD : `${POST_HEAD}Content-Length: 100000\r\n\r\n{`));
  await Promise.all(wires.map(({ connected }) => connected));
  await Promise.all(wires.map((wire) => assertCutOff(wire, 'X-A: b\r\n')));
  await allGone();
});

harmless('a client that sends its end after the request still gets its answer', async () => {
  for (const bytes of [`${HEAD}\r\n`, request('POST', '/v1/organizations', { 'Content-Type': 'application/json' }, '[]')]) {
    const wire = open(hard.port, bytes);
    wire.end();
    const { answers } = await settle(wire);
    assert.equal(answers.length, 1);
    await wire.over;
  }
});

harmless('a client that sends its end in the middle of a head or body is let go', async () => {
  for (const bytes of ['', 'GET', HEAD, `${POST_HEAD}Content-Length: 15\r\n\r\n{"name":`, `${POST_HEAD}Transfer-Encoding: chunked\r\n\r\nf\r\n{"name":"half"}\r\n`]) {
    const wire = open(hard.port, bytes);
    wire.end();
    await wire.over;
    assert.ok(wire.received().length === 0 || /^HTTP\/1\.1 4/.test(wire.received().toString()));
  }
});

harmless('a thousand clients that vanish before their answer do no harm', async () => {
  const list = request('GET', '/v1/organizations?limit=500');
  const refusedWrite = request('POST', '/v1/organizations', { 'Content-Type': 'application/json' }, '{"name":"x","slug":"itri"}');
  for (let round = 0; round < 10; round++) {
    const wires = Array.from({ length: 100 }, (_, index) => open(hard.port, index % 2 ? list : refusedWrite));
    await Promise.all(wires.map(({ connected }) => connected));
    for (const wire of wires) wire.socket.resetAndDestroy();
  }
  await allGone();
});

harmless('a client that asks much and reads nothing is let go or waits alone', async () => {
  const wire = open(hard.port);
  wire.socket.pause();
  for (let sent = 0; sent < 2000; sent++) wire.write('GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for (let asked = 0; asked < 50; asked++) assert.equal((await ask(hard.base, 'GET', '/healthz')).status, 200);
  wire.destroy();
  await allGone();
});

harmless('2,000 idle connections are held while others are answered promptly, and are given up in time', async () => {
  const wires = Array.from({ length: 2000 }, () => open(hard.port));
  await Promise.all(wires.map(({ connected }) => connected));
  for (let asked = 0; asked < 20; asked++) {
    const start = performance.now();
    assert.equal((await ask(hard.base, 'GET', '/healthz')).status, 200);
    assert.ok(performance.now() - start < 1000);
  }
  await Promise.all(wires.map(({ over }) => over));
  await allGone();
});
