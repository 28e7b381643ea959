// Feed tokens: an address that a calendar program subscribes to, which shows one query's calendar and opens nothing else, by no other way.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {daysOf, expectedDays, readCalendar} from './lib/calendar.js';
import {run} from './lib/command.js';
import {operations} from './lib/contract.js';
import {everything} from './lib/pages.js';
import {sampleAddress, sampleBody} from './lib/sample.js';
import {newFolder, startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';
import {until} from './lib/wait.js';

const nobody = {role: null};
let server;
const put = (on, slug, body, status = 201) => on.put(`/v1/agreements/${slug}`, {title: slug, stage: 'concluded', parties: ['one', 'two'], ...body}, {status});
const feed = (query, more, on = server) => on.newToken({role: 'feed', name: 'our terms', query, ...more});
const subscribe = async (made, options, on = server) => on.get(made.calendar, {...nobody, ...options});

async function fill(on) {
  for (const slug of ['one', 'two', 'three']) await on.put(`/v1/organizations/${slug}`, {name: slug, visibility: 'public'}, {status: 201});
  await put(on, 'ending', {effective_on: '2025-07-01', ends_on: '2026-06-30', visibility: 'public'});
  await put(on, 'renewing', {effective_on: '2025-06-01', term_months: 12, renewal: {kind: 'automatic'}, notice: {months: 2}, owner: 'somebody', parties: ['one', 'three']});
  await put(on, 'long', {effective_on: '2025-01-01', ends_on: '2030-12-31', notice: {days: 30}});
}

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read'], env: unlimited});
  await fill(server);
});
after(() => server.stop());

describe('making one', () => {
  test('gives the address, once, and keeps the query', async () => {
    const {token, calendar, ...made} = await feed('status=in_force&sort=title');
    assert.equal(calendar, `/v1/calendar/${token}/agreements.ics`);
    assert.equal(made.query, 'status=in_force&sort=title');
    const {json, text} = await server.get(`/v1/tokens/${made.id}`, {status: 200});
    assert.deepEqual(json, made);
    assert.ok(!text.includes(token) && !(await server.get('/v1/tokens')).text.includes(token));
    const plain = await server.newToken({role: 'reader', name: 'plain'});
    assert.deepEqual([plain.query, plain.calendar], [null, null]);
  });

  test('tells everything that the list would refuse of its query, and makes none', async () => {
    const had = (await server.get('/v1/tokens')).json.items.length;
    for (const [query, ...faults] of [
      ['stats=in_force', ['unknown', /`stats` .*did you mean `status`/]],
      ['status=now&kind=x', ['enum', /^`status` /], ['enum', /^`kind` /]],
      ['status__lt=x', ['unknown', /supports/]],
      ['party=never-was&area=nor-this', ['no_such_record', /never-was/], ['no_such_record', /nor-this/]],
      ['sort=nothing', ['unknown', /^`sort` must be one of/]],
      ['limit=501', ['maximum', /500/]],
      ['format=csv', ['contradiction', /^`format` is `ics`/]],
      ['cursor=x&total=true&fields=id', ['contradiction', /^`cursor`/], ['contradiction', /^`total`/], ['contradiction', /^`fields`/]],
      ['period_ends_on__lte=soon', ['format', /^`period_ends_on__lte`/]],
      ['title=%', ['format', /query string: .*hexadecimal/]],
      ['title=%00', ['format', /query string/]],
      ['a\nb', ['format', /query string/]],
      ['?status=in_force', ['unknown', /status/]],
      [Array.from({length: 101}, (_, i) => `tag=t${i}`).join('&'), ['too_many', /100/]],
      ['x'.repeat(2001), ['too_long', /2000/]],
      ['limit=501&party=nobody&format=csv', ['maximum', /limit.*500/], ['no_such_record', /party/], ['contradiction', /format/]],
      [undefined, ['required', /required/]],
      [null, ['required', /required/]],
    ]) {
      const {json} = await server.post('/v1/tokens', {role: 'feed', name: 'x', query}, {status: 422});
      assert.deepEqual(json.errors.map(({pointer}) => pointer), faults.map(() => '/query'), `${query}: ${JSON.stringify(json.errors)}`);
      faults.forEach(([code, message], i) => {
        assert.equal(json.errors[i].code, code, JSON.stringify(json.errors));
        assert.match(json.errors[i].message, message);
      });
    }
    for (const role of ['reader', 'editor', 'admin']) {
      const {json} = await server.post('/v1/tokens', {role, name: 'x', query: ''}, {status: 422});
      assert.deepEqual(json.errors.map(({pointer, code}) => [pointer, code]), [['/query', 'contradiction']]);
    }
    assert.equal((await server.get('/v1/tokens')).json.items.length, had);
  });

  test('is for admins, and the command prints the token and nothing else', async () => {
    for (const role of ['editor', 'reader']) await server.post('/v1/tokens', {role: 'feed', name: 'x', query: ''}, {role, status: 403});
    const made = await run(['token', 'create', '--db', server.db, '--role', 'feed', '--name', 'by hand', '--query', 'slug=long']);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^ent_\w{38}\n$/);
    const answer = await subscribe({calendar: `/v1/calendar/${made.stdout.trim()}/agreements.ics`}, {status: 200});
    assert.equal(readCalendar(answer).events.length, 3);
    const refused = await run(['token', 'create', '--db', server.db, '--role', 'feed', '--name', 'by hand', '--query', 'slgu=long']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /did you mean `slug`/);
  });
});

