// Arbitrary records, as fast-check arbitraries: bodies that the contract and the domain's rules both take. References are drawn from
// the slugs that the caller gives. `valid` here means: POST answers 201.
import fc from 'fast-check';
import {resource, resolve} from './contract.js';

const letters = ['a', 'B', 'z', '0', '9', ' ', '-', '.', '"', '\\', '/', '&', '<', "'", '%', '+', 'é', 'ß', 'ı', 'か', 'カ', 'ー', '工', '業', '院',
  '臺', '湾', '　', '（', '１', '가', 'ب', 'ñ', 'е', '𠮷', '🤝', '\u0301', '\u200d'];

// The form in which a text is kept, said once more: no white space or invisible characters at its ends, one space inside; of one
// with lines, the line breaks of a run instead. What closes a direction stays where something inside opens one.
const edge = '[\\s\\x85\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]';
export function tidy(value, lines = false) {
  const start = value.replace(new RegExp(`^${edge}+`, 'u'), '');
  let end = start.replace(new RegExp(`${edge}+$`, 'u'), '');
  const opened = start.search(/[\u202a\u202b\u202d\u202e\u2066-\u2068]/u);
  const closed = Math.max(start.lastIndexOf('\u202c'), start.lastIndexOf('\u2069'));
  if (opened >= 0 && closed > opened && closed >= end.length) end = start.slice(0, closed + 1);
  return end.replace(/[^\S\ufeff]+|[\s\x85]*\x85[\s\x85]*/gu, (run) => {
    const breaks = run.match(/\r\n|[\n\v\f\r\x85\u2028\u2029]/gu) ?? [];
    return lines && breaks.length > 0 ? '\n'.repeat(breaks.length) : ' ';
  });
}

export const text = (maxLength = 40) => fc.array(fc.constantFrom(...letters), {minLength: 1, maxLength}).map((all) => tidy(all.join(''))).filter((all) => /[^\p{Z}\p{C}]/u.test(all));
export const paragraph = fc.array(fc.constantFrom(...letters, '\n', '\t'), {minLength: 1, maxLength: 200}).map((all) => tidy(all.join(''), true) || 'a');
export const maybe = (arbitrary) => fc.option(arbitrary, {nil: null, freq: 3});
export const oneOf = (member, path) => fc.constantFrom(...resolve(resource(path).schema.properties[member]).enum);

const two = (number) => String(number).padStart(2, '0');
export const day = fc.record({year: fc.integer({min: 1990, max: 2050}), month: fc.integer({min: 1, max: 12}), day: fc.integer({min: 1, max: 28})})
  .map((at) => `${at.year}-${two(at.month)}-${two(at.day)}`);
export const partialDate = fc.oneof({weight: 3, arbitrary: day}, day.map((at) => at.slice(0, 7)), day.map((at) => at.slice(0, 4)));

export const slug = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
const language = fc.constantFrom(null, 'ja', 'ja-Kana', 'ja-Latn', 'zh-Hant', 'en');
const names = fc.array(fc.record({value: text(), lang: language, kind: fc.constantFrom('label', 'alias', 'acronym', 'former')}), {maxLength: 3});
const tags = fc.uniqueArray(fc.constantFrom('a', 'b', '創薬', 'x y', 'A'), {maxLength: 3});
const uri = fc.constantFrom('https://example.org/', 'http://example.org/a?b=c#d', 'https://example.org/%E5%89%B5%E8%96%AC');
const sources = fc.array(fc.record({url: maybe(uri), title: maybe(text()), published_on: maybe(partialDate)}), {maxLength: 2});
const visibility = fc.constantFrom('public', 'internal');

// Values whose check digits are right.
export const identifiers = [
  {scheme: 'ror', value: '05szzwt63'},
  {scheme: 'lei', value: '5493006MHB84DD0ZWV18'},
  {scheme: 'isni', value: '0000000121032683'},
  {scheme: 'wikidata', value: 'Q42'},
  {scheme: 'jp_corporate_number', value: '7000012050002'},
  {scheme: 'tw_unified_number', value: '04595257'},
  {scheme: 'other', value: 'anything'},
];

// Others of each scheme, each of them given once: no two organizations may have the same.
let given = Math.floor(Math.random() * 2 ** 28);
const digits = (count) => String(given++).padStart(count, '0');
const base32 = (number) => [...Array(6).keys()].map((at) => '0123456789abcdefghjkmnpqrstvwxyz'[Math.floor(number / 32 ** (5 - at)) % 32]).join('');
const remainder97 = (text) => Number([...text].map((each) => parseInt(each, 36)).join('').match(/\d{1,9}/g).reduce((rest, part) => String(BigInt(rest + part) % 97n), ''));
const makers = {
  ror: () => { const number = given++; return `0${base32(number)}${String(98 - number * 100 % 97).padStart(2, '0')}`; },
  lei: () => { const text = `ENTENTE0${digits(10)}`; return `${text}${String(98 - remainder97(`${text}00`)).padStart(2, '0')}`; },
  isni: () => { const text = digits(15), check = (12 - [...text].reduce((sum, digit) => (sum + Number(digit)) * 2 % 11, 0)) % 11; return `${text}${check === 10 ? 'X' : check}`; },
  wikidata: () => `Q${++given}`,
  jp_corporate_number: () => { const text = digits(12); return `${9 - [...text].reduce((sum, digit, at) => sum + digit * (at % 2 === 0 ? 2 : 1), 0) % 9}${text}`; },
  other: () => 'anything',
};
export const newIdentifier = (scheme) => ({scheme, value: makers[scheme]()});

