/* Bytes that come piece by piece and are read as a whole afterwards: in memory while they are few, then in a file
 * without a name, which is mapped once it is complete. So whoever reads them has them in a row either way. */
#ifndef ENTENTE_BASE_SPOOL_H
#define ENTENTE_BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: nothing has come. */
struct spool {
  char *bytes; /* in memory, or of the file once it is mapped; or NULL */
  size_t size, capacity;
  size_t mapped; /* bytes that are mapped */
  bool filed;    /* it is in a file */
  int file;
};

/* Adds what came. What is large goes to a file in the folder of the file `beside`. False, with errno, when that cannot
 * be. */
bool spool_add(struct spool *spool, const char *beside, const char *bytes, size_t size);
/* Writes over bytes that came; whoever has them by spool_whole sees that. */
bool spool_put(struct spool *spool, size_t at, const void *bytes, size_t size);
/* All that came, ended by a NUL, until spool_drop; NULL, with errno, when the file cannot be read. */
const char *spool_whole(struct spool *spool);
void spool_drop(struct spool *spool);

/* Reading bytes of a mapped file in their order, so that only those that are under way count as memory of this process.
 * What was let go is read from the file again when somebody looks at it. */
struct passage {
  const char *kept; /* up to here all was let go; NULL: the bytes are in memory and stay there */
};
/* Begins at `bytes`, which lie in a file when `filed`. */
struct passage passage_begin(const char *bytes, bool filed);
/* What is before `at` has been read. */
void passage_reach(struct passage *passage, const char *at);

#endif
