// The diff that CONTRIBUTING.md shows is all that a new field takes: applied to a copy of what is under version control, it
// builds, and the field can be written, read, refused, filtered by, and is there in a database made before.
import assert from 'node:assert/strict';
import {cpSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {run} from '../api/lib/command.js';
import {blocks, readDocument, section} from '../readme/documents.js';
import {firstLook, newCheckout} from '../readme/first-look.js';
import {build, client, copyOfTheTree, must} from './tree.js';

async function apply(copy, diff) {
  await must('patch', ['--strip=1', '--fuzz=0', '--batch'], {cwd: copy, input: diff});
  await build(copy);
}

test('a field is added by the diff in CONTRIBUTING.md and by nothing else', {timeout: 600_000}, async (t) => {
  const [{language, text: diff}] = blocks(section(readDocument('CONTRIBUTING.md'), 'Adding a field'));
  assert.equal(language, 'diff');

  const before = newCheckout(t);
  assert.equal(await (await firstLook(t, before)).stop(), 0);

  const copy = await copyOfTheTree(t);
  const [contract, ...others] = diff.split(/^(?=--- )/m);
  await apply(copy, contract);
  const program = join(copy, 'build/entente');
  const alone = await run(['import', '--db', 'alone.db', 'examples/press-release.ndjson'], {program, cwd: copy});
  assert.equal(alone.code, 1, 'it opens no database that lacks the column');
  assert.match(alone.stderr, /the contract and the database disagree on organizations: no such column: legal_form/);

  const [view] = others.filter((part) => /^\+\+\+ \S*views/m.test(part));
  await apply(copy, others.filter((part) => part !== view).join(''));
  const hidden = await run(['import', '--db', 'hidden.db', 'examples/press-release.ndjson'], {program, cwd: copy});
  assert.equal(hidden.code, 1, 'it does not start with a view that leaves the field out, which the next patch would lose');
  assert.match(hidden.stderr, /the contract and the view organization_documents disagree: .*legal_form/);

  await apply(copy, view);
  cpSync(join(before, 'data/entente.db'), join(copy, 'before.db'));

  const look = await firstLook(t, copy);
  const ask = client(look);
  const created = await ask('POST', '/v1/organizations', {slug: 'rhein', name: 'Rhein GmbH', legal_form: 'GmbH'});
  assert.equal(created.status, 201, JSON.stringify(created.json));
  assert.equal(created.json.legal_form, 'GmbH');

  const patched = await ask('PATCH', '/v1/organizations/takeda', {legal_form: '株式会社'});
  assert.deepEqual([patched.status, patched.json.legal_form], [200, '株式会社']);
  const slugsOf = async (form) => (await ask('GET', `/v1/organizations?legal_form=${encodeURIComponent(form)}`)).json.items.map(({slug}) => slug);
  assert.deepEqual(await slugsOf('GmbH'), ['rhein']);
  assert.deepEqual(await slugsOf('株式会社'), ['takeda']);
  assert.deepEqual(await slugsOf('AG'), []);

  assert.equal((await ask('GET', '/v1/organizations/itri')).json.legal_form, null);
  assert.equal((await ask('PATCH', '/v1/organizations/takeda', {legal_form: null})).json.legal_form, null);
  const refused = await ask('PATCH', '/v1/organizations/takeda', {legal_form: 7});
  assert.deepEqual([refused.status, refused.json.errors.map(({pointer}) => pointer)], [422, ['/legal_form']]);
  assert.equal(await look.stop(), 0);

  const migrated = await must(program, ['check', '--db', 'before.db'], {cwd: copy});
  assert.doesNotMatch(migrated, /WRONG/);
});
