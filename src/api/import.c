/* A file of records becomes the registry's state, or nothing does. It was read by then (import_read.c). Writing is one
 * transaction in two walks: the first inserts every record that is new, bare of references, so that the second may
 * write all of them in any order, each as a PUT would. A record that says what stands there already is not touched. The
 * history of all that was touched comes last, so that it has the names that the whole file gives, and one revision for
 * each.
 *
 * Where records that fail are to be left out (on_error=skip), the transaction that found them is undone, and made again
 * without them: so what is written is what a file without them would have written, whatever refers to what. */
#include "api/import.h"

#include "api/caller.h"
#include "api/change.h"
#include "base/clock.h"
#include "base/memory.h"
#include "contract/sheet.h"
#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each time others may fail, those that refer to what is left out; who has a chain of that length has another mistake.
 */
enum { ROUNDS_MOST = 16 };
enum { LOOK_NS = 250000000 };

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void report_refusal(struct import *import, struct import_record *record, const struct change *change) {
  import_faults(import, record, change->faults);
}

/* A row that has only some members: all of them, those that it has not as `base` has them; NULL with faults. */
static json_t *complete_row(struct change *change, const struct import_record *record, const json_t *base) {
  const struct schema *schema = record->resource->schema;
  json_t *body = owned_json(change->memory, sheet_merge(schema, base, record->given));
  schema_check(schema, body, "", change->faults);
  return change->faults->count > 0 ? NULL : owned_json(change->memory, schema_normal(schema, body));
}

/* The record's normal form, to be taken apart; owned by the change's memory. */
static json_t *normal_of(const struct change *change, const struct import_record *record) {
  return owned_json(change->memory, memory_checked(json_loads(record->normal, 0, NULL)));
}

static void reserve(struct import *import, struct change *change, struct import_record *record) {
  struct found found;
  change->resource = record->resource;
  if (record->slug[0] != '\0' && resource_find(change->db, record->resource, record->slug, &found)) {
    record->pk = found.pk;
    if (import->create_only) {
      import_error(import, record, "/slug", "taken",
                   memory_print(import->memory, "the slug %s is taken: it leads to %s", record->slug, found.id));
    }
    return;
  }
  struct target target;
  bool lacking = import->partial && complete_row(change, record, NULL) == NULL;
  if (lacking || change_reserve(change, normal_of(change, record), &target) == CHANGE_REFUSED) {
    report_refusal(import, record, change);
    return;
  }
  record->pk = target.pk;
  record->fresh = true;
}

/* Where every change must say which state it is for (If-Match), an import says it by the revision of each record that
 * it changes. */
static void check_revision(struct import *import, struct import_record *record, int64_t before) {
  if (api_options(import->call->api)->match_required && !record->fresh && !record->again &&
      record->revision != before) {
    import_error(
        import, record, "/revision", "precondition",
        memory_print(import->memory, "must be that of the record which is replaced, now %lld", (long long)before));
  }
}

static void complete(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  change->resource = record->resource;
  if (record->pk == 0 || !change_load_pk(change, record->pk, &target)) {
    return; /* it was reported when it could not be reserved, or the database failed */
  }
  bool merged = import->partial && !record->fresh;
  json_t *copy = merged ? complete_row(change, record, target.row) : normal_of(change, record);
  int64_t before = target.revision;
  enum changed outcome = copy == NULL    ? CHANGE_REFUSED
                         : record->fresh ? change_complete(change, &target, copy)
                                         : change_replace(change, &target, copy);
  record->contested = change->contested;
  if (outcome == CHANGE_UPDATED) {
    check_revision(import, record, before);
  }
  if (outcome == CHANGE_REFUSED) {
    report_refusal(import, record, change);
  } else if (record->outcome != CHANGE_UPDATED) {
    record->outcome = outcome;
  }
}

/* What only the whole can tell, now that all of it is there. */
static void look_at_whole(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  change->resource = record->resource;
  if (record->outcome == CHANGE_UPDATED && change_load_pk(change, record->pk, &target)) {
    const struct rules *rules = rules_of(change->resource);
    change->contested = record->contested;
    if (rules->whole != NULL) {
      rules->whole(change, &target, target.row);
    }
    import_faults(import, record, change->faults);
  }
}

/* A symmetric relation that was left to the other side, which the file made drop it, is written by the one that states
 * it. */
static void complete_again(struct import *import, struct change *change, struct import_record *record) {
  if (record->again) {
    complete(import, change, record);
  }
}

static struct import_record *record_at(struct import *import, size_t line) {
  size_t low = 0, high = import->count;
  while (low + 1 < high) {
    size_t middle = (low + high) / 2;
    *(import->records[middle].line <= line ? &low : &high) = middle;
  }
  return &import->records[low];
}

static void tell_missing(void *argument, const struct missing_relation *missing) {
  struct import *import = argument;
  struct import_record *record = record_at(import, missing->line);
  if (missing->symmetric) {
    record->again = true;
    return;
  }
  import_error(import, record, memory_print(import->memory, "/relations/%zu", missing->index), "other_side",
               memory_print(import->memory,
                            "is written on the other side, as its relation of the type %s: change it there",
                            missing->type));
}

/* Whether all of this still has a caller who may write it: it takes long, and waits for its turn before. */
static bool still_wanted(struct import *import, struct db *db) {
  import->refused = import->refused || !caller_holds(import->call, db);
  import->look_at = clock_monotonic_ns() + LOOK_NS;
  return !import->refused;
}

static bool goes_on(void *argument, struct db *db) {
  struct import *import = argument;
  return db_failure(db) == DB_OK && !import->refused &&
         (clock_monotonic_ns() < import->look_at || still_wanted(import, db));
}

