/* Days and civil dates, against counting day by day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"

static int month_length(int year, int month) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : lengths[month - 1];
}

static void every_day_of_twelve_centuries_follows_the_one_before(void **state) {
  (void)state;
  int day = civil_to_day(1400, 1, 1);
  for (int year = 1400; year < 2600; year++) {
    for (int month = 1; month <= 12; month++) {
      for (int of_month = 1; of_month <= month_length(year, month); of_month++, day++) {
        int y, m, d;
        civil_of_day(day, &y, &m, &d);
        assert_true(y == year && m == month && d == of_month);
        assert_int_equal(civil_to_day(year, month, of_month), day);
      }
    }
  }
}

static void days_are_counted_from_1970(void **state) {
  (void)state;
  assert_int_equal(civil_to_day(1970, 1, 1), 0);
  assert_int_equal(civil_to_day(2000, 3, 1), 11017);
  assert_int_equal(civil_to_day(1, 1, 1), -719162);
  assert_int_equal(civil_to_day(9999, 12, 31), 2932896);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_day_of_twelve_centuries_follows_the_one_before),
      cmocka_unit_test(days_are_counted_from_1970),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
