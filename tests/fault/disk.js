// The disk under a server: one that fails when told so (fault.c), and one that is really full where mounting is allowed.
import {execFile} from 'node:child_process';
import {readFile, rename, writeFile, open, rm, rmdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {newFolder} from '../api/lib/server.js';
import {binary} from './process.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
export const errors = {EIO: 5, ENOSPC: 28, EDQUOT: 122};

/** Builds the shim beside the program under test; its path. */
export async function buildShim() {
  const build = dirname(binary);
  await execute('make', ['-s', `BUILD=${build}`, 'fault'], {cwd: root, env: {...process.env, MAKEFLAGS: ''}});
  return join(build, 'tests/fault.so');
}

// A sanitizer's library is not the first to be loaded then, which it would rather be.
const preload = (shim) => ({LD_PRELOAD: shim, ASAN_OPTIONS: 'verify_asan_link_order=0'});

/** The surroundings of a server whose wall clock jumps ahead when it begins to listen. */
export function jumpingClock(shim, seconds) {
  return {...preload(shim), FAULT_CLOCK_AHEAD: `${seconds}`};
}

/** A disk under the files whose path fits the pattern; it takes its orders in `folder`. `env` puts it under a server. */
export function failingDisk(shim, folder, pattern) {
  const control = join(folder, 'control');
  let round = 0;
  const order = async (kind, error, nth, sticky) => {
    await writeFile(`${control}.new`, `${kind} ${errors[error]} ${nth} ${sticky ? 1 : 0} ${++round}\n`);
    await rename(`${control}.new`, control);
    await rm(`${control}.seen`, {force: true});
  };
  return {
    env: {...preload(shim), FAULT_PATH: pattern, FAULT_CONTROL: control},
    /** The nth call of that kind ('write', 'sync', 'read') from now on fails; with `sticky` all later ones too. */
    fail: (kind, error, nth, {sticky = false} = {}) => order(kind, error, nth, sticky),
    /** The process is killed before the nth call that flushes, links, renames or removes. */
    die: (nth) => order('die', 'EIO', nth, false),
    /** Flushes wait until another order comes. */
    hold: () => order('hold', 'EIO', 0, false),
    /** Whether one does. */
    holds: async () => Number((await readFile(`${control}.seen`, 'utf8').catch(() => '0')).trim().split(/\s+/)[0]) > 0,
    heal: () => order('write', 'EIO', 0, false),
    /** How many calls were failed since the last order. */
    failed: async () => Number((await readFile(`${control}.seen`, 'utf8').catch(() => '0 0')).trim().split(/\s+/)[1]),
  };
}

/** A disk of that size, mounted; or null where mounting is not allowed. */
export async function smallDisk(t, size) {
  const place = newFolder();
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]);
  } catch {
    await rmdir(place);
    return null;
  }
  t.after(async () => {
    await execute('umount', ['-l', place]);
    await rmdir(place);
  });
  const filler = join(place, 'filler');
  return {
    place,
    fill: async () => {
      const file = await open(filler, 'a');
      try {
        for (const block of [65536, 4096, 1]) {
          for (;;) await file.write(Buffer.alloc(block));
        }
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    makeRoom: () => rm(filler),
  };
}
