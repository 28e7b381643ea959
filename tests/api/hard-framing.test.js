// Requests that two programs could read differently, and heads that break the rules of HTTP.
import assert from 'node:assert/strict';
import { exchange, open, request, settle } from './lib/raw.js';
import { assertProblem, underAttack } from './lib/hard.js';

const hard = underAttack();
const { harmless } = hard;
const RECORD = '{"name":"smuggled"}';
const SMUGGLED = `POST /v1/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${RECORD.length}\r\n\r\n${RECORD}`;

/** A POST whose head lines are those, followed by `body`. */
function post(lines, body = '', version = 'HTTP/1.1') {
  return `POST /v1/organizations ${version}\r\n${['Host: localhost', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n${body}`;
}

/** The bytes get one refusal at most, 4xx or 5xx, and the connection is closed: what follows is never a request. */
async function refused(bytes, { silently = false } = {}) {
  const result = await exchange(hard.port, bytes, { closes: true });
  assert.ok(result.closed, `the connection is closed after ${JSON.stringify(String(bytes).slice(0, 120))}`);
  assert.ok(result.answers.length <= 1, 'what follows is not taken for a request');
  if (!silently) assert.equal(result.answers.length, 1, 'there is an answer');
  for (const answer of result.answers) assert.ok(answer.status >= 400, `${answer.status} to ${JSON.stringify(String(bytes).slice(0, 120))}`);
  return result.answers[0];
}

async function refusedAsMalformed(bytes) {
  return assertProblem(await refused(bytes), 400, 'malformed-request');
}

harmless('Content-Length with Transfer-Encoding is refused, in either order', async () => {
  await refusedAsMalformed(post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`));
  await refusedAsMalformed(post(['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${SMUGGLED}`));
  await refusedAsMalformed(post([`Content-Length: ${SMUGGLED.length}`, 'transfer-encoding:chunked'], `0\r\n\r\n${SMUGGLED}`));
});

harmless('two Content-Length are refused, equal or not', async () => {
  await refusedAsMalformed(post(['Content-Length: 0', 'Content-Length: 5'], SMUGGLED));
  await refusedAsMalformed(post(['Content-Length: 2', 'Content-Length: 2'], `{}${SMUGGLED}`));
  await refused(post(['Content-Length: 2, 2'], `{}${SMUGGLED}`));
});

for (const length of ['-1', '+2', '2x', '0x2', '2 2', '1e1', '2.0', '', 'two', '18446744073709551616', '99999999999999999999999', '٢']) {
  harmless(`a Content-Length of "${length}" is refused`, async () => {
    await refused(Buffer.from(post([`Content-Length: ${length}`], `{}${SMUGGLED}`)));
  });
}

for (const coding of ['xchunked', 'gzip', 'identity', 'gzip, chunked', 'chunked, identity', 'chunked, chunked', ' chunked x', 'chunked;q=1', '\vchunked', '"chunked"', '']) {
  harmless(`a Transfer-Encoding of ${JSON.stringify(coding)} is refused`, async () => {
    await refused(post([`Transfer-Encoding: ${coding}`], `0\r\n\r\n${SMUGGLED}`));
  });
}

harmless('two Transfer-Encoding are refused', async () => {
  await refusedAsMalformed(post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${SMUGGLED}`));
  await refusedAsMalformed(post(['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`));
});

