/* The terms are first laid out as a course: the day on which the agreement starts, the last day of its first period,
 * how further periods follow, and what ends it for good.
 *
 * The last day of the period after k renewals is counted from the day after the first period's last day: so many times
 * the renewal's months later, less one day. Nothing is added to the end before, so that the last day of a month stays
 * the last day, and the period that contains a given day is found without a walk through those before it.
 *
 * The earliest of its possible ends ends an agreement: no further renewal, a notice that was given in time, a
 * termination, a successor. It decides the status after that day and how far the last period reaches.
 *
 * On one day, a standing is derived by the rules in their order (`enum rule`); the first that holds decides.
 *
 * Between two edges a standing does not change. Edges of the status are the start, the day after the end, and both ends
 * of each suspension. Those of the rest are the current period's end, the thresholds before it and before the last day
 * of notice, and the days around the latest event. What comes next is found by stepping from edge to edge and deriving
 * anew, until something differs. */
#include "domain/standing.h"

#include "base/civil.h"

#include <limits.h>
#include <stdint.h>

static struct standing_windows windows = STANDING_WINDOWS_DEFAULT;

void standing_set_windows(const struct standing_windows *wanted) {
  windows = *wanted;
}

struct standing_windows standing_windows(void) {
  return windows;
}

enum {
  YEAR_MONTHS = 12,
  CALENDAR_MONTHS = 10000 * 12 /* more than lie between any two days */
};

const char *const flag_names[FLAG_COUNT] = {"expiring",    "notice_window", "ending",       "renewed",
                                            "end_unknown", "dormant",       "partial_dates"};

enum rule {
  RULE_STAGE,
  RULE_NO_START,
  RULE_SUPERSEDED,
  RULE_TERMINATED,
  RULE_AFTER_PERIOD,
  RULE_BEFORE_START,
  RULE_SUSPENDED,
  RULE_NO_END,
  RULE_IN_PERIOD
};

static const struct {
  const char *name, *status;
} rules[] = {
    [RULE_STAGE] = {"stage", NULL},
    [RULE_NO_START] = {"no_start", "unknown"},
    [RULE_SUPERSEDED] = {"superseded", "superseded"},
    [RULE_TERMINATED] = {"terminated", "terminated"},
    [RULE_AFTER_PERIOD] = {"after_period", "expired"},
    [RULE_BEFORE_START] = {"before_start", "signed"},
    [RULE_SUSPENDED] = {"suspended", "suspended"},
    [RULE_NO_END] = {"no_end", "in_force"},
    [RULE_IN_PERIOD] = {"in_period", "in_force"},
};

