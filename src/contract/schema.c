/* One node of JSON Schema becomes one struct schema. Every keyword is a row of a table: its name, how its value is
 * read, and the field that it fills. Keywords that describe a place rather than a value (readOnly, x-column …) have a
 * table of their own, fill the struct member, and may stand beside a $ref; what a component says of itself there is
 * inherited. A keyword without a row is refused. A schema that contains itself is refused, so that all walks over
 * schemas end. */
#include "base/memory.h"
#include "contract/load.h"

#include <regex.h>
#include <string.h>

/* Reads `value` into `field`, which belongs to a struct schema or a struct member. */
typedef bool keyword_reader(struct loader *loader, const struct place_in *at, const json_t *value, void *field);

struct keyword {
  const char *name;
  keyword_reader *read; /* NULL: for people, or read elsewhere */
  size_t field;
};

static bool read_flag(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  if (!json_is_boolean(value)) {
    return loader_fail(loader, at, "must be true or false");
  }
  *(bool *)field = json_is_true(value);
  return true;
}

static bool read_text(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  if (!json_is_string(value)) {
    return loader_fail(loader, at, "must be text");
  }
  *(const char **)field = json_string_value(value);
  return true;
}

static bool read_integer(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  if (!json_is_integer(value)) {
    return loader_fail(loader, at, "must be an integer");
  }
  *(int64_t *)field = json_integer_value(value);
  return true;
}

static bool read_size(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  if (!json_is_integer(value) || json_integer_value(value) < 0) {
    return loader_fail(loader, at, "must be an integer of 0 or more");
  }
  *(size_t *)field = (size_t)json_integer_value(value);
  return true;
}

static bool read_any(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  (void)loader, (void)at;
  *(const json_t **)field = value;
  return true;
}

static bool read_kinds(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  static const struct {
    const char *name;
    enum kind kind;
  } kinds[] = {{"null", KIND_NULL},     {"boolean", KIND_BOOLEAN}, {"integer", KIND_INTEGER}, {"number", KIND_NUMBER},
               {"string", KIND_STRING}, {"array", KIND_ARRAY},     {"object", KIND_OBJECT}};
  unsigned *found = field;
  size_t count = json_is_array(value) ? json_array_size(value) : 1;
  for (size_t i = 0; i < count; i++) {
    const char *name = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
    size_t k = 0;
    while (name && k < sizeof kinds / sizeof *kinds && strcmp(kinds[k].name, name) != 0) {
      k++;
    }
    if (!name || k == sizeof kinds / sizeof *kinds) {
      return loader_fail(loader, at, "`%s` is not a type", name ? name : "");
    }
    *found |= (unsigned)kinds[k].kind;
  }
  return *found != 0 || loader_fail(loader, at, "must name a type");
}

/* Of enum and const alike: the texts. That null is among them shows in `kinds` only. */
static bool read_values(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  struct schema *schema = field;
  size_t size = json_is_array(value) ? json_array_size(value) : 1;
  const char **values = memory_array(loader->contract, const char *, size + 1);
  size_t count = 0;
  bool has_null = false;
  for (size_t i = 0; i < size; i++) {
    const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
    if (json_is_string(one)) {
      values[count++] = json_string_value(one);
    } else if (json_is_null(one)) {
      has_null = true;
    } else {
      return loader_fail(loader, at, "only texts and null can be listed");
    }
  }
  if (count == 0) {
    return loader_fail(loader, at, "must list a text");
  }
  schema->values = values;
  if (!has_null) {
    schema->kinds &= ~(unsigned)KIND_NULL;
  }
  return true;
}

static bool read_format(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const char *name = json_string_value(value);
  for (const struct format *format = loader->formats; name && format->name; format++) {
    if (strcmp(format->name, name) == 0) {
      *(const struct format **)field = format;
      return true;
    }
  }
  return loader_fail(loader, at, "the format `%s` is not known", name ? name : "");
}

static int release_pattern(regex_t *pattern) {
  regfree(pattern);
  return 0;
}

static bool read_pattern(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  struct schema *schema = field;
  if (!read_text(loader, at, value, &schema->pattern)) {
    return false;
  }
  regex_t *code = memory_new(loader->contract, regex_t);
  if (regcomp(code, schema->pattern, REG_EXTENDED | REG_NOSUB) != 0) {
    return loader_fail(loader, at, "is not a regular expression");
  }
  talloc_set_destructor(code, release_pattern);
  schema->pattern_code = code;
  return true;
}

