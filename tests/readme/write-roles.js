// Writes the table of who may do what into SECURITY.md, after the contract has changed.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {rolesTable} from '../api/lib/roles.js';
import {readDocument} from './documents.js';
import {root} from './first-look.js';

const [before, after] = ['<!-- roles -->\n', '<!-- /roles -->'];
const document = readDocument('SECURITY.md');
const place = new RegExp(`${before}[\\s\\S]*?${after}`);
writeFileSync(join(root, 'SECURITY.md'), document.replace(place, () => before + rolesTable() + after));
