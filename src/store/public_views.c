/* What callers without a token may see is decided here, for every statement that there is or ever will be. On their
 * connections each table of the file is shadowed by a temporary view of its own name, which is what a statement finds
 * under that name. The view of a resource's table leaves out records that are not public, and shows internal members as
 * if nothing were known; that of a table of items leaves out what belongs to such a record or leads to one. What is
 * derived is shown as it follows from public records alone: a record whose column public_standing holds members shows
 * those for its own. What was merged leads on where the one was and the other is public. Every other table is empty,
 * and every other column: what is to be seen must be said. A statement that would reach past the views is refused
 * (engine_guard). What is searched is shadowed by an index of its own, which is filled through the same views of the
 * records, under other names (public_views_beside), and holds nothing else; so it may be read past the views, as FTS5
 * does.
 */
#include "store/public_views.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/engine.h"
#include "store/shape.h"

#include <stdio.h>
#include <string.h>

/* The view for lists of a table's records is named after it. */
#define PAGES "_pages"

struct public_views {
  struct db *db;
  const struct contract *contract;
  const char **views; /* to be made: one for each table, and those for lists; ended by NULL */
  size_t count;
  const char **open; /* the tables that are public as a whole, ended by NULL */
  size_t open_count;
};

/* -- conditions ---------------------------------------------------------------------------------------------------- */

/* Adds that the record of that resource which `column` names is public, when not all are. */
static void add_public(struct text *sql, const struct resource *resource, const char *column, const char *link) {
  if (resource->public_by != NULL) {
    text_addf(sql, "%sEXISTS (SELECT 1 FROM main.\"%s\" r WHERE r.pk = t.\"%s\" AND r.\"%s\" = '%s')", link,
              resource->table, column, resource->public_by->column, resource->public_by->public_value);
  }
}

static const struct resource *resource_of(const struct contract *contract, const char *table) {
  for (size_t i = 0; i < contract->resource_count; i++) {
    if (strcmp(contract->resources[i].table, table) == 0) {
      return &contract->resources[i];
    }
  }
  return NULL;
}

static const struct column *find_column(const struct column *columns, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(columns[i].name, name) == 0) {
      return &columns[i];
    }
  }
  return NULL;
}

/* Whether records of that table may stand otherwise for the public. */
static bool stands_apart(const struct public_views *views, const char *table) {
  struct query *query = db_query(views->db, "SELECT 1 FROM main.pragma_table_info($1) WHERE name = 'public_standing'");
  query_bind_text(query, 1, table);
  bool apart = query_step(query) == STEP_ROW;
  query_end(query);
  return apart;
}

static bool among(const char *const *names, const char *name) {
  while (*names != NULL && strcmp(*names, name) != 0) {
    names++;
  }
  return *names != NULL;
}

/* -- views --------------------------------------------------------------------------------------------------------- */

/* Of which rows a view of a resource's table is: of all; or, where there is a public_standing, of those without one or
 * of those with one alone. */
enum rows { ROWS_ALL, ROWS_AS_WRITTEN, ROWS_APART };

/* Adds what public_standing says in place of a column; `column` is NULL for one of the store's own. */
static void add_apart(struct text *sql, const char *own_column, const struct column *column) {
  char path[160];
  bool number;
  if (column == NULL) {
    snprintf(path, sizeof path, "$.%s", own_column);
    number = strcmp(own_column, "revision") == 0;
  } else {
    const char *inner = column->inner;
    snprintf(path, sizeof path, "$.%s%s%s", column->member, inner == NULL ? "" : ".", inner == NULL ? "" : inner);
    number = column->lies == LIES_INTEGER || column->lies == LIES_BOOLEAN;
  }
  text_addf(sql, "CAST(json_extract(t.\"public_standing\", '%s') AS %s)", path, number ? "INTEGER" : "TEXT");
}

/* A column of a table with public_standing. What that may have another value for is what is derived, and what says when
 * it last changed. */
static void add_standing(struct text *sql, const char *own_column, const struct column *column, enum rows rows) {
  static const char *const moving[] = {"revision", "updated_at", NULL};
  if (rows == ROWS_AS_WRITTEN || (column == NULL ? !among(moving, own_column) : !column->derived)) {
    text_addf(sql, "t.\"%s\"", own_column);
    return;
  }
  if (rows == ROWS_ALL) {
    text_addf(sql, "CASE WHEN t.\"public_standing\" IS NULL THEN t.\"%s\" ELSE ", own_column);
  }
  add_apart(sql, own_column, column);
  text_addf(sql, "%s AS \"%s\"", rows == ROWS_ALL ? " END" : "", own_column);
}

