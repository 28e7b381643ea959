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
#include "request/request.h"
#include "request/services.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct call;
struct db;
struct store;
struct text;

struct worker;

/* Binds the contract's operations to handlers. Fails when an operation has no handler or a handler no operation. */
struct api *api_new(struct contract *contract, struct store *store, const struct service_options *options,
                    struct error *error);
void api_free(struct api *api);
/* What it has made for its handlers; owned by it. */
const struct services *api_services(const struct api *api);
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
bool api_read_limited(struct call *call, struct worker *worker);
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

/* Brings the derived columns of all agreements up to today. Waits for the writer. */
bool api_tick(struct api *api);

/* Lines of Prometheus text that the transport knows (requests, connections) are added by it; these are the store's. */
void api_metrics_source(struct api *api, void (*add)(void *argument, struct text *out), void *argument);

#endif
