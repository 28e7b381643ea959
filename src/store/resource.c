/* A record is a row of its resource's table and rows of tables of items. Statements are composed from the contract's
 * names, always quoted, and hold parameters wherever a value stands; equal texts are prepared once (db.h). An update
 * names only the columns that differ, so that an index whose column stays is left alone; a table of items is written
 * anew when its array differs.
 *
 * Stamps: a document shows its own members, the names of the records that it refers to, and the relations that others
 * wrote about it. So a rename marks all that refer to the record and all that it has mirrored relations to; writing
 * mirrored relations marks the records on their other side, before and after. */
#include "store/resource.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/shape.h"

#include <stdio.h>
#include <string.h>

/* A statement under construction, the columns it is for, and the row that fills them. */
struct statement {
  struct text *sql;
  struct text *values; /* of an INSERT */
  const json_t *before, *row;
  struct query *query;
  const struct contract *contract;
  int next;
};

/* The number of the first parameter that a column may take; lower ones are the store's own. */
enum { FIRST_COLUMN = 10 };

static void bind_json(struct query *query, int n, const struct column *column, const json_t *value) {
  if (value == NULL || json_is_null(value)) {
    if (column->lies == LIES_JSON) {
      query_bind_text(query, n, "[]");
    } else {
      query_bind_null(query, n);
    }
  } else if (column->lies == LIES_JSON) {
    char *text = memory_checked(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY));
    query_bind_text(query, n, text);
    free(text);
  } else if (column->lies == LIES_BOOLEAN) {
    query_bind_int(query, n, json_is_true(value));
  } else if (json_is_integer(value)) {
    query_bind_int(query, n, json_integer_value(value));
  } else {
    query_bind_text(query, n, json_string_value(value));
  }
}

/* The parameter of a column, or the look-up of the pk that a reference stands for. A reference names the table as its
 * resource's path, which the contract's loader holds equal. */
static void add_parameter(struct text *sql, const struct column *column, int n) {
  if (column->lies == LIES_REFERENCE) {
    text_addf(sql, "(SELECT pk FROM \"%s\" WHERE id = $%d)", column->reference, n);
  } else {
    text_addf(sql, "$%d", n);
  }
}

static void add_insert_column(void *argument, const struct column *column) {
  struct statement *statement = argument;
  text_addf(statement->sql, ", \"%s\"", column->name);
  text_add(statement->values, ", ");
  add_parameter(statement->values, column, statement->next++);
}

static void bind_column(void *argument, const struct column *column) {
  struct statement *statement = argument;
  bind_json(statement->query, statement->next++, column, shape_value(statement->row, column));
}

static bool same(const json_t *a, const json_t *b) {
  bool empty_a = a == NULL || json_is_null(a), empty_b = b == NULL || json_is_null(b);
  return empty_a || empty_b ? empty_a == empty_b : json_equal(a, b) != 0;
}

static void add_changed_column(void *argument, const struct column *column) {
  struct statement *statement = argument;
  if (!same(shape_value(statement->before, column), shape_value(statement->row, column))) {
    text_addf(statement->sql, ", \"%s\" = ", column->name);
    add_parameter(statement->sql, column, statement->next);
  }
  statement->next++;
}

static void bind_changed_column(void *argument, const struct column *column) {
  struct statement *statement = argument;
  const json_t *value = shape_value(statement->row, column);
  if (!same(shape_value(statement->before, column), value)) {
    bind_json(statement->query, statement->next, column, value);
  }
  statement->next++;
}

/* -- finding ------------------------------------------------------------------------------------------------------- */

bool resource_find(struct db *db, const struct resource *resource, const char *key, struct found *found) {
  char sql[160];
  bool by_id = typeid_valid(resource->prefix, key);
  snprintf(sql, sizeof sql, "SELECT pk, stamp, revision, id FROM \"%s\" WHERE %s = $1", resource->table,
           by_id ? "id" : "slug");
  struct query *query = db_query(db, sql);
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

struct blob *resource_document(struct db *db, const struct resource *resource, int64_t pk) {
  char sql[160];
  snprintf(sql, sizeof sql, "SELECT document FROM \"%s\" WHERE pk = $1", resource->view);
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, pk);
  struct blob *document = query_step(query) == STEP_ROW ? query_blob(query, 0) : NULL;
  query_end(query);
  return document;
}

/* -- stamps -------------------------------------------------------------------------------------------------------- */

static bool touch(struct db *db, const char *sql, int64_t pk) {
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, db_stamp(db));
  query_bind_int(query, 2, pk);
  return query_run(query);
}

bool resource_touch(struct db *db, const struct resource *resource, int64_t pk) {
  char sql[160];
  snprintf(sql, sizeof sql, "UPDATE \"%s\" SET stamp = $1 WHERE pk = $2", resource->table);
  return touch(db, sql, pk);
}

