/* The wiping hangs on talloc's destructor, so that it happens on every path, also when a parent is freed. */
#include "base/secret.h"

#include "base/memory.h"

#include <sodium.h>

static int wipe(char *bytes) {
  sodium_memzero(bytes, talloc_get_size(bytes));
  return 0;
}

char *secret_guard(char *bytes) {
  talloc_set_destructor(bytes, wipe);
  return bytes;
}

char *secret_copy(const void *parent, const char *text) {
  return secret_guard(memory_copy(parent, text));
}
