// What callers without a token see under --public-read: public records without their internal members, and no trace of anything else.
// Held by a model (what an admin sees, with all that is not public taken out) and by a hunt for words that must never be seen. How an
// agreement stands for the public has a file of its own (public-standing.test.js).
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import * as generate from './lib/generate.js';
import {operations, resolve, resources} from './lib/contract.js';
import {everything} from './lib/pages.js';
import {publicRegistry, uncounted} from './lib/public.js';
import {startServer} from './lib/server.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const TODAY = '2026-05-01';
const nobody = {role: null};
let server;
before(async () => { server = await startServer({args: ['--today', TODAY, '--public-read', '--address-requests', '0', '--address-writes', '0', '--sign-in-failures', '0']}); });
after(() => server.stop());

const put = (path, body, status = 201) => server.put(path, body, {status});

// -- the model ----------------------------------------------------------------------------------------------------------------

async function holdAgainstModel() {
  const {registry: expected, bare} = await publicRegistry(server, TODAY);
  await bare.stop();
  for (const {path} of resources) {
    const list = await everything(server, `/v1/${path}?limit=7`, nobody);
    assert.deepEqual(list.map((record) => uncounted(path, record)), expected[path], path);
    for (const record of list.slice(0, 20)) {
      const answer = await server.get(`/v1/${path}/${record.slug}`, {...nobody, status: 200});
      assert.deepEqual(answer.json, record);
      await server.get(`/v1/${path}/${record.id}`, {...nobody, status: 304, headers: {'if-none-match': answer.etag}});
    }
  }
  return expected;
}

test('the public sees exactly the public part of what an admin sees, through every change of who may see what', async () => {
  const organizations = [], agreements = [];
  for (let index = 0; index < 12; index++) {
    const body = generate.sample(generate.organization, SEED + index);
    const slug = `o${index}`;
    await put(`/v1/organizations/${slug}`, {...body, slug, visibility: index % 3 === 0 ? 'internal' : 'public'});
    organizations.push(slug);
  }
  await put('/v1/organizations/o1', {...(await server.get('/v1/organizations/o1')).json, relations: [{type: 'parent', organization: 'o0'}, {type: 'shareholder', organization: 'o2'}]}, 200);
  await put('/v1/organizations/o3', {...(await server.get('/v1/organizations/o3')).json, relations: [{type: 'parent', organization: 'o2'}]}, 200);
  for (const slug of ['roots', 'leaf']) await put(`/v1/areas/${slug}`, {name: slug, parent: slug === 'leaf' ? 'roots' : null});
  for (let index = 0; index < 12; index++) {
    const body = generate.sample(generate.agreement({organizations, areas: ['roots', 'leaf']}), SEED + index);
    const slug = `a${index}`;
    await put(`/v1/agreements/${slug}`, {...body, slug, relations: index % 4 === 1 ? [{type: 'amends', agreement: `a${index - 1}`}] : [], visibility: index % 2 === 0 ? 'internal' : 'public'});
    agreements.push(slug);
  }
  await holdAgainstModel();
  for (const path of ['organizations/o1', 'organizations/o0', 'agreements/a1', 'agreements/a0', 'organizations/o1', 'agreements/a1']) {
    const now = (await server.get(`/v1/${path}`)).json.visibility;
    await server.patch(`/v1/${path}`, {visibility: now === 'public' ? 'internal' : 'public'}, {status: 200});
    await holdAgainstModel();
  }
  await server.patch('/v1/organizations/o2', {name: 'Another name'}, {status: 200});
  const expected = await holdAgainstModel();
  for (const [path, query, keep] of [
    ['organizations', 'country=JP', (each) => each.country === 'JP'],
    ['agreements', 'party=o1', (each) => each.parties.some((party) => party.organization.slug === 'o1')],
    ['agreements', 'status=in_force&status=expired', (each) => ['in_force', 'expired'].includes(each.status)],
    ['agreements', 'visibility=internal', () => false],
    ['areas', 'parent=roots', (each) => each.parent?.slug === 'roots'],
  ]) {
    const slugs = (list) => list.map((each) => each.slug).sort();
    if (path === 'agreements' && query.startsWith('party') && !expected.organizations.some((each) => each.slug === 'o1')) continue;
    assert.deepEqual(slugs(await everything(server, `/v1/${path}?${query}`, nobody)), slugs(expected[path].filter(keep)), query);
  }
});

