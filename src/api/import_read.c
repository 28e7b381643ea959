/* Reading is done on the thread that took the request: lines of NDJSON, items of an array or rows of CSV to JSON, dates
 * that people write to dates, each record against the contract. A row of CSV without all columns is checked as far as
 * it goes: what it lacks, a record that exists has. */
#include "api/import.h"

#include "api/doubts.h"
#include "base/charset.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/json.h"
#include "contract/sheet.h"
#include "domain/partial_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ERRORS_MOST = 1000, WARNINGS_MOST = 1000, VALUE_SHOWN = 100 };

/* -- errors -------------------------------------------------------------------------------------------------------- */

/* What stands at a pointer, or NULL. */
static const json_t *value_at(const void *memory, const json_t *value, const char *pointer) {
  while (*pointer == '/' && value != NULL) {
    size_t length = strcspn(pointer + 1, "/");
    char *token = memory_slice(memory, pointer + 1, length);
    value = json_is_array(value) ? json_array_get(value, strtoul(token, NULL, 10)) : json_object_get(value, token);
    talloc_free(token);
    pointer += 1 + length;
  }
  return value;
}

/* A text or a number as it was given, or NULL: what is larger, the pointer says. */
static const char *shown_value(const void *memory, const json_t *value) {
  switch (value == NULL ? JSON_NULL : json_typeof(value)) {
  case JSON_STRING:
    return characters_shorten(memory, json_string_value(value), json_string_length(value), VALUE_SHOWN);
  case JSON_INTEGER:
    return memory_print(memory, "%lld", (long long)json_integer_value(value));
  case JSON_REAL:
    return memory_print(memory, "%.15g", json_real_value(value));
  case JSON_TRUE:
    return "true";
  case JSON_FALSE:
    return "false";
  default:
    return NULL;
  }
}

void import_error(struct import *import, struct import_record *record, const char *pointer, const char *code,
                  const char *message) {
  record->failed = true;
  import->faulty++;
  if (json_array_size(import->errors) >= ERRORS_MOST) {
    import->dropped++;
    return;
  }
  void *memory = talloc_new(import->memory);
  bool csv = record->row > 0;
  const json_t *given = record->given;
  if (given == NULL && record->bytes != NULL) {
    struct json_problem problem;
    given = owned_json(memory, json_read(record->bytes, record->size, &json_default_limits, &problem));
  }
  json_t *error =
      json_pack("{s:I, s:o, s:s?, s:s, s:s, s:s?, s:s}", "line", (json_int_t)record->line, "row",
                csv ? json_integer((json_int_t)record->row) : json_null(), "column",
                csv ? sheet_column(memory, record->resource->schema, pointer) : NULL, "pointer", pointer, "code", code,
                "value", shown_value(memory, value_at(memory, given, pointer)), "message", message);
  json_array_append_new(import->errors, error);
  talloc_free(memory);
}

void import_faults(struct import *import, struct import_record *record, const struct faults *faults) {
  for (size_t i = 0; i < faults->count; i++) {
    import_error(import, record, faults->list[i].where, faults->list[i].code, faults->list[i].message);
  }
  import->faulty += faults->dropped;
  import->dropped += faults->dropped;
}

/* -- warnings ------------------------------------------------------------------------------------------------------ */

struct doubt {
  struct import *import;
  const struct import_record *record;
};

static void warn(void *argument, const char *pointer, const char *value, const char *message) {
  const struct doubt *doubt = argument;
  const struct import_record *record = doubt->record;
  if (json_array_size(doubt->import->warnings) >= WARNINGS_MOST) {
    return;
  }
  void *memory = talloc_new(NULL);
  bool csv = record->row > 0;
  json_array_append_new(doubt->import->warnings,
                        json_pack("{s:I, s:o, s:s?, s:s, s:s, s:s, s:s}", "line", (json_int_t)record->line, "row",
                                  csv ? json_integer((json_int_t)record->row) : json_null(), "column",
                                  csv ? sheet_column(memory, record->resource->schema, pointer) : NULL, "pointer",
                                  pointer, "code", "doubtful_year", "value", value, "message", message));
  talloc_free(memory);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* The dates of a record under way. */
struct dates {
  struct import *import;
  const struct import_record *record;
  struct faults *faults; /* gets those that are ambiguous */
};

static void read_dates(const struct dates *dates, const struct schema *schema, json_t *value, const char *pointer);

/* NULL where it stays as it is, be it that the contract's check has to say what is wrong with it. */
static json_t *read_date(const struct dates *dates, const json_t *value, const char *pointer) {
  struct partial_date strict;
  char standard[PARTIAL_DATE_SIZE], meanings[PARTIAL_DATE_MEANINGS];
  const char *text = json_string_value(value);
  if (text == NULL || partial_date_read(text, strlen(text), &strict)) {
    return NULL;
  }
  if (partial_date_read_loose(text, standard) != LOOSE_READ) {
    partial_date_meanings(text, meanings);
    if (meanings[0] != '\0') {
      faults_add(dates->faults, PLACE_BODY, pointer, "ambiguous",
                 "is ambiguous: it could be %s; the year has four digits, or an era before it", meanings);
    }
    return NULL;
  }
  json_array_append_new(dates->import->readings,
                        json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)dates->record->line, "pointer", pointer,
                                  "value", text, "read_as", standard));
  return json_string(standard);
}

