// Searching: what is found whatever way it is written, in which order, and never anything that is not there any more.
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {startServer} from './lib/server.js';
import {unlimited} from './lib/unlimited.js';

const nobody = {role: null};
let server;
before(async () => {
  server = await startServer({args: ['--today', '2026-05-01', '--public-read'], env: unlimited});
  const put = (path, body) => server.put(`/v1/${path}`, {visibility: 'public', ...body}, {status: 201});
  await put('organizations/itri', {name: '工業技術研究院', names: [{value: 'Industrial Technology Research Institute', lang: 'en'}, {value: 'ITRI', kind: 'acronym'}, {value: '工研院', kind: 'alias'}], city: '新竹', description: '臺灣最大級の研究機関。'});
  await put('organizations/itri-unit', {name: 'ITRI バイオメディカル研究所', kind: 'unit'});
  await put('organizations/umc', {name: '聯華電子', description: '工業技術研究院（ITRI）が創出に貢献した企業。'});
  await put('organizations/ipark', {name: 'アイパークインスティテュート株式会社'});
  await put('organizations/half', {name: 'ｱｲﾊﾟｰｸ東 有限会社'});
  await put('organizations/hira', {name: 'あいぱーく西'});
  await put('organizations/eth', {name: 'ETH Zürich', identifiers: [{scheme: 'other', value: 'X-4711'}], tags: ['quantum lab']});
  await put('organizations/todai', {name: '東京大学', description: '東京大学との覚書。'});
  await put('organizations/hidden', {name: '隠密研究会', visibility: 'internal', contacts: [{name: '忍者太郎', email: 'taro@secret.example'}]});
  await server.put('/v1/areas/pharma', {name: '医薬品の開発', names: [{value: 'Drug development'}]}, {status: 201});
  await put('agreements/health', {
    title: 'ヘルスケア・創薬分野における日台連携強化に関する覚書', summary: 'Joint <b>programmes</b> & "visits".', parties: [{organization: 'itri', reference: 'ITRI-2026-17'}, 'ipark'], areas: ['pharma'],
    concluded_on: '2026-04-01', notes: '内緒話', owner: 'Legal desk',
  });
});
after(() => server.stop());

const address = (q, more = '') => `/v1/search?q=${encodeURIComponent(q)}${more}`;
const search = async (q, options = {}, more = '') => (await server.get(address(q, more), {status: 200, ...options})).json.items;
const slugs = async (...args) => (await search(...args)).map((item) => item.slug);
const found = async (...args) => (await slugs(...args)).sort();

// -- folding ------------------------------------------------------------------------------------------------------------------

for (const [q, expected] of [
  ['台湾', ['itri']], ['臺灣', ['itri']],
  ['ｉｔｒｉ', ['health', 'itri', 'itri-unit', 'umc']],
  ['創薬', ['health']], ['創藥', ['health']],
  ['アイパーク', ['half', 'health', 'hira', 'ipark']], ['ｱｲﾊﾟｰｸ', ['half', 'health', 'hira', 'ipark']], ['あいぱーく', ['half', 'health', 'hira', 'ipark']],
  ['Zurich', ['eth']], ['ZÜRICH', ['eth']], ['zu\u0308rich', ['eth']],
  ['大学', ['todai']], ['大學', ['todai']],
  ['株式会社アイパークインスティテュート', ['health', 'ipark']], ['アイパークインスティテュート（株）', ['health', 'ipark']], ['ｱｲﾊﾟｰｸ東㈱', ['half']],
  ['工研院', ['health', 'itri']], ['Drug development', ['health', 'pharma']], ['薬', ['health', 'pharma']],
  ['ITRI-2026-17', ['health']], ['x-4711', ['eth']], ['quantum', ['eth']], ['新竹', ['itri']],
  ['京大', ['todai']], ['学京', []], ['アイバーク', []], ['Zür', []], ['eth Zür', ['eth']], ['itr', ['itri', 'itri-unit']],
]) {
  test(`"${q}" finds ${expected.join(', ') || 'nothing'}`, async () => assert.deepEqual(await found(q), expected));
}

