// Many writers at once: a queue that is full says so, and what fails in a group harms nobody else in it.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';
import {ask, makeFolder, serve, until} from '../fault/process.js';

const CLIENTS = 64;

async function slugs(base, resource) {
  const found = [];
  for (let next = `/v1/${resource}?limit=500`; next; ) {
    const {status, body} = await ask(base, 'GET', next);
    assert.equal(status, 200);
    found.push(...body.items.map(({slug}) => slug));
    next = body.next;
  }
  return found.sort();
}

async function metric(base, name) {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]);
}

test('a full queue answers 503 with Retry-After, and what it took is written', async (t) => {
  const server = await serve(t, join(makeFolder(t), 'e.db'), {flags: ['--queue-limit', '1', '--group-limit', '1']});
  const taken = [];
  let refused = 0;
  let made = 0;
  const client = async () => {
    const slug = `a${made++}`;
    const {status, body, headers} = await ask(server.base, 'PUT', `/v1/areas/${slug}`, {name: slug});
    if (status === 201) {
      taken.push(slug);
      return;
    }
    assert.equal(status, 503, JSON.stringify(body));
    assert.equal(body.type, '/problems/busy');
    assert.match(headers.get('retry-after'), /^[1-9][0-9]*$/);
    refused++;
  };
  await until(async () => {
    await Promise.all(Array.from({length: CLIENTS}, client));
    return refused > 0 && taken.length > 0;
  }, 'a full queue');
  assert.deepEqual(await slugs(server.base, 'areas'), taken.sort());
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
});

test('in a group where every other write breaks a rule, the others are written, and nothing of those', async (t) => {
  const server = await serve(t, join(makeFolder(t), 'e.db'));
  assert.equal((await ask(server.base, 'PUT', '/v1/organizations/taken', {name: 'Taken'})).status, 201);
  const breaking = [
    (slug) => ['/v1/organizations', {name: slug, slug: 'taken'}, 409],
    (slug) => ['/v1/organizations', {name: slug, slug, relations: [{type: 'parent', organization: 'nobody'}]}, 422],
    (slug) => ['/v1/organizations', {name: slug, slug, relations: [{type: 'parent', organization: slug}]}, 422],
  ];
  const wanted = [];
  const grouped = async () => {
    await Promise.all(Array.from({length: CLIENTS}, async (_, number) => {
      const slug = `o${wanted.length}-${number}`;
      const [path, record, expected] = number % 2
        ? breaking[(number >> 1) % breaking.length](slug)
        : ['/v1/organizations', {name: slug, slug, tags: [slug], relations: [{type: 'parent', organization: 'taken'}]}, 201];
      const {status, body} = await ask(server.base, 'POST', path, record);
      assert.equal(status, expected, JSON.stringify(body));
      if (status === 201) wanted.push(slug);
    }));
    return await metric(server.base, 'entente_write_group_largest') > 2;
  };
  await until(grouped, 'a group of several writes');
  assert.deepEqual(await slugs(server.base, 'organizations'), [...wanted, 'taken'].sort());
  const {body} = await ask(server.base, 'GET', '/v1/organizations/taken');
  assert.equal(body.relations.filter(({type}) => type === 'child').length, wanted.length);
  assert.equal((await ask(server.base, 'GET', '/v1/check')).body.ok, true);
});

test('of many that would close a circle of parents at once, none does', async (t) => {
  const server = await serve(t, join(makeFolder(t), 'e.db'));
  const ring = Array.from({length: 16}, (_, number) => `ring-${number}`);
  for (const slug of ring) assert.equal((await ask(server.base, 'PUT', `/v1/areas/${slug}`, {name: slug})).status, 201);
  const answers = await Promise.all(ring.map((slug, number) =>
    ask(server.base, 'PATCH', `/v1/areas/${slug}`, {parent: ring[(number + 1) % ring.length]})));
  const statuses = answers.map(({status}) => status).sort();
  assert.deepEqual(statuses, [...Array(15).fill(200), 422]);
});

test('of many that ask for one slug at once, one gets it', async (t) => {
  const server = await serve(t, join(makeFolder(t), 'e.db'));
  const answers = await Promise.all(Array.from({length: CLIENTS}, (_, number) =>
    ask(server.base, 'POST', '/v1/areas', {name: `Area ${number}`, slug: 'one'})));
  const created = answers.filter(({status}) => status === 201);
  assert.equal(created.length, 1);
  assert.ok(answers.every(({status}) => status === 201 || status === 409));
  assert.equal((await ask(server.base, 'GET', '/v1/areas/one')).body.name, created[0].body.name);
});
