// Running it: health, metrics, the log, starting, stopping, and whose database it is.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {existsSync, readFileSync, readdirSync, rmSync, statSync, statfsSync} from 'node:fs';
import net from 'node:net';
import {join} from 'node:path';
import {contract} from './lib/contract.js';
import {run} from './lib/command.js';
import {parse} from './lib/prometheus.js';
import {exchange, request} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

describe('a running server', () => {
  let server;
  before(async () => { server = await startServer(); });
  after(() => server.stop());

  test('says that it is alive and ready, to everybody', async () => {
    assert.deepEqual((await server.get('/healthz', {role: null, status: 200})).json, {status: 'ok'});
    assert.deepEqual((await server.get('/readyz', {role: null, status: 200})).json, {status: 'ready'});
  });

  test('counts requests by operation and class of status, never by raw path', async () => {
    await server.post('/v1/areas', {name: 'Counted', slug: 'counted'}, {status: 201});
    for (let i = 0; i < 3; i++) await server.get('/v1/areas/counted', {status: 200});
    await server.get('/v1/areas/not-there', {status: 404});
    await server.get('/v1/nothing-here', {status: 404});
    const counted = async () => (await server.get('/metrics', {status: 200})).text;
    const text = await until(async () => {
      const now = await counted();
      return /operation="get-area",status="4xx"\} 1$/m.test(now) && /operation="none",status="4xx"\} 1$/m.test(now) && now;
    }, 'the last requests are counted');
    assert.match(text, /^entente_requests_total\{operation="get-area",status="2xx"\} 3$/m);
    assert.match(text, /^entente_request_seconds_count\{operation="get-area"\} 4$/m);
    assert.ok(!text.includes('counted') && !text.includes('nothing-here'));
    const operations = new Set(Object.values(contract.paths).flatMap((path) => Object.values(path)).map((each) => each.operationId));
    for (const [, name] of text.matchAll(/operation="([^"]+)"/g)) assert.ok(name === 'none' || operations.has(name), name);
  });

  test('gives Prometheus what it asks for: help, types, one value a line, and the store\'s figures', async () => {
    const answer = await server.get('/metrics', {status: 200});
    assert.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    const named = [...parse(answer.text).keys()];
    for (const name of ['entente_write_queue_depth', 'entente_write_groups_total', 'entente_writes_total', 'entente_write_group_largest',
      'entente_commit_seconds_total', 'entente_wal_pages', 'entente_page_cache_hits_total', 'entente_requests_total', 'entente_request_seconds']) {
      assert.ok(named.includes(name), name);
    }
  });

  test('tells Prometheus of the disk, of failed writes, of itself and of its process', async () => {
    const families = parse((await server.get('/metrics', {status: 200})).text);
    const value = (name) => families.get(name).samples[0].value;
    assert.deepEqual(families.get('entente_writes_failed_total').samples.map(({labels, value: count}) => [labels.reason, count]),
      [['full', 0], ['failed', 0], ['unknown', 0]]);
    assert.match(families.get('entente_build_info').samples[0].labels.version, /^\d+\./);
    assert.equal(value('entente_build_info'), 1);
    assert.equal(value('entente_ready'), 1);
    assert.equal(value('entente_database_size_bytes'), statSync(server.db).size);
    assert.equal(value('entente_wal_size_bytes'), statSync(`${server.db}-wal`).size);
    const disk = statfsSync(server.db);
    assert.equal(value('entente_disk_size_bytes'), disk.blocks * disk.bsize);
    assert.ok(value('entente_disk_available_bytes') > 0 && value('entente_disk_available_bytes') <= disk.blocks * disk.bsize);
    const proc = (file) => readFileSync(`/proc/${server.pid}/${file}`, 'utf8');
    assert.ok(Math.abs(value('process_open_fds') - readdirSync(`/proc/${server.pid}/fd`).length) < 8);
    assert.equal(value('process_max_fds'), Number(/^Max open files\s+(\d+)/m.exec(proc('limits'))[1]));
    const near = (a, b) => assert.ok(a > b * 0.7 && a < b * 1.4, `${a} is about ${b}`);
    near(value('process_virtual_memory_bytes'), 1024 * Number(/^VmSize:\s+(\d+)/m.exec(proc('status'))[1]));
    near(value('process_resident_memory_bytes'), 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(proc('status'))[1]));
    const age = Date.now() / 1000 - value('process_start_time_seconds');
    assert.ok(age > -2 && age < 300, `started ${age} s ago`);
    assert.ok(value('process_cpu_seconds_total') > 0 && value('process_cpu_seconds_total') < age * 64 + 10);
  });

  test('tells when the last backup was made, also after a restart', async () => {
    const own = await startServer();
    const last = async (of) => parse((await of.get('/metrics', {socket: true})).text).get('entente_last_backup_timestamp_seconds').samples[0].value;
    assert.equal(await last(own), 0);
    const before = Date.now() / 1000;
    await own.get('/v1/backup', {socket: true, status: 200});
    const at = await last(own);
    assert.ok(at >= before - 1 && at <= Date.now() / 1000 + 1, `${at}`);
    await own.stop({keep: true});
    const again = await startServer({db: own.db});
    assert.equal(await last(again), at);
    await again.stop({keep: true});
    own.remove();
  });

  test('gives every request a number of its own', async () => {
    const answers = await Promise.all(Array.from({length: 100}, () => server.get('/healthz', {role: null})));
    assert.equal(new Set(answers.map((each) => each.headers['x-request-id'])).size, 100);
  });
});

