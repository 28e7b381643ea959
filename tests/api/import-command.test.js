// entente import while it lasts: it shows how far it is on a terminal, can be interrupted, takes little memory, and leaves nothing
// behind where it did not do what it was asked for.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {binary, run, surroundings} from './lib/command.js';
import {isSanitized, peakMiB} from './lib/memory.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const folder = newFolder();
const small = join(folder, 'small.ndjson'), large = join(folder, 'large.ndjson');
const area = (slug, more) => `${JSON.stringify({resource: 'areas', slug, name: slug, ...more})}\n`;
const LARGE = process.env.ENTENTE_IMPORT_MIB === undefined ? 50_000 : 5_000;
let server, made = 0;

before(async () => {
  writeFileSync(small, area('a'));
  writeFileSync(large, Array.from({length: LARGE}, (_, i) => area(`large-${i}`)).join(''));
  server = await startServer();
});
after(async () => {
  await server.stop();
  rmSync(folder, {recursive: true});
});

// A folder of its own, to see what is left in it.
function place() {
  const own = join(folder, `own-${made++}`);
  mkdirSync(own);
  return {db: join(own, 'new.db'), left: () => readdirSync(own)};
}

describe('where there was no registry', () => {
  const file = (name, content) => { writeFileSync(join(folder, name), content); return join(folder, name); };
  const cases = {
    'a dry run': [[small, '--dry-run'], 0],
    'a file with an error': [[file('bad.ndjson', area('a') + area('b', {parent: 'nobody'}))], 1],
    'a file that cannot be read as what it should be': [[file('bad.csv', 'slug,nmae\n'), '--resource', 'areas'], 1],
    'a table without a resource': [[file('none.csv', 'slug,name\n')], 2],
    'a file of which all is left out': [[file('worse.ndjson', area('b', {parent: 'nobody'})), '--on-error', 'skip'], 1],
    'a file that is not there': [[join(folder, 'absent.ndjson')], 1],
    'a folder': [[folder], 1],
  };
  for (const [what, [args, expected]] of Object.entries(cases)) {
    test(`${what} leaves none`, async () => {
      const {db, left} = place();
      const {code, stderr} = await run(['import', '--db', db, ...args]);
      assert.deepEqual([code, left()], [expected, []], stderr);
    });
  }

  test('a file that is written leaves one, also one without records', async () => {
    for (const name of [small, file('empty.ndjson', '\n')]) {
      const {db, left} = place();
      assert.equal((await run(['import', '--db', db, name])).code, 0);
      assert.ok(left().includes('new.db'));
      assert.equal((await run(['import', '--db', db, '--dry-run', small])).code, 0);
      assert.equal((await run(['import', '--db', db, file('bad.ndjson', '{')])).code, 1);
      assert.ok(left().includes('new.db'));
      assert.equal((await run(['check', '--db', db])).code, 0);
    }
  });
});

