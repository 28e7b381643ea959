// Files that commands write: whole or not at all, for their owner alone, and never through what lay there before.
import assert from 'node:assert/strict';
import {existsSync, linkSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

async function succeed(args, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.code ?? ended.signal} ${ended.stdout} ${ended.stderr}`);
  return ended.stdout;
}

async function fail(args, words, options) {
  const ended = await run(args, options);
  assert.equal(ended.code, 1, `${args.join(' ')}: ${ended.code ?? ended.signal} ${ended.stdout} ${ended.stderr}`);
  assert.match(ended.stderr, words);
  return ended;
}

for (const beside of [true, false]) {
  describe(beside ? 'what is written beside a running server' : 'what is written without a server', () => {
    let [folder, db, server] = [];
    before(async () => {
      folder = newFolder();
      db = join(folder, 'entente.db');
      server = await startServer({db});
      await server.put('/v1/areas/kept', {name: 'Kept'}, {status: 201});
      if (!beside) await server.stop();
    });
    after(async () => {
      if (beside) await server.stop();
      rmSync(folder, {recursive: true, force: true});
    });
    const writers = {backup: (file) => ['backup', '--db', db, file], export: (file) => ['export', '--db', db, '--output', file]};

    for (const [name, args] of Object.entries(writers)) {
      test(`${name} writes through no link, and into no foreign file, that lies where it makes its own`, async () => {
        const [file, victim, foreign] = [`${name}-1`, `${name}-victim`, `${name}-foreign`].map((each) => join(folder, each));
        writeFileSync(victim, 'mine');
        symlinkSync(victim, `${file}.part`);
        await succeed(args(file));
        assert.equal(readFileSync(victim, 'utf8'), 'mine');
        assert.ok(lstatSync(file).isFile());
        writeFileSync(foreign, 'theirs', {mode: 0o666});
        rmSync(`${file}.part`, {force: true});
        linkSync(foreign, `${file}.part`);
        await succeed(args(file));
        assert.equal(readFileSync(foreign, 'utf8'), 'theirs');
        assert.equal(statSync(file).mode & 0o777, 0o600);
      });

      test(`${name} replaces nothing that is no regular file`, async () => {
        const made = {
          pipe: (at) => run([at], {program: 'mkfifo'}),
          folder: (at) => mkdirSync(at),
          link: (at) => symlinkSync(join(folder, 'nowhere'), at),
        };
        for (const [kind, make] of Object.entries(made)) {
          const at = join(folder, `${name}-${kind}`);
          await make(at);
          const was = lstatSync(at);
          await fail(args(at), new RegExp(`is a ${kind}`));
          assert.equal(lstatSync(at).ino, was.ino, kind);
          assert.ok(!existsSync(`${at}.part`));
        }
      });

      test(`${name} writes nothing beside a log that a database left there`, async () => {
        const file = join(folder, `${name}-logged`);
        writeFileSync(`${file}-wal`, 'of another');
        await fail(args(file), /-wal belongs to a database/);
        assert.ok(!existsSync(file));
      });
    }
  });
}
