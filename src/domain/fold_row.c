/* Of the marks that decomposition sets free only those go that are accents of letters: the voicing of kana is put back,
 * and the vowel signs of other scripts are parts of words. Letters that have no decomposition (ł, ø, đ) count as their
 * base by the table of variants. */
#include "domain/fold_row.h"

#include "base/memory.h"
#include "domain/variants.h"

#include <string.h>
#include <utf8proc.h>

enum { EXPANSION_MOST = 32, VOICED = 0x3099, HALF_VOICED = 0x309A };

/* -- the row ------------------------------------------------------------------------------------------------------- */

static void push(struct row *row, int32_t character, size_t start, size_t end) {
  if (row->count == row->capacity) {
    row->capacity = row->capacity * 2 + 64;
    row->characters = memory_grow(row, row->characters, int32_t, row->capacity);
    row->starts = memory_grow(row, row->starts, uint32_t, row->capacity);
    row->ends = memory_grow(row, row->ends, uint32_t, row->capacity);
  }
  row->characters[row->count] = character;
  row->starts[row->count] = (uint32_t)start;
  row->ends[row->count++] = (uint32_t)end;
}

static bool within(int32_t character, int32_t first, int32_t last) {
  return character >= first && character <= last;
}

/* Accents, and the points of Hebrew and Arabic, which are written or not; turned commas that are letters (ʻ ʼ); and
 * what only chooses between forms of one letter or joins and parts them. */
static bool is_passed_over(int32_t c) {
  return within(c, 0x300, 0x36F) || within(c, 0x591, 0x5C7) || within(c, 0x610, 0x61A) || within(c, 0x64B, 0x65F) ||
         c == 0x640 || c == 0x670 || within(c, 0x2B9, 0x2C1) || c == 0xA78C || within(c, 0x1AB0, 0x1AFF) ||
         within(c, 0x1DC0, 0x1DFF) || within(c, 0x20D0, 0x20FF) || within(c, 0xFE00, 0xFE0F) ||
         within(c, 0xFE20, 0xFE2F) || within(c, 0xE0100, 0xE01EF) || utf8proc_category(c) == UTF8PROC_CATEGORY_CF;
}

/* Voicing, and the second and third part of a Hangul syllable, join the character before. */
static bool joins(int32_t c) {
  return c == VOICED || c == HALF_VOICED || within(c, 0x1161, 0x1175) || within(c, 0x11A8, 0x11C2);
}

static void add_folded(struct row *row, int32_t c, size_t start, size_t end) {
  if (is_passed_over(c)) {
    return;
  }
  if (within(c, 0x30A1, 0x30F6) || c == 0x30FD || c == 0x30FE) {
    c -= 0x60; /* katakana */
  }
  if (joins(c) && row->count > 0) {
    utf8proc_int32_t pair[2] = {row->characters[row->count - 1], c};
    if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) == 1) {
      row->characters[row->count - 1] = pair[0];
      row->ends[row->count - 1] = (uint32_t)end;
      return;
    }
  }
  if (c != VOICED && c != HALF_VOICED) {
    push(row, variant_of(c), start, end);
    if (second_of(c) != 0) {
      push(row, second_of(c), start, end);
    }
  }
}

static void fold_character(struct row *row, int32_t c, size_t start, size_t end) {
  if (c < 0x80) {
    push(row, c >= 'A' && c <= 'Z' ? c + 32 : c, start, end);
    return;
  }
  if (within(c, 0x3041, 0x3096) || within(c, 0x4E00, 0x9FFF) || within(c, 0xAC00, 0xD7A3)) {
    push(row, variant_of(c), start, end); /* most of what is written in these scripts is its own folding */
    return;
  }
  utf8proc_int32_t parts[EXPANSION_MOST];
  int boundary = 0;
  utf8proc_ssize_t count = utf8proc_decompose_char(
      c, parts, EXPANSION_MOST, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);
  for (utf8proc_ssize_t i = 0; i < count && i < EXPANSION_MOST; i++) {
    add_folded(row, parts[i], start, end);
  }
}

