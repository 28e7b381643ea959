/* Reading is done on the thread that took the request: lines of NDJSON, items of an array or rows of CSV to JSON, dates
 * that people write to dates, each record against the contract. A row of CSV without all columns is checked as far as
 * it goes: what it lacks, a record that exists has. */
#include "base/charset.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/json.h"
#include "contract/sheet.h"
#include "domain/partial_date.h"
#include "import/import.h"
#include "records/doubts.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/media.h"
#include "request/services.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* -- one record ---------------------------------------------------------------------------------------------------- */

struct doubt {
  struct import *import;
  const struct import_record *record;
};

static void warn(void *argument, const char *pointer, const char *value, const char *message) {
  const struct doubt *doubt = argument;
  import_warning(doubt->import, doubt->record, pointer, value, message);
}

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
  import_reading(dates->import, dates->record, pointer, text, standard);
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
    char *inner = memory_print(NULL, "%s/%s", pointer, member->name);
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
      char *inner = memory_print(NULL, "%s/%zu", pointer, index);
      read_dates(dates, schema->items, item, inner);
      talloc_free(inner);
    }
  }
}

/* Notes the slugs of references as they were served. */
static void note_served(struct import *import, const struct schema *schema, const json_t *value) {
  const json_t *id = json_object_get(value, "id"), *slug = json_object_get(value, "slug");
  if (schema->reference != NULL && json_is_string(id) && json_is_string(slug)) {
    import_note_served(import, json_string_value(id), json_string_value(slug));
  }
  for (size_t i = 0; schema->reference == NULL && i < schema->member_count; i++) {
    note_served(import, schema->members[i].schema, json_object_get(value, schema->members[i].name));
  }
  for (size_t i = 0; schema->items != NULL && i < json_array_size(value); i++) {
    note_served(import, schema->items, json_array_get(value, i));
  }
}

static const struct resource *resource_of(struct import *import, struct import_record *record, json_t *json) {
  const struct contract *contract = import->call->services->contract;
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

static bool has_fault(const struct faults *faults, const char *pointer) {
  size_t i = 0;
  while (i < faults->count && strcmp(faults->list[i].where, pointer) != 0) {
    i++;
  }
  return i < faults->count;
}

/* Notes the slug; a fault where the file has it already. */
static void note_slug(struct import *import, const struct import_record *record, const char *slug,
                      struct faults *faults) {
  int64_t before = import_note_slug(import, record, slug);
  if (before > 0) {
    faults_add(faults, PLACE_BODY, "/slug", "duplicate", "is in line %lld already", (long long)before);
  }
}

/* Checks one record and keeps its normal form or, of a row or a faulty record, what it says. `faults`: what is
 * known of it already.
 */
static void check_record(struct import *import, struct import_record *record, json_t *json, json_t *said,
                         struct faults *faults) {
  const struct schema *schema = record->resource->schema;
  const char *slug = json_string_value(json_object_get(json, "slug"));
  size_t known = faults->count;
  doubts_tell(schema, json, warn, &(struct doubt){import, record});
  schema_check(schema, json, "", faults);
  if (!import->create_only && slug == NULL && !has_fault(faults, "/slug")) {
    faults_add(faults, PLACE_BODY, "/slug", "required", "is required, so that the next import finds the record again");
  }
  forgive(import, faults, known);
  if (slug != NULL && !has_fault(faults, "/slug")) {
    note_slug(import, record, slug, faults);
  }
  import_faults(import, record, faults, 0);
  note_served(import, schema, json);
  import_add(import, record, import->partial ? said : json, faults);
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
    check_record(import, record, json, json, faults);
    talloc_free(faults);
  }
}

/* A record that is too large to be looked at. */
static void refuse_large(struct import *import, struct import_record *record) {
  char message[64];
  snprintf(message, sizeof message, "may have at most %d bytes", IMPORT_RECORD_MOST);
  import_error(import, record, "", "too_large", message);
}

