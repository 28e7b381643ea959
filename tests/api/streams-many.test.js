// A thousand event streams at once: what they cost while there is nothing to tell, and that all hear of a change.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {open, request} from './lib/raw.js';
import {startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const STREAMS = 1000;
const MEMORY_MIB = 64;
const TICKS_A_SECOND = 100; // USER_HZ, on every Linux
const BUSY_MOST = 0.1; // of one processor

let server;
let wires;
// Sanitizers cost many times the memory and time.
const watched = () => /lib[at]san/.test(readFileSync(`/proc/${server.pid}/maps`, 'utf8'));
const residentMiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
const threads = () => readdirSync(`/proc/${server.pid}/task`).length;
const busySeconds = () => {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
};
const count = (wire, text) => wire.received().toString('latin1').split(text).length - 1;
const all = (is, what) => until(() => wires.every((wire, i) => is(wire, i)), what);

before(async () => {
  server = await startServer({args: ['--heartbeat', '2']});
  for (let i = 0; i < 20; i++) await server.put(`/v1/areas/area-${i}`, {name: 'Before'}, {status: 201});
});
after(() => server.stop());

test(`${STREAMS} streams take less than ${MEMORY_MIB} MiB together, and no thread`, async (t) => {
  const head = request('GET', '/v1/changes?after=10', {Accept: 'text/event-stream', Authorization: `Bearer ${await server.token('reader')}`});
  const [memory, before] = [residentMiB(), threads()];
  wires = Array.from({length: STREAMS}, () => open(server.port, head));
  await all((wire) => count(wire, '\nid: ') === 10, 'the first events of all');
  t.diagnostic(`${(residentMiB() - memory).toFixed(1)} MiB`);
  if (!watched()) assert.ok(residentMiB() - memory < MEMORY_MIB, `${residentMiB() - memory} MiB`);
  assert.equal(threads(), before);
});

test('while there is nothing to tell they cost next to no time', async (t) => {
  const told = wires.map((wire) => count(wire, ': heartbeat'));
  const [busy, begun] = [busySeconds(), performance.now()];
  await all((wire, i) => count(wire, ': heartbeat') >= told[i] + 2, 'two signs of life on each');
  const share = (busySeconds() - busy) / ((performance.now() - begun) / 1000);
  t.diagnostic(`${(share * 100).toFixed(1)} % of a processor`);
  if (!watched()) assert.ok(share < BUSY_MOST, `${share}`);
});

test('all hear of each change, once, while requests are answered', async (t) => {
  const begun = performance.now();
  for (let i = 0; i < 20; i++) await server.patch(`/v1/areas/area-${i}`, {name: 'After'}, {status: 200});
  await all((wire) => count(wire, '"operation":"update"') === 20, 'the changes');
  t.diagnostic(`${Math.round(performance.now() - begun)} ms for 20 changes`);
  const seen = wires.map((wire) => [...wire.received().toString('latin1').matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)));
  for (const ids of seen) assert.deepEqual(ids, Array.from({length: 30}, (_, i) => i + 11));
});

test('what they take is free again when they have left', async () => {
  wires.forEach((wire) => wire.destroy());
  await until(async () => /^entente_streams 0$/m.test((await server.get('/metrics')).text), 'all are found gone');
});
