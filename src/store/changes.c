/* A table of commit numbers by a hash of table and key, each the last that touched any of the rows which share it. A
 * number is raised while the change is not committed yet: until the commit is counted, everybody looks the row up, and
 * what they find is remembered with the number before. */
#include "store/changes.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdatomic.h>

enum { PLACES = 1 << 16 };

struct changes {
  _Atomic uint64_t last[PLACES];
};

struct changes *changes_new(const void *parent) {
  return memory_new(parent, struct changes);
}

static size_t place_of(uint64_t table, int64_t pk) {
  uint64_t hash = (table + (uint64_t)pk) * 11400714819323198485ULL;
  return (hash ^ hash >> 32) % PLACES;
}

void changes_note(struct changes *changes, const char *table, int64_t pk, uint64_t commit) {
  uint64_t hash = hash_text(HASH_START, table);
  atomic_store(&changes->last[place_of(hash, pk)], commit);
  atomic_store(&changes->last[place_of(hash, 0)], commit);
}

bool changes_none(const struct changes *changes, const char *table, int64_t pk, uint64_t commits) {
  return atomic_load(&changes->last[place_of(hash_text(HASH_START, table), pk)]) <= commits;
}
