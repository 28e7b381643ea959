// The registry told plainly: records in a Map, every rule written out once more, nothing clever. A record's body is the normal form
// of what was written, in which a reference is the id of another record. What the server derives or invents (ids, times) the model
// takes over from its answers.
import {isDeepStrictEqual} from 'node:util';
import {resolve, resource, resources} from './contract.js';
import {standing} from './standing.js';

const INVERSE = {parent: 'child', predecessor: 'successor', shareholder: 'holding', related: 'related',
  supersedes: 'superseded_by', renews: 'renewed_by', amends: 'amended_by', implements: 'implemented_by'};
const OTHER_SIDE = Object.values(INVERSE).filter((type) => type !== 'related');

export class Refusal extends Error {
  constructor(status, type) { super(type); this.status = status; this.type = `/problems/${type}`; }
}

// The writable members with their defaults; shorthands written out; references left as they are.
function normal(declared, value) {
  const schema = resolve(declared);
  if (value === undefined || value === null) return schema.default ?? (schema.items ? [] : null);
  if (schema['x-reference']) return typeof value === 'object' ? value.id ?? value.slug : value;
  if (schema.items) return value.map((item) => normal(schema.items, item));
  if (!schema.properties) return value;
  const whole = schema['x-shorthand'] && typeof value === 'string' ? {[schema['x-shorthand']]: value} : value;
  const members = Object.entries(schema.properties).filter(([, member]) => !member.readOnly);
  return Object.fromEntries(members.map(([name, member]) => [name, normal(member, whole[name])]));
}

// RFC 7396.
function merge(target, patch) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const merged = {...(target !== null && typeof target === 'object' && !Array.isArray(target) ? target : {})};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

export class Model {
  constructor(today) {
    this.today = today;
    this.records = new Map();
    this.deleted = new Set();
    this.merged = new Map(); // by `path/key`: the id of what it was merged into
    this.made = 0;
  }

  of(path) { return [...this.records.values()].filter((each) => each.path === path); }
  find(path, key) { return this.of(path).find((each) => each.id === key || each.slug === key); }
  // What a reference means: also by what a record was called before it was merged into another.
  meant(path, key) { return this.find(path, key) ?? this.records.get(this.merged.get(`${path}/${key}`)); }

  // -- references and relations ---------------------------------------------------------------------------------------------

