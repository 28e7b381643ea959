// A token that does not let one in says nothing else about itself. Whether it was revoked, has expired, is for other networks, was never given
// out, has a wrong checksum, is a calendar's, or has no form at all, the answer is the same 401 after the same time; so who has found a token somewhere does not learn
// whether it ever was one. (That one without form asks as much of the database as one that is unknown, tests/unit/access/test_tokens.c counts.)
//
// Time is compared as ratios within one run: all kinds take turns in random order on one connection. What else the machine does can only add to
// what an answer takes, so a tenth of each kind's, the quickest, is looked at, and when a kind differs all are measured again, up to three times:
// what takes longer by itself does so each time. A few microseconds more or less for one kind are found.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {open} from './lib/raw.js';
import {Random} from './lib/random.js';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';
import {until} from './lib/wait.js';

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 1_000_000_000);
const TOKENS = 100; // of each kind; more than a thread remembers, so that each is looked up anew
const REQUESTS = 1500; // of each kind
const MOST = 1.15;
const ROUNDS = 3;
const random = new Random(SEED);
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
let server;
let tokens; // {kind: [token]}
before(async () => {
  server = await startServer({args: ['--threads', '1'], env: unlimited});
  tokens = await makeTokens();
});
after(() => server.stop());

const times = (make) => Promise.all(Array.from({length: TOKENS}, make));
const letters = (length) => Array.from({length}, () => random.pick(digits)).join('');

function crc32(text) {
  let sum = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

// A token ends with a checksum in base 62.
function complete(start) {
  let [sum, check] = [crc32(start), ''];
  for (let i = 0; i < 6; i++) {
    check = digits[sum % 62] + check;
    sum = Math.floor(sum / 62);
  }
  return start + check;
}

const unknown = () => complete(`ent_${letters(32)}`);

async function makeTokens() {
  const make = (more) => server.newToken({role: 'admin', name: 'refused', ...more});
  const revoked = await times(() => make());
  await Promise.all(revoked.map(({id}) => server.delete(`/v1/tokens/${id}`, {status: 204})));
  const elsewhere = await times(() => make({networks: ['192.0.2.0/24']}));
  const ends = Date.now() + 3000;
  const expired = await times(() => make({expires_at: new Date(ends).toISOString()}));
  await until(() => Date.now() > ends, 'the tokens end');
  const real = revoked[0].token;
  assert.equal(complete(real.slice(0, -6)), real, 'the checksum is that of the registry');
  return {
    unknown: await times(() => unknown()),
    revoked: revoked.map(({token}) => token),
    expired: expired.map(({token}) => token),
    elsewhere: elsewhere.map(({token}) => token),
    'a wrong checksum': await times(() => `ent_${letters(38)}`),
    "a calendar's": (await times(() => make({role: 'feed', query: ''}))).map(({token}) => token),
    truncated: await times(() => unknown().slice(0, -1)),
    'too long': await times(() => `${unknown()}0`),
    'of another form': await times(() => letters(42)),
    'a few letters': await times(() => letters(6)),
    "a session's": await times(() => `ses_${letters(38)}`),
  };
}

// Asks on one connection that stays: {status line, head, body} as text, and the nanoseconds it took.
async function ask(wire, token) {
  const bytes = Buffer.from(`GET /v1/areas HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return new Promise((done) => {
    let text = '';
    const start = process.hrtime.bigint();
    const hear = (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0 || text.length < end + 4 + Number(/content-length: (\d+)/i.exec(text)[1])) return;
      const nanoseconds = Number(process.hrtime.bigint() - start);
      wire.socket.off('data', hear);
      done({nanoseconds, head: text.slice(0, end), body: text.slice(end + 4)});
    };
    wire.socket.on('data', hear);
    wire.socket.write(bytes);
  });
}

// The answer without what belongs to this request alone: the date, and the request's number, which may be a digit longer than another.
function lasting({head, body}) {
  const {instance} = JSON.parse(body);
  assert.ok(head.includes(instance), 'the problem names the request');
  const rest = body.replaceAll(instance, '');
  return `${head.replaceAll(instance, '').replace(/^Date: .*$/im, 'Date').replace(`: ${body.length}`, `: ${rest.length}`)}\n\n${rest}`;
}

function shuffled(list) {
  const rest = [...list];
  for (let i = rest.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [rest[i], rest[other]] = [rest[other], rest[i]];
  }
  return rest;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const quick = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 10)];

// What the quickest tenth of each kind took at most, asked with its tokens in turn. `again`: each was asked with just before, so that it is
// remembered, whatever others would take its place.
async function measure(again) {
  const wire = open(server.port);
  await wire.connected;
  const took = Object.fromEntries(Object.keys(tokens).map((kind) => [kind, []]));
  const asked = Object.entries(tokens).flatMap(([kind, list]) => Array.from({length: REQUESTS}, (_, i) => ({kind, token: list[i % TOKENS]})));
  const answers = new Set();
  for (const {kind, token} of shuffled(asked)) {
    if (again) await ask(wire, token);
    const answer = await ask(wire, token);
    took[kind].push(answer.nanoseconds);
    answers.add(lasting(answer));
  }
  wire.destroy();
  assert.equal(answers.size, 1, [...answers].join('\n\n'));
  assert.match([...answers][0], /^HTTP\/1.1 401 /);
  return Object.entries(took).map(([kind, list]) => [kind, quick(list)]);
}

for (const [what, again] of [['is asked about for the first time', false], ['was asked about before', true]]) {
  test(`a token that ${what} and does not let one in gets the same 401 after the same time, whatever is wrong with it`, async (t) => {
    let others;
    for (let round = 0; round < ROUNDS && others?.length !== 0; round++) {
      const measured = await measure(again);
      const usual = median(measured.map(([, nanoseconds]) => nanoseconds));
      t.diagnostic(`ENTENTE_SEED=${SEED}: ${measured.map(([kind, nanoseconds]) => `${kind} ${(nanoseconds / 1000).toFixed(1)} µs`).join(', ')}`);
      others = measured.filter(([, nanoseconds]) => nanoseconds > usual * MOST || nanoseconds < usual / MOST).map(([kind]) => kind);
    }
    assert.deepEqual(others, []);
  });
}
