/* Identifiers of organizations, with their check digits. */
#ifndef ENTENTE_DOMAIN_IDENTIFIER_H
#define ENTENTE_DOMAIN_IDENTIFIER_H

#include <stdbool.h>

/* Whether `value` is well formed under `scheme`: ror (crockford base 32, ISO 7064 MOD 97-10), lei (ISO 17442, MOD
 * 97-10), isni (ISO 27729, MOD 11-2; without spaces), wikidata (Q and digits), jp_corporate_number (法人番号, 13
 * digits, check digit first), tw_unified_number (統一編號, 8 digits, the rule of 2023 that divides by 5), other
 * (anything that is not empty). On false, `*expected` is a constant that completes "must be …". */
bool identifier_valid(const char *scheme, const char *value, const char **expected);

#endif