describe('subscribing', () => {
  test('shows what the query shows to whoever has a token, under the name of the feed', async () => {
    for (const query of ['', 'status=in_force', 'owner=somebody', 'party=three&party=two&sort=-title&limit=2', 'format=ics&flag=expiring', 'slug=none', 'title=%E5%89%B5+%2B']) {
      const answer = await subscribe(await feed(query, {name: '創薬, our; terms'}), {status: 200});
      assert.equal(answer.headers['content-type'], 'text/calendar; charset=utf-8');
      const read = readCalendar(answer);
      assert.equal(read.name, '創薬, our; terms');
      const [, filters, limit] = /^(?:format=ics&)?(.*?)(?:&limit=(\d+))?$/.exec(query);
      const documents = await everything(server, `/v1/agreements?${filters}&limit=500`, {role: 'reader'});
      assert.deepEqual(daysOf(read), expectedDays(documents.slice(0, limit)), query);
    }
  });

  test('takes HEAD, compression and a tag, and nothing in the query of the address', async () => {
    const made = await feed('');
    const first = await subscribe(made, {status: 200});
    assert.equal((await server.head(made.calendar, {...nobody, status: 200})).etag, first.etag);
    assert.equal((await subscribe(made, {status: 200, headers: {'accept-encoding': 'gzip'}})).text, first.text);
    await subscribe(made, {status: 304, headers: {'if-none-match': first.etag}});
    assert.match(first.headers['cache-control'], /^private/);
    assert.equal(first.headers['referrer-policy'], 'no-referrer');
    await put(server, 'one-more', {effective_on: '2026-01-01', ends_on: '2028-06-30'});
    const second = await subscribe(made, {status: 200, headers: {'if-none-match': first.etag}});
    assert.equal(readCalendar(second).events.length, readCalendar(first).events.length + 2);
    for (const more of ['status=in_force', 'format=json', 'limit=1', 'token=x']) await server.get(`${made.calendar}?${more}`, {...nobody, status: 400});
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) await server.request(method, made.calendar, {...nobody, body: {}, status: 405});
  });

  test('is refused, and names the cause, once a record is gone that the query names', async () => {
    await server.put('/v1/organizations/leaving', {name: 'Leaving'}, {status: 201});
    const made = await feed('party=leaving');
    await subscribe(made, {status: 200});
    await server.delete('/v1/organizations/leaving', {status: 204});
    assert.match((await subscribe(made, {status: 400})).json.detail, /party: "leaving" names none/);
  });
});

