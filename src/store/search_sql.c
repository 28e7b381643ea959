/* The searched text of a record is the columns that the contract marks, and the names of records that it refers to: one
 * SELECT for its own, and one for each of its tables of items. For the public the same is read through the views of
 * public_views.c, so that it says nothing that they would not. */
#include "store/search_sql.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/shape.h"

#include <string.h>

enum { VALUES_MOST = 200 }; /* columns of one statement */

/* -- the text of a record ------------------------------------------------------------------------------------------ */

/* Whether the items lie in their table alone, and are searched: scalars lie in a column of the record, too. */
static bool items_searched(const struct items *items) {
  const struct schema *of = items->member->schema->items;
  bool scalars = of->member_count == 0 || of->reference != NULL;
  return items->member->searched != SEARCHED_NOT && !scalars;
}

static const struct shape *shape_by_table(const struct contract *contract, const struct shape *shapes,
                                          const char *table) {
  size_t i = 0;
  while (i + 1 < contract->resource_count && strcmp(shapes[i].resource->table, table) != 0) {
    i++;
  }
  return &shapes[i];
}

/* A statement of a part under way. */
struct reading {
  const struct contract *contract;
  const struct shape *shapes;
  struct text *sql;
  struct searched_value *values;
  size_t count;
  bool open;
};

static void add_value(struct reading *reading, const struct schema *schema, bool json, bool name) {
  reading->values[reading->count++] = (struct searched_value){schema, json, name};
}

/* The columns by which the record is named that `column` leads to. */
static void add_reference(struct reading *reading, const struct column *column, bool item) {
  const struct shape *other = shape_by_table(reading->contract, reading->shapes, column->reference);
  for (size_t i = 0; i < other->column_count; i++) {
    const struct column *own = &other->columns[i];
    if (own->searched == SEARCHED_NAME) {
      text_addf(reading->sql, "%s(SELECT r.\"%s\" FROM \"%s%s\" r WHERE r.pk = %s.\"%s\")",
                reading->count == 0 ? "" : ", ", own->name, reading->open ? "public_" : "", other->resource->table,
                item ? "i" : "t", column->name);
      add_value(reading, schema_member(other->resource->schema, own->member)->schema, own->lies == LIES_JSON, false);
    }
  }
}

static void add_columns(struct reading *reading, const struct schema *schema, const struct column *columns,
                        size_t count, bool item) {
  for (size_t i = 0; i < count; i++) {
    const struct column *column = &columns[i];
    if (column->searched == SEARCHED_NOT) {
      continue;
    }
    if (column->lies == LIES_REFERENCE) {
      add_reference(reading, column, item);
      continue;
    }
    text_addf(reading->sql, "%s%s.\"%s\"", reading->count == 0 ? "" : ", ", item ? "i" : "t", column->name);
    add_value(reading, schema_member(schema, column->member)->schema, column->lies == LIES_JSON,
              !item && column->searched == SEARCHED_NAME);
  }
}

/* `items` is NULL for the record's own columns. */
static void make_part(const void *parent, const struct contract *contract, const struct shape *shapes,
                      const struct shape *shape, const struct items *items, struct searched_part *part) {
  for (int side = 0; side < SEARCH_SIDES; side++) {
    struct reading reading = {.contract = contract,
                              .shapes = shapes,
                              .sql = text_new(parent),
                              .values = memory_array(parent, struct searched_value, VALUES_MOST),
                              .open = side == SEARCH_PUBLIC};
    struct text *sql = reading.sql;
    text_add(sql, "SELECT ");
    if (items == NULL) {
      add_columns(&reading, shape->resource->schema, shape->columns, shape->column_count, false);
      text_addf(sql, " FROM \"%s%s\" t WHERE t.pk = $1", reading.open ? "public_" : "", shape->resource->table);
    } else {
      add_columns(&reading, items->member->schema->items, items->columns, items->column_count, true);
      text_addf(sql, " FROM \"%s%s\" i WHERE i.owner = $1", reading.open ? "public_" : "", items->member->table);
    }
    part->sql[side] = sql->data;
    part->values = reading.values;
    part->count = reading.count;
  }
}

static void make_parts(const void *parent, const struct contract *contract, const struct shape *shapes,
                       const struct shape *shape, struct search_sql *search) {
  struct searched_part *parts = memory_array(parent, struct searched_part, shape->items_count + 1);
  search->parts = parts;
  make_part(parent, contract, shapes, shape, NULL, &parts[search->part_count++]);
  for (size_t i = 0; i < shape->items_count; i++) {
    if (items_searched(&shape->items[i])) {
      make_part(parent, contract, shapes, shape, &shape->items[i], &parts[search->part_count++]);
    }
  }
}

/* -- the rest ------------------------------------------------------------------------------------------------------ */

/* Whoever is found by the names of this resource's records. */
static void find_referrers(const void *parent, const struct shape *shapes, const struct resource *resource,
                           struct search_sql *search) {
  struct search_referrer *list = memory_array(parent, struct search_referrer, resource->referrer_count);
  search->referrers = list;
  for (size_t i = 0; i < resource->referrer_count; i++) {
    const struct referrer *referrer = &resource->referrers[i];
    const struct shape *other = &shapes[referrer->resource->index];
    const struct column *columns = other->columns;
    size_t count = other->column_count;
    for (size_t j = 0; referrer->table != NULL && j < other->items_count; j++) {
      if (strcmp(other->items[j].member->table, referrer->table) == 0 && items_searched(&other->items[j])) {
        columns = other->items[j].columns;
        count = other->items[j].column_count;
      }
    }
    for (size_t j = 0; j < count; j++) {
      if (columns[j].searched != SEARCHED_NOT && columns[j].lies == LIES_REFERENCE &&
          strcmp(columns[j].name, referrer->column) == 0) {
        struct text *sql = text_new(parent);
        text_addf(sql, "SELECT %s FROM \"%s\" WHERE \"%s\" = $1", referrer->table == NULL ? "pk" : "owner",
                  referrer->table == NULL ? other->resource->table : referrer->table, referrer->column);
        list[search->referrer_count++] = (struct search_referrer){referrer->resource, sql->data};
      }
    }
  }
}

