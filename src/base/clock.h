/* Time. Instants are milliseconds since 1970-01-01T00:00:00Z; the registry's calendar day is taken in its time zone. */
#ifndef ENTENTE_BASE_CLOCK_H
#define ENTENTE_BASE_CLOCK_H

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_now_ms(void);
/* Nanoseconds that never run backwards, for measuring. */
int64_t clock_monotonic_ns(void);
/* Nanoseconds for which this thread has had a processor. */
int64_t clock_thread_ns(void);

/* Makes a condition for clock_wait; the caller destroys it. False when the system has none to give. */
bool clock_condition(pthread_cond_t *condition);
/* Waits for the condition, so many milliseconds at most, wherever the wall clock is set meanwhile. As with every
 * condition, what is waited for may not be there afterwards. */
void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned ms);

enum { CLOCK_TIMESTAMP_SIZE = 25, CLOCK_DAY_SIZE = 11 };

/* RFC 3339 in UTC with milliseconds: 2026-04-01T09:30:00.000Z. What lies after the year 9999 is its last instant. */
void clock_timestamp(int64_t ms, char out[CLOCK_TIMESTAMP_SIZE]);

/* Reads an RFC 3339 timestamp whose form was checked (an offset or Z, seconds, optionally a fraction). */
bool clock_read_timestamp(const char *text, int64_t *ms);

/* Sets the zone in which days turn (IANA name) before any thread starts. Fails when the system does not know it. */
bool clock_set_zone(const char *name, struct error *error);
/* Fixes the calendar day (YYYY-MM-DD, already checked) for tests; NULL lets it run. */
void clock_fix_day(const char *day);
/* Today in the registry's zone, as days since 1970-01-01. */
int32_t clock_today(void);

#endif
