/* SQLite behind db.h and engine.h. WAL, every commit flushed; statements are prepared once and kept in a table by their
 * text; a parameter $n is found by its name, because SQLite numbers named parameters by their first appearance. Only
 * the writer checkpoints; connections that read are made read-only once their views stand. */
#include "store/engine.h"
#include "store/named.h"
#include "store/sqlite_fts.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKASIDE_BYTES = 1200, LOOKASIDE_PIECES = 256 }; /* small pieces of memory that a document is made of */
enum { PARAMETERS = 128, BUCKETS = 256, COMPOSED_MOST = 128 };

struct query {
  struct db *db;
  sqlite3_stmt *statement;
  const char *key; /* the text, or what else it is found by */
  unsigned hash;
  int index[PARAMETERS]; /* of $n; 0 where the statement has none */
  bool busy;
  struct query *next;
};

struct db {
  sqlite3 *handle;
  struct query *buckets[BUCKETS];
  struct query *composed[COMPOSED_MOST]; /* the statements of db_query, in a ring from which the oldest goes */
  size_t composed_next;
  enum db_failure failure;
  char failure_text[256];
  const struct shapes *shapes;
  struct search_marks *marks;
  const char *const *views, *const *open; /* what engine_guard was told */
  int64_t stamp;
  int64_t wal_pages;
  int64_t work_left;  /* thousands of steps; below 0: without limit */
  int64_t work_until; /* of the thread's own clock, where there is a limit */
  void (*changed)(void *argument, const char *table, int64_t pk);
  void *changed_argument;
};

/* -- failures ------------------------------------------------------------------------------------------------------ */

static bool fail(struct db *db, int code, const char *during) {
  if (db->failure != DB_OK) {
    return false;
  }
  bool flush = code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
  switch (code & 0xff) {
  case SQLITE_CONSTRAINT:
    db->failure = DB_CONSTRAINT;
    break;
  case SQLITE_FULL:
    db->failure = DB_FULL;
    break;
  case SQLITE_IOERR:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
    db->failure = flush ? DB_FLUSH : DB_IO;
    break;
  case SQLITE_INTERRUPT:
    db->failure = DB_LONG;
    break;
  default:
    db->failure = DB_OTHER;
  }
  snprintf(db->failure_text, sizeof db->failure_text, "%s (%d)", sqlite3_errmsg(db->handle), code);
  if (db->failure != DB_CONSTRAINT && db->failure != DB_LONG) {
    log_line(LOG_ERROR, "database: %s: %.400s", db->failure_text, during);
  }
  return false;
}

enum db_failure db_failure(const struct db *db) {
  return db->failure;
}

const char *db_failure_text(const struct db *db) {
  return db->failure_text;
}

bool engine_fail(struct db *db, enum db_failure failure, const char *text) {
  if (db->failure == DB_OK) {
    db->failure = failure;
    snprintf(db->failure_text, sizeof db->failure_text, "%s", text);
  }
  return false;
}

void engine_clear_failure(struct db *db) {
  db->failure = DB_OK;
}

bool engine_execute(struct db *db, const char *sql) {
  int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
  return code == SQLITE_OK || fail(db, code, sql);
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

static unsigned hash_text(const char *text) {
  unsigned hash = 2166136261U;
  for (; *text != '\0'; text++) {
    hash = (hash ^ (unsigned char)*text) * 16777619U;
  }
  return hash;
}

static void find_parameters(struct query *query) {
  for (int i = 1; i <= sqlite3_bind_parameter_count(query->statement); i++) {
    const char *name = sqlite3_bind_parameter_name(query->statement, i);
    int n = name != NULL && name[0] == '$' ? atoi(name + 1) : 0;
    if (n > 0 && n < PARAMETERS) {
      query->index[n] = i;
    }
  }
}

/* A free statement whose text has that address or, with `text`, those letters; or NULL. */
static struct query *kept(struct db *db, const char *key, unsigned hash, bool text) {
  for (struct query *query = db->buckets[hash % BUCKETS]; query != NULL; query = query->next) {
    if (query->hash == hash && !query->busy && (query->key == key || (text && strcmp(query->key, key) == 0))) {
      query->busy = true;
      return query;
    }
  }
  return NULL;
}

static struct query *prepare(struct db *db, const char *key, unsigned hash, const char *sql) {
  struct query *query = memory_new(db, struct query);
  query->db = db;
  query->key = key;
  query->hash = hash;
  query->busy = true;
  query->next = db->buckets[hash % BUCKETS];
  db->buckets[hash % BUCKETS] = query;
  int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &query->statement, NULL);
  if (code != SQLITE_OK) {
    fail(db, code, sql);
  } else {
    find_parameters(query);
  }
  return query;
}

