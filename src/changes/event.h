/* What a receiver calls a change. */
#ifndef ENTENTE_CHANGES_EVENT_H
#define ENTENTE_CHANGES_EVENT_H

struct contract;

/* The name of the event, as the contract has it: "agreement.updated". Owned by `memory`; NULL for a resource
 * that the contract does not know (any more). What the clock has changed was updated. */
const char *webhook_event(const void *memory, const struct contract *contract, const char *resource,
                          const char *operation);

#endif