/* A record that ends here: those of which nothing is kept are counted only. */
static void end_record(struct import *import, const struct import_record *record, const char *at) {
  const struct request *request = import->call->request;
  bool narrow = import->narrow.size > 0;
  import->count++;
  import->unread += record->failed != 0 && !record->faulty;
  import_tell(import, "reading", import->count, (size_t)(at - (narrow ? spool_whole(&import->narrow) : request->body)),
              narrow ? import->narrow.size : request->body_size);
}

static bool goes_on(struct import *import) {
  return import->lost == 0 && import_is_awaited(import);
}

/* -- JSON ---------------------------------------------------------------------------------------------------------- */

enum { PIECE = 1024 * 1024 }; /* of a long line that is looked through at once */

static bool blank(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (memchr(" \t\r", bytes[i], 3) == NULL) {
      return false;
    }
  }
  return true;
}

/* Where the line ends that begins at `at`, and whether there is nothing in it. What will be read stays. */
static const char *line_end(struct import *import, const char *at, const char *end, bool *empty) {
  const char *start = at;
  *empty = true;
  passage_reach(&import->passed, start);
  while (at < end) {
    size_t piece = (size_t)(end - at) < PIECE ? (size_t)(end - at) : PIECE;
    const char *found = memchr(at, '\n', piece), *to = found == NULL ? at + piece : found;
    *empty = *empty && blank(at, (size_t)(to - at));
    if (to - start > IMPORT_RECORD_MOST) {
      passage_reach(&import->passed, to);
    }
    if (found != NULL) {
      return found;
    }
    at = to;
  }
  return end;
}

static void read_line(struct import *import, struct import_record *record, const char *bytes) {
  struct json_problem problem;
  if (record->size > IMPORT_RECORD_MOST) {
    record->size = 0;
    refuse_large(import, record);
    return;
  }
  json_t *json = json_read(bytes, record->size, &json_default_limits, &problem);
  if (json == NULL) {
    char why[sizeof problem.message + 32];
    snprintf(why, sizeof why, "column %d: %s", problem.column, problem.message);
    record->size = 0;
    import_error(import, record, "", "malformed", why);
    return;
  }
  read_record(import, record, json);
  json_decref(json);
}

static void read_lines(struct import *import, const char *bytes, const char *end) {
  size_t line = 1;
  for (const char *at = bytes, *next; at < end && goes_on(import); line++, at = next + 1) {
    bool empty;
    next = line_end(import, at, end, &empty);
    if (!empty) {
      struct import_record record = {
          .line = line, .at = (size_t)(at - import->call->request->body), .size = (size_t)(next - at)};
      read_line(import, &record, at);
      end_record(import, &record, next);
    }
  }
}

/* An array under way. */
struct items {
  const char *bytes, *at, *end;
  struct json_problem problem; /* counted from the item that it lies in, which begins at `at` */
};

static const char *past_space(const struct items *items, const char *at) {
  while (at < items->end && memchr(" \t\r\n", *at, 4) != NULL) {
    at++;
  }
  return at;
}

/* Where the item ends that begins at items->at: behind it is a comma, or a bracket that nothing in it opens. What it
 * is, reading it tells. */
static const char *item_end(struct import *import, const struct items *items) {
  size_t depth = 0;
  bool quoted = false;
  const char *at = items->at;
  for (; at < items->end; at++) {
    if (at == items->at || (at - items->at > IMPORT_RECORD_MOST && (at - items->at) % PIECE == 0)) {
      passage_reach(&import->passed, at);
    }
    if (quoted) {
      quoted = *at != '"';
      at += *at == '\\'; /* and what it escapes */
    } else if (*at == '"') {
      quoted = true;
    } else if (*at == '{' || *at == '[') {
      depth++;
    } else if (depth == 0 && memchr(",]}", *at, 3) != NULL) {
      break;
    } else {
      depth -= *at == '}' || *at == ']';
    }
  }
  return at < items->end ? at : items->end;
}

