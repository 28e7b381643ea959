// A resource is its part of the contract, a migration and a view, and no line of C: `projects`, which the registry does not have, is added to
// a copy of what is under version control, and can then be created, found, searched, changed, imported, exported, checked and restored.
import assert from 'node:assert/strict';
import {cpSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {run} from '../api/lib/command.js';
import {firstLook, newCheckout, root} from '../readme/first-look.js';
import {build, client, copyOfTheTree, must} from './tree.js';

const part = (name) => readFileSync(join(root, 'tests/field/projects', name), 'utf8');

function addTo(copy) {
  const contract = join(copy, 'openapi.yaml');
  const text = readFileSync(contract, 'utf8')
    .replace(/^tags:\n/m, `$&  - {name: Projects, description: What organizations do together.}\n`)
    .replace(/^paths:\n/m, () => `paths:\n${part('paths.yaml')}`)
    .replace(/^  schemas:\n/m, () => `  schemas:\n${part('schema.yaml')}`);
  writeFileSync(contract, text);
  const migrations = join(copy, 'sql/sqlite/migrations');
  const last = readdirSync(migrations).sort().at(-1).slice(0, 4);
  writeFileSync(join(migrations, `${String(Number(last) + 1).padStart(4, '0')}-projects.sql`), part('migration.sql'));
  writeFileSync(join(copy, 'sql/sqlite/views/projects.sql'), part('view.sql'));
}

test('a resource is added by contract, migration and view alone', {timeout: 600_000}, async (t) => {
  const before = newCheckout(t);
  assert.equal(await (await firstLook(t, before)).stop(), 0);

  const copy = await copyOfTheTree(t);
  addTo(copy);
  await build(copy);
  const program = join(copy, 'build/entente');
  cpSync(join(before, 'data/entente.db'), join(copy, 'before.db'));

  const look = await firstLook(t, copy);
  const ask = client(look);
  const created = await ask('POST', '/v1/projects', {
    name: 'Organoid atlas', summary: 'Tissue models for drug discovery', organizations: ['itri'], areas: [], starts_on: '2026-05',
  });
  assert.equal(created.status, 201, created.text);
  assert.equal(created.json.slug, 'organoid-atlas');
  assert.equal(created.json.organizations[0].organization.name.length > 0, true);

  const refused = await ask('POST', '/v1/projects', {name: 'X', organizations: ['nobody'], starts_on: '2026-13'});
  assert.deepEqual([refused.status, refused.json.errors.map(({pointer}) => pointer).sort()], [422, ['/organizations/0', '/starts_on']]);

  const slugsOf = async (query) => (await ask('GET', `/v1/projects?${query}`)).json.items.map(({slug}) => slug);
  assert.deepEqual(await slugsOf('organization=itri&starts_on__gte=2026-01-01&sort=-starts_on'), ['organoid-atlas']);
  assert.deepEqual(await slugsOf('organization=takeda'), []);
  assert.deepEqual(await slugsOf('q=tissue'), ['organoid-atlas']);
  const hits = (await ask('GET', '/v1/search?q=organoid&resource=projects')).json.items;
  assert.deepEqual(hits.map(({resource, slug}) => [resource, slug]), [['projects', 'organoid-atlas']]);

  const patched = await ask('PATCH', '/v1/projects/organoid-atlas', {ends_on: '2027'});
  assert.deepEqual([patched.status, patched.json.ends_on, patched.json.revision], [200, '2027', 2]);
  assert.equal((await ask('GET', '/v1/projects/organoid-atlas/history')).json.items.length, 2);
  assert.equal((await ask('DELETE', '/v1/organizations/itri')).status, 409, 'the project refers to it');
  const changes = (await ask('GET', '/v1/changes?resource=projects')).json.items;
  assert.deepEqual(changes.map(({operation}) => operation), ['create', 'update']);
  assert.match((await ask('GET', '/v1/export')).text, /"resource":"projects"/);
  assert.match((await ask('GET', '/openapi.json')).text, /"enum":\["projects","organizations","areas","agreements"\]/);
  assert.equal(await look.stop(), 0);

  const db = join(copy, 'data/entente.db');
  const file = join(copy, 'projects.ndjson');
  writeFileSync(file, '{"resource":"projects","slug":"second","name":"Second","organizations":["itri"]}\n');
  assert.match(await must(program, ['import', '--db', db, file]), /1 created|created +1|created: 1/);
  await must(program, ['export', '--db', db, '--output', join(copy, 'all.ndjson')]);
  assert.match(readFileSync(join(copy, 'all.ndjson'), 'utf8'), /"slug":"second"/);
  await must(program, ['backup', '--db', db, join(copy, 'copy.db')]);
  await must(program, ['restore', '--db', join(copy, 'restored.db'), join(copy, 'copy.db')]);
  await must(program, ['import', '--db', join(copy, 'fresh.db'), join(copy, 'all.ndjson')]);
  for (const name of [db, 'restored.db', 'fresh.db', 'before.db']) {
    assert.doesNotMatch(await must(program, ['check', '--db', name], {cwd: copy}), /WRONG/, name);
  }
  const unknown = await run(['import', '--db', db, '--resource', 'nothing', file], {program, cwd: copy});
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /projects/);
});
