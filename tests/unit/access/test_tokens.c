/* Tokens: their form, and whom they name, with a database of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/tokens.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/memory.h"
#include "request/call.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_new_token_is_plausible_and_like_no_other(void **state) {
  (void)state;
  char last[TOKEN_SIZE] = "", token[TOKEN_SIZE];
  for (int i = 0; i < 1000; i++) {
    token_make(token);
    assert_int_equal(strlen(token), TOKEN_SIZE - 1);
    assert_memory_equal(token, "ent_", 4);
    assert_true(token_plausible(token));
    assert_string_not_equal(last, token);
    memcpy(last, token, sizeof last);
  }
}

/* Every letter in turn is replaced by each other one: the checksum finds any single slip. */
static void a_mistyped_token_is_not_plausible(void **state) {
  (void)state;
  static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
  char token[TOKEN_SIZE];
  token_make(token);
  for (size_t i = 0; i < TOKEN_SIZE - 1; i++) {
    char right = token[i];
    for (const char *wrong = alphabet; *wrong != '\0'; wrong++) {
      token[i] = *wrong;
      assert_int_equal(token_plausible(token), *wrong == right);
    }
    token[i] = right;
  }
  assert_false(token_plausible(""));
  assert_false(token_plausible("ent_"));
  token[TOKEN_SIZE - 2] = '\0';
  assert_false(token_plausible(token));
}

/* -- with a database ----------------------------------------------------------------------------------------------- */

enum { SESSION_IDLE_MS = 1000000 };

static struct {
  char folder[64], path[80];
  struct contract *contract;
  struct store *store;
  struct db *reader;
  void *memory;
  struct tokens *tokens;
} house;

static int open_house(void **state) {
  (void)state;
  struct error error = {0};
  snprintf(house.folder, sizeof house.folder, "%s/entente-XXXXXX",
           getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR"));
  if (mkdtemp(house.folder) == NULL) {
    return -1;
  }
  snprintf(house.path, sizeof house.path, "%s/t.db", house.folder);
  house.contract = api_load_contract(&error);
  struct store_options options = {.path = house.path, .create = true, .group_limit = 16, .queue_limit = 16};
  house.store = house.contract == NULL ? NULL : store_open(&options, house.contract, &error);
  house.reader = house.store == NULL ? NULL : store_reader(house.store, &error);
  house.memory = talloc_new(NULL);
  house.tokens = tokens_new(house.memory, store_changes(house.store), SESSION_IDLE_MS);
  if (house.reader == NULL) {
    fprintf(stderr, "%s\n", error.text);
    return -1;
  }
  return 0;
}

static int close_house(void **state) {
  (void)state;
  talloc_free(house.memory);
  store_reader_close(house.reader);
  store_close(house.store);
  contract_free(house.contract);
  static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s%s", house.path, endings[i]);
    unlink(name);
  }
  return rmdir(house.folder);
}

struct insert {
  const char *token, *name, *role, *expires_at;
};

static bool insert_token(void *argument, struct db *db) {
  const struct insert *insert = argument;
  unsigned char hash[crypto_hash_sha256_BYTES];
  char id[TYPEID_SIZE];
  crypto_hash_sha256(hash, (const unsigned char *)insert->token, strlen(insert->token));
  typeid_new("tok", clock_now_ms(), id);
  struct query *query = db_named(db, "token-insert");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, insert->name);
  query_bind_text(query, 3, insert->role);
  query_bind_bytes(query, 4, hash, sizeof hash);
  query_bind_text(query, 5, "2026-04-01T00:00:00.000Z");
  query_bind_text(query, 6, insert->expires_at);
  query_bind_text(query, 7, "[]");
  query_bind_text(query, 10, strcmp(insert->role, "feed") == 0 ? "status=in_force" : NULL);
  return query_run(query);
}

static bool revoke_token(void *argument, struct db *db) {
  struct query *query = db_named(db, "token-revoke");
  query_bind_text(query, 1, argument);
  query_bind_text(query, 2, "2026-04-02T00:00:00.000Z");
  return query_run(query);
}

