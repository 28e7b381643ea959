/* Private to http/: what its files share. */
#ifndef ENTENTE_HTTP_INTERNAL_H
#define ENTENTE_HTTP_INTERNAL_H

#include "api/api.h"
#include "base/forwarded.h"
#include "base/spool.h"
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
struct crowd;
struct visitor;
struct courier;
struct download;
struct downloads;
struct stream;
struct text;
struct tls;
struct tls_pair;

/* -- connections and their deadlines ------------------------------------------------------------------------------- */

/* A connection that is open. `deadline` is when it is cut (monotonic nanoseconds; 0: not while this lasts). */
struct connection {
  int fd;
  _Atomic int64_t deadline;
  _Atomic bool arriving;   /* head or body of a request */
  _Atomic bool idle;       /* between requests */
  bool spare;              /* there was no place for it: it gets one answer, for most requests a 503, and goes */
  int64_t came;            /* when it was taken (monotonic nanoseconds) */
  struct visitor *visitor; /* whose it is, as the crowd counts them; NULL: not counted */
  int ended_looks;         /* how often in turn the watch has found it idle and ended by the client */
  struct tls_pair *pair;   /* held; NULL without TLS */
  struct listener *listener;
  struct exchange *exchange; /* under way; or NULL */
  struct connection *next, **link;
};

struct watch {
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

bool watch_start(struct watch *watch);
/* How many connections have a place on the network's address. The log is told when all are taken. */
void watch_limit(struct watch *watch, int64_t most);
void watch_stop(struct watch *watch);
/* Gives the connection a place, if there is one and it is not spare already. */
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

/* -- connections by client ----------------------------------------------------------------------------------------- */

/* At most so many connections for each client (0: any number). Owned by `parent`. */
struct crowd *crowd_new(const void *parent, unsigned most);
/* Whether a client may open another connection. What is no internet address always may. Any thread. */
bool crowd_admits(struct crowd *crowd, const struct sockaddr *address);
/* Counts the connection as its client's; false when that one has as many as it may. */
bool crowd_enter(struct crowd *crowd, struct connection *connection, const struct sockaddr *address);
void crowd_leave(struct crowd *crowd, struct connection *connection);
/* How often a connection was not admitted. */
int64_t crowd_refused(struct crowd *crowd);

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
  bool moved; /* with TLS: bytes came or went when the daemon last ran; only its own thread looks */
  bool freed; /* a connection went when the daemon last ran; only its own thread looks */
  int breath; /* the last one that was taken, in milliseconds; 0: something has happened since */
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
  struct watch watch;
  struct metrics *metrics;
  struct background *background; /* writes that take long, and what must not run beside them */
  struct background *readings;   /* reads that take long … */
  struct background *strangers;  /* … and those of callers without a token, for whom nobody else is to wait */
  _Atomic int64_t long_reads;    /* that there were */
  struct crowd *crowd;
  struct courier *courier;
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
  struct spool body;
  size_t body_limit;
  int64_t started, body_started;
  enum stage stage;
  bool has_body, gzip, close;
  bool by_proxy; /* a trusted one, so what it says of the client is believed */
  struct forwarded forwarded;
  const char *request_headers;
  int status;                /* that was sent */
  struct stream *stream;     /* of events, while they are sent; or NULL */
  struct download *download; /* that is made while it is sent; or NULL */
  int64_t streaming;         /* since when, or 0 */
  struct exchange *next;     /* in the background queue */
};

/* For libmicrohttpd; `argument` and `listener` are a struct listener. */
void *exchange_new(void *argument, const char *uri, struct MHD_Connection *connection);
mhd_result exchange_handle(void *listener, struct MHD_Connection *connection, const char *url, const char *method,
                           const char *version, const char *upload, size_t *upload_size, void **state);
void exchange_end(void *argument, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode code);
struct reply *exchange_reply(struct exchange *exchange);
/* Wakes the connection that waits for this answer, and which was handed over. Any thread. */
void exchange_resume(struct exchange *exchange);

/* Looks at the head as it came: framing that two programs could read differently, bytes that do not belong. Fills in
 * the request. NULL, or the name of a problem, with *detail. */
const char *framing_read(struct exchange *exchange, const char *version, const char **detail);

/* What `Access-Control-Allow-Origin` says to that origin (RFC 6454; NULL: none was named): itself where it was named
 * to the server, else `*` where that was; NULL when it may not read. */
const char *cors_allowed(const struct server_options *options, const char *origin);

/* Sends the exchange's reply. */
mhd_result reply_send(struct exchange *exchange);
/* Writes a bare answer past libmicrohttpd, which takes none in the middle of an upload, and shuts the connection down.
 */
void reply_cut(struct exchange *exchange, const char *problem, const char *detail);
/* Breaks the connection in the middle of an answer: nothing else tells a client of HTTP/1.0 that one of unknown length
 * is not complete. The log has why. Returns what libmicrohttpd is to be told by who gives the bytes. */
ssize_t reply_break(const struct exchange *exchange, const char *why);
/* The answer that is the file, of *size bytes, which is removed; it goes on for as long as its caller may have it. NULL
 * on failure. */
struct MHD_Response *file_response(struct exchange *exchange, const char *path, size_t *size);

/* -- event streams ------------------------------------------------------------------------------------------------ */

/* Makes the exchange, whose reply has a follower, a stream of its listener's. False when there are too many. */
bool stream_begin(struct exchange *exchange);
/* The answer that the stream sends; for an exchange without one (HEAD), the head of such an answer. NULL on failure. */
struct MHD_Response *stream_response(struct exchange *exchange);
/* Gives the stream's place back, when the exchange has one. */
void stream_end(struct exchange *exchange);
/* How long the listener may wait before it calls streams_turn, in milliseconds; -1: for ever. */
int streams_wait(struct listener *listener);
/* Resumes the streams that have something to send and ends those that should be. The listener's own thread. */
void streams_turn(struct listener *listener);
/* Tells the listeners of a commit; for store_on_commit. `argument` is a struct server. */
void streams_tell(void *argument);

/* -- answers that are made while they are sent --------------------------------------------------------------------- */

/* The answer to an exchange whose reply has pieces; to HEAD, the head of it. *packed: it is compressed. NULL on
 * failure.
 */
struct MHD_Response *download_response(struct exchange *exchange, bool *packed);
/* Nothing more is made for the exchange, when it has such an answer. */
void download_end(struct exchange *exchange);
/* The thread that makes them; owned by `parent`. NULL when it cannot be started. */
struct downloads *downloads_start(const void *parent);
/* Ends it. What is not complete by then is cut, and no connection waits for it any more. */
void downloads_stop(struct downloads *downloads);

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
