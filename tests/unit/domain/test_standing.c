/* The rules one by one, on terms that a reader can check by hand. */
#include "domain/standing.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

#define COUNT(array) (sizeof array / sizeof array[0])

static struct partial_date date(const char *text) {
  struct partial_date out = {0};
  assert_true(partial_date_read(text, strlen(text), &out));
  return out;
}

static day at(const char *text) {
  day out = DAY_NONE;
  assert_true(day_read(text, &out));
  return out;
}

/* A concluded agreement of which nothing else is known. */
static struct terms concluded(void) {
  return (struct terms){.concluded = true, .stage = "concluded", .renewal_max = -1, .superseded_on = DAY_NONE};
}

static struct terms from_to(const char *start, const char *end) {
  struct terms terms = concluded();
  terms.effective_on = date(start);
  if (end != NULL)
    terms.ends_on = date(end);
  return terms;
}

static struct terms automatic(struct terms terms, int months, int max) {
  terms.renewal = RENEWAL_AUTOMATIC;
  terms.renewal_months = months;
  terms.renewal_max = max;
  return terms;
}

static struct standing on(struct terms terms, const char *day_text) {
  struct standing out;
  standing_on(&terms, at(day_text), &out);
  return out;
}

static void assert_day(day value, const char *expected) {
  char text[DAY_SIZE] = "none";
  if (value != DAY_NONE)
    day_print(value, text);
  assert_string_equal(text, expected);
}

static void assert_status(struct terms terms, const char *day_text, const char *status, const char *rule) {
  struct standing standing = on(terms, day_text);
  assert_string_equal(standing.status, status);
  assert_string_equal(standing.rule, rule);
}

static void assert_period(const struct standing *standing, int number, const char *starts, const char *ends,
                          const char *basis) {
  assert_int_equal(standing->period_number, number);
  assert_day(standing->period_starts_on, starts);
  assert_day(standing->period_ends_on, ends);
  if (basis == NULL)
    assert_null(standing->period_basis);
  else
    assert_string_equal(standing->period_basis, basis);
}

static void a_renewed_agreement_counts_notice_from_the_current_end(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2022-08-29", "2025-08-28"), 12, -1);
  terms.notice_months = 2;
  struct standing standing = on(terms, "2026-02-11");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 2, "2025-08-29", "2026-08-28", "renewal");
  assert_day(standing.notice_on, "2026-06-28");
}

static void a_term_that_was_renewed_once_runs_to_the_end_of_july(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2020-08-01", NULL), 12, -1);
  terms.term_months = 36;
  terms.notice_months = 3;
  struct standing standing = on(terms, "2023-10-31");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 2, "2023-08-01", "2024-07-31", "renewal");
  assert_day(standing.notice_on, "2024-04-30");
  assert_int_equal(standing.flags, FLAG_RENEWED | FLAG_DORMANT);
}

static void a_term_ends_the_day_before_its_anniversary(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2018-09-27", NULL), 12, -1);
  terms.term_months = 36;
  terms.notice_months = 3;
  struct standing standing = on(terms, "2019-06-07");
  assert_period(&standing, 1, "2018-09-27", "2021-09-26", "term");
  assert_day(standing.notice_on, "2021-06-26");
}

static void a_renewal_is_as_long_as_it_says_and_not_as_the_term(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2015-01-01", NULL), 12, -1);
  terms.term_months = 60;
  struct standing standing = on(terms, "2020-06-01");
  assert_period(&standing, 2, "2020-01-01", "2020-12-31", "renewal");
  terms.renewal_months = 0;
  standing = on(terms, "2020-06-01");
  assert_period(&standing, 2, "2020-01-01", "2024-12-31", "renewal");
}

static void a_renewal_without_months_after_a_stated_end_is_a_year(void **state) {
  (void)state;
  struct standing standing = on(automatic(from_to("2020-01-01", "2020-06-30"), 0, -1), "2021-01-01");
  assert_period(&standing, 2, "2020-07-01", "2021-06-30", "renewal");
}

