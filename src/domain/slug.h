/* Slugs: [a-z0-9] then [a-z0-9._-], 64 at most. */
#ifndef ENTENTE_DOMAIN_SLUG_H
#define ENTENTE_DOMAIN_SLUG_H

#include <stdbool.h>
#include <stddef.h>

enum { SLUG_LENGTH = 64, SLUG_SIZE = SLUG_LENGTH + 1 };

bool slug_valid(const char *text, size_t length);
/* A slug from a name: folded, everything else than letters and digits of ASCII to single hyphens, at most 56 characters
 * (room for a number). "" when nothing is left, as for a name in Chinese characters. Whether all its letters are Latin.
 */
bool slug_from_name(const char *name, char out[SLUG_SIZE]);

#endif
