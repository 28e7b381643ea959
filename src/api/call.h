/* Private to the handlers: a call from inside. */
#ifndef ENTENTE_API_CALL_H
#define ENTENTE_API_CALL_H

#include "api/api.h"
#include "base/typeid.h"
#include "contract/faults.h"
#include "contract/uri.h"
#include "store/addresses.h"
#include "store/db.h"
#include "store/documents.h"
#include "store/resource.h"
#include "store/store.h"

#include <jansson.h>

struct handler;

struct principal {
  enum role role;
  char name[128]; /* of the token */
  char id[TYPEID_SIZE];
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
  uint64_t commits; /* of the store, read before anything else was */
  json_t *body;     /* checked against the contract; owned by the call */
  json_t
      *normal; /* of a body that is a whole record: its normal form, for the handler to take apart; owned by the call */
  struct faults *faults;
  struct worker *worker; /* while reading */
  struct db *db;         /* a transaction is open on it */
  struct reply reply;
};

/* A way to answer an operation. */
struct handler {
  const char *name; /* x-handler */
  enum call_kind kind;
  void (*handle)(struct call *call);
};

struct worker {
  struct api *api;
  struct db *db;
  struct addresses *addresses; /* of all workers */
  struct documents *documents;
  struct tokens *tokens;
  _Atomic int64_t cache_hits, cache_misses; /* of its connection, as of its last read: other threads add them up */
};

/* The reading connection, with a transaction open from here to the end of the call. */
struct db *call_db(struct call *call);

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
/* See api_require_match. */
bool api_match_required(const struct api *api);
/* What a failure of the database asks for. */
void answer_failure(struct call *call, enum db_failure failure);

/* -- conditions (RFC 9110, 13) ------------------------------------------------------------------------------------- */

/* The tag of what has that stamp. */
void call_tag(const struct call *call, int64_t stamp, char out[48]);
/* Whether a list of tags in a header holds the tag; `weak` compares weakly. `*` matches. */
bool tag_listed(const char *header, const char *tag, bool weak);
/* Answers 304 when If-None-Match holds the tag; true then. */
bool answer_not_modified(struct call *call, const char *tag);
/* Answers 412 when If-Match or If-None-Match forbid a write to a record with that tag (NULL: there is none); true then.
 */
bool answer_precondition(struct call *call, const char *tag);

/* Tags an answer that has no stamp by its own bytes; 304 instead of it when the client has them. */
void answer_tag_of_body(struct call *call);
/* Whether an Accept header (NULL: none) takes one of the media types, which are ended by NULL; NULL takes any. */
bool accepts(const char *header, const char *const *types);

extern const char media_json[];

const char *api_build_tag(const struct api *api);
void api_add_metrics(struct api *api, struct text *out);

/* -- handlers ------------------------------------------------------------------------------------------------------ */

void handle_list(struct call *call);
void handle_create(struct call *call);
void handle_get(struct call *call);
void handle_replace(struct call *call);
void handle_patch(struct call *call);
void handle_delete(struct call *call);
void handle_agreement_status(struct call *call);
void handle_history(struct call *call);
void handle_changes(struct call *call);
void handle_import(struct call *call);
void handle_token_list(struct call *call);
void handle_token_create(struct call *call);
void handle_token_revoke(struct call *call);
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