static void a_renewal_keeps_the_last_day_of_february(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2023-03-01", "2024-02-29"), 12, -1);
  struct standing standing = on(terms, "2027-06-01");
  assert_period(&standing, 5, "2027-03-01", "2028-02-29", "renewal");
  standing = on(terms, "2024-03-01");
  assert_period(&standing, 2, "2024-03-01", "2025-02-28", "renewal");
}

static void monthly_renewals_do_not_drift(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2025-12-01", "2026-01-31"), 1, -1);
  static const char *const ends[] = {"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"};
  for (size_t i = 0; i < COUNT(ends); i++) {
    struct standing standing = on(terms, ends[i]);
    assert_int_equal(standing.period_number, i + 1);
    assert_day(standing.period_ends_on, ends[i]);
  }
  struct terms term = automatic(from_to("2020-03-01", NULL), 12, -1);
  term.term_months = 12;
  assert_day(on(term, "2021-02-01").period_ends_on, "2021-02-28");
  assert_day(on(term, "2024-02-01").period_ends_on, "2024-02-29");
}

static void without_renewal_it_expires_on_the_day_after_its_end(void **state) {
  (void)state;
  struct terms terms = from_to("2024-01-01", "2024-12-31");
  assert_status(terms, "2024-12-31", "in_force", "in_period");
  assert_status(terms, "2025-01-01", "expired", "after_period");
  struct standing standing = on(terms, "2025-01-01");
  assert_period(&standing, 0, "none", "none", NULL);
  assert_day(standing.next_change_on, "none");
  assert_null(standing.next_status);
  assert_day(standing.due_on, "none");
}

static void open_ended_goes_on_and_never_expires(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", NULL);
  terms.open_ended = true;
  terms.event_count = 1;
  terms.events = (const day[]){at("2059-01-01")};
  terms.notice_months = 3;
  struct standing standing = on(terms, "2060-01-01");
  assert_string_equal(standing.status, "in_force");
  assert_string_equal(standing.rule, "no_end");
  assert_int_equal(standing.flags, 0);
  assert_period(&standing, 1, "2020-01-01", "none", "open_ended");
  assert_day(standing.notice_on, "none");
  assert_null(standing.missing[0]);
}

static void a_terminated_agreement_is_not_renewed(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2020-04-01", "2021-03-31"), 12, -1);
  terms.terminated_on = date("2026-03-31");
  assert_status(terms, "2026-03-30", "in_force", "in_period");
  assert_status(terms, "2026-03-31", "terminated", "terminated");
  assert_status(terms, "2026-04-01", "terminated", "terminated");
  struct standing standing = on(terms, "2026-01-01");
  assert_day(standing.next_change_on, "2026-03-31");
  assert_string_equal(standing.next_status, "terminated");
  assert_true(standing.flags & FLAG_EXPIRING);
}

static void a_stage_before_conclusion_is_the_status(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2021-12-31");
  terms.concluded = false;
  terms.stage = "negotiating";
  terms.partial = true;
  terms.superseded_on = at("2020-06-01");
  assert_status(terms, "2020-07-01", "negotiating", "stage");
  struct standing standing = on(terms, "2020-01-01");
  assert_int_equal(standing.flags, FLAG_PARTIAL_DATES);
  assert_period(&standing, 0, "none", "none", NULL);
  assert_day(standing.due_on, "none");
}

static void succession_goes_before_termination(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", NULL);
  terms.superseded_on = at("2024-07-01");
  terms.terminated_on = date("2024-05");
  assert_status(terms, "2024-04-30", "in_force", "no_end");
  assert_status(terms, "2024-05-01", "terminated", "terminated");
  assert_status(terms, "2024-07-01", "superseded", "superseded");
  assert_day(on(terms, "2024-05-01").next_change_on, "2024-07-01");
}

