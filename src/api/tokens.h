/* Tokens: `ent_`, 32 letters and digits at random (190 bits), and 6 that are their CRC-32, so that a mistyped one is
 * refused without a look into the database. Only the SHA-256 is kept: the random part needs no slow hash. */
#ifndef ENTENTE_API_TOKENS_H
#define ENTENTE_API_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

struct changes;
struct db;
struct principal;
struct sockaddr;
struct store;
struct tokens;

enum { TOKEN_SIZE = 4 + 32 + 6 + 1 };

void token_make(char out[TOKEN_SIZE]);
/* Whether form and checksum are right. */
bool token_plausible(const char *token);

/* Tokens that one reading thread has looked up lately; believed while no token has changed since. */
struct tokens *tokens_new(const void *parent, const struct changes *changes);
/* The caller that an Authorization header names. `db` is a reading connection, `commits` what store_commits said before
 * anything was read. False when it names none that is valid
 * now and may be used from `peer`. */
/* `*use_is_due` says whether token_note_use should be called: once a minute for each token. */
bool tokens_principal(struct tokens *tokens, struct db *db, uint64_t commits, const char *authorization,
                      const struct sockaddr *peer, int64_t now_ms, struct principal *principal, bool *use_is_due);
/* Has the store write down that the token was used now; nobody waits for it. */
void token_note_use(struct store *store, const char *id, int64_t now_ms);

#endif
