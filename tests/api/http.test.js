// What holds for every address: methods, media types, compression, origins, and how an answer says what is wrong.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {contract, operations} from './lib/contract.js';
import * as raw from './lib/raw.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

let server;
before(async () => {
  server = await startServer();
  await server.put('/v1/organizations/one', {name: 'One', description: 'compressible '.repeat(200)}, {status: 201});
});
after(() => server.stop());

const paths = Object.keys(contract.paths);
const concrete = (path) => path.replace('/problems/{name}', '/problems/conflict').replace('/assets/{name}', '/assets/page.css').replace('/docs/{name}', '/docs/index.md')
  .replace('/v1/organizations/{id}', '/v1/organizations/one').replace(/\{[^}]+\}/g, 'none');
const declaredMethods = (path) => operations.filter((each) => each.path === path).map((each) => each.method);
const allowed = (path) => [...declaredMethods(path), ...(declaredMethods(path).includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
const listed = (header) => header.split(', ').sort();

test('HEAD answers as GET does, without the body', async () => {
  for (const path of paths.filter((each) => declaredMethods(each).includes('GET') && each !== '/v1/backup')) {
    const get = await server.get(concrete(path));
    const head = await server.head(concrete(path));
    assert.equal(head.status, get.status, path);
    assert.equal(head.text, '');
    for (const name of ['etag', 'content-type', 'cache-control', 'vary', 'link']) assert.equal(head.headers[name], get.headers[name], `${path} ${name}`);
    if (path !== '/metrics' && path !== '/v1/export' && get.status === 200) assert.equal(head.headers['content-length'], get.headers['content-length'], path);
  }
});

test('OPTIONS names what each address takes, without a token', async () => {
  for (const path of paths) {
    const answer = await server.request('OPTIONS', concrete(path), {role: null, status: 204});
    assert.deepEqual(listed(answer.headers.allow), allowed(path), path);
  }
  await server.request('OPTIONS', '/v1/nothing', {role: null, status: 404});
  const whole = await server.request('OPTIONS', '*', {role: null, status: 204}); // RFC 9110, 9.3.7: of the server as a whole
  assert.deepEqual(whole.headers.allow.split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
});

test('a method that an address does not take is 405, with what it takes in Allow', async () => {
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((each) => !declaredMethods(path).includes(each))) {
      const answer = await server.request(method, concrete(path), {status: 405});
      assert.deepEqual(listed(answer.headers.allow), allowed(path), `${method} ${path}`);
      assert.equal(answer.json.type, '/problems/method-not-allowed');
    }
  }
  await server.request('PROPFIND', '/v1/organizations', {status: 405});
});

test('an address that is not there is 404', async () => {
  for (const path of ['/nothing', '/v1', '/v1/', '/v2/organizations', '/v1/organizations/one/', '/v1/organizations/one/more', '/V1/organizations']) {
    await server.get(path, {status: 404});
  }
});

test('a format that an address does not offer is 406, and what covers its format is taken', async () => {
  const list = '/v1/organizations';
  for (const accept of ['application/pdf', 'image/*', 'text/html;q=0.9, text/plain', 'application/json;q=0', 'application/xml, */*;q=0']) {
    const answer = await server.get(list, {status: 406, headers: {accept}});
    assert.equal(answer.json.type, '/problems/not-acceptable', accept);
  }
  for (const accept of ['*/*', 'application/*', 'application/json', 'APPLICATION/JSON; charset=utf-8', 'text/csv, application/json;q=0.1', 'text/html,*/*;q=0.8', '']) {
    await server.get(list, {status: 200, headers: {accept}});
  }
  await server.post(list, {name: 'Never written'}, {status: 406, headers: {accept: 'text/csv'}});
  assert.deepEqual((await server.get(`${list}?slug=never-written`)).json.items, []);
  await server.get('/v1/organizations/none', {status: 404, headers: {accept: 'application/json'}});
});

test('a page is what is read of a problem only where HTML is wanted most', async () => {
  const type = async (accept) => (await server.get('/problems/conflict', {headers: {accept}, status: 200})).headers['content-type'].split(';')[0];
  assert.equal(await type('text/html, */*;q=0.8'), 'text/html');
  for (const accept of ['*/*', 'application/json, text/html;q=0.5', 'application/json;a=",text/html,"', 'application/json, text/html;q=0']) {
    assert.equal(await type(accept), 'application/json', accept);
  }
});

test('a preference is read as one: names, values and quotes, the first of a name', async () => {
  const applied = async (prefer) => (await server.put('/v1/organizations/one', {name: 'One'}, {headers: {prefer}, check: false})).headers['preference-applied'];
  for (const prefer of ['return=minimal', 'Return = "minimal"', 'respond-async, return=minimal; x=y', 'a="b, c", return=minimal', 'wait=10,return="minimal"']) {
    assert.equal(await applied(prefer), 'return=minimal', prefer);
  }
  for (const prefer of ['x-return=minimal', 'return=minimal-x', 'a="return=minimal"', 'a="x, return=minimal"', 'foo; return=minimal', 'return=representation, return=minimal', 'return']) {
    assert.equal(await applied(prefer), undefined, prefer);
  }
});

test('a coding is taken by its own name and weight', async () => {
  const path = '/openapi.yaml';
  const coded = async (value) => (await server.get(path, {headers: {'accept-encoding': value}})).headers['content-encoding'];
  for (const value of ['gzip', 'x-gzip', 'br;q=1, GZIP ; q=0.5', 'br;a="x,y", gzip', 'gzip;quality=0']) assert.equal(await coded(value), 'gzip', value);
  for (const value of ['gzip2', 'gzip;q=0', 'gzip; a=b; q=0.000', 'br;a="b, gzip"', '']) assert.equal(await coded(value), undefined, value);
});

test('a connection is closed when that is asked for, and not for a word that holds it', async () => {
  const ask = (value) => raw.exchange(server.port, raw.request('GET', '/healthz', {Connection: value}).toString('latin1').repeat(2), {count: 2, seconds: 2});
  assert.equal((await ask('x-closed')).answers.length, 2);
  assert.equal((await ask('keep-alive, Close')).answers.length, 1);
});

test('a tag that only begins with a star fits nothing', async () => {
  await server.put('/v1/organizations/one', {name: 'One'}, {headers: {'if-match': '*'}, status: 200});
  await server.put('/v1/organizations/one', {name: 'One'}, {headers: {'if-match': '*x'}, status: 412});
});

test('a body of another media type is 415', async () => {
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx', 'application']) {
    const answer = await server.post('/v1/organizations', '{"name":"x"}', {status: 415, headers: {'content-type': type}});
    assert.match(answer.json.detail, /application\/json/);
  }
  const patch = await server.patch('/v1/organizations/one', '{}', {status: 415, headers: {'content-type': 'application/json-patch+json'}});
  assert.match(patch.headers['accept-patch'], /application\/merge-patch\+json/);
  for (const type of ['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8', 'application/json;charset=UTF-8']) {
    await server.patch('/v1/organizations/one', '{}', {status: 200, headers: {'content-type': type}});
  }
});

