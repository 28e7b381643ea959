/* The normal form has every writable member, once, in the contract's order, so that two bodies that mean the same are
 * the same, and whoever writes it to columns need not ask what is there. It presumes a value that passed schema_check.
 * Values are shared with the body where they are not rebuilt, and copied where they are the contract's own. */
#include "contract/contract.h"

#include <string.h>

static json_t *normal(const struct schema *schema, const json_t *value, bool keep_empty);

static json_t *share(const json_t *value) {
  return json_incref((json_t *)(uintptr_t)value);
}

static json_t *normal_reference(const json_t *value) {
  if (!json_is_object(value)) {
    return share(value);
  }
  const json_t *id = json_object_get(value, "id");
  return share(json_is_string(id) ? id : json_object_get(value, "slug"));
}

static json_t *normal_array(const struct schema *schema, const json_t *array) {
  json_t *list = json_array();
  for (size_t i = 0; i < json_array_size(array); i++) {
    const json_t *item = json_array_get(array, i);
    json_array_append_new(list, schema->items ? normal(schema->items, item, true) : json_deep_copy(item));
  }
  return list;
}

json_t *schema_absent(const struct schema *schema) {
  if (schema->default_value) {
    return json_deep_copy(schema->default_value);
  }
  return schema->items ? json_array() : json_null();
}

static json_t *normal_object(const struct schema *schema, const json_t *value, bool keep_empty) {
  json_t *object = schema->open && json_is_object(value) ? json_deep_copy(value) : json_object();
  bool empty = true;
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    const json_t *one = json_object_get(value, member->name);
    if (json_is_string(value) && strcmp(schema->shorthand, member->name) == 0) {
      one = value;
    }
    if (member->read_only) {
      json_object_del(object, member->name);
      continue;
    }
    json_t *made = one ? normal(member->schema, one, false) : schema_absent(member->schema);
    empty = empty && json_is_null(made);
    json_object_set_new(object, member->name, made);
  }
  if (empty && !keep_empty && !schema->open) {
    json_decref(object);
    return json_null();
  }
  return object;
}

static json_t *normal(const struct schema *schema, const json_t *value, bool keep_empty) {
  if (schema->reference) {
    return normal_reference(value);
  }
  if (json_is_object(value) || (json_is_string(value) && schema->shorthand)) {
    return normal_object(schema, value, keep_empty);
  }
  if (json_is_array(value)) {
    return normal_array(schema, value);
  }
  if (json_is_null(value) && schema->items) {
    return json_array();
  }
  return share(value);
}

json_t *schema_normal(const struct schema *schema, const json_t *value) {
  return normal(schema, value, true);
}
