/* Private to the store: the text that a record is found by, as it is indexed and as it should be. */
#ifndef ENTENTE_STORE_SEARCH_TEXT_H
#define ENTENTE_STORE_SEARCH_TEXT_H

#include "contract/contract.h"
#include "store/search_sql.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

struct searched_text {
  bool there;               /* false: there is no such record, or the public does not see it */
  const char *names, *rest; /* members, parted by FOLD_BOUNDARY; the name that the record is shown by is the first */
};

/* What is indexed of the record, and what its members say now. False when the database failed. Owned by `memory`. */
bool searched_read(struct db *db, const void *memory, const struct search_sql *search, enum search_side side,
                   int64_t pk, struct searched_text *text);
bool searched_render(struct db *db, const void *memory, const struct search_sql *search, enum search_side side,
                     int64_t pk, struct searched_text *text);

#endif
