/* A table of sets of four. A place in a set is taken from the entry that was put there longest ago. Documents above a
 * fixed size are not kept, so the number of places bounds the memory. Every document that is put goes to the disk cache
 * as well, and one that is found only there comes back into memory. */
#include "store/documents.h"

#include "base/blob.h"
#include "base/memory.h"
#include "contract/contract.h"
#include "store/disk_cache.h"

enum { WAYS = 4, LARGEST = 16384, TYPICAL = 2048 };

struct entry {
  const struct resource *resource;
  int64_t pk, stamp;
  struct blob *document;
};

struct documents {
  struct entry *entries;
  struct disk_cache *disk_cache;
  size_t entry_sets;
  unsigned turn;
};

static int drop_all(struct documents *documents) {
  for (size_t i = 0; i < documents->entry_sets * WAYS; i++) {
    blob_drop(documents->entries[i].document);
  }
  return 0;
}

struct documents *documents_new(const void *parent, size_t bytes, struct disk_cache *disk_cache) {
  struct documents *documents = memory_new(parent, struct documents);
  documents->disk_cache = disk_cache;
  documents->entry_sets = bytes / TYPICAL / WAYS + 1;
  documents->entries = memory_array(documents, struct entry, documents->entry_sets * WAYS);
  talloc_set_destructor(documents, drop_all);
  return documents;
}

static struct entry *entry_set(struct documents *documents, const struct resource *resource, int64_t pk) {
  uint64_t hash = ((uint64_t)pk * 8 + resource->index) * 11400714819323198485ULL;
  return &documents->entries[(hash >> 20) % documents->entry_sets * WAYS];
}

static void keep(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                 struct blob *document) {
  if (document->size > LARGEST) {
    return;
  }
  struct entry *set = entry_set(documents, resource, pk), *place = &set[documents->turn++ % WAYS];
  for (int i = 0; i < WAYS; i++) {
    if (set[i].document == NULL || (set[i].pk == pk && set[i].resource == resource)) {
      place = &set[i];
    }
  }
  blob_drop(place->document);
  *place = (struct entry){resource, pk, stamp, blob_keep(document)};
}

struct blob *documents_get(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp) {
  struct entry *set = entry_set(documents, resource, pk);
  for (int i = 0; i < WAYS; i++) {
    if (set[i].document != NULL && set[i].pk == pk && set[i].resource == resource && set[i].stamp == stamp) {
      return blob_keep(set[i].document);
    }
  }
  struct blob *document = disk_cache_get(documents->disk_cache, resource, pk, stamp);
  if (document != NULL) {
    keep(documents, resource, pk, stamp, document);
  }
  return document;
}

void documents_put(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                   struct blob *document) {
  keep(documents, resource, pk, stamp, document);
  disk_cache_put(documents->disk_cache, resource, pk, stamp, document);
}
