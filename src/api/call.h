/* Private to the handlers: a call from inside. */
#ifndef ENTENTE_API_CALL_H
#define ENTENTE_API_CALL_H

#include "api/api.h"
#include "base/clock.h"
#include "base/typeid.h"
#include "contract/faults.h"
#include "contract/uri.h"
#include "store/addresses.h"
#include "store/db.h"
#include "store/documents.h"
#include "store/resource.h"
#include "store/store.h"

#include <jansson.h>

struct ending;
struct endings;
struct feed;
struct handler;
struct limits;
struct snapshots;
struct tickets;

struct quota {
  bool set; /* else what holds for all */
  unsigned per_minute;
};

struct principal {
  enum role role;
  char id[TYPEID_SIZE];
  struct quota requests, writes;
  char expires_at[CLOCK_TIMESTAMP_SIZE]; /* of the token or the session, whichever ends first; "" for never */
  int64_t ends_ms;                       /* the same instant; far away for never */
  int64_t session;                       /* the session that the cookie names; 0: came by another way */
  char name[801]; /* of the token: 200 characters, of four bytes at most; last, see principal_take */
};

struct call {
  struct api *api;
  void *memory; /* lives as long as the call */
  const struct request *request;
  struct uri *uri;
  struct route route;
  const struct operation *operation;
  const struct resource *resource;
  const struct handler *handler;
  struct principal principal;
  struct principal *by_ticket; /* whom the ticket stood for that the call showed; or NULL */
  uint64_t commits;            /* of the store, read before anything else was */
  int64_t admitted_ns;         /* when the caller was found (monotonic) */
  struct ending *ending;       /* of a token or a session, which the call is about to write; or NULL */
  json_t *body;                /* checked against the contract; owned by the call */
  json_t
      *normal; /* of a body that is a whole record: its normal form, for the handler to take apart; owned by the call */
  const char *warning; /* the header `Warning` of the answer to a body that is doubtful; or NULL */
  struct faults *faults;
  const char *limits_left, *limits_policy; /* header values; NULL when no limit applies */
  struct worker *worker;                   /* of the thread that reads */
  struct sight *sight;                     /* while reading: what this caller sees */
  struct db *db;                           /* a transaction is open on it */
  bool soon;                               /* a read that must not take long: its transactions are limited */
  bool late;                               /* it has: begin again where that does no harm */
  struct reply reply;
  struct pieces *pieces; /* owned by the call, but not of its memory: another thread may be making them */
};

/* A way to answer an operation. */
struct handler {
  const char *name; /* x-handler */
  enum call_kind kind;
  void (*handle)(struct call *call);
  /* Adds to call->faults what the contract does not know, when it has refused the query or the body, so that one answer
   * reports all errors. call->normal is what remains of the body, or NULL. NULL where there is no such thing. */
  void (*find_faults)(struct call *call);
};

/* What a caller may see: a connection, and what is remembered of what was read on it. */
struct sight {
  struct db *db;
  bool open;                   /* only what is public, of which nothing is remembered: the next two are NULL */
  struct addresses *addresses; /* of all workers */
  struct documents *documents;
  _Atomic int64_t cache_hits, cache_misses; /* of its connection, as of its last read: other threads add them up */
};

struct worker {
  struct api *api;
  struct sight whole, open; /* of callers with a token, and of those without: there where those may read */
  struct tokens *tokens;
};

/* The connection that this caller reads on, with a transaction open from here to the end of the call. */
struct db *call_db(struct call *call);

/* Limits what may be done on a connection in its transaction, where the call must not take long. */
void call_limit(const struct call *call, struct db *db);

/* A value that lives as long as `memory`; returns it, borrowed. */
json_t *owned_json(const void *memory, json_t *value);

/* -- answering ----------------------------------------------------------------------------------------------------- */

