// Webhooks: real receivers on this machine, which verify every delivery as the Standard Webhooks specification says.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import {join} from 'node:path';
import {Webhook} from 'standardwebhooks';
import {holdSchema, contract} from './lib/contract.js';
import {run} from './lib/command.js';
import {everything} from './lib/pages.js';
import {closing, receiver} from './lib/receiver.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';
import {buildShim} from '../fault/disk.js';

const FLAGS = ['--webhook-allow-loopback', '--webhook-retry', '0'];
async function hook(server, wanted) {
  return (await server.post('/v1/webhooks', wanted, {status: 201})).json;
}

let counter = 0;
const newSlug = (word) => `${word}-${counter++}`;

async function newArea(server) {
  const slug = newSlug('area');
  await server.put(`/v1/areas/${slug}`, {name: slug}, {status: 201});
  return slug;
}

const deliveries = (server, {id}, query = '') => everything(server, `/v1/webhooks/${id}/deliveries${query}`);

// The delivery of that change, once `ready` says so.
function delivery(server, webhook, ready = () => true, slug = undefined) {
  return until(async () => {
    const changes = slug && await everything(server, '/v1/changes?limit=500');
    const all = await deliveries(server, webhook);
    return all.find((each) => (!slug || changes.find(({seq}) => seq === each.seq).slug === slug) && ready(each));
  }, 'the delivery');
}

const verify = (secret, {text, headers}) => new Webhook(secret).verify(text, headers);

