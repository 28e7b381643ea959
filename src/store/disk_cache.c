/* The file is a ring: a document goes to its end, over what was put there longest ago. A table in memory leads from a
 * record to its place, in one word each, so that who reads never waits:
 *
 *   place: 34 bits of the record's hash, 22 bits of where in the ring, 8 bits of how long, both in units of 64 bytes
 *
 * The head of what is read names record, stamp and position; nothing inside a document can be taken for a head, since
 * JSON holds no NUL. A position counts from the first byte that was ever put and never comes again. One thread writes
 * at a time. It takes space (`end`) before it writes and says afterwards how far all is written (`whole`), so a
 * document is the one that was put when it was whole before it was read, and its space was not taken again until after
 * that. */
#include "store/disk_cache.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/nameless.h"
#include "contract/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { UNIT = 64, LONGEST = 255, PLACES = 1 << 18, WAYS = 4, WHERE_BITS = 22, LENGTH_BITS = 8, PART_OF_DISK = 8 };

static const uint64_t hash_mask = ~0ULL << (WHERE_BITS + LENGTH_BITS);

struct head {
  uint64_t position; /* in units */
  int64_t pk, stamp;
  uint32_t resource, size;
};

struct disk_cache {
  int file;
  uint64_t units; /* of the ring */
  pthread_mutex_t writing;
  _Atomic uint64_t end, whole;     /* positions: what is before `whole` is written, or given up */
  _Atomic uint64_t first;          /* position: what is before it is given up, since a write failed */
  _Atomic uint64_t places[PLACES]; /* sets of WAYS; 0: none */
};

static int close_file(struct disk_cache *disk_cache) {
  close(disk_cache->file);
  return 0;
}

struct disk_cache *disk_cache_new(const void *parent, const char *folder, size_t bytes) {
  struct statvfs disk;
  int file = nameless_file(folder);
  if (file < 0) {
    return NULL;
  }
  uint64_t room = fstatvfs(file, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize / PART_OF_DISK : 0;
  uint64_t units = (room < bytes ? room : bytes) / UNIT;
  if (units > 1U << WHERE_BITS) {
    units = 1U << WHERE_BITS;
  }
  if (units < (uint64_t)2 * LONGEST) {
    close(file);
    return NULL;
  }
  struct disk_cache *disk_cache = memory_new(parent, struct disk_cache);
  disk_cache->file = file;
  disk_cache->units = units;
  disk_cache->writing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  talloc_set_destructor(disk_cache, close_file);
  return disk_cache;
}

static uint64_t hash_of(const struct resource *resource, int64_t pk) {
  uint64_t hash = ((uint64_t)pk * 8 + resource->index) * 11400714819323198485ULL;
  return hash ^ hash >> 29;
}

static _Atomic uint64_t *set_of(struct disk_cache *disk_cache, uint64_t hash) {
  return &disk_cache->places[hash % (PLACES / WAYS) * WAYS];
}

/* Whether the place held a whole document before it was read, and still did afterwards. `whole` was loaded before.
 * Adding nothing reads the end no earlier than what was read before it, which a plain load may. */
static bool is_of(struct disk_cache *disk_cache, const struct head *head, uint64_t where, uint64_t whole, ssize_t got) {
  return got >= (ssize_t)sizeof *head && (size_t)got - sizeof *head >= head->size &&
         head->position % disk_cache->units == where && head->position < whole &&
         head->position >= atomic_load(&disk_cache->first) &&
         atomic_fetch_add(&disk_cache->end, 0) <= head->position + disk_cache->units;
}

static struct blob *read_place(struct disk_cache *disk_cache, uint64_t place, const struct head *wanted) {
  uint64_t where = place >> LENGTH_BITS & ((1U << WHERE_BITS) - 1);
  size_t length = (place & ((1U << LENGTH_BITS) - 1)) * UNIT;
  struct head head;
  struct blob *document = blob_new(NULL, length - sizeof head);
  struct iovec parts[] = {{&head, sizeof head}, {document->data, document->size}};
  uint64_t whole = atomic_load(&disk_cache->whole);
  ssize_t got = preadv(disk_cache->file, parts, 2, (off_t)(where * UNIT));
  if (!is_of(disk_cache, &head, where, whole, got) || head.pk != wanted->pk || head.stamp != wanted->stamp ||
      head.resource != wanted->resource) {
    blob_drop(document);
    return NULL;
  }
  document->size = head.size;
  document->data[head.size] = '\0';
  return document;
}

struct blob *disk_cache_get(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp) {
  if (disk_cache == NULL) {
    return NULL;
  }
  struct head wanted = {.pk = pk, .stamp = stamp, .resource = (uint32_t)resource->index};
  uint64_t hash = hash_of(resource, pk);
  _Atomic uint64_t *set = set_of(disk_cache, hash);
  for (int i = 0; i < WAYS; i++) {
    uint64_t place = atomic_load(&set[i]);
    if (place != 0 && ((place ^ hash) & hash_mask) == 0) {
      struct blob *document = read_place(disk_cache, place, &wanted);
      if (document != NULL) {
        return document;
      }
    }
  }
  return NULL;
}

/* Space of so many units that does not go over the ring's end. */
static uint64_t take_space(struct disk_cache *disk_cache, uint64_t length) {
  uint64_t position = atomic_load(&disk_cache->end);
  if (position % disk_cache->units + length > disk_cache->units) {
    position += disk_cache->units - position % disk_cache->units;
  }
  atomic_store(&disk_cache->end, position + length);
  return position;
}

/* The record's own place in its set, an empty one, or any. */
static _Atomic uint64_t *place_for(struct disk_cache *disk_cache, uint64_t hash, uint64_t position) {
  _Atomic uint64_t *set = set_of(disk_cache, hash);
  for (int i = 0; i < WAYS; i++) {
    uint64_t there = atomic_load(&set[i]);
    if (there == 0 || ((there ^ hash) & hash_mask) == 0) {
      return &set[i];
    }
  }
  return &set[position % WAYS];
}

void disk_cache_put(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp,
                    const struct blob *document) {
  size_t used = sizeof(struct head) + document->size, length = (used + UNIT - 1) / UNIT;
  if (disk_cache == NULL || length > LONGEST) {
    return;
  }
  static const char padding[UNIT];
  uint64_t hash = hash_of(resource, pk);
  pthread_mutex_lock(&disk_cache->writing);
  struct head head = {take_space(disk_cache, length), pk, stamp, (uint32_t)resource->index, (uint32_t)document->size};
  uint64_t where = head.position % disk_cache->units;
  struct iovec parts[] = {
      {&head, sizeof head}, {(void *)document->data, document->size}, {(void *)padding, length * UNIT - used}};
  /* What the disk has no room for is not kept. It may have got a head without its document, so nothing up to it counts
   * any more. */
  bool written = pwritev(disk_cache->file, parts, 3, (off_t)(where * UNIT)) == (ssize_t)(length * UNIT);
  if (!written) {
    atomic_store(&disk_cache->first, head.position + length);
  }
  atomic_store(&disk_cache->whole, head.position + length);
  if (written) {
    atomic_store(place_for(disk_cache, hash, head.position), (hash & hash_mask) | where << LENGTH_BITS | length);
  }
  pthread_mutex_unlock(&disk_cache->writing);
}