static void give(char token[TOKEN_SIZE], const char *name, const char *role, const char *expires_at) {
  token_make(token);
  struct insert one = {token, name, role, expires_at};
  assert_int_equal(store_write(house.store, insert_token, &one), WRITE_SAVED);
}

static bool names(const char *authorization, int64_t now, struct principal *principal) {
  assert_true(db_begin_read(house.reader));
  struct showing showing = {.db = house.reader, .commits = store_commits(house.store), .now_ms = now};
  bool use_is_due, named = tokens_principal(house.tokens, &showing, authorization, principal, &use_is_due);
  db_end_read(house.reader);
  return named;
}

static void a_token_names_its_caller_in_each_form_of_the_header(void **state) {
  (void)state;
  static const char *const roles[] = {"reader", "editor", "admin"};
  for (int i = 0; i < 3; i++) {
    char token[TOKEN_SIZE], header[256], pair[TOKEN_SIZE + 8], encoded[128];
    struct principal principal = {0};
    give(token, roles[i], roles[i], NULL);
    snprintf(pair, sizeof pair, "%s:any", token);
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)pair, strlen(pair),
                      sodium_base64_VARIANT_ORIGINAL);
    const char *const forms[] = {"Bearer %s", "bearer   %s", "Basic %s", "basic  %s"};
    for (int form = 0; form < 4; form++) {
      snprintf(header, sizeof header, "%.*s%s", (int)(strlen(forms[form]) - 2), forms[form],
               form < 2 ? token : encoded);
      assert_true(names(header, 0, &principal));
      assert_int_equal(principal.role, (int)ROLE_READER + i);
      assert_string_equal(principal.name, roles[i]);
      assert_true(typeid_valid("tok", principal.id));
    }
  }
}

static bool names_feed(const char *shown, struct principal *principal) {
  assert_true(db_begin_read(house.reader));
  struct showing showing = {.db = house.reader, .commits = store_commits(house.store)};
  bool use_is_due, named = tokens_feed(house.tokens, &showing, shown, principal, &use_is_due);
  db_end_read(house.reader);
  return named;
}

/* Whichever way it is shown first: what a thread remembers of a token does not let it in by another. */
static void a_feed_names_its_caller_in_an_address_alone_and_any_other_token_there_nobody(void **state) {
  (void)state;
  for (int address_first = 0; address_first < 2; address_first++) {
    char feed[TOKEN_SIZE], admin[TOKEN_SIZE], header[256];
    struct principal principal = {0};
    give(feed, "feed", "feed", NULL);
    give(admin, "admin", "admin", NULL);
    for (int times = 0; times < 3; times++) {
      if (times > 0 || address_first) {
        assert_true(names_feed(feed, &principal));
        assert_int_equal(principal.role, ROLE_FEED);
        assert_false(names_feed(admin, &principal));
      }
      snprintf(header, sizeof header, "Bearer %s", feed);
      assert_false(names(header, 0, &principal));
      assert_true(db_begin_read(house.reader));
      assert_false(token_holder(house.reader, feed, NULL, 0, &principal));
      db_end_read(house.reader);
      snprintf(header, sizeof header, "Bearer %s", admin);
      assert_true(names(header, 0, &principal));
      assert_int_equal(principal.role, ROLE_ADMIN);
    }
    feed[TOKEN_SIZE - 2] = '\0';
    assert_false(names_feed(feed, &principal));
    assert_false(names_feed("", &principal));
  }
}

static void a_header_that_holds_no_known_token_names_nobody(void **state) {
  (void)state;
  struct principal principal = {0};
  char known[TOKEN_SIZE], stranger[TOKEN_SIZE], header[256];
  give(known, "known", "admin", NULL);
  token_make(stranger);
  snprintf(header, sizeof header, "Bearer %s", stranger);
  assert_false(names(header, 0, &principal));
  snprintf(header, sizeof header, "Digest %s", known);
  assert_false(names(header, 0, &principal));
  snprintf(header, sizeof header, "Bearer %s%s", known, "x");
  assert_false(names(header, 0, &principal));
  static const char *const others[] = {"", "Bearer", "Bearer ", "Basic", "Basic ", "Basic !!!", "Basic Og==", "ent_"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(names(others[i], 0, &principal));
  }
  assert_false(names(NULL, 0, &principal));
}

