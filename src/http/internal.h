/* Private to http/: what its files share. */
#ifndef ENTENTE_HTTP_INTERNAL_H
#define ENTENTE_HTTP_INTERNAL_H

#include "api/api.h"
#include "http/server.h"
#include "store/store.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#if MHD_VERSION < 0x00097002
typedef int mhd_result;
#else
typedef enum MHD_Result mhd_result;
#endif

struct metrics;
struct background;
struct text;

/* -- connections and their deadlines ------------------------------------------------------------------------------- */

/* A connection that is open. `deadline` is when it is cut (monotonic nanoseconds; 0: not while this lasts). */
struct connection {
  int fd;
  _Atomic int64_t deadline;
  _Atomic bool arriving; /* head or body of a request */
  _Atomic bool idle;     /* between requests */
  int ended_looks;       /* how often in turn the watch has found it idle and ended by the client */
  struct connection *next, **link;
};

struct watch {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  struct connection *first;
  int64_t count;
  bool running, stopping;
};

bool watch_start(struct watch *watch);
void watch_stop(struct watch *watch);
void watch_add(struct watch *watch, struct connection *connection);
void watch_remove(struct watch *watch, struct connection *connection);
void connection_allow(struct connection *connection, double seconds);
/* As connection_allow, for the time in which a request arrives. */
void connection_await(struct connection *connection, double seconds);
/* Leaves no more than that to requests which are still arriving. */
void watch_hurry(struct watch *watch, double seconds);
void connection_hold(struct connection *connection);
/* As connection_allow, for the time between requests. A client that ends its side meanwhile is not waited for. */
void connection_rest(struct connection *connection, double seconds);

/* -- the server ---------------------------------------------------------------------------------------------------- */

/* While the server stops, requests get this long to arrive. */
enum { SERVER_HURRY_SECONDS = 3 };

/* A thread that answers: a daemon of libmicrohttpd that only this thread runs, and its reading worker. */
struct listener {
  struct server *server;
  struct MHD_Daemon *daemon;
  struct worker *worker;
  pthread_t thread;
  int wake; /* an eventfd; -1 while there is none */
  _Atomic bool woken;
  bool running;
  bool trusted; /* on the local socket */
};

/* Makes the thread look again, at what was resumed or at server->over. Any thread. */
void listener_wake(struct listener *listener);

struct server {
  struct api *api;
  struct server_options options;
  struct listener *listeners;
  size_t listener_count;
  struct watch watch;
  struct metrics *metrics;
  struct background *background;
  _Atomic int64_t active; /* requests under way */
  _Atomic bool stopping;  /* connections are closed after their answers */
  _Atomic bool closed;    /* nothing more is handed to another thread */
  _Atomic bool over;      /* the threads end */
  _Atomic uint64_t requests;
  char id_prefix[17];
  char address[128];
};

/* -- one exchange -------------------------------------------------------------------------------------------------- */

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_WAITING, STAGE_ANSWERED, STAGE_SENT, STAGE_CUT };

struct exchange {
  struct write write; /* first: the store hands it back */
  void *memory;       /* holds the exchange and all that it makes */
  struct listener *listener;
  struct MHD_Connection *connection;
  struct connection *watched;
  struct request request;
  struct call *call;
  struct reply early; /* an answer that needs no call */
  char id[40];
  char *body;
  size_t body_size, body_capacity, body_limit;
  int64_t started, body_started;
  enum stage stage;
  bool has_body, gzip, close;
  const char *host, *origin, *request_headers;
  int status;            /* that was sent */
  struct exchange *next; /* in the background queue */
};

/* For libmicrohttpd; `argument` and `listener` are a struct listener. */
void *exchange_new(void *argument, const char *uri, struct MHD_Connection *connection);
mhd_result exchange_handle(void *listener, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version, const char *upload, size_t *upload_size, void **state);
void exchange_end(void *argument, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code);
struct reply *exchange_reply(struct exchange *exchange);
/* Wakes the connection that waits for this answer. Any thread. */
void exchange_resume(struct exchange *exchange);

/* Looks at the head as it came: framing that two programs could read differently, bytes that do not belong. Fills in
 * the request. NULL, or the name of a problem, with *detail. */
const char *framing_read(struct exchange *exchange, const char *version, const char **detail);

/* Sends the exchange's reply. */
mhd_result reply_send(struct exchange *exchange);
/* Writes a bare answer past libmicrohttpd, which takes none in the middle of an upload, and shuts the connection down.
 */
void reply_cut(struct exchange *exchange, const char *problem, const char *detail);

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
