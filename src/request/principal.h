/* Who is calling. */
#ifndef ENTENTE_REQUEST_PRINCIPAL_H
#define ENTENTE_REQUEST_PRINCIPAL_H

#include "base/clock.h"
#include "base/typeid.h"
#include "contract/contract.h"

#include <stdbool.h>
#include <stdint.h>

struct quota {
  bool set; /* else what holds for all */
  unsigned per_minute;
};

struct principal {
  enum role role;
  char id[TYPEID_SIZE];
  struct quota requests, writes;
  char expires_at[CLOCK_TIMESTAMP_SIZE]; /* of the token or the session, whichever ends first; "" for never */
  int64_t ends_ms;                       /* the same instant; far away for never */
  int64_t session;                       /* the session that the cookie names; 0: came by another way */
  char name[801]; /* of the token: 200 characters, of four bytes at most; last, see principal_take */
};

/* Makes a principal another. Of a name only what there is is copied, as every request with a token comes by here. */
void principal_take(struct principal *to, const struct principal *from);

/* "reader"; "" for none. */
const char *role_name(enum role role);
/* The role of that name; ROLE_NONE when there is none of it. */
enum role role_named(const char *name);

#endif
