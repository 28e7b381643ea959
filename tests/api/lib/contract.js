// Holds an answer against openapi.yaml: the status is declared, the media type too, the body fits its schema, and a document has
// every declared member, in the contract's order, and no other. The program reads the same file, but this reads it with other eyes.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {parse} from 'yaml';

const file = fileURLToPath(new URL('../../../openapi.yaml', import.meta.url));
export const contract = parse(readFileSync(file, 'utf8'));

const methods = ['get', 'put', 'post', 'delete', 'patch'];

export function resolve(node) {
  if (node === null || typeof node !== 'object' || node.$ref === undefined) return node;
  const found = node.$ref.slice(2).split('/').reduce((at, name) => at[name], contract);
  const {$ref, ...rest} = node;
  return {...resolve(found), ...rest};
}

export const resources = Object.entries(contract.components.schemas)
  .filter(([, schema]) => schema['x-resource'])
  .map(([name, schema]) => ({name, schema, path: schema['x-resource'].path, nameMember: schema['x-resource'].name}));

export function resource(path) {
  return resources.find((each) => each.path === path);
}

export const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => ({
    id: item[method].operationId,
    method: method.toUpperCase(),
    path,
    role: item[method]['x-role'],
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    declared: item[method],
  })));

export function operation(method, path) {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const fitting = operations.filter((each) => each.method === wanted && each.pattern.test(path));
  return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

// -- bodies against schemas ---------------------------------------------------------------------------------------------------

const day = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])';
const ajv = new Ajv2020({strict: false, allErrors: true, validateFormats: true});
addFormats(ajv);
ajv.addFormat('partial-date', new RegExp(`^(\\d{4}|\\d{4}-(0[1-9]|1[0-2])|${day})$`));
ajv.addFormat('words', /[^\s\p{Z}\p{C}]/u);
ajv.addFormat('line', /^(?=[^\p{Z}\p{Cc}\p{Cf}])[^\p{Cc}\p{Bidi_Control}]*[^\p{Z}\p{Cc}\p{Cf}]$/u);
ajv.addFormat('network', /^[0-9a-f:.]+(\/\d+)?$/i);
ajv.addFormat('slug', /^[a-z0-9][a-z0-9._-]{0,63}$/);
ajv.addFormat('country-code', /^[A-Z]{2}$/);
ajv.addFormat('region-code', /^[A-Z]{2}-[A-Z0-9]{1,3}$/);
ajv.addFormat('language-tag', /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/);
ajv.addFormat('media-type', /^[^/\s]+\/[^/\s]+$/);
ajv.addFormat('sha256', /^[0-9a-f]{64}$/);
ajv.addFormat('binary', true);
ajv.addSchema({$id: 'contract', components: contract.components});

const validators = new Map();

function validator(schema) {
  if (!validators.has(schema)) {
    const rooted = JSON.parse(JSON.stringify(schema), (key, value) => (key === '$ref' ? `contract${value}` : value));
    validators.set(schema, ajv.compile(rooted));
  }
  return validators.get(schema);
}

// A list's `total`, which is there when it was asked for.
const whenAsked = new Set(Object.entries(contract.components.schemas)
  .filter(([name]) => name.endsWith('List')).map(([, schema]) => schema.properties.total).filter(Boolean));
// Members that a problem has only when they say something.
const loose = new Set([contract.components.schemas.Problem]);

function complete(declared, value, place) {
  if (declared === undefined || value === null || loose.has(schemaOf(declared))) return;
  const schema = resolve(declared);
  if (Array.isArray(value)) {
    value.forEach((item, index) => complete(schema.items, item, `${place}/${index}`));
    return;
  }
  if (schema['x-reference'] || schema['x-shorthand']) {
    assert.equal(typeof value, 'object', `${place}: served as an object, not as the shorthand`);
  }
  if (!schema.properties || schema.additionalProperties === true) return;
  const declaredNames = Object.keys(schema.properties).filter((name) => name in value || !whenAsked.has(schema.properties[name]));
  assert.deepEqual(Object.keys(value), declaredNames, `${place || 'the document'}: members and their order`);
  for (const [name, member] of Object.entries(schema.properties)) {
    complete(member, value[name], `${place}/${name}`);
  }
}

