/* The folded characters, runs of anything but letters and digits as one space, and kana without what only tells alike
 * sounds apart: voicing, small kana, the mark of a long vowel. What is equal then is in the order of the names as they
 * are written, behind a character that sorts before all others. */
#include "domain/sort_key.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold_row.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* Names of so many bytes are told apart; beyond, records are in the order of their making. */
enum { LETTERS_MOST = 600, WRITTEN_MOST = 600, LONG_VOWEL = 0x30FC };

static bool is_hiragana(int32_t c) {
  return c >= 0x3041 && c <= 0x3096;
}

/* か for が, や for ゃ. */
static int32_t plain_kana(int32_t c) {
  static const char small[] = "ぁあぃいぅうぇえぉおっつゃやゅゆょよゎわゕかゖけ";
  utf8proc_int32_t parts[4], found = 0, plain = 0;
  int boundary = 0;
  if (utf8proc_decompose_char(c, parts, 4, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &boundary) == 2) {
    return parts[0];
  }
  for (const char *at = small; *at != '\0';) {
    at += utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &found);
    at += utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &plain);
    if (found == c) {
      return plain;
    }
  }
  return c;
}

/* The vowel with which a plain kana ends; 0: none. */
static int32_t vowel_of(int32_t kana) {
  static const char *const rows[] = {"あかさたなはまやらわ", "いきしちにひみりゐ", "うくすつぬふむゆる",
                                     "えけせてねへめれゑ", "おこそとのほもよろを"};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    utf8proc_int32_t vowel = 0, found = 0;
    utf8proc_iterate((const utf8proc_uint8_t *)rows[i], -1, &vowel);
    for (const char *at = rows[i]; *at != '\0';) {
      at += utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &found);
      if (found == kana) {
        return vowel;
      }
    }
  }
  return 0;
}

static void add_letters(struct text *key, const char *name) {
  struct row *row = fold_row(NULL, name, strlen(name));
  bool gap = false;
  int32_t before = 0;
  for (size_t i = 0; i < row->count && key->length < LETTERS_MOST; i++) {
    int32_t c = row->characters[i];
    if (!is_in_word(c) && !runs_on(c)) {
      gap = true;
      before = 0;
      continue;
    }
    int32_t vowel = c == LONG_VOWEL ? vowel_of(before) : 0;
    before = vowel != 0 ? vowel : is_hiragana(c) ? plain_kana(c) : c;
    utf8proc_uint8_t bytes[4];
    text_add(key, gap && key->length > 0 ? " " : "");
    text_add_bytes(key, bytes, (size_t)utf8proc_encode_char(before, bytes));
    gap = false;
  }
  talloc_free(row);
}

/* Whether there are characters of which a reading says how they sound. */
static bool is_japanese(const char *name) {
  utf8proc_int32_t c = 0;
  for (const char *at = name; *at != '\0';) {
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &c);
    if (length > 0 &&
        (c == 0x3005 || (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFF66 && c <= 0xFF9F) || (c >= 0x20000 && c <= 0x3FFFF))) {
      return true;
    }
    at += length < 1 ? 1 : length;
  }
  return false;
}

char *sort_key(const void *parent, const char *name, const char *reading) {
  struct text *key = text_new(NULL);
  add_letters(key, reading != NULL && is_japanese(name) ? reading : name);
  size_t written = strlen(name);
  if (written > WRITTEN_MOST) {
    written = WRITTEN_MOST;
    while (((unsigned char)name[written] & 0xC0) == 0x80) {
      written--;
    }
  }
  text_add(key, "\x01");
  text_add_bytes(key, name, written);
  char *result = memory_copy(parent, key->data);
  talloc_free(key);
  return result;
}
