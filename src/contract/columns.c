/* The document is walked once, side by side with its schema, and bytes are copied from one to the other. Nothing is
 * parsed into values, which for a registry of a million records would cost more than rendering them. */
#include "contract/columns.h"

#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/json.h"

#include <string.h>

struct walk {
  struct text *out;
  struct text *scratch; /* a string without its escapes */
  const char *at, *end;
  bool first; /* no cell was written yet */
};

bool columns_flattened(const struct schema *schema) {
  return schema->member_count > 0 && !schema->open && schema->reference == NULL;
}

static void next_cell(struct walk *walk) {
  if (!walk->first) {
    text_add_bytes(walk->out, ",", 1);
  }
  walk->first = false;
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static void add_names(struct walk *walk, const struct schema *schema, const char *prefix) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    char *name = memory_print(walk->scratch, "%s%s", prefix, member->name);
    if (columns_flattened(member->schema)) {
      char *inner = memory_print(walk->scratch, "%s.", name);
      add_names(walk, member->schema, inner);
    } else {
      next_cell(walk);
      csv_add_text(walk->out, name, strlen(name));
    }
  }
}

void columns_add_names(struct text *out, const struct schema *schema) {
  struct walk walk = {.out = out, .scratch = text_new(NULL), .first = true};
  add_names(&walk, schema, "");
  text_add(out, csv_line_end);
  talloc_free(walk.scratch);
}

/* -- the document's bytes ------------------------------------------------------------------------------------------ */

static bool take(struct walk *walk, const char *token) {
  const char *at = walk->at;
  for (; *token != '\0'; token++, at++) {
    if (at == walk->end || *at != *token) {
      return false;
    }
  }
  walk->at = at;
  return true;
}

/* Whether the member of that name comes next; goes to its value. */
static bool take_member(struct walk *walk, const char *name, bool first) {
  return take(walk, first ? "{\"" : ",\"") && take(walk, name) && take(walk, "\":");
}

static bool read_hex(const char *at, const char *end, unsigned *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, at++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF", *digit = at < end ? strchr(digits, *at) : NULL;
    if (digit == NULL || *digit == '\0') {
      return false;
    }
    *code = *code << 4 | (unsigned)((digit - digits) & 15);
  }
  return true;
}

static void add_character(struct text *out, unsigned code) {
  char bytes[4];
  size_t size = 0;
  if (code < 0x80) {
    bytes[size++] = (char)code;
  } else if (code < 0x800) {
    bytes[size++] = (char)(0xc0 | code >> 6);
    bytes[size++] = (char)(0x80 | (code & 63));
  } else if (code < 0x10000) {
    bytes[size++] = (char)(0xe0 | code >> 12);
    bytes[size++] = (char)(0x80 | (code >> 6 & 63));
    bytes[size++] = (char)(0x80 | (code & 63));
  } else {
    bytes[size++] = (char)(0xf0 | code >> 18);
    bytes[size++] = (char)(0x80 | (code >> 12 & 63));
    bytes[size++] = (char)(0x80 | (code >> 6 & 63));
    bytes[size++] = (char)(0x80 | (code & 63));
  }
  text_add_bytes(out, bytes, size);
}

/* Adds what the escape at `at` stands for; behind it, or NULL. */
static const char *add_escaped(struct text *out, const char *at, const char *end) {
  static const char letters[] = "\"\\/bfnrt", stand_for[] = "\"\\/\b\f\n\r\t";
  unsigned code = 0, low = 0;
  if (at + 1 >= end) {
    return NULL;
  }
  if (at[1] != 'u') {
    const char *letter = memchr(letters, at[1], sizeof letters - 1);
    if (letter == NULL) {
      return NULL;
    }
    text_add_bytes(out, &stand_for[letter - letters], 1);
    return at + 2;
  }
  if (!read_hex(at + 2, end, &code)) {
    return NULL;
  }
  bool pair = code >= 0xd800 && code < 0xdc00;
  if (pair && (at + 7 >= end || at[6] != '\\' || at[7] != 'u' || !read_hex(at + 8, end, &low) || low < 0xdc00 ||
               low > 0xdfff)) {
    return NULL;
  }
  add_character(out, pair ? 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff)) : code);
  return at + (pair ? 12 : 6);
}