test('all words are required, in any order, and phrases in quotes as they stand', async () => {
  assert.deepEqual(await found('institute technology'), ['health', 'itri']);
  assert.deepEqual(await found('institute zurich'), []);
  assert.deepEqual(await found('"technology research"'), ['health', 'itri']);
  assert.deepEqual(await found('"research technology"'), []);
  assert.deepEqual(await found('“technology research” 創薬'), ['health']);
  assert.deepEqual(await found('「技術研究」'), ['health', 'itri', 'umc']);
  assert.deepEqual(await found('"ITRI バイオ"'), ['itri-unit']);
  assert.deepEqual(await found('"Research Institute ITRI"'), [], 'a phrase does not go from one member into the next');
});

test('names come first that are the question, then those that begin with it, then what has it somewhere', async () => {
  assert.deepEqual((await slugs('ITRI')).slice(0, 2), ['itri', 'itri-unit']);
  assert.deepEqual((await slugs('工業技術研究院'))[0], 'itri');
  const scores = (await search('ITRI')).map((item) => item.score);
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
  assert.ok(scores[0] >= 2 && scores[1] >= 1 && scores[1] < 2 && scores[2] < 1);
});

test('a hit shows where it is, escaped, with a mark around it', async () => {
  const [health] = await search('創薬');
  assert.deepEqual(Object.keys(health), ['resource', 'id', 'slug', 'name', 'snippet', 'score']);
  assert.equal(health.snippet, 'ヘルスケア・<mark>創薬</mark>分野における日台連携強化に関する覚書');
  assert.equal((await search('visits'))[0].snippet, 'Joint &#60;b&#62;programmes&#60;/b&#62; &#38; &#34;<mark>visits</mark>&#34;.');
  assert.equal((await search('ｱｲﾊﾟｰｸ')).find((item) => item.slug === 'half').snippet, '<mark>ｱｲﾊﾟｰｸ</mark>東 有限会社');
  assert.equal((await search('zurich'))[0].snippet, 'ETH <mark>Zürich</mark>');
});

test('a long text is cut around the hit, between words', async () => {
  const word = 'lorem ipsum dolor sit amet ';
  await server.put('/v1/areas/long', {name: 'Long', description: `${word.repeat(100)}needle ${word.repeat(100)}`}, {status: 201});
  const [{snippet}] = await search('needle');
  assert.match(snippet, /^…(lorem|ipsum|dolor|sit|amet) .*<mark>needle<\/mark> lorem .*(lorem|ipsum|dolor|sit|amet)…$/);
  assert.ok(snippet.length < 400);
  await server.delete('/v1/areas/long', {status: 204});
});

test('resource= and limit= narrow what is told, and what is not known is refused', async () => {
  assert.deepEqual(await found('ITRI', {}, '&resource=agreements'), ['health']);
  assert.deepEqual(await slugs('ITRI', {}, '&limit=1'), ['itri']);
  for (const more of ['&limit=0', '&limit=101', '&resource=webhooks', '&sort=name', '&q=twice']) await server.get(address('ITRI', more), {status: 400});
  await server.get('/v1/search', {status: 400});
});

// -- every change -------------------------------------------------------------------------------------------------------------

async function checked() {
  const report = (await server.get('/v1/check', {status: 200})).json;
  assert.deepEqual(report.checks.find((each) => each.name === 'search'), {name: 'search', ok: true, detail: null});
}