static void without_any_start_the_status_is_unknown(void **state) {
  (void)state;
  struct terms terms = concluded();
  terms.ends_on = date("2020");
  terms.suspensions = (const struct suspension[]){{date("2019"), date("2020")}};
  terms.suspension_count = 1;
  struct standing standing = on(terms, "2019-06-01");
  assert_string_equal(standing.status, "unknown");
  assert_string_equal(standing.rule, "no_start");
  assert_string_equal(standing.missing[0], "effective_on");
  assert_string_equal(standing.missing[1], "concluded_on");
  assert_string_equal(standing.missing[2], "parties[].signed_on");
  assert_null(standing.missing[3]);
  assert_int_equal(standing.flags, 0);
  assert_period(&standing, 0, "none", "none", NULL);
  terms.term_months = 12;
  assert_status(terms, "2030-01-01", "unknown", "no_start");
  terms.terminated_on = date("2021");
  assert_status(terms, "2030-01-01", "terminated", "terminated");
}

static void the_start_is_effective_then_concluded_then_signed(void **state) {
  (void)state;
  struct terms terms = concluded();
  assert_int_equal(terms_start(&terms), DAY_NONE);
  terms.signed_on = date("2019-06-30");
  assert_day(terms_start(&terms), "2019-06-30");
  terms.concluded_on = date("2019-07");
  assert_day(terms_start(&terms), "2019-07-01");
  terms.effective_on = date("2020");
  assert_day(terms_start(&terms), "2020-01-01");
}

static void before_its_start_it_is_signed_and_has_no_period(void **state) {
  (void)state;
  struct terms terms = from_to("2026-06-01", "2027-05-31");
  terms.notice_days = 30;
  struct standing standing = on(terms, "2026-05-31");
  assert_string_equal(standing.status, "signed");
  assert_string_equal(standing.rule, "before_start");
  assert_period(&standing, 0, "none", "none", NULL);
  assert_day(standing.notice_on, "none");
  assert_day(standing.next_change_on, "2026-06-01");
  assert_string_equal(standing.next_status, "in_force");
  assert_day(standing.due_on, "2026-06-01");
}

static void dates_known_in_part_are_read_in_favour_of_the_agreement(void **state) {
  (void)state;
  struct terms terms = from_to("2019-07", "2021");
  terms.partial = true;
  assert_status(terms, "2019-06-30", "signed", "before_start");
  assert_status(terms, "2019-07-01", "in_force", "in_period");
  assert_status(terms, "2021-12-31", "in_force", "in_period");
  assert_status(terms, "2022-01-01", "expired", "after_period");
  assert_true(on(terms, "2020-01-01").flags & FLAG_PARTIAL_DATES);
}

static void an_end_that_nobody_stated_is_missing(void **state) {
  (void)state;
  struct terms terms = from_to("2019-07", NULL);
  struct standing standing = on(terms, "2020-07-01");
  assert_string_equal(standing.status, "in_force");
  assert_string_equal(standing.rule, "no_end");
  assert_int_equal(standing.flags, FLAG_END_UNKNOWN);
  assert_period(&standing, 1, "2019-07-01", "none", "end_unknown");
  assert_string_equal(standing.missing[0], "ends_on");
  assert_string_equal(standing.missing[1], "term_months");
  assert_string_equal(standing.missing[2], "open_ended");
  assert_null(standing.missing[3]);
  assert_int_equal(on(terms, "2019-06-01").flags, FLAG_END_UNKNOWN);
  assert_day(standing.due_on, "2021-07-01");
  assert_int_equal(on(terms, "2021-07-01").flags, FLAG_END_UNKNOWN | FLAG_DORMANT);
}

static void a_stated_end_goes_before_a_term(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2020-12-31");
  terms.term_months = 36;
  assert_day(on(terms, "2020-02-01").period_ends_on, "2020-12-31");
}

