/* Conditional requests (RFC 9110, 13): what an answer is tagged with, and what a client knows or expects already. */
#ifndef ENTENTE_REQUEST_CONDITIONS_H
#define ENTENTE_REQUEST_CONDITIONS_H

#include "request/call.h"

#include <jansson.h>

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

#endif
