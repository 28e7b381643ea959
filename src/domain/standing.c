/* The terms are first laid out as a course: the day the agreement starts, the end of its first period, and how further
 * ends follow from that. The k-th end is always counted from the beginning, by adding k times the renewal's months to
 * one fixed day, never to the end before it; so the last day of a month stays the last day, and the period that holds a
 * given day is found without walking through those before it. An end that comes from a term is the day before the same
 * day so many months after the start; an end that was stated (ends_on, an extension) is counted from itself.
 *
 * On one day, a standing is derived by the rules in their order (`enum rule`); the first that holds decides.
 *
 * Between two edges a standing does not change. Edges of the status are the start, the last period's end, the
 * termination, the succession and both ends of each suspension. Those of the rest are the current period's end, the
 * thresholds before it and before the last day of notice, and the days around the latest event. What comes next is
 * found by stepping from edge to edge and deriving anew, until something differs. */
#include "domain/standing.h"

#include "base/civil.h"

#include <limits.h>
#include <stdint.h>

enum {
  EXPIRING_DAYS = 180,
  NOTICE_WINDOW_DAYS = 90,
  DORMANT_MONTHS = 24,
  YEAR_MONTHS = 12,
  CALENDAR_MONTHS = 10000 * 12 /* more than lie between any two days */
};

const char *const flag_names[FLAG_COUNT] = {"expiring",    "notice_window", "renewed",
                                            "end_unknown", "dormant",       "partial_dates"};

enum rule {
  RULE_STAGE,
  RULE_SUPERSEDED,
  RULE_TERMINATED,
  RULE_NO_START,
  RULE_BEFORE_START,
  RULE_SUSPENDED,
  RULE_NO_END,
  RULE_IN_PERIOD,
  RULE_AFTER_PERIOD
};

static const struct {
  const char *name, *status;
} rules[] = {
    [RULE_STAGE] = {"stage", NULL},
    [RULE_SUPERSEDED] = {"superseded", "superseded"},
    [RULE_TERMINATED] = {"terminated", "terminated"},
    [RULE_NO_START] = {"no_start", "unknown"},
    [RULE_BEFORE_START] = {"before_start", "signed"},
    [RULE_SUSPENDED] = {"suspended", "suspended"},
    [RULE_NO_END] = {"no_end", "in_force"},
    [RULE_IN_PERIOD] = {"in_period", "in_force"},
    [RULE_AFTER_PERIOD] = {"after_period", "expired"},
};

struct course {
  day start;         /* DAY_NONE: unknown */
  bool has_end;      /* the first period has an end */
  day anchor;        /* the day from which ends are counted … */
  int anchor_months; /* … by these months for the first */
  bool by_term;      /* and the end is the day before */
  const char *basis; /* of the first period */
  int step;          /* months of each renewal */
  int renewals;      /* that follow by themselves, at most */
};

day terms_start(const struct terms *terms) {
  if (terms->effective_on.known) {
    return terms->effective_on.first;
  }
  if (terms->concluded_on.known) {
    return terms->concluded_on.first;
  }
  return terms->signed_on.known ? terms->signed_on.first : DAY_NONE;
}

static struct course course_of(const struct terms *terms) {
  struct course course = {.start = terms_start(terms), .has_end = true, .basis = "term"};
  if (terms->extended_to.known) {
    course.anchor = terms->extended_to.last;
    course.basis = "extension";
  } else if (terms->ends_on.known) {
    course.anchor = terms->ends_on.last;
  } else if (terms->term_months > 0 && course.start != DAY_NONE) {
    course.anchor = course.start;
    course.anchor_months = terms->term_months;
    course.by_term = true;
  } else {
    course.has_end = false;
    course.basis = terms->open_ended ? "open_ended" : "end_unknown";
  }
  course.step = terms->renewal_months;
  if (course.step <= 0) {
    course.step = terms->term_months > 0 ? terms->term_months : YEAR_MONTHS;
  }
  if (terms->renewal == RENEWAL_AUTOMATIC) {
    course.renewals = terms->renewal_max < 0 ? INT_MAX : terms->renewal_max;
  }
  return course;
}

/* The end after so many renewals of a course that has an end. */
static day end_after(const struct course *course, int renewals) {
  int64_t months = course->anchor_months + (int64_t)renewals * course->step;
  day at = day_add_months(course->anchor, months < CALENDAR_MONTHS ? (int)months : CALENDAR_MONTHS);
  return course->by_term && at != DAY_LAST ? at - 1 : at;
}

