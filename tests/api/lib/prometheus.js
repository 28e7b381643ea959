// A strict reader of Prometheus' text format 0.0.4. It throws at whatever Prometheus or its linter would complain of: a family without
// HELP and TYPE before its samples, one that comes in two places, a sample that comes twice, a label that is not escaped, a histogram that
// does not add up, a counter whose name does not end in _total.
import assert from 'node:assert/strict';

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const sampleLine = new RegExp(`^(${name})(?:\\{(.*)\\})? (NaN|[+-]?Inf|[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)$`, 'i');
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/gy;

function labelsOf(text, line) {
  const labels = {};
  label.lastIndex = 0;
  for (let at = 0; at < text.length; at = label.lastIndex) {
    const match = label.exec(text);
    assert.ok(match, `labels: ${line}`);
    assert.ok(!(match[1] in labels), `a label comes twice: ${line}`);
    labels[match[1]] = match[2];
  }
  return labels;
}

function holdHistogram({name: family, samples}) {
  const series = new Map();
  for (const {name: sample, labels: {le, ...rest}, value} of samples) {
    const key = JSON.stringify(rest);
    if (!series.has(key)) series.set(key, {buckets: []});
    if (sample === `${family}_bucket`) series.get(key).buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
    else series.get(key)[sample.slice(family.length + 1)] = value;
  }
  for (const [key, {buckets, count, sum}] of series) {
    const what = `${family}${key}`;
    buckets.forEach(([bound, value], i) => i > 0 && assert.ok(bound > buckets[i - 1][0] && value >= buckets[i - 1][1], `${what}: buckets rise`));
    assert.equal(buckets.at(-1)[0], Infinity, `${what}: the last bucket has all`);
    assert.equal(buckets.at(-1)[1], count, `${what}: count`);
    assert.ok(sum >= 0, `${what}: sum`);
  }
}

/** The families by name: {name, type, help, samples: [{name, labels, value}]}. */
export function parse(text) {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map();
  const seen = new Set();
  let family;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, of, rest] = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line) ?? [];
    if (word === 'HELP') {
      assert.ok(!families.has(of), `told once, in one place: ${line}`);
      assert.doesNotMatch(rest, /\\(?![\\n])/, line);
      family = {name: of, help: rest, samples: []};
      families.set(of, family);
    } else if (word === 'TYPE') {
      assert.ok(family?.name === of && family.type === undefined && family.samples.length === 0, `TYPE follows HELP: ${line}`);
      assert.match(rest, /^(counter|gauge|histogram)$/, line);
      assert.equal(rest === 'counter', /_total$/.test(of), `a counter, and nothing else, ends in _total: ${line}`);
      family.type = rest;
    } else {
      const match = sampleLine.exec(line);
      assert.ok(match && family?.type, `a sample of a family: ${line}`);
      const endings = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      assert.ok(endings.some((ending) => match[1] === family.name + ending), `of its own family: ${line}`);
      const labels = labelsOf(match[2] ?? '', line);
      const key = `${match[1]} ${JSON.stringify(Object.entries(labels).sort())}`;
      assert.ok(!seen.has(key), `a sample comes once: ${line}`);
      seen.add(key);
      const value = Number(match[3].replace(/inf$/i, 'Infinity'));
      assert.ok(family.type === 'gauge' || value >= 0, `not below zero: ${line}`);
      family.samples.push({name: match[1], labels, value});
    }
  }
  for (const each of families.values()) {
    if (each.type === 'histogram') holdHistogram(each);
  }
  return families;
}
