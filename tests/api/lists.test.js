// Lists: pages, order, filters, and what is refused.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {resolve, resources} from './lib/contract.js';
import * as generate from './lib/generate.js';
import {everything, pages} from './lib/pages.js';
import {filtersOf, fits, inOrder, operatorsOf} from './lib/query.js';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';

const RECORDS = 40;
let server;
const all = {};

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01']});
  const slugs = {organizations: [], areas: []};
  for (let seed = 1; seed <= RECORDS; seed++) {
    for (const path of ['organizations', 'areas']) {
      const record = generate.sample(path === 'areas' ? generate.area : generate.organization, seed);
      if (path === 'areas' && seed > 5) record.parent = slugs.areas[seed % 5];
      slugs[path].push((await server.post(`/v1/${path}`, record, {status: 201})).json.slug);
    }
    if (seed > 3) await server.post('/v1/agreements', generate.sample(generate.agreement(slugs), seed), {status: 201});
  }
  for (const {path} of resources) all[path] = await everything(server, `/v1/${path}?limit=500`);
});
after(() => server.stop());

// Members that no generated record has.
const never = new Set(['termination_notice_on', 'termination_by', 'termination_effective_on', 'termination_reason']);
const ids = (items) => items.map((each) => each.id);
// [parameter, how to find the value in a document] of every sort key, objects' members too.
function sortKeys(schema, prefix = '', find = (document) => document) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, declared]) => {
    const member = resolve(declared);
    const value = (document) => find(document)?.[name] ?? null;
    if (member['x-sort']) return [[prefix + name, value]];
    return member.properties && !member['x-reference'] ? sortKeys(member, `${prefix}${name}_`, value) : [];
  });
}

