/* The formats that the contract may name. */
#ifndef ENTENTE_DOMAIN_FORMATS_H
#define ENTENTE_DOMAIN_FORMATS_H

#include "contract/contract.h"

/* Ended by a row whose name is NULL: partial-date, date, date-time (RFC 3339), slug, language-tag (BCP 47 syntax: RFC
 * 5646), country-code (ISO 3166-1 alpha-2, assigned codes), region-code (ISO 3166-2 syntax with an assigned country),
 * uri (RFC 3986, absolute, http or https), email, sha256, media-type (RFC 6838). */
extern const struct format domain_formats[];

#endif
