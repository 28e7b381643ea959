// `make run`, once the program is built.
import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {test} from 'node:test';
import {selfSigned} from '../api/lib/certificates.js';
import {firstLook, newCheckout, newFolder} from './first-look.js';

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => done(port));
    });
  });
}

test('the first run loads the examples and prints one link that signs an admin in', async (t) => {
  const address = `127.0.0.1:${await freePort()}`;
  const look = await firstLook(t, newCheckout(t), address);
  const links = [...look.output.matchAll(/(http:\/\/\S+)\/#token=(\S+)/g)];
  assert.equal(links.length, 1);
  const [, url, token] = links[0];
  assert.equal(url, `http://${address}`);

  const answer = await fetch(`${url}/v1/organizations/itri`, {headers: {authorization: `Bearer ${token}`}});
  assert.equal(answer.status, 200);
  const tokens = await fetch(`${url}/v1/tokens`, {headers: {authorization: `Bearer ${token}`}});
  assert.deepEqual((await tokens.json()).items.map(({role}) => role), ['admin']);
  assert.equal((await fetch(`${url}/v1/organizations/itri`)).status, 401);
  assert.equal((await fetch(url)).status, 200);
  assert.ok(!look.errors.includes(token), 'the log does not hold the token');
  assert.equal(await look.stop(), 0);
});

test('with a certificate, the link that signs in is one of HTTPS', async (t) => {
  const {cert, key} = await selfSigned(newFolder(t), 'localhost');
  const address = `127.0.0.1:${await freePort()}`;
  const look = await firstLook(t, newCheckout(t), address, {ENTENTE_TLS_CERT: cert, ENTENTE_TLS_KEY: key});
  assert.equal(look.url, `https://${address}`);
  assert.deepEqual([...look.output.matchAll(/(http\S+)\/#token=/g)].map(([, url]) => url), [look.url]);
  assert.equal(await look.stop(), 0);
});

test('the second run keeps the database, makes no token, and says how to make one', async (t) => {
  const checkout = newCheckout(t);
  const first = await firstLook(t, checkout);
  const token = /#token=(\S+)/.exec(first.output)[1];
  const authorization = `Bearer ${token}`;
  const removed = await fetch(`${first.url}/v1/agreements/nbrp-2019`, {method: 'DELETE', headers: {authorization}});
  assert.equal(removed.status, 204);
  assert.equal(await first.stop(), 0);

  const second = await firstLook(t, checkout);
  assert.doesNotMatch(second.output, /ent_|#token=/);
  assert.match(second.output, /token create --db data\/entente\.db/);
  const gone = await fetch(`${second.url}/v1/agreements/nbrp-2019`, {headers: {authorization}});
  assert.equal(gone.status, 410, 'what was deleted is not loaded again');
  const tokens = await fetch(`${second.url}/v1/tokens`, {headers: {authorization}});
  assert.equal((await tokens.json()).items.length, 1);
  assert.equal(await second.stop(), 0);
});
