/* What ends an agreement, and when notice must be given, on terms that a reader can check by hand. */
#include "terms_sample.h"

static void what_ended_first_decides(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", NULL);
  terms.superseded_on = at("2024-07-01");
  terms.terminated_on = date("2024-05");
  assert_status(terms, "2024-04-30", "in_force", "in_period");
  assert_status(terms, "2024-05-01", "terminated", "terminated");
  assert_status(terms, "2024-07-01", "terminated", "terminated");
  assert_day(on(terms, "2024-05-01").next_change_on, "none");
  terms = from_to("2010-04-01", "2015-03-31");
  terms.superseded_on = at("2022-01-01");
  assert_status(terms, "2023-01-01", "expired", "after_period");
  assert_int_equal(on(terms, "2015-03-01").flags & FLAG_ENDING, 0);
  assert_day(on(terms, "2016-01-01").next_change_on, "none");
}

static void on_one_day_succession_goes_before_termination_and_that_before_expiry(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2023-12-31");
  terms.terminated_on = date("2024-01-01");
  assert_status(terms, "2024-01-01", "terminated", "terminated");
  struct standing standing = on(terms, "2023-12-31");
  assert_period(&standing, 1, "2020-01-01", "2023-12-31", "termination");
  terms.superseded_on = at("2024-01-01");
  assert_status(terms, "2024-01-01", "superseded", "superseded");
  standing = on(terms, "2023-12-31");
  assert_period(&standing, 1, "2020-01-01", "2023-12-31", "supersession");
}

static void a_known_end_is_the_end_of_the_period_long_before_it_comes(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2030-12-31");
  agree_notice(&terms, 3, 0);
  terms.terminated_on = date("2026-06-15");
  struct standing standing = on(terms, "2026-02-11");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 1, "2020-01-01", "2026-06-14", "termination");
  assert_int_equal(standing.flags & ~(unsigned)FLAG_DORMANT, FLAG_EXPIRING | FLAG_ENDING);
  assert_day(standing.next_change_on, "2026-06-15");
  assert_string_equal(standing.next_status, "terminated");
  assert_day(standing.notice_on, "none");
  standing = on(terms, "2020-02-01");
  assert_int_equal(standing.flags, FLAG_ENDING);
  assert_day(standing.due_on, "2022-01-01");
}

static void an_agreement_without_an_end_gets_one_by_a_termination_or_a_successor(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", NULL);
  terms.superseded_on = at("2022-04-01");
  struct standing standing = on(terms, "2020-06-01");
  assert_period(&standing, 1, "2020-01-01", "2022-03-31", "supersession");
  assert_int_equal(standing.flags, FLAG_ENDING);
  assert_null(standing.missing[0]);
  terms.open_ended = true;
  terms.terminated_on = date("2021-04");
  standing = on(terms, "2021-03-01");
  assert_period(&standing, 1, "2020-01-01", "2021-03-31", "termination");
  assert_int_equal(standing.flags, FLAG_EXPIRING | FLAG_ENDING);
}

static void a_notice_in_time_ends_the_period_for_which_it_was_given(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2024-01-01", NULL), 12, -1);
  terms.term_months = 12;
  agree_notice(&terms, 3, 0);
  terms.noticed_on = date("2026-01-15");
  struct standing standing = on(terms, "2026-08-01");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 3, "2026-01-01", "2026-12-31", "notice");
  assert_true(standing.flags & FLAG_ENDING);
  assert_day(standing.notice_on, "none");
  assert_status(terms, "2027-01-01", "terminated", "terminated");
  terms.noticed_on = date("2026-09-30");
  assert_status(terms, "2027-01-01", "terminated", "terminated");
  terms.noticed_on = date("2026-10-05");
  standing = on(terms, "2027-06-01");
  assert_period(&standing, 4, "2027-01-01", "2027-12-31", "notice");
  standing = on(terms, "2026-12-01");
  assert_period(&standing, 3, "2026-01-01", "2026-12-31", "renewal");
  assert_true(standing.flags & FLAG_ENDING);
  terms.terminated_on = date("2026-11-01");
  assert_status(terms, "2026-11-01", "terminated", "terminated");
}

static void a_notice_ends_nothing_that_is_not_renewed_by_itself(void **state) {
  (void)state;
  struct terms terms = from_to("2024-01-01", "2026-12-31");
  agree_notice(&terms, 3, 0);
  terms.noticed_on = date("2024-05-01");
  terms.renewal = RENEWAL_EXPRESS;
  assert_status(terms, "2026-12-31", "in_force", "in_period");
  assert_status(terms, "2027-01-01", "expired", "after_period");
  terms = automatic(terms, 12, 1);
  terms.noticed_on = date("2027-12-01");
  assert_status(terms, "2028-01-01", "expired", "after_period");
  terms.ends_on = (struct partial_date){0};
  terms.open_ended = true;
  assert_status(terms, "2030-01-01", "in_force", "no_end");
}

static void a_notice_without_an_agreed_length_ends_the_current_period(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2024-01-01", "2024-12-31"), 12, -1);
  terms.noticed_on = date("2025-12-31");
  assert_status(terms, "2026-01-01", "terminated", "terminated");
}

static void notice_as_long_as_the_renewal_lies_in_the_period_before(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2024-01-01", NULL), 12, -1);
  terms.term_months = 12;
  agree_notice(&terms, 12, 0);
  struct standing standing = on(terms, "2025-11-15");
  assert_period(&standing, 2, "2025-01-01", "2025-12-31", "renewal");
  assert_day(standing.notice_on, "2025-12-31");
  assert_day(standing.notice_for, "2026-12-31");
  standing = on(terms, "2026-10-15");
  assert_day(standing.notice_on, "2026-12-31");
  assert_day(standing.notice_for, "2027-12-31");
  assert_true(standing.flags & FLAG_NOTICE_WINDOW);
}

