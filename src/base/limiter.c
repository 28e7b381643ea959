/* The generic cell rate algorithm: of a key nothing is kept but the instant at which its allowance will be whole again.
 * Each use moves that on by a minute's n-th part; a use that would move it beyond a minute from now is refused.
 *
 * Keys lie in sets of a fixed size. Which set, nobody can tell from outside (SipHash under a secret of this process). A
 * key that is new to a set whose places are all in use takes the place of the one that is nearest to being whole, and
 * that one's debt with it. So nobody gets an allowance back by being driven out: a key is never taken for less spent
 * than it is, however many others come, and what a flood of keys costs the others is at most what the least spent of a
 * set has spent. */
#include "base/limiter.h"

#include "base/memory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { WAYS = 8, LOCKS = 64 };

static const int64_t minute_ns = 60000000000;

struct entry {
  uint64_t key;
  int64_t whole_at; /* in the past: as good as no entry */
};

struct limiter {
  unsigned char secret[crypto_shorthash_KEYBYTES];
  pthread_mutex_t locks[LOCKS];
  size_t sets;
  struct entry *entries;
};

static int release(struct limiter *limiter) {
  free(limiter->entries);
  return 0;
}

struct limiter *limiter_new(const void *parent, size_t keys) {
  struct limiter *limiter = memory_new(parent, struct limiter);
  randombytes_buf(limiter->secret, sizeof limiter->secret);
  for (int i = 0; i < LOCKS; i++) {
    limiter->locks[i] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  }
  limiter->sets = keys / WAYS + 1;
  /* Not talloc's zeroes: these pages take no memory before they are used. */
  limiter->entries = memory_checked(calloc(limiter->sets * WAYS, sizeof *limiter->entries));
  talloc_set_destructor(limiter, release);
  return limiter;
}

/* The key's own entry, or the one whose place it takes. */
static struct entry *place_in(struct entry *set, uint64_t key) {
  struct entry *least = set;
  for (int i = 0; i < WAYS; i++) {
    if (set[i].key == key) {
      return &set[i];
    }
    if (set[i].whole_at < least->whole_at) {
      least = &set[i];
    }
  }
  return least;
}

struct allowance limiter_take(struct limiter *limiter, const void *key, size_t size, unsigned per_minute,
                              int64_t now_ns) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, key, size, limiter->secret);
  size_t set = (hash >> 20) % limiter->sets;
  int64_t each = minute_ns / per_minute, all = each * per_minute;
  pthread_mutex_t *lock = &limiter->locks[set % LOCKS];
  pthread_mutex_lock(lock);
  struct entry *entry = place_in(&limiter->entries[set * WAYS], hash);
  int64_t spent = entry->whole_at > now_ns ? entry->whole_at - now_ns : 0;
  bool taken = spent + each <= all;
  if (taken) {
    spent += each;
    *entry = (struct entry){hash, now_ns + spent};
  }
  pthread_mutex_unlock(lock);
  int64_t left = spent + each <= all ? (all - spent) / each : 0;
  return (struct allowance){taken, left, left > 0 ? spent : spent + each - all};
}
