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

/* -- writing ------------------------------------------------------------------------------------------------------- */

static bool has_fault(const struct faults *faults, const char *pointer) {
  size_t i = 0;
  while (i < faults->count && strcmp(faults->list[i].where, pointer) != 0) {
    i++;
  }
  return i < faults->count;
}

/* The record as it is to be: its normal form, to be taken apart. Where it is faulty, what is left of it, or NULL when
 * nothing is; change->faults get the faults, of which the first *told were told when it was read. What a partial row
 * does not say is as in `base`, or absent. */
static json_t *normal_of(const struct import *import, struct change *change, const struct import_record *record,
                         const json_t *base, size_t *told) {
  const struct schema *schema = record->resource->schema;
  json_t *body = import_kept(record, change->faults);
  *told = change->faults->count;
  if (import->partial) {
    body = owned_json(change->memory, sheet_merge(schema, base, body));
    faults_locate(change->faults, body);
    change->faults->known = *told;
    schema_check(schema, body, "", change->faults);
  }
  if (change->faults->count > 0) {
    json_t *rest = schema_remainder(schema, body, change->faults);
    return rest == NULL ? NULL : owned_json(change->memory, rest);
  }
  return owned_json(change->memory, schema_normal(schema, body));
}

/* As much of a record as others need to refer to it, of one that may be faulty: its slug, and something in all that no
 * record may lack. */
static json_t *bare_of(const struct import *import, struct change *change, const struct import_record *record,
                       const char *slug) {
  size_t told;
  const struct schema *schema = record->resource->schema;
  struct faults *kept = change->faults;
  change->faults = faults_new(change->memory);
  const json_t *rest = normal_of(import, change, record, NULL, &told);
  change->faults = kept;
  json_t *bare = memory_checked(json_object());
  for (size_t i = 0; i < schema->member_count; i++) {
    const char *name = schema->members[i].name, *text = json_string_value(json_object_get(rest, name));
    if (schema->members[i].required) {
      json_object_set_new(bare, name, json_string(text == NULL ? "?" : text));
    }
  }
  if (slug != NULL) {
    json_object_set_new(bare, "slug", json_string(slug));
  }
  json_t *normal = schema_normal(schema, bare);
  json_decref(bare);
  return owned_json(change->memory, normal);
}

/* Creates a record whose references all lead somewhere already, as nearly all do; true then. Otherwise nothing was
 * written, and what is wrong may be right once the rest of the file is there. */
static bool create_at_once(const struct change *change, struct import_record *record, json_t *normal) {
  struct target target;
  struct change attempt = *change;
  attempt.awaits = false;
  attempt.faults = faults_new(change->memory);
  if (change_create(&attempt, normal, NULL, &target) != CHANGE_CREATED) {
    return false;
  }
  record->pk = target.pk;
  record->fresh = record->done = true;
  record->contested = attempt.contested;
  record->joined = relations_join(record->resource, normal);
  record->outcome = CHANGE_UPDATED;
  return true;
}

