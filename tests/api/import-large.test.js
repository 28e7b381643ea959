// Files that are larger than a body on the network may be: through the socket they are taken.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {dirname, join} from 'node:path';
import {operations} from './lib/contract.js';
import {binary, run, surroundings} from './lib/command.js';
import {assertModest} from './lib/memory.js';
import {newFolder, startServer} from './lib/server.js';

const limit = operations.find((each) => each.id === 'import').declared['x-body-limit'];
const folder = newFolder();
let server;

// Records at both ends of what counts as one line that is blank, so that little time is spent on them.
function write(name, ...records) {
  const [first, ...others] = records.map((record) => `${JSON.stringify(record)}\n`);
  writeFileSync(join(folder, name), `${first}${' '.repeat(limit)}\n${others.join('')}`);
  return join(folder, name);
}

before(async () => { server = await startServer(); });
after(async () => {
  await server.stop();
  rmSync(folder, {recursive: true});
});

async function command(...args) {
  const {code, stdout, stderr} = await run([...args, '--db', server.db]);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('beside a running server, import takes files that are larger than a body on the network may be', async () => {
  const file = write('large.ndjson', {resource: 'areas', slug: 'first', name: 'First', parent: 'last'}, {resource: 'areas', slug: 'last', name: 'Last'});
  assert.equal(await command('import', file), '2 rows, 2 created, 0 updated, 0 unchanged\n');
  assert.equal(await command('import', file), '2 rows, 0 created, 0 updated, 2 unchanged\n');
});

test('a fault in a large file is told with its line, and the file leaves nothing behind', async () => {
  const file = write('faulty.ndjson', {resource: 'areas', slug: 'third', name: 'Third'}, {resource: 'areas', slug: 'last', name: 'Last', parent: 'lost'});
  const {code, stderr} = await run(['import', file, '--db', server.db]);
  assert.equal(code, 1);
  assert.match(stderr, /line 3: \/parent .*lost/);
  await server.get('/v1/areas/third', {status: 404});
  assert.ok(!readdirSync(dirname(server.db)).some((name) => name.startsWith('.entente')));
});

test('on the network such a file is too large', async () => {
  const token = await server.token('admin');
  const {hostname, port} = new URL(server.url);
  const status = await new Promise((done, failed) => {
    const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson', 'content-length': limit + 1};
    const request = http.request({hostname, port, method: 'POST', path: '/v1/import', headers}, (answer) => {
      done(answer.statusCode);
      request.destroy();
    });
    request.on('error', failed).flushHeaders();
  });
  assert.equal(status, 413);
});

test('without a server, import takes a file of more than 256 MiB, and keeps little of it in memory', {skip: process.env.ENTENTE_IMPORT_MIB !== undefined && 'it takes long under sanitizers'}, async () => {
  const child = spawn(binary, ['import', '--db', join(folder, 'alone.db'), '--format', 'json', '-'], {env: surroundings(), stdio: ['pipe', 'pipe', 'ignore']});
  const line = Buffer.from(`${' '.repeat(1 << 20)}\n`);
  for (let i = 0; i < 260; i++) if (!child.stdin.write(line)) await new Promise((go) => { child.stdin.once('drain', go); });
  assertModest(child.pid, 'most of the file came');
  child.stdin.end('{"resource":"areas","slug":"a","name":"A"}\n');
  let report = '';
  for await (const text of child.stdout.setEncoding('utf8')) report += text;
  assert.equal(report, '1 rows, 1 created, 0 updated, 0 unchanged\n');
});
