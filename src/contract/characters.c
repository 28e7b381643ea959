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

/* -- tidy text ------------------------------------------------------------------------------------------------------ */

/* The code point at `text`, and how many bytes it takes; a byte that is no UTF-8 stands for itself. */
static size_t read_character(const char *text, size_t size, utf8proc_int32_t *code) {
  utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, code);
  if (step < 1) {
    *code = (unsigned char)*text;
    return 1;
  }
  return (size_t)step;
}

static bool is_line_break(utf8proc_int32_t code) {
  return (code >= 0x0a && code <= 0x0d) || code == 0x85 || code == 0x2028 || code == 0x2029;
}

/* White_Space of Unicode. */
static bool is_white(utf8proc_int32_t code) {
  return code == 0x20 || code == 0x09 || is_line_break(code) || code == 0xa0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200a) || code == 0x202f || code == 0x205f || code == 0x3000;
}

/* Closes an embedding, an override or an isolate of text in another direction. */
static bool closes_direction(utf8proc_int32_t code) {
  return code == 0x202c || code == 0x2069;
}

static bool opens_direction(utf8proc_int32_t code) {
  return (code >= 0x202a && code <= 0x202e && code != 0x202c) || (code >= 0x2066 && code <= 0x2068);
}

/* Takes no room and says nothing at the end of a text: soft hyphen, zero width spaces and joiners, directions, BOM. Not
 * all format characters: tags end the flags of Scotland and its like. */
static bool is_invisible(utf8proc_int32_t code) {
  return code == 0xad || code == 0x61c || code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

static bool is_edge(utf8proc_int32_t code) {
  return is_white(code) || is_invisible(code);
}

static size_t find_start(const char *text, size_t size) {
  utf8proc_int32_t code;
  size_t at = 0, step;
  while (at < size && (step = read_character(text + at, size - at, &code)) > 0 && is_edge(code)) {
    at += step;
  }
  return at;
}

static size_t find_end(const char *text, size_t start, size_t size) {
  utf8proc_int32_t code;
  size_t end = start;
  bool opened = false;
  for (size_t at = start; at < size;) {
    at += read_character(text + at, size - at, &code);
    opened = opened || opens_direction(code);
    if (!is_edge(code) || (opened && closes_direction(code))) {
      end = at;
    }
  }
  return end;
}

/* Printable ASCII with single spaces inside, as most texts are. */
static bool is_tidy_ascii(const char *text, size_t size) {
  bool space = true; /* the character before, or there is none */
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte < 0x20 || byte >= 0x7f || (byte == ' ' && space)) {
      return false;
    }
    space = byte == ' ';
  }
  return size == 0 || !space;
}

/* Steps over a run of white space; how many line breaks it has. CR LF is one. */
static size_t pass_white(const char *text, size_t end, size_t *at) {
  utf8proc_int32_t code, before = 0;
  size_t breaks = 0, step;
  while (*at < end && (step = read_character(text + *at, end - *at, &code)) > 0 && is_white(code)) {
    breaks += is_line_break(code) && !(code == '\n' && before == '\r');
    before = code;
    *at += step;
  }
  return breaks;
}

void characters_trim(const char **text, size_t *size) {
  size_t start = find_start(*text, *size), end = find_end(*text, start, *size);
  *text += start;
  *size = end - start;
}

char *characters_tidy(const void *parent, const char *text, size_t size, bool lines) {
  if (is_tidy_ascii(text, size)) {
    return NULL;
  }
  const char *kept = text;
  size_t end = size, length = 0;
  characters_trim(&kept, &end);
  char *out = memory_array(parent, char, end + 1);
  for (size_t at = 0; at < end;) {
    utf8proc_int32_t code;
    size_t step = read_character(kept + at, end - at, &code);
    if (is_white(code)) {
      size_t breaks = pass_white(kept, end, &at), many = lines && breaks > 0 ? breaks : 1;
      memset(out + length, lines && breaks > 0 ? '\n' : ' ', many);
      length += many;
    } else {
      memcpy(out + length, kept + at, step);
      length += step;
      at += step;
    }
  }
  out[length] = '\0';
  if (length == size && memcmp(out, text, size) == 0) {
    talloc_free(out);
    return NULL;
  }
  return out;
}
