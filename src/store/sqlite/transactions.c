/* Transactions, savepoints, the limit on the work of a read, and checkpoints. Every commit is flushed. Only the writer
 * checkpoints. */
#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite/connection.h"

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
int connection_limit(void *argument) {
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

int connection_count_wal(void *argument, sqlite3 *handle, const char *name, int pages) {
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
