// One request over HTTP, HTTPS or the socket beside the database, and its answer, held against the contract.
import http from 'node:http';
import https from 'node:https';
import {gunzipSync} from 'node:zlib';
import {holdAnswer} from './contract.js';

// `ca`: the certificates that are trusted; without any, plain HTTP.
export function newAgent(ca) {
  const options = {keepAlive: true, maxSockets: 64};
  return ca === undefined ? new http.Agent(options) : new https.Agent({...options, ca});
}

function prepare(method, body, headers) {
  if (body === undefined) return undefined;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  headers['content-type'] ??= method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (headers['content-type'] === '') delete headers['content-type'];
  return Buffer.from(raw ? body : JSON.stringify(body));
}

function read(response, bytes) {
  const plain = response.headers['content-encoding'] === 'gzip' && bytes.length > 0 ? gunzipSync(bytes) : bytes;
  const text = plain.toString('utf8');
  let json;
  if (/json/.test(response.headers['content-type'] ?? '') && text !== '') {
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined; // the contract's check says so
    }
  }
  return {status: response.statusCode, headers: response.headers, etag: response.headers.etag, bytes, text, json};
}

// {status, headers, etag, bytes, text, json}. check: false leaves the contract out, for what is not in it.
export function ask({host, port, socketPath, localAddress, agent, method, path, headers = {}, body, check = true}) {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const payload = prepare(method, body, lower);
  if (payload) lower['content-length'] = payload.length;
  const {request: begin} = agent instanceof https.Agent ? https : http;
  return new Promise((done, failed) => {
    const request = begin({host, port, socketPath, localAddress, agent, method, path, headers: lower}, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        try {
          const answer = read(response, Buffer.concat(chunks));
          if (check) holdAnswer({method, path, headers: lower}, answer);
          done(answer);
        } catch (error) {
          failed(error);
        }
      });
    });
    request.on('error', failed);
    request.end(payload);
  });
}
