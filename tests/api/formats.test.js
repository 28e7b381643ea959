// Lists as NDJSON and CSV, and the export: what pages show, all of it, and taken back by an import without a change.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {resource, resources} from './lib/contract.js';
import {asRow, openSchema, readCells, readRecords} from './lib/csv.js';
import * as generate from './lib/generate.js';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const RECORDS = 30;
const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const nobody = {role: null};
// What spreadsheets take for formulas, and what looks as if it had been defused.
const armed = ['=1+1', '+81 3', '-', '@SUM(A1)', '\t=1', '\r\n=1', '＝1', '＋1', '－1', '＠A', "'", "''", "'=1", "'quoted'", ' = ', '', '"', 'a,"b"\n',
  'null', '[]', '\\', '\u2028🤝'];
let server;

async function fill(target, seed) {
  const slugs = {organizations: [], areas: []};
  for (let i = 1; i <= RECORDS; i++) {
    for (const path of ['organizations', 'areas']) {
      const record = generate.sample(path === 'areas' ? generate.area : generate.organization, seed + i);
      if (path === 'areas' && i > 5) record.parent = slugs.areas[i % 5];
      const last = slugs.organizations;
      if (path === 'organizations' && i > 3) {
        record.relations = [{type: 'parent', organization: last.at(-1)}, {type: 'related', organization: last[0], from: '2020', until: null}];
      }
      slugs[path].push((await target.post(`/v1/${path}`, record, {status: 201})).json.slug);
    }
    const agreements = i > 3 ? [generate.sample(generate.agreement(slugs), seed + i)] : [];
    for (const record of agreements) {
      if (i > 5) record.relations = [{type: 'related', agreement: `number-${i - 1}`}, {type: 'implements', agreement: `number-${i - 2}`}];
      await target.post('/v1/agreements', {...record, slug: `number-${i}`}, {status: 201});
    }
  }
  for (const [i, text] of armed.entries()) {
    await target.put(`/v1/organizations/armed-${i}`, {name: `n ${i}`, city: text, description: text, visibility: 'public'}, {status: 201});
  }
  await target.put('/v1/agreements/full', {
    title: 'Everything', stage: 'concluded', kind: 'mou', summary: '=x', field: "'", parties: slugs.organizations.slice(0, 2), concluded_on: '2020-01',
    ends_on: '2030', open_ended: false, renewal: {kind: 'express', months: 12, max: 3}, notice: {months: null, days: 30},
    extensions: [{ends_on: '2031', agreed_on: '2029-12', note: 'x'}], suspensions: [{from: '2021', until: '2021-06', reason: '+'}],
    termination: {notice_on: '2031-01', by: '@them', effective_on: '2040', reason: '-'}, owner: '=me', notes: '＝', visibility: 'public',
  }, {status: 201});
}

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  await fill(server, SEED);
});
after(() => server.stop());

const lines = (answer) => answer.text.split('\n').slice(0, -1).map((line) => JSON.parse(line));
const importOf = (target, records, status = 200) => target.post('/v1/import', records.map((each) => `${JSON.stringify(each)}\n`).join(''),
  {status, headers: {'content-type': 'application/x-ndjson'}});

