// How a server starts: what it says, and on which files and sockets.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {binary, run, surroundings} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

/** A folder that is removed when the test ends. */
function folderFor(t) {
  const folder = newFolder();
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

test('a new database is told of in one line, and a database that is up to date in none', async (t) => {
  const db = join(folderFor(t), 'entente.db');
  const logOf = async () => {
    const server = await startServer({db});
    await server.stop();
    return server.output.stderr;
  };
  assert.equal((await logOf()).match(/migrat/g).length, 1);
  assert.doesNotMatch(await logOf(), /migrat/);
});

test('the warning to put a proxy in front comes only where others than this machine reach plain HTTP', async (t) => {
  const [, version] = /libmicrohttpd ([\d.]+)/.exec((await run(['version'])).stdout);
  const [major, minor, patch] = version.split('.').map(Number);
  const old = major * 10000 + minor * 100 + patch < 10005;
  const near = await startServer();
  await near.stop();
  assert.doesNotMatch(near.output.stderr, /proxy in front/);
  // In a network of its own, which reaches nothing; where that is not allowed, this half is not looked at.
  if ((await run(['-rn', 'true'], {program: 'unshare'}).catch(() => ({code: 1}))).code !== 0) return;
  const args = ['-rn', binary, 'serve', '--db', join(folderFor(t), 'entente.db'), '--listen', '0.0.0.0:0'];
  const child = spawn('unshare', args, {env: surroundings(), stdio: ['ignore', 'pipe', 'pipe']});
  let [told, said] = ['', ''];
  child.stdout.on('data', (text) => { said += text; });
  child.stderr.on('data', (text) => { told += text; });
  const ended = new Promise((done) => child.on('close', done));
  try {
    await until(() => /listening on/.test(said), 'it listens');
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
  assert.equal(/proxy in front/.test(told), old, told);
});
