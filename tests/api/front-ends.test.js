// Front ends on other origins: which ones may read, what a page may see of an answer, and how its EventSource, which can send no
// token, follows the changes with a ticket.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {contract, operations, resolve} from './lib/contract.js';
import {follow} from './lib/events.js';
import {startServer} from './lib/server.js';

const one = 'https://one.example.org';
const two = 'http://two.example.org:3000';
let server;
before(async () => {
  server = await startServer({args: ['--cors-origin', one, '--cors-origin', two]});
});
after(() => server.stop());

const allowed = async (at, origin) => (await at.get('/healthz', {role: null, headers: {origin}})).headers['access-control-allow-origin'];
const list = (value) => value.split(', ').map((name) => name.toLowerCase());

describe('origins', () => {
  test('--cors-origin may be given several times; each origin is told its own name', async () => {
    assert.equal(await allowed(server, one), one);
    assert.equal(await allowed(server, two), two);
    for (const other of ['https://three.example.org', 'https://one.example.org.evil.example', 'http://one.example.org', 'null']) {
      assert.equal(await allowed(server, other), undefined, other);
    }
  });

  test('the environment names several with commas, and * lets any page read', async () => {
    const some = await startServer({env: {ENTENTE_CORS_ORIGIN: `${one},${two}`}});
    const any = await startServer({args: ['--cors-origin', `*,${one}`]});
    try {
      for (const origin of [one, two]) assert.equal(await allowed(some, origin), origin);
      for (const origin of [two, 'null']) assert.equal(await allowed(any, origin), '*');
      assert.equal(await allowed(any, one), one);
      for (const at of [some, any]) {
        assert.equal((await at.get('/v1/areas', {headers: {origin: one}})).headers['access-control-allow-credentials'], undefined);
      }
    } finally {
      await some.stop();
      await any.stop();
    }
  });

  test('a page may read every header of an answer that the contract declares', async () => {
    const safelisted = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma'];
    const refusals = ['allow', 'www-authenticate', 'set-cookie', 'accept-patch']; // for programs at work on the server itself, or forbidden
    const declared = new Set(operations.flatMap(({declared: {responses}}) => Object.values(responses)
      .flatMap((response) => Object.keys(resolve(response).headers ?? {}))).map((name) => name.toLowerCase()));
    const answer = await server.get('/v1/areas', {headers: {origin: one}});
    const exposed = list(answer.headers['access-control-expose-headers']);
    for (const name of declared) assert.ok([...exposed, ...safelisted, ...refusals].includes(name), name);
    assert.ok(exposed.includes('idempotent-replayed'));
    for (const name of exposed) {
      assert.ok(declared.has(name) || Object.keys(contract.components.headers).some((each) => each.toLowerCase() === name), `${name} is declared`);
    }
  });

  test('a page may send every header that the contract takes', async () => {
    const ours = ['x-csrf-token']; // of the dashboard, which is no other origin
    const taken = new Set(operations.flatMap(({declared}) => (declared.parameters ?? []).map(resolve))
      .filter((each) => each.in === 'header').map((each) => each.name.toLowerCase()));
    const preflight = await server.request('OPTIONS', '/v1/areas', {role: null, headers: {origin: one, 'access-control-request-method': 'POST'}});
    const allows = list(preflight.headers['access-control-allow-headers']);
    for (const name of taken) assert.ok([...allows, ...ours, 'accept-language', 'accept'].includes(name), name);
  });
});

describe('tickets', () => {
  const ticketOf = async (options = {role: 'reader'}) => (await server.post('/v1/changes/ticket', undefined, {status: 200, ...options})).json;
  const use = (ticket, more) => follow(server, `?after=0&ticket=${ticket}`, {role: null, headers: {origin: one}, ...more});

  test('a ticket opens one stream, without a token', async () => {
    const {ticket, expires_at: end} = await ticketOf();
    const left = Date.parse(end) - Date.now();
    assert.ok(left > 20_000 && left <= 30_000, end);
    const stream = await use(ticket);
    assert.equal(stream.headers['access-control-allow-origin'], one);
    await server.put('/v1/areas/seen', {name: 'Seen'}, {status: 201});
    assert.equal((await stream.next((change) => change.slug === 'seen', 'the change')).resource, 'areas');
    stream.close();
    const again = await server.get(`/v1/changes?ticket=${ticket}`, {role: null, status: 401});
    assert.match(again.json.detail, /ticket/);
  });

  test('a ticket is worth nothing elsewhere, and one that was never given out is refused', async () => {
    const {ticket} = await ticketOf({role: 'admin'});
    await server.get(`/v1/areas?ticket=${ticket}`, {role: null, status: 401});
    await server.get('/v1/areas', {token: ticket, status: 401});
    await server.get(`/v1/changes?ticket=${ticket.slice(0, -1)}${ticket.endsWith('0') ? '1' : '0'}`, {role: null, status: 401});
    await server.get('/v1/changes?ticket=', {role: null, status: 401});
    await server.post('/v1/changes/ticket', undefined, {role: null, status: 401});
    const stream = await use(ticket);
    stream.close();
  });

  test('a stream by ticket ends with the token that the ticket came from', async () => {
    const made = await server.newToken({role: 'reader', name: 'a front end'});
    const unused = await ticketOf({token: made.token});
    const stream = await use((await ticketOf({token: made.token})).ticket);
    await server.delete(`/v1/tokens/${made.id}`, {status: 204});
    await stream.ended;
    await server.get(`/v1/changes?ticket=${unused.ticket}`, {role: null, status: 401});
  });

  test('a ticket is taken only from where its token is', async () => {
    const made = await server.newToken({role: 'reader', name: 'one machine', networks: ['127.0.0.1/32']});
    const {ticket} = await ticketOf({token: made.token, from: '127.0.0.1'});
    await server.get(`/v1/changes?ticket=${ticket}`, {role: null, from: '127.0.0.2', status: 401});
  });

  test('a token in the head goes before a ticket, which stays unused', async () => {
    const {ticket} = await ticketOf();
    await server.get(`/v1/changes?ticket=${ticket}`, {role: 'reader', status: 200});
    await server.get(`/v1/changes?ticket=${ticket}`, {role: null, status: 200});
    await server.get(`/v1/changes?ticket=${ticket}`, {role: null, status: 401});
  });

  test('a token has sixteen unused tickets at most: a further one replaces its oldest', async () => {
    const made = await server.newToken({role: 'reader', name: 'many pages'});
    const tickets = [];
    for (let i = 0; i < 17; i++) tickets.push((await ticketOf({token: made.token})).ticket);
    await server.get(`/v1/changes?ticket=${tickets[0]}`, {role: null, status: 401});
    for (const ticket of tickets.slice(1)) await server.get(`/v1/changes?ticket=${ticket}`, {role: null, status: 200});
  });

  test('a ticket is in no line of the log', async () => {
    const {ticket} = await ticketOf();
    (await use(ticket)).close();
    assert.ok(!server.output.stderr.includes(ticket));
  });
});