static unsigned hash_address(const char *key) {
  return (unsigned)(((uintptr_t)key * 11400714819323198485ULL) >> 33);
}

struct query *db_constant(struct db *db, const char *sql) {
  unsigned hash = hash_address(sql);
  struct query *query = kept(db, sql, hash, false);
  return query != NULL ? query : prepare(db, sql, hash, sql);
}

static void discard(struct db *db, struct query *query) {
  struct query **link = &db->buckets[query->hash % BUCKETS];
  while (*link != query) {
    link = &(*link)->next;
  }
  *link = query->next;
  sqlite3_finalize(query->statement);
  talloc_free(query);
}

/* Texts that depend on what was asked have no end, so only the latest are kept. */
struct query *db_query(struct db *db, const char *sql) {
  unsigned hash = hash_text(sql);
  struct query *query = kept(db, sql, hash, true);
  if (query != NULL) {
    return query;
  }
  query = prepare(db, "", hash, sql);
  query->key = memory_copy(query, sql);
  struct query **place = &db->composed[db->composed_next++ % COMPOSED_MOST];
  if (*place != NULL && (!(*place)->busy || (*place)->statement == NULL)) {
    discard(db, *place);
  }
  *place = query;
  return query;
}

struct query *db_named(struct db *db, const char *name) {
  unsigned hash = hash_address(name);
  struct query *query = kept(db, name, hash, false);
  if (query == NULL) {
    char *sql = named_query(db, name);
    query = prepare(db, name, hash, sql);
    talloc_free(sql);
  }
  return query;
}

static int parameter(struct query *query, int n) {
  return query->statement != NULL && n > 0 && n < PARAMETERS ? query->index[n] : 0;
}

static void bound(struct query *query, int code) {
  if (code != SQLITE_OK) {
    fail(query->db, code, query->key);
  }
}

void query_bind_text(struct query *query, int n, const char *text) {
  int index = parameter(query, n);
  if (index != 0) {
    bound(query, sqlite3_bind_text(query->statement, index, text, -1, SQLITE_TRANSIENT));
  }
}

void query_bind_bytes(struct query *query, int n, const void *bytes, size_t size) {
  int index = parameter(query, n);
  if (index != 0) {
    bound(query, sqlite3_bind_blob64(query->statement, index, bytes, size, SQLITE_TRANSIENT));
  }
}

void query_bind_int(struct query *query, int n, int64_t value) {
  int index = parameter(query, n);
  if (index != 0) {
    bound(query, sqlite3_bind_int64(query->statement, index, value));
  }
}

void query_bind_null(struct query *query, int n) {
  int index = parameter(query, n);
  if (index != 0) {
    bound(query, sqlite3_bind_null(query->statement, index));
  }
}

enum step query_step(struct query *query) {
  if (query->statement == NULL || query->db->failure != DB_OK) {
    return STEP_FAILED;
  }
  int code = sqlite3_step(query->statement);
  if (code == SQLITE_ROW) {
    return STEP_ROW;
  }
  if (code == SQLITE_DONE) {
    return STEP_DONE;
  }
  fail(query->db, code, query->key);
  return STEP_FAILED;
}

bool query_run(struct query *query) {
  enum step step = query_step(query);
  while (step == STEP_ROW) {
    step = query_step(query);
  }
  query_end(query);
  return step == STEP_DONE;
}

int64_t query_int(struct query *query, int column) {
  return sqlite3_column_int64(query->statement, column);
}

const char *query_text(struct query *query, int column) {
  return (const char *)sqlite3_column_text(query->statement, column);
}

size_t query_size(struct query *query, int column) {
  return (size_t)sqlite3_column_bytes(query->statement, column);
}

const void *query_bytes(struct query *query, int column) {
  return sqlite3_column_blob(query->statement, column);
}

struct blob *query_blob(struct query *query, int column) {
  const void *bytes = query_bytes(query, column);
  size_t size = (size_t)sqlite3_column_bytes(query->statement, column);
  return blob_new(bytes == NULL ? "" : bytes, size);
}

bool query_null(struct query *query, int column) {
  return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

bool query_is_int(struct query *query, int column) {
  return sqlite3_column_type(query->statement, column) == SQLITE_INTEGER;
}

void query_end(struct query *query) {
  if (query->statement == NULL) {
    return; /* stays busy: what could not be prepared is not given out again, but prepared anew */
  }
  query->busy = false;
  sqlite3_reset(query->statement); /* repeats the code that step gave */
  sqlite3_clear_bindings(query->statement);
}

int64_t db_last_pk(struct db *db) {
  return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_stamp(const struct db *db) {
  return db->stamp;
}

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

void engine_set_stamp(struct db *db, int64_t stamp) {
  db->stamp = stamp;
}

void db_cache_counts(struct db *db, int64_t *hits, int64_t *misses) {
  int now = 0, high = 0;
  sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_HIT, &now, &high, 0);
  *hits = now;
  sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_MISS, &now, &high, 0);
  *misses = now;
}

