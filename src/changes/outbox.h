/* The outbox: what webhooks are to be told of. It lies in the database, so that nothing is lost with the process: each
 * webhook has a position in the log of changes, and what lies behind it becomes deliveries in the transaction that
 * moves it. A delivery is pending until a receiver has taken it, or the last attempt has failed; the same change may so
 * be sent twice, but it is always sent.
 *
 * One thread, the webhook sender's, uses it. Nothing here waits for the writer: writes are handed over, and `wake` is
 * called when one has ended or when there may be more to do. */
#ifndef ENTENTE_CHANGES_OUTBOX_H
#define ENTENTE_CHANGES_OUTBOX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct services;
struct outbox;
struct outgoing;
struct sockaddr;

/* A delivery that is on its way. All text lives as long as the delivery. */
struct delivery {
  struct outgoing *outgoing; /* the outbox's own */
  const char *id;            /* webhook-id: the same at every attempt */
  const char *url;
  int64_t timestamp;     /* webhook-timestamp */
  const char *signature; /* webhook-signature */
  const char *body;
};

/* How an attempt ended. */
struct attempt {
  int status;          /* of the answer; 0: there was none */
  const char *error;   /* in words; NULL: the status says it all. Copied. */
  int64_t retry_after; /* seconds that the receiver asked for; 0: none */
};

enum { OUTBOX_DELIVERIES = 16 /* on their way at once */ };

/* Opens a reading connection. `wake` may be called on any thread, and must be quick. */
struct outbox *outbox_new(const struct services *services, void (*wake)(void *argument), void *argument,
                          struct error *error);
/* No write may be under way (outbox_saving). Parcels that are still out are due again at the next start. */
void outbox_free(struct outbox *outbox);

/* Whether there may be something to take that was not there at the last look. */
bool outbox_stirred(struct outbox *outbox);
/* Takes what is due and may go now, OUTBOX_DELIVERIES altogether; how many. `*next_ms` is when to come back at the
 * latest. Each must be given back by outbox_tell. */
size_t outbox_take(struct outbox *outbox, int64_t now_ms, struct delivery *deliveries[OUTBOX_DELIVERIES],
                   int64_t *next_ms);
/* Gives a delivery back; what became of it is written down by outbox_settle. */
void outbox_tell(struct outbox *outbox, struct delivery *delivery, const struct attempt *attempt);
/* Hands to the writer what was told, and forgets what it has saved. When to call again at the latest. */
int64_t outbox_settle(struct outbox *outbox, int64_t now_ms);
/* Whether the writer still holds something of this outbox. */
bool outbox_saving(const struct outbox *outbox);

/* Whether a delivery may connect to that address: one that is public, or with the flag one of this machine; without TLS
 * (`secure` false) to this machine only. */
bool outbox_may_reach(const struct outbox *outbox, bool secure, const struct sockaddr *address);

#endif
