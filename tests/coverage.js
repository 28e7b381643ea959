// Prints line coverage by folder from gcovr's summary: coverage.js SUMMARY LEAST FOLDER…; ends with 1 when one of the folders has less
// than LEAST percent, or is not there at all.
import { readFileSync } from 'node:fs';

const [summary, least, ...watched] = process.argv.slice(2);
const folders = new Map(watched.map((name) => [name, { lines: 0, run: 0 }]));
for (const file of JSON.parse(readFileSync(summary, 'utf8')).files) {
  const parts = file.filename.split('/');
  const name = parts.length > 2 ? parts[1] : '.';
  const folder = folders.get(name) ?? { lines: 0, run: 0 };
  folder.lines += file.line_total;
  folder.run += file.line_covered;
  folders.set(name, folder);
}

const percent = ({ lines, run }) => (lines === 0 ? 0 : (100 * run) / lines);
let wrong = 0;
console.log(`  folder      lines    run  percent`);
for (const [name, folder] of [...folders].sort(([a], [b]) => a.localeCompare(b))) {
  const short = watched.includes(name) && percent(folder) < Number(least);
  wrong += short ? 1 : 0;
  const columns = [name.padEnd(10), `${folder.lines}`.padStart(6), `${folder.run}`.padStart(6), percent(folder).toFixed(1).padStart(8)];
  console.log(`  ${columns.join(' ')}${short ? `  under ${least}` : ''}`);
}
process.exitCode = wrong > 0 ? 1 : 0;
