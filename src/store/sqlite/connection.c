/* Opening and closing connections. WAL, every commit flushed; connections that read are made read-only once their views
 * stand. */
#include "store/sqlite/connection.h"

#include "base/memory.h"
#include "store/sqlite/fts.h"
#include "store/sqlite/quota.h"

#include <pthread.h>
#include <string.h>

enum { LOOKASIDE_BYTES = 1200, LOOKASIDE_PIECES = 256 }; /* small pieces of memory that a document is made of */

void engine_set_shapes(struct db *db, const struct shapes *shapes) {
  db->shapes = shapes;
}

const struct shapes *engine_shapes(const struct db *db) {
  return db->shapes;
}

void engine_set_marks(struct db *db, struct search_marks *marks) {
  db->marks = marks;
}

struct search_marks *engine_marks(const struct db *db) {
  return db->marks;
}

static void tell_change(void *argument, int what, const char *name, const char *table, sqlite3_int64 pk) {
  (void)what;
  (void)name;
  const struct db *db = argument;
  db->changed(db->changed_argument, table, pk);
}

void engine_on_change(struct db *db, void (*changed)(void *argument, const char *table, int64_t pk), void *argument) {
  db->changed = changed;
  db->changed_argument = argument;
  sqlite3_update_hook(db->handle, tell_change, db);
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

static bool refuse(struct db *db, struct error *error, const char *path) {
  error_set(error, "%s: %s", path, db->handle == NULL ? "out of memory" : sqlite3_errmsg(db->handle));
  engine_close(db);
  return false;
}

/* Before SQLite is first used: no count of its memory, which would be a lock that all threads share. */
static void configure(void) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  quota_is_full();
}

struct db *engine_open_bare(const char *path, bool create, struct error *error) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, configure);
  struct db *db = memory_new(NULL, struct db);
  db->work_left = -1;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
    refuse(db, error, path);
    return NULL;
  }
  sqlite3_extended_result_codes(db->handle, 1);
  return db;
}

const char *engine_path(struct db *db) {
  return sqlite3_db_filename(db->handle, "main");
}

/* What is not even a database counts as ours here: the first statement that uses it says what is wrong. */
static bool is_ours(struct db *db) {
  return engine_number(db, "SELECT count(*) FROM sqlite_schema") <= 0 ||
         engine_number(db, "PRAGMA application_id") == APPLICATION_ID;
}

struct db *engine_open(const char *path, bool create, struct error *error) {
  struct db *db = engine_open_bare(path, create, error);
  if (db == NULL) {
    return NULL;
  }
  if (!fts_register(db->handle)) {
    error_set(error, "this SQLite has no FTS5, which searching needs");
    engine_close(db);
    return NULL;
  }
  if (!is_ours(db)) {
    error_set(error, "%s is an SQLite database, but not one of entente's", path);
    engine_close(db);
    return NULL;
  }
  sqlite3_busy_timeout(db->handle, 5000);
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* a "name" that is no column is an error … */
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL); /* … and never a string */
  sqlite3_db_config(db->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_PIECES);
  sqlite3_progress_handler(db->handle, 1000, connection_limit, db);
  sqlite3_wal_hook(db->handle, connection_count_wal, db); /* takes the place of the automatic checkpoint */
  if (!engine_execute(
          db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0;"
              "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA cell_size_check = ON;")) {
    refuse(db, error, path);
    return NULL;
  }
  return db;
}

static bool is_in(const char *const *list, const char *name) {
  while (name != NULL && *list != NULL && strcmp(*list, name) != 0) {
    list++;
  }
  return name != NULL && *list != NULL;
}

/* SQLite asks while it compiles a statement; `view` is the innermost one that names the column. Where rows are counted
 * and no column is read, it does not tell what view that comes from. json_each shows nothing but what it is given. */
static int read_through(void *argument, int what, const char *table, const char *column, const char *database,
                        const char *view) {
  const struct db *db = argument;
  if (what != SQLITE_READ || database == NULL || strcmp(database, "main") != 0 || column[0] == '\0') {
    return SQLITE_OK;
  }
  bool given = table != NULL && strcmp(table, "json_each") == 0;
  return given || is_in(db->views, view) || is_in(db->open, table) ? SQLITE_OK : SQLITE_DENY;
}

void engine_guard(struct db *db, const char *const *views, const char *const *open) {
  db->views = views;
  db->open = open;
  sqlite3_set_authorizer(db->handle, read_through, db);
}

const char *const *engine_views(const struct db *db) {
  return db->views;
}

void engine_close(struct db *db) {
  if (db == NULL) {
    return;
  }
  for (int i = 0; i < BUCKETS; i++) {
    for (struct query *query = db->buckets[i]; query != NULL; query = query->next) {
      sqlite3_finalize(query->statement);
    }
  }
  sqlite3_close(db->handle);
  talloc_free(db);
}

void engine_abandon(struct db *db) {
  if (db != NULL) {
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  }
  engine_close(db);
}

const char *engine_name(void) {
  return "SQLite " SQLITE_VERSION;
}
