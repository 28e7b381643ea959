/* For each array that lost items: the places, as sent, of those items, in rising order. A pointer is translated token
 * by token, beside a walk through the body as sent. The walk ends at a value without members: there the normal form
 * says in several members what was sent as one value. */
#include "contract/places.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/pointer.h"

#include <stdlib.h>
#include <string.h>

struct places {
  const json_t *sent;
  json_t *removed; /* {pointer into the normal form: [index as sent, …]} */
};

static int drop_removed(struct places *places) {
  json_decref(places->removed);
  return 0;
}

struct places *places_new(const void *parent, const json_t *sent) {
  struct places *places = memory_new(parent, struct places);
  places->sent = sent;
  places->removed = memory_checked(json_object());
  talloc_set_destructor(places, drop_removed);
  return places;
}

/* The index as sent of the item that is at `index` now; `*passed`: how many removed items came before it. */
static size_t index_sent(const json_t *removed, size_t index, size_t *passed) {
  size_t i;
  json_t *one;
  json_array_foreach((json_t *)(uintptr_t)removed, i, one) {
    if ((size_t)json_integer_value(one) > index) {
      break;
    }
    index++;
  }
  *passed = i;
  return index;
}

void places_remove(struct places *places, const char *pointer, size_t index) {
  json_t *removed = json_object_get(places->removed, pointer);
  if (removed == NULL) {
    removed = memory_checked(json_array());
    json_object_set_new(places->removed, pointer, removed);
  }
  size_t passed, sent = index_sent(removed, index, &passed);
  json_array_insert_new(removed, passed, json_integer((json_int_t)sent));
}

/* Appends the token to `sent`, as it was there, and to `now`. */
static void add_token(const struct places *places, const char *token, struct text *sent, struct text *now) {
  const json_t *removed = json_object_get(places->removed, now->data);
  if (removed != NULL) {
    size_t passed, index = (size_t)strtoul(token, NULL, 10);
    pointer_enter_item(sent, index_sent(removed, index, &passed));
  } else {
    pointer_enter(sent, token);
  }
  pointer_enter(now, token);
}

/* The value inside `value` to which the last token of the pointer leads, or NULL. */
static const json_t *step_into(const json_t *value, const char *pointer, struct text *token) {
  pointer_token(strrchr(pointer, '/'), token);
  return json_is_array(value) ? json_array_get(value, (size_t)strtoul(token->data, NULL, 10))
                              : json_object_get(value, token->data);
}

char *places_sent(const struct places *places, const void *parent, const char *pointer) {
  void *memory = talloc_new(parent);
  struct text *sent = text_new(memory), *now = text_new(memory), *token = text_new(memory);
  const json_t *at = places->sent;
  while (*pointer == '/' && (at == NULL || json_is_object(at) || json_is_array(at))) {
    pointer = pointer_token(pointer, token);
    add_token(places, token->data, sent, now);
    at = at == NULL ? NULL : step_into(at, sent->data, token);
  }
  char *result = memory_copy(parent, sent->data);
  talloc_free(memory);
  return result;
}
