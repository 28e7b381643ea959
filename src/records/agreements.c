/* An agreement's standing depends on its own terms, on the day, and on the agreements that supersede or renew it; for
 * the public also on what of these is public, and on which parties are (shown.c). So a write derives the record's own
 * standing before it is written, and afterwards that of the agreements which it supersedes or did supersede; and that
 * of an organization the standing of what it has signed. The clock does the same for those whose day has come (due_on).
 */
#include "records/agreements.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/starting.h"
#include "request/call.h"
#include "request/services.h"

#include <stdio.h>
#include <string.h>

enum { TICK_BATCH = 200 };
static const int64_t TICK_LOG_NS = 2000000000;

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static size_t collect(struct query *query, const void *memory, int64_t **out) {
  size_t count = 0;
  *out = NULL;
  while (query_step(query) == STEP_ROW) {
    *out = memory_grow(memory, *out, int64_t, count + 1);
    (*out)[count++] = query_int(query, 0);
  }
  query_end(query);
  return count;
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

/* What follows from an agreement's terms besides the members of its row. */
struct derived {
  struct terms terms;
  struct shown before; /* beside the record as it stands in the database */
  json_t *shown;       /* what the public is to be shown, as of shown_next */
  day due_on;          /* the first day on which the standing is another, for the public or for all */
};

static day earlier(day one, day other) {
  return one == DAY_NONE || (other != DAY_NONE && other < one) ? other : one;
}

/* Sets the derived members of the row that is to replace the target's. `own`: as of shown_next. */
static void derive(struct change *change, const struct target *target, json_t *row, bool own, struct derived *out) {
  struct standing standing, seen;
  day today = clock_today();
  day superseded_on = target->pk == 0 ? DAY_NONE : agreement_superseded_on(change->db, target->pk, false);
  agreement_terms(change->memory, row, superseded_on, &out->terms);
  standing_on(&out->terms, today, &standing);
  agreement_set_standing(row, &standing);
  out->before = (struct shown){.due_on = DAY_NONE};
  if (target->pk != 0) {
    shown_read(change, target->pk, &out->before);
  }
  bool apart = shown_standing(change, target->pk, row, &out->terms, today, &seen);
  out->shown = shown_next(change, &out->before, target->row, row, apart ? &seen : NULL, own);
  out->due_on = apart ? earlier(standing.due_on, seen.due_on) : standing.due_on;
}

static void check_agreement(struct change *change, const struct target *target, json_t *row) {
  if (text_of(row, "stage") == NULL) {
    bool concluded = text_of(row, "concluded_on") != NULL || faults_hide(change->faults, "/concluded_on");
    json_object_set_new(row, "stage", json_string(concluded ? "concluded" : "proposed"));
  }
  struct derived *derived = memory_new(change->memory, struct derived);
  derive(change, target, row, true, derived);
  agreement_check_terms(change, row, &derived->terms);
  change->derived = derived;
}

static void bind_day(struct query *query, int n, day value) {
  char text[DAY_SIZE];
  if (value == DAY_NONE) {
    query_bind_null(query, n);
  } else {
    day_print(value, text);
    query_bind_text(query, n, text);
  }
}

static void write_days(struct db *db, int64_t pk, day due_on, day superseded_on, const char *shown) {
  struct query *query = db_named(db, "agreement-clock-write");
  query_bind_int(query, 1, pk);
  bind_day(query, 2, due_on);
  bind_day(query, 3, superseded_on);
  query_bind_text(query, 4, shown);
  query_run(query);
}

/* Writes what stands beside the row, which is in the database by now: at that revision, made at that time. */
static void write_clock(struct change *change, const struct target *target, const json_t *row, const char *updated_at,
                        const struct derived *derived) {
  char *shown = shown_text(derived->shown, row, target->revision, updated_at);
  write_days(change->db, target->pk, derived->due_on, derived->terms.superseded_on, shown);
  free(shown);
}

/* What an agreement's standing follows from, as stored. */
struct stored {
  json_t *row; /* members of its row; NULL when it cannot be read */
  bool apart;  /* the public is shown another standing */
  day due_on, superseded_on;
};

static day day_in(struct query *query, int column) {
  day value = DAY_NONE;
  if (!query_null(query, column)) {
    day_read(query_text(query, column), &value);
  }
  return value;
}

static void read_stored(struct change *change, int64_t pk, struct stored *out) {
  *out = (struct stored){.row = NULL};
  struct query *query = db_named(change->db, "agreement-standing-read");
  query_bind_int(query, 1, pk);
  if (query_step(query) == STEP_ROW) {
    json_t *row = json_loads(query_text(query, 0), 0, NULL);
    out->row = row == NULL ? NULL : owned_json(change->memory, row); /* a damaged file */
    out->apart = query_int(query, 1) != 0;
    out->due_on = day_in(query, 2);
    out->superseded_on = day_in(query, 3);
  }
  query_end(query);
}

/* Whether the agreement stands as stored, for all and for the public alike, as nearly all do: then nothing but the days
 * beside its row may have to be written, and its document need not be read, which takes most of the time. */
static bool stands_as_stored(struct change *change, int64_t pk) {
  struct stored stored;
  struct terms terms;
  struct standing standing, seen;
  read_stored(change, pk, &stored);
  if (stored.row == NULL || stored.apart) {
    return false;
  }
  day superseded_on = agreement_superseded_on(change->db, pk, false), today = clock_today();
  agreement_terms(change->memory, stored.row, superseded_on, &terms);
  standing_on(&terms, today, &standing);
  json_t *row = owned_json(change->memory, json_copy(stored.row));
  agreement_set_standing(row, &standing);
  if (!json_equal(stored.row, row) || shown_standing(change, pk, row, &terms, today, &seen)) {
    return false;
  }
  if (standing.due_on != stored.due_on || superseded_on != stored.superseded_on) {
    write_days(change->db, pk, standing.due_on, superseded_on, NULL);
  }
  return true;
}

bool agreement_refresh(struct change *change, int64_t pk) {
  struct target target;
  if (stands_as_stored(change, pk)) {
    return db_failure(change->db) == DB_OK;
  }
  if (!change_load_pk(change, pk, &target)) {
    return db_failure(change->db) == DB_OK; /* deleted meanwhile */
  }
  json_t *row = owned_json(change->memory, json_copy(target.row));
  struct derived derived;
  derive(change, &target, row, false, &derived);
  bool moved = !json_equal(target.row, row);
  if (moved) {
    target.revision += history_pending(change, target.id) ? 0 : 1;
    struct record record = {target.id, target.slug, target.revision, NULL, change->now};
    resource_update(change->db, change->resource, pk, &record, target.slug, target.row, row);
    history_record(change, &target, "update");
  }
  write_clock(change, &target, row, moved ? change->now : derived.before.updated_at, &derived);
  return db_failure(change->db) == DB_OK;
}

void agreements_refresh_signed(struct change *change, int64_t organization) {
  int64_t *pks;
  struct query *query = db_named(change->db, "agreement-signed-by");
  query_bind_int(query, 1, organization);
  size_t count = collect(query, change->memory, &pks);
  const struct resource *own = change->resource;
  void *memory = change->memory;
  change->resource = contract_resource(change->contract, "agreements");
  bool fine = db_failure(change->db) == DB_OK;
  for (size_t i = 0; fine && i < count; i++) {
    change->memory = talloc_new(memory);
    fine = agreement_refresh(change, pks[i]);
    talloc_free(change->memory);
  }
  change->memory = memory;
  change->resource = own;
}

/* Calls for a refresh of every agreement that the row's relations supersede or renew. */
static void refresh_superseded(struct change *change, const json_t *row, int64_t self) {
  size_t i;
  json_t *relation;
  json_array_foreach(json_object_get(row, "relations"), i, relation) {
    const char *type = text_of(relation, "type");
    if (type != NULL && (strcmp(type, "supersedes") == 0 || strcmp(type, "renews") == 0)) {
      int64_t pk = pk_of(change, change->resource, text_of(relation, "agreement"));
      if (pk != 0 && pk != self) {
        agreement_refresh(change, pk);
      }
    }
  }
}

static void whole_agreement(struct change *change, const struct target *target, const json_t *row) {
  size_t i;
  json_t *relation;
  json_array_foreach(json_object_get(row, "relations"), i, relation) {
    if (strcmp(text_of(relation, "type"), "related") != 0 &&
        record_reaches(change, "agreement-reaches", text_of(relation, "agreement"), target, NULL)) {
      fault_at(change, "cycle", "would make the agreement come before itself", "/relations/%zu/agreement", i);
    }
  }
}

static void after_agreement(struct change *change, const struct target *target, const json_t *before,
                            const json_t *row) {
  if (row == NULL) {
    refresh_superseded(change, before, target->pk);
    return;
  }
  const struct derived *derived = change->derived;
  if (before != NULL || derived->due_on != DAY_NONE || derived->shown != NULL) {
    write_clock(change, target, row, change->now, derived);
  }
  refresh_superseded(change, row, target->pk);
  if (before != NULL && !json_equal(json_object_get(before, "relations"), json_object_get(row, "relations"))) {
    refresh_superseded(change, before, target->pk);
  }
}

const struct rules agreement_rules = {"agreements", check_agreement, after_agreement, whole_agreement};

/* -- the clock ----------------------------------------------------------------------------------------------------- */

enum { WINDOWS_SIZE = 60 };

/* Behind the windows as long as not all agreements were derived by them: a start that is stopped goes on with the next.
 */
static const char unfinished[] = " unfinished";

static void write_today(struct db *db, day today, bool finished) {
  char text[WINDOWS_SIZE];
  struct standing_windows windows = standing_windows();
  snprintf(text, sizeof text, "%d %d %d%s", windows.expiring_days, windows.notice_days, windows.dormant_months,
           finished ? "" : unfinished);
  struct query *query = db_named(db, "today-write");
  bind_day(query, 1, today);
  query_bind_text(query, 2, text);
  query_run(query);
}

/* By which the derived columns were derived, or are to be: *finished says which. */
static struct standing_windows windows_held(struct db *db, bool *finished) {
  struct standing_windows windows = STANDING_WINDOWS_DEFAULT;
  struct query *query = db_named(db, "windows-read");
  const char *text = query_step(query) == STEP_ROW ? query_text(query, 0) : NULL;
  int read[3];
  *finished = text == NULL || strstr(text, unfinished) == NULL;
  if (text != NULL && sscanf(text, "%d %d %d", &read[0], &read[1], &read[2]) == 3) {
    windows = (struct standing_windows){read[0], read[1], read[2]};
  }
  query_end(query);
  return windows;
}

static bool read_windows(void *argument, struct db *db) {
  bool finished;
  *(struct standing_windows *)argument = windows_held(db, &finished);
  return false; /* nothing to keep */
}

bool agreements_set_windows(const struct services *services) {
  const struct service_options *options = &services->options;
  struct standing_windows windows;
  if (store_write(services->store, read_windows, &windows) != WRITE_DROPPED) {
    return false;
  }
  windows.expiring_days = options->expiring_days > 0 ? (int)options->expiring_days : windows.expiring_days;
  windows.notice_days = options->notice_days > 0 ? (int)options->notice_days : windows.notice_days;
  windows.dormant_months = options->dormant_months > 0 ? (int)options->dormant_months : windows.dormant_months;
  standing_set_windows(&windows);
  return true;
}

struct tick {
  const struct services *services;
  int64_t last; /* when everything is derived anew: the last pk that was */
  bool all, more;
  size_t count;   /* of those that were derived */
  int64_t log_at; /* when the log is told next how many (monotonic) */
};

static bool tick_some(void *argument, struct db *db) {
  struct tick *tick = argument;
  void *memory = talloc_new(NULL);
  char now[CLOCK_TIMESTAMP_SIZE], today[DAY_SIZE];
  clock_timestamp(clock_now_ms(), now);
  day on = clock_today(); /* the day may end meanwhile */
  day_print(on, today);
  const struct contract *contract = tick->services->contract;
  struct change change = {.db = db,
                          .memory = memory,
                          .contract = contract,
                          .now = now,
                          .faults = faults_new(memory),
                          .resource = contract_resource(contract, "agreements")};
  struct query *query = db_named(db, tick->all ? "agreement-after" : "agreement-due");
  if (tick->all) {
    query_bind_int(query, 1, tick->last);
  } else {
    query_bind_text(query, 1, today);
  }
  query_bind_int(query, 2, TICK_BATCH);
  int64_t *pks;
  size_t count = collect(query, memory, &pks);
  bool fine = db_failure(db) == DB_OK;
  for (size_t i = 0; fine && i < count; i++) {
    change.memory = talloc_new(memory);
    fine = agreement_refresh(&change, pks[i]);
    tick->last = pks[i];
    talloc_free(change.memory);
  }
  tick->count += count;
  tick->more = count == TICK_BATCH;
  if (!tick->more) {
    write_today(db, on, true);
  }
  talloc_free(memory);
  return fine;
}

/* The day for which the derived columns hold, or DAY_NONE when none was written down. */
static day day_held(struct db *db) {
  day held = DAY_NONE;
  struct query *query = db_named(db, "today-read");
  if (query_step(query) == STEP_ROW && !query_null(query, 0)) {
    day_read(query_text(query, 0), &held);
  }
  query_end(query);
  return held;
}

struct clock_state {
  day held;
  struct standing_windows windows;
  bool finished;
  bool due; /* something is to be derived anew: a migration asks for that on the very day, too */
};

/* The windows are kept before the first agreement is derived by them. */
static bool keep_windows(void *argument, struct db *db) {
  const struct clock_state *state = argument;
  write_today(db, state->held, false);
  return db_failure(db) == DB_OK;
}

static bool read_clock(void *argument, struct db *db) {
  struct clock_state *state = argument;
  char today[DAY_SIZE];
  day_print(clock_today(), today);
  state->held = day_held(db);
  state->windows = windows_held(db, &state->finished);
  struct query *query = db_named(db, "agreement-due");
  query_bind_text(query, 1, today);
  query_bind_int(query, 2, 1);
  state->due = query_step(query) == STEP_ROW;
  query_end(query);
  return false; /* nothing to keep */
}

/* So that a start which takes long is seen to go on. False: it is to stop. */
static bool tell_progress(struct tick *tick) {
  int64_t now = clock_monotonic_ns();
  if (now < tick->log_at) {
    return true;
  }
  tick->log_at = now + TICK_LOG_NS;
  return starting_tell("derived the status of %zu agreements so far", tick->count);
}

bool agreements_tick(const struct services *services) {
  struct clock_state state = {.held = DAY_NONE};
  if (store_write(services->store, read_clock, &state) != WRITE_DROPPED) {
    return false;
  }
  day held = state.held, today = clock_today();
  const struct standing_windows windows = standing_windows();
  bool looks_elsewhere = !state.finished || memcmp(&state.windows, &windows, sizeof windows) != 0;
  if (held == today && !state.due && !looks_elsewhere) {
    return true;
  }
  /* A day before the one that the columns hold for (a test's, or a clock set right) may undo any change. */
  struct tick tick = {.services = services, .all = held != DAY_NONE && (today < held || looks_elsewhere), .more = true};
  tick.log_at = clock_monotonic_ns() + TICK_LOG_NS;
  if (tick.all && !starting_tell("deriving the status of all agreements again")) {
    return false;
  }
  if (tick.all && looks_elsewhere && store_write(services->store, keep_windows, &state) != WRITE_SAVED) {
    return false;
  }
  while (tick.more) {
    if (store_write(services->store, tick_some, &tick) != WRITE_SAVED || !tell_progress(&tick)) {
      return false;
    }
  }
  return true;
}

/* -- checking ------------------------------------------------------------------------------------------------------ */

static bool check_one(struct change *change, int64_t pk, day held, void (*tell)(void *argument, const char *line),
                      void *argument) {
  struct target target;
  if (!change_load_pk(change, pk, &target)) {
    return false;
  }
  struct shown shown;
  shown_read(change, pk, &shown);
  if (shown.due_on != DAY_NONE && shown.due_on <= held) {
    return true; /* a migration asked for it to be derived anew, which the next start does */
  }
  json_t *row = owned_json(change->memory, json_copy(target.row));
  struct terms terms;
  struct standing standing;
  agreement_terms(change->memory, row, agreement_superseded_on(change->db, pk, false), &terms);
  standing_on(&terms, held, &standing);
  agreement_set_standing(row, &standing);
  char line[200];
  if (!json_equal(target.row, row)) {
    snprintf(line, sizeof line, "agreement %s (%s): status %s is stored, %s follows from its terms", target.id,
             target.slug, text_of(target.row, "status"), text_of(row, "status"));
    tell(argument, line);
    return false;
  }
  bool apart = shown_standing(change, pk, row, &terms, held, &standing);
  if (shown_follows(&shown, row, apart ? &standing : NULL)) {
    return true;
  }
  snprintf(line, sizeof line,
           "agreement %s (%s): the public is shown another standing than follows from what is public", target.id,
           target.slug);
  tell(argument, line);
  return false;
}

bool agreements_check(const struct services *services, struct db *db, void (*tell)(void *argument, const char *line),
                      void *argument) {
  void *memory = talloc_new(NULL);
  const struct contract *contract = services->contract;
  struct change change = {.db = db,
                          .contract = contract,
                          .faults = faults_new(memory),
                          .resource = contract_resource(contract, "agreements")};
  bool sound = true;
  day held = day_held(db);
  if (held == DAY_NONE) {
    held = clock_today();
  }
  int64_t last = 0, *pks;
  size_t count;
  do {
    change.memory = talloc_new(memory);
    struct query *query = db_named(db, "agreement-after");
    query_bind_int(query, 1, last);
    query_bind_int(query, 2, TICK_BATCH);
    count = collect(query, change.memory, &pks);
    for (size_t i = 0; i < count; i++) {
      sound = check_one(&change, pks[i], held, tell, argument) && sound;
      last = pks[i];
    }
    talloc_free(change.memory);
  } while (count == TICK_BATCH);
  talloc_free(memory);
  return sound && db_failure(db) == DB_OK;
}
