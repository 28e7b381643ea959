// References between records: how they are written, served, shown on the other side, and what they forbid.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const organization = (slug, more) => server.put(`/v1/organizations/${slug}`, {name: slug.toUpperCase(), ...more}, {status: 201});
const area = (slug, more) => server.put(`/v1/areas/${slug}`, {name: slug.toUpperCase(), ...more}, {status: 201});
const agreement = (slug, more) => server.put(`/v1/agreements/${slug}`, {title: slug.toUpperCase(), ...more}, {status: 201});
const shown = (answer) => ({id: answer.json.id, slug: answer.json.slug, name: answer.json.name ?? answer.json.title});
const pointers = (answer) => answer.json.errors.map((each) => each.pointer).sort();

test('a reference is taken as slug, id or served object, and always served as {id, slug, name}', async () => {
  const one = await organization('ref-one');
  const forms = ['ref-one', one.json.id, shown(one), {id: one.json.id}, {slug: 'ref-one'}];
  for (const form of forms) {
    const made = await server.post('/v1/agreements', {title: 'T', parties: [{organization: form}]}, {status: 201});
    assert.deepEqual(made.json.parties[0].organization, shown(one));
  }
});

test('a party and an area may be written as the slug or the id alone', async () => {
  const one = await organization('short-one');
  const two = await area('short-two');
  const made = await agreement('short', {parties: ['short-one'], areas: [two.json.id]});
  assert.deepEqual(made.json.parties, [
    {organization: shown(one), role: 'party', reference: null, name_as_signed: null, signed_on: null, from: null, until: null, signatories: []}]);
  assert.deepEqual(made.json.areas, [{area: shown(two), note: null}]);
});

test('an id decides when the name beside it is stale, and the name is served as it is now', async () => {
  const one = await organization('stale');
  const made = await server.post('/v1/agreements', {title: 'T', parties: [{organization: {...shown(one), name: 'old', slug: 'old'}}]}, {status: 201});
  assert.deepEqual(made.json.parties[0].organization, shown(one));
});

test('every reference to a record that does not exist is a fault of its own', async () => {
  const answer = await server.post('/v1/agreements', {
    title: 'T', parties: ['no-one', {organization: 'nobody'}], areas: ['nowhere'], relations: [{type: 'amends', agreement: 'nothing'}],
  }, {status: 422});
  assert.deepEqual(pointers(answer), ['/areas/0', '/parties/0', '/parties/1/organization', '/relations/0/agreement']);
  const parent = await server.post('/v1/areas', {name: 'A', parent: 'nowhere'}, {status: 422});
  assert.deepEqual(pointers(parent), ['/parent']);
});

test('a reference to a record of another resource is a fault', async () => {
  const one = await area('an-area');
  for (const form of ['an-area', one.json.id]) {
    await server.post('/v1/agreements', {title: 'T', parties: [form]}, {status: 422});
  }
});

test('what is referred to cannot be deleted, and the referrers are listed', async () => {
  await organization('held');
  const place = await area('held-area');
  const child = await area('held-child', {parent: 'held-area'});
  const first = await agreement('holder-1', {parties: ['held'], areas: ['held-area']});
  const unit = await organization('holder-2', {relations: [{type: 'parent', organization: 'held'}]});
  const refused = await server.delete('/v1/organizations/held', {status: 409});
  assert.equal(refused.json.type, '/problems/referenced');
  const referrer = (resource, answer, member) => ({resource, ...shown(answer), member});
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  assert.deepEqual(refused.json.referrers.sort(byId), [referrer('agreements', first, 'parties'), referrer('organizations', unit, 'relations')].sort(byId));
  const areas = await server.delete(`/v1/areas/${place.json.id}`, {status: 409});
  assert.deepEqual(areas.json.referrers.sort(byId), [referrer('agreements', first, 'areas'), referrer('areas', child, 'parent')].sort(byId));
  await server.delete('/v1/agreements/holder-1', {status: 204});
  await server.delete('/v1/organizations/holder-2', {status: 204});
  await server.delete('/v1/organizations/held', {status: 204});
  await server.delete('/v1/areas/held-child', {status: 204});
  await server.delete('/v1/areas/held-area', {status: 204});
});

test('a relation is served on both sides, under the inverse name, with its dates', async () => {
  const owner = await organization('rel-child');
  const parent = await organization('rel-parent');
  const written = [
    {type: 'parent', organization: 'rel-parent', from: '2020', until: '2021-06'},
    {type: 'predecessor', organization: 'rel-parent'},
    {type: 'shareholder', organization: 'rel-parent', from: '2019-01-02'},
    {type: 'related', organization: 'rel-parent'},
  ];
  await server.patch('/v1/organizations/rel-child', {relations: written}, {status: 200});
  const mirrored = (await server.get('/v1/organizations/rel-parent')).json;
  assert.deepEqual(mirrored.relations.map(({type, organization, from, until}) => [type, organization.id, from, until]), [
    ['child', owner.json.id, '2020', '2021-06'], ['successor', owner.json.id, null, null],
    ['holding', owner.json.id, '2019-01-02', null], ['related', owner.json.id, null, null]]);
  assert.equal(mirrored.revision, parent.json.revision, 'the other side was not written');
});