/* Everything that refers to the record shows its name. */
static bool touch_referrers(struct db *db, const struct resource *resource, int64_t pk) {
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    char sql[320];
    if (referrer->table != NULL) {
      snprintf(sql, sizeof sql, "UPDATE \"%s\" SET stamp = $1 WHERE pk IN (SELECT owner FROM \"%s\" WHERE \"%s\" = $2)",
               referrer->resource->table, referrer->table, referrer->column);
    } else {
      snprintf(sql, sizeof sql, "UPDATE \"%s\" SET stamp = $1 WHERE \"%s\" = $2", referrer->resource->table,
               referrer->column);
    }
    if (!touch(db, sql, pk)) {
      return false;
    }
  }
  return true;
}

/* Everything that the record has mirrored relations to serves them too. A mirrored relation joins records of one
 * resource. */
static bool touch_mirrors(struct db *db, const struct resource *resource, int64_t pk) {
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    if (!referrer->mirrored || referrer->resource != resource) {
      continue;
    }
    char sql[320];
    snprintf(sql, sizeof sql, "UPDATE \"%s\" SET stamp = $1 WHERE pk IN (SELECT \"%s\" FROM \"%s\" WHERE owner = $2)",
             resource->table, referrer->column, referrer->table);
    if (!touch(db, sql, pk)) {
      return false;
    }
  }
  return true;
}

static bool is_mirrored(const struct resource *resource, const struct member *member) {
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    if (referrer->mirrored && referrer->resource == resource && strcmp(referrer->table, member->table) == 0) {
      return true;
    }
  }
  return false;
}

/* -- items --------------------------------------------------------------------------------------------------------- */

static const struct schema *item_schema(const struct member *member) {
  return member->schema->items;
}

static bool items_are_scalars(const struct member *member) {
  return item_schema(member)->member_count == 0 || item_schema(member)->reference != NULL;
}

static const struct column value_column = {.name = "value", .member = "value", .lies = LIES_TEXT};

static bool insert_items(struct db *db, const struct member *member, int64_t owner, const json_t *items) {
  if (json_array_size(items) == 0) {
    return true;
  }
  void *scratch = talloc_new(NULL);
  struct statement statement = {.sql = text_new(scratch), .values = text_new(scratch), .next = FIRST_COLUMN};
  text_addf(statement.sql, "INSERT INTO \"%s\" (owner, position", member->table);
  if (items_are_scalars(member)) {
    add_insert_column(&statement, &value_column);
  } else {
    shape_columns(item_schema(member), add_insert_column, &statement);
  }
  text_addf(statement.sql, ") VALUES ($1, $2%s)", statement.values->data);
  bool fine = true;
  size_t position;
  const json_t *item;
  json_array_foreach((json_t *)items, position, item) {
    statement.query = db_query(db, statement.sql->data);
    statement.row = item;
    statement.next = FIRST_COLUMN;
    query_bind_int(statement.query, 1, owner);
    query_bind_int(statement.query, 2, (int64_t)position);
    if (items_are_scalars(member)) {
      bind_json(statement.query, FIRST_COLUMN, &value_column, item);
    } else {
      shape_columns(item_schema(member), bind_column, &statement);
    }
    fine = query_run(statement.query) && fine;
  }
  talloc_free(scratch);
  return fine;
}

static bool delete_items(struct db *db, const struct member *member, int64_t owner) {
  char sql[160];
  snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE owner = $1", member->table);
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, owner);
  return query_run(query);
}

/* Makes the tables of items hold what `after` says. */
static bool write_items(struct db *db, const struct resource *resource, int64_t pk, const json_t *before,
                        const json_t *after) {
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    if (member->table == NULL) {
      continue;
    }
    const json_t *old = json_object_get(before, member->name), *items = json_object_get(after, member->name);
    if (before != NULL && (items == NULL || same(old, items))) {
      continue;
    }
    bool mirrored = is_mirrored(resource, member) && (json_array_size(old) > 0 || json_array_size(items) > 0);
    bool fine = (!mirrored || touch_mirrors(db, resource, pk)) &&
                (json_array_size(old) == 0 || delete_items(db, member, pk)) && insert_items(db, member, pk, items) &&
                (!mirrored || touch_mirrors(db, resource, pk));
    if (!fine) {
      return false;
    }
  }
  return true;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

int64_t resource_insert(struct db *db, const struct resource *resource, const struct record *record,
                        const json_t *row) {
  void *scratch = talloc_new(NULL);
  struct statement statement = {
      .sql = text_new(scratch), .values = text_new(scratch), .row = row, .next = FIRST_COLUMN};
  text_addf(statement.sql, "INSERT INTO \"%s\" (id, slug, revision, stamp, created_at, updated_at", resource->table);
  shape_columns(resource->schema, add_insert_column, &statement);
  text_addf(statement.sql, ") VALUES ($1, $2, $3, $4, $5, $6%s)", statement.values->data);
  statement.query = db_query(db, statement.sql->data);
  query_bind_text(statement.query, 1, record->id);
  query_bind_text(statement.query, 2, record->slug);
  query_bind_int(statement.query, 3, record->revision);
  query_bind_int(statement.query, 4, db_stamp(db));
  query_bind_text(statement.query, 5, record->created_at);
  query_bind_text(statement.query, 6, record->updated_at);
  statement.next = FIRST_COLUMN;
  shape_columns(resource->schema, bind_column, &statement);
  bool fine = query_run(statement.query);
  talloc_free(scratch);
  int64_t pk = fine ? db_last_pk(db) : 0;
  return fine && write_items(db, resource, pk, NULL, row) ? pk : 0;
}

