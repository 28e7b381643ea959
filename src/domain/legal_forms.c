/* The file is read once, when the first text is folded. Spellings are folded as names are, so that the two agree. Words
 * are looked up in a hash table; forms of scripts without spaces are compared where their first character stands. */
#include "domain/legal_forms.h"

#include "base/assets.h"
#include "base/hash.h"
#include "base/memory.h"
#include "domain/fold_row.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SLOTS = 4096, RUNS = 256, RUN_LENGTH = 16, PLANE = 0x10000 };

static struct forms {
  struct {
    char words[FORM_BYTES];
    size_t length;
    unsigned flags;
  } slots[SLOTS];
  size_t used;
  struct {
    int32_t characters[RUN_LENGTH];
    size_t length;
  } runs[RUNS]; /* the longer first */
  size_t run_count;
  bool begins[PLANE]; /* whether a run begins with it */
} forms;

/* -- words --------------------------------------------------------------------------------------------------------- */

/* The slot that has those words, or the free one where they belong. */
static size_t slot_of(const char *words, size_t length) {
  size_t i = (size_t)hash_bytes(HASH_START, words, length) % SLOTS;
  while (forms.slots[i].length != 0 &&
         (forms.slots[i].length != length || memcmp(forms.slots[i].words, words, length) != 0)) {
    i = (i + 1) % SLOTS;
  }
  return i;
}

static void add_words(const char *words, size_t length, unsigned flags) {
  size_t i = slot_of(words, length);
  if (forms.slots[i].length == 0) {
    if (++forms.used == SLOTS) {
      abort(); /* the file has outgrown the table: no test passes then */
    }
    memcpy(forms.slots[i].words, words, length);
    forms.slots[i].length = length;
  }
  forms.slots[i].flags |= flags;
}

/* Adds a spelling, and that its first words may go on. */
static void add_spelling(const struct row *row, unsigned flags) {
  utf8proc_uint8_t words[FORM_BYTES];
  size_t length = 0;
  bool gap = false;
  for (size_t i = 0; i < row->count && length + 4 <= sizeof words; i++) {
    if (!is_in_word(row->characters[i])) {
      gap = true;
      continue;
    }
    if (gap && length > 0) {
      add_words((const char *)words, length, FORM_GOES_ON);
    }
    gap = false;
    length += (size_t)utf8proc_encode_char(row->characters[i], words + length);
  }
  if (length > 0) {
    add_words((const char *)words, length, flags);
  }
}

/* -- runs ---------------------------------------------------------------------------------------------------------- */

static bool is_run(const struct row *row) {
  size_t i = 0;
  while (i < row->count && !runs_on(row->characters[i])) {
    i++;
  }
  return i < row->count;
}

static void add_run(const struct row *row) {
  if (forms.run_count == RUNS || row->count > RUN_LENGTH || row->characters[0] >= PLANE) {
    abort();
  }
  size_t i = forms.run_count++, length = row->count;
  while (length > 0 && row->characters[length - 1] == ' ') {
    length--;
  }
  for (; i > 0 && forms.runs[i - 1].length < length; i--) {
    forms.runs[i] = forms.runs[i - 1];
  }
  memcpy(forms.runs[i].characters, row->characters, length * sizeof *row->characters);
  forms.runs[i].length = length;
  forms.begins[row->characters[0]] = true;
}

/* -- the file ------------------------------------------------------------------------------------------------------ */

static unsigned read_use(const char *text, size_t length) {
  static const struct {
    const char *word;
    unsigned flags;
  } uses[] = {{"anywhere", FORM_ANYWHERE | FORM_LAST},
              {"around", FORM_ANYWHERE | FORM_FIRST | FORM_LAST},
              {"end", FORM_LAST},
              {"alone", FORM_ALONE}};
  for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
    if (strlen(uses[i].word) == length && memcmp(uses[i].word, text, length) == 0) {
      return uses[i].flags;
    }
  }
  abort();
}

/* COUNTRY USE SPELLING | SPELLING …; the place after the line. */
static const char *read_line(const char *at) {
  const char *use = at + strcspn(at, " ");
  use += strspn(use, " ");
  size_t length = strcspn(use, " ");
  unsigned flags = read_use(use, length);
  for (at = use + length; *at != '\n';) {
    at += strspn(at, " |");
    length = strcspn(at, "|\n");
    struct row *row = fold_row(NULL, at, length);
    if (is_run(row)) {
      add_run(row);
    } else {
      add_spelling(row, flags);
    }
    talloc_free(row);
    at += length;
  }
  return at + 1;
}

static void read_file(void) {
  const struct asset *file = asset_find("tables/legal-forms.txt");
  for (const char *at = file->data; *at != '\0';) {
    at = *at == '#' || *at == '\n' ? at + strcspn(at, "\n") + 1 : read_line(at);
  }
}

static void be_ready(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, read_file);
}

/* -- asking -------------------------------------------------------------------------------------------------------- */

unsigned legal_form_of(const char *words, size_t length) {
  be_ready();
  return length == 0 || length > FORM_BYTES ? 0 : forms.slots[slot_of(words, length)].flags;
}

size_t legal_form_at(const int32_t *text, size_t count) {
  be_ready();
  if (count == 0 || text[0] < 0 || text[0] >= PLANE || !forms.begins[text[0]]) {
    return 0;
  }
  for (size_t i = 0; i < forms.run_count; i++) {
    size_t length = forms.runs[i].length;
    if (length <= count && memcmp(text, forms.runs[i].characters, length * sizeof *text) == 0) {
      return length;
    }
  }
  return 0;
}
