// What the clock changes: a server that starts on another day brings every status up to it, and agreements that supersede others.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

const folder = newFolder();
const db = join(folder, 'entente.db');
after(() => rmSync(folder, {recursive: true, force: true}));

// Starts on that day, does something, stops; the database stays.
async function on(day, work) {
  const server = await startServer({db, args: ['--today', day]});
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

const agreement = (server, slug, more) => server.put(`/v1/agreements/${slug}`, {title: slug, stage: 'concluded', parties: ['one', 'two'], ...more});
const standing = ({status, flags, revision, period}) => ({status, flags, revision, period: period?.number ?? null});

before(() => on('2026-01-15', async (server) => {
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  await agreement(server, 'ending', {effective_on: '2026-01-01', ends_on: '2026-12-31'});
  await agreement(server, 'beginning', {effective_on: '2026-03-01', open_ended: true});
  await agreement(server, 'renewing', {effective_on: '2025-06-01', term_months: 12, renewal: {kind: 'automatic'}, notice: {months: 2}});
  await agreement(server, 'steady', {effective_on: '2026-01-01', open_ended: true, events: [{on: '2026-01-01'}, {on: '2027-12-01'}]});
  await agreement(server, 'draft', {stage: 'proposed', ends_on: '2026-02-01'});
}));

describe('a restart on another day', () => {
  const look = async (server) => Object.fromEntries((await server.get('/v1/agreements')).json.items.map((each) => [each.slug, standing(each)]));

  test('on the day of the writes, things stand as written', async () => {
    assert.deepEqual(await on('2026-01-15', look), {
      ending: {status: 'in_force', flags: [], revision: 1, period: 1},
      beginning: {status: 'signed', flags: [], revision: 1, period: null},
      renewing: {status: 'in_force', flags: ['notice_window'], revision: 1, period: 1},
      steady: {status: 'in_force', flags: [], revision: 1, period: 1},
      draft: {status: 'proposed', flags: [], revision: 1, period: null},
    });
  });

  test('a later day brings statuses, flags, periods and revisions of those whose day has come, and of no other', async () => {
    let tag;
    await on('2026-01-15', async (server) => { tag = (await server.get('/v1/agreements/steady')).etag; });
    await on('2027-01-01', async (server) => {
      assert.deepEqual(await look(server), {
        ending: {status: 'expired', flags: [], revision: 2, period: null},
        beginning: {status: 'in_force', flags: [], revision: 2, period: 1},
        renewing: {status: 'in_force', flags: ['notice_window', 'renewed'], revision: 2, period: 2},
        steady: {status: 'in_force', flags: [], revision: 1, period: 1},
        draft: {status: 'proposed', flags: [], revision: 1, period: null},
      });
      await server.get('/v1/agreements/steady', {status: 304, headers: {'if-none-match': tag}});
      const expired = await server.get('/v1/agreements?status=expired');
      assert.deepEqual(expired.json.items.map((each) => each.slug), ['ending']);
    });
    const check = await run(['check', '--db', db, '--today', '2027-01-01']);
    assert.equal(check.code, 0, check.stdout);
  });

  test('an earlier day undoes what the later one changed', async () => {
    const now = await on('2026-01-15', look);
    assert.deepEqual(Object.fromEntries(Object.entries(now).map(([slug, {status, period}]) => [slug, [status, period]])), {
      ending: ['in_force', 1], beginning: ['signed', null], renewing: ['in_force', 1], steady: ['in_force', 1], draft: ['proposed', null]});
    assert.equal(now.steady.revision, 1);
    assert.equal(now.ending.revision, 3);
  });

  test('check tells a status that is not what the terms give on its day', async () => {
    await on('2026-01-15', look);
    const damaged = join(folder, 'damaged.db');
    const bytes = readFileSync(db, 'latin1');
    assert.ok(bytes.includes('in_force'), 'the statuses are in the file, not in a log beside it');
    writeFileSync(damaged, bytes.replaceAll('in_force', 'in_farce'), 'latin1');
    const check = await run(['check', '--db', damaged, '--today', '2026-01-15']);
    assert.equal(check.code, 1, check.stdout);
    assert.match(check.stdout, /standings +WRONG/);
    assert.match(check.stdout, /ending\): status in_farce is stored, in_force follows/);
  });

  test('what next_change says comes to pass on that day and not before', async () => {
    const next = await on('2026-01-15', async (server) => (await server.get('/v1/agreements/ending')).json.next_change);
    assert.deepEqual(next, {on: '2027-01-01', status: 'expired'});
    const statusOf = (server) => server.get('/v1/agreements/ending').then((answer) => answer.json.status);
    assert.equal(await on('2026-12-31', statusOf), 'in_force');
    assert.equal(await on('2027-01-01', statusOf), 'expired');
  });
});