/* -- transactions -------------------------------------------------------------------------------------------------- */

bool db_begin_read(struct db *db) {
  engine_clear_failure(db);
  return query_run(db_query(db, "BEGIN"));
}

void db_limit_work(struct db *db, int64_t thousands, int64_t ns) {
  db->work_left = thousands;
  db->work_until = clock_thread_ns() + ns;
}

bool db_may_take_long(struct db *db) {
  if (db->work_left >= 0 && db->failure == DB_OK) {
    db->failure = DB_LONG;
  }
  return db->failure == DB_OK;
}

/* SQLite asks after every thousand steps whether to go on. Steps can be long, and so can what is done between them. */
static int work(void *argument) {
  struct db *db = argument;
  if (db->work_left > 0) {
    db->work_left = clock_thread_ns() > db->work_until ? 0 : db->work_left - 1;
  }
  return db->work_left == 0;
}

void db_end_read(struct db *db) {
  db->failure = DB_OK;
  db->work_left = -1;
  if (engine_inside(db)) {
    query_run(db_query(db, "ROLLBACK"));
  }
}

bool engine_inside(struct db *db) {
  return sqlite3_get_autocommit(db->handle) == 0;
}

bool engine_begin(struct db *db) {
  engine_clear_failure(db);
  return query_run(db_query(db, "BEGIN IMMEDIATE"));
}

bool engine_commit(struct db *db) {
  return query_run(db_query(db, "COMMIT"));
}

void engine_undo(struct db *db) {
  enum db_failure failure = db->failure;
  db->failure = DB_OK;
  if (engine_inside(db)) {
    query_run(db_query(db, "ROLLBACK"));
  }
  db->failure = failure;
}

bool engine_save(struct db *db) {
  engine_clear_failure(db);
  return query_run(db_query(db, "SAVEPOINT one_write"));
}

bool engine_release(struct db *db, bool keep) {
  enum db_failure failure = db->failure;
  db->failure = DB_OK;
  bool closed = engine_inside(db) && (keep || query_run(db_query(db, "ROLLBACK TO one_write"))) &&
                query_run(db_query(db, "RELEASE one_write"));
  if (failure != DB_OK) {
    db->failure = failure;
  }
  return closed;
}

static int count_wal(void *argument, sqlite3 *handle, const char *name, int pages) {
  (void)handle;
  (void)name;
  ((struct db *)argument)->wal_pages = pages;
  return SQLITE_OK;
}

int64_t engine_wal_pages(const struct db *db) {
  return db->wal_pages;
}

bool engine_checkpoint(struct db *db) {
  int log_pages = 0, moved = 0;
  int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &moved);
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    db->wal_pages = log_pages - moved;
    return true;
  }
  log_line(code == SQLITE_FULL ? LOG_WARN : LOG_ERROR, "database: checkpoint: %s (%d)", sqlite3_errmsg(db->handle),
           code);
  return (code & 0xff) != SQLITE_IOERR;
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

int64_t engine_number(struct db *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  int64_t value = -1;
  int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
    value = sqlite3_column_int64(statement, 0);
  } else {
    fail(db, code, sql);
  }
  sqlite3_finalize(statement);
  return value;
}

/* Before SQLite is first used: no count of its memory, which would be a lock that all threads share. */
static void configure(void) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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
  if (!engine_ours(db)) {
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
  sqlite3_progress_handler(db->handle, 1000, work, db);
  sqlite3_wal_hook(db->handle, count_wal, db); /* takes the place of the automatic checkpoint */
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

/* -- checks ------------------------------------------------------------------------------------------------------ */

static void keep_line(void *argument, const char *line) {
  error_set(argument, "%s", line);
}

bool engine_looks_sound(const char *path, struct error *error) {
  struct db *db = memory_new(NULL, struct db);
  bool sound = false;
  if (sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    error_set(error, "%s: %s", path, sqlite3_errmsg(db->handle));
  } else if (!fts_register(db->handle)) {
    error_set(error, "this SQLite has no FTS5, which searching needs");
  } else if (engine_number(db, "PRAGMA application_id") != APPLICATION_ID) {
    error_set(error, "%s is not a backup of entente", path);
  } else {
    sound = engine_known(db, error) && engine_check(db, keep_line, error);
  }
  engine_close(db);
  return sound;
}

const char *engine_name(void) {
  return "SQLite " SQLITE_VERSION;
}