function schemaOf(node) {
  return node.$ref ? node.$ref.slice(2).split('/').reduce((at, name) => at[name], contract) : node;
}

export function holdSchema(declared, value, what) {
  const check = validator(declared);
  assert.ok(check(value), `${what}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(value, null, 1).slice(0, 4000)}`);
  complete(declared, value, '');
}

// -- answers ------------------------------------------------------------------------------------------------------------------

const problemResponse = contract.components.responses.Problem;

function declaredResponse(found, status) {
  if (!found) return problemResponse;
  const responses = found.declared.responses;
  if (responses[status]) return resolve(responses[status]);
  // What may befall any request: the address, the method, the framing, the token, the limits, the disk.
  return status >= 400 && responses.default ? resolve(responses.default) : undefined;
}

function mediaType(answer) {
  return (answer.headers['content-type'] ?? '').split(';')[0].trim();
}

function declaredContent(response, type) {
  return response.content?.[type] ?? response.content?.['*/*'];
}

function holdProblem(answer, what) {
  const {json, headers, status} = answer;
  assert.match(json.type, /^\/problems\/[a-z-]+$/, `${what}: the problem's type`);
  assert.equal(json.status, status, `${what}: the problem's status`);
  assert.ok(json.title, `${what}: the problem's title`);
  assert.equal(json.instance, headers['x-request-id'], `${what}: instance is the request's id`);
}

// A record of which some members only were asked for: it has those, in the contract's order.
function holdSome(schema, fields, item, what) {
  const {properties} = resolve(schema);
  const names = Object.keys(properties).filter((name) => fields.includes(name));
  assert.deepEqual(Object.keys(item), names, `${what}: the members that were asked for`);
  names.forEach((name) => holdSchema(properties[name], item[name], `${what}: ${name}`));
}

function holdFields(list, fields, page, what) {
  holdSchema({...list, properties: {...list.properties, items: {type: 'array'}}}, {...page, items: []}, what);
  for (const item of page.items) holdSome(list.properties.items.items, fields, item, what);
}

// Each line is a document of its own; of an export it says of which resource.
function holdLines(declared, text, what, fields) {
  assert.ok(text === '' || text.endsWith('\n'), `${what}: the last line ends`);
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    if (fields) {
      holdSome(declared, fields, JSON.parse(line), `${what}, line ${index + 1}`);
      continue;
    }
    const {resource: path, ...record} = JSON.parse(line);
    const schema = path === undefined ? declared : {$ref: `#/components/schemas/${resource(path).name}`};
    const key = JSON.stringify(schema);
    if (!lineSchemas.has(key)) lineSchemas.set(key, schema);
    holdSchema(lineSchemas.get(key), record, `${what}, line ${index + 1}`);
  }
}

const lineSchemas = new Map(); // one object for each schema, by which its validator is remembered

function holdBody(answer, response, asked, what) {
  const type = mediaType(answer);
  const minimal = /return=minimal/.test(asked.headers.prefer ?? '') && answer.status < 300;
  if (asked.method === 'HEAD' || answer.status === 204 || answer.status === 304 || minimal) {
    assert.equal(answer.bytes.length, 0, `${what}: there is no body`);
    return;
  }
  const content = declaredContent(response, type);
  assert.ok(content, `${what}: the media type ${type} is declared\n${answer.text.slice(0, 1000)}`);
  const asksFor = new URLSearchParams(asked.path.split('?')[1]).getAll('fields').flatMap((each) => each.split(',')).map((each) => each.trim());
  const fields = answer.status === 200 && asksFor.length > 0 ? asksFor : undefined;
  if (type === 'application/x-ndjson') holdLines(content.schema, answer.text, what, fields);
  else if (/json$/.test(type)) {
    assert.match(answer.headers['content-type'], /; charset=utf-8$/, `${what}: the charset is named`);
    assert.notEqual(answer.json, undefined, `${what}: the body is JSON\n${answer.text.slice(0, 1000)}`);
    if (fields) holdFields(resolve(content.schema), fields, answer.json, what);
    else holdSchema(content.schema, answer.json, what);
  }
  if (type === 'application/problem+json') holdProblem(answer, what);
}

