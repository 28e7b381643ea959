/* What the outbox and the handlers of /v1/webhooks share. */
#ifndef ENTENTE_API_WEBHOOKS_H
#define ENTENTE_API_WEBHOOKS_H

struct contract;

/* What a receiver calls the event, as the contract has it: "agreement.updated". Owned by `memory`; NULL for a resource
 * that the contract does not know (any more). What the clock has changed was updated. */
const char *webhook_event(const void *memory, const struct contract *contract, const char *resource,
                          const char *operation);

#endif