// -- the hunt -----------------------------------------------------------------------------------------------------------------

const words = [];
function secret() {
  const word = `qz${words.length}x${Math.random().toString(36).slice(2, 10)}`;
  words.push(word);
  return word;
}

const internalMembers = resources.flatMap(({path, schema}) => {
  const found = [];
  const walk = (node, at) => {
    const here = resolve(node);
    for (const [name, member] of Object.entries(here.properties ?? {})) {
      if (resolve(member)['x-internal']) found.push(`${at}/${name}`);
      else walk(member, `${at}/${name}`);
    }
    if (here.items) walk(here.items, at);
  };
  walk(schema, path);
  return found;
}).sort();

const marked = {
  'organizations/contacts': () => [{name: secret(), title: secret(), email: `${secret()}@example.org`, phone: '+81 3 9999 1234', from: '2025', until: null}],
  'agreements/owner': () => secret(),
  'agreements/notes': () => secret(),
  'agreements/parties/signatories': () => [{name: secret(), title: secret()}],
};

async function plant() {
  const hidden = {};
  const own = (body) => ({...body, tags: [secret()], sources: [{url: `https://example.org/${secret()}`, title: secret()}]});
  const contacts = marked['organizations/contacts'], signatories = marked['agreements/parties/signatories'];
  for (const [slug, visibility] of [['open-a', 'public'], ['open-b', 'public'], [secret(), 'internal']]) {
    const shown = visibility === 'public';
    const text = shown ? () => 'plain' : secret;
    const body = {name: text(), names: [{value: text()}], description: text(), city: text(), identifiers: [{scheme: 'other', value: text()}], contacts: contacts(), visibility};
    const made = await put(`/v1/organizations/${slug}`, shown ? body : own(body));
    if (!shown) hidden.organizations = made.json;
  }
  await put('/v1/areas/field', {name: 'plain'});
  for (const [slug, visibility] of [['agreed', 'public'], ['superseded', 'public'], [secret(), 'internal'], ['deleted', 'public']]) {
    const shown = visibility === 'public';
    const text = shown ? () => 'plain' : secret;
    const party = (organization, first) => ({organization, name_as_signed: first ? text() : secret(), reference: first ? text() : secret(), signatories: signatories()});
    const body = {
      title: text(), titles: [{value: text()}], summary: text(), field: text(), effective_on: '2026-01-01', ends_on: '2027-01-01', stage: 'concluded', areas: ['field'],
      parties: [{...party('open-a', true)}, {...party('open-b', true)}, {...party(hidden.organizations.slug, false), role: 'witness'}],
      owner: marked['agreements/owner'](), notes: marked['agreements/notes'](), visibility,
      relations: shown ? [] : [{type: 'supersedes', agreement: 'superseded'}],
    };
    const made = await server.put(`/v1/agreements/${slug}`, shown ? body : own(body), {status: 201, headers: {'x-change-message': secret()}});
    if (!shown) hidden.agreements = made.json;
  }
  await server.delete('/v1/agreements/deleted', {status: 204});
  await server.patch('/v1/organizations/open-a', {relations: [{type: 'shareholder', organization: hidden.organizations.slug}]}, {status: 200});
  for (const path of ['organizations/open-b', 'agreements/agreed']) { // what it was before is not to be seen either
    await server.patch(`/v1/${path}`, path.startsWith('o') ? {description: secret()} : {summary: secret()}, {status: 200});
    await server.patch(`/v1/${path}`, path.startsWith('o') ? {description: null} : {summary: null}, {status: 200});
  }
  for (const {id} of Object.values(hidden)) words.push(id, id.split('_')[1]);
  return hidden;
}

const queried = ({declared}) => (declared.parameters ?? []).map(resolve).filter((each) => each.in === 'query');
const keysOf = (hidden) => ['open-a', 'open-b', 'agreed', 'superseded', 'deleted', 'field', ...Object.values(hidden).flatMap((each) => [each.id, each.slug]), 'unheard-of'];

// An operation's path with every value that its variable might take, without a query and with what is required in one.
function places(operation, hidden) {
  const {path} = operation;
  const paths = path.includes('{') ? keysOf(hidden).map((key) => path.replace(/\{[^}]+\}/g, key)) : [path];
  const given = queried(operation).filter((each) => each.required)
    .flatMap(({name, schema}) => (schema.enum ?? ['open-a', 'plain']).map((value) => `${name}=${value}`));
  return paths.flatMap((at) => [at, ...given.map((query) => `${at}?${query}`)]);
}

