/* A text becomes a row of folded characters, each with the bytes of the original that it comes from; then words and
 * runs are read off that row. Of the marks that decomposition sets free only those go that are accents of letters: the
 * voicing of kana is put back, and the vowel signs of other scripts are parts of words. Runs of scripts without spaces
 * between words are told as overlapping pairs, so that any two characters are found on an index. */
#include "domain/fold.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/variants.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

enum { EXPANSION_MOST = 32, VOICED = 0x3099, HALF_VOICED = 0x309A, BOUNDARY = 0x1e };

/* Parallel arrays, so that forms are compared with the characters as they lie. */
struct row {
  int32_t *characters;
  uint32_t *starts, *ends;
  size_t count, capacity;
};

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

/* Accents, and the points of Hebrew and Arabic, which are written or not; and what only chooses between forms of one
 * letter or joins and parts them. */
static bool is_passed_over(int32_t c) {
  return within(c, 0x300, 0x36F) || within(c, 0x591, 0x5C7) || within(c, 0x610, 0x61A) || within(c, 0x64B, 0x65F) ||
         c == 0x670 || within(c, 0x1AB0, 0x1AFF) || within(c, 0x1DC0, 0x1DFF) || within(c, 0x20D0, 0x20FF) ||
         within(c, 0xFE00, 0xFE0F) || within(c, 0xFE20, 0xFE2F) || within(c, 0xE0100, 0xE01EF) ||
         utf8proc_category(c) == UTF8PROC_CATEGORY_CF;
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

static struct row *fold_row(const void *parent, const char *text, size_t size) {
  struct row *row = memory_new(parent, struct row);
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
    at += (size_t)length;
  }
  return row;
}

/* -- units --------------------------------------------------------------------------------------------------------- */

/* A word, a run, or a boundary: characters `from` to before `to` of the row. */
struct unit {
  enum fold_kind kind; /* FOLD_PAIR for a run */
  size_t from, to;
  char word[FOLD_TOKEN_MOST];
  size_t length;
};

/* Scripts that put no spaces between words; Korean, whose endings are written onto words, is read like them. */
static bool runs_on(int32_t c) {
  return within(c, 0x3005, 0x3007) || within(c, 0x3041, 0x3096) || within(c, 0x309D, 0x309F) ||
         within(c, 0x30FC, 0x30FF) || within(c, 0x3105, 0x312F) || within(c, 0x3400, 0x4DBF) ||
         within(c, 0x4E00, 0x9FFF) || within(c, 0xAC00, 0xD7A3) || within(c, 0xF900, 0xFAFF) ||
         within(c, 0x20000, 0x3FFFF) || within(c, 0xE00, 0xEFF) || within(c, 0x1000, 0x109F) ||
         within(c, 0x1780, 0x17FF);
}

