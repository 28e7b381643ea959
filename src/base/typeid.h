/* TypeIDs: a prefix, an underscore, and a UUIDv7 (RFC 9562) in 26 characters of Crockford's base 32, lower case. */
#ifndef ENTENTE_BASE_TYPEID_H
#define ENTENTE_BASE_TYPEID_H

#include <stdbool.h>
#include <stdint.h>

enum { TYPEID_SIZE = 40 };

/* A new identifier for the instant `ms`. Identifiers made one after another by one process sort in the order of their
 * making. `prefix` has at most 8 letters. Safe from any thread. */
void typeid_new(const char *prefix, int64_t ms, char out[TYPEID_SIZE]);
/* Whether `text` is a well-formed identifier with that prefix. */
bool typeid_valid(const char *prefix, const char *text);

#endif