static void a_suspension_covers_both_its_days(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2029-12-31");
  terms.suspensions = (const struct suspension[]){
      {date("2021-03"), date("2021-05")},
      {date("2021-05-31"), date("2021-06-30")},
      {{0}, date("2022")},
      {date("2023-01-01"), {0}},
  };
  terms.suspension_count = 4;
  assert_status(terms, "2021-02-28", "in_force", "in_period");
  assert_status(terms, "2021-03-01", "suspended", "suspended");
  assert_status(terms, "2021-06-30", "suspended", "suspended");
  assert_status(terms, "2021-07-01", "in_force", "in_period");
  assert_status(terms, "2022-06-01", "in_force", "in_period");
  assert_status(terms, "2029-12-31", "suspended", "suspended");
  struct standing standing = on(terms, "2021-04-01");
  assert_period(&standing, 1, "2020-01-01", "2029-12-31", "term");
  assert_day(standing.next_change_on, "2021-07-01");
  assert_string_equal(standing.next_status, "in_force");
}

static void an_extension_replaces_the_end(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2020-12-31");
  terms.renewal = RENEWAL_EXPRESS;
  terms.extended_to = date("2022-03");
  struct standing standing = on(terms, "2021-06-01");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 1, "2020-01-01", "2022-03-31", "extension");
  assert_status(terms, "2022-04-01", "expired", "after_period");
}

static void automatic_renewals_are_counted_from_the_extension(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2020-01-01", "2020-12-31"), 12, 1);
  terms.extended_to = date("2022-06-30");
  struct standing standing = on(terms, "2022-06-30");
  assert_period(&standing, 1, "2020-01-01", "2022-06-30", "extension");
  standing = on(terms, "2022-07-01");
  assert_period(&standing, 2, "2022-07-01", "2023-06-30", "renewal");
  assert_status(terms, "2023-07-01", "expired", "after_period");
}

static void renewals_stop_at_their_most(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2020-01-01", "2020-12-31"), 12, 2);
  terms.notice_months = 1;
  assert_int_equal(on(terms, "2022-12-31").period_number, 3);
  assert_status(terms, "2023-01-01", "expired", "after_period");
  assert_int_equal(on(terms, "2021-11-01").flags, FLAG_RENEWED | FLAG_NOTICE_WINDOW);
  assert_int_equal(on(terms, "2022-11-01").flags, FLAG_RENEWED | FLAG_EXPIRING | FLAG_DORMANT);
  assert_day(on(terms, "2020-06-01").next_change_on, "2023-01-01");
  assert_status(automatic(terms, 12, 0), "2021-01-01", "expired", "after_period");
  assert_day(on(automatic(terms, 12, -1), "2020-06-01").next_change_on, "none");
}

static void expiring_begins_180_days_before_the_end(void **state) {
  (void)state;
  struct terms terms = from_to("2025-01-01", "2026-12-31");
  assert_int_equal(on(terms, "2026-07-03").flags, 0);
  assert_day(on(terms, "2026-07-03").due_on, "2026-07-04");
  assert_int_equal(on(terms, "2026-07-04").flags, FLAG_EXPIRING);
  assert_int_equal(on(terms, "2026-12-31").flags, FLAG_EXPIRING);
  assert_int_equal(on(terms, "2027-01-01").flags, 0);
  terms.renewal = RENEWAL_EXPRESS;
  assert_int_equal(on(terms, "2026-12-31").flags, FLAG_EXPIRING);
  assert_int_equal(on(automatic(terms, 12, -1), "2026-12-31").flags, 0);
}

