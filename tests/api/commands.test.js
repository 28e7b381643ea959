// The program's commands, beside a running server and without one, and how they end.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {binary, run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';
import {everything} from './lib/pages.js';
import {until} from './lib/wait.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/press-release.ndjson', import.meta.url));
const COMMANDS = ['serve', 'import', 'export', 'token create', 'token list', 'token revoke', 'backup', 'restore', 'check', 'healthcheck', 'version'];
const folder = newFolder();
after(() => rmSync(folder, {recursive: true, force: true}));
const freshDb = () => join(mkdtempSync(join(folder, 'db-')), 'entente.db');

async function succeed(args, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.code ?? ended.signal} ${ended.stderr}`);
  return ended.stdout;
}

async function fail(args, code, words, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout} ${ended.stderr}`);
  assert.match(ended.stderr, words);
  return ended;
}

describe('the command line', () => {
  for (const command of COMMANDS) {
    test(`${command} --help explains it and its flags, and ends with 0`, async () => {
      const text = await succeed([...command.split(' '), '--help']);
      assert.match(text, new RegExp(`entente ${command}`));
      assert.equal(await succeed([...command.split(' '), '-h']), text);
    });

    test(`${command} refuses an unknown flag, with 2`, async () => {
      await fail([...command.split(' '), '--nothing'], 2, /--nothing/);
    });
  }

  test('--help and help list every command', async () => {
    for (const way of ['--help', '-h', 'help']) {
      const text = await succeed([way]);
      for (const command of COMMANDS) assert.ok(text.includes(command), command);
    }
  });

  test('no command, an unknown one, a word too many, one too few and a flag without its value end with 2', async () => {
    await fail([], 2, /serve/);
    await fail(['nothing'], 2, /nothing/);
    await fail(['backup'], 2, /FILE/);
    await fail(['import', 'a', 'b'], 2, /b/);
    await fail(['check', '--db'], 2, /--db/);
    await fail(['token'], 2, /token/);
  });

  test('version names the program and its libraries', async () => {
    for (const way of ['version', '--version']) assert.match(await succeed([way]), /entente \d+\.\d+\.\d+[^]*sqlite[^]*libmicrohttpd|entente \d+\.\d+\.\d+[^]*libmicrohttpd[^]*sqlite/i);
  });

  test('serve refuses flags that make no sense', async () => {
    const db = freshDb();
    for (const [flags, words] of [[['--today', 'soon'], /--today/], [['--timezone', 'Nowhere/None'], /Nowhere/], [['--threads', 'x'], /--threads/], [['--body-limit', '0'], /--body-limit/],
      [['--log-format', 'xml'], /--log-format/], [['--cors-origin', 'front'], /--cors-origin/], [['--cors-origin', 'https://a.example/b'], /--cors-origin/], [['--insecure-no-auth', '--listen', '0.0.0.0:0'], /loopback/]]) {
      await fail(['serve', '--db', db, ...flags], 2, words);
    }
    await fail(['serve', '--db', db, '--listen', 'nowhere'], 1, /nowhere/);
  });
});