static void an_expired_token_names_nobody_from_that_instant_on(void **state) {
  (void)state;
  struct principal principal = {0};
  char token[TOKEN_SIZE], header[128];
  int64_t end = 0;
  give(token, "short", "reader", "2026-04-01T09:30:00.000Z");
  snprintf(header, sizeof header, "Bearer %s", token);
  assert_true(clock_read_timestamp("2026-04-01T09:30:00.000Z", &end));
  assert_true(names(header, end - 1, &principal));
  assert_false(names(header, end, &principal));
  assert_false(names(header, end + 1, &principal));
}

static void a_revoked_token_names_nobody_though_it_was_met_before(void **state) {
  (void)state;
  struct principal principal = {0};
  char token[TOKEN_SIZE], header[128];
  give(token, "gone", "editor", NULL);
  snprintf(header, sizeof header, "Bearer %s", token);
  assert_true(names(header, 0, &principal));
  assert_true(names(header, 0, &principal));
  assert_int_equal(store_write(house.store, revoke_token, principal.id), WRITE_SAVED);
  assert_false(names(header, 0, &principal));
}

/* Pages of the database that are looked at to find out about it. */
static int64_t pages_for(const char *authorization) {
  struct principal principal;
  int64_t hits = 0, misses = 0, hits_before = 0, misses_before = 0;
  db_cache_counts(house.reader, &hits_before, &misses_before);
  assert_false(names(authorization, 0, &principal));
  db_cache_counts(house.reader, &hits, &misses);
  return hits + misses - hits_before - misses_before;
}

/* Who is refused by its form alone would be refused sooner. */
static void whatever_is_no_token_is_looked_up_as_one_that_is_unknown(void **state) {
  (void)state;
  char token[TOKEN_SIZE], long_one[300], unknown[128], wrong[128], truncated[128], longer[128], session[128];
  memset(long_one, 'x', sizeof long_one - 1);
  long_one[sizeof long_one - 1] = '\0';
  for (int i = 0; i < 20; i++) {
    token_make(token);
    snprintf(unknown, sizeof unknown, "Bearer %s", token);
    token_make(token);
    snprintf(truncated, sizeof truncated, "Bearer %.*s", TOKEN_SIZE - 2, token);
    token_make(token);
    snprintf(longer, sizeof longer, "Bearer %sx", token);
    token_make(token);
    token[TOKEN_SIZE - 2] = token[TOKEN_SIZE - 2] == '0' ? '1' : '0';
    snprintf(wrong, sizeof wrong, "Bearer %s", token);
    session_make(token);
    snprintf(session, sizeof session, "Bearer %s", token);
    int64_t usual = pages_for(unknown);
    assert_true(usual > 0);
    const char *const others[] = {wrong, truncated, longer, session};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
      assert_int_equal(pages_for(others[k]), usual);
    }
  }
  /* Each of these is met once, since a thread remembers what it met. */
  token_make(token);
  snprintf(unknown, sizeof unknown, "Bearer %s", token);
  int64_t usual = pages_for(unknown);
  static const char *const shapeless[] = {"", "Bearer x", "Basic !!!", "Basic eTo=", "Digest x", "ent_"};
  for (size_t i = 0; i < sizeof shapeless / sizeof shapeless[0]; i++) {
    assert_int_equal(pages_for(shapeless[i]), usual);
  }
  assert_int_equal(pages_for(long_one), usual);
}

/* A token of which more is shown, or less, is met as another: it neither enters by what is remembered, nor ends that.
 */
static void what_is_nearly_a_token_that_is_remembered_names_nobody(void **state) {
  (void)state;
  struct principal principal = {0};
  char token[TOKEN_SIZE], right[128], nearly[128];
  give(token, "near", "admin", NULL);
  snprintf(right, sizeof right, "Bearer %s", token);
  for (int round = 0; round < 2; round++) {
    assert_true(names(right, 0, &principal));
    snprintf(nearly, sizeof nearly, "Bearer %sx", token);
    assert_false(names(nearly, 0, &principal));
    snprintf(nearly, sizeof nearly, "Bearer %.*s", TOKEN_SIZE - 2, token);
    assert_false(names(nearly, 0, &principal));
    snprintf(nearly, sizeof nearly, "Bearer %s", token + 4);
    assert_false(names(nearly, 0, &principal));
    snprintf(nearly, sizeof nearly, "Digest %s", token);
    assert_false(names(nearly, 0, &principal));
    assert_false(names(token, 0, &principal));
  }
}

