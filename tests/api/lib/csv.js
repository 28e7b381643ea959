// Reads CSV as the contract describes it (components/schemas/Csv), with other eyes than the program.
import assert from 'node:assert/strict';
import {resolve} from './contract.js';

// Rows of cells {text, bare}. Nothing but RFC 4180 is taken.
export function readCells(text) {
  assert.ok(text.startsWith('\ufeff'), 'it begins with a byte order mark');
  assert.ok(text.endsWith('\r\n'), 'the last line ends');
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  cell.lastIndex = 1;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    assert.ok(found, `a cell that cannot be read: ${text.slice(at, at + 80)}`);
    rows.at(-1).push({text: found[1]?.replaceAll('""', '"') ?? found[2], bare: found[1] === undefined});
    if (found[3] !== ',') rows.push([]);
  }
  rows.pop();
  for (const row of rows) assert.equal(row.length, rows[0].length, 'every line has every column');
  return rows;
}

const defused = /^'(?=['=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/;

function readValue(schema, {text, bare}) {
  if (bare && text === '') return null;
  const types = [schema.type].flat();
  if (schema['x-reference']) return text;
  if (types.includes('array')) return JSON.parse(text);
  if (types.includes('integer')) return Number(text);
  if (types.includes('boolean')) return {true: true, false: false}[text];
  return text.replace(defused, '');
}

// {column: schema} of a resource's schema, objects' members with a dot.
export function columnsOf(schema, prefix = '') {
  return Object.fromEntries(Object.entries(schema.properties).flatMap(([name, declared]) => {
    const member = resolve(declared);
    const spread = member.properties && !member['x-reference'];
    return spread ? Object.entries(columnsOf(member, `${prefix}${name}.`)) : [[prefix + name, member]];
  }));
}

// The schema of what callers without a token get as CSV: there are no columns of internal members.
export const openSchema = (schema) => ({...schema,
  properties: Object.fromEntries(Object.entries(schema.properties).filter(([, member]) => !resolve(member)['x-internal']))});

// The records, as an import takes them: references are slugs, an object without any value is null.
export function readRecords(text, schema) {
  const [header, ...rows] = readCells(text);
  const columns = columnsOf(schema);
  assert.deepEqual(header.map((cell) => cell.text), Object.keys(columns), 'the columns are those of the contract');
  return rows.map((row) => {
    const record = {};
    for (const [index, [name, member]] of Object.entries(columns).entries()) {
      const [first, second] = name.split('.');
      const value = readValue(member, row[index]);
      if (second === undefined) record[first] = value;
      else if (value !== null) record[first] = {...record[first], [second]: value};
      else record[first] ??= null;
    }
    return record;
  });
}

// What the record in a CSV should be, made of the document: references as slugs, nulls of objects left out.
export function asRow(document, schema) {
  return Object.fromEntries(Object.entries(document).filter(([name]) => schema.properties[name]).map(([name, value]) => {
    const member = resolve(schema.properties[name]);
    if (value === null || Array.isArray(value) || typeof value !== 'object') return [name, value];
    if (member['x-reference']) return [name, value.slug];
    return [name, Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null))];
  }));
}
