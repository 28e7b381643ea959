/* A header is taken apart, the secret's hash looked up: first among the few that this thread has met, for as long as no
 * token has changed, then in the database. The secret of a session has the form of a token with another prefix, and
 * goes the same way: its row leads to that of its token, so that it is believed while neither has changed.
 *
 * What is not well formed, or has a wrong checksum, goes the whole way too. It is refused in any case, but no sooner
 * than one that was never given out, so that nobody is told by time which of them it was. */
#include "access/tokens.h"

#include "access/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/network.h"
#include "request/call.h"
#include "request/principal.h"
#include "store/changes.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
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

static const char token_prefix[] = "ent_", session_prefix[] = "ses_", ticket_prefix[] = "tic_";

const char token_refused[] = "the token is unknown, revoked, expired or malformed";

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

void ticket_make(char out[TOKEN_SIZE]) {
  make(ticket_prefix, out);
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
  bool fine = may_enter(&entry, BY_HEAD, peer, now_ms, 0) && entry.principal.role >= ROLE_READER;
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

bool token_may_come_from(struct db *db, const struct principal *principal, const struct sockaddr *peer) {
  struct remembered entry = {0};
  struct query *query = db_named(db, "token-networks");
  query_bind_text(query, 1, principal->id);
  bool may =
      query_step(query) == STEP_ROW && read_networks(query_text(query, 0), &entry) && may_come_from(&entry, peer);
  query_end(query);
  return may;
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