/* One that lies in the database, as nobody can have put it there, is none all the same. */
static void a_wrong_checksum_names_nobody_whatever_the_database_holds(void **state) {
  (void)state;
  struct principal principal = {0};
  char token[TOKEN_SIZE], header[128];
  token_make(token);
  token[TOKEN_SIZE - 2] = token[TOKEN_SIZE - 2] == '0' ? '1' : '0';
  struct insert one = {token, "wrong", "admin", NULL};
  assert_int_equal(store_write(house.store, insert_token, &one), WRITE_SAVED);
  snprintf(header, sizeof header, "Bearer %s", token);
  assert_false(names(header, 0, &principal));
  assert_false(names(header, 0, &principal));
  assert_false(token_holder(house.reader, token, NULL, 0, &principal));
}

/* -- sessions ------------------------------------------------------------------------------------------------------ */

enum { DAY_MS = 24 * 60 * 60 * 1000 };
static const char began[] = "2026-04-01T00:00:00.000Z";

struct beginning {
  const char *secret, *token, *expires_at;
};

static bool insert_session(void *argument, struct db *db) {
  const struct beginning *beginning = argument;
  unsigned char hash[TOKEN_HASH_SIZE];
  token_hash(beginning->secret, hash);
  struct query *query = db_named(db, "session-insert");
  query_bind_text(query, 1, beginning->token);
  query_bind_bytes(query, 2, hash, sizeof hash);
  query_bind_text(query, 3, began);
  query_bind_text(query, 4, beginning->expires_at);
  return query_run(query);
}

static bool end_session(void *argument, struct db *db) {
  struct query *query = db_named(db, "session-end");
  query_bind_int(query, 1, ((struct principal *)argument)->session);
  return query_run(query);
}

static int64_t instant(const char *text) {
  int64_t ms = 0;
  assert_true(clock_read_timestamp(text, &ms));
  return ms;
}

/* A token that ends then, and a session of it that ends in any case after a week; says whom the token names. */
static struct principal sign_in(char secret[TOKEN_SIZE], const char *expires_at) {
  char token[TOKEN_SIZE], header[128];
  struct principal principal = {0};
  give(token, "signed in", "editor", expires_at);
  snprintf(header, sizeof header, "Bearer %s", token);
  assert_true(names(header, instant(began), &principal));
  session_make(secret);
  struct beginning beginning = {secret, principal.id, "2026-04-08T00:00:00.000Z"};
  assert_int_equal(store_write(house.store, insert_session, &beginning), WRITE_SAVED);
  return principal;
}

static bool comes_in(const char *secret, int64_t now, struct principal *principal) {
  struct showing showing = {.db = house.reader, .commits = store_commits(house.store), .now_ms = now};
  bool use_is_due;
  assert_true(db_begin_read(house.reader));
  bool in = tokens_session(house.tokens, &showing, secret, principal, &use_is_due);
  db_end_read(house.reader);
  return in;
}

static void a_session_names_the_caller_that_its_token_does(void **state) {
  (void)state;
  char secret[TOKEN_SIZE];
  struct principal principal = {0}, token = sign_in(secret, NULL);
  assert_memory_equal(secret, "ses_", 4);
  assert_true(comes_in(secret, instant(began), &principal));
  assert_string_equal(principal.id, token.id);
  assert_string_equal(principal.name, "signed in");
  assert_int_equal(principal.role, ROLE_EDITOR);
  assert_string_equal(principal.expires_at, "2026-04-08T00:00:00.000Z");
  assert_int_equal(token.session, 0);
  assert_true(principal.session > 0);
}