describe('a feed token is good for its calendar alone', () => {
  const make = async (path, body) => (await server.request('POST', path, {socket: true, body, status: 201})).json;

  test('shown in any other way it is a token that there never was, at every operation', async () => {
    const {token} = await feed('');
    const stranger = `${token.slice(0, 6)}${token.slice(6).split('').reverse().join('')}`;
    const ways = [(secret) => ({authorization: `Bearer ${secret}`}), (secret) => ({authorization: `Basic ${Buffer.from(`${secret}:`).toString('base64')}`}),
      (secret) => ({cookie: `entente=${secret}`}), (secret) => ({cookie: `entente=ses_${secret.slice(4)}`})];
    for (const operation of operations.filter(({role}) => role !== 'feed')) {
      const path = await sampleAddress(operation, make);
      const {body, type} = sampleBody(operation, {token});
      for (const [index, way] of ways.entries()) {
        const answer = await server.request(operation.method, path, {...nobody, body, headers: {...way(token), ...(type ? {'content-type': type} : {})}});
        if (operation.role !== 'none') assert.equal(answer.status, 401, `${operation.method} ${path} way ${index}: ${answer.status}`);
        else if (operation.id === 'create-session') assert.equal(answer.status, 401);
      }
    }
    const refusals = await Promise.all([token, stranger].map((each) => server.get('/v1/agreements', {token: each, status: 401})));
    assert.equal(refusals[0].json.detail, refusals[1].json.detail);
  });

  test('and no other token or session opens a calendar, whatever else the request shows', async () => {
    const made = await feed('');
    const admin = await server.token('admin');
    const signed = await server.post('/v1/session', {token: admin}, {...nobody, status: 201});
    const cookie = signed.headers['set-cookie'][0].split(';')[0];
    for (const secret of [admin, await server.token('reader'), cookie.split('=')[1], 'nothing', `${made.token}x`, made.token.slice(0, -1), made.token.toLowerCase(), made.id]) {
      for (const headers of [{}, {authorization: `Bearer ${admin}`}, {authorization: `Bearer ${made.token}`}, {cookie}]) {
        const answer = await server.get(`/v1/calendar/${secret}/agreements.ics`, {...nobody, headers, status: 404});
        assert.equal(answer.json.detail, 'there is no calendar at this address, or it was revoked');
        assert.equal(answer.headers['www-authenticate'], undefined);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
      await server.get(`/v1/calendar/${secret}/agreements.ics`, {socket: true, status: 404});
    }
    for (const headers of [{authorization: 'Bearer nonsense'}, {authorization: `Bearer ${admin}`}, {cookie: 'entente=nonsense'}]) await subscribe(made, {headers, status: 200});
    for (const rest of ['', '/', '/agreements', '/agreements.ics/', '/organizations.ics', '/agreements.ics/history']) await server.get(`/v1/calendar/${made.token}${rest}`, {...nobody, status: 404});
  });

  test('it ends with its day, its networks and its revocation, within a second, like one that there never was', async () => {
    const revoked = await feed(''), ended = await feed('', {expires_at: new Date(Date.now() + 1500).toISOString()}), elsewhere = await feed('', {networks: ['192.0.2.0/24']});
    await subscribe(revoked, {status: 200});
    await subscribe(ended, {status: 200});
    const refusal = async (made) => {
      const {json, headers} = await subscribe(made, {status: 404});
      return [json.type, json.detail, Object.keys(headers)];
    };
    const never = await refusal({calendar: '/v1/calendar/never/agreements.ics'});
    assert.deepEqual(await refusal(elsewhere), never);
    await server.delete(`/v1/tokens/${revoked.id}`, {status: 204});
    assert.deepEqual(await refusal(revoked), never, 'at once');
    await until(async () => (await subscribe(ended)).status === 404, 'the token ends');
    assert.deepEqual(await refusal(ended), never);
  });

  test('its use is written down', async () => {
    const made = await feed('');
    await subscribe(made, {status: 200});
    await until(async () => (await server.get(`/v1/tokens/${made.id}`)).json.last_used_at !== null, 'the use is written down');
  });
});

test('a feed has the limits of its token, and addresses that lead nowhere count as attempts that are refused', async () => {
  const strict = await startServer({args: ['--sign-in-failures', '3', '--address-requests', '2']});
  try {
    const made = await feed('', {requests_per_minute: 4}, strict);
    for (let i = 0; i < 3; i++) await strict.get(`/v1/calendar/guess-${i}/agreements.ics`, {...nobody, status: 404});
    const refused = await strict.get('/v1/calendar/guess/agreements.ics', {...nobody, status: 429});
    assert.match(refused.json.detail, /attempts with a token that is refused/);
    await strict.get('/v1/agreements', {token: 'ent_x', status: 429});
    for (let i = 0; i < 4; i++) await subscribe(made, {status: 200}, strict);
    assert.match((await subscribe(made, {status: 429}, strict)).json.detail, /requests with this token/);
  } finally {
    await strict.stop();
  }
});

test('the secret of an address is in no line of the log, no problem, no header and no figure, however it is spelled', async () => {
  for (const format of ['text', 'json']) {
    const logged = await startServer({args: ['--log-format', format], env: unlimited});
    const made = await feed('', {name: 'the one that asks'}, logged);
    const gone = await feed('', {}, logged);
    await logged.delete(`/v1/tokens/${gone.id}`, {status: 204});
    const texts = [];
    for (const {token} of [made, gone]) {
      const spelled = [token, token.replace('e', '%65').replace('_', '%5F'), `${token.slice(0, 20)}%${token.charCodeAt(20).toString(16)}${token.slice(21)}`];
      for (const path of spelled.flatMap((each) => [`/v1/calendar/${each}/agreements.ics`, `/v1/calendar/${each}/agreements.ics?token=${each}`, `/v1/calendar/${each}`,
        `/v1/calendar/${each}.ics`, `/v1/${each}`, `//v1/calendar/${each}/agreements.ics`, `/v1/calendar/${'x/'.repeat(80)}${each}`, `/v1/calendar/${'x/'.repeat(85)}${each}`])) {
        for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
          const answer = await logged.request(method, path, {...nobody, check: false, ...(method === 'POST' ? {body: {}} : {})});
          texts.push(answer.text, ...Object.values(answer.headers).map(String));
        }
      }
    }
    texts.push((await logged.get('/metrics')).text, (await logged.get('/v1/tokens')).text, (await logged.get('/v1/changes')).text);
    await logged.stop();
    texts.push(logged.output.stderr, logged.output.stdout);
    assert.ok(texts.some((text) => text.includes('the one that asks')), 'the log names who asks');
    assert.match(logged.output.stderr, /\/v1\/calendar\/ent_\.\.\.\/agreements\.ics/);
    for (const {token} of [made, gone]) {
      for (let at = 4; at + 12 <= token.length; at++) {
        const part = token.slice(at, at + 12);
        const found = texts.find((text) => text.includes(part));
        assert.equal(found, undefined, `${part} of a secret`);
      }
    }
  }
});

