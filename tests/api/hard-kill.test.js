// Durability: the server is killed at random moments under write load. After each restart every write that was acknowledged is there, as it was
// acknowledged, and one that was under way is there wholly or not at all. A create with a key, sent again until it is answered, is done once.
import assert from 'node:assert/strict';
import {join} from 'node:path';
import {test} from 'node:test';
import {ask, makeFolder, randomFrom, run, serve, until} from '../fault/process.js';

const KILLS = Number(process.env.ENTENTE_KILLS ?? 50);
const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 1_000_000_000);
const CLIENTS = 8;
const LONGEST_RUN_MS = 250;
const ORGANIZATIONS = ['itri', 'ipark', 'nbrp', 'takeda'];
const AREAS = ['drug-discovery', 'regenerative-medicine', 'startups'];
const TAGS = ['one', 'two', 'three', 'four'];

/** What a client may ask for in an agreement, in the form in which it is served. */
function shown(document) {
  return {
    revision: document.revision,
    title: document.title,
    summary: document.summary,
    parties: document.parties.map((party) => `${party.organization.slug} ${party.role} ${party.reference}`),
    areas: document.areas.map((area) => `${area.area.slug} ${area.note}`),
    tags: document.tags,
  };
}

class Client {
  constructor(number, random) {
    this.number = number;
    this.random = random;
    this.made = 0;
    this.records = new Map(); // slug → what was acknowledged, as shown() gives it
    this.open = null; // the write under way: {slug, before, after}
    this.acknowledged = 0;
  }

  pick(list, least) {
    const count = least + this.random(list.length - least + 1);
    return [...list].sort(() => this.random(3) - 1).slice(0, count);
  }

  members() {
    return {
      title: `Agreement ${this.number}/${this.random(1e9)}`,
      summary: 'x'.repeat(this.random(3000)),
      parties: this.pick(ORGANIZATIONS, 2).map((slug) => ({organization: slug, role: 'host', reference: `R${this.random(99)}`})),
      areas: this.pick(AREAS, 1).map((slug) => ({area: slug, note: `N${this.random(99)}`})),
      tags: this.pick(TAGS, 0),
    };
  }

  expected(members, revision) {
    return {
      revision,
      title: members.title,
      summary: members.summary || null, // an empty text is none
      parties: members.parties.map((party) => `${party.organization} ${party.role} ${party.reference}`),
      areas: members.areas.map((area) => `${area.area} ${area.note}`),
      tags: members.tags,
    };
  }

  /** One write; false when the server is gone. */
  async step(base) {
    const slugs = [...this.records.keys()];
    const what = slugs.length === 0 ? 0 : this.random(10);
    const slug = what < 4 ? `c${this.number}-${this.made++}` : slugs[this.random(slugs.length)];
    const before = this.records.get(slug) ?? null;
    if (what >= 8) {
      return this.settle(await this.write(base, 'DELETE', slug, undefined, before, null), 204);
    }
    const members = this.members();
    const after = this.expected(members, (before?.revision ?? 0) + 1);
    return this.settle(await this.write(base, before ? 'PATCH' : 'PUT', slug, members, before, after), before ? 200 : 201);
  }

  write(base, method, slug, members, before, after) {
    this.open = {slug, before, after};
    return ask(base, method, `/v1/agreements/${slug}`, members);
  }

  settle({status, body}, success) {
    if (status === 0) return false;
    assert.equal(status, success, JSON.stringify(body));
    if (body) assert.deepEqual(shown(body), this.open.after);
    this.keep(this.open.slug, this.open.after);
    this.acknowledged++;
    this.open = null;
    return true;
  }

  keep(slug, state) {
    if (state === null) this.records.delete(slug);
    else this.records.set(slug, state);
  }

  async work(base) {
    while (await this.step(base));
  }

  /** Looks that what is stored is what was acknowledged, and takes over how the write under way ended. */
  compare(stored) {
    if (this.open) {
      const {slug, before, after} = this.open;
      const now = stored.get(slug) ?? null;
      const wholly = JSON.stringify(now) === JSON.stringify(after);
      if (!wholly) assert.deepEqual(now, before, `${slug}: a write that was not acknowledged is there by half`);
      this.keep(slug, now);
      this.open = null;
    }
    const own = [...stored].filter(([slug]) => slug.startsWith(`c${this.number}-`));
    assert.deepEqual(new Map(own.sort()), new Map([...this.records].sort()));
  }
}

async function items(base, path) {
  const list = [];
  for (let next = path; next; ) {
    const {status, body} = await ask(base, 'GET', next);
    assert.equal(status, 200);
    list.push(...body.items);
    next = body.next;
  }
  return list;
}

async function everything(base) {
  return new Map((await items(base, '/v1/agreements?limit=500')).map((document) => [document.slug, shown(document)]));
}

