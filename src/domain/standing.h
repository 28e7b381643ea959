/* How an agreement stands on a day: status, flags, current period, last day of notice. Derived from its terms, never
 * typed. */
#ifndef ENTENTE_DOMAIN_STANDING_H
#define ENTENTE_DOMAIN_STANDING_H

#include "domain/partial_date.h"

enum renewal { RENEWAL_NONE, RENEWAL_EXPRESS, RENEWAL_AUTOMATIC };

struct suspension {
  struct partial_date from, until; /* until unknown: goes on */
};

struct terms {
  bool concluded;    /* stage is concluded */
  const char *stage; /* as written; the status while it is not concluded */
  struct partial_date effective_on, concluded_on;
  struct partial_date signed_on; /* the last among the parties */
  struct partial_date ends_on;
  int term_months; /* 0: none */
  bool open_ended;
  enum renewal renewal;
  int renewal_months; /* automatic: length of each further period; 0: as long as the first period where that is a
                         number of whole months, else 12 */
  int renewal_max;    /* automatic: renewals at most; -1: without limit */
  bool notice;        /* a notice is agreed, of … */
  int notice_months, notice_days;  /* … months or days, never both; 0 and 0: until the end itself */
  struct partial_date extended_to; /* the latest ends_on of the extensions: replaces the end of the first period */
  const struct suspension *suspensions;
  size_t suspension_count;
  struct partial_date noticed_on;    /* termination.notice_on: when notice was given */
  struct partial_date terminated_on; /* termination.effective_on: the first day on which it is terminated */
  day superseded_on;                 /* the first day on which a concluded successor is effective, or DAY_NONE */
  const day *events;                 /* the days on which something happened under it (latest day of each event) */
  size_t event_count;
  bool partial; /* some date among the terms is not given to the day */
};

enum flag {
  FLAG_EXPIRING = 1,      /* it ends within the days of the setting, and nothing renews it */
  FLAG_NOTICE_WINDOW = 2, /* automatic renewal comes, and the next last day of notice is within those of the setting */
  FLAG_ENDING = 4,        /* a notice, a termination or a successor ends it */
  FLAG_RENEWED = 8,       /* the current period is not the first */
  FLAG_END_UNKNOWN = 16,  /* no end is known, and open_ended is not stated */
  FLAG_DORMANT = 32,      /* in force, and no event for the months of the setting */
  FLAG_PARTIAL_DATES = 64
};
enum { FLAG_COUNT = 7 };
extern const char *const flag_names[FLAG_COUNT]; /* by bit: "expiring" … */

struct standing {
  const char *status; /* constant, or terms.stage */
  const char
      *rule; /* stage, no_start, superseded, terminated, after_period, before_start, suspended, in_period, no_end */
  unsigned flags;
  const char *missing[4];   /* members that would decide what is unknown, ended by NULL */
  int period_number;        /* 0: there is no current period */
  day period_starts_on;     /* DAY_NONE without a period */
  day period_ends_on;       /* DAY_NONE: no end known, or no period */
  const char *period_basis; /* term, extension, renewal, notice, termination, supersession, open_ended, end_unknown;
                               NULL without a period */
  day notice_on;            /* the next last day on which notice is useful; DAY_NONE: none */
  day notice_for;           /* the last day of the agreement that such a notice brings; DAY_NONE: none */
  day next_change_on;       /* the next day on which the status is another, or DAY_NONE */
  const char *next_status;  /* what it is then, or NULL */
  day due_on;               /* the next day on which anything here but next_* is another, or DAY_NONE */
};

/* How far ahead the flags look. The registry has one such setting, as it has one day: set it before any thread derives.
 */
struct standing_windows {
  int expiring_days, notice_days; /* expiring, notice_window: days before the end, before the last day of notice */
  int dormant_months;             /* dormant: months without an event */
};
#define STANDING_WINDOWS_DEFAULT                                                                                       \
  { 180, 90, 24 }
void standing_set_windows(const struct standing_windows *wanted);
struct standing_windows standing_windows(void);

void standing_on(const struct terms *terms, day on, struct standing *out);

/* The first day of the agreement: effective_on, else concluded_on, else the last signature, each at its earliest; or
 * DAY_NONE. */
day terms_start(const struct terms *terms);

#endif
