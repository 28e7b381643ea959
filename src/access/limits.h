/* How much a caller may ask for in a minute: by address without a token, by token with one. */
#ifndef ENTENTE_ACCESS_LIMITS_H
#define ENTENTE_ACCESS_LIMITS_H

#include <stdbool.h>

struct call;
struct principal;
struct limits;
struct text;

/* Owned by `parent`. */
struct limits *limits_new(const void *parent);

/* Counts the call against the limits of its caller, who has been found (call->principal; no role, or where nobody needs
 * one: nobody in particular). False when there is nothing left: then the call is answered with 429. */
bool limits_count(struct call *call);
/* As limits_count, against the token of `holder`, who is not the caller yet. */
bool limits_count_holder(struct call *call, const struct principal *holder);
/* As limits_count, for a call that shows credentials which are refused. True: answer 401. */
bool limits_count_refused(struct call *call);

/* Lines of Prometheus text. */
void limits_add_metrics(const struct limits *limits, struct text *out);

#endif