test(`no acknowledged write is lost and none is there by half, over ${KILLS} kills`, async (t) => {
  t.diagnostic(`ENTENTE_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const db = join(makeFolder(t), 'e.db');
  const clients = Array.from({length: CLIENTS}, (_, number) => new Client(number, random));
  const acknowledged = () => clients.reduce((sum, client) => sum + client.acknowledged, 0);
  let server = await serve(t, db);
  for (const slug of ORGANIZATIONS) assert.equal((await ask(server.base, 'PUT', `/v1/organizations/${slug}`, {name: slug})).status, 201);
  for (const slug of AREAS) assert.equal((await ask(server.base, 'PUT', `/v1/areas/${slug}`, {name: slug})).status, 201);

  for (let kills = 0; kills < KILLS; kills++) {
    const before = acknowledged();
    const load = Promise.all(clients.map((client) => client.work(server.base)));
    await until(() => acknowledged() > before, 'the load to begin');
    const moment = random(LONGEST_RUN_MS);
    const killing = new Promise((done) => setTimeout(() => done(server.kill('SIGKILL')), moment));
    await Promise.all([load, killing, server.ended]);
    server = await serve(t, db);
    const stored = await everything(server.base);
    for (const client of clients) client.compare(stored);
    const check = await ask(server.base, 'GET', '/v1/check');
    assert.equal(check.body.ok, true, JSON.stringify(check.body));
  }

  t.diagnostic(`${acknowledged()} writes acknowledged`);
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
  const {code, stdout, stderr} = await run(['check', '--db', db, '--today', '2026-05-01']);
  assert.equal(code, 0, stdout + stderr);
});

// Creates areas one after the other, each sent again with its key until it is answered, as a client does that must not make it twice.
class Sender {
  constructor(number) {
    this.number = number;
    this.sent = 0;
    this.answers = new Map(); // key → what was answered first
    this.open = null; // the create whose answer was lost
    this.repeated = 0; // creates that had been done when they were sent again
  }

  /** One create; false when the server is gone. */
  async step(base) {
    this.open ??= {key: `${this.number}-${this.sent++}`, tries: 0};
    const {key} = this.open;
    this.open.tries++;
    const {status, body, headers} = await ask(base, 'POST', '/v1/areas', {name: key}, {'idempotency-key': key});
    if (status === 0) return false;
    assert.equal(status, 201, JSON.stringify(body));
    if (headers.get('idempotent-replayed')) this.repeated++;
    assert.ok(this.open.tries > 1 || !headers.get('idempotent-replayed'), `${key}: never sent before`);
    this.answers.set(key, body);
    this.open = null;
    return true;
  }

  async work(base) {
    while (await this.step(base));
  }

  /** A create that was acknowledged before a kill is still answered as it was. */
  async sendAgain(base) {
    const [key, answered] = [...this.answers].at(-1);
    const {status, body, headers} = await ask(base, 'POST', '/v1/areas', {name: key}, {'idempotency-key': key});
    assert.deepEqual([status, headers.get('idempotent-replayed'), body], [201, 'true', answered]);
  }
}

test(`a create that is sent again until it is answered is done once, over ${KILLS} kills`, async (t) => {
  t.diagnostic(`ENTENTE_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const db = join(makeFolder(t), 'e.db');
  const senders = Array.from({length: 2 * CLIENTS}, (_, number) => new Sender(number));
  const answered = () => senders.reduce((sum, sender) => sum + sender.answers.size, 0);
  let server = await serve(t, db);
  for (let kills = 0; kills < KILLS; kills++) {
    const before = answered();
    const load = Promise.all(senders.map((sender) => sender.work(server.base)));
    await until(() => answered() > before + senders.length, 'the load to begin');
    const killing = new Promise((done) => setTimeout(() => done(server.kill('SIGKILL')), random(LONGEST_RUN_MS / 5)));
    await Promise.all([load, killing, server.ended]);
    server = await serve(t, db);
    await Promise.all(senders.filter((sender) => sender.answers.size > 0).map((sender) => sender.sendAgain(server.base)));
  }
  const repeated = senders.reduce((sum, sender) => sum + sender.repeated, 0);
  t.diagnostic(`${answered()} creates acknowledged, ${repeated} had been done when they were sent again`);
  assert.ok(repeated > 0 || KILLS < 50, 'at least one kill came between a commit and its answer');

  for (const sender of senders) {
    if (sender.open) assert.ok(await sender.step(server.base));
  }
  const expected = new Map(senders.flatMap((sender) => [...sender.answers]));
  const stored = await items(server.base, '/v1/areas?limit=500');
  assert.deepEqual(new Map(stored.map((area) => [area.name, area])), expected);
  assert.equal(stored.length, expected.size, 'none is there twice');
  const changes = await items(server.base, '/v1/changes?limit=500');
  assert.equal(changes.length, stored.length, 'and none has a second trace in the history');
  assert.equal((await ask(server.base, 'GET', '/v1/check')).body.ok, true);
});
