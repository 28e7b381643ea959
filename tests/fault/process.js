// A server that a test may kill, starve and bring back on the same database. Everybody is admin: what these tests ask is
// not who may.
import {rm} from 'node:fs/promises';
import {newFolder, startServer} from '../api/lib/server.js';
import {binary, run} from '../api/lib/command.js';
import {until} from '../api/lib/wait.js';

export {binary, run, until};

/** A folder that is removed when the test ends. */
export function makeFolder(t) {
  const folder = newFolder();
  t.after(() => rm(folder, {recursive: true, force: true}));
  return folder;
}

/** Starts `entente serve` on `db`; it is killed when the test ends, if it still runs then. `today` null: the clock's. */
export async function serve(t, db, {flags = [], env = {}, today = '2026-05-01'} = {}) {
  const day = today === null ? [] : ['--today', today];
  const server = await startServer({db, env, args: [...day, '--insecure-no-auth', ...flags]});
  t.after(() => server.kill());
  return {
    port: server.port,
    base: server.url,
    pid: server.pid,
    log: () => server.output.stderr,
    kill: (signal) => server.signal(signal),
    ended: server.ended,
  };
}

/**
 * A JSON request: {status, body, headers}; status 0 when the connection broke. A GET is asked once more then, as every client
 * does: the server may have given up an idle connection at that moment.
 */
export async function ask(base, method, ...rest) {
  const answer = await askOnce(base, method, ...rest);
  return answer.status === 0 && method === 'GET' ? askOnce(base, method, ...rest) : answer;
}

async function askOnce(base, method, path, body, headers = {}) {
  try {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(base + path, {
      method,
      headers: text === undefined ? headers : {'content-type': type, ...headers},
      body: text,
    });
    const answered = await answer.text();
    return {status: answer.status, body: answered === '' ? null : JSON.parse(answered), headers: answer.headers};
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return {status: 0, body: null, headers: new Headers()};
  }
}

/** Random numbers that a seed repeats: below(n) gives 0 … n - 1. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}