describe('a webhook', () => {
  let server;
  before(async () => { server = await startServer({args: FLAGS}); });
  after(() => server.stop());

  test('is told of every change, signed, with what the feed tells of it', async () => {
    const {got, url} = await receiver();
    const webhook = await hook(server, {url, description: 'The other registry'});
    assert.match(webhook.id, /^whk_[0-9a-z]{26}$/);
    assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const slug = await newArea(server);
    await server.patch(`/v1/areas/${slug}`, {name: 'Other'}, {status: 200});
    await server.delete(`/v1/areas/${slug}`, {status: 204});
    await until(() => got.length === 3, 'three events');
    got.sort((a, b) => a.json.data.seq - b.json.data.seq);
    const changes = (await everything(server, '/v1/changes?limit=500')).filter((each) => each.slug === slug);
    got.forEach((event, i) => {
      assert.deepEqual(verify(webhook.secret, event), event.json);
      holdSchema(contract.components.schemas.WebhookEvent, event.json, 'the event');
      assert.deepEqual(event.json.data, changes[i]);
      assert.equal(event.json.timestamp, changes[i].at);
      assert.equal(event.method, 'POST');
      assert.equal(event.headers['content-type'], 'application/json');
      assert.match(event.headers['user-agent'], /^entente\//);
      assert.match(event.headers['webhook-id'], /^msg_[0-9a-z]{26}$/);
      assert.ok(Math.abs(Number(event.headers['webhook-timestamp']) * 1000 - Date.now()) < 60_000);
      for (const secret of ['authorization', 'cookie']) assert.equal(event.headers[secret], undefined);
    });
    assert.deepEqual(got.map((each) => each.json.type), ['area.created', 'area.updated', 'area.deleted']);
    assert.throws(() => verify(`whsec_${Buffer.alloc(32).toString('base64')}`, got[0]));
    const all = await until(async () => {
      const list = await deliveries(server, webhook);
      return list.every((each) => each.state === 'delivered') && list;
    }, 'all are delivered');
    assert.deepEqual(all.map((each) => each.seq), changes.map((each) => each.seq).reverse());
    assert.deepEqual(new Set(all.map((each) => each.id)), new Set(got.map((each) => each.headers['webhook-id'])));
    for (const {attempts, next_attempt_at: next} of all) {
      assert.equal(next, null);
      assert.deepEqual(attempts.map(({status, error}) => ({status, error})), [{status: 204, error: null}]);
    }
    const now = (await server.get(`/v1/webhooks/${webhook.id}`, {status: 200})).json;
    assert.notEqual(now.last_delivered_at, null);
    assert.equal(now.failing_since, null);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('shows its secret once, and it is neither in lists, the log nor the history', async () => {
    const {url} = await receiver();
    const {id, secret} = await hook(server, {url});
    for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`]) {
      const answer = await server.get(path, {status: 200});
      assert.ok(!answer.text.includes('secret') && !answer.text.includes(secret));
    }
    await server.patch(`/v1/webhooks/${id}`, {description: 'x'}, {status: 200});
    await server.delete(`/v1/webhooks/${id}`, {status: 204});
    const line = await until(() => server.output.stderr.split('\n').find((each) => each.includes('webhook deleted') && each.includes(id)), 'a line');
    assert.match(line, /actor="the admin"/);
    assert.ok(server.output.stderr.includes('webhook created') && !server.output.stderr.includes(secret));
    assert.ok(!server.output.stderr.includes(url));
  });

  test('is told only of the resources and the changes that it asked for', async () => {
    const [areas, updates] = [await receiver(), await receiver()];
    const one = await hook(server, {url: areas.url, resources: ['areas']});
    const two = await hook(server, {url: updates.url, operations: ['update', 'delete']});
    const organization = newSlug('org');
    await server.put(`/v1/organizations/${organization}`, {name: 'x'}, {status: 201});
    await server.patch(`/v1/organizations/${organization}`, {name: 'y'}, {status: 200});
    const area = await newArea(server);
    await server.delete(`/v1/organizations/${organization}`, {status: 204});
    await until(() => areas.got.length >= 1 && updates.got.length >= 2, 'the events');
    await until(async () => (await Promise.all([one, two].map((each) => deliveries(server, each)))).flat().every((each) => each.state === 'delivered'), 'the end');
    assert.deepEqual(areas.slugs(), [area]);
    assert.deepEqual(updates.got.map((each) => each.json.type).sort(), ['organization.deleted', 'organization.updated']);
    for (const {id} of [one, two]) await server.delete(`/v1/webhooks/${id}`, {status: 204});
  });

  test('that fails is told again, with the same id and the same body, until it takes it', async () => {
    const {got, url} = await receiver((event, count) => (count < 4 ? 500 : 200));
    const webhook = await hook(server, {url});
    await newArea(server);
    const done = await delivery(server, webhook, (each) => each.state === 'delivered');
    assert.equal(got.length, 4);
    assert.deepEqual(new Set(got.map((each) => each.headers['webhook-id'])), new Set([done.id]));
    assert.equal(new Set(got.map((each) => each.text)).size, 1);
    got.forEach((event) => verify(webhook.secret, event));
    assert.deepEqual(done.attempts.map((each) => each.status), [500, 500, 500, 200]);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('whose delivery fails ten times is disabled when nothing else got through, and goes on where it stopped', async () => {
    let status = 503;
    const {got, url} = await receiver(() => status);
    const webhook = await hook(server, {url});
    const first = await newArea(server);
    const failed = await delivery(server, webhook, (each) => each.state === 'failed', first);
    assert.equal(failed.attempts.length, 10);
    assert.equal(failed.next_attempt_at, null);
    const off = (await server.get(`/v1/webhooks/${webhook.id}`)).json;
    assert.equal(off.enabled, false);
    assert.match(off.disabled_reason, /failed for good/);
    assert.notEqual(off.failing_since, null);
    const missed = await newArea(server);
    status = 200;
    assert.equal(got.length, 10);
    const on = (await server.patch(`/v1/webhooks/${webhook.id}`, {enabled: true}, {status: 200})).json;
    assert.deepEqual([on.enabled, on.disabled_reason, on.failing_since], [true, null, null]);
    await delivery(server, webhook, (each) => each.state === 'delivered', missed);
    const again = await server.post(`/v1/webhooks/${webhook.id}/deliveries/${failed.id}/redeliver`, undefined, {status: 202});
    assert.equal(again.json.state, 'pending');
    const done = await delivery(server, webhook, (each) => each.state === 'delivered', first);
    assert.equal(done.attempts.length, 11);
    assert.equal(got.at(-1).headers['webhook-id'], failed.id);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('goes on with a delivery that is asked for again while its last attempt is under way', async () => {
    let letGo;
    const waiting = new Promise((done) => { letGo = () => done(500); });
    const {got, url} = await receiver((event, count) => (count < 10 ? 500 : count === 10 ? waiting : 200));
    const webhook = await hook(server, {url});
    await newArea(server);
    await until(() => got.length === 10, 'the last attempt');
    const again = await server.post(`/v1/webhooks/${webhook.id}/deliveries/${got[0].headers['webhook-id']}/redeliver`, undefined, {status: 202});
    assert.equal(again.json.state, 'pending');
    letGo();
    const done = await delivery(server, webhook, (each) => each.state === 'delivered');
    assert.deepEqual(done.attempts.map((each) => each.status), [...Array(10).fill(500), 200]);
    assert.equal((await server.get(`/v1/webhooks/${webhook.id}`)).json.enabled, true);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('sends nothing again while it is disabled, and says so', async () => {
    const {got, url} = await receiver();
    const webhook = await hook(server, {url});
    await newArea(server);
    const done = await delivery(server, webhook, (each) => each.state === 'delivered');
    const again = `/v1/webhooks/${webhook.id}/deliveries/${done.id}/redeliver`;
    await server.patch(`/v1/webhooks/${webhook.id}`, {enabled: false}, {status: 200});
    const {json} = await server.post(again, undefined, {status: 409});
    assert.equal(json.type, '/problems/webhook-disabled');
    assert.deepEqual(await deliveries(server, webhook), [done]);
    await server.patch(`/v1/webhooks/${webhook.id}`, {enabled: true}, {status: 200});
    const other = await hook(server, {url});
    await server.post(again.replace(webhook.id, other.id), undefined, {status: 404});
    assert.equal(got.length, 1);
    assert.equal((await server.post(again, undefined, {status: 202})).json.id, done.id);
    await until(() => got.length === 2, 'it comes again');
    for (const {id} of [webhook, other]) await server.delete(`/v1/webhooks/${id}`, {status: 204});
  });

  test('that answers 410 is disabled, and nothing is lost by that', async () => {
    let status = 410;
    const {got, url} = await receiver(() => status);
    const webhook = await hook(server, {url});
    await newArea(server);
    const off = await until(async () => {
      const now = (await server.get(`/v1/webhooks/${webhook.id}`)).json;
      return !now.enabled && now;
    }, 'it is disabled');
    assert.match(off.disabled_reason, /410/);
    assert.equal(got.length, 1);
    status = 204;
    await server.patch(`/v1/webhooks/${webhook.id}`, {enabled: true}, {status: 200});
    await delivery(server, webhook, (each) => each.state === 'delivered');
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('is not followed where its answer sends it', async () => {
    const other = await receiver();
    const {url} = await receiver((event, count) => (count === 1 ? {status: 307, headers: {location: other.url}} : 204));
    const webhook = await hook(server, {url});
    await newArea(server);
    const {attempts} = await delivery(server, webhook, (each) => each.state === 'delivered');
    assert.equal(attempts[0].status, 307);
    assert.match(attempts[0].error, /redirect/);
    assert.equal(other.got.length, 0);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('whose receiver talks at great length is not listened to', async () => {
    const long = await receiver(() => ({status: 200, body: Buffer.alloc(4 << 20, 'x')}));
    const webhook = await hook(server, {url: long.url});
    await newArea(server);
    await delivery(server, webhook, (each) => each.state === 'delivered');
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('signs with the old secret too after a rotation', async () => {
    const {got, url} = await receiver();
    const webhook = await hook(server, {url});
    const turned = (await server.post(`/v1/webhooks/${webhook.id}/rotate`, undefined, {status: 200})).json;
    assert.notEqual(turned.secret, webhook.secret);
    await newArea(server);
    await until(() => got.length === 1, 'an event');
    assert.equal(got[0].headers['webhook-signature'].split(' ').length, 2);
    for (const secret of [webhook.secret, turned.secret]) verify(secret, got[0]);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('that is slow delays no other', async () => {
    let letGo;
    const waiting = new Promise((done) => { letGo = () => done(204); });
    const slow = await Promise.all([1, 2, 3].map(() => receiver(() => waiting)));
    const quick = await receiver();
    const hooks = [];
    for (const {url} of [...slow, quick]) hooks.push(await hook(server, {url}));
    const slugs = [];
    for (let i = 0; i < 40; i++) slugs.push(await newArea(server));
    await until(() => quick.got.length === 40, 'the quick one has all');
    assert.deepEqual(quick.slugs().sort(), [...slugs].sort());
    for (const {got} of slow) assert.ok(got.length <= 2, `${got.length} at once`);
    letGo();
    await until(() => slow.every(({got}) => got.length === 40), 'the slow ones have all in the end');
    for (const {id} of hooks) await server.delete(`/v1/webhooks/${id}`, {status: 204});
  });

  test('one refused delivery holds up none of those behind it', async () => {
    const {got, url} = await receiver(({json}) => (json.data.slug.startsWith('bad') ? 400 : 200));
    const webhook = await hook(server, {url});
    const bad = newSlug('bad');
    await server.put(`/v1/areas/${bad}`, {name: bad}, {status: 201});
    const good = await newArea(server);
    await delivery(server, webhook, (each) => each.state === 'delivered', good);
    await delivery(server, webhook, (each) => each.state === 'failed', bad);
    assert.equal(got.filter((each) => each.json.data.slug === bad).length, 10);
    const now = (await server.get(`/v1/webhooks/${webhook.id}`)).json;
    assert.equal(now.enabled, true, 'others got through');
    assert.deepEqual((await deliveries(server, webhook, '?state=failed')).length, 1);
    assert.deepEqual((await deliveries(server, webhook, '?state=pending')).length, 0);
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
  });

  test('is checked in full, and refused with every fault', async () => {
    const {url} = await receiver();
    const refused = async (body, ...pointers) => {
      const {json} = await server.post('/v1/webhooks', body, {status: 422});
      assert.deepEqual(json.errors.map((each) => each.pointer).sort(), pointers.sort(), JSON.stringify(json.errors));
    };
    await refused({}, '/url');
    await refused({url: 7, resources: ['nothing', 'areas', 'areas'], operations: 'create', enabled: 'yes', secret: 'mine'},
      '/url', '/resources/0', '/resources/2', '/operations', '/enabled', '/secret');
    for (const wrong of ['', 'example.org', 'ftp://example.org/', 'http://example.org/', 'https://user:password@example.org/', 'https://user@example.org/',
      'https://example.org/#part', `${url}#part`, 'http://10.0.0.1/', 'https://', 'https:///x', 'https://example.org/ x', `https://example.org/${'x'.repeat(2000)}`]) {
      await refused({url: wrong}, '/url');
    }
    const webhook = await hook(server, {url});
    for (const patch of [{url: 'http://example.org/'}, {url: null}, {nothing: null}, {nothing: 1}, {enabled: 1}]) {
      await server.patch(`/v1/webhooks/${webhook.id}`, patch, {status: 422});
    }
    const {secret, ...read} = webhook;
    const written = (await server.patch(`/v1/webhooks/${webhook.id}`, {...read, resources: ['areas']}, {status: 200})).json;
    assert.deepEqual({...written, updated_at: null}, {...read, resources: ['areas'], updated_at: null});
    await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
    for (const path of [webhook.id, 'whk_none']) {
      await server.get(`/v1/webhooks/${path}`, {status: 404});
      await server.patch(`/v1/webhooks/${path}`, {enabled: false}, {status: 404});
      await server.delete(`/v1/webhooks/${path}`, {status: 404});
      await server.get(`/v1/webhooks/${path}/deliveries`, {status: 404});
      await server.post(`/v1/webhooks/${path}/rotate`, undefined, {status: 404});
      await server.post(`/v1/webhooks/${path}/deliveries/msg_none/redeliver`, undefined, {status: 404});
    }
  });

  test('is changed only as it was read, where If-Match says so; what it delivers meanwhile does not count', async () => {
    const {got, url} = await receiver();
    const made = await server.post('/v1/webhooks', {url}, {status: 201});
    assert.equal(made.etag, undefined, 'it shows the secret');
    const at = `/v1/webhooks/${made.json.id}`;
    const first = await server.get(at, {status: 200});
    for (const tag of [first.etag, `W/${first.etag}`, '*']) await server.get(at, {status: 304, headers: {'if-none-match': tag}});
    const wrong = ['"x"', `W/${first.etag}`];
    for (const tag of wrong) {
      const headers = {'if-match': tag};
      await server.patch(at, {description: 'No'}, {status: 412, headers});
      await server.post(`${at}/rotate`, undefined, {status: 412, headers});
      await server.delete(at, {status: 412, headers});
    }
    await server.patch(at, {description: 'No'}, {status: 412, headers: {'if-none-match': '*'}});
    assert.equal((await server.get(at)).text, first.text);
    await newArea(server);
    await until(async () => got.length === 1 && (await server.get(at)).json.last_delivered_at !== null, 'a delivery');
    const told = await server.get(at, {status: 200, headers: {'if-none-match': first.etag}});
    assert.notEqual(told.etag, first.etag, 'other bytes');
    const patched = await server.patch(at, {description: 'Yes'}, {status: 200, headers: {'if-match': first.etag}});
    await server.patch(at, {description: 'No'}, {status: 412, headers: {'if-match': told.etag}});
    await server.get(at, {status: 304, headers: {'if-none-match': patched.etag}});
    const turned = await server.post(`${at}/rotate`, undefined, {status: 200, headers: {'if-match': patched.etag}});
    assert.equal(turned.etag, undefined);
    await server.delete(at, {status: 412, headers: {'if-match': patched.etag}});
    for (let i = 0; i < 30; i++) { // however quickly they follow each other
      const {etag} = await server.patch(at, {description: 'Yes'}, {status: 200});
      await server.post(`${at}/rotate`, undefined, {status: 200, headers: {'if-match': etag}});
      await server.post(`${at}/rotate`, undefined, {status: 412, headers: {'if-match': etag}});
    }
    await server.delete(at, {status: 204, headers: {'if-match': `"x", ${(await server.get(at)).etag}`}});
    await server.patch(at, {description: 'No'}, {status: 412, headers: {'if-match': '*'}});
    await server.delete(at, {status: 404});
  });

  test('belongs to administrators', async () => {
    for (const role of ['reader', 'editor']) {
      await server.get('/v1/webhooks', {role, status: 403});
      await server.post('/v1/webhooks', {url: 'https://example.org/'}, {role, status: 403});
    }
    await server.get('/v1/webhooks', {role: null, status: 401});
  });

  test('is listed page by page, and so are its deliveries', async () => {
    const {got, url} = await receiver();
    const made = [];
    for (let i = 0; i < 3; i++) made.push((await hook(server, {url, operations: ['create'], enabled: i === 0})).id);
    assert.deepEqual((await everything(server, '/v1/webhooks?limit=2')).map((each) => each.id), made);
    const slugs = [];
    for (let i = 0; i < 5; i++) slugs.push(await newArea(server));
    await until(() => got.length === 5, 'five events');
    const pages = await everything(server, `/v1/webhooks/${made[0]}/deliveries?limit=2`);
    const whole = await deliveries(server, {id: made[0]});
    assert.deepEqual(pages.map((each) => each.seq), whole.map((each) => each.seq));
    assert.equal(pages.length, 5);
    assert.deepEqual(await deliveries(server, {id: made[1]}), []);
    for (const id of made) await server.delete(`/v1/webhooks/${id}`, {status: 204});
  });

  test('is counted for those who watch', async () => {
    const {text} = await server.get('/metrics', {status: 200});
    for (const outcome of ['delivered', 'refused']) {
      assert.ok(Number(new RegExp(`^entente_webhook_attempts_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)[1]) > 0, outcome);
    }
    assert.match(text, /^entente_webhook_pending 0$/m);
  });
});

test('a receiver that is not public is refused when the connection is opened, by whatever name it is called', async () => {
  const {got, port} = await receiver();
  const server = await startServer({args: ['--webhook-retry', '1']});
  try {
    await server.post('/v1/webhooks', {url: `http://127.0.0.1:${port}/`}, {status: 422});
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '10.0.0.1', '169.254.169.254', '0.0.0.0', '[fe80::1]', '[64:ff9b::7f00:1]'];
    const hooks = [];
    for (const host of hosts) hooks.push(await hook(server, {url: `https://${host}:${port}/`}));
    await newArea(server);
    for (const [i, webhook] of hooks.entries()) {
      const {attempts, state} = await delivery(server, webhook, (each) => each.attempts.length > 0);
      assert.equal(state, 'pending', hosts[i]);
      assert.equal(attempts[0].status, null);
      assert.match(attempts[0].error, /is not an address that webhooks may reach; nothing was sent/, hosts[i]);
    }
    assert.equal(got.length, 0);
    assert.match((await server.get('/metrics')).text, /^entente_webhook_attempts_total\{outcome="unreached"\} [1-9]/m);
  } finally {
    await server.stop();
  }
});

// Good for localhost until 2126, and signed by nobody but itself.
const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtJE1nglOqnB8mA2t
FDxgT+4bUHyRCYeERTQFmmAawqihRANCAATB+tXWMNK+1H2pWh1xXVHT6u2M8rlr
Ln30BiTtD7M668MMItgljoxvZg4hcpkWwNiP2Jme4i5TsmkHPO/25H2j
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUIUM+Zk6nxJjiaK4kGZMOhlm0pPUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzE0NTE1OVoYDzIxMjYxMDMw
MTQ1MTU5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATB+tXWMNK+1H2pWh1xXVHT6u2M8rlrLn30BiTtD7M668MMItgljoxv
Zg4hcpkWwNiP2Jme4i5TsmkHPO/25H2jo2kwZzAdBgNVHQ4EFgQU8nFCEw63+mVT
qB7UtMT4sLCIqgwwHwYDVR0jBBgwFoAU8nFCEw63+mVTqB7UtMT4sLCIqgwwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhALsGYLucUsC4j6AFOqZvEhJG4j5bn5bbnecvLe1QadQlAiEA5DIFI/k4
OaNVyqldlec2/gCfe3EnuCuc8KoO9LBTn90=
-----END CERTIFICATE-----`,
};

test('a receiver whose certificate nobody vouches for is told nothing', async () => {
  let told = 0;
  const tls = https.createServer(SELF_SIGNED, (request, response) => { told++; response.end(); });
  await new Promise((done) => tls.listen(0, '127.0.0.1', done));
  closing.push(() => tls.close());
  const server = await startServer({args: ['--webhook-allow-loopback', '--webhook-retry', '5']});
  try {
    const webhook = await hook(server, {url: `https://localhost:${tls.address().port}/`});
    await newArea(server);
    const {attempts} = await delivery(server, webhook, (each) => each.attempts.length > 0);
    assert.equal(attempts[0].status, null);
    assert.match(attempts[0].error, /certificate/);
    assert.equal(told, 0);
  } finally {
    await server.stop();
  }
});

test('where If-Match is required, a webhook is not changed without it', async () => {
  const server = await startServer({args: ['--require-if-match']});
  try {
    const {id} = await hook(server, {url: 'https://example.org/', enabled: false});
    const at = `/v1/webhooks/${id}`;
    const {etag} = await server.get(at, {status: 200});
    await server.patch(at, {enabled: true}, {status: 428});
    await server.post(`${at}/rotate`, undefined, {status: 428});
    await server.delete(at, {status: 428});
    assert.equal((await server.get(at)).etag, etag);
    const patched = await server.patch(at, {description: 'x'}, {status: 200, headers: {'if-match': etag}});
    await server.delete(at, {status: 204, headers: {'if-match': patched.etag}});
  } finally {
    await server.stop();
  }
});

test('when libcurl fails for a while, webhooks are delivered after that, and the log has it once', async () => {
  const {got, url} = await receiver();
  const env = {LD_PRELOAD: await buildShim(), FAULT_POLLS: '3', ASAN_OPTIONS: 'verify_asan_link_order=0'};
  const server = await startServer({args: FLAGS, env});
  try {
    await hook(server, {url});
    await newArea(server);
    await until(() => got.length === 1, 'an event');
    assert.equal(server.output.stderr.split('webhooks cannot be sent').length, 2);
  } finally {
    await server.stop();
  }
});

test('the proxies of the surroundings are not used', async () => {
  const {got, url} = await receiver();
  const proxy = await receiver();
  const env = {http_proxy: proxy.url, HTTPS_PROXY: proxy.url, ALL_PROXY: proxy.url};
  const server = await startServer({args: FLAGS, env});
  try {
    await hook(server, {url});
    await newArea(server);
    await until(() => got.length === 1, 'an event');
    assert.equal(proxy.got.length, 0);
  } finally {
    await server.stop();
  }
});

test('what is not taken is sent after the pause, and a receiver may ask for a longer one', async () => {
  const {got, url} = await receiver((event, count) => (count === 1 ? {status: 503, headers: {'retry-after': '7200'}} : 503));
  const server = await startServer({args: ['--webhook-allow-loopback', '--webhook-retry', '5']});
  try {
    const webhook = await hook(server, {url});
    const first = await newArea(server);
    const patient = await delivery(server, webhook, (each) => each.attempts.length === 1, first);
    const pause = (each) => Date.parse(each.next_attempt_at) - Date.parse(each.attempts.at(-1).at);
    assert.equal(pause(patient), 7_200_000);
    const second = await newArea(server);
    const usual = await delivery(server, webhook, (each) => each.attempts.length === 1, second);
    assert.ok(pause(usual) >= 4000 && pause(usual) <= 6000, `${pause(usual)}`);
    assert.equal(got.length, 2);
  } finally {
    await server.stop();
  }
});

test('a server that is stopped while a receiver is slow stops at once, and sends it at the next start', async () => {
  const folder = newFolder();
  const db = join(folder, 'entente.db');
  let answer = new Promise(() => {});
  const {got, url} = await receiver(() => answer);
  const first = await startServer({args: FLAGS, db});
  await hook(first, {url});
  const slug = await newArea(first);
  await until(() => got.length === 1, 'it is under way');
  const began = performance.now();
  await first.stop();
  assert.ok(performance.now() - began < 5000);
  answer = 204;
  const second = await startServer({args: FLAGS, db});
  await until(() => got.length === 2, 'it comes again');
  assert.deepEqual(got.map((each) => each.json.data.slug), [slug, slug]);
  assert.equal(got[0].headers['webhook-id'], got[1].headers['webhook-id']);
  await second.stop();
  assert.match((await run(['check', '--db', db])).stdout, /database +ok/);
});

test('every acknowledged change reaches every webhook, though the server is killed again and again', {timeout: 300_000}, async () => {
  const kills = Math.min(Number(process.env.ENTENTE_KILLS ?? 8), 8);
  const folder = newFolder();
  const db = join(folder, 'entente.db');
  let calls = 0;
  const unsteady = await receiver(() => (calls++ % 7 === 0 ? 500 : 204));
  const steady = await receiver();
  let server = await startServer({args: FLAGS, db});
  const hooks = [];
  for (const {url} of [unsteady, steady]) hooks.push(await hook(server, {url}));
  const acknowledged = new Set();
  for (let kill = 0; kill < kills; kill++) {
    let going = true;
    const writers = Array.from({length: 6}, async () => {
      while (going) {
        const slug = newSlug('k');
        try {
          const {status} = await server.put(`/v1/areas/${slug}`, {name: slug});
          if (status === 201) acknowledged.add(slug);
        } catch {
          return; // the server is gone
        }
      }
    });
    const had = acknowledged.size;
    await until(() => acknowledged.size > had + 5 + kill * 7, 'some writes');
    going = kill % 2 === 0;
    await server.kill();
    going = false;
    await Promise.all(writers);
    server = await startServer({args: FLAGS, db});
  }
  const stored = (await everything(server, '/v1/changes?limit=500')).map((each) => each.slug);
  for (const slug of acknowledged) assert.ok(stored.includes(slug));
  for (const [i, {got, slugs}] of [unsteady, steady].entries()) {
    await until(() => new Set(slugs()).size === stored.length, 'all have come', 120_000);
    const ids = new Map();
    for (const event of got) {
      verify(hooks[i].secret, event);
      const {seq} = event.json.data;
      assert.equal(ids.get(seq) ?? event.headers['webhook-id'], event.headers['webhook-id'], 'one id for a change');
      ids.set(seq, event.headers['webhook-id']);
    }
    await until(async () => (await deliveries(server, hooks[i], '?state=pending&limit=500')).length === 0, 'all is settled');
  }
  await server.stop();
  assert.match((await run(['check', '--db', db])).stdout, /database +ok[\s\S]*history +ok/);
});
