/* What the engine says of a damaged file by failing while somebody looks through it. */
#include "store/engine.h"
#include "store/store.h"

#include <stdio.h>

bool store_checked(struct db *db, bool sound, const char *what, void (*tell)(void *argument, const char *line),
                   void *argument) {
  if (db_failure(db) == DB_OTHER) {
    char line[400];
    snprintf(line, sizeof line, "%.120s cannot be read: %s", what, db_failure_text(db));
    engine_clear_failure(db);
    tell(argument, line);
    return false;
  }
  return sound && db_failure(db) == DB_OK;
}
