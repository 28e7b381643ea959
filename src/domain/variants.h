/* Private to folding: characters and words that count as others, or as nothing. */
#ifndef ENTENTE_DOMAIN_VARIANTS_H
#define ENTENTE_DOMAIN_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character that stands for this one and its variants; itself when it has none. */
int32_t variant_of(int32_t character);

/* How many of the folded characters at `text` are a form of a company that is written without spaces (株式会社); 0:
 * they are none. */
size_t form_at(const int32_t *text, size_t count);
/* Whether the folded word is a form of a company wherever it stands behind another word (Ltd), or only at the end of a
 * name (Limited). */
bool form_is_word(const char *word, size_t length);
bool form_is_last_word(const char *word, size_t length);

#endif
