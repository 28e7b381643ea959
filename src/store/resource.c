/* A record is a row of its resource's table and rows of tables of items; the statements are the shape's. An update
 * names only the columns that differ, so that an index whose column stays is left alone; a table of items is written
 * anew when its array differs.
 *
 * Stamps: a document shows its own members, the names of the records that it refers to, and the relations that others
 * wrote about it. So a rename marks all that refer to the record and all that it has mirrored relations to; writing
 * mirrored relations marks the records on their other side for which they have changed. */
#include "store/resource.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/engine.h"
#include "store/search_index.h"
#include "store/shape.h"
#include "store/sort_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct shape *shape_in(struct db *db, const struct resource *resource) {
  return shape_of(engine_shapes(db), resource);
}

static void bind_json(struct query *query, int n, enum lies lies, const json_t *value) {
  if (value == NULL || json_is_null(value)) {
    if (lies == LIES_JSON) {
      query_bind_text(query, n, "[]");
    } else {
      query_bind_null(query, n);
    }
  } else if (lies == LIES_JSON) {
    if (json_is_array(value) && json_array_size(value) == 0) {
      query_bind_text(query, n, "[]");
      return;
    }
    char *text = memory_checked(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
    query_bind_text(query, n, text);
    free(text);
  } else if (lies == LIES_BOOLEAN) {
    query_bind_int(query, n, json_is_true(value));
  } else if (json_is_integer(value)) {
    query_bind_int(query, n, json_integer_value(value));
  } else {
    query_bind_text(query, n, json_string_value(value));
  }
}

static void bind_columns(struct query *query, const struct column *columns, size_t count, const json_t *row) {
  for (size_t i = 0; i < count; i++) {
    bind_json(query, FIRST_COLUMN + (int)i, columns[i].lies, shape_value(row, &columns[i]));
  }
}

static void bind_sort_name(struct query *query, int n, const struct resource *resource, const json_t *row) {
  if (sort_names_column(resource) != NULL) {
    char *key = sort_names_value(NULL, resource, row);
    query_bind_text(query, n, key);
    talloc_free(key);
  }
}

static bool same(const json_t *a, const json_t *b) {
  bool empty_a = a == NULL || json_is_null(a), empty_b = b == NULL || json_is_null(b);
  return empty_a || empty_b ? empty_a == empty_b : json_equal(a, b) != 0;
}

/* -- finding ------------------------------------------------------------------------------------------------------- */

bool resource_find(struct db *db, const struct resource *resource, const char *key, struct found *found) {
  const struct shape *shape = shape_in(db, resource);
  struct query *query = db_constant(db, typeid_valid(resource->prefix, key) ? shape->find_by_id : shape->find_by_slug);
  query_bind_text(query, 1, key);
  bool there = query_step(query) == STEP_ROW;
  if (there) {
    found->pk = query_int(query, 0);
    found->stamp = query_int(query, 1);
    found->revision = query_int(query, 2);
    snprintf(found->id, sizeof found->id, "%s", query_text(query, 3));
  }
  query_end(query);
  return there;
}

bool resource_find_merged(struct db *db, const struct resource *resource, const char *key, struct found *found) {
  char into[TYPEID_SIZE] = "";
  struct query *query = db_named(db, typeid_valid(resource->prefix, key) ? "merge-of-id" : "merge-of-slug");
  query_bind_text(query, 1, key);
  query_bind_text(query, 2, resource->path);
  if (query_step(query) == STEP_ROW) {
    snprintf(into, sizeof into, "%s", query_text(query, 0));
  }
  query_end(query);
  return into[0] != '\0' && resource_find(db, resource, into, found);
}

bool resource_find_meant(struct db *db, const struct resource *resource, const char *key, struct found *found) {
  return resource_find(db, resource, key, found) || resource_find_merged(db, resource, key, found);
}

int64_t resource_free_number(struct db *db, const struct resource *resource, const char *stem) {
  struct query *query = db_constant(db, shape_in(db, resource)->free_number);
  query_bind_text(query, 1, stem);
  query_bind_text(query, 2, resource->path);
  int64_t number = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  return number;
}

bool resource_lead_on(struct db *db, const struct resource *resource, const char *id, const char *slug, bool visible,
                      const char *into) {
  struct query *query = db_named(db, "merge-onward");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, into);
  if (!query_run(query)) {
    return false;
  }
  query = db_named(db, "merge-write");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, resource->path);
  query_bind_text(query, 3, slug);
  query_bind_int(query, 4, visible);
  query_bind_text(query, 5, into);
  return query_run(query);
}

