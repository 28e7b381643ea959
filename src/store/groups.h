/* How many records of a selection have each value of a filter. */
#ifndef ENTENTE_STORE_GROUPS_H
#define ENTENTE_STORE_GROUPS_H

#include "store/selection.h"

struct group {
  const char *value;               /* of the column, or the id of the record referred to; NULL: those that have none */
  const char *slug, *name, *names; /* of the record referred to; or NULL */
  int64_t count;
};

struct grouping {
  const struct selection *selection;
  const struct filter *filter; /* a column of the record or of items */
  bool years;                  /* only the years of partial dates */
  size_t most;                 /* groups at most: the largest, or of years the first */
};

/* Calls `tell` for each group, the largest first and years in their order; texts are valid during the call only. A
 * record with several values is counted in the group of each. False when the database failed. */
bool groups_read(struct db *db, const struct contract *contract, const struct grouping *grouping,
                 void (*tell)(void *argument, const struct group *group), void *argument);

#endif
