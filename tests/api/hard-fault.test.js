// A disk that is full or fails, at every step of a write in turn. What was acknowledged stays; what was refused is not there; what is unknown is
// there wholly or not at all, and the server that does not know ends itself.
import assert from 'node:assert/strict';
import {copyFile, rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {before, test} from 'node:test';
import {buildShim, failingDisk, jumpingClock, smallDisk} from '../fault/disk.js';
import {ask, makeFolder, run, serve, until} from '../fault/process.js';
import {parse} from './lib/prometheus.js';
import {open} from './lib/raw.js';

const STEPS_MOST = 3000;
let shim;
before(async () => {
  shim = await buildShim();
});

const AGREEMENT = {
  title: 'Agreement under trial',
  slug: 'trial',
  parties: ['itri', 'ipark'],
  areas: [{area: 'drug-discovery', note: 'as written'}],
  tags: ['a', 'b'],
  concluded_on: '2026-04-15',
};

/** A database with a few records, made once a test: `fresh()` puts it back. */
async function prepare(t) {
  const folder = makeFolder(t);
  const [seed, db] = [join(folder, 'seed.db'), join(folder, 'trial.db')];
  const server = await serve(t, seed);
  for (const [path, body] of [
    ['/v1/organizations', {name: 'ITRI', slug: 'itri'}],
    ['/v1/organizations', {name: 'iPark', slug: 'ipark'}],
    ['/v1/areas', {name: 'Drug discovery', slug: 'drug-discovery'}],
    ['/v1/agreements', {title: 'Kept', slug: 'kept', parties: ['itri', 'ipark']}],
  ]) {
    assert.equal((await ask(server.base, 'POST', path, body)).status, 201);
  }
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
  const fresh = async () => {
    for (const ending of ['', '-wal', '-shm']) await rm(db + ending, {force: true});
    await copyFile(seed, db);
  };
  return {folder, db, fresh, problems: new Set(), disk: failingDisk(shim, folder, '*trial.db*')};
}

const small = {
  write: (base) => ask(base, 'POST', '/v1/agreements', AGREEMENT),
  /** true: wholly there; false: not at all. */
  async there(base) {
    const {status, body} = await ask(base, 'GET', '/v1/agreements/trial');
    if (status === 404) return false;
    assert.equal(status, 200);
    assert.deepEqual(body.parties.map(({organization}) => organization.slug), AGREEMENT.parties);
    assert.deepEqual(body.areas.map(({area, note}) => ({area: area.slug, note})), AGREEMENT.areas);
    assert.deepEqual(body.tags, AGREEMENT.tags);
    return true;
  },
};

// More than the page cache holds, so that pages reach the disk before the commit.
const ROWS = 1000;
const large = {
  write(base) {
    const lines = Array.from({length: ROWS}, (_, row) =>
      JSON.stringify({resource: 'organizations', name: `Row ${row}`, slug: `row-${row}`, description: 'x'.repeat(20_000), tags: ['bulk']}));
    return ask(base, 'POST', '/v1/import', lines.join('\n'), {'content-type': 'application/x-ndjson'});
  },
  async there(base) {
    let count = 0;
    for (let next = '/v1/organizations?limit=100&tag=bulk'; next; ) {
      const {status, body} = await ask(base, 'GET', next);
      assert.equal(status, 200);
      count += body.items.length;
      next = body.next;
    }
    assert.ok(count === 0 || count === ROWS, `${count} of ${ROWS} rows are there`);
    return count === ROWS;
  },
};

async function end(server) {
  server.kill('SIGKILL');
  await server.ended;
}

async function assertSound(base) {
  const {status, body} = await ask(base, 'GET', '/v1/check');
  assert.equal(status, 200);
  assert.equal(body.ok, true, JSON.stringify(body));
  assert.equal((await ask(base, 'GET', '/v1/agreements/kept')).body.title, 'Kept');
}

/** The server that does not know how a write ended has ended; another one finds it wholly or not at all. */
async function assertEndsAndComesBack(t, trial, server, work) {
  const {code, signal} = await server.ended;
  assert.equal(signal, null, server.log().slice(-3000));
  assert.notEqual(code, 0, 'the process says that it failed');
  const again = await serve(t, trial.db);
  await assertSound(again.base);
  const there = await work.there(again.base);
  if (!there) assert.ok((await work.write(again.base)).status < 300);
  assert.equal(await work.there(again.base), true);
  await end(again);
}

/** What was refused does not come back when the server dies without a word. */
async function assertStaysAway(t, trial, server, work) {
  assert.equal(await work.there(server.base), false, 'nothing of what was refused was kept');
  await end(server);
  const again = await serve(t, trial.db);
  assert.equal(await work.there(again.base), false, 'nor after a crash');
  await assertSound(again.base);
  await end(again);
}

/** The server that refused the write goes on: reading, and, once the disk is well, writing. */
async function assertGoesOn(server, trial, work) {
  assert.equal(await work.there(server.base), false, 'nothing of what was refused was kept');
  assert.equal((await ask(server.base, 'GET', '/v1/agreements/kept')).status, 200);
  await trial.disk.heal();
  const again = await work.write(server.base);
  assert.ok(again.status < 300, `writing works again: ${JSON.stringify(again.body)}`);
  assert.equal(await work.there(server.base), true);
  await assertSound(server.base);
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0, 'and it ends cleanly');
}