static bool is_in_word(int32_t c) {
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

static bool word_at(const struct row *row, size_t at) {
  return at < row->count && is_in_word(row->characters[at]);
}

static bool is_character(const struct row *row, size_t at, int32_t character) {
  return at < row->count && row->characters[at] == character;
}

static void add_character(struct unit *unit, int32_t c) {
  utf8proc_uint8_t bytes[4];
  size_t length = (size_t)utf8proc_encode_char(c, bytes);
  if (unit->length + length <= sizeof unit->word) {
    memcpy(unit->word + unit->length, bytes, length);
    unit->length += length;
  }
}

/* Single letters with a stop after each are one word: K.K., I.T.R.I. The place after them, or `at` when they are not.
 */
static size_t abbreviation_end(const struct row *row, size_t at) {
  size_t letters = 0, end = at;
  while (word_at(row, end) && !word_at(row, end + 1)) {
    letters++;
    end++;
    if (!is_character(row, end, '.')) {
      break;
    }
    end++;
  }
  return letters > 1 ? end : at;
}

static void read_word(const struct row *row, struct unit *unit) {
  size_t end = abbreviation_end(row, unit->from);
  bool short_form = end > unit->from;
  unit->to = short_form ? end : unit->from;
  while (!short_form && word_at(row, unit->to)) {
    unit->to++;
  }
  for (size_t i = unit->from; i < unit->to; i++) {
    if (is_in_word(row->characters[i])) {
      add_character(unit, row->characters[i]);
    }
  }
}

/* The next unit at or after `at`; false at the end. */
static bool next_unit(const struct row *row, size_t at, struct unit *unit) {
  unit->length = 0;
  while (at < row->count) {
    int32_t c = row->characters[at];
    size_t form = form_at(row->characters + at, row->count - at);
    unit->from = at;
    if (form > 0) {
      at += form;
    } else if (c == BOUNDARY) {
      unit->kind = FOLD_GAP;
      unit->to = at + 1;
      return true;
    } else if (is_in_word(c)) {
      unit->kind = FOLD_WORD;
      read_word(row, unit);
      return true;
    } else if (runs_on(c)) {
      unit->kind = FOLD_PAIR;
      unit->to = at + 1;
      while (unit->to < row->count && runs_on(row->characters[unit->to]) &&
             form_at(row->characters + unit->to, row->count - unit->to) == 0) {
        unit->to++;
      }
      return true;
    } else {
      at++;
    }
  }
  return false;
}

static bool is_form(const struct unit *unit) {
  return unit->kind == FOLD_WORD && form_is_word(unit->word, unit->length);
}

/* Whether the word is "Co" of "Co., Ltd.". */
static bool begins_form(const struct row *row, const struct unit *unit) {
  struct unit next;
  return unit->length == 2 && memcmp(unit->word, "co", 2) == 0 && next_unit(row, unit->to, &next) && is_form(&next);
}

/* The next unit that counts: a form of a company behind another word does not. */
static bool next_word(const struct row *row, size_t *at, bool *follows, struct unit *unit) {
  while (next_unit(row, *at, unit)) {
    *at = unit->to;
    if (*follows && (is_form(unit) || (unit->kind == FOLD_WORD && begins_form(row, unit)))) {
      continue;
    }
    *follows = unit->kind != FOLD_GAP;
    return true;
  }
  return false;
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

struct teller {
  bool (*take)(void *argument, const struct fold_token *token);
  void *argument;
  const struct row *row;
};

static bool tell(const struct teller *teller, enum fold_kind kind, const char *text, size_t length, size_t from,
                 size_t to) {
  const struct fold_token token = {.kind = kind,
                                   .text = text,
                                   .length = length,
                                   .start = teller->row->starts[from],
                                   .end = teller->row->ends[to - 1]};
  return teller->take(teller->argument, &token);
}

static bool tell_run(const struct teller *teller, const struct unit *unit) {
  for (size_t i = unit->from; i < unit->to; i++) {
    utf8proc_uint8_t pair[8];
    bool last = i + 1 == unit->to;
    size_t length = (size_t)utf8proc_encode_char(teller->row->characters[i], pair);
    length += last ? 0 : (size_t)utf8proc_encode_char(teller->row->characters[i + 1], pair + length);
    if (!tell(teller, last ? FOLD_LAST : FOLD_PAIR, (const char *)pair, length, i, last ? i + 1 : i + 2)) {
      return false;
    }
  }
  return true;
}

bool fold_tokens(const char *text, size_t size, bool (*take)(void *argument, const struct fold_token *token),
                 void *argument) {
  struct row *row = fold_row(NULL, text, size);
  const struct teller teller = {take, argument, row};
  struct unit unit;
  size_t at = 0;
  bool follows = false, going = true;
  while (going && next_word(row, &at, &follows, &unit)) {
    if (unit.kind == FOLD_PAIR) {
      going = tell_run(&teller, &unit);
    } else if (unit.kind == FOLD_WORD) {
      going = tell(&teller, FOLD_WORD, unit.word, unit.length, unit.from, unit.to);
    } else {
      going = tell(&teller, FOLD_GAP, FOLD_BOUNDARY, 1, unit.from, unit.to);
    }
  }
  talloc_free(row);
  return going;
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

char *fold_key(const void *parent, const char *name) {
  struct row *row = fold_row(NULL, name, strlen(name));
  struct text *key = text_new(parent);
  struct unit unit;
  size_t at = 0, whole = 0; /* `whole`: the key's length without forms of a company that end it so far */
  bool follows = false, run = false;
  while (next_word(row, &at, &follows, &unit)) {
    if (unit.kind == FOLD_GAP) {
      continue;
    }
    bool first = key->length == 0, form = unit.kind == FOLD_WORD && form_is_last_word(unit.word, unit.length);
    text_add(key, first || (run && unit.kind == FOLD_PAIR) ? "" : " ");
    if (unit.kind == FOLD_PAIR) {
      for (size_t i = unit.from; i < unit.to; i++) {
        utf8proc_uint8_t bytes[4];
        text_add_bytes(key, bytes, (size_t)utf8proc_encode_char(row->characters[i], bytes));
      }
    } else {
      text_add_bytes(key, unit.word, unit.length);
    }
    run = unit.kind == FOLD_PAIR;
    whole = form && !first ? whole : key->length;
  }
  key->data[whole] = '\0';
  char *result = memory_copy(parent, key->data);
  talloc_free(key);
  talloc_free(row);
  return result;
}
