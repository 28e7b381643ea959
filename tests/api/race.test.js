// Many clients change the same record at the same time: no update is lost, every refusal is the right one, the history is complete and in order,
// and whoever reads meanwhile never sees time go backwards.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const CLIENTS = 32;
const TURNS = 6;
const READERS = 4;
let server;
const callers = []; // {name, token}: clients write as one or the other
before(async () => {
  server = await startServer();
  for (const [name, role] of [['left', 'editor'], ['right', 'admin']]) callers.push(await server.newToken({name, role}));
});
after(() => server.stop());

const callerOf = (client) => callers[client % callers.length];
const clients = (work) => Promise.all(Array.from({length: CLIENTS}, (_, client) => work(client, callerOf(client).token)));
const count = (answers, status) => answers.filter((each) => each.status === status).length;

// Reads a record again and again, as who has it already does; what was seen may only go on. stop() waits for the readers.
function watch(path) {
  let running = true;
  const bodies = new Map(); // by tag, of all readers
  const reader = async () => {
    let last = {revision: 0};
    while (running) {
      const headers = last.etag ? {'if-none-match': last.etag} : {};
      const answer = await server.get(path, {role: 'reader', headers});
      assert.ok([200, 304].includes(answer.status), answer.text);
      if (answer.status === 304) {
        assert.equal(answer.etag, last.etag);
        continue;
      }
      assert.equal(bodies.get(answer.etag) ?? answer.text, answer.text, 'a tag stands for one body');
      bodies.set(answer.etag, answer.text);
      assert.ok(answer.json.revision > last.revision, `revision ${answer.json.revision} after ${last.revision}`);
      last = {etag: answer.etag, revision: answer.json.revision};
    }
  };
  const readers = Promise.all(Array.from({length: READERS}, reader));
  readers.catch(() => {});
  return {stop: () => {
    running = false;
    return readers;
  }};
}

// That the history of a record is that of these writes, [{revision, actor, text}], and of no others; text is what was answered.
async function holdHistory(path, writes) {
  const steps = (await everything(server, `${path}/history?limit=100`)).reverse();
  const expected = [...writes].sort((a, b) => a.revision - b.revision);
  assert.deepEqual(steps.map(({revision, actor}) => ({revision, actor})), expected.map(({revision, actor}) => ({revision, actor})));
  assert.deepEqual(steps.map((each) => each.revision), steps.map((_, i) => i + 1));
  await Promise.all(expected.map(async ({revision, text}) => {
    assert.equal((await server.get(`${path}?revision=${revision}`, {status: 200})).text, text, `revision ${revision}`);
  }));
  return steps;
}

test('counting by GET and PUT or PATCH with If-Match loses no count, and every refusal is 412', async () => {
  const made = await server.post('/v1/organizations', {name: 'Counter', city: '0'}, {status: 201});
  const path = `/v1/organizations/${made.json.id}`;
  const watched = watch(path);
  const answers = (await clients(async (client, token) => {
    const list = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const {json, etag} = await server.get(path, {token, status: 200});
      const next = {city: `${Number(json.city) + 1}`};
      const headers = {'if-match': etag};
      const answer = client % 3 === 0 ? await server.put(path, {...json, ...next}, {token, headers}) : await server.patch(path, next, {token, headers});
      list.push({...answer, actor: callerOf(client).name});
    }
    return list;
  })).flat();
  await watched.stop();
  assert.equal(count(answers, 200) + count(answers, 412), CLIENTS * TURNS, `${answers.map((each) => each.status)}`);
  assert.ok(count(answers, 200) >= TURNS, 'in each turn somebody is first');
  assert.equal((await server.get(path)).json.city, `${count(answers, 200)}`);
  const counted = answers.filter((each) => each.status === 200);
  for (const {json} of counted) assert.equal(json.city, `${json.revision - 1}`);
  const writes = counted.map(({json, text, actor}) => ({revision: json.revision, actor, text}));
  await holdHistory(path, [{revision: 1, actor: 'the admin', text: made.text}, ...writes]);
});

// What a client writes to its member in a turn, and no other client ever does. A path leads into an object.
const members = {
  title: (text) => text,
  summary: (text) => text,
  field: (text) => text,
  owner: (text) => text,
  notes: (text) => text,
  tags: (text) => [text],
  titles: (text) => [{value: text, lang: null, kind: 'label'}],
  sources: (text) => [{url: null, title: text, published_on: null}],
  'renewal/months': (text, number) => number,
  'renewal/max': (text, number) => number,
  'notice/months': (text, number) => number,
};
const at = (document, member) => member.split('/').reduce((inner, name) => inner[name], document);

