// Values are kept in one form, whichever way they come: JSON, CSV, parameters, commands.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {resources} from './lib/contract.js';
import * as generate from './lib/generate.js';
import {startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01']}); });
after(() => server.stop());

const told = (answer) => answer.json.errors.map((each) => `${each.pointer ?? each.parameter} ${each.code}`).sort();
const make = async (path, body) => (await server.post(`/v1/${path}`, body, {status: 201})).json;
const refuse = async (path, body) => told(await server.post(`/v1/${path}`, body, {status: 422}));
const csv = (path, body, {status = 200, query = ''} = {}) => server.post(`/v1/import?resource=${path}${query}`, body, {status, headers: {'content-type': 'text/csv'}});
let count = 0;
const fresh = () => `value-${++count}`;

describe('text', () => {
  test('is trimmed, with one space for any white space inside, in every member of any depth', async () => {
    const made = await make('organizations', {
      name: '\u3000 Takeda\u00a0 \u2003Pharma\t\n', city: ' Fujisawa ', names: [{value: ' 武田\u3000薬品 ', lang: ' ja ', kind: ' alias '}],
      tags: [' x  y ', 'z\u200b'], contacts: [{name: '\ufeffA  B', email: ' a@example.org '}], sources: [{url: ' https://example.org/ ', title: ' T  U '}],
      country: ' JP ', established: ' 1781 ', identifiers: [{scheme: 'other', value: ' a  b '}],
    });
    assert.equal(made.name, 'Takeda Pharma');
    assert.equal(made.city, 'Fujisawa');
    assert.deepEqual(made.names, [{value: '武田 薬品', lang: 'ja', kind: 'alias'}]);
    assert.deepEqual(made.tags, ['x y', 'z']);
    assert.deepEqual([made.contacts[0].name, made.contacts[0].email], ['A B', 'a@example.org']);
    assert.deepEqual([made.sources[0].url, made.sources[0].title], ['https://example.org/', 'T U']);
    assert.deepEqual([made.country, made.established, made.identifiers[0].value], ['JP', '1781', 'a b']);
  });

  test('keeps its lines where lines are wanted, and only there', async () => {
    const text = ' \r\n first  line \r\n\r\n\tsecond \r third\n\n';
    const kept = 'first line\n\nsecond\nthird', flat = 'first line second third';
    const one = await make('organizations', {name: text, description: text}), area = await make('areas', {name: text, description: text});
    assert.deepEqual([one.name, one.description, area.name, area.description], [flat, kept, flat, kept]);
    const agreement = await make('agreements', {
      title: text, summary: text, field: text, owner: text, notes: text, areas: [{area: area.slug, note: text}], effective_on: '2020', ends_on: '2021',
      extensions: [{ends_on: '2022', note: text}], suspensions: [{from: '2020', reason: text}], termination: {by: text, reason: text},
      events: [{on: '2020', title: text, note: text}], documents: [{title: text}],
    });
    const {title, field, owner, documents, events, termination} = agreement;
    for (const one of [title, field, owner, documents[0].title, events[0].title, termination.by]) assert.equal(one, flat);
    const {summary, notes, areas, extensions, suspensions} = agreement;
    for (const one of [summary, notes, areas[0].note, extensions[0].note, suspensions[0].reason, termination.reason, events[0].note]) assert.equal(one, kept);
  });

  test('that is empty is null where null is taken, and refused elsewhere', async () => {
    for (const empty of ['', ' ', '\u3000\u200b', '\n']) {
      const made = await make('organizations', {name: 'x', city: empty, website: empty, country: empty, established: empty, description: empty,
        names: [{value: 'y', lang: empty}], contacts: [{name: 'z', title: empty}]});
      assert.deepEqual([made.city, made.website, made.country, made.established, made.description, made.names[0].lang, made.contacts[0].title], Array(7).fill(null));
      assert.deepEqual(await refuse('organizations', {name: empty, tags: ['a', empty], names: [{value: empty}]}), ['/name too_short', '/names/0/value too_short', '/tags/1 too_short']);
    }
  });

  test('that is the same once it is tidy is the same: tags, PUT, ETag', async () => {
    assert.deepEqual(await refuse('organizations', {name: 'x', tags: ['a', ' a']}), ['/tags/1 duplicate']);
    const slug = fresh(), path = `/v1/areas/${slug}`;
    const first = await server.put(path, {name: 'A  B', description: ' x\n'}, {status: 201});
    const again = await server.put(path, {name: ' A B ', description: 'x'}, {status: 200});
    assert.equal(again.headers.etag, first.headers.etag);
    assert.equal(again.json.revision, 1);
    assert.equal((await server.patch(path, {name: 'A\u00a0B '}, {status: 200})).json.revision, 1);
  });

  test('of a patch alone is made tidy, and its empty text takes a member away', async () => {
    const {id} = await make('organizations', {name: 'x', city: 'y'});
    const patched = (await server.patch(`/v1/organizations/${id}`, {city: ' ', website: ' https://example.org/'}, {status: 200})).json;
    assert.deepEqual([patched.city, patched.website], [null, 'https://example.org/']);
    assert.deepEqual(told(await server.patch(`/v1/organizations/${id}`, {name: ' '}, {status: 422})), ['/name too_short']);
  });

  test('of references and slugs is trimmed', async () => {
    const slug = fresh();
    assert.equal((await make('areas', {name: 'x', slug: ` ${slug} `})).slug, slug);
    assert.equal((await make('areas', {name: 'y', parent: ` ${slug}\n`})).parent.slug, slug);
    const organizations = [await make('organizations', {name: 'x'}), await make('organizations', {name: 'y'})];
    const made = await make('agreements', {title: 'T', parties: [` ${organizations[0].slug} `, {organization: `${organizations[1].slug}\t`}]});
    assert.deepEqual(made.parties.map(({organization}) => organization.slug), organizations.map((each) => each.slug));
  });

  test('is the same from a table, from lines and from a body', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()], text = ' x \u3000 y ', lines = ' x \u3000 y \n z ';
    await csv('organizations', `slug, name ,city,description,kind,tags,country\n ${a} ,"${text}"," ","${lines}",  ," p ; q  r ",""\n`);
    await server.post('/v1/import?resource=organizations', JSON.stringify({slug: ` ${b}`, name: text, city: ' ', description: lines, tags: [' p', 'q  r'], country: ''}), {status: 200, headers: {'content-type': 'application/x-ndjson'}});
    await server.put(`/v1/organizations/${c}`, {name: text, city: ' ', description: lines, tags: [' p', 'q  r'], country: ''}, {status: 201});
    const all = await Promise.all([a, b, c].map(async (slug) => {
      const {name, city, description, kind, tags, country} = (await server.get(`/v1/organizations/${slug}`, {status: 200})).json;
      return {name, city, description, kind, tags, country};
    }));
    for (const one of all) assert.deepEqual(one, {name: 'x y', city: null, description: 'x y\nz', kind: 'other', tags: ['p', 'q r'], country: null});
  });

  test('of a filter and of other parameters is meant as it is kept', async () => {
    const city = `Z ${fresh()}`, {id} = await make('organizations', {name: 'x', city});
    const found = async (query) => (await server.get(`/v1/organizations?${query}`, {status: 200})).json.items.map((each) => each.id);
    for (const query of [`city=+${city.replace(' ', '%C2%A0%20')}%E3%80%80`, `city=${encodeURIComponent(city)}&limit=50.0`, `city=${encodeURIComponent(city)}&fields=id,+slug&limit=5e1&sort=+name`]) assert.deepEqual(await found(query), [id], query);
    assert.deepEqual(told(await server.get('/v1/organizations?limit=36.5', {status: 400})), ['limit type']);
    assert.deepEqual(told(await server.get('/v1/organizations?limit=1e400', {status: 400})), ['limit type']);
    assert.deepEqual(told(await server.get('/v1/organizations?limit=1e300', {status: 400})), ['limit maximum']);
  });

  test('of tokens, webhooks and messages is tidy, too; the query of a feed stays', async () => {
    const {id} = await make('areas', {name: 'x'});
    await server.patch(`/v1/areas/${id}`, {name: 'y'}, {status: 200, headers: {'x-change-message': ' why  not '}});
    assert.equal((await server.get(`/v1/areas/${id}/history`, {status: 200})).json.items[0].message, 'why not');
    const token = await make('tokens', {name: ' Front\u00a0 desk ', role: ' reader ', expires_at: ''});
    assert.deepEqual([token.name, token.role, token.expires_at], ['Front desk', 'reader', null]);
    assert.equal((await make('tokens', {name: 'All', role: 'feed', query: ''})).query, '');
    assert.deepEqual(await refuse('tokens', {name: '\u200b', role: 'reader'}), ['/name too_short']);
    const hook = await make('webhooks', {url: ' https://example.org/hook ', description: ' a  b\nc ', operations: [' create ']});
    assert.deepEqual([hook.url, hook.description, hook.operations], ['https://example.org/hook', 'a b\nc', ['create']]);
    const changed = (await server.patch(`/v1/webhooks/${hook.id}`, {description: ' '}, {status: 200})).json;
    assert.equal(changed.description, null);
  });

  test('is at rest: what is served is what is sent back, for any text', async () => {
    const odd = fc.array(fc.constantFrom('a', '創', ' ', '\u00a0', '\u3000', '\t', '\r', '\n', '\r\n', '\u2028', '\u200b', '\ufeff', '\u202b', '\u202c', '\u2067', '\u2069', '\u200d', '🤝'), {maxLength: 12}).map((all) => all.join(''));
    await fc.assert(fc.asyncProperty(odd, async (text) => {
      const {json: made, headers: {etag}} = await server.post('/v1/areas', {name: `n${text}`, description: text}, {status: 201});
      assert.equal(made.name, generate.tidy(`n${text}`));
      assert.equal(made.description, generate.tidy(text, true) || null);
      assert.equal((await server.put(`/v1/areas/${made.id}`, made, {status: 200})).headers.etag, etag);
    }), {numRuns: 150});
  });

  test('has a form that the contract says for every long member', () => {
    const missing = [];
    const walk = (schema, at) => {
      if (schema.maxLength >= 20000 && schema['x-text'] !== 'lines') missing.push(at);
      for (const [name, member] of Object.entries(schema.properties ?? {})) walk(member, `${at}/${name}`);
      if (schema.items) walk(schema.items, `${at}[]`);
    };
    for (const {path, schema} of resources) walk(schema, path);
    assert.deepEqual(missing, []);
  });
});