for (const {path, schema} of resources) {
  const at = `/v1/${path}`;

  describe(path, () => {
    test('are listed in the order of their making, complete, without a next page', async () => {
      const page = await server.get(`${at}?limit=500`, {status: 200});
      assert.equal(page.json.next, null);
      assert.equal(page.headers.link, undefined);
      assert.deepEqual(ids(page.json.items), [...ids(page.json.items)].sort());
      for (const item of page.json.items.slice(0, 5)) {
        assert.deepEqual(item, (await server.get(`${at}/${item.id}`)).json);
      }
    });

    test('a page holds 50 unless told, and Link names the next page as `next` does', async () => {
      const page = await server.get(`${at}?limit=7`, {status: 200});
      assert.equal(page.json.items.length, 7);
      assert.equal(page.headers.link, `<${page.json.next}>; rel="next"`);
      assert.ok(page.json.next.startsWith(`${at}?`));
      assert.equal((await server.get(at)).json.items.length, Math.min(50, all[path].length));
    });

    for (const limit of [1, 2, 3, 39, 40, 41, 500]) {
      test(`pages of ${limit} hold every record once, in order`, async () => {
        assert.deepEqual(ids(await everything(server, `${at}?limit=${limit}`)), ids(all[path]));
      });
    }

    for (const [key, value] of sortKeys(schema)) {
      for (const direction of [1, -1]) {
        test(`sort=${direction < 0 ? '-' : ''}${key} orders by it, then by id, records without it last, over pages`, async () => {
          const wanted = inOrder(all[path], direction < 0 ? `-${key}` : key, value);
          const sort = `sort=${direction < 0 ? '-' : ''}${key}`;
          assert.deepEqual(ids(await everything(server, `${at}?${sort}&limit=500`)), ids(wanted));
          assert.deepEqual(ids(await everything(server, `${at}?${sort}&limit=3`)), ids(wanted));
        });
      }
    }

    for (const filter of filtersOf(schema)) {
      for (const operator of operatorsOf(filter)) {
        const parameter = operator === '' ? filter.name : `${filter.name}__${operator}`;
        test(`${parameter}= finds what it says, and nothing else, over pages`, async () => {
          const plain = (value) => String(typeof value === 'object' ? value.id : value);
          const present = [...new Set(all[path].flatMap(filter.values).filter((value) => value !== null).map(plain))]
            .filter((value) => !/\p{Cc}/u.test(value)); // which no address can hold
          assert.ok(present.length > 0 || never.has(filter.name), `${filter.name} occurs`);
          const several = ['', 'ne'].includes(operator) ? [present.slice(0, 2), present.slice(1, 4)] : [];
          const asked = operator === 'isnull' ? [['true'], ['false']] : [...present.slice(0, 6).map((each) => [each]), ...several];
          for (const values of asked.filter((each) => each.length > 0)) {
            const query = values.map((value) => `${parameter}=${encodeURIComponent(value)}`).join('&');
            const wanted = ids(all[path].filter((each) => fits(filter, operator, values, each)));
            assert.deepEqual(ids(await everything(server, `${at}?limit=500&${query}`)), wanted, query);
            assert.deepEqual(ids(await everything(server, `${at}?limit=7&${query}`)), wanted, query);
          }
        });
      }
    }

    test('filters narrow together', async () => {
      const one = all[path][7];
      const name = schema['x-resource'].name;
      const found = await server.get(`${at}?${name}=${encodeURIComponent(one[name])}&slug=${one.slug}`, {status: 200});
      assert.deepEqual(ids(found.json.items), [one.id]);
      const none = await server.get(`${at}?${name}=${encodeURIComponent(one[name])}&slug=${all[path][8].slug}`, {status: 200});
      assert.deepEqual(none.json, {items: [], next: null});
    });

    test('an unknown parameter is refused, with the nearest known name', async () => {
      const misspelt = await server.get(`${at}?sulg=x&limmit=3&constructor=1`, {status: 400});
      assert.equal(misspelt.json.type, '/problems/invalid-parameter');
      assert.deepEqual(misspelt.json.errors.map((each) => each.parameter), ['sulg', 'limmit', 'constructor']);
      assert.match(misspelt.json.errors[0].message, /slug/);
      assert.match(misspelt.json.errors[1].message, /limit/);
    });

    test('fields may be repeated, as common clients send a list', async () => {
      const once = await server.get(`${at}?fields=slug,id&limit=2`, {status: 200});
      const twice = await server.get(`${at}?fields=slug&limit=2&fields=id`, {status: 200});
      assert.deepEqual(twice.json.items, once.json.items);
      assert.deepEqual(Object.keys(twice.json.items[0]), ['id', 'slug']);
      const next = await server.get(twice.json.next, {status: 200});
      assert.deepEqual(next.json.items, (await server.get(once.json.next, {status: 200})).json.items);
      assert.equal((await server.get(`${at}?fields=slug&fields=sulg`, {status: 400})).json.errors.length, 1);
    });

    test('an operator that is written in another way is refused with the way that is taken', async () => {
      for (const slip of ['updated_at_lte', 'updated_at[lte]', 'updated_at__le', 'updated__lte']) {
        const answer = await server.get(`${at}?${encodeURIComponent(slip)}=2026-01-01T00:00:00Z`, {status: 400});
        assert.match(answer.json.errors[0].message, /did you mean `updated_at__lte`\?/, slip);
      }
    });

    test('an unknown operator, sort key or value is refused', async () => {
      for (const query of ['slug__foo=x', 'sort=nothing', 'sort=', 'sort=--id', 'sort=slug,name', 'slug=Not+A+Slug']) {
        const answer = await server.get(`${at}?${query}`, {status: 400});
        assert.equal(answer.json.errors.length, 1, query);
      }
      const control = await server.get(`${at}?q=%00`, {status: 400});
      assert.match(control.json.detail, /control characters.*`q`/);
      const fields = await server.get(`${at}?fields=nothing,sulg`, {status: 400});
      assert.match(fields.json.errors[0].message, /they have id, slug, .*updated_at$/);
      assert.match(fields.json.errors[1].message, /did you mean `slug`/);
      const near = await server.get(`${at}?sort=-updated`, {status: 400});
      assert.match(near.json.errors[0].message, /updated_at/);
    });

    test('a limit outside of 1 to 500, no number, or given twice is refused, never clamped', async () => {
      for (const query of ['limit=0', 'limit=501', 'limit=-1', 'limit=', 'limit=x', 'limit=1e3', 'limit=5.5', 'limit=99999999999999999999', 'limit=5&limit=6']) {
        const answer = await server.get(`${at}?${query}`, {status: 400});
        assert.equal(answer.json.errors[0].parameter, 'limit', query);
      }
      await server.get(`${at}?limit=500`, {status: 200});
    });

    test('a cursor that was broken or belongs to another list, filter or order is refused', async () => {
      const {json: {next}} = await server.get(`${at}?limit=2&sort=slug`);
      const cursor = new URL(next, server.url).searchParams.get('cursor');
      await server.get(`${at}?limit=3&sort=slug&cursor=${cursor}`, {status: 200});
      const other = path === 'areas' ? 'organizations' : 'areas';
      for (const wrong of [`${at}?cursor=${cursor}`, `${at}?sort=-slug&cursor=${cursor}`, `/v1/${other}?sort=slug&cursor=${cursor}`,
        `${at}?sort=slug&slug=x&cursor=${cursor}`, `${at}?sort=slug&cursor=${cursor.slice(2)}`, `${at}?sort=slug&cursor=${cursor}AA`,
        `${at}?sort=slug&cursor=`, `${at}?sort=slug&cursor=x`, `${at}?sort=slug&cursor=${Buffer.from('[]').toString('base64url')}`,
        `${at}?sort=slug&cursor=${Buffer.from('["","",""]').toString('base64url')}`]) {
        const answer = await server.get(wrong, {status: 400});
        assert.equal(answer.json.type, '/problems/invalid-cursor', wrong);
        assert.deepEqual(answer.json.errors.map((each) => each.parameter), ['cursor'], wrong);
      }
      await server.get(`${at}?cursor=${'x'.repeat(3001)}`, {status: 400});
    });

    test('a list has a tag, which changes with every write and is otherwise confirmed', async () => {
      const list = await server.get(`${at}?limit=3`);
      await server.get(`${at}?limit=3`, {status: 304, headers: {'if-none-match': list.etag}});
      const other = await server.get(`${at}?limit=4`);
      assert.notEqual(other.etag, list.etag);
      const made = await server.post('/v1/areas', {name: 'A write'}, {status: 201});
      await server.get(`${at}?limit=3`, {status: 200, headers: {'if-none-match': list.etag}});
      await server.delete(`/v1/areas/${made.json.id}`, {status: 204});
    });
  });
}

