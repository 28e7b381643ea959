// Reads what the documents promise: sections, blocks of code, links, tables.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
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
