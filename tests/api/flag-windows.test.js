// How far ahead the flags look is the registry's setting: said once, kept, and told in the history when it moves what is derived.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';
import {makeFolder, run} from '../fault/process.js';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';

async function withServer(db, args, use) {
  const server = await startServer({db, args: ['--today', '2026-05-01', ...args], env: unlimited});
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

test('flags look as far ahead as the registry was told, and go on so without being told again', async (t) => {
  const db = join(makeFolder(t), 'entente.db');
  const flags = (server) => server.get('/v1/agreements/soon', {status: 200}).then(({json}) => json.flags);
  await withServer(db, [], async (server) => {
    for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
    await server.put('/v1/agreements/soon', {title: 'Soon', stage: 'concluded', parties: ['one', 'two'], effective_on: '2025-09-01', ends_on: '2026-07-30'}, {status: 201});
    assert.deepEqual(await flags(server), ['expiring'], '90 days are within 180');
  });
  await withServer(db, ['--expiring-days', '60', '--dormant-months', '6'], async (server) => {
    assert.deepEqual(await flags(server), ['dormant']);
    const {items} = (await server.get('/v1/agreements/soon/history', {status: 200})).json;
    assert.deepEqual(items.map(({operation}) => operation), ['clock', 'create']);
    assert.deepEqual((await server.get('/v1/agreements/soon/status?on=2026-06-15', {status: 200})).json.flags, ['expiring', 'dormant']);
    assert.deepEqual((await server.get('/v1/agreements?flag=expiring', {status: 200})).json.items, []);
  });
  await withServer(db, [], async (server) => {
    assert.deepEqual(await flags(server), ['dormant'], 'kept in the registry');
    assert.equal((await server.get('/v1/agreements/soon/history', {status: 200})).json.items.length, 2);
  });
  const record = '{"resource": "agreements", "slug": "later", "title": "Later", "stage": "concluded", "parties": ["one", "two"], "effective_on": "2026-01-01", "ends_on": "2026-07-30"}\n';
  assert.equal((await run(['import', '--db', db, '--today', '2026-05-01', '-'], {input: record})).code, 0);
  assert.doesNotMatch((await run(['check', '--db', db])).stdout, /WRONG/, 'commands derive as the registry does');
  await withServer(db, ['--expiring-days', '120'], async (server) => {
    assert.deepEqual(await flags(server), ['expiring', 'dormant'], 'each setting by itself');
    assert.deepEqual((await server.get('/v1/agreements/later', {status: 200})).json.flags, ['expiring']);
  });
});

test('a window that is no number of days is refused', async (t) => {
  const db = join(makeFolder(t), 'entente.db');
  const {code, stderr} = await run(['serve', '--db', db, '--expiring-days', '0']);
  assert.equal(code, 2);
  assert.match(stderr, /--expiring-days 0: must be a number from 1 to 36500/);
});