/* Whether the column of a table of items is a copy that says more of the record than the public is to know: what is
 * derived stands otherwise for them, and only a list that is derived, too, is made anew with it. */
static bool tells_too_much(const struct shape *shape, const struct items *items, const char *own_column) {
  const char *original = copy_original(own_column);
  const struct column *column = original == NULL ? NULL : find_column(shape->columns, shape->column_count, original);
  return column != NULL && (column->internal || (column->derived && !items->member->read_only));
}

/* Adds a column of which nothing is to be seen. */
static void add_nothing(struct text *sql, const char *own_column, const struct column *column) {
  text_addf(sql, "%s AS \"%s\"", column != NULL && column->lies == LIES_JSON ? "'[]'" : "NULL", own_column);
}

/* Adds the columns of a table of items as they may be seen. */
static void add_item_columns(const struct public_views *views, struct text *sql, const struct shape *shape,
                             const struct items *items) {
  struct query *query = db_query(views->db, "SELECT name FROM main.pragma_table_info($1)");
  query_bind_text(query, 1, items->member->table);
  for (const char *separator = " "; query_step(query) == STEP_ROW; separator = ", ") {
    const char *own_column = query_text(query, 0);
    const struct column *column = find_column(items->columns, items->column_count, own_column);
    text_add(sql, separator);
    if ((column != NULL && column->internal) || tells_too_much(shape, items, own_column)) {
      add_nothing(sql, own_column, column);
    } else {
      text_addf(sql, "t.\"%s\"", own_column);
    }
  }
  query_end(query);
}

/* Adds the columns of a resource's table as they may be seen. */
static void add_columns(const struct public_views *views, struct text *sql, const struct shape *shape, enum rows rows) {
  static const char *const kept[] = {"pk",         "id",         "slug",      "revision", "stamp",
                                     "created_at", "updated_at", "sort_name", NULL};
  const char *table = shape->resource->table;
  bool apart = stands_apart(views, table);
  struct query *query = db_query(views->db, "SELECT name FROM main.pragma_table_info($1)");
  query_bind_text(query, 1, table);
  for (const char *separator = " "; query_step(query) == STEP_ROW; separator = ", ") {
    const char *own_column = query_text(query, 0);
    const struct column *column = find_column(shape->columns, shape->column_count, own_column);
    const struct resource *other =
        column == NULL || column->reference == NULL ? NULL : resource_of(views->contract, column->reference);
    text_add(sql, separator);
    if (column == NULL ? !among(kept, own_column) : column->internal) {
      add_nothing(sql, own_column, column);
    } else if (other != NULL && other->public_by != NULL) {
      text_add(sql, "CASE WHEN ");
      add_public(sql, other, own_column, "");
      text_addf(sql, " THEN t.\"%s\" END AS \"%s\"", own_column, own_column);
    } else if (apart) {
      add_standing(sql, own_column, column, rows);
    } else {
      text_addf(sql, "t.\"%s\"", own_column);
    }
  }
  query_end(query);
}

static void add_resource(const struct public_views *views, struct text *sql, const struct shape *shape,
                         enum rows rows) {
  const struct resource *resource = shape->resource;
  add_columns(views, sql, shape, rows);
  text_addf(sql, " FROM main.\"%s\" t", resource->table);
  if (rows == ROWS_APART) {
    text_addf(sql, " INDEXED BY \"%s_public_standing\"", resource->table);
  }
  if (rows == ROWS_ALL) {
    text_add(sql, " WHERE true");
  } else {
    text_addf(sql, " WHERE t.\"public_standing\" IS %s", rows == ROWS_APART ? "NOT NULL" : "NULL");
  }
  if (resource->public_by != NULL) {
    text_addf(sql, " AND t.\"%s\" = '%s'", resource->public_by->column, resource->public_by->public_value);
  }
}

static bool is_pages(const char *view, const struct resource *resource) {
  size_t length = strlen(resource->table);
  return strncmp(view, resource->table, length) == 0 && strcmp(view + length, PAGES) == 0;
}

/* The same rows as the view of the table, for lists: those that stand as they are written go by the indexes of their
 * columns, and the few others are merged into them. */