struct course {
  day start;         /* DAY_NONE: unknown */
  day first_end;     /* of the first period; DAY_NONE: unknown */
  const char *basis; /* of the first period */
  int step;          /* months of each renewal */
  int renewals;      /* that follow by themselves, at most */
  day last;          /* the agreement's last day; DAY_NONE: none is known */
  enum rule after;   /* the rule that holds after it … */
  const char *cause; /* … and the basis of the last period; NULL: that which it has anyway, because nothing renews it */
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

/* -- the course ---------------------------------------------------------------------------------------------------- */

/* The end of a term of so many months that begins on that day. */
static day term_end(day start, int64_t months) {
  day next =
      start > DAY_LAST ? DAY_LAST : day_add_months(start, months < CALENDAR_MONTHS ? (int)months : CALENDAR_MONTHS);
  return next >= DAY_LAST ? DAY_LAST : next - 1;
}

/* The end after so many renewals of a course that has one. */
static day end_after(const struct course *course, int renewals) {
  return renewals == 0 ? course->first_end : term_end(course->first_end + 1, (int64_t)renewals * course->step);
}

/* The number of the first period that ends on that day or later; 0 when the last one ends before it. */
static int period_until(const struct course *course, day on) {
  if (course->first_end == DAY_NONE) {
    return 1;
  }
  int year, month, end_year, end_month, day_of_month;
  civil_of_day(on, &year, &month, &day_of_month);
  civil_of_day(course->first_end, &end_year, &end_month, &day_of_month);
  /* The month of an end is so many steps after the month of the first: with fewer renewals it lies before. */
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

/* How many whole months lie from the first day to the last, both inclusive; 0 when they are no whole months. */
static int whole_months(day first, day last) {
  int year, month, last_year, last_month, day_of_month;
  if (first == DAY_NONE || last < first || last == DAY_LAST) {
    return 0;
  }
  civil_of_day(first, &year, &month, &day_of_month);
  civil_of_day(last + 1, &last_year, &last_month, &day_of_month);
  int months = (last_year - year) * YEAR_MONTHS + last_month - month;
  for (int more = 0; more < 2; more++) { /* a day that a month lacks counts as its last, and lies a month before */
    if (months + more > 0 && term_end(first, months + more) == last) {
      return months + more;
    }
  }
  return 0;
}

/* The months of each renewal: as stated, or as long as the first period was to be. */
static int step_of(const struct terms *terms, day start) {
  if (terms->renewal_months > 0) {
    return terms->renewal_months;
  }
  int months = terms->term_months > 0 ? terms->term_months : 0;
  if (months == 0 && terms->ends_on.known) {
    months = whole_months(start, terms->ends_on.last);
  }
  return months > 0 ? months : YEAR_MONTHS;
}

/* The day by which a notice given on `on` may end the agreement at the earliest. */
static day notice_reaches(const struct terms *terms, day on) {
  if (terms->notice && terms->notice_months > 0) {
    return day_add_months(on, terms->notice_months);
  }
  int days = terms->notice ? terms->notice_days : 0;
  return days < DAY_LAST - on ? on + days : DAY_LAST;
}

/* The last day on which a notice still ends the agreement on `end`. */
static day notice_day(const struct terms *terms, day end) {
  if (terms->notice_months == 0) {
    return terms->notice_days < end - DAY_FIRST ? end - terms->notice_days : DAY_FIRST;
  }
  day on = day_add_months(end, -terms->notice_months);
  while (on < end && day_add_months(on + 1, terms->notice_months) <= end) { /* at the end of a month: three at most */
    on++;
  }
  return on;
}

/* Notes an end that comes before those noted so far. Of two on one day the one that was noted first decides. */
static void end_by(struct course *course, day last, enum rule after, const char *cause) {
  if (last != DAY_NONE && (course->last == DAY_NONE || last < course->last)) {
    course->last = last;
    course->after = after;
    course->cause = cause;
  }
}

static void find_last_day(const struct terms *terms, struct course *course) {
  if (terms->superseded_on != DAY_NONE) {
    end_by(course, terms->superseded_on - 1, RULE_SUPERSEDED, "supersession");
  }
  if (terms->terminated_on.known) {
    end_by(course, terms->terminated_on.first - 1, RULE_TERMINATED, "termination");
  } else if (terms->noticed_on.known && terms->renewal == RENEWAL_AUTOMATIC && course->first_end != DAY_NONE) {
    int number = period_until(course, notice_reaches(terms, terms->noticed_on.first));
    end_by(course, number == 0 ? DAY_NONE : end_after(course, number - 1), RULE_TERMINATED, "notice");
  }
  if (course->first_end != DAY_NONE && course->renewals != INT_MAX) {
    end_by(course, end_after(course, course->renewals), RULE_AFTER_PERIOD, NULL);
  }
}

static struct course course_of(const struct terms *terms) {
  struct course course = {.start = terms_start(terms), .first_end = DAY_NONE, .basis = "term", .last = DAY_NONE};
  if (terms->extended_to.known) {
    course.first_end = terms->extended_to.last;
    course.basis = "extension";
  } else if (terms->ends_on.known) {
    course.first_end = terms->ends_on.last;
  } else if (terms->term_months > 0 && course.start != DAY_NONE) {
    course.first_end = term_end(course.start, terms->term_months);
  } else {
    course.basis = terms->open_ended ? "open_ended" : "end_unknown";
  }
  course.step = step_of(terms, course.start);
  if (terms->renewal == RENEWAL_AUTOMATIC) {
    course.renewals = terms->renewal_max < 0 ? INT_MAX : terms->renewal_max;
  }
  find_last_day(terms, &course);
  return course;
}

/* -- one day ------------------------------------------------------------------------------------------------------- */

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

static enum rule rule_on(const struct terms *terms, const struct course *course, day on) {
  if (!terms->concluded) {
    return RULE_STAGE;
  }
  if (course->start == DAY_NONE) {
    return RULE_NO_START;
  }
  if (course->last != DAY_NONE && course->last < on) {
    return course->after;
  }
  if (course->start > on) {
    return RULE_BEFORE_START;
  }
  if (suspended_on(terms, on)) {
    return RULE_SUSPENDED;
  }
  return course->first_end == DAY_NONE && course->last == DAY_NONE ? RULE_NO_END : RULE_IN_PERIOD;
}

/* Of a day on which the agreement is under way. */
static void set_period(const struct course *course, day on, struct standing *out) {
  int number = period_until(course, on);
  out->period_number = number;
  out->period_starts_on = number == 1 ? course->start : end_after(course, number - 2) + 1;
  out->period_basis = number == 1 ? course->basis : "renewal";
  out->period_ends_on = course->first_end == DAY_NONE ? DAY_NONE : end_after(course, number - 1);
  bool last = course->last != DAY_NONE && (out->period_ends_on == DAY_NONE || course->last <= out->period_ends_on);
  if (last && course->cause != NULL) {
    out->period_ends_on = course->last;
    out->period_basis = course->cause;
  }
}

/* No notice is useful once it is known what ends the agreement. */
static void set_notice(const struct terms *terms, const struct course *course, day on, struct standing *out) {
  if (!terms->notice || course->first_end == DAY_NONE || course->cause != NULL) {
    return;
  }
  int number = out->period_number;
  if (terms->renewal == RENEWAL_AUTOMATIC) {
    int reached = period_until(course, notice_reaches(terms, on));
    number = reached > number || reached == 0 ? reached : number;
  }
  day end = number == 0 ? DAY_NONE : end_after(course, number - 1);
  if (end != DAY_NONE && notice_day(terms, end) >= on) {
    out->notice_on = notice_day(terms, end);
    out->notice_for = end;
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

/* What is to come: the end, notice of it, a renewal. */
static unsigned flags_ahead(const struct terms *terms, const struct course *course, day on,
                            const struct standing *standing) {
  unsigned flags = course->cause != NULL ? FLAG_ENDING : 0;
  if (course->first_end == DAY_NONE && course->last == DAY_NONE && !terms->open_ended) {
    flags |= FLAG_END_UNKNOWN;
  }
  if (course->last != DAY_NONE && course->last - on <= windows.expiring_days) {
    flags |= FLAG_EXPIRING;
  }
  bool renews = terms->renewal == RENEWAL_AUTOMATIC && standing->notice_for != course->last;
  if (renews && standing->notice_on != DAY_NONE && standing->notice_on - on <= windows.notice_days) {
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
                           .notice_for = DAY_NONE,
                           .next_change_on = DAY_NONE,
                           .due_on = DAY_NONE};
  enum rule rule = rule_on(terms, course, on);
  out->rule = rules[rule].name;
  out->status = rule == RULE_STAGE ? terms->stage : rules[rule].status;
  bool in_force = rule == RULE_IN_PERIOD || rule == RULE_NO_END;
  bool under_way = in_force || rule == RULE_SUSPENDED;
  if (under_way) {
    set_period(course, on, out);
    set_notice(terms, course, on, out);
  }
  if (under_way || rule == RULE_BEFORE_START) {
    out->flags = flags_ahead(terms, course, on, out);
  }
  if (out->period_number > 1) {
    out->flags |= FLAG_RENEWED;
  }
  if (in_force && day_add_months(last_activity(terms, course->start, on), windows.dormant_months) <= on) {
    out->flags |= FLAG_DORMANT;
  }
  if (terms->partial) {
    out->flags |= FLAG_PARTIAL_DATES;
  }
  set_missing(rule, out->flags, out);
}

/* -- what comes next ----------------------------------------------------------------------------------------------- */

/* Keeps the earliest candidate after `on`. Past the calendar's last day nothing is ever asked. */
static void offer(day candidate, day on, day *edge) {
  if (candidate > on && candidate <= DAY_LAST && (*edge == DAY_NONE || candidate < *edge)) {
    *edge = candidate;
  }
}

static day next_status_edge(const struct terms *terms, const struct course *course, day on) {
  day edge = DAY_NONE;
  offer(course->start, on, &edge);
  if (course->last != DAY_NONE) {
    offer(course->last + 1, on, &edge);
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
  if (course->last != DAY_NONE) {
    offer(course->last - windows.expiring_days, on, &edge);
  }
  if (standing->period_number == 0) {
    return edge;
  }
  if (standing->period_ends_on != DAY_NONE) {
    offer(standing->period_ends_on + 1, on, &edge);
  }
  if (standing->notice_on != DAY_NONE) {
    offer(standing->notice_on - windows.notice_days, on, &edge);
    offer(standing->notice_on + 1, on, &edge);
  }
  offer(day_add_months(last_activity(terms, course->start, on), windows.dormant_months), on, &edge);
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
         one->period_basis == other->period_basis && one->notice_on == other->notice_on &&
         one->notice_for == other->notice_for;
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
