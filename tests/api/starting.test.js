// While a registry is made ready, which can take minutes, the server says so on its address; nothing is read or written before it is.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {test} from 'node:test';
import {buildShim, failingDisk} from '../fault/disk.js';
import {binary, makeFolder, run} from '../fault/process.js';
import {surroundings} from './lib/command.js';
import {contract, holdSchema} from './lib/contract.js';
import {until} from './lib/wait.js';

const agreement = (i) => JSON.stringify({resource: 'agreements', slug: `a-${i}`, title: `A ${i}`, stage: 'proposed'});

// A server that has all statuses to derive again, on a disk whose flushes wait until they are let go.
async function startHeld(t, flags = []) {
  const folder = makeFolder(t);
  const db = join(folder, 'entente.db');
  const {code, stderr} = await run(['import', '--db', db, '--today', '2026-05-02', '-'], {input: Array.from({length: 300}, (_, i) => agreement(i)).join('\n')});
  assert.equal(code, 0, stderr);
  const disk = failingDisk(await buildShim(), folder, '*.db*');
  await disk.hold();
  const child = spawn(binary, ['serve', '--db', db, '--listen', '127.0.0.1:0', '--today', '2026-05-01', ...flags],
    {env: surroundings(disk.env), stdio: ['ignore', 'pipe', 'pipe']});
  const output = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
  const ended = new Promise((done) => child.on('close', (status, signal) => done(status ?? signal)));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [, url] = await until(() => /requests to (\S+) are answered 503/.exec(output.stderr), 'the line of the log that it answers');
  await until(disk.holds, 'the first flush');
  return {url, disk, db, output, ended, child};
}

test('until the registry is ready every request gets 503 with the reason, but /healthz, and then it is served', async (t) => {
  const {url, disk, db, output, ended, child} = await startHeld(t);
  assert.equal(output.stdout, '', 'it does not say yet that it listens');
  const alive = await fetch(`${url}/healthz`);
  assert.deepEqual([alive.status, await alive.json()], [200, {status: 'ok'}]);
  for (const [path, options] of [['/readyz'], ['/v1/agreements'], ['/'], ['/v1/areas', {method: 'POST', body: '{"name": "Robotics"}'}]]) {
    const answer = await fetch(url + path, options);
    assert.equal(answer.status, 503, path);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.match(answer.headers.get('retry-after'), /^[1-9]/);
    const problem = await answer.json();
    holdSchema(contract.components.schemas.Problem, problem, path);
    assert.equal(problem.type, '/problems/not-ready');
    assert.match(problem.detail, /deriving the status of all agreements/);
  }
  const command = await run(['token', 'list', '--db', db]);
  assert.equal(command.code, 1);
  assert.match(command.stderr, /another process owns the database, and does not answer at .*: it may still be starting/);
  await disk.heal();
  await until(() => output.stdout.includes(`listening on ${url}\n`), 'the line that it listens, on the same address');
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal((await fetch(`${url}/v1/agreements`)).status, 401);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('a signal stops a server that is not ready, and the next start goes on', async (t) => {
  const {disk, db, output, ended, child} = await startHeld(t);
  child.kill('SIGTERM');
  await disk.heal();
  assert.ok([0].includes(await ended), output.stderr);
  assert.doesNotMatch((await run(['check', '--db', db])).stdout, /WRONG/);
});

test('an address that is taken ends the start with the reason, before anything is derived', async (t) => {
  const {url, db} = await startHeld(t);
  const other = join(db, '..', 'other.db');
  await run(['import', '--db', other, '--today', '2026-05-02', '-'], {input: agreement(1)});
  const {code, stderr} = await run(['serve', '--db', other, '--today', '2026-05-01', '--listen', url.replace('http://', '')]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot listen on .*: Address already in use/);
  assert.doesNotMatch(stderr, /could not be brought up to today|search index/);
});