/* False when the item is not well-formed. */
static bool read_item(struct import *import, struct items *items, size_t size) {
  struct import_record record = {
      .line = import->count + 1, .at = (size_t)(items->at - import->call->request->body), .size = size};
  if (size > IMPORT_RECORD_MOST) {
    record.size = 0;
    refuse_large(import, &record);
  } else {
    bool single = *items->at != '{' && *items->at != '[';
    json_t *json = single ? json_loadb(items->at, size, JSON_DECODE_ANY, NULL)
                          : json_read(items->at, size, &json_default_limits, &items->problem);
    if (json == NULL) {
      if (single) {
        items->problem = (struct json_problem){1, 1, "a value is expected here"};
      }
      return false;
    }
    read_record(import, &record, json);
    json_decref(json);
  }
  end_record(import, &record, items->at);
  return true;
}

static bool refuse_array(struct items *items, const char *at, const char *why) {
  items->at = at;
  items->problem = (struct json_problem){.line = 1, .column = 1};
  snprintf(items->problem.message, sizeof items->problem.message, "%s",
           at < items->end ? why : "the text ends in the middle of a value");
  return false;
}

static bool read_items(struct import *import, struct items *items) {
  items->at = past_space(items, items->at + 1);
  bool more = items->at == items->end || *items->at != ']';
  while (more && goes_on(import)) {
    const char *end = item_end(import, items);
    if (end == items->at) {
      return refuse_array(items, end, "a value is expected here");
    }
    if (!read_item(import, items, (size_t)(end - items->at))) {
      return false;
    }
    if (end == items->end || *end == '}') {
      return refuse_array(items, end, "a comma or the end of the array is expected here");
    }
    more = *end == ',';
    items->at = more ? past_space(items, end + 1) : end;
  }
  const char *rest = goes_on(import) ? past_space(items, items->at + 1) : items->end;
  return rest == items->end || refuse_array(items, rest, "nothing may follow the value");
}

/* A body that begins with a bracket is one array; a line of NDJSON here is always an object. False when it is not
 * well-formed. */
static bool read_array(struct import *import, const char *bytes, const char *start, const char *end) {
  struct items items = {.bytes = bytes, .at = start, .end = end};
  if (read_items(import, &items)) {
    return true;
  }
  int line = 1, column = 1;
  import->passed = passage_begin(bytes, import->call->request->body_filed);
  for (const char *at = bytes; at < items.at; at++) {
    line += *at == '\n';
    column = *at == '\n' ? 1 : column + ((*at & 0xc0) != 0x80);
    passage_reach(&import->passed, at);
  }
  const struct json_problem *problem = &items.problem;
  answer_problem(import->call, "malformed-json", "line %d, column %d: %s", line + problem->line - 1,
                 problem->line == 1 ? column + problem->column - 1 : problem->column, problem->message);
  return false;
}

/* -- CSV ----------------------------------------------------------------------------------------------------------- */

/* `faults` is the row's own, and ends with its reading. */
static void take_row(struct import *import, struct import_record *record, const struct sheet_row *row,
                     struct faults *faults) {
  if (row->record == NULL) {
    import_faults(import, record, faults, 0);
    return;
  }
  const struct schema *schema = record->resource->schema;
  json_t *given = owned_json(faults, row->record);
  schema_tidy(schema, given);
  read_dates(&(struct dates){import, record, faults}, schema, given, "");
  json_t *body = owned_json(faults, sheet_merge(schema, NULL, given));
  record->given = import->partial ? given : body;
  record->revision = json_integer_value(json_object_get(given, "revision"));
  check_record(import, record, body, given, faults);
}

static void read_rows(struct import *import, struct sheet *sheet, const struct resource *resource) {
  enum sheet_read read = SHEET_ROW;
  while (read == SHEET_ROW && goes_on(import)) {
    struct sheet_row row;
    struct faults *faults = faults_new(import->memory);
    read = sheet_next(sheet, &row, faults);
    if (read != SHEET_END) {
      struct import_record record = {.line = row.line, .row = row.row, .resource = resource};
      take_row(import, &record, &row, faults);
      end_record(import, &record, sheet_at(sheet));
    }
    import->stopped = import->stopped || read == SHEET_BROKEN;
    talloc_free(faults);
  }
}