/* The number of the period that holds the day, were the agreement under way; 0 when the last has ended before. */
static int period_on(const struct course *course, day on) {
  if (!course->has_end) {
    return 1;
  }
  int year, month, end_year, end_month, day_of_month;
  civil_of_day(on, &year, &month, &day_of_month);
  civil_of_day(end_after(course, 0), &end_year, &end_month, &day_of_month);
  /* Ends lie `step` months apart: with one renewal fewer than fit between the two months, the end surely lies before.
   */
  int fewest = ((year - end_year) * YEAR_MONTHS + month - end_month) / course->step;
  int renewals = fewest > 0 ? fewest : 0;
  if (renewals > course->renewals) {
    renewals = course->renewals;
  }
  while (end_after(course, renewals) < on) {
    if (renewals == course->renewals) {
      return 0;
    }
    renewals++;
  }
  return renewals + 1;
}

static bool suspended_on(const struct terms *terms, day on) {
  for (size_t i = 0; i < terms->suspension_count; i++) {
    const struct suspension *suspension = &terms->suspensions[i];
    if (suspension->from.known && suspension->from.first <= on &&
        (!suspension->until.known || on <= suspension->until.last)) {
      return true;
    }
  }
  return false;
}

static bool superseded_by(const struct terms *terms, day on) {
  return terms->superseded_on != DAY_NONE && terms->superseded_on <= on;
}

static bool terminated_by(const struct terms *terms, day on) {
  return terms->terminated_on.known && terms->terminated_on.first <= on;
}

static enum rule rule_on(const struct terms *terms, const struct course *course, day on) {
  if (!terms->concluded) {
    return RULE_STAGE;
  }
  if (superseded_by(terms, on)) {
    return RULE_SUPERSEDED;
  }
  if (terminated_by(terms, on)) {
    return RULE_TERMINATED;
  }
  if (course->start == DAY_NONE) {
    return RULE_NO_START;
  }
  if (course->start > on) {
    return RULE_BEFORE_START;
  }
  if (suspended_on(terms, on)) {
    return RULE_SUSPENDED;
  }
  if (!course->has_end) {
    return RULE_NO_END;
  }
  return period_on(course, on) > 0 ? RULE_IN_PERIOD : RULE_AFTER_PERIOD;
}

static void set_period(const struct terms *terms, const struct course *course, day on, struct standing *out) {
  int number = period_on(course, on);
  if (number == 0) {
    return;
  }
  out->period_number = number;
  out->period_starts_on = number == 1 ? course->start : end_after(course, number - 2) + 1;
  out->period_basis = number == 1 ? course->basis : "renewal";
  if (!course->has_end) {
    return;
  }
  out->period_ends_on = end_after(course, number - 1);
  if (terms->notice_months > 0) {
    out->notice_on = day_add_months(out->period_ends_on, -terms->notice_months);
  } else if (terms->notice_days > 0) {
    out->notice_on =
        terms->notice_days < out->period_ends_on - DAY_FIRST ? out->period_ends_on - terms->notice_days : DAY_FIRST;
  }
}

/* The day of the latest thing that happened by then; the start counts as one. */
static day last_activity(const struct terms *terms, day start, day on) {
  day latest = start;
  for (size_t i = 0; i < terms->event_count; i++) {
    if (terms->events[i] <= on && terms->events[i] > latest) {
      latest = terms->events[i];
    }
  }
  return latest;
}

/* What happens at the end of the current period decides two flags. Whoever ends or takes over the agreement by the next
 * period's first day leaves nothing to renew; a successor leaves nothing to expire either. */
static unsigned period_flags(const struct terms *terms, const struct course *course, day on,
                             const struct standing *standing) {
  if (standing->period_number == 0 || standing->period_ends_on == DAY_NONE) {
    return 0;
  }
  day next = standing->period_ends_on + 1;
  bool succeeded = superseded_by(terms, next);
  bool renews = standing->period_number <= course->renewals && !terminated_by(terms, next) && !succeeded;
  unsigned flags = 0;
  if (!renews && !succeeded && standing->period_ends_on - on <= EXPIRING_DAYS) {
    flags |= FLAG_EXPIRING;
  }
  if (renews && standing->notice_on != DAY_NONE && on <= standing->notice_on &&
      standing->notice_on - on <= NOTICE_WINDOW_DAYS) {
    flags |= FLAG_NOTICE_WINDOW;
  }
  return flags;
}

static void set_missing(enum rule rule, unsigned flags, struct standing *out) {
  if (rule == RULE_NO_START) {
    out->missing[0] = "effective_on";
    out->missing[1] = "concluded_on";
    out->missing[2] = "parties[].signed_on";
  } else if ((flags & FLAG_END_UNKNOWN) != 0) {
    out->missing[0] = "ends_on";
    out->missing[1] = "term_months";
    out->missing[2] = "open_ended";
  }
}

