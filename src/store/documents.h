/* Documents that one reading thread has rendered lately. Nothing here can be stale: a document is believed only while
 * its record has the stamp it was rendered at. */
#ifndef ENTENTE_STORE_DOCUMENTS_H
#define ENTENTE_STORE_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

struct blob;
struct documents;
struct resource;
struct disk_cache;

/* Owned by `parent`; keeps at most about `bytes` of documents, and leaves the rest to `disk_cache`, which may be NULL.
 */
struct documents *documents_new(const void *parent, size_t bytes, struct disk_cache *disk_cache);

/* The document at that stamp: a blob kept for the caller, or NULL when it is not remembered. */
struct blob *documents_get(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp);
void documents_put(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                   struct blob *document);

#endif
