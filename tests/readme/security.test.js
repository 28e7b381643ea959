// What SECURITY.md and the threat model promise is what the contract says and what tests hold.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {rolesTable} from '../api/lib/roles.js';
import {root} from './first-look.js';
import {readDocument} from './documents.js';

test('the table of who may do what in SECURITY.md is that of the contract', () => {
  const written = /<!-- roles -->\n([\s\S]*?)<!-- \/roles -->/.exec(readDocument('SECURITY.md'));
  const table = rolesTable();
  assert.equal(written?.[1], table, `node tests/readme/write-roles.js writes\n\n${table}`);
});

// The rows of the threat model: [who, what they try, the answer, what holds it].
function threats() {
  const rows = readDocument('docs/design/threat-model.md').split('\n').filter((line) => line.startsWith('|')).slice(2);
  return rows.map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

test('each threat of the threat model has an answer and a file that holds it, and each file is there', () => {
  const rows = threats();
  assert.ok(rows.length > 15);
  for (const row of rows) {
    assert.equal(row.length, 4, row.join(' | '));
    assert.ok(row[2].length > 0, row[1]);
    const files = [...row[3].matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    assert.ok(files.length > 0, row[1]);
    for (const name of files) assert.ok(existsSync(join(root, 'tests', name)), `${row[1]}: tests/${name}`);
  }
});