harmless('Transfer-Encoding in HTTP/1.0 is refused', async () => {
  await refused(post(['Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`, 'HTTP/1.0'));
});

harmless('chunks that are malformed are refused', async () => {
  for (const body of [`zz\r\n{}\r\n0\r\n\r\n`, `-2\r\n{}\r\n0\r\n\r\n`, `0x2\r\n{}\r\n0\r\n\r\n`, `2\r\n{}xx0\r\n\r\n`, `${'f'.repeat(40)}\r\n{}`, `+2\r\n{}\r\n0\r\n\r\n`]) {
    await refused(post(['Transfer-Encoding: chunked'], body), { silently: true });
  }
});

harmless('two Host are refused, and none too', async () => {
  await refusedAsMalformed('GET /v1/areas HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  await refusedAsMalformed('GET /v1/areas HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n');
  await refused('GET /v1/areas HTTP/1.1\r\n\r\n');
  await refused('GET /v1/areas HTTP/1.1\r\nAccept: */*\r\n\r\n');
});

harmless('HTTP/1.0 is answered, and its connection closed', async () => {
  const { answers, closed } = await exchange(hard.port, 'GET /v1/organizations/itri HTTP/1.0\r\nHost: localhost\r\n\r\n', { closes: true });
  assert.equal(answers[0].status, 200);
  assert.ok(closed);
});

harmless('HTTP/0.9, HTTP/2 and other versions are refused', async () => {
  await refused('GET /v1/areas\r\n\r\n', { silently: true });
  await refused('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', { silently: true });
  for (const version of ['HTTP/2', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/1.', 'HTTP/11', 'http/1.1', 'HTTPS/1.1', 'ICAP/1.0', 'HTTP/1.1x', 'HTTP/-1.1', 'HTTP/1.1 HTTP/1.1']) {
    await refused(`GET /v1/areas ${version}\r\nHost: localhost\r\n\r\n`, { silently: true });
  }
});

harmless('what is no HTTP at all is refused', async () => {
  for (const bytes of ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'hello\r\n\r\n', 'SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n', '\x80\x81\x82\x83\r\n\r\n', `${'\0'.repeat(500)}\r\n\r\n`]) {
    const wire = open(hard.port, bytes);
    wire.end();
    const { answers } = await settle(wire);
    await wire.over;
    assert.ok(answers.every(({ status }) => status >= 400));
  }
});

harmless('a method that nobody knows is refused', async () => {
  for (const method of ['BREW', 'get', 'CONNECT', 'TRACE', 'POST2', 'x'.repeat(1000)]) {
    const { answers } = await exchange(hard.port, `${method} /v1/organizations HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const problem = assertProblem(answers[0], 405, 'method-not-allowed');
    assert.equal(answers[0].headers.allow, 'GET, HEAD, POST, OPTIONS');
    assert.ok(problem.detail.length < 2000);
  }
  for (const method of ['G ET', '(GET)', 'G\tET', '"GET"']) {
    await refused(`${method} /v1/organizations HTTP/1.1\r\nHost: localhost\r\n\r\n`, { silently: true });
  }
});

harmless('a header line that goes on in the next one is refused or read as one value', async () => {
  const folded = post(['X-Long: a', ' b', `Content-Length: ${RECORD.length}`], '');
  const { answers } = await exchange(hard.port, folded.replace('Content-Length: 19', 'Content-Length: 2') + '[]');
  assert.ok(answers.length >= 1 && answers.every(({ status }) => status >= 400));
});

harmless('a length that is folded onto the next line is refused, or read as that length', async () => {
  const { answers } = await exchange(hard.port, post(['Content-Length:', ' 0'], 'GET /v1/areas HTTP/1.1\r\nHost: localhost\r\n\r\n'), { count: 2, seconds: 3 });
  assert.equal(answers[0].status, 400);
  assert.ok(answers.length === 1 || answers[1].status === 200);
});

harmless('a coding that is folded onto the next line does not smuggle', async () => {
  await refused(post(['Transfer-Encoding:', ' chunked', 'Content-Length: 0'], `0\r\n\r\n${SMUGGLED}`), { silently: true });
  await refused(post(['Transfer-Encoding: chu', ' nked'], `0\r\n\r\n${SMUGGLED}`), { silently: true });
});

harmless('a space before the colon is refused', async () => {
  await refused(post(['Content-Length : 0'], SMUGGLED));
  await refused(post(['Transfer-Encoding : chunked'], `0\r\n\r\n${SMUGGLED}`));
  await refused('GET /v1/areas HTTP/1.1\r\nHost : localhost\r\n\r\n');
  await refused('GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nX-A\t: b\r\n\r\n');
});

harmless('a header name that is no token is refused', async () => {
  for (const line of ['X(Y): a', 'X"Y: a', 'X/Y: a', 'X@Y: a', 'X\x01Y: a', 'Xé: a', 'X Y: a', 'X\x7f: a']) {
    await refused(`GET /v1/areas HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`);
  }
});

harmless('a header line without a colon is refused', async () => {
  await refused('GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n', { silently: true });
});

harmless('control characters in a header value are refused', async () => {
  for (const character of ['\x01', '\x08', '\x0b', '\x1b', '\x7f']) {
    await refusedAsMalformed(`GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nX-A: a${character}b\r\n\r\n`);
  }
});

harmless('a bare CR in a header does not make another header', async () => {
  await refused(post(['X-A: a\rTransfer-Encoding: chunked', 'Content-Length: 0'], `0\r\n\r\n${SMUGGLED}`), { silently: true });
});

harmless('Expect: 100-continue is answered before the body comes', async () => {
  const wire = open(hard.port, request('POST', '/v1/organizations', { 'Content-Type': 'application/json', 'Content-Length': '2', Expect: '100-continue' }));
  const first = await settle(wire);
  assert.equal(first.answers[0].status, 100);
  wire.write('[]');
  const { answers } = await settle(wire, { count: 2 });
  assertProblem(answers[1], 422, 'invalid-body');
  wire.destroy();
});

harmless('Expect: 100-continue is refused at once where the body would be', async () => {
  const { answers } = await exchange(hard.port, request('POST', '/v1/organizations', { 'Content-Type': 'application/json', 'Content-Length': '99999999', Expect: '100-continue' }), { closes: true });
  assertProblem(answers[0], 413, 'body-too-large');
});

harmless('pipelined requests are answered in order', async () => {
  const one = (target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const { answers } = await exchange(hard.port, [one('/v1/organizations/itri'), one('/v1/organizations/nobody'), post(['Content-Length: 2'], '[]'), one('/v1/areas')].join(''), { count: 4 });
  assert.deepEqual(answers.map(({ status }) => status), [200, 404, 422, 200]);
});

harmless('five hundred pipelined requests are all answered', async () => {
  const { answers } = await exchange(hard.port, 'GET /v1/organizations/itri HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(500), { count: 500, seconds: 20 });
  assert.equal(answers.length, 500);
  assert.ok(answers.every(({ status }) => status === 200));
});

harmless('after a refusal before the body, the body is not read as a request', async () => {
  const smuggling = SMUGGLED.length;
  await refused(`POST /v1/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggling}\r\n\r\n${SMUGGLED}`);
  await refused(`PUT /v1/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggling}\r\n\r\n${SMUGGLED}`);
});

harmless('a GET with a body is answered, and the body is not read as a request', async () => {
  const { answers } = await exchange(hard.port, `GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}GET /v1/areas HTTP/1.1\r\nHost: localhost\r\n\r\n`, { count: 2, seconds: 3 });
  assert.ok(answers.length >= 1 && answers.every(({ status }) => status === 200 || status === 400));
});

harmless('a head of 10,000 headers, or of half a million bytes, is refused', async () => {
  await refused(`GET /v1/areas HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(100_000)}\r\n`, { silently: true });
  await refused(`GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(500_000)}\r\n\r\n`, { silently: true });
});

harmless('a header that may come once is refused when it comes twice', async () => {
  await refusedAsMalformed('GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n');
  await refusedAsMalformed(post(['Content-Type: text/plain', 'Content-Length: 2'], '[]'));
});

harmless('the log has no control character that a request brought', async () => {
  await exchange(hard.port, 'GET /v1/%0d%0aforged HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await exchange(hard.port, 'GET /v1/\x1b[31mred HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await exchange(hard.port, 'G\x1bT /v1/areas HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.doesNotMatch(hard.log(), /[\x00-\x09\x0b-\x1f\x7f]/);
});
