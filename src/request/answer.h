/* Filling in the reply of a call. */
#ifndef ENTENTE_REQUEST_ANSWER_H
#define ENTENTE_REQUEST_ANSWER_H

#include "request/call.h"
#include "store/db.h"

#include <jansson.h>

extern const char media_json[], media_events[];

/* Answers with a problem: a name of problem.c, and a sentence about this case (NULL: none). */
void answer_problem(struct call *call, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Answers with the problem `name`, listing call->faults. */
void answer_faults(struct call *call, const char *name);
/* Answers with a problem that has a further member, which is taken over. */
void answer_problem_with(struct call *call, const char *name, const char *detail, const char *member, json_t *value);
/* Answers with JSON; takes `value` over. */
void answer_json(struct call *call, int status, json_t *value);
void answer_bytes(struct call *call, int status, const char *content_type, const char *bytes, size_t size);
/* Answers with a blob, which is taken over. */
void answer_blob(struct call *call, int status, const char *content_type, struct blob *blob);
void answer_header(struct call *call, const char *name, const char *value);
/* The value of a header that the answer has so far, or NULL. */
const char *answer_header_value(const struct call *call, const char *name);
/* How a record is called in the language that is asked for (Accept-Language), where its `names`, which are JSON, have
 * it; otherwise `name`. Owned by `memory`. */
char *name_for_reader(const struct call *call, const void *memory, const char *name, const char *names);
/* What a failure of the database asks for. */
void answer_failure(struct call *call, enum db_failure failure);
/* Replaces the reply by what the outcome of a write asks for (store.h): a full disk, an unknown outcome. */
void answer_not_saved(struct call *call, int outcome);
/* Fills in a reply with a problem where there is no call; `memory` owns what it makes. */
void reply_problem(const void *memory, struct reply *reply, const char *request_id, const char *name,
                   const char *detail);

#endif