test('one who subscribes sees the events move as the clock does: the same events, on other days, with a greater SEQUENCE', async () => {
  const folder = newFolder();
  const on = async (day, work) => {
    const running = await startServer({db: join(folder, 'entente.db'), args: ['--today', day]});
    try {
      return await work(running);
    } finally {
      await running.stop();
    }
  };
  let made, ids;
  const look = (headers) => async (running) => subscribe(made, {headers}, running);
  const named = (events) => Object.fromEntries(events.map((event) => [`${ids[event.uid.replace(/-\w+$/, '')]} ${event.uid.split('-')[1]}`, event]));
  const days = (events) => Object.fromEntries(Object.entries(events).map(([name, {day}]) => [name, day]));
  try {
    const first = await on('2026-05-01', async (running) => {
      await fill(running);
      made = await feed('status=in_force', {}, running);
      ids = Object.fromEntries((await running.get('/v1/agreements')).json.items.map(({id, slug}) => [id, slug]));
      return subscribe(made, {status: 200}, running);
    });
    const before = named(readCalendar(first).events);
    assert.deepEqual(days(before), {
      'ending review': '2025-12-30', 'ending end': '2026-06-30',
      'renewing review': '2025-11-30', 'renewing notice': '2027-03-31', 'renewing end': '2026-05-31',
      'long review': '2030-06-30', 'long notice': '2030-12-01', 'long end': '2030-12-31',
    });
    assert.equal((await on('2026-05-01', look({'if-none-match': first.etag}))).status, 304, 'a restart on the same day changes nothing');
    const second = await on('2026-07-01', look({'if-none-match': first.etag}));
    assert.equal(second.status, 200);
    const later = named(readCalendar(second).events);
    assert.deepEqual(days(later), {
      'renewing review': '2026-11-30', 'renewing notice': '2027-03-31', 'renewing end': '2027-05-31',
      'long review': '2030-06-30', 'long notice': '2030-12-01', 'long end': '2030-12-31',
    });
    for (const [name, event] of Object.entries(later)) {
      const moved = name.startsWith('renewing');
      assert.equal(event.uid, before[name].uid);
      assert.equal(event.sequence > before[name].sequence, moved, name);
      assert.ok(moved ? event.modified >= before[name].modified : event.modified === before[name].modified);
    }
    const third = await on('2026-07-02', look());
    assert.equal(third.text, second.text, 'a day on which nothing turns moves nothing');
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
});
