/* The offset basis and the prime are those of the algorithm (draft-eastlake-fnv). */
#include "base/hash.h"

#include <string.h>

static const uint64_t prime = 1099511628211ULL;

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < size; i++) {
    hash = (hash ^ at[i]) * prime;
  }
  return hash;
}

uint64_t hash_text(uint64_t hash, const char *text) {
  return hash_bytes(hash, text, strlen(text) + 1);
}

uint64_t hash_number(uint64_t hash, uint64_t number) {
  return hash_bytes(hash, &number, sizeof number);
}