test('what is found follows every update, rename and delete, of agreements also that of their parties and areas', async () => {
  await server.put('/v1/organizations/alpha', {name: 'Alphaville', names: [{value: 'Firstname'}]}, {status: 201});
  await server.put('/v1/organizations/beta', {name: 'Betatown'}, {status: 201});
  await server.put('/v1/areas/field', {name: 'Oldfield'}, {status: 201});
  await server.put('/v1/agreements/pact', {title: 'Pact', parties: ['alpha', 'beta'], areas: ['field']}, {status: 201});
  assert.deepEqual(await found('alphaville'), ['alpha', 'pact']);
  assert.deepEqual(await found('firstname betatown oldfield'), ['pact']);
  await server.patch('/v1/organizations/alpha', {name: 'Gammaburg'}, {status: 200});
  assert.deepEqual(await found('alphaville'), []);
  assert.deepEqual(await found('gammaburg'), ['alpha', 'pact']);
  await server.patch('/v1/organizations/alpha', {names: [{value: 'Secondname'}]}, {status: 200});
  assert.deepEqual(await found('firstname'), []);
  assert.deepEqual(await found('secondname'), ['alpha', 'pact']);
  await server.patch('/v1/areas/field', {name: 'Newfield'}, {status: 200});
  assert.deepEqual(await found('oldfield'), []);
  assert.deepEqual(await found('newfield'), ['field', 'pact']);
  await server.patch('/v1/agreements/pact', {parties: ['beta'], summary: 'unheard'}, {status: 200});
  assert.deepEqual(await found('gammaburg'), ['alpha']);
  assert.deepEqual(await found('unheard'), ['pact']);
  await server.post('/v1/agreements', {title: ''}, {status: 422});
  await server.delete('/v1/organizations/beta', {status: 409});
  assert.deepEqual(await found('betatown'), ['beta', 'pact']);
  await checked();
  await server.delete('/v1/agreements/pact', {status: 204});
  for (const slug of ['alpha', 'beta']) await server.delete(`/v1/organizations/${slug}`, {status: 204});
  await server.delete('/v1/areas/field', {status: 204});
  for (const q of ['pact', 'gammaburg', 'betatown', 'newfield', 'unheard']) assert.deepEqual(await found(q), [], q);
  await checked();
});

test('an import is found as soon as it is done, and not when it is tried or refused', async () => {
  const lines = (name) => `{"resource":"areas","slug":"imported","name":"${name}"}\n`;
  const send = (body, query, status) => server.post(`/v1/import${query}`, body, {status, headers: {'content-type': 'application/x-ndjson'}});
  await send(lines('Plankton'), '?dry_run=true', 200);
  assert.deepEqual(await found('plankton'), []);
  await send(`${lines('Plankton')}{"resource":"areas"}\n`, '', 422);
  assert.deepEqual(await found('plankton'), []);
  await send(lines('Plankton'), '', 200);
  assert.deepEqual(await found('plankton'), ['imported']);
  await send(lines('Krill'), '', 200);
  assert.deepEqual([await found('plankton'), await found('krill')], [[], ['imported']]);
  await server.delete('/v1/areas/imported', {status: 204});
  await checked();
});

// -- who sees what ------------------------------------------------------------------------------------------------------------

test('the public finds what is public, by what is public of it, and nothing tells that there is more', async () => {
  for (const q of ['隠密', '忍者', 'taro@secret.example', '内緒話', 'Legal desk', '隠密研究会']) {
    assert.equal((await search(q)).length, 1, `${q} is found with a token`);
    assert.deepEqual(await search(q, nobody), [], q);
  }
  const before = await server.get(address('研究'), {...nobody, status: 200});
  assert.ok(before.json.items.length > 0);
  for (let i = 0; i < 5; i++) await server.put(`/v1/organizations/mole-${i}`, {name: `研究 ${i}`, visibility: 'internal'}, {status: 201});
  const later = await server.get(address('研究'), {...nobody, status: 200});
  assert.equal(later.text, before.text, 'not even a score');
  assert.equal(later.etag, before.etag);
  for (let i = 0; i < 5; i++) await server.delete(`/v1/organizations/mole-${i}`, {status: 204});
});

test('what becomes internal, or public, is found by the public accordingly, by its name in agreements too', async () => {
  assert.deepEqual(await found('ipark', nobody), []);
  assert.deepEqual(await found('アイパークインスティテュート', nobody), ['health', 'ipark']);
  await server.patch('/v1/organizations/ipark', {visibility: 'internal'}, {status: 200});
  assert.deepEqual(await found('アイパークインスティテュート', nobody), []);
  assert.deepEqual(await found('アイパークインスティテュート'), ['health', 'ipark']);
  assert.ok((await match('アイパークインスティテュート', nobody)).every((item) => item.organization.slug !== 'ipark' && !item.chosen));
  await checked();
  await server.patch('/v1/organizations/ipark', {visibility: 'public'}, {status: 200});
  assert.deepEqual(await found('アイパークインスティテュート', nobody), ['health', 'ipark']);
  await server.patch('/v1/agreements/health', {visibility: 'internal'}, {status: 200});
  assert.deepEqual(await found('創薬', nobody), []);
  await server.patch('/v1/agreements/health', {visibility: 'public'}, {status: 200});
  assert.deepEqual(await found('創薬', nobody), ['health']);
  await checked();
});