/* Adds the string that comes next as a cell. */
static bool add_string(struct walk *walk) {
  bool is_string = walk->at < walk->end && *walk->at == '"';
  const char *start = walk->at + 1, *past = is_string ? json_past_string(walk->at, walk->end) : NULL;
  if (past == NULL) {
    return false;
  }
  const char *end = past - 1, *escape = memchr(start, '\\', (size_t)(end - start));
  walk->at = past;
  if (escape == NULL) {
    csv_add_text(walk->out, start, (size_t)(end - start));
    return true;
  }
  text_clear(walk->scratch);
  for (; escape != NULL; escape = memchr(start, '\\', (size_t)(end - start))) {
    text_add_bytes(walk->scratch, start, (size_t)(escape - start));
    if ((start = add_escaped(walk->scratch, escape, end)) == NULL) {
      return false;
    }
  }
  text_add_bytes(walk->scratch, start, (size_t)(end - start));
  csv_add_text(walk->out, walk->scratch->data, walk->scratch->length);
  return true;
}

/* -- lines --------------------------------------------------------------------------------------------------------- */

static void add_nothing(struct walk *walk, const struct schema *schema) {
  for (size_t i = 0; i < schema->member_count; i++) {
    if (columns_flattened(schema->members[i].schema)) {
      add_nothing(walk, schema->members[i].schema);
    } else {
      next_cell(walk);
    }
  }
}

/* Adds the slug of the record that is referred to. */
static bool add_reference(struct walk *walk) {
  static const char name[] = "\"slug\"";
  bool found = false;
  for (const char *separator = "{"; take(walk, separator); separator = ",") {
    const char *start = walk->at,
               *past = start < walk->end && *start == '"' ? json_past_string(start, walk->end) : NULL;
    if (past == NULL) {
      return false;
    }
    walk->at = past;
    bool slug = (size_t)(past - start) == sizeof name - 1 && memcmp(start, name, sizeof name - 1) == 0;
    if (!take(walk, ":") || (slug && !add_string(walk))) {
      return false;
    }
    if (!slug && (walk->at = json_past_value(walk->at, walk->end)) == NULL) {
      return false;
    }
    found = found || slug;
  }
  return found && take(walk, "}");
}

static bool add_object(struct walk *walk, const struct schema *schema);

static bool add_value(struct walk *walk, const struct schema *schema) {
  if (columns_flattened(schema)) {
    if (take(walk, "null")) {
      add_nothing(walk, schema);
      return true;
    }
    return add_object(walk, schema);
  }
  next_cell(walk);
  if (take(walk, "null")) {
    return true;
  }
  if (schema->reference != NULL) {
    return add_reference(walk);
  }
  if (walk->at < walk->end && *walk->at == '"') {
    return add_string(walk);
  }
  const char *start = walk->at, *past = json_past_value(start, walk->end);
  if (past == NULL || past == start) {
    return false;
  }
  csv_add_bytes(walk->out, start, (size_t)(past - start));
  walk->at = past;
  return true;
}

static bool add_object(struct walk *walk, const struct schema *schema) {
  for (size_t i = 0; i < schema->member_count; i++) {
    if (!take_member(walk, schema->members[i].name, i == 0) || !add_value(walk, schema->members[i].schema)) {
      return false;
    }
  }
  return take(walk, "}");
}

bool columns_add_line(struct text *out, const struct schema *schema, const char *document, size_t size) {
  struct walk walk = {.out = out, .scratch = text_new(NULL), .at = document, .end = document + size, .first = true};
  bool fine = add_object(&walk, schema) && walk.at == walk.end;
  text_add(out, csv_line_end);
  talloc_free(walk.scratch);
  return fine;
}
