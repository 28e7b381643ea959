/* What an exchange is answered with, and how it goes on once another thread has made that. */
#include "http/exchange.h"

#include "api/api.h"
#include "base/log.h"
#include "http/listener.h"

#include <sys/socket.h>

struct reply *exchange_reply(struct exchange *exchange) {
  return exchange->early.status != 0 ? &exchange->early : api_reply(exchange->call);
}

/* The exchange may be over, and the server be stopping, before MHD_resume_connection returns: the server waits for
 * `handed`. */
void exchange_resume(struct exchange *exchange) {
  struct listener *listener = exchange->listener; /* the exchange may be gone once it is resumed */
  struct server *server = listener->server;
  exchange->stage = STAGE_ANSWERED;
  MHD_resume_connection(exchange->connection);
  listener_wake(listener);
  atomic_fetch_sub(&server->handed, 1);
}

ssize_t exchange_break(const struct exchange *exchange, const char *why) {
  const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  log_line(LOG_WARN, "the answer to the request %s was cut: %s", exchange->id, why);
  (void)!connect(exchange->watched->fd, &nowhere, sizeof nowhere);
  return MHD_CONTENT_READER_END_WITH_ERROR;
}
