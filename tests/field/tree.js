// A copy of what is under version control, to change and build.
import assert from 'node:assert/strict';
import {cpSync, existsSync, mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {run} from '../api/lib/command.js';
import {newFolder, root} from '../readme/first-look.js';

export async function must(program, args, options) {
  const {code, stdout, stderr} = await run(args, {program, ...options});
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

export async function copyOfTheTree(t) {
  const folder = newFolder(t);
  const names = (await must('git', ['ls-files', '-z'], {cwd: root})).split('\0');
  for (const name of names.filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    cpSync(join(root, name), join(folder, name));
  }
  return folder;
}

export const build = (copy) => must('make', ['-j2', 'BUILD=build', 'OPTIMIZE=-O1'], {cwd: copy});

export function client({url, output}) {
  const headers = {authorization: `Bearer ${/#token=(\S+)/.exec(output)[1]}`, 'content-type': 'application/json'};
  return async (method, path, body) => {
    const answer = await fetch(url + path, {method, headers, body: body && JSON.stringify(body)});
    const text = await answer.text();
    return {status: answer.status, text, json: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text.split('\n')[0]) : null};
  };
}