static bool read_items(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const struct schema *items = compile_schema(loader, at, value);
  *(const struct schema **)field = items;
  return items != NULL;
}

static bool read_reference(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const char *path = json_string_value(value);
  for (size_t i = 0; path && i < loader->component_count; i++) {
    json_t *resource = json_object_get(loader->components[i].node, "x-resource");
    const char *other = json_string_value(json_object_get(resource, "path"));
    if (other && strcmp(other, path) == 0) {
      *(const char **)field = path;
      return true;
    }
  }
  return loader_fail(loader, at, "there is no resource `%s`", path ? path : "");
}

static bool read_inverse(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const char *key;
  json_t *other;
  if (!json_is_object(value)) {
    return loader_fail(loader, at, "must be an object of texts");
  }
  json_object_foreach((json_t *)(uintptr_t)value, key, other) {
    if (!json_is_string(other)) {
      return loader_fail(loader, at, "must be an object of texts");
    }
  }
  *(const json_t **)field = value;
  return true;
}

static bool read_filter(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  struct member *member = field;
  if (json_is_boolean(value)) {
    member->filter = json_is_true(value) ? member->name : NULL;
    member->unfiltered = json_is_false(value);
    return true;
  }
  return read_text(loader, at, value, &member->filter);
}

/* The type of a relation that says so, or `true` where there are no types. */
static bool read_above(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  if (json_is_true(value)) {
    *(const char **)field = "";
    return true;
  }
  return read_text(loader, at, value, field);
}

static bool read_names(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  size_t i;
  json_t *name;
  if (!json_is_array(value)) {
    return loader_fail(loader, at, "must be a list of texts");
  }
  json_array_foreach(value, i, name) {
    if (!json_is_string(name)) {
      return loader_fail(loader, at, "must be a list of texts");
    }
  }
  *(const json_t **)field = value;
  return true;
}

static bool read_searched(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const char *text = json_string_value(value);
  if (!json_is_boolean(value) && (!text || strcmp(text, "name") != 0)) {
    return loader_fail(loader, at, "must be true, false or `name`");
  }
  *(enum searched *)field = text ? SEARCHED_NAME : json_is_true(value) ? SEARCHED : SEARCHED_NOT;
  return true;
}

static bool read_text_form(struct loader *loader, const struct place_in *at, const json_t *value, void *field) {
  const char *name = json_string_value(value);
  bool lines = name && strcmp(name, "lines") == 0, verbatim = name && strcmp(name, "verbatim") == 0;
  if (!lines && !verbatim) {
    return loader_fail(loader, at, "must be `lines` or `verbatim`");
  }
  *(enum text_form *)field = lines ? TEXT_LINES : TEXT_VERBATIM;
  return true;
}

#define IN_SCHEMA(field) offsetof(struct schema, field)
#define IN_MEMBER(field) offsetof(struct member, field)

static const struct keyword schema_keywords[] = {
    {"type", read_kinds, IN_SCHEMA(kinds)}, /* first: enum takes null away from it */
    {"enum", read_values, 0},
    {"const", read_values, 0},
    {"format", read_format, IN_SCHEMA(format)},
    {"pattern", read_pattern, 0},
    {"minimum", read_integer, IN_SCHEMA(minimum)},
    {"maximum", read_integer, IN_SCHEMA(maximum)},
    {"minLength", read_size, IN_SCHEMA(min_length)},
    {"maxLength", read_size, IN_SCHEMA(max_length)},
    {"minItems", read_size, IN_SCHEMA(min_items)},
    {"maxItems", read_size, IN_SCHEMA(max_items)},
    {"uniqueItems", read_flag, IN_SCHEMA(unique_items)},
    {"items", read_items, IN_SCHEMA(items)},
    {"default", read_any, IN_SCHEMA(default_value)},
    {"additionalProperties", read_flag, IN_SCHEMA(open)},
    {"x-reference", read_reference, IN_SCHEMA(reference)},
    {"x-shorthand", read_text, IN_SCHEMA(shorthand)},
    {"x-inverse", read_inverse, IN_SCHEMA(inverse)},
    {"x-text", read_text_form, IN_SCHEMA(text)},
    {"properties", NULL, 0},
    {"required", NULL, 0},
    {"x-resource", NULL, 0},
    {NULL, NULL, 0},
};

