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
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
