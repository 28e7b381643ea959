// Merging an organization that is in the registry twice: what referred to the one refers to the other, what it was called and known by is kept,
// its id and slug lead on, and both histories stay.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01', '--public-read']}); });
after(() => server.stop());

const at = (slug) => `/v1/organizations/${slug}`;
const make = async (slug, more) => (await server.put(at(slug), {name: slug.toUpperCase(), ...more}, {status: 201})).json;
const agreement = async (slug, more) => (await server.put(`/v1/agreements/${slug}`, {title: slug.toUpperCase(), ...more}, {status: 201})).json;
const merge = (from, into, options = {status: 200}) => server.post(`${at(from)}/merge`, {into}, options);
const read = async (path) => (await server.get(path, {status: 200})).json;
const parties = (document) => document.parties.map((each) => each.organization.slug);
const changesSoFar = async () => (await everything(server, '/v1/changes?limit=500')).length;
const slugs = async (path) => (await everything(server, path)).map((each) => each.slug);
const pairs = (document) => document.relations.map((each) => [each.type, each.organization.slug]);

test('what referred to an organization refers to the one that it was merged into, each as a change of its own', async () => {
  await make('r-one');
  const two = await make('r-two');
  await make('r-child', {relations: [{type: 'parent', organization: 'r-one', from: '2019'}]});
  await agreement('r-both', {parties: [{organization: 'r-one', reference: 'A-1'}, 'r-child']});
  await agreement('r-other', {parties: ['r-child', 'r-two']});
  await merge('r-one', 'r-two');
  const changed = await read('/v1/agreements/r-both');
  assert.deepEqual(changed.parties.map((each) => [each.organization, each.reference]),
    [[{id: two.id, slug: 'r-two', name: 'R-TWO'}, 'A-1'], [changed.parties[1].organization, null]]);
  assert.equal(changed.revision, 2);
  assert.equal((await read('/v1/agreements/r-other')).revision, 1);
  assert.deepEqual(pairs(await read(at('r-child'))), [['parent', 'r-two']]);
  assert.deepEqual(pairs(await read(at('r-two'))), [['child', 'r-child']]);
  assert.deepEqual(await slugs('/v1/agreements?party=r-two'), ['r-both', 'r-other']);
  assert.deepEqual(await slugs('/v1/agreements?party__under=r-two'), ['r-both', 'r-other']);
});

test('its lists are added to those of the other, and its name is one of the other\'s names; the rest stays in its history', async () => {
  const one = await make('u-one', {name: '工研院', country: 'TW', description: 'Of one', names: [{value: 'Kôgyô', lang: 'ja-Latn', kind: 'former'}, {value: 'ITRI', kind: 'acronym'}],
    identifiers: [{scheme: 'ror', value: '05szzwt63'}, {scheme: 'other', value: 'x'}], tags: ['a', 'b'], contacts: [{name: 'Lin'}],
    sources: [{url: 'https://example.org/one'}]});
  const two = await make('u-two', {name: 'Institute', country: null, names: [{value: 'ITRI', kind: 'acronym'}], identifiers: [{scheme: 'other', value: 'x'}], tags: ['b', 'c']});
  const {json: merged} = await merge('u-one', two.id);
  assert.deepEqual(merged, await read(at('u-two')));
  assert.deepEqual(merged.names.map(({value, lang, kind}) => [value, lang, kind]),
    [['ITRI', null, 'acronym'], ['工研院', null, 'alias'], ['Kôgyô', 'ja-Latn', 'former']]);
  assert.deepEqual(merged.identifiers, [...two.identifiers, one.identifiers[0]]);
  assert.deepEqual([merged.tags, merged.contacts, merged.sources], [['b', 'c', 'a'], one.contacts, one.sources]);
  assert.deepEqual([merged.name, merged.country, merged.description, merged.revision], ['Institute', null, null, 2]);
  const {items: [gone, made]} = await read(`${at(one.id)}/history`);
  assert.deepEqual([gone.operation, made.operation], ['delete', 'create']);
  assert.equal(gone.message, `merged ${one.id} (u-one) into ${two.id} (u-two)`);
  assert.deepEqual((await read(`${at(one.id)}?revision=1`)).description, 'Of one');
  assert.deepEqual((await read(`${at(two.id)}/history`)).items.map((each) => [each.operation, each.message]), [['update', gone.message], ['create', null]]);
});