static const struct keyword member_keywords[] = {
    {"description", read_text, IN_MEMBER(description)},
    {"readOnly", read_flag, IN_MEMBER(read_only)},
    {"x-internal", read_flag, IN_MEMBER(internal)},
    {"x-public", read_text, IN_MEMBER(public_value)},
    {"x-stored", read_flag, IN_MEMBER(stored)},
    {"x-column", read_text, IN_MEMBER(column)},
    {"x-table", read_text, IN_MEMBER(table)},
    {"x-filter", read_filter, 0},
    {"x-filter-kind", read_text, IN_MEMBER(filter_kind)},
    {"x-filter-also", read_names, IN_MEMBER(also)},
    {"x-above", read_above, IN_MEMBER(above)},
    {"x-sort", read_flag, IN_MEMBER(sortable)},
    {"x-sort-column", read_text, IN_MEMBER(sort_column)},
    {"x-search", read_searched, IN_MEMBER(searched)},
    {"title", NULL, 0},
    {"examples", NULL, 0},
    {"deprecated", NULL, 0},
    {NULL, NULL, 0},
};

static bool is_keyword(const struct keyword *keyword, const char *name) {
  while (keyword->name && strcmp(keyword->name, name) != 0) {
    keyword++;
  }
  return keyword->name != NULL;
}

/* Fills `target` with those members of `node` that have a row. */
static bool read_keywords(struct loader *loader, const struct place_in *at, const json_t *node,
                          const struct keyword *keyword, void *target) {
  for (; keyword->name; keyword++) {
    const json_t *value = json_object_get(node, keyword->name);
    const struct place_in below = {at, keyword->name};
    if (value && keyword->read && !keyword->read(loader, &below, value, (char *)target + keyword->field)) {
      return false;
    }
  }
  return true;
}

static bool only_keywords(struct loader *loader, const struct place_in *at, const json_t *node) {
  bool is_reference = json_object_get(node, "$ref") != NULL;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)node, key, value) {
    bool for_value = is_keyword(schema_keywords, key);
    if (is_reference && for_value) {
      return loader_fail(loader, at, "`%s` cannot stand beside $ref", key);
    }
    if (!for_value && !is_keyword(member_keywords, key) && strcmp(key, "$ref") != 0) {
      return loader_fail(loader, at, "`%s` is not understood here", key);
    }
  }
  return true;
}

static bool is_required(const json_t *node, const char *name) {
  size_t i;
  json_t *one;
  json_array_foreach(json_object_get(node, "required"), i, one) {
    if (json_is_string(one) && strcmp(json_string_value(one), name) == 0) {
      return true;
    }
  }
  return false;
}

static bool compile_member(struct loader *loader, const struct place_in *at, const json_t *node,
                           struct member *member) {
  member->column = member->name;
  member->stored = true;
  member->schema = compile_schema(loader, at, node);
  if (!member->schema) {
    return false;
  }
  const json_t *component = loader_resolve(loader, at, node);
  if (component != node && !read_keywords(loader, at, component, member_keywords, member)) {
    return false;
  }
  if (!read_keywords(loader, at, node, member_keywords, member)) {
    return false;
  }
  if (member->table && !member->schema->items) {
    return loader_fail(loader, at, "only an array can have `x-table`");
  }
  return true;
}

static bool compile_members(struct loader *loader, const struct place_in *at, const json_t *node,
                            struct schema *schema) {
  json_t *properties = json_object_get(node, "properties");
  const struct place_in below = {at, "properties"};
  struct member *members = memory_array(loader->contract, struct member, json_object_size(properties) + 1);
  schema->members = members;
  const char *name;
  json_t *value;
  json_object_foreach(properties, name, value) {
    const struct place_in here = {&below, name};
    struct member *member = &members[schema->member_count++];
    member->name = name;
    if (!compile_member(loader, &here, value, member)) {
      return false;
    }
    member->required = is_required(node, name) && !member->read_only;
  }
  size_t i;
  json_t *required;
  json_array_foreach(json_object_get(node, "required"), i, required) {
    if (!json_is_string(required) || !schema_member(schema, json_string_value(required))) {
      return loader_fail(loader, at, "`required` names what is not a member");
    }
  }
  return true;
}

