/* Signing in at the dashboard: a token is exchanged for a cookie that scripts cannot read. The cookie holds a secret of
 * its own, and the table of sessions that secret's hash and the token's row, so that a session is never more than its
 * token and ends with it. A browser sends cookies along with what other sites' pages ask for: so a write by cookie must
 * come from this server's own page, and show a word that only such a page can have read. That word is derived from the
 * secret and kept nowhere. */
#include "access/session.h"

#include "access/caller.h"
#include "access/limits.h"
#include "access/revocations.h"
#include "base/cookie.h"
#include "base/memory.h"
#include "request/answer.h"
#include "request/call.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { CSRF_BYTES = (SESSION_CSRF_SIZE - 1) / 4 * 3 };

/* -- the cookie ---------------------------------------------------------------------------------------------------- */

/* Browsers take the prefix only with Secure, for the whole host, from the host itself: nobody else can plant it. */
static const char *cookie_name(const struct request *request) {
  return request->secure ? "__Host-entente" : "entente";
}

bool session_shown(const struct request *request, char secret[TOKEN_SIZE]) {
  secret[0] = '\0';
  return request->cookie != NULL && cookie_find(request->cookie, cookie_name(request), secret, TOKEN_SIZE);
}

static void set_cookie(struct call *call, const char *value, const char *end) {
  const struct request *request = call->request;
  answer_header(call, "Set-Cookie",
                memory_print(call->memory, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", cookie_name(request), value,
                             request->secure ? "; Secure" : "", end));
}

void session_set_cookie(struct call *call, const char *secret) {
  set_cookie(call, secret, "");
}

void session_clear_cookie(struct call *call) {
  set_cookie(call, "", "; Max-Age=0");
}

/* -- other sites' pages -------------------------------------------------------------------------------------------- */

void session_csrf(const char *secret, char out[SESSION_CSRF_SIZE]) {
  static const unsigned char purpose[] = "X-CSRF-Token";
  unsigned char mac[CSRF_BYTES];
  crypto_generichash(mac, sizeof mac, purpose, sizeof purpose - 1, (const unsigned char *)secret, TOKEN_SIZE - 1);
  sodium_bin2base64(out, SESSION_CSRF_SIZE, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool shows_csrf(const struct request *request) {
  char secret[TOKEN_SIZE] = "", wanted[SESSION_CSRF_SIZE];
  const char *shown = request->csrf_token;
  if (shown == NULL || strlen(shown) != SESSION_CSRF_SIZE - 1) {
    return false;
  }
  bool right = session_shown(request, secret);
  session_csrf(secret, wanted);
  right = sodium_memcmp(shown, wanted, SESSION_CSRF_SIZE - 1) == 0 && right;
  sodium_memzero(secret, sizeof secret);
  sodium_memzero(wanted, sizeof wanted);
  return right;
}

/* Older browsers, and all of them where the address is neither TLS nor this machine, send only Origin. Behind a proxy
 * that ends TLS the scheme is not known here. */
static bool from_own_page(const struct request *request) {
  if (request->fetch_site != NULL) {
    return strcmp(request->fetch_site, "same-origin") == 0;
  }
  const char *origin = request->origin == NULL ? "" : request->origin;
  size_t scheme = strncmp(origin, "https://", 8) == 0                      ? 8
                  : !request->secure && strncmp(origin, "http://", 7) == 0 ? 7
                                                                           : 0;
  return scheme > 0 && request->host != NULL && strcasecmp(origin + scheme, request->host) == 0;
}

/* A browser adds by itself cookies and what it remembers of Basic authentication, never a Bearer token. */
static bool shows_bearer(const struct request *request) {
  return request->authorization != NULL && strncasecmp(request->authorization, "Bearer ", 7) == 0;
}

const char *session_doubt(const struct call *call) {
  static const char elsewhere[] = "the request does not come from a page of this server (Sec-Fetch-Site, Origin)";
  const struct request *request = call->request;
  static const char *const reading[] = {"GET", "HEAD", "OPTIONS"};
  for (size_t i = 0; i < sizeof reading / sizeof reading[0]; i++) {
    if (strcmp(request->method, reading[i]) == 0) {
      return NULL;
    }
  }
  if (call->operation == NULL) {
    return NULL; /* nothing is there to be written */
  }
  bool browser = request->fetch_site != NULL || request->origin != NULL;
  if (call->operation->role == ROLE_NONE) { /* signing in, where there is no word yet to show */
    return browser && !from_own_page(request) ? elsewhere : NULL;
  }
  bool by_session = call->principal.session != 0;
  bool sent_for = !shows_bearer(request) && (by_session || (browser && !request->named_origin));
  if (sent_for && !from_own_page(request)) {
    return elsewhere;
  }
  return !by_session || shows_csrf(request) ? NULL : "X-CSRF-Token: must be the word that /v1/session gives as `csrf`";
}
