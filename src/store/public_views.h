/* Private to the store: what callers without a token may see of a database. */
#ifndef ENTENTE_STORE_PUBLIC_VIEWS_H
#define ENTENTE_STORE_PUBLIC_VIEWS_H

#include "base/error.h"
#include "contract/contract.h"

struct db;

/* Leaves on this connection, for good, only what is public: public records without their internal members, without
 * what leads to records that are not public, and nothing of any other table. Before engine_prepare. */
bool public_views_tables(struct db *db, const struct contract *contract, struct error *error);
/* Makes views that show of each table of records what that leaves of it, under the table's name with `public_` before
 * it: for who keeps an index of what is public. */
bool public_views_beside(struct db *db, const struct contract *contract, struct error *error);

/* From where statements that look for records of a resource read them on this connection: its table, or a view of the
 * same rows that goes by the table's indexes. Lives as long as the connection. */
const char *public_views_table(const struct db *db, const struct resource *resource);

#endif
