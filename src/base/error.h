#ifndef ENTENTE_BASE_ERROR_H
#define ENTENTE_BASE_ERROR_H

#include <stdbool.h>

/* A failure in words, for the person who started the program. */
struct error {
  char text[512];
  bool full; /* there was no room on the disk: set by those who say so */
};

/* Writes the words, cut at the buffer's end, and returns false, so that a caller can `return error_set(…)`. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether an errno says that there is no room: the disk is full, or the account has used up its share of it. */
bool error_is_full(int reason);

#endif
