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

struct client_count {
  unsigned char client[NETWORK_CLIENT_SIZE];
  unsigned connections;
  struct client_count *next;
};

struct client_counts {
  pthread_mutex_t lock; /* also guards the counts as a parent of memory */
  unsigned char secret[crypto_shorthash_KEYBYTES];
  unsigned most;
  struct client_count *chains[CHAINS];
  int64_t refused, told_at;
};

struct client_counts *client_counts_new(const void *parent, unsigned most) {
  struct client_counts *counts = memory_new(parent, struct client_counts);
  counts->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  counts->most = most;
  randombytes_buf(counts->secret, sizeof counts->secret);
  return counts;
}

/* The place of the client's count; NULL lies there when it has no connection. */
static struct client_count **place_of(struct client_counts *counts, const unsigned char client[NETWORK_CLIENT_SIZE]) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, client, NETWORK_CLIENT_SIZE, counts->secret);
  struct client_count **place = &counts->chains[hash % CHAINS];
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

bool client_counts_admits(struct client_counts *counts, const struct sockaddr *address) {
  unsigned char client[NETWORK_CLIENT_SIZE];
  if (counts->most == 0 || !network_client(address, client)) {
    return true;
  }
  int64_t now = clock_monotonic_ns();
  pthread_mutex_lock(&counts->lock);
  const struct client_count *client_count = *place_of(counts, client);
  unsigned connections = client_count == NULL ? 0 : client_count->connections;
  bool admits = connections < counts->most;
  bool tells = !admits && (counts->told_at == 0 || now - counts->told_at >= log_every_ns);
  counts->refused += !admits;
  counts->told_at = tells ? now : counts->told_at;
  pthread_mutex_unlock(&counts->lock);
  if (tells) {
    log_refusal(address, connections);
  }
  return admits;
}

bool client_counts_enter(struct client_counts *counts, struct connection *connection, const struct sockaddr *address) {
  unsigned char client[NETWORK_CLIENT_SIZE];
  if (counts->most == 0 || !network_client(address, client)) {
    return true;
  }
  pthread_mutex_lock(&counts->lock);
  struct client_count **place = place_of(counts, client);
  if (*place == NULL) {
    *place = memory_new(counts, struct client_count);
    memcpy((*place)->client, client, sizeof client);
  }
  bool enters = (*place)->connections < counts->most;
  if (enters) {
    (*place)->connections++;
    connection->client_count = *place;
  }
  pthread_mutex_unlock(&counts->lock);
  return enters;
}

void client_counts_leave(struct client_counts *counts, struct connection *connection) {
  if (connection->client_count == NULL) {
    return;
  }
  pthread_mutex_lock(&counts->lock);
  if (--connection->client_count->connections == 0) {
    struct client_count **place = place_of(counts, connection->client_count->client);
    *place = connection->client_count->next;
    talloc_free(connection->client_count);
  }
  connection->client_count = NULL;
  pthread_mutex_unlock(&counts->lock);
}

int64_t client_counts_refused(struct client_counts *counts) {
  pthread_mutex_lock(&counts->lock);
  int64_t refused = counts->refused;
  pthread_mutex_unlock(&counts->lock);
  return refused;
}
