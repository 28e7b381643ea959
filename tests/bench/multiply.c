/* Makes a large registry of a small one, in a minute rather than in hours: every organization and every agreement is
 * there COPIES times, each copy with the rows of its items, referring to the organizations and agreements of its own
 * copy, and to the same areas. Ids go on in the order of the pks; slugs end with the number of the copy, and so do the
 * words with which names and titles end (`x` before it), so that single records can still be searched for.
 *
 * Tables, references and columns are read from the file. Copies have no history; and what is searched is left to the
 * program, which makes it when it opens the file.
 *
 *   multiply DATABASE COPIES
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MOST = 32, STATEMENTS_MOST = 256 };

static sqlite3 *db;

static void die(const char *what) {
  fprintf(stderr, "multiply: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
    die(sql);
  }
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
    die(sql);
  }
  return statement;
}

/* The texts in the first column; their number. */
static int list(const char *sql, char *texts[], int most) {
  sqlite3_stmt *statement = prepare(sql);
  int count = 0;
  while (sqlite3_step(statement) == SQLITE_ROW && count < most) {
    texts[count] = strdup((const char *)sqlite3_column_text(statement, 0));
    if (texts[count++] == NULL) {
      die("memory");
    }
  }
  if (sqlite3_finalize(statement) != SQLITE_OK || count == most) {
    die(sql);
  }
  return count;
}

/* later(id, n): an id n times twelve days after that one: the first four digits after the prefix are a number to the
 * base of 32, and count 2^30 ms. */
static void later(sqlite3_context *context, int count, sqlite3_value **values) {
  static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  char id[64];
  (void)count;
  snprintf(id, sizeof id, "%s", (const char *)sqlite3_value_text(values[0]));
  char *prefix = strchr(id, '_');
  int carry = sqlite3_value_int(values[1]);
  for (int i = 4; prefix != NULL && i > 0; i--) {
    const char *digit = strchr(digits, prefix[i]);
    int sum = carry + (digit == NULL ? 0 : (int)(digit - digits));
    prefix[i] = digits[sum % 32];
    carry = sum / 32;
  }
  sqlite3_result_text(context, id, -1, SQLITE_TRANSIENT);
}

/* Which tables are copied, by what, and how far the pks of two copies of that are apart. */
static const char plan[] =
    "CREATE TEMP TABLE copied AS "
    "SELECT 'organizations' AS name, 'pk' AS key, 'organizations' AS owner UNION ALL SELECT 'agreements', 'pk', "
    "'agreements' UNION ALL SELECT s.name, 'owner', f.\"table\" FROM sqlite_schema s, pragma_foreign_key_list(s.name) "
    "f WHERE s.type = 'table' AND f.\"from\" = 'owner' AND f.\"table\" IN ('organizations', 'agreements');"
    "CREATE TEMP TABLE steps AS SELECT 'organizations' AS name, (SELECT max(pk) FROM organizations) AS step "
    "UNION ALL SELECT 'agreements', (SELECT max(pk) FROM agreements)";

/* For each of them a statement that makes copy $1. */
static const char inserts[] =
    "SELECT printf('INSERT INTO \"%w\" (%s) SELECT %s FROM \"%w\" WHERE \"%w\" <= %d ORDER BY \"%w\"', c.name, "
    "group_concat('\"' || i.name || '\"'), "
    "group_concat(CASE WHEN i.name = c.key THEN printf('\"%w\" + %d * $1', i.name, s.step) "
    "WHEN r.step IS NOT NULL THEN printf('\"%w\" + %d * $1', i.name, r.step) "
    "WHEN c.key = 'pk' AND i.name = 'id' THEN 'later(id, $1)' "
    "WHEN c.key = 'pk' AND i.name = 'slug' THEN 'slug || ''-'' || $1' "
    "WHEN c.key = 'pk' AND i.name IN ('name', 'title') THEN printf('\"%w\" || ''x'' || $1', i.name) "
    "ELSE '\"' || i.name || '\"' END), c.name, c.key, s.step, c.key) "
    "FROM copied c JOIN steps s ON s.name = c.owner JOIN pragma_table_info(c.name) i "
    "LEFT JOIN pragma_foreign_key_list(c.name) f ON f.\"from\" = i.name LEFT JOIN steps r ON r.name = f.\"table\" "
    "GROUP BY c.name ORDER BY c.key DESC";

/* Indexes are made again at the end, in one go; triggers have done their work for what is copied. */
static const char aside[] = "FROM sqlite_schema WHERE sql IS NOT NULL AND (type = 'trigger' OR (type = 'index' AND "
                            "tbl_name IN (SELECT name FROM copied)))";

static void copy(int copies) {
  char *statements[TABLES_MOST];
  int count = list(inserts, statements, TABLES_MOST);
  for (int i = 0; i < count; i++) {
    sqlite3_stmt *statement = prepare(statements[i]);
    for (int k = 1; k < copies; k++) {
      sqlite3_bind_int(statement, 1, k);
      if (sqlite3_step(statement) != SQLITE_DONE) {
        die(statements[i]);
      }
      sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    free(statements[i]);
  }
}

int main(int argc, char **argv) {
  char sql[512], *drops[STATEMENTS_MOST], *creates[STATEMENTS_MOST];
  int copies = argc == 3 ? atoi(argv[2]) : 0;
  if (copies < 1) {
    fprintf(stderr, "multiply DATABASE COPIES\n");
    return 2;
  }
  if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
      sqlite3_create_function(db, "later", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, later, NULL, NULL) !=
          SQLITE_OK) {
    die(argv[1]);
  }
  run("PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -524288");
  run(plan);
  snprintf(sql, sizeof sql, "SELECT printf('DROP %%s \"%%w\"', type, name) %s", aside);
  int count = list(sql, drops, STATEMENTS_MOST);
  snprintf(sql, sizeof sql, "SELECT sql %s", aside);
  list(sql, creates, STATEMENTS_MOST);
  run("BEGIN");
  for (int i = 0; i < count; i++) {
    run(drops[i]);
    free(drops[i]);
  }
  copy(copies);
  for (int i = 0; i < count; i++) {
    run(creates[i]);
    free(creates[i]);
  }
  run("UPDATE registry SET searchable = NULL; COMMIT; PRAGMA journal_mode = wal");
  if (sqlite3_close(db) != SQLITE_OK) {
    die("close");
  }
  return 0;
}
