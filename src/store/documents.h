/* Documents that one reading thread has rendered lately. Nothing here can be stale: an address is believed only while
 * nothing was committed since it was looked up, and a document only while its record has the stamp it was rendered at.
 */
#ifndef ENTENTE_STORE_DOCUMENTS_H
#define ENTENTE_STORE_DOCUMENTS_H

#include "store/resource.h"
#include "store/spill.h"

struct documents;

/* Owned by `parent`; keeps at most about `bytes` of documents, and leaves the rest to `spill`, which may be NULL. */
struct documents *documents_new(const void *parent, size_t bytes, struct spill *spill);

/* Finds a record by id or slug, in the read transaction that is open, or without one when nothing was committed since
 * `commits` was read from the store (before that transaction began). */
bool documents_recall(struct documents *documents, const struct resource *resource, const char *key, uint64_t commits,
                      struct found *found);
void documents_remember(struct documents *documents, const struct resource *resource, const char *key, uint64_t commits,
                        const struct found *found);

/* The document at that stamp: a blob kept for the caller, or NULL when it is not remembered. */
struct blob *documents_get(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp);
void documents_put(struct documents *documents, const struct resource *resource, int64_t pk, int64_t stamp,
                   struct blob *document);

#endif
