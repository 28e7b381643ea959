/* Private to the store: how the records of a resource lie in columns and tables of items, and the statements for that.
 * Compiled from the contract once, shared by all connections, never changed. */
#ifndef ENTENTE_STORE_SHAPE_H
#define ENTENTE_STORE_SHAPE_H

#include "contract/contract.h"

#include <jansson.h>
#include <stdbool.h>

struct db;

enum lies { LIES_TEXT, LIES_INTEGER, LIES_BOOLEAN, LIES_JSON, LIES_REFERENCE };

struct column {
  const char *name;
  const char *member;    /* of the row or item; NULL: the item itself, which is a scalar */
  const char *inner;     /* the member inside `member`, for a flattened object; or NULL */
  const char *reference; /* the table of the record referred to, for LIES_REFERENCE */
  enum lies lies;
  bool internal; /* it or what it stands in is x-internal */
  bool derived;  /* of a member that is readOnly: callers do not state it */
  enum searched searched;
};

/* The number of the first parameter that a column takes; lower ones are the store's own. */
enum { FIRST_COLUMN = 10 };

/* A table of items. */
struct items {
  const struct member *member;
  const struct column *columns;
  size_t column_count;
  const char *mirrored; /* the member that names a record which serves the item too, or NULL */
  const char *select, *insert, *clear;
  const char *written, *written_exactly; /* whether a record has written such an item; of mirrored ones */
  const char *own_count; /* how many a record has written itself: a row only when others have written of it, too */
};

struct shape {
  const struct resource *resource;
  const struct column *columns; /* of the resource's own table, besides those that every resource has */
  size_t column_count;
  const struct items *items;
  size_t items_count;
  const char *select, *find_by_id, *find_by_slug, *free_number, *document, *documents, *insert, *delete, *touch_by_id;
  const char *history_gaps; /* lines: records at another revision than their history, or in one of both alone */
  const char *const *touch_referrers; /* ended by NULL: what refers to a record … */
  const char *const *touch_mirrors;   /* … and what its mirrored relations lead to */
  const struct search_sql *search;    /* NULL: it is not searched */
};

/* An index of a table of a record also ends with the pk. */
struct index {
  const char *table, *name;
  const char **columns;
  size_t column_count;
};

struct search_sql;
struct shapes;

/* Which indexes the database has, looked up once when it is opened. */
bool shapes_read_indexes(struct shapes *shapes, struct db *db);
/* Whether an index of the table begins with these columns; `second` and `third` may be NULL. */
bool shapes_indexed(const struct shapes *shapes, const char *table, const char *first, const char *second,
                    const char *third);
/* An index of the table that begins with the pk and has the column: where records are walked in the order of their
 * making, it is a narrow copy of what is tested. NULL when there is none. */
const struct index *shapes_narrow(const struct shapes *shapes, const char *table, const char *column);
/* Whether an index of a table of items has a copy of that column of the record. */
bool shapes_copied(const struct shapes *shapes, const char *table, const char *column);

struct shapes *shapes_new(const void *parent, const struct contract *contract);
const struct shape *shape_of(const struct shapes *shapes, const struct resource *resource);

/* The value of a column in a row or item; borrowed; NULL when absent. */
const json_t *shape_value(const json_t *row, const struct column *column);
/* The column of the record of which this column of a table of items is a copy (owner_COLUMN), within `column`; NULL
 * when it is no such copy. */
const char *copy_original(const char *column);
/* The parameter of a column as it stands in a statement: $n, or the look-up of the pk that a reference stands for.
 * Added to `sql`. */
struct text;
void shape_add_parameter(struct text *sql, const struct column *column, int n);

#endif
