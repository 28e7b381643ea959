/* The handlers of /v1/tokens: list, read, create, revoke. A token's secret is shown when it is made and never again. */
#include "access/tokens.h"
#include "access/caller.h"
#include "access/revocations.h"
#include "api/feeds.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "domain/actor.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/principal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static json_t *token_json(struct query *query) {
  static const char *const names[] = {"id", "name", "role", "created_at", "expires_at", "last_used_at", "revoked_at"};
  json_t *token = memory_checked(json_object());
  for (int i = 0; i < 7; i++) {
    json_object_set_new(token, names[i], query_null(query, i) ? json_null() : json_string(query_text(query, i)));
  }
  json_object_set_new(token, "networks", memory_checked(json_loads(query_text(query, 7), 0, NULL)));
  json_object_set_new(token, "requests_per_minute",
                      query_null(query, 8) ? json_null() : json_integer(query_int(query, 8)));
  json_object_set_new(token, "writes_per_minute",
                      query_null(query, 9) ? json_null() : json_integer(query_int(query, 9)));
  json_object_set_new(token, "query", query_null(query, 10) ? json_null() : json_string(query_text(query, 10)));
  return token;
}

void handle_token_list(struct call *call) {
  json_t *items = memory_checked(json_array());
  struct query *query = db_named(call_db(call), "token-list");
  while (query_step(query) == STEP_ROW) {
    json_array_append_new(items, token_json(query));
  }
  query_end(query);
  answer_json(call, 200, json_pack("{s:o}", "items", items));
}

/* The token of that id, owned by the call; NULL when there is none. */
static json_t *read_token(struct call *call, const char *id) {
  json_t *token = NULL;
  struct query *query = db_named(call_db(call), "token-get");
  query_bind_text(query, 1, id);
  if (query_step(query) == STEP_ROW) {
    token = owned_json(call->memory, token_json(query));
  }
  query_end(query);
  return token;
}

static void token_tag(json_t *token, char out[48]) {
  static const char *const moving[] = {"last_used_at", NULL};
  tag_of_json(token, moving, out);
}

static void answer_no_token(struct call *call) {
  answer_problem(call, "not-found", "there is no token %s", call->route.values[0]);
}

void handle_token_get(struct call *call) {
  char tag[48];
  json_t *token = read_token(call, call->route.values[0]);
  if (token == NULL) {
    answer_no_token(call);
    return;
  }
  token_tag(token, tag);
  if (!answer_not_modified(call, tag)) {
    answer_json(call, 200, json_incref(token));
  }
}

/* Reads the expiry in the registry's own form, which compares as text; "" when the body names none. */
static void read_expiry(struct call *call, const json_t *body, const char *now, char out[CLOCK_TIMESTAMP_SIZE]) {
  const char *text = json_string_value(json_object_get(body, "expires_at"));
  out[0] = '\0';
  if (text == NULL) {
    return;
  }
  int64_t ms = 0;
  if (clock_read_timestamp(text, &ms)) {
    clock_timestamp(ms, out);
  }
  if (out[0] == '\0' || strcmp(out, now) <= 0) {
    faults_add(call->faults, PLACE_BODY, "/expires_at", "past", "must be in the future");
  }
}

static void bind_quota(struct call *call, struct query *query, int n, const char *member) {
  const json_t *value = json_object_get(call->body, member);
  if (json_is_integer(value)) {
    query_bind_int(query, n, json_integer_value(value));
  } else {
    query_bind_null(query, n);
  }
}

/* The query of a feed, or NULL for a token of another role, which has none. */
static const char *read_feed(struct call *call, const json_t *body) {
  const char *query = json_string_value(json_object_get(body, "query"));
  const char *role = json_string_value(json_object_get(body, "role"));
  bool feed = role != NULL && role_named(role) == ROLE_FEED;
  if (faults_hide(call->faults, "/role")) {
    return NULL;
  }
  if (feed && query == NULL) {
    faults_add(call->faults, PLACE_BODY, "/query", "required", "is required: the query of the calendar");
  } else if (!feed && query != NULL) {
    faults_add(call->faults, PLACE_BODY, "/query", "contradiction", "is for the role feed alone");
  } else if (feed) {
    feed_check_query(call, query);
  }
  return query;
}

/* Shows the secret, once; of a feed also the address that it opens. */
static void answer_new_token(struct call *call, const char *id, const char *token) {
  json_t *answer = read_token(call, id);
  if (answer == NULL) {
    return;
  }
  bool feed = json_is_string(json_object_get(answer, "query"));
  json_object_set_new(answer, "token", json_string(token));
  json_object_set_new(answer, "calendar", feed ? json_sprintf("/v1/calendar/%s/agreements.ics", token) : json_null());
  answer_json(call, 201, json_incref(answer));
  answer_header(call, "Location", memory_print(call->memory, "/v1/tokens/%s", id));
}

