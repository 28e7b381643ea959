// Runs the program to its end.
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

export const binary = process.env.ENTENTE_BINARY ?? fileURLToPath(new URL('../../../build/entente', import.meta.url));

// The tests' own surroundings, without what might be set for a server of the person who runs them.
export function surroundings(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ENTENTE_'));
  return {...Object.fromEntries(kept), ...extra};
}

// {code, signal, stdout, stderr}; input is given on standard input.
export function run(args, {env, input, cwd, program = binary} = {}) {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {env: surroundings(env), cwd, stdio: 'pipe'});
    const output = {stdout: '', stderr: ''};
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
    }
    child.stdin.on('error', () => {}); // a command that does not read may be gone already
    child.stdin.end(input ?? '');
    child.on('error', failed);
    child.on('close', (code, signal) => done({code, signal, ...output}));
  });
}
