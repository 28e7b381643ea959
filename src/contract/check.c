/* Checking is one walk over the value, beside its schema, that never stops at a fault. Where it stands is kept in one
 * buffer of text that grows by a token on the way down and is cut on the way up, so that a large and faultless body
 * costs no allocation an item. Schemas end (the loader refuses circles), and so does the walk. Once the list of faults
 * is full nothing is worded any more. */
#include "contract/check.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/pointer.h"

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { REFERENCE_MOST = 64, LISTED_MOST = 40 };

struct check {
  struct faults *faults;
  struct text *at;
  enum place place;
};

#define fault(check, code, ...) faults_add((check)->faults, (check)->place, (check)->at->data, code, __VA_ARGS__)

static unsigned kind_of(const json_t *value) {
  switch (json_typeof(value)) {
  case JSON_OBJECT:
    return KIND_OBJECT;
  case JSON_ARRAY:
    return KIND_ARRAY;
  case JSON_STRING:
    return KIND_STRING;
  case JSON_INTEGER:
    return KIND_INTEGER | KIND_NUMBER;
  case JSON_REAL: /* past 64 bits all numbers are whole, and a bound tells more than the type */
    return fabs(json_real_value(value)) < 9223372036854775808.0 ? KIND_NUMBER : KIND_INTEGER | KIND_NUMBER;
  case JSON_TRUE:
  case JSON_FALSE:
    return KIND_BOOLEAN;
  default:
    return KIND_NULL;
  }
}

/* "a string, an object or null". */
static void fault_type(struct check *check, const struct schema *schema) {
  static const struct {
    enum kind kind;
    const char *words;
  } names[] = {{KIND_BOOLEAN, "true or false"},
               {KIND_INTEGER, "an integer"},
               {KIND_NUMBER, "a number"},
               {KIND_STRING, "a string"},
               {KIND_ARRAY, "an array"},
               {KIND_OBJECT, "an object"},
               {KIND_NULL, "null"}};
  unsigned kinds = schema->kinds;
  if (check->place != PLACE_BODY) {
    kinds &= ~(unsigned)(KIND_NULL | KIND_OBJECT); /* cannot be written there */
  }
  char list[128] = "";
  size_t used = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (kinds & (unsigned)names[i].kind) {
      kinds &= ~(unsigned)names[i].kind;
      const char *joint = used == 0 ? "" : kinds ? ", " : " or ";
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", joint, names[i].words);
    }
  }
  fault(check, "type", "must be %s", list);
}

