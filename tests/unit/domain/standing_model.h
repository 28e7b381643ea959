/* How an agreement stands, told slowly: every period is written down, every day is looked at by itself, and what
 * changes is found by walking from day to day. It is written from the rules alone and shares no code with
 * domain/standing.c but the meaning of `struct terms`. */
#ifndef ENTENTE_TESTS_DOMAIN_STANDING_MODEL_H
#define ENTENTE_TESTS_DOMAIN_STANDING_MODEL_H

#include "base/civil.h"
#include "domain/standing.h"

#include <string.h>

/* Renewals without limit are written down as far as the days that are asked for need them. */
enum { MODEL_PERIODS = 500 };

struct model_period {
  day starts_on, ends_on, last_notice; /* ends_on DAY_NONE: no end; last_notice DAY_NONE: no notice is agreed */
};

/* What is the same on every day. */
struct model {
  const struct terms *terms;
  struct standing_windows windows;            /* the settings of the registry */
  day start;                                  /* or DAY_NONE */
  struct model_period periods[MODEL_PERIODS]; /* as agreed, as if nothing ended it before */
  int count;                                  /* of the periods that were written down */
  day last;                                   /* the last day of all, or DAY_NONE */
  const char *status_after, *last_basis;      /* last_basis NULL: as any other period of its number */
  day quiet_after;                            /* the last day that the terms name: the status stays after the next */
};

struct model_answer {
  const char *status;
  unsigned flags;
  int number;
  day starts_on, ends_on;
  const char *basis;
  day notice_on, notice_for;
};

/* -- months -------------------------------------------------------------------------------------------------------- */

/* The day of the month is that of `value`, or the month's last. */
static inline day model_months_later(day value, int months) {
  int year, month, date;
  civil_of_day(value, &year, &month, &date);
  months += year * 12 + month - 1;
  int length = days_in_month(months / 12, months % 12 + 1);
  return civil_to_day(months / 12, months % 12 + 1, date < length ? date : length);
}

/* The latest day from which the notice does not reach past the end. No month is shorter than 28 days. */
static inline day model_last_notice(const struct terms *terms, day end) {
  day on = end - 28 * terms->notice_months - terms->notice_days;
  while (model_months_later(on, terms->notice_months) + terms->notice_days > end)
    on--;
  return on;
}

/* -- periods ------------------------------------------------------------------------------------------------------- */

static inline day model_start(const struct terms *terms) {
  if (terms->effective_on.known)
    return terms->effective_on.first;
  if (terms->concluded_on.known)
    return terms->concluded_on.first;
  return terms->signed_on.known ? terms->signed_on.first : DAY_NONE;
}

/* As first agreed, before any extension. */
static inline day model_agreed_end(const struct terms *terms, day start) {
  if (terms->ends_on.known)
    return terms->ends_on.last;
  return terms->term_months > 0 ? model_months_later(start, terms->term_months) - 1 : DAY_NONE;
}

static inline day model_first_end(const struct terms *terms, day start) {
  return terms->extended_to.known ? terms->extended_to.last : model_agreed_end(terms, start);
}

/* Of each renewal; where it is not agreed, the length of the first period as agreed if that is whole months, else a
 * year. */
static inline int model_renewal_months(const struct terms *terms, day start) {
  day first_end = model_agreed_end(terms, start);
  if (terms->renewal_months > 0)
    return terms->renewal_months;
  int months = 1;
  while (model_months_later(start, months) - 1 < first_end)
    months++;
  return model_months_later(start, months) - 1 == first_end ? months : 12;
}

static inline void model_add_period(struct model *model, day starts_on, day ends_on) {
  struct model_period *period = &model->periods[model->count++];
  period->starts_on = starts_on;
  period->ends_on = ends_on;
  period->last_notice =
      model->terms->notice && ends_on != DAY_NONE ? model_last_notice(model->terms, ends_on) : DAY_NONE;
}

static inline void model_write_periods(struct model *model) {
  const struct terms *terms = model->terms;
  day first_end = model_first_end(terms, model->start);
  model_add_period(model, model->start, first_end);
  if (terms->renewal != RENEWAL_AUTOMATIC || first_end == DAY_NONE)
    return;
  int months = model_renewal_months(terms, model->start);
  for (int k = 1; (terms->renewal_max < 0 || k <= terms->renewal_max) && model->count < MODEL_PERIODS; k++)
    model_add_period(model, model->periods[model->count - 1].ends_on + 1,
                     model_months_later(first_end + 1, k * months) - 1);
}

/* -- what ends it -------------------------------------------------------------------------------------------------- */

/* Causes are told from the weakest on, so that of two on one day the later one told stays. */
static inline void model_end(struct model *model, day last, const char *status_after, const char *basis) {
  if (model->last == DAY_NONE || last <= model->last) {
    model->last = last;
    model->status_after = status_after;
    model->last_basis = basis;
  }
}

static inline void model_find_end(struct model *model) {
  const struct terms *terms = model->terms;
  const struct model_period *final = &model->periods[model->count - 1];
  bool renews = terms->renewal == RENEWAL_AUTOMATIC && final->ends_on != DAY_NONE;
  if (final->ends_on != DAY_NONE && !(renews && terms->renewal_max < 0))
    model_end(model, final->ends_on, "expired", NULL);
  if (terms->terminated_on.known) {
    model_end(model, terms->terminated_on.first - 1, "terminated", "termination");
  } else if (terms->noticed_on.known && renews) {
    for (int i = 0; i < model->count; i++) {
      const struct model_period *period = &model->periods[i];
      day until = period->last_notice == DAY_NONE ? period->ends_on : period->last_notice;
      if (until >= terms->noticed_on.first) {
        model_end(model, period->ends_on, "terminated", "notice");
        break;
      }
    }
  }
  if (terms->superseded_on != DAY_NONE)
    model_end(model, terms->superseded_on - 1, "superseded", "supersession");
}