for (const beside of [true, false]) {
  describe(beside ? 'beside a running server' : 'without a server', () => {
    let server;
    let db;
    before(async () => {
      db = freshDb();
      server = await startServer({db});
      if (!beside) await server.stop(); // what it served stays
    });
    after(async () => { if (beside) await server.stop(); });

    // Looks at the registry through a server, one's own or a passing one.
    async function look(work) {
      if (beside) return work(server);
      const passing = await startServer({db});
      try {
        return await work(passing);
      } finally {
        await passing.stop();
      }
    }

    test('token create prints a token and nothing else, and it holds', async () => {
      const text = await succeed(['token', 'create', '--db', db, '--role', 'editor', '--name', 'script']);
      assert.match(text, /^ent_\w+\n$/);
      await look((at) => at.post('/v1/areas', {name: `Made with it`}, {token: text.trim(), status: 201}));
    });

    test('export writes what import takes: to standard output, or to a file, whole or not at all', async () => {
      await look((at) => at.put('/v1/areas/exported', {name: '=x'}));
      const text = await succeed(['export', '--db', db]);
      assert.ok(text.split('\n').some((line) => line.startsWith('{"resource":"areas","id":"area_') && line.includes('"exported"')));
      const file = join(folder, `all-${beside}.ndjson`);
      const count = text.split('\n').length - 1;
      assert.equal(await succeed(['export', '--db', db, '--output', file]), `${count} records\n`);
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.equal(await succeed(['import', '--db', db, file]), `${count} rows, 0 created, 0 updated, ${count} unchanged\n`);
      await fail(['export', '--db', db, '--output', join(folder, 'nowhere', 'x')], 1, /nowhere/);
      await fail(['export', '--db', db, '--output', `${db}-wal`], 1, /belongs to the database/);
      await fail(['export', '--db', db, 'x'], 2, /does not take x/);
      await fail(['-c', 'exec "$0" export --db "$1" > /dev/full', binary, db], 1, /No space left/, {program: 'sh'});
      assert.ok(!existsSync(`${file}.part`));
    });

    test('token list shows tokens without their secrets, token revoke ends one', async () => {
      const token = (await succeed(['token', 'create', '--db', db, '--role', 'reader', '--name', 'to end'])).trim();
      const list = await succeed(['token', 'list', '--db', db]);
      assert.ok(!list.includes(token));
      const [id] = /tok_\w+(?=.*to end)/.exec(list);
      await succeed(['token', 'revoke', id, '--db', db]);
      assert.match(await succeed(['token', 'list', '--db', db]), /to end \(revoked\)/);
      await look((at) => at.get('/v1/areas', {token, status: 401}));
      await fail(['token', 'revoke', 'tok_none', '--db', db], 1, /no token/);
    });

    test('token create takes the networks that a token is for', async () => {
      await succeed(['token', 'create', '--db', db, '--role', 'reader', '--name', 'near', '--networks', '127.0.0.1,::1']);
      for (const networks of ['', '127.0.0.1,', 'here']) {
        await fail(['token', 'create', '--db', db, '--role', 'reader', '--name', 'x', '--networks', networks], 2, /--networks/);
      }
    });

    test('token create refuses a role that there is not, and asks for role and name', async () => {
      await fail(['token', 'create', '--db', db, '--role', 'owner', '--name', 'x'], 2, /--role/);
      await fail(['token', 'create', '--db', db, '--role', 'reader'], 2, /--name/);
    });

    test('import takes a file and standard input, and a second time changes nothing', async () => {
      const text = readFileSync(EXAMPLE, 'utf8');
      const rows = text.trim().split('\n').length;
      assert.match(await succeed(['import', EXAMPLE, '--db', db, '--dry-run']), new RegExp(`${rows} rows, ${rows} created.*dry run`));
      assert.match(await succeed(['import', EXAMPLE, '--db', db]), new RegExp(`${rows} rows, ${rows} created`));
      assert.match(await succeed(['import', '-', '--db', db], {input: text}), new RegExp(`${rows} rows, 0 created, 0 updated, ${rows} unchanged`));
      await look((at) => at.get('/v1/agreements/itri-2026', {status: 200}));
    });

    test('import tells errors with their lines and writes nothing', async () => {
      const input = '{"resource":"areas","slug":"good","name":"Good"}\n{"resource":"areas","slug":"bad"}\n';
      await fail(['import', '-', '--db', db], 1, /line 2: \/name/, {input});
      await fail(['import', join(folder, 'none.ndjson'), '--db', db], 1, /none\.ndjson/);
      await fail(['import', '-', '--db', db, '--mode', 'replace'], 2, /--mode/, {input});
      await look((at) => at.get('/v1/areas/good', {status: 404}));
    });

    test('check finds the database sound', async () => {
      assert.match(await succeed(['check', '--db', db]), /database +ok\nstandings +ok\n/);
    });

    test('backup writes a copy that another server serves as it was', async () => {
      const copy = join(folder, `copy-${beside}.db`);
      await succeed(['backup', copy, '--db', db]);
      const was = await look((at) => everything(at, '/v1/organizations'));
      const other = await startServer({db: copy});
      try {
        assert.deepEqual(await everything(other, '/v1/organizations'), was);
      } finally {
        await other.stop();
      }
      await fail(['backup', join(folder, 'no', 'such', 'folder.db'), '--db', db], 1, /folder/);
    });
  });
}

test('a backup that is cut on its way is told, and leaves no file', async () => {
  const folder = newFolder(), db = join(folder, 'entente.db'), copy = join(folder, 'copy.db');
  const server = await startServer({db});
  renameSync(`${db}.sock`, `${db}.sock-of-the-server`);
  const cutting = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nSQLite format 3', () => socket.destroy())));
  await new Promise((done) => cutting.listen(`${db}.sock`, done));
  try {
    await fail(['backup', copy, '--db', db], 1, /entente\.db\.sock/);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('copy')), []);
  } finally {
    cutting.close();
    await server.stop();
    rmSync(folder, {recursive: true});
  }
});

test('restore puts a backup in the place of the database, once the server is stopped', async () => {
  const db = freshDb();
  const copy = join(folder, 'to-restore.db');
  const server = await startServer({db});
  await server.put('/v1/areas/kept', {name: 'Kept'}, {status: 201});
  await succeed(['backup', copy, '--db', db]);
  await server.put('/v1/areas/later', {name: 'Later'}, {status: 201});
  await fail(['restore', copy, '--db', db], 1, /owned/);
  await server.stop();
  await fail(['restore', EXAMPLE, '--db', db], 1, /press-release/);
  await succeed(['restore', copy, '--db', db]);
  const restored = await startServer({db});
  await restored.get('/v1/areas/kept', {status: 200});
  await restored.get('/v1/areas/later', {status: 404});
  await restored.stop();
});