describe('whole numbers', () => {
  const terms = async (body) => (await make('agreements', {title: 'T', ...body})).term_months;
  const raw = (text, status) => server.post('/v1/agreements', text, {status, headers: {'content-type': 'application/json'}});

  test('are integers however they are written, in JSON and in cells', async () => {
    assert.equal(await terms({term_months: 36}), 36);
    for (const number of ['36.0', '3.6e1', '360E-1', '36.000']) {
      const answer = await raw(`{"title":"T","term_months":${number},"renewal":{"kind":"automatic","months":1.2e1},"documents":[{"title":"D","bytes":1.0e3}]}`, 201);
      assert.deepEqual([answer.json.term_months, answer.json.renewal.months, answer.json.documents[0].bytes], [36, 12, 1000], number);
      assert.match(answer.text, /"term_months":36,/);
      const slug = fresh();
      await csv('agreements', `slug,title,term_months\n${slug},T,${number}\n`);
      assert.match((await server.get(`/v1/agreements/${slug}`, {status: 200})).text, /"term_months":36,/);
    }
    assert.equal((await make('tokens', {name: 'n', role: 'reader', requests_per_minute: 60})).requests_per_minute, 60);
    const token = (await server.post('/v1/tokens', '{"name":"n","role":"reader","requests_per_minute":6e1}', {status: 201, headers: {'content-type': 'application/json'}})).json;
    assert.equal(token.requests_per_minute, 60);
  });

  test('are so in what is read only, too: the revision that an import says', async () => {
    const strict = await startServer({args: ['--require-if-match']});
    const table = (cell, status) => strict.post('/v1/import?resource=areas', `slug,name,revision\none,${cell},${cell}\n`, {status, headers: {'content-type': 'text/csv'}});
    await strict.put('/v1/areas/one', {name: 'x'}, {status: 201, headers: {'if-none-match': '*'}});
    await table('1.0', 200);
    await table('1.0', 200);
    await table('3.0', 422);
    await table('2.0', 200);
    await strict.stop();
  });

  test('that are none, or out of bounds, are told as such', async () => {
    assert.deepEqual(told(await raw('{"title":"T","term_months":36.5}', 422)), ['/term_months type']);
    assert.deepEqual(told(await raw('{"title":"T","term_months":1e300}', 422)), ['/term_months maximum']);
    assert.match((await raw('{"title":"T","term_months":1e400}', 400)).json.detail, /line 1, column \d+: a number is too large/);
    for (const [cell, code] of [['36.5', 'type'], ['1e300', 'maximum'], ['1e400', 'type'], ['x', 'type']]) {
      const {json} = await csv('agreements', `slug,title,term_months\n${fresh()},T,${cell}\n`, {status: 422});
      assert.deepEqual(json.errors.map(({line, column, code, value}) => [line, column, code]), [[2, 'term_months', code]], cell);
    }
  });
});
