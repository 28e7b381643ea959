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
struct follower;
struct pieces;
struct sockaddr;
struct store;
struct text;

/* What a request target has at most, in bytes: longer ones come to no call, and none is given out. */
enum { ADDRESS_MOST = 8192 };

/* What came. All text is borrowed and outlives the call; header values are NULL when absent. */
struct request {
  const char *id;
  const char *method;
  const char *target; /* path and query as they came */
  const char *authorization, *content_type, *accept, *accept_language, *if_match, *if_none_match, *prefer;
  const char *change_message, *idempotency_key, *last_event_id;
  const char *host, *origin, *fetch_site; /* whose page asks whom, as browsers say it */
  const char *cookie, *csrf_token;        /* all Cookie headers as one; X-CSRF-Token */
  bool named_origin;                      /* `origin` is the front end that the server was told of */
  const struct sockaddr *peer; /* the client's address, told by a proxy if that is trusted; NULL: not from a network */
  bool secure;                 /* it came through TLS, as far as this server or a trusted proxy knows */
  bool crowded;                /* there was no place for its connection: only what is unlimited is answered */
  bool trusted;                /* came by a way that only the database's owner has: the caller is admin */
  bool form_is_json;           /* curl's default media type is taken for JSON: no browser can have sent this unasked */
  const char *body;
  size_t body_size;
  bool body_filed; /* it lies in a file that is mapped (base/spool.h) */
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
  const char *file;          /* the body is this file, which is removed once it was sent; or NULL */
  struct follower *follower; /* the body is events without an end, which it gives (api/feed.h); or NULL */
  struct pieces *pieces;     /* the body is made while it is sent (api/pieces.h); or NULL */
};

/* How a call is answered. A long write may change any number of records. */
enum call_kind { CALL_READ, CALL_WRITE, CALL_LONG_WRITE, CALL_BACKGROUND };

struct worker;

/* How things are to be. Zeroes do where nobody calls from the network. */
struct api_options {
  bool match_required; /* a change of what exists must say which state it is for (If-Match): else 428 */
  bool open;           /* callers without a token may read what is public */
  /* A minute for each address or token; 0: without limit, and of a token what it says itself. */
  unsigned address_requests, address_writes; /* without a token */
  unsigned sign_in_failures;                 /* with credentials that are refused, by address */
  unsigned token_requests, token_writes;     /* where the token itself says nothing */
  unsigned session_idle_seconds;             /* after so long unused a session ends … */
  unsigned session_life_seconds;             /* … and after so long in any case */
  unsigned webhook_retry_seconds;            /* to the second attempt; the further pauses are in proportion */
  bool webhook_loopback;                     /* receivers on this machine are taken, over http too */
};

/* Binds the contract's operations to handlers. Fails when an operation has no handler or a handler no operation. */
struct api *api_new(struct contract *contract, struct store *store, const struct api_options *options,
                    struct error *error);
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
/* Whether the caller is nobody: it has shown no token. */
bool api_from_nobody(const struct call *call);
/* On a thread that others wait for, which is not to be held up: false when it takes long, and nothing was answered yet.
 * Then it is for api_background. */
bool api_read_soon(struct call *call, struct worker *worker);
void api_read(struct call *call, struct worker *worker);
/* On the writer's connection; true when what was done should be kept. */
bool api_write(struct call *call, struct db *db);
/* May take long, may wait, may hand work to the writer and wait for it. */
void api_background(struct call *call, struct worker *worker);
/* Replaces the reply by what a write's outcome asks for: a full disk, an unknown outcome. */
void api_not_saved(struct call *call, int outcome);
/* The queue is full or the store is failing. */
void api_refuse_busy(struct call *call);

struct reply *api_reply(struct call *call);
/* The operation, or NULL when none was found; the largest body it takes, `local`: on the socket beside the database. */
const struct operation *api_operation(const struct call *call);
size_t api_body_limit(const struct call *call, size_t server_limit, bool local);
/* The caller's token name for the log, "" when there is none. */
const char *api_actor(const struct call *call);
/* The values of RateLimit and RateLimit-Policy; NULL when no limit applies. */
const char *api_limits_left(const struct call *call);
const char *api_limits_policy(const struct call *call);

/* A problem that transport found before there was a call to answer. `memory` owns what it makes. */
void api_problem(const void *memory, struct reply *reply, const char *request_id, const char *name, const char *detail);

/* Brings the derived columns of all agreements up to today. Waits for the writer. */
bool api_tick(struct api *api);
/* Tells `tell` each agreement whose stored standing differs from what its terms give on the day for which the derived
 * columns hold. */
bool api_check_standings(struct api *api, struct db *db, void (*tell)(void *argument, const char *line),
                         void *argument);

/* Tells `tell` of gaps in the history, of records that are not at the revision their history ends with, and of those
 * that say something else than its last document. */
bool api_check_history(struct api *api, struct db *db, void (*tell)(void *argument, const char *line), void *argument);

/* Lines of Prometheus text that the transport knows (requests, connections) are added by it; these are the store's. */
void api_metrics_source(struct api *api, void (*add)(void *argument, struct text *out), void *argument);

#endif
