/* How many connections each client has open: chains of the clients that have any, so the memory is bounded by the
 * connections themselves. All daemons share it, since they share one listening socket. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/network.h"
#include "http/connection.h"

#include <sodium.h>
#include <string.h>

enum { CHAINS = 4096 };

static const int64_t log_every_ns = 1000000000;

struct visitor {
  unsigned char client[NETWORK_CLIENT_SIZE];
  unsigned connections;
  struct visitor *next;
};

struct crowd {
  pthread_mutex_t lock; /* also guards the crowd as a parent of memory */
  unsigned char secret[crypto_shorthash_KEYBYTES];
  unsigned most;
  struct visitor *chains[CHAINS];
  int64_t refused, told_at;
};

struct crowd *crowd_new(const void *parent, unsigned most) {
  struct crowd *crowd = memory_new(parent, struct crowd);
  crowd->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  crowd->most = most;
  randombytes_buf(crowd->secret, sizeof crowd->secret);
  return crowd;
}

/* The place of the client's visitor; NULL lies there when it has no connection. */
static struct visitor **place_of(struct crowd *crowd, const unsigned char client[NETWORK_CLIENT_SIZE]) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, client, NETWORK_CLIENT_SIZE, crowd->secret);
  struct visitor **place = &crowd->chains[hash % CHAINS];
  while (*place != NULL && memcmp((*place)->client, client, NETWORK_CLIENT_SIZE) != 0) {
    place = &(*place)->next;
  }
  return place;
}

/* Once a second at most: who is refused comes again at once. */
static void log_refusal(const struct sockaddr *address, unsigned connections) {
  char text[NETWORK_ADDRESS_SIZE];
  network_print(address, text);
  const struct log_field fields[] = {{"address", text, 0}, {"open", NULL, connections}, {NULL, NULL, 0}};
  log_event(NULL, LOG_WARN, "connections refused", fields);
}

bool crowd_admits(struct crowd *crowd, const struct sockaddr *address) {
  unsigned char client[NETWORK_CLIENT_SIZE];
  if (crowd->most == 0 || !network_client(address, client)) {
    return true;
  }
  int64_t now = clock_monotonic_ns();
  pthread_mutex_lock(&crowd->lock);
  const struct visitor *visitor = *place_of(crowd, client);
  unsigned connections = visitor == NULL ? 0 : visitor->connections;
  bool admits = connections < crowd->most;
  bool tells = !admits && (crowd->told_at == 0 || now - crowd->told_at >= log_every_ns);
  crowd->refused += !admits;
  crowd->told_at = tells ? now : crowd->told_at;
  pthread_mutex_unlock(&crowd->lock);
  if (tells) {
    log_refusal(address, connections);
  }
  return admits;
}

bool crowd_enter(struct crowd *crowd, struct connection *connection, const struct sockaddr *address) {
  unsigned char client[NETWORK_CLIENT_SIZE];
  if (crowd->most == 0 || !network_client(address, client)) {
    return true;
  }
  pthread_mutex_lock(&crowd->lock);
  struct visitor **place = place_of(crowd, client);
  if (*place == NULL) {
    *place = memory_new(crowd, struct visitor);
    memcpy((*place)->client, client, sizeof client);
  }
  bool enters = (*place)->connections < crowd->most;
  if (enters) {
    (*place)->connections++;
    connection->visitor = *place;
  }
  pthread_mutex_unlock(&crowd->lock);
  return enters;
}

void crowd_leave(struct crowd *crowd, struct connection *connection) {
  if (connection->visitor == NULL) {
    return;
  }
  pthread_mutex_lock(&crowd->lock);
  if (--connection->visitor->connections == 0) {
    struct visitor **place = place_of(crowd, connection->visitor->client);
    *place = connection->visitor->next;
    talloc_free(connection->visitor);
  }
  connection->visitor = NULL;
  pthread_mutex_unlock(&crowd->lock);
}

int64_t crowd_refused(struct crowd *crowd) {
  pthread_mutex_lock(&crowd->lock);
  int64_t refused = crowd->refused;
  pthread_mutex_unlock(&crowd->lock);
  return refused;
}
