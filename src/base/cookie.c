/* Pieces between semicolons, blanks around them taken off; a piece without `=` is nobody's cookie. A page on a sister
 * domain can plant a second cookie of any name, and the header does not say which is whose: two that differ are worth
 * as little as none. */
#include "base/cookie.h"

#include <string.h>

struct piece {
  const char *start;
  size_t length;
};

static struct piece trimmed(const char *start, size_t length) {
  while (length > 0 && (*start == ' ' || *start == '\t')) {
    start++;
    length--;
  }
  while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t')) {
    length--;
  }
  return (struct piece){start, length};
}

static bool is_named(struct piece piece, const char *name, struct piece *value) {
  const char *sign = memchr(piece.start, '=', piece.length);
  if (sign == NULL) {
    return false;
  }
  size_t before = (size_t)(sign - piece.start);
  struct piece own = trimmed(piece.start, before);
  *value = trimmed(sign + 1, piece.length - before - 1);
  if (value->length >= 2 && value->start[0] == '"' && value->start[value->length - 1] == '"') {
    *value = (struct piece){value->start + 1, value->length - 2};
  }
  return own.length == strlen(name) && memcmp(own.start, name, own.length) == 0;
}

bool cookie_find(const char *header, const char *name, char *out, size_t size) {
  struct piece found = {NULL, 0}, value;
  bool differ = false;
  for (const char *at = header; *at != '\0'; at += *at == ';') {
    size_t length = strcspn(at, ";");
    if (is_named(trimmed(at, length), name, &value)) {
      differ = differ || (found.start != NULL &&
                          (found.length != value.length || memcmp(found.start, value.start, value.length) != 0));
      found = value;
    }
    at += length;
  }
  bool fits = found.start != NULL && !differ && found.length < size;
  size_t length = fits ? found.length : 0;
  if (fits) {
    memcpy(out, found.start, length);
  }
  out[length] = '\0';
  return found.start != NULL;
}
