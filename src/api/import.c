/* A file of records becomes the registry's state, or nothing does. Reading is done on the thread that took the request:
 * lines to JSON, dates that people write to dates, each record against the contract. Writing is one transaction in two
 * walks: the first inserts every record that is new, bare of references, so that the second may write all of them in
 * any order, each as a PUT would. A record that says what stands there already is not touched. */
#include "api/change.h"

#include "base/clock.h"
#include "base/memory.h"
#include "contract/json.h"
#include "domain/partial_date.h"

#include <stdio.h>
#include <string.h>

enum { ERRORS_MOST = 1000 };

struct import_record {
  size_t line;
  const struct resource *resource;
  json_t *normal; /* NULL when the record has faults */
  const char *slug;
  int64_t pk;
  bool fresh;
  bool again; /* write it once more: a relation that it left to the other side is not there */
  enum changed outcome;
};

struct import {
  struct call *call;
  void *memory;
  struct import_record *records;
  size_t count, capacity;
  json_t *errors, *readings;
  size_t dropped; /* errors past ERRORS_MOST */
  bool create_only, dry_run;
};

/* -- errors -------------------------------------------------------------------------------------------------------- */

static void add_error(struct import *import, size_t line, const char *pointer, const char *code, const char *message) {
  if (json_array_size(import->errors) >= ERRORS_MOST) {
    import->dropped++;
    return;
  }
  json_array_append_new(import->errors, json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)line, "pointer", pointer,
                                                  "code", code, "message", message));
}

static void add_faults(struct import *import, size_t line, const struct faults *faults) {
  for (size_t i = 0; i < faults->count; i++) {
    add_error(import, line, faults->list[i].where, faults->list[i].code, faults->list[i].message);
  }
  import->dropped += faults->dropped;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static void read_dates(struct import *import, size_t line, const struct schema *schema, json_t *value,
                       const char *pointer);

static json_t *read_date(struct import *import, size_t line, const json_t *value, const char *pointer) {
  struct partial_date strict;
  char standard[PARTIAL_DATE_SIZE];
  const char *text = json_string_value(value);
  if (text == NULL || partial_date_read(text, strlen(text), &strict) ||
      partial_date_read_loose(text, standard) != LOOSE_READ) {
    return NULL; /* the contract's check says what is wrong with it */
  }
  json_array_append_new(import->readings, json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)line, "pointer",
                                                    pointer, "value", text, "read_as", standard));
  return json_string(standard);
}

static void read_object_dates(struct import *import, size_t line, const struct schema *schema, json_t *object,
                              const char *pointer) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    json_t *value = json_object_get(object, member->name);
    if (value == NULL || member->read_only) {
      continue;
    }
    char *inner = memory_print(import->memory, "%s/%s", pointer, member->name);
    bool is_date = member->schema->format != NULL && strcmp(member->schema->format->name, "partial-date") == 0;
    json_t *read = is_date ? read_date(import, line, value, inner) : NULL;
    if (read != NULL) {
      json_object_set_new(object, member->name, read);
    } else {
      read_dates(import, line, member->schema, value, inner);
    }
  }
}

/* Replaces the dates that are written in another way, and reports how each was read. */
static void read_dates(struct import *import, size_t line, const struct schema *schema, json_t *value,
                       const char *pointer) {
  if (json_is_object(value)) {
    read_object_dates(import, line, schema, value, pointer);
  } else if (json_is_array(value) && schema->items != NULL) {
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
      read_dates(import, line, schema->items, item, memory_print(import->memory, "%s/%zu", pointer, index));
    }
  }
}

static const struct resource *resource_of(struct import *import, size_t line, json_t *record) {
  const struct contract *contract = api_contract(import->call->api);
  const char *asked = contract_parameter(import->call->operation, import->call->uri, "resource");
  json_t *own = json_object_get(record, "resource");
  const char *name = own == NULL ? asked : json_string_value(own);
  const struct resource *resource = name == NULL ? NULL : contract_resource(contract, name);
  if (resource == NULL) {
    add_error(import, line, "/resource", own == NULL ? "required" : "enum",
              "must be organizations, agreements or areas");
  } else if (asked != NULL && strcmp(asked, name) != 0) {
    add_error(import, line, "/resource", "contradiction", "is not the resource that the request names");
    resource = NULL;
  }
  json_object_del(record, "resource");
  return resource;
}

