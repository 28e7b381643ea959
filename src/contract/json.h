/* Reading JSON (RFC 8259) from strangers: bounds are checked on the bytes before anything is allocated for them. */
#ifndef ENTENTE_CONTRACT_JSON_H
#define ENTENTE_CONTRACT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct json_limits {
  size_t depth;  /* nested arrays and objects */
  size_t values; /* values of every kind, members' names not counted */
};

struct json_problem {
  int line, column; /* from 1; column in characters */
  char message[200];
};

extern const struct json_limits json_default_limits; /* depth 64, values 100,000 */

/* The value in exactly these bytes, or NULL with the problem and its place: malformed, a duplicate member, bad UTF-8, a
 * NUL in a string, an integer past 64 bits, too deep, too many values, or bytes after the value. An
 * object or an array must be on top. A new reference. */
json_t *json_read(const char *bytes, size_t size, const struct json_limits *limits, struct json_problem *problem);

/* Behind the string, or the value, that begins at `at` and ends before `end`; NULL when it does not. For bytes that are
 * JSON already: nothing in it is checked. */
const char *json_past_string(const char *at, const char *end);
const char *json_past_value(const char *at, const char *end);

/* RFC 7396: what `target` becomes under `patch`. Neither is changed; a new reference. */
json_t *json_merge_patch(const json_t *target, const json_t *patch);

#endif
