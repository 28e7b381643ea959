/* A file of records becomes the registry's state, or nothing does. It was read by then (import_read.c). Writing is one
 * transaction in two walks: the first inserts every record that is new, bare of references, so that the second may
 * write all of them in any order, each as a PUT would. A record that says what stands there already is not touched. The
 * history of all that was touched comes last, so that it has the names that the whole file gives, and one revision for
 * each.
 *
 * Where records that fail are to be left out (on_error=skip), the transaction that found them is undone, and made again
 * without them: so what is written is what a file without them would have written, whatever refers to what. */
#include "access/caller.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "contract/sheet.h"
#include "import/import.h"
#include "records/change.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/services.h"
#include "store/search.h"

#include <errno.h>
#include <string.h>

/* Each time others may fail, those that refer to what is left out; who has a chain of that length has another mistake.
 */
enum { ROUNDS_MOST = 16 };
enum { LOOK_NS = 250000000 };

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void report_refusal(struct import *import, struct import_record *record, const struct change *change) {
  import_faults(import, record, change->faults);
}

/* What was kept of the record: its normal form, to be taken apart, or what a partial row says; owned by the change's
 * memory. */
static json_t *kept_of(const struct change *change, const struct import_record *record) {
  return owned_json(change->memory, memory_checked(json_loads(record->text, 0, NULL)));
}

/* A row that has only some members: all of them, those that it has not as `base` has them; NULL with faults. */
static json_t *complete_row(struct change *change, const struct import_record *record, const json_t *base) {
  const struct schema *schema = record->resource->schema;
  json_t *body = owned_json(change->memory, sheet_merge(schema, base, kept_of(change, record)));
  schema_check(schema, body, "", change->faults);
  return change->faults->count > 0 ? NULL : owned_json(change->memory, schema_normal(schema, body));
}

/* The normal form of a record that is written anew; NULL with faults. */
static json_t *normal_of(const struct import *import, struct change *change, const struct import_record *record) {
  return import->partial ? complete_row(change, record, NULL) : kept_of(change, record);
}

static void reserve(struct import *import, struct change *change, struct import_record *record) {
  struct found found;
  json_t *normal = kept_of(change, record);
  const char *slug = json_string_value(json_object_get(normal, "slug"));
  record->pk = 0;
  record->fresh = record->again = record->contested = false;
  record->outcome = CHANGE_REFUSED;
  change->resource = record->resource;
  if (slug != NULL && resource_find(change->db, record->resource, slug, &found)) {
    record->pk = found.pk;
    if (import->create_only) {
      import_error(import, record, "/slug", "taken",
                   memory_print(change->memory, "the slug %s is taken: it leads to %s", slug, found.id));
    }
    return;
  }
  struct target target;
  normal = import->partial ? complete_row(change, record, NULL) : normal;
  if (normal == NULL || change_reserve(change, normal, &target) == CHANGE_REFUSED) {
    report_refusal(import, record, change);
    return;
  }
  record->pk = target.pk;
  record->fresh = true;
}

/* Where every change must say which state it is for (If-Match), an import says it by the revision of each record that
 * it changes. */
static void check_revision(struct import *import, const struct change *change, struct import_record *record,
                           int64_t before) {
  if (import->call->services->options.match_required && !record->fresh && !record->again &&
      record->revision != before) {
    import_error(
        import, record, "/revision", "precondition",
        memory_print(change->memory, "must be that of the record which is replaced, now %lld", (long long)before));
  }
}