// Lists of structured fields: each limit that applies is in both, and none of them is told to have more left than it gives.
function holdLimits(headers, status, what) {
  const parse = (header, pattern) => (header ?? '').split(', ').map((item) => {
    assert.match(item, pattern, `${what}: RateLimit and RateLimit-Policy`);
    return [...item.matchAll(/"([a-z-]+)"|=(\d+)/g)].map((found) => found[1] ?? Number(found[2]));
  });
  const left = parse(headers.ratelimit, /^"[a-z-]+";r=\d+;t=\d+$/);
  const policies = parse(headers['ratelimit-policy'], /^"[a-z-]+";q=\d+;w=60$/);
  assert.deepEqual(left.map(([name]) => name), policies.map(([name]) => name), `${what}: the same limits in both`);
  left.forEach(([, r, t], index) => assert.ok(r < policies[index][1] && t >= 1 && t <= 60, `${what}: ${headers.ratelimit}`));
  assert.equal(headers['retry-after'], status === 429 ? String(left.at(-1)[2]) : undefined, `${what}: Retry-After`);
}

function holdHeaders(answer, response, asked, what) {
  const {headers, status} = answer;
  assert.ok(headers['x-request-id'], `${what}: X-Request-Id is there`);
  assert.ok(headers['cache-control'], `${what}: Cache-Control is there`);
  assert.equal(headers['x-content-type-options'], 'nosniff', `${what}: nosniff`);
  const endless = mediaType(answer) === 'text/event-stream';
  if (endless) assert.equal(headers.etag, undefined, `${what}: what has no end has no ETag`);
  const streamed = ['text/csv', 'application/x-ndjson', 'text/calendar'].includes(mediaType(answer)) || asked.path.split('?')[0] === '/v1/graph';
  const untold = streamed && asked.headers.authorization === undefined; // no token, no tag
  if (status < 400 && response.headers?.ETag && !endless && !(untold && headers.etag === undefined)) {
    assert.match(headers.etag ?? '', /^"[^"]+"$/, `${what}: a strong ETag is there`);
    assert.match(headers.vary ?? '', /Accept-Encoding/, `${what}: Vary names Accept-Encoding`);
  }
  if (status === 201) assert.ok(headers.location, `${what}: Location is there`);
  if (status === 401) assert.ok(headers['www-authenticate'], `${what}: WWW-Authenticate is there`);
  if (status === 405) assert.ok(headers.allow, `${what}: Allow is there`);
  if (status === 429 || headers.ratelimit) holdLimits(headers, status, what);
  if (status === 503) assert.ok(headers['retry-after'], `${what}: Retry-After is there`);
}

// `asked` is {method, path, headers}; `answer` what the client made of the response.
export function holdAnswer(asked, answer) {
  const path = asked.path.split('?')[0];
  const what = `${asked.method} ${asked.path} answered ${answer.status}`;
  const found = operation(asked.method, path);
  if (asked.method === 'OPTIONS' && answer.status === 204) {
    assert.ok(answer.headers.allow, `${what}: Allow is there`);
    return;
  }
  const response = declaredResponse(found, answer.status);
  assert.ok(response, `${what}: the status is declared\n${answer.text.slice(0, 1000)}`);
  holdHeaders(answer, response, asked, what);
  holdBody(answer, response, asked, what);
}
