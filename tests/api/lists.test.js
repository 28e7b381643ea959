// Lists: pages, order, filters, and what is refused.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {resolve, resources} from './lib/contract.js';
import * as generate from './lib/generate.js';
import {everything, pages} from './lib/pages.js';
import {startServer} from './lib/server.js';

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

const ids = (items) => items.map((each) => each.id);
const bytes = (text) => Buffer.from(text, 'utf8');
const compare = (a, b) => (typeof a === 'number' ? a - b : Buffer.compare(bytes(a), bytes(b)));

// [parameter, how to find the values in a document, schema] of every member that carries the key, objects' members too.
function marked(schema, key, prefix = '', find = (document) => [document]) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, declared]) => {
    const member = resolve(declared);
    const values = (document) => find(document).map((each) => each?.[name] ?? null);
    const own = member[key] ? [[member[key] === true ? prefix + name : member[key], values, member]] : [];
    if (member.items) {
      const inside = (document) => find(document).flatMap((each) => each?.[name] ?? []);
      const item = resolve(member.items);
      return [...own.map(([parameter]) => [parameter, inside, item]), ...marked(item, key, `${prefix}${name}_`, inside)];
    }
    if (member.properties && !member['x-reference']) return [...own, ...marked(member, key, `${prefix}${name}_`, values)];
    return own;
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

    for (const [key, values] of marked(schema, 'x-sort')) {
      for (const direction of [1, -1]) {
        test(`sort=${direction < 0 ? '-' : ''}${key} orders by it, then by id, records without it last, over pages`, async () => {
          const value = (document) => values(document)[0];
          const wanted = [...all[path]].sort((a, b) => {
            const [x, y] = [value(a), value(b)];
            if ((x === null) !== (y === null)) return x === null ? 1 : -1;
            return direction * ((x === null ? 0 : compare(x, y)) || compare(a.id, b.id));
          });
          const sort = `sort=${direction < 0 ? '-' : ''}${key}`;
          assert.deepEqual(ids(await everything(server, `${at}?${sort}&limit=500`)), ids(wanted));
          assert.deepEqual(ids(await everything(server, `${at}?${sort}&limit=3`)), ids(wanted));
        });
      }
    }

    for (const [parameter, values] of marked(schema, 'x-filter')) {
      test(`${parameter}= finds what has that value, repeated what has either, and nothing else`, async () => {
        const plain = (value) => (value !== null && typeof value === 'object' ? value.id : value);
        const present = [...new Set(all[path].flatMap(values).map(plain).filter((value) => value !== null))];
        const having = (wanted) => ids(all[path].filter((each) => values(each).map(plain).some((value) => wanted.includes(value))));
        for (const value of present.slice(0, 8)) {
          const found = await server.get(`${at}?limit=500&${parameter}=${encodeURIComponent(value)}`, {status: 200});
          assert.deepEqual(ids(found.json.items), having([value]), value);
        }
        const two = present.slice(0, 2);
        const query = two.map((value) => `${parameter}=${encodeURIComponent(value)}`).join('&');
        const found = await everything(server, `${at}?limit=2&${query}`);
        assert.deepEqual(ids(found), two.length === 0 ? ids(all[path]) : having(two));
          assert.ok(present.length > 0, `${parameter} occurs`);
      });
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

    test('an unknown operator, sort key or value is refused', async () => {
      for (const query of ['slug__foo=x', 'sort=nothing', 'sort=', 'sort=--id', 'sort=slug,name', 'slug=Not+A+Slug']) {
        const answer = await server.get(`${at}?${query}`, {status: 400});
        assert.equal(answer.json.errors.length, 1, query);
      }
      const near = await server.get(`${at}?sort=-updated`, {status: 400});
      assert.match(near.json.errors[0].message, /updated_at/);
    });

    test('a limit outside of 1 to 500, no number, or given twice is refused, never clamped', async () => {
      for (const query of ['limit=0', 'limit=501', 'limit=-1', 'limit=', 'limit=x', 'limit=1e2', 'limit=5.0', 'limit=99999999999999999999', 'limit=5&limit=6']) {
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
      }
      await server.get(`${at}?cursor=${'x'.repeat(2001)}`, {status: 400});
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
