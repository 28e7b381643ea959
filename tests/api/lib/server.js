// A server of one's own: startServer() makes a folder and a database in it, starts the program, and gives back a handle whose
// request() holds every answer against the contract. The folder goes when the server stops. A server that a failed test left running
// keeps nobody waiting: it ends with the file of its test.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ask, newAgent} from './client.js';
import {binary as defaultBinary, surroundings} from './command.js';
import {until} from './wait.js';

const START_LIMIT = 60_000;
const STOP_LIMIT = 60_000;
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.on('SIGTERM', () => process.exit(1)); // so a file of tests that took too long leaves no server behind

export function newFolder() {
  return mkdtempSync(join(tmpdir(), 'entente-'));
}

function launch(binary, args, env) {
  const child = spawn(binary, args, {env: surroundings(env), stdio: ['ignore', 'pipe', 'pipe']});
  const output = {stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => { output[name] += text; });
  }
  running.add(child);
  const ended = new Promise((done) => child.on('close', (code, signal) => {
    running.delete(child);
    done({code, signal});
  }));
  const handles = [child, child.stdout, child.stderr];
  handles.forEach((handle) => handle.unref());
  return {child, output, whenEnded: () => {
    handles.forEach((handle) => handle.ref());
    return ended;
  }};
}

async function listening({child, output}) {
  const line = await until(() => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}\n${output.stderr}`);
    }
    return /listening on (https?:\/\/\S+)\n/.exec(output.stdout);
  }, 'the line "listening on …"', START_LIMIT);
  return line[1];
}

class Server {
  #process;
  #agent = newAgent(); // for the socket, and for the address when that speaks plain HTTP
  #network;
  #tokens = new Map();
  #folder;
  #seen = new Map();

  constructor(process, url, db, folder, ca) {
    this.#process = process;
    this.#network = url.startsWith('https:') ? newAgent(ca) : this.#agent;
    this.#folder = folder;
    this.url = url;
    this.port = Number(new URL(url).port);
    this.db = db;
    this.socket = `${db}.sock`;
  }

  get output() { return this.#process.output; }
  get pid() { return this.#process.child.pid; }
  get ended() { return this.#process.whenEnded(); }

  // A token of that role, made through the socket and remembered.
  async token(role) {
    if (!this.#tokens.has(role)) this.#tokens.set(role, this.newToken({role, name: `the ${role}`}));
    return (await this.#tokens.get(role)).token;
  }

  async newToken(wanted) {
    const made = await this.request('POST', '/v1/tokens', {socket: true, body: wanted});
    assert.equal(made.status, 201, made.text);
    return made.json;
  }

  // Asks and holds the answer against the contract. options: role (default admin; null for no token) or token; headers; body (a
  // value becomes JSON; text and bytes go as they are); socket: through the socket beside the database; from: the client's own address
  // (127.0.0.…); status: what must come.
  async request(method, path, options = {}) {
    const headers = {...options.headers};
    const role = options.role === undefined ? 'admin' : options.role;
    if (options.token) headers.authorization = `Bearer ${options.token}`;
    else if (!options.socket && role !== null) headers.authorization ??= `Bearer ${await this.token(role)}`;
    const network = {host: '127.0.0.1', port: this.port, agent: this.#network, localAddress: options.from};
    const to = options.socket ? {socketPath: this.socket, agent: this.#agent} : network;
    const answer = await ask({...to, method, path, headers, body: options.body, check: options.check});
    if (options.check !== false) this.#sameTagSameBytes(method, path, answer);
    if (options.status !== undefined) {
      assert.equal(answer.status, options.status, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 2000)}`);
    }
    return answer;
  }

  get(path, options) { return this.request('GET', path, options); }
  head(path, options) { return this.request('HEAD', path, options); }
  post(path, body, options) { return this.request('POST', path, {body, ...options}); }
  put(path, body, options) { return this.request('PUT', path, {body, ...options}); }
  patch(path, body, options) { return this.request('PATCH', path, {body, ...options}); }
  delete(path, options) { return this.request('DELETE', path, options); }

  // A strong tag that was seen once stands for the same bytes for ever.
  #sameTagSameBytes(method, path, answer) {
    if (!answer.headers.etag || answer.status >= 300 || answer.bytes.length === 0) return;
    const of = answer.json?.id ? path.replace(/\?.*/, '').replace(/(\/v1\/[a-z]+)(\/[^/]+)?/, `$1/${answer.json.id}`) : path;
    const key = `${of} ${answer.headers.etag}`;
    const before = this.#seen.get(key);
    assert.ok(before === undefined || before === answer.text, `${method} ${path}: one tag, other bytes\n${before}\n${answer.text}`);
    if (this.#seen.size < 50_000) this.#seen.set(key, answer.text);
  }

  // SIGTERM, then wait: it must end with 0, which under sanitizers also says that nothing leaked.
  async stop({keep = false} = {}) {
    this.#hangUp();
    if (running.has(this.#process.child)) this.#process.child.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.child.kill('SIGKILL'), STOP_LIMIT);
    const {code, signal} = await this.ended;
    clearTimeout(timer);
    if (!keep) this.remove();
    assert.equal(code, 0, `the server ended with ${code ?? signal}\n${this.output.stderr.slice(-8000)}`);
  }

  async kill() {
    this.#hangUp();
    this.#process.child.kill('SIGKILL');
    await this.ended;
  }

  #hangUp() {
    this.#agent.destroy();
    this.#network.destroy();
  }

  signal(name) { this.#process.child.kill(name); }

  remove() {
    if (this.#folder) rmSync(this.#folder, {recursive: true, force: true});
  }
}

// Without `db` the database lies in a new folder that stop() removes. With it, the folder is the caller's. `ca`: the certificates that
// requests trust, when the server speaks HTTPS.
export async function startServer({args = [], env, db, ca, binary = defaultBinary, listen = '127.0.0.1:0'} = {}) {
  const folder = db === undefined ? newFolder() : undefined;
  const path = db ?? join(folder, 'entente.db');
  const process = launch(binary, ['serve', '--db', path, ...(listen ? ['--listen', listen] : []), ...args], env);
  try {
    return new Server(process, await listening(process), path, folder, ca);
  } catch (error) {
    process.child.kill('SIGKILL');
    if (folder) rmSync(folder, {recursive: true, force: true});
    throw error;
  }
}
