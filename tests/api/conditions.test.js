// Tags and conditions (RFC 9110, 8.8.3 and 13): what a tag stands for, what it saves, and what it forbids.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {operations, resolve, resources} from './lib/contract.js';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

for (const {path, nameMember} of resources) {
  const at = `/v1/${path}/tagged`;
  const body = (name) => ({[nameMember]: name});

  describe(path, () => {
    test('If-None-Match answers 304 without a body when the tag holds, 200 otherwise', async () => {
      const made = await server.put(at, body('One'), {status: 201});
      const holding = [made.etag, `W/${made.etag}`, `"x", ${made.etag}`, '*', made.etag.replace(/"$/, '-gzip"')];
      for (const tag of holding) {
        const answer = await server.get(at, {status: 304, headers: {'if-none-match': tag}});
        assert.equal(answer.etag, made.etag, tag);
        await server.head(at, {status: 304, headers: {'if-none-match': tag}});
      }
      for (const tag of ['"x"', made.etag.replaceAll('"', ''), 'W/"x"', '""']) {
        await server.get(at, {status: 200, headers: {'if-none-match': tag}});
      }
      await server.put(at, body('Two'), {status: 200});
      await server.get(at, {status: 200, headers: {'if-none-match': made.etag}});
    });

    test('If-Match lets a write through while the tag holds, and answers 412 otherwise, writing nothing', async () => {
      const now = await server.get(at);
      for (const tag of ['"x"', `W/${now.etag}`, 'nonsense']) {
        for (const write of [server.put(at, body('No'), {headers: {'if-match': tag}}), server.patch(at, body('No'), {headers: {'if-match': tag}}),
          server.delete(at, {headers: {'if-match': tag}})]) {
          assert.equal((await write).status, 412, tag);
        }
      }
      assert.equal((await server.get(at)).text, now.text);
      const patched = await server.patch(at, body('Three'), {status: 200, headers: {'if-match': now.etag}});
      await server.patch(at, body('Four'), {status: 412, headers: {'if-match': now.etag}});
      const listed = await server.put(at, body('Five'), {status: 200, headers: {'if-match': `"x", ${patched.etag}`}});
      await server.put(at, body('Six'), {status: 200, headers: {'if-match': '*'}});
      await server.delete(at, {status: 412, headers: {'if-match': listed.etag}});
      await server.delete(at, {status: 204, headers: {'if-match': (await server.get(at)).etag}});
    });

    test('If-Match on what is not there is 412', async () => {
      for (const tag of ['*', '"x"']) {
        await server.put(`/v1/${path}/absent`, body('No'), {status: 412, headers: {'if-match': tag}});
        await server.patch(`/v1/${path}/absent`, body('No'), {status: 412, headers: {'if-match': tag}});
        await server.delete(`/v1/${path}/absent`, {status: 412, headers: {'if-match': tag}});
      }
      await server.get(`/v1/${path}/absent`, {status: 404});
    });

    test('PUT with If-None-Match: * makes and never replaces', async () => {
      const headers = {'if-none-match': '*'};
      const made = await server.put(`/v1/${path}/only-once`, body('Made'), {status: 201, headers});
      await server.put(`/v1/${path}/only-once`, body('Again'), {status: 412, headers});
      assert.equal((await server.get(`/v1/${path}/only-once`)).text, made.text);
    });

    test('of many writers with one tag exactly one gets through', async () => {
      const made = await server.put(`/v1/${path}/raced`, body('Start'), {status: 201});
      const answers = await Promise.all(Array.from({length: 20}, (_, i) =>
        server.patch(`/v1/${path}/raced`, body(`Racer ${i}`), {headers: {'if-match': made.etag}})));
      assert.deepEqual(answers.map((each) => each.status).sort(), [200, ...Array(19).fill(412)]);
      assert.equal((await server.get(`/v1/${path}/raced`)).json.revision, 2);
    });

    test('the compressed answer has a tag of its own, which is taken wherever the plain one is', async () => {
      const about = path === 'agreements' ? 'summary' : 'description';
      const made = await server.put(`/v1/${path}/packed`, {...body('Packed'), [about]: 'long '.repeat(1000)}, {status: 201});
      const packed = await server.get(`/v1/${path}/packed`, {status: 200, headers: {'accept-encoding': 'gzip'}});
      assert.equal(packed.headers['content-encoding'], 'gzip');
      assert.notEqual(packed.etag, made.etag);
      assert.equal(packed.text, made.text);
      const headers = {'accept-encoding': 'gzip', 'if-none-match': packed.etag};
      await server.get(`/v1/${path}/packed`, {status: 304, headers});
      await server.get(`/v1/${path}/packed`, {status: 304, headers: {'if-none-match': made.etag, 'accept-encoding': 'gzip'}});
      await server.patch(`/v1/${path}/packed`, body('Changed'), {status: 200, headers: {'if-match': packed.etag}});
      await server.get(`/v1/${path}/packed`, {status: 200, headers});
    });
  });
}

// Passed over, such a header would promise what nobody keeps.
for (const {id, method, path, declared} of operations.filter((each) => each.method !== 'GET')) {
  const taken = (declared.parameters ?? []).map((each) => resolve(each).name);
  const headers = {'If-Match': '"x"', 'Idempotency-Key': 'k'};
  const refused = Object.keys(headers).filter((name) => !taken.includes(name));

  test(`${id} refuses ${refused.join(' and ') || 'neither If-Match nor Idempotency-Key'}`, async () => {
    const send = (names) => server.request(method, path.replace(/\{[^}]+\}/g, 'none'), {
      role: path === '/v1/session' && method === 'POST' ? null : 'admin',
      body: method === 'DELETE' ? undefined : {},
      headers: Object.fromEntries(names.map((name) => [name, headers[name]])),
    });
    const {status, json} = await send(Object.keys(headers));
    assert.deepEqual(refused.map((name) => [name, 'unknown']), status === 400 ? json.errors.map((each) => [each.header, each.code]) : []);
    const {json: other} = await send(taken.filter((name) => name in headers));
    assert.ok(!other?.errors?.some((each) => each.header));
  });
}

// The tags of everything there is, by address.
async function tags() {
  const all = {};
  for (const {path} of resources) {
    for (const {id, slug} of await everything(server, `/v1/${path}?limit=500`)) {
      all[`${path}/${slug}`] = (await server.get(`/v1/${path}/${id}`, {status: 200})).etag;
    }
  }
  return all;
}

async function tagsChangedBy(write) {
  const before = await tags();
  await write();
  const now = await tags();
  for (const [address, etag] of Object.entries(before)) {
    if (now[address] === etag) await server.get(`/v1/${address}`, {status: 304, headers: {'if-none-match': etag}});
  }
  return Object.keys(now).filter((address) => now[address] !== before[address]).sort();
}

test('a name that changes changes the tag of every document that shows it and of no other', async () => {
  const organization = (slug, more) => server.put(`/v1/organizations/${slug}`, {name: slug, ...more}, {status: 201});
  const agreement = (slug, more) => server.put(`/v1/agreements/${slug}`, {title: slug, ...more}, {status: 201});
  await server.put('/v1/areas/wide', {name: 'wide'}, {status: 201});
  await server.put('/v1/areas/narrow', {name: 'narrow', parent: 'wide'}, {status: 201});
  await server.put('/v1/areas/narrower', {name: 'narrower', parent: 'narrow'}, {status: 201});
  await organization('named');
  await organization('bystander');
  await organization('unit', {relations: [{type: 'parent', organization: 'named'}]});
  await server.patch('/v1/organizations/named', {relations: [{type: 'shareholder', organization: 'bystander'}]}, {status: 200});
  await organization('stranger');
  await agreement('between', {parties: ['named', 'stranger'], areas: ['narrow']});
  await agreement('other', {parties: ['stranger', 'bystander'], areas: ['wide']});
  await agreement('later', {relations: [{type: 'supersedes', agreement: 'between'}]});

  const patch = (address, body) => () => server.patch(`/v1/${address}`, body, {status: 200});
  assert.deepEqual(await tagsChangedBy(patch('organizations/named', {name: 'Named anew'})),
    ['agreements/between', 'organizations/bystander', 'organizations/named', 'organizations/unit']);
  assert.deepEqual(await tagsChangedBy(patch('organizations/named', {city: 'elsewhere'})), ['organizations/named']);
  assert.deepEqual(await tagsChangedBy(patch('organizations/stranger', {slug: 'guest'})), ['agreements/between', 'agreements/other', 'organizations/guest']);
  assert.deepEqual(await tagsChangedBy(patch('areas/narrow', {name: 'Narrow anew'})), ['agreements/between', 'areas/narrow', 'areas/narrower']);
  assert.deepEqual(await tagsChangedBy(patch('agreements/between', {title: 'Between anew'})), ['agreements/between', 'agreements/later']);
  assert.deepEqual(await tagsChangedBy(patch('agreements/later', {summary: 'x'})), ['agreements/later']);
  assert.deepEqual(await tagsChangedBy(patch('agreements/later', {relations: []})), ['agreements/between', 'agreements/later']);
  assert.deepEqual(await tagsChangedBy(patch('organizations/unit', {relations: [{type: 'parent', organization: 'bystander'}]})),
    ['organizations/bystander', 'organizations/named', 'organizations/unit']);
  assert.deepEqual(await tagsChangedBy(() => server.delete('/v1/organizations/unit', {status: 204})), ['organizations/bystander']);
  assert.deepEqual(await tagsChangedBy(patch('organizations/named', {})), []);
});

test('a document that shows a new name keeps its revision', async () => {
  await server.put('/v1/organizations/shown', {name: 'Shown'}, {status: 201});
  const before = await server.put('/v1/agreements/showing', {title: 'Showing', parties: ['shown']}, {status: 201});
  await server.patch('/v1/organizations/shown', {name: 'Other'}, {status: 200});
  const now = await server.get('/v1/agreements/showing', {status: 200, headers: {'if-none-match': before.etag}});
  assert.equal(now.json.parties[0].organization.name, 'Other');
  assert.equal(now.json.revision, before.json.revision);
  assert.equal(now.json.updated_at, before.json.updated_at);
});