/** One write on a disk whose nth call of that kind fails. False once the write is over before that call. */
async function tryStep(t, trial, work, {kind, error, nth, sticky}) {
  await trial.fresh();
  await trial.disk.heal();
  const server = await serve(t, trial.db, {env: trial.disk.env});
  await trial.disk.fail(kind, error, nth, {sticky});
  const {status, body} = await work.write(server.base);
  const failed = await trial.disk.failed();
  const where = `${error} at ${kind} ${nth}: ${status} ${JSON.stringify(body)}`;
  if (failed === 0) {
    assert.ok(status < 300, where);
    await end(server);
    return false;
  }
  if (status < 300) {
    await assertKept(t, trial, server, work, error);
  } else if (status === 507) {
    assert.notEqual(error, 'EIO', where);
    assert.equal(body.type, '/problems/storage-full');
    if (sticky) await assertStaysAway(t, trial, server, work);
    else await assertGoesOn(server, trial, work);
  } else {
    assert.equal(status, 503, where);
    trial.problems.add(body.type);
    assert.equal(error, 'EIO', where);
    assert.ok(['/problems/storage-failed', '/problems/outcome-unknown'].includes(body.type), where);
    if (kind === 'sync') assert.equal(body.type, '/problems/outcome-unknown', where);
    if (body.type === '/problems/storage-failed') await assertGoesOn(server, trial, work);
    else await assertEndsAndComesBack(t, trial, server, work);
  }
  return true;
}

/** The write was acknowledged and the disk failed after it, in the checkpoint: a disk that is full is waited for, one that fails ends the server. */
async function assertKept(t, trial, server, work, error) {
  if (error === 'EIO') {
    assert.notEqual((await server.ended).code, 0);
  } else {
    assert.equal(await work.there(server.base), true);
    await end(server);
  }
  const again = await serve(t, trial.db);
  assert.equal(await work.there(again.base), true, 'what was acknowledged is there');
  await assertSound(again.base);
  await end(again);
}

for (const [name, fault] of [
  ['a disk without room refuses the write with 507 and the server goes on', {kind: 'write', error: 'ENOSPC', sticky: true}],
  ['a disk that is full for a moment refuses that write with 507 and the server goes on', {kind: 'write', error: 'ENOSPC'}],
  ['a disk of which the account has its share refuses the write with 507 and the server goes on', {kind: 'write', error: 'EDQUOT', sticky: true, few: true}],
  ['a disk that cannot write answers 503, and what is unknown ends the server', {kind: 'write', error: 'EIO'}],
  ['a disk that cannot flush answers 503 outcome-unknown and ends the server', {kind: 'sync', error: 'EIO'}],
]) {
  // `few`: SQLite is told of a used-up share as of a full disk, so that some steps show it.
  test(`${name}, at ${fault.few ? 'some steps' : 'every step'} of a write`, async (t) => {
    const trial = await prepare(t);
    let nth = 1;
    while (await tryStep(t, trial, small, {...fault, nth})) assert.ok((nth += fault.few ? 5 : 1) < STEPS_MOST);
    assert.ok(nth > 1, 'at least one step failed');
    t.diagnostic(`${nth - 1} steps`);
  });

  test(`${name}, at steps all over a large import`, async (t) => {
    const trial = await prepare(t);
    let steps = 0;
    for (let nth = 1; await tryStep(t, trial, large, {...fault, nth}); nth = fault.kind === 'sync' ? nth + 1 : nth * (fault.few ? 16 : 4)) steps++;
    assert.ok(steps > 0, 'at least one step failed');
    if (fault.kind === 'write' && fault.error === 'EIO') assert.ok(trial.problems.has('/problems/storage-failed'), 'also before the commit');
    t.diagnostic(`${steps} steps`);
  });
}

