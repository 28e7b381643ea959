// What a list's parameters mean, said once more from the contract: which filters there are, and a plain test of a document for each.
import {resolve} from './contract.js';

const bytes = (text) => Buffer.from(text, 'utf8');
export const compare = (a, b) => (typeof a === 'number' ? a - b : Buffer.compare(bytes(a), bytes(b)));

// By what names are in order, for the letters of which the tests make names.
function nameKey(name, names) {
  const reading = names.find((each) => /^ja-(Kana|Hira)/.test(each.lang ?? '') && each.kind !== 'former')?.value;
  const spoken = reading !== undefined && /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u.test(name) ? reading : name;
  const variants = {ß: 'ss', ı: 'i', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', 臺: '台', 灣: '湾', 國: '国', 學: '学'};
  let letters = spoken.normalize('NFKC').toLowerCase().replace(/\p{Cf}/gu, '').replace(/[ßıæœøł臺灣國學]/g, (each) => variants[each])
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(/[ぁぃぅぇぉっゃゅょゎ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 1))
    .normalize('NFD').replace(/[\u0300-\u036f\u3099\u309a]/g, '').normalize('NFC');
  const word = '[[\\p{L}\\p{N}]--[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー]]';
  letters = letters.replace(new RegExp(`(?<=${word})(?<!(?<!${word})[cdjlmnst](?=['][aeiouhy0-9]))['](?=${word})`, 'gv'), '');
  for (const [vowel, row] of Object.entries({あ: 'あかさたなはまやらわ', い: 'いきしちにひみり', う: 'うくすつぬふむゆる', え: 'えけせてねへめれ', お: 'おこそとのほもよろを'})) {
    letters = letters.replace(new RegExp(`([${row}])(ー+)`, 'g'), (all, kana, marks) => kana + vowel.repeat(marks.length));
  }
  return `${letters.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ').trim()}\x01${name}`;
}

const kindsOf = (schema) => [schema.type ?? []].flat().filter((each) => each !== 'null');
const isScalar = (schema) => schema['x-reference'] || (kindsOf(schema).length > 0 && !kindsOf(schema).some((each) => ['array', 'object'].includes(each)));

// {name, list, schema, values(document)}: `list` says that a document may have several values, or none.
function filtersIn(schema, prefix, find, list) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, declared]) => {
    const member = resolve(declared);
    const values = (document) => find(document).map((each) => each?.[name] ?? null);
    const own = member['x-filter'];
    if (member.items) {
      const item = resolve(member.items);
      const inside = (document) => find(document).flatMap((each) => each?.[name] ?? []);
      return member['x-table'] ? [
        ...(own ? [{name: own === true ? name : own, list: true, schema: item, values: inside}] : []),
        ...filtersIn(item, '', inside, true),
      ] : [];
    }
    if (isScalar(member)) {
      if (own === false || (list && !own)) return [];
      const filter = {name: typeof own === 'string' ? own : prefix + name, list, schema: member, values};
      if (member['x-filter-kind']) filter.kinds = (document) => find(document).map((each) => each[member['x-filter-kind']]);
      return [filter];
    }
    return member.properties ? filtersIn(member, `${prefix}${name}_`, values, list) : [];
  });
}

export const filtersOf = (schema) => filtersIn(schema, '', (document) => [document], false);

export function operatorsOf({list, schema}) {
  const nullable = [schema.type].flat().includes('null') || list;
  const ordered = !list && !schema['x-reference'] && !schema.enum && !kindsOf(schema).includes('boolean');
  return ['', 'ne', ...(ordered ? ['lt', 'lte', 'gt', 'gte'] : []), ...(nullable ? ['isnull'] : [])];
}

const plain = (value) => (value !== null && typeof value === 'object' ? value.id : value);

// The first and the last day that a partial date stands for.
const first = (date) => `${date}-01-01`.slice(0, 10);
function last(date) {
  if (date.length === 10) return date;
  const [year, month = '12'] = date.split('-');
  const end = new Date(0);
  end.setUTCFullYear(Number(year), Number(month), 0);
  return `${year}-${month}-${String(end.getUTCDate()).padStart(2, '0')}`;
}

function bounded(schema, operator, value, bound) {
  if (['date', 'partial-date'].includes(schema.format)) {
    return {
      lt: () => last(value) < first(bound), lte: () => last(value) <= last(bound),
      gt: () => first(value) > last(bound), gte: () => first(value) >= first(bound),
    }[operator]();
  }
  const order = schema.format === 'date-time' ? Date.parse(value) - Date.parse(bound) : compare(value, typeof value === 'number' ? Number(bound) : bound);
  return {lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0}[operator];
}

// Whether the document fits `filter` asked with `operator` for these texts; references are ids.
export function fits(filter, operator, wanted, document) {
  const values = filter.values(document).map(plain).filter((each) => each !== null);
  const written = values.map((each, i) => [String(each), ...(filter.kinds ? [`${filter.kinds(document)[i]}:${each}`] : [])]);
  const any = written.some((forms) => forms.some((each) => wanted.includes(each)));
  switch (operator) {
    case '': return any;
    case 'ne': return !any;
    case 'isnull': return (values.length === 0) === (wanted[0] === 'true');
    default: return values.some((each) => bounded(filter.schema, operator, each, wanted[0]));
  }
}

// The documents in the order of `sort` ("ends_on", "-ends_on", "" for the order of their making), which `value` finds.
export function inOrder(documents, sort, value) {
  const direction = sort.startsWith('-') ? -1 : 1, key = sort.replace('-', '');
  const orderOf = ['name', 'title'].includes(key) ? (each) => nameKey(each[key], each.names ?? each.titles) : value;
  const values = new Map(documents.map((each) => [each, orderOf(each)]));
  return [...documents].sort((a, b) => {
    const [x, y] = [values.get(a), values.get(b)];
    if ((x === null) !== (y === null)) return x === null ? 1 : -1;
    return direction * ((x === null ? 0 : compare(x, y)) || compare(a.id, b.id));
  });
}
