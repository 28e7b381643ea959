/* The hash gives the known numbers of FNV-1a, and goes on where it ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void known_texts_have_their_known_hashes(void **state) {
  (void)state;
  assert_true(hash_bytes(HASH_START, "", 0) == 0xcbf29ce484222325ULL);
  assert_true(hash_bytes(HASH_START, "a", 1) == 0xaf63dc4c8601ec8cULL);
  assert_true(hash_bytes(HASH_START, "foobar", 6) == 0x85944171f73967e8ULL);
}

static void what_follows_is_hashed_as_if_it_had_come_at_once(void **state) {
  (void)state;
  assert_true(hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar", 3) == hash_bytes(HASH_START, "foobar", 6));
}

static void where_a_text_ends_makes_a_difference(void **state) {
  (void)state;
  assert_true(hash_text(hash_text(HASH_START, "ab"), "c") != hash_text(hash_text(HASH_START, "a"), "bc"));
  assert_true(hash_text(HASH_START, "") != HASH_START);
  assert_true(hash_number(HASH_START, 1) != hash_number(HASH_START, 2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_texts_have_their_known_hashes),
      cmocka_unit_test(what_follows_is_hashed_as_if_it_had_come_at_once),
      cmocka_unit_test(where_a_text_ends_makes_a_difference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
