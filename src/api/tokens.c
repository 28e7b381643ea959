/* A header is taken apart, the secret's hash looked up: first among the few that this thread has met, for as long as no
 * token has changed, then in the database. The secret of a session has the form of a token with another prefix, and
 * goes the same way: its row leads to that of its token, so that it is believed while neither has changed.
 *
 * What is not well formed, or has a wrong checksum, goes the whole way too. It is refused in any case, but no sooner
 * than one that was never given out, so that nobody is told by time which of them it was. */
#include "api/tokens.h"

#include "api/calendar.h"
#include "api/call.h"
#include "api/caller.h"
#include "api/ending.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/network.h"
#include "domain/actor.h"
#include "store/changes.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PREFIX = 4, RANDOM = 32, CHECK = 6, REMEMBERED = 64, USE_EVERY_MS = 60000, NETWORKS_MOST = 16 };

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct remembered {
  unsigned char mark[crypto_shorthash_siphashx24_BYTES]; /* of the token, under this thread's key, so that how long one
                                                            takes to compare with another tells nobody anything */
  uint64_t commits;
  bool known, valid;
  struct principal principal;
  struct network networks[NETWORKS_MOST];
  size_t network_count; /* 0: from anywhere */
  int64_t noted_ms;     /* when its use was last written down, as far as is known here */
};

struct tokens {
  unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
  const struct changes *changes;
  int64_t idle_ms; /* of a session */
  struct remembered list[REMEMBERED];
};

static void checksum(const char *token, char out[CHECK + 1]) {
  uint32_t sum = (uint32_t)crc32(0, (const unsigned char *)token, PREFIX + RANDOM);
  for (int i = CHECK - 1; i >= 0; i--) {
    out[i] = alphabet[sum % 62];
    sum /= 62;
  }
  out[CHECK] = '\0';
}

static const char token_prefix[] = "ent_", session_prefix[] = "ses_";

const char token_refused[] = "the token is unknown, revoked, expired or not well formed";

static void make(const char *prefix, char out[TOKEN_SIZE]) {
  char check[CHECK + 1];
  memcpy(out, prefix, PREFIX);
  for (int i = 0; i < RANDOM; i++) {
    out[PREFIX + i] = alphabet[randombytes_uniform(62)];
  }
  checksum(out, check);
  memcpy(out + PREFIX + RANDOM, check, CHECK + 1);
}

void token_make(char out[TOKEN_SIZE]) {
  make(token_prefix, out);
}

void session_make(char out[TOKEN_SIZE]) {
  make(session_prefix, out);
}

/* Takes over what was shown for a secret with that prefix. What does not have the form of one becomes a text that is
 * too short for it, and so never was given out. */
static void take(const char *prefix, const char *shown, size_t length, char out[TOKEN_SIZE]) {
  memset(out, 0, TOKEN_SIZE);
  if (length == TOKEN_SIZE - 1 && memcmp(shown, prefix, PREFIX) == 0) {
    memcpy(out, shown, length);
  } else {
    memcpy(out, prefix, PREFIX);
    memcpy(out + PREFIX, shown, length < RANDOM ? length : RANDOM);
  }
}

/* Whether form and checksum of what was taken are right. */
static bool plausible(const char secret[TOKEN_SIZE]) {
  char check[CHECK + 1];
  checksum(secret, check);
  return sodium_memcmp(secret + PREFIX + RANDOM, check, CHECK) == 0;
}

bool token_plausible(const char *token) {
  char taken[TOKEN_SIZE];
  take(token_prefix, token, strlen(token), taken);
  bool fine = plausible(taken);
  sodium_memzero(taken, sizeof taken);
  return fine;
}

static bool of_session(const char secret[TOKEN_SIZE]) {
  return memcmp(secret, session_prefix, PREFIX) == 0;
}

struct tokens *tokens_new(const void *parent, const struct changes *changes, int64_t idle_ms) {
  struct tokens *tokens = memory_new(parent, struct tokens);
  tokens->changes = changes;
  tokens->idle_ms = idle_ms;
  randombytes_buf(tokens->key, sizeof tokens->key);
  return tokens;
}

