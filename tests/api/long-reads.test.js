// A read that takes long is handed to a thread of its own, and answered as any other.
import {test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const PARTIES = 150, AGREEMENTS = 200;

test('what takes long is answered from a thread of its own, with the same answer, and others meanwhile', async (t) => {
  const server = await startServer({args: ['--public-read', '--threads', '1', '--address-requests', '0']});
  t.after(() => server.stop());
  const parties = Array.from({length: PARTIES}, (_, i) => `o${i}`);
  const lines = [...parties.map((slug) => ({resource: 'organizations', slug, name: slug, visibility: 'public'})),
    ...Array.from({length: AGREEMENTS}, (_, i) => ({resource: 'agreements', slug: `g${i}`, title: `Agreement ${i}`, stage: 'proposed', parties, visibility: 'public'}))];
  await server.post('/v1/import', lines.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  const handed = async () => Number(/^entente_long_reads_total (\d+)/m.exec((await server.get('/metrics', {socket: true})).text)[1]);
  await server.get('/v1/agreements/g0', {status: 200}); // statements are prepared by the first
  const first = await handed();
  await server.get('/v1/agreements/g1', {status: 200});
  assert.equal(await handed(), first, 'a small read is not handed over');
  const small = (await everything(server, '/v1/agreements?limit=1')).map((each) => each.slug);
  const before = await handed();
  const long = `/v1/agreements?limit=${AGREEMENTS}`;
  const [whole, open, head, ...beside] = await Promise.all([
    server.get(long, {status: 200}), server.get(long, {role: null, status: 200}), server.head(long, {status: 200}),
    ...Array.from({length: 20}, (_, i) => server.get(`/v1/organizations/o${i}`, {status: 200}))]);
  assert.deepEqual(whole.json.items.map((each) => each.slug), small);
  assert.deepEqual(open.json.items.map((each) => each.slug), small);
  assert.equal(head.etag, whole.etag);
  assert.equal(beside.length, 20);
  assert.ok(await handed() > before, 'a long one is');
  await server.get(long, {status: 304, headers: {'if-none-match': whole.etag}});
});

test('one that waits when the server is told to stop is answered', async () => {
  const server = await startServer({args: ['--threads', '1']});
  const parties = Array.from({length: PARTIES}, (_, i) => `o${i}`);
  const lines = [...parties.map((slug) => ({resource: 'organizations', slug, name: slug})),
    ...Array.from({length: AGREEMENTS}, (_, i) => ({resource: 'agreements', slug: `g${i}`, title: `Agreement ${i}`, stage: 'proposed', parties}))];
  await server.post('/v1/import', lines.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  const answers = Promise.allSettled(Array.from({length: 8}, (_, i) => server.get(`/v1/agreements?limit=${AGREEMENTS - i}`)));
  await server.get('/healthz', {status: 200});
  await server.stop();
  for (const {status, value} of await answers) if (status === 'fulfilled') assert.ok([200, 503].includes(value.status), value.text);
});

test('so is what costs the engine little and the program much', async (t) => {
  const server = await startServer({args: ['--threads', '1', '--address-requests', '0', '--today', '2026-04-01']});
  t.after(() => server.stop());
  const lines = [...['a', 'b'].map((slug) => ({resource: 'organizations', slug, name: slug})),
    ...Array.from({length: 600}, (_, i) => ({resource: 'agreements', slug: `g${i}`, title: `Agreement ${i}`, stage: 'concluded',
      parties: ['a', 'b'], concluded_on: '2020-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}}))];
  await server.post('/v1/import', lines.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  const handed = async () => Number(/^entente_long_reads_total (\d+)/m.exec((await server.get('/metrics', {socket: true})).text)[1]);
  const before = await handed();
  const {json} = await server.get('/v1/coverage?organization=a&on=2025-01-01', {status: 200});
  assert.equal(json.agreements.length, 600);
  assert.equal(await handed(), before + 1);
});
