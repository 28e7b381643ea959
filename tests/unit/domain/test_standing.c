/* The rules one by one, on terms that a reader can check by hand: start, periods, renewal, status. */
#include "terms_sample.h"

static void a_renewed_agreement_counts_notice_from_the_current_end(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2022-08-29", "2025-08-28"), 12, -1);
  agree_notice(&terms, 2, 0);
  struct standing standing = on(terms, "2026-02-11");
  assert_string_equal(standing.status, "in_force");
  assert_period(&standing, 2, "2025-08-29", "2026-08-28", "renewal");
  assert_day(standing.notice_on, "2026-06-28");
}

static void a_term_that_was_renewed_once_runs_to_the_end_of_july(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2020-08-01", NULL), 12, -1);
  terms.term_months = 36;
  agree_notice(&terms, 3, 0);
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
  agree_notice(&terms, 3, 0);
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

static void a_renewal_without_months_is_as_long_as_a_first_period_of_whole_months_or_a_year(void **state) {
  (void)state;
  struct standing standing = on(automatic(from_to("2020-01-01", "2020-06-30"), 0, -1), "2020-12-31");
  assert_period(&standing, 2, "2020-07-01", "2020-12-31", "renewal");
  standing = on(automatic(from_to("2020-01-31", "2020-02-28"), 0, -1), "2020-03-05");
  assert_period(&standing, 2, "2020-02-29", "2020-03-28", "renewal");
  standing = on(automatic(from_to("2020-01-02", "2020-06-30"), 0, -1), "2021-01-01");
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
  agree_notice(&terms, 3, 0);
  struct standing standing = on(terms, "2060-01-01");
  assert_string_equal(standing.status, "in_force");
  assert_string_equal(standing.rule, "no_end");
  assert_int_equal(standing.flags, 0);
  assert_period(&standing, 1, "2020-01-01", "none", "open_ended");
  assert_day(standing.notice_on, "none");
  assert_null(standing.missing[0]);
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

static void a_renewal_counts_from_the_day_after_the_first_end(void **state) {
  (void)state;
  struct terms terms = automatic(from_to("2024-04-01", "2024-09-30"), 6, 1);
  assert_status(terms, "2025-03-31", "in_force", "in_period");
  assert_status(terms, "2025-04-01", "expired", "after_period");
  struct standing standing = on(automatic(from_to("2022-03-01", "2023-02-28"), 12, -1), "2023-06-01");
  assert_day(standing.period_ends_on, "2024-02-29");
  terms = automatic(from_to("2023-09-01", "2023-11-30"), 3, -1);
  assert_day(on(terms, "2024-01-01").period_ends_on, "2024-02-29");
  assert_day(on(terms, "2024-04-01").period_ends_on, "2024-05-31");
}

/* Everything that a standing says, but for the texts, which are compared by their content. */
static void assert_alike(const struct standing *one, const struct standing *other) {
  assert_string_equal(one->status, other->status);
  assert_string_equal(one->rule, other->rule);
  assert_int_equal(one->flags, other->flags);
  assert_int_equal(one->period_number, other->period_number);
  assert_int_equal(one->period_starts_on, other->period_starts_on);
  assert_int_equal(one->period_ends_on, other->period_ends_on);
  assert_int_equal(one->notice_on, other->notice_on);
  assert_int_equal(one->notice_for, other->notice_for);
  assert_int_equal(one->next_change_on, other->next_change_on);
  assert_int_equal(one->due_on, other->due_on);
}

static void a_term_and_an_end_that_say_the_same_give_the_same_answers_on_every_day(void **state) {
  (void)state;
  unsigned state_of_chance = 20260421;
  for (int run = 0; run < 300; run++) {
    int drawn[6];
    for (size_t i = 0; i < COUNT(drawn); i++) {
      state_of_chance = state_of_chance * 1103515245U + 12345U;
      drawn[i] = (int)(state_of_chance >> 16 & 0x7fff);
    }
    day start = at("2019-12-20") + drawn[0] % 120;
    struct terms term = automatic(concluded(), drawn[1] % 14, drawn[2] % 4 - 1);
    term.effective_on = (struct partial_date){.known = true, .whole = true, .first = start, .last = start};
    term.term_months = 1 + drawn[3] % 40;
    if (drawn[4] % 3 == 0) {
      agree_notice(&term, drawn[5] % 13, 0);
    }
    struct terms end = term;
    day last = day_add_months(start, term.term_months) - 1;
    end.term_months = 0;
    end.ends_on = (struct partial_date){.known = true, .whole = true, .first = last, .last = last};
    for (day today = start - 2; today < start + 2200; today++) {
      struct standing one, other;
      standing_on(&term, today, &one);
      standing_on(&end, today, &other);
      assert_alike(&one, &other);
    }
  }
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
  assert_status(terms, "2030-01-01", "unknown", "no_start");
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
  agree_notice(&terms, 0, 30);
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
  agree_notice(&terms, 1, 0);
  assert_int_equal(on(terms, "2022-12-31").period_number, 3);
  assert_status(terms, "2023-01-01", "expired", "after_period");
  assert_int_equal(on(terms, "2021-11-01").flags, FLAG_RENEWED | FLAG_NOTICE_WINDOW);
  assert_int_equal(on(terms, "2022-11-01").flags, FLAG_RENEWED | FLAG_EXPIRING | FLAG_DORMANT);
  assert_day(on(terms, "2020-06-01").next_change_on, "2023-01-01");
  assert_status(automatic(terms, 12, 0), "2021-01-01", "expired", "after_period");
  assert_day(on(automatic(terms, 12, -1), "2020-06-01").next_change_on, "none");
}

static void an_agreement_that_ends_soon_is_expiring_before_it_starts(void **state) {
  (void)state;
  struct terms terms = from_to("2026-05-01", "2026-07-31");
  assert_int_equal(on(terms, "2026-02-01").flags, FLAG_EXPIRING);
  assert_int_equal(on(terms, "2026-01-31").flags, 0);
  assert_day(on(terms, "2026-01-31").due_on, "2026-02-01");
  assert_string_equal(on(terms, "2026-02-01").status, "signed");
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

static void an_open_suspension_ends_with_the_agreement(void **state) {
  (void)state;
  struct terms terms = from_to("2020-01-01", "2022-12-31");
  terms.suspensions = (const struct suspension[]){{date("2022-06-01"), {0}}};
  terms.suspension_count = 1;
  struct standing standing = on(terms, "2022-12-01");
  assert_string_equal(standing.status, "suspended");
  assert_period(&standing, 1, "2020-01-01", "2022-12-31", "term");
  assert_day(standing.next_change_on, "2023-01-01");
  assert_string_equal(standing.next_status, "expired");
  assert_status(terms, "2026-02-11", "expired", "after_period");
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
          agree_notice(&terms, 0, lengths[length]);
          struct standing standing = on(terms, days[today]);
          assert_non_null(standing.status);
          assert_true(standing.notice_on == DAY_NONE || standing.notice_on >= DAY_FIRST);
          terms.ends_on = date("0001-01-01");
          agree_notice(&terms, lengths[length], 0);
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
  static const char *const names[] = {"expiring",    "notice_window", "ending",       "renewed",
                                      "end_unknown", "dormant",       "partial_dates"};
  static const unsigned flags[] = {FLAG_EXPIRING,    FLAG_NOTICE_WINDOW, FLAG_ENDING,       FLAG_RENEWED,
                                   FLAG_END_UNKNOWN, FLAG_DORMANT,       FLAG_PARTIAL_DATES};
  for (size_t i = 0; i < FLAG_COUNT; i++) {
    assert_string_equal(flag_names[i], names[i]);
    assert_int_equal(flags[i], 1U << i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_renewed_agreement_counts_notice_from_the_current_end),
      cmocka_unit_test(a_term_that_was_renewed_once_runs_to_the_end_of_july),
      cmocka_unit_test(a_term_ends_the_day_before_its_anniversary),
      cmocka_unit_test(a_renewal_is_as_long_as_it_says_and_not_as_the_term),
      cmocka_unit_test(a_renewal_without_months_is_as_long_as_a_first_period_of_whole_months_or_a_year),
      cmocka_unit_test(a_renewal_keeps_the_last_day_of_february),
      cmocka_unit_test(monthly_renewals_do_not_drift),
      cmocka_unit_test(without_renewal_it_expires_on_the_day_after_its_end),
      cmocka_unit_test(open_ended_goes_on_and_never_expires),
      cmocka_unit_test(a_stage_before_conclusion_is_the_status),
      cmocka_unit_test(a_renewal_counts_from_the_day_after_the_first_end),
      cmocka_unit_test(a_term_and_an_end_that_say_the_same_give_the_same_answers_on_every_day),
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
      cmocka_unit_test(an_agreement_that_ends_soon_is_expiring_before_it_starts),
      cmocka_unit_test(expiring_begins_180_days_before_the_end),
      cmocka_unit_test(an_agreement_is_dormant_after_24_quiet_months),
      cmocka_unit_test(an_open_suspension_ends_with_the_agreement),
      cmocka_unit_test(terms_beyond_all_measure_do_no_harm),
      cmocka_unit_test(an_end_before_the_start_is_simply_over),
      cmocka_unit_test(flags_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
