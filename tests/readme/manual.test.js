// The manual and the completion know what the program knows: every command, every flag, every default, and no others.
import assert from 'node:assert/strict';
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
  assert.equal(code, 0, stderr);
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
