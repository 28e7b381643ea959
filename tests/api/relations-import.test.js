// Relations and parents when the side that wrote them changes: in files, whose lines may stand in any order, and in one record.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const organization = (slug, relations = []) => ({resource: 'organizations', slug, name: slug, relations});
const area = (slug, parent = null) => ({resource: 'areas', slug, name: slug, parent});
const load = (records, status) => server.post('/v1/import', records.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status});
const get = async (path, slug) => (await server.get(`/v1/${path}/${slug}`, {status: 200})).json;
const relationsOf = async (slug) => (await get('organizations', slug)).relations.map((each) => [each.type, each.organization.slug]);
const parentOf = async (slug) => (await get('areas', slug)).parent?.slug ?? null;

// Both orders of the lines of a file, each with slugs of its own.
const orders = [['as written', 'x', (records) => records], ['the other way round', 'y', (records) => [...records].reverse()]];

for (const [order, mark, arrange] of orders) {
  test(`a relation that moves to the other side of a file is kept, and the file again changes nothing (lines ${order})`, async () => {
    const [ia, ib] = [`ia-${mark}`, `ib-${mark}`];
    await load([organization(ia), organization(ib, [{type: 'related', organization: ia}])], 200);
    const moved = arrange([organization(ia, [{type: 'related', organization: ib}]), organization(ib)]);
    await load(moved, 200);
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await relationsOf(ia), [['related', ib]]);
      assert.deepEqual(await relationsOf(ib), [['related', ia]]);
      const {rows, created, updated, unchanged} = (await load(moved, 200)).json;
      assert.deepEqual({rows, created, updated, unchanged}, {rows: 2, created: 0, updated: 0, unchanged: 2});
    }
  });

  test(`an inverse relation whose own side is taken away by the same file is refused at once (lines ${order})`, async () => {
    const [ja, jb] = [`ja-${mark}`, `jb-${mark}`];
    await load([organization(ja), organization(jb, [{type: 'parent', organization: ja}])], 200);
    const had = [await get('organizations', ja), await get('organizations', jb)];
    const lines = arrange([organization(ja, [{type: 'child', organization: jb}]), organization(jb)]);
    for (let round = 0; round < 2; round++) {
      const {errors} = (await load(lines, 422)).json;
      assert.deepEqual(errors.map((each) => [each.line, each.code]), [[lines.findIndex((each) => each.slug === ja) + 1, 'other_side']]);
      assert.deepEqual([await get('organizations', ja), await get('organizations', jb)], had);
    }
  });

  test(`a parent and its child change places in one file (lines ${order})`, async () => {
    const [p1, p2] = [`p1-${mark}`, `p2-${mark}`];
    await load([area(p1), area(p2, p1)], 200);
    await load(arrange([area(p1, p2), area(p2)]), 200);
    assert.deepEqual([await parentOf(p1), await parentOf(p2)], [p2, null]);
  });
}

test('a circle that a file would leave is refused with a line of it, whether the records are new or not', async () => {
  for (const known of [false, true]) {
    if (known) await load([area('c1'), area('c2')], 200);
    const {errors} = (await load([area('beside'), area('c1', 'c2'), area('c2', 'c1')], 422)).json;
    assert.ok(errors.length > 0);
    for (const {line, code, pointer} of errors) {
      assert.ok([2, 3].includes(line), `line ${line}`);
      assert.deepEqual([code, pointer], ['cycle', '/parent']);
    }
    await server.get('/v1/areas/beside', {status: 404});
  }
  assert.deepEqual([await parentOf('c1'), await parentOf('c2')], [null, null]);
});

test('a circle that a file closes with a record outside it is refused with its line', async () => {
  await load([area('o1'), area('o2', 'o1')], 200);
  const {errors} = (await load([area('o3'), area('o1', 'o2')], 422)).json;
  assert.deepEqual(errors.map((each) => [each.line, each.code]), [[2, 'cycle']]);
  assert.equal(await parentOf('o1'), null);
});

test('a relation of the other side cannot be changed, nor another one be invented, from this side', async () => {
  const put = (slug, relations) => server.put(`/v1/organizations/${slug}`, {name: slug, relations}, {status: 201});
  await put('far', []);
  await put('here', [{type: 'shareholder', organization: 'far'}]);
  await put('there', [{type: 'parent', organization: 'here', from: '2001'}]);
  const had = await get('organizations', 'here');
  const place = had.relations.findIndex((each) => each.type === 'child');
  assert.equal(had.relations[place].from, '2001');
  const faults = ({json}) => json.errors.map(({pointer, code}) => [pointer, code]);

  const changed = structuredClone(had);
  changed.relations[place].from = '2002';
  assert.deepEqual(faults(await server.put('/v1/organizations/here', changed, {status: 422})), [[`/relations/${place}`, 'other_side']]);

  const invented = [...had.relations, {type: 'child', organization: 'there', from: '1999'}];
  assert.deepEqual(faults(await server.patch('/v1/organizations/here', {relations: invented}, {status: 422})), [[`/relations/${had.relations.length}`, 'other_side']]);

  assert.deepEqual(await get('organizations', 'here'), had);
  await server.put('/v1/organizations/here', had, {status: 200});
  assert.deepEqual(await get('organizations', 'here'), had);
});
