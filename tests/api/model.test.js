// Thousands of random operations against the server and a plain model of it, comparing every answer. Several clients at once, each with
// records of its own; each repeats itself with its seed: ENTENTE_SEED, ENTENTE_RUNS (operations in all), ENTENTE_CLIENTS.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {resource} from './lib/contract.js';
import {Model, Refusal} from './lib/model.js';
import {everything} from './lib/pages.js';
import {inOrder} from './lib/query.js';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';

const TODAY = '2026-05-01';
const RUNS = Number(process.env.ENTENTE_RUNS ?? 3000);
const CLIENTS = Number(process.env.ENTENTE_CLIENTS ?? 3);
const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const PATHS = ['organizations', 'areas', 'agreements'];
const DATES = [null, null, '2020-02-29', '2023-01-15', '2026-04-30', TODAY, '2026-05-02', '2027-01-01'];
const ENDS = [null, null, '2026-04-30', TODAY, '2026-10-28', '2026-10-29', '2030-12-31'];

let server;
before(async () => { server = await startServer({args: ['--today', TODAY]}); });
after(() => server.stop());

class Client {
  constructor(number) {
    this.random = new Random(SEED + number);
    this.prefix = `c${number}`;
    this.model = new Model(TODAY);
    this.tags = new Map(); // by id: [the document as it was, the tag under which it was served]
    this.log = [];
  }

  // -- what might be written --------------------------------------------------------------------------------------------------

  slug() { return `${this.prefix}-${this.random.pick(['a', 'b', 'c', 'd', 'e', 'f'])}`; }
  name() { return `${this.prefix} ${this.random.pick(['one', 'Two!', 'three four', '名前', ''])}`.trim(); }
  key(path) {
    const known = this.model.of(path);
    if (known.length === 0 || this.random.chance(0.15)) return this.slug();
    const record = this.random.pick(known);
    return this.random.chance(0.5) ? record.id : record.slug;
  }

  reference(path) {
    if (this.random.chance(0.03)) return 'nobody';
    const known = this.model.of(path);
    if (known.length === 0) return undefined;
    const record = this.random.pick(known);
    return this.random.pick([record.id, record.slug, {id: record.id, slug: 'stale', name: 'stale'}]);
  }

  references(path, most, make) {
    const found = this.random.some(this.model.of(path), most);
    const list = found.map((each) => make(this.random.pick([each.id, each.slug, {slug: each.slug}])));
    return this.random.chance(0.03) ? [...list, make('nobody')] : list;
  }

  relations(path, member, types) {
    return this.references(path, 2, (other) => ({type: this.random.pick(types), [member]: other}));
  }

  member(path, name) {
    const {random} = this;
    const values = {
      name: () => this.name(),
      title: () => this.name(),
      names: () => random.some([{value: '名', lang: 'ja'}, {value: `${this.prefix}N`, kind: 'acronym'}], 2),
      kind: () => random.pick(path === 'organizations' ? ['company', 'unit', 'other'] : ['mou', 'nda']),
      country: () => random.pick(['JP', 'TW', null]),
      description: () => random.pick(['text', 'a\n"b"\\', '長い'.repeat(300), null]),
      summary: () => random.pick(['text', null]),
      tags: () => random.some(['x', 'y', '創薬'], 3),
      visibility: () => random.pick(['public', 'internal']),
      contacts: () => random.some([{name: 'A'}, {name: 'B', from: '2020'}], 2),
      parent: () => random.pick([this.reference('areas') ?? null, null]),
      relations: () => (path === 'agreements' ? this.relations(path, 'agreement', ['supersedes', 'renews', 'amends', 'related'])
        : this.relations(path, 'organization', ['parent', 'predecessor', 'shareholder', 'related'])),
      stage: () => random.pick(['concluded', 'concluded', 'concluded', 'proposed', null]),
      parties: () => this.references('organizations', 3, (one) => (typeof one === 'string' && random.chance(0.5) ? one : {organization: one, role: random.pick(['party', 'host'])})),
      areas: () => this.references('areas', 2, (one) => ({area: one, note: random.pick([null, 'note'])})),
      concluded_on: () => random.pick(DATES),
      effective_on: () => random.pick(DATES),
      ends_on: () => random.pick(ENDS),
      open_ended: () => random.chance(0.3),
      termination: () => random.pick([null, null, null, {effective_on: '2026-05-02'}, {effective_on: '2026-04-01'}, {reason: 'r'}]),
    };
    return values[name]();
  }

