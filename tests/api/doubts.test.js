// Years that are hardly meant: taken, with a warning that says which day is meant if the year is of another calendar.
import {after, before, describe, test} from 'node:test';
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from './lib/command.js';
import {newFolder, startServer} from './lib/server.js';

let server;
before(async () => { server = await startServer({args: ['--today', '2026-05-01', '--cors-origin', 'https://front.example']}); });
after(() => server.stop());

const thai = 'has a year after 2200; it would be 2026-04-01 if it is a Thai year of the Buddhist era, or 1909-04-01 if it is a Japanese imperial year';
const warning = ({headers}) => headers.warning;
const send = (body, type, query = '', status = 200) => server.post(`/v1/import?resource=agreements${query}`, body, {status, headers: {'content-type': type}});

describe('one record', () => {
  test('is taken, with a warning for each such date at its place', async () => {
    const body = {title: 'T', stage: 'proposed', announced_on: '2569-04-01', effective_on: '0115-12-31', extensions: [{ends_on: '2030'}, {ends_on: '9999'}]};
    const made = await server.post('/v1/agreements', body, {status: 201});
    assert.equal(made.json.announced_on, '2569-04-01');
    assert.equal(warning(made), [`299 - "/announced_on: 2569-04-01 ${thai}"`,
      '299 - "/effective_on: 0115-12-31 has a year before 1800; it would be 2026-12-31 if it is a Minguo year"',
      '299 - "/extensions/1/ends_on: 9999 has a year after 2200"'].join(', '));
  });

  test('of any resource, and however it is written, is warned of; what is ordinary or refused is not', async () => {
    const one = await server.put('/v1/organizations/doubtful', {name: 'x', established: '2569-04-01', contacts: [{name: 'y', until: '2686'}]}, {status: 201});
    assert.match(warning(one), /^299 - "\/established: 2569-04-01 .*", 299 - "\/contacts\/0\/until: 2686 has a year after 2200; .* or 2026 if it is a Japanese imperial year"$/);
    assert.match(warning(await server.put('/v1/organizations/doubtful', {name: 'x', established: '2569-04-01'}, {status: 200})), /2569/);
    assert.match(warning(await server.patch('/v1/organizations/doubtful', {established: '1447'}, {status: 200})), /^299 - "\/established: 1447 has a year before 1800"$/);
    assert.match(warning(await server.patch('/v1/organizations/doubtful', {established: '2569'}, {status: 204, headers: {prefer: 'return=minimal'}})), /2569/);
    assert.equal(warning(await server.patch('/v1/organizations/doubtful', {city: 'z'}, {status: 200})), undefined, 'a patch is warned of for what it says');
    assert.equal(warning(await server.put('/v1/organizations/doubtful', {name: 'x', established: '1800'}, {status: 200})), undefined);
    assert.equal(warning(await server.post('/v1/organizations', {name: '', established: '2569'}, {status: 422})), undefined);
    assert.match(warning(await server.post('/v1/tokens', {name: 'long', role: 'reader', expires_at: '2569-04-01T00:00:00Z'}, {status: 201, role: 'admin'})), /2026-04-01/);
  });

  test('is warned of again when its answer is repeated, and to pages elsewhere', async () => {
    const headers = {'idempotency-key': 'doubt', origin: 'https://front.example'}, body = {name: 'x', established: '2569'};
    const [first, second] = [await server.post('/v1/organizations', body, {status: 201, headers}), await server.post('/v1/organizations', body, {status: 201, headers})];
    assert.equal(second.json.id, first.json.id);
    assert.equal(warning(second), warning(first));
    assert.match(first.headers['access-control-expose-headers'], /\bWarning\b/);
  });

  test('with very many has a header that ends', async () => {
    const events = Array.from({length: 1000}, () => ({on: '2569'}));
    const value = warning(await server.post('/v1/agreements', {title: 'T', events}, {status: 201}));
    assert.ok(value.endsWith('299 - "and 990 more dates with such years"'));
    assert.ok(value.length < 4000);
  });
});

describe('an import', () => {
  test('reports each such date with its place, also of a dry run', async () => {
    const csv = 'slug,title,announced_on,termination.notice_on,events\nd-1,A,2569-04-01,,\nd-2,B,平成33年3月31日,2569年4月1日,"[{""on"":""0115-12""}]"\n';
    for (const query of ['&dry_run=true', '']) {
      const {json} = await send(csv, 'text/csv', query);
      assert.deepEqual(json.warnings, [
        {line: 2, row: 2, column: 'announced_on', pointer: '/announced_on', code: 'doubtful_year', value: '2569-04-01', message: thai},
        {line: 3, row: 3, column: 'termination.notice_on', pointer: '/termination/notice_on', code: 'doubtful_year', value: '2569-04-01', message: thai},
        {line: 3, row: 3, column: 'events', pointer: '/events/0/on', code: 'doubtful_year', value: '0115-12', message: 'has a year before 1800; it would be 2026-12 if it is a Minguo year'},
      ]);
      assert.deepEqual(json.readings.map(({value, read_as}) => [value, read_as]), [['平成33年3月31日', '2021-03-31'], ['2569年4月1日', '2569-04-01']]);
    }
    const {json} = await send(`\n${JSON.stringify({slug: 'd-3', title: 'C', ends_on: '2569-04-01'})}\n`, 'application/x-ndjson');
    assert.deepEqual(json.warnings, [{line: 2, row: null, column: null, pointer: '/ends_on', code: 'doubtful_year', value: '2569-04-01', message: thai}]);
    assert.deepEqual((await send(JSON.stringify([{slug: 'd-4', title: 'D', ends_on: '2026-04-01'}]), 'application/json')).json.warnings, []);
  });

  test('tells 1,000 of them at most', async () => {
    const lines = Array.from({length: 1100}, (_, i) => JSON.stringify({slug: `many-${i}`, title: 'x', ends_on: '2569'}));
    assert.equal((await send(lines.join('\n'), 'application/x-ndjson', '&dry_run=true')).json.warnings.length, 1000);
  });

  test('of the command line says so, too', async () => {
    const folder = newFolder(), file = join(folder, 'x.ndjson');
    writeFileSync(file, Array.from({length: 25}, (_, i) => JSON.stringify({resource: 'areas', slug: `x-${i}`, name: 'x'})).concat(
      Array.from({length: 25}, (_, i) => JSON.stringify({resource: 'organizations', slug: `y-${i}`, name: 'x', established: '2569-04-01'}))).join('\n'));
    const {code, stdout, stderr} = await run(['import', '--db', join(folder, 'x.db'), file]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '50 rows, 50 created, 0 updated, 0 unchanged\n');
    const told = stderr.split('\n').filter((line) => line.startsWith('warning: '));
    assert.equal(told[0], `warning: line 26: /established 2569-04-01 ${thai}`);
    assert.deepEqual([told.length, told.at(-1)], [21, 'warning: and 5 more']);
  });
});
