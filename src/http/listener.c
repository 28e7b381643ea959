/* What other threads may ask of a listener. */
#include "http/listener.h"

#include "base/network.h"
#include "http/server.h"

#include <sys/eventfd.h>

void listener_wake(struct listener *listener) {
  if (!atomic_exchange(&listener->woken, true)) {
    (void)eventfd_write(listener->wake, 1);
  }
}

bool server_trusts(const struct server *server, const struct sockaddr *address) {
  for (size_t i = 0; i < server->options.proxy_count; i++) {
    if (network_has(&server->options.proxies[i], address)) {
      return true;
    }
  }
  return false;
}
