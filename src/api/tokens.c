/* A header is taken apart, the token's checksum looked at, its hash looked up: first among the few that this thread has
 * met, for as long as no token has changed, then in the database. */
#include "api/tokens.h"

#include "api/call.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/network.h"
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
  unsigned char mark[crypto_shorthash_siphashx24_BYTES]; /* of the token, under this thread's key */
  uint64_t commits;
  bool known, valid;
  struct principal principal;
  char expires_at[CLOCK_TIMESTAMP_SIZE];
  struct network networks[NETWORKS_MOST];
  size_t network_count; /* 0: from anywhere */
  int64_t noted_ms;     /* when its use was last written down, as far as is known here */
};

struct tokens {
  unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
  const struct changes *changes;
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

void token_make(char out[TOKEN_SIZE]) {
  char check[CHECK + 1];
  memcpy(out, "ent_", PREFIX);
  for (int i = 0; i < RANDOM; i++) {
    out[PREFIX + i] = alphabet[randombytes_uniform(62)];
  }
  checksum(out, check);
  memcpy(out + PREFIX + RANDOM, check, CHECK + 1);
}

bool token_plausible(const char *token) {
  char check[CHECK + 1];
  if (strlen(token) != TOKEN_SIZE - 1 || memcmp(token, "ent_", PREFIX) != 0) {
    return false;
  }
  checksum(token, check);
  return sodium_memcmp(token + PREFIX + RANDOM, check, CHECK) == 0;
}

struct tokens *tokens_new(const void *parent, const struct changes *changes) {
  struct tokens *tokens = memory_new(parent, struct tokens);
  tokens->changes = changes;
  randombytes_buf(tokens->key, sizeof tokens->key);
  return tokens;
}

/* The token in `Bearer TOKEN` or `Basic base64(TOKEN:…)`. */
static bool from_header(const char *authorization, char out[TOKEN_SIZE]) {
  char decoded[256];
  const char *token = NULL;
  size_t length = 0;
  if (strncasecmp(authorization, "Bearer ", 7) == 0) {
    token = authorization + 7 + strspn(authorization + 7, " ");
    length = strcspn(token, " ");
  } else if (strncasecmp(authorization, "Basic ", 6) == 0) {
    const char *text = authorization + 6 + strspn(authorization + 6, " ");
    size_t size = 0;
    if (sodium_base642bin((unsigned char *)decoded, sizeof decoded - 1, text, strlen(text), " ", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
      return false;
    }
    decoded[size] = '\0';
    token = decoded;
    length = strcspn(decoded, ":");
  }
  if (token == NULL || length != TOKEN_SIZE - 1) {
    return false;
  }
  memcpy(out, token, length);
  out[length] = '\0';
  return token_plausible(out);
}

static enum role role_of(const char *name) {
  return strcmp(name, "admin") == 0 ? ROLE_ADMIN : strcmp(name, "editor") == 0 ? ROLE_EDITOR : ROLE_READER;
}

static bool read_networks(const char *text, struct remembered *entry) {
  json_t *list = json_loads(text, 0, NULL);
  bool fine = json_array_size(list) <= NETWORKS_MOST;
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

static void look_up(struct db *db, const char *token, struct remembered *entry) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)token, TOKEN_SIZE - 1);
  struct query *query = db_named(db, "token-by-hash");
  query_bind_bytes(query, 1, hash, sizeof hash);
  entry->valid = query_step(query) == STEP_ROW;
  entry->expires_at[0] = '\0';
  if (entry->valid) {
    snprintf(entry->principal.id, sizeof entry->principal.id, "%s", query_text(query, 0));
    snprintf(entry->principal.name, sizeof entry->principal.name, "%s", query_text(query, 1));
    entry->principal.role = role_of(query_text(query, 2));
    if (!query_null(query, 3)) {
      snprintf(entry->expires_at, sizeof entry->expires_at, "%s", query_text(query, 3));
    }
    entry->valid = read_networks(query_text(query, 4), entry);
    entry->noted_ms = 0;
    if (!query_null(query, 5)) {
      clock_read_timestamp(query_text(query, 5), &entry->noted_ms);
    }
  }
  query_end(query);
}

bool tokens_principal(struct tokens *tokens, struct db *db, uint64_t commits, const char *authorization,
                      const struct sockaddr *peer, int64_t now_ms, struct principal *principal, bool *use_is_due) {
  char token[TOKEN_SIZE];
  *use_is_due = false;
  if (authorization == NULL || !from_header(authorization, token)) {
    return false;
  }
  unsigned char mark[crypto_shorthash_siphashx24_BYTES];
  crypto_shorthash_siphashx24(mark, (const unsigned char *)token, TOKEN_SIZE - 1, tokens->key);
  struct remembered *entry = &tokens->list[mark[0] % REMEMBERED];
  if (!entry->known || !changes_none(tokens->changes, "tokens", 0, entry->commits) ||
      sodium_memcmp(entry->mark, mark, sizeof mark) != 0) {
    memcpy(entry->mark, mark, sizeof mark);
    look_up(db, token, entry);
    entry->commits = commits;
    entry->known = db_failure(db) == DB_OK;
  }
  sodium_memzero(token, sizeof token);
  if (!entry->valid || !may_come_from(entry, peer)) {
    return false;
  }
  if (entry->expires_at[0] != '\0') {
    char now[CLOCK_TIMESTAMP_SIZE];
    clock_timestamp(now_ms, now);
    if (strcmp(now, entry->expires_at) >= 0) {
      return false;
    }
  }
  *principal = entry->principal;
  *use_is_due = now_ms - entry->noted_ms >= USE_EVERY_MS;
  entry->noted_ms = *use_is_due ? now_ms : entry->noted_ms;
  return true;
}

