/* The second baseline: a loop over the prepared view of agreements, one thread for each core, each with its own
 * connection. A round finds the keys of a page of 50 from a random place in the order of ids, then fetches each
 * document. The result is one line of JSON.
 *
 *   bare_view DATABASE VIEW-FILE SECONDS
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The settings of the connection are those of src/store/sqlite/connection.c. */
enum { PAGE = 50, THREADS_MOST = 64, LOOKASIDE_BYTES = 1200, LOOKASIDE_PIECES = 256 };

static const char *database, *view_file;
static _Atomic int over;

struct loop {
  pthread_t thread;
  uint64_t random;
  size_t documents, bytes;
};

static void die(const char *what) {
  fprintf(stderr, "bare_view: %s\n", what);
  exit(1);
}

static char *read_view(void) {
  char *text = calloc(1, 1 << 16);
  FILE *file = fopen(view_file, "r");
  if (text == NULL || file == NULL || fread(text, 1, (1 << 16) - 1, file) == 0) {
    die(view_file);
  }
  fclose(file);
  return text;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  return statement;
}

static sqlite3 *open_database(void) {
  sqlite3 *db;
  char *view = read_view();
  if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
      sqlite3_exec(db, "PRAGMA cache_size = -6144; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON", NULL, NULL,
                   NULL) != SQLITE_OK ||
      sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_PIECES) != SQLITE_OK ||
      sqlite3_exec(db, view, NULL, NULL, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  free(view);
  return db;
}

static void one_page(struct loop *loop, sqlite3_stmt *keys, sqlite3_stmt *document, int64_t largest) {
  int64_t found[PAGE];
  int count = 0;
  loop->random ^= loop->random << 13;
  loop->random ^= loop->random >> 7;
  loop->random ^= loop->random << 17;
  sqlite3_bind_int64(keys, 1, (int64_t)(loop->random % (uint64_t)largest));
  while (count < PAGE && sqlite3_step(keys) == SQLITE_ROW) {
    found[count++] = sqlite3_column_int64(keys, 0);
  }
  sqlite3_reset(keys);
  for (int i = 0; i < count; i++) {
    sqlite3_bind_int64(document, 1, found[i]);
    if (sqlite3_step(document) == SQLITE_ROW && sqlite3_column_text(document, 0) != NULL) {
      loop->bytes += (size_t)sqlite3_column_bytes(document, 0);
      loop->documents++;
    }
    sqlite3_reset(document);
  }
}

static void *run(void *argument) {
  struct loop *loop = argument;
  sqlite3 *db = open_database();
  sqlite3_stmt *last = prepare(db, "SELECT max(pk) FROM agreements"), *begin = prepare(db, "BEGIN"),
               *end = prepare(db, "COMMIT");
  sqlite3_stmt *keys =
      prepare(db, "SELECT pk FROM agreements WHERE id > (SELECT id FROM agreements WHERE pk >= $1 LIMIT 1) "
                  "ORDER BY id LIMIT 50");
  sqlite3_stmt *document = prepare(db, "SELECT document FROM agreement_documents WHERE pk = $1");
  sqlite3_step(last);
  int64_t largest = sqlite3_column_int64(last, 0);
  sqlite3_reset(last);
  while (!atomic_load(&over)) {
    sqlite3_step(begin);
    sqlite3_reset(begin);
    one_page(loop, keys, document, largest);
    sqlite3_step(end);
    sqlite3_reset(end);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    die("DATABASE VIEW-FILE SECONDS");
  }
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as the program does: no lock around every allocation */
  database = argv[1];
  view_file = argv[2];
  static struct loop loops[THREADS_MOST];
  long threads = sysconf(_SC_NPROCESSORS_ONLN);
  threads = threads > THREADS_MOST ? THREADS_MOST : threads;
  struct timespec start, stop, pause = {.tv_sec = atoi(argv[3])};
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long i = 0; i < threads; i++) {
    loops[i].random = UINT64_C(88172645463325252) + (uint64_t)i;
    pthread_create(&loops[i].thread, NULL, run, &loops[i]);
  }
  nanosleep(&pause, NULL);
  atomic_store(&over, 1);
  size_t documents = 0;
  for (long i = 0; i < threads; i++) {
    pthread_join(loops[i].thread, NULL);
    documents += loops[i].documents;
  }
  clock_gettime(CLOCK_MONOTONIC, &stop);
  double seconds = (double)(stop.tv_sec - start.tv_sec) + (double)(stop.tv_nsec - start.tv_nsec) / 1e9;
  printf("{\"documents\":%zu,\"seconds\":%.3f,\"rate\":%.1f}\n", documents, seconds, (double)documents / seconds);
  return 0;
}
