/* `standing_on`, and the calendar that is made of it, against a model of the rules that is slow and obvious: a calendar
 * is written out day by day, every end is looked for on it, each day gets a row of what holds on it, and what comes
 * next is found by walking on. The model shares no arithmetic with the code under test. The seed is printed;
 * ENTENTE_SEED repeats a run. */
#include "base/memory.h"
#include "base/text.h"
#include "domain/calendar.h"
#include "domain/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

enum {
  FIRST_YEAR = 2018,
  LAST_YEAR = 2035,
  DAYS = 6574,   /* of these years */
  WINDOW = 1500, /* days that are walked, from some before the start of an agreement on */
  MONTHS = 60,   /* that are added at most */
  AGREEMENTS = 20000,
  PROBES = 6,
  MOST_PERIODS = 120,
  MOST_SUSPENSIONS = 3,
  MOST_EVENTS = 3,
  NEVER = 1000000 /* an index past the calendar */
};

struct cell {
  int year, month, date;
};

static const day origin = 17532; /* 2018-01-01 */
static struct cell calendar[DAYS];
static int later[MONTHS + 1][DAYS]; /* the day so many months after a day */

/* -- the calendar -------------------------------------------------------------------------------------------------- */

static int month_length(int year, int month) {
  if (month == 2)
    return year % 4 == 0 ? 29 : 28; /* right for these years */
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int index_of(struct cell cell) {
  int at = 0;
  if (cell.year > LAST_YEAR)
    return NEVER;
  for (int year = FIRST_YEAR; year < cell.year; year++)
    at += year % 4 == 0 ? 366 : 365;
  for (int month = 1; month < cell.month; month++)
    at += month_length(cell.year, month);
  return at + cell.date - 1;
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
  for (int i = 0; i < DAYS; i++) {
    struct cell at = calendar[i];
    for (int months = 0; months <= MONTHS; months++) {
      struct cell cut = at;
      if (cut.date > month_length(cut.year, cut.month))
        cut.date = month_length(cut.year, cut.month);
      later[months][i] = index_of(cut);
      if (++at.month > 12) {
        at.month = 1;
        at.year++;
      }
    }
  }
  return cell.year == LAST_YEAR + 1 && cell.month == 1 && cell.date == 1 ? 0 : -1;
}

static int months_after(int index, int months) {
  for (; months > MONTHS && index != NEVER;
       months -= 12) { /* twelve months keep the date, but for the end of February */
    struct cell cell = calendar[index];
    struct cell next = {cell.year + months / 12, cell.month, cell.date};
    for (int rest = months % 12; rest > 0; rest--)
      if (++next.month > 12) {
        next.month = 1;
        next.year++;
      }
    if (next.date > month_length(next.year, next.month))
      next.date = month_length(next.year, next.month);
    return index_of(next);
  }
  return index == NEVER ? NEVER : later[months][index];
}

/* -- random agreements --------------------------------------------------------------------------------------------- */

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

static struct partial_date date_at(int first, int last) {
  return (struct partial_date){.known = true, .whole = first == last, .first = origin + first, .last = origin + last};
}

static struct partial_date random_date(int from, int span) {
  int first = from + random_below(span), last = first;
  if (one_in(5)) { /* known to the month */
    first -= calendar[first].date - 1;
    last = first + month_length(calendar[first].year, calendar[first].month) - 1;
  } else if (one_in(4)) { /* the last or the first day of a month */
    first += month_length(calendar[first].year, calendar[first].month) - calendar[first].date + random_below(2);
    last = first;
  }
  return date_at(first, last);
}

static void random_start(struct terms *terms, int start) {
  int known = random_below(12);
  if (known < 7)
    terms->effective_on = random_date(start, 40);
  if (known > 3)
    terms->concluded_on = random_date(start, 40);
  if (known == 0 || known == 11) {
    terms->signed_on = random_date(start, 40);
    terms->concluded_on = (struct partial_date){0};
  }
  if (one_in(40))
    terms->effective_on = terms->concluded_on = terms->signed_on = (struct partial_date){0};
}

static void random_end(struct terms *terms, int start) {
  int form = random_below(6);
  if (form < 2)
    terms->ends_on = random_date(start + (one_in(10) ? 0 : 40), 900);
  if (form == 2 || form == 3)
    terms->term_months = 1 + random_below(form == 2 ? 36 : 6);
  if (form == 4)
    terms->open_ended = true;
  if (form < 4 && one_in(6))
    terms->extended_to = random_date(start + 50, 900);
}

static void random_renewal(struct terms *terms) {
  static const int steps[] = {0, 1, 2, 3, 6, 12, 12, 24};
  terms->renewal = (enum renewal)(one_in(3) ? random_below(2) : (int)RENEWAL_AUTOMATIC);
  terms->renewal_months = steps[random_below(8)];
  terms->renewal_max = one_in(2) ? -1 : random_below(4);
  terms->notice = !one_in(4);
  if (terms->notice && one_in(2))
    terms->notice_months = random_below(14);
  else if (terms->notice)
    terms->notice_days = one_in(5) ? random_below(2) : random_below(400);
}

static void random_terms(struct sample *sample, int start) {
  *sample = (struct sample){0};
  struct terms *terms = &sample->terms;
  terms->concluded = !one_in(30);
  terms->stage = terms->concluded ? "concluded" : "approved";
  random_start(terms, start);
  random_end(terms, start);
  random_renewal(terms);
  terms->superseded_on = one_in(5) ? origin + start - 50 + random_below(1200) : DAY_NONE;
  if (one_in(5))
    terms->terminated_on = random_date(start, 1000);
  if (one_in(4))
    terms->noticed_on = random_date(start, 1000);
  while (terms->suspension_count < MOST_SUSPENSIONS && one_in(3)) {
    struct suspension *suspension = &sample->suspensions[terms->suspension_count++];
    int from = start - 50 + random_below(1000);
    suspension->from = random_date(from, 1);
    if (!one_in(4))
      suspension->until = random_date(from + 62, 300);
  }
  terms->suspensions = sample->suspensions;
  while (terms->event_count < MOST_EVENTS && one_in(2))
    sample->events[terms->event_count++] = origin + start - 100 + random_below(1200);
  terms->events = sample->events;
  terms->partial = one_in(3);
}

/* -- the model: what the terms say --------------------------------------------------------------------------------- */

struct model {
  int start;                 /* -1: unknown */
  int ends[MOST_PERIODS];    /* of the periods, as far as they begin within the calendar */
  int notices[MOST_PERIODS]; /* the last day on which notice ends the agreement with that period; -1: before the
                                calendar */
  int count;                 /* of those that are known; 0: no end is known */
  bool unlimited;            /* periods follow for ever */
  int last;                  /* the agreement's last day; NEVER: none is known */
  const char *cause;         /* expiry, termination, notice, supersession; NULL */
};

static int start_of(const struct terms *terms) {
  const struct partial_date *sources[] = {&terms->effective_on, &terms->concluded_on, &terms->signed_on};
  for (int i = 0; i < 3; i++)
    if (sources[i]->known)
      return sources[i]->first - origin;
  return -1;
}

static int first_end_of(const struct terms *terms, int start) {
  if (terms->extended_to.known)
    return terms->extended_to.last - origin;
  if (terms->ends_on.known)
    return terms->ends_on.last - origin;
  return terms->term_months > 0 && start >= 0 ? months_after(start, terms->term_months) - 1 : -1;
}

/* The months of a renewal: what is stated; else those of the first period, tried one after the other; else a year. */
static int renewal_of(const struct terms *terms, int start) {
  if (terms->renewal_months > 0)
    return terms->renewal_months;
  if (terms->term_months > 0)
    return terms->term_months;
  for (int months = 1; months <= MONTHS && start >= 0 && terms->ends_on.known; months++)
    if (months_after(start, months) - 1 == terms->ends_on.last - origin)
      return months;
  return 12;
}

static int notice_for_end(const struct terms *terms, int end) {
  if (end == NEVER)
    return NEVER;
  if (terms->notice_months == 0)
    return end - terms->notice_days;
  for (int on = end; on >= 0; on--)
    if (months_after(on, terms->notice_months) <= end)
      return on;
  return -1;
}

static void write_periods(const struct terms *terms, struct model *model) {
  int first = first_end_of(terms, model->start), months = renewal_of(terms, model->start);
  if (first < 0)
    return;
  bool automatic = terms->renewal == RENEWAL_AUTOMATIC;
  model->unlimited = automatic && terms->renewal_max < 0;
  for (int renewals = 0; model->count < MOST_PERIODS; renewals++) {
    bool follows = renewals == 0 || (automatic && (terms->renewal_max < 0 || renewals <= terms->renewal_max));
    int next = renewals == 0 ? 0 : months_after(first + 1, renewals * months);
    if (!follows)
      return;
    model->ends[model->count] = renewals == 0 ? first : next == NEVER ? NEVER : next - 1;
    model->notices[model->count] = notice_for_end(terms, model->ends[model->count]);
    model->count++;
    if (next == NEVER)
      return;
  }
}

static void end_with(struct model *model, int last, const char *cause) {
  if (last < model->last) {
    model->last = last;
    model->cause = cause;
  }
}

/* The end of the first period for which a notice on that day is in time. */
static int end_by_notice(const struct terms *terms, const struct model *model, int on) {
  for (int i = 0; i < model->count; i++)
    if (on <= (terms->notice ? model->notices[i] : model->ends[i]))
      return model->ends[i];
  return NEVER;
}

static struct model model_of(const struct terms *terms) {
  struct model model = {.start = start_of(terms), .last = NEVER};
  write_periods(terms, &model);
  if (terms->superseded_on != DAY_NONE)
    end_with(&model, terms->superseded_on - origin - 1, "supersession");
  if (terms->terminated_on.known)
    end_with(&model, terms->terminated_on.first - origin - 1, "termination");
  else if (terms->noticed_on.known && terms->renewal == RENEWAL_AUTOMATIC)
    end_with(&model, end_by_notice(terms, &model, terms->noticed_on.first - origin), "notice");
  if (model.count > 0 && !model.unlimited)
    end_with(&model, model.ends[model.count - 1], "expiry");
  return model;
}

/* -- the model: what holds on a day -------------------------------------------------------------------------------- */

struct row {
  const char *status, *rule, *basis;
  unsigned flags;
  int number, starts, ends, notice, end_of_notice; /* indices, -1: none */
  int change, due; /* the next day with another status, with another anything; NEVER: none */
};

static struct row rows[WINDOW];

static bool suspended(const struct terms *terms, int today) {
  bool any = false;
  for (size_t i = 0; i < terms->suspension_count; i++) {
    const struct suspension *one = &terms->suspensions[i];
    any = any || (today >= one->from.first - origin && (!one->until.known || today <= one->until.last - origin));
  }
  return any;
}

/* The table of statuses, from its last row to its first. */
static void decide(const struct terms *terms, const struct model *model, int today, struct row *row) {
  row->status = "in_force";
  row->rule = model->count == 0 && model->last == NEVER ? "no_end" : "in_period";
  if (suspended(terms, today))
    row->status = row->rule = "suspended";
  if (model->start > today)
    row->status = "signed", row->rule = "before_start";
  if (model->last < today) {
    bool expired = strcmp(model->cause, "expiry") == 0, succeeded = strcmp(model->cause, "supersession") == 0;
    row->status = expired ? "expired" : succeeded ? "superseded" : "terminated";
    row->rule = expired ? "after_period" : row->status;
  }
  if (model->start < 0)
    row->status = "unknown", row->rule = "no_start";
  if (!terms->concluded)
    row->status = terms->stage, row->rule = "stage";
}

static bool is_ending(const struct model *model) {
  return model->cause != NULL && strcmp(model->cause, "expiry") != 0;
}

static void describe_period(const struct terms *terms, const struct model *model, int today, struct row *row) {
  int i = 0;
  while (i < model->count && model->ends[i] < today)
    i++;
  row->number = i + 1;
  row->starts = i == 0 ? model->start : model->ends[i - 1] + 1;
  row->basis = i > 0 ? "renewal" : terms->extended_to.known ? "extension" : "term";
  row->ends = i < model->count ? model->ends[i] : -1;
  if (model->count == 0)
    row->basis = terms->open_ended ? "open_ended" : "end_unknown";
  if (is_ending(model) && (row->ends < 0 || model->last <= row->ends)) {
    row->ends = model->last;
    row->basis = model->cause;
  }
}

/* The first of the days of notice, from the current period on, that is not past. */
static void describe_notice(const struct terms *terms, const struct model *model, int today, struct row *row) {
  int i = row->number - 1, most = terms->renewal == RENEWAL_AUTOMATIC ? model->count : row->number;
  if (!terms->notice || is_ending(model))
    return;
  while (i < most && i < model->count && model->notices[i] < today)
    i++;
  if (i < most && i < model->count) {
    row->notice = model->notices[i];
    row->end_of_notice = model->ends[i];
  }
}

static bool quiet(const struct terms *terms, const struct model *model, int today) {
  int latest = model->start;
  for (size_t i = 0; i < terms->event_count; i++)
    if (terms->events[i] - origin <= today && terms->events[i] - origin > latest)
      latest = terms->events[i] - origin;
  return months_after(latest, 24) <= today;
}

static void raise_flags(const struct terms *terms, const struct model *model, int today, struct row *row) {
  bool in_force = strcmp(row->status, "in_force") == 0;
  bool under_way = in_force || strcmp(row->status, "suspended") == 0;
  bool ahead = under_way || strcmp(row->status, "signed") == 0;
  if (under_way && model->last != NEVER && model->last <= today + 180)
    row->flags |= FLAG_EXPIRING;
  bool renews = model->unlimited || (model->count > 0 && row->end_of_notice < model->ends[model->count - 1]);
  if (terms->renewal == RENEWAL_AUTOMATIC && renews && row->notice >= 0 && row->notice <= today + 90)
    row->flags |= FLAG_NOTICE_WINDOW;
  if (ahead && is_ending(model))
    row->flags |= FLAG_ENDING;
  if (row->number > 1)
    row->flags |= FLAG_RENEWED;
  if (ahead && model->count == 0 && model->last == NEVER && !terms->open_ended)
    row->flags |= FLAG_END_UNKNOWN;
  if (in_force && quiet(terms, model, today))
    row->flags |= FLAG_DORMANT;
  if (terms->partial)
    row->flags |= FLAG_PARTIAL_DATES;
}

static bool rows_differ(const struct row *a, const struct row *b) {
  bool same_basis = a->basis == NULL || b->basis == NULL ? a->basis == b->basis : strcmp(a->basis, b->basis) == 0;
  return strcmp(a->status, b->status) != 0 || strcmp(a->rule, b->rule) != 0 || a->flags != b->flags ||
         a->number != b->number || a->starts != b->starts || a->ends != b->ends || !same_basis ||
         a->notice != b->notice || a->end_of_notice != b->end_of_notice;
}

static void write_rows(const struct terms *terms, const struct model *model, int from) {
  for (int i = 0; i < WINDOW; i++) {
    struct row *row = &rows[i];
    *row = (struct row){.starts = -1, .ends = -1, .notice = -1, .end_of_notice = -1};
    decide(terms, model, from + i, row);
    if (strcmp(row->status, "in_force") == 0 || strcmp(row->status, "suspended") == 0) {
      describe_period(terms, model, from + i, row);
      describe_notice(terms, model, from + i, row);
    }
    raise_flags(terms, model, from + i, row);
  }
  rows[WINDOW - 1].change = rows[WINDOW - 1].due = NEVER;
  for (int i = WINDOW - 2; i >= 0; i--) {
    rows[i].change = strcmp(rows[i].status, rows[i + 1].status) == 0 ? rows[i + 1].change : from + i + 1;
    rows[i].due = rows_differ(&rows[i], &rows[i + 1]) ? from + i + 1 : rows[i + 1].due;
  }
}

/* -- comparing ----------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What lies past the calendar is not known to the model. */
static bool same_day(day said, int wanted) {
  return wanted == NEVER ? said >= origin + DAYS : (said == DAY_NONE ? -1 : said - origin) == wanted;
}

/* The next day lies past the window, or is the one that was found in it. */
static bool same_next(day said, int walked, int from) {
  return walked == NEVER ? said == DAY_NONE || said - origin >= from + WINDOW : said == origin + walked;
}

static const char *first_missing(const struct row *row) {
  return strcmp(row->status, "unknown") == 0 ? "effective_on" : (row->flags & FLAG_END_UNKNOWN) != 0 ? "ends_on" : NULL;
}

static bool agrees(const struct standing *standing, const struct row *row, int from) {
  const char *next = row->change == NEVER ? NULL : rows[row->change - from].status;
  return same_text(standing->status, row->status) && same_text(standing->rule, row->rule) &&
         standing->flags == row->flags && standing->period_number == row->number &&
         same_day(standing->period_starts_on, row->starts) && same_day(standing->period_ends_on, row->ends) &&
         same_text(standing->period_basis, row->basis) && same_day(standing->notice_on, row->notice) &&
         same_day(standing->notice_for, row->end_of_notice) && same_text(standing->missing[0], first_missing(row)) &&
         same_next(standing->next_change_on, row->change, from) && same_next(standing->due_on, row->due, from) &&
         (next == NULL || same_text(standing->next_status, next));
}

/* The day of an event in what the calendar says, "" when there is none. */
static const char *day_of_event(const char *text, const char *event, char out[9]) {
  const char *uid = strstr(text, event), *start = uid == NULL ? NULL : strstr(uid, "DTSTART;VALUE=DATE:");
  snprintf(out, 9, "%.8s", start == NULL ? "" : start + strlen("DTSTART;VALUE=DATE:"));
  return out;
}

static const char *day_expected(int index, char out[9]) {
  char text[DAY_SIZE] = "";
  if (index >= 0 && index < DAYS)
    day_print(origin + index, text);
  snprintf(out, 9, "%.4s%.2s%.2s", text, index < 0 ? "" : text + 5, index < 0 ? "" : text + 8);
  return out;
}

/* The latest day that lies so many months before, cut to the length of its month: looked for from the day back. */
static int half_a_year_before(int index) {
  struct cell at = calendar[index];
  for (int months = 0; months < 6; months++)
    if (--at.month < 1) {
      at.month = 12;
      at.year--;
    }
  if (at.date > month_length(at.year, at.month))
    at.date = month_length(at.year, at.month);
  return index_of(at);
}

static void assert_calendar(const struct standing *standing, const struct row *row) {
  static const char then[] = "2026-04-01T09:30:00.000Z";
  struct calendar_agreement told = {.id = "agr", .title = "t", .details = "d", .created_at = then, .updated_at = then};
  char said[9], wanted[9];
  struct text *text = text_new(NULL);
  told.starts_on = standing->period_starts_on;
  told.ends_on = standing->period_ends_on;
  told.notice_on = standing->notice_on;
  calendar_add(text, &told);
  int review = row->ends < 0 || row->ends == NEVER ? -1 : half_a_year_before(row->ends);
  bool tells = row->ends >= 0;
  assert_string_equal(day_of_event(text->data, "UID:agr-end", said), day_expected(row->ends, wanted));
  assert_string_equal(day_of_event(text->data, "UID:agr-notice", said), day_expected(tells ? row->notice : -1, wanted));
  assert_string_equal(day_of_event(text->data, "UID:agr-review", said),
                      day_expected(review >= row->starts ? review : -1, wanted));
  talloc_free(text);
}

static void assert_day(const struct terms *terms, int run, int from, int i) {
  struct standing standing;
  const struct row *row = &rows[i];
  standing_on(terms, origin + from + i, &standing);
  if (!agrees(&standing, row, from)) {
    const struct cell *on = &calendar[from + i];
    fail_msg("run %d, %04d-%02d-%02d: %s by %s, period %d (%s) %d to %d, flags %u, notice %d for %d, next %d, due %d; "
             "expected %s by %s, period %d (%s) %d to %d, flags %u, notice %d for %d, next %d, due %d",
             run, on->year, on->month, on->date, standing.status, standing.rule, standing.period_number,
             standing.period_basis, standing.period_starts_on - origin, standing.period_ends_on - origin,
             standing.flags, standing.notice_on - origin, standing.notice_for - origin,
             standing.next_change_on - origin, standing.due_on - origin, row->status, row->rule, row->number,
             row->basis, row->starts, row->ends, row->flags, row->notice, row->end_of_notice, row->change, row->due);
  }
  if (i % 8 == 0 && row->ends != NEVER)
    assert_calendar(&standing, row);
}

static unsigned long long chosen_seed(void) {
  const char *given = getenv("ENTENTE_SEED");
  return given == NULL ? 20260421ULL : strtoull(given, NULL, 10);
}

static void every_standing_is_what_walking_day_by_day_finds(void **state) {
  (void)state;
  random_state = chosen_seed();
  print_message("seed %llu\n", random_state);
  for (int run = 0; run < AGREEMENTS; run++) {
    struct sample sample;
    int start = 800 + random_below(800), from = start - 70;
    random_terms(&sample, start);
    struct model model = model_of(&sample.terms);
    write_rows(&sample.terms, &model, from);
    for (int probe = 0; probe < PROBES; probe++)
      assert_day(&sample.terms, run, from, random_below(WINDOW));
    int edges[] = {model.start, model.last, model.count > 0 ? model.ends[0] : -1};
    for (int i = 0; i < 3; i++)
      for (int around = 0; around < 2; around++)
        if (edges[i] + around >= from && edges[i] + around < from + WINDOW)
          assert_day(&sample.terms, run, from, edges[i] + around - from);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_standing_is_what_walking_day_by_day_finds),
  };
  return cmocka_run_group_tests(tests, write_calendar, NULL);
}
