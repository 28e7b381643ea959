// Signing in at the dashboard: the cookie and what it is good for, from which pages it writes, and everything that ends it.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {copyFileSync, existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {run} from './lib/command.js';
import {operations} from './lib/contract.js';
import {exchange, open, request} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

let server;
before(async () => { server = await startServer({args: ['--threads', '4', '--sign-in-failures', '0']}); });
after(() => server.stop());

// Without a role the harness sends no token: what comes along is the cookie alone.
const shown = (session, headers) => ({role: null, headers: {cookie: session.cookie, ...headers}});
const fromPage = (session, headers) => shown(session, {'sec-fetch-site': 'same-origin', 'x-csrf-token': session.csrf, ...headers});

async function signInWith(token, {at = server, headers} = {}) {
  const answer = await at.post('/v1/session', {token}, {role: null, headers, status: 201});
  return {...answer.json, cookie: /^entente=[^;]+/.exec(answer.headers['set-cookie'][0])[0]};
}
const signIn = async (role, options) => signInWith(await (options?.at ?? server).token(role), options);
const lets = (status, session, at = server) => at.get('/v1/areas', {...shown(session), status});

describe('signing in', () => {
  test('exchanges a token for a cookie that scripts cannot read and that other sites do not send', async () => {
    const answer = await server.post('/v1/session', {token: await server.token('editor')}, {role: null, status: 201});
    assert.equal(answer.headers['set-cookie'].length, 1);
    assert.match(answer.headers['set-cookie'][0], /^entente=ses_[0-9A-Za-z]{38}; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers.location, '/v1/session');
    const {name, role, expires_at: end, csrf} = answer.json;
    assert.deepEqual({name, role}, {name: 'the editor', role: 'editor'});
    assert.match(csrf, /^[\w-]{32}$/);
    assert.ok(Math.abs(Date.parse(end) - Date.now() - 7 * 24 * 3600_000) < 60_000, end);
  });

  test('a whole stay: in, reading, writing, out, and no way back', async () => {
    const session = await signIn('editor');
    await server.put('/v1/organizations/stay', {name: 'Stay'}, {...fromPage(session), status: 201});
    const read = await server.get('/v1/organizations/stay', {...shown(session), status: 200});
    assert.match(read.headers.vary, /Cookie/);
    const out = await server.delete('/v1/session', {...fromPage(session), status: 204});
    assert.deepEqual(out.headers['set-cookie'], ['entente=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
    const refused = await lets(401, session);
    assert.deepEqual(refused.headers['set-cookie'], ['entente=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
    await server.patch('/v1/organizations/stay', {name: 'No'}, {...fromPage(session), status: 401});
    await server.delete('/v1/session', {...fromPage(session), status: 401});
  });

  test('the session says who is there, and the same to everyone who comes with a token', async () => {
    const session = await signIn('reader');
    const {name, role, expires_at: end, csrf} = session;
    assert.deepEqual((await server.get('/v1/session', {...shown(session), status: 200})).json, {name, role, expires_at: end, csrf});
    assert.deepEqual((await server.get('/v1/session', {role: 'reader', status: 200})).json, {name, role, expires_at: null, csrf: null});
    assert.deepEqual((await server.get('/v1/session', {socket: true, status: 200})).json, {name: 'local', role: 'admin', expires_at: null, csrf: null});
    await server.get('/v1/session', {role: null, status: 401});
    await server.delete('/v1/session', {role: 'reader', status: 404});
  });

  test('whoever signs in anew ends the session that the browser had, and no other', async () => {
    const [old, other] = [await signIn('reader'), await signIn('reader')];
    const renewed = await signIn('editor', {headers: {cookie: old.cookie}});
    assert.equal(renewed.role, 'editor');
    await lets(401, old);
    for (const session of [other, renewed]) await lets(200, session);
  });

  test('every token that names nobody gets the same answer', async () => {
    const good = await server.token('admin');
    const revoked = await server.newToken({role: 'admin', name: 'revoked'});
    await server.delete(`/v1/tokens/${revoked.id}`, {status: 204});
    const expired = await server.newToken({role: 'admin', name: 'expired', expires_at: new Date(Date.now() + 50).toISOString()});
    await until(() => Date.parse(expired.expires_at) < Date.now(), 'the token is over');
    const elsewhere = await server.newToken({role: 'admin', name: 'elsewhere', networks: ['192.0.2.0/24']});
    const session = await signIn('admin');
    const tokens = ['', ' ', 'x', `ent_${'0'.repeat(38)}`, good.slice(0, -1), `${good}x`, `${good.slice(0, 9)} ${good.slice(9)}`, `Bearer ${good}`, '名'.repeat(60),
      session.cookie.slice('entente='.length), revoked.token, expired.token, elsewhere.token];
    for (const token of tokens) {
      const answer = await server.post('/v1/session', {token}, {role: null, status: 401});
      assert.equal(answer.json.detail, 'the token is unknown, revoked, expired or malformed');
      assert.equal(answer.headers['set-cookie'], undefined);
      assert.ok(answer.headers['www-authenticate']);
    }
    assert.equal((await server.post('/v1/session', {token: ` ${good}\n`}, {role: null, status: 201})).json.role, 'admin', 'white space was pasted along');
    await lets(200, session);
  });

  test('a body that is no sign-in is refused with every fault, and does not come back with its secret', async () => {
    const token = await server.token('reader');
    for (const [body, status] of [[{}, 422], [{token: 5}, 422], [{token: null}, 422], [{token: 'x'.repeat(201)}, 422], [[token], 422], [{token, tokn: token}, 422],
      ['', 400], ['{', 400], [`{"token":"${token}"`, 400]]) {
      const answer = await server.post('/v1/session', body, {role: null, status});
      assert.ok(!answer.text.includes(token));
    }
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', '']) {
      await server.post('/v1/session', JSON.stringify({token}), {role: null, headers: {'content-type': type}, status: 415});
    }
  });

  test('a page with a form of its own is not offered Basic, for which the browser would ask over it', async () => {
    const plain = await server.get('/v1/areas', {role: null, status: 401});
    assert.match(plain.headers['www-authenticate'], /Basic/);
    for (const headers of [{'x-csrf-token': ''}, {'x-csrf-token': 'any', cookie: 'entente=over'}]) {
      const page = await server.get('/v1/areas', {role: null, headers, status: 401});
      assert.equal(page.headers['www-authenticate'], 'Bearer realm="entente"');
    }
  });
});

describe('a write by cookie', () => {
  const own = () => ({origin: server.url, host: new URL(server.url).host});
  const cases = [
    ['from this server\'s page, with the word', 201, (csrf) => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf})],
    ['from this server\'s page by its Origin, where the browser does not say more', 201, (csrf) => ({origin: own().origin, 'x-csrf-token': csrf})],
    ['behind a proxy that ends TLS', 201, (csrf) => ({origin: `https://${own().host}`, 'x-csrf-token': csrf})],
    ['from a page whose Origin a proxy has made another, when the browser calls it its own', 201, (csrf) => ({'sec-fetch-site': 'same-origin', origin: 'https://a.example', 'x-csrf-token': csrf})],
    ['without the word', 403, () => ({'sec-fetch-site': 'same-origin'})],
    ['with an empty word', 403, () => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': ''})],
    ['with the start of the word', 403, (csrf) => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf.slice(0, -1)})],
    ['with more than the word', 403, (csrf) => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': `${csrf}x`})],
    ['with another word', 403, (csrf) => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'))})],
    ['with the word of another session', 403, (csrf, other) => ({'sec-fetch-site': 'same-origin', 'x-csrf-token': other})],
    ['without a browser\'s word of the page', 403, (csrf) => ({'x-csrf-token': csrf})],
    ['from another site', 403, (csrf) => ({'sec-fetch-site': 'cross-site', 'x-csrf-token': csrf})],
    ['from a sister domain or another port', 403, (csrf) => ({'sec-fetch-site': 'same-site', 'x-csrf-token': csrf})],
    ['from no page', 403, (csrf) => ({'sec-fetch-site': 'none', 'x-csrf-token': csrf})],
    ['from another site with this server\'s Origin', 403, (csrf) => ({'sec-fetch-site': 'cross-site', origin: own().origin, 'x-csrf-token': csrf})],
    ['from another Origin', 403, (csrf) => ({origin: 'https://a.example', 'x-csrf-token': csrf})],
    ['from an Origin that begins alike', 403, (csrf) => ({origin: `${own().origin}0`, 'x-csrf-token': csrf})],
    ['from another port', 403, (csrf) => ({origin: 'http://127.0.0.1:1', 'x-csrf-token': csrf})],
    ['from an opaque Origin', 403, (csrf) => ({origin: 'null', 'x-csrf-token': csrf})],
    ['from an empty Origin', 403, (csrf) => ({origin: '', 'x-csrf-token': csrf})],
    ['from an Origin of another scheme', 403, (csrf) => ({origin: `ftp://${own().host}`, 'x-csrf-token': csrf})],
  ];
  let session, other;
  before(async () => { [session, other] = [await signIn('editor'), await signIn('editor')]; });

  cases.forEach(([name, status, headers], index) => {
    test(`${name} is ${status === 403 ? 'refused, and nothing is written' : 'believed'}`, async () => {
      const at = `/v1/organizations/write-${index}`;
      const answer = await server.put(at, {name}, {...shown(session, headers(session.csrf, other.csrf)), status});
      if (status === 403) assert.equal(answer.json.type, '/problems/cross-site');
      await server.get(at, {status: status === 403 ? 404 : 200});
    });
  });

  for (const {id, method, path} of operations.filter((each) => each.method !== 'GET' && each.role !== 'none')) {
    test(`${id} is refused to a cookie without the word, whatever the role`, async () => {
      const admin = await signIn('admin');
      for (const headers of [{}, {'sec-fetch-site': 'same-origin'}, {'x-csrf-token': admin.csrf}]) {
        const answer = await server.request(method, path.replace(/\{[^}]+\}/g, 'none'), {...shown(admin, headers), body: method === 'DELETE' ? undefined : {}, status: 403});
        assert.equal(answer.json.type, '/problems/cross-site');
      }
      await lets(200, admin);
    });
  }

  test('reads need no word, wherever they come from', async () => {
    for (const site of ['same-origin', 'none', 'cross-site']) await server.get('/v1/areas', {...shown(session, {'sec-fetch-site': site}), status: 200});
    await server.head('/v1/areas', {...shown(session), status: 200});
    await server.request('OPTIONS', '/v1/areas', {...shown(session), status: 204});
  });

  test('a token needs none of it, and goes before a cookie', async () => {
    const reader = await server.token('reader');
    const headers = {cookie: session.cookie, 'sec-fetch-site': 'cross-site'};
    await server.put('/v1/organizations/by-token', {name: 'x'}, {headers, status: 201});
    await server.put('/v1/organizations/by-token', {name: 'y'}, {token: reader, headers: {...headers, 'x-csrf-token': session.csrf}, status: 403});
    assert.equal((await server.get('/v1/session', {token: reader, headers, status: 200})).json.role, 'reader');
    await server.get('/v1/areas', {token: `${reader}x`, headers, status: 401});
  });

  test('what a browser remembers of Basic authentication is believed from this server\'s pages only, a Bearer token from any', async () => {
    const token = await server.token('editor');
    const basic = `Basic ${Buffer.from(`${token}:`).toString('base64')}`;
    const write = (authorization, headers, status) => server.post('/v1/areas', {name: 'Remembered'}, {role: null, headers: {authorization, ...headers}, status});
    for (const headers of [{'sec-fetch-site': 'cross-site'}, {'sec-fetch-site': 'same-site'}, {origin: 'https://a.example'}, {origin: 'null'}]) {
      await write(basic, headers, 403);
      await write(`Bearer ${token}`, headers, 201);
    }
    for (const headers of [{}, {'sec-fetch-site': 'same-origin'}, {origin: server.url}]) await write(basic, headers, 201);
  });

  test('the problem is explained', async () => {
    assert.match((await server.get('/problems/cross-site', {role: null, status: 200})).json.explanation, /X-CSRF-Token/);
  });

  test('signing in from another site\'s page is refused, and from no page is not', async () => {
    const token = await server.token('reader');
    for (const headers of [{'sec-fetch-site': 'cross-site'}, {'sec-fetch-site': 'same-site'}, {'sec-fetch-site': 'none'}, {origin: 'https://a.example'}, {origin: 'null'}]) {
      const answer = await server.post('/v1/session', {token}, {role: null, headers, status: 403});
      assert.equal(answer.json.type, '/problems/cross-site');
      assert.equal(answer.headers['set-cookie'], undefined);
    }
    for (const headers of [{}, {'sec-fetch-site': 'same-origin'}, {origin: own().origin}]) await signInWith(token, {headers});
  });

  test('a front end that CORS lets in gets no session, and its pages no cookie', async () => {
    const origin = 'https://front.example';
    const open = await startServer({args: ['--cors-origin', origin]});
    try {
      const there = await signIn('reader', {at: open});
      const read = await open.get('/v1/areas', {...shown(there, {origin}), status: 200});
      assert.equal(read.headers['access-control-allow-origin'], origin);
      assert.equal(read.headers['access-control-allow-credentials'], undefined);
      await open.post('/v1/session', {token: await open.token('reader')}, {role: null, headers: {origin}, status: 403});
      const preflight = await open.request('OPTIONS', '/v1/areas', {role: null, headers: {origin, 'access-control-request-method': 'PUT'}, status: 204});
      assert.doesNotMatch(preflight.headers['access-control-allow-headers'], /csrf/i);
    } finally {
      await open.stop();
    }
  });
});

describe('a session is never more than its token', () => {
  test('it has its role', async () => {
    const [reader, editor] = [await signIn('reader'), await signIn('editor')];
    const refused = await server.put('/v1/areas/mine', {name: 'x'}, {...fromPage(reader), status: 403});
    assert.equal(refused.json.type, '/problems/forbidden');
    await server.put('/v1/areas/mine', {name: 'x'}, {...fromPage(editor), status: 201});
    for (const session of [reader, editor]) await server.get('/v1/tokens', {...shown(session), status: 403});
    await server.get('/v1/tokens', {...shown(await signIn('admin')), status: 200});
  });

  test('what it changes has the token\'s name in the history, in full, and in the log', async () => {
    const name = `川辺 ${'名'.repeat(190)}`;
    const session = await signInWith((await server.newToken({role: 'editor', name})).token);
    assert.equal(session.name, name);
    const {headers} = await server.put('/v1/areas/history', {name: 'x'}, {...fromPage(session), status: 201});
    assert.equal((await server.get('/v1/areas/history/history')).json.items[0].actor, name);
    const plain = await signInWith((await server.newToken({role: 'editor', name: 'signed-in'})).token);
    await server.put('/v1/areas/history', {name: 'y'}, {...fromPage(plain), status: 200});
    await until(() => /method=PUT path=\/v1\/areas\/history .*actor=signed-in/.test(server.output.stderr), 'the line of the write');
    assert.ok(headers['x-request-id']);
  });

  test('it ends at once, on every thread, when the token is revoked, whoever does it', async () => {
    for (const revoke of [(id) => server.delete(`/v1/tokens/${id}`, {status: 204}), (id) => run(['token', 'revoke', '--db', server.db, id])]) {
      const {id, token} = await server.newToken({role: 'reader', name: 'leaving'});
      const sessions = [await signInWith(token), await signInWith(token)];
      await Promise.all(Array.from({length: 48}, (_, at) => lets(200, sessions[at % 2])));
      await revoke(id);
      await Promise.all(Array.from({length: 48}, (_, at) => lets(401, sessions[at % 2])));
    }
  });

  test('it ends when the token does', async () => {
    const {token, expires_at: end} = await server.newToken({role: 'reader', name: 'brief', expires_at: new Date(Date.now() + 1500).toISOString()});
    const session = await signInWith(token);
    assert.equal(session.expires_at, end);
    await until(async () => (await server.get('/v1/areas', shown(session))).status === 401, 'the session ends');
    assert.ok(Date.now() >= Date.parse(end));
  });

  test('what is done by it counts as a use of the token, and changes no list\'s tag', async () => {
    const {id, token} = await server.newToken({role: 'reader', name: 'used'});
    const session = await signInWith(token);
    const {etag} = await lets(200, session);
    await until(async () => (await server.get('/v1/tokens')).json.items.find((each) => each.id === id).last_used_at, 'the use of the token');
    await server.get('/v1/areas', {...shown(session, {'if-none-match': etag}), status: 304});
  });
});

describe('a session ends', () => {
  test('by signing out, at once on every thread, and the token\'s other sessions go on', async () => {
    const [leaving, staying] = [await signIn('reader'), await signIn('reader')];
    await Promise.all(Array.from({length: 48}, () => lets(200, leaving)));
    await server.delete('/v1/session', {...fromPage(leaving), status: 204});
    await Promise.all(Array.from({length: 48}, () => lets(401, leaving)));
    await lets(200, staying);
  });

  test('of a hundred and more of one token the one that was not used for longest', async () => {
    const {token} = await server.newToken({role: 'reader', name: 'everywhere'});
    const sessions = [];
    for (let i = 0; i < 100; i++) sessions.push(await signInWith(token));
    await lets(200, sessions[0]);
    sessions.push(await signInWith(token), await signInWith(token));
    for (const session of sessions.slice(0, 2)) await lets(401, session);
    for (const session of sessions.slice(2)) await lets(200, session);
  });

  test('when it was not used for a while, and not before', async () => {
    const brief = await startServer({args: ['--session-idle', '3']});
    try {
      const session = await signIn('reader', {at: brief});
      const begin = Date.now();
      let last;
      await until(async () => {
        last = Date.now();
        await lets(200, session, brief);
        return last > begin + 5000;
      }, 'more time passes than an idle session has');
      await until(() => Date.now() > last + 3100, 'nobody uses it');
      const ended = await lets(401, session, brief);
      assert.match(ended.headers['set-cookie'][0], /Max-Age=0/);
    } finally {
      await brief.stop();
    }
  });

  test('when nothing but a stream of changes is open', async () => {
    const brief = await startServer({args: ['--session-idle', '2']});
    try {
      const session = await signIn('reader', {at: brief});
      const {over} = open(brief.port, request('GET', '/v1/changes?after=now', {Accept: 'text/event-stream', Cookie: session.cookie}));
      await over;
      await lets(401, session, brief);
    } finally {
      await brief.stop();
    }
  });

  test('after its life in any case', async () => {
    const brief = await startServer({args: ['--session-life', '2']});
    try {
      const session = await signIn('reader', {at: brief});
      await until(async () => (await brief.get('/v1/areas', shown(session))).status === 401, 'the session ends');
      assert.ok(Date.now() >= Date.parse(session.expires_at));
    } finally {
      await brief.stop();
    }
  });

  test('never with the server: who is signed in stays so, and who has signed out too', async (t) => {
    const folder = newFolder();
    t.after(() => rmSync(folder, {recursive: true, force: true}));
    const db = join(folder, 'entente.db');
    let one = await startServer({db});
    const [staying, leaving] = [await signIn('editor', {at: one}), await signIn('editor', {at: one})];
    await one.delete('/v1/session', {...fromPage(leaving), status: 204});
    await one.kill();
    one = await startServer({db});
    await one.put('/v1/areas/kept', {name: 'x'}, {...fromPage(staying), status: 201});
    await lets(401, leaving, one);
    await one.stop();
  });

  test('with a restore, since the backup does not know who has signed out since; the tokens go on', async (t) => {
    const folder = newFolder();
    t.after(() => rmSync(folder, {recursive: true, force: true}));
    const db = join(folder, 'entente.db'), copy = join(folder, 'copy.db'), moved = join(folder, 'moved.db');
    let one = await startServer({db});
    const {token} = await one.newToken({role: 'editor', name: 'goes on'});
    const [staying, leaving] = [await signInWith(token, {at: one}), await signInWith(token, {at: one})];
    assert.equal((await run(['backup', copy, '--db', db])).code, 0);
    await one.delete('/v1/session', {...fromPage(leaving), status: 204});
    await lets(200, staying, one);
    await one.stop();
    copyFileSync(db, moved); // made by other means, so it has its sessions until it is restored
    for (const source of [copy, moved]) {
      const {code, stderr} = await run(['restore', source, '--db', db]);
      assert.equal(code, 0, stderr);
      one = await startServer({db});
      await lets(401, leaving, one);
      await lets(401, staying, one);
      await lets(200, await signInWith(token, {at: one}), one);
      await one.stop();
    }
    one = await startServer({db: copy});
    await lets(401, leaving, one);
    await one.stop();
  });
});

test('neither the token nor what the cookie holds is in the database or the log', async () => {
  const {token} = await server.newToken({role: 'reader', name: 'secretive'});
  const session = await signInWith(token);
  await lets(200, session);
  await server.delete('/v1/session', {...fromPage(session), status: 204});
  const {headers} = await lets(401, session);
  await until(() => server.output.stderr.includes(headers['x-request-id']), 'the line of the last request');
  const files = ['', '-wal'].map((ending) => server.db + ending).filter(existsSync).map((name) => readFileSync(name, 'latin1'));
  assert.ok(files.some((bytes) => bytes.includes('secretive')), 'these are the files');
  for (const secret of [token, session.cookie.slice('entente='.length), session.csrf]) {
    for (const text of [...files, server.output.stderr]) assert.ok(!text.includes(secret));
  }
});

describe('whatever a Cookie header holds', () => {
  const printable = fc.string({unit: fc.integer({min: 0x20, max: 0x7e}).map((code) => String.fromCharCode(code)), maxLength: 60});
  const piece = fc.oneof(printable.map((text) => text.replaceAll(';', '')), fc.constantFrom('', '=', 'entente', 'a=b', 'Entente=x', '"', 'entente2=ses_', '__Host-entente=x', '$Version=1'));
  const strange = piece.filter((text) => !/^\s*entente\s*=/.test(text));
  // libmicrohttpd 0.9.75 reads cookies itself, too, and fails where a quotation mark is all of the last one's value.
  const header = (pieces) => pieces.join('; ').trim().replace(/(?<==)"$/, '');
  let session;
  before(async () => { session = await signIn('reader'); });

  test('it names nobody unless the cookie is in it, and does no harm where nobody needs to be known', async () => {
    await fc.assert(fc.asyncProperty(fc.array(piece, {maxLength: 8}), async (pieces) => {
      const headers = {cookie: header(pieces)};
      await server.get('/v1/areas', {role: null, headers, status: 401});
      await server.get('/healthz', {role: null, headers, status: 200});
    }), {numRuns: 150});
  });

  test('the cookie is found among others', async () => {
    await fc.assert(fc.asyncProperty(fc.array(strange, {maxLength: 8}), fc.nat(8), async (pieces, place) => {
      const all = pieces.toSpliced(place, 0, session.cookie);
      await server.get('/v1/areas', {role: null, headers: {cookie: header(all)}, status: 200});
    }), {numRuns: 150});
  });

  test('a quotation mark alone, at the end, is a refusal of this request at worst', async () => {
    const {answers: [answer]} = await exchange(server.port, request('GET', '/v1/areas', {Cookie: `${session.cookie}; a="`}));
    assert.ok([200, 431].includes(answer.status), answer.status);
    await lets(200, session);
  });

  test('two that differ are worth nothing, in one header or in two, and the same one twice is one', async () => {
    const other = await signIn('admin');
    const ask = async (cookies) => (await exchange(server.port, request('GET', '/v1/areas', {Cookie: cookies}))).answers[0].status;
    for (const cookies of [[`${session.cookie}; ${other.cookie}`], [session.cookie, other.cookie], [session.cookie, 'entente='], [`entente=x; ${session.cookie}`]]) {
      assert.equal(await ask(cookies), 401, cookies);
    }
    for (const cookies of [[session.cookie, 'a=b'], ['a=b', session.cookie], [`${session.cookie}; ${session.cookie}`], [session.cookie, session.cookie]]) {
      assert.equal(await ask(cookies), 200, cookies);
    }
  });

  test('a mistyped one, and one with another secret, is 401 and taken away, and nobody is signed in by the name that TLS has', async () => {
    const secret = session.cookie.slice('entente='.length);
    for (const cookie of [`entente=${secret.slice(0, -1)}`, `entente=${secret}x`, `entente=${await server.token('admin')}`, `entente=ses_${'0'.repeat(38)}`, 'entente=']) {
      const answer = await server.get('/v1/areas', {role: null, headers: {cookie}, status: 401});
      assert.match(answer.headers['set-cookie'][0], /^entente=; .*Max-Age=0$/, cookie);
    }
    const named = await server.get('/v1/areas', {role: null, headers: {cookie: `__Host-entente=${secret}`}, status: 401});
    assert.equal(named.headers['set-cookie'], undefined);
  });

  test('a large one is read, and one that is too large is refused', async () => {
    const large = await exchange(server.port, request('GET', '/v1/areas', {Cookie: `a=${'x'.repeat(8000)}; ${session.cookie}`}));
    assert.equal(large.answers[0].status, 200);
    const huge = await exchange(server.port, request('GET', '/v1/areas', {Cookie: `a=${'x'.repeat(60_000)}; ${session.cookie}`}));
    assert.ok(huge.answers.every(({status}) => status === 431 || status === 413), huge.answers[0]?.status);
    await lets(200, session);
  });

  test('a header that may come once is refused when it comes twice', async () => {
    for (const [name, value] of [['X-CSRF-Token', 'a'], ['Sec-Fetch-Site', 'same-origin'], ['Origin', 'null']]) {
      const {answers: [answer]} = await exchange(server.port, request('GET', '/healthz', {[name]: [value, value]}));
      assert.equal(answer.status, 400, name);
    }
  });
});
