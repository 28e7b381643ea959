// CSV as an import: every table that lists give changes nothing, however a spreadsheet has saved it; a table with some columns
// changes these alone; and what cannot be read is told with its line, row and column.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import fc from 'fast-check';
import {resource, resources} from './lib/contract.js';
import {run} from './lib/command.js';
import {readCells} from './lib/csv.js';
import * as generate from './lib/generate.js';
import {everything} from './lib/pages.js';
import {newFolder, startServer} from './lib/server.js';

const RECORDS = 25;
const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const armed = ['=1+1', '+81 3', '-', '@SUM(A1)', '\t=1', '\r\n=1', '＝1', '＋1', '－1', '＠A', "'", "''", "'=1", ' = ', 'a,"b"\n', 'a;b', 'a\tb', 'null', '[]', '\r'];
let server;

async function fill() {
  const slugs = {organizations: [], areas: []};
  for (let i = 1; i <= RECORDS; i++) {
    for (const path of ['organizations', 'areas']) {
      const record = generate.sample(path === 'areas' ? generate.area : generate.organization, SEED + i);
      if (path === 'areas' && i > 5) record.parent = slugs.areas[i % 5];
      if (path === 'organizations' && i > 3) record.relations = [{type: 'parent', organization: slugs.organizations.at(-1)}, {type: 'related', organization: slugs.organizations[0]}];
      slugs[path].push((await server.post(`/v1/${path}`, record, {status: 201})).json.slug);
    }
    if (i > 3) {
      const record = generate.sample(generate.agreement(slugs), SEED + i);
      if (i > 5) record.relations = [{type: 'related', agreement: `number-${i - 1}`}, {type: 'implements', agreement: `number-${i - 2}`}];
      await server.post('/v1/agreements', {...record, slug: `number-${i}`}, {status: 201});
    }
  }
  for (const [i, text] of armed.entries()) {
    await server.put(`/v1/organizations/armed-${i}`, {name: `n ${i}`, city: text, description: text}, {status: 201});
  }
  await server.put('/v1/agreements/full', {
    title: 'Everything', stage: 'concluded', kind: 'mou', summary: '=x', field: "'", parties: slugs.organizations.slice(0, 2), concluded_on: '2020-01',
    ends_on: '2030', renewal: {kind: 'express', months: 12, max: 3}, notice: {months: null, days: 30}, tags: ['a', 'b'],
    extensions: [{ends_on: '2031', agreed_on: '2029-12', note: 'x'}], suspensions: [{from: '2021', until: '2021-06', reason: '+'}],
    termination: {notice_on: '2031-01', by: '@them', effective_on: '2040', reason: '-'}, owner: '=me', notes: '＝',
  }, {status: 201});
}

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  await fill();
});
after(() => server.stop());

const send = (path, body, {type = 'text/csv', query = '', status = 200, to = server} = {}) =>
  to.post(`/v1/import?resource=${path}${query}`, body, {status, headers: {'content-type': type}});
const counts = ({json: {rows, created, updated, unchanged, failed}}) => [rows, created, updated, unchanged, failed];
const log = async () => (await server.get('/v1/changes?limit=500')).text;
const errors = async (path, body, options) => (await send(path, body, {status: 422, ...options})).json.errors;
const told = (all) => all.map(({line, row, column, code}) => [line, row, column, code]);
const get = async (path, slug) => (await server.get(`/v1/${path}/${slug}`, {status: 200})).json;

// Writes cells {text, bare} again.
const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
const write = (rows, {separator = ',', end = '\r\n', cell = ({text, bare}) => (bare ? text : quoted(text))} = {}) =>
  rows.map((row) => row.map((each) => cell(each)).join(separator) + end).join('');