/* Answers with a problem: a name of problem.c, and a sentence about this case (NULL: none). */
void answer_problem(struct call *call, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Answers with the problem `name`, listing call->faults. */
void answer_faults(struct call *call, const char *name);
/* Answers with a problem that has a further member, which is taken over. */
void answer_problem_with(struct call *call, const char *name, const char *detail, const char *member, json_t *value);
/* Answers with JSON; takes `value` over. */
void answer_json(struct call *call, int status, json_t *value);
void answer_bytes(struct call *call, int status, const char *content_type, const char *bytes, size_t size);
/* Answers that there is no record where the address leads: not found, or gone with the way to its history. */
void answer_no_record(struct call *call);
/* Answers with a document of the history: that of ?revision= or ?known_at=. */
void answer_as_it_stood(struct call *call);
/* Answers with a blob, which is taken over. */
void answer_blob(struct call *call, int status, const char *content_type, struct blob *blob);
void answer_header(struct call *call, const char *name, const char *value);
/* The value of a header that the answer has so far, or NULL. */
const char *answer_header_value(const struct call *call, const char *name);
const struct api_options *api_options(const struct api *api);
struct limits *api_limits(const struct api *api);
struct endings *api_endings(const struct api *api);
/* Faults for the nulls of a merge patch that stand for members which there are not: they would leave no trace in what
 * is merged. `at` is "" for the whole. */
void check_patch_names(struct call *call, const struct schema *schema, const json_t *patch, const char *at);
/* How a record is called in the language that is asked for (Accept-Language), where its `names`, which are JSON, have
 * it; otherwise `name`. Owned by `memory`. */
char *name_for_reader(const struct call *call, const void *memory, const char *name, const char *names);
/* What a failure of the database asks for. */
void answer_failure(struct call *call, enum db_failure failure);

/* -- conditions (RFC 9110, 13) ------------------------------------------------------------------------------------- */

/* The tag of what has that stamp. */
void call_tag(const struct call *call, int64_t stamp, char out[48]);
/* Whether a list of tags in a header holds the tag; `*` matches. `weak` compares weakly (If-None-Match), otherwise tags
 * need be the same up to a dot only: what follows it tells apart bytes that show one state. */
bool tag_listed(const char *header, const char *tag, bool weak);
/* Answers 304 when If-None-Match holds the tag; true then. */
bool answer_not_modified(struct call *call, const char *tag);
/* Tags the answer by the state of the registry that `db` sees and by what was asked, which `mark` stands for. Answers
 * 304 when If-None-Match holds that tag; true then. */
bool answer_not_modified_since(struct call *call, struct db *db, uint64_t mark);
/* Answers 412 when If-Match or If-None-Match forbid a write to a record with that tag (NULL: there is none), and 428
 * when they leave open which state of it is meant, where that must be said; true then. */
bool answer_precondition(struct call *call, const char *tag);

/* The tag of what is shown as that object, whose members `moving` (ended by NULL) change by themselves: it is strong,
 * so it moves with all of them; but they are left out of its first half, up to the dot, which is all that If-Match
 * looks at. */
void tag_of_json(json_t *value, const char *const *moving, char out[48]);
/* Tags an answer that has no stamp by its own bytes; 304 instead of it when the client has them. */
void answer_tag_of_body(struct call *call);
/* Whether an Accept header (NULL: none) takes one of the media types, which are ended by NULL; NULL takes any. */
bool accepts(const char *header, const char *const *types);
/* Whether it wants the type more than the other: by weight, or else by naming it. */
bool prefers(const char *header, const char *type, const char *other);

/* Whether a Content-Type, without its parameters, is that type; and the value of a parameter that it has, or NULL. */
bool media_is(const char *header, const char *type);
const char *media_parameter(const void *parent, const char *header, const char *name);

extern const char media_json[], media_events[];

const char *api_build_tag(const struct api *api);
struct feed *api_feed(const struct api *api);
struct snapshots *api_snapshots(const struct api *api);
struct tickets *api_tickets(const struct api *api);
void api_add_metrics(struct api *api, struct text *out);

/* -- handlers ------------------------------------------------------------------------------------------------------ */

void find_create_faults(struct call *call);
void find_replace_faults(struct call *call);
void find_token_faults(struct call *call);
void find_webhook_faults(struct call *call);
void find_list_faults(struct call *call);
void find_filter_faults(struct call *call);
void find_search_faults(struct call *call);
void find_match_faults(struct call *call);
void find_coverage_faults(struct call *call);

void handle_list(struct call *call);
void handle_search(struct call *call);
void handle_organization_match(struct call *call);
void handle_create(struct call *call);
void handle_get(struct call *call);
void handle_replace(struct call *call);
void handle_patch(struct call *call);
void handle_delete(struct call *call);
void handle_merge(struct call *call);
void handle_agreement_status(struct call *call);
void handle_stats(struct call *call);
void handle_graph(struct call *call);
void handle_coverage(struct call *call);
void handle_history(struct call *call);
void handle_changes(struct call *call);
void handle_changes_ticket(struct call *call);
void handle_import(struct call *call);
void handle_export(struct call *call);
void handle_calendar(struct call *call);
void handle_token_list(struct call *call);
void handle_token_get(struct call *call);
void handle_token_create(struct call *call);
void handle_token_revoke(struct call *call);
void handle_session_create(struct call *call);
void handle_session_get(struct call *call);
void handle_session_end(struct call *call);
void handle_webhook_list(struct call *call);
void handle_webhook_create(struct call *call);
void handle_webhook_get(struct call *call);
void handle_webhook_patch(struct call *call);
void handle_webhook_delete(struct call *call);
void handle_webhook_rotate(struct call *call);
void handle_webhook_deliveries(struct call *call);
void handle_webhook_redeliver(struct call *call);
void handle_backup(struct call *call);
void handle_check(struct call *call);
void handle_health(struct call *call);
void handle_ready(struct call *call);
void handle_metrics(struct call *call);
void handle_contract_yaml(struct call *call);
void handle_contract_json(struct call *call);
void handle_problem(struct call *call);
void handle_page(struct call *call);
void handle_asset(struct call *call);

#endif
