// The Debian package, used as whoever installs it does: its program starts, keeps a record, is checked, and finds what lies beside it.
// As root on a machine of its own (CI=true) it is installed and removed again; elsewhere it is unpacked into a folder.
import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {gunzipSync} from 'node:zlib';
import {until} from '../api/lib/wait.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const run = promisify(execFile);
const folder = join(process.env.ENTENTE_BUILD ?? join(root, 'build'), 'deb');
const version = /^ {2}version: (\S+)$/m.exec(readFileSync(join(root, 'openapi.yaml'), 'utf8'))[1];
const file = readdirSync(folder).map((name) => join(folder, name)).find((name) => /\/entente_[^/]*\.deb$/.test(name));

// Where the package's files lie; they go when the test ends.
async function install(t) {
  if (process.getuid() === 0 && process.env.CI === 'true' && !existsSync('/usr/bin/entente')) {
    await run('dpkg', ['--install', file]);
    t.after(() => run('dpkg', ['--purge', 'entente']));
    return '/';
  }
  const place = mkdtempSync(join(tmpdir(), 'entente-package-'));
  t.after(() => rmSync(place, {recursive: true, force: true}));
  await run('dpkg-deb', ['--extract', file, place]);
  return place;
}

test('the package is installed, serves a registry, and brings manual, service and documents', async (t) => {
  const place = await install(t);
  const at = (path) => join(place, path);
  const program = at('usr/bin/entente');
  assert.match((await run(program, ['version'])).stdout, new RegExp(`^entente ${version}\n`));

  const data = mkdtempSync(join(tmpdir(), 'entente-data-'));
  t.after(() => rmSync(data, {recursive: true, force: true}));
  const db = join(data, 'entente.db');
  await run(program, ['import', '--db', db, at('usr/share/doc/entente/examples/press-release.ndjson')]);
  const child = spawn(program, ['serve', '--db', db, '--listen', '127.0.0.1:0'], {stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise((done) => child.on('close', done));
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { output += text; });
  const [, url] = await until(() => /^listening on (\S+)$/m.exec(output), 'the line "listening on …"');
  const token = (await run(program, ['token', 'create', '--db', db, '--role', 'editor', '--name', 'test'])).stdout.trim();
  const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/json'};
  const created = await fetch(`${url}/v1/areas`, {method: 'POST', headers, body: '{"name": "Robotics"}'});
  assert.equal(created.status, 201);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.doesNotMatch((await run(program, ['check', '--db', db])).stdout, /WRONG/);

  const unit = readFileSync(at('usr/lib/systemd/system/entente.service'), 'utf8');
  assert.match(unit, /^ExecStart=\/usr\/bin\/entente serve$/m);
  assert.match(gunzipSync(readFileSync(at('usr/share/man/man1/entente.1.gz'))).toString(), /\.Nm entente/);
  for (const name of ['usr/share/bash-completion/completions/entente', 'usr/share/doc/entente/examples/nginx.conf']) assert.ok(existsSync(at(name)), name);
});
