/* Words are read letter by letter, composed or with a combining mark. Which letters are written with two is one table.
 */
#include "domain/spelling.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

static const struct umlaut {
  int32_t letter, base, mark; /* composed; as a letter with a combining mark, 0: it has none */
  const char *two;
} umlauts[] = {
    {0xE4, 'a', 0x308, "ae"}, {0xF6, 'o', 0x308, "oe"}, {0xFC, 'u', 0x308, "ue"},
    {0xE5, 'a', 0x30A, "aa"}, {0xF8, 'o', 0, "oe"},
};
enum { UMLAUTS = sizeof umlauts / sizeof umlauts[0] };

/* The next character, small; its size in bytes. What is no UTF-8 is a byte. */
static size_t next_letter(const char *at, int32_t *out) {
  utf8proc_int32_t c = 0;
  utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &c);
  *out = size < 1 ? (unsigned char)*at : utf8proc_tolower(c);
  return size < 1 ? 1 : (size_t)size;
}

static bool is_space(int32_t c) {
  return c <= ' ' || utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

/* The umlaut that begins at `at`, of *size bytes, or NULL. */
static const struct umlaut *umlaut_at(const char *at, size_t *size) {
  int32_t letter, mark = 0;
  size_t first = next_letter(at, &letter), second = at[first] == '\0' ? 0 : next_letter(at + first, &mark);
  for (size_t i = 0; i < UMLAUTS; i++) {
    if (letter == umlauts[i].letter) {
      *size = first;
      return &umlauts[i];
    }
    if (second > 0 && umlauts[i].mark != 0 && letter == umlauts[i].base && mark == umlauts[i].mark) {
      *size = first + second;
      return &umlauts[i];
    }
  }
  return NULL;
}

static bool has_umlaut(const char *word, const char *end) {
  int32_t c;
  size_t size;
  for (const char *at = word; at < end; at += next_letter(at, &c)) {
    if (umlaut_at(at, &size) != NULL) {
      return true;
    }
  }
  return false;
}

static void spread(struct text *out, const char *word, const char *end) {
  int32_t c;
  size_t size;
  for (const char *at = word; at < end; at += size) {
    const struct umlaut *umlaut = umlaut_at(at, &size);
    if (umlaut != NULL) {
      text_add(out, umlaut->two);
    } else {
      size = next_letter(at, &c);
      text_add_bytes(out, at, size);
    }
  }
}

/* Whether the letters here stand for one with an umlaut; `before` is the letter before them. */
static bool is_digraph(const char *at, const char *end, int32_t before) {
  if (end - at < 2) {
    return false;
  }
  char first = (char)(at[0] | 0x20), second = (char)(at[1] | 0x20);
  if (first == 'a' && second == 'a') {
    return before != 'a';
  }
  bool vowel = before != 0 && before < 0x80 && strchr("aeiouq", (int)before) != NULL;
  return second == 'e' && !vowel && (first == 'a' || first == 'o' || first == 'u');
}

static void gather(struct text *out, const char *word, const char *end) {
  int32_t before = 0;
  for (const char *at = word; at < end;) {
    int32_t c;
    size_t size = next_letter(at, &c);
    bool two = is_digraph(at, end, before);
    text_add_bytes(out, at, size);
    at += two ? 2 : size;
    before = c;
  }
}

char *spelling_other(const void *parent, const char *text) {
  struct text *out = text_new(parent);
  for (const char *at = text; *at != '\0';) {
    int32_t c;
    const char *end = at;
    size_t size;
    while (*end != '\0' && (size = next_letter(end, &c), !is_space(c))) {
      end += size;
    }
    if (has_umlaut(at, end)) {
      spread(out, at, end);
    } else {
      gather(out, at, end);
    }
    size = *end == '\0' ? 0 : next_letter(end, &c);
    text_add_bytes(out, end, size);
    at = end + size;
  }
  if (strcmp(out->data, text) == 0) {
    talloc_free(out);
    return NULL;
  }
  return out->data;
}