static void walk(struct import *import, struct change *change,
                 void (*step)(struct import *import, struct change *change, struct import_record *record)) {
  void *memory = change->memory;
  for (size_t i = 0; i < import->count && goes_on(import, change->db); i++) {
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->contested = false;
    change->line = import->records[i].line;
    if (!import->records[i].failed) {
      step(import, change, &import->records[i]);
    }
    talloc_free(change->memory);
  }
  change->memory = memory;
}

static bool write_all(void *argument, struct db *db) {
  struct import *import = argument;
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(clock_now_ms(), now);
  struct origin origin = call_origin(import->call);
  struct change change = {.db = db,
                          .origin = &origin,
                          .memory = talloc_new(import->memory),
                          .contract = api_contract(import->call->api),
                          .now = now,
                          .whole_later = true,
                          .served = import->served,
                          .awaited = owned_json(import->memory, json_array()),
                          .pending = owned_json(import->memory, json_object())};
  walk(import, &change, reserve);
  walk(import, &change, complete);
  relations_missing(&change, tell_missing, import);
  change.awaited = NULL; /* from here on what nobody has written is a fault */
  walk(import, &change, complete_again);
  walk(import, &change, look_at_whole);
  bool keep = import->faulty == 0 && history_end(&change, goes_on, import) && !import->dry_run &&
              search_settle_written(db, goes_on, import);
  talloc_free(change.memory);
  return still_wanted(import, db) && keep;
}

static void begin_anew(struct import *import) {
  import->faulty = 0;
  import->look_at = 0;
  for (size_t i = 0; i < import->count; i++) {
    struct import_record *record = &import->records[i];
    record->pk = 0;
    record->fresh = record->again = false;
    record->outcome = CHANGE_REFUSED;
  }
}

static enum write_outcome write_rounds(struct import *import) {
  enum write_outcome outcome;
  int left = import->skip ? ROUNDS_MOST : 1;
  do {
    begin_anew(import);
    outcome = store_write(api_store(import->call->api), write_all, import);
  } while (--left > 0 && outcome == WRITE_DROPPED && import->faulty > 0 && !import->refused);
  return outcome;
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

struct placed {
  json_t *error;
  json_int_t line;
  size_t found; /* as which it was found */
};

static int by_line(const void *a, const void *b) {
  const struct placed *left = a, *right = b;
  return left->line != right->line ? (left->line < right->line ? -1 : 1) : left->found < right->found ? -1 : 1;
}

/* In the order of the file: each round of writing finds others. */
static void sort_errors(struct import *import) {
  size_t count = json_array_size(import->errors);
  struct placed *placed = memory_array(import->memory, struct placed, count + 1);
  for (size_t i = 0; i < count; i++) {
    json_t *error = json_array_get(import->errors, i);
    placed[i] = (struct placed){json_incref(error), json_integer_value(json_object_get(error, "line")), i};
  }
  qsort(placed, count, sizeof *placed, by_line);
  json_array_clear(import->errors);
  for (size_t i = 0; i < count; i++) {
    json_array_append_new(import->errors, placed[i].error);
  }
}

static void answer_errors(struct import *import) {
  size_t count = json_array_size(import->errors) + import->dropped;
  const char *detail =
      memory_print(import->memory, "%zu error%s in %zu records; nothing was written%s", count, count == 1 ? "" : "s",
                   import->count, import->skip && !import->stopped ? ", as ever more fail by what is left out" : "");
  answer_problem_with(import->call, "invalid-body", detail, "errors", json_incref(import->errors));
}

static void answer_report(struct import *import) {
  json_int_t created = 0, updated = 0, failed = 0, rows = (json_int_t)import->count;
  for (size_t i = 0; i < import->count; i++) {
    const struct import_record *record = &import->records[i];
    failed += record->failed;
    created += !record->failed && record->fresh;
    updated += !record->failed && !record->fresh && record->outcome == CHANGE_UPDATED;
  }
  answer_json(import->call, 200,
              json_pack("{s:I, s:I, s:I, s:I, s:I, s:O, s:O, s:O}", "rows", rows, "created", created, "updated",
                        updated, "unchanged", rows - created - updated - failed, "failed", failed, "errors",
                        import->errors, "readings", import->readings, "warnings", import->warnings));
}

static bool asked(const struct call *call, const char *parameter, const char *value) {
  const char *given = contract_parameter(call->operation, call->uri, parameter);
  return given != NULL && strcmp(given, value) == 0;
}

void handle_import(struct call *call) {
  struct import *import = memory_new(call->memory, struct import);
  *import = (struct import){.call = call,
                            .memory = call->memory,
                            .errors = owned_json(call->memory, json_array()),
                            .readings = owned_json(call->memory, json_array()),
                            .warnings = owned_json(call->memory, json_array()),
                            .served = owned_json(call->memory, json_object()),
                            .create_only = asked(call, "mode", "create"),
                            .dry_run = asked(call, "dry_run", "true"),
                            .skip = asked(call, "on_error", "skip")};
  if (!import_read(import)) {
    return;
  }
  enum write_outcome outcome = WRITE_DROPPED;
  bool sound = !import->stopped && (import->skip || import->faulty == 0);
  if (sound) {
    outcome = write_rounds(import);
  }
  sort_errors(import);
  if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
    api_not_saved(call, (int)outcome);
  } else if (import->refused) {
    caller_answer_refused(import->call);
  } else if (!sound || import->faulty > 0) {
    answer_errors(import);
  } else {
    answer_report(import);
  }
}
