/* YAML, as far as JSON reaches: one document of mappings with names as keys, sequences and scalars. Plain scalars are
 * read by the rules of the core schema (null, booleans, integers, floats), everything quoted or in a block is text.
 * What has no counterpart in JSON, or would make a small text large, is refused: tags, anchors and aliases, names given
 * twice, infinities, NUL. The parser's events are consumed by functions that call each other, to a bounded depth. */
#include "contract/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { YAML_DEPTH = 64 };

struct reader {
  yaml_parser_t parser;
  yaml_event_t event; /* the one looked at; freed by the next step */
  size_t depth;
  struct error *error;
};

static json_t *fail(const struct reader *reader, const char *reason) {
  error_set(reader->error, "line %zu, column %zu: %s", reader->event.start_mark.line + 1,
            reader->event.start_mark.column + 1, reason);
  return NULL;
}

static bool step(struct reader *reader) {
  yaml_event_delete(&reader->event);
  if (yaml_parser_parse(&reader->parser, &reader->event)) {
    return true;
  }
  const yaml_parser_t *parser = &reader->parser;
  const char *problem = parser->problem ? parser->problem : "this is not YAML";
  if (parser->error == YAML_READER_ERROR) {
    return error_set(reader->error, "line %zu, column %zu: %s", parser->mark.line + 1, parser->mark.column + 1,
                     problem);
  }
  return error_set(reader->error, "line %zu, column %zu: %s", parser->problem_mark.line + 1,
                   parser->problem_mark.column + 1, problem);
}