describe('an agreement that supersedes or renews another', () => {
  let server;
  before(async () => {
    server = await startServer({args: ['--today', '2026-05-01']});
    for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  });
  after(() => server.stop());
  const terms = {effective_on: '2026-01-01', open_ended: true};
  const statusOf = async (slug) => (await server.get(`/v1/agreements/${slug}`)).json.status;

  for (const type of ['supersedes', 'renews']) {
    test(`${type}: it does once it is concluded and has begun, and no longer when that is taken back`, async () => {
      await agreement(server, `old-${type}`, terms);
      const later = {relations: [{type, agreement: `old-${type}`}]};
      await agreement(server, `new-${type}`, {...later, stage: 'signing', effective_on: '2026-04-01'});
      assert.equal(await statusOf(`old-${type}`), 'in_force', 'not yet concluded');
      await server.patch(`/v1/agreements/new-${type}`, {stage: 'concluded'}, {status: 200});
      const superseded = (await server.get(`/v1/agreements/old-${type}`)).json;
      assert.equal(superseded.status, 'superseded');
      assert.equal(superseded.revision, 2);
      await server.patch(`/v1/agreements/new-${type}`, {effective_on: '2026-06-01'}, {status: 200});
      const waiting = (await server.get(`/v1/agreements/old-${type}`)).json;
      assert.equal(waiting.status, 'in_force', 'not begun');
      assert.deepEqual(waiting.next_change, {on: '2026-06-01', status: 'superseded'});
      await server.patch(`/v1/agreements/new-${type}`, {effective_on: '2026-05-01', relations: []}, {status: 200});
      assert.equal(await statusOf(`old-${type}`), 'in_force', 'no longer related');
      await server.patch(`/v1/agreements/new-${type}`, later, {status: 200});
      assert.equal(await statusOf(`old-${type}`), 'superseded');
      await server.delete(`/v1/agreements/new-${type}`, {status: 204});
      const back = (await server.get(`/v1/agreements/old-${type}`)).json;
      assert.equal(back.status, 'in_force', 'deleted');
      assert.deepEqual(back.relations, []);
    });
  }

  test('amends, implements and related leave the other as it stands', async () => {
    await agreement(server, 'kept', terms);
    await agreement(server, 'beside', {...terms, relations: ['amends', 'implements', 'related'].map((type) => ({type, agreement: 'kept'}))});
    assert.equal(await statusOf('kept'), 'in_force');
  });

  test('a write to the one that is superseded keeps it so', async () => {
    await agreement(server, 'was', terms);
    await agreement(server, 'is', {...terms, relations: [{type: 'supersedes', agreement: 'was'}]});
    const patched = await server.patch('/v1/agreements/was', {summary: 'x'}, {status: 200});
    assert.equal(patched.json.status, 'superseded');
    assert.equal((await server.get('/v1/agreements/was/status')).json.rule, 'superseded');
    assert.equal((await server.get('/v1/agreements/was/status?on=2025-12-31')).json.status, 'signed');
  });
});
