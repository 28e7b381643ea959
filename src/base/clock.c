/* The system's clocks, and one calendar: the zone is the process's TZ, set once before threads start; the day is
 * computed from the local civil date without passing through another zone's midnight. */
#include "base/clock.h"

#include "base/civil.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The last instant that four digits of a year can name. */
static const int64_t LAST_MS = 253402300799999;

/* Days since 1970-01-01 when fixed, INT32_MIN while the day runs. The process truly has one calendar. */
static _Atomic int32_t fixed_day = INT32_MIN;

int64_t clock_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_thread_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

bool clock_condition(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0) {
    return false;
  }
  bool made =
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
  pthread_condattr_destroy(&attributes);
  return made;
}

void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned ms) {
  int64_t until = clock_monotonic_ns() + ms * 1000000LL;
  const struct timespec instant = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
  (void)pthread_cond_timedwait(condition, lock, &instant);
}

static void put_digits(char *out, int count, int value) {
  for (int i = count - 1; i >= 0; i--, value /= 10) {
    out[i] = (char)('0' + value % 10);
  }
}

/* By our own arithmetic: every line of the log has one, gmtime takes a lock that all threads share, and printf took a
 * tenth of a request's time. */
void clock_timestamp(int64_t ms, char out[CLOCK_TIMESTAMP_SIZE]) {
  enum { MS_OF_DAY = 24 * 60 * 60 * 1000 };
  ms = ms < LAST_MS ? ms : LAST_MS;
  int64_t day = ms / MS_OF_DAY - (ms % MS_OF_DAY < 0);
  int year, month, day_of_month, rest = (int)(ms - day * MS_OF_DAY);
  civil_of_day((int)day, &year, &month, &day_of_month);
  memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TIMESTAMP_SIZE);
  put_digits(out, 4, year);
  put_digits(out + 5, 2, month);
  put_digits(out + 8, 2, day_of_month);
  put_digits(out + 11, 2, rest / 3600000);
  put_digits(out + 14, 2, rest / 60000 % 60);
  put_digits(out + 17, 2, rest / 1000 % 60);
  put_digits(out + 20, 3, rest % 1000);
}

bool clock_set_zone(const char *name, struct error *error) {
  char path[256];
  bool plain = name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL && strchr(name, ':') == NULL;
  snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
  if (!plain || access(path, R_OK) != 0) {
    if (strcmp(name, "UTC") != 0) {
      return error_set(error, "unknown time zone \"%s\": use an IANA name such as Asia/Tokyo (package tzdata)", name);
    }
  }
  if (setenv("TZ", name, 1) != 0) {
    return error_set(error, "cannot set the time zone");
  }
  tzset();
  return true;
}

bool clock_read_timestamp(const char *text, int64_t *ms) {
  int year, month, day, hour, minute, second, used = 0;
  if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6) {
    return false;
  }
  const char *rest = text + used;
  int64_t fraction = 0;
  if (*rest == '.') {
    int64_t scale = 100;
    for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10) {
      fraction += (*rest - '0') * scale;
    }
  }
  int offset_hours = 0, offset_minutes = 0;
  bool offset_given = *rest == '+' || *rest == '-';
  if (offset_given ? sscanf(rest + 1, "%2d:%2d", &offset_hours, &offset_minutes) != 2 : *rest != 'Z' && *rest != 'z') {
    return false;
  }
  int64_t offset = ((int64_t)offset_hours * 60 + offset_minutes) * (*rest == '-' ? -60 : 60);
  int64_t days = civil_to_day(year, month, day);
  *ms = (((days * 24 + hour) * 60 + minute) * 60 + second - offset) * 1000 + fraction;
  return true;
}

void clock_fix_day(const char *day) {
  int year, month, day_of_month;
  if (day != NULL && sscanf(day, "%4d-%2d-%2d", &year, &month, &day_of_month) == 3) {
    atomic_store(&fixed_day, civil_to_day(year, month, day_of_month));
  } else {
    atomic_store(&fixed_day, INT32_MIN);
  }
}

int32_t clock_today(void) {
  int32_t fixed = atomic_load(&fixed_day);
  if (fixed != INT32_MIN) {
    return fixed;
  }
  time_t now = time(NULL);
  struct tm local;
  localtime_r(&now, &local);
  return civil_to_day(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}
