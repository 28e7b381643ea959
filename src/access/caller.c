/* A caller is found on the head alone, before a body is read: by the way the request came (the local socket), by the
 * token that it shows, or by the cookie of a session. It is counted then, whatever becomes of it. What a role may do is
 * the contract's word (x-role). An answer that lasts asks again, and so does a write that has waited. */
#include "access/caller.h"

#include "access/limits.h"
#include "access/revocations.h"
#include "access/session.h"
#include "access/tickets.h"
#include "access/tokens.h"
#include "base/clock.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/principal.h"
#include "request/services.h"

#include <sodium.h>
#include <string.h>

static const struct principal nobody = {.role = ROLE_NONE}, local = {.role = ROLE_ADMIN, .name = "local"};

/* Whether the address itself carries the token. Whatever else the request shows does not count then. */
static bool by_address(const struct call *call) {
  return call->operation != NULL && call->operation->role == ROLE_FEED;
}

/* The caller whose ticket was used up by this call, as long as that token or session is good. */
static bool identify_by_ticket(const struct call *call, struct db *db, struct principal *principal) {
  const struct principal *holder = call->by_ticket;
  bool kept = holder != NULL && holder->id[0] != '\0'; /* the local socket has no token that could end */
  if (holder == NULL ||
      (kept && (!token_holds(db, holder, clock_now_ms()) || !token_may_come_from(db, holder, call->request->peer) ||
                revocations_have(call->services->revocations, holder)))) {
    return false;
  }
  principal_take(principal, holder);
  return true;
}

/* Who it is by what the request shows, if it shows anything: a token goes before a cookie. One that is not valid names
 * nobody, and false is returned. `commits` is what store_commits said before anything was read; a failure of the
 * database stands in worker->whole.db. `looks`: it is no use of what is shown. */
static bool identify(const struct call *call, struct worker *worker, uint64_t commits, bool looks,
                     struct principal *principal) {
  const struct request *request = call->request;
  struct db *db = worker->whole.db;
  char secret[TOKEN_SIZE];
  principal_take(principal, &nobody);
  if (request->trusted && !by_address(call)) {
    principal_take(principal, &local);
    return true;
  }
  if (ticket_shown(call) != NULL) {
    return identify_by_ticket(call, db, principal);
  }
  if (!by_address(call) && request->authorization == NULL && !session_shown(request, secret)) {
    return true;
  }
  struct showing showing = {
      .db = db, .commits = commits, .peer = request->peer, .now_ms = clock_now_ms(), .looks = looks};
  bool use_is_due,
      valid = by_address(call) ? tokens_feed(worker->tokens, &showing, call->route.values[0], principal, &use_is_due)
              : request->authorization != NULL
                  ? tokens_principal(worker->tokens, &showing, request->authorization, principal, &use_is_due)
                  : tokens_session(worker->tokens, &showing, secret, principal, &use_is_due);
  sodium_memzero(secret, sizeof secret);
  if (valid && revocations_have(call->services->revocations, principal)) {
    principal_take(principal, &nobody);
    return false;
  }
  if (use_is_due && db_failure(db) == DB_OK) {
    token_note_use(call->services->store, principal, showing.now_ms);
  }
  return valid;
}

static bool by_cookie(const struct call *call) {
  return !by_address(call) && call->request->authorization == NULL && ticket_shown(call) == NULL;
}

/* Where the address carries the token, one that is no good leads nowhere: 401 would have calendar programs ask people
 * for a name and a password. */
void caller_answer_refused(struct call *call) {
  if (by_address(call)) {
    answer_problem(call, "not-found", "there is no calendar at this address, or it was revoked");
  } else if (ticket_shown(call) != NULL) {
    answer_problem(call, "unauthorized", "the ticket is unknown, used or expired: request another");
  } else {
    answer_problem(call, "unauthorized", "%s",
                   by_cookie(call) ? "the session has ended: sign in again" : token_refused);
  }
}

/* What the request shows is no good, or no longer. Where nobody needs to be known that does no harm, and false is
 * returned. */
static bool refuse(struct call *call, enum role needed) {
  if (needed == ROLE_NONE) {
    return false;
  }
  if (limits_count_refused(call)) {
    caller_answer_refused(call);
  }
  if (by_cookie(call)) {
    session_clear_cookie(call);
  }
  return true;
}

static bool may(const struct call *call, const struct principal *principal) {
  const struct operation *operation = call->operation;
  if (operation == NULL) {
    return true;
  }
  if (operation->role == ROLE_FEED || principal->role == ROLE_FEED) { /* no part of the order of roles */
    return operation->role == principal->role;
  }
  bool from_nobody = principal->role == ROLE_NONE;
  return principal->role >= operation->role || (from_nobody && operation->open && call->services->options.open);
}

void caller_admit(struct call *call, struct worker *worker) {
  enum role needed = call->operation == NULL ? ROLE_NONE : call->operation->role;
  const char *ticket = ticket_shown(call);
  if (ticket != NULL && !call->request->trusted) {
    call->by_ticket = tickets_use(call->services->tickets, call->memory, ticket, clock_monotonic_ns());
  }
  bool valid = identify(call, worker, call->commits, false, &call->principal);
  enum db_failure failure = db_failure(worker->whole.db);
  if (failure != DB_OK) {
    db_end_read(worker->whole.db);
    answer_failure(call, failure);
    return;
  }
  if (!valid && refuse(call, needed)) {
    return;
  }
  if (!limits_count(call)) {
    return;
  }
  const char *doubt = session_doubt(call);
  if (doubt != NULL) {
    answer_problem(call, "cross-site", "%s", doubt);
    return;
  }
  if (may(call, &call->principal)) {
    return;
  }
  if (call->principal.role == ROLE_NONE) {
    answer_problem(call, "unauthorized", NULL);
  } else {
    answer_problem(call, "forbidden", "this needs the role %s, and the token has %s", role_name(needed),
                   role_name(call->principal.role));
  }
}

bool caller_still_admitted(struct call *call, struct worker *worker) {
  struct principal principal;
  bool valid = identify(call, worker, store_commits(call->services->store), true, &principal);
  if (db_failure(worker->whole.db) != DB_OK) {
    db_end_read(worker->whole.db);
    return false; /* who cannot be told is not let in */
  }
  if ((!valid && call->operation->role != ROLE_NONE) || !may(call, &principal)) {
    return false;
  }
  principal_take(&call->principal, &principal);
  return true;
}

bool caller_holds(const struct call *call, struct db *db) {
  const struct principal *principal = &call->principal;
  if (principal->id[0] == '\0' || call->operation->role == ROLE_NONE) {
    return true;
  }
  /* Who is ending may still end others, or itself, until that is written: of two who end each other the first in the
   * queue does. */
  if (call->revocation == NULL) {
    if (revocations_have(call->services->revocations, principal)) {
      return false;
    }
    if (clock_monotonic_ns() - call->admitted_ns < CALLER_BELIEVED_NS) {
      return true;
    }
  }
  return token_holds(db, principal, clock_now_ms());
}
