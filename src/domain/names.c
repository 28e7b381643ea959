/* A record's names as they lie in the index: one text, parted by FOLD_BOUNDARY. */
#include "domain/names.h"

#include "base/memory.h"
#include "domain/fold.h"

#include <string.h>

const char *names_next(const void *memory, const char **at) {
  size_t length = strcspn(*at, FOLD_BOUNDARY);
  const char *name = memory_slice(memory, *at, length);
  *at = (*at)[length] == '\0' ? NULL : *at + length + 1;
  return name;
}
