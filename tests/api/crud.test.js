// Making, reading, replacing, changing and deleting records: alike for the three resources.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {resources} from './lib/contract.js';
import {startServer} from './lib/server.js';

const unknown = {organizations: 'org_01jqzzzzzzzzzzzzzzzzzzzzzz', areas: 'area_01jqzzzzzzzzzzzzzzzzzzzzzz', agreements: 'agr_01jqzzzzzzzzzzzzzzzzzzzzzz'};

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

for (const {path, nameMember, schema} of resources) {
  const at = `/v1/${path}`;
  const body = (name, more) => ({[nameMember]: name, ...more});

  describe(path, () => {
    test('POST answers 201 with the record and its address, and GET finds it by id and by slug', async () => {
      const made = await server.post(at, body('First'), {status: 201});
      assert.equal(made.headers.location, `${at}/${made.json.id}`);
      assert.match(made.json.id, new RegExp(`^${schema['x-resource'].prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`));
      assert.equal(made.json.slug, 'first');
      assert.equal(made.json.revision, 1);
      assert.equal(made.json.created_at, made.json.updated_at);
      for (const key of [made.json.id, 'first']) {
        const read = await server.get(`${at}/${key}`, {status: 200});
        assert.equal(read.text, made.text);
        assert.equal(read.etag, made.etag);
      }
    });

    test('what is not there is 404, by id, by slug and for every method but PUT', async () => {
      for (const key of [unknown[path], 'nobody', 'x'.repeat(64)]) {
        await server.get(`${at}/${key}`, {status: 404});
        await server.patch(`${at}/${key}`, {[nameMember]: 'x'}, {status: 404});
        await server.delete(`${at}/${key}`, {status: 404});
      }
    });

    test('a slug is made from the name: folded, hyphenated, numbered when taken, from the id for other scripts', async () => {
      const slugOf = async (name, more) => (await server.post(at, body(name, more), {status: 201})).json.slug;
      assert.equal(await slugOf('  Zürich & Partner (Ｔokyo) № 5 '), 'zurich-partner-tokyo-no-5');
      assert.equal(await slugOf('Twice'), 'twice');
      assert.equal(await slugOf('twice!'), 'twice-2');
      assert.equal(await slugOf('TWICE'), 'twice-3');
      const made = (await server.post(at, body('工業技術研究院'), {status: 201})).json;
      assert.equal(made.slug, `${schema['x-resource'].prefix}-${made.id.slice(-8)}`);
      assert.equal(await slugOf('n'.repeat(300)), 'n'.repeat(56));
      assert.equal(await slugOf('whatever', {slug: null}), 'whatever');
      assert.equal(await slugOf('whatever', {slug: 'my.own_slug-1'}), 'my.own_slug-1');
    });

    test('a name in another script gets its slug from the first of its names in Latin letters, English first, else from an acronym', async () => {
      const list = schema['x-resource'].name === 'title' ? 'titles' : 'names';
      const slugOf = async (name, names) => (await server.post(at, body(name, {[list]: names}), {status: 201})).json.slug;
      assert.equal(await slugOf('研究院甲', [{value: 'ALF', kind: 'acronym'}, {value: 'Institut Alpha', lang: 'fr'}, {value: 'Alpha Institute', lang: 'en-GB'}]), 'alpha-institute');
      assert.equal(await slugOf('研究院乙', [{value: 'ケンキュウ', lang: 'ja-Kana'}, {value: 'BTI', kind: 'acronym'}, {value: 'Béta Łódź', lang: 'pl'}]), 'beta-lodz');
      assert.equal(await slugOf('研究院丙', [{value: 'GMI', kind: 'acronym'}]), 'gmi');
      assert.equal(await slugOf('研究院丁 (Delta)', [{value: 'DLT', kind: 'acronym'}]), 'dlt');
      assert.equal(await slugOf('研究院戊 (Epsilon) 5', []), 'epsilon-5');
      assert.match(await slugOf('第5研究院', []), new RegExp(`^${schema['x-resource'].prefix}-[0-9a-z]{8}$`));
      assert.equal(await slugOf('Latin', [{value: 'Other', lang: 'en'}]), 'latin');
    });

    test('a slug that is derived is found also when its numbers are taken', async () => {
      const seen = new Set();
      for (let i = 0; i < 12; i++) seen.add((await server.post(at, body('Crowded'), {status: 201})).json.slug);
      const numbered = [...seen].filter((slug) => /^crowded(-[2-9])?$/.test(slug));
      assert.deepEqual([seen.size, numbered.length], [12, 9]);
      await server.delete(`${at}/crowded-5`, {status: 204});
      assert.equal((await server.post(at, body('Crowded'), {status: 201})).json.slug, 'crowded-5');
    });

    test('a slug that is taken is a conflict, and one that is no slug or looks like an id is a fault', async () => {
      await server.put(`${at}/taken`, body('Taken'), {status: 201});
      await server.put(`${at}/other`, body('Other'), {status: 201});
      const taken = await server.post(at, body('New', {slug: 'taken'}), {status: 409});
      assert.equal(taken.json.type, '/problems/conflict');
      await server.patch(`${at}/other`, {slug: 'taken'}, {status: 409});
      for (const slug of ['Upper', 'a b', '-a', 'é', 'x'.repeat(65), unknown[path]]) {
        const answer = await server.post(at, body('New', {slug}), {status: 422});
        assert.deepEqual(answer.json.errors.map((each) => each.pointer), ['/slug'], slug);
      }
    });

    test('PUT makes a record under its slug, then replaces it, and leaves out is default', async () => {
      const made = await server.put(`${at}/under-slug`, body('Made', {names: undefined}), {status: 201});
      assert.equal(made.json.slug, 'under-slug');
      const replaced = await server.put(`${at}/under-slug`, body('Replaced'), {status: 200});
      assert.equal(replaced.json.id, made.json.id);
      assert.equal(replaced.json.revision, 2);
      assert.equal(replaced.json.created_at, made.json.created_at);
      assert.ok(replaced.json.updated_at >= made.json.updated_at);
      assert.notEqual(replaced.etag, made.etag);
      const byId = await server.put(`${at}/${made.json.id}`, body('By id'), {status: 200});
      assert.equal(byId.json.slug, 'under-slug', 'a PUT that names no slug keeps it');
    });

    test('PUT under an id that was not given out, or a slug that is none, makes nothing', async () => {
      await server.put(`${at}/${unknown[path]}`, body('No'), {status: 404});
      const answer = await server.put(`${at}/Not-A-Slug`, body('No'), {status: 422});
      assert.equal(answer.json.errors[0].pointer, '/slug');
      const other = await server.put(`${at}/one-name`, body('No', {slug: 'another'}), {status: 422});
      assert.equal(other.json.errors[0].pointer, '/slug');
      await server.get(`${at}/one-name`, {status: 404});
    });

    test('PUT of what was served changes nothing: neither revision nor bytes nor tag', async () => {
      const made = await server.put(`${at}/same`, body('Same'), {status: 201});
      const again = await server.put(`${at}/same`, made.text, {status: 200});
      assert.equal(again.text, made.text);
      assert.equal(again.etag, made.etag);
    });

    test('members that are read-only are ignored, and only those', async () => {
      const readOnly = Object.entries(schema.properties).filter(([, member]) => member.readOnly).map(([name]) => name);
      const lies = Object.fromEntries(readOnly.map((name) => [name, 'a lie']));
      const made = await server.post(at, body('Honest', lies), {status: 201});
      for (const name of readOnly) assert.notEqual(made.json[name], 'a lie');
      const patched = await server.patch(`${at}/${made.json.id}`, lies, {status: 200});
      assert.equal(patched.text, made.text);
    });

    test('PATCH changes what it names and keeps all else', async () => {
      const names = [{value: '名', lang: 'ja', kind: 'label'}];
      const member = path === 'agreements' ? 'titles' : 'names';
      const about = path === 'agreements' ? 'summary' : 'description';
      const made = await server.post(at, body('Patched', {[member]: names, [about]: 'about'}), {status: 201});
      const once = await server.patch(`${at}/${made.json.id}`, {[nameMember]: 'Other name'}, {status: 200});
      assert.deepEqual(once.json, {...made.json, [nameMember]: 'Other name', revision: 2, updated_at: once.json.updated_at});
      const twice = await server.patch(`${at}/${made.json.id}`, {[about]: null, [member]: null}, {status: 200});
      assert.equal(twice.json[about], null);
      assert.deepEqual(twice.json[member], []);
      assert.equal(twice.json[nameMember], 'Other name');
      assert.equal(twice.json.slug, made.json.slug);
    });

    test('PATCH that says nothing new changes nothing', async () => {
      const made = await server.post(at, body('Steady'), {status: 201});
      for (const patch of [{}, {[nameMember]: 'Steady'}, {slug: made.json.slug}, {revision: 99}]) {
        const answer = await server.patch(`${at}/${made.json.id}`, patch, {status: 200});
        assert.equal(answer.text, made.text);
        assert.equal(answer.etag, made.etag);
      }
    });

    test('PATCH with something that is no member, no object, or takes the name away is refused', async () => {
      const made = await server.post(at, body('Kept'), {status: 201});
      for (const patch of [{nothing: 1}, {nothing: null}, [], 'text', {[nameMember]: null}, {[nameMember]: ''}, {[nameMember]: ' 　\u200b'}, {[nameMember]: 7}]) {
        await server.patch(`${at}/${made.json.id}`, JSON.stringify(patch), {status: typeof patch === 'string' ? 400 : 422});
      }
      assert.equal((await server.get(`${at}/${made.json.id}`)).text, made.text);
    });

    test('a slug can be changed, and the old one is free again', async () => {
      const made = await server.put(`${at}/before`, body('Moved'), {status: 201});
      const moved = await server.patch(`${at}/before`, {slug: 'after'}, {status: 200});
      assert.equal(moved.json.revision, 2);
      await server.get(`${at}/before`, {status: 404});
      assert.equal((await server.get(`${at}/after`)).json.id, made.json.id);
      await server.put(`${at}/before`, body('New'), {status: 201});
    });

    test('DELETE answers 204, then 410, and the slug is free again', async () => {
      const made = await server.put(`${at}/gone`, body('Gone'), {status: 201});
      const deleted = await server.delete(`${at}/gone`, {status: 204});
      assert.equal(deleted.text, '');
      await server.get(`${at}/gone`, {status: 410});
      await server.get(`${at}/${made.json.id}`, {status: 410});
      await server.delete(`${at}/gone`, {status: 410});
      const anew = await server.put(`${at}/gone`, body('Gone'), {status: 201});
      assert.notEqual(anew.json.id, made.json.id);
      assert.notEqual(anew.etag, made.etag);
    });

    test('Prefer: return=minimal gives the headers without the body', async () => {
      const headers = {prefer: 'return=minimal'};
      const made = await server.put(`${at}/minimal`, body('Minimal'), {status: 201, headers});
      assert.equal(made.text, '');
      const replaced = await server.put(`${at}/minimal`, body('More'), {status: 204, headers});
      assert.equal(replaced.headers['preference-applied'], 'return=minimal');
      const patched = await server.patch(`${at}/minimal`, {[nameMember]: 'Most'}, {status: 204, headers});
      assert.equal((await server.get(`${at}/minimal`)).etag, patched.etag);
    });

    test('text comes back as it was written, whatever is in it', async () => {
      const hard = 'q"\\/<>&\' 工業技術研究院 🤝 \u200b e\u0301 𠮷 %00';
      const made = await server.post(at, body(hard), {status: 201});
      assert.equal(made.json[nameMember], hard);
      assert.equal((await server.get(`${at}/${made.json.id}`)).json[nameMember], hard);
    });

    test('an empty body, no JSON, a name too short or too long and an unknown member are refused', async () => {
      await server.post(at, '', {status: 400});
      const broken = await server.post(at, '{\n"a":}', {status: 400});
      assert.match(broken.json.detail, /line 2, column 5/);
      await server.post(at, `{"${nameMember}":"a","${nameMember}":"b"}`, {status: 400});
      await server.post(at, body('x'.repeat(501)), {status: 422});
      await server.post(at, body('名'.repeat(500)), {status: 201});
      await server.post(at, {}, {status: 422});
      const misspelt = await server.post(at, body('x', {viisibility: 'public', descriptoin: 'x', sluug: 'x'}), {status: 422});
      assert.equal(misspelt.json.errors.length, 3);
      assert.match(misspelt.json.errors.find((each) => each.pointer === '/sluug').message, /slug/);
    });
  });
}

