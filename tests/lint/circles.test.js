// The check of circles finds one that is planted, and takes a chain for none.
import assert from 'node:assert/strict';
import test from 'node:test';

import { circlesIn, graphOf, symbols } from './circles.js';

const file = (name, text) => ({ name, ...symbols(text) });

test('two files that call each other are a circle, however long the way round', () => {
  const files = [
    file('a', '0000000000000000 T a_do\n                 U b_do\n'),
    file('b', '0000000000000000 T b_do\n                 U c_do\n'),
    file('c', '0000000000000000 T c_do\n                 U a_do\n'),
    file('d', '0000000000000000 T d_do\n                 U a_do\n'),
  ];
  assert.deepEqual(circlesIn(graphOf(files)), [['a', 'b', 'c']]);
});

test('a chain, a library and a file that calls itself are no circle', () => {
  const files = [
    file('a', '0000000000000000 T a_do\n                 U b_do\n                 U malloc\n'),
    file('b', '0000000000000000 T b_do\n                 U b_do\n0000000000000000 t own\n'),
  ];
  assert.deepEqual(circlesIn(graphOf(files)), []);
});

test('a table of functions counts as calls of them', () => {
  const files = [
    file('table', '0000000000000000 D table\n                 U handle\n'),
    file('handler', '0000000000000000 T handle\n                 U table\n'),
  ];
  assert.deepEqual(circlesIn(graphOf(files)), [['handler', 'table']]);
});