static void months_of_notice_are_counted_from_the_end_of_a_month(void **state) {
  (void)state;
  static const struct {
    const char *end;
    int months;
    const char *notice_on;
  } cases[] = {{"2025-06-30", 3, "2025-03-31"}, {"2024-05-30", 3, "2024-02-29"}, {"2025-05-31", 3, "2025-02-28"},
               {"2025-02-28", 1, "2025-01-31"}, {"2024-02-28", 1, "2024-01-28"}, {"2024-12-31", 12, "2023-12-31"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct terms terms = from_to("2020-01-01", cases[i].end);
    agree_notice(&terms, cases[i].months, 0);
    assert_day(on(terms, "2020-02-01").notice_on, cases[i].notice_on);
    assert_day(on(terms, "2020-02-01").notice_for, cases[i].end);
  }
}

static void notice_of_no_days_is_the_end_itself_and_a_day_that_has_passed_is_none(void **state) {
  (void)state;
  struct terms terms = from_to("2024-01-01", "2026-12-31");
  agree_notice(&terms, 0, 0);
  assert_day(on(terms, "2026-12-31").notice_on, "2026-12-31");
  agree_notice(&terms, 0, 10);
  assert_day(on(terms, "2026-12-21").notice_on, "2026-12-21");
  assert_day(on(terms, "2026-12-21").due_on, "2026-12-22");
  assert_day(on(terms, "2026-12-22").notice_on, "none");
  assert_day(on(terms, "2026-12-22").notice_for, "none");
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
  assert_int_equal(standing.flags & (FLAG_EXPIRING | FLAG_ENDING), FLAG_EXPIRING | FLAG_ENDING);
}

static void a_successor_ends_the_last_period_and_leaves_no_notice_to_give(void **state) {
  (void)state;
  struct terms terms = from_to("2025-01-01", "2026-12-31");
  terms.superseded_on = at("2027-01-01");
  assert_int_equal(on(terms, "2026-12-01").flags, FLAG_EXPIRING | FLAG_ENDING);
  terms.superseded_on = at("2027-01-02");
  assert_int_equal(on(terms, "2026-12-01").flags, FLAG_EXPIRING);
  terms = automatic(terms, 12, -1);
  agree_notice(&terms, 0, 10);
  struct standing standing = on(terms, "2026-12-01");
  assert_int_equal(standing.flags, FLAG_EXPIRING | FLAG_ENDING);
  assert_period(&standing, 1, "2025-01-01", "2026-12-31", "term");
  assert_day(standing.notice_on, "none");
  standing = on(terms, "2027-01-01");
  assert_period(&standing, 2, "2027-01-01", "2027-01-01", "supersession");
}

static void the_notice_window_is_open_for_90_days_and_the_last_one(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2025-07-01", "2026-12-31"), 12, -1);
  agree_notice(&terms, 2, 0);
  assert_day(on(terms, "2026-01-01").notice_on, "2026-10-31");
  assert_int_equal(on(terms, "2026-08-01").flags, 0);
  assert_day(on(terms, "2026-08-01").due_on, "2026-08-02");
  assert_int_equal(on(terms, "2026-08-02").flags, FLAG_NOTICE_WINDOW);
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_NOTICE_WINDOW);
  assert_day(on(terms, "2026-10-31").due_on, "2026-11-01");
  assert_int_equal(on(terms, "2026-11-01").flags, 0);
  assert_day(on(terms, "2026-11-01").notice_on, "2027-10-31");
  assert_day(on(terms, "2026-11-01").notice_for, "2027-12-31");
  terms.terminated_on = date("2027-01-01");
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_EXPIRING | FLAG_ENDING);
  terms.terminated_on = date("2029-01-02");
  assert_int_equal(on(terms, "2026-10-31").flags, FLAG_ENDING);
}

static void notice_is_clamped_to_the_month_and_exists_without_renewal(void **state) {
  (void)state;
  struct terms terms = from_to("2024-01-01", "2026-08-31");
  agree_notice(&terms, 6, 0);
  assert_day(on(terms, "2026-01-01").notice_on, "2026-02-28");
  assert_int_equal(on(terms, "2026-02-01").flags & FLAG_NOTICE_WINDOW, 0);
  agree_notice(&terms, 0, 31);
  assert_day(on(terms, "2026-01-01").notice_on, "2026-07-31");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_ended_first_decides),
      cmocka_unit_test(on_one_day_succession_goes_before_termination_and_that_before_expiry),
      cmocka_unit_test(a_known_end_is_the_end_of_the_period_long_before_it_comes),
      cmocka_unit_test(an_agreement_without_an_end_gets_one_by_a_termination_or_a_successor),
      cmocka_unit_test(a_notice_in_time_ends_the_period_for_which_it_was_given),
      cmocka_unit_test(a_notice_ends_nothing_that_is_not_renewed_by_itself),
      cmocka_unit_test(a_notice_without_an_agreed_length_ends_the_current_period),
      cmocka_unit_test(notice_as_long_as_the_renewal_lies_in_the_period_before),
      cmocka_unit_test(months_of_notice_are_counted_from_the_end_of_a_month),
      cmocka_unit_test(notice_of_no_days_is_the_end_itself_and_a_day_that_has_passed_is_none),
      cmocka_unit_test(a_terminated_agreement_is_not_renewed),
      cmocka_unit_test(a_successor_ends_the_last_period_and_leaves_no_notice_to_give),
      cmocka_unit_test(the_notice_window_is_open_for_90_days_and_the_last_one),
      cmocka_unit_test(notice_is_clamped_to_the_month_and_exists_without_renewal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
