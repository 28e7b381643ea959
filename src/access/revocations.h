/* Tokens and sessions whose end was asked for and is not written yet: that waits for its turn with the one writer,
 * maybe behind an import that takes long. Until then they let nobody in; when it could not be written, they do again.
 */
#ifndef ENTENTE_ACCESS_REVOCATIONS_H
#define ENTENTE_ACCESS_REVOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct revocations;
struct principal;

/* Owned by `parent`, which must outlive every call. */
struct revocations *revocations_new(const void *parent);

/* From here to the end of the call, which is about to write that: the token of that id is revocation, with its
 * sessions; or the one session. The caller may do it. Sets call->revocation. */
void revocation_of_token(struct call *call, const char *id);
void revocation_of_session(struct call *call, int64_t session);

/* It is not written after all: whoever is told so finds it good again. */
void revocation_undo(struct call *call);

/* Whether what the caller came by is revocation. Any thread; where nothing is, a look at one number. */
bool revocations_have(struct revocations *revocations, const struct principal *principal);

#endif
