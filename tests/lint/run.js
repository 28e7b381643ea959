// Applies the house's rules to the files of the working tree: those that git knows, and new ones that it does not ignore.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';

import { rules } from './rules.js';

const root = execFileSync('git', ['rev-parse', '--show-toplevel'], { encoding: 'utf8' }).trim();
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
const paths = [...new Set(listed.split('\0'))].filter((path) => path && lstatSync(`${root}/${path}`, { throwIfNoEntry: false })?.isFile());

let wrong = 0;
for (const path of paths.sort()) {
  const bytes = readFileSync(`${root}/${path}`);
  if (bytes.includes(0)) continue;
  const text = bytes.toString('utf8');
  for (const rule of rules.filter((one) => one.applies(path))) {
    for (const { line, message } of rule.check(path, text)) {
      console.error(`${path}:${line}: ${message} (${rule.name})`);
      wrong++;
    }
  }
}
console.log(`  RULES   ${rules.length} rules, ${paths.length} files, ${wrong} violations`);
process.exitCode = wrong > 0 || paths.length === 0 ? 1 : 0;
