/* Scalars lie in a column each; an object's members in columns `object_member`; an array without a table of its own as
 * JSON text; a reference as the pk of the other record. An array of scalars that has a table lies in both: documents
 * show the text, which costs them no look into another table, and filters use the table, as an index. Statements are
 * composed from the contract's names, always quoted; values are parameters. */
#include "store/shape.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/db.h"
#include "store/search_sql.h"
#include "store/sort_names.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 100 };

struct shapes {
  struct shape *list; /* by the resource's index */
  struct index *indexes;
  size_t index_count;
};

/* -- columns ------------------------------------------------------------------------------------------------------- */

static enum lies lies(const struct schema *schema) {
  if (schema->reference != NULL) {
    return LIES_REFERENCE;
  }
  if (schema->kinds & (KIND_ARRAY | KIND_OBJECT)) {
    return LIES_JSON;
  }
  if (schema->kinds & KIND_BOOLEAN) {
    return LIES_BOOLEAN;
  }
  return schema->kinds & (KIND_INTEGER | KIND_NUMBER) ? LIES_INTEGER : LIES_TEXT;
}

static bool flattened(const struct schema *schema) {
  return (schema->kinds & KIND_OBJECT) != 0 && schema->reference == NULL && schema->member_count > 0;
}

static struct column plain_column(const struct contract *contract, const struct member *member, const char *name) {
  const struct schema *schema = member->schema;
  struct column column = {.name = name,
                          .member = member->name,
                          .lies = lies(schema),
                          .internal = member->internal,
                          .searched = member->searched};
  if (schema->reference != NULL) {
    column.reference = contract_resource(contract, schema->reference)->table;
  }
  return column;
}

static bool holds_scalars(const struct member *list) {
  const struct schema *items = list->schema->items;
  return items->member_count == 0 || items->reference != NULL;
}

/* Ends the program before a contract overruns the parameters of a statement. */
static void room_for(size_t count) {
  if (count == COLUMNS_MOST) {
    log_line(LOG_ERROR, "a resource may have %d columns at most", COLUMNS_MOST);
    abort();
  }
}

/* The columns of an object's members, in order; lists of objects with a table of their own left out. */
static size_t add_columns(const void *parent, const struct contract *contract, const struct schema *schema,
                          struct column *columns) {
  size_t count = 0;
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    bool elsewhere = member->table != NULL && !holds_scalars(member);
    if (!member->stored || elsewhere || strcmp(member->name, "slug") == 0) {
      continue; /* the slug is one of the columns that every resource has */
    }
    if (!flattened(member->schema)) {
      room_for(count);
      columns[count] = plain_column(contract, member, member->column);
      columns[count++].derived = member->read_only;
      continue;
    }
    for (size_t j = 0; j < member->schema->member_count; j++) {
      const struct member *inner = &member->schema->members[j];
      const char *name = memory_print(parent, "%s_%s", member->column, inner->column);
      room_for(count);
      columns[count] = plain_column(contract, inner, name);
      columns[count].member = member->name;
      columns[count].inner = inner->name;
      columns[count].derived = member->read_only;
      columns[count++].internal = member->internal || inner->internal;
    }
  }
  return count;
}

const json_t *shape_value(const json_t *row, const struct column *column) {
  if (column->member == NULL) {
    return row;
  }
  const json_t *value = json_object_get(row, column->member);
  return column->inner == NULL || value == NULL ? value : json_object_get(value, column->inner);
}

