/* One listener at most: the command that starts the process. */
#include "base/starting.h"

#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static bool (*listener)(void *argument, const char *line);
static void *listener_argument;

bool starting_tell(const char *format, ...) {
  char line[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  log_line(LOG_INFO, "%s", line);
  return listener == NULL || listener(listener_argument, line);
}

void starting_listen(bool (*tell)(void *argument, const char *line), void *argument) {
  listener = tell;
  listener_argument = argument;
}
