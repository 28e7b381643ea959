/* A request's way through libmicrohttpd's callbacks: the request line makes an exchange; the first call of the handler
 * has the head, and may refuse; further calls bring the body; the last finds it complete. A read is answered there and
 * then. A write or a long call suspends the connection; whoever finishes it resumes the connection, and the handler,
 * called once more, sends the answer. */
#include "api/api.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/text.h"
#include "http/exchange.h"
#include "request/answer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MOST = 256, CUT_SECONDS = 5, TYPICAL_MEMORY = 7168, BODY_SLOWEST_BYTES_PER_SECOND = 16384 };

/* What a request may take to arrive; little once the server is stopping. */
static double arriving_seconds(const struct server *server, double seconds) {
  return atomic_load(&server->stopping) && seconds > SERVER_HURRY_SECONDS ? SERVER_HURRY_SECONDS : seconds;
}

static int forget(struct exchange *exchange) {
  blob_drop(exchange->early.body);
  spool_drop(&exchange->body);
  return 0;
}

/* Answers at once and past libmicrohttpd; what still comes is read and thrown away for a while, because closing a
 * connection with bytes unread would take the answer back. */
static void cut(struct exchange *exchange, const char *problem, const char *detail) {
  exchange->stage = STAGE_CUT;
  reply_cut(exchange, problem, detail);
  connection_allow(exchange->watched, CUT_SECONDS);
}

/* libmicrohttpd takes the query apart in the connection's memory before anybody is asked, and closes the connection
 * without a word when that runs out. */
static void refuse_long(struct exchange *exchange, const char *uri) {
  size_t arguments = 0;
  for (const char *at = strchr(uri, '?'); at != NULL; at = strchr(at + 1, '&')) {
    arguments++;
  }
  if (strlen(uri) > ADDRESS_MOST) {
    cut(exchange, "uri-too-long", "the address may have 8192 bytes");
  } else if (arguments > ARGUMENTS_MOST) {
    cut(exchange, "malformed-request", "the address: there are more than 256 query parameters");
  }
}

/* Memory in which most requests find room for all they need. It comes from an exchange that has ended, if there is
 * one: a piece of that size costs the allocator more than all that is done with it. */
static void *take_memory(struct listener *listener) {
  if (listener->rested_count > 0) {
    return listener->rested[--listener->rested_count];
  }
  return memory_checked(talloc_pool(NULL, TYPICAL_MEMORY));
}

static void give_memory(struct listener *listener, void *memory) {
  if (listener->rested_count < LISTENER_RESTED) {
    talloc_free_children(memory);
    listener->rested[listener->rested_count++] = memory;
  } else {
    talloc_free(memory);
  }
}

void *exchange_new(void *argument, const char *uri, struct MHD_Connection *connection) {
  struct listener *listener = argument;
  struct server *server = listener->server;
  void *memory = take_memory(listener);
  struct exchange *exchange = memory_new(memory, struct exchange);
  exchange->memory = memory;
  talloc_set_destructor(exchange, forget);
  exchange->listener = listener;
  exchange->connection = connection;
  exchange->started = clock_monotonic_ns();
  exchange->request.target = memory_copy(exchange, uri);
  char *at = text_put(text_put(exchange->id, server->id_prefix), "-");
  *text_put_hex(at, atomic_fetch_add(&server->requests, 1)) = '\0';
  exchange->request.id = exchange->id;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  exchange->watched = info == NULL ? NULL : info->socket_context;
  if (exchange->watched != NULL) {
    exchange->watched->exchange = exchange;
  }
  exchange->request.secure = exchange->watched != NULL && exchange->watched->pair != NULL;
  exchange->request.on_reserve = exchange->watched != NULL && exchange->watched->spare;
  exchange->close = exchange->request.on_reserve;
  connection_await(exchange->watched, arriving_seconds(server, server->options.head_seconds));
  atomic_fetch_add(&server->active, 1);
  exchange->request.method = "GET"; /* not known yet */
  info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  exchange->request.peer = info == NULL ? NULL : info->client_addr;
  refuse_long(exchange, uri);
  return exchange;
}

