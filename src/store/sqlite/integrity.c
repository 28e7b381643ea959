/* What SQLite itself can say about the file: whether it is whole, and whether references lead somewhere. */
#include "store/engine.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static bool check_rows(struct db *db, const char *pragma, const char *fine, void (*tell)(void *, const char *),
                       void *argument) {
  struct query *query = db_query(db, pragma);
  bool sound = true;
  while (query_step(query) == STEP_ROW) {
    const char *text = query_text(query, 0);
    if (fine == NULL || text == NULL || strcmp(text, fine) != 0) {
      sound = false;
      char line[300];
      snprintf(line, sizeof line, "%s: %s", pragma + strlen("PRAGMA "), text == NULL ? "?" : text);
      tell(argument, line);
    }
  }
  query_end(query);
  return store_checked(db, sound, "the database", tell, argument);
}

bool engine_check(struct db *db, void (*tell)(void *argument, const char *line), void *argument) {
  bool whole = check_rows(db, "PRAGMA integrity_check", "ok", tell, argument);
  bool linked = check_rows(db, "PRAGMA foreign_key_check", NULL, tell, argument);
  return whole && linked;
}
