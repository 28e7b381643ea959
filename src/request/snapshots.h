/* Connections for answers that are made while they are sent. A thread's own connection cannot stay in one state of the
 * registry while it serves others, so each of these answers has one to itself, out of a small number. */
#ifndef ENTENTE_REQUEST_SNAPSHOTS_H
#define ENTENTE_REQUEST_SNAPSHOTS_H

#include "base/error.h"

#include <stdbool.h>

struct db;
struct snapshots;
struct store;

/* Owned by `parent`, which must go before the store is closed. */
struct snapshots *snapshots_new(const void *parent, struct store *store);

/* A connection with a read transaction open on it; `open`: it sees what is public. NULL with *busy when all are in use,
 * and without when none can be opened, which is in the log then. Any thread. */
struct db *snapshots_take(struct snapshots *snapshots, bool open, bool *busy);
/* Ends the transaction, and has the connection back. Any thread. */
void snapshots_give(struct snapshots *snapshots, bool open, struct db *db);

#endif