test('a name or title of any length is found by itself, and first', async () => {
  const long = 'Memorandum of Understanding between the Institute for Regenerative Medicine of the University and the Science Park on Joint Research, Development and the Exchange of Researchers in the Field of Drug Discovery';
  const longest = {'title-words': `${long}, ${'and so on, '.repeat(50)}`.slice(0, 500).trim(), 'title-pairs': '創薬分野における共同研究開発と人材交流に関する覚書'.repeat(20).slice(0, 500)};
  for (const [slug, title] of [['title-plain', long], ...Object.entries(longest)]) {
    await server.put(`/v1/agreements/${slug}`, {title, stage: 'proposed', visibility: 'public'}, {status: 201});
    for (const options of [{}, nobody]) {
      assert.equal((await search(title, options))[0].slug, slug);
      assert.equal((await server.get(`/v1/agreements?q=${encodeURIComponent(title)}`, {status: 200, ...options})).json.items[0].slug, slug);
    }
  }
  for (const slug of ['title-plain', ...Object.keys(longest)]) await server.delete(`/v1/agreements/${slug}`, {status: 204});
});

// -- what strangers send ------------------------------------------------------------------------------------------------------

test('nothing to search for is a clear answer that names the parameter', async () => {
  for (const q of ['', ' ', '"', '""""', '*', '!?.,', '・', '^', '()', ' \u3000 ', '🎉', '\u0301', '\u200b']) {
    const answer = await server.get(address(q), {status: 400});
    assert.equal(answer.json.errors[0].parameter, 'q', JSON.stringify(q));
  }
  for (const name of ['', '---']) await server.get(`/v1/organizations/match?name=${encodeURIComponent(name)}`, {status: 400});
});

test('what is syntax to an index is text here', async () => {
  for (const q of ['ITRI OR zurich', 'ITRI NOT unit', 'NEAR(ITRI unit)', 'names:itri zurich', 'ITRI AND AND', 'rest : ITRI zurich']) assert.deepEqual(await found(q), [], q);
  assert.deepEqual(await found('itri*'), await found('itri'));
  assert.deepEqual(await found('^itri'), await found('itri'));
  assert.deepEqual(await found('{itri}'), await found('itri'));
  assert.deepEqual(await found('"itri'), await found('itri'));
  for (const q of ['"" OR ""', "' OR 1=1 --", '-itri', '+itri', '"itri" + "x', 'itri"*', '\\"itri', '%', '_tri', '{"names"}: x', 'rowid:1', 'a'.repeat(500), '創'.repeat(500), '創 '.repeat(128), '"創薬'.repeat(128)]) {
    assert.ok([200, 400].includes((await server.get(address(q))).status), q);
  }
});

test('a question that is too long, has too many words or no text is refused at once', async () => {
  assert.equal((await server.get(address('x'.repeat(501)), {status: 400})).json.errors[0].code, 'too_long');
  assert.equal((await server.get(address('a '.repeat(129)), {status: 400})).json.errors[0].code, 'too_many');
  assert.ok([400, 414, 431].includes((await server.get(address('創'.repeat(100_000)), {check: false})).status));
  for (const raw of ['%00', 'itri%00', '%ff', '%zz', '%1e']) await server.get(`/v1/search?q=${raw}`, {status: 400});
});

// -- matching -----------------------------------------------------------------------------------------------------------------

const match = async (name, options = {}) => (await server.get(`/v1/organizations/match?name=${encodeURIComponent(name)}`, {status: 200, ...options})).json.items;

for (const [name, matched] of [
  ['工業技術研究院', 'exact'], ['ITRI', 'alias'], ['工研院', 'alias'], ['ＩＴＲＩ', 'folded'], ['itri', 'folded'],
  ['財團法人工業技術研究院', 'folded'], ['Industrial Technology Research Inst.', 'similar'], ['Industrial Tecnology Research Institute', 'similar'],
]) {
  test(`"${name}" means one organization, found as ${matched}`, async () => {
    for (const options of [{}, nobody]) {
      const items = await match(name, options);
      assert.deepEqual(items[0].organization, {id: items[0].organization.id, slug: 'itri', name: '工業技術研究院'});
      assert.equal(items[0].matched, matched);
      assert.deepEqual(items.filter((item) => item.chosen), [items[0]]);
    }
  });
}