test('commands other than serve and import make no registry: not where there is none, and not of what is empty', async () => {
  const db = freshDb();
  const token = ['token', 'create', '--role', 'admin', '--name', 'x'];
  const all = [token, ['token', 'list'], ['token', 'revoke', 'tok_x'], ['check'], ['export'], ['backup', join(folder, 'never.db')]];
  for (const args of all) {
    const {stdout} = await fail([...args, '--db', db], 1, /entente\.db: No such file.*serve and import create one/);
    assert.equal(stdout, '', args.join(' '));
    assert.deepEqual(readdirSync(join(db, '..')), [], args.join(' '));
  }
  writeFileSync(db, '');
  for (const args of all) await fail([...args, '--db', db], 1, /entente\.db is empty/);
  assert.deepEqual(readdirSync(join(db, '..')), ['entente.db']);
  await succeed(['import', '-', '--db', db], {input: '{"resource":"areas","slug":"made","name":"Made"}'});
  await succeed([...token, '--db', db]);
});

test('check tells what it cannot read as what it is, and goes on to the other checks', async () => {
  const db = freshDb();
  const server = await startServer({db});
  await server.put('/v1/areas/odd', {name: 'Zzqqxx', description: 'Odd'}, {status: 201});
  await server.put('/v1/organizations/named', {name: 'Named', names: [{value: 'Qqzzxx', kind: 'alias'}]}, {status: 201});
  await server.stop();
  // A copy in whose bytes something stands instead of something as long.
  const damaged = (pattern, put) => {
    const bytes = readFileSync(db, 'latin1'), copy = freshDb();
    assert.ok(bytes.includes(pattern));
    writeFileSync(copy, bytes.replaceAll(pattern, put), 'latin1');
    return copy;
  };
  // In the index each word stands with the length of what it has not in common with the one before.
  const index = await run(['check', '--db', damaged('\x06zzqqxx', '\x7fzzqqxx')]);
  assert.equal(index.code, 1, index.stderr);
  assert.match(index.stdout, /^database +ok\nstandings +ok\nhistory +ok\nsearch +WRONG\nareas: what is searched cannot be read: .*\nidentifiers +ok\n$/);
  const document = await run(['check', '--db', damaged('[{"value":"Qqzzxx"', '[}"value":"Qqzzxx"')]);
  assert.equal(document.code, 1, document.stderr);
  assert.match(document.stdout, /^database +ok\nstandings +ok\nhistory +WRONG\n.* cannot be read: .*\nsearch +(ok|WRONG)\n/);
});

test('a backup taken while clients write is one moment: whole, sound, and with every write acknowledged before it', async () => {
  const db = freshDb();
  const server = await startServer({db});
  let [writing, acknowledged] = [true, -1];
  const writer = (async () => {
    for (let i = 0; writing; i++) {
      await Promise.all([0, 1, 2, 3].map((lane) => server.put(`/v1/areas/a${i}-${lane}`, {name: 'A', ...(i > 0 && {parent: `a${i - 1}-${lane}`})}, {status: 201})));
      acknowledged = i;
    }
  })();
  try {
    for (let round = 0; round < 3; round++) {
      const least = await until(() => acknowledged >= round && acknowledged, `${round + 1} rounds of writes`);
      const copy = join(folder, `while-${round}.db`);
      await succeed(['backup', copy, '--db', db]);
      assert.match(await succeed(['check', '--db', copy]), /database +ok/);
      const other = await startServer({db: copy});
      await other.get(`/v1/areas/a${least}-0`, {status: 200});
      await other.stop();
    }
  } finally {
    writing = false;
    await writer;
    await server.stop();
  }
});

test('healthcheck ends with 0 when the server is ready, with 1 when there is none', async () => {
  const server = await startServer();
  const {host} = new URL(server.url);
  await succeed(['healthcheck', '--listen', host]);
  await succeed(['healthcheck'], {env: {ENTENTE_LISTEN: host}});
  await server.stop();
  await fail(['healthcheck', '--listen', host], 1, /127\.0\.0\.1/);
});

test('a file that is no database of this program, or one of a newer version, is refused untouched', async () => {
  const db = freshDb();
  writeFileSync(db, 'This is no database, and it is long enough to be read as a header of one. '.repeat(20));
  const before = readFileSync(db);
  await fail(['serve', '--db', db, '--listen', '127.0.0.1:0'], 1, /entente\.db/);
  assert.deepEqual(readFileSync(db), before);
  const newer = freshDb();
  await succeed(['import', '-', '--db', newer], {input: '{"resource":"areas","slug":"x","name":"x"}'});
  const bytes = readFileSync(newer);
  bytes.writeInt32BE(9999, 60); // SQLite's user_version
  writeFileSync(newer, bytes);
  await fail(['serve', '--db', newer, '--listen', '127.0.0.1:0'], 1, /newer/);
  assert.deepEqual(readFileSync(newer), bytes);
});
