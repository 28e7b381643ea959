/* A body is collected in memory, which grows with what has come, never with what was announced. One on the local socket
 * may be larger than memory should hold: from BODY_IN_MEMORY on it goes to a file without a name beside the database,
 * which is mapped once it is complete. So whoever reads it has bytes in a row either way. */
#include "http/internal.h"

#include "base/memory.h"
#include "base/nameless.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BODY_FIRST_ROOM = 4096, BODY_IN_MEMORY = 1024 * 1024 };

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
static bool begin_file(struct body *body, const char *beside) {
  char *path = memory_copy(NULL, beside);
  body->file = nameless_file(dirname(path));
  talloc_free(path);
  if (body->file < 0) {
    return false;
  }
  body->filed = true;
  bool fine = write_all(body->file, body->bytes, body->size);
  free(body->bytes);
  body->bytes = NULL;
  return fine;
}

static void add_to_memory(struct body *body, const char *bytes, size_t size) {
  if (body->size + size + 1 > body->capacity) {
    size_t wanted = body->capacity * 2 > body->size + size + 1 ? body->capacity * 2 : body->size + size + 1;
    body->capacity = wanted < BODY_FIRST_ROOM ? BODY_FIRST_ROOM : wanted;
    body->bytes = memory_checked(realloc(body->bytes, body->capacity));
  }
  memcpy(body->bytes + body->size, bytes, size);
  body->bytes[body->size + size] = '\0';
}

bool body_add(struct body *body, const char *beside, const char *bytes, size_t size) {
  bool large = beside != NULL && body->size + size > BODY_IN_MEMORY;
  if (large && !body->filed && !begin_file(body, beside)) {
    return false;
  }
  if (!body->filed) {
    add_to_memory(body, bytes, size);
  } else if (!write_all(body->file, bytes, size)) {
    return false;
  }
  body->size += size;
  return true;
}

const char *body_whole(struct body *body) {
  if (!body->filed) {
    return body->bytes == NULL ? "" : body->bytes;
  }
  /* one byte more, which is a NUL */
  void *bytes = ftruncate(body->file, (off_t)body->size + 1) == 0
                    ? mmap(NULL, body->size + 1, PROT_READ, MAP_PRIVATE, body->file, 0)
                    : MAP_FAILED;
  body->bytes = bytes == MAP_FAILED ? NULL : bytes;
  return body->bytes;
}

void body_drop(struct body *body) {
  if (!body->filed) {
    free(body->bytes);
    return;
  }
  if (body->bytes != NULL) {
    munmap(body->bytes, body->size + 1);
  }
  close(body->file);
}
