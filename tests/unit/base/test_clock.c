/* Instants and days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <string.h>
#include <time.h>

static void an_instant_is_written_in_utc_with_milliseconds(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    const char *text;
  } cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {999, "1970-01-01T00:00:00.999Z"},
      {951782399999, "2000-02-28T23:59:59.999Z"},
      {951782400000, "2000-02-29T00:00:00.000Z"},
      {1775035800000, "2026-04-01T09:30:00.000Z"},
      {253402300799999, "9999-12-31T23:59:59.999Z"},
  };
  char past[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(253402300800000, past); /* 9999-12-31T23:59:59-12:00 lies there */
  assert_string_equal(past, "9999-12-31T23:59:59.999Z");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[CLOCK_TIMESTAMP_SIZE];
    int64_t ms = -1;
    clock_timestamp(cases[i].ms, text);
    assert_string_equal(text, cases[i].text);
    assert_true(clock_read_timestamp(text, &ms));
    assert_int_equal(ms, cases[i].ms);
  }
}

static void an_instant_is_read_whatever_its_offset_and_fraction(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } cases[] = {
      {"2026-04-01T18:30:00+09:00", 1775035800000},      {"2026-04-01T04:00:00-05:30", 1775035800000},
      {"2026-04-01t09:30:00z", 1775035800000},           {"2026-04-01T09:30:00.5Z", 1775035800500},
      {"2026-04-01T09:30:00.123456789Z", 1775035800123}, {"2026-04-01T09:30:00.25+00:00", 1775035800250},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t ms = -1;
    assert_true(clock_read_timestamp(cases[i].text, &ms));
    assert_int_equal(ms, cases[i].ms);
  }
}

static void what_is_no_instant_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      "", "2026", "2026-04-01", "2026-04-01T09:30", "2026-04-01T09:30:00", "2026-04-01T09:30:00+", "now"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    int64_t ms = -1;
    if (clock_read_timestamp(texts[i], &ms)) {
      fail_msg("`%s` was read as %lld", texts[i], (long long)ms);
    }
  }
}

static void a_fixed_day_stays_until_it_is_let_go(void **state) {
  (void)state;
  clock_fix_day("1970-01-02");
  assert_int_equal(clock_today(), 1);
  clock_fix_day("2024-02-29");
  assert_int_equal(clock_today(), 19782);
  clock_fix_day("0001-01-01");
  assert_int_equal(clock_today(), -719162);
  clock_fix_day(NULL);
  assert_true(clock_today() > 19782);
}

/* Between them lies a whole day and two hours, so that at any instant the zones differ by a day at least. */
static void the_day_turns_in_the_zone_that_was_set(void **state) {
  (void)state;
  struct error error = {0};
  assert_true(clock_set_zone("Etc/GMT+12", &error));
  int32_t west = clock_today();
  assert_true(clock_set_zone("Pacific/Kiritimati", &error));
  int32_t east = clock_today();
  assert_true(east - west >= 1 && east - west <= 2);
  assert_true(clock_set_zone("UTC", &error));
  int64_t before = clock_now_ms();
  int32_t day = clock_today();
  assert_true(day >= before / 86400000 && day <= clock_now_ms() / 86400000);
}

static void an_unknown_zone_is_refused_by_its_name(void **state) {
  (void)state;
  static const char *const names[] = {"", "Asia/Atlantis", "/etc/passwd", "../../../etc/passwd", ":UTC"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct error error = {0};
    if (clock_set_zone(names[i], &error)) {
      fail_msg("`%s` was taken for a zone", names[i]);
    }
    assert_non_null(strstr(error.text, names[i]));
    assert_non_null(strstr(error.text, "Asia/Tokyo"));
  }
}

static void measured_time_never_runs_back(void **state) {
  (void)state;
  int64_t last = clock_monotonic_ns();
  for (int i = 0; i < 1000; i++) {
    int64_t now = clock_monotonic_ns();
    assert_true(now >= last);
    last = now;
  }
  assert_true(clock_now_ms() > 1700000000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_instant_is_written_in_utc_with_milliseconds),
      cmocka_unit_test(an_instant_is_read_whatever_its_offset_and_fraction),
      cmocka_unit_test(what_is_no_instant_is_refused),
      cmocka_unit_test(a_fixed_day_stays_until_it_is_let_go),
      cmocka_unit_test(the_day_turns_in_the_zone_that_was_set),
      cmocka_unit_test(an_unknown_zone_is_refused_by_its_name),
      cmocka_unit_test(measured_time_never_runs_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