void shape_add_parameter(struct text *sql, const struct column *column, int n) {
  if (column->lies == LIES_REFERENCE) {
    text_addf(sql, "(SELECT pk FROM \"%s\" WHERE id = $%d)", column->reference, n);
  } else {
    text_addf(sql, "$%d", n);
  }
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

static const char *insert_text(const void *parent, const char *table, const char *own_columns, int own_count,
                               const struct column *columns, size_t count) {
  struct text *sql = text_new(parent);
  text_addf(sql, "INSERT INTO \"%s\" (%s", table, own_columns);
  for (size_t i = 0; i < count; i++) {
    text_addf(sql, ", \"%s\"", columns[i].name);
  }
  text_add(sql, ") VALUES (");
  for (int i = 1; i <= own_count; i++) {
    text_addf(sql, "%s$%d", i == 1 ? "" : ", ", i);
  }
  for (size_t i = 0; i < count; i++) {
    text_add(sql, ", ");
    shape_add_parameter(sql, &columns[i], FIRST_COLUMN + (int)i);
  }
  text_add(sql, ")");
  return sql->data;
}

/* A statement that reads every column: preparing it shows whether they are there. */
static const char *select_text(const void *parent, const char *table, const char *own_columns,
                               const struct column *columns, size_t count) {
  struct text *sql = text_new(parent);
  text_addf(sql, "SELECT %s", own_columns);
  for (size_t i = 0; i < count; i++) {
    text_addf(sql, ", \"%s\"", columns[i].name);
  }
  text_addf(sql, " FROM \"%s\"", table);
  return sql->data;
}

static bool leads_back(const struct resource *resource, const struct referrer *referrer) {
  return referrer->mirrored && referrer->resource == resource;
}

/* The member of the items whose record serves them too, or NULL. */
static const char *mirrored_member(const struct resource *resource, const struct items *items) {
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    for (size_t j = 0; j < items->column_count; j++) {
      if (leads_back(resource, referrer) && strcmp(referrer->table, items->member->table) == 0 &&
          strcmp(referrer->column, items->columns[j].name) == 0) {
        return items->columns[j].member;
      }
    }
  }
  return NULL;
}

/* Whether a record has written an item: the reference and the type are parameters, and with `exactly` every other
 * column too. */
static const char *written_text(const void *parent, const struct resource *resource, const struct items *items,
                                bool exactly) {
  const char *table = items->member->table;
  struct text *sql = text_new(parent);
  text_addf(sql, "SELECT 1 FROM \"%s\" WHERE owner = (SELECT pk FROM \"%s\" WHERE id = $1) AND type = $2", table,
            resource->table);
  for (size_t i = 0; i < items->column_count; i++) {
    const struct column *column = &items->columns[i];
    if (strcmp(column->member, items->mirrored) == 0) {
      text_addf(sql, " AND \"%s\" = (SELECT pk FROM \"%s\" WHERE id = $3)", column->name, resource->table);
    } else if (exactly && strcmp(column->name, "type") != 0) {
      text_addf(sql, " AND \"%s\" IS $%d", column->name, FIRST_COLUMN + (int)i);
    }
  }
  return sql->data;
}

/* How many items a record has written itself, asked only of one that others have written items about. */
static const char *own_count_text(const void *parent, const struct items *items) {
  const char *table = items->member->table, *column = "";
  for (size_t i = 0; i < items->column_count; i++) {
    column = strcmp(items->columns[i].member, items->mirrored) == 0 ? items->columns[i].name : column;
  }
  return memory_print(parent,
                      "SELECT (SELECT count(*) FROM \"%s\" WHERE owner = $1) WHERE EXISTS (SELECT 1 FROM \"%s\" WHERE "
                      "\"%s\" = $1)",
                      table, table, column);
}

static void make_items(const void *parent, const struct contract *contract, const struct resource *resource,
                       const struct member *member, struct items *items) {
  const struct schema *schema = member->schema->items;
  struct column *columns = memory_array(parent, struct column, COLUMNS_MOST);
  items->member = member;
  items->columns = columns;
  if (holds_scalars(member)) {
    columns[items->column_count++] = (struct column){.name = "value", .lies = LIES_TEXT};
  } else {
    items->column_count = add_columns(parent, contract, schema, columns);
  }
  items->mirrored = mirrored_member(resource, items);
  if (items->mirrored != NULL) {
    items->written = written_text(parent, resource, items, false);
    items->written_exactly = written_text(parent, resource, items, true);
    items->own_count = own_count_text(parent, items);
  }
  items->insert = insert_text(parent, member->table, "owner, position", 2, columns, items->column_count);
  items->select = select_text(parent, member->table, "owner, position", columns, items->column_count);
  items->clear = memory_print(parent, "DELETE FROM \"%s\" WHERE owner = $1", member->table);
}

