// Webhooks that are deleted, or led elsewhere, while their receiver still thinks.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {receiver} from './lib/receiver.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const hook = async (server, wanted) => (await server.post('/v1/webhooks', wanted, {status: 201})).json;
const deliveries = (server, {id}) => everything(server, `/v1/webhooks/${id}/deliveries`);
const attemptsOf = async (server) => [...(await server.get('/metrics')).text.matchAll(/^entente_webhook_attempts_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
let counter = 0;

async function newArea(server) {
  const slug = `area-${counter++}`;
  await server.put(`/v1/areas/${slug}`, {name: slug}, {status: 201});
  return slug;
}

describe('a webhook that goes while it delivers', () => {
  let server;
  before(async () => { server = await startServer({args: ['--webhook-allow-loopback', '--webhook-retry', '0']}); });
  after(() => server.stop());

  // A receiver that holds its first call until it is let go, and then answers that.
  async function holding(status) {
    let letGo;
    const held = new Promise((done) => { letGo = done; });
    const {url, got} = await receiver(async (event, count) => (count === 1 ? (await held, status) : 204));
    return {url, got, letGo};
  }

  for (const status of [200, 410]) {
    test(`leaves nothing of its ${status} to the next one that is made`, async () => {
      const [old, other] = [await holding(status), await receiver()];
      const gone = await hook(server, {url: old.url});
      await newArea(server);
      await until(() => old.got.length === 1, 'the first call');
      await server.delete(`/v1/webhooks/${gone.id}`, {status: 204});
      const next = await hook(server, {url: other.url});
      await newArea(server);
      await until(async () => (await deliveries(server, next))[0]?.state === 'delivered', 'the change reaches the next one');
      await server.patch(`/v1/webhooks/${next.id}`, {resources: ['organizations']}, {status: 200});
      const [before, attempts] = [(await server.get(`/v1/webhooks/${next.id}`)).json, await attemptsOf(server)];
      old.letGo();
      await until(async () => await attemptsOf(server) > attempts, 'the old answer has come');
      for (let writes = 0; writes < 20; writes++) await newArea(server); // what came of it is written before these are
      assert.deepEqual((await server.get(`/v1/webhooks/${next.id}`)).json, before);
      await server.delete(`/v1/webhooks/${next.id}`, {status: 204});
    });

    test(`to another address is told there what the one before answered with ${status}`, async () => {
      const [old, other] = [await holding(status), await receiver()];
      const webhook = await hook(server, {url: old.url});
      const slug = await newArea(server);
      await until(() => old.got.length === 1, 'the first call');
      await server.patch(`/v1/webhooks/${webhook.id}`, {url: other.url}, {status: 200});
      old.letGo();
      await until(() => other.slugs().includes(slug), 'the change reaches the new address');
      await until(async () => (await deliveries(server, webhook))[0].state === 'delivered', 'and is noted');
      assert.equal((await server.get(`/v1/webhooks/${webhook.id}`)).json.enabled, true);
      await server.delete(`/v1/webhooks/${webhook.id}`, {status: 204});
    });
  }
});