// Some members are left out, as people do; what is left out has its default.
const partly = (members, required) => fc.record(members, {requiredKeys: required});
const ordered = (arbitrary, first, last) => arbitrary.filter((item) => !item[first] || !item[last] || item[first].slice(0, 4) <= item[last].slice(0, 4) - 1);

export const contact = ordered(fc.record({
  name: text(), title: maybe(text()), email: maybe(fc.constant('name@example.org')), phone: maybe(fc.constant('+81 3 0000')),
  from: maybe(partialDate), until: maybe(partialDate),
}), 'from', 'until');

const place = fc.constantFrom({}, {country: null}, {country: 'TW'}, {country: 'DE', region: null}, {country: 'JP', region: 'JP-14'}, {region: 'JP-13'});

const organizationMembers = partly({
  name: text(),
  names,
  kind: oneOf('kind', 'organizations'),
  status: oneOf('status', 'organizations'),
  city: maybe(text()),
  website: maybe(uri),
  established: maybe(partialDate),
  description: maybe(paragraph),
  identifiers: fc.uniqueArray(fc.constantFrom(...Object.keys(makers)), {maxLength: 2}).map((schemes) => schemes.map(newIdentifier)),
  contacts: fc.array(contact, {maxLength: 2}),
  tags,
  visibility,
  sources,
}, ['name']);
export const organization = fc.tuple(organizationMembers, place).map(([body, where]) => ({...body, ...where}));

export const area = partly({name: text(), names, description: maybe(paragraph), matches: fc.uniqueArray(uri, {maxLength: 2})}, ['name']);

const party = (organizations) => fc.record({
  organization: fc.constantFrom(...organizations),
  role: fc.constantFrom('party', 'host', 'funder', 'witness'),
  reference: maybe(text()),
  name_as_signed: maybe(text()),
  signed_on: maybe(partialDate),
  signatories: fc.array(fc.record({name: text(), title: maybe(text())}), {maxLength: 2}),
});

const term = fc.constantFrom(
  {},
  {open_ended: true},
  {term_months: 36, renewal: {kind: 'automatic', months: 12, max: null}, notice: {months: 3, days: null}},
  {term_months: 12, renewal: {kind: 'automatic', months: null, max: 2}, notice: {months: null, days: 30}},
  {term_months: 1, renewal: {kind: 'automatic', months: 1, max: null}},
  {term_months: 24, renewal: {kind: 'express', months: null, max: null}},
  {term_months: 6, renewal: {kind: 'none', months: null, max: null}},
  {ends_on: '2060-12-31', notice: {months: 6, days: null}},
  {ends_on: '2061', extensions: [{ends_on: '2062-06', agreed_on: null, note: null}], renewal: {kind: 'express', months: null, max: null}},
);

// With fewer than two organizations there are no parties, and so nothing is concluded.
export function agreement({organizations = [], areas = []} = {}) {
  const enough = organizations.length >= 2;
  const stages = ['proposed', 'negotiating', 'approved', 'signing', 'abandoned'];
  const members = {
    title: text(),
    titles: names,
    kind: oneOf('kind', 'agreements'),
    summary: maybe(paragraph),
    field: maybe(text()),
    stage: enough ? fc.constantFrom('concluded', 'concluded', ...stages) : fc.constantFrom(...stages),
    parties: enough
      ? fc.uniqueArray(party(organizations), {minLength: 2, maxLength: 3, selector: (each) => each.organization})
      : fc.constant([]),
    areas: areas.length === 0 ? fc.constant([]) : fc.uniqueArray(
      fc.record({area: fc.constantFrom(...areas), note: maybe(text())}), {maxLength: 2, selector: (each) => each.area}),
    announced_on: maybe(partialDate),
    concluded_on: maybe(partialDate),
    effective_on: maybe(partialDate),
    languages: fc.uniqueArray(fc.constantFrom('ja', 'en', 'zh-Hant'), {maxLength: 2}),
    documents: fc.array(fc.record({title: text(), kind: fc.constantFrom('signed', 'draft', 'other'), url: maybe(uri)}), {maxLength: 2}),
    events: fc.array(fc.record({on: partialDate, kind: fc.constantFrom('meeting', 'visit'), title: maybe(text())}), {maxLength: 3}),
    owner: maybe(text()),
    tags,
    visibility,
    notes: maybe(paragraph),
    sources,
  };
  return fc.tuple(partly(members, ['title', 'stage', 'parties']), term).map(([body, terms]) => ({...body, ...terms}));
}

// The same seed gives the same values: one value, outside of a property.
export function sample(arbitrary, seed) {
  return fc.sample(arbitrary, {numRuns: 1, seed})[0];
}
