/* Tickets: words of one use, for a page whose EventSource can send no token. A ticket stands for the caller who asked
 * for it, opens the feed of changes, and is kept in memory only, as its hash. */
#ifndef ENTENTE_ACCESS_TICKETS_H
#define ENTENTE_ACCESS_TICKETS_H

#include "access/tokens.h"

#include <stdbool.h>
#include <stdint.h>

struct call;
struct principal;
struct tickets;

enum { TICKET_SECONDS = 30 };

/* Owned by `parent`. All functions may be called by any thread. */
struct tickets *tickets_new(const void *parent);

/* Makes a ticket that stands for the principal for TICKET_SECONDS. Of the unused tickets of one token there are 16 at
 * most: the oldest gives way. False when there are too many altogether. */
bool tickets_give(struct tickets *tickets, const struct principal *principal, int64_t now_ns, char out[TOKEN_SIZE]);

/* Uses the ticket up: the principal that it stands for, owned by `parent`; NULL when it is unknown, used or expired. */
struct principal *tickets_use(struct tickets *tickets, const void *parent, const char *shown, int64_t now_ns);

/* The ticket that a call shows instead of a token, or NULL: in the query of an operation that takes one. */
const char *ticket_shown(const struct call *call);

#endif
