/* What a browser shows of a session: a cookie, and with writes that they come from this server's own page. */
#ifndef ENTENTE_API_SESSION_H
#define ENTENTE_API_SESSION_H

#include "api/tokens.h"

struct call;
struct request;

/* Whether the request has a session's cookie. `secret` is what it holds, which need not be one. */
bool session_shown(const struct request *request, char secret[TOKEN_SIZE]);
/* Why a request may be the doing of another site's page, for which a browser sends what it remembers by itself: the
 * cookie, or Basic credentials; NULL: it is not, or writes nothing. The caller is known. */
const char *session_doubt(const struct call *call);
/* Refuses to sign in with a token that names nobody, on the reading thread: strangers must not fill the writer's queue.
 * Counts each attempt: against the token's limits, or as one that is refused. Who signs out is out at once. */
void session_accept(struct call *call);
/* Takes the cookie away from the browser, with the answer. */
void session_clear_cookie(struct call *call);

#endif