/* A line for those who look later who let whom in. */
static void note(const struct call *call, const char *message, const char *id, const char *name) {
  const struct log_field fields[] = {{"token", id, 0},
                                     {"name", name, 0},
                                     {"id", call->request->id, 0},
                                     {"actor", call->principal.name, 0},
                                     {NULL, NULL, 0}};
  log_event(NULL, LOG_INFO, message, fields);
}

/* What a new token is to be, besides the members that are kept as they came. */
struct wanted {
  char now[CLOCK_TIMESTAMP_SIZE], expires[CLOCK_TIMESTAMP_SIZE]; /* "": it does not expire */
  const char *feed;                                              /* its query, or NULL */
};

static void check_token(struct call *call, const json_t *body, int64_t now_ms, struct wanted *wanted) {
  const char *name = json_string_value(json_object_get(body, "name"));
  clock_timestamp(now_ms, wanted->now);
  if (name != NULL &&
      actor_reserved(name)) { /* the history would show its bearer as the clock, or as the local owner */
    faults_add(call->faults, PLACE_BODY, "/name", "reserved", "is reserved for changes by the server itself");
  }
  wanted->feed = read_feed(call, body);
  read_expiry(call, body, wanted->now, wanted->expires);
}

void find_token_faults(struct call *call) {
  struct wanted wanted;
  if (call->normal != NULL) {
    check_token(call, call->normal, clock_now_ms(), &wanted);
  }
}

void handle_token_create(struct call *call) {
  char token[TOKEN_SIZE], id[TYPEID_SIZE];
  unsigned char hash[TOKEN_HASH_SIZE];
  int64_t now_ms = clock_now_ms();
  struct wanted wanted;
  const char *name = json_string_value(json_object_get(call->body, "name"));
  check_token(call, call->body, now_ms, &wanted);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-body");
    return;
  }
  token_make(token);
  token_hash(token, hash);
  typeid_new("tok", now_ms, id);
  struct query *query = db_named(call->db, "token-insert");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, name);
  query_bind_text(query, 3, json_string_value(json_object_get(call->body, "role")));
  query_bind_bytes(query, 4, hash, sizeof hash);
  query_bind_text(query, 5, wanted.now);
  query_bind_text(query, 6, wanted.expires[0] == '\0' ? NULL : wanted.expires);
  char *networks = json_dumps(json_object_get(call->body, "networks"), JSON_COMPACT);
  query_bind_text(query, 7, networks == NULL ? "[]" : networks);
  free(networks);
  bind_quota(call, query, 8, "requests_per_minute");
  bind_quota(call, query, 9, "writes_per_minute");
  query_bind_text(query, 10, wanted.feed);
  if (query_run(query)) {
    note(call, "token created", id, name);
    answer_new_token(call, id, token);
  }
  sodium_memzero(token, sizeof token);
}

/* The token that is to be revoked, owned by the call; NULL when it may not be, with an answer. */
static json_t *read_revocable(struct call *call) {
  char tag[48];
  json_t *token = read_token(call, call->route.values[0]);
  if (token != NULL) {
    token_tag(token, tag);
  }
  if (answer_precondition(call, token == NULL ? NULL : tag)) {
    return NULL;
  }
  if (token == NULL) {
    answer_no_token(call);
  }
  return token;
}

/* On the reading thread: the token ends at once, if the caller may end it. */
void accept_token_revoke(struct call *call) {
  if (call->reply.status != 0) {
    return;
  }
  call->visibility = &call->worker->whole;
  if (read_revocable(call) != NULL) {
    revocation_of_token(call, call->route.values[0]);
  }
}

void handle_token_revoke(struct call *call) {
  char now[CLOCK_TIMESTAMP_SIZE];
  const char *id = call->route.values[0];
  json_t *token = read_revocable(call); /* it may have become another while this waited */
  if (token == NULL) {
    return;
  }
  if (json_is_null(json_object_get(token, "revoked_at"))) {
    clock_timestamp(clock_now_ms(), now);
    struct query *query = db_named(call->db, "token-revoke");
    query_bind_text(query, 1, id);
    query_bind_text(query, 2, now);
    if (!query_run(query)) {
      return;
    }
    note(call, "token revoked", id, json_string_value(json_object_get(token, "name")));
  }
  answer_bytes(call, 204, NULL, NULL, 0);
}
