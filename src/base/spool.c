/* Bytes in memory double their room when it is full; a file takes them as they come. */
#include "base/spool.h"

#include "base/memory.h"
#include "base/nameless.h"

#include <errno.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096, IN_MEMORY = 1024 * 1024, PASSED = 2 * 1024 * 1024 };

static bool write_all(int file, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(file, bytes, size);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes += written < 0 ? 0 : written;
    size -= written < 0 ? 0 : (size_t)written;
  }
  return true;
}

/* Moves what has come by now from memory to a file. */
static bool begin_file(struct spool *spool, const char *beside) {
  char *path = memory_copy(NULL, beside);
  spool->file = nameless_file(dirname(path));
  talloc_free(path);
  if (spool->file < 0) {
    return false;
  }
  spool->filed = true;
  bool fine = write_all(spool->file, spool->bytes, spool->size);
  free(spool->bytes);
  spool->bytes = NULL;
  return fine;
}

static void add_to_memory(struct spool *spool, const char *bytes, size_t size) {
  if (spool->size + size + 1 > spool->capacity) {
    size_t wanted = spool->capacity * 2 > spool->size + size + 1 ? spool->capacity * 2 : spool->size + size + 1;
    spool->capacity = wanted < FIRST_ROOM ? FIRST_ROOM : wanted;
    spool->bytes = memory_checked(realloc(spool->bytes, spool->capacity));
  }
  memcpy(spool->bytes + spool->size, bytes, size);
  spool->bytes[spool->size + size] = '\0';
}

bool spool_add(struct spool *spool, const char *beside, const char *bytes, size_t size) {
  if (!spool->filed && spool->size + size > IN_MEMORY && !begin_file(spool, beside)) {
    return false;
  }
  if (!spool->filed) {
    add_to_memory(spool, bytes, size);
  } else if (!write_all(spool->file, bytes, size)) {
    return false;
  }
  spool->size += size;
  return true;
}

bool spool_put(struct spool *spool, size_t at, const void *bytes, size_t size) {
  if (!spool->filed) {
    memcpy(spool->bytes + at, bytes, size);
    return true;
  }
  return pwrite(spool->file, bytes, size, (off_t)at) == (ssize_t)size;
}

const char *spool_whole(struct spool *spool) {
  if (!spool->filed) {
    return spool->bytes == NULL ? "" : spool->bytes;
  }
  if (spool->bytes != NULL) {
    return spool->bytes;
  }
  /* one byte more, which is a NUL */
  void *bytes = ftruncate(spool->file, (off_t)spool->size + 1) == 0
                    ? mmap(NULL, spool->size + 1, PROT_READ, MAP_SHARED, spool->file, 0)
                    : MAP_FAILED;
  spool->bytes = bytes == MAP_FAILED ? NULL : bytes;
  spool->mapped = bytes == MAP_FAILED ? 0 : spool->size + 1;
  return spool->bytes;
}

void spool_drop(struct spool *spool) {
  if (!spool->filed) {
    free(spool->bytes);
  } else {
    if (spool->bytes != NULL) {
      munmap(spool->bytes, spool->mapped);
    }
    if (spool->file >= 0) {
      close(spool->file);
    }
  }
  *spool = (struct spool){0};
}

/* -- reading on ---------------------------------------------------------------------------------------------------- */

static const char *page_of(const char *at) {
  return at - (uintptr_t)at % (uintptr_t)sysconf(_SC_PAGESIZE);
}

struct passage passage_begin(const char *bytes, bool filed) {
  return (struct passage){filed ? page_of(bytes) : NULL};
}

void passage_reach(struct passage *passage, const char *at) {
  if (passage->kept != NULL && at - passage->kept > PASSED) {
    const char *end = page_of(at);
    /* Only the process's own table of pages: they stay in the system's cache. Refused, they count a while longer. */
    (void)madvise((void *)(uintptr_t)passage->kept, (size_t)(end - passage->kept), MADV_DONTNEED);
    passage->kept = end;
  }
}
