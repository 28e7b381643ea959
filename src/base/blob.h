/* Bytes that outlive the request that made them: counted, so that a cache and a socket that is still sending can share
 * them. The bytes never change once a second owner holds them. */
#ifndef ENTENTE_BASE_BLOB_H
#define ENTENTE_BASE_BLOB_H

#include <stddef.h>

struct blob {
  size_t owners; /* use blob_keep and blob_drop */
  size_t size;
  char data[]; /* ended by a NUL that is not counted */
};

/* A copy of `size` bytes with one owner; with `bytes` NULL, uninitialised. */
struct blob *blob_new(const void *bytes, size_t size);
/* One more owner; returns the same blob. Safe from any thread. */
struct blob *blob_keep(struct blob *blob);
/* One owner less; frees with the last. NULL is allowed. Safe from any thread. */
void blob_drop(struct blob *blob);

#endif
