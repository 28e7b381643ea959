/* The column by which lists are in the order of names (x-sort-column): written with each record, made anew for all when
 * this program would make it otherwise. */
#ifndef ENTENTE_STORE_SORT_NAMES_H
#define ENTENTE_STORE_SORT_NAMES_H

#include "base/error.h"
#include "contract/contract.h"
#include "store/db.h"

#include <jansson.h>

/* The column; NULL when the resource has none. */
const char *sort_names_column(const struct resource *resource);
/* Its value for a row; owned by `parent`. */
char *sort_names_value(const void *parent, const struct resource *resource, const json_t *row);
/* Whether it has another value for `after`. */
bool sort_names_differ(const struct resource *resource, const json_t *before, const json_t *after);

/* Fills the column of all records unless that was done the same way before. On the writer's connection. */
bool sort_names_open(struct db *db, const struct contract *contract, struct error *error);
/* Compares the column with the names, and tells `tell` of what differs. */
bool sort_names_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                      void *argument);

#endif
