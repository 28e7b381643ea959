// `q=` on lists: the same words as in a search, with every filter and order, over pages and whole.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const AREAS = 700; // more than are ranked
let server, all;

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  const lines = Array.from({length: AREAS}, (_, i) => ({
    resource: 'areas', slug: `a${i}`, name: `${i % 7 === 0 ? 'Rare ' : ''}Topic ${i}`,
    description: i % 3 === 0 ? `common words about 創薬 ${i}` : i % 3 === 1 ? 'common' : null, parent: i > 9 && i % 5 === 0 ? 'a1' : null,
  }));
  lines.push({resource: 'areas', slug: 'exact', name: 'Common'}, {resource: 'areas', slug: 'begins', name: 'Common ground'});
  lines.push({resource: 'organizations', slug: 'open-one', name: '東京大学', country: 'JP', visibility: 'public'},
    {resource: 'organizations', slug: 'closed-one', name: '京都大学', country: 'JP'},
    {resource: 'agreements', slug: 'with-both', title: 'Between them', stage: 'proposed', parties: ['open-one', 'closed-one'], visibility: 'public'});
  const made = await server.post('/v1/import', lines.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  assert.equal(made.json.created, lines.length, made.text.slice(0, 500));
  all = await everything(server, '/v1/areas?limit=500');
});
after(() => server.stop());

const slugs = (items) => items.map((each) => each.slug);
const has = (word) => (each) => `${each.name} ${each.description ?? ''}`.toLowerCase().split(' ').includes(word);

test('everything that has the word is listed once, the best names first, over pages of any size', async () => {
  const wanted = all.filter(has('common'));
  assert.ok(wanted.length > 300);
  for (const limit of [7, 100, 500]) {
    const got = await everything(server, `/v1/areas?q=common&limit=${limit}`);
    assert.deepEqual(slugs(got).slice(0, 2), ['exact', 'begins']);
    assert.deepEqual(slugs(got).sort(), slugs(wanted).sort(), `limit=${limit}`);
    assert.equal((await server.get(`/v1/areas?q=common&limit=1&total=true`)).json.total, wanted.length);
  }
});

test('with a sort key that is the order, in either direction', async () => {
  const wanted = slugs(all.filter(has('common'))).sort();
  assert.deepEqual(slugs(await everything(server, '/v1/areas?q=common&sort=slug&limit=50')), wanted);
  assert.deepEqual(slugs(await everything(server, '/v1/areas?q=common&sort=-slug&limit=500')), [...wanted].reverse());
});

test('filters narrow what is found, and the words what is filtered', async () => {
  for (const [query, fits] of [['q=common&parent=a1', (each) => has('common')(each) && each.parent?.slug === 'a1'],
    ['q=rare&parent__isnull=true', (each) => has('rare')(each) && each.parent === null],
    ['q=rare+common', (each) => has('rare')(each) && has('common')(each)],
    ['q=%22rare+topic%22&description__isnull=true', (each) => has('rare')(each) && each.description === null],
    ['q=%E5%89%B5%E8%96%AC&name__gte=Topic+5', (each) => (each.description ?? '').includes('創薬') && each.name >= 'Topic 5'],
    ['q=nothing-of-that-kind', () => false], ['q=common&slug=exact', (each) => each.slug === 'exact']]) {
    for (const more of ['', '&sort=-updated_at']) {
      const got = await everything(server, `/v1/areas?${query}${more}&limit=40`);
      assert.deepEqual(slugs(got).sort(), slugs(all.filter(fits)).sort(), `${query}${more}`);
    }
  }
});

test('a list has what a search has, in its order', async () => {
  const search = await server.get('/v1/search?q=rare+topic&resource=areas&limit=100', {status: 200});
  const list = await server.get('/v1/areas?q=rare+topic&limit=100', {status: 200});
  assert.deepEqual(slugs(list.json.items), slugs(search.json.items));
  const {json: {items: [{slug}]}} = await server.get(`/v1/areas?q=${encodeURIComponent('ｔｏｐｉｃ 77')}&limit=1`, {status: 200});
  assert.equal(slug, 'a77', 'folded, an exact name first');
});