/* Checks one record and keeps its normal form. Takes `json` over. */
static void take_record(struct import *import, size_t line, json_t *json) {
  owned_json(import->memory, json);
  if (import->count == import->capacity) {
    import->capacity = import->capacity == 0 ? 64 : import->capacity * 2;
    import->records = memory_grow(import->memory, import->records, struct import_record, import->capacity);
  }
  struct import_record *record = &import->records[import->count++];
  *record = (struct import_record){.line = line};
  if (!json_is_object(json)) {
    add_error(import, line, "", "type", "must be an object");
    return;
  }
  record->resource = resource_of(import, line, json);
  if (record->resource == NULL) {
    return;
  }
  read_dates(import, line, record->resource->schema, json, "");
  struct faults *faults = faults_new(import->memory);
  schema_check(record->resource->schema, json, "", faults);
  if (!import->create_only && !json_is_string(json_object_get(json, "slug"))) {
    faults_add(faults, PLACE_BODY, "/slug", "required",
               "is needed, so that the record is known again by the next import");
  }
  if (faults->count > 0) {
    add_faults(import, line, faults);
    return;
  }
  record->normal = owned_json(import->memory, schema_normal(record->resource->schema, json));
  record->slug = memory_copy(import->memory, json_is_string(json_object_get(json, "slug"))
                                                 ? json_string_value(json_object_get(json, "slug"))
                                                 : "");
}

static bool blank(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (memchr(" \t\r", bytes[i], 3) == NULL) {
      return false;
    }
  }
  return true;
}

static void read_lines(struct import *import, const char *bytes, size_t size) {
  size_t line = 1;
  for (size_t at = 0; at < size; line++) {
    const char *end = memchr(bytes + at, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end - bytes) - at;
    if (!blank(bytes + at, length)) {
      struct json_problem problem;
      json_t *json = json_read(bytes + at, length, &json_default_limits, &problem);
      if (json == NULL) {
        add_error(import, line, "", "malformed",
                  memory_print(import->memory, "column %d: %s", problem.column, problem.message));
      } else {
        take_record(import, line, json);
      }
    }
    at += length + 1;
  }
}

/* A body that begins with a bracket is one array; a line of NDJSON here is always an object. False when it is not
 * well-formed. */
static bool read_array(struct import *import, const char *bytes, size_t size) {
  struct json_problem problem;
  static const struct json_limits limits = {.depth = 64, .values = 5000000};
  json_t *array = json_read(bytes, size, &limits, &problem);
  if (array == NULL) {
    answer_problem(import->call, "malformed-json", "line %d, column %d: %s", problem.line, problem.column,
                   problem.message);
    return false;
  }
  size_t index;
  json_t *item;
  json_array_foreach(array, index, item) {
    take_record(import, index + 1, json_incref(item));
  }
  json_decref(array);
  return true;
}

static int by_slug(const void *a, const void *b) {
  const struct import_record *const *left = a, *const *right = b;
  if ((*left)->resource != (*right)->resource) {
    return (*left)->resource < (*right)->resource ? -1 : 1;
  }
  int order = strcmp((*left)->slug, (*right)->slug);
  return order != 0 ? order : (*left)->line < (*right)->line ? -1 : 1;
}

static void find_repeated(struct import *import) {
  struct import_record **sorted = memory_array(import->memory, struct import_record *, import->count + 1);
  size_t count = 0;
  for (size_t i = 0; i < import->count; i++) {
    if (import->records[i].normal != NULL && import->records[i].slug[0] != '\0') {
      sorted[count++] = &import->records[i];
    }
  }
  qsort(sorted, count, sizeof *sorted, by_slug);
  for (size_t i = 1; i < count; i++) {
    if (sorted[i]->resource == sorted[i - 1]->resource && strcmp(sorted[i]->slug, sorted[i - 1]->slug) == 0) {
      add_error(import, sorted[i]->line, "/slug", "duplicate",
                memory_print(import->memory, "is in line %zu already", sorted[i - 1]->line));
    }
  }
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void report_refusal(struct import *import, const struct import_record *record, const struct change *change) {
  if (change->taken != NULL) {
    add_error(import, record->line, "/slug", "taken", memory_print(import->memory, "%s is taken", change->taken));
  }
  add_faults(import, record->line, change->faults);
}

static void reserve(struct import *import, struct change *change, struct import_record *record) {
  struct found found;
  change->resource = record->resource;
  if (record->slug[0] != '\0' && resource_find(change->db, record->resource, record->slug, &found)) {
    record->pk = found.pk;
    if (import->create_only) {
      add_error(import, record->line, "/slug", "taken", memory_print(import->memory, "%s is taken", record->slug));
    }
    return;
  }
  struct target target;
  json_t *copy = owned_json(change->memory, json_deep_copy(record->normal));
  if (change_reserve(change, copy, &target) == CHANGE_REFUSED) {
    report_refusal(import, record, change);
    return;
  }
  record->pk = target.pk;
  record->fresh = true;
}

static void complete(struct import *import, struct change *change, struct import_record *record) {
  struct target target;
  change->resource = record->resource;
  if (record->pk == 0 || !change_load_pk(change, record->pk, &target)) {
    return; /* it was reported when it could not be reserved, or the database failed */
  }
  json_t *copy = owned_json(change->memory, json_deep_copy(record->normal));
  if (record->fresh) {
    target.revision = 1;
  }
  enum changed outcome = record->fresh ? change_complete(change, &target, copy) : change_replace(change, &target, copy);
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
    rules_of(change->resource)->whole(change, &target, target.row);
    add_faults(import, record->line, change->faults);
  }
}

