/* What is told of a file is bounded, in number and in length: a file can have as many faults as bytes, and past a
 * thousand nobody reads them. The others are counted. */
#include "base/memory.h"
#include "contract/characters.h"
#include "contract/json.h"
#include "contract/places.h"
#include "contract/sheet.h"
#include "import/import.h"
#include "request/call.h"

#include <stdlib.h>
#include <string.h>

enum { TOLD_MOST = 1000, VALUE_SHOWN = 100, POINTER_SHOWN = 500, MESSAGE_SHOWN = 1000 };

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

static const char *shorten(const void *memory, const char *text, size_t most) {
  size_t length = strlen(text);
  return length <= most ? text : characters_shorten(memory, text, length, most);
}

/* False when there are enough. */
static bool has_room(struct import_told *told) {
  told->more += json_array_size(told->list) >= TOLD_MOST;
  return json_array_size(told->list) < TOLD_MOST;
}

bool import_has_room(const struct import *import) {
  return json_array_size(import->errors.list) < TOLD_MOST;
}

static json_t *tell(const void *memory, const struct import_record *record, const char *pointer, const char *code,
                    const char *value, const char *message) {
  bool csv = record->row > 0;
  const char *column =
      csv ? shorten(memory, sheet_column(memory, record->resource->schema, pointer), POINTER_SHOWN) : NULL;
  return json_pack("{s:I, s:o, s:s?, s:s, s:s, s:s?, s:s}", "line", (json_int_t)record->line, "row",
                   csv ? json_integer((json_int_t)record->row) : json_null(), "column", column, "pointer",
                   shorten(memory, pointer, POINTER_SHOWN), "code", code, "value", value, "message",
                   shorten(memory, message, MESSAGE_SHOWN));
}

/* The record as it was sent, and *pointer as it is in that, when it was written from its normal form. */
static const json_t *as_sent(const struct import *import, const void *memory, const struct import_record *record,
                             const char **pointer) {
  struct json_problem problem;
  const json_t *sent = NULL;
  if (record->size > 0) {
    sent = json_read(import->call->request->body + record->at, record->size, &json_default_limits, &problem);
    sent = sent == NULL ? NULL : owned_json(memory, (json_t *)(uintptr_t)sent);
  } else if (record->text != NULL) {
    sent = import_kept(record, faults_new(memory));
  }
  *pointer = sent == NULL ? *pointer : places_sent(places_new(memory, sent), memory, *pointer);
  return sent;
}

void import_error(struct import *import, struct import_record *record, const char *pointer, const char *code,
                  const char *message) {
  record->failed = record->failed != 0 ? record->failed : import->round;
  import->faulty++;
  if (!has_room(&import->errors)) {
    return;
  }
  void *memory = talloc_new(NULL);
  const json_t *given = record->given != NULL ? record->given : as_sent(import, memory, record, &pointer);
  json_array_append_new(import->errors.list, tell(memory, record, pointer, code,
                                                  shown_value(memory, value_at(memory, given, pointer)), message));
  talloc_free(memory);
}

void import_faults(struct import *import, struct import_record *record, const struct faults *faults, size_t told) {
  for (size_t i = told; i < faults->count; i++) {
    import_error(import, record, faults->list[i].where, faults->list[i].code, faults->list[i].message);
  }
  import->faulty += faults->dropped;
  import->errors.more += faults->dropped;
}

void import_reading(struct import *import, const struct import_record *record, const char *pointer, const char *value,
                    const char *read_as) {
  if (has_room(&import->readings)) {
    json_array_append_new(import->readings.list, json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)record->line,
                                                           "pointer", pointer, "value", value, "read_as", read_as));
  }
}

void import_warning(struct import *import, const struct import_record *record, const char *pointer, const char *value,
                    const char *message) {
  if (has_room(&import->warnings)) {
    void *memory = talloc_new(NULL);
    json_array_append_new(import->warnings.list, tell(memory, record, pointer, "doubtful_year", value, message));
    talloc_free(memory);
  }
}

/* -- their order --------------------------------------------------------------------------------------------------- */

struct placed {
  json_t *error;
  json_int_t line;
  size_t found; /* as which it was found */
};

static int by_line(const void *a, const void *b) {
  const struct placed *left = a, *right = b;
  if (left->line != right->line) {
    return left->line < right->line ? -1 : 1;
  }
  return left->found < right->found ? -1 : 1;
}

void import_sort_errors(struct import *import) {
  json_t *list = import->errors.list;
  size_t count = json_array_size(list);
  struct placed *placed = memory_array(import->memory, struct placed, count + 1);
  for (size_t i = 0; i < count; i++) {
    json_t *error = json_array_get(list, i);
    placed[i] = (struct placed){json_incref(error), json_integer_value(json_object_get(error, "line")), i};
  }
  qsort(placed, count, sizeof *placed, by_line);
  json_array_clear(list);
  for (size_t i = 0; i < count; i++) {
    json_array_append_new(list, placed[i].error);
  }
}
