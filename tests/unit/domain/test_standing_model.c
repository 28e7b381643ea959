/* `standing_on` against a model that is slow and obvious: a calendar is written out day by day, the terms are walked
 * through it period by period, every day gets a row of what holds on it, and "next" is found by walking forward. The
 * model shares no arithmetic with the code under test. The seed is printed; ENTENTE_SEED repeats a run. */
#include "domain/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

enum {
  FIRST_YEAR = 2000,
  LAST_YEAR = 2030,
  DAYS = 11323,                  /* of these years */
  HORIZON = DAYS - 60 * 31 - 10, /* on days before it, no period reaches past the calendar */
  RUNS = 2500,
  PROBES = 25,
  MOST_SUSPENSIONS = 4,
  MOST_EVENTS = 5,
  FOREVER = 1000000 /* an index past the calendar */
};

struct cell {
  int year, month, date;
};

/* 1999-12-31 is 10956 days after 1970-01-01. The first cell is 2000-01-01. */
static const day origin = 10957;
static struct cell calendar[DAYS];

static int month_length(int year, int month) {
  if (month == 2)
    return year % 4 == 0 ? 29 : 28; /* right for these years */
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int write_calendar(void **state) {
  (void)state;
  struct cell cell = {FIRST_YEAR, 1, 1};
  for (int i = 0; i < DAYS; i++) {
    calendar[i] = cell;
    if (++cell.date > month_length(cell.year, cell.month)) {
      cell.date = 1;
      if (++cell.month > 12) {
        cell.month = 1;
        cell.year++;
      }
    }
  }
  return cell.year == LAST_YEAR + 1 && cell.month == 1 && cell.date == 1 ? 0 : -1;
}

/* The index of the day so many months after a day: months are walked one by one, then the date is looked for. */
static int months_after(int index, int months) {
  struct cell cell = calendar[index];
  for (; months > 0; months--)
    if (++cell.month > 12) {
      cell.month = 1;
      cell.year++;
    }
  for (; months < 0; months++)
    if (--cell.month < 1) {
      cell.month = 12;
      cell.year--;
    }
  if (cell.date > month_length(cell.year, cell.month))
    cell.date = month_length(cell.year, cell.month);
  if (cell.year > LAST_YEAR)
    return FOREVER;
  int at = index;
  while (calendar[at].year < cell.year || (calendar[at].year == cell.year && calendar[at].month < cell.month))
    at++;
  while (calendar[at].year > cell.year || (calendar[at].year == cell.year && calendar[at].month > cell.month))
    at--;
  while (calendar[at].date < cell.date)
    at++;
  while (calendar[at].date > cell.date)
    at--;
  return at;
}

struct row {
  const char *status, *rule, *basis;
  unsigned flags;
  bool end_missing, start_missing;
  int number, starts, ends, notice; /* indices, -1: none */
  int change, due;                  /* the next day with another status, with another anything; FOREVER: none */
};

static struct row rows[DAYS];

struct sample {
  struct terms terms;
  struct suspension suspensions[MOST_SUSPENSIONS];
  day events[MOST_EVENTS];
};

static unsigned long long random_state;

static int random_below(int limit) {
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (int)((random_state >> 33) % (unsigned long long)limit);
}

static bool one_in(int count) {
  return random_below(count) == 0;
}

static struct partial_date random_date(int from, int span) {
  int first = from + random_below(span);
  int last = first;
  if (one_in(4)) { /* known to the month */
    first -= calendar[first].date - 1;
    last = first + month_length(calendar[first].year, calendar[first].month) - 1;
  }
  return (struct partial_date){.known = true, .whole = first == last, .first = origin + first, .last = origin + last};
}

static void random_end(struct terms *terms, int start) {
  int form = random_below(5);
  if (form == 0)
    terms->ends_on = random_date(start + 40, 2500);
  if (form == 1 || form == 2)
    terms->term_months = 1 + random_below(form == 1 ? 60 : 6);
  if (form == 3)
    terms->open_ended = true;
  if (form < 3 && one_in(5))
    terms->extended_to = random_date(start + 100, 3000);
  if (terms->ends_on.known && one_in(4)) /* the last day of a month */
    while (calendar[terms->ends_on.last - origin + 1].date != 1)
      terms->ends_on.last++;
}

static void random_terms(struct sample *sample) {
  static const int steps[] = {0, 1, 2, 6, 12, 12, 24, 36};
  *sample = (struct sample){0};
  struct terms *terms = &sample->terms;
  int start = 1500 + random_below(1500);
  terms->concluded = !one_in(30);
  terms->stage = terms->concluded ? "concluded" : "approved";
  terms->superseded_on = one_in(6) ? origin + start + random_below(4000) : DAY_NONE;
  int known = random_below(12);
  if (known < 6)
    terms->effective_on = random_date(start, 40);
  if (known > 3)
    terms->concluded_on = random_date(start, 40);
  if (known == 0 || known == 11) {
    terms->signed_on = random_date(start, 40);
    terms->concluded_on = (struct partial_date){0};
  }
  if (one_in(30))
    terms->effective_on = terms->concluded_on = terms->signed_on = (struct partial_date){0};
  random_end(terms, start);
  terms->renewal = (enum renewal)(one_in(3) ? random_below(2) : (int)RENEWAL_AUTOMATIC);
  terms->renewal_months = steps[random_below(8)];
  terms->renewal_max = one_in(2) ? -1 : random_below(4);
  if (one_in(2))
    terms->notice_months = random_below(7);
  else
    terms->notice_days = random_below(200);
  if (one_in(5))
    terms->terminated_on = random_date(start, 3000);
  for (terms->suspension_count = 0; terms->suspension_count < MOST_SUSPENSIONS && one_in(2);) {
    struct suspension *suspension = &sample->suspensions[terms->suspension_count++];
    int from = start - 50 + random_below(2500);
    suspension->from = random_date(from, 1);
    if (!one_in(6))
      suspension->until = random_date(from + 31, 400);
  }
  terms->suspensions = sample->suspensions;
  for (terms->event_count = 0; terms->event_count < MOST_EVENTS && !one_in(3);)
    sample->events[terms->event_count++] = origin + start - 100 + random_below(4000);
  terms->events = sample->events;
  terms->partial = one_in(3);
}

/* What the terms say about the ends, walked once. */
struct walk {
  int start, end; /* -1: none; the end of the period `number` */
  int last_end;   /* the end of the one before */
  int number;
  bool over;
  int quiet; /* the day on which nothing will have happened for 24 months */
};

static int walk_start(const struct terms *terms) {
  const struct partial_date *sources[] = {&terms->effective_on, &terms->concluded_on, &terms->signed_on};
  for (int i = 0; i < 3; i++)
    if (sources[i]->known)
      return sources[i]->first - origin;
  return -1;
}

static int walk_end(const struct terms *terms, int start, int number) {
  int length = terms->term_months > 0 ? terms->term_months : 12;
  int further = (number - 1) * (terms->renewal_months > 0 ? terms->renewal_months : length);
  if (terms->extended_to.known)
    return months_after(terms->extended_to.last - origin, further);
  if (terms->ends_on.known)
    return months_after(terms->ends_on.last - origin, further);
  if (terms->term_months > 0 && start >= 0) {
    int end = months_after(start, terms->term_months + further);
    return end == FOREVER ? end : end - 1;
  }
  return -1;
}

static void walk_to(const struct terms *terms, struct walk *walk, int today) {
  while (walk->end >= 0 && walk->end < today && !walk->over) {
    bool another =
        terms->renewal == RENEWAL_AUTOMATIC && (terms->renewal_max < 0 || walk->number - 1 < terms->renewal_max);
    if (!another) {
      walk->over = true;
      break;
    }
    walk->last_end = walk->end;
    walk->number++;
    walk->end = walk_end(terms, walk->start, walk->number);
  }
}

static void walk_events(const struct terms *terms, struct walk *walk, int today) {
  bool happened = today == walk->start;
  for (size_t i = 0; i < terms->event_count; i++)
    happened = happened || (today >= walk->start && terms->events[i] - origin == today);
  if (happened)
    walk->quiet = months_after(today, 24);
}

static void decide(const struct terms *terms, const struct walk *walk, int today, struct row *row) {
  bool suspended = false;
  for (size_t i = 0; i < terms->suspension_count; i++) {
    const struct suspension *s = &terms->suspensions[i];
    suspended = suspended || (today >= s->from.first - origin && (!s->until.known || today <= s->until.last - origin));
  }
  row->status = "in_force";
  row->rule = walk->end < 0 ? "no_end" : "in_period";
  if (walk->over)
    row->status = "expired", row->rule = "after_period";
  if (suspended)
    row->status = row->rule = "suspended";
  if (today < walk->start)
    row->status = "signed", row->rule = "before_start";
  if (walk->start < 0)
    row->status = "unknown", row->rule = "no_start";
  if (terms->terminated_on.known && today >= terms->terminated_on.first - origin)
    row->status = row->rule = "terminated";
  if (terms->superseded_on != DAY_NONE && today >= terms->superseded_on - origin)
    row->status = row->rule = "superseded";
  if (!terms->concluded)
    row->status = terms->stage, row->rule = "stage";
}

static void describe_period(const struct terms *terms, const struct walk *walk, struct row *row) {
  row->number = walk->number;
  row->starts = walk->number == 1 ? walk->start : walk->last_end + 1;
  row->ends = walk->end;
  if (walk->end < 0)
    row->basis = terms->open_ended ? "open_ended" : "end_unknown";
  else if (walk->number > 1)
    row->basis = "renewal";
  else
    row->basis = terms->extended_to.known ? "extension" : "term";
  if (walk->end < 0 || walk->end == FOREVER)
    return;
  if (terms->notice_months > 0)
    row->notice = months_after(walk->end, -terms->notice_months);
  if (terms->notice_days > 0)
    row->notice = walk->end - terms->notice_days;
}

static bool happens_by(day when, int index) {
  return when != DAY_NONE && when - origin <= index;
}

static void raise_flags(const struct terms *terms, const struct walk *walk, int today, struct row *row) {
  bool in_force = strcmp(row->status, "in_force") == 0;
  bool under_way = in_force || strcmp(row->status, "suspended") == 0;
  bool coming = strcmp(row->status, "signed") == 0;
  if (row->number > 0 && row->ends >= 0 && row->ends != FOREVER) {
    bool succeeded = happens_by(terms->superseded_on, row->ends + 1);
    bool ended = terms->terminated_on.known && happens_by(terms->terminated_on.first, row->ends + 1);
    bool renewable =
        terms->renewal == RENEWAL_AUTOMATIC && (terms->renewal_max < 0 || row->number <= terms->renewal_max);
    bool renewed = renewable && !ended && !succeeded;
    if (!renewed && !succeeded && row->ends <= today + 180)
      row->flags |= FLAG_EXPIRING;
    if (renewed && row->notice >= 0 && today <= row->notice && row->notice <= today + 90)
      row->flags |= FLAG_NOTICE_WINDOW;
  }
  if (row->number > 1)
    row->flags |= FLAG_RENEWED;
  row->end_missing = walk->end < 0 && !terms->open_ended && (under_way || coming);
  row->start_missing = strcmp(row->status, "unknown") == 0;
  if (row->end_missing)
    row->flags |= FLAG_END_UNKNOWN;
  if (in_force && walk->quiet <= today)
    row->flags |= FLAG_DORMANT;
  if (terms->partial)
    row->flags |= FLAG_PARTIAL_DATES;
}

static bool rows_differ(const struct row *a, const struct row *b) {
  return strcmp(a->status, b->status) != 0 || strcmp(a->rule, b->rule) != 0 || a->flags != b->flags ||
         a->end_missing != b->end_missing || a->start_missing != b->start_missing || a->number != b->number ||
         a->starts != b->starts || a->ends != b->ends || a->notice != b->notice;
}

static void write_rows(const struct terms *terms) {
  struct walk walk = {.start = walk_start(terms), .number = 1, .last_end = -1};
  walk.end = walk_end(terms, walk.start, 1);
  for (int today = 0; today < DAYS; today++) {
    struct row *row = &rows[today];
    *row = (struct row){.starts = -1, .ends = -1, .notice = -1};
    walk_to(terms, &walk, today);
    walk_events(terms, &walk, today);
    decide(terms, &walk, today, row);
    bool under_way = strcmp(row->status, "in_force") == 0 || strcmp(row->status, "suspended") == 0;
    if (under_way && !walk.over)
      describe_period(terms, &walk, row);
    raise_flags(terms, &walk, today, row);
  }
  rows[DAYS - 1].change = rows[DAYS - 1].due = FOREVER;
  for (int today = DAYS - 2; today >= 0; today--) {
    struct row *row = &rows[today], *next = &rows[today + 1];
    row->change = strcmp(row->status, next->status) == 0 ? next->change : today + 1;
    row->due = rows_differ(row, next) ? today + 1 : next->due;
  }
}

static int index_of(day value) {
  return value == DAY_NONE ? -1 : value - origin;
}

static bool same_text(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool agrees(const struct standing *standing, const struct row *row) {
  const char *missing = NULL;
  if (row->end_missing)
    missing = "ends_on";
  if (row->start_missing)
    missing = "effective_on";
  return same_text(standing->status, row->status) && same_text(standing->rule, row->rule) &&
         standing->flags == row->flags && standing->period_number == row->number &&
         index_of(standing->period_starts_on) == row->starts && index_of(standing->period_ends_on) == row->ends &&
         index_of(standing->notice_on) == row->notice && same_text(standing->period_basis, row->basis) &&
         same_text(standing->missing[0], missing);
}

/* Past the horizon the calendar is too short to know; a day found there is not looked at. */
static bool same_day(day said, int walked) {
  int index = said == DAY_NONE ? FOREVER : said - origin;
  return walked < HORIZON ? index == walked : index >= HORIZON;
}

static bool next_agrees(const struct standing *standing, const struct row *row) {
  if ((standing->next_change_on == DAY_NONE) != (standing->next_status == NULL))
    return false;
  if (row->change < HORIZON && !same_text(standing->next_status, rows[row->change].status))
    return false;
  return same_day(standing->next_change_on, row->change) && same_day(standing->due_on, row->due);
}

static void assert_agreement(const struct standing *standing, int run, int today) {
  const struct row *row = &rows[today];
  if (agrees(standing, row) && next_agrees(standing, row))
    return;
  fail_msg("run %d, %04d-%02d-%02d: %s by %s, period %d, flags %u, expected %s by %s, period %d, flags %u; or what is "
           "next: %d, due %d",
           run, calendar[today].year, calendar[today].month, calendar[today].date, standing->status, standing->rule,
           standing->period_number, standing->flags, row->status, row->rule, row->number, row->flags,
           index_of(standing->next_change_on) - today, index_of(standing->due_on) - today);
}

static unsigned long long chosen_seed(void) {
  const char *given = getenv("ENTENTE_SEED");
  return given == NULL ? 20260421ULL : strtoull(given, NULL, 10);
}

static void every_standing_is_what_walking_day_by_day_finds(void **state) {
  (void)state;
  unsigned long long seed = chosen_seed();
  print_message("ENTENTE_SEED=%llu\n", seed);
  for (int run = 0; run < RUNS; run++) {
    struct sample sample;
    random_state = seed * 1000003ULL + (unsigned long long)run;
    random_terms(&sample);
    write_rows(&sample.terms);
    int start = walk_start(&sample.terms);
    for (int probe = 0; probe < PROBES; probe++) {
      int today = start < 0 || probe % 5 == 0 ? 1000 + random_below(8000) : start - 20 + random_below(2200);
      struct standing standing;
      standing_on(&sample.terms, origin + today, &standing);
      /* Step on to the days on which something was said to happen: the edges are where errors would be. */
      for (int step = 0; step < 4; step++) {
        assert_agreement(&standing, run, today);
        if (standing.due_on == DAY_NONE || index_of(standing.due_on) >= HORIZON)
          break;
        today = index_of(standing.due_on);
        standing_on(&sample.terms, origin + today, &standing);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_standing_is_what_walking_day_by_day_finds),
  };
  return cmocka_run_group_tests(tests, write_calendar, NULL);
}
