/* Tokens: `ent_`, 32 letters and digits at random (190 bits), and 6 that are their CRC-32, so that who looks for tokens
 * that were left lying about tells them from other words. Only the SHA-256 is kept: the random part needs no slow hash.
 * The secret of a session is made alike and begins with `ses_`; a ticket begins with `tic_`. */
#ifndef ENTENTE_ACCESS_TOKENS_H
#define ENTENTE_ACCESS_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct changes;
struct db;
struct principal;
struct sockaddr;
struct store;
struct tokens;

enum { TOKEN_SIZE = 4 + 32 + 6 + 1, TOKEN_HASH_SIZE = 32 };

void token_make(char out[TOKEN_SIZE]);
void session_make(char out[TOKEN_SIZE]);
void ticket_make(char out[TOKEN_SIZE]);
/* Whether form and checksum are right. */
bool token_plausible(const char *token);
/* What is kept of either. Reads TOKEN_SIZE - 1 bytes. */
void token_hash(const char *secret, unsigned char hash[TOKEN_HASH_SIZE]);

/* A sentence for one that names nobody; it does not say why. */
extern const char token_refused[];

/* Tokens and sessions that one reading thread has looked up lately; believed while none has changed since. A session
 * that was not used for `idle_ms` is over. */
struct tokens *tokens_new(const void *parent, const struct changes *changes, int64_t idle_ms);

/* Under what circumstances a token or a session is shown. */
struct showing {
  struct db *db;    /* a reading connection */
  uint64_t commits; /* what store_commits said before anything was read */
  const struct sockaddr *peer;
  int64_t now_ms;
  bool looks; /* only looks whether the caller may still enter, which is no use */
};

/* The caller that an Authorization header names. False when it names none that is valid now and may be used from there,
 * after the same work for every header that holds anything else.
 * `*use_is_due` says whether token_note_use should be called: once a minute for each token. */
bool tokens_principal(struct tokens *tokens, const struct showing *showing, const char *authorization,
                      struct principal *principal, bool *use_is_due);
/* The same for what stands in the address of a calendar: a token of the role feed, which names nobody elsewhere, as no
 * other token does here. */
bool tokens_feed(struct tokens *tokens, const struct showing *showing, const char *shown, struct principal *principal,
                 bool *use_is_due);
/* The same for the secret of a session's cookie, whatever that is. */
bool tokens_session(struct tokens *tokens, const struct showing *showing, const char *secret,
                    struct principal *principal, bool *use_is_due);
/* Whom a token names, without the memory of a thread. Takes as long for every text that names nobody. */
bool token_holder(struct db *db, const char *token, const struct sockaddr *peer, int64_t now_ms,
                  struct principal *principal);
/* Whether the token, or the session, that a principal was found by is still there and has not ended, whoever may use it
 * from where. On any connection. */
bool token_holds(struct db *db, const struct principal *principal, int64_t now_ms);
/* Whether the token may be used from that address. On any connection. */
bool token_may_come_from(struct db *db, const struct principal *principal, const struct sockaddr *peer);
/* Writes down that the token was used, unless that was done within a minute before. Inside a write. */
bool token_use(struct db *db, const char *id, int64_t now_ms);
/* Has the store write down that the token, and the session if there is one, was used now; nobody waits for it. */
void token_note_use(struct store *store, const struct principal *principal, int64_t now_ms);

#endif