test('no organization gets the slug that is the address of this', async () => {
  const made = await server.post('/v1/organizations', {name: 'Match'}, {status: 201});
  assert.equal(made.json.slug, 'match-2');
  await server.post('/v1/organizations', {name: 'Other', slug: 'match'}, {status: 409});
  await server.delete('/v1/organizations/match-2', {status: 204});
});

test('of two that are equally near none is chosen, and what is not near is not told', async () => {
  await server.put('/v1/organizations/twin-a', {name: 'Twin Labs Inc.'}, {status: 201});
  await server.put('/v1/organizations/twin-b', {name: 'TWIN LABS'}, {status: 201});
  const near = async (name) => (await match(name)).map(({organization, matched, chosen}) => [organization.slug, matched, chosen]);
  assert.deepEqual(await near('Twin Labs'), [['twin-a', 'folded', false], ['twin-b', 'folded', false]]);
  assert.deepEqual(await near('TWIN LABS'), [['twin-b', 'exact', true], ['twin-a', 'folded', false]]);
  assert.deepEqual((await near('Twin Labz')).map(([, , chosen]) => chosen), [false, false]);
  assert.deepEqual(await near('qqqq'), []);
  await server.patch('/v1/organizations/twin-b', {name: 'Another'}, {status: 200});
  assert.deepEqual(await near('Twin Labz'), [['twin-a', 'similar', true]]);
  for (const slug of ['twin-a', 'twin-b']) await server.delete(`/v1/organizations/${slug}`, {status: 204});
  assert.deepEqual(await near('Twin Labs'), []);
});

// -- a plain model ------------------------------------------------------------------------------------------------------------

const SEED = Number(process.env.ENTENTE_SEED ?? Date.now() % 2 ** 31);
let state = SEED;
const random = (below) => {
  state = (state * 1103515245 + 12345) % 2 ** 31;
  return Math.floor((state / 2 ** 31) * below);
};
const some = (list) => list[random(list.length)];
const LATIN = ['mono', 'dia', 'tri', 'Tetra', 'PENTA'];
const HAN = ['東', '西', '南', '北'];
const piece = () => (random(2) ? some(LATIN) : Array.from({length: 1 + random(4)}, () => some(HAN)).join(''));
const words = (most) => Array.from({length: 1 + random(most)}, piece).join(' ');

// A word is in a text when it is one of its Latin words, or stands in one of its runs.
const has = (text, word) => text.toLowerCase().split(' ').some((each) => (/^[a-z]/i.test(word) ? each === word.toLowerCase() : each.includes(word)));

// The one is gone, and its name and what it was called are the other's names.
function merge(model, agreements, from, into) {
  const [gone, kept] = [model.get(from), model.get(into)];
  kept.names = [...new Set([...kept.names, gone.name, ...gone.names])];
  for (const each of agreements.values()) if (each.party === from) each.party = into;
  model.delete(from);
}

test(`what is found is what a plain model finds, through writes of every kind (seed ${SEED})`, async () => {
  const model = new Map();
  const agreements = new Map();
  for (let step = 0; step < 120; step++) {
    const slug = `m${random(12)}`;
    if (random(5) === 0 && model.has(slug)) {
      const used = [...agreements.values()].some(({party}) => party === slug);
      await server.delete(`/v1/organizations/${slug}`, {status: used ? 409 : 204});
      if (!used) model.delete(slug);
    } else if (random(8) === 0 && model.size > 1) {
      const [from, into] = [some([...model.keys()]), some([...model.keys()])];
      await server.post(`/v1/organizations/${from}/merge`, {into}, {status: from === into ? 422 : 200});
      if (from !== into) merge(model, agreements, from, into);
    } else if (random(3) === 0 && model.size > 0) {
      const party = some([...model.keys()]), name = `p${random(6)}`, title = `zz ${words(3)}`;
      await server.put(`/v1/agreements/${name}`, {title, parties: [party]});
      agreements.set(name, {title, party});
    } else {
      const name = `zz ${words(2)}`, description = words(4);
      const {status} = await server.put(`/v1/organizations/${slug}`, {name, description});
      if (status !== 409) model.set(slug, {name, names: [], description}); // or else it leads to what it was merged into
    }
    const asked = words(2).split(' ');
    const named = ({name, names}) => [name, ...names].join(' ');
    const texts = [...[...model].map(([key, each]) => [key, `${named(each)} ${each.description}`]),
      ...[...agreements].map(([key, {title, party}]) => [key, `${title} ${named(model.get(party))}`])];
    const expected = texts.filter(([, text]) => ['zz', ...asked].every((word) => has(text, word))).map(([key]) => key).sort();
    assert.deepEqual(await found(`${asked.join(' ')} zz`, {}, '&limit=100'), expected, asked.join(' '));
  }
  await checked();
});

