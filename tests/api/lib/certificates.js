// Certificates for a test, made with openssl: {cert, key} are the paths of two PEM files, `pem` is the certificate's text.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import assert from 'node:assert/strict';
import {run} from './command.js';

async function openssl(...args) {
  const {code, stderr} = await run(args, {program: 'openssl'});
  assert.equal(code, 0, `openssl ${args.join(' ')}: ${stderr}`);
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const here = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

const pair = (folder, name) => ({cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`)});
const withText = (files) => ({...files, pem: readFileSync(files.cert, 'utf8')});

// Signed by itself. options: rsa; key: openssl's arguments for the key, instead of one without a passphrase.
export async function selfSigned(folder, name, {rsa = false, key = ['-nodes']} = {}) {
  const files = pair(folder, name);
  await openssl('req', '-x509', ...(rsa ? ['-newkey', 'rsa:2048'] : curve), ...key, '-days', '30', '-subj', `/CN=${name}`, '-addext', here,
    '-keyout', files.key, '-out', files.cert);
  return withText(files);
}

async function signed(folder, name, by, {extensions = `${here}\n`, days = 30} = {}) {
  const files = pair(folder, name);
  const [asked, extra] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
  await openssl('req', ...curve, '-nodes', '-subj', `/CN=${name}`, '-keyout', files.key, '-out', asked);
  writeFileSync(extra, extensions);
  await openssl('x509', '-req', '-in', asked, '-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', `${days}`, '-extfile', extra, '-out', files.cert);
  return withText(files);
}

// A certificate signed by an authority that is signed by a root: {root, chain: {cert, key, pem}}.
export async function chained(folder) {
  const root = await selfSigned(folder, 'root');
  const middle = await signed(folder, 'middle', root, {extensions: 'basicConstraints=critical,CA:TRUE\n'});
  const leaf = await signed(folder, 'leaf', middle);
  const cert = join(folder, 'chain.crt');
  writeFileSync(cert, leaf.pem + middle.pem);
  return {root, chain: withText({cert, key: leaf.key})};
}

// One whose day is over.
export async function expired(folder, name) {
  return signed(folder, name, await selfSigned(folder, 'former'), {days: -1});
}
