/* JSON pointers (RFC 6901): built token by token on a walk through a value, and read again. */
#ifndef ENTENTE_CONTRACT_POINTER_H
#define ENTENTE_CONTRACT_POINTER_H

#include "base/text.h"

#include <stdbool.h>

/* Appends a token for a member (escaped), or for an item. Returns the length before, for pointer_leave. */
size_t pointer_enter(struct text *at, const char *member);
size_t pointer_enter_item(struct text *at, size_t index);
/* Cuts the pointer back to that length. */
void pointer_leave(struct text *at, size_t before);

/* Reads the token that begins at the slash `pointer` into `token`, unescaped. Returns the next slash or the end. */
const char *pointer_token(const char *pointer, struct text *token);

/* Is `inner` the same place as `outer`, or a place inside it? */
bool pointer_within(const char *inner, const char *outer);

#endif
