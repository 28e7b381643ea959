// Adds up TAP reports of test programs, given by name: cmocka's, and those of node --test, which end in totals of their own. Prints one
// line; ends with 1 when anything failed or a report says nothing.
import {existsSync, readFileSync} from 'node:fs';

const count = (text, pattern) => [...text.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number ?? 1), 0);

function read(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const ofNode = /^# pass \d+$/m.test(text);
  return {
    passed: count(text, ofNode ? /^# pass (\d+)$/gm : /^ok /gm),
    failed: count(text, ofNode ? /^# (?:fail|cancelled) (\d+)$/gm : /^not ok /gm),
  };
}

// How long each test took that stands at the top of a node's report.
const durations = (text) => [...text.matchAll(/^(?:not )?ok \d+ - (.*)\n {2}---\n {2}duration_ms: ([\d.]+)$/gm)].map(([, name, ms]) => ({name, ms: Number(ms)}));

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  const report = read(file);
  if (report.passed + report.failed === 0) {
    console.log(`${file}: no test ran to its end`);
    report.failed = 1;
  }
  passed += report.passed;
  failed += report.failed;
}
if (process.argv.length > 4) { // of a whole run
  const all = process.argv.slice(2).flatMap((file) => (existsSync(file) ? durations(readFileSync(file, 'utf8')).map((one) => ({...one, file})) : []));
  console.log('the ten slowest black-box tests:');
  for (const {name, ms, file} of all.sort((a, b) => b.ms - a.ms).slice(0, 10)) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}  (${file.split('/').at(-1)})`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
