/* Spans of days as the partial dates that stand in them. */
#include "store/span.h"

#include "domain/partial_date.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static void a_span_has_its_days_and_the_months_and_years_on_the_way(void **state) {
  (void)state;
  char out[SPAN_SIZE];
  assert_true(span_write("2015-12-30", "2016-01-02", out));
  assert_string_equal(
      out, "[\"2015\",\"2015-12\",\"2015-12-30\",\"2015-12-31\",\"2016\",\"2016-01\",\"2016-01-01\",\"2016-01-02\"]");
  assert_true(span_write("2015-03", "2015-03", out));
  assert_string_equal(out, "[\"2015\",\"2015-03\",\"2015-03-01\"]");
  assert_true(span_write("9999-12-31", "9999-12-31", out));
  assert_string_equal(out, "[\"9999\",\"9999-12\",\"9999-12-31\"]");
}

static void what_is_too_long_or_no_date_is_no_span(void **state) {
  (void)state;
  char out[SPAN_SIZE];
  assert_true(span_write("2015-01-01", "2015-03-05", out));
  assert_false(span_write("2015-01-01", "2015-03-06", out));
  assert_false(span_write("0001", "9999-12-31", out));
  assert_false(span_write("2015-03", "soon", out));
  assert_false(span_write("", "2015", out));
}

/* A day by chance, as it, its month or its year is written. */
static void some_date(char out[DAY_SIZE], day near) {
  static const size_t lengths[] = {4, 7, 10, 10};
  day_print(near + rand() % 90, out);
  out[lengths[rand() % 4]] = '\0';
}

static void whatever_stands_between_two_dates_as_a_text_is_in_their_span_once(void **state) {
  (void)state;
  int spans = 0;
  srand(1);
  for (int i = 0; i < 20000; i++) {
    char low[DAY_SIZE], high[DAY_SIZE], between[DAY_SIZE], out[SPAN_SIZE];
    day near = 16000 + rand() % 2000;
    some_date(low, near);
    some_date(high, near);
    some_date(between, near);
    if (strcmp(low, high) > 0 || !span_write(low, high, out)) {
      continue;
    }
    spans++;
    json_t *list = json_loads(out, 0, NULL);
    size_t index, found = 0;
    json_t *item;
    assert_non_null(list);
    json_array_foreach(list, index, item) {
      found += strcmp(json_string_value(item), between) == 0;
    }
    bool inside = strcmp(low, between) <= 0 && strcmp(between, high) <= 0;
    if (found > 1 || (inside && found == 0)) {
      fail_msg("%s between %s and %s: %zu times", between, low, high, found);
    }
    json_decref(list);
  }
  assert_true(spans > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_span_has_its_days_and_the_months_and_years_on_the_way),
      cmocka_unit_test(what_is_too_long_or_no_date_is_no_span),
      cmocka_unit_test(whatever_stands_between_two_dates_as_a_text_is_in_their_span_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