for (const format of ['text', 'json']) {
  test(`the log as ${format} has a line a request, with neither body, query nor token`, async () => {
    const server = await startServer({args: ['--log-format', format]});
    try {
      const token = await server.token('editor');
      const {headers} = await server.post('/v1/areas', {name: 'Secret name in a body'}, {token, status: 201});
      const {headers: filtered} = await server.get('/v1/areas?name=secret-in-a-query', {token, status: 200});
      const lineOf = (id) => server.output.stderr.split('\n').find((line) => line.includes(id));
      const [made, read] = await until(() => {
        const found = [headers, filtered].map((each) => lineOf(each['x-request-id']));
        return found.every(Boolean) && found;
      }, 'the lines');
      if (format === 'json') {
        const {time, level, message, id, method, path, status, microseconds, actor, address} = JSON.parse(made);
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.deepEqual({level, message, id, method, path, status, actor, address}, {
          level: 'info', message: 'request', id: headers['x-request-id'], method: 'POST', path: '/v1/areas', status: 201, actor: 'the editor', address: '127.0.0.1'});
        assert.ok(microseconds > 0);
        server.output.stderr.trim().split('\n').forEach((line) => JSON.parse(line));
      } else {
        assert.match(made, /method=POST path=\/v1\/areas status=201 microseconds=\d+ actor="the editor" address=127\.0\.0\.1$/);
      }
      assert.ok(read.includes('/v1/areas'));
      for (const secret of ['Secret name', 'secret-in-a-query', token]) assert.ok(!server.output.stderr.includes(secret), secret);
    } finally {
      await server.stop();
    }
  });
}

for (const format of ['text', 'json']) {
  test(`nothing that a client sends makes a line of its own in the log as ${format}, or a field`, async () => {
    const server = await startServer({args: ['--log-format', format]});
    try {
      const forged = '2026-01-01T00:00:00.000Z info  request actor=forged';
      const {token} = await server.newToken({role: 'reader', name: `x" actor=forged \\" \u2028${forged}`});
      for (const control of ['\u001b[31m', '\u007f', '\u0001']) await server.post('/v1/tokens', {role: 'reader', name: `x${control}`}, {status: 422});
      for (const white of ['\n', '\u0085', '\u2028']) assert.equal((await server.post('/v1/tokens', {role: 'reader', name: `x${white}y`}, {status: 201})).json.name, 'x y');
      for (const [method, target] of [['GET', `/v1/areas/%0a${encodeURIComponent(forged)}`], ['GET', '/\x1b[31m'], ['G\x1bT', '/'], ['GET"', '/" actor=forged'], ['GET', '/"actor=forged'], ['GET', '/\xe2\x80\xa8'],
        ['GET', '/\tactor=forged']]) {
        await exchange(server.port, request(method, target, {Authorization: `Bearer ${token}`, 'X-Request-Id': 'forged', 'User-Agent': forged, Referer: forged}));
      }
      const {headers} = await server.get('/v1/areas', {token, status: 200});
      await until(() => server.output.stderr.includes(headers['x-request-id']), 'the last line');
      const lines = server.output.stderr.trim().split('\n');
      for (const line of lines) {
        assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
        if (format === 'json') assert.notEqual(JSON.parse(line).actor, 'forged');
        else assert.doesNotMatch(line.replace(/"(\\.|[^"\\])*"/g, '""'), / actor=forged|^2026-01-01T00:00:00.000Z/);
      }
    } finally {
      await server.stop();
    }
  });
}

