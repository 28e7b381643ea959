/* Agreements by chance, of the kinds that are hard: ends of months, leap days, terms of one day, notice as long as the
 * renewal, and what ends them near the days on which they would end anyway. */
#ifndef ENTENTE_TESTS_DOMAIN_STANDING_RANDOM_H
#define ENTENTE_TESTS_DOMAIN_STANDING_RANDOM_H

#include "standing_model.h"

struct random {
  uint64_t state;
};

struct random_agreement {
  struct terms terms;
  struct suspension suspensions[3];
  day events[3];
};

/* From 0 to below - 1 (splitmix64). */
static inline int random_below(struct random *random, int below) {
  uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (int)((z ^ (z >> 31)) % (uint64_t)below);
}

static inline bool random_one_in(struct random *random, int count) {
  return random_below(random, count) == 0;
}

static inline int random_between(struct random *random, int from, int to) {
  return from + random_below(random, to - from + 1);
}

/* Half of them around the end of a month, and some around the end of a February. */
static inline day random_day(struct random *random, int first_year, int last_year) {
  int year = random_between(random, first_year, last_year);
  int month = random_one_in(random, 4) ? 2 : random_between(random, 1, 12);
  if (random_one_in(random, 2))
    return civil_to_day(year, month, days_in_month(year, month)) + random_between(random, -2, 2);
  return civil_to_day(year, month, random_between(random, 1, days_in_month(year, month)));
}

/* Mostly to the day; else the month or the year that has the day. */
static inline struct partial_date random_precision(struct random *random, day value) {
  int year, month, date;
  civil_of_day(value, &year, &month, &date);
  switch (random_below(random, 10)) {
  case 0:
    return (struct partial_date){.known = true,
                                 .first = civil_to_day(year, month, 1),
                                 .last = civil_to_day(year, month, days_in_month(year, month))};
  case 1:
    return (struct partial_date){.known = true, .first = civil_to_day(year, 1, 1), .last = civil_to_day(year, 12, 31)};
  default:
    return (struct partial_date){.known = true, .whole = true, .first = value, .last = value};
  }
}

static inline void random_start(struct random *random, struct terms *terms, day start) {
  if (!random_one_in(random, 3))
    terms->effective_on = random_precision(random, start);
  if (!random_one_in(random, 3))
    terms->concluded_on = random_precision(random, start - random_below(random, 3) * 20);
  if (random_one_in(random, 3))
    terms->signed_on = random_precision(random, start - random_below(random, 3) * 20);
}

static inline void random_end(struct random *random, struct terms *terms, day start) {
  static const int months[] = {1, 2, 3, 6, 11, 12, 13, 24, 36, 60};
  switch (random_below(random, 6)) {
  case 0:
    terms->open_ended = random_one_in(random, 2);
    break;
  case 1:
  case 2:
    terms->term_months = months[random_below(random, 10)];
    break;
  case 3:
    terms->ends_on = random_precision(random, model_months_later(start, months[random_below(random, 10)]) - 1);
    break;
  case 4: /* a few days, one at least */
    terms->ends_on = random_precision(random, start + random_below(random, 4));
    break;
  default:
    terms->ends_on = random_precision(random, start + random_below(random, 1500));
  }
  if ((terms->ends_on.known || terms->term_months > 0) && random_one_in(random, 6))
    terms->extended_to = random_precision(random, model_first_end(terms, start) + random_below(random, 800));
}

/* No renewal of less than a month; one with a limit ends in the years that the model walks through. */
static inline void random_renewal(struct random *random, struct terms *terms) {
  static const int months[] = {1, 3, 6, 12, 12, 24, 0};
  static const int days[] = {0, 1, 14, 30, 90, 400};
  static const int limits[] = {-1, -1, 0, 1, 2, 5};
  int kind = random_below(random, 5);
  terms->renewal = kind == 0 ? RENEWAL_NONE : kind == 1 ? RENEWAL_EXPRESS : RENEWAL_AUTOMATIC;
  terms->renewal_max = -1;
  if (terms->renewal == RENEWAL_AUTOMATIC) {
    terms->renewal_months = months[random_below(random, 7)];
    terms->renewal_max = limits[random_below(random, 6)];
  }
  terms->notice = !random_one_in(random, 4);
  if (!terms->notice)
    return;
  if (random_one_in(random, 4)) /* as long as the renewal, or a month off */
    terms->notice_months = terms->renewal_months + random_below(random, 2);
  else if (random_one_in(random, 2))
    terms->notice_months = random_between(random, 1, 6);
  else
    terms->notice_days = days[random_below(random, 6)];
}

/* A day near the start or near an end of a period, or any. */
static inline day random_near(struct random *random, const struct model *model, day start) {
  day around = random_one_in(random, 4) ? start : random_day(random, 2001, 2022);
  if (model->count > 0 && !random_one_in(random, 3)) {
    const struct model_period *period = &model->periods[random_below(random, model->count < 6 ? model->count : 6)];
    if (period->last_notice != DAY_NONE && random_one_in(random, 2))
      around = period->last_notice;
    else if (period->ends_on != DAY_NONE)
      around = period->ends_on;
  }
  return around + random_between(random, -2, 2);
}

/* All after the periods are known, so that it can be near to them. */
static inline void random_interference(struct random *random, struct random_agreement *out, const struct model *model,
                                       day start) {
  struct terms *terms = &out->terms;
  if (random_one_in(random, 5))
    terms->terminated_on = random_precision(random, random_near(random, model, start));
  if (random_one_in(random, 3))
    terms->noticed_on = random_precision(random, random_near(random, model, start));
  if (random_one_in(random, 6))
    terms->superseded_on = random_near(random, model, start);
  terms->suspension_count = random_one_in(random, 3) ? (size_t)random_between(random, 1, 3) : 0;
  for (size_t i = 0; i < terms->suspension_count; i++) {
    day from = random_near(random, model, start);
    out->suspensions[i] = (struct suspension){.from = random_precision(random, from)};
    if (!random_one_in(random, 3))
      out->suspensions[i].until = random_precision(random, from + random_below(random, 600));
  }
  terms->event_count = (size_t)random_below(random, 4);
  for (size_t i = 0; i < terms->event_count; i++)
    out->events[i] = random_near(random, model, start);
}

static inline bool random_is_partial(const struct partial_date *value) {
  return value->known && !value->whole;
}

static inline void random_mark_partial(struct terms *terms) {
  terms->partial = random_is_partial(&terms->effective_on) || random_is_partial(&terms->concluded_on) ||
                   random_is_partial(&terms->signed_on) || random_is_partial(&terms->ends_on) ||
                   random_is_partial(&terms->extended_to) || random_is_partial(&terms->terminated_on) ||
                   random_is_partial(&terms->noticed_on);
}

static inline void random_agreement(struct random *random, struct random_agreement *out) {
  static struct model model; /* large; the tests have one thread */
  day start = random_day(random, 2001, 2015);
  *out = (struct random_agreement){.terms = {.stage = "concluded", .superseded_on = DAY_NONE}};
  out->terms.concluded = !random_one_in(random, 40);
  if (!out->terms.concluded)
    out->terms.stage = "negotiating";
  random_start(random, &out->terms, start);
  day known = model_start(&out->terms);
  random_end(random, &out->terms, known == DAY_NONE ? start : known);
  random_renewal(random, &out->terms);
  out->terms.suspensions = out->suspensions;
  out->terms.events = out->events;
  model_make(&model, &out->terms);
  random_interference(random, out, &model, start);
  random_mark_partial(&out->terms);
}

#endif
