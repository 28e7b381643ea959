/* A counter beside the bytes, in one allocation. */
#include "base/blob.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct blob *blob_new(const void *bytes, size_t size) {
  struct blob *blob = memory_checked(malloc(sizeof *blob + size + 1));
  blob->owners = 1;
  blob->size = size;
  if (bytes != NULL) {
    memcpy(blob->data, bytes, size);
  }
  blob->data[size] = '\0';
  return blob;
}

struct blob *blob_keep(struct blob *blob) {
  __atomic_add_fetch(&blob->owners, 1, __ATOMIC_RELAXED);
  return blob;
}

void blob_drop(struct blob *blob) {
  if (blob != NULL && __atomic_sub_fetch(&blob->owners, 1, __ATOMIC_ACQ_REL) == 0) {
    free(blob);
  }
}
