/* JSON is parsed by jansson; what stands here are the bounds around it. Jansson builds as it reads, and a value costs
 * up to eighty times its bytes, so a first pass over the bytes counts nesting and values without allocating anything.
 * That pass need not know the grammar: jansson stops at the first mistake, and up to there the counts are right. */
#include "contract/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct json_limits json_default_limits = {.depth = 64, .values = 100000};

static json_t *refuse(struct json_problem *problem, int line, int column, const char *message) {
  problem->line = line;
  problem->column = column;
  snprintf(problem->message, sizeof problem->message, "%s", message);
  return NULL;
}

/* A walk over the bytes that knows where it is. */
struct scan {
  const char *at, *end;
  int line, column;
  size_t depth, values;
};

static void scan_step(struct scan *scan) {
  unsigned char byte = (unsigned char)*scan->at++;
  if (byte == '\n') {
    scan->line++;
    scan->column = 1;
  } else if ((byte & 0xc0) != 0x80) {
    scan->column++;
  }
}

static void scan_string(struct scan *scan) {
  scan_step(scan);
  while (scan->at < scan->end && *scan->at != '"') {
    if (*scan->at == '\\' && scan->end - scan->at > 1) {
      scan_step(scan);
    }
    scan_step(scan);
  }
  if (scan->at < scan->end) {
    scan_step(scan);
  }
}

static void scan_token(struct scan *scan) {
  while (scan->at < scan->end && !memchr("{}[]:,\" \t\r\n", *scan->at, 11)) {
    scan_step(scan);
  }
}

static void scan_space(struct scan *scan) {
  while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4)) {
    scan_step(scan);
  }
}

/* Steps over one lexical element and counts it. A name of a member is taken for a value until its colon comes. */
static void scan_element(struct scan *scan) {
  switch (*scan->at) {
  case '{':
  case '[':
    scan->depth++;
    scan->values++;
    scan_step(scan);
    break;
  case '}':
  case ']':
    scan->depth -= scan->depth > 0;
    scan_step(scan);
    break;
  case ':':
    scan->values -= scan->values > 0;
    scan_step(scan);
    break;
  case ',':
    scan_step(scan);
    break;
  case '"':
    scan->values++;
    scan_string(scan);
    break;
  default:
    scan->values++;
    scan_token(scan);
  }
}

static bool within(const char *bytes, size_t size, const struct json_limits *limits, struct json_problem *problem) {
  struct scan scan = {.at = bytes, .end = bytes + size, .line = 1, .column = 1};
  scan_space(&scan);
  if (scan.at == scan.end) {
    refuse(problem, scan.line, scan.column, "there is no JSON here, only nothing or white space");
    return false;
  }
  if (*scan.at != '{' && *scan.at != '[') {
    bool marked = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    refuse(problem, scan.line, scan.column,
           marked ? "JSON must not begin with a byte order mark" : "an object or an array is expected here");
    return false;
  }
  while (scan.at < scan.end) {
    struct scan before = scan;
    scan_element(&scan);
    scan_space(&scan);
    bool is_name = scan.at < scan.end && *scan.at == ':';
    if (scan.depth > limits->depth) {
      refuse(problem, before.line, before.column, "arrays and objects are nested too deeply");
      return false;
    }
    if (scan.values > limits->values && !is_name) {
      refuse(problem, before.line, before.column, "there are too many values");
      return false;
    }
  }
  return true;
}

/* Jansson's words are good for mistakes of syntax; for the others they speak of its own switches. */
static const char *plain_words(const json_error_t *error) {
  switch (json_error_code(error)) {
  case json_error_invalid_utf8:
    return "the text is not valid UTF-8";
  case json_error_premature_end_of_input:
    return "the text ends in the middle of a value";
  case json_error_end_of_input_expected:
    return "nothing may follow the value";
  case json_error_duplicate_key:
    return "a member is given twice";
  case json_error_null_character:
  case json_error_null_byte_in_key:
    return "text must not hold the character U+0000";
  case json_error_numeric_overflow:
    return "a number is too large";
  default:
    return error->text;
  }
}

json_t *json_read(const char *bytes, size_t size, const struct json_limits *limits, struct json_problem *problem) {
  if (!within(bytes, size, limits, problem)) {
    return NULL;
  }
  json_error_t error;
  json_t *value = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
  if (!value) {
    return refuse(problem, error.line > 0 ? error.line : 1, error.column > 0 ? error.column : 1, plain_words(&error));
  }
  return value;
}

/* Changes `target`, an object of which nobody else holds a part. */
static void patch_object(json_t *target, const json_t *patch) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)patch, key, value) {
    json_t *old = json_object_get(target, key);
    if (json_is_null(value)) {
      json_object_del(target, key);
    } else if (!json_is_object(value)) {
      json_object_set_new(target, key, json_deep_copy(value));
    } else if (json_is_object(old)) {
      patch_object(old, value);
    } else { /* even into nothing a patch is merged, not copied: its nulls must not stay */
      json_t *made = json_object();
      patch_object(made, value);
      json_object_set_new(target, key, made);
    }
  }
}

json_t *json_merge_patch(const json_t *target, const json_t *patch) {
  if (!json_is_object(patch)) {
    return json_deep_copy(patch);
  }
  json_t *result = json_is_object(target) ? json_deep_copy(target) : json_object();
  patch_object(result, patch);
  return result;
}

/* -- without reading ----------------------------------------------------------------------------------------------- */

const char *json_past_string(const char *at, const char *end) {
  const char *start = at + 1, *quote = start;
  while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote))) != NULL) {
    const char *slash = quote;
    while (slash > start && slash[-1] == '\\') {
      slash--;
    }
    quote++;
    if ((quote - slash) % 2 == 1) { /* an even number of backslashes stands before it */
      return quote;
    }
  }
  return NULL;
}

const char *json_past_value(const char *at, const char *end) {
  size_t depth = 0;
  while (at != NULL && at < end) {
    if (*at == '"') {
      at = json_past_string(at, end);
    } else if (*at == '{' || *at == '[') {
      depth++;
      at++;
    } else if (depth > 0 && (*at == '}' || *at == ']')) {
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
      continue;
    } else {
      while (at < end && strchr(",}]", *at) == NULL) {
        at++;
      }
    }
    if (depth == 0) {
      return at;
    }
  }
  return NULL;
}