static void reserve(struct import *import, struct change *change, struct import_record *record) {
  struct found found;
  struct target target;
  json_t *normal = import_kept(record, change->faults);
  bool known = !has_fault(change->faults, "/slug");
  const char *slug = known ? json_string_value(json_object_get(normal, "slug")) : NULL;
  record->pk = 0;
  record->fresh = record->done = record->joined = record->again = record->contested = false;
  record->outcome = CHANGE_REFUSED;
  change->resource = record->resource;
  if (slug != NULL && resource_find(change->db, record->resource, slug, &found)) {
    if (import->create_only) {
      import_error(import, record, "/slug", "taken",
                   memory_print(change->memory, "the slug %s already belongs to %s", slug, found.id));
    } else {
      record->pk = found.pk;
    }
    return;
  }
  if (!known || (slug == NULL && !import->create_only)) {
    return; /* nobody can refer to it */
  }
  if (import->partial || record->faulty) {
    normal = bare_of(import, change, record, slug);
  } else {
    normal = owned_json(change->memory, schema_normal(record->resource->schema, normal));
  }
  bool entire = !import->partial && !record->faulty;
  if (entire && create_at_once(change, record, owned_json(change->memory, json_copy(normal)))) {
    return;
  }
  change->faults = faults_new(change->memory);
  if (change_reserve(change, normal, &target) == CHANGE_REFUSED) {
    import_faults(import, record, change->faults, 0);
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

/* Writes a record, or says what else is wrong with it. */
static enum changed write_one(struct change *change, const struct import_record *record, struct target *target,
                              json_t *normal) {
  if (normal == NULL) {
    return CHANGE_REFUSED;
  }
  if (record->failed != 0 || change->faults->count > 0) {
    if (record->pk == 0) {
      json_object_del(normal, "slug"); /* which was told of */
    }
    change_check(change, target, normal, NULL);
    return CHANGE_REFUSED;
  }
  return record->fresh ? change_complete(change, target, normal) : change_replace(change, target, normal);
}

static void complete(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  size_t told;
  change->resource = record->resource;
  if (record->done && !record->again) {
    return;
  }
  if (record->pk == 0 && import->partial && !import->create_only) {
    return; /* it cannot be known what the row completes */
  }
  if (record->pk == 0) {
    change_begin(change, &target);
  } else if (!change_load_pk(change, record->pk, &target)) {
    return; /* the database failed */
  }
  json_t *normal = normal_of(import, change, record, record->pk == 0 || record->fresh ? NULL : target.row, &told);
  int64_t before = target.revision;
  enum changed outcome = write_one(change, record, &target, normal);
  record->contested = change->contested;
  record->joined = normal != NULL && relations_join(record->resource, normal);
  if (outcome != CHANGE_NOTHING && record->pk != 0) {
    check_revision(import, change, record, before);
  }
  import_faults(import, record, change->faults, told);
  if (record->failed != 0) {
    change_note_refused(change, target.id);
  }
  if (outcome != CHANGE_REFUSED && record->outcome != CHANGE_UPDATED) {
    record->outcome = outcome;
  }
}

/* The faults of change->faults, which are about the record as it stands in the database, where the file has what is
 * wrong: there it may have relations besides that others have written. */
static struct faults *faults_in_file(struct change *change, const struct import_record *record,
                                     const struct target *target) {
  struct faults *stored = change->faults, *sent = faults_new(change->memory);
  json_t *body = import_kept(record, sent);
  json_t *row = owned_json(change->memory, schema_normal(record->resource->schema, body));
  change->faults = sent;
  references_resolve(change, row);
  relations_drop_mirrored(change, target, row);
  sent->count = 0; /* both were asked before */
  for (size_t i = 0; i < stored->count; i++) {
    const struct fault *fault = &stored->list[i];
    faults_add(sent, fault->place, fault->where, fault->code, "%s", fault->message);
  }
  sent->dropped = stored->dropped;
  return sent;
}

/* What only the whole can tell, now that all of it is there. */
static void look_at_whole(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  change->resource = record->resource;
  bool concerned = record->outcome == CHANGE_UPDATED && (record->joined || record->contested);
  if (!concerned || !change_load_pk(change, record->pk, &target)) {
    return;
  }
  const struct rules *rules = rules_of(change->resource);
  change->contested = record->contested;
  if (rules->whole != NULL) {
    rules->whole(change, &target, target.row);
  }
  if (change->faults->count > 0) {
    import_faults(import, record, faults_in_file(change, record, &target), 0);
  }
}

/* A symmetric relation that was left to the other side, which the file made drop it, is written by the one that states
 * it. */
static void complete_again(struct import *import, struct change *change, struct import_record *record) {
  if (record->again && record->failed == 0) {
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

/* Whether all of this still has a caller who may write it, and who waits for it: it takes long, and waits for its turn
 * before. */
static bool still_wanted(struct import *import, struct db *db) {
  import->refused = import->refused || !caller_holds(import->call, db);
  import->left = import_has_left(import);
  import->look_at = clock_monotonic_ns() + IMPORT_LOOK_NS;
  return !import->refused && !import->left;
}

static bool goes_on(void *argument, struct db *db) {
  struct import *import = argument;
  return db_failure(db) == DB_OK && db_failure(import->notes) == DB_OK && import->lost == 0 && !import->refused &&
         !import->left && (clock_monotonic_ns() < import->look_at || still_wanted(import, db));
}

/* The same for the history, which comes last. */
static bool goes_on_recording(void *argument, struct db *db) {
  struct import *import = argument;
  import->recorded++;
  import_tell(import, "recording", import->recorded, import->recorded, import->count);
  return goes_on(import, db);
}

/* Whether all that a step may change of a record is in the list already. */
static bool is_noted(const struct import_record *before, const struct import_record *after) {
  return before->pk == after->pk && before->fresh == after->fresh && before->done == after->done &&
         before->joined == after->joined && before->again == after->again && before->contested == after->contested &&
         before->failed == after->failed && before->outcome == after->outcome;
}

static void walk(struct import *import, struct change *change, const char *doing,
                 void (*step)(struct import *import, struct change *change, struct import_record *record)) {
  void *memory = change->memory;
  struct passage passed = passage_begin(spool_whole(&import->records), import->records.filed);
  size_t rows = 0;
  for (size_t at = 0, next; at < import->records.size && goes_on(import, change->db); at = next) {
    struct import_record record, before;
    next = import_get(import, at, &record);
    memcpy(&before, &record, sizeof record);
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->contested = false;
    change->place = at;
    if (record.failed == 0 || record.failed == import->round) {
      step(import, change, &record);
    }
    if (!is_noted(&before, &record)) {
      import_put(import, at, &record);
    }
    talloc_free(change->memory);
    passage_reach(&passed, spool_whole(&import->records) + next);
    import_tell(import, doing, ++rows, next, import->records.size);
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
  import->faulty = import->round > 1 ? 0 : import->skip ? import->held : import->faulty;
  import->look_at = 0;
  import->recorded = 0;
  query_run(db_named(import->notes, "notes-touched-clear")); /* of a round before */
  query_run(db_named(import->notes, "notes-awaited-clear"));
  query_run(db_named(import->notes, "notes-refused-clear"));
  walk(import, &change, "entering", reserve);
  walk(import, &change, "writing", complete);
  relations_missing(&change, tell_missing, import);
  change.awaits = false; /* from here on what nobody has written is a fault */
  walk(import, &change, "completing", complete_again);
  walk(import, &change, "checking", look_at_whole);
  bool keep = import->faulty == 0 && history_end(&change, goes_on_recording, import) && !import->dry_run &&
              search_settle_written(db, goes_on, import);
  talloc_free(change.memory);
  return still_wanted(import, db) && keep && import->lost == 0 && db_failure(import->notes) == DB_OK;
}

/* Why what is to be remembered cannot be, or 0. */
static int lost_by(const struct import *import) {
  enum db_failure failure = db_failure(import->notes);
  return import->lost != 0 ? import->lost : failure == DB_OK ? 0 : failure == DB_FULL ? ENOSPC : EIO;
}

/* Where nothing is left out and reading found errors, the one round finds those of references and rules. */
static enum write_outcome write_rounds(struct import *import) {
  enum write_outcome outcome;
  unsigned most = !import->skip ? 1 : import->held > 0 ? ROUNDS_MOST + 1 : ROUNDS_MOST;
  for (import->round = 1;; import->round++) {
    outcome = store_write(import->call->services->store, write_all, import);
    if (import->round == most || outcome != WRITE_DROPPED || import->faulty == 0 || import->refused || import->left ||
        lost_by(import) != 0) {
      return outcome;
    }
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

/* `all`: errors of every kind were looked for. */
static void answer_errors(struct import *import, bool all) {
  size_t count = json_array_size(import->errors.list) + import->errors.more;
  const char *detail = memory_print(import->memory, "%zu error%s%s in %zu records; nothing was written%s", count,
                                    count == 1 ? "" : "s", all ? "" : " or more", import->count,
                                    import->skip && !import->stopped ? ", as ever more fail by what is left out" : "");
  answer_problem_with(import->call, "invalid-body", detail, "errors", json_incref(import->errors.list));
}

static void count_records(struct import *import, json_int_t *created, json_int_t *updated, json_int_t *failed) {
  struct passage passed = passage_begin(spool_whole(&import->records), import->records.filed);
  *failed = (json_int_t)import->unread;
  for (size_t at = 0; at < import->records.size;) {
    struct import_record record;
    at = import_get(import, at, &record);
    *failed += record.failed != 0;
    *created += record.failed == 0 && record.fresh;
    *updated += record.failed == 0 && !record.fresh && record.outcome == CHANGE_UPDATED;
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
                            .round = 1,
                            .errors = told_new(call->memory),
                            .readings = told_new(call->memory),
                            .warnings = told_new(call->memory),
                            .notes = store_notes(call->services->store, &error),
                            .create_only = asked(call, "mode", "create"),
                            .dry_run = asked(call, "dry_run", "true"),
                            .skip = asked(call, "on_error", "skip")};
  if (import->notes == NULL) {
    log_line(LOG_ERROR, "import: %s", error.text);
    answer_not_saved(call, error.full ? WRITE_FULL : WRITE_FAILED);
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
  /* Past what is told nobody looks for more. */
  bool wanted = !import->stopped && (import->skip || import->faulty == 0 || import_has_room(import));
  if (wanted && !import->left && lost_by(import) == 0) {
    outcome = write_rounds(import);
  }
  import_sort_errors(import);
  if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
    answer_not_saved(call, (int)outcome);
  } else if (lost_by(import) != 0) {
    answer_not_saved(call, error_is_full(lost_by(import)) ? WRITE_FULL : WRITE_FAILED);
  } else if (import->refused) {
    caller_answer_refused(import->call);
  } else if (import->left) {
    answer_problem(call, "busy", "nobody waits for the import any more; nothing was written");
  } else if (import->faulty > 0) {
    answer_errors(import, wanted || import->records.size == 0);
  } else {
    answer_report(import);
  }
  TALLOC_FREE(import);
}