static bool is_one_of(const char *text, const char *const *words) {
  for (; *words; words++) {
    if (strcmp(text, *words) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_made_of(const char *text, const char *digits) {
  const char *at = text;
  while (*at && strchr(digits, *at)) {
    at++;
  }
  return *at == '\0' && at != text;
}

static const char *past_sign(const char *text) {
  if (*text == '-' || *text == '+') {
    text++;
  }
  return text;
}

static bool is_float(const char *text) {
  text = past_sign(text);
  size_t whole = strspn(text, "0123456789");
  text += whole;
  size_t fraction = 0;
  if (*text == '.') {
    fraction = strspn(text + 1, "0123456789");
    text += 1 + fraction;
  }
  if (whole + fraction == 0) {
    return false;
  }
  if (*text == 'e' || *text == 'E') {
    return is_made_of(past_sign(text + 1), "0123456789");
  }
  return *text == '\0';
}

static json_t *read_integer(const struct reader *reader, const char *digits, int base) {
  errno = 0;
  long long number = strtoll(digits, NULL, base);
  return errno == 0 ? json_integer(number) : fail(reader, "the number does not fit into 64 bits");
}

static json_t *read_plain(const struct reader *reader, const char *text, size_t length) {
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
  static const char *const truths[] = {"true", "True", "TRUE", NULL};
  static const char *const lies[] = {"false", "False", "FALSE", NULL};
  static const char *const beyond[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                       "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
  if (is_one_of(text, nulls)) {
    return json_null();
  }
  if (is_one_of(text, truths) || is_one_of(text, lies)) {
    return json_boolean(is_one_of(text, truths));
  }
  if (is_one_of(text, beyond)) {
    return fail(reader, "JSON has no such number");
  }
  if (is_made_of(past_sign(text), "0123456789")) {
    return read_integer(reader, text, 10);
  }
  if (strncmp(text, "0o", 2) == 0 && is_made_of(text + 2, "01234567")) {
    return read_integer(reader, text + 2, 8);
  }
  if (strncmp(text, "0x", 2) == 0 && is_made_of(text + 2, "0123456789abcdefABCDEF")) {
    return read_integer(reader, text + 2, 16);
  }
  if (is_float(text)) {
    double number = strtod(text, NULL);
    return isfinite(number) ? json_real(number) : fail(reader, "the number is too large");
  }
  return json_stringn(text, length);
}

static json_t *read_scalar(const struct reader *reader) {
  const char *text = (const char *)reader->event.data.scalar.value;
  size_t length = reader->event.data.scalar.length;
  if (memchr(text, '\0', length)) {
    return fail(reader, "text must not hold NUL");
  }
  json_t *value =
      reader->event.data.scalar.plain_implicit ? read_plain(reader, text, length) : json_stringn(text, length);
  if (!value && !*reader->error->text) {
    fail(reader, "the text is not valid UTF-8");
  }
  return value;
}

static json_t *read_node(struct reader *reader);

static json_t *read_sequence(struct reader *reader) {
  json_t *list = json_array();
  while (step(reader)) {
    if (reader->event.type == YAML_SEQUENCE_END_EVENT) {
      return list;
    }
    if (json_array_append_new(list, read_node(reader)) < 0) {
      break;
    }
  }
  json_decref(list);
  return NULL;
}

/* Reads one name and its value into `object`. The event looked at is the name. */
static bool read_entry(struct reader *reader, json_t *object) {
  if (reader->event.type != YAML_SCALAR_EVENT || reader->event.data.scalar.anchor || reader->event.data.scalar.tag) {
    fail(reader, "a name must be plain text, without anchor, alias or tag");
    return false;
  }
  const char *name = (const char *)reader->event.data.scalar.value;
  size_t length = reader->event.data.scalar.length;
  if (memchr(name, '\0', length)) {
    fail(reader, "a name must not hold NUL");
    return false;
  }
  if (json_object_get(object, name)) {
    fail(reader, "the name is given twice");
    return false;
  }
  json_t *key = json_stringn(name, length);
  if (!key) {
    fail(reader, "the name is not valid UTF-8");
    return false;
  }
  json_t *value = step(reader) ? read_node(reader) : NULL;
  bool done = value && json_object_set_new(object, json_string_value(key), value) == 0;
  json_decref(key);
  return done;
}

static json_t *read_mapping(struct reader *reader) {
  json_t *object = json_object();
  while (step(reader)) {
    if (reader->event.type == YAML_MAPPING_END_EVENT) {
      return object;
    }
    if (!read_entry(reader, object)) {
      break;
    }
  }
  json_decref(object);
  return NULL;
}

static bool is_decorated(const yaml_event_t *event) {
  switch (event->type) {
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor || event->data.scalar.tag;
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor || event->data.sequence_start.tag;
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor || event->data.mapping_start.tag;
  default:
    return true; /* an alias */
  }
}

/* The value that begins with the event looked at. Afterwards its last event is the one looked at. */
static json_t *read_node(struct reader *reader) {
  if (is_decorated(&reader->event)) {
    return fail(reader, "anchors, aliases and tags are not taken here");
  }
  if (reader->event.type == YAML_SCALAR_EVENT) {
    return read_scalar(reader);
  }
  if (reader->depth == YAML_DEPTH) {
    return fail(reader, "the text is nested too deeply");
  }
  reader->depth++;
  json_t *value = reader->event.type == YAML_MAPPING_START_EVENT ? read_mapping(reader) : read_sequence(reader);
  reader->depth--;
  return value;
}

static json_t *read_stream(struct reader *reader) {
  bool begun = step(reader);     /* the stream */
  if (!begun || !step(reader)) { /* the document */
    return NULL;
  }
  if (reader->event.type == YAML_STREAM_END_EVENT) {
    return fail(reader, "there is no document");
  }
  json_t *value = step(reader) ? read_node(reader) : NULL;
  if (!value || !step(reader) || !step(reader)) { /* the document's end, then the stream's */
    json_decref(value);
    return NULL;
  }
  if (reader->event.type != YAML_STREAM_END_EVENT) {
    json_decref(value);
    return fail(reader, "only one document is expected");
  }
  return value;
}

json_t *yaml_read(const char *bytes, size_t size, struct error *error) {
  struct reader reader = {.error = error};
  error->text[0] = '\0';
  if (!yaml_parser_initialize(&reader.parser)) {
    error_set(error, "out of memory");
    return NULL;
  }
  yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, size);
  json_t *value = read_stream(&reader);
  yaml_event_delete(&reader.event);
  yaml_parser_delete(&reader.parser);
  return value;
}
