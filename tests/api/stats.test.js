// Statistics: the agreements of any filter, counted by what they have, against a plain count of the list.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import * as generate from './lib/generate.js';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

let server, agreements, organizations;

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  const slugs = {organizations: [], areas: []};
  for (let seed = 1; seed <= 12; seed++) {
    slugs.organizations.push((await server.post('/v1/organizations', generate.sample(generate.organization, seed), {status: 201})).json.slug);
    slugs.areas.push((await server.post('/v1/areas', generate.sample(generate.area, seed), {status: 201})).json.slug);
  }
  for (let seed = 1; seed <= 60; seed++) {
    const body = generate.sample(generate.agreement(slugs), seed);
    if (body.parties.length > 1) body.parties.push({...body.parties[0], role: body.parties[0].role === 'party' ? 'host' : 'party'});
    await server.post('/v1/agreements', body, {status: 201});
  }
  agreements = await everything(server, '/v1/agreements?limit=500');
  organizations = new Map((await everything(server, '/v1/organizations?limit=500')).map((each) => [each.id, each]));
});
after(() => server.stop());

const searched = ['q=a', `q=${encodeURIComponent('院')}`, 'q=nothing-of-that-kind'];
const values = {
  status: (each) => [each.status],
  kind: (each) => [each.kind],
  year: (each) => [each.concluded_on?.slice(0, 4) ?? null],
  party: (each) => each.parties.map(({organization}) => organization.slug),
  area: (each) => each.areas.map(({area}) => area.slug),
  country: (each) => each.parties.map(({organization}) => organizations.get(organization.id).country),
};

// A list that is empty, and a party whose country is not known, both count under null.
function counted(valuesOf, list) {
  const counts = new Map();
  for (const each of list) {
    const all = new Set(valuesOf(each));
    if (all.size === 0) all.add(null);
    for (const key of all) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

for (const by of Object.keys(values)) {
  test(`by=${by} counts what the list shows, for any filter`, async () => {
    for (const query of ['', 'kind=mou&kind=loi', 'stage=concluded', 'owner__isnull=false&stage=concluded', 'tag=a', 'title=nothing', ...searched, `${searched[0]}&stage=concluded`]) {
      const listed = await everything(server, `/v1/agreements?limit=500&${query}`);
      const {json: {items}} = await server.get(`/v1/stats?by=${by}&${query}`, {status: 200});
      assert.deepEqual(new Map(items.map(({key, count}) => [key, count])), counted(values[by], listed), query);
      assert.equal(items.length, new Set(items.map(({key}) => key)).size, 'each group once');
      const order = items.map(({key, count}) => (by === 'year' ? key ?? '9999' : -count));
      assert.deepEqual(order, [...order].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    }
  });
}

test('limit= gives the largest groups, and more says whether there are others', async () => {
  const {items: all, more} = (await server.get('/v1/stats?by=party')).json;
  assert.equal(more, false);
  for (const [limit, left] of [[3, true], [all.length - 1, true], [all.length, false], [10000, false]]) {
    const {json} = await server.get(`/v1/stats?by=party&limit=${limit}`, {status: 200});
    assert.deepEqual(json, {items: all.slice(0, limit), more: left}, `${limit}`);
  }
  for (const limit of ['0', '10001', 'x']) await server.get(`/v1/stats?by=party&limit=${limit}`, {status: 400});
});

test('labels are in the language that is asked for, where a name in it is known', async () => {
  const made = await server.post('/v1/areas', {name: '創薬', names: [
    {value: 'Drug discovery', lang: 'en'}, {value: '藥物研發', lang: 'zh-Hant'}]}, {status: 201});
  await server.post('/v1/agreements', {title: 'About drugs', stage: 'proposed', areas: [made.json.slug]}, {status: 201});
  for (const [language, label] of [[undefined, '創薬'], ['en-GB', 'Drug discovery'], ['zh-TW,en;q=0.5', '藥物研發'], ['fr', '創薬'], ['*', '創薬']]) {
    const headers = language === undefined ? {} : {'accept-language': language};
    const {json: {items}, headers: {vary}} = await server.get(`/v1/stats?by=area&area=${made.json.slug}`, {status: 200, headers});
    assert.deepEqual(items, [{key: made.json.slug, label, count: 1}]);
    assert.match(vary, /Accept-Language/);
  }
  assert.doesNotMatch((await server.get('/v1/areas')).headers.vary, /Accept-Language/);
  assert.equal((await server.get('/v1/stats?by=status&stage=concluded&status=in_force')).json.items[0].label, 'in force');
});

test('the public counts what is public, and nothing else', async () => {
  const open = {role: null, status: 200};
  const there = new Map((await everything(server, '/v1/organizations?limit=500', open)).map((each) => [each.id, each.country]));
  for (const query of ['', ...searched]) {
    const shown = await everything(server, `/v1/agreements?limit=500&${query}`, open);
    const whole = query === '' ? agreements : await everything(server, `/v1/agreements?limit=500&${query}`);
    assert.ok(query.includes('nothing') ? whole.length === 0 : shown.length > 0 && shown.length < whole.length, query);
    for (const by of ['status', 'kind', 'year', 'party', 'area', 'country']) {
      const of = by === 'country' ? (each) => each.parties.map(({organization}) => there.get(organization.id)) : values[by];
      const {json: {items}} = await server.get(`/v1/stats?by=${by}&${query}`, open);
      assert.deepEqual(new Map(items.map(({key, count}) => [key, count])), counted(of, shown), `${by} ${query}`);
    }
  }
  await server.get('/v1/stats?by=status&owner=x', {role: null, status: 400});
});

test('what cannot be counted is refused, and an answer that still holds is confirmed', async () => {
  for (const [query, parameter] of [['', 'by'], ['by=colour', 'by'], ['by=status&by=kind', 'by'], ['by=status&stauts=in_force', 'stauts'],
    ['by=status&party=nobody', 'party'], ['by=status&sort=title', 'sort'], ['by=status&cursor=x', 'cursor']]) {
    const answer = await server.get(`/v1/stats?${query}`, {status: 400});
    assert.deepEqual(answer.json.errors.map((each) => each.parameter), [parameter], query);
  }
  const {etag} = await server.get('/v1/stats?by=status', {status: 200});
  await server.get('/v1/stats?by=status', {status: 304, headers: {'if-none-match': etag}});
});
