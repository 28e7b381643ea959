/* Private to the store: a span of days that is short enough to look up each of them. */
#ifndef ENTENTE_STORE_SPAN_H
#define ENTENTE_STORE_SPAN_H

#include "store/selection.h"

#include <stdbool.h>

enum {
  SPAN_MOST = 64,  /* days that are looked up one by one in about the time of a page */
  SPAN_SIZE = 1000 /* bytes of their JSON */
};

/* Writes a JSON array of every partial date that stands, as a text, between two of them, those among them; and perhaps
 * some more. False when that is more than SPAN_MOST days. */
bool span_write(const char *low, const char *high, char out[SPAN_SIZE]);

/* The same for the days that the condition's column has within all bounds that are set for it. */
bool span_read(struct db *db, const struct selection *selection, const struct condition *condition,
               char out[SPAN_SIZE]);

#endif
