/* Who is calling, and whether they may call this operation. */
#ifndef ENTENTE_ACCESS_CALLER_H
#define ENTENTE_ACCESS_CALLER_H

#include "contract/contract.h"

#include <stdbool.h>

struct call;
struct db;
struct principal;
struct worker;

enum { CALLER_BELIEVED_NS = 500000000 }; /* for so long one that was found is not asked for again */

/* Finds the caller (call->principal), counts the call against the caller's limits, and tests the operation's role;
 * answers with a problem when one of them does not do. A call that leads to no operation, and is answered so, is
 * counted too. */
void caller_admit(struct call *call, struct worker *worker);

/* Whether caller_admit would let the call in now, by what came with its head, as it did then: for requests and
 * answers that last. A token may have been revoked, or have expired. Renews call->principal when it would. Counts as no
 * use. */
bool caller_still_admitted(struct call *call, struct worker *worker);

/* Whether the caller that was found may still write, on the writer's connection, where a call may have waited long for
 * its turn. False also when the database failed. */
bool caller_holds(const struct call *call, struct db *db);

/* Answers a call whose token or session is no good, or no longer. */
void caller_answer_refused(struct call *call);

#endif