test('a list has what a search has by the beginning of a name, with every filter and order, over pages, whole and counted', async () => {
  const counts = [];
  for (const [q, more] of [['comm', ''], ['common g', ''], ['top', ''], ['rare t', ''], ['topic 7', '&limit=7'], ['Ｔｏｐｉｃ ６', ''], ['rare topic 7', ''], ['x', ''], ['"common gr"', '']]) {
    const query = `q=${encodeURIComponent(q)}`, plain = q.normalize('NFKC').toLowerCase().replaceAll('"', '');
    const wanted = all.filter((each) => each.name.toLowerCase().startsWith(plain) || plain.split(' ').every((word) => has(word)(each)));
    const got = slugs(await everything(server, `/v1/areas?${query}${more || '&limit=40'}`));
    const search = slugs((await server.get(`/v1/search?${query}&resource=areas&limit=100`, {status: 200})).json.items);
    assert.deepEqual(got.slice(0, search.length), search, q);
    assert.deepEqual([...got].sort(), slugs(wanted).sort(), q);
    assert.deepEqual(slugs(await everything(server, `/v1/areas?${query}&sort=-slug&limit=30`)), slugs(wanted).sort().reverse(), q);
    assert.deepEqual(slugs(await everything(server, `/v1/areas?${query}&parent__isnull=true`)).sort(), slugs(wanted.filter((each) => each.parent === null)).sort(), q);
    assert.equal((await server.get(`/v1/areas?${query}&limit=1&total=true`)).json.total, wanted.length, q);
    const lines = (await server.get(`/v1/areas?${query}&format=ndjson`, {status: 200})).text.trim().split('\n').filter(Boolean);
    assert.deepEqual(lines.map((each) => JSON.parse(each).slug), got, q);
    counts.push(got.length);
  }
  assert.ok(counts[0] === 2 && counts[2] > 500, String(counts));
});

test('statistics and the graph count what begins with the question, for the public what it sees', async () => {
  for (const [q, options, expected] of [['betw', {}, 1], ['betw', {role: null}, 1], ['etween', {}, 0], ['between the', {}, 1]]) {
    const {json: {items}} = await server.get(`/v1/stats?by=status&q=${encodeURIComponent(q)}`, {status: 200, ...options});
    assert.equal(items.reduce((sum, {count}) => sum + count, 0), expected, q);
    assert.equal((await server.get(`/v1/graph?q=${encodeURIComponent(q)}`, {status: 200, ...options})).json.nodes.length, expected * (options.role === null ? 1 : 2), q);
  }
  for (const [options, expected] of [[{}, ['closed-one']], [{role: null}, []]]) {
    assert.deepEqual(slugs((await server.get(`/v1/organizations?q=${encodeURIComponent('京都')}&sort=name`, {status: 200, ...options})).json.items), expected);
    assert.deepEqual(slugs((await server.get('/v1/organizations?q=clo', {status: 200, ...options})).json.items), []);
  }
});

test('the whole list can be had as CSV and NDJSON, and counted', async () => {
  const wanted = slugs(await everything(server, '/v1/areas?q=rare&limit=500'));
  const lines = (await server.get('/v1/areas?q=rare&format=ndjson', {status: 200})).text.trim().split('\n');
  assert.deepEqual(lines.map((each) => JSON.parse(each).slug), wanted);
  const csv = (await server.get('/v1/areas?q=common&format=csv&fields=slug', {status: 200})).text.trim().split('\r\n');
  assert.deepEqual(csv.slice(1), slugs(await everything(server, '/v1/areas?q=common&limit=500')));
  const {json: {items}} = await server.get(`/v1/stats?by=country&q=${encodeURIComponent('大学')}`, {status: 200});
  assert.deepEqual(items, [{key: 'JP', label: 'JP', count: 1}]);
});