const tight = (separator) => ({text}) => (text.includes(separator) || /["\r\n]/.test(text) ? quoted(text) : text);

// As Windows' Excel saves: quotes only where the separator, a quote or a line break asks for them; TRUE; dates its own way.
const excel = (rows, separator) => write(rows, {separator, cell: ({text}) =>
  tight(separator)({text: /^(true|false)$/.test(text) ? text.toUpperCase() : text.replace(/^(\d{4})-0?(\d+)-0?(\d+)$/, '$1/$2/$3')})});

describe('what lists give as CSV comes back without a change', () => {
  const forms = {
    'as it is': (text) => text,
    'without byte order mark': (text) => text.slice(1),
    'with LF': (text) => write(readCells(text), {end: '\n'}),
    'with CR': (text) => write(readCells(text), {end: '\r'}),
    'with semicolons': (text) => write(readCells(text), {separator: ';', cell: ({text: cell, bare}) => (bare && cell === '' ? '' : quoted(cell))}),
    'with tabs, without quotes where none are needed': (text) => write(readCells(text), {separator: '\t', cell: tight('\t')}),
    'all in quotes but for what is empty': (text) => write(readCells(text), {cell: ({text: cell}) => (cell === '' ? '' : quoted(cell))}),
    'columns from the last to the first': (text) => write(readCells(text).map((row) => [...row].reverse())),
    'without an end to the last line': (text) => text.replace(/\r\n$/, ''),
    'with empty lines, and columns without a name': (text) => write(readCells(text).flatMap((row) => [[...row, {text: '', bare: true}], [{text: '', bare: true}], row.map(() => ({text: '', bare: true}))])),
    'as spreadsheets save it': (text) => excel(readCells(text), ','),
    'as spreadsheets save it where the comma is in numbers': (text) => `\ufeff${excel(readCells(text), ';')}`,
    'as spreadsheets save it as text': (text) => excel(readCells(text), '\t'),
    'with a first line that says what parts the cells': (text) => `sep=;\r\n${excel(readCells(text), ';')}`,
    'as spreadsheets save it as Unicode text': (text) => Buffer.from(`\ufeff${excel(readCells(text), '\t')}`, 'utf16le'),
    'as that with the bytes the other way': (text) => Buffer.from(`\ufeff${excel(readCells(text), '\t')}`, 'utf16le').swap16(),
  };
  for (const {path} of resources) {
    for (const [name, form] of Object.entries(forms)) {
      test(`${path} ${name}`, async () => {
        const had = await log();
        const csv = (await server.get(`/v1/${path}?format=csv`)).text;
        const rows = readCells(csv).length - 1;
        assert.deepEqual(counts(await send(path, form(csv))), [rows, 0, 0, rows, 0]);
        assert.equal(await log(), had);
      });
    }

    test(`${path} with any of their members, one at a time`, async () => {
      const had = await log();
      for (const member of Object.keys(resource(path).schema.properties)) {
        const csv = (await server.get(`/v1/${path}?format=csv&fields=slug,${member}`)).text;
        const answer = await send(path, csv);
        assert.equal(answer.json.unchanged, answer.json.rows, member);
      }
      assert.equal(await log(), had);
    });

    test(`${path} some by some, and none`, async () => {
      const had = await log();
      for (const query of ['limit=3&sort=-slug', 'slug=none', 'limit=7']) {
        const answer = await send(path, (await server.get(`/v1/${path}?format=csv&${query}`)).text);
        assert.equal(answer.json.unchanged, answer.json.rows, query);
      }
      assert.equal(await log(), had);
    });
  }

  test('a registry that gets all three tables has the same records', async (t) => {
    const other = await startServer({args: ['--today', '2026-05-01']});
    t.after(() => other.stop());
    // (A relation that either side may write is written by the one that comes first in the table, so their order may differ.)
    for (const path of ['areas', 'organizations', 'agreements']) {
      const csv = (await server.get(`/v1/${path}?format=csv`)).text;
      const answer = await send(path, csv, {to: other});
      assert.equal(answer.json.created, answer.json.rows);
      const plain = (all) => JSON.parse(JSON.stringify(all, (key, value) => (['id', 'revision', 'created_at', 'updated_at'].includes(key) ? undefined : value)))
        .map((each) => ({...each, relations: each.relations?.map((relation) => JSON.stringify(relation)).sort()}));
      assert.deepEqual(plain(await everything(other, `/v1/${path}?limit=500&sort=slug`)), plain(await everything(server, `/v1/${path}?limit=500&sort=slug`)));
    }
  });
});

describe('other character sets', () => {
  const encode = (text, set) => {
    const {status, stdout, stderr} = spawnSync('iconv', ['-f', 'UTF-8', '-t', set], {input: text, maxBuffer: 2 ** 26});
    assert.equal(status, 0, String(stderr));
    return stdout;
  };
  const words = {
    shift_jis: ['創薬、表示ソ能～①㈱ﾃｽﾄ', '構造|十\\申', '=貼る'],
    big5: ['臺灣工業技術研究院', '許功蓋育|成', '+電話'],
  };
  const code = {shift_jis: 'CP932', big5: 'CP950'};

  for (const [set, texts] of Object.entries(words)) {
    test(`${set} is read, whatever bytes its characters end with, and comes back the same`, async () => {
      const slug = (i) => `${set.replace('_', '-')}-${i}`;
      for (const separator of [',', ';', '\t']) {
        const rows = [['slug', 'name', 'description'], ...texts.map((text, i) => [slug(i), `名 ${text}`, `${text}"\r\n,;\t${text}`])];
        const csv = write(rows.map((row) => row.map((text) => ({text, bare: false}))), {separator});
        await send('areas', encode(csv, code[set]), {type: `text/csv; header=present; charset="${set.toUpperCase()}"`});
        for (const [i, text] of texts.entries()) {
          const area = await get('areas', slug(i));
          assert.equal(area.name, `名 ${text}`);
          assert.equal(area.description, generate.tidy(`${text}"\r\n,;\t${text}`, true));
        }
      }
      const list = (await server.get(`/v1/areas?format=csv&${texts.map((_, i) => `slug=${slug(i)}`).join('&')}`)).text.slice(1);
      const again = await send('areas', encode(list, code[set]), {type: `text/csv;charset=${set}`});
      assert.equal(again.json.unchanged, texts.length);
    });
  }

  test('bytes that are none of it are told with line and column, and the other rows are looked at', async () => {
    const body = Buffer.concat([Buffer.from('slug,name\r\na1,"'), Buffer.from([0x83]), Buffer.from('"\r\na2,'), Buffer.from([0xe5, 0x89]), Buffer.from('\r\na3,\r\n')]);
    for (const [type, name] of [['text/csv; charset=shift_jis', 'Shift_JIS'], ['text/csv; charset=big5', 'Big5'], ['text/csv', 'UTF-8']]) {
      const found = await errors('areas', body, {type});
      assert.deepEqual(told(found)[0], [2, 2, 'name', 'encoding'], type);
      assert.match(found[0].message, new RegExp(name));
      assert.deepEqual(told(found).at(-1), [4, 4, 'name', 'required'], type);
    }
  });

  test('a byte order mark says UTF-8, whatever the media type says', async () => {
    await send('areas', '\ufeffslug,name\nmarked,創薬\n', {type: 'text/csv; charset=shift_jis'});
    assert.equal((await get('areas', 'marked')).name, '創薬');
  });

  test('UTF-16 is read by its byte order mark, or by name, and what is none of it is told', async () => {
    const utf16 = (text) => Buffer.from(text, 'utf16le');
    await send('areas', utf16('slug\tname\nwide\t創🤝薬\n'), {type: 'text/csv; charset=utf-16'});
    assert.equal((await get('areas', 'wide')).name, '創🤝薬');
    assert.equal((await send('areas', utf16('\ufeffslug\tname\nwide\t創🤝薬\n'), {type: 'text/csv; charset=big5'})).json.unchanged, 1);
    const [half] = await errors('areas', Buffer.concat([utf16('\ufeffslug,name\nw,x\n'), Buffer.from('w')]));
    assert.deepEqual([half.line, half.code, half.message], [1, 'encoding', 'is not UTF-16 from its byte 31 on']);
    assert.deepEqual(told(await errors('areas', utf16('\ufeffslug,name\nw,x\0y\n'))), [[2, 2, 'name', 'encoding']]);
    for (const {message} of await errors('areas', utf16('slug,name\nw,x\n'))) assert.match(message, /U\+0000.*charset=utf-16/);
  });

  test('a character set that is not known, and a file without header, are refused', async () => {
    for (const [type, word] of [['text/csv; charset=utf-32', /shift_jis/], ['text/csv; charset=', /utf-8/], ['text/csv; header=absent', /header/], ['text/plain', /text\/csv/]]) {
      assert.match((await send('areas', 'slug,name\nx,y\n', {type, status: 415})).json.detail, word, type);
    }
  });
});

describe('some columns', () => {
  const record = async () => get('agreements', 'some');
  const put = () => server.put('/v1/agreements/some', {title: 'Some', summary: 'kept', tags: ['t'], term_months: 12,
    renewal: {kind: 'automatic', months: 6, max: 2}, notice: {months: 3, days: null}, notes: 'n'});

  test('change their members, and what has no column stays', async () => {
    await put();
    await send('agreements', 'slug,field,renewal.max\nsome,Robots,9\n');
    const {field, summary, renewal, tags, title, notes} = await record();
    assert.deepEqual({field, summary, renewal, tags, title, notes}, {field: 'Robots', summary: 'kept', renewal: {kind: 'automatic', months: 6, max: 9}, tags: ['t'], title: 'Some', notes: 'n'});
  });

  test('empty their members where the cell is empty, down to the whole object', async () => {
    await put();
    await send('agreements', 'slug,summary,tags,notice.months,notes\nsome,,,,""\n');
    const {summary, tags, notice, renewal, notes} = await record();
    assert.deepEqual({summary, tags, notice, notes}, {summary: null, tags: [], notice: null, notes: null});
    assert.equal(renewal.months, 6);
  });

  test('cannot take away what every record must have, nor break what the members are together', async () => {
    await put();
    const had = await record();
    assert.deepEqual(told(await errors('agreements', 'slug,title\nsome,\n')), [[2, 2, 'title', 'required']]);
    assert.deepEqual(told(await errors('agreements', 'slug,renewal.kind\nsome,\n')), [[2, 2, 'renewal.kind', 'required']]);
    const [unfit] = await errors('agreements', 'slug,stage\nsome,concluded\n');
    assert.deepEqual([unfit.line, unfit.column, unfit.value], [2, 'parties', null]);
    assert.deepEqual(await record(), had);
  });

  test('make a new record only when they have all that it needs', async () => {
    assert.deepEqual(told(await errors('agreements', 'slug,summary\nsome,x\nnobody,x\n')), [[3, 3, 'title', 'required']]);
    assert.deepEqual(told(await errors('agreements', 'slug,title,renewal.months\nnobody,x,6\n')), [[2, 2, 'renewal.kind', 'required']]);
    assert.deepEqual(counts(await send('agreements', 'slug,title\nsome-new,New\n')), [1, 1, 0, 0, 0]);
    assert.deepEqual(told(await errors('areas', 'slug,description\nx,y\n', {query: '&mode=create'})), [[2, 2, 'name', 'required']]);
  });

  test('are a table under the name of tabs, too', async () => {
    const answer = await send('areas', 'slug\tname\ntabbed\tA, B\n', {type: 'text/tab-separated-values; charset=utf-8'});
    assert.deepEqual(counts(answer), [1, 1, 0, 0, 0]);
    assert.equal((await get('areas', 'tabbed')).name, 'A, B');
  });

  test('without slugs only make records', async () => {
    assert.deepEqual(told(await errors('areas', 'name\nx\n')), [[1, 1, 'slug', 'required']]);
    assert.deepEqual(counts(await send('areas', 'name\nNo slug of its own\n', {query: '&mode=create'})), [1, 1, 0, 0, 0]);
    assert.equal((await get('areas', 'no-slug-of-its-own')).name, 'No slug of its own');
  });

  test('leave alone the relations of both sides', async () => {
    await send('organizations', 'slug,name,relations\nrel-b,B,\nrel-a,A,"[{""type"":""parent"",""organization"":""rel-b""}]"\n');
    const had = (await get('organizations', 'rel-b')).relations;
    await send('organizations', 'slug,city\nrel-a,X\nrel-b,Y\n');
    assert.deepEqual((await get('organizations', 'rel-b')).relations, had);
    assert.equal((await get('organizations', 'rel-a')).relations.length, 1);
  });

  test('say by `revision` which state they are for, where changes must', async (t) => {
    const strict = await startServer({args: ['--require-if-match']});
    t.after(() => strict.stop());
    await send('areas', 'slug,name\na,A\n', {to: strict});
    assert.deepEqual(told(await errors('areas', 'slug,name,revision\na,B,2\n', {to: strict})), [[2, 2, 'revision', 'precondition']]);
    assert.deepEqual(told(await errors('areas', 'slug,name\na,B\n', {to: strict})), [[2, 2, 'revision', 'precondition']]);
    assert.equal((await send('areas', 'slug,name,revision\na,B,1\n', {to: strict})).json.updated, 1);
  });
});

describe('cells as people write them', () => {
  test('lists of words, references, numbers, truth and dates', async () => {
    await server.put('/v1/organizations/cell-a', {name: 'a'});
    await server.put('/v1/organizations/cell-b', {name: 'b'});
    const answer = await send('agreements', 'slug;title;tags;languages;parties;open_ended;concluded_on;notice.days;stage\n'
      + 'cells;Cells;" x ; y z;";ja;"cell-a; cell-b";True;2026年4月1日; 30 ;concluded\n');
    assert.deepEqual(answer.json.readings, [{line: 2, pointer: '/concluded_on', value: '2026年4月1日', read_as: '2026-04-01'}]);
    const cells = await get('agreements', 'cells');
    assert.deepEqual([cells.tags, cells.languages, cells.open_ended, cells.notice], [['x', 'y z'], ['ja'], true, {months: null, days: 30}]);
    assert.deepEqual(cells.parties.map((each) => each.organization.slug), ['cell-a', 'cell-b']);
    await send('areas', `slug,name,parent\ncell-up,Up,\ncell-down,Down,cell-up\n`);
    const {id} = await get('areas', 'cell-up');
    assert.equal((await send('areas', `slug,parent\ncell-down,${id}\n`)).json.unchanged, 1);
  });

  test('what is nothing of the kind is told with its value, every fault of every row', async () => {
    const found = await errors('agreements', 'slug,title,term_months,open_ended,tags,parties,kind,areas\r\n'
      + 'w1,"Two\r\nlines",1.5,maybe,[1],nobody,moo,{}\r\n'
      + 'w2,x,1e999,yes,"[""a""",,mou,[\r\n'
      + `W 3,${'x'.repeat(501)},007,TRUE,"x;x",,,\r\n`);
    assert.deepEqual(found.map(({line, row, column, code, value}) => [line, row, column, code, value]), [
      [2, 2, 'term_months', 'type', '1.5'], [2, 2, 'open_ended', 'type', 'maybe'], [2, 2, 'tags', 'type', '1'], [2, 2, 'kind', 'enum', 'moo'], [2, 2, 'parties', 'no_such_record', 'nobody'], [2, 2, 'areas', 'type', null],
      [4, 3, 'term_months', 'type', '1e999'], [4, 3, 'open_ended', 'type', 'yes'], [4, 3, 'tags', 'malformed', '["a"'], [4, 3, 'areas', 'malformed', '['],
      [5, 4, 'slug', 'format', 'W 3'], [5, 4, 'title', 'too_long', `${'x'.repeat(100)}…`], [5, 4, 'term_months', 'type', '007'], [5, 4, 'tags', 'duplicate', 'x'],
    ].sort((a, b) => a[0] - b[0] || found.findIndex((each) => each.line === a[0] && each.column === a[2]) - found.findIndex((each) => each.line === b[0] && each.column === b[2])));
    const dates = await errors('agreements', 'slug,title,concluded_on,events\nw1,x,4/1/2026,"[{""on"":""115/4/1""}]"\nw2,x,soon,\n');
    assert.deepEqual(told(dates), [[2, 2, 'concluded_on', 'ambiguous'], [2, 2, 'events', 'ambiguous'], [2, 2, 'parties', 'too_few'], [3, 3, 'concluded_on', 'format'], [3, 3, 'parties', 'too_few']]);
    assert.match(dates[0].message, /2026-01-04 \(day first\), 2026-04-01 \(month first\)/);
    const lost = await errors('agreements', 'slug,title,parties\nw1,x,nobody\n');
    assert.deepEqual(lost.map(({column, pointer, code}) => [column, pointer, code]), [['parties', '/parties/0', 'no_such_record']]);
  });
});

describe('what is no table', () => {
  const cases = {
    'nothing at all': ['', [[1, 1, '', 'required']]],
    'nothing but what parts the cells': ['sep=;\r\n', [[2, 1, '', 'required']]],
    'a row of another length than it should have by what parts the cells': ['sep=;\nslug;title\na,b\n', [[3, 2, '', 'cells']]],
    'nothing but white space': [' \n', [[1, 1, '', 'required']]],
    'a byte order mark alone': ['\ufeff', [[1, 1, '', 'required']]],
    'an empty first line': ['\nslug,name\n', [[1, 1, '', 'required']]],
    'a first line of commas': [',,\n', [[1, 1, '', 'required']]],
    'columns that are not known, or known twice': ['slug,nmae,slug,renewal.mnths\n', [[1, 1, 'nmae', 'unknown'], [1, 1, 'slug', 'duplicate'], [1, 1, 'renewal.mnths', 'unknown']]],
    'an object for which there are columns of its members': ['slug,renewal\n', [[1, 1, 'renewal', 'unknown']]],
    'the member that CSV has not': ['resource,slug\n', [[1, 1, 'resource', 'unknown']]],
    'a quote that nothing ends': ['slug,title\na,"b\nc,d\n', [[2, 2, '', 'malformed']]],
    'a quote in the first line that nothing ends': ['slug,"title\na,b\n', [[1, 1, '', 'malformed']]],
    'more behind a quote': ['slug,title\na,b\nc,"d"e\n', [[3, 3, '', 'malformed']]],
    'a quote within a cell': ['slug,title\na,b"c\n', [[2, 2, '', 'malformed']]],
    'rows of another length': ['slug,title\na\n"b",x,"y\nz"\nc,"1\n2"\nd,e,\n', [[2, 2, '', 'cells'], [3, 3, '', 'cells'], [7, 5, '', 'cells']]],
    'a value in a column without a name': ['slug,title,\na,b,c\n', [[2, 2, '', 'unknown']]],
    'a NUL': ['slug,title\na,b\0c\n', [[2, 2, 'title', 'encoding']]],
    'a NUL behind a word': ['slug,title,kind\na,b,mou\0\n', [[2, 2, 'kind', 'encoding']]],
    'a NUL in the first line': ['slug,ti\0tle\n', [[1, 1, '', 'encoding']]],
    'a slug that is there twice': ['slug,title\na,b\n\na,c\n', [[4, 4, 'slug', 'duplicate']]],
    'control characters': ['slug,title\na,b\u0007\n', [[2, 2, 'title', 'format']]],
  };
  for (const [name, [body, expected]] of Object.entries(cases)) {
    test(`${name}: is refused with its place, and changes nothing`, async () => {
      const had = await log();
      assert.deepEqual(told(await errors('agreements', body)), expected);
      assert.equal(await log(), had);
    });
  }

  test('a body without `resource` is no request', async () => {
    const {json} = await server.post('/v1/import', 'slug,name\na,b\n', {status: 400, headers: {'content-type': 'text/csv'}});
    assert.equal(json.errors[0].parameter, 'resource');
  });

  test('ten thousand columns are too many, a million characters too long, and as many separators no list', async () => {
    const many = await errors('areas', `slug,name,${Array.from({length: 10_000}, (_, i) => `c${i}`).join(',')}\n`);
    assert.deepEqual(told(many), [[1, 1, '', 'too_many']]);
    await send('areas', `slug,name${','.repeat(10_000)}\na,b${','.repeat(10_000)}\n`, {status: 200}); // nothing stands in them
    const long = await errors('areas', `slug,name\na,${'創'.repeat(1_000_000)}\n`);
    assert.deepEqual([...told(long)[0], [...long[0].value].length], [2, 2, 'name', 'too_long', 101]);
    const list = await errors('areas', `slug,name,matches\na,b,${'x;'.repeat(1_000_000)}\n`);
    assert.equal(list[0].code, 'too_many');
    const deep = await errors('agreements', `slug,title,tags,term_months\na,b,${'['.repeat(100_000)},${'['.repeat(100_000)}\n`);
    assert.deepEqual(deep.map(({column}) => column).sort(), ['tags', 'term_months']);
    const name = await errors('areas', `slug,${'x'.repeat(1_000_000)}\n`);
    assert.equal(name[0].column.length, 61);
  });

  test('errors end at a thousand, and the sum says how many there are', async () => {
    const {json} = await send('areas', `slug,name\n${Array.from({length: 1500}, (_, i) => `s${i},`).join('\n')}`, {status: 422});
    assert.equal(json.errors.length, 1000);
    assert.match(json.detail, /^1500 errors or more in 1500 records/);
  });

  test('formulas are text, and go in and out as they are', async () => {
    await send('areas', 'slug,name,description\nformula,=1+1,"=HYPERLINK(""http://x"")"\n');
    const {name, description} = await get('areas', 'formula');
    assert.deepEqual([name, description], ['=1+1', '=HYPERLINK("http://x")']);
    assert.match((await server.get('/v1/areas?format=csv&slug=formula')).text, /'=1\+1,/);
  });
});

describe('on_error=skip', () => {
  const skip = (path, body, options = {}) => send(path, body, {query: '&on_error=skip', ...options});

  test('writes what a file without the failing rows would, and says which they are', async () => {
    const answer = await skip('areas', 'slug,name,parent\nskip-1,One,\nskip-2,,\nskip-3,Three,skip-2\nskip-4,Four,skip-3\nskip-5,Five,skip-1\nskip-6\n');
    assert.deepEqual(counts(answer), [6, 2, 0, 0, 4]);
    assert.deepEqual(told(answer.json.errors), [[3, 3, 'name', 'required'], [4, 4, 'parent', 'no_such_record'], [5, 5, 'parent', 'no_such_record'], [7, 7, '', 'cells']]);
    assert.equal((await get('areas', 'skip-5')).parent.slug, 'skip-1');
    for (const slug of ['skip-2', 'skip-3', 'skip-4']) await server.get(`/v1/areas/${slug}`, {status: 404});
  });

  test('is there for JSON, too, with malformed lines', async () => {
    const line = (slug, more) => JSON.stringify({resource: 'areas', slug, name: slug, ...more});
    const ndjson = [line('json-1'), '{', line('json-2', {nmae: 1}), line('json-3', {parent: 'json-2'}), '[]'].join('\n');
    const answer = await server.post('/v1/import?on_error=skip', ndjson, {status: 200, headers: {'content-type': 'application/x-ndjson'}});
    assert.deepEqual(counts(answer), [5, 1, 0, 0, 4]);
    assert.deepEqual(answer.json.errors.map(({line: at, pointer, value}) => [at, pointer, value]), [[2, '', null], [3, '/nmae', '1'], [4, '/parent', 'json-2'], [5, '', null]]);
    const all = await server.post('/v1/import?on_error=skip', [{}], {status: 200});
    assert.deepEqual(counts(all), [1, 0, 0, 0, 1]);
  });

  test('leaves out all of a circle, and what names none but it', async () => {
    const answer = await skip('areas', 'slug,name,parent\nround-a,A,round-b\nround-b,B,round-a\nround-c,C,round-a\nround-d,D,\n');
    assert.deepEqual([answer.json.created, answer.json.failed], [1, 3]);
    await server.get('/v1/areas/round-a', {status: 404});
  });

  test('refuses a file that cannot be taken apart, and a chain without an end', async () => {
    const had = await log();
    await skip('areas', 'slug,name\nbroken-1,x\nbroken-2,"x\n', {status: 422});
    await skip('areas', 'slug,nmae\nbroken-1,x\n', {status: 422});
    const chain = Array.from({length: 40}, (_, i) => `chain-${i},c,${i === 0 ? 'nobody' : `chain-${i - 1}`}`).join('\n');
    const {json} = await skip('areas', `slug,name,parent\n${chain}\n`, {status: 422});
    assert.match(json.detail, /nothing was written/);
    assert.equal(await log(), had);
  });

  test('with dry_run says the same and writes nothing', async () => {
    const had = await log();
    const answer = await skip('areas', 'slug,name\ndry-1,x\ndry-2,\n', {query: '&on_error=skip&dry_run=true'});
    assert.deepEqual(counts(answer), [2, 1, 0, 0, 1]);
    assert.equal(await log(), had);
  });

  test('leaves what a failing row would have changed as it was, with one revision for what it wrote', async () => {
    await send('areas', 'slug,name,parent\nold-1,Old,\nold-2,Old,\n');
    await skip('areas', 'slug,name,parent\nold-1,New,nobody\nold-2,New,old-1\n');
    assert.deepEqual([(await get('areas', 'old-1')).name, (await get('areas', 'old-1')).revision], ['Old', 1]);
    assert.deepEqual([(await get('areas', 'old-2')).name, (await get('areas', 'old-2')).revision], ['New', 2]);
  });
});

describe('entente import', () => {
  const folder = newFolder();
  after(() => rmSync(folder, {recursive: true, force: true}));
  const file = (name, content) => { writeFileSync(join(folder, name), content); return join(folder, name); };
  const db = ['--db', join(folder, 'entente.db')];

  test('takes CSV by the name of the file or by flag, in its character set', async () => {
    const imported = async (args, options) => {
      const {code, stdout, stderr} = await run(['import', ...db, '--resource', 'areas', ...args], options);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.equal(await imported([file('a.CSV', 'slug,name\na,A\n')]), '1 rows, 1 created, 0 updated, 0 unchanged\n');
    assert.equal(await imported([file('a.tsv', 'slug\tname\na\tB\n')]), '1 rows, 0 created, 1 updated, 0 unchanged\n');
    assert.equal(await imported(['--format', 'csv', '-'], {input: 'slug,name\na,B\n'}), '1 rows, 0 created, 0 updated, 1 unchanged\n');
    assert.equal(await imported(['--charset', 'shift_jis', file('s.csv', Buffer.from('slug,name\ns,\x91\x6e\x96\xf2\n', 'latin1'))]), '1 rows, 1 created, 0 updated, 0 unchanged\n');
    assert.equal(await imported(['--format', 'json', file('json.csv', '{"slug":"a","name":"B"}')]), '1 rows, 0 created, 0 updated, 1 unchanged\n');
  });

  test('tells what was left out, and that it was', async () => {
    const {code, stdout, stderr} = await run(['import', ...db, '--resource', 'areas', '--on-error', 'skip', file('b.csv', 'slug,name\nb,\nc,C\n')]);
    assert.deepEqual([code, stdout, stderr], [1, '2 rows, 1 created, 0 updated, 0 unchanged, 1 failed\n', 'line 2: name is required\n']);
  });

  test('refuses what it cannot do', async () => {
    const csv = file('c.csv', 'slug,name\nc,C\n');
    for (const [args, code, word] of [[[csv], 2, /resource is required/], [['--charset', 'x\r\ny', csv], 2, /charset/], [['--charset', 'klingon', '--resource', 'areas', csv], 2, /shift_jis/], [['--format', 'xml', csv], 2, /json or csv/]]) {
      const ended = await run(['import', ...db, ...args]);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, word);
    }
  });
});

// -- the reader, held against another -----------------------------------------------------------------------------------------

// RFC 4180, and LF or CR alone, in a few lines: rows of {text, bare}, or null where it cannot be read.
function readPlain(text, separator) {
  const rows = [];
  for (let at = 0; at < text.length;) {
    const row = [];
    for (let more = true; more;) {
      const bare = text[at] !== '"';
      const found = bare ? new RegExp(`[^"\\r\\n${separator}]*`, 'y') : /"((?:[^"]|"")*)"/y;
      found.lastIndex = at;
      const match = found.exec(text);
      if (!match) return null;
      at = found.lastIndex;
      row.push({bare, text: bare ? match[0] : match[1].replaceAll('""', '"')});
      more = text[at] === separator;
      if (more) at++;
      else if (at < text.length && !/[\r\n]/.test(text[at])) return null;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    rows.push(row);
  }
  return rows;
}

test('cells are told apart as another reader does it', async () => {
  const pieces = fc.constantFrom('"', '""', ',', ';', '\t', '\r', '\n', '\r\n', 'a', 'b', "'", '=', ' ', '創');
  await fc.assert(fc.asyncProperty(fc.constantFrom(',', ';', '\t'), fc.array(pieces, {maxLength: 24}).map((all) => all.join('')), async (separator, text) => {
    const rows = readPlain(`slug${separator}name${separator}description\n${text}`, separator)?.slice(1);
    const filled = rows?.map((row, i) => ({row, number: i + 2})).filter(({row}) => row.some(({text: cell}) => cell !== ''));
    const answer = await server.post('/v1/import?resource=areas&dry_run=true', `slug${separator}name${separator}description\n${text}`, {headers: {'content-type': 'text/csv'}});
    if (!rows) {
      assert.ok(answer.json.errors.some(({code}) => code === 'malformed'), text);
      return;
    }
    const unfit = filled.filter(({row}) => row.length !== 3).map(({number}) => number);
    assert.deepEqual((answer.json.errors ?? []).filter(({code}) => code === 'cells').map(({row}) => row), unfit, text);
    assert.ok(!(answer.json.errors ?? []).some(({code}) => code === 'malformed'), text);
    const slugs = filled.filter(({row}) => row.length === 3).map(({row, number}) => ({number, slug: generate.tidy(row[0].text.replace(/^'(?=['=+\-@\t\r\n])/, ''))}));
    for (const {slug, number} of slugs.filter(({slug}) => slug !== '' && !/^[a-z0-9]/.test(slug))) {
      const fault = answer.json.errors.find((each) => each.row === number && each.column === 'slug');
      assert.equal(fault?.value, slug, text);
    }
  }), {numRuns: 400, seed: SEED});
});

test('a text that goes in as a cell, in whatever form, is the text that comes out', async () => {
  const text = fc.array(fc.constantFrom(...armed, 'x', '創', '🤝', '"', ',', ';', '\n', "'"), {minLength: 1, maxLength: 5}).map((all) => all.join(''));
  await fc.assert(fc.asyncProperty(text, fc.constantFrom(',', ';', '\t'), fc.constantFrom('\n', '\r\n', '\r'), async (value, separator, end) => {
    const defused = /^['=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
    const cells = [['slug', 'name', 'description'], ['cell-text', 'n', defused]].map((row) => row.map((each) => ({text: each, bare: false})));
    await send('areas', write(cells, {separator, end}));
    assert.equal((await get('areas', 'cell-text')).description, generate.tidy(value, true) || null);
    const csv = (await server.get('/v1/areas?format=csv&slug=cell-text')).text;
    assert.equal((await send('areas', csv)).json.unchanged, 1);
  }), {numRuns: 100, seed: SEED});
});
