// The graph: who agrees with whom, of the agreements of any filter, against a plain model over the lists.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import * as generate from './lib/generate.js';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const SEED = Number(process.env.ENTENTE_SEED ?? 1);
let server;

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  const slugs = {organizations: [], areas: []};
  for (let i = 0; i < 14; i++) {
    slugs.organizations.push((await server.post('/v1/organizations', generate.sample(generate.organization, SEED + i), {status: 201})).json.slug);
    if (i < 4) slugs.areas.push((await server.post('/v1/areas', generate.sample(generate.area, SEED + i), {status: 201})).json.slug);
  }
  await server.patch(`/v1/organizations/${slugs.organizations[3]}`, {relations: [{type: 'parent', organization: slugs.organizations[2]}]}, {status: 200});
  for (let i = 0; i < 60; i++) {
    const body = generate.sample(generate.agreement(slugs), SEED + i);
    // A party twice, in another role; it is not always next to itself.
    if (i % 3 === 0) body.parties.push({...body.parties[0], role: body.parties[0].role === 'witness' ? 'party' : 'witness'});
    await server.post('/v1/agreements', body, {status: 201});
  }
});
after(() => server.stop());

// -- the model ----------------------------------------------------------------------------------------------------------------

function graphOf(organizations, agreements) {
  const order = new Map(organizations.map((each, index) => [each.id, index]));
  const counts = new Map(), pairs = new Map();
  for (const each of agreements) {
    const parties = [...new Set(each.parties.map(({organization}) => order.get(organization.id)))].sort((a, b) => a - b);
    for (const [at, source] of parties.entries()) {
      counts.set(source, (counts.get(source) ?? 0) + 1);
      for (const target of parties.slice(at + 1)) {
        const pair = pairs.get(`${source} ${target}`) ?? {source, target, agreements: 0, in_force: 0};
        pair.agreements++;
        pair.in_force += each.status === 'in_force' ? 1 : 0;
        pairs.set(`${source} ${target}`, pair);
      }
    }
  }
  return {
    nodes: organizations.flatMap(({id, slug, name, kind, country}, index) => (counts.has(index) ? [{id, slug, name, kind, country, agreements: counts.get(index)}] : [])),
    edges: [...pairs.values()].sort((a, b) => a.source - b.source || a.target - b.target)
      .map((pair) => ({...pair, source: organizations[pair.source].id, target: organizations[pair.target].id})),
  };
}

async function model(query, options) {
  const [organizations, agreements] = await Promise.all(['/v1/organizations?limit=500', `/v1/agreements?limit=500&${query}`].map((path) => everything(server, path, options)));
  return graphOf(organizations, agreements);
}

const filters = () => ['', 'q=a', `q=${encodeURIComponent('院')}&kind=mou`, 'q=nothing-of-that-kind', 'status=in_force', 'kind=mou&kind=loi', 'stage=concluded&visibility=public', 'stage__ne=concluded', 'tag=a', 'title=nothing',
  'concluded_on__gte=2000&area__isnull=false', 'country=TW', 'country=TW&country=JP&stage=concluded', `party__under=${under}`, `party=${under}&status=in_force`];
let under;

test('nodes and edges are those of the agreements that a list with the same filters shows', async () => {
  const organizations = await everything(server, '/v1/organizations');
  under = organizations[2].slug;
  let edges = 0;
  for (const query of [...filters(), 'owner__isnull=false']) {
    const {json} = await server.get(`/v1/graph?${query}`, {status: 200});
    assert.deepEqual(json, await model(query), query);
    edges += json.edges.length;
  }
  assert.ok(edges > 100);
});

test('the public sees the graph of what is public, and nothing that leads to the rest', async () => {
  const open = {role: null, status: 200};
  let differing = 0;
  for (const query of filters()) {
    if (query.includes(under) && (await server.get(`/v1/organizations/${under}`, {role: null})).status !== 200) continue;
    const {json} = await server.get(`/v1/graph?${query}`, open);
    assert.deepEqual(json, await model(query, open), query);
    differing += json.edges.length < (await server.get(`/v1/graph?${query}`)).json.edges.length;
  }
  assert.ok(differing > 3);
});

