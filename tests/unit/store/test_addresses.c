/* The memory of addresses: it may forget, it may never be wrong, however many threads use it. */
#include "sample.h"

#include "store/addresses.h"
#include "store/changes.h"

enum { ROOM = 64, KEYS = 500, THREADS = 4, ROUNDS = 20000 };

static bool recall(struct addresses *addresses, const struct resource *resource, const char *key, int64_t pk) {
  struct address got;
  if (!addresses_recall(addresses, resource, key, &got)) {
    return false;
  }
  assert_int_equal(got.pk, pk);
  assert_int_equal(got.stamp, pk * 100);
  return true;
}

static void remember(struct addresses *addresses, const struct resource *resource, const char *key, uint64_t commits,
                     int64_t pk) {
  addresses_remember(addresses, resource, key, commits, (struct address){pk, pk * 100});
}

static void an_address_is_believed_until_its_record_changes(void **state) {
  struct sample *sample = *state;
  struct changes *changes = changes_new(sample);
  struct addresses *addresses = addresses_new(sample, ROOM, changes);
  assert_false(recall(addresses, sample->areas, "a", 7));
  remember(addresses, sample->areas, "a", 5, 7);
  assert_true(recall(addresses, sample->areas, "a", 7));
  changes_note(changes, "areas", 8, 6);
  changes_note(changes, "organizations", 7, 6);
  assert_true(recall(addresses, sample->areas, "a", 7));
  changes_note(changes, "areas", 7, 6);
  assert_false(recall(addresses, sample->areas, "a", 7));
  remember(addresses, sample->areas, "a", 5, 7); /* what was read before the change was committed */
  assert_false(recall(addresses, sample->areas, "a", 7));
  remember(addresses, sample->areas, "a", 6, 7);
  assert_true(recall(addresses, sample->areas, "a", 7));
}

static void an_address_is_one_resource_s_and_one_key_s(void **state) {
  struct sample *sample = *state;
  struct addresses *addresses = addresses_new(sample, ROOM, changes_new(sample));
  remember(addresses, sample->areas, "a", 5, 7);
  assert_false(recall(addresses, sample->areas, "A", 7));
  assert_false(recall(addresses, sample->areas, "", 7));
  assert_false(recall(addresses, sample->organizations, "a", 7));
}

static void four_addresses_of_a_set_have_room_beside_each_other(void **state) {
  struct sample *sample = *state;
  struct addresses *addresses = addresses_new(sample, 0, changes_new(sample)); /* one set */
  const char *keys[] = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 4; i++) {
    remember(addresses, sample->areas, keys[i], 1, i + 1);
    remember(addresses, sample->areas, keys[i], 2, i + 1);
  }
  for (int i = 0; i < 4; i++) {
    assert_true(recall(addresses, sample->areas, keys[i], i + 1));
  }
  remember(addresses, sample->areas, keys[4], 2, 5);
  int there = 0;
  for (int i = 0; i < 5; i++) {
    there += recall(addresses, sample->areas, keys[i], i + 1);
  }
  assert_int_equal(there, 4);
  assert_true(recall(addresses, sample->areas, keys[4], 5));
}

struct user {
  struct sample *sample;
  struct addresses *addresses;
  unsigned random, hits;
};

static void *use(void *argument) {
  struct user *user = argument;
  char key[16];
  for (int round = 0; round < ROUNDS; round++) {
    user->random = user->random * 1664525U + 1013904223U;
    int64_t pk = 1 + (user->random >> 17) % KEYS;
    snprintf(key, sizeof key, "key-%lld", (long long)pk);
    if (recall(user->addresses, user->sample->areas, key, pk)) {
      user->hits++;
    } else {
      remember(user->addresses, user->sample->areas, key, 1, pk);
    }
  }
  return NULL;
}

static void threads_find_what_was_remembered_or_nothing(void **state) {
  struct sample *sample = *state;
  struct addresses *addresses = addresses_new(sample, ROOM, changes_new(sample));
  struct user users[THREADS];
  pthread_t threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    users[i] = (struct user){sample, addresses, i + 1, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(users[i].hits > 0);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(an_address_is_believed_until_its_record_changes),
      TEST(an_address_is_one_resource_s_and_one_key_s),
      TEST(four_addresses_of_a_set_have_room_beside_each_other),
      TEST(threads_find_what_was_remembered_or_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
