/* What differs between two values: told by place, with what stood and stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract/difference.h"

#include <stdlib.h>

static const char *const without[] = {"revision", NULL};

static void assert_difference(const char *from, const char *to, const char *expected) {
  json_t *a = json_loads(from, JSON_DECODE_ANY, NULL), *b = json_loads(to, JSON_DECODE_ANY, NULL);
  json_t *found = json_difference(a, b, without);
  char *text = json_dumps(found, JSON_COMPACT);
  assert_string_equal(text, expected);
  free(text);
  json_decref(found);
  json_decref(a);
  json_decref(b);
}

static void what_is_equal_does_not_differ(void **state) {
  (void)state;
  assert_difference("{\"a\":[1,{\"b\":null}],\"revision\":1}", "{\"revision\":2,\"a\":[1,{\"b\":null}]}", "[]");
}

static void members_are_told_by_their_places(void **state) {
  (void)state;
  assert_difference(
      "{\"a\":{\"b\":1,\"c\":2},\"d/e~\":true}", "{\"a\":{\"b\":2,\"c\":2},\"d/e~\":false}",
      "[{\"pointer\":\"/a/b\",\"from\":1,\"to\":2},{\"pointer\":\"/d~1e~0\",\"from\":true,\"to\":false}]");
}

static void what_one_of_them_lacks_is_absent_and_null_is_not(void **state) {
  (void)state;
  assert_difference("{\"a\":1,\"c\":null}", "{\"b\":1,\"c\":2}",
                    "[{\"pointer\":\"/b\",\"to\":1},{\"pointer\":\"/c\",\"from\":null,\"to\":2},"
                    "{\"pointer\":\"/a\",\"from\":1}]");
}

static void arrays_of_one_length_differ_item_by_item_others_as_a_whole(void **state) {
  (void)state;
  assert_difference("{\"a\":[1,2,3]}", "{\"a\":[1,5,3]}", "[{\"pointer\":\"/a/1\",\"from\":2,\"to\":5}]");
  assert_difference("{\"a\":[1,2]}", "{\"a\":[1]}", "[{\"pointer\":\"/a\",\"from\":[1,2],\"to\":[1]}]");
  assert_difference("{\"a\":[1]}", "{\"a\":{}}", "[{\"pointer\":\"/a\",\"from\":[1],\"to\":{}}]");
}

static void a_member_that_is_left_out_on_top_counts_further_down(void **state) {
  (void)state;
  assert_difference("{\"revision\":1,\"a\":{\"revision\":1}}", "{\"revision\":2,\"a\":{\"revision\":2}}",
                    "[{\"pointer\":\"/a/revision\",\"from\":1,\"to\":2}]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_equal_does_not_differ),
      cmocka_unit_test(members_are_told_by_their_places),
      cmocka_unit_test(what_one_of_them_lacks_is_absent_and_null_is_not),
      cmocka_unit_test(arrays_of_one_length_differ_item_by_item_others_as_a_whole),
      cmocka_unit_test(a_member_that_is_left_out_on_top_counts_further_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
