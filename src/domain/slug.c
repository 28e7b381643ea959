/* A slug is what stands in addresses, so it is plain: letters and digits of ASCII in lower case, and . _ - after the
 * first. A name becomes one by folding, which takes marks off and turns letters such as ł and œ into l and oe; every
 * run of anything else is one hyphen. Other scripts leave nothing; they are not transliterated by guess. */
#include "domain/slug.h"

#include "base/memory.h"
#include "domain/fold_row.h"

#include <string.h>

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

bool slug_from_name(const char *name, char out[SLUG_SIZE]) {
  struct row *row = fold_row(NULL, name, strlen(name));
  size_t length = 0;
  bool gap = false, latin = true, full = false;
  for (size_t i = 0; i < row->count; i++) {
    int32_t c = row->characters[i];
    bool plain = c < 0x80 && is_plain((char)c), hyphen = gap && length > 0;
    latin = latin && (plain || !(is_in_word(c) || runs_on(c)));
    if (!plain) {
      gap = true;
      continue;
    }
    full = full || length + (hyphen ? 2 : 1) > SLUG_FROM_NAME_LENGTH;
    if (!full) {
      if (hyphen) {
        out[length++] = '-';
      }
      out[length++] = (char)c;
    }
    gap = false;
  }
  out[length] = '\0';
  talloc_free(row);
  return latin;
}
