// Writes the commands and the flags of `entente serve` into docs/flags.md, after src/cli/table.c has changed.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {commandsTable, flagsTable, readDocument} from './documents.js';
import {root} from './first-look.js';

const page = readDocument('docs/flags.md');
const tables = {commands: await commandsTable(), flags: await flagsTable()};
const written = page.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (_, before, name, after) => before + tables[name] + after);
writeFileSync(join(root, 'docs/flags.md'), written);