for (const [kind, error] of [['write', 'ENOSPC'], ['write', 'EIO'], ['sync', 'EIO']]) {
  test(`a server whose disk fails at ${kind} with ${error} while it opens says so, and opens once the disk is well`, async (t) => {
    const trial = await prepare(t);
    const db = join(trial.folder, 'new-trial.db');
    let nth = 1;
    for (let failed = 1; failed > 0 && nth < STEPS_MOST; nth = Math.ceil(nth * 1.3)) {
      for (const ending of ['', '-wal', '-shm']) await rm(db + ending, {force: true});
      await trial.disk.fail(kind, error, nth);
      const started = await serve(t, db, {env: trial.disk.env}).catch((reason) => reason);
      failed = await trial.disk.failed();
      if (started instanceof Error) {
        assert.ok(failed > 0, started.message);
        assert.match(started.message, /ended with [1-9]/);
      } else {
        await end(started);
      }
      const again = await serve(t, db);
      assert.equal((await ask(again.base, 'POST', '/v1/areas', {name: 'x'})).status, 201);
      await end(again);
    }
    assert.ok(nth > 2 && nth < STEPS_MOST);
  });
}

for (const [kind, error] of [['write', 'ENOSPC'], ['write', 'EDQUOT'], ['write', 'EIO'], ['sync', 'EIO']]) {
  test(`a checkpoint that fails at ${kind} with ${error} loses nothing that was acknowledged`, async (t) => {
    const trial = await prepare(t);
    await trial.fresh();
    // Once the file is made, only a checkpoint touches it; everything else goes to the log.
    const disk = failingDisk(shim, trial.folder, '*/trial.db');
    await disk.heal();
    const server = await serve(t, trial.db, {env: disk.env});
    await disk.fail(kind, error, 1, {sticky: true});
    const acknowledged = [];
    const write = async (slug) => {
      const {status} = await ask(server.base, 'PUT', `/v1/organizations/${slug}`, {name: slug, description: 'x'.repeat(20_000)});
      if (status === 201) acknowledged.push(slug);
      return status;
    };
    for (let round = 0; (await disk.failed()) === 0; round++) {
      assert.ok(round < 200, 'the checkpoint comes');
      await Promise.all(Array.from({length: 32}, (_, number) => write(`o${round}-${number}`)));
    }
    if (error === 'EIO') {
      assert.notEqual((await server.ended).code, 0);
    } else {
      assert.equal(await write('after'), 201, 'the log has room');
      await end(server);
    }
    const again = await serve(t, trial.db);
    for (const slug of acknowledged) assert.equal((await ask(again.base, 'GET', `/v1/organizations/${slug}`)).status, 200, slug);
    await assertSound(again.base);
    await end(again);
  });
}

for (const [what, pattern, send] of [
  ['a body that is kept in a file', '*/#*|*\\(deleted\\)', (base) => ask(base, 'POST', '/v1/import', `${' '.repeat(3 << 20)}\n{"resource":"areas","slug":"a","name":"A"}`, {'content-type': 'application/x-ndjson'})],
  ['a copy for a backup', '*.backup-*', (base) => ask(base, 'GET', '/v1/backup')],
]) {
  test(`${what} finds the disk full, be it by the account's share, or failing`, async (t) => {
    const trial = await prepare(t);
    await trial.fresh();
    const disk = failingDisk(shim, trial.folder, `@(${pattern})`);
    await disk.heal();
    const server = await serve(t, trial.db, {env: disk.env});
    for (const [error, problem] of [['ENOSPC', 'storage-full'], ['EDQUOT', 'storage-full'], ['EIO', 'storage-failed']]) {
      await disk.fail('write', error, 1, {sticky: true});
      const {status, body} = await send(server.base);
      assert.ok(await disk.failed() > 0);
      assert.deepEqual([status, body.type], [problem === 'storage-full' ? 507 : 503, `/problems/${problem}`], error);
    }
    await disk.heal();
    assert.equal((await ask(server.base, 'PUT', '/v1/areas/after', {name: 'A'})).status, 201);
    await end(server);
  });
}

