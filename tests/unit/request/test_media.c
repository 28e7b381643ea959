/* The parameters of a media type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "request/media.h"

static void assert_parameter(const char *header, const char *name, const char *expected) {
  void *memory = talloc_new(NULL);
  const char *value = media_parameter(memory, header, name);
  assert_int_equal(value == NULL, expected == NULL);
  if (expected != NULL) {
    assert_string_equal(value, expected);
  }
  talloc_free(memory);
}

static void a_type_is_known_without_its_parameters(void **state) {
  (void)state;
  assert_true(media_is("text/csv", "text/csv"));
  assert_true(media_is("Text/CSV; charset=x", "text/csv"));
  assert_true(media_is("text/csv ;x", "text/csv"));
  assert_false(media_is("text/csvx", "text/csv"));
  assert_false(media_is("text/cs", "text/csv"));
  assert_false(media_is("", "text/csv"));
}

static void a_parameter_is_a_token_or_quoted(void **state) {
  (void)state;
  assert_parameter("text/csv", "charset", NULL);
  assert_parameter("text/csv; charset", "charset", NULL);
  assert_parameter("text/csv;", "charset", NULL);
  assert_parameter("text/csv;charset=utf-8", "charset", "utf-8");
  assert_parameter("text/csv ; \tCharSet=Big5 ; header=present", "charset", "Big5");
  assert_parameter("text/csv; header=present; charset=\"a\\\"b;c\"", "charset", "a\"b;c");
  assert_parameter("text/csv; x=\"; charset=no\"; charset=yes", "charset", "yes");
  assert_parameter("text/csv; charset=one; charset=two", "charset", "one");
  assert_parameter("text/csv; xcharset=x; charset2=y", "charset", NULL);
  assert_parameter("text/csv; charset=", "charset", "");
  assert_parameter("text/csv; charset=\"", "charset", "");
  assert_parameter("text/csv; charset=\"a\\", "charset", "a\\");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_type_is_known_without_its_parameters),
      cmocka_unit_test(a_parameter_is_a_token_or_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