static void a_successor_that_takes_over_in_time_leaves_nothing_to_expire(void **state) {
  (void)state;
  struct terms terms = from_to("2025-01-01", "2026-12-31");
  terms.superseded_on = at("2027-01-01");
  assert_int_equal(on(terms, "2026-12-01").flags, 0);
  terms.superseded_on = at("2027-01-02");
  assert_int_equal(on(terms, "2026-12-01").flags, FLAG_EXPIRING);
  terms = automatic(terms, 12, -1);
  terms.notice_days = 10;
  assert_int_equal(on(terms, "2026-12-01").flags, FLAG_NOTICE_WINDOW);
  terms.superseded_on = at("2027-01-01");
  assert_int_equal(on(terms, "2026-12-01").flags, 0);
}

static void the_notice_window_is_open_for_90_days_and_the_last_one(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2025-07-01", "2026-12-31"), 12, -1);
  terms.notice_months = 2;
  assert_day(on(terms, "2026-01-01").notice_on, "2026-10-31");
  assert_int_equal(on(terms, "2026-08-01").flags, 0);
  assert_day(on(terms, "2026-08-01").due_on, "2026-08-02");
  assert_int_equal(on(terms, "2026-08-02").flags, FLAG_NOTICE_WINDOW);
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_NOTICE_WINDOW);
  assert_day(on(terms, "2026-10-31").due_on, "2026-11-01");
  assert_int_equal(on(terms, "2026-11-01").flags, 0);
  terms.terminated_on = date("2027-01-01");
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_EXPIRING);
  terms.terminated_on = date("2027-01-02");
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_NOTICE_WINDOW);
}

static void notice_is_clamped_to_the_month_and_exists_without_renewal(void **state) {
  (void)state;
  struct terms terms = from_to("2024-01-01", "2026-08-31");
  terms.notice_months = 6;
  assert_day(on(terms, "2026-01-01").notice_on, "2026-02-28");
  assert_int_equal(on(terms, "2026-02-01").flags & FLAG_NOTICE_WINDOW, 0);
  terms.notice_months = 0;
  terms.notice_days = 31;
  assert_day(on(terms, "2026-01-01").notice_on, "2026-07-31");
}

static void an_agreement_is_dormant_after_24_quiet_months(void **state) {
  (void)state;
  struct terms terms = from_to("2020-02-29", NULL);
  terms.open_ended = true;
  assert_int_equal(on(terms, "2022-02-27").flags, 0);
  assert_int_equal(on(terms, "2022-02-28").flags, FLAG_DORMANT);
  terms.events = (const day[]){at("2026-04-21"), at("2021-01-15"), at("2019-01-01")};
  terms.event_count = 3;
  assert_int_equal(on(terms, "2022-02-28").flags, 0);
  assert_day(on(terms, "2022-02-28").due_on, "2023-01-15");
  assert_int_equal(on(terms, "2023-01-15").flags, FLAG_DORMANT);
  assert_day(on(terms, "2023-01-15").due_on, "2026-04-21");
  assert_int_equal(on(terms, "2026-04-21").flags, 0);
}

static void a_suspension_outlasts_the_last_period(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2020-12-31");
  terms.suspensions = (const struct suspension[]){{date("2020-06"), date("2021-06")}};
  terms.suspension_count = 1;
  struct standing standing = on(terms, "2021-01-01");
  assert_string_equal(standing.status, "suspended");
  assert_period(&standing, 0, "none", "none", NULL);
  assert_string_equal(standing.next_status, "expired");
  assert_day(on(terms, "2020-08-01").due_on, "2021-01-01");
}

