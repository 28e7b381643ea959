// Coverage against a plain closure. This model is written from the rules alone: an organization is covered by what it is party to, by what
// those above it and before it are party to, in any order and depth, each relation and party on the days for which it holds; and, each
// kind by itself, by what its units and those that came after it are party to.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31), TODAY = '2026-05-01';
const ORGANIZATIONS = 12, AREAS = 7, AGREEMENTS = 26, DAYS = 6;
let server;

before(async () => { server = await startServer({args: ['--today', TODAY, '--public-read', '--address-requests', '0']}); });
after(() => server.stop());

// -- partial dates ----------------------------------------------------------------------------------------------------------

const shifted = (day, days) => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const firstDay = (text) => `${text}-01-01`.slice(0, 10);

function lastDay(text) {
  if (text.length === 4) return `${text}-12-31`;
  if (text.length === 10) return text;
  let day = `${text}-28`;
  while (shifted(day, 1).startsWith(text)) day = shifted(day, 1);
  return day;
}

const holds = ({from, until}, day) => (!from || firstDay(from) <= day) && (!until || day <= lastDay(until));

// -- random registries --------------------------------------------------------------------------------------------------------

const someDate = (random) => shifted('2016-01-01', random.below(4500)).slice(0, random.pick([4, 7, 10]));

function someSpan(random) {
  const span = {};
  if (random.chance(0.4)) span.from = someDate(random);
  if (random.chance(0.4)) span.until = someDate(random);
  return span.from && span.until && lastDay(span.until) < firstDay(span.from) ? {from: span.from} : span;
}

// Parents come earlier in one order and predecessors in another: neither kind has a circle, both together may.
function someOrganizations(random, prefix) {
  const order = [], rest = [...Array(ORGANIZATIONS).keys()];
  while (rest.length > 0) order.push(...rest.splice(random.below(rest.length), 1));
  return Array.from({length: ORGANIZATIONS}, (_, i) => {
    const relations = [], place = order.indexOf(i);
    const relate = (type, other) => relations.push({type, organization: `${prefix}o${other}`, ...someSpan(random)});
    for (const parent of random.some([...Array(i).keys()], 2)) relate('parent', parent);
    if (place > 0 && random.chance(0.7)) relate('predecessor', order[random.below(place)]);
    if (random.chance(0.1)) relate('related', (i + 1) % ORGANIZATIONS);
    return {slug: `${prefix}o${i}`, name: `${prefix}o${i}`, visibility: random.chance(0.75) ? 'public' : 'internal', relations};
  });
}

function someAgreement(random, prefix, i) {
  const [one, two, three] = [random.below(ORGANIZATIONS), 1 + random.below(4), 1 + random.below(4)];
  const members = [one, one + two, one + two + three].slice(0, 2 + random.below(2)).map((each) => `${prefix}o${each % ORGANIZATIONS}`);
  const body = {
    slug: `${prefix}g${i}`, title: `${prefix}g${i}`, visibility: random.chance(0.75) ? 'public' : 'internal',
    stage: random.chance(0.9) ? 'concluded' : 'negotiating', concluded_on: shifted('2015-01-01', random.below(2500)), open_ended: false,
    parties: members.map((organization) => ({organization, role: random.pick(['party', 'party', 'host', 'funder', 'witness']),
      ...(random.chance(0.5) ? someSpan(random) : {})})),
    areas: random.some([...Array(AREAS).keys()], 2).map((area) => `${prefix}a${area}`),
  };
  if (random.chance(0.5)) body.open_ended = true;
  else body.ends_on = shifted(body.concluded_on, 300 + random.below(4000)).slice(0, random.pick([7, 10]));
  if (random.chance(0.2)) body.termination = {effective_on: shifted(body.concluded_on, 200 + random.below(3000))};
  if (random.chance(0.2)) {
    const from = shifted(body.concluded_on, random.below(2000));
    body.suspensions = [{from, ...(random.chance(0.5) ? {until: shifted(from, random.below(1500)).slice(0, random.pick([7, 10]))} : {})}];
  }
  return body;
}

async function makeRegistry(random, prefix) {
  const organizations = someOrganizations(random, prefix);
  const areas = Array.from({length: AREAS}, (_, i) => ({slug: `${prefix}a${i}`, name: `${prefix}a${i}`,
    parent: i > 0 && random.chance(0.7) ? `${prefix}a${random.below(i)}` : null}));
  const agreements = Array.from({length: AGREEMENTS}, (_, i) => someAgreement(random, prefix, i));
  const records = Object.entries({organizations, areas, agreements})
    .flatMap(([resource, list]) => list.map((each) => ({resource, ...each})));
  const lines = records.map((each) => JSON.stringify(each)).join('\n');
  await server.post('/v1/import', lines, {status: 200, headers: {'content-type': 'application/x-ndjson'}});
  return {organizations, areas, agreements};
}

// The days around those on which something begins or ends, and today.
function someDays(random, {organizations, agreements}) {
  const spans = [...organizations.flatMap(({relations}) => relations), ...agreements.flatMap(({parties}) => parties)];
  const starts = spans.filter(({from}) => from).map(({from}) => firstDay(from));
  const ends = spans.filter(({until}) => until).map(({until}) => lastDay(until));
  const edges = [...starts, ...starts.map((day) => shifted(day, -1)), ...ends, ...ends.map((day) => shifted(day, 1)), TODAY];
  const any = () => shifted('2016-01-01', random.below(4500));
  return [TODAY, ...Array.from({length: DAYS - 1}, () => (random.chance(0.7) ? random.pick(edges) : any()))];
}

