/* Answering requests, whatever brought them: the network, the socket beside the database, or a command in this process.
 *
 * The way of a call: api_open finds the operation and the caller and tests the role, on the head alone; api_accept
 * checks query and body; then, by api_kind, the answer is made by api_read on a reading thread, or by api_write on the
 * writer's connection, or by api_background on a thread that may take its time. Each of the first two may already
 * answer (a problem); then the reply is final. */
#ifndef ENTENTE_API_API_H
#define ENTENTE_API_API_H

#include "base/error.h"
#include "contract/contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct blob;
struct call;
struct db;
struct sockaddr;
struct store;
struct text;

/* What came. All text is borrowed and outlives the call; header values are NULL when absent. */
struct request {
  const char *id;
  const char *method;
  const char *target; /* path and query as they came */
  const char *authorization, *content_type, *accept, *if_match, *if_none_match, *prefer;
  const char *change_message, *idempotency_key;
  const struct sockaddr *peer; /* where it came from; NULL: not from a network */
  bool trusted;                /* came by a way that only the database's owner has: the caller is admin */
  bool form_is_json;           /* curl's default media type is taken for JSON: no browser can have sent this unasked */
  const char *body;
  size_t body_size;
};

enum { REPLY_HEADERS = 8 };

struct reply {
  int status; /* 0: not answered yet */
  const char *content_type;
  struct blob *body; /* owned; may be NULL */
  char etag[48];     /* without the quotes; "" for none */
  struct {
    const char *name, *value;
  } headers[REPLY_HEADERS];
  size_t header_count;
  const char *file; /* the body is this file, which is removed once it was sent; or NULL */
};

enum call_kind { CALL_READ, CALL_WRITE, CALL_BACKGROUND };

struct worker;

/* Binds the contract's operations to handlers. Fails when an operation has no handler or a handler no operation. */
struct api *api_new(struct contract *contract, struct store *store, struct error *error);
/* Whether a change of a record that exists must say which state it is for (If-Match): 428 when it does not. */
void api_require_match(struct api *api, bool required);
void api_free(struct api *api);
const struct contract *api_contract(const struct api *api);
struct store *api_store(const struct api *api);
/* Reads the embedded contract with the domain's formats. */
struct contract *api_load_contract(struct error *error);

/* A reading thread's own connection and memories. */
struct worker *worker_new(struct api *api, struct error *error);
void worker_free(struct worker *worker);
/* Page cache hits and misses of its connection. Any thread. */
void worker_cache_counts(const struct worker *worker, int64_t *hits, int64_t *misses);

/* A call, owned by `memory` (talloc), which also owns everything that it makes; freeing it drops the reply's body. */
struct call *api_open(struct api *api, struct worker *worker, const void *memory, const struct request *request);
/* Query and body; `request->body` is complete now. */
void api_accept(struct call *call);
enum call_kind api_kind(const struct call *call);
void api_read(struct call *call, struct worker *worker);
/* Inside a savepoint; true when what was done should be kept. */
bool api_write(struct call *call, struct db *db);
/* May take long, may wait, may hand work to the writer and wait for it. */
void api_background(struct call *call, struct worker *worker);
/* Replaces the reply by what a write's outcome asks for: a full disk, an unknown outcome. */
void api_not_saved(struct call *call, int outcome);
/* The queue is full or the store is failing. */
void api_refuse_busy(struct call *call);

struct reply *api_reply(struct call *call);
/* The operation, or NULL when none was found; the largest body it takes. */
const struct operation *api_operation(const struct call *call);
size_t api_body_limit(const struct call *call, size_t server_limit);
/* The caller's token name for the log, "" when there is none. */
const char *api_actor(const struct call *call);

/* A problem that transport found before there was a call to answer. `memory` owns what it makes. */
void api_problem(const void *memory, struct reply *reply, const char *request_id, const char *name, const char *detail);

/* Brings the derived columns of all agreements up to today. Waits for the writer. */
bool api_tick(struct api *api);
/* Tells `tell` each agreement whose stored standing differs from what its terms give. */
bool api_check_standings(struct api *api, struct db *db, void (*tell)(void *argument, const char *line),
                         void *argument);

/* Tells `tell` of every gap in the history, and of every record that is not at the revision its history ends with. */
bool api_check_history(struct db *db, void (*tell)(void *argument, const char *line), void *argument);

/* Lines of Prometheus text that the transport knows (requests, connections) are added by it; these are the store's. */
void api_metrics_source(struct api *api, void (*add)(void *argument, struct text *out), void *argument);

#endif