/* Takes the user's name in the base64 of `NAME:PASSWORD`. False when it is no base64. */
static bool from_basic(const char *text, char out[TOKEN_SIZE]) {
  char decoded[256];
  size_t size;
  bool fine = sodium_base642bin((unsigned char *)decoded, sizeof decoded - 1, text, strlen(text), " ", &size, NULL,
                                sodium_base64_VARIANT_ORIGINAL) == 0;
  if (fine) {
    decoded[size] = '\0';
    take(token_prefix, decoded, strcspn(decoded, ":"), out);
  }
  sodium_memzero(decoded, sizeof decoded);
  return fine;
}

/* Takes what stands for the token in `Bearer TOKEN` or `Basic base64(TOKEN:…)`; of anything else its beginning, which
 * is too short for one. */
static void from_header(const char *authorization, char out[TOKEN_SIZE]) {
  if (strncasecmp(authorization, "Bearer ", 7) == 0) {
    const char *token = authorization + 7 + strspn(authorization + 7, " ");
    take(token_prefix, token, strlen(token), out);
  } else if (strncasecmp(authorization, "Basic ", 6) != 0 ||
             !from_basic(authorization + 6 + strspn(authorization + 6, " "), out)) {
    take(token_prefix, authorization, strnlen(authorization, TOKEN_SIZE - 2), out);
  }
}

/* One that is good everywhere takes as long as one for a network. */
static bool read_networks(const char *text, struct remembered *entry) {
  json_t *list = json_loads(text, 0, NULL);
  bool fine = json_array_size(list) <= NETWORKS_MOST &&
              (json_array_size(list) > 0 || network_read("192.0.2.0/24", &entry->networks[0]));
  entry->network_count = 0;
  for (size_t i = 0; fine && i < json_array_size(list); i++) {
    fine = network_read(json_string_value(json_array_get(list, i)), &entry->networks[entry->network_count++]);
  }
  json_decref(list);
  return fine;
}

static bool may_come_from(const struct remembered *entry, const struct sockaddr *peer) {
  bool may = entry->network_count == 0;
  for (size_t i = 0; i < entry->network_count && !may; i++) {
    may = network_has(&entry->networks[i], peer);
  }
  return may;
}

static struct quota read_quota(struct query *query, int column) {
  return (struct quota){!query_null(query, column), (unsigned)query_int(query, column)};
}

void token_hash(const char *secret, unsigned char hash[TOKEN_HASH_SIZE]) {
  crypto_hash_sha256(hash, (const unsigned char *)secret, TOKEN_SIZE - 1);
}

/* The end of a token without one, which takes as long to read. */
static const char never[] = "9999-12-31T23:59:59.999Z";

static void read_entry(struct query *query, bool session, struct remembered *entry) {
  struct principal *principal = &entry->principal;
  *principal = (struct principal){.role = role_named(query_text(query, 2)),
                                  .requests = read_quota(query, 6),
                                  .writes = read_quota(query, 7),
                                  .session = session ? query_int(query, 8) : 0};
  snprintf(principal->id, sizeof principal->id, "%s", query_text(query, 0));
  snprintf(principal->name, sizeof principal->name, "%s", query_text(query, 1));
  const char *end = query_null(query, 3) ? never : query_text(query, 3);
  snprintf(principal->expires_at, sizeof principal->expires_at, "%s", end == never ? "" : end);
  entry->valid = clock_read_timestamp(end, &principal->ends_ms) && principal->role != ROLE_NONE &&
                 read_networks(query_text(query, 4), entry);
  entry->noted_ms = 0;
  if (!query_null(query, 5)) {
    clock_read_timestamp(query_text(query, 5), &entry->noted_ms);
  }
}

