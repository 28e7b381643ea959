/* Words and runs are read off the row of folded characters. Runs of scripts without spaces between words are told as
 * overlapping pairs, so that any two characters are found on an index. */
#include "domain/fold.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold_row.h"
#include "domain/legal_forms.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

enum { BOUNDARY = 0x1e };

/* -- units --------------------------------------------------------------------------------------------------------- */

/* A word, a run, or a boundary: characters `from` to before `to` of the row. */
struct unit {
  enum fold_kind kind; /* FOLD_PAIR for a run */
  size_t from, to;
  char word[FOLD_TOKEN_MOST];
  size_t length;
};

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

/* The next unit at or after `at`; false at the end. `plain`: forms that are written without spaces are words. */
static bool next_unit(const struct row *row, size_t at, bool plain, struct unit *unit) {
  unit->length = 0;
  while (at < row->count) {
    int32_t c = row->characters[at];
    size_t form = plain ? 0 : legal_form_at(row->characters + at, row->count - at);
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
             (plain || legal_form_at(row->characters + unit->to, row->count - unit->to) == 0)) {
        unit->to++;
      }
      return true;
    } else {
      at++;
    }
  }
  return false;
}

/* Reads a row's units without legal forms. Each member of the text stands for itself. */
struct reader {
  const struct row *row;
  size_t at;
  bool begun, follows; /* a member has begun; there was a unit of it that counts */
  bool plain;          /* it is nothing but forms, which therefore count */
};

static bool has_more(const struct reader *reader, size_t at, bool plain) {
  struct unit unit;
  return next_unit(reader->row, at, plain, &unit) && unit.kind != FOLD_GAP;
}

/* The place after the longest legal form that begins with the word; 0 where it begins none. */
static size_t form_end(const struct reader *reader, const struct unit *word) {
  unsigned wanted = reader->follows ? FORM_ANYWHERE : FORM_FIRST, flags = FORM_GOES_ON;
  char words[FORM_BYTES];
  size_t length = 0, end = 0;
  struct unit unit = *word;
  while ((flags & FORM_GOES_ON) && unit.kind == FOLD_WORD && length + unit.length <= sizeof words) {
    memcpy(words + length, unit.word, unit.length);
    length += unit.length;
    flags = legal_form_of(words, length);
    end = flags & wanted ? unit.to : end;
    if (!(flags & FORM_GOES_ON) || !next_unit(reader->row, unit.to, reader->plain, &unit)) {
      break;
    }
  }
  return reader->follows || has_more(reader, end, reader->plain) ? end : 0;
}

/* The next unit that counts. */
static bool next_word(struct reader *reader, struct unit *unit) {
  if (!reader->begun) {
    reader->begun = true;
    reader->follows = false;
    reader->plain = !has_more(reader, reader->at, false);
  }
  while (next_unit(reader->row, reader->at, reader->plain, unit)) {
    size_t form = unit->kind == FOLD_WORD ? form_end(reader, unit) : 0;
    reader->at = form > 0 ? form : unit->to;
    if (form == 0) {
      reader->begun = unit->kind != FOLD_GAP;
      reader->follows = true;
      return true;
    }
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
  struct reader reader = {.row = row};
  struct unit unit;
  bool going = true;
  while (going && next_word(&reader, &unit)) {
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

/* How many bytes of the key are left without the longest legal form at its end; all, when there is none, or nothing but
 * an article would be left. */
static size_t without_form(const char *key, size_t length) {
  char words[FORM_BYTES];
  size_t at = length, joined = 0, left = length;
  for (int count = 0; count < FORM_WORDS && at > 0; count++) {
    size_t begin = at;
    while (begin > 0 && key[begin - 1] != ' ') {
      begin--;
    }
    if (begin == 0 || joined + (at - begin) > sizeof words) {
      break;
    }
    memmove(words + (at - begin), words, joined);
    memcpy(words, key + begin, at - begin);
    joined += at - begin;
    at = begin - 1;
    if ((legal_form_of(words, joined) & FORM_LAST) && !(legal_form_of(key, at) & FORM_ALONE)) {
      left = at;
    }
  }
  return left;
}

char *fold_key(const void *parent, const char *name) {
  struct row *row = fold_row(NULL, name, strlen(name));
  struct text *key = text_new(parent);
  struct reader reader = {.row = row};
  struct unit unit;
  bool run = false;
  while (next_word(&reader, &unit)) {
    if (unit.kind == FOLD_GAP) {
      continue;
    }
    text_add(key, key->length == 0 || (run && unit.kind == FOLD_PAIR) ? "" : " ");
    if (unit.kind == FOLD_PAIR) {
      for (size_t i = unit.from; i < unit.to; i++) {
        utf8proc_uint8_t bytes[4];
        text_add_bytes(key, bytes, (size_t)utf8proc_encode_char(row->characters[i], bytes));
      }
    } else {
      text_add_bytes(key, unit.word, unit.length);
    }
    run = unit.kind == FOLD_PAIR;
  }
  size_t length = key->length;
  for (size_t left; (left = without_form(key->data, length)) < length;) {
    length = left;
  }
  char *result = memory_slice(parent, key->data, length);
  talloc_free(key);
  talloc_free(row);
  return result;
}
