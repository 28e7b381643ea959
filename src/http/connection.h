/* Private to http/: connections that are open, how long each may last, how many a client may have, and their TLS. */
#ifndef ENTENTE_HTTP_CONNECTION_H
#define ENTENTE_HTTP_CONNECTION_H

#include "base/error.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct client_counts;
struct exchange;
struct listener;
struct sockaddr;
struct tls;
struct tls_pair;
struct client_count;

/* -- connections and their deadlines ------------------------------------------------------------------------------- */

/* A connection that is open. `deadline` is when it is cut (monotonic nanoseconds; 0: not while this lasts). */
struct connection {
  int fd;
  _Atomic int64_t deadline;
  _Atomic bool arriving; /* head or body of a request */
  _Atomic bool idle;     /* between requests */
  bool spare;            /* there was no place for it: it gets one answer, for most requests a 503, and goes */
  int64_t came;          /* when it was taken (monotonic nanoseconds) */
  struct client_count *client_count; /* whose it is, as they are counted; NULL: not counted */
  int ended_looks;                   /* how often in turn it was found idle and ended by the client */
  struct tls_pair *pair;             /* held; NULL without TLS */
  struct listener *listener;
  struct exchange *exchange; /* under way; or NULL */
  struct connection *next, **link;
};

struct deadlines {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  struct connection *first, *first_spare; /* those that have a place, and those that have none */
  int64_t count;                          /* of all */
  int64_t network,
      network_most;      /* of those with a place, the ones on the network's address, and how many may have one */
  _Atomic int64_t spare; /* of those without */
  int64_t told_at;       /* when the log was told that all places were taken; 0: never */
  bool running, stopping;
};

/* Connections that are taken though there is no place for them; when they are more than a few, each has less time. */
enum { SPARE_MOST = 256, SPARE_FEW = 32 };

bool deadlines_start(struct deadlines *deadlines);
/* How many connections have a place on the network's address. The log is told when all are taken. */
void deadlines_limit(struct deadlines *deadlines, int64_t most);
void deadlines_stop(struct deadlines *deadlines);
/* Gives the connection a place, if there is one and it is not spare already. */
void deadlines_add(struct deadlines *deadlines, struct connection *connection);
void deadlines_remove(struct deadlines *deadlines, struct connection *connection);
void connection_allow(struct connection *connection, double seconds);
/* As connection_allow, for the time in which a request arrives. */
void connection_await(struct connection *connection, double seconds);
/* Leaves no more than that to requests which are still arriving. */
void deadlines_hurry(struct deadlines *deadlines, double seconds);
void connection_hold(struct connection *connection);
/* As connection_allow, for the time between requests. A client that ends its side meanwhile is not waited for. */
void connection_rest(struct connection *connection, double seconds);

/* -- connections by client ----------------------------------------------------------------------------------------- */

/* At most so many connections for each client (0: any number). Owned by `parent`. */
struct client_counts *client_counts_new(const void *parent, unsigned most);
/* Whether a client may open another connection. What is no internet address always may. Any thread. */
bool client_counts_admits(struct client_counts *counts, const struct sockaddr *address);
/* Counts the connection as its client's; false when that one has as many as it may. */
bool client_counts_enter(struct client_counts *counts, struct connection *connection, const struct sockaddr *address);
void client_counts_leave(struct client_counts *counts, struct connection *connection);
/* How often a connection was not admitted. */
int64_t client_counts_refused(struct client_counts *counts);

/* -- TLS ----------------------------------------------------------------------------------------------------------- */

/* Certificate chain and private key as they lie in two PEM files. Owned by `parent`, which must outlive every
 * connection. NULL with the reason, which names the file. The paths are borrowed. */
struct tls *tls_open(const void *parent, const char *cert_path, const char *key_path, struct error *error);
/* Reads both files anew. When they are no pair, false with the reason, and the one that was there stays. Any thread. */
bool tls_reload(struct tls *tls, struct error *error);
/* When the certificate ends, in milliseconds since 1970. Any thread. */
int64_t tls_ends(struct tls *tls);
/* The pair for one more connection, and its end. Any thread. */
struct tls_pair *tls_hold(struct tls *tls);
void tls_drop(struct tls *tls, struct tls_pair *pair);
/* Has a new connection's bytes come and go through here, so that its listener's `moved` is known. */
void tls_accompany(struct MHD_Connection *handle, struct connection *connection);
/* What a daemon is started with (MHD_OPTION_ARRAY): nothing when `tls` is NULL. */
enum { TLS_OPTIONS = 3 };
void tls_options(const struct tls *tls, struct MHD_OptionItem out[TLS_OPTIONS]);
/* Sends bytes past libmicrohttpd, and says that no more will follow. False when the connection has no TLS. */
bool tls_send_last(struct MHD_Connection *handle, const void *bytes, size_t size);

#endif
