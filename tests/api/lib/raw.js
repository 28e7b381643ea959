// Requests byte for byte, over plain sockets or TLS: what no HTTP client would send.
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** An open socket that gathers what comes. `bytes` is text (latin1) or a Buffer. */
export function open(port, bytes = '') {
  return gather(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), 'connect', bytes);
}

/** The same over TLS, whoever the server is. `options` are node's. */
export function openSecurely(port, bytes = '', options = {}) {
  const all = { port, host: '127.0.0.1', allowHalfOpen: true, rejectUnauthorized: false, ...options };
  return gather(connectSecurely(all), 'secureConnect', bytes);
}

function gather(socket, connected, bytes) {
  const chunks = [];
  const wire = {
    socket,
    closed: false,
    received: () => Buffer.concat(chunks),
    write: (more) => socket.write(typeof more === 'string' ? Buffer.from(more, 'latin1') : more),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  };
  wire.connected = new Promise((done) => socket.once(connected, done));
  wire.over = new Promise((done) => {
    const finish = () => {
      wire.closed = true;
      socket.destroy();
      done();
    };
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', finish);
    socket.on('error', finish);
    socket.on('close', finish);
  });
  if (bytes.length > 0) wire.write(bytes);
  return wire;
}

/** The answers in what came, in order; the interim 100 among them. A last one that is cut is left out. */
export function answers(buffer) {
  const list = [];
  let rest = buffer.toString('latin1');
  for (;;) {
    const gap = rest.indexOf('\r\n\r\n');
    if (gap < 0) return list;
    const [line, ...fields] = rest.slice(0, gap).split('\r\n');
    const match = /^HTTP\/1\.[01] (\d{3})/.exec(line);
    if (!match) throw new Error(`not an answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const headers = Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]));
    const bodiless = match[1] === '100' || match[1] === '204' || match[1] === '304';
    const length = bodiless ? 0 : Number(headers['content-length'] ?? rest.length);
    if (rest.length < gap + 4 + length) return list;
    list.push({ status: Number(match[1]), headers, body: Buffer.from(rest.slice(gap + 4, gap + 4 + length), 'latin1').toString('utf8') });
    rest = rest.slice(gap + 4 + length);
  }
}

/** Waits until `count` answers came, the connection is closed, or the time is over. */
export async function settle(wire, { count = 1, seconds = 10 } = {}) {
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, seconds * 1000)));
  const enough = new Promise((done) => {
    const look = () => answers(wire.received()).length >= count && done();
    wire.socket.on('data', look);
    look();
  });
  await Promise.race([enough, wire.over, late]);
  clearTimeout(timer);
  return { answers: answers(wire.received()), closed: wire.closed };
}

/**
 * Sends the bytes, waits for `count` answers or the end, and closes. `closed` says whether the server ended the
 * connection within a moment after its answer.
 */
export async function exchange(port, bytes, { count = 1, seconds = 10, closes = false } = {}) {
  const wire = open(port, bytes);
  await settle(wire, { count, seconds });
  if (closes && !wire.closed) {
    let timer;
    await Promise.race([wire.over, new Promise((done) => (timer = setTimeout(done, seconds * 1000)))]);
    clearTimeout(timer);
  }
  const result = { answers: answers(wire.received()), closed: wire.closed, bytes: wire.received() };
  wire.destroy();
  return result;
}

/** A request as text. A body without a length of its own gets one. */
export function request(method, target, headers = {}, body = '') {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'utf8');
  const all = { Host: 'localhost', ...headers };
  if (bytes.length > 0 && !('Content-Length' in all) && !('Transfer-Encoding' in all)) all['Content-Length'] = bytes.length;
  const head = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), bytes]);
}
