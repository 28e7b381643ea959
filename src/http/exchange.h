/* Private to http/: one request and its answer. */
#ifndef ENTENTE_HTTP_EXCHANGE_H
#define ENTENTE_HTTP_EXCHANGE_H

#include "base/forwarded.h"
#include "base/spool.h"
#include "http/listener.h"
#include "request/request.h"
#include "store/store.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if MHD_VERSION < 0x00097002
typedef int mhd_result;
#else
typedef enum MHD_Result mhd_result;
#endif

struct call;
struct download;

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
/* Libmicrohttpd closes the connection without a word when the head leaves no room for its own answer: many cookies,
 * which it takes apart before anybody is asked. Where it has not come to the head, the client is told (431). */
void exchange_refuse_head(struct exchange *exchange);
struct reply *exchange_reply(struct exchange *exchange);
/* Wakes the connection that waits for this answer, and which was handed over. Any thread. */
void exchange_resume(struct exchange *exchange);

/* Breaks the connection in the middle of an answer: nothing else tells a client of HTTP/1.0 that one of unknown length
 * is not complete. The log has why. Returns what libmicrohttpd is to be told by who gives the bytes. */
ssize_t exchange_break(const struct exchange *exchange, const char *why);

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
/* -- where an answer's bytes come from ---------------------------------------------------------------------------- */

/* An answer's body, ready to be sent: libmicrohttpd asks it for bytes. */
struct source {
  struct MHD_Response *response; /* for who opened it to destroy */
  bool packed;                   /* it is compressed (gzip) */
  size_t size;                   /* in bytes; 0 where nobody knows it yet */
};

/* Opens what the reply names: bytes, a file, a list that is made while it is sent, or an event stream. False when that
 * cannot be done; then the connection is closed. */
bool source_open(struct exchange *exchange, const struct reply *reply, struct source *source);

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

/* The answer to an exchange whose reply has chunks; to HEAD, the head of it. *packed: it is compressed. NULL on
 * failure.
 */
struct MHD_Response *download_response(struct exchange *exchange, bool *packed);
/* Nothing more is made for the exchange, when it has such an answer. */
void download_end(struct exchange *exchange);
/* The thread that makes them; owned by `parent`. NULL when it cannot be started. */
struct downloads *downloads_start(const void *parent);
/* Ends it. What is not complete by then is cut, and no connection waits for it any more. */
void downloads_stop(struct downloads *downloads);

#endif