static void add_pages(const struct public_views *views, struct text *sql, const struct shape *shape) {
  add_resource(views, sql, shape, ROWS_AS_WRITTEN);
  text_add(sql, " UNION ALL SELECT");
  add_resource(views, sql, shape, ROWS_APART);
}

/* The items of a derived list, where the public_standing of their record has another: items are scalars. Columns named
 * after one of the record's are copies of it. */
static void add_derived_items(const struct public_views *views, struct text *sql, const struct shape *shape,
                              const struct member *list) {
  const char *table = shape->resource->table;
  text_addf(sql,
            " AND t.owner NOT IN (SELECT pk FROM main.\"%s\" WHERE \"public_standing\" IS NOT NULL) UNION ALL SELECT",
            table);
  struct query *query = db_query(views->db, "SELECT name FROM main.pragma_table_info($1)");
  query_bind_text(query, 1, list->table);
  for (const char *separator = " "; query_step(query) == STEP_ROW; separator = ", ") {
    const char *own_column = query_text(query, 0), *copied = copy_original(own_column);
    text_add(sql, separator);
    if (strcmp(own_column, "owner") == 0) {
      text_add(sql, "t.pk");
    } else if (strcmp(own_column, "position") == 0) {
      text_add(sql, "CAST(j.key AS INTEGER)");
    } else if (copied != NULL) {
      add_apart(sql, copied, find_column(shape->columns, shape->column_count, copied));
    } else {
      text_add(sql, "CAST(j.value AS TEXT)");
    }
  }
  query_end(query);
  text_addf(sql,
            " FROM main.\"%s\" t, json_each(t.\"public_standing\", '$.%s') j WHERE t.\"public_standing\" IS NOT NULL",
            table, list->name);
  add_public(sql, shape->resource, "pk", " AND ");
}

static void add_items(const struct public_views *views, struct text *sql, const struct shape *shape,
                      const struct items *items) {
  const struct resource *resource = shape->resource;
  add_item_columns(views, sql, shape, items);
  text_addf(sql, " FROM main.\"%s\" t WHERE %s", items->member->table, items->member->internal ? "0" : "1");
  add_public(sql, resource, "owner", " AND ");
  for (size_t i = 0; i < items->column_count; i++) {
    const char *reference = items->columns[i].reference;
    const struct resource *other = reference == NULL ? NULL : resource_of(views->contract, reference);
    if (other != NULL) {
      add_public(sql, other, items->columns[i].name, " AND ");
    }
  }
  if (items->member->read_only && stands_apart(views, resource->table)) {
    add_derived_items(views, sql, shape, items->member);
  }
}

/* What was merged leads on from what was public to what is. */
static void add_merges(const struct public_views *views, struct text *sql) {
  text_add(sql, " * FROM main.\"merges\" t WHERE t.visible = 1 AND (false");
  for (size_t i = 0; i < views->contract->resource_count; i++) {
    const struct resource *resource = &views->contract->resources[i];
    text_addf(sql, " OR EXISTS (SELECT 1 FROM main.\"%s\" r WHERE r.id = t.into_record", resource->table);
    if (resource->public_by != NULL) {
      text_addf(sql, " AND r.\"%s\" = '%s'", resource->public_by->column, resource->public_by->public_value);
    }
    text_add(sql, ")");
  }
  text_add(sql, ")");
}

/* What a table without records shows: the registry's own row is what lists and health go by. */
static void add_other(const struct public_views *views, struct text *sql, const char *table) {
  if (strcmp(table, "merges") == 0) {
    add_merges(views, sql);
  } else {
    text_addf(sql, " * FROM main.\"%s\"%s", table, strcmp(table, "registry") == 0 ? "" : " WHERE 0");
  }
}

