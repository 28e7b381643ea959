/* The Cookie header (RFC 6265, 4.2 and 5.4): pairs NAME=VALUE between semicolons. */
#ifndef ENTENTE_BASE_COOKIE_H
#define ENTENTE_BASE_COOKIE_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the cookie of that name, case and all. True when there is one; `out` gets its value without quotes around it.
 * `out` is empty when the value has no room there, and when there are several with different values. */
bool cookie_find(const char *header, const char *name, char *out, size_t size);

#endif
