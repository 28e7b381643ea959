// What callers without a token are to see, made of what an admin sees: records that are not public are taken out, with internal members
// and with all that leads to such a record. How an agreement then stands is asked of a second server, which has nothing but that.
import {resolve, resources} from './contract.js';
import {everything} from './pages.js';
import {startServer} from './server.js';

export const derived = ['status', 'flags', 'missing', 'period', 'notice_on', 'notice_for', 'next_change'];
// When a public agreement last changed counts what moves for the public, so an admin's document does not tell it.
const counted = ['revision', 'updated_at'];

const isPublic = (record) => (record.visibility ?? 'public') === 'public';

// The document as the public sees it. `seen` holds the ids of public records.
function project(declared, value, seen) {
  const schema = resolve(declared);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = resolve(schema.items);
    const references = Object.entries(items.properties ?? {}).filter(([, member]) => resolve(member)['x-reference']).map(([name]) => name);
    return value.filter((item) => references.every((name) => seen.has(item[name].id))).map((item) => project(items, item, seen));
  }
  if (schema['x-reference']) return seen.has(value.id) ? value : null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => {
    const member = resolve(schema.properties?.[name] ?? {});
    if (member['x-internal']) return [name, Array.isArray(inner) ? [] : null];
    return [name, project(member, inner, seen)];
  }));
}

const without = (record, members) => Object.fromEntries(Object.entries(record).filter(([name]) => !members.includes(name)));
export const uncounted = (path, record) => (path === 'agreements' ? without(record, counted) : record);

// What is concluded needs two parties, and the public may not see as many: these have signed nothing.
const strangers = ['stranger-1', 'stranger-2'];

// A reference by slug: over there the record has another id.
const bySlug = (name, value) => (value?.id && value.slug && Object.keys(value).length === 3 ? value.slug : value);

// A server that holds what is public and nothing else, on that day. To be stopped.
async function bareServer(registry, today) {
  const server = await startServer({args: ['--today', today]});
  const lines = [
    ...strangers.map((slug) => ({resource: 'organizations', slug, name: slug})),
    ...Object.entries(registry).flatMap(([resource, records]) => records.map((record) => ({resource, ...record}))),
  ];
  for (const line of lines.filter((each) => each.resource === 'agreements')) line.parties = [...line.parties, ...strangers];
  await server.post('/v1/import', lines.map((each) => JSON.stringify(each, bySlug)).join('\n'), {headers: {'content-type': 'application/x-ndjson'}, status: 200});
  return server;
}

// {path: [documents]} as the public is to see them on that day, and the bare server that was asked, to be stopped. Agreements come
// without what counts their changes.
export async function publicRegistry(server, today) {
  const all = {}, registry = {};
  for (const {path} of resources) all[path] = await everything(server, `/v1/${path}?limit=500`);
  const seen = new Set(Object.values(all).flat().filter(isPublic).map((record) => record.id));
  for (const {path, schema} of resources) registry[path] = all[path].filter(isPublic).map((record) => project(schema, record, seen));
  const bare = await bareServer(registry, today);
  const standings = new Map((await everything(bare, '/v1/agreements?limit=500')).map((record) => [record.slug, record]));
  for (const record of registry.agreements) for (const name of derived) record[name] = standings.get(record.slug)[name];
  registry.agreements = registry.agreements.map((record) => uncounted('agreements', record));
  return {registry, bare};
}