test('the id and the slug of what was merged lead on, to reads as a redirect, and wherever a record is named', async () => {
  const [one, two] = [await make('l-one'), await make('l-two')];
  await agreement('l-agreement', {parties: ['l-one']});
  const before = await server.get('/v1/agreements/l-agreement');
  await merge('l-one', 'l-two');
  for (const key of ['l-one', one.id]) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await server.request(method, at(key), {status: 301});
      assert.equal(answer.headers.location, at(two.id));
      assert.equal(answer.headers['cache-control'], 'no-store', 'who merged wrongly can mend it');
    }
    assert.equal((await server.get(at(key))).json.into, at(two.id));
    for (const [method, body] of [['PUT', {name: 'Back'}], ['PATCH', {name: 'Back'}], ['DELETE', undefined]]) {
      const answer = await server.request(method, at(key), {body, status: 409});
      assert.deepEqual([answer.json.type, answer.json.into], ['/problems/merged', at(two.id)], method);
    }
    assert.deepEqual(await slugs(`/v1/agreements?party=${key}`), ['l-agreement']);
    assert.equal((await read(`/v1/coverage?organization=${key}`)).organization.id, two.id);
    const made = (await server.post('/v1/agreements', {title: 'T', parties: [key]}, {status: 201})).json;
    assert.deepEqual(parties(made), ['l-two']);
    await server.delete(`/v1/agreements/${made.id}`, {status: 204});
  }
  const restored = await server.put('/v1/agreements/l-agreement', before.json, {status: 200});
  assert.deepEqual(parties(restored.json), ['l-two']);
  assert.equal(restored.json.revision, 2, 'a document from before the merge says the same as one from after it');
});

test('a slug that leads on is nobody else\'s, but may become that of the organization to which it leads', async () => {
  await make('s-one');
  const two = await make('s-two');
  await merge('s-one', 's-two');
  const taken = await server.post('/v1/organizations', {name: 'S', slug: 's-one'}, {status: 409});
  assert.equal(taken.json.type, '/problems/conflict');
  const derived = (await server.post('/v1/organizations', {name: 'S One'}, {status: 201})).json;
  assert.equal(derived.slug, 's-one-2');
  const line = JSON.stringify({resource: 'organizations', slug: 's-one', name: 'S'});
  const imported = await server.post('/v1/import', line, {headers: {'content-type': 'application/x-ndjson'}, status: 422});
  assert.deepEqual([imported.json.errors[0].code, imported.json.errors[0].message], ['taken', `the slug s-one already belongs to ${two.id}`]);
  assert.equal((await server.patch(at('s-two'), {slug: 's-one'}, {status: 200})).json.id, two.id);
  assert.equal((await read(at('s-one'))).id, two.id);
  await server.get(at('s-two'), {status: 404});
});

test('what was merged into one that is merged in turn leads to the last, and to nothing once that is deleted', async () => {
  const [one, two, three] = [await make('c-one'), await make('c-two'), await make('c-three')];
  await merge('c-one', 'c-two');
  await merge('c-two', 'c-three');
  for (const key of ['c-one', one.id, 'c-two', two.id]) assert.equal((await server.get(at(key), {status: 301})).headers.location, at(three.id));
  assert.deepEqual((await read(at('c-three'))).names.map((each) => each.value), ['C-TWO', 'C-ONE']);
  await server.delete(at('c-three'), {status: 204});
  for (const key of ['c-one', one.id]) assert.equal((await server.get(at(key), {status: 410})).json.history, `${at(one.id)}/history`);
  await make('c-one');
});

