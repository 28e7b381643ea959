// How an agreement stands for callers without a token under --public-read: as if there were nothing but what is public. Held by bytes
// that stay while hidden records come, change and go, and by a second server that has only what is public, over random writes and days.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './lib/command.js';
import {everything} from './lib/pages.js';
import {derived, publicRegistry, uncounted} from './lib/public.js';
import {Random} from './lib/random.js';
import {newFolder, startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const TODAY = '2026-05-01';
const nobody = {role: null};
const folder = newFolder();
let server;
before(async () => {
  server = await startServer({args: ['--today', TODAY, '--public-read'], env: unlimited});
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug, visibility: 'public'}, {status: 201});
  await server.put('/v1/organizations/hidden', {name: 'hidden'}, {status: 201});
});
after(async () => {
  await server.stop();
  rmSync(folder, {recursive: true, force: true});
});

const terms = {stage: 'concluded', effective_on: '2025-01-01', ends_on: '2026-12-31', parties: ['one', 'two'], visibility: 'public'};
const agree = (slug, body, status = 201) => server.put(`/v1/agreements/${slug}`, {title: slug, ...terms, ...body}, {status});
const patch = (path, body) => server.patch(`/v1/${path}`, body, {status: 200});
const supersedes = (agreement, type = 'supersedes') => ({relations: [{type, agreement}]});
const shown = async (slug, options = nobody) => (await server.get(`/v1/agreements/${slug}`, {...options, status: 200})).json;
const sameStanding = (one, other, what) => { for (const member of derived) assert.deepEqual(one[member], other[member], `${what}: ${member}`); };

// Every address at which a standing shows: documents, days, filters, sorts.
function addresses(slugs) {
  const sorts = ['status', 'period_starts_on', 'period_ends_on', 'notice_on', 'next_change_on', 'updated_at', 'ends_on'];
  const filters = [
    ...['in_force', 'superseded', 'expired', 'unknown', 'signed', 'terminated', 'suspended', 'proposed'].map((status) => `status=${status}`),
    ...['expiring', 'notice_window', 'renewed', 'end_unknown', 'dormant', 'partial_dates'].map((flag) => `flag=${flag}`),
    ...['period_starts_on=2025-01-01', 'period_ends_on=2026-12-31', 'next_change_on=2026-05-02', 'next_change_on=2027-01-01', 'notice_on=2026-10-31'],
  ];
  return [
    ...slugs.flatMap((slug) => ['', '/status', '/status?on=2026-04-30', '/status?on=2027-06-01'].map((rest) => `/v1/agreements/${slug}${rest}`)),
    ...filters.map((filter) => `/v1/agreements?${filter}`),
    ...sorts.flatMap((sort) => [`/v1/agreements?sort=${sort}`, `/v1/agreements?sort=-${sort}`, `/v1/agreements?status=in_force&flag=dormant&sort=${sort}`]),
    '/v1/agreements?limit=500', '/v1/organizations?limit=500',
  ];
}

// What the public is told, byte for byte.
async function told(slugs) {
  const answers = {};
  for (const path of addresses(slugs)) {
    const {text, etag} = await server.get(path, {...nobody, status: 200});
    answers[path] = [etag, text];
  }
  return answers;
}

test('a successor that is not public changes no byte of what the public is told, whatever becomes of it', async () => {
  await agree('steady', {});
  await agree('renewing', {effective_on: '2025-06-01', ends_on: undefined, term_months: 12, renewal: {kind: 'automatic'}, notice: {months: 2}});
  const earlier = await told(['steady', 'renewing']);
  const same = async (what) => assert.deepEqual(await told(['steady', 'renewing']), earlier, what);
  for (const old of ['steady', 'renewing']) {
    const successor = `after-${old}`;
    await agree(successor, {...supersedes(old), effective_on: '2026-01-01', visibility: 'internal'});
    assert.equal((await shown(old, {})).status, 'superseded', 'a token sees it');
    await same('made');
    for (const change of [{effective_on: '2026-05-02'}, supersedes(old, 'renews'), {stage: 'signing'}, {stage: 'concluded'}, {relations: []}, supersedes(old), {summary: 'x'}]) {
      await patch(`agreements/${successor}`, change);
      await same(JSON.stringify(change));
    }
  }
  for (const slug of ['after-steady', 'after-renewing']) {
    await server.delete(`/v1/agreements/${slug}`, {status: 204});
    await same('deleted');
  }
  const {revision} = await shown('steady', {});
  assert.ok(revision > 3, 'with a token every turn of it is counted');
  assert.equal((await shown('steady')).revision, 1);
  await patch('agreements/steady', {summary: 'written'});
  assert.deepEqual([(await shown('steady')).revision, (await shown('steady', {})).revision], [2, revision + 1]);
  assert.equal((await shown('steady')).updated_at, (await shown('steady', {})).updated_at);
});