test('agreements\' relations are served on both sides', async () => {
  const old = await agreement('agr-old');
  const types = {supersedes: 'superseded_by', renews: 'renewed_by', amends: 'amended_by', implements: 'implemented_by', related: 'related'};
  await agreement('agr-new', {relations: Object.keys(types).map((type) => ({type, agreement: old.json.id}))});
  const mirrored = (await server.get('/v1/agreements/agr-old')).json;
  assert.deepEqual(mirrored.relations.map((each) => each.type), Object.values(types));
});

test('PUT and PATCH of the other side leave the relation where it was written', async () => {
  await organization('side-b');
  await organization('side-a', {relations: [{type: 'parent', organization: 'side-b'}, {type: 'related', organization: 'side-b'}]});
  const before = await server.get('/v1/organizations/side-b');
  const put = await server.put('/v1/organizations/side-b', before.text, {status: 200});
  assert.equal(put.text, before.text);
  const patched = await server.patch('/v1/organizations/side-b', {city: 'x'}, {status: 200});
  assert.deepEqual(patched.json.relations, before.json.relations);
  const emptied = await server.put('/v1/organizations/side-b', {name: 'SIDE-B'}, {status: 200});
  assert.deepEqual(emptied.json.relations, before.json.relations, 'it is not this side\'s to take away');
  await server.patch('/v1/organizations/side-a', {relations: []}, {status: 200});
  assert.deepEqual((await server.get('/v1/organizations/side-b')).json.relations, []);
});

test('a relation that is written on the other side cannot be made from this one', async () => {
  await organization('wrong-a');
  await organization('wrong-b');
  for (const type of ['child', 'successor', 'holding']) {
    const answer = await server.patch('/v1/organizations/wrong-a', {relations: [{type, organization: 'wrong-b'}]}, {status: 422});
    assert.equal(answer.json.errors[0].code, 'other_side');
  }
  await agreement('wrong-1');
  await agreement('wrong-2');
  for (const type of ['superseded_by', 'renewed_by', 'amended_by', 'implemented_by']) {
    const answer = await server.patch('/v1/agreements/wrong-1', {relations: [{type, agreement: 'wrong-2'}]}, {status: 422});
    assert.equal(answer.json.errors[0].code, 'other_side');
  }
});

test('a relation to itself and one that is written twice are refused', async () => {
  await organization('self');
  await organization('self-other');
  const self = await server.patch('/v1/organizations/self', {relations: [{type: 'related', organization: 'self'}]}, {status: 422});
  assert.deepEqual(pointers(self), ['/relations/0/organization']);
  const twice = {type: 'shareholder', organization: 'self-other'};
  await server.patch('/v1/organizations/self', {relations: [twice, twice]}, {status: 422});
  await server.patch('/v1/organizations/self', {relations: [{...twice, from: '2020'}, {...twice, from: '2022'}]}, {status: 200});
});

test('parents and predecessors never form a circle, other relations may', async () => {
  for (const type of ['parent', 'predecessor']) {
    await organization(`c1-${type}`);
    await organization(`c2-${type}`, {relations: [{type, organization: `c1-${type}`}]});
    await organization(`c3-${type}`, {relations: [{type, organization: `c2-${type}`}]});
    const answer = await server.patch(`/v1/organizations/c1-${type}`, {relations: [{type, organization: `c3-${type}`}]}, {status: 422});
    assert.deepEqual(answer.json.errors.map((each) => each.code), ['cycle']);
  }
  await organization('r1');
  await organization('r2', {relations: [{type: 'shareholder', organization: 'r1'}]});
  await server.patch('/v1/organizations/r1', {relations: [{type: 'shareholder', organization: 'r2'}]}, {status: 200});
});

test('areas form a tree: no circle, not even of one', async () => {
  await area('t1');
  await area('t2', {parent: 't1'});
  await area('t3', {parent: 't2'});
  assert.deepEqual(pointers(await server.patch('/v1/areas/t1', {parent: 't3'}, {status: 422})), ['/parent']);
  assert.deepEqual(pointers(await server.patch('/v1/areas/t1', {parent: 't1'}, {status: 422})), ['/parent']);
  const moved = await server.patch('/v1/areas/t3', {parent: 't1'}, {status: 200});
  assert.equal(moved.json.parent.slug, 't1');
  assert.equal((await server.patch('/v1/areas/t3', {parent: null}, {status: 200})).json.parent, null);
});

test('agreements come before each other without a circle, across kinds of relation, but for related', async () => {
  await agreement('k1');
  await agreement('k2', {relations: [{type: 'supersedes', agreement: 'k1'}]});
  await agreement('k3', {relations: [{type: 'supersedes', agreement: 'k2'}]});
  const answer = await server.patch('/v1/agreements/k1', {relations: [{type: 'supersedes', agreement: 'k3'}]}, {status: 422});
  assert.deepEqual(answer.json.errors.map((each) => each.code), ['cycle']);
  await server.get('/v1/agreements/k1', {status: 200});
  await agreement('q1');
  await agreement('q2', {relations: [{type: 'related', agreement: 'q1'}]});
});

test('deleting the side that wrote a relation takes it from the other', async () => {
  await organization('d-parent');
  await organization('d-child', {relations: [{type: 'parent', organization: 'd-parent'}]});
  await server.delete('/v1/organizations/d-child', {status: 204});
  assert.deepEqual((await server.get('/v1/organizations/d-parent')).json.relations, []);
});
