// Restoring: what takes the place of a database is whole, and what was there is kept, whenever it ends.
import assert from 'node:assert/strict';
import {chmodSync, chownSync, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, truncateSync,
  writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {before, describe, test} from 'node:test';
import {buildShim, failingDisk} from '../fault/disk.js';
import {run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

// Under sanitizers, where all takes longer, every third step has to do.
const STRIDE = process.env.ENTENTE_KILLS === undefined ? 1 : 3;
let shim;
before(async () => { shim = await buildShim(); });

async function succeed(args, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.code ?? ended.signal} ${ended.stdout} ${ended.stderr}`);
  return ended;
}

async function fail(args, words, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, 1, `${args.join(' ')}: ${ended.code ?? ended.signal} ${ended.stdout} ${ended.stderr}`);
  assert.match(ended.stderr, words);
}

const add = (db, slug) => succeed(['import', '-', '--db', db], {input: JSON.stringify({resource: 'areas', slug, name: slug})});
const areasOf = async (db) => [...(await succeed(['export', '--db', db])).stdout.matchAll(/"slug":"([^"]+)"/g)].map(([, slug]) => slug).sort().join();

/** A folder with a backup that has the area `old`, and a database that has `old` and `new`. */
async function prepare(t) {
  const folder = newFolder();
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  const [db, copy] = [join(folder, 'entente.db'), join(folder, 'copy.db')];
  await add(db, 'old');
  await succeed(['backup', copy, '--db', db]);
  await add(db, 'new');
  return {folder, db, copy, kept: `${db}.before-restore`};
}

/** The same, whose server was killed after it wrote `logged`: that is in the log only. */
async function prepareLogged(t) {
  const made = await prepare(t);
  const server = await startServer({db: made.db});
  await server.put('/v1/areas/logged', {name: 'logged'}, {status: 201});
  await server.kill();
  assert.ok(statSync(`${made.db}-wal`).size > 0);
  return made;
}

test('what was there is kept beside it, with all that its log held, and can be restored in turn', async (t) => {
  const {folder, db, copy, kept} = await prepareLogged(t);
  const {stderr} = await succeed(['restore', copy, '--db', db]);
  assert.ok(stderr.includes(kept));
  assert.deepEqual([await areasOf(db), await areasOf(kept)], ['old', 'logged,new,old']);
  await succeed(['restore', kept, '--db', db]);
  assert.deepEqual([await areasOf(db), await areasOf(kept)], ['logged,new,old', 'old']);
  const left = readdirSync(folder).filter((name) => !name.endsWith('.lock') && !name.endsWith('.sock'));
  assert.deepEqual(left.sort(), ['copy.db', 'entente.db', 'entente.db.before-restore']);
});

test('a database that is named by a link is restored where it is', async (t) => {
  const {folder, db, copy, kept} = await prepare(t);
  const link = join(folder, 'link.db');
  symlinkSync('entente.db', link);
  await succeed(['restore', copy, '--db', link]);
  assert.equal(readlinkSync(link), 'entente.db');
  assert.ok(lstatSync(db).isFile());
  assert.deepEqual([await areasOf(db), await areasOf(link), await areasOf(kept)], ['old', 'old', 'new,old']);
});

test('the restored file has the mode of the old one, and as root its owner; where there was none, that of its folder', async (t) => {
  const {folder, db, copy} = await prepare(t);
  chmodSync(db, 0o640);
  await succeed(['restore', copy, '--db', db]);
  assert.equal(statSync(db).mode & 0o777, 0o640);
  if (process.getuid() !== 0) return;
  const [uid, gid] = [54321, 54322];
  const owners = (...names) => names.map((name) => [statSync(name).uid, statSync(name).gid]);
  chownSync(db, uid, gid);
  rmSync(`${db}.lock`);
  await succeed(['restore', copy, '--db', db]);
  assert.deepEqual(owners(db, `${db}.before-restore`, `${db}.lock`), [[uid, gid], [uid, gid], [uid, gid]]);
  const place = join(folder, 'of-the-service');
  mkdirSync(place);
  chownSync(place, uid, gid);
  const [fresh, imported] = ['entente.db', 'imported.db'].map((name) => join(place, name));
  await succeed(['restore', copy, '--db', fresh]);
  await add(imported, 'x');
  for (const name of [fresh, imported]) assert.deepEqual(owners(name, `${name}.lock`), [[uid, gid], [uid, gid]]);
});

describe('a backup that is not whole', () => {
  test('is refused when it was cut anywhere, or has something behind its end', async (t) => {
    const {folder, db, copy, kept} = await prepare(t);
    const cut = join(folder, 'cut.db');
    const size = statSync(copy).size;
    for (const length of [size - 8, size - 1, size - 4096, size - 5000, size >> 1, 4096, 100, 99, 1, 0, size + 1, size + 4096]) {
      copyFileSync(copy, cut);
      truncateSync(cut, length);
      await fail(['restore', cut, '--db', db], /cut\.db/);
    }
    assert.equal(await areasOf(db), 'new,old');
    assert.ok(!existsSync(kept) && !existsSync(`${db}.part`));
  });

  test('is refused when what it holds is not what its history says, and nothing is left of it', async (t) => {
    const {folder, db, copy, kept} = await prepare(t);
    const bent = join(folder, 'bent.db');
    const bytes = readFileSync(copy, 'latin1');
    assert.ok(bytes.includes('"name":"old"'));
    writeFileSync(bent, bytes.replaceAll('"name":"old"', '"name":"odd"'), 'latin1');
    await fail(['restore', bent, '--db', db], /bent\.db is damaged, and nothing was changed: history: /);
    assert.equal(await areasOf(db), 'new,old');
    assert.ok(!existsSync(kept));
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('entente.db.part')), []);
  });
});

test('a database that is damaged is replaced, and kept with its log', async (t) => {
  const {db, copy, kept} = await prepare(t);
  writeFileSync(db, 'no database any more '.repeat(1000));
  writeFileSync(`${db}-wal`, 'its log');
  writeFileSync(`${kept}-wal`, 'of an earlier one');
  await succeed(['restore', copy, '--db', db]);
  assert.equal(await areasOf(db), 'old');
  assert.ok(readFileSync(kept, 'utf8').startsWith('no database any more'));
  assert.equal(readFileSync(`${kept}-wal`, 'utf8'), 'its log');
});

test('what is no database of this program is not replaced', async (t) => {
  const {folder, copy} = await prepare(t);
  const [pipe, place] = [join(folder, 'pipe'), join(folder, 'place')];
  await run([pipe], {program: 'mkfifo'});
  mkdirSync(place);
  for (const at of [pipe, place]) {
    const was = lstatSync(at).ino;
    await fail(['restore', copy, '--db', at], /no regular file|[Ii]s a directory/);
    assert.equal(lstatSync(at).ino, was);
  }
});

/** A folder that `fresh()` fills with a database and its log, and the state in which a restore that ended anyhow may leave it. */
function trialOf(made, pattern = '*') {
  const place = join(made.folder, 'trial');
  const db = join(place, 'entente.db');
  const disk = failingDisk(shim, made.folder, `${place}${pattern}`);
  const fresh = () => {
    rmSync(place, {recursive: true, force: true});
    mkdirSync(place);
    for (const ending of ['', '-wal']) copyFileSync(made.db + ending, db + ending);
  };
  const assertWhole = async (told) => {
    const found = await areasOf(db);
    assert.ok(['old', 'logged,new,old'].includes(found), `${told}: ${found}`);
    const kept = ['.before-restore', '.before-restore.new'].map((ending) => db + ending).find(existsSync);
    if (found === 'old') assert.equal(await areasOf(kept), 'logged,new,old', told);
    return found;
  };
  return {db, disk, fresh, assertWhole};
}

for (const [kind, error] of [['write', 'ENOSPC'], ['write', 'EIO'], ['sync', 'EIO']]) {
  test(`a disk that fails at ${kind} with ${error} while a database is restored leaves the old one or the new one, whole`, async (t) => {
    const made = await prepareLogged(t);
    const {db, disk, fresh, assertWhole} = trialOf(made);
    let refused = 0;
    for (let nth = 1, failed = 1; failed > 0; nth = kind === 'sync' ? nth + STRIDE : Math.ceil(nth * 1.6)) {
      fresh();
      await disk.fail(kind, error, nth, {sticky: nth % 2 === 1});
      const {code, stderr} = await run(['restore', made.copy, '--db', db], {env: disk.env});
      failed = await disk.failed();
      refused += code !== 0;
      const found = await assertWhole(`${kind} ${nth}: ${stderr}`);
      if (code === 0) assert.equal(found, 'old');
    }
    assert.ok(refused > 0);
  });
}

test('a restore that is killed at any step leaves the old database or the new one, whole, and the old one to be found', async (t) => {
  const made = await prepareLogged(t);
  const {db, disk, fresh, assertWhole} = trialOf(made, '!(*.part*)'); // what is done to the copy alone is thrown away
  const seen = new Set();
  for (let nth = 1, killed = true; killed; nth += STRIDE) {
    fresh();
    await disk.die(nth);
    const {code, signal} = await run(['restore', made.copy, '--db', db], {env: disk.env});
    killed = signal === 'SIGKILL';
    if (!killed) assert.equal(code, 0);
    seen.add(await assertWhole(`step ${nth}`));
    assert.ok(nth < 300);
    if (!killed) t.diagnostic(`${nth - 1} steps at most`);
  }
  assert.equal(seen.size, 2);
});
