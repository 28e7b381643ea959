/* One walk over both values, with the way to the place in a buffer that is cut on the way back. */
#include "contract/difference.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct walk {
  json_t *found;
  struct text *at;
};

static void compare(struct walk *walk, const json_t *from, const json_t *to);

static void compare_at(struct walk *walk, const char *name, const json_t *from, const json_t *to) {
  size_t before = walk->at->length;
  text_add(walk->at, "/");
  for (; *name != '\0'; name++) {
    text_add_bytes(walk->at, *name == '~' ? "~0" : *name == '/' ? "~1" : name, *name == '~' || *name == '/' ? 2 : 1);
  }
  compare(walk, from, to);
  walk->at->length = before;
  walk->at->data[before] = '\0';
}

static bool leaves_out(const char *const *without, const char *name) {
  for (; without != NULL && *without != NULL; without++) {
    if (strcmp(*without, name) == 0) {
      return true;
    }
  }
  return false;
}

static void compare_objects(struct walk *walk, const json_t *from, const json_t *to, const char *const *without) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)to, name, value) {
    if (!leaves_out(without, name)) {
      compare_at(walk, name, json_object_get(from, name), value);
    }
  }
  json_object_foreach((json_t *)(uintptr_t)from, name, value) {
    if (json_object_get(to, name) == NULL && !leaves_out(without, name)) {
      compare_at(walk, name, value, NULL);
    }
  }
}

static void compare(struct walk *walk, const json_t *from, const json_t *to) {
  if (from != NULL && to != NULL && json_equal((json_t *)(uintptr_t)from, (json_t *)(uintptr_t)to)) {
    return;
  }
  if (json_is_object(from) && json_is_object(to)) {
    compare_objects(walk, from, to, NULL);
  } else if (json_is_array(from) && json_is_array(to) && json_array_size(from) == json_array_size(to)) {
    char index[24];
    for (size_t i = 0; i < json_array_size(to); i++) {
      snprintf(index, sizeof index, "%zu", i);
      compare_at(walk, index, json_array_get(from, i), json_array_get(to, i));
    }
  } else {
    json_array_append_new(walk->found,
                          json_pack("{s:s, s:O*, s:O*}", "pointer", walk->at->data, "from", from, "to", to));
  }
}

json_t *json_difference(const json_t *from, const json_t *to, const char *const *without) {
  struct walk walk = {json_array(), text_new(NULL)};
  if (json_is_object(from) && json_is_object(to)) {
    compare_objects(&walk, from, to, without);
  } else {
    compare(&walk, from, to);
  }
  talloc_free(walk.at);
  return walk.found;
}
