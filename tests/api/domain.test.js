// The domain's rules over HTTP: what is refused, and how an agreement stands on a day.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {identifiers, newIdentifier} from './lib/generate.js';
import {startServer} from './lib/server.js';

let server;
before(async () => {
  server = await startServer({args: ['--today', '2026-05-01']});
  for (const slug of ['one', 'two', 'three']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
});
after(() => server.stop());

const parties = ['one', 'two'];
const concluded = (more) => ({title: 'T', stage: 'concluded', parties, ...more});
const faults = (answer) => answer.json.errors.map((each) => [each.pointer, each.code]);
const make = async (body) => (await server.post('/v1/agreements', body, {status: 201})).json;
const refused = async (path, body) => faults(await server.post(path, body, {status: 422}));

test('a concluded agreement has two parties of different organizations; an earlier stage need not', async () => {
  for (const some of [[], ['one'], ['one', {organization: 'one', role: 'host'}]]) {
    assert.deepEqual(await refused('/v1/agreements', concluded({parties: some})), [['/parties', 'too_few']]);
    await make({title: 'T', stage: 'signing', parties: some});
  }
  const early = await make({title: 'T', parties: ['one']});
  assert.equal((await server.patch(`/v1/agreements/${early.id}`, {stage: 'concluded'}, {status: 422})).json.errors[0].code, 'too_few');
  await server.patch(`/v1/agreements/${early.id}`, {stage: 'concluded', parties}, {status: 200});
});

test('the stage is concluded when a conclusion is given, else proposed, and may go anywhere', async () => {
  assert.equal((await make({title: 'T'})).stage, 'proposed');
  const made = await make({title: 'T', concluded_on: '2026-04', parties});
  assert.equal(made.stage, 'concluded');
  for (const stage of ['abandoned', 'signing', 'concluded', 'proposed', 'negotiating', 'approved']) {
    const answer = await server.patch(`/v1/agreements/${made.id}`, {stage}, {status: 200});
    assert.equal(answer.json.status, stage === 'concluded' ? 'in_force' : stage);
  }
});

test('the order of the parties is kept, and one organization is not twice in one role', async () => {
  const order = ['three', 'one', 'two'];
  assert.deepEqual((await make(concluded({parties: order}))).parties.map((each) => each.organization.slug), order);
  assert.deepEqual(await refused('/v1/agreements', concluded({parties: ['one', 'two', 'one']})), [['/parties/2', 'duplicate']]);
});

test('check digits are verified', async () => {
  for (const identifier of identifiers) {
    await server.post('/v1/organizations', {name: 'N', identifiers: [identifier]}, {status: 201});
    if (!['other', 'wikidata'].includes(identifier.scheme)) {
      const last = identifier.value.at(-1);
      const wrong = {...identifier, value: identifier.value.slice(0, -1) + (last === '3' ? '4' : '3')};
      assert.deepEqual(await refused('/v1/organizations', {name: 'N', identifiers: [wrong]}), [['/identifiers/0/value', 'identifier']]);
    }
  }
  const twice = newIdentifier('ror');
  assert.deepEqual(await refused('/v1/organizations', {name: 'N', identifiers: [twice, twice]}), [['/identifiers/1', 'duplicate']]);
});

test('partial dates are kept as they were written, and days that never were are refused', async () => {
  for (const date of ['2019', '2019-07', '2024-02-29']) {
    assert.equal((await make(concluded({concluded_on: date}))).concluded_on, date);
  }
  for (const date of ['2026-02-30', '2026-13', '2025-02-29', '2026-1', '2026/01', '20260101', '2026-01-01T00:00:00Z', '0000', '99']) {
    assert.deepEqual(await refused('/v1/agreements', {title: 'T', concluded_on: date, parties}), [['/concluded_on', 'format']], date);
  }
});

test('terms that contradict each other are refused, all at once', async () => {
  const start = {effective_on: '2026-01-01'};
  const contradictions = [
    [{open_ended: true, ends_on: '2030'}, ['/open_ended']],
    [{open_ended: true, term_months: 3}, ['/open_ended']],
    [{...start, ends_on: '2025-12-31'}, ['/ends_on']],
    [{...start, ends_on: '2026-12-30', term_months: 12}, ['/term_months']],
    [{notice: {months: 1, days: 1}}, ['/notice']],
    [{...start, termination: {effective_on: '2025'}}, ['/termination/effective_on']],
    [{suspensions: [{from: '2026-02', until: '2026-01-31'}]}, ['/suspensions/0/until']],
    [{...start, ends_on: '2025', notice: {months: 1, days: 1}, suspensions: [{from: '2026-02', until: '2025'}]}, ['/ends_on', '/notice', '/suspensions/0/until']],
  ];
  for (const [terms, pointers] of contradictions) {
    assert.deepEqual((await refused('/v1/agreements', concluded(terms))).map(([pointer]) => pointer).sort(), pointers, JSON.stringify(terms));
  }
  await make(concluded({...start, ends_on: '2026-12-31', term_months: 12}));
  await make(concluded({...start, ends_on: '2026', term_months: 12}));
  await make(concluded({effective_on: '2026-06-15', ends_on: '2026-06'}));
});

test('a region lies in its country, and what is from comes before what is until', async () => {
  assert.deepEqual(await refused('/v1/organizations', {name: 'N', country: 'TW', region: 'JP-14'}), [['/region', 'contradiction']]);
  assert.deepEqual(await refused('/v1/organizations', {name: 'N', contacts: [{name: 'C', from: '2021', until: '2020'}]}), [['/contacts/0/until', 'order']]);
});

// The table of the domain's hard cases: [what is given, [day, what must be] …].
const cases = {
  'an automatic renewal with notice in months': [{ends_on: '2025-08-28', renewal: {kind: 'automatic', months: 12}, notice: {months: 2}, effective_on: '2024-08-29'},
    ['2026-02-11', {status: 'in_force', ends_on: '2026-08-28', notice_on: '2026-06-28'}]],
  'a first period of three years, renewed by one': [{effective_on: '2020-08-01', term_months: 36, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}},
    ['2023-10-31', {status: 'in_force', starts_on: '2023-08-01', ends_on: '2024-07-31', notice_on: '2024-04-30'}]],
  'notice is reckoned from the current period': [{effective_on: '2018-09-27', term_months: 36, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}},
    ['2019-06-07', {status: 'in_force', ends_on: '2021-09-26', notice_on: '2021-06-26'}]],
  'a renewal is not another first term': [{effective_on: '2015-01-01', term_months: 60, renewal: {kind: 'automatic', months: 12}},
    ['2020-06-01', {status: 'in_force', number: 2, ends_on: '2020-12-31'}]],
  'the last of February comes back in a leap year': [{effective_on: '2023-03-01', ends_on: '2024-02-29', renewal: {kind: 'automatic', months: 12}},
    ['2027-06-01', {status: 'in_force', ends_on: '2028-02-29'}]],
  'the last day is inclusive': [{effective_on: '2024-01-01', ends_on: '2024-12-31', renewal: {kind: 'none'}},
    ['2024-12-31', {status: 'in_force'}], ['2025-01-01', {status: 'expired'}]],
  'what has no end does not expire': [{effective_on: '2020-01-01', open_ended: true, events: [{on: '2099-01-01'}]},
    ['2020-06-01', {status: 'in_force', flags: [], ends_on: null}], ['2100-01-01', {status: 'in_force', flags: [], ends_on: null}]],
  'a termination ends it on its day': [{effective_on: '2020-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12}, termination: {effective_on: '2026-03-31'}},
    ['2026-03-30', {status: 'in_force'}], ['2026-03-31', {status: 'terminated'}], ['2026-04-01', {status: 'terminated'}]],
  'a suspension rests it, both ends inclusive': [{effective_on: '2020-01-01', open_ended: true, suspensions: [{from: '2021-02-01', until: '2021-02'}]},
    ['2021-01-31', {status: 'in_force'}], ['2021-02-01', {status: 'suspended'}], ['2021-02-28', {status: 'suspended'}], ['2021-03-01', {status: 'in_force'}]],
  'a start in the future is signed': [{concluded_on: '2026-04-01', effective_on: '2026-07', open_ended: true},
    ['2026-06-30', {status: 'signed'}], ['2026-07-01', {status: 'in_force'}]],
  'an extension replaces the end': [{effective_on: '2020-01-01', ends_on: '2020-12-31', renewal: {kind: 'express'}, extensions: [{ends_on: '2022-06'}]},
    ['2022-06-30', {status: 'in_force', ends_on: '2022-06-30'}], ['2022-07-01', {status: 'expired'}]],
  'months are counted from the first end, without drift': [{effective_on: '2025-01-01', ends_on: '2025-01-31', renewal: {kind: 'automatic', months: 1}},
    ['2025-02-10', {ends_on: '2025-02-28'}], ['2025-03-10', {ends_on: '2025-03-31'}]],
  'renewals end at their maximum': [{effective_on: '2020-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12, max: 1}},
    ['2021-12-31', {status: 'in_force', number: 2}], ['2022-01-01', {status: 'expired'}]],
  'a renewal counts from the day after the first end': [{effective_on: '2024-04-01', ends_on: '2024-09-30', renewal: {kind: 'automatic', months: 6, max: 1}},
    ['2025-03-31', {status: 'in_force', ends_on: '2025-03-31'}], ['2025-04-01', {status: 'expired'}]],
  'an end in February comes back on its last day': [{effective_on: '2022-03-01', ends_on: '2023-02-28', renewal: {kind: 'automatic', months: 12}},
    ['2023-06-01', {ends_on: '2024-02-29'}]],
  'a termination that is known is the end before it comes': [{effective_on: '2020-01-01', ends_on: '2030-12-31', termination: {effective_on: '2026-06-15'}, events: [{on: '2025'}]},
    ['2026-02-11', {status: 'in_force', flags: ['expiring', 'ending'], ends_on: '2026-06-14', basis: 'termination', notice_on: null, next_change: {on: '2026-06-15', status: 'terminated'}}]],
  'an open suspension does not outlast the term': [{effective_on: '2020-01-01', ends_on: '2022-12-31', suspensions: [{from: '2022-06-01'}]},
    ['2022-12-01', {status: 'suspended', next_change: {on: '2023-01-01', status: 'expired'}}], ['2026-02-11', {status: 'expired', next_change: null}]],
  'notice as long as the renewal is given in the period before': [{effective_on: '2024-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12}, notice: {months: 12}, events: [{on: '2025'}]},
    ['2025-11-15', {notice_on: '2025-12-31', notice_for: '2026-12-31'}],
    ['2026-10-15', {notice_on: '2026-12-31', notice_for: '2027-12-31', flags: ['notice_window', 'renewed']}]],
  'a notice in time ends it with its period': [{effective_on: '2024-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}, termination: {notice_on: '2026-01-15'}, events: [{on: '2025'}]},
    ['2026-08-01', {status: 'in_force', flags: ['expiring', 'ending', 'renewed'], ends_on: '2026-12-31', basis: 'notice', notice_on: null}], ['2027-01-01', {status: 'terminated'}]],
  'a notice that came too late ends it with the next period': [{effective_on: '2024-01-01', term_months: 12, renewal: {kind: 'automatic', months: 12}, notice: {months: 3}, termination: {notice_on: '2026-10-05'}},
    ['2027-06-01', {status: 'in_force', ends_on: '2027-12-31', basis: 'notice'}]],
  'months of notice at the end of a month': [{effective_on: '2020-01-01', ends_on: '2025-06-30', notice: {months: 3}},
    ['2025-02-01', {notice_on: '2025-03-31', notice_for: '2025-06-30'}], ['2025-04-01', {notice_on: null, notice_for: null}]],
  'notice of no days is the end itself': [{effective_on: '2025-01-01', ends_on: '2026-12-31', notice: {days: 0}},
    ['2026-12-31', {notice_on: '2026-12-31'}]],
  'the last signature begins it when nothing else does': [{parties: [{organization: 'one', signed_on: '2020-01-02'}, {organization: 'two', signed_on: '2020-01-05'}], open_ended: true},
    ['2020-01-04', {status: 'signed'}], ['2020-01-05', {status: 'in_force', starts_on: '2020-01-05'}]],
};

describe('the status on a day', () => {
  for (const [name, [terms, ...days]] of Object.entries(cases)) {
    test(name, async () => {
      const {id} = await make(concluded(terms));
      for (const [on, wanted] of days) {
        const answer = (await server.get(`/v1/agreements/${id}/status?on=${on}`, {status: 200})).json;
        const flat = {...answer.period, ...answer};
        assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, flat[key]])), wanted, on);
        assert.equal(answer.on, on);
      }
    });

    test(`${name}, as the stored members say on that very day`, async () => {
      for (const [on, wanted] of days.slice(0, 1)) {
        const then = await startServer({args: ['--today', on, '--insecure-no-auth']});
        try {
          for (const slug of parties) await then.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
          const made = (await then.post('/v1/agreements', concluded(terms), {status: 201})).json;
          const flat = {...made.period, ...made, ends_on: made.period?.ends_on ?? null};
          assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, flat[key]])), wanted);
          const now = (await then.get(`/v1/agreements/${made.id}/status`, {status: 200})).json;
          assert.equal(now.on, on);
          for (const member of ['status', 'flags', 'missing', 'period', 'notice_on', 'notice_for', 'next_change']) assert.deepEqual(now[member], made[member], member);
        } finally {
          await then.stop();
        }
      }
    });
  }

  test('what expired before its successor began stays expired', async () => {
    const old = await make(concluded({effective_on: '2010-04-01', ends_on: '2015-03-31'}));
    const renewed = await make(concluded({effective_on: '2019-01-01', open_ended: true}));
    await make(concluded({effective_on: '2022-01-01', open_ended: true, relations: [old, renewed].map(({id}) => ({type: 'supersedes', agreement: id}))}));
    const on = async ({id}, day) => (await server.get(`/v1/agreements/${id}/status?on=${day}`)).json;
    assert.equal((await on(old, '2023-01-01')).status, 'expired');
    assert.equal((await on(renewed, '2022-01-01')).status, 'superseded');
    const {period, flags} = await on(renewed, '2021-12-01');
    assert.deepEqual(period, {number: 1, starts_on: '2019-01-01', ends_on: '2021-12-31', basis: 'supersession'});
    assert.deepEqual(flags.filter((flag) => flag !== 'dormant'), ['expiring', 'ending']);
  });

  test('a known end is found by filters, in lists of what is ending, and in calendars', async () => {
    const tags = ['known-ends'];
    const late = await make(concluded({tags, effective_on: '2020-01-01', ends_on: '2030-12-31', termination: {effective_on: '2027-06-15'}}));
    const soon = await make(concluded({tags, effective_on: '2025-07-01', term_months: 12, renewal: {kind: 'automatic'}, notice: {months: 1}, termination: {notice_on: '2026-04'}}));
    await make(concluded({tags, effective_on: '2025-07-01', ends_on: '2031-12-31'}));
    const ids = async (query) => (await server.get(`/v1/agreements?tag=known-ends&${query}`, {status: 200})).json.items.map(({id}) => id);
    assert.deepEqual(await ids('period_ends_on__lte=2027-12-31&sort=period_ends_on'), [soon.id, late.id]);
    assert.deepEqual(await ids('flag=ending&sort=period_ends_on'), [soon.id, late.id]);
    assert.deepEqual(await ids('period_basis=notice'), [soon.id]);
    assert.deepEqual(await ids('notice_for__isnull=true'), (await ids('limit=9')));
    const {text} = await server.get(`/v1/agreements?format=ics&slug=${late.slug}`, {status: 200});
    assert.match(text, /DTSTART;VALUE=DATE:20270614\r\n[^]*SUMMARY:End of term/);
    assert.doesNotMatch(text, /2030/);
  });

  test('without any date it is unknown, and says what would decide', async () => {
    const made = await make(concluded({}));
    assert.equal(made.status, 'unknown');
    assert.deepEqual(made.missing, ['effective_on', 'concluded_on', 'parties[].signed_on']);
    assert.equal((await server.get(`/v1/agreements/${made.id}/status`)).json.rule, 'no_start');
  });

  test('without a known end it is in force, flagged, and says what would decide', async () => {
    const made = await make(concluded({concluded_on: '2026-04-01'}));
    assert.equal(made.status, 'in_force');
    assert.deepEqual(made.flags, ['end_unknown']);
    assert.deepEqual(made.missing, ['ends_on', 'term_months', 'open_ended']);
    assert.deepEqual(made.period, {number: 1, starts_on: '2026-04-01', ends_on: null, basis: 'end_unknown'});
  });

  test('flags say what deserves a look', async () => {
    const flagsOf = async (terms) => (await make(concluded(terms))).flags;
    assert.deepEqual(await flagsOf({effective_on: '2026-01-01', ends_on: '2026-10-28'}), ['expiring']);
    assert.deepEqual(await flagsOf({effective_on: '2026-01-01', ends_on: '2026-10-29'}), []);
    assert.deepEqual(await flagsOf({effective_on: '2025-06-01', ends_on: '2026-05-31', renewal: {kind: 'automatic'}, notice: {days: 10}}), ['notice_window']);
    assert.deepEqual(await flagsOf({effective_on: '2019-07', ends_on: '2030-12-31', events: [{on: '2025'}]}), ['partial_dates']);
    assert.deepEqual(await flagsOf({effective_on: '2019-07-01', ends_on: '2030-12-31'}), ['dormant']);
    assert.deepEqual(await flagsOf({effective_on: '2025-01-01', term_months: 12, renewal: {kind: 'automatic'}}), ['renewed']);
  });

  test('a day that is none, and an agreement that is not there, are refused', async () => {
    const {id} = await make(concluded({}));
    for (const on of ['2026', '2026-02-30', 'today', '']) await server.get(`/v1/agreements/${id}/status?on=${on}`, {status: 400});
    await server.get('/v1/agreements/none/status', {status: 404});
  });

  test('its tag holds until the agreement or the day is another', async () => {
    const {id} = await make(concluded({concluded_on: '2026-04-01'}));
    const at = `/v1/agreements/${id}/status`;
    const first = await server.get(`${at}?on=2026-05-01`);
    await server.get(`${at}?on=2026-05-01`, {status: 304, headers: {'if-none-match': first.etag}});
    const other = await server.get(`${at}?on=2026-05-02`, {status: 200, headers: {'if-none-match': first.etag}});
    assert.equal(other.json.on, '2026-05-02');
    await server.patch(`/v1/agreements/${id}`, {term_months: 1}, {status: 200});
    await server.get(`${at}?on=2026-05-01`, {status: 200, headers: {'if-none-match': first.etag}});
  });
});

test('a patch that takes away what there is not is refused wherever it stands, and changes nothing', async () => {
  const made = await make(concluded({notice: {months: 3}}));
  const refused = await server.patch(`/v1/agreements/${made.id}`, {notice: {monts: null}, kint: null}, {status: 422});
  assert.deepEqual(refused.json.errors.map((each) => each.pointer).sort(), ['/kint', '/notice/monts']);
  assert.equal((await server.get(`/v1/agreements/${made.id}`)).json.revision, made.revision);
  const taken = await server.patch(`/v1/agreements/${made.id}`, {notice: {months: null, days: 30}}, {status: 200});
  assert.deepEqual([taken.json.notice.months ?? null, taken.json.notice.days], [null, 30]);
});
