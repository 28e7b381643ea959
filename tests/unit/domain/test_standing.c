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

static void agree_notice(struct terms *terms, int months, int days) {
  terms->notice = true;
  terms->notice_months = months;
  terms->notice_days = days;
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
      cmocka_unit_test(a_terminated_agreement_is_not_renewed),
      cmocka_unit_test(a_stage_before_conclusion_is_the_status),
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
      cmocka_unit_test(expiring_begins_180_days_before_the_end),
      cmocka_unit_test(a_successor_ends_the_last_period_and_leaves_no_notice_to_give),
      cmocka_unit_test(the_notice_window_is_open_for_90_days_and_the_last_one),
      cmocka_unit_test(notice_is_clamped_to_the_month_and_exists_without_renewal),
      cmocka_unit_test(an_agreement_is_dormant_after_24_quiet_months),
      cmocka_unit_test(an_open_suspension_ends_with_the_agreement),
      cmocka_unit_test(terms_beyond_all_measure_do_no_harm),
      cmocka_unit_test(an_end_before_the_start_is_simply_over),
      cmocka_unit_test(flags_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