test('a filter by reference takes slug and id, and names what there is not', async () => {
  const {parties: [{organization}]} = all.agreements.find((each) => each.parties.length > 0);
  const bySlug = await everything(server, `/v1/agreements?party=${organization.slug}`);
  assert.deepEqual(bySlug, await everything(server, `/v1/agreements?party=${organization.id}`));
  const answer = await server.get('/v1/agreements?party=nobody', {status: 400});
  assert.equal(answer.json.errors[0].parameter, 'party');
});

test('the next page asks what the first asked', async () => {
  const query = `name=${encodeURIComponent('a&b=c d+e%')}`;
  for (let i = 0; i < 3; i++) await server.post('/v1/areas', {name: 'a&b=c d+e%'}, {status: 201});
  const found = [];
  for await (const page of pages(server, `/v1/areas?${query}&limit=1&sort=-slug`)) found.push(...page.json.items.map((each) => each.slug));
  assert.deepEqual(found, ['a-b-c-d-e-3', 'a-b-c-d-e-2', 'a-b-c-d-e']);
  for (const slug of found) await server.delete(`/v1/areas/${slug}`, {status: 204});
});

test('every fault of a query is told at once, each once, whether the contract knows it or only the records do', async () => {
  const list = ['limit', 'party', 'staus', 'area', 'fields', 'sort', 'q'];
  const asked = 'limit=501&party=nobody&staus=x&area=nothing&fields=titel&sort=titel&q=%21';
  for (const [address, expected] of [
    [`/v1/agreements?${asked}`, list],
    [`/v1/agreements?${asked}&format=csv&cursor=x`, [...list, 'cursor']],
    [`/v1/agreements?${asked}&party=Not+A+Slug&party=nor-this`, [...list, 'party']],
    ['/v1/agreements?format=xml&party=nobody&limit=1&limit=2&sort=titel&sort=-titel', ['format', 'limit', 'sort', 'party']],
    ['/v1/agreements?concluded_on__lt=soon&identifier__foo=1&tag=&sort=titel', ['concluded_on__lt', 'identifier__foo', 'tag', 'sort']],
    ['/v1/agreements?q=&q=a&q=%21&format=xml&cursor=x', ['q', 'format']],
    ['/v1/stats?by=colour&party=nobody', ['by', 'party']],
    ['/v1/graph?limit=1&party=nobody&q=%21', ['limit', 'party', 'q']],
    ['/v1/coverage?organization=nobody&area=nothing&on=today', ['on', 'organization', 'area']],
    ['/v1/coverage?organisation=nobody&area=nothing', ['organisation', 'organization', 'area']],
    ['/v1/search?q=%21&limit=1000', ['limit', 'q']],
    ['/v1/organizations/match?name=%21&limit=1000', ['limit', 'name']],
  ]) {
    const {json} = await server.get(address, {headers: {accept: 'text/csv, application/json;q=0.5'}, status: 400});
    assert.equal(json.type, '/problems/invalid-parameter', address);
    const told = json.errors.map(({parameter}) => parameter);
    assert.deepEqual([...new Set(told)].toSorted(), [...new Set(expected)].toSorted(), `${address}: ${JSON.stringify(json.errors)}`);
    const places = json.errors.map(({parameter, message}) => `${parameter} ${message}`);
    assert.equal(new Set(places).size, places.length, `${address}: ${JSON.stringify(json.errors)}`);
  }
});