for (const {path, schema} of resources) {
  const at = `/v1/${path}`;
  const queries = ['', `sort=-${schema['x-resource'].name}`, 'sort=updated_at', path === 'areas' ? 'slug=none' : 'visibility=public&sort=slug'];

  describe(`${path} as a whole`, () => {
    for (const query of queries) {
      test(`NDJSON has the records of the pages, in their order: ${query || 'all'}`, async () => {
        for (const caller of [{}, nobody]) {
          const answer = await server.get(`${at}?format=ndjson&${query}`, {...caller, status: 200});
          assert.equal(answer.headers['content-type'], 'application/x-ndjson');
          assert.deepEqual(lines(answer), await everything(server, `${at}?limit=500&${query}`, caller));
        }
      });

      test(`CSV has the records of the pages, in their order: ${query || 'all'}`, async () => {
        for (const [caller, shown] of [[{}, schema], [nobody, openSchema(schema)]]) {
          const answer = await server.get(`${at}?format=csv&${query}`, {...caller, status: 200});
          const expected = await everything(server, `${at}?limit=500&${query}`, caller);
          assert.deepEqual(readRecords(answer.text, shown), expected.map((each) => asRow(each, shown)));
        }
      });
    }

    test('CSV says what it is, how it is written, and under which name to save it', async () => {
      const answer = await server.get(`${at}?format=csv`);
      assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
      assert.equal(answer.headers['content-disposition'], `attachment; filename="${path}-2026-05-01.csv"`);
      assert.equal(answer.headers['transfer-encoding'], 'chunked');
    });

    test('a list without records is a line of names, or no line', async () => {
      const csv = await server.get(`${at}?format=csv&slug=none`);
      assert.deepEqual(readRecords(csv.text, schema), []);
      assert.equal(readCells(csv.text).length, 1);
      assert.equal((await server.get(`${at}?format=ndjson&slug=none`)).text, '');
    });

    test('what CSV shows can be imported, and changes nothing', async () => {
      const records = readRecords((await server.get(`${at}?format=csv`)).text, schema);
      const report = await importOf(server, records.map((each) => ({resource: path, ...each})));
      assert.equal(report.json.unchanged, records.length);
    });

    test('Accept asks for a format too, and `format` goes before it', async () => {
      const type = async (accept, query = '') => (await server.get(`${at}?limit=1${query}`, {status: 200, headers: {accept}})).headers['content-type'].split(';')[0];
      assert.equal(await type('text/csv'), 'text/csv');
      assert.equal(await type('application/x-ndjson'), 'application/x-ndjson');
      assert.equal(await type('text/*'), 'text/csv');
      assert.equal(await type('application/*'), 'application/json');
      assert.equal(await type('*/*'), 'application/json');
      assert.equal(await type('text/csv;q=0.5, application/x-ndjson;q=0.7, application/json;q=0.6'), 'application/x-ndjson');
      assert.equal(await type('application/json, text/csv'), 'application/json');
      assert.equal(await type('application/json;q=0, */*;q=0.1'), 'application/x-ndjson');
      assert.equal(await type('application/json', '&format=csv'), 'text/csv');
      assert.equal(await type('image/png', '&format=ndjson'), 'application/x-ndjson');
      assert.equal(await type('text/csv', '&format=json'), 'application/json');
      await server.get(at, {status: 406, headers: {accept: 'image/png'}});
    });

    test('`limit` is how many come in all, and without it every record comes', async () => {
      const all = await everything(server, `${at}?limit=500`);
      for (const limit of [1, 7, 500]) {
        assert.deepEqual(lines(await server.get(`${at}?format=ndjson&limit=${limit}`)), all.slice(0, limit));
      }
      assert.ok(all.length < 50 || lines(await server.get(`${at}?format=ndjson`)).length > 50);
    });

    test('`fields` leaves columns and members out', async () => {
      const {nameMember} = resource(path);
      const all = await everything(server, `${at}?limit=500`);
      const csv = readCells((await server.get(`${at}?format=csv&fields=${nameMember},slug,slug`)).text).map((row) => row.map((cell) => cell.text));
      assert.deepEqual(csv[0], ['slug', nameMember]);
      assert.deepEqual(csv.slice(1).map(([slug]) => slug), all.map((each) => each.slug));
      assert.deepEqual(lines(await server.get(`${at}?format=ndjson&fields=id`, {check: false})), all.map(({id}) => ({id})));
      if (path === 'agreements') {
        const spread = readCells((await server.get(`${at}?format=csv&fields=period,renewal`)).text)[0].map((cell) => cell.text);
        assert.deepEqual(spread, ['renewal.kind', 'renewal.months', 'renewal.max', 'period.number', 'period.starts_on', 'period.ends_on', 'period.basis']);
      }
      await server.get(`${at}?format=csv&fields=none`, {status: 400});
    });

    test('a format that is not there, a cursor, and what lists refuse are refused', async () => {
      const {json: {next}} = await server.get(`${at}?limit=1`);
      const cursor = new URL(next, server.url).searchParams.get('cursor');
      for (const [query, parameter, word] of [['format=cvs', 'format', /json, ndjson, csv/], ['format=', 'format', /csv/], ['format=CSV', 'format', /csv/],
        ['format=csv&format=csv', 'format', /once/], [`format=csv&cursor=${cursor}`, 'cursor', /csv is the whole list/],
        ['format=ndjson&cursor=x', 'cursor', /ndjson/], ['format=ndjson&total=true', 'total', /pages/], ['format=csv&limit=501', 'limit', /500/], ['format=csv&limit=0', 'limit', /1/],
        ['format=csv&sort=nothing', 'sort', /one of/], ['format=ndjson&sulg=x', 'sulg', /slug/]]) {
        const answer = await server.get(`${at}?${query}`, {status: 400});
        assert.equal(answer.json.errors[0].parameter, parameter, query);
        assert.match(answer.json.errors[0].message, word, query);
      }
      await server.get(`${at}/armed-0?format=csv`, {status: 400});
    });

    test('the whole has a tag of its own, which is confirmed until something is written', async () => {
      const tags = new Set();
      for (const query of ['format=json', 'format=csv', 'format=ndjson', 'format=csv&limit=1', 'format=csv&limit=2', 'format=csv&sort=slug']) {
        const answer = await server.get(`${at}?${query}`);
        tags.add(answer.etag);
        assert.equal((await server.head(`${at}?${query}`, {status: 200})).etag, answer.etag);
        await server.get(`${at}?${query}`, {status: 304, headers: {'if-none-match': answer.etag}});
      }
      assert.equal(tags.size, 6);
      const before = await server.get(`${at}?format=csv`, {headers: {'accept-encoding': 'gzip'}});
      assert.match(before.etag, /-gzip"$/);
      await server.get(`${at}?format=csv`, {status: 304, headers: {'if-none-match': before.etag, 'accept-encoding': 'gzip'}});
      await server.put('/v1/areas/one-more', {name: `${path} was looked at`});
      await server.get(`${at}?format=csv`, {status: 200, headers: {'if-none-match': before.etag}});
    });

    test('compressed, it is the same, and the same bytes each time', async () => {
      for (const format of ['csv', 'ndjson']) {
        const plain = await server.get(`${at}?format=${format}`);
        const packed = await server.get(`${at}?format=${format}`, {headers: {'accept-encoding': 'gzip'}});
        assert.equal(packed.headers['content-encoding'], 'gzip');
        assert.ok(packed.bytes.length < plain.bytes.length);
        assert.equal(packed.text, plain.text);
        const again = await server.get(`${at}?format=${format}`, {headers: {'accept-encoding': 'gzip'}});
        assert.ok(packed.bytes.equals(again.bytes));
      }
    });

    test('callers without a token get no tag, which would tell of writes to what is not public', async () => {
      for (const query of ['?format=csv', '?format=ndjson']) {
        const answer = await server.get(at + query, {...nobody, status: 200});
        assert.equal(answer.etag, undefined);
        assert.equal(answer.headers['cache-control'], 'no-store');
      }
    });
  });
}

test('no cell begins with what a spreadsheet could take for a formula', async () => {
  for (const {path} of resources) {
    const cells = readCells((await server.get(`/v1/${path}?format=csv`)).text).flat();
    for (const {text} of cells) assert.doesNotMatch(text, /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
  }
});

test('CSV without a token has no columns of internal members, so that an import of it leaves these alone', async () => {
  const contacts = [{name: 'Sato', email: 'sato@example.org'}];
  await server.put('/v1/organizations/contacted', {name: 'Contacted', contacts, visibility: 'public'}, {status: 201});
  await server.put('/v1/agreements/noted', {title: 'Noted', notes: 'Not for all', visibility: 'public'}, {status: 201});
  for (const [path, slug, member] of [['organizations', 'contacted', 'contacts'], ['agreements', 'noted', 'notes']]) {
    const had = (await server.get(`/v1/${path}/${slug}`)).json;
    const csv = (await server.get(`/v1/${path}?format=csv&slug=${slug}`, nobody)).text;
    assert.ok(!readCells(csv)[0].some(({text}) => text === member));
    const answer = await server.post(`/v1/import?resource=${path}`, csv, {status: 200, headers: {'content-type': 'text/csv'}});
    assert.equal(answer.json.unchanged, 1);
    assert.deepEqual((await server.get(`/v1/${path}/${slug}`)).json, had);
    const asked = await server.get(`/v1/${path}?format=csv&fields=slug,${member}`, {...nobody, status: 400});
    assert.match(asked.json.errors[0].message, new RegExp(`${member}.*token`));
    await server.get(`/v1/${path}?format=csv&fields=slug,${member}`, {status: 200});
    assert.ok(member in (await server.get(`/v1/${path}?slug=${slug}`, nobody)).json.items[0], 'pages have every member');
  }
});

// -- the export ---------------------------------------------------------------------------------------------------------------

// Without what a registry gives its records itself.
const plain = (value) => (Array.isArray(value) ? value.map(plain) : value === null || typeof value !== 'object' ? value
  : Object.fromEntries(Object.entries(value).filter(([name]) => !['id', 'revision', 'created_at', 'updated_at'].includes(name)).map(([name, inner]) => [name, plain(inner)])));

test('the export has every record, with its resource, and can be saved', async () => {
  const answer = await server.get('/v1/export', {status: 200});
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="entente-2026-05-01.ndjson"');
  for (const {path} of resources) {
    const listed = await everything(server, `/v1/${path}?limit=500`);
    assert.deepEqual(lines(answer).filter((each) => each.resource === path).map((each) => each.id), listed.map((each) => each.id));
  }
  await server.get('/v1/export', {status: 304, headers: {'if-none-match': answer.etag}});
  assert.equal((await server.head('/v1/export', {status: 200})).etag, answer.etag);
  await server.get('/v1/export?format=csv', {status: 400});
  await server.get('/v1/export', {status: 406, headers: {accept: 'text/csv'}});
});

test('an export that is imported where it came from changes nothing, not even a tag', async () => {
  const records = lines(await server.get('/v1/export'));
  const before = (await server.get('/v1/changes?limit=500')).text;
  const report = await importOf(server, records);
  assert.deepEqual([report.json.unchanged, report.json.rows], [records.length, records.length]);
  assert.equal((await server.get('/v1/changes?limit=500')).text, before);
});

test('an export that is imported into an empty registry makes the same, and is taken back by the first', async (t) => {
  const other = await startServer({args: ['--today', '2026-05-01']});
  t.after(() => other.stop());
  const first = lines(await server.get('/v1/export'));
  assert.equal((await importOf(other, first)).json.created, first.length);
  const second = lines(await other.get('/v1/export'));
  assert.deepEqual(plain(second), plain(first));
  for (const {path} of resources) {
    assert.deepEqual(plain(await everything(other, `/v1/${path}?limit=500`)), plain(await everything(server, `/v1/${path}?limit=500`)));
  }
  assert.equal((await importOf(server, second)).json.unchanged, first.length);
});

test('a served reference leads to the record with its id before one with its slug', async () => {
  const id = (await server.put('/v1/areas/kept', {name: 'Kept'})).json.id;
  const other = (await server.put('/v1/areas/other', {name: 'Other'})).json.id;
  const parent = async (reference, status = 200) => {
    await importOf(server, [{resource: 'areas', slug: 'leaf', name: 'Leaf', parent: reference}], status);
    return (await server.get('/v1/areas/leaf')).json.parent?.id;
  };
  assert.equal(await parent({id, slug: 'other', name: 'x'}), id);
  assert.equal(await parent({id: 'area_00000000000000000000000000', slug: 'other', name: 'x'}), other);
  const before = await server.get('/v1/areas/leaf');
  await parent({id: 'area_00000000000000000000000000', slug: 'nobody', name: 'x'}, 422);
  await parent({id: 'area_00000000000000000000000000'}, 422);
  await server.get('/v1/areas/leaf', {status: 304, headers: {'if-none-match': before.etag}});
});

test('without a token the export is what is public', async () => {
  const answer = await server.get('/v1/export', {...nobody, status: 200});
  assert.equal(answer.etag, undefined);
  for (const {path} of resources) {
    const seen = lines(answer).filter((each) => each.resource === path);
    const listed = await everything(server, `/v1/${path}?limit=500`, nobody);
    assert.deepEqual(seen.map((each) => each.id), listed.map((each) => each.id));
    const inside = new Map(listed.map((each) => [each.id, each]));
    for (const {resource: own, relations = [], ...record} of seen) {
      assert.equal(own, path);
      const {relations: served = [], ...rest} = inside.get(record.id);
      assert.deepEqual(record, rest);
      assert.deepEqual(relations, served.slice(0, relations.length), 'its own relations come first');
    }
  }
  assert.ok(lines(answer).some((each) => each.relations?.length > 0));
});

test('the export of a registry without records is empty', async (t) => {
  const empty = await startServer();
  t.after(() => empty.stop());
  assert.equal((await empty.get('/v1/export', {status: 200})).text, '');
  assert.equal((await empty.get('/v1/organizations?format=csv')).text.split('\r\n').length, 2);
  assert.ok(resource('organizations'));
});
