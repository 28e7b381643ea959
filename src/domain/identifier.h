/* Identifiers of organizations, with their check digits. */
#ifndef ENTENTE_DOMAIN_IDENTIFIER_H
#define ENTENTE_DOMAIN_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `value` is well formed under `scheme`: ror (crockford base 32, ISO 7064 MOD 97-10), lei (ISO 17442, MOD
 * 97-10), isni (ISO 27729, MOD 11-2; without spaces), wikidata (Q and digits), jp_corporate_number (法人番号, 13
 * digits, check digit first), tw_unified_number (統一編號, 8 digits, the rule of 2023 that divides by 5), other
 * (anything that is not empty). On false, `*expected` is a constant that completes "must be …". */
bool identifier_valid(const char *scheme, const char *value, const char **expected);

/* The value as the register of its scheme writes it, where `text` is a form that people paste: an address
 * (https://ror.org/05szzwt63), with spaces or dashes between the digits, in another case, with full-width digits, with
 * the name of the scheme before it (T7000012050002). What is none of these is copied as it is. Owned by `parent`. */
char *identifier_normal(const void *parent, const char *scheme, const char *text);

/* Whether no two organizations have the same value of the scheme: all but `other`. */
bool identifier_unique(const char *scheme);
/* The schemes by number, from 0; NULL past the last. */
const char *identifier_scheme(size_t index);

#endif
