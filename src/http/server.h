/* Serving HTTP/1.1: on an address, and on the socket beside the database, whose callers are admin. */
#ifndef ENTENTE_HTTP_SERVER_H
#define ENTENTE_HTTP_SERVER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct api;
struct server;

struct server_options {
  const char *listen;      /* HOST:PORT; port 0 picks a free one */
  int listen_socket;       /* a socket that is listening already (socket activation), or -1 */
  const char *socket_path; /* of the local socket */
  unsigned threads;        /* 0: one for each processor */
  size_t body_limit;       /* bytes, for operations without a limit of their own */
  unsigned connections;    /* at most */
  unsigned head_seconds, body_seconds, idle_seconds;
  const char *cors_origin; /* or NULL */
  bool behind_proxy;       /* close each connection after its answer */
  bool trust_all;          /* --insecure-no-auth */
};

/* Starts listening and answering. NULL with the reason on failure. */
struct server *server_start(const struct server_options *options, struct api *api, struct error *error);
/* "http://127.0.0.1:8080"; lives as long as the server. */
const char *server_address(const struct server *server);
/* The version of libmicrohttpd that runs, and whether it is one that takes no ambiguous framing (1.0.5 and later). */
const char *server_library(void);
bool server_library_is_strict(void);
/* Takes no more connections, answers what is under way, ends the threads. */
void server_stop(struct server *server);

#endif
