// The alert rules and the dashboard ask for metrics that the program has, and systemd understands the units.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {parse} from 'yaml';
import {run} from '../api/lib/command.js';
import {root} from './first-look.js';
import {readDocument} from './documents.js';

// As the sources name them; some are there only with a certificate or after a request.
const known = readdirSync(join(root, 'src'), {recursive: true}).filter((name) => name.endsWith('.c')).flatMap((name) =>
  [...readFileSync(join(root, 'src', name), 'utf8').matchAll(/"((?:entente|process)_[a-z_]+)"/g)].map(([, metric]) => metric));

function unknown(expressions) {
  const asked = expressions.flatMap((expression) => expression.match(/\b(?:entente|process)_[a-z_]+/g) ?? []);
  assert.ok(asked.length > 5);
  return asked.filter((metric) => !known.includes(metric.replace(/_bucket$/, '')));
}

test('each alert rule has an expression of known metrics, a severity and a summary', () => {
  const rules = parse(readDocument('packaging/monitoring/alerts.yml')).groups.flatMap((group) => group.rules);
  for (const {alert, expr, labels, annotations} of rules) assert.ok(alert && expr && labels.severity && annotations.summary, alert);
  assert.deepEqual(unknown(rules.map(({expr}) => expr)), []);
});

test('each panel of the dashboard asks for known metrics', () => {
  const {panels} = JSON.parse(readDocument('packaging/monitoring/grafana-dashboard.json'));
  assert.deepEqual(unknown(panels.flatMap(({targets}) => targets.map(({expr}) => expr))), []);
});

test('the backup unit makes a copy of the day', async () => {
  const [, command] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(readDocument('packaging/entente-backup.service'));
  const {code, stdout} = await run(['-c', command.replaceAll('%%', '%').replace('exec ', 'echo ')], {program: 'sh'});
  assert.equal(code, 0);
  assert.match(stdout, /entente backup --db \/var\/lib\/entente\/entente\.db \/var\/backups\/entente\/\d{4}-\d\d-\d\d\.db\n/);
});
