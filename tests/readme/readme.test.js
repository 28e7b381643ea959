// README.md is true: its first hour gives what it shows, its table of flags and its list of commands are the program's, its
// links lead somewhere.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {run} from '../api/lib/command.js';
import {blocks, flagsOf, readDocument, section} from './documents.js';
import {firstLook, newCheckout, root} from './first-look.js';

const MARK = '-- block --';

// `…` stands for anything.
function pattern(shown) {
  const pieces = shown.trim().split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('[\\s\\S]*?')}$`);
}

test('the first hour with curl, pasted block by block, answers what README.md shows', async (t) => {
  const hour = blocks(section(readDocument('README.md'), 'A first hour with curl'));
  const steps = hour.flatMap(({language, text}, at) =>
    language === 'sh' ? [{script: text, shown: hour[at + 1]?.language === 'text' ? hour[at + 1].text : ''}] : []);
  assert.ok(steps.length > 10, 'the hour has its steps');

  const checkout = newCheckout(t);
  const look = await firstLook(t, checkout);
  const script = steps.map((step) => `${step.script.replaceAll('http://127.0.0.1:8080', look.url)}\necho '${MARK}'\n`).join('');
  const {code, stdout, stderr} = await run(['-eu', '-o', 'pipefail'], {program: 'bash', input: script, cwd: checkout});
  assert.equal(stderr, '');
  assert.equal(code, 0, stdout);

  const answers = stdout.replaceAll('\r', '').split(`${MARK}\n`);
  steps.forEach(({script: pasted, shown}, at) => assert.match(answers[at].trim(), pattern(shown), pasted));
  assert.equal(await look.stop(), 0);
});

test('the table of flags in README.md is that of the program', async () => {
  const {stdout} = await run(['serve', '--help']);
  const rows = flagsOf(stdout).map(({flag, value, fallback, help}) =>
    `| \`--${flag}${value ? ` ${value.replace('|', '\\|')}` : ''}\` | ${fallback ? `\`${fallback}\`` : ''} | ${help} |\n`);
  const table = `| flag | default | |\n|---|---|---|\n${rows.join('')}`;
  const written = /<!-- flags -->\n([\s\S]*?)<!-- \/flags -->/.exec(readDocument('README.md'));
  assert.ok(rows.length > 10 && written);
  assert.equal(written[1], table);
});

test('README.md lists every command with the words that the program has for it', async () => {
  const {stdout} = await run(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}(.*)$/gm)];
  const table = section(readDocument('README.md'), 'Commands').replaceAll('`', '');
  assert.ok(commands.length >= 10);
  for (const [, name, summary] of commands) {
    assert.ok(table.includes(name), `${name} is listed`);
    if (!name.startsWith('token ')) assert.ok(table.includes(`| ${summary} |`), `${name}: ${summary}`);
  }
});

for (const name of ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md']) {
  test(`every file that ${name} links to is there`, () => {
    const links = [...readDocument(name).matchAll(/(?:\]\(|src(?:set)?=")([^)"#]+)/g)].map(([, link]) => link);
    const missing = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(join(root, name)), link)));
    assert.deepEqual(missing, []);
  });
}
