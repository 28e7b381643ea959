/* A partial date is the interval of days it stands for. A text of 4, 7 or 10 characters is completed with month 01 and
 * day 01 to the first of them; the last is the day before the same day a year or a month later. Everything else about a
 * date (its digits, its hyphens, whether it exists) is asked of `day_read`. */
#include "domain/partial_date.h"

#include <string.h>

enum { YEAR_LENGTH = 4, MONTH_LENGTH = 7, DAY_LENGTH = 10 };

bool partial_date_read(const char *text, size_t length, struct partial_date *out) {
  if (length != YEAR_LENGTH && length != MONTH_LENGTH && length != DAY_LENGTH) {
    return false;
  }
  char first_text[DAY_SIZE] = "0000-01-01";
  memcpy(first_text, text, length);
  day first;
  if (!day_read(first_text, &first)) {
    return false;
  }
  day last = first;
  if (length < DAY_LENGTH) {
    last = day_add_months(first, length == YEAR_LENGTH ? 12 : 1);
  }
  /* The calendar ends with 9999-12-31, which is then not the day after anything. */
  if (length < DAY_LENGTH && last != DAY_LAST) {
    last--;
  }
  *out = (struct partial_date){.known = true, .whole = length == DAY_LENGTH, .first = first, .last = last};
  return true;
}
