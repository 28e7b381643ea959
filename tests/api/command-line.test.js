// How a command line is read: what is wrong with it is told in one line, last, in the words of its flags.
import {after, test} from 'node:test';
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {binary, run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

const folder = newFolder();
after(() => rmSync(folder, {recursive: true, force: true}));
const freshDb = () => join(mkdtempSync(join(folder, 'db-')), 'entente.db');

// The line that standard error ends with; nothing is on standard output.
async function refused(args, code, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout} ${ended.stderr}`);
  assert.equal(ended.stdout, '');
  return ended.stderr.trimEnd().split('\n').at(-1);
}

test('a mistaken command line is told in one line, with the nearest name that there is', async () => {
  for (const [args, line] of [
    [['serve', '--lisen', 'x'], 'entente serve: there is no flag --lisen; did you mean --listen?'],
    [['serve', '--Listen=x'], 'entente serve: there is no flag --Listen; did you mean --listen?'],
    [['serve', '-listen', 'x'], 'entente serve: there is no flag -listen; did you mean --listen?'],
    [['serve', '--zzz'], 'entente serve: there is no flag --zzz (entente help serve lists them)'],
    [['serev'], 'entente: there is no command serev; did you mean serve?'],
    [['zzz'], 'entente: there is no command zzz (entente help lists them)'],
    [['tokne', 'list'], 'entente: there is no command tokne; did you mean token?'],
    [['token', 'crate'], 'entente: there is no command token crate; did you mean token create?'],
    [['token', 'zzz'], 'entente: there is no command token zzz; after token stands create, list or revoke'],
    [['token'], 'entente: token needs a subcommand: create, list or revoke'],
    [['help', 'tokn'], 'entente: there is no command tokn; did you mean token?'],
    [['help', 'token', 'lst'], 'entente: there is no command token lst; did you mean token list?'],
    [['--db', 'x', 'check'], 'entente: a command goes before its flags: entente COMMAND --db'],
    [[], 'entente: a command is required'],
    [['import', 'a', 'b'], 'entente import: does not take b'],
    [['backup'], 'entente backup: needs FILE'],
    [['check', '--db'], 'entente check: --db needs a value: PATH'],
    [['import', '--dry-run=no', 'x'], 'entente import: --dry-run takes no value'],
  ]) {
    const ended = await run(args);
    assert.equal(ended.code, 2, args.join(' '));
    assert.equal(ended.stderr.trimEnd().split('\n').at(-1), line);
    if (args.length > 0) assert.equal(ended.stderr, `${line}\n`);
  }
});

test('a mistyped variable of the environment is told with the nearest one, and others are left alone', async () => {
  const env = {ENTENTE_LISTNE: '127.0.0.1:0'};
  assert.equal(await refused(['serve', '--db', freshDb()], 2, {env}), 'entente serve: there is no environment variable ENTENTE_LISTNE; did you mean ENTENTE_LISTEN?');
  const orchestrated = {ENTENTE_PORT: 'tcp://10.0.0.1:80', ENTENTE_SERVICE_HOST: '10.0.0.1', ENTENTE_PORT_80_TCP_ADDR: '10.0.0.1', ENTENTE_TLS_CERT: ''};
  assert.equal((await run(['version'], {env: orchestrated})).code, 0);
});

test('a value is refused in the words of its flag, with 2, and makes nothing', async () => {
  const db = freshDb();
  const create = ['token', 'create', '--db', db, '--name', 'x'];
  const words = /\b(parameter|pointer|member|body|422|400)\b|\/(role|name|networks)/;
  for (const [args, line] of [
    [[...create, '--role', 'owner'], /^entente token create: --role must be reader, editor, .* or \w+, not owner$/],
    [[...create, '--role='], /^entente token create: --role must be .*, not empty$/],
    [create, /^entente token create: --role is required$/],
    [['import', '--db', db, '--mode', 'replace', '-'], /^entente import: --mode must be upsert or create, not replace$/],
    [['import', '--db', db, '--on-error', 'x', '-'], /^entente import: --on-error must be abort or skip, not x$/],
    [['import', '--db', db, '--format', 'xml', '-'], /^entente import: --format must be json or csv, not xml$/],
    [['serve', '--db', db, '--log-format', 'xml'], /^entente serve: --log-format must be text or json, not xml$/],
    [[...create, '--role', 'reader', '--writes-per-minute', 'many'], /^entente token create: --writes-per-minute must be a whole number, not many$/],
  ]) {
    const told = await refused(args, 2);
    assert.match(told, line);
    assert.doesNotMatch(told, words);
    assert.ok(!existsSync(db), args.join(' '));
  }
});

test('what a flag says and the registry refuses is told as that of the flag, each fault once', async () => {
  const db = freshDb();
  await run(['import', '--db', db, '-'], {input: '{"resource":"areas","slug":"a","name":"A"}\n'});
  const ended = await run(['token', 'create', '--db', db, '--role', 'reader', '--name', '', '--networks', 'here', '--expires-at', 'soon']);
  assert.equal(ended.code, 2);
  assert.deepEqual(ended.stderr.trimEnd().split('\n').map((line) => /^entente token create: --[a-z-]+ must /.exec(line)?.[0]).sort(),
    ['--expires-at', '--name', '--networks'].map((flag) => `entente token create: ${flag} must `));
  assert.match(await refused(['import', '--db', db, '--resource', 'area', '-'], 2, {input: '{}'}), /^entente import: --resource must be .*organizations/);
  assert.match(await refused(['import', '--db', db, '--format', 'csv', '--charset', 'latin9', '--resource', 'areas', '-'], 2, {input: 'name'}), /^entente import: --charset.*shift_jis/);
});

test('import tells at most twenty errors, how many more there are, and last what became of it', async () => {
  const db = freshDb();
  const input = (count) => Array.from({length: count}, (_, i) => `{"resource":"areas","slug":"a${i}","name":7}\n`).join('');
  for (const [count, more] of [[20, null], [21, 'and 1 more'], [1500, 'and 1480 more']]) { // past a thousand no others are looked for
    const ended = await run(['import', '--db', db, '-'], {input: input(count)});
    const lines = ended.stderr.trimEnd().split('\n').filter((line) => !/ info /.test(line));
    assert.equal(ended.code, 1);
    assert.equal(lines.filter((line) => line.startsWith('line ')).length, 20);
    assert.match(lines.at(-1), new RegExp(`^entente import: ${count} errors( or more)? in ${count} records; nothing was written`));
    if (more === null) assert.equal(lines.length, 21); else assert.equal(lines.at(-2), more);
  }
});

test('a database that is not there is told with the flag that names it', async () => {
  for (const args of [['check'], ['token', 'list'], ['export'], ['backup', join(folder, 'never')]]) {
    assert.match(await refused([...args, '--db', join(folder, 'none.db')], 1), /none\.db.*--db/);
  }
});

test('help explains the program, a group of commands and a command, whichever way it is asked for', async () => {
  const said = async (...args) => {
    const ended = await run(args);
    assert.deepEqual([ended.code, ended.stderr], [0, ''], args.join(' '));
    return ended.stdout;
  };
  assert.equal(await said('help'), await said('--help'));
  assert.equal(await said('help', 'serve'), await said('serve', '--help'));
  assert.equal(await said('help', 'token', 'create'), await said('token', 'create', '--help'));
  const group = await said('token', '--help');
  assert.equal(await said('help', 'token'), group);
  for (const name of ['token create', 'token list', 'token revoke']) assert.ok(group.includes(name), name);
});

test('words after -- are no flags', async () => {
  const file = join(folder, '-odd.ndjson');
  writeFileSync(file, '{"resource":"areas","slug":"odd","name":"Odd"}\n');
  const ended = await run(['import', '--db', freshDb(), '--', '-odd.ndjson'], {cwd: folder});
  assert.equal(ended.stdout, '1 rows, 1 created, 0 updated, 0 unchanged\n', ended.stderr);
});

test('a reader of standard output that is gone ends a command quietly, and a full disk with 1', async () => {
  const db = freshDb();
  const input = Array.from({length: 3000}, (_, i) => `{"resource":"areas","slug":"area-${i}","name":"Area ${i}"}\n`).join('');
  assert.equal((await run(['import', '--db', db, '-'], {input})).code, 0);
  const shell = (script) => run(['-c', script, binary, db], {program: 'bash'});
  const piped = await shell('set -o pipefail; "$0" export --db "$1" | head -1 | wc -l; exit ${PIPESTATUS[0]}');
  assert.deepEqual([piped.stdout.trim(), piped.stderr, piped.code], ['1', '', 141]);
  for (const args of ['version', 'token list --db "$1"', 'check --db "$1"', '--help', 'export --db "$1"', 'token create --db "$1" --role reader --name x']) {
    const full = await shell(`"$0" ${args} > /dev/full`);
    assert.equal(full.code, 1, args);
    assert.deepEqual(full.stderr.match(/standard output: .*\n$|standard output/g), ['standard output: No space left on device\n'], args);
    assert.equal((await shell(`"$0" ${args} >&-`)).code, 1, `${args} with standard output closed`);
  }
});

test('--json prints one JSON document, and a problem when a command fails', async () => {
  const db = freshDb(), copy = join(folder, 'json.db'), all = join(folder, 'all.ndjson');
  const said = async (args, code = 0, options = {}) => {
    const ended = await run([...args, '--json'], options);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stdout} ${ended.stderr}`);
    assert.equal(ended.stdout.trimEnd().split('\n').length, 1);
    return JSON.parse(ended.stdout);
  };
  const imported = await said(['import', '--db', db, '-'], 0, {input: '{"resource":"areas","slug":"a","name":"A"}\n'});
  assert.deepEqual([imported.rows, imported.created], [1, 1]);
  const made = await said(['token', 'create', '--db', db, '--role', 'reader', '--name', 'x']);
  assert.match(made.token, /^ent_/);
  assert.deepEqual((await said(['token', 'list', '--db', db])).items.map(({id}) => id), [made.id]);
  assert.deepEqual(await said(['token', 'revoke', '--db', db, made.id]), {id: made.id, revoked: true});
  assert.deepEqual(await said(['export', '--db', db, '--output', all]), {file: all, records: 1});
  assert.deepEqual(await said(['backup', '--db', db, copy]), {file: copy});
  assert.equal((await said(['restore', '--db', db, copy])).file, db);
  assert.equal((await said(['check', '--db', db])).ok, true);
  assert.match((await said(['version'])).version, /^\d+\.\d+/);
  for (const [args, code, options] of [
    [['check', '--db', join(folder, 'none.db')], 1], [['token', 'create', '--db', db, '--role', 'x', '--name', 'y'], 2],
    [['healthcheck', '--listen', '127.0.0.1:1'], 1], [['version', '--nothing'], 2], [['export', '--db', db], 2],
    [['backup', '--db', db, '-'], 2], [['token', 'create', '--db', db, '--role', 'reader', '--name', ''], 2],
    [['import', '--db', db, '-'], 1, {input: '{"resource":"areas","slug":"a","name":7}\n'}],
  ]) {
    const problem = await said(args, code, options);
    assert.ok(problem.title && problem.type && (problem.detail || problem.errors), args.join(' '));
  }
  assert.deepEqual((await said(['token', 'create', '--db', db, '--role', 'reader', '--name', ''], 2)).errors.map(({flag}) => flag), ['--name']);
});

