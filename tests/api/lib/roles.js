// Who may do what, as the contract says it.
import {operations} from './contract.js';

export const ranks = ['none', 'reader', 'editor', 'admin'];
const heads = ['everybody', 'reader', 'editor', 'admin', 'feed'];
// A role beside those: it may do what everybody may, and what is for it alone.
export const apart = 'feed';

// The table of SECURITY.md.
export function rolesTable() {
  const cell = (each, role, open) => (ranks.indexOf(each) >= ranks.indexOf(role) ? '✓' : each === 'none' && open ? '(✓)' : '');
  const cells = (role, open) => [
    ...ranks.map((each) => (role === apart ? '' : cell(each, role, open))),
    [apart, 'none'].includes(role) ? '✓' : '',
  ].join(' | ');
  const rows = operations.map(({method, path, role, declared}) => `| \`${method} ${path}\` | ${declared.summary} | ${cells(role, declared['x-public'])} |\n`);
  return `| operation | | ${heads.join(' | ')} |\n|---|---|${'---|'.repeat(heads.length)}\n${rows.join('')}`;
}