bool resource_update(struct db *db, const struct resource *resource, int64_t pk, const struct record *record,
                     const char *old_slug, const json_t *before, const json_t *after) {
  void *scratch = talloc_new(NULL);
  struct statement statement = {.sql = text_new(scratch), .before = before, .row = after, .next = FIRST_COLUMN};
  bool moved = strcmp(old_slug, record->slug) != 0;
  text_addf(statement.sql, "UPDATE \"%s\" SET revision = $2, stamp = $3, updated_at = $4%s", resource->table,
            moved ? ", slug = $5" : "");
  shape_columns(resource->schema, add_changed_column, &statement);
  text_add(statement.sql, " WHERE pk = $1");
  statement.query = db_query(db, statement.sql->data);
  query_bind_int(statement.query, 1, pk);
  query_bind_int(statement.query, 2, record->revision);
  query_bind_int(statement.query, 3, db_stamp(db));
  query_bind_text(statement.query, 4, record->updated_at);
  query_bind_text(statement.query, 5, record->slug);
  statement.next = FIRST_COLUMN;
  shape_columns(resource->schema, bind_changed_column, &statement);
  bool fine = query_run(statement.query) && write_items(db, resource, pk, before, after);
  talloc_free(scratch);
  bool renamed = moved || !same(json_object_get(before, resource->name), json_object_get(after, resource->name));
  return fine && (!renamed || (touch_referrers(db, resource, pk) && touch_mirrors(db, resource, pk)));
}

bool resource_delete(struct db *db, const struct resource *resource, int64_t pk) {
  char sql[160];
  snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE pk = $1", resource->table);
  if (!touch_mirrors(db, resource, pk)) {
    return false;
  }
  struct query *query = db_query(db, sql);
  query_bind_int(query, 1, pk);
  return query_run(query);
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
                               const char *other) {
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    if (!referrer->mirrored || referrer->resource != resource) {
      continue;
    }
    char sql[320];
    snprintf(sql, sizeof sql,
             "SELECT 1 FROM \"%s\" WHERE owner = (SELECT pk FROM \"%s\" WHERE id = $1) AND type = $2 "
             "AND \"%s\" = (SELECT pk FROM \"%s\" WHERE id = $3)",
             referrer->table, resource->table, referrer->column, resource->table);
    struct query *query = db_query(db, sql);
    query_bind_text(query, 1, owner);
    query_bind_text(query, 2, type);
    query_bind_text(query, 3, other);
    bool written = query_step(query) == STEP_ROW;
    query_end(query);
    if (written) {
      return true;
    }
  }
  return false;
}

/* -- verification -------------------------------------------------------------------------------------------------- */

static void add_select_column(void *argument, const struct column *column) {
  text_addf(((struct statement *)argument)->sql, ", \"%s\"", column->name);
}

static bool verify(struct db *db, const char *sql, const char *what, struct error *error) {
  struct query *query = db_query(db, sql);
  query_end(query);
  return db_failure(db) == DB_OK ||
         error_set(error, "the contract and the database disagree on %s: %s", what, db_failure_text(db));
}

static bool verify_one(struct db *db, const struct resource *resource, struct error *error) {
  void *scratch = talloc_new(NULL);
  struct statement statement = {.sql = text_new(scratch)};
  text_add(statement.sql, "SELECT pk, id, slug, revision, stamp, created_at, updated_at");
  shape_columns(resource->schema, add_select_column, &statement);
  text_addf(statement.sql, " FROM \"%s\"", resource->table);
  bool fine = verify(db, statement.sql->data, resource->table, error);
  for (size_t i = 0; fine && i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    if (member->table == NULL) {
      continue;
    }
    text_clear(statement.sql);
    text_add(statement.sql, "SELECT owner, position");
    if (items_are_scalars(member)) {
      add_select_column(&statement, &value_column);
    } else {
      shape_columns(item_schema(member), add_select_column, &statement);
    }
    text_addf(statement.sql, " FROM \"%s\"", member->table);
    fine = verify(db, statement.sql->data, member->table, error);
  }
  text_clear(statement.sql);
  text_addf(statement.sql, "SELECT pk, document FROM \"%s\"", resource->view);
  fine = fine && verify(db, statement.sql->data, resource->view, error);
  talloc_free(scratch);
  return fine;
}

bool resource_verify(struct db *db, const struct contract *contract, struct error *error) {
  for (size_t i = 0; i < contract->resource_count; i++) {
    if (!verify_one(db, &contract->resources[i], error)) {
      return false;
    }
  }
  return true;
}