test('curl\'s default content type is read as JSON when a token is in the header, Bearer or Basic', async () => {
  const type = {'content-type': 'application/x-www-form-urlencoded'};
  await server.post('/v1/organizations', '{"name":"Curl"}', {status: 201, headers: type});
  const basic = `Basic ${Buffer.from(`${await server.token('editor')}:`).toString('base64')}`;
  await server.post('/v1/organizations', '{"name":"Curl"}', {status: 201, role: null, headers: {...type, authorization: basic}});
  await server.patch('/v1/organizations/curl', '{"city":"x"}', {status: 200, headers: type});
  await server.post('/v1/organizations', '{"name":"Curl"}', {status: 401, role: null, headers: type});
});

test('without a token, curl\'s default content type is not JSON, though everybody may write', async () => {
  const open = await startServer({args: ['--insecure-no-auth']});
  try {
    await open.post('/v1/organizations', '{"name":"x"}', {role: null, status: 201});
    const answer = await open.post('/v1/organizations', '{"name":"x"}', {role: null, headers: {'content-type': 'text/plain'}});
    assert.equal(answer.status, 415);
  } finally {
    await open.stop();
  }
});

test('all faults of a body are told at once, each with its place, code and sentence', async () => {
  const answer = await server.post('/v1/agreements', {
    titel: 'x', kind: 'moo', concluded_on: '2026-02-30', term_months: 0, tags: ['a', 'a'], visibility: 7,
    parties: [{role: 'guest'}], documents: [{title: 'x', sha256: 'x', bytes: -1}], notes: 'x'.repeat(20001),
  }, {status: 422});
  assert.deepEqual(answer.json.errors.map((each) => each.pointer).sort(), [
    '/concluded_on', '/documents/0/bytes', '/documents/0/sha256', '/kind', '/notes', '/parties/0/organization', '/parties/0/role',
    '/tags/1', '/term_months', '/titel', '/title', '/visibility']);
  for (const fault of answer.json.errors) assert.ok(fault.code && fault.message, JSON.stringify(fault));
  assert.match(answer.json.errors.find((each) => each.pointer === '/kind').message, /mou/);
});