test('a whole list whose first record is long in coming is looked for on a thread of its own', async (t) => {
  const many = await startServer();
  t.after(() => many.stop());
  const words = Array.from({length: 16}, (_, i) => `word${i}`).join(' ');
  const lines = Array.from({length: 15_000}, (_, i) => JSON.stringify({resource: 'areas', slug: `a${i}`, name: `Topic ${i}`, description: words}));
  await many.post('/v1/import', lines.join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  const handed = async () => Number(/^entente_long_reads_total (\d+)/m.exec((await many.get('/metrics', {socket: true})).text)[1]);
  const before = await handed();
  for (const format of ['ndjson', 'csv']) {
    const {text} = await many.get(`/v1/areas?q=${encodeURIComponent(words)}&sort=-name&limit=500&format=${format}&fields=slug`, {status: 200});
    assert.equal(text.trimEnd().split('\n').length, format === 'csv' ? 501 : 500, 'and what follows is not limited');
  }
  assert.equal(await handed(), before + 2);
});

test('the public finds by what it may see, and nothing else', async () => {
  const open = {role: null, status: 200};
  const find = async (q, options) => slugs((await server.get(`/v1/agreements?q=${encodeURIComponent(q)}&total=true`, options)).json.items);
  assert.deepEqual(await find('京都大学'), ['with-both']);
  assert.deepEqual(await find('京都大学', open), []);
  assert.deepEqual(await find('東京大学', open), ['with-both']);
  assert.equal((await server.get(`/v1/organizations?q=${encodeURIComponent('大学')}&total=true`, open)).json.total, 1);
});

test('a cursor of another question is refused, and so is what cannot be searched for', async () => {
  const {json: {next}} = await server.get('/v1/areas?q=common&limit=5');
  const cursor = new URL(next, server.url).searchParams.get('cursor');
  await server.get(`/v1/areas?q=rare&cursor=${cursor}`, {status: 400});
  await server.get(`/v1/areas?cursor=${cursor}`, {status: 400});
  const place = JSON.parse(Buffer.from(cursor, 'base64url'));
  for (const value of [null, 1, 'x', [], [1], [null, null], [1, []], [0.5, [1, 2, true, null, null]], [0.5, [700, 0, true, null, null, [250]]], [0.5, [-1, 5, true, null, null, [250]]],
    [0.5, [700, 5, 'x', 'common', 'x', [250]]], [0.5, [700, 5, true, 'z', null, [250]]], [0.5, [700, 5, true, null, null, [-1]]], [0.5, [700, 5, true, null, null, []]], [-1e308, [1e308, 1e308, true, null, null, [9e15]]],
    ['a', [700, 5, null, null, null, [250]]], [null, [700, 5, true, null, null, [250]]], [0.5, [700, 5, true, null, null, ['x']], 1]]) {
    const forged = Buffer.from(JSON.stringify([place[0], value, place[2]])).toString('base64url');
    for (const more of ['', '&sort=name']) {
      const answer = await server.get(`/v1/areas?q=common&limit=500&cursor=${forged}${more}`);
      assert.ok([200, 400].includes(answer.status), `${JSON.stringify(value)}: ${answer.text}`);
      if (answer.status === 200) assert.equal(new Set(slugs(answer.json.items)).size, answer.json.items.length);
    }
  }
  for (const q of ['', '!!!', '"', '%E3%80%82', '*', `${'a+'.repeat(128)}b`, 'x'.repeat(5000)]) {
    const answer = await server.get(`/v1/areas?q=${q}`, {status: 400});
    assert.deepEqual(answer.json.errors.map((each) => each.parameter), ['q'], q);
  }
  for (const q of ['AND', 'a OR b', 'NEAR(a b)', 'name:a', 'a*', '-a', '^a', '"a" b"', "'; DROP TABLE areas; --"]) {
    await server.get(`/v1/areas?q=${encodeURIComponent(q)}`, {status: 200});
  }
});

test('of hundreds that are found, each that stays as it is comes once, whatever is deleted, made and changed between the pages', async (t) => {
  const own = await startServer({args: ['--address-requests', '0']});
  t.after(() => own.stop());
  const send = (lines) => own.post('/v1/import', lines.map((each) => JSON.stringify({resource: 'areas', ...each})).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  for (const [round, q, name] of [[0, 'common word', (i) => `Topic ${i}`], [1, 'common', (i) => (i % 40 ? `Other ${i}` : `Common ${i}`)], [2, 'com', (i) => `Common ${i % 90}`], [3, 'common', () => 'Common']]) {
    await send(Array.from({length: 600}, (_, i) => ({slug: `r${round}-${i}`, name: name(i), description: `${'common '.repeat(1 + (i % 3))} ${i % 7 ? 'word' : 'word word'} ${'filler '.repeat(i % 11)}`})));
    const got = [], touched = new Set();
    for (let next = `/v1/areas?q=${encodeURIComponent(q)}&limit=70`, page = 0; next !== null; page++) {
      const {json} = await own.get(next, {status: 200});
      got.push(...json.items.map((each) => each.slug));
      next = json.next;
      const seen = new Set(got), later = Array.from({length: 600}, (_, i) => `r${round}-${i}`).filter((slug) => !seen.has(slug) && !touched.has(slug));
      for (const slug of [...got.slice(-30), ...later.slice(0, 7), ...later.slice(-3)]) {
        if (!touched.has(slug) && (await own.delete(`/v1/areas/${slug}`)).status === 204) touched.add(slug);
      }
      for (const slug of [got.at(-31), later.at(10)].filter((each) => each && !touched.has(each))) {
        await own.patch(`/v1/areas/${slug}`, {description: 'common word'}, {status: 200});
        touched.add(slug);
      }
      await send([{slug: `n${round}-${page}`, name: 'Common'}, {slug: `m${round}-${page}`, name: `Common a${page}`, description: 'word'}, {slug: `o${round}-${page}`, name: `Z${page}`, description: 'common filler filler'}]);
    }
    const stayed = Array.from({length: 600}, (_, i) => `r${round}-${i}`).filter((slug) => !touched.has(slug));
    const times = new Map();
    for (const slug of got) times.set(slug, (times.get(slug) ?? 0) + 1);
    assert.deepEqual(stayed.filter((slug) => times.get(slug) !== 1), [], `round ${round}`);
    for (const {slug} of await everything(own, '/v1/areas?limit=500')) await own.delete(`/v1/areas/${slug}`);
  }
});

test('writes between the pages neither repeat nor skip what was found, though they move all ranks', async (t) => {
  const own = await startServer({args: ['--address-requests', '0']});
  t.after(() => own.stop());
  const lines = Array.from({length: 40}, (_, i) => ({resource: 'areas', slug: `a${i}`, name: `Topic ${i}`, description: i % 2 ? 'common' : null}));
  await own.post('/v1/import', lines.map((each) => JSON.stringify(each)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  for (const description of ['something else at some length '.repeat(9), 'common']) {
    const wanted = (await own.get('/v1/areas?q=common&limit=500', {status: 200})).json.items.map((each) => each.slug);
    const got = [];
    for (let next = '/v1/areas?q=common&limit=4', page = 0; next !== null; page++) {
      const {json} = await own.get(next, {status: 200});
      got.push(...json.items.map((each) => each.slug));
      if (page < 4) await own.post('/v1/areas', {name: `New ${description.length} ${page}`, description}, {status: 201});
      next = json.next;
    }
    assert.deepEqual(got.slice(0, wanted.length), wanted, description);
    assert.equal(new Set(got).size, got.length);
  }
});
