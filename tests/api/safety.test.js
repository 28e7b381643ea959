// What must not be lost or upset: the database beside a backup, a restore or another day, writes at the end of a server, and limits.
import {after, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import net from 'node:net';
import {networkInterfaces} from 'node:os';
import {join} from 'node:path';
import {binary, run, surroundings} from './lib/command.js';
import {answers, exchange, open, request, settle} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const folder = newFolder();
after(() => rmSync(folder, {recursive: true, force: true}));
const freshDb = () => join(mkdtempSync(join(folder, 'db-')), 'entente.db');
const json = {'Content-Type': 'application/json'};
const everybody = {role: null};

async function withServer(options, work) {
  const server = await startServer(options);
  try {
    return await work(server);
  } finally {
    await server.stop({keep: true});
    if (options.db === undefined) server.remove();
  }
}

async function succeed(args, options) {
  const {code, signal, stdout, stderr} = await run(args, options);
  assert.equal(code, 0, `${args.join(' ')}: ${code ?? signal} ${stdout} ${stderr}`);
  return stdout;
}

describe('a backup onto the database or what belongs to it', () => {
  async function refused(db) {
    const link = `${db}.link`;
    symlinkSync(db, link);
    for (const target of [db, link, `${db}-wal`, `${db}.lock`]) {
      const {code, stderr} = await run(['backup', target, '--db', db]);
      assert.equal(code, 1, `backup ${target}: ${stderr}`);
      assert.ok(stderr.trim().length > 0, target);
    }
    rmSync(link);
  }

  test('is refused beside a running server, and its database is unharmed', async () => {
    const db = freshDb();
    await withServer({db}, async (server) => {
      await server.put('/v1/areas/early', {name: 'Early'}, {status: 201});
      await refused(db);
      await server.put('/v1/areas/late', {name: 'Late'}, {status: 201});
      const second = await run(['token', 'list', '--db', db]);
      assert.equal(second.code, 0, 'the database is still the server\'s');
    });
    assert.match(await succeed(['check', '--db', db]), /database +ok/);
    await withServer({db}, async (server) => {
      for (const slug of ['early', 'late']) await server.get(`/v1/areas/${slug}`, {status: 200});
    });
  });

  test('is refused without a server, and the database is unharmed', async () => {
    const db = freshDb();
    await withServer({db}, (server) => server.put('/v1/areas/kept', {name: 'Kept'}, {status: 201}));
    await refused(db);
    assert.match(await succeed(['check', '--db', db]), /database +ok/);
    await withServer({db}, (server) => server.get('/v1/areas/kept', {status: 200}));
  });
});

describe('a server that is told to stop', () => {
  // Each connection writes once the one before was answered, so that the server thinks it idle in between and goes on with its end.
  async function writeWhileItStops(db) {
    const server = await startServer({db, args: ['--insecure-no-auth']});
    const wires = Array.from({length: 100}, () => open(server.port, request('GET', '/healthz')));
    for (const wire of wires) assert.equal((await settle(wire)).answers[0].status, 200);
    server.signal('SIGTERM');
    const made = [];
    for (const [i, wire] of wires.entries()) {
      wire.write(request('POST', '/v1/areas', json, JSON.stringify({slug: `late-${i}`, name: 'Late'})));
      await settle(wire, {count: 2});
      if (answers(wire.received())[1]?.status === 201) made.push(`late-${i}`);
    }
    await Promise.all(wires.map(({over}) => over));
    assert.deepEqual(await server.ended, {code: 0, signal: null}, server.output.stderr.slice(-4000));
    return made;
  }

  test('answers or drops writes that come on idle connections that moment, loses none it acknowledged, and ends with 0', async () => {
    for (let round = 0; round < 5; round++) {
      const db = freshDb();
      const made = await writeWhileItStops(db);
      await withServer({db}, async (again) => {
        for (const slug of made) await again.get(`/v1/areas/${slug}`, {status: 200});
        assert.equal((await again.get('/v1/check', {status: 200})).json.ok, true);
      });
    }
  });

  test('does not wait long for the rest of a body, and ends with 0', async () => {
    const server = await startServer({args: ['--insecure-no-auth']});
    const wire = open(server.port, `POST /v1/areas HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`);
    assert.equal((await settle(wire)).answers[0].status, 100, 'the server waits for the body');
    wire.write('{"name":"half');
    server.signal('SIGTERM');
    let timer;
    const late = new Promise((done) => { timer = setTimeout(() => done('late'), 8000); });
    const ended = await Promise.race([server.ended, late]);
    clearTimeout(timer);
    wire.destroy();
    await server.stop();
    assert.deepEqual(ended, {code: 0, signal: null});
  });
});

test('a list takes a hundred values of filters, the last one too, and refuses more', async () => {
  await withServer({args: ['--insecure-no-auth']}, async (server) => {
    await server.put('/v1/organizations/last', {name: 'Last'}, {status: 201, ...everybody});
    const none = (count) => Array.from({length: count}, (_, i) => `slug=none-${i}`);
    const found = await server.get(`/v1/organizations?${[...none(99), 'slug=last'].join('&')}`, {status: 200, ...everybody});
    assert.deepEqual(found.json.items.map((each) => each.slug), ['last']);
    for (const query of [[...none(100), 'slug=last'], [...none(60), ...Array.from({length: 41}, (_, i) => `tag=t${i}`)]]) {
      const refused = await server.get(`/v1/organizations?${query.join('&')}`, {status: 400, ...everybody});
      assert.equal(refused.json.type, '/problems/invalid-parameter');
      assert.deepEqual(refused.json.errors.map((each) => each.code), ['too_many']);
    }
  });
});

test('after a restore, no tag that was given out before stands for anything else', async () => {
  const db = freshDb();
  const copy = join(folder, 'before-the-change.db');
  const path = '/v1/organizations/one';
  const args = ['--insecure-no-auth']; // making a token is a write too, and would shift the tags
  const old = [];
  await withServer({db, args}, async (server) => {
    old.push((await server.put(path, {name: 'One'}, {status: 201, ...everybody})).etag);
    await succeed(['backup', copy, '--db', db]);
    old.push((await server.patch(path, {city: 'Before'}, {status: 200, ...everybody})).etag);
  });
  await succeed(['restore', copy, '--db', db]);
  await withServer({db, args}, async (server) => {
    const {etag} = await server.patch(path, {city: 'After'}, {status: 200, ...everybody});
    assert.ok(!old.includes(etag), `${etag} among ${old}`);
    for (const tag of old) {
      assert.equal((await server.get(path, {status: 200, headers: {'if-none-match': tag}, ...everybody})).json.city, 'After');
      await server.patch(path, {city: 'Overwritten'}, {status: 412, headers: {'if-match': tag}, ...everybody});
    }
    await server.patch(path, {city: 'Right'}, {status: 200, headers: {'if-match': etag}, ...everybody});
  });
});

describe('a database that was last used on another day', () => {
  const ending = (slug) => ({title: slug, slug, stage: 'concluded', parties: ['one', 'two'], effective_on: '2026-01-01', ends_on: '2026-06-30'});
  const on = (db, day, work) => withServer({db, args: ['--today', day]}, work);
  const begin = (db) => on(db, '2026-01-01', async (server) => {
    for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
    assert.equal((await server.post('/v1/agreements', ending('made'), {status: 201})).json.status, 'in_force');
  });

  test('is sound on a later day, without a server in between', async () => {
    const db = freshDb();
    await begin(db);
    assert.match(await succeed(['check', '--db', db, '--today', '2026-08-01']), /database +ok\nstandings +ok\n/);
    await on(db, '2026-08-01', async (server) => assert.equal((await server.get('/v1/agreements/made')).json.status, 'expired'));
  });

  test('stands right on an earlier day, after an import on a later one', async () => {
    const db = freshDb();
    await begin(db);
    await succeed(['import', '-', '--db', db, '--today', '2026-08-01'], {input: JSON.stringify({resource: 'agreements', ...ending('imported')})});
    await on(db, '2026-01-01', async (server) => {
      const inForce = (await server.get('/v1/agreements?status=in_force', {status: 200})).json.items;
      assert.deepEqual(inForce.map((each) => [each.slug, each.status]).sort(), [['imported', 'in_force'], ['made', 'in_force']]);
      assert.equal((await server.get('/v1/check', {status: 200})).json.ok, true);
    });
    assert.match(await succeed(['check', '--db', db, '--today', '2026-01-01']), /standings +ok/);
  });
});

test('Accept-Encoding is read as a list with weights, over all its lines', async () => {
  await withServer({args: ['--insecure-no-auth']}, async (server) => {
    await server.put('/v1/organizations/long', {name: 'Long', description: 'compressible '.repeat(200)}, {status: 201, ...everybody});
    for (const [lines, coding] of [
      [['gzip; q=0'], undefined], [['gzip;q=0.0'], undefined], [['identity'], undefined], [['br'], undefined],
      [['br, gzip;q=0.5'], 'gzip'], [['gzip'], 'gzip'], [['br', 'gzip'], 'gzip'], [['gzip', 'br'], 'gzip'], [['gzip;q=0', 'br'], undefined], [['br', 'gzip; q=0'], undefined],
    ]) {
      const {answers: [answer]} = await exchange(server.port, request('GET', '/v1/organizations', {'Accept-Encoding': lines}));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-encoding'], coding, JSON.stringify(lines));
    }
  });
});

test('where everybody may write, a body must say that it is JSON', async () => {
  await withServer({args: ['--insecure-no-auth']}, async (server) => {
    const body = {name: 'Said'};
    await server.post('/v1/organizations', body, {status: 415, headers: {'content-type': ''}, ...everybody});
    assert.deepEqual((await server.get('/v1/organizations', everybody)).json.items, []);
    await server.post('/v1/organizations', body, {status: 201, headers: {'content-type': 'application/json'}, ...everybody});
  });
});

test('an import waits for room in a queue that is full of creates', async () => {
  await withServer({args: ['--insecure-no-auth', '--queue-limit', '2', '--group-limit', '1']}, async (server) => {
    let [running, refused, imports] = [true, 0, 0];
    const clients = Array.from({length: 24}, async () => {
      while (running) {
        const {status} = await server.post('/v1/areas', {name: 'Beside'}, everybody);
        assert.ok(status === 201 || status === 503, `${status}`);
        if (status === 503) refused++;
      }
    });
    try {
      await until(async () => {
        const answer = await server.post('/v1/import', [{resource: 'areas', slug: `imported-${imports}`, name: 'Imported'}], {status: 200, ...everybody});
        assert.equal(answer.json.created, 1);
        return ++imports >= 5 && refused > 0;
      }, 'imports beside a full queue');
    } finally {
      running = false;
      await Promise.all(clients);
    }
  });
});

test('clients beyond the number of connections have their turn when others have gone', async () => {
  await withServer({args: ['--connections', '16', '--threads', '1', '--address-connections', '0', '--head-timeout', '1']}, async (server) => {
    for (let round = 0; round < 2; round++) {
      await Promise.all(Array.from({length: 40}, () => open(server.port).over));
    }
  });
});

test('when all connections are taken the log says so, and not for each that waits', async () => {
  await withServer({args: ['--connections', '8', '--threads', '2', '--address-connections', '0']}, async (server) => {
    const full = () => server.output.stderr.match(/warn {2}all connections are taken.* connections=8/g) ?? [];
    const few = Array.from({length: 7}, () => open(server.port));
    await until(async () => /^entente_connections 8$/m.test((await server.get('/metrics', {socket: true})).text), 'seven are taken, and the one that asks');
    assert.deepEqual(full(), []);
    const more = Array.from({length: 9}, () => open(server.port));
    await until(() => full().length > 0, 'a line of the log');
    [...few, ...more].forEach((wire) => wire.destroy());
    await server.get('/healthz', {...everybody, status: 200});
    const again = Array.from({length: 16}, () => open(server.port));
    await Promise.all(again.map(({connected}) => connected));
    again.forEach((wire) => wire.destroy());
    await server.get('/healthz', {...everybody, status: 200});
    assert.equal(full().length, 1);
  });
});

describe('a socket that is handed over', () => {
  const skip = !readFileSync(binary).includes('sd_listen_fds') && 'the program was built without libsystemd';
  const sixth = Object.values(networkInterfaces()).flat().some(({address}) => address === '::1'); // IPv6 is not everywhere

  // Starts a server on a socket that listens at that address, as a supervisor does.
  async function activate(host, args) {
    const given = net.createServer();
    await new Promise((done) => given.listen(0, host, done));
    const {port} = given.address();
    const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$0" "$@"', binary, 'serve', '--db', freshDb(), ...args],
      {env: surroundings({LISTEN_FDS: '1'}), stdio: ['ignore', 'pipe', 'pipe', given._handle.fd]});
    after(() => child.kill('SIGKILL'));
    given.close();
    const output = {stdout: '', stderr: ''};
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
    const ended = new Promise((done) => child.on('close', done));
    return {child, port, output, ended};
  }

  test('is used, and where everybody is admin it has to be on a loopback address', {skip}, async () => {
    for (const [host, args] of [['127.0.0.1', ['--insecure-no-auth']], ['0.0.0.0', []], ...(sixth ? [['::1', ['--insecure-no-auth']]] : [])]) {
      const {child, port, output, ended} = await activate(host, args);
      await until(() => output.stdout.includes(`:${port}\n`), `it listens on ${host}`);
      child.kill('SIGTERM');
      assert.equal(await ended, 0, output.stderr);
    }
    for (const host of ['0.0.0.0', ...(sixth ? ['::'] : [])]) {
      const {port, output, ended, child} = await activate(host, ['--insecure-no-auth']);
      await until(() => output.stdout.includes('listening') || child.exitCode !== null, 'it listens or ends');
      assert.equal(output.stdout, '');
      assert.equal(await ended, 1);
      assert.match(output.stderr, /--insecure-no-auth makes every caller admin/);
      assert.ok(output.stderr.includes(`:${port}`), output.stderr);
    }
  });
});

test('a port that there cannot be is refused with a message', async () => {
  for (const port of ['99999', '65536']) {
    const {code, stdout, stderr} = await run(['20', binary, 'serve', '--db', freshDb(), '--listen', `127.0.0.1:${port}`], {program: 'timeout'});
    assert.equal(code, 1, `${stdout} ${stderr}`);
    assert.match(stderr, new RegExp(port));
  }
});

test('an array with a byte order mark before it is imported, by request and by command', async () => {
  const text = (slug) => `\ufeff${JSON.stringify([{resource: 'areas', slug, name: 'Marked'}])}\n`;
  await withServer({args: ['--insecure-no-auth']}, async (server) => {
    for (const [i, type] of ['application/json', 'application/x-ndjson'].entries()) {
      const answer = await server.post('/v1/import', text(`marked-${i}`), {status: 200, headers: {'content-type': type}, ...everybody});
      assert.equal(answer.json.created, 1);
    }
  });
  assert.match(await succeed(['import', '-', '--db', freshDb()], {input: text('marked')}), /1 rows?, 1 created/);
});
