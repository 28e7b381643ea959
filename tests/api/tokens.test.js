// One token as an item: what its tag stands for, and what revoking it may rest on. (What tokens are good for: access.test.js, roles.test.js.)
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {newFolder, startServer} from './lib/server.js';
import {run} from './lib/command.js';
import {until} from './lib/wait.js';
import {rmSync} from 'node:fs';
import {join} from 'node:path';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

const make = (name, more) => server.newToken({role: 'reader', name, ...more});
const at = ({id}) => `/v1/tokens/${id}`;

test('a token is read by itself as the list has it, without its secret', async () => {
  const {token, calendar, ...made} = await make('read', {networks: ['127.0.0.0/8'], requests_per_minute: 5});
  const answer = await server.get(at(made), {status: 200});
  assert.equal(calendar, null);
  assert.deepEqual(answer.json, made);
  assert.ok(!answer.text.includes(token));
  assert.deepEqual((await server.get('/v1/tokens')).json.items.find(({id}) => id === made.id), made);
  await server.get(at(made), {role: 'editor', status: 403});
  await server.get(at(made), {role: null, status: 401});
  for (const id of ['tok_none', 'x', `${made.id}x`, 'org_01h455vb4pex5vsknk084sn02q']) await server.get(`/v1/tokens/${id}`, {status: 404});
});

test('the tag of a token stands for its bytes, and names the token as one state as long as nobody revokes it', async () => {
  const made = await make('tagged');
  const fresh = await server.get(at(made), {status: 200});
  await server.get(at(made), {status: 304, headers: {'if-none-match': fresh.etag}});
  await server.get('/v1/areas', {token: made.token, status: 200});
  const used = await until(async () => {
    const answer = await server.get(at(made), {headers: {'if-none-match': fresh.etag}});
    return answer.status === 200 && answer;
  }, 'the use is written down');
  assert.notEqual(used.json.last_used_at, null);
  assert.notEqual(used.etag, fresh.etag);
  await server.delete(at(made), {status: 204, headers: {'if-match': fresh.etag}});
  const revoked = await server.get(at(made), {status: 200});
  assert.notEqual(revoked.json.revoked_at, null);
  await server.delete(at(made), {status: 412, headers: {'if-match': used.etag}});
  await server.delete(at(made), {status: 204, headers: {'if-match': revoked.etag}});
  assert.equal((await server.get(at(made))).text, revoked.text, 'its end stays when it was');
});

test('the log tells who made a token and who revoked it, once, and never its secret', async () => {
  const maker = await server.newToken({role: 'admin', name: 'the maker'});
  const made = await server.post('/v1/tokens', {role: 'reader', name: 'told "of"'}, {token: maker.token, status: 201});
  for (let times = 0; times < 2; times++) await server.delete(at(made.json), {token: maker.token, status: 204});
  const {headers} = await server.get('/v1/areas', {status: 200});
  await until(() => server.output.stderr.includes(headers['x-request-id']), 'the line of the last request');
  const lines = server.output.stderr.split('\n').filter((line) => line.includes(`token=${made.json.id}`));
  assert.deepEqual(lines.map((line) => /info +(token \w+) .*$/.exec(line)[1]), ['token created', 'token revoked']);
  for (const line of lines) assert.match(line, /name="told \\"of\\"" id=\S+ actor="the maker"$/);
  assert.ok(lines[0].includes(`id=${made.headers['x-request-id']}`));
  assert.ok(!server.output.stderr.includes(made.json.token));
});

test('a token that If-Match does not name is not revoked', async () => {
  const made = await make('kept'), other = await make('other');
  const {etag} = await server.get(at(made));
  for (const tag of ['"x"', `W/${etag}`, 'nonsense', (await server.get(at(other))).etag]) {
    await server.delete(at(made), {status: 412, headers: {'if-match': tag}});
  }
  await server.get('/v1/areas', {token: made.token, status: 200});
  await server.delete(at(made), {status: 204, headers: {'if-match': `"x", ${etag}`}});
  await server.get('/v1/areas', {token: made.token, status: 401});
  for (const tag of ['*', '"x"']) await server.delete('/v1/tokens/tok_none', {status: 412, headers: {'if-match': tag}});
  await server.delete('/v1/tokens/tok_none', {status: 404});
});

test('of many who revoke one state one finds it', async () => {
  const made = await make('raced');
  const {etag} = await server.get(at(made));
  const answers = await Promise.all(Array.from({length: 10}, () => server.delete(at(made), {headers: {'if-match': etag}})));
  assert.deepEqual(answers.map(({status}) => status).sort(), [204, ...Array(9).fill(412)]);
});

test('where If-Match is required a token is not revoked without it, but by the command', async () => {
  const folder = newFolder();
  const strict = await startServer({db: join(folder, 't.db'), args: ['--require-if-match']});
  try {
    const first = await strict.newToken({role: 'reader', name: 'first'}), second = await strict.newToken({role: 'reader', name: 'second'});
    for (const socket of [false, true]) await strict.delete(at(first), {status: 428, socket});
    await strict.get('/v1/areas', {token: first.token, status: 200});
    await strict.delete(at(first), {status: 204, headers: {'if-match': (await strict.get(at(first))).etag}});
    await strict.get('/v1/areas', {token: first.token, status: 401});
    for (let times = 0; times < 2; times++) {
      const {code, stderr} = await run(['token', 'revoke', second.id, '--db', strict.db]);
      assert.equal(code, 0, stderr);
    }
    await strict.get('/v1/areas', {token: second.token, status: 401});
    const {code, stderr} = await run(['token', 'revoke', 'tok_none', '--db', strict.db]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no token tok_none/);
  } finally {
    await strict.stop();
    rmSync(folder, {recursive: true});
  }
});