test('relations of the two with each other end, and those that both have with a third are there once', async () => {
  await make('p-third');
  await make('p-two', {relations: [{type: 'related', organization: 'p-third'}, {type: 'parent', organization: 'p-third', from: '2020'}]});
  await make('p-one', {relations: [{type: 'predecessor', organization: 'p-two'}, {type: 'related', organization: 'p-third'}, {type: 'shareholder', organization: 'p-third'},
    {type: 'parent', organization: 'p-third', from: '2020'}]});
  await server.patch(at('p-two'), {relations: [...(await read(at('p-two'))).relations, {type: 'related', organization: 'p-one'}]}, {status: 200});
  await make('p-fourth', {relations: [{type: 'related', organization: 'p-one'}, {type: 'related', organization: 'p-two'}]});
  await merge('p-one', 'p-two');
  assert.deepEqual(pairs(await read(at('p-two'))), [['related', 'p-third'], ['parent', 'p-third'], ['shareholder', 'p-third'], ['related', 'p-fourth']]);
  assert.deepEqual(pairs(await read(at('p-fourth'))), [['related', 'p-two']]);
});

test('relations of both with a third that differ are told of, not lost', async () => {
  await make('w-third');
  await make('w-one', {relations: [{type: 'parent', organization: 'w-third', from: '2001', until: '2005'}, {type: 'related', organization: 'w-third', from: '2019'}]});
  await make('w-two', {relations: [{type: 'parent', organization: 'w-third', from: '2001', until: '2009'}]});
  const served = (await read(at('w-third'))).relations;
  await server.patch(at('w-third'), {relations: [...served, {type: 'related', organization: 'w-two', from: '2010'}]}, {status: 200});
  const before = await read(at('w-third'));
  const {json: {errors}} = await merge('w-one', 'w-two', {status: 422});
  assert.deepEqual(errors.map((each) => each.code).sort(), ['duplicate', 'other_side']);
  for (const each of errors) assert.match(each.message, /^in \/v1\/organizations\/org_\w+ \(w-two\), \/relations\/\d: /);
  assert.deepEqual(await read(at('w-third')), before);
  await server.patch(at('w-one'), {relations: []}, {status: 200});
  await merge('w-one', 'w-two');
  assert.deepEqual((await read(at('w-two'))).relations.map((each) => [each.type, each.from, each.until]), [['parent', '2001', '2009'], ['related', '2010', null]]);
});

test('an agreement of both as the same party keeps one of them, and what it said of both', async () => {
  await make('d-one');
  await make('d-two');
  await make('d-three');
  await agreement('d-same', {parties: ['d-one', 'd-two', 'd-three']});
  await agreement('d-roles', {parties: [{organization: 'd-one', role: 'host'}, 'd-two', 'd-three']});
  await merge('d-one', 'd-two');
  assert.deepEqual(parties(await read('/v1/agreements/d-same')), ['d-two', 'd-three']);
  assert.deepEqual((await read('/v1/agreements/d-roles')).parties.map((each) => [each.organization.slug, each.role]),
    [['d-two', 'host'], ['d-two', 'party'], ['d-three', 'party']]);
});

test('a merge that would break a rule is refused with every fault and where it is, and changes nothing', async () => {
  await make('f-one');
  await make('f-two', {relations: [{type: 'parent', organization: 'f-one'}]});
  const between = {parties: ['f-one', 'f-two'], stage: 'concluded', concluded_on: '2020-01-01'};
  await agreement('f-first', between);
  await agreement('f-second', between);
  const had = await changesSoFar();
  const {json: {errors}} = await merge('f-one', 'f-two', {status: 422});
  assert.equal(errors.length, 2);
  for (const [i, slug] of ['f-first', 'f-second'].entries()) {
    assert.equal(errors[i].pointer, '/into');
    assert.match(errors[i].message, new RegExp(`/v1/agreements/agr_\\w+ \\(${slug}\\).*/parties`));
  }
  await make('f-top');
  await make('f-middle', {relations: [{type: 'parent', organization: 'f-top'}]});
  await make('f-low', {relations: [{type: 'parent', organization: 'f-middle'}]});
  const cycle = await merge('f-top', 'f-low', {status: 422});
  assert.match(cycle.json.errors[0].message, /ancestor/);
  assert.equal(await changesSoFar(), had + 3);
  assert.deepEqual(pairs(await read(at('f-middle'))), [['parent', 'f-top'], ['child', 'f-low']]);
});