struct query *resource_history_gaps(struct db *db, const struct resource *resource) {
  struct query *query = db_constant(db, shape_in(db, resource)->history_gaps);
  query_bind_text(query, 1, resource->path);
  return query;
}

struct blob *resource_document(struct db *db, const struct resource *resource, int64_t pk) {
  struct query *query = db_constant(db, shape_in(db, resource)->document);
  query_bind_int(query, 1, pk);
  struct blob *document = query_step(query) == STEP_ROW ? query_blob(query, 0) : NULL;
  query_end(query);
  return document;
}

struct query *resource_documents(struct db *db, const struct resource *resource, const struct page_key *keys,
                                 size_t count) {
  struct text *pks = text_new(NULL);
  for (size_t i = 0; i < count; i++) {
    text_addf(pks, "%s%lld", i == 0 ? "[" : ",", (long long)keys[i].pk);
  }
  text_add(pks, count == 0 ? "[]" : "]");
  struct query *query = db_constant(db, shape_in(db, resource)->documents);
  query_bind_text(query, 1, pks->data);
  talloc_free(pks);
  return query;
}

/* The own items come before those of others, so the first `count` of the list are the record's. */
static struct blob *keep_first(struct blob *document, const char *list, int64_t count) {
  json_t *json = memory_checked(json_loadb(document->data, document->size, 0, NULL));
  json_t *items = json_object_get(json, list);
  while ((int64_t)json_array_size(items) > count) {
    json_array_remove(items, json_array_size(items) - 1);
  }
  char *text = memory_checked(json_dumps(json, JSON_COMPACT));
  struct blob *own = blob_new(text, strlen(text));
  free(text);
  json_decref(json);
  return own;
}

struct blob *resource_own_document(struct db *db, const struct resource *resource, int64_t pk, struct blob *document) {
  const struct shape *shape = shape_in(db, resource);
  struct blob *own = blob_keep(document);
  for (size_t i = 0; i < shape->items_count; i++) {
    const struct items *items = &shape->items[i];
    if (items->mirrored == NULL) {
      continue;
    }
    struct query *query = db_constant(db, items->own_count);
    query_bind_int(query, 1, pk);
    if (query_step(query) == STEP_ROW) {
      struct blob *shorter = keep_first(own, items->member->name, query_int(query, 0));
      blob_drop(own);
      own = shorter;
    }
    query_end(query);
  }
  return own;
}

/* -- stamps -------------------------------------------------------------------------------------------------------- */

static bool touch(struct db *db, const char *sql, int64_t pk) {
  struct query *query = db_constant(db, sql);
  query_bind_int(query, 1, db_stamp(db));
  query_bind_int(query, 2, pk);
  return query_run(query);
}

static bool touch_all(struct db *db, const char *const *list, int64_t pk) {
  for (; *list != NULL; list++) {
    if (!touch(db, *list, pk)) {
      return false;
    }
  }
  return true;
}

/* -- items --------------------------------------------------------------------------------------------------------- */

static bool insert_items(struct db *db, const struct items *items, int64_t owner, const json_t *list) {
  bool fine = true;
  size_t position;
  const json_t *item;
  json_array_foreach((json_t *)list, position, item) {
    struct query *query = db_constant(db, items->insert);
    query_bind_int(query, 1, owner);
    query_bind_int(query, 2, (int64_t)position);
    bind_columns(query, items->columns, items->column_count, item);
    fine = query_run(query) && fine;
  }
  return fine;
}

