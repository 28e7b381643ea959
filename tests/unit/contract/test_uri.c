/* Request targets, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "contract/uri.h"

#include <string.h>

static struct uri *read_uri(const char *raw) {
  const char *why = NULL;
  struct uri *uri = uri_read(NULL, raw, &why);
  if (!uri) {
    fail_msg("%s: %s", raw, why);
  }
  return uri;
}

static void a_path_is_split_before_it_is_decoded(void **state) {
  (void)state;
  struct uri *uri = read_uri("/v1/caf%C3%A9%3Fx/a+b?q=1");
  assert_int_equal(uri->segment_count, 3);
  assert_string_equal(uri->segments[0], "v1");
  assert_string_equal(uri->segments[1], "café?x");
  assert_string_equal(uri->segments[2], "a+b");
  assert_string_equal(uri->path, "/v1/caf%C3%A9%3Fx/a+b");
  assert_string_equal(uri->query, "q=1");
  talloc_free(uri);
}

static void a_trailing_slash_is_an_empty_segment(void **state) {
  (void)state;
  struct uri *uri = read_uri("/");
  assert_int_equal(uri->segment_count, 1);
  assert_string_equal(uri->segments[0], "");
  assert_string_equal(uri->query, "");
  assert_int_equal(uri->pair_count, 0);
  talloc_free(uri);
  uri = read_uri("/v1//");
  assert_int_equal(uri->segment_count, 3);
  assert_string_equal(uri->segments[2], "");
  talloc_free(uri);
}

static void a_query_is_split_before_it_is_decoded(void **state) {
  (void)state;
  struct uri *uri = read_uri("/x?a=1%262&&b=c+d%2B&e&=f&g=h=i?j/k&l=");
  static const char *const expected[][2] = {{"a", "1&2"}, {"b", "c d+"},    {"e", ""},
                                            {"", "f"},    {"g", "h=i?j/k"}, {"l", ""}};
  assert_int_equal(uri->pair_count, 6);
  for (size_t i = 0; i < 6; i++) {
    assert_string_equal(uri->pairs[i].name, expected[i][0]);
    assert_string_equal(uri->pairs[i].value, expected[i][1]);
  }
  talloc_free(uri);
}

static void what_could_be_read_in_two_ways_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *raw, *reason;
  } cases[] = {{"", "slash"},
               {"v1", "slash"},
               {"*", "slash"},
               {"http://h/", "slash"},
               {"/%", "hexadecimal"},
               {"/%4", "hexadecimal"},
               {"/%4g", "hexadecimal"},
               {"/%g4", "hexadecimal"},
               {"/x?a=%", "hexadecimal"},
               {"/x?%zz=1", "hexadecimal"},
               {"/%00", "control"},
               {"/x?a=%00", "control"},
               {"/x?b=1&a=%00", "It is the value of `a`."},
               {"/x?a=%00&b=1", "It is the value of `a`."},
               {"/x?title=%", "It is the value of `title`."},
               {"/a%0Ab", "control"},
               {"/x?a=%0d", "control"},
               {"/x?a=%7F", "control"},
               {"/x?a=%C2%85", "control"},
               {"/\x01", "control"},
               {"/%FF", "UTF-8"},
               {"/%C0%AF", "UTF-8"},
               {"/%ED%A0%80", "UTF-8"},
               {"/a%2Fb", "encoded slash"},
               {"/a%2fb", "encoded slash"},
               {"/.", "segment"},
               {"/..", "segment"},
               {"/a/../b", "segment"},
               {"/a/%2e%2E/b", "segment"},
               {"/a/./b", "segment"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why = "";
    void *memory = talloc_new(NULL);
    struct uri *uri = uri_read(memory, cases[i].raw, &why);
    if (uri || !strstr(why, cases[i].reason)) {
      fail_msg("%s: %s", cases[i].raw, why);
    }
    talloc_free(memory);
  }
}

static void a_query_has_at_most_five_hundred_pairs(void **state) {
  (void)state;
  char raw[2000] = "/?";
  for (int i = 0; i < 500; i++) {
    strcat(raw, i > 0 ? "&a" : "a");
  }
  struct uri *uri = read_uri(raw);
  assert_int_equal(uri->pair_count, 500);
  talloc_free(uri);
  strcat(raw, "&a");
  const char *why;
  assert_null(uri_read(NULL, raw, &why));
  assert_string_equal(why, "The query has more than 500 parameters.");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_path_is_split_before_it_is_decoded),
      cmocka_unit_test(a_trailing_slash_is_an_empty_segment),
      cmocka_unit_test(a_query_is_split_before_it_is_decoded),
      cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
      cmocka_unit_test(a_query_has_at_most_five_hundred_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
