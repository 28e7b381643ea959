/* A failure is one line of text in a buffer of the caller; there is nothing to free and nothing to look up. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  error->full = false;
  return false;
}

bool error_is_full(int reason) {
  return reason == ENOSPC || reason == EDQUOT;
}