test('a last checkpoint that cannot be flushed leaves the log, and the server says that it failed', async (t) => {
  const trial = await prepare(t);
  await trial.fresh();
  const disk = failingDisk(shim, trial.folder, '*/trial.db');
  await disk.heal();
  const server = await serve(t, trial.db, {env: disk.env});
  assert.equal((await ask(server.base, 'PUT', '/v1/areas/late', {name: 'late'})).status, 201);
  await disk.fail('sync', 'EIO', 1); // that one alone: a second flush would say that all is well
  server.kill('SIGTERM');
  assert.notEqual((await server.ended).code, 0);
  assert.equal(await disk.failed(), 1);
  assert.ok((await stat(`${trial.db}-wal`)).size > 0);
  const again = await serve(t, trial.db);
  assert.equal((await ask(again.base, 'GET', '/v1/areas/late')).status, 200);
  await end(again);
});

test('a failed flush tells every write that waits for it, and loses none that was acknowledged', async (t) => {
  const trial = await prepare(t);
  await trial.fresh();
  await trial.disk.heal();
  const server = await serve(t, trial.db, {env: trial.disk.env});
  await trial.disk.fail('sync', 'EIO', 20, {sticky: true});
  const acknowledged = new Set();
  const statuses = new Set();
  const client = async (number) => {
    for (let made = 0; ; made++) {
      const {status, body} = await ask(server.base, 'PUT', `/v1/areas/a${number}-${made}`, {name: 'x'});
      if (status !== 201) return statuses.add(status === 503 ? body.type : status);
      acknowledged.add(`a${number}-${made}`);
    }
  };
  await Promise.all(Array.from({length: 32}, (_, number) => client(number)));
  assert.notEqual((await server.ended).code, 0);
  assert.ok(statuses.has('/problems/outcome-unknown'));
  const allowed = ['/problems/outcome-unknown', '/problems/storage-failed', '/problems/busy', 0];
  assert.ok([...statuses].every((status) => allowed.includes(status)), [...statuses].join());
  const again = await serve(t, trial.db);
  for (const slug of acknowledged) assert.equal((await ask(again.base, 'GET', `/v1/areas/${slug}`)).status, 200, slug);
  assert.ok(acknowledged.size > 0);
  await assertSound(again.base);
});

test('on a disk that is really full reads go on, writes get 507, and both work again when room was made', async (t) => {
  const trial = await prepare(t);
  await trial.fresh();
  const mounted = await smallDisk(t, '2m');
  const disk = mounted ?? {
    place: trial.folder,
    fill: () => trial.disk.fail('write', 'ENOSPC', 1, {sticky: true}),
    makeRoom: () => trial.disk.heal(),
  };
  const db = join(disk.place, 'small-trial.db');
  await trial.disk.heal();
  await copyFile(trial.db, db);
  const server = await serve(t, db, {env: mounted ? {} : trial.disk.env});
  const write = (slug) => ask(server.base, 'PUT', `/v1/organizations/${slug}`, {name: slug, description: 'x'.repeat(20_000)});
  const acknowledged = [];
  await disk.fill();
  let refused = null;
  for (let made = 0; refused === null; made++) {
    const {status, body} = await write(`o${made}`);
    if (status === 201) acknowledged.push(`o${made}`);
    else refused = {status, body};
    assert.ok(made < 1000);
  }
  assert.equal(refused.status, 507, JSON.stringify(refused.body));
  assert.equal(refused.body.type, '/problems/storage-full');
  for (let asked = 0; asked < 50; asked++) {
    assert.equal((await ask(server.base, 'GET', '/v1/agreements?limit=500')).status, 200);
    assert.equal((await ask(server.base, 'GET', '/v1/agreements/kept')).body.parties.length, 2);
    assert.equal((await write(`more-${asked}`)).status, 507);
  }
  const ready = () => ask(server.base, 'GET', '/readyz');
  const watched = async () => parse(await (await fetch(`${server.base}/metrics`)).text());
  await until(async () => (await ready()).status === 503, 'it says that it is not ready');
  assert.equal((await ready()).body.type, '/problems/not-ready');
  assert.match((await ready()).body.detail, /^the disk is full/);
  const until_ms = Date.now() + 1500; // it looks again meanwhile, and writes go on being refused
  for (let asked = 0; Date.now() < until_ms; asked++) {
    assert.equal((await write(`yet-${asked}`)).status, 507);
    assert.equal((await ready()).status, 503, 'it does not waver');
  }
  const figures = await watched();
  assert.equal(figures.get('entente_ready').samples[0].value, 0);
  assert.ok(figures.get('entente_writes_failed_total').samples.find(({labels}) => labels.reason === 'full').value > 50);
  if (mounted) assert.ok(figures.get('entente_disk_available_bytes').samples[0].value < 262_144);
  await disk.makeRoom();
  await until(async () => (await ready()).status === 200, 'it is ready again by itself');
  assert.equal((await watched()).get('entente_ready').samples[0].value, 1);
  for (let made = 0; made < 5; made++) {
    assert.equal((await write(`after-${made}`)).status, 201);
    acknowledged.push(`after-${made}`);
  }
  await assertSound(server.base);
  server.kill('SIGKILL');
  await server.ended;
  const again = await serve(t, db);
  for (const slug of acknowledged) assert.equal((await ask(again.base, 'GET', `/v1/organizations/${slug}`)).status, 200, slug);
  const {body} = await ask(again.base, 'GET', '/v1/organizations?limit=500');
  assert.deepEqual(body.items.map(({slug}) => slug).sort(), [...acknowledged, 'itri', 'ipark'].sort());
  again.kill('SIGTERM');
  assert.equal((await again.ended).code, 0);
  assert.equal((await run(['check', '--db', db, '--today', '2026-05-01'])).code, 0);
});

