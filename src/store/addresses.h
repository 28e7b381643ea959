/* Where ids and slugs have lately led, for all threads. Nothing here can be stale: an address is believed only while
 * its record has not changed since it was looked up. */
#ifndef ENTENTE_STORE_ADDRESSES_H
#define ENTENTE_STORE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addresses;
struct changes;
struct resource;

/* What is needed of a record to answer with its document, or to say that it has not changed. */
struct address {
  int64_t pk, stamp;
};

/* Room for `count` addresses, 32 bytes each. Owned by `parent`, and must not outlive `changes`. */
struct addresses *addresses_new(const void *parent, size_t count, const struct changes *changes);

/* `key` is an id or a slug. */
bool addresses_recall(struct addresses *addresses, const struct resource *resource, const char *key,
                      struct address *address);
/* `commits` is what store_commits said before the transaction began in which the address was looked up. */
void addresses_remember(struct addresses *addresses, const struct resource *resource, const char *key, uint64_t commits,
                        struct address address);

#endif