  members(path) {
    return {
      organizations: ['names', 'kind', 'country', 'description', 'tags', 'visibility', 'contacts', 'relations'],
      areas: ['names', 'description', 'parent'],
      agreements: ['kind', 'summary', 'tags', 'visibility', 'relations', 'stage', 'parties', 'areas', 'concluded_on', 'effective_on', 'ends_on', 'open_ended', 'termination'],
    }[path];
  }

  body(path, {partial = false} = {}) {
    const {nameMember} = resource(path);
    const body = {};
    if (partial ? this.random.chance(0.4) : this.random.chance(0.97)) body[nameMember] = this.member(path, nameMember);
    for (const name of this.members(path)) {
      if (this.random.chance(partial ? 0.15 : 0.6)) body[name] = this.member(path, name);
    }
    if (path === 'agreements' && !partial && this.random.chance(0.6)) {
      body.parties = this.model.of('organizations').slice(0, 2).map((each) => each.id);
    }
    if (!partial) Object.keys(body).filter((name) => body[name] === null && name === 'stage').forEach((name) => delete body[name]);
    if (this.random.chance(0.02)) body.unknown = 1;
    return body;
  }

  // -- comparing --------------------------------------------------------------------------------------------------------------------

  plain({created_at: created, updated_at: updated, ...document}) { return document; }

  compare(record, answer) {
    const wanted = this.model.document(record);
    assert.deepEqual(this.plain(answer.json), wanted);
    this.compareTag(record, answer.etag, JSON.stringify(wanted));
  }

  compareTag(record, etag, document) {
    const known = this.tags.get(record.id);
    if (known) assert.equal(etag === known.etag, known.version === record.version, 'the tag changes with the document, and only with it');
    this.tags.set(record.id, {etag, version: record.version});
    assert.equal(document, record.shown);
  }

  // After a write: which documents look otherwise now.
  look() {
    for (const record of this.model.all()) {
      const shown = JSON.stringify(this.model.document(record));
      if (shown !== record.shown) Object.assign(record, {shown, version: (record.version ?? 0) + 1});
    }
  }

  // -- operations -------------------------------------------------------------------------------------------------------------------

  // A condition for a write, and whether it holds. A write without one always may.
  condition(path, key) {
    const record = this.model.find(path, key);
    const known = record && this.tags.get(record.id);
    if (this.random.chance(0.6)) return {headers: {}, holds: true};
    if (this.random.chance(0.2)) return {headers: {'if-match': '*'}, holds: record !== undefined};
    if (this.random.chance(0.2)) return {headers: {'if-match': '"stale"'}, holds: false};
    if (!known) return {headers: {}, holds: true};
    return {headers: {'if-match': known.etag}, holds: known.version === record.version};
  }

  // What the model says of a write: a record, or the refusal.
  expect(write) {
    try {
      return {record: write()};
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return {refusal: error};
    }
  }

  check(answer, {record, refusal}, status) {
    const said = `${this.log.slice(-1)[0]} → ${answer.status} ${answer.text.slice(0, 1500)}`;
    assert.equal(answer.status, refusal?.status ?? status, said);
    if (refusal) assert.equal(answer.json.type, refusal.type, said);
    this.look();
    if (record) this.compare(record, answer);
  }

  async send(method, path, options = {}) {
    this.log.push(`${method} ${path} ${JSON.stringify(options)}`);
    return server.request(method, path, options);
  }

  async create(path) {
    const body = this.body(path);
    if (this.random.chance(0.6)) body.slug = this.slug();
    const answer = await this.send('POST', `/v1/${path}`, {body});
    this.check(answer, this.expect(() => this.model.create(path, body, () => answer.json.id)), 201);
  }

  async put(path) {
    const key = this.key(path);
    const [body, {headers, holds}] = [this.body(path), this.condition(path, key)];
    const status = this.model.find(path, key) ? 200 : 201;
    const answer = await this.send('PUT', `/v1/${path}/${key}`, {body, headers});
    const wrong = this.expect(() => Model.checkShape(path, body));
    const outcome = wrong.refusal ? wrong : holds ? this.expect(() => this.model.replace(path, key, body, () => answer.json.id))
      : {refusal: new Refusal(412, 'precondition-failed')};
    this.check(answer, outcome, status);
  }