/* The index that the public searches stands in for the whole one, and of names those of public records are there. */
static bool add_search(struct public_views *views, struct text *sql, const char *table) {
  static const char *const parts[] = {"", "_data", "_idx", "_content", "_docsize", "_config"};
  for (size_t i = 0; i < views->contract->resource_count; i++) {
    const struct resource *resource = &views->contract->resources[i];
    size_t length = resource->search == NULL ? 0 : strlen(resource->search);
    if (length == 0 || strncmp(table, resource->search, length) != 0) {
      continue;
    }
    if (strcmp(table + length, "_names") == 0) {
      text_addf(sql, " * FROM main.\"%s\" WHERE open = 1", table);
      return true;
    }
    if (table[length] == '\0') {
      text_addf(sql, " rowid AS rowid, \"%s_public\" AS \"%s\", names, rest FROM main.\"%s_public\"", resource->search,
                resource->search, resource->search);
      for (size_t j = 0; j < sizeof parts / sizeof parts[0]; j++) {
        views->open = memory_grow(views->db, views->open, const char *, views->open_count + 2);
        views->open[views->open_count++] = memory_print(views->db, "%s_public%s", resource->search, parts[j]);
        views->open[views->open_count] = NULL;
      }
      return true;
    }
  }
  return false;
}

static bool add_record_table(const struct public_views *views, struct text *sql, const char *table) {
  for (size_t i = 0; i < views->contract->resource_count; i++) {
    const struct shape *shape = shape_of(engine_shapes(views->db), &views->contract->resources[i]);
    if (strcmp(shape->resource->table, table) == 0) {
      add_resource(views, sql, shape, ROWS_ALL);
      return true;
    }
    if (is_pages(table, shape->resource)) {
      add_pages(views, sql, shape);
      return true;
    }
    for (size_t j = 0; j < shape->items_count; j++) {
      if (strcmp(shape->items[j].member->table, table) == 0) {
        add_items(views, sql, shape, &shape->items[j]);
        return true;
      }
    }
  }
  return false;
}

/* -- all of them --------------------------------------------------------------------------------------------------- */

static void add_view(struct public_views *views, const char *name) {
  views->views = memory_grow(views->db, views->views, const char *, views->count + 2);
  views->views[views->count++] = name;
  views->views[views->count] = NULL;
}

static void list_views(struct public_views *views) {
  struct query *query =
      db_query(views->db, "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE "
                          "'sqlite\\_%' ESCAPE '\\' ORDER BY name");
  while (query_step(query) == STEP_ROW) {
    add_view(views, memory_copy(views->db, query_text(query, 0)));
  }
  query_end(query);
  for (size_t i = 0; i < views->contract->resource_count; i++) {
    const char *table = views->contract->resources[i].table;
    if (stands_apart(views, table)) {
      add_view(views, memory_print(views->db, "%s" PAGES, table));
    }
  }
}

static bool fail(const struct db *db, struct error *error) {
  return error_set(error, "what is public cannot be told: %s", db_failure_text(db));
}

bool public_views_tables(struct db *db, const struct contract *contract, struct error *error) {
  struct public_views views = {.db = db, .contract = contract, .open = memory_array(db, const char *, 1)};
  list_views(&views);
  bool fine = views.count > 0 && db_failure(db) == DB_OK;
  for (size_t i = 0; fine && i < views.count; i++) {
    struct text *sql = text_new(NULL);
    const char *table = views.views[i];
    text_addf(sql, "CREATE TEMP VIEW \"%s\" AS SELECT", table);
    if (!add_record_table(&views, sql, table) && !add_search(&views, sql, table)) {
      add_other(&views, sql, table);
    }
    fine = db_failure(db) == DB_OK && engine_execute(db, sql->data);
    talloc_free(sql);
  }
  /* A connection makes json_each when it is first used, by statements that the guard would refuse. */
  if (!fine || !engine_execute(db, "SELECT 1 FROM json_each('[]')")) {
    return fail(db, error);
  }
  engine_guard(db, views.views, views.open);
  return true;
}

const char *public_views_table(const struct db *db, const struct resource *resource) {
  const char *const *views = engine_views(db);
  while (views != NULL && *views != NULL && !is_pages(*views, resource)) {
    views++;
  }
  return views == NULL || *views == NULL ? resource->table : *views;
}

bool public_views_beside(struct db *db, const struct contract *contract, struct error *error) {
  struct public_views views = {.db = db, .contract = contract};
  list_views(&views);
  bool fine = views.count > 0 && db_failure(db) == DB_OK;
  for (size_t i = 0; fine && i < views.count; i++) {
    struct text *sql = text_new(NULL);
    const char *table = views.views[i];
    text_addf(sql, "CREATE TEMP VIEW IF NOT EXISTS \"public_%s\" AS SELECT", table);
    fine = !add_record_table(&views, sql, table) || (db_failure(db) == DB_OK && engine_execute(db, sql->data));
    talloc_free(sql);
  }
  return fine || fail(db, error);
}
