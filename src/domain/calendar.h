/* What people's calendars are told of an agreement (RFC 5545, in the dialect that Outlook, Google and Apple all read):
 * the end of its current period, the last day to give notice, and half a year before the end the day to look at it
 * again. All-day events, with alarms.
 *
 * The same agreement gives the same bytes: no clock is read here. An event's UID is made of the agreement and of what
 * the event is, so that it stays one event that moves when the period is another, and SEQUENCE says which is newer. */
#ifndef ENTENTE_DOMAIN_CALENDAR_H
#define ENTENTE_DOMAIN_CALENDAR_H

#include "domain/day.h"

#include <stdint.h>

struct text;

/* Of an agreement that goes on for longer nothing is told: few programs know such years, and libical writes none. */
extern const char calendar_last[DAY_SIZE];

struct calendar_agreement {
  const char *id;
  const char *title;
  const char *details;                 /* further lines for people */
  day starts_on, ends_on;              /* of the current period; ends_on DAY_NONE: there is nothing to tell */
  day notice_on;                       /* or DAY_NONE */
  int64_t revision;                    /* grows with every change of anything here */
  const char *created_at, *updated_at; /* 2026-04-01T09:30:00.000Z */
};

/* The head of a calendar with that name, its events, its end: each adds whole lines, which end in CR LF and have 75
 * bytes at most. Text is valid UTF-8 of any kind and length. Any thread. */
void calendar_begin(struct text *out, const char *name);
void calendar_add(struct text *out, const struct calendar_agreement *agreement);
void calendar_end(struct text *out);

/* The library that writes them, for the log: "3.0". */
const char *calendar_library(void);

#endif
