// Files of any size are taken through the socket, in little memory. With ENTENTE_HUGE=1 (make test-huge) they have five million records
// and two gibibytes; otherwise a hundredth of that, and less under sanitizers.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import {assertModest, peakMiB} from './lib/memory.js';
import {startServer} from './lib/server.js';

const SHARE = process.env.ENTENTE_HUGE === '1' ? 1 : process.env.ENTENTE_IMPORT_MIB === undefined ? 100 : 2500;
const RECORDS = 5_000_000 / SHARE;
const BYTES = 2 * 1024 ** 3 / SHARE;
const LINES = Math.min(512, Math.floor(BYTES / 4096));
let server;

before(async () => { server = await startServer(); });
after(() => server.stop());

// Sends `count` pieces, of which `piece(i)` gives one, and looks how much memory the server had at most.
async function importing(name, query, count, piece) {
  const began = performance.now();
  const request = http.request({socketPath: server.socket, method: 'POST', path: `/v1/import${query}`, headers: {'content-type': 'application/x-ndjson'}});
  const answered = new Promise((done, failed) => { request.on('response', done).on('error', failed); });
  let sent = 0;
  for (let i = 0, some = ''; i < count; i++) {
    some += piece(i);
    if (some.length < 1 << 20 && i < count - 1) continue;
    sent += some.length;
    if (!request.write(some)) await new Promise((go) => { request.once('drain', go); });
    some = '';
  }
  request.end();
  const answer = await answered;
  let text = '';
  for await (const some of answer.setEncoding('utf8')) text += some;
  console.log(`${name}: ${count} pieces, ${(sent / 1024 ** 2).toFixed(0)} MiB in ${((performance.now() - began) / 1000).toFixed(0)} s; at most ${peakMiB(server.pid).toFixed(0)} MiB of memory`);
  assertModest(server.pid, name);
  return {status: answer.statusCode, json: JSON.parse(text)};
}

test('so many records that are nothing but empty', async () => {
  const {status, json} = await importing('empty records', '', RECORDS, () => '{}\n');
  assert.equal(status, 422);
  assert.equal(json.detail, `${RECORDS} errors in ${RECORDS} records; nothing was written`);
});

test('so many bytes in few records', async () => {
  const room = ' '.repeat(Math.floor(BYTES / LINES) - 60);
  const {status, json} = await importing('long records', '?dry_run=true', LINES, (i) => `{"resource":"areas",${room}"slug":"a${i}","name":"A"}\n`);
  assert.deepEqual([status, json.created, json.failed], [200, LINES, 0]);
});

test('so many records that are written, and taken back', async () => {
  const {status, json} = await importing('records', '?dry_run=true', RECORDS, (i) => `{"resource":"areas","slug":"a${i}","name":"A"}\n`);
  assert.deepEqual([status, json.created, json.failed], [200, RECORDS, 0]);
  await server.get('/v1/areas/a1', {status: 404});
});
