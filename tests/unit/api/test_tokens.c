/* Tokens: their form, and whom they name, with a database of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "api/call.h"
#include "api/tokens.h"
#include "base/clock.h"
#include "base/memory.h"

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
  struct error error = {""};
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
  house.tokens = tokens_new(house.memory, store_changes(house.store));
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
  bool use_is_due, named = tokens_principal(house.tokens, house.reader, store_commits(house.store), authorization, NULL,
                                            now, principal, &use_is_due);
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
      cmocka_unit_test(a_header_that_holds_no_known_token_names_nobody),
      cmocka_unit_test(an_expired_token_names_nobody_from_that_instant_on),
      cmocka_unit_test(a_revoked_token_names_nobody_though_it_was_met_before),
      cmocka_unit_test(many_tokens_are_kept_apart),
  };
  return cmocka_run_group_tests(tests, open_house, close_house);
}
