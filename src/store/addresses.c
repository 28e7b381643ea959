/* Sets of four entries. A key is known by its SipHash under a secret of this process, so that nobody can make two keys
 * that are taken for one another. A set is guarded by one of a few locks. */
#include "store/addresses.h"

#include "base/memory.h"
#include "contract/contract.h"
#include "store/changes.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

enum { WAYS = 4, LOCKS = 64 };

struct entry {
  uint64_t key, commits;
  struct address address; /* pk 0: none */
};

struct addresses {
  unsigned char secret[crypto_shorthash_KEYBYTES];
  const struct changes *changes;
  pthread_mutex_t locks[LOCKS];
  size_t sets;
  struct entry *entries;
};

/* Where a key's entry is, if it is. */
struct slot {
  uint64_t key;
  struct entry *set;
  pthread_mutex_t *lock;
};

struct addresses *addresses_new(const void *parent, size_t count, const struct changes *changes) {
  struct addresses *addresses = memory_new(parent, struct addresses);
  randombytes_buf(addresses->secret, sizeof addresses->secret);
  addresses->changes = changes;
  for (int i = 0; i < LOCKS; i++) {
    addresses->locks[i] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  }
  addresses->sets = count / WAYS + 1;
  addresses->entries = memory_array(addresses, struct entry, addresses->sets * WAYS);
  return addresses;
}

static struct slot find(struct addresses *addresses, const struct resource *resource, const char *key) {
  uint64_t hash;
  crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key, strlen(key), addresses->secret);
  hash += resource->index;
  size_t set = (hash >> 20) % addresses->sets;
  return (struct slot){hash, &addresses->entries[set * WAYS], &addresses->locks[set % LOCKS]};
}

static bool holds(const struct addresses *addresses, const struct resource *resource, const struct entry *entry) {
  return changes_none(addresses->changes, resource->table, entry->address.pk, entry->commits);
}

bool addresses_recall(struct addresses *addresses, const struct resource *resource, const char *key,
                      struct address *address) {
  struct slot slot = find(addresses, resource, key);
  struct entry found = {0};
  pthread_mutex_lock(slot.lock);
  for (int i = 0; i < WAYS; i++) {
    if (slot.set[i].key == slot.key && slot.set[i].address.pk != 0) {
      found = slot.set[i];
    }
  }
  pthread_mutex_unlock(slot.lock);
  *address = found.address;
  return found.address.pk != 0 && holds(addresses, resource, &found);
}

/* Takes the place of the same key, or an empty one, or else a neighbour's. */
void addresses_remember(struct addresses *addresses, const struct resource *resource, const char *key, uint64_t commits,
                        struct address address) {
  struct slot slot = find(addresses, resource, key);
  pthread_mutex_lock(slot.lock);
  struct entry *taken = &slot.set[address.pk % WAYS];
  for (int i = WAYS - 1; i >= 0; i--) {
    if (slot.set[i].key == slot.key) {
      taken = &slot.set[i];
      break;
    }
    if (slot.set[i].address.pk == 0) {
      taken = &slot.set[i];
    }
  }
  *taken = (struct entry){slot.key, commits, address};
  pthread_mutex_unlock(slot.lock);
}
