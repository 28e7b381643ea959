/* What a browser shows of a session: a cookie, and with writes that they come from this server's own page. */
#ifndef ENTENTE_ACCESS_SESSION_H
#define ENTENTE_ACCESS_SESSION_H

#include "access/tokens.h"

struct call;
struct request;

enum { SESSION_CSRF_SIZE = 33 };

/* Whether the request has a session's cookie. `secret` is what it holds, which need not be one. */
bool session_shown(const struct request *request, char secret[TOKEN_SIZE]);
/* Why a request may be the doing of another site's page, for which a browser sends what it remembers by itself: the
 * cookie, or Basic credentials; NULL: it is not, or writes nothing. The caller is known. */
const char *session_doubt(const struct call *call);
/* The word that a write by cookie must show (X-CSRF-Token), for the session whose cookie holds `secret`. */
void session_csrf(const char *secret, char out[SESSION_CSRF_SIZE]);
/* Gives the browser the cookie of a session, with the answer. */
void session_set_cookie(struct call *call, const char *secret);
/* Takes the cookie away from the browser, with the answer. */
void session_clear_cookie(struct call *call);

#endif
