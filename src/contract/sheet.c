/* The file is told apart into cells as bytes, and each cell is then converted and read as what the schema of its column
 * asks for; what is nothing of the kind stays text, and the check of the record says so. */
#include "contract/sheet.h"

#include "base/charset.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/columns.h"
#include "contract/json.h"
#include "contract/pointer.h"

#include <string.h>

enum { NAME_SHOWN = 60, NUMBER_MOST = 40 };

struct column {
  const char *name, *pointer;
  const struct schema *schema;
  bool read_only;
  bool ignored; /* what its cells hold is not looked at */
};

struct sheet {
  const struct schema *schema;
  struct charset *charset;
  struct csv_reader reader;
  struct column *known;
  size_t known_count, row;
  const struct column *columns[SHEET_COLUMNS_MOST]; /* of the file; NULL: without a name */
  size_t count;                                     /* of those */
  size_t width;                                     /* of the file, in cells: further columns have no name */
  struct text *raw, *cell;
};

/* -- columns ------------------------------------------------------------------------------------------------------- */

static void add_column(struct sheet *sheet, const struct member *member, const char *pointer, bool read_only) {
  char *name = memory_copy(sheet, pointer + 1);
  for (char *at = name; (at = strchr(at, '/')) != NULL;) {
    *at = '.';
  }
  sheet->known = memory_grow(sheet, sheet->known, struct column, sheet->known_count + 1);
  sheet->known[sheet->known_count++] = (struct column){.name = name,
                                                       .pointer = pointer,
                                                       .schema = member->schema,
                                                       .read_only = read_only,
                                                       .ignored = read_only && strcmp(name, "revision") != 0};
}

static void list_columns(struct sheet *sheet, const struct schema *schema, const char *outer, bool read_only) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    char *pointer = memory_print(sheet, "%s/%s", outer, member->name);
    if (columns_flattened(member->schema)) {
      list_columns(sheet, member->schema, pointer, read_only || member->read_only);
    } else {
      add_column(sheet, member, pointer, read_only || member->read_only);
    }
  }
}

static const struct column *find_column(const struct sheet *sheet, const char *name) {
  for (size_t i = 0; i < sheet->known_count; i++) {
    if (strcmp(sheet->known[i].name, name) == 0) {
      return &sheet->known[i];
    }
  }
  return NULL;
}

bool sheet_has(const struct sheet *sheet, const char *pointer) {
  for (size_t i = 0; i < sheet->count; i++) {
    size_t length = sheet->columns[i] == NULL ? 0 : strlen(sheet->columns[i]->pointer);
    if (length > 0 && strncmp(pointer, sheet->columns[i]->pointer, length) == 0 &&
        (pointer[length] == '\0' || pointer[length] == '/')) {
      return true;
    }
  }
  return false;
}

const char *sheet_at(const struct sheet *sheet) {
  return sheet->reader.at;
}

bool sheet_is_whole(const struct sheet *sheet) {
  for (size_t i = 0; i < sheet->known_count; i++) {
    const struct column *column = &sheet->known[i];
    if (!column->read_only && !sheet_has(sheet, column->pointer)) {
      return false;
    }
  }
  return true;
}

/* A token of a pointer as the name that it stands for (RFC 6901), in its place. */
static void unescape(char *token) {
  char *out = token;
  for (const char *at = token; *at != '\0'; at++) {
    bool escape = *at == '~' && (at[1] == '0' || at[1] == '1');
    *out++ = !escape ? *at : at[1] == '0' ? '~' : '/';
    at += escape;
  }
  *out = '\0';
}

const char *sheet_column(const void *parent, const struct schema *schema, const char *pointer) {
  char *name = memory_copy(parent, "");
  while (*pointer == '/' && schema != NULL) {
    int length = (int)strcspn(pointer + 1, "/");
    char *token = memory_slice(parent, pointer + 1, (size_t)length);
    unescape(token);
    const struct member *member = schema_member(schema, token);
    name = memory_checked(talloc_asprintf_append(name, "%s%s", *name == '\0' ? "" : ".", token));
    schema = member != NULL && columns_flattened(member->schema) ? member->schema : NULL;
    pointer += 1 + length;
  }
  return name;
}

