/* The handlers of /v1/session: signing in with a token, asking who one is, signing out. What a session is:
 * access/session.c.
 */
#include "access/limits.h"
#include "access/revocations.h"
#include "access/session.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/memory.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/principal.h"
#include "request/services.h"
#include "store/db.h"

#include <sodium.h>
#include <string.h>

enum { SESSIONS_OF_TOKEN = 100 };

static json_t *text_or_null(const char *text) {
  return text[0] == '\0' ? json_null() : memory_checked(json_string(text));
}

/* `secret` is "" for a caller without a session. */
static void answer_session(struct call *call, int status, const char *secret) {
  char csrf[SESSION_CSRF_SIZE] = "";
  if (secret[0] != '\0') {
    session_csrf(secret, csrf);
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
  clock_timestamp(now_ms - (int64_t)call->services->options.session_idle_seconds * 1000, idle);
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
               !revocations_have(call->services->revocations, holder);
  if (!found && limits_count_refused(call)) {
    answer_problem(call, "unauthorized", "%s", token_refused);
  }
  return found;
}

/* On the reading thread, since strangers must not fill the writer's queue. */
void accept_session_create(struct call *call) {
  struct principal holder;
  if (call->reply.status != 0) { /* not even a token */
    (void)limits_count_refused(call);
    return;
  }
  call->visibility = &call->worker->whole; /* whom a token names is not for the caller's own eyes to find */
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
  clock_timestamp(now + (int64_t)call->services->options.session_life_seconds * 1000, end);
  begin_session(call, secret, now, end);
  char *expires = call->principal.expires_at;
  if (expires[0] == '\0' || strcmp(end, expires) < 0) {
    memcpy(expires, end, sizeof end);
  }
  answer_session(call, 201, secret);
  answer_header(call, "Location", "/v1/session");
  session_set_cookie(call, secret);
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

void accept_session_end(struct call *call) {
  if (call->principal.session != 0 && call->reply.status == 0) {
    revocation_of_session(call, call->principal.session);
  }
}

void handle_session_end(struct call *call) {
  if (call->principal.session == 0) {
    answer_problem(call, "not-found", "the request has no session: to end a token, revoke it");
    return;
  }
  end_session(call, call->principal.session);
  answer_bytes(call, 204, NULL, NULL, 0);
  session_clear_cookie(call);
}
