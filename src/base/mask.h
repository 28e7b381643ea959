/* Secrets that stand in an address, hidden from whoever is shown the address. */
#ifndef ENTENTE_BASE_MASK_H
#define ENTENTE_BASE_MASK_H

#include <stddef.h>

/* Copies the first `length` bytes of a path to `out`, which has `size` bytes, with `...` for each run of letters,
 * digits and escapes that is long enough to be a token, or what is left of one. What has no room is left out; `out`
 * ends with a NUL. A path never grows by it. */
void mask_path(const char *path, size_t length, char *out, size_t size);

#endif
