// Identifiers of organizations: one organization each, taken as people paste them, and a way to find who is meant.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {newIdentifier} from './lib/generate.js';
import {startServer} from './lib/server.js';

let server, nobody;
before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  nobody = {token: null, role: null};
});
after(() => server.stop());

const schemes = ['ror', 'lei', 'isni', 'wikidata', 'jp_corporate_number'];
let count = 0;
const fresh = () => `identified-${++count}`;
const put = async (identifiers, {slug = fresh(), status = 201, ...more} = {}) => server.put(`/v1/organizations/${slug}`, {name: slug, identifiers, ...more}, {status});
const told = (answer) => answer.json.errors.map((each) => `${each.pointer ?? each.parameter} ${each.code}`);
const read = async (slug) => (await server.get(`/v1/organizations/${slug}`, {status: 200})).json;
const send = (records, {status = 200, query = ''} = {}) => server.post(`/v1/import?resource=organizations${query}`, records.map((each) => JSON.stringify(each)).join('\n'), {status, headers: {'content-type': 'application/x-ndjson'}});

describe('an identifier that another organization has', () => {
  for (const scheme of schemes) {
    test(`is refused with 409, which says who has it: ${scheme}`, async () => {
      const identifier = newIdentifier(scheme);
      const {json: first} = await put([identifier]);
      const answer = await server.post('/v1/organizations', {name: 'Second', identifiers: [{scheme: 'other', value: 'x'}, identifier]}, {status: 409});
      assert.equal(answer.json.type, '/problems/conflict');
      assert.deepEqual(told(answer), ['/identifiers/1/value taken']);
      for (const word of [first.id, first.slug, identifier.value]) assert.ok(answer.json.detail.includes(word), answer.json.detail);
      await put([identifier], {status: 409});
      const {json: other} = await put([]);
      await server.patch(`/v1/organizations/${other.slug}`, {identifiers: [identifier]}, {status: 409});
      await put([identifier], {slug: other.slug, status: 409});
      assert.equal((await read(other.slug)).revision, 1);
    });
  }

  test('is one of its owner still, and may go from one to another', async () => {
    const identifier = newIdentifier('ror'), [a, b] = [(await put([identifier])).json, (await put([])).json];
    await put([identifier], {slug: a.slug, status: 200, city: 'x'});
    await put([], {slug: a.slug, status: 200});
    await put([identifier], {slug: b.slug, status: 200});
    const old = (await server.get(`/v1/organizations/${a.slug}?revision=1`, {status: 200})).json;
    assert.deepEqual(told(await server.put(`/v1/organizations/${a.slug}`, old, {status: 409})), ['/identifiers/0/value taken']);
    await server.delete(`/v1/organizations/${b.slug}`, {status: 204});
    await server.put(`/v1/organizations/${a.slug}`, old, {status: 200});
  });

  test('of the scheme other may belong to many', async () => {
    const identifier = {scheme: 'other', value: 'shared'};
    await put([identifier]);
    await put([identifier]);
  });

  test('is one fault among others when more is wrong, at its place', async () => {
    const identifier = newIdentifier('isni');
    await put([identifier]);
    const answer = await server.post('/v1/organizations', {name: 'x', country: 'Japan', identifiers: [identifier]}, {status: 422});
    assert.deepEqual(told(answer).sort(), ['/country format', '/identifiers/0/value taken']);
    const slug = fresh();
    await put([], {slug});
    assert.deepEqual(told(await server.post('/v1/organizations', {name: 'x', slug, identifiers: [identifier]}, {status: 409})), ['/slug taken', '/identifiers/0/value taken']);
  });

  test('is refused in its pasted form, and twice within one body', async () => {
    const identifier = newIdentifier('ror');
    await put([identifier]);
    await put([{scheme: 'ror', value: `https://ror.org/${identifier.value}`}], {status: 409});
    const {value} = newIdentifier('ror');
    assert.deepEqual(told(await put([{scheme: 'ror', value}, {scheme: 'ror', value: `ror.org/${value.toUpperCase()}`}], {status: 422})), ['/identifiers/1 duplicate']);
  });

  test('goes to one of those who ask for it at once', async () => {
    const identifier = newIdentifier('lei');
    const answers = await Promise.all(Array.from({length: 20}, () => server.post('/v1/organizations', {name: 'Race', identifiers: [identifier]})));
    assert.deepEqual(answers.map((each) => each.status).sort(), [201, ...Array(19).fill(409)]);
  });

  test('is told to nobody who may not write', async () => {
    const identifier = newIdentifier('ror');
    await put([identifier]);
    for (const role of ['reader', null]) {
      const answer = await server.post('/v1/organizations', {name: 'x', identifiers: [identifier]}, {role});
      assert.ok([401, 403].includes(answer.status));
      assert.doesNotMatch(answer.text, /identified-/);
    }
  });

  test('may come by a merge from the one that goes', async () => {
    const [mine, its] = [newIdentifier('ror'), newIdentifier('isni')], [a, b] = [(await put([mine])).json, (await put([its])).json];
    const {json} = await server.post(`/v1/organizations/${a.slug}/merge`, {into: b.slug}, {status: 200});
    assert.deepEqual(json.identifiers, [its, mine]);
    await put([mine], {status: 409});
  });
});

