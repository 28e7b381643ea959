/* One walk over a body beside its schema. A header has one warning for each date, in the form of RFC 7234 (5.5), code
 * 299, as the API server of Kubernetes uses it: it is ASCII and has no quotation marks inside. */
#include "records/doubts.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/pointer.h"
#include "domain/partial_date.h"

#include <string.h>

enum { WARNINGS_MOST = 10 };

struct walk {
  struct text *at;
  doubt_teller *tell;
  void *argument;
};

static bool is_date(const struct schema *schema) {
  static const char *const formats[] = {"partial-date", "date", "date-time"};
  for (size_t i = 0; schema->format != NULL && i < sizeof formats / sizeof formats[0]; i++) {
    if (strcmp(schema->format->name, formats[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void walk_value(const struct walk *walk, const struct schema *schema, const json_t *value) {
  char doubt[PARTIAL_DATE_DOUBT];
  if (json_is_string(value) && is_date(schema) && partial_date_doubt(json_string_value(value), doubt)) {
    walk->tell(walk->argument, walk->at->data, json_string_value(value), doubt);
  }
  for (size_t i = 0; json_is_object(value) && i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    const json_t *inner = member->read_only ? NULL : json_object_get(value, member->name);
    if (inner != NULL) {
      size_t before = pointer_enter(walk->at, member->name);
      walk_value(walk, member->schema, inner);
      pointer_leave(walk->at, before);
    }
  }
  for (size_t i = 0; schema->items != NULL && i < json_array_size(value); i++) {
    size_t before = pointer_enter_item(walk->at, i);
    walk_value(walk, schema->items, json_array_get(value, i));
    pointer_leave(walk->at, before);
  }
}

void doubts_tell(const struct schema *schema, const json_t *value, doubt_teller *tell, void *argument) {
  const struct walk walk = {.at = text_new(NULL), .tell = tell, .argument = argument};
  walk_value(&walk, schema, value);
  talloc_free(walk.at);
}

struct header {
  struct text *text;
  size_t count;
};

static void add_warning(void *argument, const char *pointer, const char *value, const char *message) {
  struct header *header = argument;
  if (++header->count <= WARNINGS_MOST) {
    text_addf(header->text, "%s299 - \"%s: %s %s\"", header->count == 1 ? "" : ", ", pointer, value, message);
  }
}

const char *doubts_header(const void *memory, const struct schema *schema, const json_t *value) {
  struct header header = {.text = text_new(memory)};
  doubts_tell(schema, value, add_warning, &header);
  if (header.count > WARNINGS_MOST) {
    text_addf(header.text, ", 299 - \"and %zu more dates with such years\"", header.count - WARNINGS_MOST);
  }
  return header.count == 0 ? NULL : header.text->data;
}
