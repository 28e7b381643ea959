/* A request as the transport brings it, and the reply that goes back. */
#ifndef ENTENTE_REQUEST_REQUEST_H
#define ENTENTE_REQUEST_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

struct blob;
struct follower;
struct chunks;
struct sockaddr;

/* What a request target has at most, in bytes: longer ones come to no call, and none is given out. */
enum { ADDRESS_MOST = 8192 };

/* Who waits for the answer to a call that takes long. */
struct waiter {
  bool (*left)(void *argument); /* whether nobody does any more; any thread may ask; or NULL */
  /* Takes how far the call is: how many rows what it is doing has done, and which part of them that is (0 to 1); or
   * NULL. */
  void (*tell)(void *argument, const char *doing, size_t rows, double part);
  void *argument;
};

/* What came. All text is borrowed and outlives the call; header values are NULL when absent. */
struct request {
  const char *id;
  const char *method;
  const char *target; /* path and query as they came */
  const char *authorization, *content_type, *accept, *accept_language, *if_match, *if_none_match, *prefer;
  const char *change_message, *idempotency_key, *last_event_id;
  const char *host, *origin, *fetch_site; /* whose page asks whom, as browsers say it */
  const char *cookie, *csrf_token;        /* all Cookie headers as one; X-CSRF-Token */
  bool named_origin;                      /* `origin` is the front end that the server was told of */
  const struct sockaddr *peer; /* the client's address, told by a proxy if that is trusted; NULL: not from a network */
  bool secure;                 /* it came through TLS, as far as this server or a trusted proxy knows */
  bool on_reserve;             /* there was no place for its connection: only what is unlimited is answered */
  bool trusted;                /* came by a way that only the database's owner has: the caller is admin */
  bool form_is_json;           /* curl's default media type is taken for JSON: no browser can have sent this unasked */
  const char *body;
  size_t body_size;
  bool body_filed; /* it lies in a file that is mapped (base/spool.h) */
  struct waiter waiter;
};

enum { REPLY_HEADERS = 8 };

struct reply {
  int status; /* 0: not answered yet */
  const char *content_type;
  struct blob *body; /* owned; may be NULL */
  char etag[48];     /* without the quotes; "" for none */
  struct {
    const char *name, *value;
  } headers[REPLY_HEADERS];
  size_t header_count;
  const char *file;          /* the body is this file, which is removed once it was sent; or NULL */
  struct follower *follower; /* the body is events without an end, which it gives (api/feed.h); or NULL */
  struct chunks *chunks;     /* the body is made while it is sent (api/chunks.h); or NULL */
};

/* How a call is answered. A long write may change any number of records. */
enum call_kind { CALL_READ, CALL_WRITE, CALL_LONG_WRITE, CALL_BACKGROUND };

#endif
