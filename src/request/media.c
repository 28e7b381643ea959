/* The media type that a body says it has (RFC 9110, 8.3.1): a type, and parameters whose values are tokens or quoted.
 */
#include "request/media.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

bool media_is(const char *header, const char *type) {
  size_t length = strcspn(header, "; \t");
  return length == strlen(type) && strncasecmp(header, type, length) == 0;
}

/* Adds the value that begins at `at` to `out`; returns what is behind it. */
static const char *read_value(const char *at, struct text *out) {
  if (*at != '"') {
    size_t length = strcspn(at, "; \t");
    text_add_bytes(out, at, length);
    return at + length;
  }
  for (at++; *at != '\0' && *at != '"'; at++) {
    at += *at == '\\' && at[1] != '\0';
    text_add_bytes(out, at, 1);
  }
  return at;
}

const char *media_parameter(const void *parent, const char *header, const char *name) {
  struct text *value = text_new(parent);
  for (const char *at = header; (at = strchr(at, ';')) != NULL;) {
    at += 1 + strspn(at + 1, " \t");
    size_t length = strcspn(at, "=; \t");
    bool wanted = length == strlen(name) && strncasecmp(at, name, length) == 0 && at[length] == '=';
    if (at[length] != '=') {
      continue;
    }
    text_clear(value);
    at = read_value(at + length + 1, value);
    if (wanted) {
      return value->data;
    }
  }
  return NULL;
}