/* The statements that mark what shows a record's name. A mirrored relation joins records of one resource. */
static void make_touches(const void *parent, struct shape *shape) {
  const struct resource *resource = shape->resource;
  const char **referrers = memory_array(parent, const char *, resource->referrer_count + 1);
  const char **mirrors = memory_array(parent, const char *, resource->referrer_count + 1);
  size_t mirror_count = 0;
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    const char *own = referrer->resource->table, *column = referrer->column;
    if (referrer->table == NULL) {
      referrers[i] = memory_print(parent, "UPDATE \"%s\" SET stamp = $1 WHERE \"%s\" = $2", own, column);
      continue;
    }
    referrers[i] =
        memory_print(parent, "UPDATE \"%s\" SET stamp = $1 WHERE pk IN (SELECT owner FROM \"%s\" WHERE \"%s\" = $2)",
                     own, referrer->table, column);
    if (leads_back(resource, referrer)) {
      mirrors[mirror_count++] =
          memory_print(parent, "UPDATE \"%s\" SET stamp = $1 WHERE pk IN (SELECT \"%s\" FROM \"%s\" WHERE owner = $2)",
                       own, column, referrer->table);
    }
  }
  shape->touch_referrers = referrers;
  shape->touch_mirrors = mirrors;
}

static void make_shape(const void *parent, const struct contract *contract, const struct resource *resource,
                       struct shape *shape) {
  static const char own[] = "id, slug, revision, stamp, created_at, updated_at";
  const char *sort = sort_names_column(resource);
  const char *written = sort == NULL ? own : memory_print(parent, "%s, \"%s\"", own, sort);
  struct column *columns = memory_array(parent, struct column, COLUMNS_MOST);
  struct items *items = memory_array(parent, struct items, resource->schema->member_count + 1);
  shape->resource = resource;
  shape->columns = columns;
  shape->column_count = add_columns(parent, contract, resource->schema, columns);
  shape->items = items;
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    if (resource->schema->members[i].table != NULL) {
      make_items(parent, contract, resource, &resource->schema->members[i], &items[shape->items_count++]);
    }
  }
  const char *table = resource->table;
  shape->insert = insert_text(parent, table, written, sort == NULL ? 6 : 7, columns, shape->column_count);
  shape->select = select_text(parent, table, own, columns, shape->column_count);
  shape->find_by_id = memory_print(parent, "SELECT pk, stamp, revision, id FROM \"%s\" WHERE id = $1", table);
  shape->find_by_slug = memory_print(parent, "SELECT pk, stamp, revision, id FROM \"%s\" WHERE slug = $1", table);
  shape->free_number = memory_print(
      parent,
      "SELECT n.column1 FROM (VALUES (2), (3), (4), (5), (6), (7), (8), (9)) n "
      "WHERE NOT EXISTS (SELECT 1 FROM \"%s\" WHERE slug = $1 || '-' || n.column1) "
      "AND NOT EXISTS (SELECT 1 FROM merges WHERE slug = $1 || '-' || n.column1 AND resource = $2) LIMIT 1",
      table);
  shape->document = memory_print(parent, "SELECT document FROM \"%s\" WHERE pk = $1", resource->view);
  shape->documents = memory_print(
      parent, "SELECT v.pk, v.document FROM json_each($1) k CROSS JOIN \"%s\" v ON v.pk = k.value", resource->view);
  shape->delete = memory_print(parent, "DELETE FROM \"%s\" WHERE pk = $1", table);
  shape->history_gaps = memory_print(
      parent,
      "SELECT r.id || ' is at revision ' || r.revision || ', its history at ' || coalesce(max(h.revision), 0) "
      "FROM \"%s\" r LEFT JOIN history h ON h.record = r.id "
      "GROUP BY r.id HAVING coalesce(max(h.revision), 0) <> r.revision UNION ALL "
      "SELECT h.record || ' is gone, and its history does not end with a deletion' "
      "FROM (SELECT record, operation, max(revision) FROM history WHERE resource = $1 GROUP BY record) h "
      "WHERE h.operation <> 'delete' AND NOT EXISTS (SELECT 1 FROM \"%s\" WHERE id = h.record) LIMIT 100",
      table, table);
  shape->touch_by_id = memory_print(parent, "UPDATE \"%s\" SET stamp = $1 WHERE id = $2", table);
  make_touches(parent, shape);
}

