/* Whoever bears the name of somebody else would be taken for them; so names are compared as they look. */
#include "domain/actor.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *const own[] = {"clock", "local", "-"};

bool actor_reserved(const char *name) {
  char *folded = (char *)utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)name);
  if (folded == NULL) { /* no UTF-8 */
    return false;
  }
  static const char blank[] = " \t\r\n";
  const char *begin = folded + strspn(folded, blank);
  size_t length = strlen(begin);
  while (length > 0 && strchr(blank, begin[length - 1]) != NULL) {
    length--;
  }
  bool reserved = false;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    reserved = reserved || (length == strlen(own[i]) && memcmp(begin, own[i], length) == 0);
  }
  free(folded);
  return reserved;
}