static void make_side(const void *parent, const struct resource *resource, struct search_sql *search,
                      enum search_side side) {
  const char *table = memory_print(parent, "%s%s", resource->search, side == SEARCH_PUBLIC ? "_public" : "");
  search->sides[side].table = table;
  search->make_table[side] = memory_print(
      parent, "CREATE VIRTUAL TABLE IF NOT EXISTS \"%s\" USING fts5(names, rest, tokenize = 'entente')", table);
  search->sides[side].read = memory_print(parent, "SELECT names, rest FROM \"%s\" WHERE rowid = $1", table);
  search->sides[side].insert =
      memory_print(parent, "INSERT INTO \"%s\" (rowid, names, rest) VALUES ($1, $2, $3)", table);
  search->sides[side].update = memory_print(parent, "UPDATE \"%s\" SET names = $2, rest = $3 WHERE rowid = $1", table);
  search->sides[side].rebuild = memory_print(parent, "INSERT INTO \"%s\" (\"%s\") VALUES ('rebuild')", table, table);
  search->sides[side].sizes = memory_print(parent, "SELECT id, sz FROM \"%s_docsize\"", table);
  search->sides[side].weights = memory_print(parent, "SELECT search_weights(\"%s\") FROM \"%s\" LIMIT 1", table, table);
  search->sides[side].remove = memory_print(parent, "DELETE FROM \"%s\" WHERE rowid = $1", table);
}

/* Of either kind at most $3, along the index. */
static const char *find_names(const void *parent, const char *table, const char *condition) {
  struct text *sql = text_new(parent);
  for (int open = 0; open <= 1; open++) {
    text_addf(sql, "%sSELECT * FROM (SELECT owner, own, folded FROM \"%s\" WHERE open = %d AND %s LIMIT $3)",
              open == 0 ? "" : " UNION ALL ", table, open, condition);
  }
  return sql->data;
}

static void make_names(const void *parent, const struct resource *resource, struct search_sql *search) {
  const char *table = memory_print(parent, "%s_names", resource->search);
  search->make_names = memory_print(parent,
                                    "CREATE TABLE IF NOT EXISTS \"%s\" (open INTEGER NOT NULL CHECK (open IN (0, 1)), "
                                    "folded TEXT NOT NULL, owner INTEGER NOT NULL, "
                                    "own INTEGER NOT NULL CHECK (own IN (0, 1)), "
                                    "PRIMARY KEY (open, folded, owner)) STRICT, WITHOUT ROWID",
                                    table);
  search->name_insert = memory_print(
      parent, "INSERT INTO \"%s\" (open, folded, owner, own) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", table);
  search->name_remove =
      memory_print(parent, "DELETE FROM \"%s\" WHERE open = $1 AND folded = $2 AND owner = $3", table);
  search->clear_names = memory_print(parent, "DELETE FROM \"%s\"", table);
  search->count_names = memory_print(parent, "SELECT count(*) FROM \"%s\"", table);
  search->has_name =
      memory_print(parent, "SELECT own FROM \"%s\" WHERE open = $1 AND folded = $2 AND owner = $3", table);
  search->begun = memory_print(parent, "SELECT * FROM (%s) ORDER BY folded, owner LIMIT $3",
                               find_names(parent, table, "folded >= $1 AND folded < $2 ORDER BY folded, owner"));
  search->count_begun =
      memory_print(parent, "SELECT count(*) FROM (%s)", find_names(parent, table, "folded >= $1 AND folded < $2"));
  search->exact = find_names(parent, table, "folded = $1");
  search->prefix = find_names(parent, table, "folded >= $1 AND folded < $2");
  search->before = find_names(parent, table, "folded < $1 ORDER BY folded DESC");
}

const struct search_sql *search_sql_new(const void *parent, const struct contract *contract, const struct shape *shapes,
                                        size_t index) {
  const struct shape *shape = &shapes[index];
  const struct resource *resource = shape->resource;
  if (resource->search == NULL) {
    return NULL;
  }
  struct search_sql *search = memory_new(parent, struct search_sql);
  for (int side = 0; side < SEARCH_SIDES; side++) {
    make_side(parent, resource, search, (enum search_side)side);
  }
  make_parts(parent, contract, shapes, shape, search);
  make_names(parent, resource, search);
  const char *table = resource->search;
  search->found =
      memory_print(parent, "SELECT count(*) FROM (SELECT 1 FROM \"%s\" WHERE \"%s\" MATCH $1 LIMIT $2)", table, table);
  search->candidates = memory_print(
      parent, "SELECT rowid, search_weights(\"%s\") FROM \"%s\" WHERE \"%s\" MATCH $1 AND rowid <= $3 LIMIT $2", table,
      table, table);
  search->item = memory_print(parent,
                              "SELECT t.id, t.slug, t.\"%s\", s.names, s.rest FROM \"%s\" t CROSS JOIN \"%s\" s"
                              " ON s.rowid = t.pk WHERE t.pk = $1",
                              resource->name, resource->table, table);
  search->last = memory_print(parent, "SELECT max(pk) FROM \"%s\"", resource->table);
  search->next = memory_print(parent, "SELECT pk FROM \"%s\" WHERE pk > $1 ORDER BY pk LIMIT $2", resource->table);
  find_referrers(parent, shapes, resource, search);
  return search;
}