struct shapes *shapes_new(const void *parent, const struct contract *contract) {
  struct shapes *shapes = memory_new(parent, struct shapes);
  shapes->list = memory_array(shapes, struct shape, contract->resource_count);
  for (size_t i = 0; i < contract->resource_count; i++) {
    make_shape(shapes, contract, &contract->resources[i], &shapes->list[contract->resources[i].index]);
  }
  for (size_t i = 0; i < contract->resource_count; i++) {
    shapes->list[i].search = search_sql_new(shapes, contract, shapes->list, i);
  }
  return shapes;
}

const struct shape *shape_of(const struct shapes *shapes, const struct resource *resource) {
  return &shapes->list[resource->index];
}

/* -- indexes ------------------------------------------------------------------------------------------------------- */

const char *copy_original(const char *column) {
  static const char copy[] = "owner_";
  size_t length = sizeof copy - 1;
  return strncmp(column, copy, length) == 0 ? column + length : NULL;
}

static struct index *index_named(struct shapes *shapes, const char *table, const char *name) {
  struct index *last = shapes->index_count == 0 ? NULL : &shapes->indexes[shapes->index_count - 1];
  if (last == NULL || strcmp(last->name, name) != 0) {
    shapes->indexes = memory_grow(shapes, shapes->indexes, struct index, shapes->index_count + 1);
    last = &shapes->indexes[shapes->index_count++];
    *last = (struct index){.table = memory_copy(shapes, table), .name = memory_copy(shapes, name)};
  }
  return last;
}

bool shapes_read_indexes(struct shapes *shapes, struct db *db) {
  struct query *query = db_named(db, "indexes");
  enum step step;
  while ((step = query_step(query)) == STEP_ROW) {
    struct index *index = index_named(shapes, query_text(query, 0), query_text(query, 1));
    const char *column = query_text(query, 2);
    index->columns = memory_grow(shapes, index->columns, const char *, index->column_count + 1);
    index->columns[index->column_count++] = memory_copy(shapes, column == NULL ? "" : column);
  }
  query_end(query);
  return step == STEP_DONE;
}

bool shapes_indexed(const struct shapes *shapes, const char *table, const char *first, const char *second,
                    const char *third) {
  const char *wanted[] = {first, second, third};
  for (size_t i = 0; i < shapes->index_count; i++) {
    const struct index *index = &shapes->indexes[i];
    bool fits = strcmp(index->table, table) == 0;
    for (size_t j = 0; fits && j < sizeof wanted / sizeof wanted[0]; j++) {
      fits = wanted[j] == NULL || (j < index->column_count && strcmp(wanted[j], index->columns[j]) == 0);
    }
    if (fits) {
      return true;
    }
  }
  return false;
}

const struct index *shapes_narrow(const struct shapes *shapes, const char *table, const char *column) {
  for (size_t i = 0; i < shapes->index_count; i++) {
    const struct index *index = &shapes->indexes[i];
    bool begins = strcmp(index->table, table) == 0 && strcmp(index->columns[0], "pk") == 0;
    for (size_t j = 1; begins && j < index->column_count; j++) {
      if (strcmp(index->columns[j], column) == 0) {
        return index;
      }
    }
  }
  return NULL;
}

bool shapes_copied(const struct shapes *shapes, const char *table, const char *column) {
  for (size_t i = 0; i < shapes->index_count; i++) {
    const struct index *index = &shapes->indexes[i];
    for (size_t j = 0; strcmp(index->table, table) == 0 && j < index->column_count; j++) {
      const char *original = copy_original(index->columns[j]);
      if (original != NULL && strcmp(original, column) == 0) {
        return true;
      }
    }
  }
  return false;
}