test('the public is told of a successor from when it is public to when it no longer is', async () => {
  await agree('before', {});
  await agree('beyond', {...supersedes('before'), effective_on: '2026-01-01', visibility: 'internal'});
  const standing = async () => (({status, revision, relations}) => [status, revision, relations.map((each) => each.agreement.slug)])(await shown('before'));
  assert.deepEqual(await standing(), ['in_force', 1, []]);
  await patch('agreements/beyond', {visibility: 'public'});
  assert.deepEqual(await standing(), ['superseded', 2, ['beyond']]);
  await patch('agreements/beyond', {visibility: 'internal'});
  assert.deepEqual(await standing(), ['in_force', 3, []]);
  assert.equal((await shown('before', {})).revision, 2, 'a token saw one change alone');
});

test('of two successors the public counts the one that it sees', async () => {
  await agree('twice', {});
  await agree('twice-hidden', {...supersedes('twice'), effective_on: '2026-01-01', visibility: 'internal'});
  await agree('twice-public', {...supersedes('twice'), effective_on: '2026-08-01'});
  const {status, next_change} = await shown('twice');
  assert.deepEqual([status, next_change], ['in_force', {on: '2026-08-01', status: 'superseded'}]);
});

test('a signature that is not public begins nothing, and a filter does not find what it began', async () => {
  const parties = ['one', 'two', {organization: 'hidden', signed_on: '2025-05-05'}];
  await agree('signed', {parties, effective_on: null, ends_on: null, term_months: 36});
  assert.equal((await shown('signed', {})).status, 'in_force');
  const seen = await shown('signed');
  assert.deepEqual([seen.status, seen.missing, seen.period, seen.parties.length], ['unknown', ['effective_on', 'concluded_on', 'parties[].signed_on'], null, 2]);
  const found = async (query, options) => (await everything(server, `/v1/agreements?${query}`, options)).some((each) => each.slug === 'signed');
  assert.deepEqual([await found('status=unknown', nobody), await found('status=in_force', nobody), await found('period_starts_on=2025-05-05', nobody)], [true, false, false]);
  assert.deepEqual([await found('status=unknown', {}), await found('status=in_force', {}), await found('period_starts_on=2025-05-05', {})], [false, true, true]);
  await patch('organizations/hidden', {visibility: 'public'});
  sameStanding(await shown('signed'), await shown('signed', {}), 'once it is public');
  await patch('organizations/hidden', {visibility: 'internal'});
  sameStanding(await shown('signed'), seen, 'and no longer');
});

test('a date that is not public makes no dates partial, and of two signatures the one that is seen begins it', async () => {
  await agree('vague', {parties: ['one', 'two', {organization: 'hidden', signed_on: '2025-05'}]});
  const flagged = async (options) => (await everything(server, '/v1/agreements?flag=partial_dates', options)).some((each) => each.slug === 'vague');
  assert.deepEqual([(await shown('vague')).flags.includes('partial_dates'), await flagged(nobody), await flagged({})], [false, false, true]);
  await agree('later', {effective_on: null, parties: ['one', {organization: 'two', signed_on: '2026-02-02'}, {organization: 'hidden', signed_on: '2026-06-01'}]});
  assert.deepEqual([(await shown('later')).status, (await shown('later')).period.starts_on, (await shown('later', {})).status], ['in_force', '2026-02-02', 'signed']);
});

