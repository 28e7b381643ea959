/* How agreements stand, compared with the plain model (standing_model.h) on random agreements. Each run has another
 * seed, which it prints; ENTENTE_SEED repeats one. */
#include "base/memory.h"
#include "base/text.h"
#include "domain/calendar.h"
#include "standing_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka.h needs some of the above. */
#include <cmocka.h>

enum { AGREEMENTS = 24000, DAYS = 10, PAIRS = 4000, WALKED = 900 };

static uint64_t seed;
static struct model model; /* large */

/* -- telling ------------------------------------------------------------------------------------------------------- */

static void tell_day(const char *name, day value) {
  char text[DAY_SIZE] = "none";
  if (value != DAY_NONE)
    day_print(value, text);
  print_error(" %s=%s", name, text);
}

static void tell_date(const char *name, struct partial_date value) {
  if (value.known) {
    tell_day(name, value.first);
    tell_day("to", value.last);
  }
}

static void tell_terms(const struct terms *terms) {
  print_error("seed %llu: stage=%s", (unsigned long long)seed, terms->stage);
  tell_date("effective", terms->effective_on);
  tell_date("concluded", terms->concluded_on);
  tell_date("signed", terms->signed_on);
  tell_date("ends", terms->ends_on);
  tell_date("extended", terms->extended_to);
  print_error(" term=%d open=%d renewal=%d months=%d max=%d notice=%d/%dm/%dd", terms->term_months, terms->open_ended,
              terms->renewal, terms->renewal_months, terms->renewal_max, terms->notice, terms->notice_months,
              terms->notice_days);
  tell_date("noticed", terms->noticed_on);
  tell_date("terminated", terms->terminated_on);
  tell_day("superseded", terms->superseded_on);
  for (size_t i = 0; i < terms->suspension_count; i++) {
    tell_date("suspended", terms->suspensions[i].from);
    tell_date("until", terms->suspensions[i].until);
  }
  for (size_t i = 0; i < terms->event_count; i++)
    tell_day("event", terms->events[i]);
  print_error("\n");
}

static void tell_answer(const char *who, const struct model_answer *answer, day change, const char *next) {
  print_error("  %s: %s flags=%x period %d", who, answer->status, answer->flags, answer->number);
  tell_day("from", answer->starts_on);
  tell_day("to", answer->ends_on);
  print_error(" %s", answer->basis == NULL ? "no basis" : answer->basis);
  tell_day("notice", answer->notice_on);
  tell_day("for", answer->notice_for);
  tell_day("change", change);
  print_error(" %s\n", next == NULL ? "-" : next);
}

/* -- comparing ----------------------------------------------------------------------------------------------------- */

