// How a server starts: what it says, and on which files and sockets.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
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

/** One attempt to serve that must fail. */
async function refused(db, words, args = []) {
  const ended = await run(['serve', '--db', db, '--listen', '127.0.0.1:0', ...args]);
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, words);
}

test('a database has one owner, by whatever link it is named, and commands reach that owner', async (t) => {
  const folder = folderFor(t);
  const [db, link, chain, hard] = ['real.db', 'link.db', 'chain.db', 'hard.db'].map((name) => join(folder, name));
  mkdirSync(join(folder, 'sub'));
  symlinkSync('real.db', link);
  symlinkSync('../link.db', join(folder, 'sub', 'second.db'));
  symlinkSync(join(folder, 'sub', 'second.db'), chain);
  const server = await startServer({db: link}); // the link leads to a file that is not there yet
  assert.ok(statSync(db).size > 0);
  linkSync(db, hard);
  for (const name of [db, link, chain, hard, join(folder, 'sub', '..', 'real.db')]) await refused(name, /owned by another process/);
  await server.stop({keep: true});

  const again = await startServer({db});
  for (const name of [db, link, chain]) {
    const made = await run(['token', 'create', '--db', name, '--role', 'editor', '--name', name]);
    assert.equal(made.code, 0, made.stderr);
    await again.post('/v1/areas', {name}, {token: made.stdout.trim(), status: 201});
  }
  for (const name of [link, chain, hard]) await refused(name, /owned by another process/);
  const other = await run(['token', 'list', '--db', hard]);
  assert.equal(other.code, 1, 'another name of the file opens no second registry');
  await again.stop();
});

test('a lock that was left behind, or that another holds on another file, keeps nobody out', async (t) => {
  const folder = folderFor(t);
  const server = await startServer({db: join(folder, 'one.db')});
  await server.kill();
  const again = await startServer({db: join(folder, 'one.db')});
  const other = await startServer({db: join(folder, 'two.db')});
  await other.stop();
  await again.stop();
});

test('--socket puts the socket elsewhere, and commands find it by the database, or by the flag', async (t) => {
  const folder = folderFor(t);
  const [db, socket] = [join(folder, 'data', 'entente.db'), join(folder, 'run', 'entente.sock')];
  for (const name of ['data', 'run']) mkdirSync(join(folder, name));
  for (const [args, env] of [[['--socket', socket], {}], [[], {ENTENTE_SOCKET: socket}]]) {
    const server = await startServer({db, args, env});
    server.socket = socket;
    assert.ok(!existsSync(`${db}.sock`));
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    for (const more of [[], ['--socket', socket]]) {
      const made = await run(['token', 'create', '--db', db, '--role', 'reader', '--name', 'x', ...more]);
      assert.equal(made.code, 0, made.stderr);
      assert.equal((await server.get('/v1/areas', {token: made.stdout.trim()})).status, 200);
    }
    assert.equal((await run(['check', '--db', db, '--socket', join(folder, 'no.sock')])).code, 1);
    await server.stop();
    assert.ok(!existsSync(socket));
  }
  // Without a server the flag means nothing, and what the last one said neither.
  assert.equal((await run(['check', '--db', db, '--socket', socket])).code, 0);
  const plain = await startServer({db});
  assert.equal((await run(['token', 'list', '--db', db])).code, 0);
  await plain.stop();
});

test('a --socket that is relative holds for commands from everywhere', async (t) => {
  const folder = folderFor(t);
  const db = join(folder, 'entente.db');
  const child = spawn(binary, ['serve', '--db', db, '--socket', 'here.sock', '--listen', '127.0.0.1:0'], {cwd: folder, env: surroundings(), stdio: ['ignore', 'pipe', 'ignore']});
  let said = '';
  child.stdout.on('data', (text) => { said += text; });
  const ended = new Promise((done) => child.on('close', done));
  try {
    await until(() => /listening on/.test(said), 'it listens');
    assert.equal((await run(['token', 'list', '--db', db], {cwd: '/'})).code, 0);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

test('a socket is made over none that another process listens on, and over no other file', async (t) => {
  const folder = folderFor(t);
  const [one, two, socket, file] = ['one.db', 'two.db', 'shared.sock', 'file'].map((name) => join(folder, name));
  const server = await startServer({db: one, args: ['--socket', socket]});
  server.socket = socket;
  await refused(two, /another process listens on .*shared\.sock/, ['--socket', socket]);
  assert.equal((await run(['token', 'list', '--db', one])).code, 0, 'it is still there');
  writeFileSync(file, 'mine');
  await refused(two, /no socket/, ['--socket', file]);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  await refused(two, /nowhere.*--socket PATH/, ['--socket', join(folder, 'nowhere', 'x.sock')]);
  await server.kill(); // and leaves its socket behind
  assert.ok(existsSync(socket));
  const next = await startServer({db: two, args: ['--socket', socket]});
  await next.stop();
});

test('the hint of the page how to make a token names the database of this server, and does what it says', async (t) => {
  const folder = join(folderFor(t), "a <b> & 'c'");
  mkdirSync(folder);
  const server = await startServer({db: join(folder, 'entente.db')});
  try {
    const page = (await server.get('/', {role: null, status: 200})).text;
    const [, hint] = /<code>(entente token create [^]*?)<\/code>/.exec(page);
    assert.doesNotMatch(hint, /</);
    const command = hint.replaceAll('&lt;', '<').replaceAll('&amp;', '&').replace(/^entente/, `"$0"`);
    const made = await run(['-c', command, binary], {program: 'sh', cwd: '/'});
    assert.equal(made.code, 0, made.stderr);
    await server.get('/v1/areas', {token: made.stdout.trim(), status: 200});
  } finally {
    await server.stop();
  }
});
