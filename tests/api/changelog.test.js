// The name of the log of changes: numbers are given once within a log, and where the database was put back from a copy its log is another
// one, which a follower who says what it followed is told, wherever it was.
import {after, test} from 'node:test';
import assert from 'node:assert/strict';
import {copyFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './lib/command.js';
import {follow} from './lib/events.js';
import {receiver} from './lib/receiver.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const folder = newFolder();
after(() => rmSync(folder, {recursive: true, force: true}));
let count = 0;
const newPath = () => join(folder, `${++count}.db`);

const add = async (server, many) => {
  for (let i = 0; i < many; i++) await server.post('/v1/areas', {name: `Area ${++count}`}, {status: 201});
};
const nameOf = ({headers}) => headers['change-log'];
const logOf = async (server) => nameOf(await server.get('/v1/changes?after=now', {status: 200}));
const succeed = async (args) => {
  const {code, stderr} = await run(args);
  assert.equal(code, 0, stderr);
};

// A refusal that names the parameter, and says which log it is now.
function isAnother(answer, log) {
  assert.equal(answer.status, 400);
  assert.equal(answer.json.type, '/problems/invalid-parameter');
  assert.deepEqual(answer.json.errors.map(({parameter, code}) => [parameter, code]), [['log', 'another']]);
  assert.equal(nameOf(answer), log);
}

async function withServer(db, work) {
  const server = await startServer({db});
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

test('every answer with changes names the log, and it is the same one after a restart', async () => {
  const db = newPath();
  const first = await withServer(db, async (server) => {
    await add(server, 3);
    const page = await server.get('/v1/changes?limit=2', {status: 200});
    const log = nameOf(page);
    assert.match(log, /^[0-9a-f]{16}$/);
    assert.equal(nameOf(await server.get('/v1/changes?limit=2', {status: 304, headers: {'if-none-match': page.etag}})), log);
    assert.equal(nameOf(await server.head('/v1/changes', {status: 200})), log);
    assert.equal(nameOf(await server.get('/v1/changes?after=9', {status: 400})), log);
    assert.equal(new URL(page.json.next, 'http://x').searchParams.get('log'), log, 'who goes on says which log it was');
    assert.deepEqual((await server.get(page.json.next, {status: 200})).json.items.map(({seq}) => seq), [3]);
    const stream = await follow(server, `?after=1&log=${log}`);
    assert.equal(nameOf(stream), log);
    await until(() => stream.events.length === 2, 'the events');
    assert.equal(stream.lastEventId, '3', 'the id is the number, and nothing else');
    stream.close();
    return log;
  });
  assert.equal(await withServer(db, logOf), first);
  assert.notEqual(await withServer(newPath(), logOf), first, 'each database has its own');
});

test('after a restore, who says which log it followed is told that this is another, even within its numbers', async () => {
  const [db, copy] = [newPath(), newPath()];
  const before = await withServer(db, async (server) => {
    await add(server, 4);
    await succeed(['backup', copy, '--db', db]);
    await add(server, 2);
    const {headers, json} = await server.get('/v1/changes?limit=3', {status: 200});
    return {log: headers['change-log'], next: json.next};
  });
  await succeed(['restore', copy, '--db', db]);
  await withServer(db, async (server) => {
    await add(server, 6);
    const log = await logOf(server);
    assert.notEqual(log, before.log);
    isAnother(await server.get(before.next), log);
    for (const query of [`?after=6&log=${before.log}`, `?after=now&log=${before.log}`, `?after=0&log=${before.log}`, `?after=99&log=${before.log}`]) {
      isAnother(await server.get(`/v1/changes${query}`), log);
      isAnother(await follow(server, query), log);
    }
    isAnother(await follow(server, `?after=now&log=${before.log}`, {lastEventId: '6'}), log); // as EventSource comes again by itself
    const stream = await follow(server, `?log=${log}`, {lastEventId: '6'});
    await until(() => stream.events.length === 4, 'what came after it');
    assert.deepEqual(stream.numbers, [7, 8, 9, 10]);
    stream.close();
  });
});

test('a backup does not change the log it is taken of; but that of a copy which is served is another, each time it is put back', async () => {
  const [db, copy, twice] = [newPath(), newPath(), newPath()];
  const own = await withServer(db, async (server) => {
    await add(server, 1);
    const log = await logOf(server);
    await succeed(['backup', copy, '--db', db]);
    assert.equal(await logOf(server), log);
    return log;
  });
  assert.equal(await withServer(db, logOf), own);
  copyFileSync(copy, twice);
  const logs = [own, await withServer(copy, logOf), await withServer(twice, logOf)];
  for (const source of [copy, copy, db, db]) { // a served copy is a source too, and so is the file itself
    const target = newPath();
    await succeed(['restore', source, '--db', target]);
    logs.push(await withServer(target, logOf));
  }
  assert.equal(new Set(logs).size, logs.length, logs.join(' '));
});

test('a log that cannot be is refused as any other', async () => {
  await withServer(newPath(), async (server) => {
    const log = await logOf(server);
    for (const other of ['', 'x', '0', log.toUpperCase() === log ? `${log}0` : log.toUpperCase(), `${log}0`, log.slice(1), 'x'.repeat(200), `${log}&log=${log}`]) {
      const answer = await server.get(`/v1/changes?log=${other}`, {status: 400});
      assert.deepEqual(answer.json.errors.map(({parameter}) => parameter), ['log'], other);
    }
    await server.get(`/v1/changes?log=${log}`, {status: 200});
    await server.get('/v1/changes?log=x', {role: null, status: 401});
  });
});

test('what is sent to a webhook names the log too', async () => {
  const {got, url} = await receiver();
  const server = await startServer({db: newPath(), args: ['--webhook-allow-loopback']});
  try {
    await server.post('/v1/webhooks', {url}, {status: 201});
    await add(server, 1);
    await until(() => got.length === 1, 'the event');
    assert.match(got[0].json.log, /^[0-9a-f]{16}$/);
    assert.equal(got[0].json.log, await logOf(server));
  } finally {
    await server.stop();
  }
});
