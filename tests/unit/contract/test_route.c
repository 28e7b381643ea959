/* Which operation a request means. */
#include "sample.h"

static void assert_route(const struct contract *contract, const char *method, const char *raw, const char *id,
                         const char *allowed) {
  const char *why;
  struct uri *uri = uri_read(NULL, raw, &why);
  struct route route;
  contract_route(contract, method, uri, &route);
  if (strcmp(route.operation ? route.operation->id : "", id) != 0 || strcmp(route.allowed, allowed) != 0) {
    fail_msg("%s %s: %s, %s", method, raw, route.operation ? route.operation->id : "", route.allowed);
  }
  talloc_free(uri);
}

static void path_and_method_find_the_operation(void **state) {
  assert_route(*state, "GET", "/v1/books", "list-books", "GET, HEAD, POST, OPTIONS");
  assert_route(*state, "POST", "/v1/books?x=1", "create-book", "GET, HEAD, POST, OPTIONS");
  assert_route(*state, "DELETE", "/v1/books/b", "delete-book", "GET, HEAD, PATCH, DELETE, OPTIONS");
  assert_route(*state, "GET", "/", "page", "GET, HEAD, OPTIONS");
}

static void head_finds_what_get_finds(void **state) {
  assert_route(*state, "HEAD", "/v1/books", "list-books", "GET, HEAD, POST, OPTIONS");
}

static void a_method_that_the_path_lacks_finds_what_is_allowed(void **state) {
  assert_route(*state, "OPTIONS", "/v1/books", "", "GET, HEAD, POST, OPTIONS");
  assert_route(*state, "DELETE", "/v1/books", "", "GET, HEAD, POST, OPTIONS");
  assert_route(*state, "get", "/v1/books", "", "GET, HEAD, POST, OPTIONS");
  assert_route(*state, "BREW", "/v1/books/match", "", "GET, HEAD, OPTIONS");
}

static void a_literal_segment_goes_before_a_variable(void **state) {
  assert_route(*state, "GET", "/v1/books/match", "match-book", "GET, HEAD, OPTIONS");
  assert_route(*state, "GET", "/v1/books/matches", "get-book", "GET, HEAD, PATCH, DELETE, OPTIONS");
}

static void a_path_that_is_nowhere_allows_nothing(void **state) {
  static const char *const paths[] = {"/v1",
                                      "/v1/",
                                      "/v1/films",
                                      "/v1/books/",
                                      "/v1//x",
                                      "/v1/books/a/pages",
                                      "/v1/books/a/pages/",
                                      "/V1/books",
                                      "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    assert_route(*state, "GET", paths[i], "", "");
  }
}

static void variables_are_handed_over_in_order(void **state) {
  const char *why;
  struct uri *uri = uri_read(NULL, "/v1/books/b%20c/pages/7", &why);
  struct route route;
  contract_route(*state, "GET", uri, &route);
  assert_string_equal(route.operation->id, "get-page");
  assert_string_equal(route.values[0], "b c");
  assert_string_equal(route.values[1], "7");
  assert_null(route.values[2]);
  talloc_free(uri);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(path_and_method_find_the_operation),
      cmocka_unit_test(head_finds_what_get_finds),
      cmocka_unit_test(a_method_that_the_path_lacks_finds_what_is_allowed),
      cmocka_unit_test(a_literal_segment_goes_before_a_variable),
      cmocka_unit_test(a_path_that_is_nowhere_allows_nothing),
      cmocka_unit_test(variables_are_handed_over_in_order),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
