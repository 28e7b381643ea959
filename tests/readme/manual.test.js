// The manual and the completion know what the program knows: every command, every flag, every default, and no others.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {binary, run} from '../api/lib/command.js';
import {flagsOf, readDocument} from './documents.js';

async function commandsOf() {
  const {stdout} = await run(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}/gm)].map(([, name]) => name);
  return Promise.all(names.map(async (name) => ({name, flags: flagsOf((await run([...name.split(' '), '--help'])).stdout)})));
}

// {command: [{flag, value, fallback}]} as the manual has them below its heading COMMANDS.
function manualCommands() {
  const commands = /^\.Sh COMMANDS\n([\s\S]*?)^\.Sh /m.exec(readDocument('packaging/entente.1'))[1];
  return commands.split(/^\.Ss /m).slice(1).map((part) => ({
    name: part.slice(0, part.indexOf('\n')),
    flags: part.split(/^\.It Fl -/m).slice(1).map((item) => {
      const [, flag, value] = /^(\S+)(?: Ar (\S+))?\n/.exec(item);
      return {flag, value, fallback: /^Default:\n\.Ql (.*?)(?: \.)?$/m.exec(item)?.[1]};
    }),
  }));
}

test('the manual describes every command with its flags and defaults, and no others', async () => {
  const known = (await commandsOf()).map(({name, flags}) =>
    ({name, flags: flags.map(({flag, value, fallback}) => ({flag, value, fallback}))}));
  assert.ok(known.length >= 10);
  assert.deepEqual(manualCommands(), known);
});

// What pressing Tab after these words offers; the last word may be unfinished.
async function completed(words) {
  const script = `
    source packaging/entente.bash
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _entente
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const cwd = new URL('../..', import.meta.url).pathname;
  const {stdout, code, stderr} = await run(['-c', script, 'bash', binary, ...words], {program: 'bash', cwd});
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

test('the completion offers every command', async () => {
  const names = (await commandsOf()).map(({name}) => name);
  const first = await completed(['']);
  for (const name of names) assert.ok(first.includes(name.split(' ')[0]), name);
  assert.deepEqual((await completed(['token', ''])).sort(), ['create', 'list', 'revoke']);
});

test('the completion offers every flag of every command', async () => {
  for (const {name, flags} of await commandsOf()) {
    const offered = await completed([...name.split(' '), '--']);
    assert.deepEqual(offered.sort(), [...flags.map(({flag}) => `--${flag}`), '--help'].sort(), name);
  }
});

test('the completion offers the words that a flag takes', async () => {
  assert.deepEqual(await completed(['token', 'create', '--role', '']), ['reader', 'editor', 'admin', 'feed', 'metrics']);
  assert.deepEqual(await completed(['serve', '--log-format', 'j']), ['json']);
});

test('the completion offers files where a file is wanted', async () => {
  assert.deepEqual(await completed(['import', 'examples/press']), ['examples/press-release.ndjson']);
  assert.deepEqual(await completed(['serve', '--db', 'LICEN']), ['LICENSE']);
  assert.deepEqual(await completed(['serve', '--tls-key', 'LICEN']), ['LICENSE']);
});

test('the completion offers time zones, character sets, ids of tokens and what help explains', async () => {
  assert.deepEqual(await completed(['serve', '--timezone', 'Asia/Toky']), ['Asia/Tokyo']);
  assert.deepEqual(await completed(['serve', '--timezone', '=', 'Europe/Lisb']), ['Europe/Lisbon']);
  assert.deepEqual(await completed(['import', '--charset', 'sh']), ['shift_jis']);
  assert.deepEqual(await completed(['import', '--resource', 'ag']), ['agreements']);
  assert.deepEqual(await completed(['help', 'tok']), ['token']);
  assert.deepEqual(await completed(['help', 'token', 'cr']), ['create']);
  const folder = mkdtempSync(join(tmpdir(), 'entente-')), db = join(folder, 'entente.db');
  try {
    await run(['import', '--db', db, '-'], {input: '{"resource":"areas","slug":"a","name":"A"}\n'});
    const create = async (name) => JSON.parse((await run(['token', 'create', '--db', db, '--role', 'reader', '--name', name, '--json'])).stdout).id;
    const [kept, ended] = [await create('kept'), await create('ended')];
    await run(['token', 'revoke', '--db', db, ended]);
    assert.deepEqual(await completed(['token', 'revoke', '--db', db, '']), [kept]);
  } finally {
    rmSync(folder, {recursive: true});
  }
});

test('the completion says nothing, and no error, where it knows nothing', async () => {
  for (const words of [['--help', ''], ['-v', '--help', 'x'], ['nothing', '', ''], ['nothing', ''], ['--version', '-'], ['help', 'serve', '']]) {
    assert.deepEqual(await completed(words), [], words.join(' '));
  }
});

test('mandoc and man find nothing wrong with the manual', async () => {
  const cwd = new URL('../..', import.meta.url).pathname;
  // Whether the pages that it refers to are installed here is not its fault.
  const lint = await run(['-Tlint', '-Wstyle', 'packaging/entente.1'], {program: 'mandoc', cwd});
  assert.deepEqual(lint.stdout.split('\n').filter((line) => line !== '' && !/referenced manual not found/.test(line)), []);
  const man = await run(['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', 'packaging/entente.1'], {program: 'man', cwd, env: {LC_ALL: 'C.UTF-8', MANROFFSEQ: '', MANWIDTH: '80'}});
  assert.equal(man.code, 0, man.stderr);
  assert.deepEqual(man.stderr.split('\n').filter((line) => line !== '' && !/mandoc\.db lacks/.test(line)), []);
});
