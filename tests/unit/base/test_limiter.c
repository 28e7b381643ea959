/* Allowances: with a clock of the test's own, what is taken, what is left, when more is; and that no crowd of keys
 * gives anybody an allowance back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limiter.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static const int64_t second = 1000000000;

static int new_memory(void **state) {
  *state = talloc_new(NULL);
  return *state == NULL;
}

static int free_memory(void **state) {
  talloc_free(*state);
  return 0;
}

static struct allowance take(struct limiter *limiter, const char *key, unsigned per_minute, int64_t now) {
  return limiter_take(limiter, key, strlen(key), per_minute, now);
}

static void so_many_are_taken_at_once_and_no_more(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  static const unsigned rates[] = {1, 2, 7, 60, 61, 600, 9999};
  char key[] = "a";
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++, key[0]++) {
    for (unsigned n = 1; n <= rates[i]; n++) {
      struct allowance allowance = take(limiter, key, rates[i], second);
      assert_true(allowance.taken);
      assert_int_equal(allowance.left, rates[i] - n);
    }
    assert_false(take(limiter, key, rates[i], second).taken);
  }
}

static void what_was_spent_comes_back_evenly(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  int64_t now = 100 * second;
  for (int n = 0; n < 6; n++) {
    assert_true(take(limiter, "a", 6, now).taken);
  }
  struct allowance none = take(limiter, "a", 6, now);
  assert_false(none.taken);
  assert_int_equal(none.left, 0);
  assert_int_equal(none.wait_ns, 10 * second);
  assert_false(take(limiter, "a", 6, now + 10 * second - 1).taken);
  assert_true(take(limiter, "a", 6, now + 10 * second).taken);
  assert_false(take(limiter, "a", 6, now + 10 * second).taken);
  struct allowance some = take(limiter, "a", 6, now + 35 * second); /* 2.5 have come back */
  assert_true(some.taken);
  assert_int_equal(some.left, 1);
  assert_int_equal(some.wait_ns, 45 * second);
}

static void what_is_not_spent_gathers_for_a_minute_and_no_longer(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  assert_true(take(limiter, "a", 3, second).taken);
  struct allowance later = take(limiter, "a", 3, 1000000 * second);
  assert_true(later.taken);
  assert_int_equal(later.left, 2);
}

static void who_is_refused_and_asks_on_waits_no_longer(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  assert_true(take(limiter, "a", 1, second).taken);
  for (int n = 0; n < 1000; n++) {
    assert_int_equal(take(limiter, "a", 1, 31 * second).wait_ns, 30 * second);
  }
  assert_true(take(limiter, "a", 1, 61 * second).taken);
}

static void one_key_s_use_is_not_another_s(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  assert_true(take(limiter, "a", 1, second).taken);
  assert_false(take(limiter, "a", 1, second).taken);
  assert_true(take(limiter, "b", 1, second).taken);
  assert_true(take(limiter, "", 1, second).taken);
}

static void the_highest_rate_is_kept_to(void **state) {
  struct limiter *limiter = limiter_new(*state, 64);
  struct allowance allowance = take(limiter, "a", LIMITER_MOST, second);
  assert_true(allowance.taken);
  assert_int_equal(allowance.left, LIMITER_MOST - 1);
}

/* The table has room for eight; a thousand others come, spend a little each, and drive the one out that spent all. */
static void nobody_gets_an_allowance_back_by_being_driven_out(void **state) {
  struct limiter *limiter = limiter_new(*state, 0);
  enum { RATE = 10, OTHERS = 1000 };
  for (int n = 0; n < RATE; n++) {
    assert_true(take(limiter, "greedy", RATE, second).taken);
  }
  int taken = 0;
  for (int i = 0; i < OTHERS; i++) {
    taken += limiter_take(limiter, &i, sizeof i, RATE, second).taken;
    assert_false(take(limiter, "greedy", RATE, second).taken);
  }
  assert_int_equal(taken, 7 * RATE); /* what is left in the table beside the greedy one, shared by all */
  assert_true(take(limiter, "greedy", RATE, second + 6 * second).taken);
}

static void a_flood_of_keys_that_is_over_is_forgotten(void **state) {
  struct limiter *limiter = limiter_new(*state, 0);
  for (int i = 0; i < 1000; i++) {
    limiter_take(limiter, &i, sizeof i, 10, second);
  }
  struct allowance allowance = take(limiter, "late", 10, 62 * second);
  assert_true(allowance.taken);
  assert_int_equal(allowance.left, 9);
}

enum { THREADS = 4, ROUNDS = 20000, KEYS = 100, EACH = 50 };

struct user {
  struct limiter *limiter;
  int shift;
  _Atomic int *taken; /* by key */
};

static void *use(void *argument) {
  struct user *user = argument;
  for (int round = 0; round < ROUNDS; round++) {
    int key = (round * 7 + user->shift) % KEYS;
    if (limiter_take(user->limiter, &key, sizeof key, EACH, second).taken) {
      atomic_fetch_add(&user->taken[key], 1);
    }
  }
  return NULL;
}

static void threads_share_each_allowance(void **state) {
  static _Atomic int taken[KEYS];
  struct limiter *limiter = limiter_new(*state, 4096);
  struct user users[THREADS];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    users[i] = (struct user){limiter, i * 13, taken};
    assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  }
  for (int key = 0; key < KEYS; key++) {
    assert_int_equal(taken[key], EACH);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_memory, free_memory)
  const struct CMUnitTest tests[] = {
      TEST(so_many_are_taken_at_once_and_no_more),
      TEST(what_was_spent_comes_back_evenly),
      TEST(what_is_not_spent_gathers_for_a_minute_and_no_longer),
      TEST(who_is_refused_and_asks_on_waits_no_longer),
      TEST(one_key_s_use_is_not_another_s),
      TEST(the_highest_rate_is_kept_to),
      TEST(nobody_gets_an_allowance_back_by_being_driven_out),
      TEST(a_flood_of_keys_that_is_over_is_forgotten),
      TEST(threads_share_each_allowance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
