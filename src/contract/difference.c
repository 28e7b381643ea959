/* One walk over both values, with the way to the place in a buffer that is cut on the way back. */
#include "contract/difference.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/pointer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct walk {
  json_t *found;
  struct text *at;
};

static void compare(struct walk *walk, const struct schema *schema, const json_t *from, const json_t *to);

static void compare_at(struct walk *walk, const struct schema *schema, const char *name, const json_t *from,
                       const json_t *to) {
  size_t before = pointer_enter(walk->at, name);
  compare(walk, schema, from, to);
  pointer_leave(walk->at, before);
}

static bool leaves_out(const char *const *without, const char *name) {
  for (; without != NULL && *without != NULL; without++) {
    if (strcmp(*without, name) == 0) {
      return true;
    }
  }
  return false;
}

/* Compares a member that at least one of the objects has. */
static void compare_member(struct walk *walk, const struct schema *schema, const char *name, const json_t *from,
                           const json_t *to) {
  const struct member *member = schema == NULL ? NULL : schema_member(schema, name);
  if (member == NULL) {
    if (schema == NULL || schema->open) {
      compare_at(walk, NULL, name, from, to);
    }
    return;
  }
  json_t *absent = from == NULL || to == NULL ? schema_absent(member->schema) : NULL;
  compare_at(walk, member->schema, name, from == NULL ? absent : from, to == NULL ? absent : to);
  json_decref(absent);
}

static void compare_objects(struct walk *walk, const struct schema *schema, const json_t *from, const json_t *to,
                            const char *const *without) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)to, name, value) {
    if (!leaves_out(without, name)) {
      compare_member(walk, schema, name, json_object_get(from, name), value);
    }
  }
  json_object_foreach((json_t *)(uintptr_t)from, name, value) {
    if (json_object_get(to, name) == NULL && !leaves_out(without, name)) {
      compare_member(walk, schema, name, value, NULL);
    }
  }
}

static bool same_record(const json_t *from, const json_t *to) {
  const json_t *id = json_object_get(from, "id");
  return id != NULL && json_equal(id, json_object_get(to, "id"));
}

static void compare(struct walk *walk, const struct schema *schema, const json_t *from, const json_t *to) {
  bool refers = schema != NULL && schema->reference != NULL;
  if ((from != NULL && to != NULL && json_equal(from, to)) || (refers && same_record(from, to))) {
    return;
  }
  if (!refers && json_is_object(from) && json_is_object(to)) {
    compare_objects(walk, schema, from, to, NULL);
  } else if (json_is_array(from) && json_is_array(to) && json_array_size(from) == json_array_size(to)) {
    char index[24];
    for (size_t i = 0; i < json_array_size(to); i++) {
      snprintf(index, sizeof index, "%zu", i);
      compare_at(walk, schema == NULL ? NULL : schema->items, index, json_array_get(from, i), json_array_get(to, i));
    }
  } else {
    json_array_append_new(walk->found,
                          json_pack("{s:s, s:O*, s:O*}", "pointer", walk->at->data, "from", from, "to", to));
  }
}

json_t *json_difference(const struct schema *schema, const json_t *from, const json_t *to, const char *const *without) {
  struct walk walk = {json_array(), text_new(NULL)};
  if (json_is_object(from) && json_is_object(to)) {
    compare_objects(&walk, schema, from, to, without);
  } else {
    compare(&walk, schema, from, to);
  }
  talloc_free(walk.at);
  return walk.found;
}
