/* Idempotency-Key on requests that create a record: the answer is recorded in the transaction of what it tells of, and
 * for a day whoever sends the same key with the same request gets it again (IETF draft-ietf-httpapi-idempotency-key).
 * Keys are each caller's own. What was refused is not recorded: it may be tried again. */
#ifndef ENTENTE_REQUEST_IDEMPOTENCY_H
#define ENTENTE_REQUEST_IDEMPOTENCY_H

#include <stdbool.h>

struct call;

/* On the writer's connection, before the work: answers when the key was used before. */
bool idempotency_replay(struct call *call);
/* After the work: records its answer. */
void idempotency_record(struct call *call);

#endif
