/* Cookies: which value a name has in a header, whatever else stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cookie.h"

#include <string.h>

static char value[8];

static bool finds(const char *header) {
  memset(value, 'x', sizeof value);
  return cookie_find(header, "name", value, sizeof value);
}

static void a_cookie_is_found_by_its_name_wherever_it_stands(void **state) {
  (void)state;
  static const char *const headers[] = {"name=1",          "a=b; name=1",      "name=1; a=b",         "a=b;name=1;c=d",
                                        " \tname = 1 ",    "name=\"1\"",       "; ;name=1;;",         "x; name=1",
                                        "=; name=1",       "a==; name=1",      "other=name=2;name=1", "Name=2; name=1",
                                        "name2=2; name=1", "aname=2; name=1;", "name=1;name",         "name=1; name=1"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    if (!finds(headers[i]) || strcmp(value, "1") != 0) {
      fail_msg("%s", headers[i]);
    }
  }
}

static void a_header_without_the_cookie_has_none(void **state) {
  (void)state;
  static const char *const headers[] = {"",  ";",       " ",        "=",       "name",      "name;",      "NAME=1",
                                        "a", "namen=1", "a=name=1", "nam e=1", "a=\"b;c\"", "\"name=1\"", "$name=1"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    if (finds(headers[i]) || value[0] != '\0') {
      fail_msg("%s", headers[i]);
    }
  }
}

static void a_value_is_what_stands_between_its_sign_and_the_semicolon(void **state) {
  (void)state;
  assert_true(finds("name=a=b"));
  assert_string_equal(value, "a=b");
  assert_true(finds("name=a b;"));
  assert_string_equal(value, "a b");
  assert_true(finds("name=\""));
  assert_string_equal(value, "\"");
  assert_true(finds("name=1234567"));
  assert_string_equal(value, "1234567");
}

static void an_empty_value_is_a_cookie(void **state) {
  (void)state;
  static const char *const headers[] = {"name=", "name=;", "name=\"\"", "name= ; a=b"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    assert_true(finds(headers[i]));
    assert_string_equal(value, "");
  }
}

static void a_value_that_has_no_room_is_worth_nothing(void **state) {
  (void)state;
  assert_true(finds("name=12345678"));
  assert_string_equal(value, "");
}

static void two_cookies_that_differ_are_worth_nothing(void **state) {
  (void)state;
  static const char *const headers[] = {"name=1; name=2", "name=1; a=b; name=", "name=; name=1",
                                        "name=1;name=1;name=12"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    assert_true(finds(headers[i]));
    assert_string_equal(value, "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cookie_is_found_by_its_name_wherever_it_stands),
      cmocka_unit_test(a_header_without_the_cookie_has_none),
      cmocka_unit_test(a_value_is_what_stands_between_its_sign_and_the_semicolon),
      cmocka_unit_test(an_empty_value_is_a_cookie),
      cmocka_unit_test(a_value_that_has_no_room_is_worth_nothing),
      cmocka_unit_test(two_cookies_that_differ_are_worth_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
