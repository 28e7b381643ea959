/* Private to folding: a text as a row of folded characters, each with the bytes of the original that it stands for. */
#ifndef ENTENTE_DOMAIN_FOLD_ROW_H
#define ENTENTE_DOMAIN_FOLD_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parallel arrays, so that forms are compared with the characters as they lie. */
struct row {
  int32_t *characters;
  uint32_t *starts, *ends;
  size_t count, capacity;
};

struct row *fold_row(const void *parent, const char *text, size_t size);

/* Whether a folded character is of a script without spaces between words, or is part of a word of another script. */
bool runs_on(int32_t character);
bool is_in_word(int32_t character);

#endif