test('a public successor that begins by a hidden signature has not begun for the public', async () => {
  await agree('ahead', {});
  const parties = ['one', 'two', {organization: 'hidden', signed_on: '2026-01-01'}];
  await agree('signed-after', {...supersedes('ahead'), parties, effective_on: null, ends_on: null, open_ended: true});
  const statuses = async () => [(await shown('ahead')).status, (await shown('ahead', {})).status];
  assert.deepEqual(await statuses(), ['in_force', 'superseded']);
  await patch('organizations/hidden', {visibility: 'public'});
  assert.deepEqual(await statuses(), ['superseded', 'superseded']);
  await patch('organizations/hidden', {visibility: 'internal'});
  assert.deepEqual(await statuses(), ['in_force', 'superseded']);
});

test('an import counts one revision for the public, as for all, and none where it brings only what is hidden', async () => {
  const send = (records) => server.post('/v1/import', records, {status: 200});
  const record = (slug, body) => ({resource: 'agreements', slug, title: slug, ...terms, ...body});
  const counts = async (slug) => [(await shown(slug)).revision, (await shown(slug, {})).revision];
  await send([record('brought-new', {...supersedes('brought'), effective_on: '2026-01-01'}), record('brought', {})]);
  assert.deepEqual([await counts('brought'), (await shown('brought')).status], [[1, 1], 'superseded'], 'all of it is public');
  await send([record('brought-hidden', {...supersedes('brought-2'), effective_on: '2026-01-01', visibility: 'internal'}), record('brought-2', {})]);
  assert.deepEqual([await counts('brought-2'), (await shown('brought-2')).status], [[1, 1], 'in_force']);
  await send([record('brought-3', {})]);
  await send([record('brought-hidden-3', {...supersedes('brought-3'), visibility: 'internal'})]);
  assert.deepEqual(await counts('brought-3'), [1, 2]);
  await send([record('brought-hidden-3', {...supersedes('brought-3'), summary: 'again', visibility: 'internal'}), record('brought-3', {summary: 'again'})]);
  assert.deepEqual(await counts('brought-3'), [2, 3]);
  await send([record('brought-3', {summary: 'more'}), record('brought-hidden-3', {visibility: 'internal', relations: [], summary: 'more'}), record('brought-new-3', supersedes('brought-3'))]);
  assert.deepEqual([await counts('brought-3'), (await shown('brought-3')).status], [[3, 4], 'superseded']);
});

// -- any sequence of writes, and days --------------------------------------------------------------------------------------------

// Writes at random on a server of its own, and remembers which agreements were written themselves.
class Writer {
  constructor(random) {
    this.random = random;
    this.agreements = Array.from({length: 7}, (_, index) => `a${index}`);
    this.organizations = Array.from({length: 5}, (_, index) => `o${index}`);
    this.turn = 0;
  }

  visibility() { return this.random.pick(['public', 'public', 'internal']); }
  date() { return this.random.pick([null, '2025-02', '2025-03-01', '2026-04-30', '2026-05-01', '2026-05-02', '2026-06-10']); }
  parties() {
    const {random} = this;
    const rest = [...this.organizations];
    const [first, second] = [0, 0].map(() => rest.splice(random.below(rest.length), 1)[0]);
    return [first, second, ...(random.chance(0.5) ? [random.pick(rest)] : [])].map((organization) => ({organization, signed_on: this.date()}));
  }

  relations(slug) {
    const later = this.agreements.filter((each) => each > slug); // so no cycles come to be
    return this.random.some(later, 2).map((agreement) => ({type: this.random.pick(['supersedes', 'renews', 'amends']), agreement}));
  }

  agreement(slug) {
    const {random} = this;
    return {
      slug, title: slug, summary: `${this.turn++}`, stage: random.pick(['concluded', 'concluded', 'concluded', 'signing']), visibility: this.visibility(),
      parties: this.parties(), relations: this.relations(slug), effective_on: random.pick([null, this.date()]), concluded_on: random.pick([null, null, this.date()]),
      ...random.pick([{open_ended: true}, {term_months: 14}, {term_months: 12, renewal: {kind: 'automatic', months: 1}, notice: {days: 10}}, {}]),
    };
  }