test('what cannot be merged is refused with a clear answer', async () => {
  await make('x-one');
  const {json: {errors: [itself]}} = await merge('x-one', 'x-one', {status: 422});
  assert.deepEqual([itself.pointer, itself.code], ['/into', 'self']);
  assert.equal((await merge('x-one', 'x-nobody', {status: 422})).json.errors[0].code, 'no_such_record');
  await merge('x-nobody', 'x-one', {status: 404});
  await server.post(`${at('x-one')}/merge`, {}, {status: 422});
  await server.post(`${at('x-one')}/merge`, {into: 'x-one', onto: 'x'}, {status: 422});
  await server.post('/v1/areas/x/merge', {into: 'y'}, {status: 404, check: false});
});

test('an internal organization is not merged into a public one, of which it would become a part', async () => {
  await make('i-secret', {name: 'Secret name'});
  await make('i-open', {visibility: 'public'});
  const {json: {errors: [fault]}} = await merge('i-secret', 'i-open', {status: 422});
  assert.deepEqual([fault.pointer, fault.code], ['/into', 'visibility']);
  await merge('i-open', 'i-secret');
  for (const key of ['i-open', 'i-secret']) await server.get(at(key), {role: null, status: 404});
});

test('callers without a token are led on only from what was public to what is', async () => {
  await make('v-hidden');
  const shown = await make('v-shown', {visibility: 'public'});
  const into = await make('v-into', {visibility: 'public'});
  await merge('v-shown', 'v-into');
  for (const key of ['v-shown', shown.id]) assert.equal((await server.get(at(key), {role: null, status: 301})).headers.location, at(into.id));
  await server.patch(at('v-into'), {visibility: 'internal'}, {status: 200});
  for (const key of ['v-shown', shown.id]) await server.get(at(key), {role: null, status: 404});
  await merge('v-hidden', 'v-into');
  await server.patch(at('v-into'), {visibility: 'public'}, {status: 200});
  await server.get(at('v-shown'), {role: null, status: 301});
  await server.get(at('v-hidden'), {role: null, status: 404});
});

test('agreements and the organization are found by every name of the two, at once', async () => {
  await make('q-one', {name: 'Zettelkasten GmbH'});
  await make('q-two', {name: 'Quillwort'});
  await agreement('q-agreement', {parties: ['q-one']});
  await merge('q-one', 'q-two');
  for (const q of ['zettelkasten', 'quillwort']) {
    assert.deepEqual(await slugs(`/v1/agreements?q=${q}`), ['q-agreement'], q);
    assert.deepEqual(await slugs(`/v1/organizations?q=${q}`), ['q-two'], q);
    assert.deepEqual((await read(`/v1/organizations/match?name=${q}`)).items.map((each) => [each.organization.slug, each.chosen]), [['q-two', true]]);
  }
});

test('a merge holds to If-Match, is done once under an Idempotency-Key, and takes the message for every step', async () => {
  const one = await server.put(at('k-one'), {name: 'K'}, {status: 201});
  await make('k-two');
  await agreement('k-agreement', {parties: ['k-one']});
  await server.patch(at('k-one'), {name: 'L'}, {status: 200});
  await merge('k-one', 'k-two', {headers: {'if-match': one.etag}, status: 412});
  const {etag} = await server.get(at('k-one'), {status: 200});
  const headers = {'if-match': etag, 'idempotency-key': 'merge-k', 'x-change-message': 'twice in the list of 2019'};
  const first = await merge('k-one', 'k-two', {headers, status: 200});
  const again = await merge('k-one', 'k-two', {headers, status: 200});
  assert.equal(again.text, first.text);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  await merge('k-one', 'k-two', {status: 409});
  for (const path of [at(one.json.id), at('k-two'), '/v1/agreements/k-agreement']) {
    assert.match((await read(`${path}/history`)).items[0].message, /^merged org_\w+ \(k-one\) into org_\w+ \(k-two\): twice in the list of 2019$/);
  }
});

test('the check finds nothing wrong afterwards', async () => {
  await make('z-one');
  await make('z-two', {relations: [{type: 'parent', organization: 'z-one'}]});
  await agreement('z-agreement', {parties: ['z-one', 'z-two']});
  await merge('z-one', 'z-two');
  assert.equal((await read('/v1/check')).ok, true);
});