/* -- the header ---------------------------------------------------------------------------------------------------- */

#define fault(faults, where, code, ...) faults_add(faults, PLACE_BODY, where, code, __VA_ARGS__)

/* Converts what was read into sheet->cell. */
static bool convert(struct sheet *sheet, const char *where, struct faults *faults) {
  size_t bad = 0;
  text_clear(sheet->cell);
  if (charset_read(sheet->charset, sheet->raw->data, sheet->raw->length, sheet->cell, &bad)) {
    return true;
  }
  if (sheet->raw->data[bad] == '\0') {
    fault(faults, where, "encoding",
          "must not hold the character U+0000; a file in UTF-16 begins with a byte order mark, or says so: %s",
          "text/csv; charset=utf-16");
  } else {
    fault(faults, where, "encoding",
          "is not %s from its byte %zu on; a file in another character set says so: text/csv; charset=%s",
          charset_name(sheet->charset), bad + 1, charset_names);
  }
  return false;
}

static void fault_unknown(const struct sheet *sheet, const char *name, const char *where, struct faults *faults) {
  const char **names = memory_array(faults, const char *, sheet->known_count + 1);
  for (size_t i = 0; i < sheet->known_count; i++) {
    names[i] = sheet->known[i].name;
  }
  const char *nearest = nearest_name(name, names);
  if (nearest != NULL) {
    fault(faults, where, "unknown", "is not a known column; did you mean `%s`?", nearest);
  } else {
    fault(faults, where, "unknown", "is not a known column: name the columns as exported lists do");
  }
  talloc_free(names);
}

/* The pointer to a member of that name, which may be anything. */
static const char *pointer_to(const void *memory, const char *name) {
  struct text *pointer = text_new(memory);
  pointer_enter(pointer, name);
  return pointer->data;
}

/* Takes a cell of the first line. One that is empty is a column without a name, as spreadsheets leave them behind. */
static void take_name(struct sheet *sheet, struct faults *faults) {
  const struct column *column = NULL;
  bool fine = convert(sheet, "", faults);
  size_t size = fine ? sheet->cell->length : 0;
  const char *text = sheet->cell->data;
  characters_trim(&text, &size);
  if (size > 0) {
    const char *name = memory_slice(faults, text, size), *shown = characters_shorten(faults, text, size, NAME_SHOWN);
    column = find_column(sheet, name);
    if (column == NULL) {
      fault_unknown(sheet, name, pointer_to(faults, shown), faults);
    } else if (sheet_has(sheet, column->pointer)) {
      fault(faults, column->pointer, "duplicate", "is the name of two columns");
    }
  }
  sheet->columns[sheet->count++] = column;
}

static void read_header(struct sheet *sheet, struct faults *faults) {
  enum csv read = CSV_CELL;
  bool bare;
  while (read == CSV_CELL) {
    read = csv_read(&sheet->reader, sheet->raw, &bare);
    if (read == CSV_BROKEN) {
      fault(faults, "", "malformed", "the first line %s", sheet->reader.broken);
    } else if (sheet->reader.large) {
      faults->count = faults->dropped = 0;
      fault(faults, "", "too_large", "the first line may have at most %d bytes", SHEET_ROW_MOST);
      return;
    } else if (read != CSV_END && sheet->count == SHEET_COLUMNS_MOST && sheet->raw->length == 0) {
      sheet->width++; /* programs for spreadsheets write such columns by the thousand */
    } else if (read != CSV_END && sheet->count == SHEET_COLUMNS_MOST) {
      faults->count = faults->dropped = 0; /* it is another kind of table */
      fault(faults, "", "too_many", "must have at most %d columns with a name", SHEET_COLUMNS_MOST);
      return;
    } else if (read != CSV_END) {
      take_name(sheet, faults);
      sheet->width++;
    }
  }
  bool named = false;
  for (size_t i = 0; i < sheet->count; i++) {
    named = named || sheet->columns[i] != NULL;
  }
  if (faults->count == 0 && !named) {
    fault(faults, "", "required", "the first line must name the columns");
  }
}