/* Everything but what comes next. */
static void derive(const struct terms *terms, const struct course *course, day on, struct standing *out) {
  *out = (struct standing){.period_starts_on = DAY_NONE,
                           .period_ends_on = DAY_NONE,
                           .notice_on = DAY_NONE,
                           .next_change_on = DAY_NONE,
                           .due_on = DAY_NONE};
  enum rule rule = rule_on(terms, course, on);
  out->rule = rules[rule].name;
  out->status = rule == RULE_STAGE ? terms->stage : rules[rule].status;
  bool in_force = rule == RULE_IN_PERIOD || rule == RULE_NO_END;
  bool under_way = in_force || rule == RULE_SUSPENDED;
  if (under_way) {
    set_period(terms, course, on, out);
  }
  out->flags = period_flags(terms, course, on, out);
  if (out->period_number > 1) {
    out->flags |= FLAG_RENEWED;
  }
  if (!course->has_end && !terms->open_ended && (under_way || rule == RULE_BEFORE_START)) {
    out->flags |= FLAG_END_UNKNOWN;
  }
  if (in_force && day_add_months(last_activity(terms, course->start, on), DORMANT_MONTHS) <= on) {
    out->flags |= FLAG_DORMANT;
  }
  if (terms->partial) {
    out->flags |= FLAG_PARTIAL_DATES;
  }
  set_missing(rule, out->flags, out);
}

/* Keeps the earliest candidate after `on`. Past the calendar's last day nothing is ever asked. */
static void offer(day candidate, day on, day *edge) {
  if (candidate > on && candidate <= DAY_LAST && (*edge == DAY_NONE || candidate < *edge)) {
    *edge = candidate;
  }
}

static day next_status_edge(const struct terms *terms, const struct course *course, day on) {
  day edge = DAY_NONE;
  offer(course->start, on, &edge);
  offer(terms->superseded_on, on, &edge);
  if (terms->terminated_on.known) {
    offer(terms->terminated_on.first, on, &edge);
  }
  if (course->has_end) {
    offer(end_after(course, course->renewals) + 1, on, &edge);
  }
  for (size_t i = 0; i < terms->suspension_count; i++) {
    if (terms->suspensions[i].from.known) {
      offer(terms->suspensions[i].from.first, on, &edge);
    }
    if (terms->suspensions[i].until.known) {
      offer(terms->suspensions[i].until.last + 1, on, &edge);
    }
  }
  return edge;
}

/* The next edge of anything, after a day with that standing. */
static day next_edge(const struct terms *terms, const struct course *course, day on, const struct standing *standing) {
  day edge = next_status_edge(terms, course, on);
  if (standing->period_number == 0) {
    return edge;
  }
  if (standing->period_ends_on != DAY_NONE) {
    offer(standing->period_ends_on + 1, on, &edge);
    offer(standing->period_ends_on - EXPIRING_DAYS, on, &edge);
  }
  if (standing->notice_on != DAY_NONE) {
    offer(standing->notice_on - NOTICE_WINDOW_DAYS, on, &edge);
    offer(standing->notice_on + 1, on, &edge);
  }
  offer(day_add_months(last_activity(terms, course->start, on), DORMANT_MONTHS), on, &edge);
  for (size_t i = 0; i < terms->event_count; i++) {
    offer(terms->events[i], on, &edge);
  }
  return edge;
}

/* The texts are constants of this file, or the same text of the terms: their addresses tell them apart. */
static bool same(const struct standing *one, const struct standing *other) {
  return one->status == other->status && one->rule == other->rule && one->flags == other->flags &&
         (one->missing[0] == NULL) == (other->missing[0] == NULL) && one->period_number == other->period_number &&
         one->period_starts_on == other->period_starts_on && one->period_ends_on == other->period_ends_on &&
         one->notice_on == other->notice_on;
}

void standing_on(const struct terms *terms, day on, struct standing *out) {
  struct course course = course_of(terms);
  struct standing then;
  if (on > DAY_LAST) {
    on = DAY_LAST;
  }
  derive(terms, &course, on, out);
  day at = on;
  while ((at = next_status_edge(terms, &course, at)) != DAY_NONE) {
    derive(terms, &course, at, &then);
    if (then.status != out->status) {
      out->next_change_on = at;
      out->next_status = then.status;
      break;
    }
  }
  then = *out;
  at = on;
  while ((at = next_edge(terms, &course, at, &then)) != DAY_NONE) {
    derive(terms, &course, at, &then);
    if (!same(&then, out)) {
      out->due_on = at;
      break;
    }
  }
}
