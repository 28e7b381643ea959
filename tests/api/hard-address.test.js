// Request targets that hide something, are broken, or are too much.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, open, request } from './lib/raw.js';
import { assertProblem, underAttack } from './lib/hard.js';

const hard = underAttack();
const { harmless } = hard;

async function get(target, { method = 'GET', closes = false, seconds } = {}) {
  const result = await exchange(hard.port, request(method, target), { closes, seconds });
  assert.equal(result.answers.length, 1, `one answer to ${JSON.stringify(target.slice(0, 100))}`);
  return result.answers[0];
}

async function malformed(target, method) {
  return assertProblem(await get(target, { method }), 400, 'malformed-request');
}

harmless('a broken percent escape is refused, in path and query', async () => {
  for (const target of ['/v1/organizations/%', '/v1/organizations/%4', '/v1/organizations/%zz', '/v1/organizations/%%', '/v1/organizations/%-1', '/v1/organizations?slug=%', '/v1/organizations?slug=%1', '/v1/organizations?%g0=a', '/%', '/v1/organizations?slug=a&x=%2']) {
    await malformed(target);
  }
});

harmless('an escaped NUL is refused, wherever it stands', async () => {
  for (const target of ['/v1/organizations/itri%00', '/v1/organizations/itri%00x', '/v1/organizations%00/itri', '/%00', '/v1/organizations?slug=itri%00x', '/v1/organizations?slug%00=itri']) {
    await malformed(target);
    await malformed(target, 'DELETE');
  }
});

harmless('an encoded slash is refused', async () => {
  for (const target of ['/v1/organizations/a%2Fb', '/v1%2Forganizations', '/v1/organizations/%2f', '/v1/organizations%2Fitri']) {
    await malformed(target);
  }
});

harmless('dot segments are refused, plain or escaped', async () => {
  for (const target of ['/v1/../v1/organizations', '/v1/organizations/..', '/v1/organizations/.', '/../../../../etc/passwd', '/v1/%2e%2e/v1/areas', '/v1/organizations/%2E', '/v1/.%2e/x', '/assets/../openapi.yaml', '/..']) {
    await malformed(target);
  }
});

harmless('escapes that decode to no UTF-8 or to control characters are refused', async () => {
  for (const target of ['/v1/organizations/%ff', '/v1/organizations/%c0%ae', '/v1/organizations/%ed%a0%80', '/v1/organizations/%0d%0aX', '/v1/organizations/%1b', '/v1/organizations/%7f', '/v1/organizations?slug=%ff', '/v1/organizations?slug=%0a']) {
    await malformed(target);
  }
});

