// Agreements as calendars: what a reader of calendars makes of them is what a plain model makes of the documents. (Feed tokens, by which
// calendar programs come: feeds.test.js.)
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {dayAfter, daysOf, expectedDays, halfYearBefore, readCalendar} from './lib/calendar.js';
import * as generate from './lib/generate.js';
import {everything} from './lib/pages.js';
import {startServer} from './lib/server.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const nobody = {role: null};
let server;
const put = (slug, body, status = 201) => server.put(`/v1/agreements/${slug}`, {title: slug, stage: 'concluded', parties: ['one', 'two'], ...body}, {status});
const calendar = async (query = '', options = {}) => readCalendar(await server.get(`/v1/agreements?format=ics${query}`, {status: 200, ...options}));

before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read', '--address-requests', '0']});
  for (const slug of ['one', 'two']) await server.put(`/v1/organizations/${slug}`, {name: slug, visibility: 'public'}, {status: 201});
  for (let index = 0; index < 150; index++) {
    await put(`a${index}`, {...generate.sample(generate.agreement({organizations: ['one', 'two'], areas: []}), SEED + index), slug: `a${index}`, stage: 'concluded'});
  }
  await put('far', {effective_on: '2020-01-01', ends_on: '9999-12-31', notice: {days: 1}, visibility: 'public'});
  await put('late', {effective_on: '2020-01-01', ends_on: '2999-12-31', notice: {days: 1}});
  await put('leaping', {effective_on: '2020-02-29', ends_on: '2028-08-31', notice: {months: 6}, visibility: 'internal'});
  await put('short', {effective_on: '2026-04-01', ends_on: '2026-06-30'});
  await put('open', {effective_on: '2020-01-01', open_ended: true});
  await put('coming', {effective_on: '2027-01-01', ends_on: '2029-01-01'});
  await put('over', {effective_on: '2020-01-01', ends_on: '2021-01-01'});
  await put('draft', {stage: 'proposed', effective_on: '2020-01-01', ends_on: '2029-01-01'});
  await put('ended', {effective_on: '2020-01-01', ends_on: '2029-01-01', termination: {effective_on: '2026-01-01'}});
  await put('resting', {effective_on: '2020-01-01', ends_on: '2029-01-01', suspensions: [{from: '2026'}]});
});
after(() => server.stop());

test(`a calendar has the events that the documents of its agreements ask for, to any caller, by any filter (ENTENTE_SEED=${SEED})`, async () => {
  for (const query of ['', '&status=in_force', '&party=one&sort=-period_ends_on', '&visibility=public&flag=expiring', '&slug=none', '&period_ends_on__lt=2030-01-01&sort=title']) {
    for (const caller of [{role: 'reader'}, nobody]) {
      const documents = await everything(server, `/v1/agreements?limit=500${query}`, caller);
      const {events} = await calendar(query, caller);
      assert.deepEqual(events.map(({uid, day}) => [uid, day]), Object.entries(expectedDays(documents)), query);
      const byId = new Map(documents.map((each) => [each.id, each]));
      for (const event of events) {
        const {title, revision, updated_at: updated, parties, slug} = byId.get(event.uid.replace(/-\w+$/, ''));
        assert.equal(event.until, dayAfter(event.day), 'the end is the day after');
        assert.equal(event.sequence, revision);
        assert.equal(event.modified, `${updated.slice(0, 19)}Z`);
        assert.equal(event.summary.replace(/^(Review|Last day of notice|End of term): /, ''), title.replace(/[\x00-\x1f\x7f]/g, ' '));
        for (const {organization} of parties.slice(0, 20)) assert.ok(event.description.includes(organization.name));
        assert.ok(event.description.endsWith(`/v1/agreements/${slug}`));
      }
    }
  }
});

test('what is not in force or suspended, or has no end, has no events', async () => {
  const {events} = await calendar('&slug=open&slug=coming&slug=over&slug=draft&slug=ended&slug=resting&slug=short');
  const ids = Object.fromEntries((await everything(server, '/v1/agreements?limit=500')).map(({id, slug}) => [id, slug]));
  assert.deepEqual(events.map(({uid, day}) => [ids[uid.slice(0, -uid.split('-')[1].length - 1)], day]),
    [['short', '2026-06-30'], ['resting', '2028-07-01'], ['resting', '2029-01-01']]);
});

test('each kind of event says what it is and rings at nine in the morning some days before', async () => {
  const {events} = await calendar('&slug=leaping');
  assert.deepEqual(events.map(({summary, day, alarms}) => [summary, day, alarms]), [
    ['Review: leaping', '2028-02-29', [-7 * 24 + 9]],
    ['Last day of notice: leaping', '2028-02-29', [-30 * 24 + 9, -7 * 24 + 9]],
    ['End of term: leaping', '2028-08-31', [-30 * 24 + 9]],
  ]);
  for (const {description} of events) assert.match(description, /\nLast day of notice: 2028-02-29, for the end on 2028-08-31\n/);
});

test('the model takes half a year off as people do', () => {
  assert.deepEqual(['2028-08-31', '2027-08-31', '2026-08-28', '2026-05-31', '2026-06-30', '2026-12-31'].map(halfYearBefore),
    ['2028-02-29', '2027-02-28', '2026-02-28', '2025-11-30', '2025-12-30', '2026-06-30']);
});

