// A refused body is answered once: what breaks the schema, what refers to nothing and what breaks a rule of the registry stand in one
// answer, each at its place in the body as it was sent.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {startServer} from './lib/server.js';

let server;
before(async () => {
  server = await startServer({args: ['--today', '2026-05-01']});
  for (const slug of ['one', 'two', 'three']) await server.put(`/v1/organizations/${slug}`, {name: slug}, {status: 201});
});
after(() => server.stop());

const told = (answer) => answer.json.errors.map((each) => `${each.pointer} ${each.code}`).sort();
const post = async (path, body) => told(await server.post(path, body, {status: 422}));
const agreement = (body) => post('/v1/agreements', body);

describe('one answer for all faults', () => {
  test('a bad date and a reference to nothing are told together', async () => {
    assert.deepEqual(await agreement({title: 'T', parties: ['nope'], concluded_on: '1 April 2026'}), ['/concluded_on format', '/parties too_few', '/parties/0 no_such_record']);
  });

  test('a missing title hides neither a reference nor a rule', async () => {
    assert.deepEqual(await agreement({areas: ['nope'], notice: {months: 1, days: 1}}), ['/areas/0 no_such_record', '/notice contradiction', '/title required']);
  });

  test('what is sound around a faulty item is looked at, at its own place', async () => {
    const parties = ['one', {organization: 'two', role: 'captain'}, 'nope', {organisation: 'x'}, {organization: 'one'}];
    assert.deepEqual(await agreement({title: 'T', parties}), ['/parties/1/role enum', '/parties/2 no_such_record',
      '/parties/3/organisation unknown', '/parties/3/organization required', '/parties/4/organization duplicate']);
  });

  test('a faulty part does not make a rule complain of what would be there', async () => {
    assert.deepEqual(await agreement({title: 'T', stage: 'concluded', parties: ['one', {organization: 'two', role: 'captain'}]}), ['/parties/1/role enum']);
    assert.deepEqual(await agreement({title: 'T', effective_on: '2020-13', concluded_on: '2026', ends_on: '2021', parties: ['one', 'two']}), ['/effective_on format']);
    assert.deepEqual(await post('/v1/organizations', {name: 'N', country: 'XX1', region: 'JP-14'}), ['/country format']);
  });

  test('a conclusion that cannot be read still is one: two parties are needed', async () => {
    assert.deepEqual(await agreement({title: 'T', concluded_on: '1 April', parties: ['one']}), ['/concluded_on format', '/parties too_few']);
  });

  test('every item of a nested list is told at its place', async () => {
    const identifiers = [{scheme: 'ror', value: 'bad'}, {scheme: 'isbn', value: '1'}, {scheme: 'lei', value: 'bad'}];
    assert.deepEqual(await post('/v1/organizations', {name: 'N', identifiers, relations: [{type: 'parent', organization: 'nope'}]}),
      ['/identifiers/0/value identifier', '/identifiers/1/scheme enum', '/identifiers/2/value identifier', '/relations/0/organization no_such_record']);
  });

  test('a PUT and a PATCH tell as much as a POST', async () => {
    const {id} = (await server.post('/v1/agreements', {title: 'T', parties: ['one', 'two'], concluded_on: '2026'}, {status: 201})).json;
    const expected = ['/announced_on format', '/notice contradiction', '/parties/1 no_such_record'];
    const changes = {announced_on: 'soon', notice: {months: 1, days: 1}, parties: ['one', 'nope']};
    assert.deepEqual(told(await server.patch(`/v1/agreements/${id}`, changes, {status: 422})), expected);
    assert.deepEqual(told(await server.put(`/v1/agreements/${id}`, {title: 'T', ...changes}, {status: 422})), expected);
    assert.deepEqual(told(await server.put('/v1/agreements/brand-new', {title: 'T', ...changes}, {status: 422})), expected);
    assert.equal((await server.get('/v1/agreements/brand-new')).status, 404);
  });

  test('a circle is told together with other faults', async () => {
    await server.put('/v1/organizations/top', {name: 'top'}, {status: 201});
    await server.put('/v1/organizations/below', {name: 'below', relations: [{type: 'parent', organization: 'top'}]}, {status: 201});
    const body = {name: 'top', website: 'no address', relations: [{type: 'related', organization: 'nope'}, {type: 'parent', organization: 'below'}]};
    assert.deepEqual(told(await server.put('/v1/organizations/top', body, {status: 422})),
      ['/relations/0/organization no_such_record', '/relations/1/organization cycle', '/website format']);
  });

  test('a circle of agreements is told at the relation that closes it', async () => {
    await server.put('/v1/agreements/first', {title: 'first'}, {status: 201});
    await server.put('/v1/agreements/second', {title: 'second', relations: [{type: 'supersedes', agreement: 'first'}]}, {status: 201});
    const relations = [{type: 'related', agreement: 'second'}, {type: 'renews', agreement: 'second'}];
    assert.deepEqual(told(await server.patch('/v1/agreements/first', {relations}, {status: 422})), ['/relations/1/agreement cycle']);
  });

  test('a slug that is taken is told with the other faults, and is a conflict when it stands alone', async () => {
    assert.deepEqual(await post('/v1/organizations', {name: 'N', slug: 'one', website: 'no address', relations: [{type: 'parent', organization: 'nope'}]}),
      ['/relations/0/organization no_such_record', '/slug taken', '/website format']);
    assert.deepEqual(await post('/v1/organizations', {name: 'N', slug: 'one', country: 'JP', region: 'TW-TPE'}), ['/region contradiction', '/slug taken']);
    await server.post('/v1/organizations', {name: 'N', slug: 'one'}, {status: 409});
  });

  test('tokens and webhooks tell all faults at once, too', async () => {
    assert.deepEqual(await post('/v1/tokens', {name: '', role: 'reader', expires_at: '2020-01-01T00:00:00Z', query: 'a=b'}),
      ['/expires_at past', '/name too_short', '/query contradiction']);
    assert.deepEqual(await post('/v1/webhooks', {url: 'http://example.org/', resources: ['shoes']}), ['/resources/0 enum', '/url url']);
  });
});

