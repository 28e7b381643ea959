/* Signing in at the dashboard: a token is exchanged for a cookie that scripts cannot read. The cookie holds a secret of
 * its own, and the table of sessions that secret's hash and the token's row, so that a session is never more than its
 * token and ends with it. A browser sends cookies along with what other sites' pages ask for: so a write by cookie must
 * come from this server's own page, and show a word that only such a page can have read. That word is derived from the
 * secret and kept nowhere. */
#include "api/session.h"

#include "api/call.h"
#include "api/caller.h"
#include "api/ending.h"
#include "api/limits.h"
#include "base/cookie.h"
#include "base/memory.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SESSIONS_OF_TOKEN = 100, CSRF_BYTES = 24, CSRF_SIZE = CSRF_BYTES / 3 * 4 + 1 };

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

void session_clear_cookie(struct call *call) {
  set_cookie(call, "", "; Max-Age=0");
}

/* -- other sites' pages -------------------------------------------------------------------------------------------- */

static void derive_csrf(const char *secret, char out[CSRF_SIZE]) {
  static const unsigned char purpose[] = "X-CSRF-Token";
  unsigned char mac[CSRF_BYTES];
  crypto_generichash(mac, sizeof mac, purpose, sizeof purpose - 1, (const unsigned char *)secret, TOKEN_SIZE - 1);
  sodium_bin2base64(out, CSRF_SIZE, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool shows_csrf(const struct request *request) {
  char secret[TOKEN_SIZE] = "", wanted[CSRF_SIZE];
  const char *shown = request->csrf_token;
  if (shown == NULL || strlen(shown) != CSRF_SIZE - 1) {
    return false;
  }
  bool right = session_shown(request, secret);
  derive_csrf(secret, wanted);
  right = sodium_memcmp(shown, wanted, CSRF_SIZE - 1) == 0 && right;
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

/* -- handlers ------------------------------------------------------------------------------------------------------ */

static json_t *text_or_null(const char *text) {
  return text[0] == '\0' ? json_null() : memory_checked(json_string(text));
}

/* `secret` is "" for a caller without a session. */
static void answer_session(struct call *call, int status, const char *secret) {
  char csrf[CSRF_SIZE] = "";
  if (secret[0] != '\0') {
    derive_csrf(secret, csrf);
  }
  answer_json(call, status,
              json_pack("{s:s, s:s, s:o, s:o}", "name", call->principal.name, "role", role_name(call->principal.role),
                        "expires_at", text_or_null(call->principal.expires_at), "csrf", text_or_null(csrf)));
  sodium_memzero(csrf, sizeof csrf);
}

static void end_session(struct call *call, int64_t session) {
  struct query *query = db_named(call->db, "session-end");
  query_bind_int(query, 1, session);
  query_run(query);
}

/* Writes the session down, and clears away those that are over or too many. */
static void begin_session(struct call *call, const char *secret, int64_t now_ms, const char *end) {
  unsigned char hash[TOKEN_HASH_SIZE];
  char now[CLOCK_TIMESTAMP_SIZE], idle[CLOCK_TIMESTAMP_SIZE];
  token_hash(secret, hash);
  clock_timestamp(now_ms, now);
  clock_timestamp(now_ms - (int64_t)api_options(call->api)->session_idle_seconds * 1000, idle);
  struct query *query = db_named(call->db, "session-insert");
  query_bind_text(query, 1, call->principal.id);
  query_bind_bytes(query, 2, hash, sizeof hash);
  query_bind_text(query, 3, now);
  query_bind_text(query, 4, end);
  query_run(query);
  token_use(call->db, call->principal.id, now_ms);
  query = db_named(call->db, "session-bound");
  query_bind_text(query, 1, call->principal.id);
  query_bind_int(query, 2, SESSIONS_OF_TOKEN);
  query_run(query);
  query = db_named(call->db, "session-forget");
  query_bind_text(query, 1, idle);
  query_run(query);
}

/* Finds whom the token in the body names; answers when that is nobody. */
static bool find_holder(struct call *call, int64_t now_ms, struct principal *holder) {
  const char *token = json_string_value(json_object_get(call->body, "token"));
  bool found = token_holder(call_db(call), token, call->request->peer, now_ms, holder) &&
               !endings_have(api_endings(call->api), holder);
  if (!found && limits_count_refused(call)) {
    answer_problem(call, "unauthorized", "%s", token_refused);
  }
  return found;
}

void session_accept(struct call *call) {
  struct principal holder;
  if (call->handler->handle == handle_session_end && call->principal.session != 0 && call->reply.status == 0) {
    ending_of_session(call, call->principal.session);
  }
  if (call->handler->handle != handle_session_create) {
    return;
  }
  if (call->reply.status != 0) { /* not even a token */
    (void)limits_count_refused(call);
    return;
  }
  call->sight = &call->worker->whole; /* whom a token names is not for the caller's own eyes to find */
  if (find_holder(call, clock_now_ms(), &holder)) {
    (void)limits_count_holder(call, &holder);
  }
}

void handle_session_create(struct call *call) {
  char secret[TOKEN_SIZE], end[CLOCK_TIMESTAMP_SIZE];
  int64_t now = clock_now_ms(), before = call->principal.session;
  if (!find_holder(call, now, &call->principal)) { /* it may have ended while this waited */
    return;
  }
  if (before != 0) { /* the browser's cookie is about to be another */
    end_session(call, before);
  }
  session_make(secret);
  clock_timestamp(now + (int64_t)api_options(call->api)->session_life_seconds * 1000, end);
  begin_session(call, secret, now, end);
  char *expires = call->principal.expires_at;
  if (expires[0] == '\0' || strcmp(end, expires) < 0) {
    memcpy(expires, end, sizeof end);
  }
  answer_session(call, 201, secret);
  answer_header(call, "Location", "/v1/session");
  set_cookie(call, secret, "");
  sodium_memzero(secret, sizeof secret);
}

void handle_session_get(struct call *call) {
  char secret[TOKEN_SIZE] = "";
  if (call->principal.session != 0) {
    session_shown(call->request, secret);
  }
  answer_session(call, 200, secret);
  sodium_memzero(secret, sizeof secret);
}

void handle_session_end(struct call *call) {
  if (call->principal.session == 0) {
    answer_problem(call, "not-found", "the caller came without a session: a token ends when it is revoked");
    return;
  }
  end_session(call, call->principal.session);
  answer_bytes(call, 204, NULL, NULL, 0);
  session_clear_cookie(call);
}
