/* What is done to whole files, on connections that nobody else has: copying by SQLite's own backup, and moving a log
 * into its file. A copy that fails is thrown away, so it needs no journal, and none of its secrets lies in another
 * file. */
#include "base/memory.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/fts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    error->full = (code & 0xff) == SQLITE_FULL;
  }
  sqlite3_close(to);
  sqlite3_close(from);
  return code == SQLITE_OK;
}

/* -- logs ---------------------------------------------------------------------------------------------------------- */

static int read_number(void *number, int count, char **values, char **names) {
  (void)names;
  *(long long *)number = count > 0 && values[0] != NULL ? atoll(values[0]) : 0;
  return 0;
}

/* One number; SQLite's code. */
static int ask(sqlite3 *db, const char *sql, long long *number) {
  *number = 0;
  return sqlite3_exec(db, sql, read_number, number, NULL);
}

enum settled engine_settle(const char *path, struct error *error) {
  sqlite3 *db = NULL;
  long long tables = 0, application = 0, busy = 0;
  int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (db == NULL) {
    error_set(error, "%s: out of memory", path);
    return SETTLED_NOT;
  }
  sqlite3_extended_result_codes(db, 1);
  code = code == SQLITE_OK ? ask(db, "SELECT count(*) FROM sqlite_schema", &tables) : code;
  code = code == SQLITE_OK ? ask(db, "PRAGMA application_id", &application) : code;
  if (code == SQLITE_OK && tables > 0 && application != APPLICATION_ID) {
    error_set(error, "%s is an SQLite database, but not one of entente's", path);
    sqlite3_close(db);
    return SETTLED_NOT;
  }
  /* The first answers whether somebody else was in the way; the second leaves no log that the file would need. */
  code = code == SQLITE_OK ? ask(db, "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)", &busy) : code;
  code = code == SQLITE_OK && busy != 0 ? SQLITE_BUSY : code;
  code = code == SQLITE_OK ? sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) : code;
  bool damaged = (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT;
  if (code != SQLITE_OK) {
    error_set(error, "%s: its log cannot be moved into it: %s", path, sqlite3_errstr(code));
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* nothing is flushed over a failure */
  }
  sqlite3_close(db);
  return code == SQLITE_OK ? SETTLED : damaged ? SETTLED_DAMAGED : SETTLED_NOT;
}

/* -- sizes --------------------------------------------------------------------------------------------------------- */

static uint32_t number_at(const unsigned char *head, int at, int bytes) {
  uint32_t number = 0;
  for (int i = 0; i < bytes; i++) {
    number = number << 8 | head[at + i];
  }
  return number;
}

/* The head of the file format (https://sqlite.org/fileformat.html): 16: size of a page, 24: counter of changes, 28:
 * number of pages, 92: the counter when that number was written. */
bool engine_fits(const char *path, struct error *error) {
  enum { HEAD = 100 };
  unsigned char head[HEAD];
  struct stat file, log;
  char *wal = memory_print(NULL, "%s-wal", path);
  bool logged = stat(wal, &log) == 0 && log.st_size > 0;
  talloc_free(wal);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool read = fd >= 0 && fstat(fd, &file) == 0 && pread(fd, head, sizeof head, 0) == sizeof head;
  int reason = errno;
  if (fd >= 0) {
    close(fd);
  }
  if (fd < 0) {
    return error_set(error, "%s: %s", path, strerror(reason));
  }
  if (!read || memcmp(head, "SQLite format 3", 16) != 0) {
    return error_set(error, "%s is not a backup of entente", path);
  }
  int64_t page = number_at(head, 16, 2) == 1 ? 65536 : number_at(head, 16, 2), pages = number_at(head, 28, 4);
  bool counted = number_at(head, 24, 4) == number_at(head, 92, 4) && pages > 0;
  int64_t stated = page * pages;
  if (!logged && page > 0 && (counted ? file.st_size != stated : file.st_size % page != 0)) {
    return error_set(error, "%s was cut, or has something behind its end: it has %lld bytes, its pages %lld", path,
                     (long long)file.st_size, (long long)stated);
  }
  return true;
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
