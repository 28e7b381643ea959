// A server as a process that a test may kill, starve and bring back on the same database.
import { spawn, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.ENTENTE_BINARY ?? join(root, 'build/entente');

/** A folder that is removed when the test ends. */
export async function makeFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'entente-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts `entente serve` on `db` and waits until it listens.
 * @returns {{port, base, pid, log(), kill(signal), ended: Promise<{code, signal}>}}
 */
export async function serve(t, db, { flags = [], env = {} } = {}) {
  const child = spawn(
    binary,
    ['serve', '--db', db, '--listen', '127.0.0.1:0', '--today', '2026-05-01', '--insecure-no-auth', ...flags],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await firstLine(child.stdout, ended, () => log);
  const port = Number(new URL(line.replace('listening on ', '')).port);
  return {
    port,
    base: `http://127.0.0.1:${port}`,
    pid: child.pid,
    log: () => log,
    kill: (signal) => child.kill(signal),
    ended,
  };
}

function firstLine(stream, ended, log) {
  return new Promise((done, fail) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (more) => {
      text += more;
      if (text.includes('\n')) done(text.slice(0, text.indexOf('\n')));
    });
    ended.then(({ code, signal }) => fail(new Error(`the server ended (${code ?? signal}): ${log()}`)));
  });
}

/** Runs another command of the program: {code, stdout, stderr}. */
export function run(args, env = {}) {
  return new Promise((done) => {
    execFile(binary, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      done({ code: error ? (error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

/** Asks until `look` gives something; fails after `seconds`. */
export async function until(look, what, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((go) => setTimeout(go, 10));
  }
}

/** A JSON request: {status, body, headers}; status 0 when the connection broke. */
export async function ask(base, method, path, body, headers = {}) {
  try {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await fetch(base + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': type, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text), headers: answer.headers };
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return { status: 0, body: null, headers: new Headers() };
  }
}
