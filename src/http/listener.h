/* Private to http/: the server, its threads, and what runs beside them. */
#ifndef ENTENTE_HTTP_LISTENER_H
#define ENTENTE_HTTP_LISTENER_H

#include "http/connection.h"
#include "http/server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct background;
struct contract;
struct webhook_sender;
struct downloads;
struct exchange;
struct metrics;
struct operation;
struct sockaddr;
struct stream;
struct text;
struct worker;

/* -- the server ---------------------------------------------------------------------------------------------------- */

/* While the server stops, requests get this long to arrive. */
enum { SERVER_HURRY_SECONDS = 3 };

enum { LISTENER_RESTED = 32 };

/* The event streams of one listener; its thread's own, but for what is atomic. */
struct streams {
  struct stream *first;
  _Atomic int64_t count;
  _Atomic bool news;        /* there was a commit since the feed was looked at */
  bool behind;              /* some have more of the log to look through */
  int64_t look_at, feed_at; /* when callers and clients, and when news, are looked at next (monotonic nanoseconds) */
};

/* A thread that answers: a daemon of libmicrohttpd that only this thread runs, and its reading worker. */
struct listener {
  struct server *server;
  struct MHD_Daemon *daemon;
  struct worker *worker;
  pthread_t thread;
  int wake;                      /* an eventfd; -1 while there is none */
  void *rested[LISTENER_RESTED]; /* memory of exchanges that ended, for the next ones */
  size_t rested_count;
  _Atomic bool woken;
  bool running;
  bool trusted; /* on the local socket */
  struct streams streams;
  bool moved;     /* with TLS: bytes came or went when the daemon last ran; only its own thread looks */
  bool freed;     /* a connection went when the daemon last ran; only its own thread looks */
  int backoff_ms; /* how long it waited last because nothing moved, in milliseconds; 0: something has moved since */
};

/* Whether the address is a trusted proxy's. */
bool server_trusts(const struct server *server, const struct sockaddr *address);

/* Makes the thread look again, at what was resumed or at server->over. Any thread. */
void listener_wake(struct listener *listener);

struct server {
  struct api *api;
  struct server_options options;
  struct listener *listeners;
  size_t listener_count;
  struct tls *tls; /* on the network's address; NULL: plain HTTP */
  struct deadlines deadlines;
  struct metrics *metrics;
  struct background *background; /* writes that take long, and what must not run beside them */
  struct background *readings;   /* reads that take long … */
  struct background *strangers;  /* … and those of callers without a token, for whom nobody else is to wait */
  _Atomic int64_t long_reads;    /* that there were */
  struct client_counts *client_counts;
  struct webhook_sender *sender;
  struct downloads *downloads;
  _Atomic int64_t active;    /* requests under way */
  _Atomic int64_t handed;    /* of those, the ones that another thread has */
  _Atomic int64_t accepting; /* threads that still take connections */
  _Atomic int64_t network_streams, local_streams, streams_refused;
  _Atomic int64_t open_downloads;
  _Atomic bool stopping; /* connections are closed after their answers */
  _Atomic bool closed;   /* nothing more is handed to another thread */
  _Atomic bool over;     /* the threads end */
  _Atomic uint64_t requests;
  char id_prefix[17];
  char address[128];
  bool socket_made; /* the local socket lies at its path */
};

/* -- background ---------------------------------------------------------------------------------------------------- */

struct background *background_start(struct server *server);
/* Queues the exchange, whose connection is suspended. False when too many wait. */
bool background_submit(struct background *background, struct exchange *exchange);
void background_stop(struct background *background);

/* -- metrics ------------------------------------------------------------------------------------------------------- */

struct metrics *metrics_new(const struct contract *contract);
void metrics_free(struct metrics *metrics);
void metrics_count(struct metrics *metrics, const struct operation *operation, int status, int64_t nanoseconds);
/* Prometheus text. `argument` is a struct server. */
void metrics_add(void *argument, struct text *out);

#endif
