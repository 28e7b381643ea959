/* Private to the store: how the members of a resource lie in columns and tables of items. */
#ifndef ENTENTE_STORE_SHAPE_H
#define ENTENTE_STORE_SHAPE_H

#include "contract/contract.h"

#include <jansson.h>

enum lies { LIES_TEXT, LIES_INTEGER, LIES_BOOLEAN, LIES_JSON, LIES_REFERENCE };

struct column {
  const char *name;
  const char *member;    /* of the row or item */
  const char *inner;     /* the member inside `member`, for a flattened object; or NULL */
  const char *reference; /* the resource's path, for LIES_REFERENCE */
  enum lies lies;
};

/* Calls `tell` for each column of an object's members, in order: own columns of a resource (members with a table left
 * out) or those of an item. */
void shape_columns(const struct schema *schema, void (*tell)(void *argument, const struct column *column),
                   void *argument);

/* The value of a column in a row or item; borrowed; NULL when absent. */
const json_t *shape_value(const json_t *row, const struct column *column);

#endif
