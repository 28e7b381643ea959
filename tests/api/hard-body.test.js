// Bodies that no honest client sends.
import assert from 'node:assert/strict';
import { deflateSync, gzipSync } from 'node:zlib';
import { exchange, open, request, settle } from './lib/raw.js';
import { assertProblem, underAttack } from './lib/hard.js';

const MILLION = 1_000_000;
const BODY_LIMIT = 1_048_576;
const hard = underAttack();
const { harmless } = hard;
const json = { 'Content-Type': 'application/json' };

async function post(body, headers = json, target = '/v1/organizations') {
  const { answers } = await exchange(hard.port, request('POST', target, headers, body));
  assert.equal(answers.length, 1, 'there is one answer');
  return answers[0];
}

async function refusesJson(body) {
  const problem = assertProblem(await post(body), 400, 'malformed-json');
  assert.match(problem.detail, /^line \d+, column \d+: /);
  return problem;
}

async function refusesBody(body, pointer, code, target) {
  const problem = assertProblem(await post(JSON.stringify(body), json, target), 422, 'invalid-body');
  const fault = problem.errors.find((one) => one.pointer === pointer);
  assert.ok(fault, `a fault at ${pointer}: ${JSON.stringify(problem.errors).slice(0, 500)}`);
  if (code !== undefined) assert.equal(fault.code, code);
  return problem;
}

harmless('malformed JSON is named with line and column', async () => {
  for (const body of ['{', '}', '{"name":}', '{"name":"x",}', "{'name':'x'}", '{"name":"x"}{', '{"name":"x"} x', '[1,2', 'nul', '"x"', '42', 'null', '{"name": tru}', '{"name":01}', '{"name":+1}', '{"name":.5}', '{"name":NaN}', '{"name":Infinity}', '\ufeff{"name":"x"}', '{"name":"x"} // why', '{"name":"tab\there"}']) {
    await refusesJson(body);
  }
  const problem = await refusesJson('{\n  "name": "x",\n  "slug" "y"\n}');
  assert.match(problem.detail, /^line 3, /);
});

harmless('JSON that is cut at any byte is refused', async () => {
  const whole = '{"name":"大阪 \\u00e9","names":[{"value":"x","lang":"en"}],"tags":["a"]}';
  const bytes = Buffer.from(whole);
  for (let size = 1; size < bytes.length; size++) await refusesJson(bytes.subarray(0, size));
});

harmless('a body that is compressed, or says so, is refused as it stands: nothing is unpacked', async () => {
  const plain = '{"name":"Compressed"}';
  const bomb = gzipSync(`{"name":"${' '.repeat(64 * MILLION)}x"}`);
  assert.ok(bomb.length < BODY_LIMIT);
  for (const [coding, body] of [['gzip', gzipSync(plain)], ['gzip', bomb], ['x-gzip', gzipSync(plain)], ['deflate', deflateSync(plain)], ['gzip', plain], ['identity, gzip', plain], ['br', plain]]) {
    const problem = assertProblem(await post(body, { ...json, 'Content-Encoding': coding }), 415, 'unsupported-media-type');
    assert.match(problem.detail, /coding/);
  }
  assertProblem(await post(plain, { ...json, 'Content-Encoding': ['identity', 'gzip'] }), 415, 'unsupported-media-type');
  assertProblem(await post('{', { ...json, 'Content-Encoding': 'Identity' }), 400, 'malformed-json');
});

harmless('a body that nests 65 levels deep is refused, and 100,000 levels too', async () => {
  for (const levels of [65, 100_000]) {
    const problem = await refusesJson('['.repeat(levels) + ']'.repeat(levels));
    assert.match(problem.detail, /nest|deep/);
    await refusesJson('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
    await refusesJson('['.repeat(levels));
  }
});

harmless('64 levels are read, and then judged as what they are', async () => {
  const body = '{"description":' + '['.repeat(63) + ']'.repeat(63) + ',"name":"x"}';
  assertProblem(await post(body), 422, 'invalid-body');
});

harmless('a member that comes twice is refused, at every level', async () => {
  for (const body of ['{"name":"a","name":"b"}', '{"name":"a","n\\u0061me":"b"}', '{"name":"a","names":[{"value":"x","value":"y"}]}']) {
    const problem = await refusesJson(body);
    assert.match(problem.detail, /duplicate|twice/i);
  }
});

harmless('bytes that are not UTF-8 are refused', async () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe5, 0xa4], [0x80], [0x93, 0xfa, 0x96, 0x7b]]) {
    await refusesJson(Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]));
  }
});

harmless('halves of surrogate pairs are refused', async () => {
  for (const body of ['{"name":"\\ud800"}', '{"name":"\\udc00"}', '{"name":"\\ud800\\u0041"}']) await refusesJson(body);
});

harmless('NUL is refused, escaped or raw, in values, names and around them', async () => {
  for (const body of ['{"name":"a\\u0000b"}', '{"name":"a\0b"}', '{"name\\u0000":"a"}', '{"na\0me":"a"}', '{"name":"a"}\0', '\0{"name":"a"}', '\0']) {
    await refusesJson(body);
  }
});

harmless('huge numbers are refused', async () => {
  for (const number of ['9223372036854775808', '-9223372036854775809', '1e999', '-1e999', '9'.repeat(100_000)]) {
    await refusesJson(`{"title":"x","term_months":${number}}`);
  }
  for (const number of [9007199254740991, -1, 0, 12001, 1.5]) {
    await refusesBody({ title: 'x', term_months: number }, '/term_months', undefined, '/v1/agreements');
  }
  assertProblem(await post('{"title":"x","term_months":1e5}', json, '/v1/agreements'), 422, 'invalid-body');
});