test('the first line of standard output says where it listens, and port 0 picks a free one', async () => {
  const [one, two] = await Promise.all([startServer(), startServer()]);
  try {
    assert.match(one.output.stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    assert.notEqual(one.port, two.port);
    assert.notEqual(one.port, 0);
    const taken = await run(['serve', '--db', join(one.db, '..', 'other.db'), '--listen', `127.0.0.1:${one.port}`]);
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, new RegExp(`${one.port}`));
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
});



test('every flag has a twin in the environment, and the flag goes first', async () => {
  const folder = newFolder();
  const env = {ENTENTE_DB: join(folder, 'from-env.db'), ENTENTE_LISTEN: '127.0.0.1:0', ENTENTE_TODAY: '2019-07-02', ENTENTE_LOG_FORMAT: 'json', ENTENTE_INSECURE_NO_AUTH: 'true'};
  const server = await startServer({env, db: join(folder, 'from-flag.db'), listen: null});
  try {
    assert.ok(!existsSync(env.ENTENTE_DB), 'the flag goes first');
    await server.post('/v1/organizations', {name: 'a', slug: 'a'}, {role: null, status: 201});
    await server.post('/v1/organizations', {name: 'b', slug: 'b'}, {role: null, status: 201});
    const made = await server.post('/v1/agreements', {title: 'T', stage: 'concluded', parties: ['a', 'b'], effective_on: '2019-07-03'}, {role: null, status: 201});
    assert.equal(made.json.status, 'signed');
    const line = await until(() => /^(.+)\n/.exec(server.output.stderr), 'a line of the log');
    assert.ok(JSON.parse(line[1]).time);
  } finally {
    await server.stop();
    rmSync(folder, {recursive: true, force: true});
  }
});

test('the day turns where --timezone says', async () => {
  const statusIn = async (zone) => {
    const server = await startServer({args: ['--timezone', zone]});
    try {
      await server.put('/v1/areas/x', {name: 'x'}, {status: 201});
      const {json: {id}} = await server.post('/v1/agreements', {title: 'T'}, {status: 201});
      return (await server.get(`/v1/agreements/${id}/status`, {status: 200})).json.on;
    } finally {
      await server.stop();
    }
  };
  const dayIn = (zone) => new Intl.DateTimeFormat('sv-SE', {timeZone: zone}).format(new Date());
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    const days = [dayIn(zone)];
    const on = await statusIn(zone);
    assert.ok([...days, dayIn(zone)].includes(on), `${on} in ${zone}`);
  }
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} answers what is under way, writes it, and ends with 0`, async () => {
    const folder = newFolder();
    const db = join(folder, 'entente.db');
    const server = await startServer({db});
    await server.token('editor');
    const many = Array.from({length: 3000}, (_, i) => JSON.stringify({resource: 'areas', slug: `a${i}`, name: 'A'})).join('\n');
    const active = async () => Number(/^entente_requests_active (\d+)/m.exec((await server.get('/metrics', {socket: true})).text)[1]);
    await until(async () => (await active()) === 1, 'what came before is over');
    const slow = server.post('/v1/import', many, {headers: {'content-type': 'application/x-ndjson'}, role: 'editor'});
    await until(async () => (await active()) > 1, 'the import is under way');
    server.signal(signal);
    const answer = await slow;
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.created, 3000);
    assert.deepEqual(await server.ended, {code: 0, signal: null});
    assert.ok(!existsSync(`${db}-wal`), 'the log was written into the database');
    assert.ok(!existsSync(`${db}.sock`), 'the socket is gone');
    const again = await startServer({db});
    await again.get('/v1/areas/a2999', {status: 200});
    await again.stop();
    rmSync(folder, {recursive: true, force: true});
  });
}

test('a connection that stays open without a request does not hold the end up', async () => {
  const server = await startServer();
  const idle = net.connect(server.port, '127.0.0.1');
  await new Promise((done) => idle.once('connect', done));
  idle.on('error', () => {});
  await server.stop();
  idle.destroy();
});

test('a second server cannot own the same database, and does the first no harm', async () => {
  const server = await startServer();
  try {
    await server.put('/v1/areas/a', {name: 'A'}, {status: 201});
    const second = await run(['serve', '--db', server.db, '--listen', '127.0.0.1:0']);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /owned by another process/);
    await server.get('/v1/areas/a', {status: 200});
    await server.get('/v1/areas/a', {socket: true, status: 200});
  } finally {
    await server.stop();
  }
});

test('after a kill the next server finds every acknowledged write, and takes over lock and socket', async () => {
  const folder = newFolder();
  const db = join(folder, 'entente.db');
  const server = await startServer({db});
  await server.put('/v1/areas/kept', {name: 'Kept'}, {status: 201});
  await server.kill();
  const next = await startServer({db});
  await next.get('/v1/areas/kept', {socket: true, status: 200});
  await next.stop();
  rmSync(folder, {recursive: true, force: true});
});