static void read_object_dates(const struct dates *dates, const struct schema *schema, json_t *object,
                              const char *pointer) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    json_t *value = json_object_get(object, member->name);
    if (value == NULL || member->read_only) {
      continue;
    }
    char *inner = memory_print(dates->import->memory, "%s/%s", pointer, member->name);
    bool is_date = member->schema->format != NULL && strcmp(member->schema->format->name, "partial-date") == 0;
    json_t *read = is_date ? read_date(dates, value, inner) : NULL;
    if (read != NULL) {
      json_object_set_new(object, member->name, read);
    } else {
      read_dates(dates, member->schema, value, inner);
    }
    talloc_free(inner);
  }
}

/* Replaces the dates that are written in another way, and reports how each was read. */
static void read_dates(const struct dates *dates, const struct schema *schema, json_t *value, const char *pointer) {
  if (json_is_object(value)) {
    read_object_dates(dates, schema, value, pointer);
  } else if (json_is_array(value) && schema->items != NULL) {
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
      char *inner = memory_print(dates->import->memory, "%s/%zu", pointer, index);
      read_dates(dates, schema->items, item, inner);
      talloc_free(inner);
    }
  }
}

/* Notes the slugs of references as they were served: where the file comes from another registry, the ids are its own.
 */
static void note_served(struct import *import, const struct schema *schema, const json_t *value) {
  const json_t *id = json_object_get(value, "id"), *slug = json_object_get(value, "slug");
  if (schema->reference != NULL && json_is_string(id) && json_is_string(slug)) {
    json_object_set(import->served, json_string_value(id), (json_t *)(uintptr_t)slug);
  }
  for (size_t i = 0; schema->reference == NULL && i < schema->member_count; i++) {
    note_served(import, schema->members[i].schema, json_object_get(value, schema->members[i].name));
  }
  for (size_t i = 0; schema->items != NULL && i < json_array_size(value); i++) {
    note_served(import, schema->items, json_array_get(value, i));
  }
}

static const struct resource *resource_of(struct import *import, struct import_record *record, json_t *json) {
  const struct contract *contract = api_contract(import->call->api);
  const char *asked = contract_parameter(import->call->operation, import->call->uri, "resource");
  json_t *own = json_object_get(json, "resource");
  const char *name = own == NULL ? asked : json_string_value(own);
  const struct resource *resource = name == NULL ? NULL : contract_resource(contract, name);
  if (resource == NULL) {
    import_error(import, record, "/resource", own == NULL ? "required" : "enum",
                 "must be organizations, agreements or areas");
  } else if (asked != NULL && strcmp(asked, name) != 0) {
    import_error(import, record, "/resource", "contradiction", "is not the resource that the request names");
    resource = NULL;
  }
  json_object_del(json, "resource");
  return resource;
}

static struct import_record *add_record(struct import *import, size_t line, size_t row) {
  if (import->count == import->capacity) {
    import->capacity = import->capacity == 0 ? 64 : import->capacity * 2;
    import->records = memory_grow(import->memory, import->records, struct import_record, import->capacity);
  }
  struct import_record *record = &import->records[import->count++];
  *record = (struct import_record){.line = line, .row = row};
  return record;
}

/* Takes back what else is said of a value of which the first `known` faults tell what is wrong; and what is no fault of
 * a row: that it lacks what the file has no columns for, which a record that exists has already (for others, see the
 * writing), and what else is said of a cell. */
