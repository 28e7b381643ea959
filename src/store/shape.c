/* Scalars lie in a column each; an object's members in columns `object_member`; an array without a table of its own as
 * JSON text; a reference as the pk of the other record. */
#include "store/shape.h"

#include <stdio.h>
#include <string.h>

static enum lies lies(const struct schema *schema) {
  if (schema->reference != NULL) {
    return LIES_REFERENCE;
  }
  if (schema->kinds & (KIND_ARRAY | KIND_OBJECT)) {
    return LIES_JSON;
  }
  if (schema->kinds & KIND_BOOLEAN) {
    return LIES_BOOLEAN;
  }
  return schema->kinds & (KIND_INTEGER | KIND_NUMBER) ? LIES_INTEGER : LIES_TEXT;
}

static bool flattened(const struct schema *schema) {
  return (schema->kinds & KIND_OBJECT) != 0 && schema->reference == NULL && schema->member_count > 0;
}

void shape_columns(const struct schema *schema, void (*tell)(void *argument, const struct column *column),
                   void *argument) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    if (!member->stored || member->table != NULL || strcmp(member->name, "slug") == 0) {
      continue; /* the slug is one of the columns that every resource has */
    }
    struct column column = {.name = member->column, .member = member->name};
    if (!flattened(member->schema)) {
      column.lies = lies(member->schema);
      column.reference = member->schema->reference;
      tell(argument, &column);
      continue;
    }
    for (size_t j = 0; j < member->schema->member_count; j++) {
      const struct member *inner = &member->schema->members[j];
      char name[128];
      snprintf(name, sizeof name, "%s_%s", member->column, inner->column);
      struct column flat = {.name = name,
                            .member = member->name,
                            .inner = inner->name,
                            .lies = lies(inner->schema),
                            .reference = inner->schema->reference};
      tell(argument, &flat);
    }
  }
}

const json_t *shape_value(const json_t *row, const struct column *column) {
  const json_t *value = json_object_get(row, column->member);
  return column->inner == NULL || value == NULL ? value : json_object_get(value, column->inner);
}
