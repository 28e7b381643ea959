/* Tokens and sessions whose end was asked for and is not written yet: that waits for its turn with the one writer,
 * maybe behind an import that takes long. Until then they let nobody in; when it could not be written, they do again.
 */
#ifndef ENTENTE_ACCESS_ENDING_H
#define ENTENTE_ACCESS_ENDING_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct endings;
struct principal;

/* Owned by `parent`, which must outlive every call. */
struct endings *endings_new(const void *parent);

/* From here to the end of the call, which is about to write that: the token of that id is ending, with its sessions; or
 * the one session. The caller may do it. Sets call->ending. */
void ending_of_token(struct call *call, const char *id);
void ending_of_session(struct call *call, int64_t session);

/* It is not written after all: whoever is told so finds it good again. */
void ending_undo(struct call *call);

/* Whether what the caller came by is ending. Any thread; where nothing is, a look at one number. */
bool endings_have(struct endings *endings, const struct principal *principal);

#endif