  // Does one thing: {written: the slugs of the agreements that were written themselves, many: whether there were many writes in one}.
  async write(on) {
    const {random} = this;
    const slug = random.pick(this.agreements), organization = random.pick(this.organizations);
    const there = (await on.get(`/v1/agreements/${slug}`)).status === 200;
    switch (this.turn === 0 ? 3 : random.below(8)) {
      case 0:
        await on.patch(`/v1/organizations/${organization}`, {visibility: this.visibility()}, {status: 200});
        return {written: []};
      case 1: {
        if (!there) return {written: []};
        const answer = await on.delete(`/v1/agreements/${slug}`);
        assert.ok([204, 409].includes(answer.status), answer.text);
        return {written: []};
      }
      case 2: {
        if (!there) return {written: []};
        await on.patch(`/v1/agreements/${slug}`, {visibility: this.visibility(), summary: `${this.turn++}`}, {status: 200});
        return {written: [slug]};
      }
      case 3: {
        const slugs = this.agreements.filter(() => random.chance(this.turn === 0 ? 1 : 0.4));
        const known = new Set([...slugs, ...(await everything(on, '/v1/agreements?limit=500')).map((each) => each.slug)]);
        const records = slugs.map((each) => this.agreement(each)).map((each) => ({...each, resource: 'agreements', relations: each.relations.filter((relation) => known.has(relation.agreement))}));
        await on.post('/v1/import', [{resource: 'organizations', slug: organization, name: organization, visibility: this.visibility()}, ...records], {status: 200});
        return {written: slugs, many: true};
      }
      default: {
        const body = this.agreement(slug);
        const answer = await on.put(`/v1/agreements/${slug}`, body);
        assert.ok([200, 201, 422].includes(answer.status), answer.text); // 422: it supersedes what there is not (yet)
        return {written: answer.status === 422 ? [] : [slug]};
      }
    }
  }
}

// What a list by that query has, of the one server and of the other; by slug, because ids differ.
async function sameLists(on, bare, count) {
  for (const path of addresses([]).filter((each) => each.startsWith('/v1/agreements?'))) {
    if (path.includes('updated_at')) continue; // over there everything was made at once
    const seen = await everything(on, path, nobody), expected = await everything(bare, path);
    assert.deepEqual(seen.map((each) => each.slug).sort(), expected.map((each) => each.slug).sort(), path);
    const sort = /sort=-?(\w+)/.exec(path)?.[1];
    if (!sort) continue;
    const value = (each) => each[sort] ?? (sort.startsWith('period_') ? each.period?.[sort.slice(7)] : sort === 'next_change_on' ? each.next_change?.on : null) ?? null;
    assert.deepEqual(seen.map(value), expected.map(value), path);
  }
  const newest = (await everything(on, '/v1/agreements?sort=-updated_at&limit=3', nobody)).map((each) => each.updated_at);
  assert.deepEqual(newest, [...newest].sort().reverse());
  assert.equal(newest.length, count);
}

// A revision of the public's own comes with each write of the agreement, and when its standing moves, and never else. Within an import
// it may have moved and come back.
function holdCount(last, now, {written, many = false}, what) {
  const moved = written.includes(now.slug) || derived.some((name) => JSON.stringify(last[name]) !== JSON.stringify(now[name])) ||
    (many && now.revision > last.revision);
  assert.equal(now.revision, last.revision + (moved ? 1 : 0), `${what}: its revision`);
  assert.equal(now.updated_at !== last.updated_at, moved, `${what}: when it changed`);
}

async function holdAgainstBare(on, day, seen) {
  const {registry, bare} = await publicRegistry(on, day);
  try {
    assert.deepEqual(seen.map((record) => uncounted('agreements', record)), registry.agreements, `seed ${SEED}, ${day}`);
    await sameLists(on, bare, seen.length);
    for (const {slug} of seen) {
      for (const asked of ['2026-01-01', '2026-05-02', '2027-01-01']) {
        const path = `/v1/agreements/${slug}/status?on=${asked}`;
        assert.deepEqual((await on.get(path, {...nobody, status: 200})).json, (await bare.get(path, {status: 200})).json, `seed ${SEED}, ${day}: ${path}`);
      }
    }
  } finally {
    await bare.stop();
  }
}