for (const beside of [true, false]) {
  test(`- is standard output for backup and export, ${beside ? 'beside a running server' : 'without a server'}`, async () => {
    const db = freshDb(), copy = join(folder, `copy-${beside}.db`);
    await run(['import', '--db', db, '-'], {input: '{"resource":"areas","slug":"a","name":"A"}\n'});
    const server = beside ? await startServer({db}) : null;
    try {
      const backup = await run(['-c', '"$0" backup - --db "$1" > "$2"', binary, db, copy], {program: 'sh'});
      assert.deepEqual([backup.code, backup.stderr], [0, '']);
      const whole = await run(['export', '--db', db, '--output', '-']);
      assert.equal(whole.stdout, (await run(['export', '--db', copy])).stdout);
      assert.match(whole.stdout, /^\{"resource":"areas"/);
      assert.equal((await run(['check', '--db', copy])).code, 0);
      assert.match((await run(['-c', '"$0" backup - --db "$1" > /dev/full', binary, db], {program: 'sh'})).stderr, /^entente backup: standard output: No space left on device\n$/);
      assert.deepEqual(readdirSync(dirname(db)).filter((name) => name.includes('backup')), []);
      assert.ok(!existsSync('-'));
    } finally {
      await server?.stop();
    }
  });
}

test('a backup is not written to a terminal', async () => {
  const db = freshDb();
  await run(['import', '--db', db, '-'], {input: '{"resource":"areas","slug":"a","name":"A"}\n'});
  const shown = await run(['-qec', `"${binary}" backup - --db "${db}"`, '/dev/null'], {program: 'script'});
  assert.equal(shown.code, 2, shown.stdout);
  assert.match(shown.stdout, /entente backup: standard output is a terminal/);
});