static void forgive(const struct import *import, struct faults *faults, size_t known) {
  size_t kept = 0;
  bool table = import->sheet != NULL;
  for (size_t i = 0; i < faults->count; i++) {
    const struct fault *fault = &faults->list[i];
    bool told = table && !import->create_only && strcmp(fault->code, "required") == 0 &&
                !sheet_has(import->sheet, fault->where);
    for (size_t j = 0; j < kept && (table || j < known); j++) {
      told = told || strcmp(faults->list[j].where, fault->where) == 0;
    }
    if (!told) {
      faults->list[kept++] = *fault;
    }
  }
  faults->count = kept;
}

/* Checks one record and keeps its normal form. `faults`: what is known of it already. */
static void check_record(struct import *import, struct import_record *record, const json_t *json,
                         struct faults *faults) {
  size_t known = faults->count;
  doubts_tell(record->resource->schema, json, warn, &(struct doubt){import, record});
  schema_check(record->resource->schema, json, "", faults);
  if (!import->create_only && !json_is_string(json_object_get(json, "slug"))) {
    faults_add(faults, PLACE_BODY, "/slug", "required",
               "is needed, so that the record is known again by the next import");
  }
  forgive(import, faults, known);
  if (faults->count > 0) {
    import_faults(import, record, faults);
    return;
  }
  note_served(import, record->resource->schema, json);
  json_t *normal = schema_normal(record->resource->schema, json);
  char *text = memory_checked(json_dumps(normal, JSON_COMPACT));
  record->normal = memory_copy(import->memory, text);
  free(text);
  json_decref(normal);
  const char *slug = json_string_value(json_object_get(json, "slug"));
  record->slug = memory_copy(import->memory, slug == NULL ? "" : slug);
}

static void read_record(struct import *import, struct import_record *record, json_t *json) {
  record->given = json;
  if (!json_is_object(json)) {
    import_error(import, record, "", "type", "must be an object");
    return;
  }
  record->resource = resource_of(import, record, json);
  if (record->resource != NULL) {
    struct faults *faults = faults_new(import->memory);
    schema_tidy(record->resource->schema, json);
    read_dates(&(struct dates){import, record, faults}, record->resource->schema, json, "");
    record->revision = json_integer_value(json_object_get(json, "revision"));
    check_record(import, record, json, faults);
    talloc_free(faults);
  }
}

/* -- JSON ---------------------------------------------------------------------------------------------------------- */

static bool blank(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (memchr(" \t\r", bytes[i], 3) == NULL) {
      return false;
    }
  }
  return true;
}

/* Of a line nothing is kept but its place and its normal form: as values of JSON, a file takes some twenty times its
 * size. */
static void read_line(struct import *import, size_t line, const char *bytes, size_t size) {
  struct import_record *record = add_record(import, line, 0);
  struct json_problem problem;
  json_t *json = json_read(bytes, size, &json_default_limits, &problem);
  if (json == NULL) {
    char why[sizeof problem.message + 32];
    snprintf(why, sizeof why, "column %d: %s", problem.column, problem.message);
    import_error(import, record, "", "malformed", why);
    return;
  }
  read_record(import, record, json);
  json_decref(json);
  record->given = NULL;
  record->bytes = bytes;
  record->size = size;
}