/* -- last use ------------------------------------------------------------------------------------------------------ */

struct use {
  struct write write; /* first: the store hands it back */
  char id[TYPEID_SIZE], now[CLOCK_TIMESTAMP_SIZE], before[CLOCK_TIMESTAMP_SIZE];
};

static bool write_use(struct write *write, struct db *db) {
  const struct use *use = (const struct use *)write;
  struct query *query = db_named(db, "token-use");
  query_bind_text(query, 1, use->id);
  query_bind_text(query, 2, use->now);
  query_bind_text(query, 3, use->before);
  return query_run(query);
}

static void end_use(struct write *write, enum write_outcome outcome) {
  (void)outcome; /* when it could not be written, the next use is */
  talloc_free(write);
}

void token_note_use(struct store *store, const char *id, int64_t now_ms) {
  struct use *use = memory_new(NULL, struct use);
  use->write = (struct write){.run = write_use, .done = end_use, .quiet = true};
  snprintf(use->id, sizeof use->id, "%s", id);
  clock_timestamp(now_ms, use->now);
  clock_timestamp(now_ms - USE_EVERY_MS, use->before);
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

/* Expiry in the registry's own form, which compares as text; NULL when the body names none. False when it has passed.
 */
static bool read_expiry(struct call *call, const char *now, char out[CLOCK_TIMESTAMP_SIZE]) {
  const char *text = json_string_value(json_object_get(call->body, "expires_at"));
  out[0] = '\0';
  if (text == NULL) {
    return true;
  }
  int64_t ms = 0;
  if (clock_read_timestamp(text, &ms)) {
    clock_timestamp(ms, out);
  }
  if (out[0] == '\0' || strcmp(out, now) <= 0) {
    faults_add(call->faults, PLACE_BODY, "/expires_at", "past", "must be in the future");
    return false;
  }
  return true;
}

void handle_token_create(struct call *call) {
  char token[TOKEN_SIZE], id[TYPEID_SIZE], now[CLOCK_TIMESTAMP_SIZE], expires[CLOCK_TIMESTAMP_SIZE];
  unsigned char hash[crypto_hash_sha256_BYTES];
  int64_t now_ms = clock_now_ms();
  clock_timestamp(now_ms, now);
  if (!read_expiry(call, now, expires)) {
    answer_faults(call, "invalid-body");
    return;
  }
  token_make(token);
  crypto_hash_sha256(hash, (const unsigned char *)token, TOKEN_SIZE - 1);
  typeid_new("tok", now_ms, id);
  struct query *query = db_named(call->db, "token-insert");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, json_string_value(json_object_get(call->body, "name")));
  query_bind_text(query, 3, json_string_value(json_object_get(call->body, "role")));
  query_bind_bytes(query, 4, hash, sizeof hash);
  query_bind_text(query, 5, now);
  query_bind_text(query, 6, expires[0] == '\0' ? NULL : expires);
  char *networks = json_dumps(json_object_get(call->body, "networks"), JSON_COMPACT);
  query_bind_text(query, 7, networks == NULL ? "[]" : networks);
  free(networks);
  if (!query_run(query)) {
    return;
  }
  query = db_named(call->db, "token-get");
  query_bind_text(query, 1, id);
  if (query_step(query) == STEP_ROW) {
    json_t *answer = token_json(query);
    json_object_set_new(answer, "token", json_string(token));
    answer_json(call, 201, answer);
    answer_header(call, "Location", memory_print(call->memory, "/v1/tokens/%s", id));
  }
  query_end(query);
  sodium_memzero(token, sizeof token);
}

void handle_token_revoke(struct call *call) {
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(clock_now_ms(), now);
  struct query *query = db_named(call->db, "token-get");
  query_bind_text(query, 1, call->route.values[0]);
  bool there = query_step(query) == STEP_ROW, revoked = there && !query_null(query, 6);
  query_end(query);
  if (!there) {
    answer_problem(call, "not-found", "there is no token %s", call->route.values[0]);
    return;
  }
  if (!revoked) {
    query = db_named(call->db, "token-revoke");
    query_bind_text(query, 1, call->route.values[0]);
    query_bind_text(query, 2, now);
    if (!query_run(query)) {
      return;
    }
  }
  answer_bytes(call, 204, NULL, NULL, 0);
}
