// Reads what the documents promise: sections, blocks of code, links, tables.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../api/lib/command.js';
import {root} from './first-look.js';

export const readDocument = (name) => readFileSync(join(root, name), 'utf8');

// The text below a heading of the second level, up to the next one.
export function section(document, heading) {
  const found = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (!found) throw new Error(`there is no section "${heading}"`);
  return found;
}

// [{language, text}] in their order.
export function blocks(text) {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, body]) => ({language, text: body}));
}

// [{flag, value, fallback, help}] of a command, as its --help lists them.
export function flagsOf(help) {
  const lines = help.matchAll(/^ {2}--([a-z-]+)(?: (\S+))? {2,}(.*)$/gm);
  return [...lines].map(([, flag, value, text]) => {
    const [, words, fallback] = /^(.*?)(?: \(([A-Za-z0-9_.:/]+)\))?$/.exec(text);
    return {flag, value, fallback, help: words};
  });
}

// The commands and the flags of `entente serve` as docs/flags.md has them between its marks.
export async function commandsTable() {
  const {stdout} = await run(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}(.*)$/gm)];
  const words = await Promise.all(commands.map(async ([, name]) => /^usage: .* ([A-Z]+)$/m.exec((await run([...name.split(' '), '--help'])).stdout)?.[1]));
  return `| command | |\n|---|---|\n${commands.map(([, name, summary], at) =>
    `| \`entente ${[name, words[at]].filter(Boolean).join(' ')}\` | ${summary} |\n`).join('')}`;
}

export async function flagsTable() {
  const {stdout} = await run(['serve', '--help']);
  const rows = flagsOf(stdout).map(({flag, value, fallback, help}) =>
    `| \`--${flag}${value ? ` ${value.replace('|', '\\|')}` : ''}\` | ${fallback ? `\`${fallback}\`` : ''} | ${help} |\n`);
  return `| flag | default | |\n|---|---|---|\n${rows.join('')}`;
}
