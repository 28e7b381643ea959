/* Migrations are numbered files; user_version says the last that was run. Each runs in a transaction of its own. */
#include "base/assets.h"
#include "base/log.h"
#include "base/starting.h"
#include "store/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool migrate_one(struct db *db, const struct asset *migration, long long version, struct error *error) {
  char mark[80];
  snprintf(mark, sizeof mark, "PRAGMA user_version = %lld; PRAGMA application_id = %d;", version, APPLICATION_ID);
  if (engine_execute(db, "BEGIN IMMEDIATE") && engine_execute(db, migration->data) && engine_execute(db, mark) &&
      engine_execute(db, "COMMIT")) {
    return true;
  }
  error_set(error, "%s: %s", migration->path, db_failure_text(db));
  engine_undo(db);
  return false;
}

static long long version_of(const struct asset *migration) {
  return atoll(strrchr(migration->path, '/') + 1);
}

bool engine_known(struct db *db, struct error *error) {
  const struct asset *migration;
  long long have = engine_number(db, "PRAGMA user_version"), known = 0;
  for (size_t i = 0; (migration = asset_below("sql/sqlite/migrations/", i)) != NULL; i++) {
    known = version_of(migration);
  }
  return have <= known || error_set(error,
                                    "the database was written by a newer entente (schema %lld; this program knows up "
                                    "to %lld): install that version",
                                    have, known);
}

bool engine_migrate(struct db *db, struct error *error) {
  const struct asset *migration;
  long long have = engine_number(db, "PRAGMA user_version");
  if (have < 0) {
    return error_set(error, "%s", db_failure_text(db));
  }
  long long version = have;
  for (size_t i = 0; (migration = asset_below("sql/sqlite/migrations/", i)) != NULL; i++) {
    if (version_of(migration) > version) {
      if (version == have && have > 0 && !starting_tell("migrating the database from schema %lld", have)) {
        return false; /* whoever stopped it says why */
      }
      version = version_of(migration);
      if (!migrate_one(db, migration, version, error)) {
        return false;
      }
    }
  }
  if (version > have) {
    log_line(LOG_INFO, "migrated the database from schema %lld to %lld", have, version);
  }
  return engine_known(db, error);
}

bool engine_prepare(struct db *db, bool writes, struct error *error) {
  const struct asset *view;
  for (size_t i = 0; (view = asset_below("sql/sqlite/views/", i)) != NULL; i++) {
    if (!engine_execute(db, view->data)) {
      return error_set(error, "%s: %s", view->path, db_failure_text(db));
    }
  }
  /* The writer touches a leaf of every index with each record, wherever it lies. */
  if (!engine_execute(db, writes ? "PRAGMA cache_size = -16384" : "PRAGMA query_only = ON")) {
    return error_set(error, "%s", db_failure_text(db));
  }
  return true;
}