describe('in an import', () => {
  test('an identifier that somebody has is refused with its line and place', async () => {
    const identifier = newIdentifier('ror'), {json: owner} = await put([identifier]);
    for (const query of ['', '&dry_run=true', '&mode=create']) {
      const {json} = await send([{slug: fresh(), name: 'a'}, {slug: fresh(), name: 'b', identifiers: [identifier]}], {status: 422, query});
      assert.deepEqual(json.errors.map(({line, pointer, code}) => [line, pointer, code]), [[2, '/identifiers/0/value', 'taken']]);
      assert.ok(json.errors[0].message.includes(owner.id));
    }
  });

  test('of two lines with one identifier the later is refused, or left out', async () => {
    const identifier = newIdentifier('ror'), records = [{slug: fresh(), name: 'a', identifiers: [identifier]}, {slug: fresh(), name: 'b', identifiers: [{scheme: 'ror', value: `https://ror.org/${identifier.value}`}]}];
    const refused = await send(records, {status: 422});
    assert.deepEqual(refused.json.errors.map(({line, pointer, code}) => [line, pointer, code]), [[2, '/identifiers/0/value', 'taken']]);
    const {json} = await send(records, {query: '&on_error=skip'});
    assert.deepEqual([json.created, json.failed], [1, 1]);
    assert.deepEqual((await read(records[0].slug)).identifiers, [identifier]);
    assert.deepEqual([(await send(records.slice(0, 1))).json.unchanged], [1]);
  });

  test('what is left out for another reason keeps no identifier from others', async () => {
    const identifier = newIdentifier('ror'), slugs = [fresh(), fresh()];
    const {json} = await send([{slug: slugs[0], name: 'a', identifiers: [identifier], relations: [{type: 'parent', organization: 'nobody-here'}]},
      {slug: slugs[1], name: 'b', identifiers: [identifier]}], {query: '&on_error=skip'});
    assert.deepEqual([json.created, json.failed, json.errors.map(({line, code}) => [line, code])], [1, 1, [[1, 'no_such_record']]]);
  });

  test('identifiers may be exchanged, in any order of the lines', async () => {
    const [one, two] = [newIdentifier('ror'), newIdentifier('ror')], slugs = [fresh(), fresh(), fresh()];
    await put([one], {slug: slugs[0]});
    await put([two], {slug: slugs[1]});
    await send([{slug: slugs[1], name: 'b', identifiers: [one]}, {slug: slugs[0], name: 'a', identifiers: [two]}]);
    assert.deepEqual([(await read(slugs[0])).identifiers, (await read(slugs[1])).identifiers], [[two], [one]]);
    await send([{slug: slugs[2], name: 'c', identifiers: [one]}, {slug: slugs[1], name: 'b', identifiers: []}]);
    assert.deepEqual([(await read(slugs[1])).identifiers, (await read(slugs[2])).identifiers], [[], [one]]);
    await send([{slug: slugs[2], name: 'c', identifiers: [two]}], {status: 422});
  });

  test('what is exported comes back without a change', async () => {
    const {text} = await server.get('/v1/export', {status: 200});
    const {json} = await server.post('/v1/import', text, {status: 200, headers: {'content-type': 'application/x-ndjson'}});
    assert.equal(json.unchanged, json.rows);
  });
});

