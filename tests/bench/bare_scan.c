/* The baseline of what goes over everything: a loop over the view of agreements in the order of their pks, or their
 * number by status, in one thread. The result is one line of JSON.
 *
 *   bare_scan DATABASE VIEW-FILE documents|statuses
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOKASIDE_BYTES = 1200, LOOKASIDE_PIECES = 256 }; /* as in src/store/sqlite/connection.c */

static sqlite3 *db;

static void die(const char *what) {
  fprintf(stderr, "bare_scan: %s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void open_database(const char *path, const char *view_file) {
  static char view[1 << 16];
  FILE *file = fopen(view_file, "r");
  if (file == NULL || fread(view, 1, sizeof view - 1, file) == 0) {
    die(view_file);
  }
  fclose(file);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as the program does: no lock around every allocation */
  if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
      sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_PIECES) != SQLITE_OK ||
      sqlite3_exec(db, "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON", NULL, NULL,
                   NULL) != SQLITE_OK ||
      sqlite3_exec(db, view, NULL, NULL, NULL) != SQLITE_OK) {
    die(path);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "bare_scan DATABASE VIEW-FILE documents|statuses\n");
    return 2;
  }
  open_database(argv[1], argv[2]);
  sqlite3_stmt *statement;
  const char *sql = strcmp(argv[3], "statuses") == 0 ? "SELECT count(*), status FROM agreements GROUP BY status"
                                                     : "SELECT document FROM agreement_documents ORDER BY pk";
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
    die(sql);
  }
  struct timespec start, end;
  size_t rows = 0, bytes = 0;
  int code;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    rows += sqlite3_column_text(statement, 0) != NULL;
    bytes += (size_t)sqlite3_column_bytes(statement, 0);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  if (code != SQLITE_DONE) {
    die(sql);
  }
  double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  printf("{\"rows\":%zu,\"bytes\":%zu,\"seconds\":%.6f}\n", rows, bytes, seconds);
  return 0;
}