harmless('raw control characters in the request line are refused', async () => {
  for (const character of ['\x01', '\x08', '\x0b', '\x1b', '\x7f']) {
    const { answers } = await exchange(hard.port, `GET /v1/organizations/a${character}b HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    assert.equal(answers[0].status, 400);
  }
});

harmless('a raw NUL or bare CR never reaches a handler as a part of a name', async () => {
  for (const bytes of ['DELETE /v1/organizations/ipark\0x HTTP/1.1\r\nHost: localhost\r\n\r\n', 'DELETE /v1/organizations/ipark\rx HTTP/1.1\r\nHost: localhost\r\n\r\n', 'GET\0 /v1/areas HTTP/1.1\r\nHost: localhost\r\n\r\n', 'GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n']) {
    const { answers } = await exchange(hard.port, bytes, { seconds: 2 });
    assert.ok(answers.length <= 1 && answers.every(({ status }) => status === 200 || status >= 400));
  }
});

harmless('a target that is not a path is refused', async () => {
  for (const target of ['*', 'organizations', 'http://localhost/v1/organizations', '//v1/organizations', '?slug=itri', '\\v1\\organizations']) {
    const answer = await get(target);
    assert.ok([400, 404].includes(answer.status), `${target}: ${answer.status}`);
  }
});

harmless('an address over 8 KiB is refused, and just below it is read', async () => {
  const target = (size) => '/v1/organizations?slug=' + 'a'.repeat(size - '/v1/organizations?slug='.length);
  assert.equal((await get(target(8192))).status, 400);
  for (const size of [8193, 20_000, 32_000]) assertProblem(await get(target(size), { closes: true }), 414, 'uri-too-long');
  for (const size of [33_000, 50_000, 100_000]) { // the library's own words
    const answer = await get(target(size), { closes: true });
    assert.deepEqual([answer.status, answer.headers.connection], [414, 'close']);
  }
});

harmless('an address that fills the connection is refused', async () => {
  const { answers, closed } = await exchange(hard.port, request('GET', '/' + 'a'.repeat(2_000_000)), { closes: true });
  assert.ok(closed);
  assert.ok(answers.every(({ status }) => status === 414 || status === 413 || status === 431));
});

harmless('2,000 query arguments get an answer that reaches the client', async () => {
  const pairs = Array.from({ length: 2000 }, (_, index) => `a${index}=b`);
  const long = await exchange(hard.port, request('GET', `/v1/organizations?${pairs.join('&')}`), { closes: true });
  assertProblem(long.answers[0], 414, 'uri-too-long');
  const short = await get(`/v1/organizations?${Array(2000).fill('a=b').join('&')}`);
  assertProblem(short, 400, 'malformed-request');
  const empty = await get(`/v1/organizations?${'&'.repeat(2000)}`);
  assert.ok(empty.status === 200 || empty.status === 400);
  const bare = (count) => get(`/v1/organizations?${Array(count).fill('a').join('&')}`);
  assertProblem(await bare(256), 400, 'invalid-parameter');
  assertProblem(await bare(257), 400, 'malformed-request');
});

// The library runs out of memory for so many, and may close the connection without a word to the program. That each request has ended is looked
// at when the server stops.
test('2,000 query arguments leave nothing behind', async () => {
  const bytes = request('GET', `/v1/organizations?${Array(2000).fill('a=b').join('&')}`);
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let i = 0; i < 60; i++) {
      const { socket, over } = open(hard.port, bytes);
      await Promise.race([over, new Promise((done) => socket.once('data', done))]);
      socket.destroy();
    }
  }));
});

harmless('unknown, misspelt and repeated parameters are refused', async () => {
  for (const query of ['stauts=in_force', 'limit=0', 'limit=501', 'limit=x', 'limit=1&limit=2', 'limit=1e3', 'limit=', 'limit=99999999999999999999', 'sort=nothing', 'cursor=%21', 'cursor=AAAA', `cursor=${'A'.repeat(7000)}`, 'kind=mou%20x', 'fields__x=1']) {
    const answer = await get(`/v1/agreements?${query}`);
    const problem = JSON.parse(answer.body);
    assert.equal(answer.status, 400, `${query}: ${answer.body.slice(0, 300)}`);
    assert.match(problem.type, /invalid-(parameter|cursor)$/);
  }
});

harmless('a name that nothing has is not found, however it is written', async () => {
  for (const key of ["itri'--", '%27%20OR%201=1', '%22;DROP%20TABLE%20organizations', 'ITRI', 'itri%20', '%E5%A4%A7%E5%AD%A6', 'a'.repeat(7000), 'org_', 'org_00000000000000000000000000', 'org_zzzzzzzzzzzzzzzzzzzzzzzzzz', '%25s%25n']) {
    for (const method of ['GET', 'DELETE', 'HEAD']) {
      const { answers } = await exchange(hard.port, request(method, `/v1/organizations/${key}`), { seconds: method === 'HEAD' ? 0.3 : 10 });
      if (method !== 'HEAD') assert.equal(answers[0].status, 404, `${method} ${key}: ${answers[0].body}`);
    }
  }
});

harmless('a token that is none is refused without a word about it', async () => {
  for (const value of ['Bearer', 'Bearer ', 'Bearer x', 'Basic', 'Basic !', 'Basic Og==', `Bearer ${'a'.repeat(10_000)}`, `Basic ${'A'.repeat(10_000)}`, `Bearer ent_${'a'.repeat(38)}`, 'Digest x']) {
    const { answers } = await exchange(hard.port, request('GET', '/v1/organizations/itri', { Authorization: value }));
    assert.ok([200, 401].includes(answers[0].status)); // this server lets everybody in; it must only stay up
  }
});