struct sheet *sheet_open(const void *parent, const struct schema *schema, struct charset *charset,
                         const struct sheet_file *file, struct faults *faults) {
  struct sheet *sheet = memory_new(parent, struct sheet);
  sheet->schema = schema;
  sheet->charset = charset;
  sheet->raw = text_new(sheet);
  sheet->cell = text_new(sheet);
  sheet->row = 1;
  list_columns(sheet, schema, "", false);
  csv_open(&sheet->reader, file->bytes, file->size, ',');
  sheet->reader.passage = passage_begin(file->bytes, file->filed);
  sheet->reader.room = SHEET_ROW_MOST;
  if (!csv_declared(&sheet->reader)) {
    sheet->reader.separator = csv_separator(sheet->reader.at, (size_t)(sheet->reader.end - sheet->reader.at));
  }
  read_header(sheet, faults);
  if (faults->count > 0) {
    talloc_free(sheet);
    return NULL;
  }
  return sheet;
}

/* -- cells --------------------------------------------------------------------------------------------------------- */

/* `a; b` as ["a","b"]. What is past the values that JSON may have here is not read: it is refused in any case. */
static json_t *read_words(const char *text, size_t size) {
  json_t *list = json_array();
  const char *end = text + size;
  while (text < end && json_array_size(list) < json_default_limits.values) {
    const char *mark = memchr(text, ';', (size_t)(end - text)), *word = text;
    size_t length = (size_t)((mark == NULL ? end : mark) - text);
    text = mark == NULL ? end : mark + 1;
    characters_trim(&word, &length);
    if (length > 0) {
      json_array_append_new(list, json_stringn(word, length));
    }
  }
  return list;
}

static json_t *read_list(const struct column *column, const char *text, size_t size, struct faults *faults) {
  const struct schema *items = column->schema->items;
  if (*text == '[' || *text == '{') {
    struct json_problem problem;
    json_t *list = json_read(text, size, &json_default_limits, &problem);
    if (list == NULL) {
      fault(faults, column->pointer, "malformed", "is no JSON: line %d, column %d of the cell: %s", problem.line,
            problem.column, problem.message);
      return json_stringn(text, size);
    }
    return list;
  }
  bool plain = items != NULL && (items->kinds & KIND_STRING || items->reference != NULL || items->shorthand != NULL);
  return plain ? read_words(text, size) : json_stringn(text, size);
}

