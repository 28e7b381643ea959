/* Talloc with one rule added: an allocation that fails ends the program at once, with a line for its log. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *memory_checked(void *pointer) {
  if (!pointer) {
    fputs("entente: out of memory\n", stderr);
    abort();
  }
  return pointer;
}

char *memory_copy(const void *parent, const char *text) {
  return memory_checked(talloc_strdup(parent, text));
}

char *memory_slice(const void *parent, const char *text, size_t length) {
  return memory_checked(talloc_strndup(parent, text, length));
}

char *memory_print(const void *parent, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = talloc_vasprintf(parent, format, arguments);
  va_end(arguments);
  return memory_checked(text);
}