void exchange_refuse_head(struct exchange *exchange) {
  if (exchange->stage == STAGE_HEAD) {
    exchange->stage = STAGE_CUT;
    reply_cut(exchange, "headers-too-large",
              "the head needs more memory than there is for one: send fewer cookies, parameters or headers");
  }
}

static void refuse(struct exchange *exchange, const char *problem, const char *detail) {
  reply_problem(exchange, &exchange->early, exchange->id, problem, detail);
  exchange->close = true;
}

/* -- the head ------------------------------------------------------------------------------------------------------ */

/* Whether a Host header names this machine. Where everybody is admin, another name means a page from elsewhere that had
 * its own name lead here (DNS rebinding). */
static bool names_this_machine(const char *host) {
  if (host == NULL) {
    return false;
  }
  size_t digits = strspn(host, "0123456789."), word = strlen("localhost"), bracket = strlen("[::1]");
  size_t length = strncmp(host, "127.", 4) == 0               ? digits
                  : strncasecmp(host, "localhost", word) == 0 ? word
                  : strncmp(host, "[::1]", bracket) == 0      ? bracket
                                                              : 0;
  return length > 0 && (host[length] == '\0' || host[length] == ':');
}

/* Where the proxy names no address, its own stays. */
static void look_behind_proxy(struct exchange *exchange) {
  if (!forwarded_readable(&exchange->forwarded)) {
    refuse(exchange, "malformed-request", "Forwarded: it cannot be read, so it cannot be told who asks");
    return;
  }
  const struct server_options *options = &exchange->listener->server->options;
  struct sockaddr_storage *client = memory_new(exchange, struct sockaddr_storage);
  if (forwarded_client(&exchange->forwarded, options->proxies, options->proxy_count, client)) {
    exchange->request.peer = (const struct sockaddr *)client;
  }
  exchange->request.secure =
      exchange->request.secure || forwarded_secure(&exchange->forwarded, options->proxies, options->proxy_count);
}

static void open_call(struct exchange *exchange, const char *method, const char *version) {
  struct server *server = exchange->listener->server;
  const char *detail = NULL;
  exchange->request.method = memory_copy(exchange, method);
  exchange->by_proxy = server_trusts(server, exchange->request.peer);
  const char *problem = framing_read(exchange, version, &detail);
  if (problem != NULL) {
    refuse(exchange, problem, detail);
    return;
  }
  if (server->options.trust_all && !exchange->listener->trusted && !names_this_machine(exchange->request.host)) {
    refuse(exchange, "misdirected-request", "without authentication only requests to localhost are answered");
    return;
  }
  if (exchange->by_proxy) {
    look_behind_proxy(exchange);
  }
  if (exchange->early.status != 0) {
    return;
  }
  const char *allowed = cors_allowed(&server->options, exchange->request.origin);
  exchange->request.named_origin = allowed != NULL && strcmp(allowed, "*") != 0;
  exchange->request.trusted = exchange->listener->trusted || server->options.trust_all;
  exchange->request.form_is_json = exchange->listener->trusted || exchange->request.authorization != NULL;
  exchange->call = api_open(server->api, exchange->listener->worker, exchange, &exchange->request);
}

static bool too_large(struct exchange *exchange, char detail[80]) {
  const char *length = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Length");
  const struct listener *listener = exchange->listener;
  exchange->body_limit = api_body_limit(exchange->call, listener->server->options.body_limit, listener->trusted);
  snprintf(detail, 80, "the body may have %zu bytes", exchange->body_limit);
  return length != NULL && strtoull(length, NULL, 10) > exchange->body_limit;
}

/* Takes the head. An answer that is known already is sent at once when a body would follow, which nobody reads;
 * libmicrohttpd closes the connection then. */
