/* Private to SQLite's part of the store: what a connection is. */
#ifndef ENTENTE_STORE_SQLITE_CONNECTION_H
#define ENTENTE_STORE_SQLITE_CONNECTION_H

#include "store/engine.h"

#include <sqlite3.h>

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

/* Keeps the connection's first failure, by SQLite's extended code, and logs it with the statement; returns false. */
bool connection_fail(struct db *db, int code, const char *during);
/* SQLite asks this after every thousand steps whether to stop (db_limit_work). */
int connection_limit(void *argument);
/* SQLite tells this how many pages the log has after a commit. */
int connection_count_wal(void *argument, sqlite3 *handle, const char *name, int pages);

#endif
