// HTTPS: what a server does with a certificate, and what clients do to it that shake hands slowly, wrongly or not at all.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import https from 'node:https';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {after, before, describe, test} from 'node:test';
import {connect} from 'node:tls';
import {chained, expired, selfSigned} from './lib/certificates.js';
import {binary, run, surroundings} from './lib/command.js';
import {open, openSecurely, request, settle} from './lib/raw.js';
import {newFolder, startServer} from './lib/server.js';
import {until} from './lib/wait.js';

const folder = newFolder();
after(() => rmSync(folder, {recursive: true, force: true}));

let first;
let second;
before(async () => {
  [first, second] = await Promise.all([selfSigned(folder, 'first'), selfSigned(folder, 'second', {rsa: true})]);
});

const flags = ({cert, key}) => ['--tls-cert', cert, '--tls-key', key];
const everybody = {role: null};

async function serving({args = [], pair = first, ...options}, work) {
  const server = await startServer({args: [...flags(pair), ...args], ca: [first.pem, second.pem], ...options});
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

// A handshake, and what came of it: {name, protocol, alpn}, the name being the certificate's.
function shake(port, options = {}) {
  return new Promise((done, failed) => {
    const socket = connect({port, host: '127.0.0.1', rejectUnauthorized: false, ...options});
    socket.on('error', failed);
    socket.once('secureConnect', () => {
      done({name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol(), alpn: socket.alpnProtocol});
      socket.destroy();
    });
  });
}

// The first bytes of a client that shakes hands.
const hello = new Promise((done) => {
  const listener = createServer((socket) => socket.on('error', () => {}).once('data', (bytes) => {
    done(bytes);
    socket.destroy();
    listener.close();
  })).listen(0, '127.0.0.1', () => connect({port: listener.address().port, host: '127.0.0.1'}).on('error', () => {}));
});

async function makePipe(path) {
  assert.equal((await run([path], {program: 'mkfifo'})).code, 0);
  return path;
}

const descriptors = (server) => readdirSync(`/proc/${server.pid}/fd`).length;

async function connections(server) {
  const {text} = await server.get('/metrics', {socket: true});
  return Number(/^entente_connections (\d+)$/m.exec(text)[1]);
}

async function ends(server) {
  const {text} = await server.get('/metrics', {socket: true});
  return Number(/^entente_certificate_ends_seconds (\d+)$/m.exec(text)[1]);
}

// The test's own are two: one on the address, and the one on the socket that asks.
const allGone = (server) => until(async () => await connections(server) <= 2, 'the connections are given up');

const ndjson = (count) => Array.from({length: count}, (_, number) =>
  `${JSON.stringify({resource: 'organizations', slug: `o-${number}`, name: `Organization ${number}`, description: 'x'.repeat(4000)})}\n`).join('');

describe('over HTTPS', () => {
  test('records are written and read, by one connection after the other or on one', () => serving({}, async (server) => {
    assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    const made = await server.post('/v1/organizations', {name: 'ITRI', slug: 'itri'}, {status: 201});
    await server.patch('/v1/organizations/itri', {city: 'Hsinchu'}, {status: 200, headers: {'If-Match': made.etag}});
    const read = await server.get('/v1/organizations/itri', {status: 200});
    await server.get('/v1/organizations/itri', {status: 304, headers: {'If-None-Match': read.etag}});
    const head = await server.head('/v1/organizations/itri', {status: 200});
    assert.equal(head.etag, read.etag);
    await server.delete('/v1/organizations/itri', {status: 204});
    await server.get('/v1/organizations/itri', {status: 410});
    await server.get('/v1/organizations', {...everybody, status: 401});
  }));

  test('one connection carries many requests, also when they come at once', () => serving({}, async (server) => {
    const one = request('GET', '/healthz');
    const wire = openSecurely(server.port, Buffer.concat(Array.from({length: 200}, () => one)));
    const {answers} = await settle(wire, {count: 200});
    assert.deepEqual(answers.map(({status}) => status), Array(200).fill(200));
    for (let count = 201; count < 206; count++) {
      wire.write(one);
      assert.equal((await settle(wire, {count})).answers.length, count);
    }
    wire.destroy();
  }));

  test('a body of many megabytes arrives whole, and so does an answer', () => serving({}, async (server) => {
    const headers = {'Content-Type': 'application/x-ndjson'};
    const {json} = await server.post('/v1/import', ndjson(2000), {status: 200, headers});
    assert.equal(json.created, 2000);
    const plain = await server.get('/v1/organizations?limit=500', {status: 200});
    assert.ok(plain.bytes.length > 2_000_000, `${plain.bytes.length} bytes`);
    const packed = await server.get('/v1/organizations?limit=500', {status: 200, headers: {'Accept-Encoding': 'gzip'}});
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.deepEqual(packed.json, plain.json);
    const backup = await server.get('/v1/backup', {status: 200, check: false});
    assert.equal(backup.bytes.subarray(0, 15).toString(), 'SQLite format 3');
    assert.equal(backup.bytes.length, Number(backup.headers['content-length']));
  }));

  test('a body that comes in a thousand records is put together', () => serving({args: ['--insecure-no-auth']}, async (server) => {
    const body = ndjson(20);
    const wire = openSecurely(server.port, request('POST', '/v1/import', {'Content-Type': 'application/x-ndjson', 'Content-Length': body.length}));
    await wire.connected;
    wire.socket.setNoDelay(true);
    for (let at = 0; at < body.length; at += 80) wire.write(body.slice(at, at + 80));
    const {answers} = await settle(wire);
    assert.equal(answers[0]?.status, 200, answers[0]?.body);
    wire.destroy();
  }));

  test('a body that is too large, and an address that is too long, are refused in words that arrive', () => serving({}, async (server) => {
    const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`;
    const head = `POST /v1/organizations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${await server.token('admin')}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    for (const [bytes, status] of [[head + chunk.repeat(20), 413], [`GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414]]) {
      const wire = openSecurely(server.port, bytes);
      const {answers: [answer]} = await settle(wire);
      assert.equal(answer?.status, status);
      assert.equal(JSON.parse(answer.body).status, status);
      await wire.over;
    }
  }));

  test('200 clients at once are all answered', () => serving({args: ['--insecure-no-auth']}, async (server) => {
    const asked = Array.from({length: 200}, (_, number) => [
      request('PUT', `/v1/areas/a-${number}`, {'Content-Type': 'application/json'}, JSON.stringify({name: `Area ${number}`})),
      request('GET', `/v1/areas/a-${number}`),
    ]);
    const got = await Promise.all(asked.map(async (bytes) => {
      const wire = openSecurely(server.port, Buffer.concat(bytes));
      const {answers} = await settle(wire, {count: 2, seconds: 60});
      wire.destroy();
      return answers.map(({status}) => status);
    }));
    assert.deepEqual(got, Array(200).fill([201, 200]));
  }));

  test('a client that ends its side is answered and let go, also between requests', () => serving({args: ['--insecure-no-auth']}, async (server) => {
    for (const bytes of [request('GET', '/healthz'), request('POST', '/v1/areas', {'Content-Type': 'application/json'}, '{"name":"Ended"}')]) {
      const wire = openSecurely(server.port, bytes);
      wire.end();
      assert.equal((await settle(wire)).answers.length, 1);
      await wire.over;
    }
    const wire = openSecurely(server.port, request('GET', '/healthz'));
    assert.equal((await settle(wire)).answers.length, 1);
    wire.end();
    await wire.over;
    await allGone(server);
  }));

  test('only TLS 1.2 and 1.3 are spoken, with HTTP/1.1', () => serving({}, async (server) => {
    const old = {ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1'};
    await assert.rejects(shake(server.port, old), /disconnected|alert protocol version/);
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const shaken = await shake(server.port, {minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1']});
      assert.deepEqual(shaken, {name: 'first', protocol: version, alpn: 'http/1.1'});
    }
    for (const ciphers of ['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-ECDSA-AES128-SHA256']) {
      const weak = {ciphers: `${ciphers}:@SECLEVEL=0`, maxVersion: 'TLSv1.2'};
      await assert.rejects(shake(server.port, weak), /disconnected|handshake failure/, ciphers);
    }
  }));

  test('a client that speaks plain HTTP is cut off, and learns nothing', () => serving({}, async (server) => {
    for (const bytes of [request('GET', '/healthz'), 'G', '\r\n\r\n', Buffer.alloc(100_000, 0x16)]) {
      const wire = open(server.port, bytes);
      wire.end();
      await wire.over;
      assert.doesNotMatch(wire.received().toString('latin1'), /HTTP|\{/);
    }
    await server.get('/healthz', {...everybody, status: 200});
  }));

  test('the socket beside the database speaks plain HTTP, and commands go through it', () => serving({}, async (server) => {
    await server.get('/v1/organizations', {socket: true, status: 200});
    const {code, stdout} = await run(['token', 'list', '--db', server.db]);
    assert.equal(code, 0, stdout);
  }));

  test('browsers are told to stay with HTTPS only when that is wished', async () => {
    await serving({}, async (server) => {
      assert.equal((await server.get('/healthz', everybody)).headers['strict-transport-security'], undefined);
    });
    await serving({args: ['--hsts', '31536000']}, async (server) => {
      assert.equal((await server.get('/healthz', everybody)).headers['strict-transport-security'], 'max-age=31536000');
      assert.equal((await server.get('/healthz', {socket: true})).headers['strict-transport-security'], undefined);
    });
    const plain = await startServer({args: ['--hsts', '60']});
    assert.equal((await plain.get('/healthz', everybody)).headers['strict-transport-security'], undefined);
    await plain.stop();
  });

  test('a health check asks over HTTPS when it knows the flag or its twin', () => serving({}, async (server) => {
    const listen = `127.0.0.1:${server.port}`;
    assert.equal((await run(['healthcheck', '--listen', listen, '--tls-cert', first.cert])).code, 0);
    assert.equal((await run(['healthcheck'], {env: {ENTENTE_LISTEN: listen, ENTENTE_TLS_CERT: first.cert}})).code, 0);
    assert.equal((await run(['healthcheck', '--listen', listen])).code, 1);
  }));

  test('what is under way is finished when the server stops, and the rest is let go', async () => {
    const server = await startServer({args: [...flags(first), '--insecure-no-auth']});
    const idle = openSecurely(server.port, request('GET', '/healthz'));
    await settle(idle);
    const shaking = open(server.port, (await hello).subarray(0, 50));
    const record = '{"name":"At the end"}';
    const busy = openSecurely(server.port, request('POST', '/v1/areas', {'Content-Type': 'application/json', 'Content-Length': record.length}));
    busy.write(record.slice(0, 5));
    await until(async () => /^entente_requests_active [2-9]/m.test((await server.get('/metrics', {socket: true})).text), 'the body is awaited');
    server.signal('SIGTERM');
    await until(() => /stopping/.test(server.output.stderr), 'it says that it stops');
    busy.write(record.slice(5));
    const {answers} = await settle(busy);
    assert.equal(answers[0]?.status, 201);
    assert.equal(answers[0].headers.connection, 'close');
    await server.stop();
    await Promise.all([idle.over, shaking.over, busy.over]);
  });
});

describe('certificate and key', () => {
  async function refused(args, pattern, status = 1) {
    const {code, stdout, stderr} = await run(['serve', '--db', join(folder, 'refused.db'), '--listen', '127.0.0.1:0', ...args]);
    assert.equal(code, status, stdout + stderr);
    assert.match(stderr, pattern);
  }
  const file = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('one without the other is a mistake on the command line', async () => {
    await refused(['--tls-cert', first.cert], /--tls-key is missing/, 2);
    await refused(['--tls-key', first.key], /--tls-cert is missing/, 2);
  });

  test('a pair that cannot be used keeps the server from starting, and the file is named', async () => {
    const gone = join(folder, 'gone.pem');
    await refused(flags({cert: gone, key: first.key}), /gone\.pem: No such file/);
    await refused(flags({cert: first.cert, key: gone}), /gone\.pem: No such file/);
    await refused(flags({cert: folder, key: first.key}), /Is a directory/);
    await refused(flags({cert: await makePipe(join(folder, 'pipe.pem')), key: first.key}), /pipe\.pem: not a regular file/);
    for (const text of ['', 'no PEM\n', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
      const broken = file('broken.pem', text);
      await refused(flags({cert: broken, key: first.key}), /broken\.pem: no certificate in PEM form/);
      await refused(flags({cert: first.cert, key: broken}), /broken\.pem: no private key in PEM form/);
    }
    await refused(flags({cert: first.key, key: first.cert}), /first\.key: no certificate in PEM form/);
    await refused(flags({cert: first.cert, key: second.key}), /second\.key: the key is not the one of the first certificate in .*first\.crt/);
    const others = await Promise.all(Array.from({length: 17}, (_, number) => selfSigned(folder, `other-${number}`)));
    await refused(flags({cert: file('many.pem', others.map(({pem}) => pem).join('')), key: others[0].key}), /many\.pem: a file may have 16 certificates/);
    const lines = '# more\n'.repeat(150_000); // 1,050,000 bytes: just over a mebibyte with the certificate behind them
    await refused(flags({cert: file('large.pem', lines + first.pem), key: first.key}), /large\.pem: a PEM file may have 1 MiB/);
    await refused(flags({cert: first.cert, key: file('large.key', lines)}), /large\.key: a PEM file may have 1 MiB/);
    const locked = await selfSigned(folder, 'locked', {key: ['-passout', 'pass:secret']});
    await refused(flags(locked), /locked\.key: the key is encrypted/);
  });

  test('a file of several hundred kilobytes is read to its end', async () => {
    const cert = file('long.pem', '# more\n'.repeat(100_000) + first.pem);
    await serving({pair: {...first, cert}}, async (server) => assert.equal((await shake(server.port)).name, 'first'));
  });

  test('a chain is sent whole, so that clients which know the root are satisfied', async () => {
    const {root, chain} = await chained(folder);
    await serving({pair: chain, ca: [root.pem]}, (server) => server.get('/healthz', {...everybody, status: 200}));
  });

  test('a key that everybody can read, and a certificate that is over, are told of in the log', async () => {
    const open = {cert: first.cert, key: join(folder, 'open.key')};
    copyFileSync(first.key, open.key);
    chmodSync(open.key, 0o644);
    await serving({pair: open}, async (server) => {
      await until(() => /warn .*open\.key: everybody/.test(server.output.stderr), 'the key is warned of');
    });
    await serving({}, async (server) => {
      await until(() => /info .*first\.crt: the certificate is valid from .* to /.test(server.output.stderr), 'the days are told');
      assert.doesNotMatch(server.output.stderr, /everybody/);
    });
    const over = await expired(folder, 'over');
    await serving({pair: over, ca: [over.pem]}, async (server) => {
      await until(() => /warn .*over\.crt: the certificate is valid from /.test(server.output.stderr), 'the end is warned of');
    });
  });
});

describe('SIGHUP', () => {
  const current = () => ({cert: join(folder, 'current.crt'), key: join(folder, 'current.key')});
  function put(pair) {
    copyFileSync(pair.cert, current().cert);
    copyFileSync(pair.key, current().key);
  }
  const told = (server, pattern, count) => until(() => server.output.stderr.match(new RegExp(pattern, 'g'))?.length >= count, `the log says ${pattern} (${count})`);

  async function reload(server) {
    const before = server.output.stderr.match(/was reloaded|old certificate stays/g)?.length ?? 0;
    server.signal('SIGHUP');
    await told(server, 'was reloaded|old certificate stays', before + 1);
  }

  test('gives new connections the new certificate, and leaves those that are open alone', async () => {
    put(first);
    await serving({pair: current()}, async (server) => {
      const wire = openSecurely(server.port, request('GET', '/healthz'));
      assert.equal((await settle(wire)).answers.length, 1);
      assert.equal((await shake(server.port)).name, 'first');
      put(second);
      assert.equal((await shake(server.port)).name, 'first', 'files are read when asked for');
      await reload(server);
      assert.equal((await shake(server.port)).name, 'second');
      assert.equal(await ends(server), Date.parse(new X509Certificate(second.pem).validTo) / 1000);
      wire.write(request('GET', '/healthz'));
      assert.equal((await settle(wire, {count: 2})).answers.length, 2);
      assert.equal(wire.closed, false);
      wire.destroy();
    });
  });

  test('with a pair that cannot be used keeps the one that was there, and the log names the file', async () => {
    put(first);
    await serving({pair: current()}, async (server) => {
      copyFileSync(second.key, current().key);
      await reload(server);
      assert.match(server.output.stderr, /error .*current\.key: the key is not the one of the first certificate/);
      writeFileSync(current().cert, 'half a cert');
      await reload(server);
      assert.match(server.output.stderr, /error .*current\.crt: no certificate in PEM form/);
      writeFileSync(current().cert, second.pem + '# more\n'.repeat(200_000));
      await reload(server);
      assert.match(server.output.stderr, /error .*current\.crt: a PEM file may have 1 MiB; the old certificate stays/);
      rmSync(current().cert);
      await reload(server);
      assert.match(server.output.stderr, /error .*current\.crt: No such file/);
      await makePipe(current().cert);
      await reload(server);
      assert.match(server.output.stderr, /error .*current\.crt: not a regular file/);
      rmSync(current().cert);
      assert.equal((await shake(server.port)).name, 'first');
      put(second);
      await reload(server);
      assert.equal((await shake(server.port)).name, 'second');
    });
  });

  test('again and again disturbs no request, on connections that stay or come and go', async () => {
    put(first);
    await serving({pair: current(), args: ['--insecure-no-auth']}, async (server) => {
      await server.put('/v1/areas/robotics', {name: 'Robotics'}, {status: 201});
      let running = true;
      const ask = async (agent) => {
        let asked = 0;
        for (; running; asked++) {
          const status = await new Promise((done, failed) => https.get(`${server.url}/v1/areas/robotics`, {agent}, (answer) => {
            answer.resume().on('end', () => done(answer.statusCode));
          }).on('error', failed));
          assert.equal(status, 200);
        }
        return asked;
      };
      const ca = [first.pem, second.pem];
      const agents = [true, true, false, false].map((keepAlive) => new https.Agent({keepAlive, ca, maxCachedSessions: 0}));
      const clients = agents.map(ask);
      for (let round = 1; round <= 20; round++) {
        put(round % 2 ? second : first);
        await reload(server);
      }
      running = false;
      for (const asked of await Promise.all(clients)) assert.ok(asked > 0);
      agents.forEach((agent) => agent.destroy());
      assert.doesNotMatch(server.output.stderr, / error /);
    });
  });

  test('ends a server whose terminal is gone, as it ends every program, however early', async () => {
    await Promise.all(Array.from({length: 12}, async () => {
      const db = join(mkdtempSync(join(folder, 'db-')), 'entente.db');
      const terminal = spawn('script', ['-qfc', `${binary} serve --db ${db} --listen 127.0.0.1:0`, '/dev/null'], {env: surroundings(), stdio: ['ignore', 'pipe', 'ignore']});
      terminal.stdout.setEncoding('utf8');
      let output = '';
      await new Promise((done) => terminal.stdout.on('data', (text) => {
        output += text;
        if (/listening on http/.test(output)) done(terminal.kill('SIGKILL'));
      }));
      await until(() => !existsSync(`${db}.sock`) && !existsSync(`${db}-wal`), 'it ends in order');
    }));
  });

  test('changes nothing where there is no certificate', async () => {
    const server = await startServer();
    server.signal('SIGHUP');
    await until(() => /info .*no certificate to reload/.test(server.output.stderr), 'the log says so');
    await server.get('/healthz', {...everybody, status: 200});
    await server.stop();
  });
});

describe('clients that do not shake hands as they should', () => {
  test('are cut off when they take too long, and cost no work meanwhile', () => serving({args: ['--head-timeout', '2']}, async (server) => {
    const whole = await hello;
    const wires = [Buffer.alloc(0), whole.subarray(0, 3), whole.subarray(0, 100), whole].map((bytes) => open(server.port, bytes));
    const spent = () => readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
    const before = spent();
    const start = performance.now();
    await Promise.all(wires.map(({over}) => over));
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
    assert.ok(spent() - before < seconds / 2, `${spent() - before} s of work in ${seconds} s`);
    const shaken = openSecurely(server.port);
    await shaken.over;
    await allGone(server);
  }));

  test('have the server look after them a few times a second, not a thousand', () => serving({args: ['--head-timeout', '3']}, async (server) => {
    const tasks = `/proc/${server.pid}/task`;
    const wakings = () => readdirSync(tasks).reduce((sum, task) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`${tasks}/${task}/status`, 'utf8'))[1]), 0);
    const wire = open(server.port, (await hello).subarray(0, 7));
    await wire.connected;
    const [before, start] = [wakings(), performance.now()];
    await wire.over;
    const rate = (wakings() - before) / ((performance.now() - start) / 1000);
    assert.ok(rate < 200, `${rate} times a second`);
  }));

  test('are cut off when a byte comes now and then', () => serving({args: ['--head-timeout', '1']}, async (server) => {
    const whole = await hello;
    const wire = open(server.port);
    let sent = 0;
    const timer = setInterval(() => !wire.closed && sent < whole.length - 1 && wire.write(whole.subarray(sent, ++sent)), 50);
    await wire.over;
    clearInterval(timer);
    assert.ok(sent < whole.length - 1);
  }));

  test('do no harm when they vanish, at any point, in great number', () => serving({}, async (server) => {
    const whole = await hello;
    await server.get('/healthz', {...everybody, status: 200});
    const before = descriptors(server);
    for (let round = 0; round < 10; round++) {
      const wires = Array.from({length: 50}, (_, number) => (number % 5 === 0
        ? openSecurely(server.port, request('GET', '/v1/organizations'))
        : open(server.port, whole.subarray(0, [whole.length, 200, 5, 0][number % 4]))));
      await Promise.all(wires.map(({connected, over}) => Promise.race([connected, over])));
      for (const wire of wires) {
        if (round % 2 && !wire.socket.encrypted) wire.socket.resetAndDestroy();
        else wire.destroy();
      }
    }
    await allGone(server);
    await until(() => descriptors(server) <= before + 1, 'their descriptors are closed');
  }));

  test('count as connections, and those beyond what there may be are soon over', () => serving({args: ['--connections', '16', '--threads', '1', '--address-connections', '0', '--head-timeout', '60']}, async (server) => {
    const whole = await hello;
    const wires = Array.from({length: 40}, () => open(server.port, whole));
    await Promise.all(wires.map(({connected}) => connected));
    await until(() => wires.filter(({closed}) => closed).length === 24, 'those beyond are over');
    await until(async () => await connections(server) === 17, 'as many as there may be, and the one that asks');
    await server.get('/healthz', {...everybody, status: 200});
    wires.forEach((wire) => wire.destroy());
  }));
});