test('what is sent again with its key is not answered as saved when the disk had no room for it', async (t) => {
  const trial = await prepare(t);
  await trial.fresh();
  await trial.disk.heal();
  const server = await serve(t, trial.db, {env: trial.disk.env});
  for (let round = 0; round < 5; round++) {
    await trial.disk.fail('write', 'ENOSPC', 1, {sticky: true});
    const send = () => ask(server.base, 'POST', '/v1/areas', {name: `Round ${round}`}, {'idempotency-key': `key-${round}`});
    const answers = await Promise.all(Array.from({length: 24}, send));
    assert.deepEqual([...new Set(answers.map(({status}) => status))], [507]);
    await trial.disk.heal();
    const made = await send();
    assert.equal(made.status, 201);
    assert.equal((await ask(server.base, 'GET', `/v1/areas/${made.body.id}`)).status, 200);
  }
  await end(server);
});

/** What comes of the promise, or undefined when it takes longer. */
async function within(seconds, promise) {
  let late;
  const result = await Promise.race([promise, new Promise((done) => (late = setTimeout(done, seconds * 1000)))]);
  clearTimeout(late);
  return result;
}

test('a server that is told to stop while the disk takes its time to flush waits for it, answers, and ends with 0', async (t) => {
  const trial = await prepare(t);
  await trial.fresh();
  await trial.disk.heal();
  const server = await serve(t, trial.db, {env: trial.disk.env});
  await trial.disk.hold();
  const write = small.write(server.base);
  await until(async () => /^entente_requests_active [2-9]/m.test(await (await fetch(`${server.base}/metrics`)).text()), 'the write is under way');
  server.kill('SIGTERM');
  assert.equal(await within(10, server.ended), undefined, 'the server waits');
  await trial.disk.heal();
  assert.equal((await write).status, 201);
  assert.deepEqual(await server.ended, {code: 0, signal: null}, server.log().slice(-3000));
  const again = await serve(t, trial.db);
  assert.equal(await small.there(again.base), true);
  await end(again);
});

test('a clock that is set back puts off neither the deadlines of connections nor the log', async (t) => {
  const db = join(makeFolder(t), 'clock.db');
  const server = await serve(t, db, {env: jumpingClock(shim, 3600), flags: ['--head-timeout', '1', '--log-format', 'json']});
  const wires = [open(server.port, 'GET /healthz HTTP/1.1\r\n')];
  assert.equal((await ask(server.base, 'GET', '/healthz')).status, 200);
  await until(() => /"message":"request"/.test(server.log()), 'the line of the request');
  wires.push(open(server.port, 'GET /healthz HTTP/1.1\r\n'));
  assert.ok(await within(10, Promise.all(wires.map(({over}) => over))), 'both are cut off');
});

test('a day that turns while the server starts is noticed', async (t) => {
  const db = join(makeFolder(t), 'midnight.db');
  const server = await serve(t, db, {env: jumpingClock(shim, 24 * 60 * 60), today: null});
  await until(() => /the day has turned/.test(server.log()), 'the log says so');
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
});

test('a thread that can wait for requests no more ends the process, and the log says why', async (t) => {
  const server = await serve(t, join(makeFolder(t), 'poll.db'));
  assert.equal((await run(['--pid', `${server.pid}`, '--nofile=1:1'], {program: 'prlimit'})).code, 0); // poll takes as many as may be open
  await ask(server.base, 'GET', '/healthz');
  const {code, signal} = await server.ended;
  assert.ok(signal !== null || code !== 0);
  assert.match(server.log(), /error a thread cannot wait for requests: Invalid argument/);
});
