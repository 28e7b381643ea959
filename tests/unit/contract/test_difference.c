/* What differs between two values: told by place, with what stood and stands there. */
#include "sample.h"

#include "contract/difference.h"

#include <stdlib.h>

static const char *const without[] = {"revision", NULL};

static void assert_difference_of(const struct schema *schema, const char *from, const char *to, const char *expected) {
  json_t *a = json_loads(from, JSON_DECODE_ANY, NULL), *b = json_loads(to, JSON_DECODE_ANY, NULL);
  json_t *found = json_difference(schema, a, b, without);
  char *text = json_dumps(found, JSON_COMPACT);
  assert_string_equal(text, expected);
  free(text);
  json_decref(found);
  json_decref(a);
  json_decref(b);
}

static void assert_difference(const char *from, const char *to, const char *expected) {
  assert_difference_of(NULL, from, to, expected);
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

static void a_reference_is_the_same_while_it_names_the_same_record(void **state) {
  const struct schema *book = sample_schema(*state, "books");
  assert_difference_of(
      book, "{\"owner\":{\"id\":\"per_1\",\"name\":\"Old\"},\"authors\":[{\"person\":{\"id\":\"per_1\"}}]}",
      "{\"owner\":{\"id\":\"per_1\",\"name\":\"New\"},\"authors\":[{\"person\":{\"id\":\"per_1\",\"name\":\"x\"}}]}",
      "[]");
  assert_difference_of(book, "{\"owner\":{\"id\":\"per_1\",\"name\":\"Same\"}}",
                       "{\"owner\":{\"id\":\"per_2\",\"name\":\"Same\"}}",
                       "[{\"pointer\":\"/owner\",\"from\":{\"id\":\"per_1\",\"name\":\"Same\"},"
                       "\"to\":{\"id\":\"per_2\",\"name\":\"Same\"}}]");
  assert_difference_of(book, "{\"owner\":null}", "{\"owner\":{\"id\":\"per_2\"}}",
                       "[{\"pointer\":\"/owner\",\"from\":null,\"to\":{\"id\":\"per_2\"}}]");
}

static void what_the_contract_has_got_since_stood_at_its_default(void **state) {
  const struct schema *book = sample_schema(*state, "books");
  assert_difference_of(book, "{\"title\":\"a\",\"dropped\":1}",
                       "{\"title\":\"a\",\"kind\":null,\"shelf\":\"b\",\"tags\":[]}", "[]");
  assert_difference_of(book, "{}", "{\"shelf\":\"a\",\"kind\":\"essay\"}",
                       "[{\"pointer\":\"/shelf\",\"from\":\"b\",\"to\":\"a\"},"
                       "{\"pointer\":\"/kind\",\"from\":null,\"to\":\"essay\"}]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_equal_does_not_differ),
      cmocka_unit_test(members_are_told_by_their_places),
      cmocka_unit_test(what_one_of_them_lacks_is_absent_and_null_is_not),
      cmocka_unit_test(arrays_of_one_length_differ_item_by_item_others_as_a_whole),
      cmocka_unit_test(a_member_that_is_left_out_on_top_counts_further_down),
      cmocka_unit_test(a_reference_is_the_same_while_it_names_the_same_record),
      cmocka_unit_test(what_the_contract_has_got_since_stood_at_its_default),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