test('over random writes and days the public is told what a server would tell that has only what is public', {timeout: 600_000}, async () => {
  const db = join(folder, 'random.db');
  const writer = new Writer(new Random(SEED));
  const days = ['2026-04-29', '2026-04-30', '2026-05-01', '2026-05-02', '2026-06-20', '2026-04-30', '2027-02-01'];
  const counted = new Map(); // by id: the document as the public saw it last
  let apart = 0;
  for (const [index, day] of days.entries()) {
    const on = await startServer({db, args: ['--today', day, '--public-read'], env: unlimited});
    try {
      if (index === 0) for (const slug of writer.organizations) await on.put(`/v1/organizations/${slug}`, {name: slug, visibility: writer.visibility()}, {status: 201});
      for (let step = 0; step < 16; step++) {
        const wrote = step === 0 && index > 0 ? {written: []} : await writer.write(on); // first what the day alone has changed
        const seen = await everything(on, '/v1/agreements?limit=500', nobody);
        for (const record of seen) {
          const last = counted.get(record.id);
          if (last) holdCount(last, record, wrote, `seed ${SEED}, ${day}, ${step}: ${record.slug}`);
        }
        counted.clear();
        for (const record of seen) counted.set(record.id, record);
        if (step % 5 === 0) await holdAgainstBare(on, day, seen);
        const whole = new Map((await everything(on, '/v1/agreements?limit=500')).map((each) => [each.slug, each]));
        apart += seen.filter((each) => each.status !== whole.get(each.slug).status).length;
      }
    } finally {
      await on.stop();
    }
    const check = await run(['check', '--db', db, '--today', day]);
    assert.equal(check.code, 0, `seed ${SEED}, ${day}: ${check.stdout}`);
  }
  assert.ok(apart > 0, 'somewhere the public saw another status');
});

test('the day on which the public alone sees a change is no revision to anybody else, and check holds both standings', async () => {
  const db = join(folder, 'days.db');
  const on = async (day, work) => {
    const daily = await startServer({db, args: ['--today', day, '--public-read'], env: unlimited});
    try { return await work(daily); } finally { await daily.stop(); }
  };
  const look = async (daily) => Promise.all([nobody, {}].map(async (options) => (({status, revision}) => [status, revision])((await daily.get('/v1/agreements/old', options)).json)));
  await on('2026-05-01', async (daily) => {
    for (const slug of ['one', 'two']) await daily.put(`/v1/organizations/${slug}`, {name: slug, visibility: 'public'}, {status: 201});
    await daily.put('/v1/agreements/old', {title: 'old', ...terms}, {status: 201});
    await daily.put('/v1/agreements/new', {title: 'new', ...terms, visibility: 'internal', effective_on: '2026-06-01', ...supersedes('old')}, {status: 201});
    assert.deepEqual((await daily.get('/v1/agreements/old', nobody)).json.next_change, {on: '2027-01-01', status: 'expired'});
  });
  assert.deepEqual(await on('2026-05-31', look), [['in_force', 1], ['in_force', 2]]);
  assert.deepEqual(await on('2026-06-01', look), [['in_force', 1], ['superseded', 3]]);
  assert.deepEqual(await on('2027-01-01', look), [['expired', 2], ['superseded', 3]]);
  assert.deepEqual(await on('2026-05-31', look), [['in_force', 3], ['in_force', 4]]);
  const check = (path) => run(['check', '--db', path, '--today', '2026-05-31']);
  assert.equal((await check(db)).code, 0);
  const bytes = readFileSync(db, 'latin1'), damaged = join(folder, 'damaged.db');
  assert.ok(bytes.includes('"on":"2027-01-01","status":"expired"'), 'what the public is shown is in the file, not in a log beside it');
  writeFileSync(damaged, bytes.replaceAll('"on":"2027-01-01","status":"expired"', '"on":"2027-01-02","status":"expired"'), 'latin1');
  const {code, stdout} = await check(damaged);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /standings +WRONG\nagreement agr_\w+ \(old\): the public is shown another standing than follows from what is public/);
});
