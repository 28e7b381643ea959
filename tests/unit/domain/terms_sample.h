/* Terms in a few words, and short ways to say what must follow from them. */
#ifndef ENTENTE_TESTS_DOMAIN_TERMS_SAMPLE_H
#define ENTENTE_TESTS_DOMAIN_TERMS_SAMPLE_H

#include "domain/standing.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

#define COUNT(array) (sizeof array / sizeof array[0])

static inline struct partial_date date(const char *text) {
  struct partial_date out = {0};
  assert_true(partial_date_read(text, strlen(text), &out));
  return out;
}

static inline day at(const char *text) {
  day out = DAY_NONE;
  assert_true(day_read(text, &out));
  return out;
}

/* A concluded agreement of which nothing else is known. */
static inline struct terms concluded(void) {
  return (struct terms){.concluded = true, .stage = "concluded", .renewal_max = -1, .superseded_on = DAY_NONE};
}

static inline struct terms from_to(const char *start, const char *end) {
  struct terms terms = concluded();
  terms.effective_on = date(start);
  if (end != NULL)
    terms.ends_on = date(end);
  return terms;
}

static inline struct terms automatic(struct terms terms, int months, int max) {
  terms.renewal = RENEWAL_AUTOMATIC;
  terms.renewal_months = months;
  terms.renewal_max = max;
  return terms;
}

static inline void agree_notice(struct terms *terms, int months, int days) {
  terms->notice = true;
  terms->notice_months = months;
  terms->notice_days = days;
}

static inline struct standing on(struct terms terms, const char *day_text) {
  struct standing out;
  standing_on(&terms, at(day_text), &out);
  return out;
}

static inline void assert_day(day value, const char *expected) {
  char text[DAY_SIZE] = "none";
  if (value != DAY_NONE)
    day_print(value, text);
  assert_string_equal(text, expected);
}

static inline void assert_status(struct terms terms, const char *day_text, const char *status, const char *rule) {
  struct standing standing = on(terms, day_text);
  assert_string_equal(standing.status, status);
  assert_string_equal(standing.rule, rule);
}

static inline void assert_period(const struct standing *standing, int number, const char *starts, const char *ends,
                                 const char *basis) {
  assert_int_equal(standing->period_number, number);
  assert_day(standing->period_starts_on, starts);
  assert_day(standing->period_ends_on, ends);
  if (basis == NULL)
    assert_null(standing->period_basis);
  else
    assert_string_equal(standing->period_basis, basis);
}

#endif
