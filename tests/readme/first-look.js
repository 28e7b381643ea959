// What `make run` does once the program is built, in a folder of its own that looks like a checkout: build/entente, examples/
// and, from the first run on, data/.
import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {binary, surroundings} from '../api/lib/command.js';
import {until} from '../api/lib/wait.js';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// A folder that goes when the test ends.
export function newFolder(test) {
  const folder = mkdtempSync(join(tmpdir(), 'entente-'));
  test.after(() => rmSync(folder, {recursive: true, force: true, maxRetries: 10}));
  return folder;
}

export function newCheckout(test) {
  const folder = newFolder(test);
  mkdirSync(join(folder, 'build'));
  symlinkSync(binary, join(folder, 'build/entente'));
  for (const name of ['examples', 'mk']) symlinkSync(join(root, name), join(folder, name));
  return folder;
}

// Runs it until it listens: {url, output, stop}. stop() presses Ctrl-C, and gives the exit code when the program is gone.
export async function firstLook(test, checkout, listen = '127.0.0.1:0', env = {}) {
  const child = spawn('sh', ['mk/run.sh', 'build/entente', 'data/entente.db', listen], {cwd: checkout, env: surroundings(env)});
  const look = {output: '', errors: ''};
  child.stdout.setEncoding('utf8').on('data', (text) => { look.output += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { look.errors += text; });
  const ended = new Promise((done) => child.on('close', (code, signal) => done(code ?? signal)));
  look.stop = () => {
    child.kill('SIGINT');
    return ended;
  };
  test.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const line = await until(() => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}\n${look.errors}`);
    return /^listening on (https?:\/\/\S+)\n/m.exec(look.output);
  }, 'the line "listening on …"');
  look.url = line[1];
  return look;
}
