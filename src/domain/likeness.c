/* The pairs of each, sorted, are walked beside each other; a pair that a name has twice counts twice. A name of one
 * character is its own pair. */
#include "domain/likeness.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static int by_value(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

static uint64_t *pairs_of(const char *key, size_t *count) {
  size_t size = strlen(key), found = 0;
  uint64_t *pairs = memory_array(NULL, uint64_t, size + 1);
  utf8proc_int32_t before = 0, c = 0;
  for (size_t at = 0; at < size;) {
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)key + at, (utf8proc_ssize_t)(size - at), &c);
    at += length < 1 ? 1 : (size_t)length;
    if (length < 1 || c == ' ') {
      continue;
    }
    if (before != 0) {
      pairs[found++] = (uint64_t)before << 32 | (uint64_t)c;
    }
    before = c;
  }
  if (found == 0 && before != 0) {
    pairs[found++] = (uint64_t)before;
  }
  qsort(pairs, found, sizeof *pairs, by_value);
  *count = found;
  return pairs;
}

double likeness(const char *a, const char *b) {
  size_t count_a = 0, count_b = 0, common = 0, i = 0, j = 0;
  uint64_t *left = pairs_of(a, &count_a), *right = pairs_of(b, &count_b);
  while (i < count_a && j < count_b) {
    if (left[i] == right[j]) {
      common++;
      i++;
      j++;
    } else if (left[i] < right[j]) {
      i++;
    } else {
      j++;
    }
  }
  talloc_free(left);
  talloc_free(right);
  return count_a + count_b == 0 ? 0 : 2.0 * (double)common / (double)(count_a + count_b);
}
