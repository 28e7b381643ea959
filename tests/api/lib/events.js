// Server-sent events, read as WHATWG HTML 9.2.6 says, and held against the contract: the head like that of any answer, each event's
// data against the schema of a change.
import assert from 'node:assert/strict';
import http from 'node:http';
import {contract, holdAnswer, holdSchema} from './contract.js';
import {until} from './wait.js';

const schema = contract.components.schemas.Change;

class Stream {
  events = []; // the changes; the number of each is its id
  comments = 0;
  lastEventId = ''; // as EventSource keeps it
  retry = undefined;
  over = false; // ended by the server, at the end of an event
  broken = false; // ended in the middle
  #rest = '';
  #id = '';
  #data = [];

  constructor(request, response) {
    this.status = response.statusCode;
    this.headers = response.headers;
    this.socket = response.socket;
    this.ended = new Promise((done) => {
      const end = () => {
        this.broken = !response.complete;
        this.over = true;
        done();
      };
      response.on('end', end).on('error', end).on('close', end);
    });
    response.setEncoding('utf8').on('data', (text) => this.#read(text));
    this.close = () => request.destroy();
    this.pause = () => response.pause();
  }

  #read(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    lines.forEach((line) => this.#line(line));
  }

  #line(line) {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return void this.comments++;
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === 'id') this.#id = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'retry') this.retry = Number(value);
    else assert.fail(`a field that nobody expects: ${line}`);
  }

  #dispatch() {
    this.lastEventId = this.#id;
    if (this.#data.length === 0) return;
    const change = JSON.parse(this.#data.join('\n'));
    this.#data = [];
    holdSchema(schema, change, 'an event');
    assert.equal(this.#id, String(change.seq), 'the id is the number of the change');
    this.events.push(change);
  }

  get numbers() { return this.events.map((each) => each.seq); }

  // Waits for an event that is meant.
  next(is, what) { return until(() => this.events.find(is), what); }
}

// Opens a stream. options: role (default reader; null for none) or token; lastEventId; headers; method. What is answered but a stream
// comes as {status, headers, json}.
export async function follow(server, query = '', options = {}) {
  const {role = 'reader', token, lastEventId, method = 'GET'} = options;
  const headers = {accept: 'text/event-stream', ...options.headers};
  if (lastEventId) headers['last-event-id'] = lastEventId;
  if (token) headers.authorization = `Bearer ${token}`;
  else if (!options.socket && role !== null) headers.authorization = `Bearer ${await server.token(role)}`;
  const to = options.socket ? {socketPath: server.socket} : {host: '127.0.0.1', port: server.port};
  const path = `/v1/changes${query}`;
  return new Promise((done, failed) => {
    const request = http.request({...to, agent: false, method, path, headers}, async (response) => {
      try {
        const isStream = response.statusCode === 200 && response.headers['content-type'] === 'text/event-stream' && method === 'GET';
        const answer = {status: response.statusCode, headers: response.headers, text: '', bytes: Buffer.alloc(0)};
        if (isStream) {
          holdAnswer({method, path, headers}, answer);
          done(new Stream(request, response));
          return;
        }
        for await (const text of response.setEncoding('utf8')) answer.text += text;
        answer.bytes = Buffer.from(answer.text);
        answer.json = answer.text === '' ? undefined : JSON.parse(answer.text);
        holdAnswer({method, path, headers}, answer);
        done(answer);
      } catch (error) {
        failed(error);
      }
    });
    request.on('error', failed);
    request.end();
  });
}