test('patches of different members, without If-Match, all arrive', async () => {
  const made = await server.post('/v1/agreements', {title: 'Patched', renewal: {kind: 'automatic'}}, {status: 201});
  const path = `/v1/agreements/${made.json.id}`;
  const watched = watch(path);
  const writes = (await clients(async (client, token) => {
    const member = Object.keys(members)[client % Object.keys(members).length];
    const list = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const value = members[member](`${client} in turn ${turn}`, client * TURNS + turn + 1);
      const patch = member.split('/').reduceRight((inner, name) => ({[name]: inner}), value);
      const {json, text} = await server.patch(path, patch, {token, status: 200});
      list.push({revision: json.revision, actor: callerOf(client).name, text, member, value});
    }
    return list;
  })).flat().sort((a, b) => a.revision - b.revision);
  await watched.stop();
  const steps = await holdHistory(path, [{revision: 1, actor: 'the admin', text: made.text}, ...writes]);
  for (const {revision, text, member, value} of writes) {
    assert.deepEqual(at(JSON.parse(text), member), value);
    const written = steps[revision - 1].changes.map(({pointer}) => pointer.slice(1)).filter((pointer) => Object.keys(members).some((each) => pointer.startsWith(each)));
    assert.ok(written.every((pointer) => pointer.startsWith(member)), `revision ${revision} changes ${member}, not ${written}`);
  }
  const last = (await server.get(path)).json;
  const latest = new Map(writes.map(({member, value}) => [member, value]));
  for (const [member, value] of latest) assert.deepEqual(at(last, member), value, member);
});

test('of many that make a record of one slug exactly one does', async () => {
  const posts = await clients((client, token) => server.post('/v1/areas', {name: `${client}`, slug: 'wanted'}, {token}));
  assert.deepEqual([count(posts, 201), count(posts, 409)], [1, CLIENTS - 1]);
  const puts = await clients((client, token) => server.put('/v1/areas/wished', {name: `${client}`}, {token, headers: {'if-none-match': '*'}}));
  assert.deepEqual([count(puts, 201), count(puts, 412)], [1, CLIENTS - 1]);
  for (const answers of [posts, puts]) {
    const first = answers.find((each) => each.status === 201);
    assert.equal((await server.get(`/v1/areas/${first.json.id}`)).text, first.text);
  }
  const unnamed = await clients((client, token) => server.post('/v1/areas', {name: 'Namesake'}, {token, status: 201}));
  assert.equal(new Set(unnamed.map((each) => each.json.slug)).size, CLIENTS, 'slugs that the registry makes are all different');
});

test('creates raced with one key make one record for each caller, and another body never gets an answer that is not its own', async () => {
  const had = (await everything(server, '/v1/areas?limit=500')).length;
  const answers = await clients(async (client, token) => {
    const name = client % 8 < 6 ? 'Raced' : 'Something else';
    const answer = await server.post('/v1/areas', {name}, {token, headers: {'idempotency-key': 'raced'}});
    return {...answer, name, caller: client % callers.length};
  });
  for (const caller of [0, 1]) {
    const own = answers.filter((each) => each.caller === caller);
    const made = own.filter((each) => each.status === 201);
    assert.equal(new Set(made.map((each) => each.text)).size, 1);
    assert.equal(made.filter((each) => !each.headers['idempotent-replayed']).length, 1);
    for (const {status, name, json} of own) {
      assert.equal(status, name === made[0].json.name ? 201 : 422);
      if (status === 422) assert.match(json.type, /key-reused/);
    }
  }
  assert.equal((await everything(server, '/v1/areas?limit=500')).length, had + 2);
});

test('a delete among patches is one point in time: what comes before is kept, what comes after is 410, and nothing comes back', async () => {
  for (let round = 0; round < 5; round++) {
    const made = await server.post('/v1/organizations', {name: `Short-lived ${round}`}, {status: 201});
    const path = `/v1/organizations/${made.json.id}`;
    const answers = await clients(async (client, token) => {
      const answer = client % 8 === round ? await server.delete(path, {token}) : await server.patch(path, {city: `${client}`}, {token});
      return {...answer, actor: callerOf(client).name, client};
    });
    const deletes = answers.filter(({client}) => client % 8 === round);
    const patches = answers.filter(({client}) => client % 8 !== round);
    assert.deepEqual([count(deletes, 204), count(deletes, 410)], [1, deletes.length - 1]);
    assert.equal(count(patches, 200) + count(patches, 410), patches.length);
    await server.get(path, {status: 410});
    const steps = await everything(server, `${path}/history?limit=100`);
    const [end, ...before] = steps;
    assert.deepEqual([end.operation, end.actor], ['delete', deletes.find((each) => each.status === 204).actor]);
    assert.deepEqual(steps.map((each) => each.revision), steps.map((_, i) => steps.length - i));
    const kept = patches.filter((each) => each.status === 200).sort((a, b) => b.json.revision - a.json.revision);
    assert.deepEqual(before.map((each) => each.actor), [...kept.map((each) => each.actor), 'the admin']);
  }
});

test('after all of it every change is in the feed once, in order, and the registry is sound', async () => {
  await clients((client, token) => server.put(`/v1/areas/last-${client % 4}`, {name: `${client}`}, {token}));
  const feed = await everything(server, '/v1/changes?limit=500');
  assert.deepEqual(feed.map((each) => each.seq), feed.map((_, i) => i + 1));
  const seen = new Map();
  for (const {id, revision, operation} of feed) {
    assert.equal(revision, (seen.get(id) ?? 0) + 1, `${id} goes on by one`);
    assert.equal(operation === 'create', revision === 1);
    seen.set(id, revision);
  }
  assert.ok((await server.get('/v1/check', {status: 200})).json.ok);
});
