// Sizes of a head, from nothing up to each limit and past it: every request gets an answer, and every refusal is a problem.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import * as raw from './lib/raw.js';
import {contract, operations} from './lib/contract.js';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';

let server;
before(async () => { server = await startServer({env: unlimited}); });
after(() => server.stop());

const many = (count, make) => Array.from({length: count}, (_, index) => make(index));
const walk = (limit) => [...many(9, (step) => Math.round((limit * step) / 8)), limit - 1, limit + 1, Math.round(limit * 1.1)];
const usual = () => Object.fromEntries(many(20, (index) => [`X-Usual-${index}`, 'x'.repeat(60)])); // as a browser and a proxy send

async function ask(target, headers = {}) {
  const {answers} = await raw.exchange(server.port, raw.request('GET', target, headers), {seconds: 5});
  assert.equal(answers.length, 1, 'there is an answer');
  const [{status, headers: got, body}] = answers;
  if (status >= 400) {
    assert.match(got['content-type'] ?? '', /^application\/problem\+json/, `${status} is a problem`);
    assert.equal(JSON.parse(body).status, status);
  }
  return status;
}

test('any number of parameters is answered', async () => {
  const target = (count) => `/v1/nothing?${many(count, (index) => `a${index}=1`).join('&')}`;
  for (const headers of [{}, usual()]) {
    for (const count of walk(256)) assert.equal(await ask(target(count), headers), count > 256 ? 400 : 404, `${count}`);
    for (let count = 300; count <= 1000; count += 20) assert.equal(await ask(target(count), headers), 400, `${count}`);
    assert.equal(await ask(`/healthz?${many(435, (index) => `a${index}=1`).join('&')}`, headers), 400);
  }
});

test('any length of an address is answered', async () => {
  for (const size of [...walk(8192), 20_000, 30_000]) {
    assert.equal(await ask(`/healthz${size > 8 ? '?' : ''}`.padEnd(size, 'x').replace('/healthz?', '/nothing?'), usual()), size > 8192 ? 414 : size > 8 ? 404 : 200, `${size}`);
  }
});

test('any number and size of headers is answered', async () => {
  const numbered = (count) => Object.fromEntries(many(count - 1, (index) => [`X-H-${index}`, 'x'])); // and Host
  for (const count of [1, 10, 50, 99, 100, 101, 150, 300]) assert.equal(await ask('/healthz', numbered(count)), count > 100 ? 431 : 200, `${count}`);
  const one = 'X-Long'.length + 'Hostlocalhost'.length;
  for (const size of walk(16_384).filter((each) => each >= one)) {
    assert.equal(await ask('/healthz', {'X-Long': 'x'.repeat(size - one)}), size > 16_384 ? 431 : 200, `${size}`);
  }
});

test('any number and size of cookies is answered', async () => {
  for (const headers of [{}, usual()]) {
    for (const count of [...walk(100), 200, 300, ...many(30, (step) => 380 + step * 10), 1000]) {
      const cookie = many(Math.max(count, 1), (index) => `c${index}=1`).join('; ');
      assert.equal(await ask('/healthz', {...headers, Cookie: cookie}), count > 100 ? 431 : 200, `${count}`);
    }
    for (const size of walk(8192).map((each) => Math.max(each, 2))) {
      assert.equal(await ask('/healthz', {...headers, Cookie: 'c='.padEnd(size, 'x')}), size > 8192 ? 431 : 200, `${size}`);
    }
  }
});

test('parameters and cookies together are answered, however many', async () => {
  const target = (count) => `/v1/nothing?${many(count, (index) => `a${index}=1`).join('&')}`;
  const cookies = (count) => ({Cookie: many(count, (index) => `c${index}=1`).join('; ')});
  for (const [parameters, count] of [[100, 100], [200, 100], [200, 190], [256, 300], [250, 600], [1, 1000]]) {
    const status = await ask(target(parameters), cookies(count));
    assert.equal(status, count > 100 ? 431 : 404, `${parameters} parameters, ${count} cookies`);
  }
});

test('a client that ends its side in the middle of a head gets no answer', async () => {
  const wire = raw.open(server.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nCookie: a');
  wire.end();
  await wire.over;
  assert.equal(wire.received().length, 0);
});

test('a body of any size is answered', async () => {
  const limit = 1_048_576;
  const headers = {Authorization: `Bearer ${await server.token('editor')}`, 'Content-Type': 'application/json'};
  for (const size of [0, 1, 1000, limit - 1, limit, limit + 1, limit * 2]) {
    const over = size > limit; // refused by its head
    const {answers: [answer]} = await raw.exchange(server.port, raw.request('POST', '/v1/areas', {...headers, 'Content-Length': size}, over ? '' : Buffer.alloc(size, 0x20)));
    assert.equal(answer?.status, over ? 413 : 400, `${size}`);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  }
});

test('every operation lists what it answers, or says by its default that a refusal is a problem', async () => {
  for (const {id, declared} of operations) {
    assert.deepEqual(declared.responses.default, {$ref: '#/components/responses/Problem'}, id);
    assert.ok(Object.keys(declared.responses).some((status) => /^2/.test(status)), id);
  }
  assert.ok(contract.components.responses.Problem.content['application/problem+json']);
  for (const path of ['/problems/%1F', '/assets/%1F', '/healthz?x=1', '/readyz?x=1', '/v1/organizations/%1F']) {
    await server.get(path, {role: null, status: 400});
  }
});
