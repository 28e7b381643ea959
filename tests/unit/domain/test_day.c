/* Days against a calendar that is walked one day at a time. */
#include "base/civil.h"
#include "domain/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
/* cmocka.h needs the four above. */
#include <cmocka.h>

static day read_day(const char *text) {
  day value = DAY_NONE;
  assert_true(day_read(text, &value));
  return value;
}

static void assert_day(day value, const char *expected) {
  char text[DAY_SIZE];
  day_print(value, text);
  assert_string_equal(text, expected);
}

static int plain_month_length(int year, int month) {
  switch (month) {
  case 2:
    return (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)) ? 29 : 28;
  case 4:
  case 6:
  case 9:
  case 11:
    return 30;
  default:
    return 31;
  }
}

static void every_day_from_year_1_to_9999_has_its_own_number(void **state) {
  (void)state;
  day expected = DAY_FIRST;
  for (int year = 1; year <= 9999; year++)
    for (int month = 1; month <= 12; month++) {
      assert_int_equal(days_in_month(year, month), plain_month_length(year, month));
      for (int date = 1; date <= plain_month_length(year, month); date++, expected++) {
        int y, m, d;
        civil_of_day(expected, &y, &m, &d);
        if (civil_to_day(year, month, date) != expected || y != year || m != month || d != date)
          fail_msg("%04d-%02d-%02d", year, month, date);
      }
    }
  assert_int_equal(expected - 1, DAY_LAST);
  assert_int_equal(civil_to_day(1970, 1, 1), 0);
}

static void days_before_year_1_are_counted_too(void **state) {
  (void)state;
  int year, month, date;
  civil_of_day(civil_to_day(-401, 2, 28), &year, &month, &date);
  assert_int_equal(year, -401);
  assert_int_equal(month, 2);
  assert_int_equal(date, 28);
}

static void a_month_more_is_cut_to_the_month(void **state) {
  (void)state;
  static const struct {
    const char *from;
    int months;
    const char *to;
  } rows[] = {
      {"2026-01-31", 1, "2026-02-28"},          {"2024-01-31", 1, "2024-02-29"},
      {"2026-01-31", 2, "2026-03-31"},          {"2024-02-29", 12, "2025-02-28"},
      {"2024-02-29", 48, "2028-02-29"},         {"2026-03-31", -1, "2026-02-28"},
      {"2026-01-15", -1, "2025-12-15"},         {"2026-12-15", 1, "2027-01-15"},
      {"2026-05-05", 0, "2026-05-05"},          {"1969-12-31", 2, "1970-02-28"},
      {"1900-01-29", 1, "1900-02-28"},          {"2000-01-29", 1, "2000-02-29"},
      {"9999-01-31", 11, "9999-12-31"},         {"9999-01-31", 12, "9999-12-31"},
      {"2026-01-01", 2147483647, "9999-12-31"}, {"0001-01-31", -1, "0001-01-01"},
      {"2026-01-01", INT32_MIN, "0001-01-01"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_day(day_add_months(read_day(rows[i].from), rows[i].months), rows[i].to);
}

static void only_days_that_exist_are_read(void **state) {
  (void)state;
  static const char *const refused[] = {
      "",          "2026",       "2026-02",     "2026-02-30",  "2026-13-01", "2026-00-01", "2026-01-00", "0000-01-01",
      "2026-1-01", "2026/01/01", "2026-01-011", " 2026-01-01", "2026-01-1x", "-026-01-01", "2025-02-29"};
  day value;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (day_read(refused[i], &value))
      fail_msg("%s was read", refused[i]);
  assert_int_equal(read_day("1970-01-01"), 0);
  assert_int_equal(read_day("0001-01-01"), DAY_FIRST);
  assert_int_equal(read_day("9999-12-31"), DAY_LAST);
  assert_day(read_day("2024-02-29"), "2024-02-29");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_day_from_year_1_to_9999_has_its_own_number),
      cmocka_unit_test(days_before_year_1_are_counted_too),
      cmocka_unit_test(a_month_more_is_cut_to_the_month),
      cmocka_unit_test(only_days_that_exist_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
