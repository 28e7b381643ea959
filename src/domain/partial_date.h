/* Partial dates: YYYY, YYYY-MM or YYYY-MM-DD (EDTF level 0, ISO 8601-2), each standing for its whole interval. */
#ifndef ENTENTE_DOMAIN_PARTIAL_DATE_H
#define ENTENTE_DOMAIN_PARTIAL_DATE_H

#include "domain/day.h"

#include <stdbool.h>
#include <stddef.h>

/* A date that may be absent (`known` false). */
struct partial_date {
  bool known;
  bool whole; /* given to the day */
  day first, last;
};

enum { PARTIAL_DATE_SIZE = 11 };

/* Reads the three forms and nothing else; impossible dates are refused. `text` need not end with a NUL. */
bool partial_date_read(const char *text, size_t length, struct partial_date *out);

enum loose_result { LOOSE_READ, LOOSE_AMBIGUOUS, LOOSE_UNREADABLE };

/* Reads what people write in tables, too: 2019/7, 2019.7.1, 2019年7月1日, 令和8年4月1日 (also R8.4.1), 民國115年4月1日,
 * full-width digits, 元年. What could be read two ways (115/4/1, 4/1/2026) is ambiguous. Eras: 明治, 大正, 昭和, 平成,
 * 令和, each from its first day on. `out` gets the partial date in its standard form. */
enum loose_result partial_date_read_loose(const char *text, char out[PARTIAL_DATE_SIZE]);

/* What an ambiguous text could mean, for people: "2026-04-01 (民國115)". Empty for others, and where nothing that it
 * could mean exists. */
enum { PARTIAL_DATE_MEANINGS = 256 };
void partial_date_meanings(const char *text, char out[PARTIAL_DATE_MEANINGS]);

/* Whether the year of a date (a partial date, or RFC 3339) is doubtful: before 1800 or after 2200. Then `out` is the
 * rest of a sentence that says so, and which day is meant if the year is one of the Buddhist era, a Japanese imperial
 * year or a year of Minguo. */
enum { PARTIAL_DATE_DOUBT = 256 };
bool partial_date_doubt(const char *text, char out[PARTIAL_DATE_DOUBT]);

#endif