// -- letters and legal forms --------------------------------------------------------------------------------------------------

test('letters that do not decompose, and legal forms, are found however they are written', async () => {
  const names = ['Dışişleri Bakanlığı', 'Politechnika Łódzka', 'Universitetet i Tromsø', 'Đại học Đà Nẵng', 'Hors d’Œuvre', 'Siemens AG', 'ООО Ромашка', 'Cemex S.A.B. de C.V.', '有限公司'];
  for (const [i, name] of names.entries()) await server.put(`/v1/organizations/letters-${i}`, {name}, {status: 201});
  const asked = [['DIŞİŞLERİ BAKANLIĞI', 0], ['disisleri', 0], ['politechnika lodzka', 1], ['tromso', 2], ['dai hoc da nang', 3], ['Oeuvre', 4], ['Siemens Aktiengesellschaft', 5],
    ['Ромашка, Общество с ограниченной ответственностью', 6], ['cemex sa b de cv', 7], ['有限公司', 8]];
  for (const [q, i] of asked) assert.ok((await slugs(q)).includes(`letters-${i}`), q);
  for (const [q, i] of [['Siemens Aktiengesellschaft', 5], ['РОМАШКА ООО', 6], ['Cemex, Sociedad Anónima Bursátil de Capital Variable', 7], ['UNIVERSITETET I TROMSO', 2], ['有限公司', 8]]) {
    const {items} = (await server.get(`/v1/organizations/match?name=${encodeURIComponent(q)}`, {status: 200})).json;
    assert.deepEqual([items[0].organization.slug, items[0].matched, items[0].chosen], [`letters-${i}`, q === names[i] ? 'exact' : 'folded', true], q);
  }
});

test('ä, ö, ü, å and ø are found when they are asked with two letters, and two letters when they are asked with one', async () => {
  const put = (slug, name) => server.put(`/v1/organizations/${slug}`, {name}, {status: 201});
  await put('moeller', 'Möller & Söhne');
  await put('mueller', 'Gebrueder Mueller');
  await put('aarhus', 'Århus Havn');
  await put('aon', 'Aon');
  await put('aeon', 'Aeon Lernen');
  assert.deepEqual(await found('ETH Zuerich'), ['eth']);
  assert.deepEqual(await found('Moeller Soehne'), ['moeller']);
  assert.deepEqual(await found('"Moeller & Soehne"'), ['moeller']);
  assert.deepEqual(await found('Gebrüder Müller'), ['mueller']);
  assert.deepEqual(await found('Aarhus Havn'), ['aarhus']);
  assert.deepEqual(await found('Muller'), [], 'who writes neither does not ask for the other');
  const [hit] = await search('Moeller');
  assert.equal(hit.snippet, '<mark>Möller</mark> &#38; Söhne');
  const listed = async (q) => (await server.get(`/v1/organizations?q=${encodeURIComponent(q)}`, {status: 200})).json.items.map(({slug}) => slug);
  assert.deepEqual(await listed('Moeller'), ['moeller']);
  assert.deepEqual(await listed('Müller'), ['mueller']);

  const match = async (name) => (await server.get(`/v1/organizations/match?name=${encodeURIComponent(name)}`, {status: 200})).json.items;
  const [nearest] = await match('Moeller & Soehne');
  assert.deepEqual([nearest.organization.slug, nearest.matched, nearest.chosen], ['moeller', 'similar', true]);
  const [own] = await match('Aon');
  assert.deepEqual([own.organization.slug, own.matched], ['aon', 'exact']);
  const aeon = await match('Aeon');
  assert.equal(aeon.some(({organization, matched}) => organization.slug === 'aon' && matched !== 'similar'), false, 'two names are not one because of it');
});
