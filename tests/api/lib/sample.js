// Requests made from the contract alone: for each operation an address, and a body that the server takes if the contract says enough
// (required members only; examples and enumerations where there are any). What is not known before, the server is asked to make.
import {operations, resolve} from './contract.js';

const formats = {
  uri: 'https://example.org/sample',
  date: '2026-04-01',
  'date-time': '2099-01-01T00:00:00Z',
  'partial-date': '2026-04',
  network: '192.0.2.0/24',
  email: 'name@example.org',
};

let count = 0;

function sampleText(schema) {
  const text = formats[schema.format] ?? `sample-${++count}`;
  return text.padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength);
}

// `known` are values for members of these names, wherever they stand.
export function sample(declared, known = {}) {
  const schema = resolve(declared);
  const choice = schema.oneOf ?? schema.anyOf;
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  if (choice) return sample(choice[0], known);
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, known[name] ?? sample(schema.properties[name], known)]));
    case 'array':
      return [sample(schema.items, known)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return sampleText(schema);
  }
}

const declares = (method, path) => operations.find((each) => each.method === method && each.path === path);

function contentOf(operation) {
  const content = operation?.declared.requestBody?.content ?? {};
  const type = 'application/json' in content ? 'application/json' : Object.keys(content)[0];
  return type && {type, schema: content[type].schema};
}

// {body, type}, both undefined when the operation takes none. A patch may hold anything: it gets what PUT takes.
export function sampleBody(operation, known) {
  const own = contentOf(operation);
  const open = own && operation.method === 'PATCH' && resolve(own.schema).additionalProperties === true;
  const schema = (open && contentOf(declares('PUT', operation.path))?.schema) || own?.schema;
  const type = operation.method === 'PATCH' ? 'application/merge-patch+json' : own?.type;
  return own ? {body: sample(schema, known), type} : {};
}

// Whether a request is refused without the parameter. Of `name` and `identifier` one is needed, which no schema can say.
export const isNeeded = (parameter) => parameter.in === 'query' && (parameter.required || parameter.name === 'name');

function sampleQuery(operation) {
  const needed = (operation.declared.parameters ?? []).map(resolve).filter(isNeeded);
  return needed.length === 0 ? '' : `?${new URLSearchParams(needed.map((each) => [each.name, sample(each.schema)]))}`;
}

// The operation's address. A parameter after a collection that takes POST is the id of something newly made there, by way of `make`
// (path, body) → JSON; any other parameter is a word that names nothing.
export async function sampleAddress(operation, make) {
  const [collection, ...rest] = operation.path.split(/\/\{[^}]+\}/);
  const create = rest.length > 0 && declares('POST', collection);
  const first = create ? (await make(collection, sampleBody(create).body)).id : 'nothing';
  return `${collection}${rest.map((part, i) => `/${i === 0 ? first : 'nothing'}${part}`).join('')}${sampleQuery(operation)}`;
}