// -- the model --------------------------------------------------------------------------------------------------------------------

function inForce(body, day) {
  return body.stage === 'concluded' && body.concluded_on <= day && (!body.ends_on || day <= lastDay(body.ends_on))
    && !(body.termination && body.termination.effective_on <= day) && !(body.suspensions ?? []).some((each) => holds(each, day));
}

// What a caller sees of a registry: [from, type, to] of each relation that holds on the day, told on both sides.
function stepsOn({organizations}, day, sees) {
  const inverse = {parent: 'child', predecessor: 'successor'};
  const seen = ({relations}) => relations.filter((each) => inverse[each.type] && holds(each, day) && sees(each.organization));
  return organizations.filter(({slug}) => sees(slug)).flatMap((one) => seen(one)
    .flatMap(({type, organization}) => [[one.slug, type, organization], [organization, inverse[type], one.slug]]));
}

function closure(steps, start, types) {
  const reached = new Set([start]);
  for (let size = 0; size < reached.size;) {
    size = reached.size;
    for (const [from, type, to] of steps) if (reached.has(from) && types.includes(type)) reached.add(to);
  }
  return reached;
}

const above = ({areas}, slug) => (slug === null ? [] : [slug, ...above({areas}, areas.find((each) => each.slug === slug).parent)]);
const partiesOn = ({parties}, day, sees) => parties.filter((each) => each.role !== 'witness' && holds(each, day) && sees(each.organization))
  .map(({organization}) => organization);

function expected(registry, {organization, area, day, open}) {
  const sees = (slug) => !open || registry.organizations.find((each) => each.slug === slug).visibility === 'public';
  const steps = stepsOn(registry, day, sees);
  const ways = [['parent', 'predecessor'], ['child'], ['successor']];
  const reached = new Set(ways.flatMap((types) => [...closure(steps, organization, types)]));
  const wider = above(registry, area);
  const agreements = registry.agreements.filter((each) => (!open || each.visibility === 'public') && inForce(each, day)
    && partiesOn(each, day, sees).some((party) => reached.has(party)) && (area === null || each.areas.some((one) => wider.includes(one))));
  return {sees, steps, wider, agreements};
}

// -- comparing ----------------------------------------------------------------------------------------------------------------------

const kinds = {child: 'unit', parent: 'parent', predecessor: 'successor', successor: 'successor'};

function holdPath(item, agreement, {organization, day}, {steps, sees}) {
  let at = organization;
  for (const {type, organization: next} of item.path) {
    assert.ok(steps.some(([from, kind, to]) => from === at && kind === type && to === next.slug), `${at} ${type} ${next.slug} holds`);
    at = next.slug;
  }
  assert.equal(at, item.organization.slug, 'the path leads to the party');
  assert.ok(partiesOn(agreement, day, sees).includes(at), 'which is one on the day');
  const used = new Set(item.path.map(({type}) => kinds[type]));
  assert.equal(item.via, used.size === 0 ? 'direct' : used.size === 1 ? [...used][0] : 'mixed');
  const passed = new Set([organization, ...item.path.map((each) => each.organization.slug)]);
  assert.equal(passed.size, item.path.length + 1, 'no organization comes twice');
  if (partiesOn(agreement, day, sees).includes(organization)) assert.equal(item.via, 'direct', 'nothing is nearer than itself');
}

function holdArea(item, agreement, {area}, {wider}) {
  if (area === null) return assert.deepEqual([item.area_via, item.area], [null, null]);
  assert.equal(item.area_via, agreement.areas.includes(area) ? 'direct' : 'broader');
  assert.ok(agreement.areas.includes(item.area.slug), 'it is an area of the agreement');
  return assert.ok(wider.includes(item.area.slug), 'and the one asked for or above it');
}

async function compare(registry, asked) {
  const query = new URLSearchParams({organization: asked.organization, on: asked.day, ...(asked.area ? {area: asked.area} : {})});
  const {json} = await server.get(`/v1/coverage?${query}`, {status: 200, ...(asked.open ? {role: null} : {})});
  const wanted = expected(registry, asked), said = json.agreements.map(({slug}) => slug);
  assert.deepEqual([...said].sort(), wanted.agreements.map(({slug}) => slug).sort());
  assert.equal(json.covered, wanted.agreements.length > 0);
  for (const item of json.agreements) {
    const agreement = registry.agreements.find(({slug}) => slug === item.slug);
    holdPath(item, agreement, asked, wanted);
    holdArea(item, agreement, asked, wanted);
  }
  return json.agreements;
}

for (let round = 0; round < 3; round++) {
  test(`coverage is the plain closure over random relations and days, round ${round}`, async (t) => {
    t.diagnostic(`ENTENTE_SEED=${SEED}`);
    const random = new Random(SEED + round), registry = await makeRegistry(random, `r${round}-`);
    const seen = {};
    for (const day of someDays(random, registry)) {
      for (const {slug: organization, visibility} of registry.organizations) {
        const open = visibility === 'public' && random.chance(0.4), area = random.chance(0.6) ? null : `r${round}-a${random.below(AREAS)}`;
        const asked = {organization, day, area, open};
        try {
          for (const {via} of await compare(registry, asked)) seen[via] = (seen[via] ?? 0) + 1;
        } catch (error) {
          error.message = `${JSON.stringify(asked)}: ${error.message}`;
          throw error;
        }
      }
    }
    t.diagnostic(JSON.stringify(seen));
    assert.ok(Object.keys(seen).length >= 3, 'most ways were taken');
  });
}