test('every problem\'s type is an address that explains it, as JSON and as a page', async () => {
  const met = new Set();
  for (const [method, path, options] of [['GET', '/v1/none'], ['GET', '/v1/areas?x=1'], ['GET', '/v1/areas', {role: null}], ['PUT', '/v1/areas'],
    ['POST', '/v1/areas', {body: '{'}], ['POST', '/v1/areas', {body: {}}], ['POST', '/v1/areas', {role: 'reader', body: {}}]]) {
    met.add((await server.request(method, path, options)).json.type);
  }
  assert.equal(met.size, 7);
  for (const type of met) {
    const json = await server.get(type, {role: null, status: 200});
    assert.equal(json.json.type, type);
    assert.ok(json.json.explanation.length > 20);
    const page = await server.get(type, {role: null, status: 200, headers: {accept: 'text/html,application/xhtml+xml,*/*;q=0.8'}});
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.ok(page.text.includes(json.json.title));
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
  }
  await server.get('/problems/none', {status: 404});
});

test('answers are compressed for whoever takes it, when that pays', async () => {
  const packed = await server.get('/v1/organizations', {headers: {'accept-encoding': 'br, gzip;q=0.5'}});
  const plain = await server.get('/v1/organizations');
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(packed.text, plain.text);
  assert.ok(packed.bytes.length < plain.bytes.length);
  for (const refusing of ['identity', 'gzip;q=0', 'br']) {
    assert.equal((await server.get('/v1/organizations', {headers: {'accept-encoding': refusing}})).headers['content-encoding'], undefined, refusing);
  }
  assert.equal((await server.get('/healthz', {headers: {'accept-encoding': 'gzip'}})).headers['content-encoding'], undefined);
});