static mhd_result begin(struct exchange *exchange, const char *method, const char *version) {
  char detail[80];
  open_call(exchange, method, version);
  exchange->stage = STAGE_BODY;
  exchange->body_started = clock_monotonic_ns();
  connection_await(exchange->watched,
                   arriving_seconds(exchange->listener->server, exchange->listener->server->options.body_seconds));
  if (exchange->early.status == 0 && exchange_reply(exchange)->status == 0 && too_large(exchange, detail)) {
    refuse(exchange, "body-too-large", detail);
  }
  bool answered = exchange_reply(exchange)->status != 0;
  if (answered && (exchange->has_body || exchange->early.status != 0)) {
    exchange->close = true;
    return reply_send(exchange);
  }
  return MHD_YES;
}

/* -- the body ------------------------------------------------------------------------------------------------------ */

static mhd_result take_body(struct exchange *exchange, const char *upload, size_t *size) {
  if (exchange->stage != STAGE_BODY || exchange_reply(exchange)->status != 0) {
    *size = 0;
    return MHD_YES;
  }
  char detail[80];
  if (exchange->body.size + *size > exchange->body_limit) {
    snprintf(detail, sizeof detail, "the body may have %zu bytes", exchange->body_limit);
    cut(exchange, "body-too-large", detail);
    *size = 0;
    return MHD_YES;
  }
  exchange->listener->moved = true;
  const char *beside = store_path(api_services(exchange->listener->server->api)->store);
  if (!spool_add(&exchange->body, beside, upload, *size)) {
    int reason = errno;
    snprintf(detail, sizeof detail, "the body: %s", strerror(reason));
    cut(exchange, error_is_full(reason) ? "storage-full" : "storage-failed", detail);
    *size = 0;
    return MHD_YES;
  }
  *size = 0;
  double spent = (double)(clock_monotonic_ns() - exchange->body_started) / 1e9;
  double earned = (double)exchange->body.size / BODY_SLOWEST_BYTES_PER_SECOND;
  connection_await(
      exchange->watched,
      arriving_seconds(exchange->listener->server, exchange->listener->server->options.body_seconds + earned - spent));
  return MHD_YES;
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

static bool run_write(struct write *write, struct db *db) {
  return api_write(((struct exchange *)write)->call, db);
}

static void write_done(struct write *write, enum write_outcome outcome) {
  struct exchange *exchange = (struct exchange *)write;
  if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
    api_not_saved(exchange->call, (int)outcome);
  }
  exchange_resume(exchange);
}

/* Whether the client is gone. One that has only closed its side may still wait for the answer; over the network that is
 * not told apart from the end of the program until something is sent. */