static void neither_is_a_token_a_session_nor_a_session_a_token(void **state) {
  (void)state;
  char secret[TOKEN_SIZE], token[TOKEN_SIZE], header[128];
  struct principal principal = {0};
  sign_in(secret, NULL);
  give(token, "plain", "admin", NULL);
  snprintf(header, sizeof header, "Bearer %s", secret);
  assert_false(names(header, instant(began), &principal));
  assert_false(comes_in(token, instant(began), &principal));
  assert_false(comes_in("", instant(began), &principal));
  secret[TOKEN_SIZE - 2] = '\0';
  assert_false(comes_in(secret, instant(began), &principal));
}

/* Each time is a use, and a use counts from when it is written down. */
static void a_session_ends_when_it_is_idle_and_goes_on_when_it_is_used(void **state) {
  (void)state;
  char secret[TOKEN_SIZE];
  struct principal principal = {0};
  int64_t start = instant(began);
  sign_in(secret, NULL);
  assert_true(comes_in(secret, start + SESSION_IDLE_MS - 1, &principal));
  assert_true(comes_in(secret, start + 2 * SESSION_IDLE_MS - 2, &principal));
  assert_false(comes_in(secret, start + 3 * SESSION_IDLE_MS, &principal));
}

static void a_session_ends_after_its_life_though_it_is_used(void **state) {
  (void)state;
  char secret[TOKEN_SIZE];
  struct principal principal = {0};
  int64_t now = instant(began), end = now + 7LL * DAY_MS;
  sign_in(secret, NULL);
  for (; now < end; now += SESSION_IDLE_MS / 2) {
    assert_true(comes_in(secret, now, &principal));
  }
  assert_true(comes_in(secret, end - 1, &principal));
  assert_false(comes_in(secret, end, &principal));
}

static void a_session_ends_with_its_token(void **state) {
  (void)state;
  char secret[TOKEN_SIZE], other[TOKEN_SIZE];
  struct principal principal = {0}, token = sign_in(secret, "2026-04-01T00:05:00.000Z");
  int64_t end = instant("2026-04-01T00:05:00.000Z");
  assert_true(comes_in(secret, end - 1, &principal));
  assert_string_equal(principal.expires_at, "2026-04-01T00:05:00.000Z");
  assert_false(comes_in(secret, end, &principal));
  token = sign_in(other, NULL);
  assert_true(comes_in(other, end, &principal));
  assert_int_equal(store_write(house.store, revoke_token, token.id), WRITE_SAVED);
  assert_false(comes_in(other, end, &principal));
}

static void a_session_that_was_ended_lets_nobody_in_though_it_was_met_before(void **state) {
  (void)state;
  char secret[TOKEN_SIZE], other[TOKEN_SIZE];
  struct principal principal = {0};
  sign_in(other, NULL);
  sign_in(secret, NULL);
  assert_true(comes_in(secret, instant(began), &principal));
  assert_true(comes_in(secret, instant(began), &principal));
  assert_int_equal(store_write(house.store, end_session, &principal), WRITE_SAVED);
  assert_false(comes_in(secret, instant(began), &principal));
  assert_true(comes_in(other, instant(began), &principal));
}

static bool bound_sessions(void *argument, struct db *db) {
  struct query *query = db_named(db, "session-bound");
  query_bind_text(query, 1, argument);
  query_bind_int(query, 2, 1);
  return query_run(query);
}

static bool forget_sessions(void *argument, struct db *db) {
  struct query *query = db_named(db, "session-forget");
  query_bind_text(query, 1, argument);
  return query_run(query);
}

static void sessions_that_are_too_many_or_long_unused_are_cleared_away(void **state) {
  (void)state;
  char first[TOKEN_SIZE], second[TOKEN_SIZE], other[TOKEN_SIZE], before[] = "2026-03-31T23:59:59.999Z",
                                                                 then[] = "2026-04-01T00:00:00.000Z";
  struct principal principal = {0}, token = sign_in(first, NULL);
  sign_in(other, NULL);
  session_make(second);
  struct beginning again = {second, token.id, "2026-04-08T00:00:00.000Z"};
  assert_int_equal(store_write(house.store, insert_session, &again), WRITE_SAVED);
  assert_int_equal(store_write(house.store, bound_sessions, token.id), WRITE_SAVED);
  assert_false(comes_in(first, instant(began), &principal));
  assert_true(comes_in(second, instant(began), &principal));
  assert_int_equal(store_write(house.store, forget_sessions, before), WRITE_SAVED);
  assert_true(comes_in(second, instant(began), &principal));
  assert_true(comes_in(other, instant(began), &principal));
  assert_int_equal(store_write(house.store, forget_sessions, then), WRITE_SAVED);
  assert_false(comes_in(second, instant(began), &principal));
  assert_false(comes_in(other, instant(began), &principal));
}

