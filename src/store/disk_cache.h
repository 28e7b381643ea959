/* Rendered documents that memory has no room for, in a file without a name that ends with the process. For all threads.
 * It may forget, it may never be wrong: a document is given back only for the record and the stamp it was put for. */
#ifndef ENTENTE_STORE_DISK_CACHE_H
#define ENTENTE_STORE_DISK_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct blob;
struct resource;
struct disk_cache;

/* Makes the file in `folder`, of `bytes` at most; an eighth of what is free on the disk if that is less. Owned by
 * `parent`. NULL when there can be no such file, which every function here takes for a cache that forgets all. */
struct disk_cache *disk_cache_new(const void *parent, const char *folder, size_t bytes);

/* A new blob, or NULL. */
struct blob *disk_cache_get(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp);
void disk_cache_put(struct disk_cache *disk_cache, const struct resource *resource, int64_t pk, int64_t stamp,
                    const struct blob *document);

#endif