static void look_up(struct db *db, const char secret[TOKEN_SIZE], struct remembered *entry) {
  unsigned char hash[TOKEN_HASH_SIZE];
  bool session = of_session(secret);
  token_hash(secret, hash);
  struct query *query = db_named(db, session ? "session-by-hash" : "token-by-hash");
  query_bind_bytes(query, 1, hash, sizeof hash);
  entry->valid = query_step(query) == STEP_ROW;
  if (entry->valid) {
    read_entry(query, session, entry);
  }
  bool own = session || (entry->valid && query_int(query, 8) != 0);
  query_end(query);
  entry->valid = plausible(secret) && own && entry->valid;
}

/* Where nothing at all was committed since, no token was changed either. */
static bool still_holds(const struct tokens *tokens, struct remembered *entry, uint64_t commits, const char *secret) {
  bool holds =
      entry->known && (entry->commits == commits ||
                       (changes_none(tokens->changes, "tokens", 0, entry->commits) &&
                        (!of_session(secret) || changes_none(tokens->changes, "sessions", 0, entry->commits))));
  if (holds) {
    entry->commits = commits;
  }
  return holds;
}

/* By what a token or a session is shown. */
enum way { BY_HEAD, BY_ADDRESS };

/* Whether the caller may come in with it now, from there, this way. A session also ends when nobody has used it for
 * `idle_ms`. */
static bool may_enter(const struct remembered *entry, enum way way, const struct sockaddr *peer, int64_t now_ms,
                      int64_t idle_ms) {
  bool right_way = (entry->principal.role == ROLE_FEED) == (way == BY_ADDRESS);
  if (!entry->valid || !may_come_from(entry, peer) || !right_way) {
    return false;
  }
  return now_ms < entry->principal.ends_ms && (entry->principal.session == 0 || now_ms - entry->noted_ms < idle_ms);
}

/* How long after a use was written down the next one is: often enough that a session in use does not seem idle. */
static int64_t use_interval(const struct remembered *entry, int64_t idle_ms) {
  bool short_lived = entry->principal.session != 0 && idle_ms / 4 < USE_EVERY_MS;
  return short_lived ? idle_ms / 4 : USE_EVERY_MS;
}

static bool holder(struct tokens *tokens, const struct showing *showing, enum way way, char secret[TOKEN_SIZE],
                   struct principal *principal, bool *use_is_due) {
  unsigned char mark[crypto_shorthash_siphashx24_BYTES];
  crypto_shorthash_siphashx24(mark, (const unsigned char *)secret, TOKEN_SIZE - 1, tokens->key);
  struct remembered *entry = &tokens->list[mark[0] % REMEMBERED];
  if (!still_holds(tokens, entry, showing->commits, secret) || memcmp(entry->mark, mark, sizeof mark) != 0) {
    memcpy(entry->mark, mark, sizeof mark);
    look_up(showing->db, secret, entry);
    entry->commits = showing->commits;
    entry->known = db_failure(showing->db) == DB_OK;
  }
  sodium_memzero(secret, TOKEN_SIZE);
  if (!may_enter(entry, way, showing->peer, showing->now_ms, tokens->idle_ms)) {
    return false;
  }
  principal_take(principal, &entry->principal);
  *use_is_due = !showing->looks && showing->now_ms - entry->noted_ms >= use_interval(entry, tokens->idle_ms);
  entry->noted_ms = *use_is_due ? showing->now_ms : entry->noted_ms;
  return true;
}

bool tokens_principal(struct tokens *tokens, const struct showing *showing, const char *authorization,
                      struct principal *principal, bool *use_is_due) {
  char token[TOKEN_SIZE];
  *use_is_due = false;
  if (authorization == NULL) {
    return false;
  }
  from_header(authorization, token);
  return holder(tokens, showing, BY_HEAD, token, principal, use_is_due);
}

bool tokens_feed(struct tokens *tokens, const struct showing *showing, const char *shown, struct principal *principal,
                 bool *use_is_due) {
  char copy[TOKEN_SIZE];
  *use_is_due = false;
  take(token_prefix, shown, strlen(shown), copy);
  return holder(tokens, showing, BY_ADDRESS, copy, principal, use_is_due);
}

