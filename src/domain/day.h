/* Calendar days: the proleptic Gregorian calendar (ISO 8601), counted from 1970-01-01. */
#ifndef ENTENTE_DOMAIN_DAY_H
#define ENTENTE_DOMAIN_DAY_H

#include <stdbool.h>
#include <stdint.h>

typedef int32_t day;

#define DAY_NONE  INT32_MIN
#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST  2932896   /* 9999-12-31 */

enum { DAY_SIZE = 11 };

/* Days in that month of that year. */
int days_in_month(int year, int month);
/* The same day of the month `months` later (or earlier), or the month's last day when it has no such day. Counted from
 * `value` each time, so that repeated sums should add to the months, not to the result. What would lie outside
 * DAY_FIRST … DAY_LAST is the nearer of the two. */
day day_add_months(day value, int months);
/* YYYY-MM-DD, for days from DAY_FIRST to DAY_LAST. */
void day_print(day value, char out[DAY_SIZE]);
/* Reads exactly YYYY-MM-DD, a day that exists, years 0001 to 9999. */
bool day_read(const char *text, day *out);

#endif
