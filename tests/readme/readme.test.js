// README.md and docs/ are true: their examples answer what they show, the table of flags and the list of commands are the
// program's, and links lead somewhere.
import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {test} from 'node:test';
import {run} from '../api/lib/command.js';
import {blocks, commandsTable, flagsTable, readDocument} from './documents.js';
import {firstLook, newCheckout, root} from './first-look.js';

const MARK = '-- block --';
const pages = readdirSync(join(root, 'docs'), {recursive: true}).filter((name) => name.endsWith('.md')).map((name) => join('docs', name)).sort();

// `…` stands for anything.
function pattern(shown) {
  const pieces = shown.trim().split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('[\\s\\S]*?')}$`);
}

// Every block of `sh` is pasted into one shell, as a reader does; what it prints is the `text` that follows it, if there is one.
function stepsOf(document) {
  const all = blocks(document);
  return all.flatMap(({language, text}, at) => language === 'sh' ? [{script: text, shown: all[at + 1]?.language === 'text' ? all[at + 1].text : undefined}] : []);
}

async function paste(t, steps) {
  const checkout = newCheckout(t);
  const look = await firstLook(t, checkout);
  const script = steps.map((step) => `${step.script.replaceAll('http://127.0.0.1:8080', look.url)}\necho '${MARK}'\n`).join('');
  const {code, stdout, stderr} = await run(['-eu', '-o', 'pipefail'], {program: 'bash', input: script, cwd: checkout});
  assert.equal(stderr, '');
  assert.equal(code, 0, stdout);
  const answers = stdout.replaceAll('\r', '').split(`${MARK}\n`);
  steps.forEach(({script: pasted, shown}, at) => shown === undefined || assert.match(answers[at].trim(), pattern(shown), pasted));
  assert.equal(await look.stop(), 0);
}

const firstHour = stepsOf(readDocument('docs/first-hour.md'));

test('the first hour with curl, pasted block by block, answers what docs/first-hour.md shows', async (t) => {
  assert.ok(firstHour.length > 20, 'the hour has its steps');
  await paste(t, firstHour);
});

test('the lines of README.md answer what it shows', async (t) => {
  const steps = stepsOf(readDocument('README.md'));
  assert.ok(steps.length > 4 && readDocument('README.md').split('\n').length <= 201);
  await paste(t, steps);
});

for (const name of pages.filter((page) => page !== 'docs/first-hour.md')) {
  const steps = stepsOf(readDocument(name));
  if (steps.length > 0) test(`the examples of ${name} answer what it shows`, (t) => paste(t, [{script: firstHour[0].script}, ...steps]));
}

for (const [name, table] of [['commands', commandsTable], ['flags', flagsTable]]) {
  test(`the table of ${name} in docs/flags.md is that of the program`, async () => {
    const written = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)<!-- /${name} -->`).exec(readDocument('docs/flags.md'))?.[1];
    assert.ok(written?.split('\n').length > 10);
    assert.equal(written, await table(), 'node tests/readme/write-flags.js writes it');
  });
}

// The words of a heading as an address has them.
const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

function leadsSomewhere(from, link) {
  const [file, place] = link.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(root, path))) return false;
  return place === undefined || [...readDocument(path).matchAll(/^#+ (.*)$/gm)].some(([, heading]) => anchor(heading) === place);
}

for (const name of [...readdirSync(root).filter((file) => file.endsWith('.md')), ...pages]) {
  test(`every file and heading that ${name} links to is there`, () => {
    const links = [...readDocument(name).matchAll(/(?:\]\(|src(?:set)?=")([^)"]+)/g)].map(([, link]) => link);
    assert.deepEqual(links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(name, link)), []);
  });
}

test('each page of docs/ is linked from README.md, ARCHITECTURE.md or another page', () => {
  const linked = ['README.md', 'ARCHITECTURE.md', ...pages].flatMap((from) =>
    [...readDocument(from).matchAll(/\]\(([^)#]+\.md)/g)].map(([, link]) => join(dirname(from), link)).filter((path) => path !== from));
  assert.deepEqual(pages.filter((page) => !linked.includes(page)), []);
});

test('the files and folders that the documents name by their path are there', () => {
  const named = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'README.md', ...pages].flatMap((from) =>
    [...readDocument(from).matchAll(/`((?:src|sql|tests|docs|packaging|web|tables|mk)\/[\w./-]*)`/g)].map(([, path]) => `${from}: ${path}`));
  assert.ok(named.length > 50);
  assert.deepEqual(named.filter((line) => !existsSync(join(root, line.split(': ')[1]))), []);
});

test('ARCHITECTURE.md has at most 150 lines, and a row for each room', () => {
  const text = readDocument('ARCHITECTURE.md');
  assert.ok(text.split('\n').length <= 151);
  const rooms = readdirSync(join(root, 'src'), {withFileTypes: true}).filter((entry) => entry.isDirectory()).map(({name}) => name);
  assert.deepEqual(rooms.filter((room) => !text.includes(`\n| \`src/${room}/\``)), []);
});

test('CHANGELOG.md begins with the version of the contract', () => {
  const [, version] = /^ {2}version: (\S+)$/m.exec(readDocument('openapi.yaml'));
  assert.equal(/^## \[(?!Unreleased)([^\]]+)\]/m.exec(readDocument('CHANGELOG.md'))?.[1], version);
});