static bool clear_items(struct db *db, const struct items *items, int64_t owner) {
  struct query *query = db_constant(db, items->clear);
  query_bind_int(query, 1, owner);
  return query_run(query);
}

/* The items that lead to one record, in their order: what that record serves of them. A new reference. */
static json_t *leading_to(const struct items *items, const json_t *list, const json_t *target) {
  json_t *found = memory_checked(json_array());
  size_t index;
  json_t *item;
  json_array_foreach((json_t *)list, index, item) {
    if (json_equal(json_object_get(item, items->mirrored), target)) {
      json_array_append(found, item);
    }
  }
  return found;
}

/* Marks the records to which items of `list` lead, where that has changed between `old` and `new`. */
static bool touch_targets(struct db *db, const struct shape *shape, const struct items *items, const json_t *list,
                          const json_t *old, const json_t *new) {
  bool fine = true;
  size_t index;
  json_t *item;
  json_array_foreach((json_t *)list, index, item) {
    const json_t *target = json_object_get(item, items->mirrored);
    json_t *before = leading_to(items, old, target), *after = leading_to(items, new, target);
    if (!json_equal(before, after)) {
      struct query *query = db_constant(db, shape->touch_by_id);
      query_bind_int(query, 1, db_stamp(db));
      query_bind_text(query, 2, json_string_value(target));
      fine = query_run(query) && fine;
    }
    json_decref(before);
    json_decref(after);
  }
  return fine;
}