test('a title of any characters and length comes out of a calendar as it went in', async () => {
  const titles = ['a,b;c\\d"e":f', 'line\nbreaks\r\nin it', '\\n is not a line break', 'END:VEVENT', 'BEGIN:VALARM\nTRIGGER:-P1D', '創'.repeat(500), '𠮷'.repeat(500),
    '👩‍👩‍👧'.repeat(62), ...Array.from({length: 80}, (_, i) => `${'-'.repeat(i)}${'é創𠮷'.repeat(100)}`), 'tab\there', '\u200dx \u2069', ';', ',,,', '=cmd|x', '<b>&amp;</b>'];
  for (const [index, title] of titles.entries()) await put(`title-${index}`, {title, effective_on: '2026-01-01', ends_on: '2026-05-31', tags: ['titles']});
  const {events} = await calendar('&tag=titles');
  assert.deepEqual(events.map(({summary}) => summary), titles.map((title) => `End of term: ${generate.tidy(title)}`));
  assert.ok(events.every(({description}, index) => description.startsWith(`${generate.tidy(titles[index])}\nParties: one; two\n`)));
});

test('owner, notes and signatories are in no calendar', async () => {
  await put('private', {effective_on: '2026-01-01', ends_on: '2028-01-01', owner: 'lilo-owner', notes: 'lilo-notes', summary: 'lilo-summary',
    parties: ['two', {organization: 'one', signatories: [{name: 'lilo-signatory', title: 'lilo-office'}]}]});
  const answer = await server.get('/v1/agreements?format=ics&slug=private', {status: 200});
  assert.equal(readCalendar(answer).events.length, 2);
  assert.doesNotMatch(answer.text, /lilo/); // no id has these letters
});

test('`limit` is how many agreements with events come, in the order of the list', async () => {
  const documents = (await everything(server, '/v1/agreements?limit=500&sort=-title')).filter(({period}) => period?.ends_on);
  for (const limit of [1, 5]) {
    assert.deepEqual(daysOf(await calendar(`&sort=-title&limit=${limit}`)), expectedDays(documents.slice(0, limit)));
  }
});

test('Accept asks for a calendar too, of agreements alone', async () => {
  const type = async (accept, path = 'agreements') => (await server.get(`/v1/${path}?limit=1`, {status: 200, headers: {accept}})).headers['content-type'];
  assert.equal(await type('text/calendar'), 'text/calendar; charset=utf-8');
  assert.equal(await type('text/calendar, application/json;q=0.5'), 'text/calendar; charset=utf-8');
  assert.equal(await type('text/calendar;q=0.5, application/json'), 'application/json; charset=utf-8');
  assert.equal(await type('text/*'), 'text/csv; charset=utf-8');
  for (const path of ['organizations', 'areas']) {
    assert.equal(await type('text/calendar, application/json;q=0.5', path), 'application/json; charset=utf-8');
    await server.get(`/v1/${path}`, {status: 406, headers: {accept: 'text/calendar'}});
    const refused = await server.get(`/v1/${path}?format=ics`, {status: 400});
    assert.match(refused.json.errors[0].message, /json, ndjson, csv/);
  }
});

test('what is for pages or documents is refused of a calendar, all at once', async () => {
  const {json} = await server.get('/v1/agreements?format=ics&fields=title&total=true&cursor=x', {status: 400});
  assert.deepEqual(json.errors.map(({parameter, code}) => [parameter, code]), [['fields', 'contradiction'], ['total', 'contradiction'], ['cursor', 'contradiction']]);
});

test('a calendar says under which name to save it, has a tag that a write changes, and nothing for HEAD', async () => {
  const path = '/v1/agreements?format=ics&status=in_force';
  const first = await server.get(path, {status: 200});
  assert.equal(first.headers['content-disposition'], 'attachment; filename="agreements-2026-05-01.ics"');
  await server.get(path, {status: 304, headers: {'if-none-match': first.etag}});
  assert.equal((await server.head(path, {status: 200})).etag, first.etag);
  assert.notEqual((await server.get(`${path}&limit=2`)).etag, first.etag);
  await put('tagged', {effective_on: '2026-01-01', ends_on: '2028-01-01'});
  const second = await server.get(path, {status: 200, headers: {'if-none-match': first.etag}});
  assert.notEqual(second.text, first.text);
  assert.equal((await server.get(path)).text, second.text, 'the same state gives the same bytes');
});

test('a renewal by hand moves the event of the end, and it stays the same event', async () => {
  await put('moved', {effective_on: '2026-01-01', ends_on: '2028-01-01'});
  const [first] = (await calendar('&slug=moved')).events.slice(-1);
  await server.patch('/v1/agreements/moved', {extensions: [{ends_on: '2030-01-01'}]}, {status: 200});
  const [second] = (await calendar('&slug=moved')).events.slice(-1);
  assert.deepEqual([first.uid, first.day, second.uid, second.day], [first.uid, '2028-01-01', first.uid, '2030-01-01']);
  assert.ok(second.sequence > first.sequence && second.modified >= first.modified);
});
