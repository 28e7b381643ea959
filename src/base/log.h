/* The log: one line an event on standard error, as text or as JSON, written by a thread of its own. A request
 * waits for a terminal only when that is behind by a whole buffer, since no line is dropped. Lines are complete or
 * absent, never mixed. What a line holds is decided by its caller: never bodies or tokens. */
#ifndef ENTENTE_BASE_LOG_H
#define ENTENTE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct log_field {
  const char *name;
  const char *text; /* NULL: `number` is the value */
  int64_t number;
};

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Starts the log. Before that, and after log_stop, lines are written at once. */
void log_start(bool json);
/* Writes what is left and stops. */
void log_stop(void);

/* A line with fields, the list ended by a field without a name; NULL for none. It is put together in `memory`, for the
 * time of the call; NULL will do. */
void log_event(const void *memory, enum log_level level, const char *message, const struct log_field *fields);
/* A line in words. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