/* What no single keyword can see. */
static bool check_whole(struct loader *loader, const struct place_in *at, const json_t *node,
                        const struct schema *schema) {
  if ((schema->kinds & KIND_ARRAY) && !schema->items && json_object_get(node, "type")) {
    return loader_fail(loader, at, "an array must say what its `items` are");
  }
  if (schema->shorthand && !schema_member(schema, schema->shorthand)) {
    return loader_fail(loader, at, "`x-shorthand` names `%s`, which is not a member", schema->shorthand);
  }
  const char *type;
  json_t *inverse;
  json_object_foreach((json_t *)(uintptr_t)schema->inverse, type, inverse) {
    bool own = false, served = false;
    for (const char *const *value = schema->values; value && *value; value++) {
      own |= strcmp(*value, type) == 0;
      served |= strcmp(*value, json_string_value(inverse)) == 0;
    }
    if (!own || !served) {
      return loader_fail(loader, at, "`x-inverse` names `%s`, of which one side is not in `enum`", type);
    }
  }
  if (json_object_get(node, "default")) {
    struct faults *faults = faults_new(loader->contract);
    schema_check(schema, schema->default_value, "", faults);
    if (faults->count > 0) {
      return loader_fail(loader, at, "the default %s", faults->list[0].message);
    }
    talloc_free(faults);
  }
  return true;
}

static struct schema *compile_inline(struct loader *loader, const struct place_in *at, const json_t *node) {
  static const char *const need_type[] = {"properties", "items", "enum", "const", "pattern", "format", NULL};
  struct schema *schema = memory_new(loader->contract, struct schema);
  schema->minimum = INT64_MIN;
  schema->maximum = INT64_MAX;
  schema->max_length = SIZE_MAX;
  schema->max_items = SIZE_MAX;
  schema->open = !json_object_get(node, "properties");
  if (!only_keywords(loader, at, node)) {
    return NULL;
  }
  if (!json_object_get(node, "type")) { /* anything, as long as nothing is said about it */
    schema->kinds = 2 * KIND_OBJECT - 1;
    for (const char *const *key = need_type; *key; key++) {
      if (json_object_get(node, *key)) {
        loader_fail(loader, at, "`type` is missing");
        return NULL;
      }
    }
  }
  bool done = read_keywords(loader, at, node, schema_keywords, schema) && compile_members(loader, at, node, schema) &&
              check_whole(loader, at, node, schema);
  return done ? schema : NULL;
}

const struct schema *compile_component(struct loader *loader, const struct place_in *at, const char *name) {
  struct component *component = NULL;
  for (size_t i = 0; i < loader->component_count && !component; i++) {
    component = strcmp(loader->components[i].name, name) == 0 ? &loader->components[i] : NULL;
  }
  if (!component) {
    loader_fail(loader, at, "$ref leads to nothing: there is no schema `%s`", name);
    return NULL;
  }
  if (component->busy) {
    loader_fail(loader, at, "the schema `%s` contains itself", name);
    return NULL;
  }
  if (!component->schema) {
    const struct place_in components = {NULL, "components"}, schemas = {&components, "schemas"},
                          here = {&schemas, component->name};
    component->busy = true;
    struct schema *schema = NULL;
    if (!json_is_object(component->node) || json_object_get(component->node, "$ref")) {
      loader_fail(loader, &here, "a component must be a schema of its own, not a $ref");
    } else {
      schema = compile_inline(loader, &here, component->node);
    }
    component->busy = false;
    if (schema) {
      schema->name = component->name;
    }
    component->schema = schema;
  }
  return component->schema;
}

const struct schema *compile_schema(struct loader *loader, const struct place_in *at, const json_t *node) {
  static const char prefix[] = "#/components/schemas/";
  if (!json_is_object(node)) {
    loader_fail(loader, at, "a schema must be an object");
    return NULL;
  }
  const json_t *ref = json_object_get(node, "$ref");
  if (!ref) {
    return compile_inline(loader, at, node);
  }
  const char *path = json_string_value(ref);
  if (!path || strncmp(path, prefix, strlen(prefix)) != 0) {
    loader_fail(loader, at, "$ref must lead into %s", prefix);
    return NULL;
  }
  return only_keywords(loader, at, node) ? compile_component(loader, at, path + strlen(prefix)) : NULL;
}