static void read_lines(struct import *import, const char *bytes, size_t size) {
  size_t line = 1;
  for (size_t at = 0; at < size; line++) {
    const char *end = memchr(bytes + at, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end - bytes) - at;
    if (!blank(bytes + at, length)) {
      read_line(import, line, bytes + at, length);
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
    read_record(import, add_record(import, index + 1, 0), owned_json(import->memory, json_incref(item)));
  }
  json_decref(array);
  return true;
}

/* -- CSV ----------------------------------------------------------------------------------------------------------- */

/* `faults` is the row's own, and ends with its reading. */
static void take_row(struct import *import, const struct resource *resource, const struct sheet_row *row,
                     struct faults *faults) {
  struct import_record *record = add_record(import, row->line, row->row);
  record->resource = resource;
  if (row->record == NULL) {
    import_faults(import, record, faults);
    return;
  }
  json_t *given = owned_json(import->memory, row->record);
  schema_tidy(resource->schema, given);
  read_dates(&(struct dates){import, record, faults}, resource->schema, given, "");
  json_t *body =
      owned_json(import->partial ? (void *)faults : import->memory, sheet_merge(resource->schema, NULL, given));
  record->given = import->partial ? given : body;
  record->revision = json_integer_value(json_object_get(given, "revision"));
  check_record(import, record, body, faults);
}

static void read_rows(struct import *import, struct sheet *sheet, const struct resource *resource) {
  enum sheet_read read = SHEET_ROW;
  while (read == SHEET_ROW) {
    struct sheet_row row;
    struct faults *faults = faults_new(import->memory);
    read = sheet_next(sheet, &row, faults);
    if (read != SHEET_END) {
      take_row(import, resource, &row, faults);
    }
    import->stopped = import->stopped || read == SHEET_BROKEN;
    talloc_free(faults);
  }
}

struct table {
  struct charset *charset;
  const char *bytes;
  size_t size;
};

/* Makes the table UTF-8 as a whole. False when it cannot be read. */
static bool make_narrow(struct import *import, struct table *table, const struct resource *resource) {
  struct import_record file = {.line = 1, .row = 1, .resource = resource};
  struct text *text = text_new(import->memory);
  size_t bad = 0;
  if (!charset_read(table->charset, table->bytes, table->size, text, &bad)) {
    import_error(import, &file, "", "encoding",
                 memory_print(import->memory, "is not %s from its byte %zu on", charset_name(table->charset), bad + 1));
    import->stopped = true;
    return false;
  }
  *table = (struct table){charset_open(import->memory, "utf-8"), text->data, text->length};
  return true;
}

static size_t header_line(const struct table *table) {
  struct csv_reader reader;
  csv_open(&reader, table->bytes, table->size, ',');
  csv_declared(&reader);
  return reader.line;
}

static void read_sheet(struct import *import, struct table *table, const struct resource *resource) {
  if (charset_is_wide(table->charset) && !make_narrow(import, table, resource)) {
    return;
  }
  struct import_record header = {.line = header_line(table), .row = 1, .resource = resource};
  struct faults *faults = faults_new(import->memory);
  struct sheet *sheet = sheet_open(import->memory, resource->schema, table->charset, table->bytes, table->size, faults);
  if (sheet != NULL && !import->create_only && !sheet_has(sheet, "/slug")) {
    faults_add(faults, PLACE_BODY, "/slug", "required",
               "is a column that is needed, so that the records are known again");
  }
  import_faults(import, &header, faults);
  import->stopped = header.failed;
  import->sheet = sheet;
  if (!import->stopped) {
    import->partial = !sheet_is_whole(sheet);
    read_rows(import, sheet, resource);
  }
  talloc_free(faults);
}

/* False when what the head says of the file cannot be met, which is answered. */
static bool read_csv(struct import *import) {
  struct call *call = import->call;
  const char *type = call->request->content_type, *name = contract_parameter(call->operation, call->uri, "resource");
  const char *set = media_parameter(call->memory, type, "charset");
  const char *header = media_parameter(call->memory, type, "header");
  if (name == NULL) {
    faults_add(call->faults, PLACE_PARAMETER, "resource", "required", "is required for CSV: %s",
               "organizations, agreements or areas");
    answer_faults(call, "invalid-parameter");
    return false;
  }
  /* A byte order mark says what it is, whatever else is said. */
  struct table table = {.bytes = call->request->body, .size = call->request->body_size};
  const char *marked = charset_marked(table.bytes, table.size);
  table.charset = charset_open(import->memory, marked != NULL ? marked : set != NULL ? set : "utf-8");
  if (table.charset == NULL) {
    answer_problem(call, "unsupported-media-type", "the charset of CSV is %s", charset_names);
    return false;
  }
  if (header != NULL && strcasecmp(header, "absent") == 0) {
    answer_problem(call, "unsupported-media-type", "CSV is taken with its header, by which the columns are known");
    return false;
  }
  read_sheet(import, &table, contract_resource(api_contract(call->api), name));
  return true;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

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
      import_error(import, sorted[i], "/slug", "duplicate",
                   memory_print(import->memory, "is in line %zu already", sorted[i - 1]->line));
    }
  }
}

bool import_read(struct import *import) {
  const struct request *request = import->call->request;
  const char *type = request->content_type == NULL ? "" : request->content_type;
  if (media_is(type, "text/csv") || media_is(type, "text/tab-separated-values")) {
    if (!read_csv(import)) {
      return false;
    }
  } else {
    const char *marked = charset_marked(request->body, request->body_size);
    size_t mark = marked != NULL && strcmp(marked, "utf-8") == 0 ? 3 : 0, size = request->body_size - mark;
    const char *bytes = request->body + mark;
    if (bytes[strspn(bytes, " \t\r\n")] != '[') {
      read_lines(import, bytes, size);
    } else if (!read_array(import, bytes, size)) {
      return false;
    }
  }
  find_repeated(import);
  return true;
}
