/* Private to the store: keeping what records are found by in step with what they say. */
#ifndef ENTENTE_STORE_SEARCH_INDEX_H
#define ENTENTE_STORE_SEARCH_INDEX_H

#include "base/error.h"
#include "contract/contract.h"

#include <jansson.h>

struct db;

/* On the writer's connection, once its views stand: from here on it keeps marks. Makes anew what was indexed otherwise
 * than this program would, or was never indexed, and says in the log how far it is. */
bool search_open(struct db *db, const struct contract *contract, struct error *error);

/* Notes that the record was inserted, changed between the rows `before` and `after`, or deleted; and whoever is found
 * by its names. Nothing when no searched member differs. */
bool search_inserted(struct db *db, const struct resource *resource, int64_t pk);
bool search_updated(struct db *db, const struct resource *resource, int64_t pk, const json_t *before,
                    const json_t *after);
bool search_deleted(struct db *db, const struct resource *resource, int64_t pk);

/* A write begins: what is noted from here on is its own. */
void search_begin_write(struct db *db);
/* Brings the index of all that was noted up to what stands in the tables, in the transaction under way. Noting what was
 * undone does no harm. */
bool search_settle(struct db *db);
/* Forgets what was noted: the transaction is over. */
void search_forget(struct db *db);

#endif
