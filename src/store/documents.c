/* Two tables of sets of four: addresses (resource and key → pk and stamp) and documents (resource and pk → bytes). A
 * place in a set is taken from the entry that was put there longest ago. Documents above a fixed size are not kept, so
 * the number of places bounds the memory. Every document that is put goes to the spill as well, and one that is found
 * only there comes back into memory. */
#include "store/documents.h"

#include "base/blob.h"
#include "base/memory.h"

#include <string.h>

enum { WAYS = 4, LARGEST = 16384, TYPICAL = 2048, KEY_SIZE = 65, ADDRESSES_PER_DOCUMENT = 2 };

struct address {
  const struct resource *resource;
  uint64_t commits;
  struct found found;
  char key[KEY_SIZE];
};

struct entry {
  const struct resource *resource;
  int64_t pk, stamp;
  struct blob *document;
};

struct documents {
  struct address *addresses;
  struct entry *entries;
  struct spill *spill;
  size_t address_sets, entry_sets;
  unsigned turn;
};

static int drop_all(struct documents *documents) {
  for (size_t i = 0; i < documents->entry_sets * WAYS; i++) {
    blob_drop(documents->entries[i].document);
  }
  return 0;
}

struct documents *documents_new(const void *parent, size_t bytes, struct spill *spill) {
  struct documents *documents = memory_new(parent, struct documents);
  documents->spill = spill;
  documents->entry_sets = bytes / TYPICAL / WAYS + 1;
  documents->address_sets = documents->entry_sets * ADDRESSES_PER_DOCUMENT;
  documents->entries = memory_array(documents, struct entry, documents->entry_sets * WAYS);
  documents->addresses = memory_array(documents, struct address, documents->address_sets * WAYS);
  talloc_set_destructor(documents, drop_all);
  return documents;
}

static struct address *address_set(struct documents *documents, const struct resource *resource, const char *key) {
  uint64_t hash = 14695981039346656037ULL + resource->index;
  for (; *key != '\0'; key++) {
    hash = (hash ^ (unsigned char)*key) * 1099511628211ULL;
  }
  return &documents->addresses[(hash ^ hash >> 32) % documents->address_sets * WAYS];
}

static struct entry *entry_set(struct documents *documents, const struct resource *resource, int64_t pk) {
  uint64_t hash = ((uint64_t)pk * 8 + resource->index) * 11400714819323198485ULL;
  return &documents->entries[(hash >> 20) % documents->entry_sets * WAYS];
}

bool documents_recall(struct documents *documents, const struct resource *resource, const char *key, uint64_t commits,
                      struct found *found) {
  struct address *set = address_set(documents, resource, key);
  for (int i = 0; i < WAYS; i++) {
    if (set[i].resource == resource && set[i].commits == commits && strcmp(set[i].key, key) == 0) {
      *found = set[i].found;
      return true;
    }
  }
  return false;
}

void documents_remember(struct documents *documents, const struct resource *resource, const char *key, uint64_t commits,
                        const struct found *found) {
  if (strlen(key) >= KEY_SIZE) {
    return;
  }
  struct address *set = address_set(documents, resource, key), *place = &set[documents->turn++ % WAYS];
  for (int i = 0; i < WAYS; i++) {
    if (set[i].resource == resource && strcmp(set[i].key, key) == 0) {
      place = &set[i];
    }
  }
  place->resource = resource;
  place->commits = commits;
  place->found = *found;
  memcpy(place->key, key, strlen(key) + 1);
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
  struct blob *document = spill_get(documents->spill, resource, pk, stamp);
  if (document != NULL) {
    keep(documents, resource, pk, stamp, document);
  }
  return document;
}

void documents_put(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                   struct blob *document) {
  keep(documents, resource, pk, stamp, document);
  spill_put(documents->spill, resource, pk, stamp, document);
}
