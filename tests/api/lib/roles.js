// Who may do what, as the contract says it.
import {operations} from './contract.js';

export const ranks = ['none', 'reader', 'editor', 'admin'];
const heads = ['everybody', 'reader', 'editor', 'admin', 'feed', 'metrics'];
// A role beside those: it may do what everybody may, and what is for it alone.
export const apart = 'feed';
// And one that may do what everybody may, and what is for it and for readers.
export const watching = 'metrics';
// The least of the ranks that may.
export const least = (role) => ranks.indexOf(role === watching ? 'reader' : role);

// The table of SECURITY.md.
export function rolesTable() {
  const cell = (each, role, open) => (ranks.indexOf(each) >= least(role) ? '✓' : each === 'none' && open ? '(✓)' : '');
  const cells = (role, open) => [
    ...ranks.map((each) => (role === apart ? '' : cell(each, role, open))),
    [apart, 'none'].includes(role) ? '✓' : '',
    [watching, 'none'].includes(role) ? '✓' : '',
  ].join(' | ');
  const rows = operations.map(({method, path, role, declared}) => `| \`${method} ${path}\` | ${declared.summary} | ${cells(role, declared['x-public'])} |\n`);
  return `| operation | | ${heads.join(' | ')} |\n|---|---|${'---|'.repeat(heads.length)}\n${rows.join('')}`;
}