static bool has_left(void *argument) {
  struct exchange *exchange = argument;
  struct pollfd end = {.fd = exchange->watched == NULL ? -1 : exchange->watched->fd};
  return poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

/* Hands the exchange to another thread, the writer's when `background` is NULL. The connection is suspended first: it
 * may be resumed before this returns. It counts as handed over before it is looked whether that is over, so that either
 * is seen by who ends it. */
static mhd_result hand_over(struct exchange *exchange, struct background *background) {
  struct server *server = exchange->listener->server;
  atomic_fetch_add(&server->handed, 1);
  if (atomic_load(&server->closed)) {
    atomic_fetch_sub(&server->handed, 1);
    api_refuse_busy(exchange->call);
    return reply_send(exchange);
  }
  exchange->stage = STAGE_WAITING;
  exchange->request.waiter = (struct waiter){.left = has_left, .argument = exchange};
  connection_hold(exchange->watched);
  MHD_suspend_connection(exchange->connection);
  exchange->write.run = run_write;
  exchange->write.done = write_done;
  exchange->write.alone = api_kind(exchange->call) == CALL_LONG_WRITE;
  bool taken = background == NULL ? store_submit(api_services(server->api)->store, &exchange->write)
                                  : background_submit(background, exchange);
  if (!taken) {
    api_refuse_busy(exchange->call);
    exchange_resume(exchange);
  }
  return MHD_YES;
}

/* Sends the answer of a read, which may be a stream. */
static mhd_result begin_stream(struct exchange *exchange) {
  bool streams = exchange_reply(exchange)->follower != NULL && strcmp(exchange->request.method, "HEAD") != 0;
  if (streams && !stream_begin(exchange)) {
    atomic_fetch_add(&exchange->listener->server->streams_refused, 1);
    refuse(exchange, "too-many-streams", NULL);
  }
  return reply_send(exchange);
}

static mhd_result answer(struct exchange *exchange) {
  exchange->request.body = spool_whole(&exchange->body);
  exchange->request.body_filed = exchange->body.filed;
  exchange->request.body_size = exchange->body.size;
  if (exchange->request.body == NULL) {
    refuse(exchange, "storage-failed", "the body could not be read where it was kept");
  }
  if (exchange_reply(exchange)->status == 0) {
    api_accept(exchange->call);
  }
  if (exchange_reply(exchange)->status != 0) {
    return reply_send(exchange);
  }
  struct server *server = exchange->listener->server;
  switch (api_kind(exchange->call)) {
  case CALL_WRITE:
  case CALL_LONG_WRITE:
    return hand_over(exchange, NULL);
  case CALL_BACKGROUND:
    return hand_over(exchange, server->background);
  default:
    if (api_read_limited(exchange->call, exchange->listener->worker)) {
      return begin_stream(exchange);
    }
    atomic_fetch_add(&server->long_reads, 1);
    return hand_over(exchange, api_from_nobody(exchange->call) ? server->strangers : server->readings);
  }
}

mhd_result exchange_handle(void *listener, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version, const char *upload, size_t *upload_size, void **state) {
  (void)listener;
  (void)connection;
  (void)url; /* decoded, which hides things; the raw target was kept */
  struct exchange *exchange = *state;
  switch (exchange->stage) {
  case STAGE_HEAD:
    return begin(exchange, method, version);
  case STAGE_ANSWERED:
    return begin_stream(exchange);
  case STAGE_CUT:
    if (*upload_size == 0) {
      return MHD_NO;
    }
    *upload_size = 0;
    return MHD_YES;
  case STAGE_BODY:
    return *upload_size > 0 ? take_body(exchange, upload, upload_size) : answer(exchange);
  default:
    *upload_size = 0;
    return MHD_YES;
  }
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

/* The path for the log, without the query: that may hold names, or a token that somebody put there. */
static void loggable_path(const char *target, char *out, size_t size) {
  mask_path(target, strcspn(target, "?"), out, size);
  for (char *at = out; *at != '\0'; at++) {
    *at = *at > 0x20 && *at < 0x7f ? *at : '?';
  }
}

static void log_exchange(struct exchange *exchange, int64_t duration) {
  const char *actor = exchange->call == NULL ? "" : api_actor(exchange->call);
  char path[201], address[NETWORK_ADDRESS_SIZE];
  loggable_path(exchange->request.target, path, sizeof path);
  network_print(exchange->request.peer, address);
  const struct log_field fields[] = {
      {"id", exchange->id, 0},
      {"method", exchange->request.method == NULL ? "-" : exchange->request.method, 0},
      {"path", path, 0},
      {"status", NULL, exchange->status},
      {"microseconds", NULL, duration / 1000},
      {"actor", actor[0] == '\0' ? "-" : actor, 0},
      {"address", address, 0},
      {NULL, NULL, 0},
  };
  log_event(exchange, exchange->status >= 500 ? LOG_WARN : LOG_INFO, "request", fields);
}

void exchange_end(void *argument, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code) {
  (void)connection;
  (void)code;
  struct exchange *exchange = *state;
  if (exchange == NULL) {
    return;
  }
  struct server *server = ((struct listener *)argument)->server;
  int64_t duration = clock_monotonic_ns() - exchange->started;
  int64_t answered = exchange->streaming > 0 ? exchange->streaming - exchange->started : duration;
  metrics_count(server->metrics, exchange->call == NULL ? NULL : api_operation(exchange->call), exchange->status,
                answered);
  log_exchange(exchange, duration);
  connection_rest(exchange->watched, server->options.idle_seconds);
  if (exchange->watched != NULL) {
    exchange->watched->exchange = NULL;
  }
  stream_end(exchange);
  download_end(exchange);
  *state = NULL;
  give_memory(argument, exchange->memory);
  atomic_fetch_sub(&server->active, 1);
}