harmless('wrong types are all named at once', async () => {
  const problem = await refusesBody({ name: 5, slug: {}, names: 'x', kind: [], country: true, tags: { a: 1 }, relations: [7] }, '/name', 'type');
  for (const pointer of ['/name', '/slug', '/names', '/kind', '/country', '/tags', '/relations/0']) {
    assert.ok(problem.errors.some((fault) => fault.pointer === pointer), pointer);
  }
});

harmless('an array where a record belongs is refused', async () => {
  assertProblem(await post('[]'), 422, 'invalid-body');
  assertProblem(await post('[{"name":"x"}]'), 422, 'invalid-body');
});

harmless('unknown members are refused, with the nearest known name', async () => {
  const problem = await refusesBody({ name: 'x', nmaes: [] }, '/nmaes');
  assert.match(problem.errors[0].message, /names/);
  await refusesBody({ name: 'x', __proto: 1 }, '/__proto');
  await refusesBody({ name: 'x', '': 1 }, '/');
  await refusesBody({ name: 'x', 'a/b~c': 1 }, '/a~1b~0c');
  assertProblem(await post(JSON.stringify({ name: 'x', ['k'.repeat(100_000)]: 1 })), 422, 'invalid-body');
});

harmless('a string of a million characters is refused where it is too long', async () => {
  const problem = await refusesBody({ name: 'x'.repeat(MILLION) }, '/name');
  assert.ok(JSON.stringify(problem).length < 10_000, 'the answer does not send it back');
  await refusesBody({ name: 'x', description: 'é'.repeat(500_000) }, '/description');
  await refusesBody({ name: 'x', slug: 'a'.repeat(MILLION) }, '/slug');
  await refusesBody({ name: 'x', website: 'http://' + 'a'.repeat(MILLION) }, '/website');
  await refusesBody({ title: 'x', concluded_on: '2'.repeat(MILLION) }, '/concluded_on', undefined, '/v1/agreements');
});

harmless('an array of 10,000 items is refused, and its answer stays small', async () => {
  for (const items of [Array(10_000).fill({ value: 'x' }), Array(10_000).fill(7), Array(10_000).fill({ value: 5, kind: 'x' })]) {
    const problem = await refusesBody({ name: 'x', names: items }, '/names');
    assert.ok(JSON.stringify(problem).length < 100_000);
  }
  await refusesBody({ title: 'x', parties: Array(10_000).fill('nobody') }, '/parties', undefined, '/v1/agreements');
});

harmless('more values than a record can need are refused before they cost memory', async () => {
  await refusesJson('[' + '{},'.repeat(300_000) + '{}]');
  await refusesJson('[' + '0,'.repeat(500_000) + '0]');
});

harmless('a body of another media type is refused', async () => {
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx', 'application/', '/', '', 'json', 'text/json', 'application/x-ndjson', 'a'.repeat(5000)]) {
    const problem = assertProblem(await post('{"name":"x"}', { 'Content-Type': type }), 415, 'unsupported-media-type');
    assert.match(problem.detail, /application\/json/);
  }
});

harmless('an empty body is refused', async () => {
  const { answers } = await exchange(hard.port, request('POST', '/v1/organizations', { ...json, 'Content-Length': '0' }));
  assertProblem(answers[0], 400, 'malformed-json');
  const without = await exchange(hard.port, request('POST', '/v1/organizations', json));
  assertProblem(without.answers[0], 400, 'malformed-json');
});

harmless('a patch that is no object, or breaks the record, is refused', async () => {
  for (const [body, status] of [['[]', 422], ['{"name":null}', 422], ['{"slug":"!"}', 422], ['{"title":"x"}', 422], ['{', 400], ['7', 400]]) {
    const { answers } = await exchange(hard.port, request('PATCH', '/v1/organizations/itri', { 'Content-Type': 'application/merge-patch+json' }, body));
    assert.equal(answers[0].status, status, answers[0].body);
  }
});

harmless('a Content-Length over the limit is answered before the body comes', async () => {
  for (const length of [BODY_LIMIT + 1, 4 * BODY_LIMIT, 999_999_999_999_999]) {
    const { answers, closed } = await exchange(hard.port, request('POST', '/v1/organizations', { ...json, 'Content-Length': String(length) }), { closes: true });
    assertProblem(answers[0], 413, 'body-too-large');
    assert.ok(closed, 'what follows is not taken for a request');
  }
});

harmless('a chunked body over the limit is answered before it is whole', async () => {
  const wire = open(hard.port, request('POST', '/v1/organizations', { ...json, 'Transfer-Encoding': 'chunked' }));
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
  for (let sent = 0; sent <= BODY_LIMIT; sent += 0x10000) wire.write(chunk);
  const { answers } = await settle(wire);
  assertProblem(answers[0], 413, 'body-too-large');
  await wire.over;
});

harmless('a body of exactly the limit is read', async () => {
  const { answers } = await exchange(hard.port, request('POST', '/v1/organizations', json, '{' + ' '.repeat(BODY_LIMIT - 2) + '}'));
  assertProblem(answers[0], 422, 'invalid-body');
});

harmless('an import of garbage is refused with line numbers', async () => {
  for (const [body, line] of [['{"resource":"organizations","name":"new"}\n{"resource":', 2], ['\0', 1], ['{"resource":"planets"}', 1], ['{"resource":"organizations","name":"a","slug":"new"}\n\n{"resource":"organizations","slug":"new","name":7}', 3]]) {
    const { answers } = await exchange(hard.port, request('POST', '/v1/import', { 'Content-Type': 'application/x-ndjson' }, body));
    assert.ok([400, 422].includes(answers[0].status), answers[0].body);
    const problem = JSON.parse(answers[0].body);
    assert.ok(problem.errors?.some((fault) => fault.line === line), answers[0].body);
  }
});
