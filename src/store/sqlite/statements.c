/* db.h on SQLite: statements are prepared once and kept in a table by their text; a parameter $n is found by its name,
 * because SQLite numbers named parameters by their first appearance. */
#include "base/blob.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/named.h"
#include "store/sqlite/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- failures ------------------------------------------------------------------------------------------------------ */

bool connection_fail(struct db *db, int code, const char *during) {
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
  return code == SQLITE_OK || connection_fail(db, code, sql);
}

int64_t engine_number(struct db *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  int64_t value = -1;
  int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
    value = sqlite3_column_int64(statement, 0);
  } else {
    connection_fail(db, code, sql);
  }
  sqlite3_finalize(statement);
  return value;
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
    connection_fail(db, code, sql);
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
    connection_fail(query->db, code, query->key);
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
  connection_fail(query->db, code, query->key);
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
