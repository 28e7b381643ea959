// Who may do what: every operation of the contract, tried with every role and with tokens that no longer hold, or never did. Whoever may not
// gets exactly 401 or 403, whatever else is wrong with the request, and nothing has changed; whoever may gets anything else.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {operations, resolve} from './lib/contract.js';
import {apart, least, ranks, watching} from './lib/roles.js';
import {isNeeded, sampleAddress, sampleBody} from './lib/sample.js';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';
import {until} from './lib/wait.js';

let server;
const callers = []; // {name, rank, options}, strangers first
const streams = (operation) => Object.keys(operation.declared.responses['200']?.content ?? {}).join() === 'text/event-stream';

before(async () => {
  server = await startServer({env: unlimited});
  for (const role of ranks) {
    callers.push({name: role, rank: ranks.indexOf(role), options: role === 'none' ? {role: null} : {token: await server.token(role)}});
  }
  const stranger = (name, token) => callers.unshift({name, rank: 0, options: {token}});
  const revoked = await server.newToken({role: 'admin', name: 'revoked'});
  await server.delete(`/v1/tokens/${revoked.id}`, {status: 204});
  stranger('a revoked token', revoked.token);
  const expired = await server.newToken({role: 'admin', name: 'expired', expires_at: new Date(Date.now() + 1000).toISOString()});
  await until(async () => (await server.get('/v1/areas', {token: expired.token})).status === 401, 'the token ends');
  stranger('an expired token', expired.token);
  const elsewhere = await server.newToken({role: 'admin', name: 'elsewhere', networks: ['192.0.2.0/24']});
  stranger('a token for other networks', elsewhere.token);
  stranger('a feed', (await server.newToken({role: apart, name: 'a feed', query: ''})).token);
  stranger('a token with a wrong checksum', `${revoked.token.slice(0, -1)}${revoked.token.endsWith('0') ? '1' : '0'}`);
  stranger('a truncated token', revoked.token.slice(0, -1));
});
after(() => server.stop());

const make = async (path, body) => (await server.request('POST', path, {socket: true, body, status: 201})).json;

// Everything that can be read without knowing a name, the history and the tokens among it.
async function everything() {
  const texts = await Promise.all(operations.filter(({method, path}) => method === 'GET' && /^\/v1\/[^{]*$/.test(path)).map(async ({path, declared}) => {
    const parameters = (declared.parameters ?? []).map(resolve);
    if (parameters.some(isNeeded) || !declared.responses['200']?.content?.['application/json']) return '';
    const answer = await server.get(path + (parameters.some(({name}) => name === 'limit') ? '?limit=500' : ''), {socket: true});
    assert.ok(!answer.json?.next, `${path} fits on a page`);
    return answer.text;
  }));
  return texts.join('\n').replace(/"(last_\w+|failing_since)":("[^"]*"|null)/g, ''); // what moves by itself
}

async function changesSoFar() {
  const {json} = await server.get('/v1/changes?limit=500', {socket: true, status: 200});
  assert.equal(json.next, null);
  return json.items.length;
}

// What one who may not might send: the request as it should be, one about nothing, one with a broken body, and a HEAD.
async function attempts(operation) {
  const path = await sampleAddress(operation, make);
  const {body, type} = sampleBody(operation);
  const headers = type ? {'content-type': type} : {};
  const all = [{method: operation.method, path, body, headers}];
  if (operation.path.includes('{')) all.push({...all[0], path: operation.path.replace(/\{[^}]+\}/g, 'nothing')});
  if (type) all.push({...all[0], body: '{'});
  if (operation.method === 'GET') all.push({...all[0], method: 'HEAD'});
  return all;
}

async function isRefused(operation, all, {name, rank, options}) {
  const status = rank === 0 ? 401 : 403;
  for (const {method, path, body, headers} of all) {
    const answer = await server.request(method, path, {...options, body, headers});
    assert.equal(answer.status, status, `${name}: ${method} ${path}: ${answer.text}`);
  }
}

// Each with a token of its own, which it may end. What is for everybody may refuse by what it was asked, such as a sign-in, if it says so.
async function isTaken(operation, {name, options}) {
  const refusals = [401, 403].filter((status) => operation.role !== 'none' || !operation.declared.responses[status]);
  const role = ranks.find((each) => each === name && each !== 'none');
  const token = role ? (await server.newToken({role, name: 'for one request'})).token : options.token;
  const path = await sampleAddress(operation, make);
  const {id: into} = await make('/v1/organizations', {name: 'what another is merged into'});
  const {body, type} = sampleBody(operation, {token: role ? token : await server.token('reader'), into});
  if (streams(operation)) {
    const headers = token ? {authorization: `Bearer ${token}`} : {};
    const answer = await fetch(server.url + path, {headers});
    await answer.body.cancel();
    return assert.equal(answer.status, 200);
  }
  const answer = await server.request(operation.method, path, {role: null, token, body, headers: type ? {'content-type': type} : {}});
  assert.ok(!refusals.includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
  if (operation.declared['x-resource']) assert.ok(answer.status < 300, `the sample is a good request: ${answer.text}`);
}

describe('each operation is for its role and those above it, and a refusal changes nothing:', () => {
  for (const operation of operations.filter(({role}) => role !== apart)) {
    test(`${operation.id} is for ${operation.role === 'none' ? 'everybody' : operation.role}`, async () => {
      const needed = least(operation.role);
      assert.ok(needed >= 0, 'it names a role');
      const all = await attempts(operation);
      const had = await everything();
      for (const caller of callers.filter(({rank}) => rank < needed)) await isRefused(operation, all, caller);
      assert.equal(await everything(), had);
      for (const caller of callers.filter(({rank}) => rank >= needed)) await isTaken(operation, caller);
    });
  }
});

test('a token of the role metrics reads /metrics, and nothing else, also where anybody may read', async () => {
  const open = await startServer({args: ['--public-read'], env: unlimited});
  try {
    for (const each of [server, open]) {
      const {token} = await each.newToken({role: watching, name: 'Prometheus'});
      await each.get('/metrics', {token, status: 200});
      for (const operation of operations.filter(({role}) => ![watching, apart, 'none'].includes(role))) {
        const path = operation.path.replace(/\{[^}]+\}/g, 'nothing');
        await each.request(operation.method, path, {token, body: sampleBody(operation).body, status: 403});
      }
      await each.get('/healthz', {token, status: 200});
      await each.post('/v1/session', {token}, {role: null, status: 401});
    }
  } finally {
    await open.stop();
  }
});

for (const operation of operations.filter(({role}) => role === apart)) {
  test(`${operation.id} is for whom its address names, and by no other token or address for anybody`, async () => {
    const at = (token) => operation.path.replace(/\{[^}]+\}/, token);
    const {token} = await server.newToken({role: apart, name: 'its own', query: ''});
    const had = await everything();
    for (const {options} of callers.filter(({name}) => name !== 'a feed')) {
      await server.request(operation.method, at(options.token ?? 'nothing'), {...options, status: 404});
      await server.request(operation.method, at(token), {...options, status: 200});
    }
    assert.equal(await everything(), had);
  });
}