static void complete(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  change->resource = record->resource;
  if (record->pk == 0 || !change_load_pk(change, record->pk, &target)) {
    return; /* it was reported when it could not be reserved, or the database failed */
  }
  bool merged = import->partial && !record->fresh;
  json_t *copy = merged ? complete_row(change, record, target.row) : normal_of(import, change, record);
  int64_t before = target.revision;
  enum changed outcome = copy == NULL    ? CHANGE_REFUSED
                         : record->fresh ? change_complete(change, &target, copy)
                                         : change_replace(change, &target, copy);
  record->contested = change->contested;
  if (outcome == CHANGE_UPDATED) {
    check_revision(import, change, record, before);
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

static void tell_missing(void *argument, const struct missing_relation *missing) {
  struct import *import = argument;
  struct import_record record;
  import_get(import, missing->place, &record);
  if (missing->symmetric) {
    record.again = true;
  } else {
    char *pointer = memory_print(NULL, "/relations/%zu", missing->index);
    import_error(import, &record, pointer, "other_side",
                 memory_print(pointer, "is written on the other side, as its relation of the type %s: change it there",
                              missing->type));
    talloc_free(pointer);
  }
  import_put(import, missing->place, &record);
}

/* Whether all of this still has a caller who may write it: it takes long, and waits for its turn before. */
static bool still_wanted(struct import *import, struct db *db) {
  import->refused = import->refused || !caller_holds(import->call, db);
  import->look_at = clock_monotonic_ns() + LOOK_NS;
  return !import->refused;
}

static bool goes_on(void *argument, struct db *db) {
  struct import *import = argument;
  return db_failure(db) == DB_OK && db_failure(import->notes) == DB_OK && import->lost == 0 && !import->refused &&
         (clock_monotonic_ns() < import->look_at || still_wanted(import, db));
}

static void walk(struct import *import, struct change *change,
                 void (*step)(struct import *import, struct change *change, struct import_record *record)) {
  void *memory = change->memory;
  struct passage passed = passage_begin(spool_whole(&import->records), import->records.filed);
  for (size_t at = 0, next; at < import->records.size && goes_on(import, change->db); at = next) {
    struct import_record record, before;
    next = import_get(import, at, &record);
    memcpy(&before, &record, sizeof record);
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->contested = false;
    change->place = at;
    if (!record.failed) {
      step(import, change, &record);
    }
    if (memcmp(&before, &record, sizeof record) != 0) {
      import_put(import, at, &record);
    }
    talloc_free(change->memory);
    passage_reach(&passed, spool_whole(&import->records) + next);
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
                          .contract = import->call->services->contract,
                          .now = now,
                          .whole_later = true,
                          .notes = import->notes,
                          .awaits = true,
                          .pending = true};
  import->faulty = 0;
  import->look_at = 0;
  query_run(db_named(import->notes, "notes-touched-clear")); /* of a round before */
  query_run(db_named(import->notes, "notes-awaited-clear"));
  walk(import, &change, reserve);
  walk(import, &change, complete);
  relations_missing(&change, tell_missing, import);
  change.awaits = false; /* from here on what nobody has written is a fault */
  walk(import, &change, complete_again);
  walk(import, &change, look_at_whole);
  bool keep = import->faulty == 0 && history_end(&change, goes_on, import) && !import->dry_run &&
              search_settle_written(db, goes_on, import);
  talloc_free(change.memory);
  return still_wanted(import, db) && keep && import->lost == 0 && db_failure(import->notes) == DB_OK;
}

/* Why what is to be remembered cannot be, or 0. */
static int lost_by(const struct import *import) {
  enum db_failure failure = db_failure(import->notes);
  return import->lost != 0 ? import->lost : failure == DB_OK ? 0 : failure == DB_FULL ? ENOSPC : EIO;
}

static enum write_outcome write_rounds(struct import *import) {
  enum write_outcome outcome;
  int left = import->skip ? ROUNDS_MOST : 1;
  do {
    outcome = store_write(import->call->services->store, write_all, import);
  } while (--left > 0 && outcome == WRITE_DROPPED && import->faulty > 0 && !import->refused && lost_by(import) == 0);
  return outcome;
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

static void answer_errors(struct import *import) {
  size_t count = json_array_size(import->errors.list) + import->errors.more;
  const char *detail =
      memory_print(import->memory, "%zu error%s in %zu records; nothing was written%s", count, count == 1 ? "" : "s",
                   import->count, import->skip && !import->stopped ? ", as ever more fail by what is left out" : "");
  answer_problem_with(import->call, "invalid-body", detail, "errors", json_incref(import->errors.list));
}

static void count_records(struct import *import, json_int_t *created, json_int_t *updated, json_int_t *failed) {
  struct passage passed = passage_begin(spool_whole(&import->records), import->records.filed);
  *failed = (json_int_t)import->unread;
  for (size_t at = 0; at < import->records.size;) {
    struct import_record record;
    at = import_get(import, at, &record);
    *failed += record.failed;
    *created += !record.failed && record.fresh;
    *updated += !record.failed && !record.fresh && record.outcome == CHANGE_UPDATED;
    passage_reach(&passed, spool_whole(&import->records) + at);
  }
}

static void answer_report(struct import *import) {
  json_int_t created = 0, updated = 0, failed = 0, rows = (json_int_t)import->count;
  count_records(import, &created, &updated, &failed);
  answer_json(import->call, 200,
              json_pack("{s:I, s:I, s:I, s:I, s:I, s:O, s:I, s:O, s:I, s:O, s:I}", "rows", rows, "created", created,
                        "updated", updated, "unchanged", rows - created - updated - failed, "failed", failed, "errors",
                        import->errors.list, "more_errors", (json_int_t)import->errors.more, "readings",
                        import->readings.list, "more_readings", (json_int_t)import->readings.more, "warnings",
                        import->warnings.list, "more_warnings", (json_int_t)import->warnings.more));
}

static bool asked(const struct call *call, const char *parameter, const char *value) {
  const char *given = contract_parameter(call->operation, call->uri, parameter);
  return given != NULL && strcmp(given, value) == 0;
}

static int drop_files(struct import *import) {
  spool_drop(&import->records);
  spool_drop(&import->narrow);
  store_reader_close(import->notes);
  return 0;
}

static struct import_told told_new(const void *memory) {
  return (struct import_told){.list = owned_json(memory, json_array())};
}

static struct import *begin(struct call *call) {
  struct import *import = memory_new(call->memory, struct import);
  struct error error;
  *import = (struct import){.call = call,
                            .memory = call->memory,
                            .errors = told_new(call->memory),
                            .readings = told_new(call->memory),
                            .warnings = told_new(call->memory),
                            .notes = store_notes(call->services->store, &error),
                            .create_only = asked(call, "mode", "create"),
                            .dry_run = asked(call, "dry_run", "true"),
                            .skip = asked(call, "on_error", "skip")};
  if (import->notes == NULL) {
    log_line(LOG_ERROR, "import: %s", error.text);
    answer_not_saved(call, WRITE_FAILED);
    return NULL;
  }
  talloc_set_destructor(import, drop_files);
  return import;
}

void import_run(struct call *call) {
  struct import *import = begin(call);
  if (import == NULL || !import_read(import)) {
    return;
  }
  if (spool_whole(&import->records) == NULL) {
    import->lost = errno;
  }
  enum write_outcome outcome = WRITE_DROPPED;
  bool sound = !import->stopped && (import->skip || import->faulty == 0);
  if (sound && lost_by(import) == 0) {
    outcome = write_rounds(import);
  }
  import_sort_errors(import);
  if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
    answer_not_saved(call, (int)outcome);
  } else if (lost_by(import) != 0) {
    answer_not_saved(call, lost_by(import) == ENOSPC || lost_by(import) == EDQUOT ? WRITE_FULL : WRITE_FAILED);
  } else if (import->refused) {
    caller_answer_refused(import->call);
  } else if (!sound || import->faulty > 0) {
    answer_errors(import);
  } else {
    answer_report(import);
  }
  TALLOC_FREE(import);
}