/* -- kinds of characters ----------------------------------------------------------------------------------------- */

/* Scripts that put no spaces between words; Korean, whose endings are written onto words, is read like them. */
bool runs_on(int32_t c) {
  return within(c, 0x3005, 0x3007) || within(c, 0x3041, 0x3096) || within(c, 0x309D, 0x309F) ||
         within(c, 0x30FC, 0x30FF) || within(c, 0x3105, 0x312F) || within(c, 0x3400, 0x4DBF) ||
         within(c, 0x4E00, 0x9FFF) || within(c, 0xAC00, 0xD7A3) || within(c, 0xF900, 0xFAFF) ||
         within(c, 0x20000, 0x3FFFF) || within(c, 0xE00, 0xEFF) || within(c, 0x1000, 0x109F) ||
         within(c, 0x1780, 0x17FF);
}

bool is_in_word(int32_t c) {
  if (c < 0x80) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
  if (runs_on(c)) {
    return false;
  }
  utf8proc_category_t category = utf8proc_category(c);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME) ||
         (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/* -- apostrophes --------------------------------------------------------------------------------------------------- */

static bool is_apostrophe(int32_t c) {
  return c == '\'' || c == 0x2018 || c == 0x2019 || c == 0xFF07;
}

/* Whether an article or the like ends before the apostrophe at `at`, so that two words stand there: d'été, dell'arte.
 */
static bool is_elision(const struct row *row, size_t at) {
  int32_t next = row->characters[at + 1], last = row->characters[at - 1];
  int32_t before = at > 1 ? row->characters[at - 2] : ' ';
  if (next > 'z' || strchr("aeiouhy0123456789", next) == NULL) {
    return false;
  }
  return is_in_word(before)
             ? (last == 'l' && before == 'l') || (last == 'u' && before == 'q') || (last == 'n' && before == 'u')
             : last < 0x80 && strchr("cdjlmnst", last) != NULL;
}

/* What joins the letters on both sides, rather than parting them: Xi'an, O’zbekiston, col·legi. */
static bool is_joint(const struct row *row, size_t at) {
  if (at == 0 || at + 1 == row->count || !is_in_word(row->characters[at - 1]) || !is_in_word(row->characters[at + 1])) {
    return false;
  }
  return row->characters[at] == 0xB7 ? row->characters[at - 1] == 'l' && row->characters[at + 1] == 'l'
                                     : is_apostrophe(row->characters[at]) && !is_elision(row, at);
}

static void drop_joints(struct row *row) {
  enum { DROPPED = -1 };
  for (size_t i = 0; i < row->count; i++) {
    row->characters[i] = is_joint(row, i) ? DROPPED : row->characters[i];
  }
  size_t kept = 0;
  for (size_t i = 0; i < row->count; i++) {
    if (row->characters[i] != DROPPED) {
      row->characters[kept] = row->characters[i];
      row->starts[kept] = row->starts[i];
      row->ends[kept++] = row->ends[i];
    }
  }
  row->count = kept;
}

/* -- the whole ----------------------------------------------------------------------------------------------------- */

struct row *fold_row(const void *parent, const char *text, size_t size) {
  struct row *row = memory_new(parent, struct row);
  bool joined = false;
  row->capacity = size + 1;
  row->characters = memory_checked(talloc_array(row, int32_t, (unsigned)row->capacity));
  row->starts = memory_checked(talloc_array(row, uint32_t, (unsigned)row->capacity));
  row->ends = memory_checked(talloc_array(row, uint32_t, (unsigned)row->capacity));
  for (size_t at = 0; at < size;) {
    utf8proc_int32_t c = (unsigned char)text[at];
    utf8proc_ssize_t length = 1;
    if (c >= 0x80) {
      length = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
    }
    if (length < 1) { /* not UTF-8: it parts words */
      length = 1;
      c = ' ';
    }
    fold_character(row, c, at, at + (size_t)length);
    joined |= is_apostrophe(c) || c == 0xB7 || c == 0x140 || c == 0x13F;
    at += (size_t)length;
  }
  if (joined) {
    drop_joints(row);
  }
  return row;
}
