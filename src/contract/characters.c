/* Text is UTF-8; its characters are code points. Runs of printable ASCII are by far the most common and are stepped
 * over bytewise; everything else goes through utf8proc, which knows overlong forms, surrogates and what lies past
 * U+10FFFF.
 */
#include "contract/characters.h"

#include "base/memory.h"

#include <string.h>
#include <utf8proc.h>

bool characters_clean(const char *bytes, size_t size, const char *allowed) {
  size_t at = 0;
  while (at < size) {
    unsigned char byte = (unsigned char)bytes[at];
    if (byte >= 0x20 && byte < 0x7f) {
      at++;
      continue;
    }
    if (byte < 0x80) {
      if (byte == '\0' || !strchr(allowed, byte)) {
        return false;
      }
      at++;
      continue;
    }
    utf8proc_int32_t code;
    utf8proc_ssize_t step =
        utf8proc_iterate((const utf8proc_uint8_t *)bytes + at, (utf8proc_ssize_t)(size - at), &code);
    if (step < 1 || (code >= 0x80 && code < 0xa0)) {
      return false;
    }
    at += (size_t)step;
  }
  return true;
}

size_t characters_count(const char *text, size_t size) {
  size_t count = 0;
  for (size_t at = 0; at < size; at++) {
    count += ((unsigned char)text[at] & 0xc0) != 0x80; /* all but continuation bytes */
  }
  return count;
}

char *characters_shorten(const void *parent, const char *text, size_t size, size_t most) {
  size_t at = 0, count = 0;
  for (; at < size; at++) {
    bool begins = ((unsigned char)text[at] & 0xc0) != 0x80;
    if (begins && count++ == most) {
      break;
    }
  }
  return memory_print(parent, "%.*s%s", (int)at, text, at < size ? "…" : "");
}