test('no origin is told that it may read anything, unless --cors-origin names it', async () => {
  const origin = 'https://front.example.org';
  const none = await server.get('/v1/organizations', {headers: {origin}});
  assert.deepEqual(Object.keys(none.headers).filter((name) => name.startsWith('access-control')), []);
  const open = await startServer({args: ['--cors-origin', origin]});
  try {
    const answer = await open.get('/v1/organizations', {headers: {origin}});
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    for (const name of ['Change-Log', 'ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id']) {
      assert.ok(answer.headers['access-control-expose-headers'].split(', ').includes(name), name);
    }
    assert.match(answer.headers.vary, /Origin/);
    const preflight = await open.request('OPTIONS', '/v1/organizations/one', {role: null, status: 204,
      headers: {origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization, if-match'}});
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) assert.ok(preflight.headers['access-control-allow-methods'].includes(method));
    for (const name of ['Authorization', 'Content-Type', 'If-Match']) assert.ok(preflight.headers['access-control-allow-headers'].includes(name));
    const refused = await open.post('/v1/organizations', {}, {role: null, status: 401, headers: {origin}});
    assert.equal(refused.headers['access-control-allow-origin'], origin, 'a front end must be able to read a problem');
    const other = await open.get('/v1/organizations', {headers: {origin: 'https://other.example.org'}});
    assert.equal(other.headers['access-control-allow-origin'], undefined);
    assert.equal(other.headers['access-control-allow-credentials'], undefined);
  } finally {
    await open.stop();
  }
});

test('the contract is served as written, and as JSON with every filter', async () => {
  const yaml = await server.get('/openapi.yaml', {role: null, status: 200});
  const json = await server.get('/openapi.json', {role: null, status: 200});
  assert.ok(yaml.text.startsWith('openapi: 3.1.0'));
  assert.equal(json.json.info.version, contract.info.version);
  const names = json.json.paths['/v1/agreements'].get.parameters.map((each) => each.name);
  for (const name of ['status', 'party', 'area', 'flag', 'tag', 'period_ends_on']) assert.ok(names.includes(name), name);
});

test('the page comes with a policy that lets nothing in from elsewhere, and its files with their types', async () => {
  const page = await server.get('/', {role: null, status: 200});
  assert.match(page.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
  for (const [, name] of page.text.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)) {
    await server.get(`/assets/${name}`, {role: null, status: 200});
  }
  const style = await server.get('/assets/page.css', {role: null, status: 200});
  assert.match(style.headers['content-type'], /^text\/css/);
  await server.get('/assets/page.css', {role: null, status: 304, headers: {'if-none-match': style.etag}});
  await server.get('/assets/none.css', {role: null, status: 404});
});

test('the page leads to the documents, whose links among each other lead on', async () => {
  const page = await server.get('/', {role: null, status: 200});
  assert.match(page.text, /href="\/docs\/index\.md"/);
  const index = await server.get('/docs/index.md', {role: null, status: 200});
  assert.equal(index.headers['content-type'], 'text/plain; charset=utf-8');
  await server.get('/docs/index.md', {role: null, status: 304, headers: {'if-none-match': index.etag}});
  const linked = [...index.text.matchAll(/\]\((?!\.\.)([^)#]+)/g)].map(([, name]) => name);
  assert.ok(linked.length > 10);
  for (const name of linked) await server.get(`/docs/${name}`, {role: null, status: 200});
  for (const name of ['none.md', 'design', 'index.md.']) await server.get(`/docs/${name}`, {role: null, status: 404});
});

test('requests that arrive in one moment on as many connections as the library takes events at once are all answered', async () => {
  const alone = await startServer({args: ['--threads', '1']});
  try {
    for (const count of [126, 127, 128, 129, 256]) {
      const wires = Array.from({length: count}, () => raw.open(alone.port, raw.request('GET', '/healthz')));
      for (const wire of wires) assert.equal((await raw.settle(wire)).answers.length, 1);
      alone.signal('SIGSTOP');
      await Promise.all(wires.map((wire) => new Promise((sent) => wire.socket.write(raw.request('GET', '/healthz'), sent))));
      alone.signal('SIGCONT');
      for (const wire of wires) assert.equal((await raw.settle(wire, {count: 2})).answers.length, 2, `${count} connections`);
      for (const wire of wires) wire.destroy();
    }
  } finally {
    await alone.stop();
  }
});

test('a client that closes its side with its request is answered, and the connection does not stay', async () => {
  const patient = await startServer({args: ['--idle-timeout', '3600']});
  try {
    const wires = Array.from({length: 50}, () => {
      const wire = raw.open(patient.port, raw.request('GET', '/healthz'));
      wire.end();
      return wire;
    });
    for (const wire of wires) assert.equal((await raw.settle(wire)).answers[0].status, 200);
    await until(() => wires.every((wire) => wire.closed), 'the server closes too');
  } finally {
    await patient.stop();
  }
});

test('a client that does not read does not keep a server from ending', async () => {
  const stopping = await startServer();
  await stopping.put('/v1/areas/long', {name: 'Long', description: 'x'.repeat(9000)}, {status: 201});
  const token = await stopping.token('reader');
  const wire = raw.open(stopping.port);
  await wire.connected;
  wire.socket.pause();
  for (let i = 0; i < 2000; i++) wire.write(raw.request('GET', '/v1/areas/long', {Authorization: `Bearer ${token}`}));
  await stopping.get('/healthz', {status: 200});
  const began = Date.now();
  await stopping.stop();
  assert.ok(Date.now() - began < 15_000, 'within what supervisors wait');
  wire.destroy();
});