// -- the order of names -------------------------------------------------------------------------------------------------------

describe('lists by name', () => {
  const order = [
    ['aa-1', 'Älpler'], ['aa-2', 'Alpler Bund'], ['aa-3', 'alz'], ['aa-4', 'Łódź'], ['aa-5', 'Zebra'],
    ['aa-6', 'ｶｷ'], ['aa-7', '会津', 'ガク'], ['aa-8', 'カコ'], ['aa-9', '東京'],
  ];
  let named;
  before(async () => {
    named = await startServer({args: ['--public-read'], env: unlimited});
    for (const [slug, name, reading] of [...order].reverse()) {
      const names = reading === undefined ? [] : [{value: 'Aizu', lang: 'en'}, {value: reading, lang: 'ja-Kana'}];
      await named.put(`/v1/organizations/${slug}`, {name, names, country: 'JP', visibility: 'public'}, {status: 201});
      await named.put(`/v1/areas/${slug}`, {name, names}, {status: 201});
      await named.put(`/v1/agreements/${slug}`, {title: name, titles: names, visibility: 'public'}, {status: 201});
    }
  });
  after(() => named.stop());
  const slugsOf = (list) => list.map((each) => each.slug), slugs = order.map(([slug]) => slug);

  for (const [path, key] of [['organizations', 'name'], ['areas', 'name'], ['agreements', 'title']]) {
    test(`${path} are in the order in which people look for them, for everybody, over pages`, async () => {
      for (const limit of [1, 4, 500]) {
        assert.deepEqual(slugsOf(await everything(named, `/v1/${path}?sort=${key}&limit=${limit}`)), slugs);
        assert.deepEqual(slugsOf(await everything(named, `/v1/${path}?sort=-${key}&limit=${limit}`)), slugs.toReversed());
      }
      const {json} = await named.get(`/v1/${path}?sort=${key}`, {status: 200, role: null});
      assert.deepEqual(slugsOf(json.items), slugs);
    });
  }

  test('a name and a reading that change move the record', async () => {
    assert.deepEqual(slugsOf((await named.get('/v1/organizations?country=JP&sort=name&limit=3', {status: 200})).json.items), slugs.slice(0, 3));
    await named.patch('/v1/organizations/aa-9', {names: [{value: 'あい', lang: 'ja-Hira'}]}, {status: 200});
    await named.patch('/v1/organizations/aa-1', {name: 'Zz'}, {status: 200});
    assert.deepEqual(slugsOf((await named.get('/v1/organizations?country=JP&sort=name', {status: 200})).json.items),
      ['aa-2', 'aa-3', 'aa-4', 'aa-5', 'aa-1', 'aa-9', 'aa-6', 'aa-7', 'aa-8']);
    assert.deepEqual((await named.get('/v1/organizations/aa-9', {status: 200})).json.revision, 2);
  });
});