/* "`a`, `b`, `c`" or "a, b, c"; a text of `owner`. */
static const char *list_names(const void *owner, const char *const *names) {
  struct text *list = text_new(owner);
  for (size_t i = 0; names[i]; i++) {
    if (i == LISTED_MOST) {
      text_add(list, ", …");
      break;
    }
    text_addf(list, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  return list->data;
}

static void fault_value(struct check *check, const struct schema *schema, const char *text) {
  if (check->faults->count == FAULTS_MOST) {
    check->faults->dropped++;
    return;
  }
  const char *nearest = nearest_name(text, schema->values);
  const char *list = list_names(check->at, schema->values);
  if (nearest) {
    fault(check, "enum", "must be one of %s; did you mean `%s`?", list, nearest);
  } else {
    fault(check, "enum", "must be one of %s", list);
  }
}

static bool is_listed(const char *const *values, const char *text) {
  for (; *values; values++) {
    if (strcmp(*values, text) == 0) {
      return true;
    }
  }
  return false;
}

static void check_text(struct check *check, const struct schema *schema, const json_t *value) {
  const char *text = json_string_value(value);
  size_t size = json_string_length(value);
  if (schema->values) {
    if (!is_listed(schema->values, text)) {
      fault_value(check, schema, text);
    }
    return;
  }
  size_t length = characters_count(text, size);
  if (length > schema->max_length) {
    fault(check, "too_long", "must be at most %zu characters long, not %zu", schema->max_length, length);
    return;
  }
  if (length < schema->min_length) {
    if (schema->min_length == 1) {
      fault(check, "too_short", "must not be empty");
    } else {
      fault(check, "too_short", "must be at least %zu characters long", schema->min_length);
    }
    return;
  }
  if (!characters_clean(text, size, "\t\n\r")) {
    fault(check, "format", "must not hold control characters");
  } else if (schema->format && !schema->format->valid(text, size)) {
    fault(check, "format", "must be %s", schema->format->expected);
  } else if (schema->pattern && regexec(schema->pattern_code, text, 0, NULL, 0) != 0) {
    fault(check, "pattern", "must match %s", schema->pattern);
  }
}

static void check_number(struct check *check, const struct schema *schema, const json_t *value) {
  bool below, above;
  if (json_is_integer(value)) {
    below = json_integer_value(value) < schema->minimum;
    above = json_integer_value(value) > schema->maximum;
  } else {
    /* Where only integers are taken, it has more than 64 bits, and so is past any bound. */
    bool number = (schema->kinds & KIND_NUMBER) != 0;
    double real = json_real_value(value);
    below = number ? schema->minimum > INT64_MIN && real < (double)schema->minimum : real < 0;
    above = number ? schema->maximum < INT64_MAX && real > (double)schema->maximum : real > 0;
  }
  if (below) {
    fault(check, "minimum", "must be at least %lld", (long long)schema->minimum);
  } else if (above) {
    fault(check, "maximum", "must be at most %lld", (long long)schema->maximum);
  }
}

/* A slug or a TypeID: both are of these letters. Whether there is such a record, the store knows. */
static bool is_reference_text(const char *text) {
  size_t length = strlen(text);
  return length > 0 && length <= REFERENCE_MOST && isascii((unsigned char)*text) &&
         strchr("abcdefghijklmnopqrstuvwxyz0123456789", *text) &&
         strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

static void check_reference(struct check *check, const json_t *value) {
  const char *text = json_string_value(value);
  if (json_is_object(value)) {
    text = json_string_value(json_object_get(value, "id"));
    text = text ? text : json_string_value(json_object_get(value, "slug"));
  }
  if (!text) {
    fault(check, "required", "must have an `id` or a `slug`");
  } else if (!is_reference_text(text)) {
    fault(check, "format", "must be a slug or an id: a-z, 0-9, `.`, `_` and `-`, at most %d characters",
          REFERENCE_MOST);
  }
}

static void walk(struct check *check, const struct schema *schema, const json_t *value);

static void check_unique(struct check *check, const json_t *array) {
  json_t *seen = json_object();
  size_t i;
  json_t *item;
  json_array_foreach((json_t *)(uintptr_t)array, i, item) {
    char *key = json_dumps(item, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
    json_t *first = memory_checked(key) ? json_object_get(seen, key) : NULL;
    if (first) {
      size_t before = pointer_enter_item(check->at, i);
      fault(check, "duplicate", "is the same as item %lld", (long long)json_integer_value(first));
      pointer_leave(check->at, before);
    } else {
      json_object_set_new(seen, key, json_integer((json_int_t)i));
    }
    free(key);
  }
  json_decref(seen);
}

static void check_array(struct check *check, const struct schema *schema, const json_t *array) {
  size_t size = json_array_size(array);
  if (size > schema->max_items) {
    fault(check, "too_many", "must have at most %zu items, not %zu", schema->max_items, size);
  }
  if (size < schema->min_items) {
    fault(check, "too_few", "must have at least %zu items, not %zu", schema->min_items, size);
  }
  for (size_t i = 0; schema->items && i < size; i++) {
    size_t before = pointer_enter_item(check->at, i);
    walk(check, schema->items, json_array_get(array, i));
    pointer_leave(check->at, before);
  }
  if (schema->unique_items) {
    check_unique(check, array);
  }
}

static void fault_unknown(struct check *check, const struct schema *schema, const char *name) {
  if (check->faults->count == FAULTS_MOST) {
    check->faults->dropped++;
    return;
  }
  const char **names = memory_array(check->at, const char *, schema->member_count + 1);
  for (size_t i = 0; i < schema->member_count; i++) {
    names[i] = schema->members[i].name;
  }
  const char *nearest = nearest_name(name, names);
  size_t before = pointer_enter(check->at, name);
  if (nearest) {
    fault(check, "unknown", "is not a known member; did you mean `%s`?", nearest);
  } else {
    fault(check, "unknown", "is not a known member; known are %s", list_names(check->at, names));
  }
  pointer_leave(check->at, before);
  talloc_free(names);
}

/* `value` is an object, or the shorthand of one: a text that stands for its member `shorthand`. */
static const json_t *member_value(const struct schema *schema, const json_t *value, const struct member *member) {
  if (json_is_object(value)) {
    return json_object_get(value, member->name);
  }
  return strcmp(schema->shorthand, member->name) == 0 ? value : NULL;
}

static void check_members(struct check *check, const struct schema *schema, const json_t *value) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    const json_t *one = member_value(schema, value, member);
    if (member->read_only || (!one && !member->required)) {
      continue;
    }
    size_t before = one == value ? check->at->length : pointer_enter(check->at, member->name);
    if (one) {
      walk(check, member->schema, one);
    } else {
      fault(check, "required", "is required");
    }
    pointer_leave(check->at, before);
  }
  if (schema->open) {
    return;
  }
  const char *name;
  json_t *other;
  json_object_foreach((json_t *)(uintptr_t)value, name, other) {
    if (!schema_member(schema, name)) {
      fault_unknown(check, schema, name);
    }
  }
}

static void walk(struct check *check, const struct schema *schema, const json_t *value) {
  unsigned kind = kind_of(value);
  bool short_form = schema->shorthand && kind == KIND_STRING;
  if (!(schema->kinds & kind) && !short_form) {
    fault_type(check, schema);
  } else if (schema->reference && (kind & (KIND_STRING | KIND_OBJECT))) {
    check_reference(check, value);
  } else if (kind == KIND_OBJECT || short_form) {
    check_members(check, schema, value);
  } else if (kind == KIND_STRING) {
    check_text(check, schema, value);
  } else if (kind == KIND_ARRAY) {
    check_array(check, schema, value);
  } else if (kind & KIND_NUMBER) {
    check_number(check, schema, value);
  }
}

void check_value(const struct schema *schema, const json_t *value, enum place place, const char *where,
                 struct faults *faults) {
  struct check check = {.faults = faults, .at = text_new(faults), .place = place};
  text_add(check.at, where);
  walk(&check, schema, value);
  talloc_free(check.at);
}

void schema_check(const struct schema *schema, const json_t *value, const char *pointer, struct faults *faults) {
  check_value(schema, value, PLACE_BODY, pointer, faults);
}
