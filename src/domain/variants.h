/* Private to folding: characters that count as others. */
#ifndef ENTENTE_DOMAIN_VARIANTS_H
#define ENTENTE_DOMAIN_VARIANTS_H

#include <stdint.h>

/* The character that stands for this one and its variants; itself when it has none. */
int32_t variant_of(int32_t character);
/* The second of the two letters that stand for æ, œ and þ, of which variant_of is the first; 0 for all others. */
int32_t second_of(int32_t character);

#endif