static inline void model_find_quiet(struct model *model) {
  model->quiet_after = model->last > model->start ? model->last : model->start;
  for (size_t i = 0; i < model->terms->suspension_count; i++) {
    const struct suspension *suspension = &model->terms->suspensions[i];
    day named = suspension->until.known ? suspension->until.last : suspension->from.first;
    if (named > model->quiet_after)
      model->quiet_after = named;
  }
}

static inline void model_make(struct model *model, const struct terms *terms) {
  model->terms = terms;
  model->windows = standing_windows();
  model->start = model_start(terms);
  model->count = 0;
  model->last = DAY_NONE;
  model->status_after = model->last_basis = NULL;
  if (model->start != DAY_NONE) {
    model_write_periods(model);
    model_find_end(model);
  }
  model_find_quiet(model);
}

/* -- a day --------------------------------------------------------------------------------------------------------- */

static inline const char *model_status(const struct model *model, day on) {
  const struct terms *terms = model->terms;
  if (!terms->concluded)
    return terms->stage;
  if (model->start == DAY_NONE)
    return "unknown";
  if (model->last != DAY_NONE && model->last < on)
    return model->status_after;
  if (model->start > on)
    return "signed";
  for (size_t i = 0; i < terms->suspension_count; i++) {
    const struct suspension *suspension = &terms->suspensions[i];
    if (suspension->from.first <= on && (!suspension->until.known || on <= suspension->until.last))
      return "suspended";
  }
  return "in_force";
}

/* Counted from the last event that has been, or from the start. */
static inline bool model_dormant(const struct model *model, day on) {
  day last = model->start;
  for (size_t i = 0; i < model->terms->event_count; i++) {
    day event = model->terms->events[i];
    if (event <= on && event > last)
      last = event;
  }
  return model_months_later(last, model->windows.dormant_months) <= on;
}

static inline void model_fill_period(const struct model *model, int at, struct model_answer *out) {
  const struct terms *terms = model->terms;
  const struct model_period *period = &model->periods[at];
  out->number = at + 1;
  out->starts_on = period->starts_on;
  out->ends_on = period->ends_on;
  if (period->ends_on == DAY_NONE)
    out->basis = terms->open_ended ? "open_ended" : "end_unknown";
  else if (at > 0)
    out->basis = "renewal";
  else
    out->basis = terms->extended_to.known ? "extension" : "term";
  if (model->last_basis != NULL && (period->ends_on == DAY_NONE || model->last <= period->ends_on)) {
    out->ends_on = model->last;
    out->basis = model->last_basis;
  }
}

static inline void model_fill_notice(const struct model *model, int at, day on, struct model_answer *out) {
  if (model->last_basis != NULL)
    return;
  for (int i = at; i < model->count; i++)
    if (model->periods[i].last_notice != DAY_NONE && model->periods[i].last_notice >= on) {
      out->notice_on = model->periods[i].last_notice;
      out->notice_for = model->periods[i].ends_on;
      return;
    }
}

static inline void model_fill_flags(const struct model *model, day on, struct model_answer *out) {
  bool renews = out->notice_for != DAY_NONE && out->notice_for != model->periods[model->count - 1].ends_on;
  if (renews && out->notice_on - on <= model->windows.notice_days) /* of the last period there is nothing to prevent */
    out->flags |= FLAG_NOTICE_WINDOW;
  if (out->number > 1)
    out->flags |= FLAG_RENEWED;
  if (strcmp(out->status, "in_force") == 0 && model_dormant(model, on))
    out->flags |= FLAG_DORMANT;
}

/* An end that is known counts before it comes, and before the agreement starts, too. */
static inline void model_flag_end(const struct model *model, day on, struct model_answer *out) {
  if (model->last != DAY_NONE && model->last - on <= model->windows.expiring_days)
    out->flags |= FLAG_EXPIRING;
  if (model->last_basis != NULL)
    out->flags |= FLAG_ENDING;
  if (model->last == DAY_NONE && model->periods[0].ends_on == DAY_NONE && !model->terms->open_ended)
    out->flags |= FLAG_END_UNKNOWN;
}

static inline void model_ask(const struct model *model, day on, struct model_answer *out) {
  *out = (struct model_answer){.status = model_status(model, on),
                               .flags = model->terms->partial ? FLAG_PARTIAL_DATES : 0,
                               .starts_on = DAY_NONE,
                               .ends_on = DAY_NONE,
                               .notice_on = DAY_NONE,
                               .notice_for = DAY_NONE};
  bool runs = strcmp(out->status, "in_force") == 0 || strcmp(out->status, "suspended") == 0;
  if (runs || strcmp(out->status, "signed") == 0)
    model_flag_end(model, on, out);
  if (!runs)
    return;
  int at = 0;
  while (model->periods[at].ends_on != DAY_NONE && model->periods[at].ends_on < on)
    at++;
  model_fill_period(model, at, out);
  model_fill_notice(model, at, on, out);
  model_fill_flags(model, on, out);
}

/* The next day on which the status is another, and that; DAY_NONE when there is none. */
static inline day model_next_change(const struct model *model, day on, const char **status) {
  const char *now = model_status(model, on);
  for (day next = on + 1; next <= model->quiet_after + 1; next++) {
    *status = model_status(model, next);
    if (strcmp(*status, now) != 0)
      return next;
  }
  *status = NULL;
  return DAY_NONE;
}

#endif
