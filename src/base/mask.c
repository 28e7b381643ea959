/* A token is found by its length and its letters, and not by where it stands or how it begins: an address that leads
 * nowhere, or has the token's first letters escaped, holds it all the same. An id has 26 letters, a token 38. */
#include "base/mask.h"

#include <string.h>

enum { ID_LETTERS = 26 };

void mask_path(const char *path, size_t length, char *out, size_t size) {
  static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%";
  size_t used = 0;
  for (size_t at = 0; at < length && used + 1 < size;) {
    size_t run = 0;
    while (at + run < length && memchr(letters, path[at + run], sizeof letters - 1) != NULL) {
      run++;
    }
    const char *from = run > ID_LETTERS ? "..." : path + at;
    size_t count = run > ID_LETTERS ? 3 : run > 0 ? run : 1;
    count = count < size - 1 - used ? count : size - 1 - used;
    memcpy(out + used, from, count);
    used += count;
    at += run > 0 ? run : 1;
  }
  out[used] = '\0';
}
