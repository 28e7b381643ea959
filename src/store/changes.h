/* When records were last changed, for those who remember what they have looked up. One thread notes, any thread asks.
 * What is asked may be told to have changed when it has not, never the other way about. */
#ifndef ENTENTE_STORE_CHANGES_H
#define ENTENTE_STORE_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

struct changes;

/* Owned by `parent`. */
struct changes *changes_new(const void *parent);

/* The row is being changed by what will be commit number `commit`. Must come before that commit is done; harmless when
 * it never is. */
void changes_note(struct changes *changes, const char *table, int64_t pk, uint64_t commit);

/* Whether what was read of the row when `commits` were done still holds; pk 0: of all rows of the table. */
bool changes_none(const struct changes *changes, const char *table, int64_t pk, uint64_t commits);

#endif