describe('the place is that of the body as sent', () => {
  test('a party written as a string is its own place', async () => {
    assert.deepEqual(await agreement({title: 'T', parties: ['one', 'nope']}), ['/parties/1 no_such_record']);
    assert.deepEqual(await agreement({title: 'T', parties: ['one', {organization: 'nope'}]}), ['/parties/1/organization no_such_record']);
    assert.deepEqual(await agreement({title: 'T', parties: ['one', 'one']}), ['/parties/1 duplicate']);
  });

  test('items keep their places when a relation of the other side stands before them', async () => {
    await server.put('/v1/organizations/child', {name: 'child', relations: [{type: 'parent', organization: 'three'}]}, {status: 201});
    const {json} = await server.get('/v1/organizations/three');
    const relations = [...json.relations, {type: 'parent', organization: 'one', from: '2021', until: '2020'}, {type: 'related', organization: 'three'}];
    assert.deepEqual(told(await server.put('/v1/organizations/three', {...json, relations}, {status: 422})),
      ['/relations/1/until order', '/relations/2/organization self']);
  });

  test('every pointer leads into the body, or names a member that is missing there', async () => {
    const bodies = [{title: 'T', parties: ['nope', 3, {organization: {slug: 'none'}}], renewal: null, extensions: [{ends_on: '2020'}], effective_on: '2021'},
      {title: 7, areas: ['x', {area: 'y'}, {}]}, {title: 'T', relations: ['z'], notice: {}, termination: {effective_on: '1'}}];
    for (const body of bodies) {
      for (const {pointer, code} of (await server.post('/v1/agreements', body, {status: 422})).json.errors) {
        const steps = pointer.split('/').slice(1);
        const last = steps.pop();
        const parent = steps.reduce((at, step) => at[step], body);
        assert.ok(parent !== null && typeof parent === 'object', `${pointer} ${code}`);
        assert.ok(code === 'required' || last in parent, `${pointer} ${code}`);
      }
    }
  });
});