static void who_signs_in_is_named_by_a_whole_token_only(void **state) {
  (void)state;
  char token[TOKEN_SIZE], longer[TOKEN_SIZE + 8], secret[TOKEN_SIZE];
  struct principal principal = {0};
  give(token, "comes in", "reader", "2026-04-01T09:30:00.000Z");
  int64_t end = instant("2026-04-01T09:30:00.000Z");
  assert_true(token_holder(house.reader, token, NULL, end - 1, &principal));
  assert_string_equal(principal.name, "comes in");
  assert_false(token_holder(house.reader, token, NULL, end, &principal));
  sign_in(secret, NULL);
  assert_false(token_holder(house.reader, secret, NULL, end - 1, &principal));
  snprintf(longer, sizeof longer, "%sx", token);
  assert_false(token_holder(house.reader, longer, NULL, end - 1, &principal));
  assert_false(token_holder(house.reader, "", NULL, end - 1, &principal));
  token[TOKEN_SIZE - 2] = '\0';
  assert_false(token_holder(house.reader, token, NULL, end - 1, &principal));
}

/* More tokens than are remembered, asked for in turn: none is taken for another. */
static void many_tokens_are_kept_apart(void **state) {
  (void)state;
  enum { MANY = 150 };
  static char tokens[MANY][TOKEN_SIZE];
  for (int i = 0; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%d", i);
    give(tokens[i], name, i % 2 == 0 ? "reader" : "admin", NULL);
  }
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < MANY; i++) {
      struct principal principal = {0};
      char header[128], name[16];
      snprintf(header, sizeof header, "Bearer %.*s", TOKEN_SIZE - 1, tokens[i]);
      snprintf(name, sizeof name, "n%d", i);
      assert_true(names(header, 0, &principal));
      assert_string_equal(principal.name, name);
      assert_int_equal(principal.role, i % 2 == 0 ? ROLE_READER : ROLE_ADMIN);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_token_is_plausible_and_like_no_other),
      cmocka_unit_test(a_mistyped_token_is_not_plausible),
      cmocka_unit_test(a_token_names_its_caller_in_each_form_of_the_header),
      cmocka_unit_test(a_feed_names_its_caller_in_an_address_alone_and_any_other_token_there_nobody),
      cmocka_unit_test(a_header_that_holds_no_known_token_names_nobody),
      cmocka_unit_test(an_expired_token_names_nobody_from_that_instant_on),
      cmocka_unit_test(a_revoked_token_names_nobody_though_it_was_met_before),
      cmocka_unit_test(whatever_is_no_token_is_looked_up_as_one_that_is_unknown),
      cmocka_unit_test(what_is_nearly_a_token_that_is_remembered_names_nobody),
      cmocka_unit_test(a_wrong_checksum_names_nobody_whatever_the_database_holds),
      cmocka_unit_test(a_session_names_the_caller_that_its_token_does),
      cmocka_unit_test(neither_is_a_token_a_session_nor_a_session_a_token),
      cmocka_unit_test(a_session_ends_when_it_is_idle_and_goes_on_when_it_is_used),
      cmocka_unit_test(a_session_ends_after_its_life_though_it_is_used),
      cmocka_unit_test(a_session_ends_with_its_token),
      cmocka_unit_test(a_session_that_was_ended_lets_nobody_in_though_it_was_met_before),
      cmocka_unit_test(sessions_that_are_too_many_or_long_unused_are_cleared_away),
      cmocka_unit_test(who_signs_in_is_named_by_a_whole_token_only),
      cmocka_unit_test(many_tokens_are_kept_apart),
  };
  return cmocka_run_group_tests(tests, open_house, close_house);
}
