/* Where the parts of a record in normal form (schema_normal) stand in the body that was sent. The two differ where an
 * item was left out, and where an item was sent in its short form (schema.shorthand). */
#ifndef ENTENTE_CONTRACT_PLACES_H
#define ENTENTE_CONTRACT_PLACES_H

#include <jansson.h>
#include <stddef.h>

struct places;

/* `sent` must outlive it; NULL where only the removed items matter. Owned by `parent`. */
struct places *places_new(const void *parent, const json_t *sent);
/* Notes that the item at `index` was taken out of the array at `pointer`, so that the items behind it moved up. */
void places_remove(struct places *places, const char *pointer, size_t index);
/* The JSON pointer into the body as sent, for one into the normal form. Owned by `parent`. */
char *places_sent(const struct places *places, const void *parent, const char *pointer);

#endif