bool tokens_session(struct tokens *tokens, const struct showing *showing, const char *secret,
                    struct principal *principal, bool *use_is_due) {
  char copy[TOKEN_SIZE];
  *use_is_due = false;
  take(session_prefix, secret, strlen(secret), copy);
  return holder(tokens, showing, BY_HEAD, copy, principal, use_is_due);
}

bool token_holder(struct db *db, const char *token, const struct sockaddr *peer, int64_t now_ms,
                  struct principal *principal) {
  struct remembered entry = {0};
  char taken[TOKEN_SIZE];
  take(token_prefix, token, strlen(token), taken);
  look_up(db, taken, &entry);
  sodium_memzero(taken, sizeof taken);
  bool fine = may_enter(&entry, BY_HEAD, peer, now_ms, 0);
  if (fine) {
    principal_take(principal, &entry.principal);
  }
  return fine;
}

bool token_holds(struct db *db, const struct principal *principal, int64_t now_ms) {
  bool session = principal->session != 0;
  struct query *query = db_named(db, session ? "session-holds" : "token-holds");
  if (session) {
    query_bind_int(query, 1, principal->session);
  } else {
    query_bind_text(query, 1, principal->id);
  }
  bool there = query_step(query) == STEP_ROW;
  query_end(query);
  return there && now_ms < principal->ends_ms;
}

/* -- last use ------------------------------------------------------------------------------------------------------ */

struct use {
  struct write write; /* first: the store hands it back */
  char id[TYPEID_SIZE];
  int64_t session, now_ms;
};

bool token_use(struct db *db, const char *id, int64_t now_ms) {
  char now[CLOCK_TIMESTAMP_SIZE], before[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(now_ms, now);
  clock_timestamp(now_ms - USE_EVERY_MS, before);
  struct query *query = db_named(db, "token-use");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, now);
  query_bind_text(query, 3, before);
  return query_run(query);
}

static bool write_use(struct write *write, struct db *db) {
  const struct use *use = (const struct use *)write;
  char now[CLOCK_TIMESTAMP_SIZE];
  if (!token_use(db, use->id, use->now_ms)) {
    return false;
  }
  if (use->session == 0) {
    return true;
  }
  clock_timestamp(use->now_ms, now);
  struct query *query = db_named(db, "session-use");
  query_bind_int(query, 1, use->session);
  query_bind_text(query, 2, now);
  return query_run(query);
}

static void end_use(struct write *write, enum write_outcome outcome) {
  (void)outcome; /* when it could not be written, a use a minute later is */
  talloc_free(write);
}

void token_note_use(struct store *store, const struct principal *principal, int64_t now_ms) {
  struct use *use = memory_new(NULL, struct use);
  use->write = (struct write){.run = write_use, .done = end_use, .quiet = true};
  use->session = principal->session;
  snprintf(use->id, sizeof use->id, "%s", principal->id);
  use->now_ms = now_ms;
  if (!store_submit(store, &use->write)) {
    talloc_free(use);
  }
}

/* -- handlers ------------------------------------------------------------------------------------------------------ */

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
    faults_add(call->faults, PLACE_BODY, "/query", "required", "is required: what the calendar of a feed shows");
  } else if (!feed && query != NULL) {
    faults_add(call->faults, PLACE_BODY, "/query", "contradiction", "is for the role feed alone");
  } else if (feed) {
    calendar_check_query(call, query);
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
    faults_add(call->faults, PLACE_BODY, "/name", "reserved", "is what the history calls the registry's own doing");
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
  if (!query_run(query)) {
    return;
  }
  note(call, "token created", id, name);
  answer_new_token(call, id, token);
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

void token_accept(struct call *call) {
  if (call->handler->handle != handle_token_revoke || call->reply.status != 0) {
    return;
  }
  call->sight = &call->worker->whole;
  if (read_revocable(call) != NULL) {
    ending_of_token(call, call->route.values[0]);
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
