/* Lists of elements with parameters, as HTTP writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/field.h"

#include <stdio.h>
#include <string.h>

/* The elements, each between brackets. */
static const char *elements(const char *list) {
  static char out[200];
  struct span element;
  size_t used = 0;
  out[0] = '\0';
  while (field_element(&list, &element)) {
    used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s]", (int)element.length, element.text);
  }
  return out;
}

/* The pairs, as NAME=VALUE between brackets. */
static const char *pairs(const char *text) {
  static char out[200];
  struct span element = {text, strlen(text)};
  struct field_pair pair;
  size_t used = 0;
  out[0] = '\0';
  while (field_pair(&element, &pair)) {
    used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s=%.*s]", (int)pair.name.length, pair.name.text,
                             (int)pair.value.length, pair.value.text);
  }
  return out;
}

static void a_comma_separates_elements_unless_it_is_quoted(void **state) {
  (void)state;
  assert_string_equal(elements(""), "");
  assert_string_equal(elements(" ,, \t,"), "");
  assert_string_equal(elements("a"), "[a]");
  assert_string_equal(elements("a,b ,\t c;d=e ,"), "[a][b][c;d=e]");
  assert_string_equal(elements("a=\"b,c\",d"), "[a=\"b,c\"][d]");
  assert_string_equal(elements("a=\"b\\\",c\",d"), "[a=\"b\\\",c\"][d]");
  assert_string_equal(elements("a=\"b,c"), "[a=\"b,c]");
  assert_string_equal(elements("a=\"\\"), "[a=\"\\]");
}

static void a_semicolon_separates_pairs_unless_it_is_quoted(void **state) {
  (void)state;
  assert_string_equal(pairs(""), "");
  assert_string_equal(pairs("return=minimal"), "[return=minimal]");
  assert_string_equal(pairs(" a = b ; c;d=\"e;f\"; ;g="), "[a=b][c=][d=\"e;f\"][g=]");
  assert_string_equal(pairs("a=b=c"), "[a=b=c]");
  assert_string_equal(pairs(";;=x;a"), "[a=]");
}

static struct span span(const char *text) {
  return (struct span){text, strlen(text)};
}

static void a_value_is_compared_as_a_whole_quoted_or_not(void **state) {
  (void)state;
  assert_true(field_value_is(span("minimal"), "minimal"));
  assert_true(field_value_is(span("MINIMAL"), "minimal"));
  assert_true(field_value_is(span("\"minimal\""), "minimal"));
  assert_true(field_value_is(span("\"mini\\mal\""), "minimal"));
  assert_true(field_value_is(span("\"\""), ""));
  assert_false(field_value_is(span("minimal2"), "minimal"));
  assert_false(field_value_is(span("mini"), "minimal"));
  assert_false(field_value_is(span("\"mini\""), "minimal"));
  assert_false(field_value_is(span("\"minimal2\""), "minimal"));
  assert_false(field_value_is(span("\"minimal, x\""), "minimal"));
  assert_false(field_value_is(span("\"minimal\\"), "minimal"));
}

static int thousandths(const char *parameters) {
  return (int)(field_weight(span(parameters)) * 1000 + 0.5);
}

static void a_weight_is_a_number_from_nothing_to_one(void **state) {
  (void)state;
  assert_int_equal(thousandths(""), 1000);
  assert_int_equal(thousandths("a=b"), 1000);
  assert_int_equal(thousandths("quality=0"), 1000);
  assert_int_equal(thousandths("a=\";q=0\""), 1000);
  assert_int_equal(thousandths("q=0.25"), 250);
  assert_int_equal(thousandths("a=b; Q = 0.125"), 125);
  assert_int_equal(thousandths("q=0"), 0);
  assert_int_equal(thousandths("q=0.000"), 0);
  assert_int_equal(thousandths("q=1.000"), 1000);
  assert_int_equal(thousandths("q=7"), 1000);
  assert_int_equal(thousandths("q="), 0);
  assert_int_equal(thousandths("q=nan"), 0);
  assert_int_equal(thousandths("q=inf"), 0);
  assert_int_equal(thousandths("q=-1"), 0);
  assert_int_equal(thousandths("q=0x1"), 0);
}

static void a_token_is_in_a_list_as_a_whole(void **state) {
  (void)state;
  assert_true(field_lists("close", "close"));
  assert_true(field_lists("keep-alive, Close", "close"));
  assert_false(field_lists("x-close", "close"));
  assert_false(field_lists("closed", "close"));
  assert_false(field_lists("\"a, close\"", "close"));
  assert_false(field_lists("", "close"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_comma_separates_elements_unless_it_is_quoted),
      cmocka_unit_test(a_semicolon_separates_pairs_unless_it_is_quoted),
      cmocka_unit_test(a_value_is_compared_as_a_whole_quoted_or_not),
      cmocka_unit_test(a_weight_is_a_number_from_nothing_to_one),
      cmocka_unit_test(a_token_is_in_a_list_as_a_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
