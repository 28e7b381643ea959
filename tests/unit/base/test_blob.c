/* Bytes with several owners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/blob.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 20000 };

static void a_blob_is_a_copy_that_ends_with_a_nul(void **state) {
  (void)state;
  char bytes[] = {'a', '\0', 'b'};
  struct blob *blob = blob_new(bytes, sizeof bytes);
  bytes[0] = 'x';
  assert_int_equal(blob->size, 3);
  assert_memory_equal(blob->data, "a\0b\0", 4);
  blob_drop(blob);
}

static void an_empty_blob_and_a_blank_one_can_be_made(void **state) {
  (void)state;
  struct blob *empty = blob_new("", 0), *blank = blob_new(NULL, 1000);
  assert_int_equal(empty->size, 0);
  assert_int_equal(empty->data[0], '\0');
  memset(blank->data, 'y', blank->size);
  assert_int_equal(blank->data[1000], '\0');
  blob_drop(empty);
  blob_drop(blank);
  blob_drop(NULL);
}

static void it_lives_until_its_last_owner_drops_it(void **state) {
  (void)state;
  struct blob *blob = blob_new("text", 4);
  assert_ptr_equal(blob_keep(blob), blob);
  assert_ptr_equal(blob_keep(blob), blob);
  assert_int_equal(blob->owners, 3);
  blob_drop(blob);
  blob_drop(blob);
  assert_int_equal(blob->owners, 1);
  assert_string_equal(blob->data, "text");
  blob_drop(blob);
}

static void *keep_and_drop(void *argument) {
  for (int i = 0; i < ROUNDS; i++) {
    blob_drop(blob_keep(argument));
  }
  blob_drop(argument);
  return NULL;
}

static void owners_in_many_threads_are_counted_right(void **state) {
  (void)state;
  struct blob *blob = blob_new("shared", 6);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, keep_and_drop, blob_keep(blob)), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(blob->owners, 1);
  assert_string_equal(blob->data, "shared");
  blob_drop(blob);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_blob_is_a_copy_that_ends_with_a_nul),
      cmocka_unit_test(an_empty_blob_and_a_blank_one_can_be_made),
      cmocka_unit_test(it_lives_until_its_last_owner_drops_it),
      cmocka_unit_test(owners_in_many_threads_are_counted_right),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
