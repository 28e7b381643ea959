// `make install` puts everything where the system looks for it, and the unit names the program where it was put.
import assert from 'node:assert/strict';
import {readFileSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {binary, run} from '../api/lib/command.js';
import {newFolder, root} from './first-look.js';

test('make install honours DESTDIR and PREFIX', async (t) => {
  const folder = newFolder(t);
  const args = ['install', `BUILD=${dirname(binary)}`, `DESTDIR=${folder}`, 'PREFIX=/opt/entente'];
  const {code, stderr} = await run(args, {program: 'make', cwd: root});
  assert.equal(code, 0, stderr);

  const at = (name) => join(folder, 'opt/entente', name);
  assert.equal(statSync(at('bin/entente')).mode & 0o777, 0o755);
  const installed = {
    'share/man/man1/entente.1': 'packaging/entente.1',
    'share/bash-completion/completions/entente': 'packaging/entente.bash',
    'lib/systemd/system/entente.socket': 'packaging/entente.socket',
    'lib/systemd/system/entente-backup.timer': 'packaging/entente-backup.timer',
    'share/doc/entente/examples/alerts.yml': 'packaging/monitoring/alerts.yml',
    'share/doc/entente/examples/press-release.ndjson': 'examples/press-release.ndjson',
  };
  for (const [name, source] of Object.entries(installed)) {
    assert.equal(readFileSync(at(name), 'utf8'), readFileSync(join(root, source), 'utf8'), name);
  }
  assert.match(readFileSync(at('lib/systemd/system/entente-backup.service'), 'utf8'), /exec \/opt\/entente\/bin\/entente backup /);
  assert.match(readFileSync(at('lib/systemd/system/entente.service'), 'utf8'), /^ExecStart=\/opt\/entente\/bin\/entente serve$/m);
});
