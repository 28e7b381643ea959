/* An SQLite database in a file that has lost its name as soon as it is open. It is one transaction that never ends, so
 * nothing is flushed and no journal is kept: what does not fit the cache goes to the file, and the file goes with the
 * connection. */
#include "base/assets.h"
#include "base/memory.h"
#include "store/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct db *engine_notes(const char *beside, struct error *error) {
  char *path = memory_copy(NULL, beside);
  char *name = memory_print(path, "%s/.entente-XXXXXX", dirname(path));
  int file = mkostemp(name, O_CLOEXEC);
  struct db *db = NULL;
  if (file < 0) {
    int reason = errno;
    error_set(error, "%s: %s", name, strerror(reason));
    error->full = error_is_full(reason);
  } else {
    close(file);
    db = engine_open_bare(name, false, error);
    unlink(name);
  }
  talloc_free(path);
  const struct asset *tables = asset_find("sql/sqlite/notes.sql");
  if (db != NULL &&
      !(engine_execute(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                           "PRAGMA cache_size = -8192") &&
        engine_begin(db) && engine_execute(db, tables->data))) {
    error_set(error, "%s", db_failure_text(db));
    error->full = db_failure(db) == DB_FULL;
    engine_close(db);
    db = NULL;
  }
  return db;
}