static void terms_beyond_all_measure_do_no_harm(void **state) {
  (void)state;
  static const int lengths[] = {1, 12, 12000, INT_MAX};
  static const char *const days[] = {"0001-01-01", "2026-01-01", "9999-12-30", "9999-12-31"};
  for (size_t start = 0; start < COUNT(days); start++)
    for (size_t length = 0; length < COUNT(lengths); length++)
      for (size_t today = 0; today < COUNT(days); today++)
        for (int max = -1; max < 3; max++) {
          struct terms terms = automatic(from_to(days[start], NULL), lengths[length], max == 2 ? INT_MAX : max);
          terms.term_months = lengths[length];
          terms.notice_days = lengths[length];
          struct standing standing = on(terms, days[today]);
          assert_non_null(standing.status);
          assert_true(standing.notice_on == DAY_NONE || standing.notice_on >= DAY_FIRST);
          terms.ends_on = date("0001-01-01");
          terms.notice_days = 0;
          terms.notice_months = lengths[length];
          standing = on(terms, days[today]);
          assert_non_null(standing.status);
        }
  struct standing past_the_calendar;
  struct terms monthly = automatic(from_to("2026-01-01", "2026-01-31"), 1, -1);
  standing_on(&monthly, INT32_MAX, &past_the_calendar);
  assert_day(past_the_calendar.period_ends_on, "9999-12-31");
  assert_day(past_the_calendar.due_on, "none");
}

static void an_end_before_the_start_is_simply_over(void **state) {
  (void)state;
  struct terms terms = from_to("2026-01-01", "2020-12-31");
  assert_status(terms, "2026-01-01", "expired", "after_period");
  assert_status(automatic(terms, 12, -1), "2026-01-01", "in_force", "in_period");
}

static void flags_have_names(void **state) {
  (void)state;
  assert_string_equal(flag_names[0], "expiring");
  assert_string_equal(flag_names[1], "notice_window");
  assert_string_equal(flag_names[2], "renewed");
  assert_string_equal(flag_names[3], "end_unknown");
  assert_string_equal(flag_names[4], "dormant");
  assert_string_equal(flag_names[5], "partial_dates");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_renewed_agreement_counts_notice_from_the_current_end),
      cmocka_unit_test(a_term_that_was_renewed_once_runs_to_the_end_of_july),
      cmocka_unit_test(a_term_ends_the_day_before_its_anniversary),
      cmocka_unit_test(a_renewal_is_as_long_as_it_says_and_not_as_the_term),
      cmocka_unit_test(a_renewal_without_months_after_a_stated_end_is_a_year),
      cmocka_unit_test(a_renewal_keeps_the_last_day_of_february),
      cmocka_unit_test(monthly_renewals_do_not_drift),
      cmocka_unit_test(without_renewal_it_expires_on_the_day_after_its_end),
      cmocka_unit_test(open_ended_goes_on_and_never_expires),
      cmocka_unit_test(a_terminated_agreement_is_not_renewed),
      cmocka_unit_test(a_stage_before_conclusion_is_the_status),
      cmocka_unit_test(succession_goes_before_termination),
      cmocka_unit_test(without_any_start_the_status_is_unknown),
      cmocka_unit_test(the_start_is_effective_then_concluded_then_signed),
      cmocka_unit_test(before_its_start_it_is_signed_and_has_no_period),
      cmocka_unit_test(dates_known_in_part_are_read_in_favour_of_the_agreement),
      cmocka_unit_test(an_end_that_nobody_stated_is_missing),
      cmocka_unit_test(a_stated_end_goes_before_a_term),
      cmocka_unit_test(a_suspension_covers_both_its_days),
      cmocka_unit_test(an_extension_replaces_the_end),
      cmocka_unit_test(automatic_renewals_are_counted_from_the_extension),
      cmocka_unit_test(renewals_stop_at_their_most),
      cmocka_unit_test(expiring_begins_180_days_before_the_end),
      cmocka_unit_test(a_successor_that_takes_over_in_time_leaves_nothing_to_expire),
      cmocka_unit_test(the_notice_window_is_open_for_90_days_and_the_last_one),
      cmocka_unit_test(notice_is_clamped_to_the_month_and_exists_without_renewal),
      cmocka_unit_test(an_agreement_is_dormant_after_24_quiet_months),
      cmocka_unit_test(a_suspension_outlasts_the_last_period),
      cmocka_unit_test(terms_beyond_all_measure_do_no_harm),
      cmocka_unit_test(an_end_before_the_start_is_simply_over),
      cmocka_unit_test(flags_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
