// Many clients write and read at once: every acknowledged write is there, none twice, no read sees half of one, and reads go on.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const CLIENTS = 32;
const WRITES = Number(process.env.ENTENTE_WRITES ?? 40);
let server;
before(async () => {
  server = await startServer();
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  await server.put('/v1/areas/place', {name: 'place'}, {status: 201});
});
after(() => server.stop());

test('many clients making agreements at once get every one of them, grouped into fewer commits', async () => {
  const made = new Set();
  await Promise.all(Array.from({length: CLIENTS}, async (_, client) => {
    for (let i = 0; i < WRITES; i++) {
      const answer = await server.post('/v1/agreements', {title: `${client} ${i}`, parties: ['one', 'two'], areas: ['place'], tags: ['load']}, {status: 201});
      assert.ok(!made.has(answer.json.id));
      made.add(answer.json.id);
    }
  }));
  const listed = await everything(server, '/v1/agreements?tag=load&limit=500');
  assert.deepEqual(new Set(listed.map((each) => each.id)), made);
  const metrics = (await server.get('/metrics')).text;
  const figure = (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)[1]);
  assert.ok(figure('entente_write_groups_total') < figure('entente_writes_total'), 'one commit takes more than one write');
});

test('a refused write in a group harms no other write in it', async () => {
  const answers = await Promise.all(Array.from({length: 200}, (_, i) => (i % 2 === 0
    ? server.post('/v1/organizations', {name: `Good ${i}`, slug: `good-${i}`})
    : server.post('/v1/organizations', {name: 'Bad', slug: 'one'}))));
  assert.deepEqual(answers.map((each) => each.status), answers.map((_, i) => (i % 2 === 0 ? 201 : 409)));
  for (let i = 0; i < 200; i += 2) await server.get(`/v1/organizations/good-${i}`, {status: 200});
});

test('readers see each record whole and their own writes at once, while others write', async () => {
  await server.put('/v1/organizations/pair', {name: '0', city: '0'}, {status: 201});
  let writing = true;
  const reader = async () => {
    for (let reads = 0, last = 0; writing || reads < 5; reads++) {
      const {name, city, revision} = (await server.get('/v1/organizations/pair', {status: 200})).json;
      assert.equal(name, city);
      assert.ok(revision >= last);
      last = revision;
    }
  };
  const readers = Array.from({length: 8}, reader);
  for (let i = 1; i <= 100; i++) {
    const written = await server.patch('/v1/organizations/pair', {name: `${i}`, city: `${i}`}, {status: 200});
    const read = await server.get('/v1/organizations/pair');
    assert.equal(read.text, written.text);
    assert.equal(read.etag, written.etag);
  }
  writing = false;
  await Promise.all(readers);
});

test('a full queue answers 503 with Retry-After, and nothing of that write is there', async () => {
  const narrow = await startServer({args: ['--queue-limit', '1', '--group-limit', '1', '--threads', '2']});
  try {
    const answers = await Promise.all(Array.from({length: 300}, (_, i) => narrow.put(`/v1/areas/a${i}`, {name: 'A'})));
    const there = new Set((await everything(narrow, '/v1/areas?limit=500')).map((each) => each.slug));
    answers.forEach((answer, i) => {
      assert.ok([201, 503].includes(answer.status), `${answer.status}`);
      assert.equal(there.has(`a${i}`), answer.status === 201, `a${i}`);
    });
    assert.ok(answers.some((each) => each.status === 503), 'the queue was full at least once');
    assert.ok(there.size > 0);
    await narrow.put('/v1/areas/after', {name: 'A'}, {status: 201});
  } finally {
    await narrow.stop();
  }
});