test('a full organization comes back member by member', async () => {
  const given = {
    name: 'Full', names: [{value: 'フル', lang: 'ja-Kana', kind: 'alias'}], kind: 'university', status: 'inactive', country: 'JP',
    region: 'JP-14', city: '藤沢市', website: 'https://example.org/', established: '2023-04', description: 'a\nb',
    identifiers: [{scheme: 'wikidata', value: 'Q42'}], contacts: [{name: 'A', title: 'B', email: 'a@example.org', phone: '1', from: '2020', until: '2021-02'}],
    tags: ['z', 'a'], visibility: 'public', sources: [{url: 'https://example.org/', title: 't', published_on: '2026-04-21'}],
  };
  const made = await server.post('/v1/organizations', given, {status: 201});
  const {id, slug, relations, revision, created_at: created, updated_at: updated, ...rest} = made.json;
  assert.deepEqual(rest, given);
});

test('an object that holds nothing is null, and what is left out is an empty list', async () => {
  const made = await server.post('/v1/agreements', {title: 'T', notice: {}, termination: {reason: null}}, {status: 201});
  assert.equal(made.json.notice, null);
  assert.equal(made.json.termination, null);
  assert.deepEqual(made.json.parties, []);
  assert.deepEqual(made.json.tags, []);
});
