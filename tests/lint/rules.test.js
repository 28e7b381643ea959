// Each rule finds the violation that is planted, where it is planted, and leaves alone what is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rules } from './rules.js';

function complaints(path, text) {
  return rules
    .filter((rule) => rule.applies(path))
    .flatMap((rule) => rule.check(path, text).map(({ line, message }) => `${line}: ${message}`));
}

function finds(path, text, expected) {
  const found = complaints(path, text);
  assert.equal(found.length, 1, `${path}: ${JSON.stringify(found)}`);
  assert.match(found[0], expected);
}

const passes = (path, text) => assert.deepEqual(complaints(path, text), []);

test('a folder may not include one that stands above it', () => {
  finds('src/domain/day.c', '/* A model. */\n#include "store/db.h"\n', /^2: domain may not include store\/db\.h/);
  finds('src/base/text.h', '#  include "contract/json.h"\n', /^1: base may not include/);
  finds('src/api/lists.h', '#include "http/server.h"\n', /^1: api may not include/);
  passes('src/api/lists.h', '#include "request/call.h"\n#include "store/db.h"\n#include <jansson.h>\n');
  finds('src/request/call.h', '#include "access/caller.h"\n', /^1: request may not include/);
  passes('src/main.c', '#include "cli/command.h"\n');
});

test('a header is named from src/, and a folder that is no room is not one', () => {
  finds('src/api/lists.c', '#include "call.h"\n', /must be named from src/);
  finds('src/util/misc.c', 'int x;\n', /none of the rooms/);
});

test('statements name tables barely, so that what is hidden from a connection stays hidden', () => {
  finds('sql/sqlite/queries.sql', '-- name: a\nSELECT 1 FROM main.agreements\n', /^2: only src\/store\/public_views\.c/);
  finds('src/store/page.c', '/* A model. */\nconst char *a = "FROM main.\\"agreements\\"";\n', /^2: only src\/store\/public_views\.c/);
  passes('src/store/public_views.c', '/* A model. */\nconst char *a = "FROM main.tokens";\n');
});

