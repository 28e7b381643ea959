/* The part of a refused body that has no fault, so that the rules can look at it. A fault takes out the value where it
 * stands; where that value is required, it takes out the object around it, up to an item of a list or a member of the
 * record itself. */
#include "contract/contract.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/places.h"
#include "contract/pointer.h"

#include <string.h>

/* The place that a fault takes out: a copy of its pointer, cut. */
static char *place_to_remove(const void *parent, const struct schema *schema, const char *pointer) {
  char *place = memory_copy(parent, pointer);
  struct text *token = text_new(place);
  size_t cut = strlen(pointer); /* of the outermost place from which on all members are required */
  for (const char *at = pointer; *at == '/' && schema != NULL;) {
    const char *next = pointer_token(at, token);
    const struct member *member = schema_member(schema, token->data);
    bool required = member != NULL && member->required && at != pointer;
    if (!required) {
      cut = (size_t)(next - pointer);
    }
    schema = member != NULL ? member->schema : schema->items;
    at = next;
  }
  place[cut] = '\0';
  return place;
}

struct removal {
  json_t *pointers; /* {pointer as sent: true} */
  struct places *places;
  struct text *sent, *kept; /* where the walk is, as sent and in what remains */
};

static json_t *remaining(struct removal *removal, const json_t *value);

static json_t *remaining_members(struct removal *removal, const json_t *object) {
  const char *name;
  json_t *member, *result = memory_checked(json_object());
  json_object_foreach((json_t *)(uintptr_t)object, name, member) {
    size_t sent = pointer_enter(removal->sent, name), kept = pointer_enter(removal->kept, name);
    if (json_object_get(removal->pointers, removal->sent->data) == NULL) {
      json_object_set_new(result, name, remaining(removal, member));
    }
    pointer_leave(removal->sent, sent);
    pointer_leave(removal->kept, kept);
  }
  return result;
}

static json_t *remaining_items(struct removal *removal, const json_t *array) {
  size_t i;
  json_t *item, *result = memory_checked(json_array());
  json_array_foreach((json_t *)(uintptr_t)array, i, item) {
    size_t sent = pointer_enter_item(removal->sent, i);
    if (json_object_get(removal->pointers, removal->sent->data) != NULL) {
      places_remove(removal->places, removal->kept->data, json_array_size(result));
    } else {
      size_t kept = pointer_enter_item(removal->kept, json_array_size(result));
      json_array_append_new(result, remaining(removal, item));
      pointer_leave(removal->kept, kept);
    }
    pointer_leave(removal->sent, sent);
  }
  return result;
}

static json_t *remaining(struct removal *removal, const json_t *value) {
  if (json_is_object(value)) {
    return remaining_members(removal, value);
  }
  return json_is_array(value) ? remaining_items(removal, value) : json_incref((json_t *)(uintptr_t)value);
}

json_t *schema_remainder(const struct schema *schema, const json_t *value, struct faults *faults) {
  if (!json_is_object(value) || faults->count == FAULTS_MOST) {
    return NULL;
  }
  void *memory = talloc_new(NULL);
  struct removal removal = {memory_checked(json_object()), faults->places, text_new(memory), text_new(memory)};
  for (size_t i = 0; i < faults->count; i++) {
    if (faults->list[i].place == PLACE_BODY) {
      json_object_set_new(removal.pointers, place_to_remove(memory, schema, faults->list[i].where), json_true());
    }
  }
  json_t *left = remaining(&removal, value), *normal = schema_normal(schema, left);
  faults->known = faults->count;
  json_decref(left);
  json_decref(removal.pointers);
  talloc_free(memory);
  return normal;
}
