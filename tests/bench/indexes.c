/* What each index costs a create: the rows of a registry are put into tables in memory, in the order of their making,
 * without indexes and then with one of them at a time. The difference is the work of that index, without what the disk
 * adds: a page for each create where the values come in any order, hardly any where they come in theirs.
 *
 *   indexes DATABASE
 *
 * The result is one line for each index: its name, microseconds of CPU for a row, bytes for a row.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INDEXES_MOST = 128, ROUNDS = 3 };

static sqlite3 *db;

static void die(const char *what) {
  fprintf(stderr, "indexes: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
    die(sql);
  }
}

/* The first column of the first row. */
static double number(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW) {
    die(sql);
  }
  double result = sqlite3_column_double(statement, 0);
  sqlite3_finalize(statement);
  return result;
}

static double cpu_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Fills the table anew, with that index or none; microseconds for a row, the least of some rounds. */
static double fill(const char *table, const char *table_sql, const char *index_sql) {
  double least = 1e9;
  char sql[256];
  for (int round = 0; round < ROUNDS; round++) {
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS main.\"%s\"", table);
    run(sql);
    run(table_sql);
    if (index_sql != NULL) {
      run(index_sql);
    }
    /* in an order, so that the engine puts row by row in */
    snprintf(sql, sizeof sql, "INSERT INTO main.\"%s\" SELECT * FROM source.\"%s\" ORDER BY 1, 2", table, table);
    double started = cpu_now();
    run(sql);
    double took = cpu_now() - started;
    least = took < least ? took : least;
  }
  snprintf(sql, sizeof sql, "SELECT count(*) FROM main.\"%s\"", table);
  double rows = number(sql);
  return rows == 0 ? 0 : least / rows * 1e6;
}

static double bytes_of_a_row(const char *index, const char *table) {
  char sql[512];
  snprintf(sql, sizeof sql,
           "SELECT (SELECT sum(pgsize) FROM dbstat('main') WHERE name = '%s') * 1.0 / max(1, (SELECT count(*) FROM "
           "main.\"%s\"))",
           index, table);
  return number(sql);
}

struct entry {
  char *name, *table, *sql, *table_sql;
};

int main(int argc, char **argv) {
  struct entry entries[INDEXES_MOST];
  int count = 0;
  char attach[512], rows[128];
  sqlite3_stmt *list;
  if (argc != 2 || sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
    die("DATABASE");
  }
  snprintf(attach, sizeof attach, "ATTACH 'file:%s?mode=ro' AS source", argv[1]);
  run(attach);
  if (sqlite3_prepare_v2(
          db,
          "SELECT i.name, i.tbl_name, i.sql, t.sql FROM source.sqlite_schema i JOIN source.sqlite_schema t "
          "ON t.type = 'table' AND t.name = i.tbl_name WHERE i.type = 'index' AND i.sql IS NOT NULL AND "
          "(i.tbl_name GLOB 'organization*' OR i.tbl_name GLOB 'agreement*') ORDER BY i.tbl_name, i.name",
          -1, &list, NULL) != SQLITE_OK) {
    die("list");
  }
  while (sqlite3_step(list) == SQLITE_ROW && count < INDEXES_MOST) {
    entries[count++] = (struct entry){
        strdup((const char *)sqlite3_column_text(list, 0)), strdup((const char *)sqlite3_column_text(list, 1)),
        strdup((const char *)sqlite3_column_text(list, 2)), strdup((const char *)sqlite3_column_text(list, 3))};
  }
  sqlite3_finalize(list);
  double bare = 0;
  for (int i = 0; i < count; i++) {
    const struct entry *entry = &entries[i];
    snprintf(rows, sizeof rows, "SELECT count(*) FROM source.\"%s\"", entry->table);
    if (number(rows) == 0) { /* which tells nothing */
      continue;
    }
    if (i == 0 || strcmp(entry->table, entries[i - 1].table) != 0) {
      bare = fill(entry->table, entry->table_sql, NULL);
    }
    double with = fill(entry->table, entry->table_sql, entry->sql);
    printf("%-42s %6.2f us %6.1f bytes\n", entry->name, with - bare, bytes_of_a_row(entry->name, entry->table));
    fflush(stdout);
  }
  return 0;
}
