#include "store/sort_names.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/starting.h"
#include "domain/fold.h"
#include "domain/sort_key.h"
#include "store/engine.h"
#include "store/store.h"

#include <string.h>
#include <utf8proc.h>

enum { BATCH = 2000, TELL_NS = 2000000000 };

/* -- one record ---------------------------------------------------------------------------------------------------- */

const char *sort_names_column(const struct resource *resource) {
  const struct member *name = resource->name == NULL ? NULL : schema_member(resource->schema, resource->name);
  return name == NULL ? NULL : name->sort_column;
}

/* The list of a record's other names. */
static const struct member *names_of(const struct resource *resource) {
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    if (member->searched == SEARCHED_NAME && (member->schema->kinds & KIND_ARRAY) != 0 && member->table == NULL) {
      return member;
    }
  }
  return NULL;
}

static bool is_kana(const char *lang) {
  return lang != NULL && (strncmp(lang, "ja-Kana", 7) == 0 || strncmp(lang, "ja-Hira", 7) == 0);
}

/* The first of the names that says how the name is read. */
static const char *reading_in(const json_t *names) {
  size_t i;
  json_t *name;
  json_array_foreach((json_t *)(uintptr_t)names, i, name) {
    const char *kind = json_string_value(json_object_get(name, "kind"));
    if (is_kana(json_string_value(json_object_get(name, "lang"))) && (kind == NULL || strcmp(kind, "former") != 0)) {
      return json_string_value(json_object_get(name, "value"));
    }
  }
  return NULL;
}

char *sort_names_value(const void *parent, const struct resource *resource, const json_t *row) {
  const struct member *names = names_of(resource);
  const char *name = json_string_value(json_object_get(row, resource->name));
  return sort_key(parent, name == NULL ? "" : name,
                  names == NULL ? NULL : reading_in(json_object_get(row, names->name)));
}

bool sort_names_differ(const struct resource *resource, const json_t *before, const json_t *after) {
  const struct member *names = names_of(resource);
  return !json_equal(json_object_get(before, resource->name), json_object_get(after, resource->name)) ||
         (names != NULL && !json_equal(json_object_get(before, names->name), json_object_get(after, names->name)));
}

/* -- all of them --------------------------------------------------------------------------------------------------- */

/* A record's key as it is and as it must be. */
struct keyed {
  int64_t pk;
  const char *is, *must;
};

/* Reads the next records after `pk`; how many. */
static size_t read_batch(struct db *db, void *memory, const struct resource *resource, int64_t pk, struct keyed *list) {
  const struct member *names = names_of(resource);
  const char *name_column = schema_member(resource->schema, resource->name)->column;
  char *sql = memory_print(memory, "SELECT pk, \"%s\", \"%s\", \"%s\" FROM \"%s\" WHERE pk > $1 ORDER BY pk LIMIT $2",
                           sort_names_column(resource), name_column, names == NULL ? name_column : names->column,
                           resource->table);
  struct query *query = db_query(db, sql);
  size_t count = 0;
  query_bind_int(query, 1, pk);
  query_bind_int(query, 2, BATCH);
  while (query_step(query) == STEP_ROW) {
    const char *is = query_text(query, 1), *name = query_text(query, 2);
    json_t *others = names == NULL ? NULL : json_loadb(query_text(query, 3), query_size(query, 3), 0, NULL);
    list[count++] = (struct keyed){.pk = query_int(query, 0),
                                   .is = is == NULL ? NULL : memory_copy(memory, is),
                                   .must = sort_key(memory, name, reading_in(others))};
    json_decref(others);
  }
  query_end(query);
  return count;
}

static bool write_key(struct db *db, const char *sql, const struct keyed *keyed) {
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, keyed->pk);
  query_bind_text(query, 2, keyed->must);
  return query_run(query);
}

static bool is_right(const struct keyed *keyed) {
  return keyed->is != NULL && strcmp(keyed->is, keyed->must) == 0;
}

static bool fill(struct db *db, const struct resource *resource, size_t *total) {
  int64_t pk = 0, told = clock_monotonic_ns();
  bool fine = true;
  for (size_t count = BATCH; fine && count == BATCH;) {
    void *memory = talloc_new(NULL);
    char *sql = memory_print(memory, "UPDATE \"%s\" SET \"%s\" = $2 WHERE pk = $1", resource->table,
                             sort_names_column(resource));
    struct keyed *list = memory_array(memory, struct keyed, BATCH);
    count = read_batch(db, memory, resource, pk, list);
    fine = db_failure(db) == DB_OK && engine_begin(db);
    for (size_t i = 0; fine && i < count; i++) {
      fine = is_right(&list[i]) || write_key(db, sql, &list[i]);
    }
    pk = count == 0 ? pk : list[count - 1].pk;
    *total += count;
    fine = fine && engine_commit(db) && engine_checkpoint(db);
    talloc_free(memory);
    if (clock_monotonic_ns() - told > TELL_NS) {
      told = clock_monotonic_ns();
      fine = fine && starting_tell("putting names in order: %zu records so far", *total);
    }
  }
  return fine;
}

static bool is_current(struct db *db, const char *mark) {
  struct query *query = db_named(db, "sortable-read");
  const char *known = query_step(query) == STEP_ROW ? query_text(query, 0) : NULL;
  bool same = known != NULL && strcmp(known, mark) == 0;
  query_end(query);
  return same;
}

bool sort_names_open(struct db *db, const struct contract *contract, struct error *error) {
  char *mark = memory_print(NULL, "%d-%d-%s", SORT_VERSION, FOLD_VERSION, utf8proc_version());
  size_t total = 0;
  bool fine = true;
  if (!is_current(db, mark)) {
    for (size_t i = 0; fine && i < contract->resource_count; i++) {
      fine = sort_names_column(&contract->resources[i]) == NULL || fill(db, &contract->resources[i], &total);
    }
    if (fine) {
      struct query *query = db_named(db, "sortable-write");
      query_bind_text(query, 1, mark);
      fine = query_run(query);
    }
  }
  talloc_free(mark);
  if (!fine && db_failure(db) != DB_OK) { /* otherwise it was stopped, by whoever says why */
    error_set(error, "the order of names cannot be made: %s", db_failure_text(db));
  }
  return fine;
}

bool sort_names_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                      void *argument) {
  size_t wrong = 0;
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct resource *resource = &contract->resources[i];
    int64_t pk = 0;
    for (size_t count = BATCH; sort_names_column(resource) != NULL && count == BATCH && db_failure(db) == DB_OK;) {
      void *memory = talloc_new(NULL);
      struct keyed *list = memory_array(memory, struct keyed, BATCH);
      count = read_batch(db, memory, resource, pk, list);
      for (size_t j = 0; j < count; j++) {
        wrong += !is_right(&list[j]);
      }
      pk = count == 0 ? pk : list[count - 1].pk;
      talloc_free(memory);
    }
  }
  if (wrong > 0) {
    char *line = memory_print(NULL, "%zu records stand in another place among the names than they belong", wrong);
    tell(argument, line);
    talloc_free(line);
  }
  return store_checked(db, wrong == 0, "the order of names", tell, argument);
}
