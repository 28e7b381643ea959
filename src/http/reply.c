/* From a reply to bytes on the wire. Headers that every answer has are set here and nowhere else. */
#include "api/api.h"
#include "base/blob.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/exchange.h"
#include "request/answer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { SLOWEST_BYTES_PER_SECOND = 16384, SEND_SECONDS = 30 };

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

static void add(struct MHD_Response *response, const char *name, const char *value) {
  /* Refused are values with line breaks; what remains is a header less, never one that splits the answer. */
  (void)!MHD_add_response_header(response, name, value);
}

/* -- headers ------------------------------------------------------------------------------------------------------- */

static bool is_type(const struct reply *reply, const char *type) {
  return reply->content_type != NULL && strncmp(reply->content_type, type, strlen(type)) == 0;
}

const char *cors_allowed(const struct server_options *options, const char *origin) {
  const char *allowed = NULL;
  for (const char *const *each = options->cors_origins; origin != NULL && *each != NULL; each++) {
    if (strcmp(*each, origin) == 0) {
      return *each;
    }
    allowed = strcmp(*each, "*") == 0 ? *each : allowed;
  }
  return allowed;
}

static void add_cors(struct exchange *exchange, struct MHD_Response *response, const struct reply *reply) {
  const char *allowed = cors_allowed(&exchange->listener->server->options, exchange->request.origin);
  if (allowed == NULL) {
    return;
  }
  add(response, "Access-Control-Allow-Origin", allowed);
  add(response, "Access-Control-Expose-Headers",
      "Change-Log, Content-Disposition, ETag, Idempotent-Replayed, Link, Location, Preference-Applied, RateLimit, "
      "RateLimit-Policy, Retry-After, Warning, X-Request-Id");
  if (strcmp(exchange->request.method, "OPTIONS") == 0 && reply->status == 204) {
    add(response, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
    add(response, "Access-Control-Allow-Headers",
        "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID, Prefer, Idempotency-Key, "
        "X-Change-Message");
    add(response, "Access-Control-Max-Age", "600");
  }
}

static void add_caching(struct exchange *exchange, struct MHD_Response *response, const struct reply *reply,
                        bool packed) {
  bool lasting = reply->etag[0] != '\0';
  add(response, "Cache-Control", lasting ? "private, no-cache" : "no-store");
  char vary[96];
  const struct operation *operation = exchange->call == NULL ? NULL : api_operation(exchange->call);
  bool speaks = operation != NULL && contract_takes_header(operation, "Accept-Language");
  snprintf(vary, sizeof vary, "Authorization, Cookie, Accept, Accept-Encoding%s%s", speaks ? ", Accept-Language" : "",
           exchange->listener->server->options.cors_origins[0] == NULL ? "" : ", Origin");
  add(response, "Vary", vary);
  if (lasting) {
    char tag[72];
    text_put(text_put(text_put(tag, "\""), reply->etag), packed ? "-gzip\"" : "\"");
    add(response, "ETag", tag);
  }
}

static void add_limits(struct exchange *exchange, struct MHD_Response *response) {
  const char *left = exchange->call == NULL ? NULL : api_limits_left(exchange->call);
  if (left != NULL) {
    add(response, "RateLimit-Policy", api_limits_policy(exchange->call));
    add(response, "RateLimit", left);
  }
}

/* RFC 6797. It binds the whole host name, all of its ports, for a long time: whoever runs the server decides. */
static void add_transport(struct exchange *exchange, struct MHD_Response *response) {
  unsigned seconds = exchange->listener->server->options.hsts_seconds;
  if (exchange->request.secure && seconds > 0) {
    char value[32];
    snprintf(value, sizeof value, "max-age=%u", seconds);
    add(response, "Strict-Transport-Security", value);
  }
}

static void add_headers(struct exchange *exchange, struct MHD_Response *response, const struct reply *reply,
                        bool packed) {
  if (reply->content_type != NULL) {
    add(response, "Content-Type", reply->content_type);
  }
  if (packed) {
    add(response, "Content-Encoding", "gzip");
  }
  add_caching(exchange, response, reply, packed);
  add(response, "X-Request-Id", exchange->id);
  add(response, "X-Content-Type-Options", "nosniff");
  add_transport(exchange, response);
  if (is_type(reply, "text/html")) {
    add(response, "Content-Security-Policy", page_policy);
    add(response, "Referrer-Policy", "no-referrer");
    add(response, "Cross-Origin-Opener-Policy", "same-origin");
  }
  for (size_t i = 0; i < reply->header_count; i++) {
    add(response, reply->headers[i].name, reply->headers[i].value);
  }
  add_limits(exchange, response);
  add_cors(exchange, response, reply);
  const struct server *server = exchange->listener->server;
  if (exchange->close || (server->options.behind_proxy && !exchange->listener->trusted) ||
      atomic_load(&server->stopping)) {
    add(response, "Connection", "close");
  }
}

/* -- sending ------------------------------------------------------------------------------------------------------- */

mhd_result reply_send(struct exchange *exchange) {
  struct reply *reply = exchange_reply(exchange);
  struct source source = {0};
  if (!source_open(exchange, reply, &source)) {
    return MHD_NO;
  }
  /* A 304 stands for the compressed answer too; its tag is the one the client has, which either way names this state.
   */
  add_headers(exchange, source.response, reply, source.packed);
  exchange->status = reply->status;
  exchange->stage = STAGE_SENT;
  connection_allow(exchange->watched, SEND_SECONDS + (double)source.size / SLOWEST_BYTES_PER_SECOND);
  mhd_result result = MHD_queue_response(exchange->connection, (unsigned)reply->status, source.response);
  MHD_destroy_response(source.response);
  return result;
}

void reply_cut(struct exchange *exchange, const char *problem, const char *detail) {
  struct reply reply = {0};
  reply_problem(exchange, &reply, exchange->id, problem, detail);
  struct text *out = text_new(exchange);
  text_addf(
      out,
      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\nX-Request-Id: %s\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      reply.status, MHD_get_reason_phrase_for((unsigned)reply.status), reply.content_type, reply.body->size,
      exchange->id);
  text_add_bytes(out, reply.body->data, reply.body->size);
  exchange->status = reply.status;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!tls_send_last(exchange->connection, out->data, out->length) && info != NULL) {
    (void)!send(info->connect_fd, out->data, out->length, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  if (info != NULL) {
    shutdown(info->connect_fd, SHUT_WR);
  }
  blob_drop(reply.body);
}
