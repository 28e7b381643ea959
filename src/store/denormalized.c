/* A table of items may have columns that no item states, so that an index has them beside what it is asked for: copies,
 * which triggers keep. One named owner_COLUMN is a copy of that column of the record, any other of the column of its
 * name in the record that the item leads to. */
#include "store/denormalized.h"

#include "base/memory.h"
#include "store/engine.h"
#include "store/shape.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { TOLD_MOST = 20 }; /* of one column */

/* A column of copies: `table`.`name` is `from`.`original` of the record whose pk is in the column `link`. */
struct copy {
  const char *table, *name, *link, *from, *original;
};

static bool check_copy(struct db *db, const struct copy *copy, void (*tell)(void *, const char *), void *argument) {
  char *sql = memory_print(NULL,
                           "SELECT r.id FROM \"%s\" i JOIN \"%s\" r ON r.pk = i.\"%s\" WHERE i.\"%s\" IS NOT r.\"%s\" "
                           "LIMIT %d",
                           copy->table, copy->from, copy->link, copy->name, copy->original, TOLD_MOST);
  struct query *query = db_query(db, sql);
  bool sound = true;
  for (; query_step(query) == STEP_ROW; sound = false) {
    char line[300];
    snprintf(line, sizeof line, "%s.%s is not the %s of %s", copy->table, copy->name, copy->original,
             query_text(query, 0));
    tell(argument, line);
  }
  query_end(query);
  talloc_free(sql);
  return sound;
}

/* What the column is a copy of. False when it is none. */
static bool find_copy(const struct shape *shape, const struct items *items, const char *name, struct copy *copy) {
  const char *original = copy_original(name);
  *copy = (struct copy){items->member->table, name, "owner", shape->resource->table, original};
  for (size_t i = 0; i < items->column_count; i++) {
    const struct column *column = &items->columns[i];
    if (strcmp(column->name, name) == 0) {
      return false;
    }
    if (original == NULL && column->reference != NULL) {
      copy->link = column->name;
      copy->from = column->reference;
      copy->original = name;
    }
  }
  return copy->original != NULL && strcmp(name, "owner") != 0 && strcmp(name, "position") != 0;
}

static bool check_items(struct db *db, const struct shape *shape, const struct items *items,
                        void (*tell)(void *, const char *), void *argument) {
  struct query *query = db_query(db, "SELECT name FROM pragma_table_info($1)");
  struct copy copy;
  bool sound = true;
  query_bind_text(query, 1, items->member->table);
  while (query_step(query) == STEP_ROW) {
    if (find_copy(shape, items, query_text(query, 0), &copy)) {
      sound = check_copy(db, &copy, tell, argument) && sound;
    }
  }
  query_end(query);
  return store_checked(db, sound, items->member->table, tell, argument);
}

bool denormalized_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                        void *argument) {
  bool sound = true;
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct shape *shape = shape_of(engine_shapes(db), &contract->resources[i]);
    for (size_t j = 0; j < shape->items_count; j++) {
      sound = check_items(db, shape, &shape->items[j], tell, argument) && sound;
    }
  }
  return sound;
}