static bool is_word(const char *text, size_t size, const char *word) {
  return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/* A number, true or false, however spreadsheets write these; else the text. */
static json_t *read_plain(const struct schema *schema, const char *text, size_t size) {
  json_t *value = NULL;
  if ((schema->kinds & KIND_BOOLEAN) && (is_word(text, size, "true") || is_word(text, size, "false"))) {
    value = json_boolean(size == strlen("true"));
  } else if ((schema->kinds & (KIND_INTEGER | KIND_NUMBER)) != 0 && size <= NUMBER_MOST) {
    value = json_loadb(text, size, JSON_DECODE_ANY, NULL);
    if (!json_is_number(value)) {
      json_decref(value);
      value = NULL;
    }
  }
  return value != NULL ? value : json_stringn(text, size);
}

/* An empty cell is null, be it in quotes. Texts are made tidy with the whole record. */
static json_t *read_cell(const struct sheet *sheet, const struct column *column, struct faults *faults) {
  const char *text = sheet->cell->data;
  size_t size = sheet->cell->length;
  bool list = (column->schema->kinds & (KIND_ARRAY | KIND_OBJECT)) != 0 && column->schema->reference == NULL;
  if (!list && (column->schema->kinds & KIND_STRING) != 0) {
    size_t skipped = csv_defused(text, size);
    text += skipped;
    size -= skipped;
  }
  characters_trim(&text, &size);
  if (size == 0) {
    return json_null();
  }
  return list ? read_list(column, text, size, faults) : read_plain(column->schema, text, size);
}

/* -- rows ---------------------------------------------------------------------------------------------------------- */

/* Puts the value where the pointer leads, in objects that are made on the way. */
static void put(json_t *record, const char *pointer, json_t *value) {
  const char *rest = strchr(pointer + 1, '/');
  char *name = memory_slice(NULL, pointer + 1, rest == NULL ? strlen(pointer + 1) : (size_t)(rest - pointer - 1));
  if (rest == NULL) {
    json_object_set_new(record, name, value);
  } else {
    if (json_object_get(record, name) == NULL) {
      json_object_set_new(record, name, json_object());
    }
    put(json_object_get(record, name), rest, value);
  }
  talloc_free(name);
}

static void take_cell(struct sheet *sheet, const struct column *column, json_t *record, struct faults *faults) {
  if (column == NULL) {
    if (sheet->raw->length > 0) {
      fault(faults, "", "unknown", "has a value in a column without a name");
    }
  } else if (!column->ignored) {
    bool fine = convert(sheet, column->pointer, faults);
    put(record, column->pointer, fine ? read_cell(sheet, column, faults) : json_null());
  }
}

enum sheet_read sheet_next(struct sheet *sheet, struct sheet_row *row, struct faults *faults) {
  bool bare, empty = true;
  while (empty) {
    enum csv read = CSV_CELL;
    size_t count = 0;
    sheet->reader.room = SHEET_ROW_MOST;
    sheet->reader.large = false;
    *row = (struct sheet_row){.line = sheet->reader.line, .row = ++sheet->row, .record = json_object()};
    while ((read == CSV_CELL) && (read = csv_read(&sheet->reader, sheet->raw, &bare)) != CSV_END) {
      if (read == CSV_BROKEN) {
        row->line = sheet->reader.line;
        break;
      }
      empty = empty && sheet->raw->length == 0;
      if (count < sheet->width && !sheet->reader.large) {
        take_cell(sheet, count < sheet->count ? sheet->columns[count] : NULL, row->record, faults);
      }
      count++;
    }
    bool fits = read == CSV_LAST && count == sheet->width && !sheet->reader.large;
    if (!fits || empty) {
      json_decref(row->record);
      row->record = NULL;
    }
    if (read == CSV_END) {
      return SHEET_END;
    }
    if (!fits && !empty) { /* what else was found may be of other columns */
      faults->count = faults->dropped = 0;
    }
    if (read == CSV_BROKEN) {
      fault(faults, "", "malformed", "%s; what follows cannot be read", sheet->reader.broken);
      return SHEET_BROKEN;
    }
    if (sheet->reader.large) {
      fault(faults, "", "too_large", "may have at most %d bytes", SHEET_ROW_MOST);
    } else if (!fits && !empty) {
      fault(faults, "", "cells", "has %zu cells, where the first line has %zu", count, sheet->width);
    }
  }
  return SHEET_ROW;
}

/* -- merging ------------------------------------------------------------------------------------------------------- */

static void set(json_t *object, const char *name, json_t *value) {
  if (json_is_null(value)) {
    json_object_del(object, name);
  } else {
    json_object_set(object, name, value);
  }
}

static bool holds_something(const json_t *object) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, name, value) {
    if (!json_is_null(value)) {
      return true;
    }
  }
  return false;
}

json_t *sheet_merge(const struct schema *schema, const json_t *base, const json_t *row) {
  json_t *body = json_is_object(base) ? json_copy((json_t *)(uintptr_t)base) : json_object(), *value;
  const char *name;
  json_object_foreach((json_t *)(uintptr_t)row, name, value) {
    const struct schema *inner = schema_member(schema, name)->schema;
    if (columns_flattened(inner)) {
      json_t *object = sheet_merge(inner, json_object_get(body, name), value);
      set(body, name, holds_something(object) ? object : json_null());
      json_decref(object);
    } else {
      set(body, name, value);
    }
  }
  return body;
}