test('a write that is allowed is seen by what the refused ones are measured with', async () => {
  const [had, changes] = [await everything(), await changesSoFar()];
  await server.post('/v1/areas', {name: 'Seen'}, {role: 'editor', status: 201});
  assert.notEqual(await everything(), had);
  assert.equal(await changesSoFar(), changes + 1);
});

test('no header makes a reader more than that', async () => {
  const {id} = await make('/v1/areas', {name: 'Kept'});
  const had = await everything();
  const admin = await server.token('admin');
  for (const headers of [{'x-http-method-override': 'DELETE'}, {'x-http-method': 'DELETE'}, {'x-method-override': 'DELETE'}, {'x-original-url': '/v1/tokens'},
    {'x-rewrite-url': '/v1/tokens'}, {'x-forwarded-for': '127.0.0.1'}, {'x-role': 'admin'}, {'x-forwarded-user': 'admin'}, {cookie: `token=${admin}`},
    {'proxy-authorization': `Bearer ${admin}`}, {'x-authorization': `Bearer ${admin}`}]) {
    const read = await server.get(`/v1/areas/${id}`, {role: 'reader', headers, status: 200});
    assert.equal(read.json.name, 'Kept');
    await server.delete(`/v1/areas/${id}`, {role: 'reader', headers, status: 403});
    await server.post('/v1/tokens', {name: 'x', role: 'admin'}, {role: 'reader', headers, status: 403});
    await server.post('/v1/tokens', {name: 'x', role: 'admin'}, {role: null, headers, status: 401});
  }
  assert.equal(await everything(), had);
});

test('no spelling of an address leads around its role', async () => {
  for (const path of ['/v1/%74okens', '/v1/tokens/', '/v1//tokens', '//v1/tokens', '/v1/./tokens', '/healthz/../v1/tokens', '/healthz/%2e%2e/v1/tokens', '/V1/tokens',
    '/v1/tokens;x', '/v1/tokens%00', '/v1/tokens?', '/v1/tokens?limit=1', '/v1/tokens#x', '/v1/tokens%2f', '/v1/tokens%20', '/v1\\tokens', '/assets/../v1/tokens']) {
    for (const [role, refusal] of [[null, 401], ['reader', 403]]) {
      const answer = await server.get(path, {role, check: false});
      assert.ok([refusal, 400, 404].includes(answer.status), `${path} as ${role}: ${answer.status}`);
      assert.doesNotMatch(answer.text, /"items"/, path);
    }
  }
});