describe('pasted forms', () => {
  const forms = [
    ['ror', '05a28rw58', ['https://ror.org/05a28rw58', 'ror.org/05a28rw58', '05A28RW58', ' 05a28rw58\u3000', 'ROR 05a28rw58']],
    ['lei', '529900T8BM49AURSDO55', ['529900t8bm49aursdo55', 'https://search.gleif.org/#/record/529900T8BM49AURSDO55']],
    ['isni', '000000012146438X', ['0000 0001 2146 438x', 'https://isni.org/isni/000000012146438X', '0000-0001-2146-438X', '0000\u00a00001\u00a02146\u00a0438X']],
    ['wikidata', 'Q42', ['https://www.wikidata.org/wiki/Q42', 'http://www.wikidata.org/entity/Q42', 'q42']],
    ['jp_corporate_number', '5010005007398', ['T5010005007398', '５０１０００５００７３９８', '5-0100-0500-7398', 'Ｔ５０１０００５００７３９８', '法人番号：5010005007398']],
    ['tw_unified_number', '22099131', ['２２０９９１３１', '2209 9131']],
  ];
  for (const [scheme, value, all] of forms) {
    test(`are kept as the register writes them, and found: ${scheme}`, async () => {
      const slug = fresh();
      await put([], {slug, visibility: 'public'});
      for (const [i, form] of all.entries()) {
        const {json} = await server.put(`/v1/organizations/${slug}`, {name: slug, visibility: 'public', identifiers: [{scheme, value: form}]}, {status: 200});
        assert.deepEqual(json.identifiers, [{scheme, value}], form);
        assert.equal(json.revision, 2, `${form}: the same is no change (${i})`);
      }
      const csv = `slug,name,visibility,identifiers\n${slug},${slug},public,"${JSON.stringify([{scheme, value: all[0]}]).replaceAll('"', '""')}"\n`;
      assert.equal((await server.post('/v1/import?resource=organizations', csv, {status: 200, headers: {'content-type': 'text/csv'}})).json.unchanged, 1);
      for (const form of [value, ...all]) {
        for (const asked of [form, `${scheme}:${form}`]) {
          const query = encodeURIComponent(asked);
          const found = (await server.get(`/v1/organizations?identifier=${query}`, {status: 200})).json.items;
          assert.deepEqual(found.map((each) => each.slug), [slug], asked);
          const ne = (await server.get(`/v1/organizations?identifier__ne=${query}&slug=${slug}`, {status: 200})).json.items;
          assert.deepEqual(ne, [], asked);
          for (const options of [{}, nobody]) {
            const {items} = (await server.get(`/v1/organizations/match?identifier=${query}`, {status: 200, ...options})).json;
            assert.deepEqual(items.map(({organization, matched, score, chosen}) => [organization.slug, matched, score, chosen]), [[slug, 'identifier', 1, true]], asked);
          }
        }
        const {items} = (await server.get(`/v1/organizations/match?name=${encodeURIComponent(form)}`, {status: 200})).json;
        assert.deepEqual([items[0].organization.slug, items[0].matched, items[0].chosen], [slug, 'identifier', true], form);
      }
    });
  }

  test('of another scheme are none of this', async () => {
    assert.deepEqual(told(await put([{scheme: 'isni', value: 'https://ror.org/05a28rw58'}], {status: 422})), ['/identifiers/0/value identifier']);
    assert.deepEqual(told(await server.get('/v1/organizations/match?identifier=isni:https://ror.org/05a28rw58', {status: 400})), ['identifier identifier']);
  });
});

describe('match', () => {
  test('takes a name, an identifier, or both; an identifier decides', async () => {
    const identifier = newIdentifier('ror');
    const {json: byNumber} = await put([identifier], {name: 'Numbered Institute'}), {json: byName} = await put([], {name: 'Named Institute'});
    const match = async (query) => (await server.get(`/v1/organizations/match?${query}`, {status: 200})).json.items;
    const both = await match(`name=Named+Institute&identifier=${identifier.value}`);
    assert.deepEqual(both.slice(0, 2).map(({organization, matched, chosen}) => [organization.slug, matched, chosen]), [[byNumber.slug, 'identifier', true], [byName.slug, 'exact', false]]);
    const unknown = await match(`name=Named+Institute&identifier=${newIdentifier('ror').value}`);
    assert.deepEqual([unknown[0].organization.slug, unknown[0].chosen], [byName.slug, true]);
    assert.deepEqual(await match(`identifier=${newIdentifier('ror').value}`), []);
    assert.deepEqual(told(await server.get('/v1/organizations/match', {status: 400})), ['name required']);
    assert.deepEqual(told(await server.get('/v1/organizations/match?identifier=+', {status: 400})), ['identifier too_short']);
  });

  test('shows nobody what is internal, and chooses none of several', async () => {
    const identifier = newIdentifier('ror');
    await put([identifier], {visibility: 'internal'});
    assert.deepEqual((await server.get(`/v1/organizations/match?identifier=${identifier.value}`, {status: 200, ...nobody})).json.items, []);
    const other = {scheme: 'other', value: fresh()};
    await put([other]);
    await put([other]);
    const {items} = (await server.get(`/v1/organizations/match?identifier=${other.value}`, {status: 200})).json;
    assert.deepEqual(items.map(({matched, chosen}) => [matched, chosen]), [['identifier', false], ['identifier', false]]);
  });
});

test('a check of the database looks for identifiers that several have', async () => {
  const {json} = await server.get('/v1/check', {role: 'admin', status: 200});
  assert.deepEqual(json.checks.find(({name}) => name === 'identifiers'), {name: 'identifiers', ok: true, detail: null});
});
