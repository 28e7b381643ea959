/* The engine reads the searched columns of a record; what is JSON is read here, where the contract says which texts in
 * it count. */
#include "store/search_text.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"
#include "store/engine.h"
#include "store/shape.h"

#include <jansson.h>
#include <string.h>

static void add(struct text *out, const char *value) {
  if (value[0] != '\0') {
    text_add(out, out->length == 0 ? "" : FOLD_BOUNDARY);
    text_add(out, value);
  }
}

/* Adds every text in a value that is searched as a whole, or whose schema says which of its members are. */
static void collect(const struct schema *schema, const json_t *value, struct text *out) {
  if (json_is_string(value)) {
    add(out, json_string_value(value));
  } else if (json_is_array(value) && schema->items != NULL) {
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)value, index, item) {
      collect(schema->items, item, out);
    }
  }
  for (size_t i = 0; json_is_object(value) && i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    if (member->searched != SEARCHED_NOT) {
      collect(member->schema, json_object_get(value, member->name), out);
    }
  }
}

static void add_column(struct query *query, int column, const struct searched_value *value, struct text *out) {
  const char *text = query_text(query, column);
  if (text == NULL || !value->json) {
    add(out, text == NULL ? "" : text);
  } else if (strcmp(text, "[]") != 0) {
    /* Where the file is damaged it may be none; then there are no words, and whoever wants the document is told. */
    json_t *json = json_loadb(text, query_size(query, column), 0, NULL);
    collect(value->schema, json, out);
    json_decref(json);
  }
}

bool searched_render(struct db *db, const void *memory, const struct search_sql *search, enum search_side side,
                     int64_t pk, struct searched_text *text) {
  struct text *names = text_new(memory), *rest = text_new(memory);
  *text = (struct searched_text){0};
  for (size_t i = 0; i < search->part_count && (i == 0 || text->there); i++) {
    const struct searched_part *part = &search->parts[i];
    struct query *query = db_constant(db, part->sql[side]);
    query_bind_int(query, 1, pk);
    while (query_step(query) == STEP_ROW) {
      text->there = true;
      for (size_t j = 0; j < part->count; j++) {
        add_column(query, (int)j, &part->values[j], part->values[j].name ? names : rest);
      }
    }
    query_end(query);
  }
  if (text->there) {
    text->names = names->data;
    text->rest = rest->data;
  }
  return db_failure(db) == DB_OK;
}

bool searched_read(struct db *db, const void *memory, const struct search_sql *search, enum search_side side,
                   int64_t pk, struct searched_text *text) {
  struct query *query = db_constant(db, search->sides[side].read);
  query_bind_int(query, 1, pk);
  *text = (struct searched_text){.there = query_step(query) == STEP_ROW};
  if (text->there) {
    text->names = memory_slice(memory, query_text(query, 0), query_size(query, 0));
    text->rest = memory_slice(memory, query_text(query, 1), query_size(query, 1));
  }
  query_end(query);
  return db_failure(db) == DB_OK;
}