test('one file knows SQLite, one GnuTLS, one libical, one folder libmicrohttpd', () => {
  finds('src/store/page.c', '#include <sqlite3.h>\n', /only src\/store\/sqlite\//);
  finds('src/cli/serve.c', '#include <microhttpd.h>\n', /only src\/http/);
  finds('src/store/page.c', '#include "store/sqlite/connection.h"\n', /is private to src/);
  passes('src/store/sqlite/copy.c', '#include <sqlite3.h>\n');
  passes('src/store/sqlite/connection.h', '#include <sqlite3.h>\n');
  finds('src/http/reply.c', '#include <gnutls/gnutls.h>\n', /only src\/http\/tls\.c/);
  passes('src/http/reply.c', '#include <microhttpd.h>\n');
  passes('src/http/tls.c', '#include <gnutls/gnutls.h>\n');
  finds('src/api/rows.c', '#include <libical/ical.h>\n', /only src\/domain\/calendar\.c/);
  passes('src/domain/calendar.c', '#include <libical/ical.h>\n');
});

test('there is no SQL outside the store', () => {
  finds('src/api/lists.c', 'void f(void) {\n  text_add(sql, "SELECT pk FROM areas");\n}\n', /^2: SQL outside/);
  finds('src/api/tokens.c', 'x = "DELETE FROM tokens WHERE id = ";\n', /SQL outside/);
  finds('src/api/tokens.c', 'struct query *q = db_query(db, text);\n', /^1: statements are prepared in src\/store/);
  finds('src/http/reply.c', 'sqlite3_exec(handle, text, NULL, NULL, NULL);\n', /prepared in src\/store/);
  passes('src/api/lists.c', '/* "SELECT * FROM x" is not written here. */ char *s = "Update of the order by hand";\n');
});

test('a statement holds words of the source and names of the contract only', () => {
  const wrap = (line) => `static void f(void) {\n  ${line}\n}\n`;
  const store = 'src/store/page.c';
  finds(store, wrap(`snprintf(sql, sizeof sql, "SELECT pk FROM \\"%s\\" WHERE slug = '%s'", resource->table, slug);`), /^2: slug is no name/);
  finds(store, wrap('text_addf(statement->sql, " AND x = \\"%s\\"", chosen->values[j]);'), /chosen->values\[j\] is no name/);
  finds(store, wrap('text_add(sql, request->after_id);'), /request->after_id is no name/);
  finds(store, wrap('text_addf(sql, "%s", flag ? "id" : key);'), /is no name/);
  finds(store, wrap('text_addf(sql, given, 1);'), /must begin with a literal/);
  finds(store, wrap('db_query(db, json_string_value(value));'), /must be a literal or composed/);
  passes(store, wrap('snprintf(sql, sizeof sql, "SELECT \\"%s\\", %s FROM t", referrer->resource->table, by_id ? "id" : "slug");'));
  passes(store, wrap('db_query(db, "COMMIT");'));
  passes(store, wrap('snprintf(found->id, sizeof found->id, "%s", query_text(query, 3));'));
});

test('files and functions have an end', () => {
  finds('src/base/text.c', 'int x;\n'.repeat(601), /601 lines: a file has at most 600/);
  passes('src/base/text.c', 'int x;\n'.repeat(600));
  finds('src/base/text.c', `static int add(int a,\n               int b) {\n${'  a++;\n'.repeat(58)}}\n`, /^1: a function of 61 lines/);
  finds('tests/unit/base/test_text.c', `void f(void) {\n${'  g();\n'.repeat(59)}}\n`, /^1: a function of 61 lines/);
  passes('src/base/text.c', `void f(void) {\n${'  g();\n'.repeat(58)}}\n`);
  passes('tests/unit/base/test_text.c', `void f(void) {\n  static const int t[] = {\n${'      {1, 2},\n'.repeat(80)}  };\n}\n`);
});

test('no file names a machine or a registry', () => {
  finds('README.md', `cd /${'home'}/me/entente\n`, /a machine's path/);
  finds('mk/x.mk', `include /${'work'}/main/x\n`, /a machine's path/);
  finds('Dockerfile', `RUN curl https://registry.${'npmjs'}.org/x\n`, /registry's host/);
  finds('tests/package-lock.json', '{"url": "https://example.org"}\n', /a URL in a lock file/);
  passes('README.md', `See /v1/home/x and https://example.org/${'work'}/x, and ./home/x.\n`);
});

test('nothing is left for later, and no test is left out', () => {
  finds('src/base/text.c', `/* ${'TO'}${'DO'}: free it */\n`, /do it, or write an issue/);
  finds('tests/api/x.test.js', `test.${'skip'}('x', () => {});\n`, /skipped/);
  finds('tests/api/x.test.js', "test('x', { skip: true }, () => {});\n", /skipped/);
});

test('a secret on the stack is wiped on every path', () => {
  const made = (rest) => `static void f(void) {\n  char token[TOKEN_SIZE];\n  token_make(token);\n${rest}}\n`;
  finds('src/api/x.c', made('  use(token);\n'), /^3: token is not wiped/);
  finds('src/api/x.c', made('  if (!use(token)) {\n    return;\n  }\n  sodium_memzero(token, sizeof token);\n'), /^3: token is not wiped on a path/);
  finds('src/api/x.c', `${made('  sodium_memzero(token, sizeof token);\n')}${made('')}`, /^8: token/);
  passes('src/api/x.c', made('  use(token);\n  sodium_memzero(token, sizeof token);\n  return;\n'));
  passes('src/api/x.c', 'void f(char out[9]) {\n  ticket_make(out);\n}\n');
});

test('the page writes text, never markup', () => {
  finds('web/page.js', 'cell.innerHTML = title;\n', /^1: innerHTML/);
  finds('web/page.js', '\ndocument.write(title);\n', /^2: document\.write/);
  finds('web/more/list.js', 'row.insertAdjacentHTML("beforeend", title);\n', /insertAdjacentHTML/);
  passes('web/page.js', 'cell.textContent = title; // not innerHtml\n');
});

test('a conflict that was not solved is found in any file', () => {
  finds('.ci/run', `a\n${'<'.repeat(7)} HEAD\n`, /^2: a conflict/);
  passes('README.md', 'a << b\n');
});
