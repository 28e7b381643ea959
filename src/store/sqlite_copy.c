/* A copy of a database by SQLite's own backup, between connections that nobody else has. A copy that fails is thrown
 * away, so it needs no journal, and none of its secrets lies in another file. */
#include "store/engine.h"

#include "base/memory.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* What old databases have not, there is nothing to forget of. */
static int forget(sqlite3 *db, const char *table, const char *column, const char *sql) {
  bool has = sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
  return has ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_OK;
}

/* The copy's log of changes goes on by itself, so it must not go by the same name. And it cannot know who will sign out
 * after it was made, so nobody is signed in there. */
static int part_ways(sqlite3 *db) {
  int code = forget(db, "registry", "log", "UPDATE registry SET log = NULL");
  return code == SQLITE_OK ? forget(db, "sessions", "token", "DELETE FROM sessions") : code;
}

/* What lies beside the target under the names that SQLite would use is not the target's. */
static bool nothing_beside(const char *target, struct error *error) {
  static const char *const endings[] = {"-journal", "-wal", "-shm"};
  bool fine = true;
  for (size_t i = 0; fine && i < sizeof endings / sizeof endings[0]; i++) {
    char *name = memory_print(NULL, "%s%s", target, endings[i]);
    fine = unlink(name) == 0 || errno == ENOENT || error_set(error, "%s: %s", name, strerror(errno));
    talloc_free(name);
  }
  return fine;
}

bool engine_copy(const char *path, const char *target, struct error *error) {
  if (!nothing_beside(target, error)) {
    return false;
  }
  sqlite3 *from = NULL, *to = NULL;
  int code = sqlite3_open_v2(path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) {
    sqlite3_wal_hook(from, NULL, NULL);
    sqlite3_busy_timeout(from, 5000);
    code = sqlite3_open_v2(target, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_exec(to, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
  }
  if (code == SQLITE_OK) {
    /* One step copies one snapshot: a writer that commits meanwhile cannot make it begin again. */
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup != NULL) {
      sqlite3_backup_step(backup, -1);
      code = sqlite3_backup_finish(backup);
    } else {
      code = sqlite3_errcode(to);
    }
  }
  if (code == SQLITE_OK) {
    code = sqlite3_exec(to, "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL);
  }
  code = code == SQLITE_OK ? part_ways(to) : code;
  if (code != SQLITE_OK) {
    error_set(error, "%s: %s", target, to != NULL ? sqlite3_errmsg(to) : sqlite3_errstr(code));
  }
  sqlite3_close(to);
  sqlite3_close(from);
  return code == SQLITE_OK;
}
