/* Allowances of so many a minute, each for a key: an address, a token. What is unused gathers up to one minute's worth;
 * what is spent comes back evenly. Any thread. */
#ifndef ENTENTE_BASE_LIMITER_H
#define ENTENTE_BASE_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter;

enum { LIMITER_MOST = 10000000 };

struct allowance {
  bool taken;
  int64_t left;    /* how many more would be taken now */
  int64_t wait_ns; /* until one is, if none is left; else until all of the allowance is there again */
};

/* Room for about `keys` keys, 16 bytes each, never more. Owned by `parent` (talloc). */
struct limiter *limiter_new(const void *parent, size_t keys);
/* Takes one from the key's allowance of `per_minute` (1 to LIMITER_MOST), if there is one. `now_ns` is a clock that
 * never runs backwards. */
struct allowance limiter_take(struct limiter *limiter, const void *key, size_t size, unsigned per_minute,
                              int64_t now_ns);

#endif