test('to be a party twice, or a witness, is to be there once', async () => {
  for (const slug of ['g-one', 'g-two', 'g-three']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
  const party = (organization, role = 'party') => ({organization, role});
  await server.put('/v1/agreements/g-first', {title: 'First', stage: 'concluded', concluded_on: '2026-01-01', open_ended: true, tags: ['g'],
    parties: [party('g-two'), party('g-one'), party('g-two', 'host'), party('g-three', 'witness'), party('g-one', 'funder')]}, {status: 201});
  await server.put('/v1/agreements/g-second', {title: 'Second', stage: 'proposed', tags: ['g'], parties: ['g-one', 'g-two', party('g-one', 'host')]}, {status: 201});
  await server.put('/v1/agreements/g-third', {title: 'Third', stage: 'proposed', tags: ['g'], parties: ['g-three', party('g-three', 'witness')]}, {status: 201});
  await server.put('/v1/agreements/g-fourth', {title: 'Fourth', stage: 'proposed', tags: ['g']}, {status: 201});
  const {json: {nodes, edges}} = await server.get('/v1/graph?tag=g', {status: 200});
  assert.deepEqual(nodes.map(({slug, agreements}) => [slug, agreements]), [['g-one', 2], ['g-two', 2], ['g-three', 2]]);
  const [one, two, three] = nodes.map(({id}) => id);
  assert.deepEqual(edges, [
    {source: one, target: two, agreements: 2, in_force: 1},
    {source: one, target: three, agreements: 1, in_force: 1},
    {source: two, target: three, agreements: 1, in_force: 1},
  ]);
});

test('an internal organization, and what is internal between two that are public, leave no trace for the public', async () => {
  for (const [slug, visibility] of [['h-one', 'public'], ['h-two', 'public'], ['h-hidden', 'internal']]) await server.put(`/v1/organizations/${slug}`, {name: slug, visibility}, {status: 201});
  const put = (slug, parties, visibility) => server.put(`/v1/agreements/${slug}`, {title: slug, stage: 'proposed', tags: ['h'], parties, visibility}, {status: 201});
  await put('h-shown', ['h-one', 'h-two', 'h-hidden'], 'public');
  await put('h-kept', ['h-one', 'h-two'], 'internal');
  const seen = async (role) => (await server.get('/v1/graph?tag=h', {status: 200, ...role})).json;
  const {nodes, edges} = await seen({role: null});
  assert.deepEqual(nodes.map(({slug, agreements}) => [slug, agreements]), [['h-one', 1], ['h-two', 1]]);
  assert.deepEqual(edges.map(({agreements}) => agreements), [1]);
  const whole = await seen({});
  assert.deepEqual([whole.nodes.map(({agreements}) => agreements), whole.edges.map(({agreements}) => agreements)], [[2, 2, 1], [2, 1, 1]]);
});

// -- as an answer -------------------------------------------------------------------------------------------------------------

test('names are in the language that is asked for, where one in it is known, and each language has a tag of its own', async () => {
  await server.put('/v1/organizations/l-one', {name: '工業技術研究院', names: [{value: 'Industrial "Technology" \\ Institute', lang: 'en'}, {value: 'ITRI', lang: 'en', kind: 'acronym'}]}, {status: 201});
  await server.put('/v1/organizations/l-two', {name: 'Plain'}, {status: 201});
  await server.put('/v1/agreements/l', {title: 'l', stage: 'proposed', tags: ['l'], parties: ['l-one', 'l-two']}, {status: 201});
  const tags = new Set();
  for (const [language, name] of [[undefined, '工業技術研究院'], ['en-GB', 'Industrial "Technology" \\ Institute'], ['fr', '工業技術研究院'], ['*', '工業技術研究院']]) {
    const answer = await server.get('/v1/graph?tag=l', {status: 200, headers: language === undefined ? {} : {'accept-language': language}});
    assert.deepEqual(answer.json.nodes.map((node) => node.name), [name, 'Plain'], language);
    assert.match(answer.headers.vary, /Accept-Language/);
    tags.add(answer.etag);
  }
  assert.equal(tags.size, 4);
});

test('an answer that still holds is confirmed, until something is written', async () => {
  const {etag} = await server.get('/v1/graph?tag=a', {status: 200});
  const again = {headers: {'if-none-match': etag}};
  await server.get('/v1/graph?tag=a', {status: 304, ...again});
  await server.get('/v1/graph?tag=b', {status: 200, ...again});
  await server.get('/v1/graph?tag=a', {status: 200, headers: {'if-none-match': etag, 'accept-language': 'en'}});
  await server.put('/v1/areas/new', {name: 'New'}, {status: 201});
  await server.get('/v1/graph?tag=a', {status: 200, ...again});
});

test('HEAD tells what GET would, and compressed it is the same', async () => {
  const plain = await server.get('/v1/graph', {status: 200});
  assert.equal(plain.headers['content-type'], 'application/json; charset=utf-8');
  const head = await server.head('/v1/graph', {status: 200});
  assert.deepEqual([head.etag, head.headers['content-type']], [plain.etag, plain.headers['content-type']]);
  const packed = await server.get('/v1/graph', {status: 200, headers: {'accept-encoding': 'gzip'}});
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.deepEqual(packed.json, plain.json);
});

test('what is no filter, and what a filter cannot be, is refused', async () => {
  for (const [query, parameter] of [['stauts=in_force', 'stauts'], ['party=nobody', 'party'], ['sort=title', 'sort'], ['cursor=x', 'cursor'], ['limit=3', 'limit'],
    ['fields=slug', 'fields'], ['format=csv', 'format'], ['status=running', 'status'], ['ends_on__gte=2026-02-30', 'ends_on__gte']]) {
    const answer = await server.get(`/v1/graph?${query}`, {status: 400});
    assert.deepEqual(answer.json.errors.map((each) => each.parameter), [parameter], query);
  }
  const refused = await server.get('/v1/graph?owner=x&party=nobody', {role: null, status: 400});
  assert.deepEqual(refused.json.errors.map((each) => each.code).sort(), ['internal', 'no_such_record']);
  await server.get('/v1/graph', {status: 406, headers: {accept: 'text/csv'}});
});

test('of an empty registry, and of one without agreements, it is empty', async (t) => {
  const empty = await startServer();
  t.after(() => empty.stop());
  for (const query of ['', '?status=in_force']) assert.equal((await empty.get(`/v1/graph${query}`, {status: 200})).text, '{"nodes":[],"edges":[]}');
  await empty.put('/v1/organizations/alone', {name: 'Alone'}, {status: 201});
  for (const query of ['', '?party=alone']) assert.equal((await empty.get(`/v1/graph${query}`, {status: 200})).text, '{"nodes":[],"edges":[]}');
});

// -- a large one --------------------------------------------------------------------------------------------------------------

// Six groups of a hundred organizations, each two of which agree 26 times: more than is kept of a selection, and more than sockets hold.
const GROUPS = 6, GROUP = 100, COPIES = 26;

async function importAll(target, records) {
  await target.post('/v1/import', records.map((each) => `${JSON.stringify(each)}\n`).join(''), {status: 200, headers: {'content-type': 'application/x-ndjson'}});
}

function agreementsOfGroups() {
  const all = [];
  for (let a = 0; a < GROUPS; a++) {
    for (let b = a + 1; b < GROUPS; b++) {
      for (let copy = 0; copy < COPIES; copy++) {
        const members = (group) => Array.from({length: GROUP}, (_, i) => `member-${group * GROUP + i}`);
        all.push({resource: 'agreements', slug: `between-${a}-${b}-${copy}`, title: 'Between', kind: copy < 2 ? 'loi' : 'mou', visibility: copy % 2 ? 'public' : 'internal',
          ...(copy % 3 ? {stage: 'concluded', concluded_on: '2026-01-01', open_ended: true} : {stage: 'proposed'}), parties: [...members(b), ...members(a)]});
      }
    }
  }
  return all;
}

// What the graph of those agreements is, in numbers of members.
function expected(agreements) {
  const size = GROUPS * GROUP, nodes = new Uint32Array(size), edges = new Uint32Array(size * size), inForce = new Uint32Array(size * size);
  for (const {parties, stage} of agreements) {
    const members = parties.map((slug) => Number(slug.slice(7))).sort((a, b) => a - b);
    for (const [at, source] of members.entries()) {
      nodes[source]++;
      for (let i = at + 1; i < members.length; i++) {
        edges[source * size + members[i]]++;
        inForce[source * size + members[i]] += stage === 'concluded' ? 1 : 0;
      }
    }
  }
  const list = [];
  edges.forEach((agreements, at) => { if (agreements > 0) list.push([Math.floor(at / size), at % size, agreements, inForce[at]].join(' ')); });
  return {nodes: [...nodes].flatMap((agreements, at) => (agreements > 0 ? [`member-${at} ${agreements}`] : [])), edges: list};
}

function told({nodes, edges}) {
  const numbers = new Map(nodes.map(({id, slug}) => [id, slug.slice(7)]));
  return {nodes: nodes.map(({slug, agreements}) => `${slug} ${agreements}`),
    edges: edges.map((each) => [numbers.get(each.source), numbers.get(each.target), each.agreements, each.in_force].join(' '))};
}

async function begin(target, path, token, headers = {}) {
  const request = http.request({host: '127.0.0.1', port: target.port, path, headers: {authorization: `Bearer ${token}`, ...headers}, agent: false});
  const response = await new Promise((done, failed) => request.on('response', done).on('error', failed).end());
  response.pause();
  const go = () => new Promise((done) => {
    const chunks = [];
    const finish = () => done({text: Buffer.concat(chunks).toString('utf8'), whole: response.complete});
    response.on('data', (chunk) => chunks.push(chunk)).on('end', finish).on('error', finish).on('close', finish);
    response.resume();
  });
  return {response, go, hangUp: () => request.destroy()};
}

test('a large graph', async (t) => {
  const large = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0', '--body-limit', '67108864']});
  t.after(() => large.stop());
  const agreements = agreementsOfGroups();
  await importAll(large, Array.from({length: GROUPS * GROUP}, (_, i) => ({resource: 'organizations', slug: `member-${i}`, name: `Member ${i}`, visibility: 'public'})));
  await importAll(large, agreements);
  const plain = {check: false, status: 200};

  await t.test('is right of few agreements, of many, and of all, for everybody', async () => {
    for (const [query, fits] of [['?kind=loi', ({kind}) => kind === 'loi'], ['?kind=mou', ({kind}) => kind === 'mou'], ['', () => true]]) {
      for (const role of ['reader', null]) {
        const {json} = await large.get(`/v1/graph${query}`, {...plain, role});
        const seen = agreements.filter((each) => fits(each) && (role !== null || each.visibility === 'public'));
        assert.deepEqual(told(json), expected(seen), `${query} ${role}`);
      }
    }
  });

  await t.test('is one state of the registry, whatever is written meanwhile', async () => {
    const slow = await begin(large, '/v1/graph?kind=mou', await large.token('reader'));
    await large.delete('/v1/agreements/between-0-1-2', {status: 204});
    await large.put('/v1/agreements/late', {title: 'Late', kind: 'mou', parties: ['member-0', 'member-599'], stage: 'proposed'}, {status: 201});
    const {text, whole} = await slow.go();
    assert.ok(whole);
    assert.deepEqual(told(JSON.parse(text)), expected(agreements.filter(({kind}) => kind === 'mou')));
  });

  await t.test('that ends with its token is not taken for the whole', async () => {
    const made = await large.newToken({role: 'reader', name: 'soon gone'});
    const slow = await begin(large, '/v1/graph', made.token);
    await large.delete(`/v1/tokens/${made.id}`, {status: 204});
    const since = performance.now();
    await until(() => performance.now() - since > 300, 'the caller is asked for again');
    const {text, whole} = await slow.go();
    assert.ok(!whole);
    assert.throws(() => JSON.parse(text), SyntaxError);
  });

  await t.test('leaves nothing behind when its client hangs up, at whatever moment', async () => {
    const token = await large.token('reader');
    for (let i = 0; i < 24; i++) {
      const slow = await begin(large, ['/v1/graph', '/v1/graph?kind=mou', '/v1/graph?kind=loi'][i % 3], token, i % 2 ? {'accept-encoding': 'gzip'} : {});
      if (i % 4 === 0) slow.response.resume();
      slow.hangUp();
    }
    const downloads = async () => Number(/^entente_downloads (\d+)/m.exec((await large.get('/metrics')).text)[1]);
    await until(async () => (await downloads()) === 0, 'nothing is under way');
    assert.equal((await large.get('/v1/graph?kind=loi', plain)).json.nodes.length, GROUPS * GROUP);
  });
});