static bool same_text(const char *one, const char *other) {
  return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static bool same_answer(const struct model_answer *one, const struct model_answer *other) {
  return same_text(one->status, other->status) && one->flags == other->flags && one->number == other->number &&
         one->starts_on == other->starts_on && one->ends_on == other->ends_on && same_text(one->basis, other->basis) &&
         one->notice_on == other->notice_on && one->notice_for == other->notice_for;
}

static struct model_answer answer_of(const struct standing *standing) {
  return (struct model_answer){standing->status,           standing->flags,          standing->period_number,
                               standing->period_starts_on, standing->period_ends_on, standing->period_basis,
                               standing->notice_on,        standing->notice_for};
}

static void compare(const struct terms *terms, day on) {
  struct standing standing;
  struct model_answer expected;
  const char *next = NULL;
  standing_on(terms, on, &standing);
  model_ask(&model, on, &expected);
  struct model_answer got = answer_of(&standing);
  day change = model_next_change(&model, on, &next);
  if (same_answer(&got, &expected) && standing.next_change_on == change && same_text(standing.next_status, next))
    return;
  tell_terms(terms);
  tell_day("on", on);
  print_error("\n");
  tell_answer("model", &expected, change, next);
  tell_answer("code ", &got, standing.next_change_on, standing.next_status);
  fail();
}

/* Around each day on which something may begin or end, and some days more. */
static day day_to_ask(struct random *random, const struct terms *terms) {
  day near = DAY_NONE;
  switch (random_below(random, 8)) {
  case 0:
    near = model.start;
    break;
  case 1:
    near = model.last;
    break;
  case 2:
    near = terms->superseded_on;
    break;
  case 3:
    near = model.last == DAY_NONE ? DAY_NONE : model.last - model.windows.expiring_days;
    break;
  case 4:
    near = terms->suspension_count > 0 ? terms->suspensions[0].from.first : DAY_NONE;
    break;
  case 5:
    if (terms->event_count > 0)
      near = model_months_later(terms->events[0], model.windows.dormant_months);
    break;
  default:
    if (model.count > 0) {
      const struct model_period *period = &model.periods[random_below(random, model.count < 8 ? model.count : 8)];
      near = random_one_in(random, 2) ? period->ends_on : period->last_notice;
      if (near != DAY_NONE && random_one_in(random, 3))
        near -= 90;
    }
  }
  bool known = near != DAY_NONE && near < civil_to_day(2032, 1, 1);
  return known ? near + random_between(random, -1, 1) : random_day(random, 2001, 2026);
}

/* -- the calendar -------------------------------------------------------------------------------------------------- */

/* `name`, with the day of the event of that UID, as the calendar has them; or nothing. */
static void add_event(struct text *out, const char *name, day on) {
  int year, month, date;
  civil_of_day(on, &year, &month, &date);
  text_addf(out, "agr_1-%s %04d%02d%02d\n", name, year, month, date);
}

/* The latest day six months before which the day of the month is the same, or the month's last. */
static day six_months_before(day end) {
  int year, month, date;
  civil_of_day(end, &year, &month, &date);
  year -= month <= 6 ? 1 : 0;
  month += month <= 6 ? 6 : -6;
  int length = days_in_month(year, month);
  return civil_to_day(year, month, date < length ? date : length);
}

static void expect_events(struct text *out, const struct model_answer *answer) {
  if (answer->ends_on == DAY_NONE)
    return;
  if (six_months_before(answer->ends_on) >= answer->starts_on)
    add_event(out, "review", six_months_before(answer->ends_on));
  if (answer->notice_on != DAY_NONE)
    add_event(out, "notice", answer->notice_on);
  add_event(out, "end", answer->ends_on);
}

static void read_events(struct text *out, const struct text *calendar) {
  static const char uid[] = "UID:", start[] = "DTSTART;VALUE=DATE:";
  char *copy = memory_copy(out, calendar->data);
  char id[64] = "", on[16] = "";
  for (char *line = strtok(copy, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
    if (strncmp(line, uid, sizeof uid - 1) == 0)
      (void)snprintf(id, sizeof id, "%.63s", line + sizeof uid - 1);
    else if (strncmp(line, start, sizeof start - 1) == 0)
      (void)snprintf(on, sizeof on, "%.15s", line + sizeof start - 1);
    else if (strcmp(line, "END:VEVENT") == 0)
      text_addf(out, "%s %s\n", id, on);
  }
}

static void compare_calendar(const struct terms *terms, day on) {
  struct standing standing;
  struct model_answer expected;
  standing_on(terms, on, &standing);
  model_ask(&model, on, &expected);
  struct calendar_agreement told = {.id = "agr_1",
                                    .title = "T",
                                    .details = "D",
                                    .starts_on = standing.period_starts_on,
                                    .ends_on = standing.period_ends_on,
                                    .notice_on = standing.notice_on,
                                    .revision = 1,
                                    .created_at = "2026-04-01T09:30:00.000Z",
                                    .updated_at = "2026-04-01T09:30:00.000Z"};
  struct text *calendar = text_new(NULL), *got = text_new(calendar), *wanted = text_new(calendar);
  calendar_add(calendar, &told);
  read_events(got, calendar);
  expect_events(wanted, &expected);
  if (strcmp(got->data, wanted->data) != 0) {
    tell_terms(terms);
    fail_msg("calendar:\n%smodel:\n%s", got->data, wanted->data);
  }
  talloc_free(calendar);
}

/* -- tests --------------------------------------------------------------------------------------------------------- */

/* The settings of a registry: those that it has at first, or any. */
static void random_windows(struct random *random, bool first) {
  struct standing_windows windows = STANDING_WINDOWS_DEFAULT;
  if (!first && !random_one_in(random, 4)) {
    windows = (struct standing_windows){random_between(random, 1, 400), random_between(random, 1, 200),
                                        random_between(random, 1, 60)};
  }
  standing_set_windows(&windows);
}

static void random_agreements_stand_as_the_plain_model_says(void **state) {
  (void)state;
  struct random random = {.state = seed};
  struct random_agreement agreement;
  for (int i = 0; i < AGREEMENTS; i++) {
    if (i % 100 == 0) {
      random_windows(&random, i == 0);
    }
    random_agreement(&random, &agreement);
    model_make(&model, &agreement.terms);
    assert_int_equal(terms_start(&agreement.terms), model.start);
    for (int k = 0; k < DAYS; k++)
      compare(&agreement.terms, day_to_ask(&random, &agreement.terms));
    compare_calendar(&agreement.terms, day_to_ask(&random, &agreement.terms));
  }
}

/* The registry looks at an agreement again on `due_on`, and trusts that nothing changes before. */
static void nothing_changes_before_the_day_that_is_said_and_something_does_then(void **state) {
  (void)state;
  struct random random = {.state = seed + 1};
  struct random_agreement agreement;
  for (int i = 0; i < AGREEMENTS / 10; i++) {
    struct standing standing;
    struct model_answer first, later;
    random_agreement(&random, &agreement);
    model_make(&model, &agreement.terms);
    day on = day_to_ask(&random, &agreement.terms), next = on;
    standing_on(&agreement.terms, on, &standing);
    model_ask(&model, on, &first);
    do {
      model_ask(&model, ++next, &later);
    } while (same_answer(&first, &later) && next < on + WALKED);
    if (!same_answer(&first, &later) ? standing.due_on != next
                                     : standing.due_on != DAY_NONE && standing.due_on <= next) {
      tell_terms(&agreement.terms);
      tell_day("on", on);
      tell_day("model", next);
      tell_day("code", standing.due_on);
      fail();
    }
  }
}

static void a_term_in_months_and_the_end_that_it_means_give_the_same_answers(void **state) {
  (void)state;
  struct random random = {.state = seed + 2};
  struct random_agreement agreement;
  for (int i = 0; i < PAIRS; i++) {
    random_agreement(&random, &agreement);
    struct terms months = agreement.terms, end = agreement.terms;
    model_make(&model, &months);
    if (model.start == DAY_NONE)
      continue;
    months.term_months = random_between(&random, 1, 48);
    months.ends_on.known = end.ends_on.known = false;
    end.term_months = 0;
    day last = model_months_later(model.start, months.term_months) - 1;
    end.ends_on = (struct partial_date){.known = true, .whole = true, .first = last, .last = last};
    for (int k = 0; k < DAYS; k++) {
      struct standing one, other;
      day on = day_to_ask(&random, &months);
      standing_on(&months, on, &one);
      standing_on(&end, on, &other);
      struct model_answer first = answer_of(&one), second = answer_of(&other);
      if (!same_answer(&first, &second) || one.next_change_on != other.next_change_on) {
        tell_terms(&months);
        tell_day("on", on);
        tell_answer("months", &first, one.next_change_on, one.next_status);
        tell_answer("end   ", &second, other.next_change_on, other.next_status);
        fail();
      }
    }
  }
}

int main(void) {
  const char *given = getenv("ENTENTE_SEED");
  seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
  print_message("seed %llu\n", (unsigned long long)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_agreements_stand_as_the_plain_model_says),
      cmocka_unit_test(nothing_changes_before_the_day_that_is_said_and_something_does_then),
      cmocka_unit_test(a_term_in_months_and_the_end_that_it_means_give_the_same_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
