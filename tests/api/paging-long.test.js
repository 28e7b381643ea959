// Pages of records with the longest names that there may be: every `next` that a list gives out is one that it takes.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {resource} from './lib/contract.js';
import {everything, pages} from './lib/pages.js';
import {startServer} from './lib/server.js';

const ADDRESS_MOST = 8192;
const CURSOR_MOST = 2743; // of a name of 500 characters of four bytes
const fillings = ['a', '創', '𠀋', '"', '\\', '\t'];
let server;

before(async () => { server = await startServer(); });
after(() => server.stop());

for (const path of ['organizations', 'agreements', 'areas']) {
  const naming = path === 'agreements' ? 'title' : 'name';
  const longest = resource(path).schema.properties[naming].maxLength;
  const made = [];

  test(`${path}: whatever the longest names are of, all pages are read in both directions`, async () => {
    for (const filling of fillings) {
      for (const end of ['a', 'b', 'c']) {
        const body = {[naming]: `${filling.repeat(longest - 1)}${end}`, slug: `long-${made.length}`};
        made.push((await server.post(`/v1/${path}`, body, {status: 201})).json.slug);
      }
    }
    for (const sort of [naming, `-${naming}`]) {
      const all = (await everything(server, `/v1/${path}?sort=${sort}&limit=500`)).map((each) => each.slug);
      assert.deepEqual([...all].sort(), [...made].sort());
      for (const limit of [1, 2]) {
        assert.deepEqual((await everything(server, `/v1/${path}?sort=${sort}&limit=${limit}`)).map((each) => each.slug), all, sort);
      }
    }
  });

  test(`${path}: filters and the longest cursor have room in one address, and where they have not it is said`, async () => {
    const filter = (size) => `${naming}__ne=${'z'.repeat(100)}&`.repeat(80).slice(0, size).replace(/&[^=]*=?$/, '');
    const fixed = `/v1/${path}?limit=1&sort=-${naming}&`;
    const roomy = `${fixed}${filter(ADDRESS_MOST - CURSOR_MOST - fixed.length - '&cursor='.length)}`;
    const found = [];
    for await (const page of pages(server, roomy)) {
      found.push(...page.json.items.map((each) => each.slug));
      if (page.json.next) assert.ok(page.json.next.length <= ADDRESS_MOST);
      assert.equal(page.headers.link, page.json.next === null ? undefined : `<${page.json.next}>; rel="next"`);
    }
    assert.deepEqual([...found].sort(), [...made].sort());
    const full = `${fixed}${filter(ADDRESS_MOST - fixed.length - 1)}`;
    const refused = await server.get(full, {status: 414});
    assert.equal(refused.json.type, '/problems/uri-too-long');
    assert.match(refused.json.detail, /next page.* 8192/);
    await server.get(full.replace('limit=1&', 'limit=20&'), {status: 200}); // all on one page
  });
}
