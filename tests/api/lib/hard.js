// A server that is treated badly. Around each bad thing stands the same question: was nothing written, did the others
// not wait, and at the end, did it end cleanly (no crash; under the sanitizers, no leak)?
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, serve } from '../../fault/process.js';

const SLOWEST_PROBE_MS = Number(process.env.ENTENTE_SLOWEST_PROBE_MS ?? 2000);

/** Everything the registry holds, as text. */
async function content(base) {
  const lists = ['organizations', 'areas', 'agreements'].map((name) => ask(base, 'GET', `/v1/${name}?limit=500`));
  return JSON.stringify((await Promise.all(lists)).map(({ status, body }) => [status, body]));
}

/** Asks for a record again and again until stopped; the longest time an answer took. */
function probe(base) {
  let running = true;
  const slowest = (async () => {
    let most = 0;
    while (running) {
      const start = performance.now();
      const { status } = await ask(base, 'GET', '/v1/organizations/itri');
      assert.equal(status, 200, 'another client is answered meanwhile');
      most = Math.max(most, performance.now() - start);
    }
    return most;
  })();
  slowest.catch(() => {});
  return {
    stop: () => {
      running = false;
      return slowest;
    },
  };
}

/**
 * A server for the tests of one file, with a few records in it. `harmless(name, attack)` is a test whose attack writes
 * nothing and lets nobody wait.
 */
export function underAttack(flags = []) {
  const hard = { port: 0, base: '' };
  const cleanups = [];
  let server;

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'entente-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    server = await serve({ after: (cleanup) => cleanups.unshift(cleanup) }, join(folder, 'e.db'), { flags });
    hard.port = server.port;
    hard.base = server.base;
    hard.pid = server.pid;
    hard.log = server.log;
    for (const [resource, record] of [
      ['organizations', { name: 'ITRI', slug: 'itri' }],
      ['organizations', { name: 'iPark Institute', slug: 'ipark' }],
      ['areas', { name: 'Drug discovery', slug: 'drug-discovery' }],
      ['agreements', { title: 'iPark – ITRI', slug: 'ipark-itri', parties: ['ipark', 'itri'], areas: ['drug-discovery'], concluded_on: '2026-04-15' }],
    ]) {
      assert.equal((await ask(hard.base, 'POST', `/v1/${resource}`, record)).status, 201);
    }
  });

  after(async () => {
    server.kill('SIGTERM');
    const { code, signal } = await server.ended;
    for (const cleanup of cleanups) await cleanup();
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, server.log().slice(-4000));
    assert.deepEqual(unended(server.log()), [], 'every request that began has ended');
  });

  hard.harmless = (name, attack) =>
    test(name, async () => {
      const had = await content(hard.base);
      const others = probe(hard.base);
      try {
        await attack();
      } finally {
        const slowest = await others.stop();
        assert.ok(slowest < SLOWEST_PROBE_MS, `another client waited ${Math.round(slowest)} ms`);
      }
      assert.equal(await content(hard.base), had, 'nothing was written');
    });
  return hard;
}

/** The numbers of requests, which go on by one, that are not in the log: a line is written when one ends. */
function unended(log) {
  const ended = new Set([...log.matchAll(/ request id=[0-9a-f]+-([0-9a-f]+) /g)].map(([, number]) => parseInt(number, 16)));
  return Array.from({ length: Math.max(...ended) + 1 }, (_, number) => number).filter((number) => !ended.has(number));
}

/** Looks that the answer is that problem, in full. */
export function assertProblem(answer, status, name) {
  assert.ok(answer, 'there is an answer');
  assert.equal(answer.status, status, answer.body);
  assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  const problem = JSON.parse(answer.body);
  assert.equal(problem.type, `/problems/${name}`, answer.body);
  assert.equal(problem.status, status);
  assert.equal(problem.instance, answer.headers['x-request-id']);
  return problem;
}