/* Makes the tables of items hold what `after` says. */
static bool write_items(struct db *db, const struct shape *shape, int64_t pk, const json_t *before,
                        const json_t *after) {
  for (size_t i = 0; i < shape->items_count; i++) {
    const struct items *items = &shape->items[i];
    const json_t *old = json_object_get(before, items->member->name);
    const json_t *new = json_object_get(after, items->member->name);
    if (before != NULL && (new == NULL || same(old, new))) {
      continue;
    }
    bool fine = (json_array_size(old) == 0 || clear_items(db, items, pk)) && insert_items(db, items, pk, new);
    if (fine && items->mirrored != NULL) {
      fine = touch_targets(db, shape, items, old, old, new) && touch_targets(db, shape, items, new, old, new);
    }
    if (!fine) {
      return false;
    }
  }
  return true;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

int64_t resource_insert(struct db *db, const struct resource *resource, const struct record *record,
                        const json_t *row) {
  const struct shape *shape = shape_in(db, resource);
  struct query *query = db_constant(db, shape->insert);
  query_bind_text(query, 1, record->id);
  query_bind_text(query, 2, record->slug);
  query_bind_int(query, 3, record->revision);
  query_bind_int(query, 4, db_stamp(db));
  query_bind_text(query, 5, record->created_at);
  query_bind_text(query, 6, record->updated_at);
  bind_sort_name(query, 7, resource, row);
  bind_columns(query, shape->columns, shape->column_count, row);
  if (!query_run(query)) {
    return 0;
  }
  int64_t pk = db_last_pk(db);
  return write_items(db, shape, pk, NULL, row) && search_inserted(db, resource, pk) ? pk : 0;
}

/* The UPDATE of what differs, with its values bound. */
static struct query *changed_columns(struct db *db, const struct shape *shape, bool moved, const json_t *before,
                                     const json_t *after) {
  struct text *sql = text_new(NULL);
  text_addf(sql, "UPDATE \"%s\" SET revision = $2, stamp = $3, updated_at = $4%s", shape->resource->table,
            moved ? ", slug = $5" : "");
  for (size_t i = 0; i < shape->column_count; i++) {
    const struct column *column = &shape->columns[i];
    if (!same(shape_value(before, column), shape_value(after, column))) {
      text_addf(sql, ", \"%s\" = ", column->name);
      shape_add_parameter(sql, column, FIRST_COLUMN + (int)i);
    }
  }
  const char *column = sort_names_column(shape->resource);
  bool sorted_anew = column != NULL && sort_names_differ(shape->resource, before, after);
  if (sorted_anew) {
    text_addf(sql, ", \"%s\" = $6", column);
  }
  text_add(sql, " WHERE pk = $1");
  struct query *query = db_query(db, sql->data);
  if (sorted_anew) {
    bind_sort_name(query, 6, shape->resource, after);
  }
  bind_columns(query, shape->columns, shape->column_count, after); /* what the statement does not name is passed over */
  talloc_free(sql);
  return query;
}

bool resource_update(struct db *db, const struct resource *resource, int64_t pk, const struct record *record,
                     const char *old_slug, const json_t *before, const json_t *after) {
  const struct shape *shape = shape_in(db, resource);
  bool moved = strcmp(old_slug, record->slug) != 0;
  struct query *query = changed_columns(db, shape, moved, before, after);
  query_bind_int(query, 1, pk);
  query_bind_int(query, 2, record->revision);
  query_bind_int(query, 3, db_stamp(db));
  query_bind_text(query, 4, record->updated_at);
  query_bind_text(query, 5, record->slug);
  if (!query_run(query) || !write_items(db, shape, pk, before, after) ||
      !search_updated(db, resource, pk, before, after)) {
    return false;
  }
  bool renamed = moved || !same(json_object_get(before, resource->name), json_object_get(after, resource->name));
  return !renamed || (touch_all(db, shape->touch_referrers, pk) && touch_all(db, shape->touch_mirrors, pk));
}

bool resource_delete(struct db *db, const struct resource *resource, int64_t pk, const char *id) {
  const struct shape *shape = shape_in(db, resource);
  struct query *forget = db_named(db, "merge-forget");
  query_bind_text(forget, 1, id);
  if (!query_run(forget) || !touch_all(db, shape->touch_mirrors, pk)) {
    return false;
  }
  struct query *query = db_constant(db, shape->delete);
  query_bind_int(query, 1, pk);
  return query_run(query) && search_deleted(db, resource, pk);
}

/* -- who refers ---------------------------------------------------------------------------------------------------- */

static void list_referrer(struct db *db, const struct resource *resource, const struct referrer *referrer, int64_t pk,
                          size_t most, json_t *list) {
  const struct resource *other = referrer->resource;
  char sql[400];
  if (referrer->table != NULL) {
    snprintf(sql, sizeof sql,
             "SELECT DISTINCT t.id, t.slug, t.\"%s\" FROM \"%s\" i JOIN \"%s\" t ON t.pk = i.owner "
             "WHERE i.\"%s\" = $1 AND ($2 = 0 OR t.pk <> $1) ORDER BY t.id LIMIT $3",
             other->name, referrer->table, other->table, referrer->column);
  } else {
    snprintf(sql, sizeof sql,
             "SELECT t.id, t.slug, t.\"%s\" FROM \"%s\" t WHERE t.\"%s\" = $1 AND ($2 = 0 OR t.pk <> $1) ORDER BY t.id "
             "LIMIT $3",
             other->name, other->table, referrer->column);
  }
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, pk);
  query_bind_int(query, 2, other == resource);
  query_bind_int(query, 3, (int64_t)(most - json_array_size(list)));
  while (query_step(query) == STEP_ROW) {
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "resource", other->path, "id",
                                          query_text(query, 0), "slug", query_text(query, 1), "name",
                                          query_text(query, 2), "member", referrer->member));
  }
  query_end(query);
}

json_t *resource_referrers(struct db *db, const struct resource *resource, int64_t pk, size_t most) {
  json_t *list = memory_checked(json_array());
  for (size_t i = 0; i < resource->referrer_count; i++) {
    if (json_array_size(list) < most) {
      list_referrer(db, resource, &resource->referrers[i], pk, most, list);
    }
  }
  return list;
}

