/* A request under way: what came, whom it is from, what it asks for, and the reply so far. */
#ifndef ENTENTE_REQUEST_CALL_H
#define ENTENTE_REQUEST_CALL_H

#include "contract/faults.h"
#include "contract/uri.h"
#include "request/principal.h"
#include "request/request.h"
#include "request/services.h"
#include "store/addresses.h"
#include "store/db.h"
#include "store/documents.h"
#include "store/resource.h"
#include "store/store.h"

#include <jansson.h>

struct revocation;
struct handler;
struct tokens;

struct call {
  const struct services *services;
  void *memory; /* lives as long as the call */
  const struct request *request;
  struct uri *uri;
  struct route route;
  const struct operation *operation;
  const struct resource *resource;
  const struct handler *handler;
  struct principal principal;
  struct principal *by_ticket;   /* whom the ticket stood for that the call showed; or NULL */
  uint64_t commits;              /* of the store, read before anything else was */
  int64_t admitted_ns;           /* when the caller was found (monotonic) */
  struct revocation *revocation; /* of a token or a session, which the call is about to write; or NULL */
  json_t *body;                  /* checked against the contract; owned by the call */
  json_t
      *normal; /* of a body that is a whole record: its normal form, for the handler to take apart; owned by the call */
  const char *warning; /* the header `Warning` of the answer to a body that is doubtful; or NULL */
  struct faults *faults;
  const char *limits_left, *limits_policy; /* header values; NULL when no limit applies */
  struct worker *worker;                   /* of the thread that reads */
  struct visibility *visibility;           /* while reading: what this caller sees */
  struct db *db;                           /* a transaction is open on it */
  bool limited;                            /* a read that must not take long: its transactions are limited */
  bool timed_out;                          /* it has: begin again where that does no harm */
  struct reply reply;
  struct chunks *chunks; /* owned by the call, but not of its memory: another thread may be making them */
};

/* A way to answer an operation. */
struct handler {
  const char *name; /* x-handler */
  enum call_kind kind;
  void (*handle)(struct call *call);
  /* Adds to call->faults what the contract does not know, when it has refused the query or the body, so that one answer
   * reports all errors. call->normal is what remains of the body, or NULL. NULL where there is no such thing. */
  void (*find_faults)(struct call *call);
  /* Of a write: called on the reading thread once query and body are checked, also when they are refused; may answer.
   * NULL where there is nothing to do. */
  void (*accept)(struct call *call);
};

/* What a caller may see: a connection, and what is remembered of what was read on it. */
struct visibility {
  struct db *db;
  bool open;                   /* only what is public, of which nothing is remembered: the next two are NULL */
  struct addresses *addresses; /* of all workers */
  struct documents *documents;
  _Atomic int64_t cache_hits, cache_misses; /* of its connection, as of its last read: other threads add them up */
};

struct worker {
  const struct services *services;
  struct visibility whole, open; /* of callers with a token, and of those without: there where those may read */
  struct tokens *tokens;
};

/* The connection that this caller reads on, with a transaction open from here to the end of the call. */
struct db *call_db(struct call *call);

/* Limits what may be done on a connection in its transaction, where the call must not take long. */
void call_limit(const struct call *call, struct db *db);

/* A value that lives as long as `memory`; returns it, borrowed. */
json_t *owned_json(const void *memory, json_t *value);

#endif
