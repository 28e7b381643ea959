/* Lines are laid into a buffer under a lock; a thread takes the whole buffer twenty times a second, or when it is half
 * full, and writes it with one call. A buffer that is full makes its writer wait for that thread: no line is dropped.
 * Warnings and errors wake the thread at once. */
#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 18, FLUSH_MS = 50 };

/* The process has one standard error, and so one log. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t wake, drained; /* `wake` is there while it runs */
  pthread_t thread;
  bool running, stopping, json;
  size_t used;
  char buffers[2][BUFFER_SIZE];
  char *buffer, *spare; /* lines go to the one while the other is written */
} log_state = {.buffer = log_state.buffers[0],
               .spare = log_state.buffers[1],
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .drained = PTHREAD_COND_INITIALIZER};

static void write_all(const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(STDERR_FILENO, bytes, size);
    if (written < 0 && errno != EINTR) {
      return; /* nobody can be told */
    }
    if (written > 0) {
      bytes += written;
      size -= (size_t)written;
    }
  }
}

static void *flush_loop(void *unused) {
  (void)unused;
  pthread_mutex_lock(&log_state.lock);
  while (!log_state.stopping || log_state.used > 0) {
    if (log_state.used == 0 || !log_state.stopping) {
      clock_wait(&log_state.wake, &log_state.lock, FLUSH_MS);
    }
    size_t size = log_state.used;
    char *full = log_state.buffer;
    log_state.buffer = log_state.spare;
    log_state.spare = full;
    log_state.used = 0;
    pthread_cond_broadcast(&log_state.drained);
    pthread_mutex_unlock(&log_state.lock);
    write_all(full, size);
    pthread_mutex_lock(&log_state.lock);
  }
  pthread_mutex_unlock(&log_state.lock);
  return NULL;
}

void log_start(bool json) {
  log_state.json = json;
  log_state.stopping = false;
  log_state.running =
      clock_condition(&log_state.wake) && pthread_create(&log_state.thread, NULL, flush_loop, NULL) == 0;
}

void log_stop(void) {
  pthread_mutex_lock(&log_state.lock);
  bool joins = log_state.running;
  log_state.stopping = true;
  log_state.running = false;
  if (joins) {
    pthread_cond_signal(&log_state.wake);
  }
  pthread_mutex_unlock(&log_state.lock);
  if (joins) {
    pthread_join(log_state.thread, NULL);
    pthread_cond_destroy(&log_state.wake);
  }
}

static void submit(enum log_level level, const struct text *line) {
  pthread_mutex_lock(&log_state.lock);
  bool fits = line->length <= BUFFER_SIZE;
  while (log_state.running && fits && log_state.used + line->length > BUFFER_SIZE) {
    pthread_cond_signal(&log_state.wake);
    pthread_cond_wait(&log_state.drained, &log_state.lock);
  }
  if (!log_state.running || !fits) {
    pthread_mutex_unlock(&log_state.lock);
    write_all(line->data, line->length);
    return;
  }
  memcpy(log_state.buffer + log_state.used, line->data, line->length);
  log_state.used += line->length;
  if (level >= LOG_WARN || log_state.used > BUFFER_SIZE / 2) {
    pthread_cond_signal(&log_state.wake);
  }
  pthread_mutex_unlock(&log_state.lock);
}

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const padded_levels[] = {" debug ", " info  ", " warn  ", " error "};

static void add_text_value(struct text *line, const char *value) {
  bool plain = value[0] != '\0' && strpbrk(value, " \"=\\\t\r\n") == NULL;
  for (const char *c = value; plain && *c != '\0'; c++) {
    plain = (unsigned char)*c >= 0x20 && *c != 0x7f;
  }
  if (plain) {
    text_add(line, value);
  } else {
    text_add_json(line, value);
  }
}

static void add_number(struct text *line, int64_t number) {
  char digits[24], *first = digits + sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do {
    *--first = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (number < 0) {
    *--first = '-';
  }
  text_add_bytes(line, first, (size_t)(digits + sizeof digits - first));
}

static void add_head(struct text *line, enum log_level level, const char *message) {
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(clock_now_ms(), now);
  if (log_state.json) {
    text_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", now, level_names[level]);
    text_add_json(line, message);
  } else {
    text_add(line, now);
    text_add(line, padded_levels[level]);
    text_add(line, message);
  }
}

void log_event(const void *memory, enum log_level level, const char *message, const struct log_field *fields) {
  struct text *line = text_new(memory);
  bool json = log_state.json;
  add_head(line, level, message);
  for (const struct log_field *field = fields; field != NULL && field->name != NULL; field++) {
    text_add(line, json ? ",\"" : " ");
    text_add(line, field->name);
    text_add(line, json ? "\":" : "=");
    if (field->text == NULL) {
      add_number(line, field->number);
    } else if (json) {
      text_add_json(line, field->text);
    } else {
      add_text_value(line, field->text);
    }
  }
  text_add(line, json ? "}\n" : "\n");
  submit(level, line);
  talloc_free(line);
}

void log_line(enum log_level level, const char *format, ...) {
  char words[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  log_event(NULL, level, words, NULL);
}