// The same with every value that another parameter might take to bring something out.
function* addresses(operation, hidden) {
  const filters = operation.declared['x-filtered'] ? ['party', 'owner', 'tag', 'visibility', 'status', 'kind', 'country', 'area', 'q', 'parent'] : [];
  for (const at of places(operation, hidden)) {
    yield at;
    for (const name of new Set([...queried(operation).map((each) => each.name), ...filters, 'total', 'fields', 'include', 'format'])) {
      for (const value of ['1', '2026-05-01', '2026-05-01T00:00:00Z', '0', 'true', 'owner', '-owner', 'notes', 'contacts', 'internal', 'csv', 'ics', 'ndjson', 'agreements', 'plain', ...keysOf(hidden), ...words.slice(0, 6)]) {
        yield `${at}${at.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
      }
    }
  }
}

// What an operation can answer with when all goes well.
const offered = ({declared}) => [...new Set(Object.entries(declared.responses)
  .filter(([status]) => status.startsWith('2'))
  .flatMap(([, response]) => Object.keys(resolve(response).content ?? {})))];

const MEDIA = ['*/*', 'application/json', 'application/x-ndjson', 'text/csv', 'text/calendar', 'text/html', 'text/event-stream', 'application/problem+json'];

test('no internal word, name, slug or id is found at any address in any format by callers without a token', {timeout: 300_000}, async () => {
  assert.deepEqual(Object.keys(marked).sort(), internalMembers, 'every internal member of the contract is marked');
  const hidden = await plant();
  const found = (text, asked = '') => words.filter((word) => text.includes(word) && !asked.includes(word));
  const admin = (await Promise.all(['organizations', 'agreements'].map((path) => server.get(`/v1/${path}?limit=500`)))).map((each) => each.text).join();
  const histories = (await Promise.all(['organizations/open-b', 'agreements/agreed'].map((path) => server.get(`/v1/${path}/history`)))).map((each) => each.text).join();
  assert.ok(words.length > 50 && found(admin + histories).length > 50, 'with a token they are all there to be seen');
  let asked = 0;
  const shown = new Set(); // what was answered, and not refused
  const look = async (method, path, headers) => {
    const answer = await server.request(method, path, {...nobody, headers, check: false});
    const heads = Object.values(answer.headers).join('\n');
    // What a caller has said may come back in the words of a problem.
    const told = answer.status >= 400 ? decodeURIComponent(path) : '';
    assert.deepEqual(found(`${answer.text}\n${heads}`, told), [], `${method} ${path} ${JSON.stringify(headers)} answered ${answer.status} ${answer.text.slice(0, 2000)}`);
    asked++;
    return answer;
  };
  for (const declared of operations.filter((each) => each.method === 'GET')) {
    const asks = [...addresses(declared, hidden)].flatMap((path) => offered(declared).map((accept) => [path, {accept}]));
    asks.push(...places(declared, hidden).flatMap((path) => MEDIA.map((accept) => [path, {accept, 'accept-encoding': 'gzip'}])));
    for (let at = 0; at < asks.length; at += 32) {
      await Promise.all(asks.slice(at, at + 32).map(async ([path, headers]) => {
        const answer = await look('GET', path, headers);
        if (answer.status === 200) shown.add(`${declared.id} ${answer.headers['content-type'].split(';')[0]}`);
      }));
    }
    for (const path of places(declared, hidden)) await look('HEAD', path, {});
    for (const type of declared.declared['x-public'] ? offered(declared) : []) assert.ok(shown.has(`${declared.id} ${type}`), `${declared.id} showed something as ${type}`);
  }
  for (const declared of operations.filter((each) => each.method !== 'GET')) {
    for (const key of [hidden.agreements.slug, hidden.organizations.slug, 'agreed']) {
      await look(declared.method, declared.path.replace(/\{[^}]+\}/g, key), {'content-type': 'application/json'});
    }
  }
  assert.ok(asked > 1000, `${asked} requests`);
});

// -- what nobody is told ------------------------------------------------------------------------------------------------------

test('an internal record answers as one that there never was, whatever is asked of it, and so does one that was deleted', async () => {
  await put('/v1/agreements/kept-in', {title: 'Kept in', visibility: 'internal'});
  await put('/v1/agreements/thrown-out', {title: 'Thrown out', visibility: 'public'});
  await server.delete('/v1/agreements/thrown-out', {status: 204});
  const plain = (answer, key) => ({status: answer.status, text: answer.text.replaceAll(key, 'KEY').replace(answer.headers['x-request-id'], ''), etag: answer.etag, headers: Object.keys(answer.headers)});
  for (const rest of ['', '/status', '/status?on=2026-01-01', '?revision=1', '/history']) {
    const never = await server.get(`/v1/agreements/never-was${rest}`, nobody);
    for (const key of ['kept-in', 'thrown-out']) {
      assert.deepEqual(plain(await server.get(`/v1/agreements/${key}${rest}`, nobody), key), plain(never, 'never-was'), key + rest);
    }
  }
  const filter = async (key) => plain(await server.get(`/v1/agreements?party=${key}`, nobody), key);
  await put('/v1/organizations/kept-in', {name: 'Kept in', visibility: 'internal'});
  assert.deepEqual(await filter('kept-in'), await filter('never-was'));
});

test('a list and a document of the public stay the same to the byte and the tag while others write what is internal', async () => {
  await put('/v1/organizations/steady', {name: 'Steady', visibility: 'public'});
  const paths = ['/v1/organizations?limit=500', '/v1/organizations/steady', '/v1/agreements?sort=-updated_at'];
  const look = () => Promise.all(paths.map((path) => server.get(path, {...nobody, status: 200})));
  const earlier = await look();
  await put('/v1/organizations/unseen', {name: 'Unseen', visibility: 'internal', relations: [{type: 'shareholder', organization: 'steady'}]});
  await put('/v1/agreements/unseen', {title: 'Unseen', parties: ['steady', 'unseen'], visibility: 'internal'});
  await server.patch('/v1/organizations/unseen', {name: 'Still unseen'}, {status: 200});
  const now = await look();
  assert.deepEqual(now.map((each) => [each.etag, each.text]), earlier.map((each) => [each.etag, each.text]));
  for (const [index, path] of paths.entries()) await server.get(path, {...nobody, status: 304, headers: {'if-none-match': now[index].etag}});
});

test('an internal member is no filter and no sort key to the public, and is told so', async () => {
  const answer = await server.get('/v1/agreements?owner=somebody', {...nobody, status: 400});
  assert.deepEqual(answer.json.errors.map((each) => [each.parameter, each.code]), [['owner', 'internal']]);
  await server.get('/v1/agreements?sort=owner', {...nobody, status: 400});
});

test('what is public is open without a token only where the server was told so, and never to a token that is not valid', async () => {
  const closed = await startServer();
  try {
    for (const {path} of resources) {
      await closed.get(`/v1/${path}`, {...nobody, status: 401});
      await server.get(`/v1/${path}`, {...nobody, status: 200});
      await server.get(`/v1/${path}`, {token: 'ent_nonsense', status: 401});
    }
  } finally {
    await closed.stop();
  }
});

test('nothing but the operations that the contract opens takes a caller without a token', async () => {
  for (const {method, path, role, declared} of operations) {
    const answer = await server.request(method, path.replace(/\{[^}]+\}/g, 'whatever'), {...nobody, check: false});
    const open = role === 'none' || declared['x-public'] === true;
    if (role === 'feed') assert.equal(answer.status, 404, `${method} ${path}`);
    else assert.equal(answer.status === 401, !open, `${method} ${path} answered ${answer.status}`);
  }
});

test('a token sees what is internal on the same server, before and after the public has looked', async () => {
  await put('/v1/agreements/both', {title: 'Both', owner: 'somebody', notes: 'a note', visibility: 'public'});
  for (let round = 0; round < 8; round++) {
    const [with_, without] = await Promise.all([server.get('/v1/agreements/both', {role: 'reader'}), server.get('/v1/agreements/both', nobody)]);
    assert.deepEqual([with_.json.owner, with_.json.notes, without.json.owner, without.json.notes], ['somebody', 'a note', null, null]);
    assert.notEqual(with_.etag, without.etag);
    await server.get('/v1/agreements/both', {...nobody, status: 200, headers: {'if-none-match': with_.etag}});
  }
});
