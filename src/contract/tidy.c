/* A body is made tidy before anything looks at it, so that checks, rules and what is kept all see the same values. Only
 * values change, never how many there are: every pointer stays that of the body as sent. */
#include "contract/contract.h"

#include "base/memory.h"
#include "contract/characters.h"

#include <math.h>

static json_t *tidied(const struct schema *schema, json_t *value);

static json_t *tidied_text(const struct schema *schema, const json_t *value) {
  bool text = (schema->kinds & KIND_STRING) != 0 || schema->shorthand != NULL;
  if (!text || schema->text == TEXT_VERBATIM) {
    return NULL;
  }
  char *tidy = characters_tidy(NULL, json_string_value(value), json_string_length(value), schema->text == TEXT_LINES);
  const char *result = tidy == NULL ? json_string_value(value) : tidy;
  json_t *changed = NULL;
  if (*result == '\0' && (schema->kinds & KIND_NULL) != 0) {
    changed = json_null();
  } else if (tidy != NULL) {
    changed = memory_checked(json_string(tidy));
  }
  talloc_free(tidy);
  return changed;
}

static json_t *tidied_real(const struct schema *schema, const json_t *value) {
  json_int_t number;
  bool only_integer = (schema->kinds & (KIND_INTEGER | KIND_NUMBER)) == KIND_INTEGER;
  return only_integer && real_is_integer(json_real_value(value), &number) ? json_integer(number) : NULL;
}

static void tidy_members(const struct schema *schema, json_t *object) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    json_t *value = json_object_get(object, member->name);
    json_t *changed = value == NULL ? NULL : tidied(member->schema, value);
    if (changed != NULL) {
      json_object_set_new(object, member->name, changed);
    }
  }
}

static void tidy_items(const struct schema *schema, json_t *array) {
  for (size_t i = 0; i < json_array_size(array); i++) {
    json_t *changed = tidied(schema, json_array_get(array, i));
    if (changed != NULL) {
      json_array_set_new(array, i, changed);
    }
  }
}

/* What takes the place of the value, a new reference; NULL when it stays, be it changed inside. */
static json_t *tidied(const struct schema *schema, json_t *value) {
  if (json_is_string(value)) {
    return tidied_text(schema, value);
  }
  if (json_is_real(value)) {
    return tidied_real(schema, value);
  }
  schema_tidy(schema, value);
  return NULL;
}

bool real_is_integer(double real, json_int_t *out) {
  static const double least = -9223372036854775808.0, past = 9223372036854775808.0;
  double whole = trunc(real);
  bool fits = whole >= least && whole < past && whole >= real && whole <= real;
  *out = fits ? (json_int_t)whole : 0;
  return fits;
}

void schema_tidy(const struct schema *schema, json_t *value) {
  if (json_is_object(value)) {
    tidy_members(schema, value);
  } else if (json_is_array(value) && schema->items != NULL) {
    tidy_items(schema->items, value);
  }
}
