// Pages fetched while others write: a record that is there throughout, with a sort key that stays, comes exactly once.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {resource} from './lib/contract.js';
import {pages} from './lib/pages.js';
import {startServer} from './lib/server.js';

const STAYING = 60;
let server;
let staying;

before(async () => {
  server = await startServer();
  staying = [];
  for (let i = 0; i < STAYING; i++) {
    const body = {name: `Staying ${i % 7}`, country: i % 3 === 0 ? null : i % 3 === 1 ? 'JP' : 'TW', tags: ['stays']};
    staying.push((await server.post('/v1/organizations', body, {status: 201})).json.id);
  }
});
after(() => server.stop());

// Writes all around the records that stay: makes, deletes, renames, and touches of the staying ones that move no key.
async function disturb(round) {
  const passing = await server.put(`/v1/organizations/passing-${round}`, {name: `Staying ${round % 7}`, country: 'JP', tags: ['stays']}, {status: 201});
  const touched = staying[round * 13 % STAYING];
  await server.patch(`/v1/organizations/${touched}`, {city: `city ${round}`}, {status: 200});
  if (round % 2 === 0) await server.delete(`/v1/organizations/${passing.json.id}`, {status: 204});
  else await server.patch(`/v1/organizations/${passing.json.id}`, {name: `Passing ${round}`, country: null}, {status: 200});
}

let round = 0;
// Every key but the one that each write moves.
const keys = Object.entries(resource('organizations').schema.properties)
  .filter(([name, member]) => member['x-sort'] && name !== 'updated_at').map(([name]) => name);
for (const sort of ['', ...keys, ...keys.map((key) => `-${key}`)]) {
  test(`pages in the order "${sort}" neither repeat nor skip a record that stays, while others write`, async () => {
    const seen = [];
    for await (const page of pages(server, `/v1/organizations?limit=7&tag=stays${sort ? `&sort=${sort}` : ''}`)) {
      seen.push(...page.json.items.map((each) => each.id).filter((id) => staying.includes(id)));
      await disturb(round++);
    }
    assert.deepEqual([...seen].sort(), [...staying].sort());
  });
}
