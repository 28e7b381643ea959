// The largest bodies of each kind that are taken: none makes the process large, and others are answered meanwhile.
import {after, afterEach, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {operations, resolve} from './lib/contract.js';
import {assertModest} from './lib/memory.js';
import {startServer} from './lib/server.js';

const MIB = 1024 * 1024;
// Bodies of imports in MiB; less under sanitizers, where each record takes ten times as long.
const IMPORT = Number(process.env.ENTENTE_IMPORT_MIB ?? 8) * MIB;
let server;

before(async () => { server = await startServer({args: ['--address-requests', '0', '--address-writes', '0']}); });
after(() => server.stop());
afterEach((context) => assertModest(server.pid, context.name));

const fill = (piece, size) => piece.repeat(Math.floor(size / piece.length));
const shapes = {
  'one long text': (size) => `{"name":"${'x'.repeat(size - 11)}"}`,
  'one long name of a member': (size) => `{"${'/'.repeat(size - 7)}":1}`,
  'most values': (size) => `[{}${fill(',{}', size - 4)}]`,
  'most values in one': (size) => `{"names":[0${fill(',0', size - 20)}]}`,
  'most members': (size) => `{${Array.from({length: Math.floor(size / 12)}, (_, i) => `"a${i}":1`).join().slice(0, size - 20).replace(/,[^,]*$/, '')}}`,
  'the deepest': (size) => `${'['.repeat(Math.floor(size / 2))}${']'.repeat(Math.floor(size / 2))}`,
};

// Sends the body, and asks for /healthz until the answer is there.
async function sendBeside(method, path, options) {
  let over = false;
  const sent = server.request(method, path, options).finally(() => { over = true; });
  let asked = 0;
  do {
    const began = performance.now();
    await server.get('/healthz', {role: null, status: 200});
    assert.ok(performance.now() - began < 5000, 'others are answered meanwhile');
    asked++;
  } while (!over);
  assert.ok(asked > 0);
  return sent;
}

for (const {id, method, path, declared} of operations.filter((each) => each.declared.requestBody && each.id !== 'import')) {
  test(`${id} refuses the largest bodies of each kind`, async () => {
    const [type] = Object.keys(resolve(declared.requestBody).content);
    const address = path.replace(/\{[^}]+\}/g, 'nobody');
    for (const [kind, make] of Object.entries(shapes)) {
      const answer = await sendBeside(method, address, {body: make(declared['x-body-limit'] ?? MIB), headers: {'content-type': type}});
      assert.ok(answer.status >= 400 && answer.status < 500, `${kind}: ${answer.status}`);
    }
  });
}

async function importing(body, type, query = '') {
  const {status, json} = await sendBeside('POST', `/v1/import${query}`, {body, headers: {'content-type': type}});
  assert.equal(status, 422, JSON.stringify(json).slice(0, 500));
  assert.ok(json.errors.length <= 1000);
  return json;
}

const ndjson = 'application/x-ndjson';

test('an import of lines that are no records is refused, however many there are', async () => {
  const {detail, errors} = await importing(fill('1\n', IMPORT / 2), ndjson);
  assert.equal(detail, `${IMPORT / 4} errors in ${IMPORT / 4} records; nothing was written`);
  assert.deepEqual(errors.map(({line}) => line), errors.map((_, i) => i + 1));
});

test('an import of an array of empty objects is refused, however many there are', async () => {
  const {detail} = await importing(`[{}${fill(',{}', IMPORT)}]`, 'application/json');
  assert.match(detail, new RegExp(` in ${Math.floor(IMPORT / 3) + 1} records`));
});

test('an import of many short rows is refused, in whatever they are written', async () => {
  const rows = `slug\tname\n${fill('\tx\n', IMPORT / 8)}`;
  await importing(rows, 'text/tab-separated-values', '?resource=areas');
  await importing(Buffer.from(`\ufeff${rows}`, 'utf16le'), 'text/csv', '?resource=areas');
  await importing(rows, 'text/csv; charset=shift_jis', '?resource=areas');
});

test('a record that is too large is an error of its own, and what follows it is read', async () => {
  const large = 'x'.repeat(9 * MIB);
  const line = await importing(`{"name":"${large}"}\n1\n`, ndjson);
  assert.deepEqual(line.errors.map(({line: at, code}) => [at, code]), [[1, 'too_large'], [2, 'malformed']]);
  const item = await importing(`[{"name":"\\\\\\"]${large}"}, 1]`, 'application/json');
  assert.deepEqual(item.errors.map(({line: at, code}) => [at, code]), [[1, 'too_large'], [2, 'type']]);
  const row = await importing(`slug,name\r\na,"${large}\r\n"\r\n,b\r\n`, 'text/csv', '?resource=areas');
  assert.deepEqual(row.errors.map(({line: at, row: number, code}) => [at, number, code]), [[2, 2, 'too_large'], [4, 3, 'required']]);
  const header = await importing(`slug,${large}\r\na,b\r\n`, 'text/csv', '?resource=areas');
  assert.deepEqual(header.errors.map(({line: at, code}) => [at, code]), [[1, 'too_large']]);
});

test('one line of the largest body, and names of members as long as that, are refused', async () => {
  await importing(`{"${'/'.repeat(60 * MIB)}":1}`, ndjson);
  await importing(fill(`{"resource":"areas","slug":"a","name":"A","${'/'.repeat(64 * 1024)}":1}\n`, 4 * IMPORT), ndjson);
  await importing(`slug,name\na,"${'x'.repeat(60 * MIB)}`, 'text/csv', '?resource=areas');
});

test('many dates that were written in another way are told up to a thousand, and the rest counted', async () => {
  const rows = Array.from({length: 1500}, (_, i) => `{"resource":"organizations","slug":"o${i}","name":"O","established":"2019年7月"}\n`);
  const {json} = await sendBeside('POST', '/v1/import?dry_run=true', {body: rows.join(''), headers: {'content-type': ndjson}});
  assert.equal(json.rows, 1500);
  assert.equal(json.readings.length, 1000);
  assert.equal(json.more_readings, 500);
  assert.equal(json.more_errors, 0);
});

test('records that are left out cost no memory, and the others are written', async () => {
  const good = '{"resource":"areas","slug":"good","name":"Good"}\n';
  const {json} = await sendBeside('POST', '/v1/import?on_error=skip', {body: good + fill('1\n', IMPORT / 2), headers: {'content-type': ndjson}});
  assert.deepEqual([json.rows, json.created, json.failed, json.more_errors], [IMPORT / 4 + 1, 1, IMPORT / 4, IMPORT / 4 - 1000]);
  await server.get('/v1/areas/good', {status: 200});
});