  async patch(path) {
    const key = this.key(path);
    const [body, {headers, holds}] = [this.body(path, {partial: true}), this.condition(path, key)];
    if (this.random.chance(0.1)) body.slug = this.slug();
    const answer = await this.send('PATCH', `/v1/${path}/${key}`, {body, headers});
    this.check(answer, holds ? this.expect(() => this.model.patch(path, key, body)) : {refusal: new Refusal(412, 'precondition-failed')}, 200);
  }

  async delete(path) {
    const key = this.key(path);
    const {headers, holds} = this.condition(path, key);
    const answer = await this.send('DELETE', `/v1/${path}/${key}`, {headers});
    this.check(answer, holds ? this.expect(() => this.model.delete(path, key)) : {refusal: new Refusal(412, 'precondition-failed')}, 204);
  }

  async merge() {
    const [key, into] = [this.key('organizations'), this.reference('organizations') ?? 'nobody'];
    const {headers, holds} = this.condition('organizations', key);
    const answer = await this.send('POST', `/v1/organizations/${key}/merge`, {body: {into}, headers});
    const name = into.id ?? into;
    this.check(answer, holds ? this.expect(() => this.model.merge(key, name)) : {refusal: new Refusal(412, 'precondition-failed')}, 200);
  }

  async get(path) {
    const key = this.key(path);
    const record = this.model.find(path, key);
    const known = record && this.tags.get(record.id);
    const headers = known && this.random.chance(0.5) ? {'if-none-match': known.etag} : {};
    const answer = await this.send('GET', `/v1/${path}/${key}`, {headers});
    const fresh = headers['if-none-match'] && known.version === record.version;
    assert.equal(answer.status, !record ? this.model.absence(path, key, {reading: true}).status : fresh ? 304 : 200, this.log.slice(-1)[0]);
    if (answer.status === 200) this.compare(record, answer);
  }

  // What was served, sent back as it is, changes nothing.
  async sendBack(path) {
    const record = this.random.pick(this.model.of(path));
    if (!record) return;
    const served = await this.send('GET', `/v1/${path}/${record.id}`, {status: 200});
    const answer = await this.send('PUT', `/v1/${path}/${record.id}`, {body: served.text, status: 200});
    assert.equal(answer.text, served.text);
    this.compare(record, answer);
  }

  async list(path) {
    const member = this.random.pick(['id', 'slug', resource(path).nameMember, ...(path === 'organizations' ? ['country'] : [])]);
    const sort = `${this.random.pick(['', '-'])}${member}`;
    const items = await everything(server, `/v1/${path}?sort=${sort}&limit=${this.random.pick([7, 50, 500])}`);
    const own = items.filter((each) => this.model.records.has(each.id)).map((each) => this.plain(each));
    const documents = this.model.of(path).map((each) => this.model.document(each));
    assert.deepEqual(own, inOrder(documents, sort, (each) => each[member]), `sort=${sort}`);
  }

  async step() {
    const path = this.random.pick(PATHS);
    const operation = this.random.pick(['create', 'put', 'put', 'patch', 'patch', 'patch', 'delete', 'get', 'get', 'get', 'sendBack', this.random.chance(0.5) ? 'merge' : 'get', this.random.chance(0.2) ? 'list' : 'get']);
    await this[operation](path);
  }
}

test(`every answer is what a plain model says, over ${RUNS} operations of ${CLIENTS} clients (seed ${SEED})`, async (t) => {
  t.diagnostic(`ENTENTE_SEED=${SEED} ENTENTE_RUNS=${RUNS} ENTENTE_CLIENTS=${CLIENTS}`);
  await Promise.all(Array.from({length: CLIENTS}, async (_, number) => {
    const client = new Client(number);
    try {
      for (let i = 0; i < RUNS / CLIENTS; i++) await client.step();
      for (const path of PATHS) await client.list(path);
    } catch (error) {
      error.message += `\nseed ${SEED}, client ${number}, operation ${client.log.length}, the last ones:\n${client.log.slice(-12).join('\n')}`;
      throw error;
    }
  }));
});
