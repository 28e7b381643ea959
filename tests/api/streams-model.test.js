// The feed of changes against the simplest model of it: whoever follows, with whatever interruptions on either side, has the list of all
// changes, once each and in order.
import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {follow} from './lib/events.js';
import {everything} from './lib/pages.js';
import {Random} from './lib/random.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
const KILLS = 4;
const WRITES_A_LIFE = 250;
const WRITERS = 4;
const RESOURCES = ['organizations', 'areas'];

// Follows for as long as there is a server, and connects again after each end with what it saw last, as EventSource does.
class Follower {
  events = [];
  streams = 0;

  constructor(query, random) {
    this.query = query;
    this.random = random;
  }

  // Until the server is gone, or the change with the number `last.seq` has come.
  async run(server, last) {
    const complete = (newer = []) => last.seq !== undefined && (newer.at(-1) ?? this.events.at(-1))?.seq === last.seq;
    while (!complete()) {
      const stream = await follow(server, this.query, {lastEventId: this.events.at(-1)?.seq.toString()}).catch(() => undefined);
      if (stream === undefined) return;
      assert.equal(stream.status, 200);
      const enough = this.random.chance(0.1) ? Infinity : this.random.below(12);
      await until(() => stream.over || stream.events.length >= enough || complete(stream.events), 'an end');
      this.events.push(...stream.events);
      this.streams++;
      stream.close();
    }
  }
}

async function write(server, random) {
  const path = `/v1/${random.pick(RESOURCES)}/r${random.below(12)}`;
  const what = random.below(40);
  const wanted = {name: `Name ${random.below(4)}`};
  if (what === 0) {
    const lines = Array.from({length: 1 + random.below(200)}, (_, i) => JSON.stringify({resource: 'areas', slug: `i${i}`, name: `Name ${random.below(9)}`}));
    return server.post('/v1/import', lines.join('\n'), {headers: {'content-type': 'application/x-ndjson'}});
  }
  return what < 24 ? server.put(path, wanted) : what < 34 ? server.patch(path, wanted) : server.delete(path);
}

// Writes as several clients do, until the server is gone or all is written. `count.done` tells how much was.
function writeMuch(server, random, count) {
  return Promise.all(Array.from({length: WRITERS}, async () => {
    try {
      while (count.done < WRITES_A_LIFE) {
        await write(server, random);
        count.done++;
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }));
}

test(`over ${KILLS} kills and many interruptions, followers get every change once and in order`, async (t) => {
  t.diagnostic(`ENTENTE_SEED=${SEED}`);
  const random = new Random(SEED);
  const folder = newFolder();
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  const db = join(folder, 'entente.db');
  const followers = ['', '', '?after=0', '?resource=areas', '?resource=organizations'].map((query) => new Follower(query, random));
  for (let life = 0; life < KILLS; life++) {
    const server = await startServer({db});
    await server.token('reader');
    const count = {done: 0}, moment = random.below(WRITES_A_LIFE);
    const work = [...followers.map((each) => each.run(server, {})), writeMuch(server, random, count)];
    await until(() => count.done >= moment, 'the moment to be killed');
    await server.kill();
    await Promise.all(work);
  }
  const server = await startServer({db});
  const lasts = followers.map(() => ({}));
  const following = Promise.all(followers.map((each, i) => each.run(server, lasts[i])));
  await writeMuch(server, random, {done: 0});
  for (const resource of RESOURCES) await server.put(`/v1/${resource}/the-end`, {name: 'The end'}, {status: 201});
  const expected = await Promise.all(followers.map(({query}) => everything(server, `/v1/changes${query || '?after=0'}&limit=500`)));
  lasts.forEach((last, i) => { last.seq = expected[i].at(-1).seq; });
  await following;
  followers.forEach(({events, query, streams}, i) => {
    t.diagnostic(`${query || 'all'}: ${events.length} changes over ${streams} streams`);
    assert.deepEqual(events, expected[i]);
  });
  assert.deepEqual(expected[0].map((each) => each.seq), expected[0].map((_, i) => i + 1));
  await server.stop();
});