  // Puts ids in the place of slugs, everywhere in the body.
  #resolveReferences(declared, value) {
    const schema = resolve(declared);
    if (value === null || value === undefined) return value;
    if (schema['x-reference']) {
      const found = this.meant(schema['x-reference'], value);
      if (!found) throw new Refusal(422, 'invalid-body');
      return found.id;
    }
    if (schema.items) return value.map((item) => this.#resolveReferences(schema.items, item));
    if (!schema.properties || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, schema.properties[name] ? this.#resolveReferences(schema.properties[name], member) : member]));
  }

  #other(relation) { return relation.organization ?? relation.agreement; }
  #writes(owner, type, other) { return owner?.body.relations.some((each) => each.type === type && this.#other(each) === other); }

  // What of the relations is this record's own; what the other side wrote stays there, what nobody wrote is a fault.
  #ownRelations(record, relations) {
    return relations.filter((each) => {
      const other = this.records.get(this.#other(each));
      if (each.type === 'related') {
        return this.#writes(this.records.get(record.id), 'related', other.id) || !this.#writes(other, 'related', record.id);
      }
      if (!OTHER_SIDE.includes(each.type)) return true;
      const written = Object.keys(INVERSE).find((type) => INVERSE[type] === each.type);
      if (!this.#writes(other, written, record.id)) throw new Refusal(422, 'invalid-body');
      return false;
    });
  }

  #mirrored(record) {
    const others = this.of(record.path).filter((each) => each !== record).sort((a, b) => a.sequence - b.sequence);
    return others.flatMap((other) => other.body.relations.filter((each) => this.#other(each) === record.id)
      .map((each) => ({...each, type: INVERSE[each.type], [record.path === 'organizations' ? 'organization' : 'agreement']: other.id})));
  }

  // Whether the record leads to itself along `next`, were its body this.
  #circular(record, next) {
    const bodyOf = (id) => (id === record.id ? record.body : this.records.get(id).body);
    const reached = new Set();
    for (let front = next(record.body); front.length > 0;) {
      if (front.includes(record.id)) return true;
      front = front.filter((id) => !reached.has(id));
      front.forEach((id) => reached.add(id));
      front = front.flatMap((id) => next(bodyOf(id)));
    }
    return false;
  }

  // -- rules ------------------------------------------------------------------------------------------------------------------

  #check(record) {
    const {body, path} = record;
    const refuse = (when) => { if (when) throw new Refusal(422, 'invalid-body'); };
    const along = (...types) => (each) => each.relations.filter(({type}) => types.includes(type)).map((relation) => this.#other(relation));
    if (path === 'areas') refuse(this.#circular(record, (each) => (each.parent ? [each.parent] : [])));
    if (path === 'organizations') refuse(['parent', 'predecessor'].some((type) => this.#circular(record, along(type))));
    if (path !== 'areas') refuse(body.relations.some((each) => this.#other(each) === record.id));
    if (path !== 'agreements') return;
    body.stage ??= body.concluded_on ? 'concluded' : 'proposed';
    const start = body.effective_on ?? body.concluded_on;
    refuse(body.stage === 'concluded' && new Set(body.parties.map((each) => each.organization)).size < 2);
    refuse(body.open_ended && body.ends_on);
    refuse(start && body.ends_on && body.ends_on < start);
    refuse(start && body.termination?.effective_on && body.termination.effective_on < start);
    refuse(this.#circular(record, along('supersedes', 'renews', 'amends', 'implements')));
  }

  // From the name in Latin letters; else from another one, the acronyms last; else from what is Latin in the name.
  deriveSlug(path, body, id) {
    const tail = id.slice(-8);
    const name = body[resource(path).nameMember];
    const others = [...(body.names ?? [])].sort((one, other) => (one.kind === 'acronym') - (other.kind === 'acronym'));
    const latin = [name, ...others.map(({value}) => value)].find((each) => /^[ -~]*$/.test(each)) ?? name;
    const base = latin.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
    if (base === '') return `${resource(path).schema['x-resource'].prefix}-${tail}`;
    const candidates = [base, ...[2, 3, 4, 5, 6, 7, 8, 9].map((number) => `${base}-${number}`), `${base}-${tail}`];
    return candidates.find((slug) => !this.meant(path, slug));
  }

  // -- what is served -------------------------------------------------------------------------------------------------------------

  #serve(declared, value) {
    const schema = resolve(declared);
    if (value === null || value === undefined) return value ?? null;
    if (schema['x-reference']) {
      const {id, slug, body, path} = this.records.get(value);
      return {id, slug, name: body[resource(path).nameMember]};
    }
    if (schema.items) return value.map((item) => this.#serve(schema.items, item));
    if (!schema.properties) return value;
    return Object.fromEntries(Object.keys(schema.properties).map((name) => [name, this.#serve(schema.properties[name], value[name])]));
  }

  // The document without its times.
  document(record) {
    const {path, id, slug, revision, body} = record;
    const whole = {id, slug, revision, ...body};
    if (path !== 'areas') whole.relations = [...body.relations, ...this.#mirrored(record)];
    if (path === 'agreements') {
      const successors = this.of(path).filter((each) => this.#writes(each, 'supersedes', id) || this.#writes(each, 'renews', id));
      Object.assign(whole, standing(body, successors.map((each) => each.body), this.today));
    }
    const {created_at: created, updated_at: updated, ...document} = this.#serve(resource(path).schema, whole);
    return document;
  }

  // -- operations -----------------------------------------------------------------------------------------------------------------

  // A body against the contract, as far as the test goes astray: a name is needed, and no member is unknown.
  static checkShape(path, body) {
    const {schema, nameMember} = resource(path);
    if (!body[nameMember] || Object.keys(body).some((name) => !schema.properties[name])) throw new Refusal(422, 'invalid-body');
  }

  // `learn` tells the id that the server gave. Nothing changes when something is refused.
  #write(path, record, body, learn, slugOf) {
    const {schema} = resource(path);
    const next = {...record, path, body: normal(schema, body)};
    delete next.body.slug;
    const wanted = slugOf(body.slug ?? undefined);
    const taken = wanted === undefined ? undefined : this.meant(path, wanted);
    next.body = this.#resolveReferences(schema, next.body);
    next.id ??= 'the new one';
    if (next.body.relations) next.body.relations = this.#ownRelations(next, next.body.relations);
    this.#check(next);
    if (taken && taken.id !== record?.id) throw new Refusal(409, 'conflict'); // among other faults it is one of them
    if (!record) Object.assign(next, {id: learn(), sequence: this.made++, revision: 0});
    next.slug = wanted ?? next.slug ?? this.deriveSlug(path, next.body, next.id);
    const same = record && next.slug === record.slug && JSON.stringify(next.body) === JSON.stringify(record.body);
    return same ? record : this.#keep(next);
  }

  // The revision counts the writes that changed the record, and the days and writes that changed its standing.
  #keep(next) {
    const standings = new Map(this.of('agreements').map((each) => [each.id, this.#derived(each)]));
    next.revision += 1;
    this.records.set(next.id, next);
    this.#countStandings(standings, next.id);
    return next;
  }

  #derived(agreement) {
    const {status, flags, missing, period, notice_on: notice, notice_for: noticeFor, next_change: change} = this.document(agreement);
    return JSON.stringify([status, flags, missing, period, notice, noticeFor, change]);
  }

  #countStandings(before, writtenId) {
    for (const each of this.of('agreements')) {
      if (each.id !== writtenId && before.has(each.id) && before.get(each.id) !== this.#derived(each)) each.revision += 1;
    }
  }

  create(path, body, learn) {
    Model.checkShape(path, body);
    return this.#write(path, undefined, body, learn, (slug) => slug);
  }

  replace(path, key, body, learn) {
    Model.checkShape(path, body);
    const record = this.find(path, key);
    if (!record && this.meant(path, key)) throw this.absence(path, key);
    return this.#write(path, record, body, learn, (slug) => slug ?? (record ? undefined : key));
  }

  patch(path, key, patch) {
    const record = this.find(path, key);
    if (!record) throw this.absence(path, key);
    const {revision, ...now} = this.document(record);
    const merged = merge(now, patch);
    Model.checkShape(path, {...patch, [resource(path).nameMember]: merged[resource(path).nameMember]});
    const {properties} = resource(path).schema;
    const writable = Object.fromEntries(Object.entries(merged).filter(([name]) => !properties[name].readOnly));
    return this.#write(path, record, writable, undefined, (slug) => slug);
  }

  delete(path, key) {
    const record = this.find(path, key);
    if (!record) throw this.absence(path, key);
    if ([...this.records.values()].some((each) => each !== record && JSON.stringify(each.body).includes(`"${record.id}"`))) {
      throw new Refusal(409, 'referenced');
    }
    const standings = new Map(this.of('agreements').map((each) => [each.id, this.#derived(each)]));
    this.records.delete(record.id);
    this.deleted.add(`${path}/${record.id}`).add(`${path}/${record.slug}`);
    this.#countStandings(standings, record.id);
  }

  // The body with the references to one record moved to another; what is in a list twice by that, is there once.
  #moved(value, from, into) {
    if (value === from) return into;
    if (value === null || typeof value !== 'object') return value;
    const had = JSON.stringify(value).includes(`"${from}"`);
    if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#moved(inner, from, into)]));
    const moved = value.map((each) => this.#moved(each, from, into));
    return had ? moved.filter((each, i) => moved.findIndex((one) => isDeepStrictEqual(one, each)) === i) : moved;
  }

  // The relations without those to itself, and those that are there twice, here or on the other side.
  #settled(record, relations) {
    return relations.filter((each, i) => this.#other(each) !== record.id && relations.findIndex((one) => isDeepStrictEqual(one, each)) === i
      && !(each.type === 'related' && this.#writes(this.records.get(this.#other(each)), 'related', record.id)));
  }

  // Writes one of the records that a merge changes.
  #rewrite(record, body) {
    const next = {...record, body: body.relations ? {...body, relations: this.#settled(record, body.relations)} : body};
    this.#check(next);
    return isDeepStrictEqual(next.body, record.body) ? record : this.#keep(next);
  }

  merge(key, name) {
    const path = 'organizations', from = this.find(path, key);
    if (!from) throw this.absence(path, key);
    const into = this.meant(path, name);
    const refuse = (when) => { if (when) throw new Refusal(422, 'invalid-body'); };
    refuse(!into || from === into || (into.body.visibility === 'public' && from.body.visibility !== 'public'));
    const before = new Map(this.records);
    try {
      return this.#merge(path, from, into);
    } catch (error) {
      this.records = before;
      throw error;
    }
  }

  #merge(path, from, into) {
    for (const each of [...this.records.values()]) {
      if (each === from || each === into || !JSON.stringify(each.body).includes(`"${from.id}"`)) continue;
      this.#rewrite(this.records.get(each.id), this.#moved(this.records.get(each.id).body, from.id, into.id));
    }
    const body = this.#moved(into.body, from.id, into.id);
    const known = [body.name, ...body.names.map((each) => each.value)].includes(from.body.name);
    if (!known) body.names = [...body.names, {value: from.body.name, lang: null, kind: 'alias'}];
    for (const [name, list] of Object.entries(from.body).filter(([, value]) => Array.isArray(value))) {
      body[name] = [...body[name], ...list.filter((each) => !body[name].some((one) => isDeepStrictEqual(one, each)))];
    }
    const next = this.#rewrite(this.records.get(into.id), body);
    this.records.delete(from.id);
    for (const [key, id] of this.merged) if (id === from.id) this.merged.set(key, into.id);
    for (const key of [from.id, from.slug]) {
      this.merged.set(`${path}/${key}`, into.id);
      this.deleted.add(`${path}/${key}`);
    }
    return next;
  }

  // What stands where a record was asked for that there is not: nothing ever, one that was deleted, or one that was merged.
  absence(path, key, {reading = false} = {}) {
    if (this.meant(path, key)) return reading ? new Refusal(301, 'moved') : new Refusal(409, 'merged');
    return this.deleted.has(`${path}/${key}`) ? new Refusal(410, 'gone') : new Refusal(404, 'not-found');
  }

  all() { return resources.flatMap(({path}) => this.of(path)); }
}
