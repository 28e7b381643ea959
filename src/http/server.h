/* Serving HTTP/1.1: on an address, with TLS or without, and on the socket beside the database, whose callers are admin.
 */
#ifndef ENTENTE_HTTP_SERVER_H
#define ENTENTE_HTTP_SERVER_H

#include "base/error.h"
#include "base/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct server;

struct server_options {
  const char *listen;       /* HOST:PORT; port 0 picks a free one */
  int listen_socket;        /* a socket that is listening already (socket activation), or -1 */
  const char *socket_path;  /* of the local socket */
  unsigned threads;         /* 0: one for each processor */
  size_t body_limit;        /* bytes, for operations without a limit of their own */
  unsigned connections;     /* at most */
  long address_connections; /* of one address at most; 0: any number; -1: half of all */
  unsigned head_seconds, body_seconds, idle_seconds;
  unsigned streams;                /* of events, at most */
  unsigned heartbeat_seconds;      /* between signs of life on a stream without events */
  const char *const *cors_origins; /* of front ends whose pages may read; `*` for any; ended by NULL */
  const char *tls_cert, *tls_key;  /* PEM files, both or neither; NULL: plain HTTP */
  unsigned hsts_seconds;           /* for how long browsers are told to come by HTTPS only; 0: they are not told */
  const struct network *proxies;   /* whose word about their clients is believed */
  size_t proxy_count;
  bool behind_proxy; /* close each connection after its answer */
  bool trust_all;    /* --insecure-no-auth */
};

/* Starts listening and answering. NULL with the reason on failure. */
struct server *server_start(const struct server_options *options, struct api *api, struct error *error);
/* "http://127.0.0.1:8080" or "https://…"; lives as long as the server. */
const char *server_address(const struct server *server);
/* The version of libmicrohttpd that runs. */
const char *server_library(void);
/* How many requests have come so far. Any thread. */
uint64_t server_requests(const struct server *server);
/* The version of GnuTLS that runs. */
const char *server_tls_library(void);
/* Reads certificate and key anew, for connections that come from now on. Says in the log how it went. */
void server_reload(struct server *server);
/* Takes no more connections, answers what is under way, ends the threads. */
void server_stop(struct server *server);

#endif
