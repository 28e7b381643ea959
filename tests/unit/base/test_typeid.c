/* Identifiers: form, order, and that no two are alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/typeid.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 20000, THREADS = 4 };

static void a_new_identifier_is_valid_under_its_prefix_only(void **state) {
  (void)state;
  char id[TYPEID_SIZE];
  typeid_new("agr", clock_now_ms(), id);
  assert_int_equal(strlen(id), 3 + 1 + 26);
  assert_true(typeid_valid("agr", id));
  assert_false(typeid_valid("org", id));
  assert_false(typeid_valid("ag", id));
  assert_false(typeid_valid("agr_", id));
}

static unsigned bits(const char *digits, int from, int count) {
  static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  unsigned value = 0;
  for (int bit = from + 2; bit < from + 2 + count; bit++) { /* two zero bits go before the 128 */
    unsigned digit = (unsigned)(strchr(alphabet, digits[bit / 5]) - alphabet);
    value = value << 1 | ((digit >> (4 - bit % 5)) & 1U);
  }
  return value;
}

static void it_holds_a_uuid_of_version_7_and_its_instant(void **state) {
  (void)state;
  char id[TYPEID_SIZE];
  int64_t ms = clock_now_ms() + 1000000; /* later than any that was made before */
  typeid_new("agr", ms, id);
  const char *digits = id + 4;
  assert_int_equal((int64_t)bits(digits, 0, 24) << 24 | bits(digits, 24, 24), ms);
  assert_int_equal(bits(digits, 48, 4), 7);
  assert_int_equal(bits(digits, 64, 2), 2);
}

static void identifiers_made_one_after_another_sort_so(void **state) {
  (void)state;
  char last[TYPEID_SIZE] = "", next[TYPEID_SIZE];
  int64_t ms = clock_now_ms();
  for (int i = 0; i < MANY; i++) {
    typeid_new("org", i % 7 == 0 ? ms - 5000 : ms, next); /* a clock that is set back changes nothing */
    assert_true(strcmp(last, next) < 0);
    memcpy(last, next, sizeof last);
  }
}

static void *make_many(void *argument) {
  char(*ids)[TYPEID_SIZE] = argument;
  for (int i = 0; i < MANY; i++) {
    typeid_new("area", clock_now_ms(), ids[i]);
  }
  return NULL;
}

static int by_text(const void *a, const void *b) {
  return strcmp(a, b);
}

static void threads_never_make_the_same_one(void **state) {
  (void)state;
  char(*ids)[TYPEID_SIZE] = malloc((size_t)THREADS * MANY * TYPEID_SIZE);
  pthread_t threads[THREADS];
  assert_non_null(ids);
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, make_many, ids + (ptrdiff_t)i * MANY), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  qsort(ids, (size_t)THREADS * MANY, TYPEID_SIZE, by_text);
  for (int i = 1; i < THREADS * MANY; i++) {
    assert_string_not_equal(ids[i - 1], ids[i]);
  }
  free(ids);
}

static void what_is_malformed_is_not_valid(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "agr",
                                      "agr_",
                                      "agr_01arz3ndektsv4rrffq69g5fa",
                                      "agr_01arz3ndektsv4rrffq69g5favx",
                                      "agr_01ARZ3NDEKTSV4RRFFQ69G5FAV",
                                      "agr_81arz3ndektsv4rrffq69g5fav",
                                      "agr_01arz3ndektsv4rrffq69g5fil",
                                      "agr-01arz3ndektsv4rrffq69g5fav",
                                      "_01arz3ndektsv4rrffq69g5fav",
                                      "agr_01arz3ndektsv4rrffq69g5f\xc3\xa9"};
  assert_true(typeid_valid("agr", "agr_01arz3ndektsv4rrffq69g5fav"));
  assert_true(typeid_valid("agr", "agr_7zzzzzzzzzzzzzzzzzzzzzzzzz"));
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (typeid_valid("agr", texts[i])) {
      fail_msg("`%s` was taken for an identifier", texts[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_identifier_is_valid_under_its_prefix_only),
      cmocka_unit_test(identifiers_made_one_after_another_sort_so),
      cmocka_unit_test(threads_never_make_the_same_one),
      cmocka_unit_test(it_holds_a_uuid_of_version_7_and_its_instant),
      cmocka_unit_test(what_is_malformed_is_not_valid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