struct table {
  struct charset *charset;
  struct sheet_file file;
};

struct narrowing {
  struct import *import;
  const char *bytes;
};

static bool take_narrow(void *argument, const char *bytes, size_t size, size_t done) {
  struct narrowing *narrowing = argument;
  struct import *import = narrowing->import;
  if (!spool_add(&import->narrow, store_path(import->call->services->store), bytes, size)) {
    import->lost = errno;
    return false;
  }
  passage_reach(&import->passed, narrowing->bytes + done);
  return true;
}

/* Makes the table UTF-8, in another file. False when it cannot be read. */
static bool make_narrow(struct import *import, struct table *table, const struct resource *resource) {
  struct import_record file = {.line = 1, .row = 1, .resource = resource};
  struct narrowing narrowing = {import, table->file.bytes};
  size_t bad = 0;
  bool fine = charset_stream(table->charset, table->file.bytes, table->file.size,
                             &(struct charset_sink){take_narrow, &narrowing}, &bad);
  if (!fine && import->lost == 0) {
    char *message =
        memory_print(import->memory, "is not %s from its byte %zu on", charset_name(table->charset), bad + 1);
    import_error(import, &file, "", "encoding", message);
    import->stopped = true;
  }
  const char *bytes = fine ? spool_whole(&import->narrow) : NULL;
  if (fine && bytes == NULL) {
    import->lost = errno;
  }
  table->charset = charset_open(import->memory, "utf-8");
  table->file = (struct sheet_file){bytes, import->narrow.size, import->narrow.filed};
  return bytes != NULL;
}

static size_t header_line(const struct table *table) {
  struct csv_reader reader;
  csv_open(&reader, table->file.bytes, table->file.size, ',');
  csv_declared(&reader);
  return reader.line;
}

static void read_sheet(struct import *import, struct table *table, const struct resource *resource) {
  if (charset_is_wide(table->charset) && !make_narrow(import, table, resource)) {
    return;
  }
  struct import_record header = {.line = header_line(table), .row = 1, .resource = resource};
  struct faults *faults = faults_new(import->memory);
  struct sheet *sheet = sheet_open(import->memory, resource->schema, table->charset, &table->file, faults);
  if (sheet != NULL && !import->create_only && !sheet_has(sheet, "/slug")) {
    faults_add(faults, PLACE_BODY, "/slug", "required",
               "is a required column, so that the next import finds the records again");
  }
  import_faults(import, &header, faults, 0);
  import->stopped = header.failed != 0;
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
  struct table table = {.file = {call->request->body, call->request->body_size, call->request->body_filed}};
  const char *marked = charset_marked(table.file.bytes, table.file.size);
  table.charset = charset_open(import->memory, marked != NULL ? marked : set != NULL ? set : "utf-8");
  if (table.charset == NULL) {
    answer_problem(call, "unsupported-media-type", "the charset of CSV is %s", charset_names);
    return false;
  }
  if (header != NULL && strcasecmp(header, "absent") == 0) {
    answer_problem(call, "unsupported-media-type", "CSV needs a header that names the columns");
    return false;
  }
  read_sheet(import, &table, contract_resource(call->services->contract, name));
  return true;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

bool import_read(struct import *import) {
  const struct request *request = import->call->request;
  const char *type = request->content_type == NULL ? "" : request->content_type;
  import->passed = passage_begin(request->body, request->body_filed);
  if (media_is(type, "text/csv") || media_is(type, "text/tab-separated-values")) {
    return read_csv(import);
  }
  const char *marked = charset_marked(request->body, request->body_size);
  const char *bytes = request->body + (marked != NULL && strcmp(marked, "utf-8") == 0 ? 3 : 0);
  const char *end = request->body + request->body_size, *start = bytes;
  while (start < end && memchr(" \t\r\n", *start, 4) != NULL) {
    start++;
    passage_reach(&import->passed, start);
  }
  import->passed = passage_begin(request->body, request->body_filed);
  if (start < end && *start == '[') {
    return read_array(import, bytes, start, end);
  }
  read_lines(import, bytes, end);
  return true;
}
