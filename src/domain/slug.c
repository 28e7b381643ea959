/* A slug is what stands in addresses, so it is plain: letters and digits of ASCII in lower case, and . _ - after the
 * first. A name becomes one by what Unicode knows about it: compatibility decomposition with the marks taken off turns
 * `Zürich` into `Zurich` and full-width letters into plain ones, folding makes them small, and every run of anything
 * else is one hyphen. Scripts without such a decomposition leave nothing; they are not transliterated by guess. */
#include "domain/slug.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SLUG_FROM_NAME_LENGTH = 56 };

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool slug_valid(const char *text, size_t length) {
  if (length == 0 || length > SLUG_LENGTH || !is_plain(text[0])) {
    return false;
  }
  for (size_t i = 1; i < length; i++) {
    if (!is_plain(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-') {
      return false;
    }
  }
  return true;
}

void slug_from_name(const char *name, char out[SLUG_SIZE]) {
  out[0] = '\0';
  const utf8proc_option_t options =
      UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD;
  utf8proc_uint8_t *folded = NULL;
  if (utf8proc_map((const utf8proc_uint8_t *)name, (utf8proc_ssize_t)strlen(name), &folded, options) < 0) {
    return;
  }
  size_t length = 0;
  bool gap = false;
  for (const char *c = (const char *)folded; *c != '\0'; c++) {
    if (!is_plain(*c)) {
      gap = true;
      continue;
    }
    bool hyphen = gap && length > 0;
    if (length + (hyphen ? 2 : 1) > SLUG_FROM_NAME_LENGTH) {
      break;
    }
    if (hyphen) {
      out[length++] = '-';
    }
    out[length++] = *c;
    gap = false;
  }
  out[length] = '\0';
  free(folded);
}