// Runs the command on a terminal of its own; gives what was shown as it comes.
function onTerminal(args) {
  const line = [binary, ...args].map((each) => `'${each}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], {env: surroundings(), stdio: ['pipe', 'pipe', 'inherit']});
  const terminal = {shown: '', press: (key) => child.stdin.write(key)};
  child.stdout.setEncoding('utf8').on('data', (text) => { terminal.shown += text; });
  terminal.ended = new Promise((done) => child.on('close', (code) => done(code)));
  terminal.sees = (pattern) => until(() => pattern.test(terminal.shown), `${pattern} on the terminal`, 60_000);
  return terminal;
}
const skip = spawnSync('script', ['--version']).error !== undefined && 'there is no program script';

describe('on a terminal', {skip}, () => {
  test('it shows how far it is, with rows and a bar, and takes that away at the end', async () => {
    const terminal = onTerminal(['import', '--db', place().db, large]);
    assert.equal(await terminal.ended, 0);
    for (const doing of ['reading', 'entering', 'writing', 'recording']) assert.match(terminal.shown, new RegExp(`\\r\\x1b\\[K${doing} +\\d+% \\[#* *\\] \\d+ rows, \\d+ rows/s`));
    assert.match(terminal.shown, new RegExp(`\\r\\x1b\\[K${LARGE} rows, ${LARGE} created, 0 updated, 0 unchanged\\r\\n$`));
  });

  test('through the socket it shows how much was sent', async () => {
    const terminal = onTerminal(['import', '--db', server.db, '--dry-run', large]);
    assert.equal(await terminal.ended, 0);
    assert.match(terminal.shown, /\r\x1b\[Ksending +\d+% \[#* *\] \d+\.\d MiB, \d+\.\d MiB\/s/);
    assert.match(terminal.shown, new RegExp(`\\r\\x1b\\[K${LARGE} rows, ${LARGE} created, .*dry run\\)\\r\\n$`));
  });

  test('with --json it shows nothing but the report', async () => {
    const terminal = onTerminal(['import', '--db', server.db, '--json', '--dry-run', large]);
    assert.equal(await terminal.ended, 0);
    assert.equal(JSON.parse(terminal.shown).rows, LARGE);
  });

  test('Ctrl-C ends it while it writes, and leaves nothing', async () => {
    const {db, left} = place();
    const terminal = onTerminal(['import', '--db', db, large]);
    await terminal.sees(/entering/);
    terminal.press('\x03');
    assert.equal(await terminal.ended, 130);
    assert.match(terminal.shown, /entente import: interrupted\r\n/);
    assert.deepEqual(left(), []);
  });
});

test('nothing of that is shown where no terminal is', async () => {
  assert.deepEqual(await run(['import', '--db', server.db, small]), {code: 0, signal: null, stdout: '1 rows, 1 created, 0 updated, 0 unchanged\n', stderr: ''});
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal} ends it while it waits for the file, by that signal, and leaves nothing`, async () => {
    for (const [db, left] of [Object.values(place()), [server.db, () => []]]) {
      const child = spawn(binary, ['import', '--db', db, '-'], {env: surroundings(), stdio: ['pipe', 'ignore', 'pipe']});
      let told = '';
      child.stderr.setEncoding('utf8').on('data', (text) => { told += text; });
      const ended = new Promise((done) => child.on('close', (code, by) => done([code, by])));
      await new Promise((go) => child.stdin.write(area('waits').repeat(5000), go)); // more than a pipe holds, so it reads
      child.kill(signal);
      assert.deepEqual([await ended, told, left()], [[null, signal], 'entente import: interrupted\n', []]);
    }
    await server.get('/v1/areas/waits', {status: 404});
  });
}

test('the server gives up an import whose client goes away, and takes others', async () => {
  const terminal = skip ? null : onTerminal(['import', '--db', server.db, large]);
  if (terminal !== null) {
    await terminal.sees(/the server is at work/);
    terminal.press('\x03');
    assert.equal(await terminal.ended, 130);
  }
  const after = await run(['import', '--db', server.db, small]); // its turn comes when the other is over
  assert.equal(after.code, 0, after.stderr);
  await server.get('/v1/areas/large-0', {status: 404});
  await server.get(`/v1/areas/large-${LARGE - 1}`, {status: 404});
});

// Whether the server has the file open in which it notes what an import has to remember.
const isAtWork = () => readdirSync(`/proc/${server.pid}/fd`).some((fd) => {
  try {
    return readlinkSync(`/proc/${server.pid}/fd/${fd}`).includes('/.entente-');
  } catch {
    return false; // closed meanwhile
  }
});

// Sends the large file over the network, and gives the connection once the server is at work on it.
async function sendLarge() {
  const body = readFileSync(large), socket = connect({port: server.port, host: '127.0.0.1', allowHalfOpen: true});
  const token = await server.token('editor');
  socket.on('error', () => {});
  socket.write(`POST /v1/import?dry_run=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  socket.write(body);
  await until(isAtWork, 'the import has begun');
  return socket;
}

test('over the network a client that has closed its side gets its answer, and one that is gone ends its import', async () => {
  const patient = await sendLarge();
  patient.end();
  let answer = '';
  for await (const text of patient.setEncoding('utf8')) answer += text;
  if (answer !== '') { // libmicrohttpd sometimes ends such a connection before the answer
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.match(answer, new RegExp(`"rows":${LARGE},"created":${LARGE},`));
  }
  const given = () => server.output.stderr.match(/path=\/v1\/import status=(503|0) /g)?.length ?? 0, before = given(); // 0: nobody was there to be told
  (await sendLarge()).resetAndDestroy();
  await until(() => given() > before, 'the import is given up');
});

test('through the socket it takes a large file, be it a pipe, without keeping it', async () => {
  const child = spawn(binary, ['import', '--db', server.db, '-'], {env: surroundings(), stdio: ['pipe', 'pipe', 'inherit']});
  const line = Buffer.from(`${' '.repeat(1 << 20)}\n`);
  for (let i = 0; i < 80; i++) if (!child.stdin.write(line)) await new Promise((go) => { child.stdin.once('drain', go); });
  const used = peakMiB(child.pid), sanitized = isSanitized(child.pid);
  child.stdin.end(area('piped'));
  let report = '';
  for await (const text of child.stdout.setEncoding('utf8')) report += text;
  assert.equal(report, '1 rows, 1 created, 0 updated, 0 unchanged\n');
  assert.ok(sanitized || used < 40, `${used} MiB`);
});