/* A symmetric relation that was left to the other side, which the file made drop it, is written by the one that states
 * it. */
static void complete_again(struct import *import, struct change *change, struct import_record *record) {
  if (record->again) {
    complete(import, change, record);
  }
}

static void begin_history(struct import *import, struct change *change, struct import_record *record) {
  (void)import;
  struct target target;
  change->resource = record->resource;
  if (record->fresh && change_load_pk(change, record->pk, &target)) {
    history_record(change, &target, "create");
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
  if (missing->symmetric) {
    record_at(import, missing->line)->again = true;
    return;
  }
  add_error(import, missing->line, memory_print(import->memory, "/relations/%zu", missing->index), "other_side",
            memory_print(import->memory,
                         "is written on the other side, as its relation of the type %s: change it there",
                         missing->type));
}

static void walk(struct import *import, struct change *change,
                 void (*step)(struct import *import, struct change *change, struct import_record *record)) {
  void *memory = change->memory;
  for (size_t i = 0; i < import->count && db_failure(change->db) == DB_OK; i++) {
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->taken = NULL;
    change->line = import->records[i].line;
    step(import, change, &import->records[i]);
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
                          .awaited = owned_json(import->memory, json_array())};
  walk(import, &change, reserve);
  walk(import, &change, complete);
  relations_missing(&change, tell_missing, import);
  change.awaited = NULL; /* from here on what nobody has written is a fault */
  walk(import, &change, complete_again);
  walk(import, &change, look_at_whole);
  walk(import, &change, begin_history);
  talloc_free(change.memory);
  return json_array_size(import->errors) == 0 && !import->dry_run;
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

static void answer_errors(struct import *import) {
  size_t count = json_array_size(import->errors) + import->dropped;
  const char *detail = memory_print(import->memory, "%zu error%s in %zu records; nothing was written", count,
                                    count == 1 ? "" : "s", import->count);
  answer_problem_with(import->call, "invalid-body", detail, "errors", json_incref(import->errors));
}

static void answer_report(struct import *import) {
  json_int_t created = 0, updated = 0;
  for (size_t i = 0; i < import->count; i++) {
    created += import->records[i].fresh;
    updated += !import->records[i].fresh && import->records[i].outcome == CHANGE_UPDATED;
  }
  answer_json(import->call, 200,
              json_pack("{s:I, s:I, s:I, s:I, s:i, s:O, s:O}", "rows", (json_int_t)import->count, "created", created,
                        "updated", updated, "unchanged", (json_int_t)import->count - created - updated, "failed", 0,
                        "errors", import->errors, "readings", import->readings));
}

void handle_import(struct call *call) {
  struct import *import = memory_new(call->memory, struct import);
  *import = (struct import){.call = call,
                            .memory = call->memory,
                            .errors = owned_json(call->memory, json_array()),
                            .readings = owned_json(call->memory, json_array())};
  const char *mode = contract_parameter(call->operation, call->uri, "mode");
  const char *dry = contract_parameter(call->operation, call->uri, "dry_run");
  import->create_only = mode != NULL && strcmp(mode, "create") == 0;
  import->dry_run = dry != NULL && strcmp(dry, "true") == 0;
  const char *bytes = call->request->body;
  size_t size = call->request->body_size;
  if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
    bytes += 3;
    size -= 3;
  }
  size_t first = strspn(bytes, " \t\r\n");
  if (bytes[first] == '[') {
    if (!read_array(import, bytes, size)) {
      return;
    }
  } else {
    read_lines(import, bytes, size);
  }
  find_repeated(import);
  enum write_outcome outcome = WRITE_DROPPED;
  if (json_array_size(import->errors) == 0) {
    outcome = store_write(api_store(call->api), write_all, import);
  }
  if (json_array_size(import->errors) > 0) {
    answer_errors(import);
  } else if (outcome != WRITE_SAVED && outcome != WRITE_DROPPED) {
    api_not_saved(call, (int)outcome);
  } else {
    answer_report(import);
  }
}