bool resource_relation_written(struct db *db, const struct resource *resource, const char *owner, const char *type,
                               const char *other, const json_t *item) {
  const struct shape *shape = shape_in(db, resource);
  for (size_t i = 0; i < shape->items_count; i++) {
    const struct items *items = &shape->items[i];
    if (items->mirrored == NULL) {
      continue;
    }
    struct query *query = db_constant(db, item == NULL ? items->written : items->written_exactly);
    query_bind_text(query, 1, owner);
    query_bind_text(query, 2, type);
    query_bind_text(query, 3, other);
    if (item != NULL) {
      bind_columns(query, items->columns, items->column_count, item);
    }
    bool written = query_step(query) == STEP_ROW;
    query_end(query);
    if (written) {
      return true;
    }
  }
  return false;
}

/* -- verification -------------------------------------------------------------------------------------------------- */

static bool verify(struct db *db, const char *sql, const char *what, struct error *error) {
  query_end(db_query(db, sql));
  return db_failure(db) == DB_OK ||
         error_set(error, "the contract and the database disagree on %s: %s", what, db_failure_text(db));
}

/* Some value that a column for that schema takes. A new reference. */
static json_t *sample_value(const struct schema *schema) {
  if (schema->default_value != NULL) {
    return json_deep_copy(schema->default_value);
  }
  if (schema->kinds & KIND_ARRAY) {
    return json_array();
  }
  if ((schema->kinds & KIND_NULL) || (schema->kinds & (KIND_STRING | KIND_OBJECT)) == 0 || schema->reference != NULL) {
    return json_null();
  }
  return schema->kinds & KIND_OBJECT ? json_object()
                                     : json_string(schema->values != NULL ? schema->values[0] : "sample");
}

static json_t *sample_row(const struct schema *schema) {
  json_t *row = memory_checked(json_object());
  for (size_t i = 0; i < schema->member_count; i++) {
    json_object_set_new(row, schema->members[i].name, sample_value(schema->members[i].schema));
  }
  return row;
}

/* Whether the document has the schema's members, all of them, in their order. */
static bool verify_members(const struct resource *resource, const json_t *document, struct error *error) {
  size_t i = 0;
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)document, name, value) {
    const char *expected = i < resource->schema->member_count ? resource->schema->members[i].name : "nothing more";
    if (strcmp(name, expected) != 0) {
      return error_set(error, "the contract and the view %s disagree: the view shows %s where the contract has %s",
                       resource->view, name, expected);
    }
    i++;
  }
  return i == resource->schema->member_count ||
         error_set(error, "the contract and the view %s disagree: the view does not show %s", resource->view,
                   resource->schema->members[i].name);
}

/* Renders a sample, which the caller undoes. What a view leaves out would be lost by the next patch. */
static bool verify_view(struct db *db, const struct resource *resource, struct error *error) {
  json_t *row = sample_row(resource->schema);
  struct record record = {"sample", "sample", 1, "2000-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z"};
  int64_t pk = resource_insert(db, resource, &record, row);
  json_decref(row);
  struct blob *bytes = pk == 0 ? NULL : resource_document(db, resource, pk);
  json_t *document = bytes == NULL ? NULL : json_loadb(bytes->data, bytes->size, 0, NULL);
  blob_drop(bytes);
  bool fine = document != NULL ? verify_members(resource, document, error)
                               : error_set(error, "the contract and the database disagree on %s: %s", resource->table,
                                           db_failure_text(db));
  json_decref(document);
  return fine;
}

static bool verify_one(struct db *db, const struct resource *resource, struct error *error) {
  const struct shape *shape = shape_in(db, resource);
  if (!verify(db, shape->select, resource->table, error) || !verify(db, shape->document, resource->view, error)) {
    return false;
  }
  for (size_t i = 0; i < shape->items_count; i++) {
    if (!verify(db, shape->items[i].select, shape->items[i].member->table, error)) {
      return false;
    }
  }
  return verify_view(db, resource, error);
}

bool resource_verify(struct db *db, const struct contract *contract, struct error *error) {
  if (!engine_begin(db)) {
    return error_set(error, "%s", db_failure_text(db));
  }
  bool fine = true;
  for (size_t i = 0; fine && i < contract->resource_count; i++) {
    fine = verify_one(db, &contract->resources[i], error);
  }
  engine_undo(db);
  return fine;
}
