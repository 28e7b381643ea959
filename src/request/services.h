/* What the process has one of, for everything that answers a request. api/api.c makes it once; it is read by all
 * threads and changed by none. */
#ifndef ENTENTE_REQUEST_SERVICES_H
#define ENTENTE_REQUEST_SERVICES_H

#include <stdbool.h>

struct addresses;
struct contract;
struct revocations;
struct feed;
struct limits;
struct snapshots;
struct disk_cache;
struct store;
struct text;
struct tickets;

/* How things are to be. Zeroes do where nobody calls from the network. */
struct service_options {
  /* How far ahead flags look (domain/standing.h); 0: as the registry has it. */
  unsigned expiring_days, notice_days, dormant_months;
  bool match_required; /* a change of what exists must say which state it is for (If-Match): else 428 */
  bool open;           /* callers without a token may read what is public */
  /* A minute for each address or token; 0: without limit, and of a token what it says itself. */
  unsigned address_requests, address_writes; /* without a token */
  unsigned sign_in_failures;                 /* with credentials that are refused, by address */
  unsigned token_requests, token_writes;     /* where the token itself says nothing */
  unsigned session_idle_seconds;             /* after so long unused a session ends … */
  unsigned session_life_seconds;             /* … and after so long in any case */
  unsigned webhook_retry_seconds;            /* to the second attempt; the further pauses are in proportion */
  bool webhook_loopback;                     /* receivers on this machine are taken, over http too */
};

struct services {
  const struct contract *contract;
  struct store *store;
  struct service_options options;
  struct limits *limits;           /* access/limits.h */
  struct revocations *revocations; /* access/revocation.h */
  struct tickets *tickets;         /* access/tickets.h */
  struct snapshots *snapshots;     /* request/snapshots.h */
  struct feed *feed;               /* changes/feed.h */
  struct addresses *addresses;     /* store/addresses.h */
  struct disk_cache *disk_cache;   /* store/disk_cache.h */
  char build_tag[9];               /* stands for everything that decides how a document is written */
  /* Adds the transport's metrics as Prometheus text; NULL when there is no transport. */
  void (*add_metrics)(void *argument, struct text *out);
  void *metrics_argument;
};

#endif
