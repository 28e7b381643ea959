/* What a webhook is by the Standard Webhooks specification: its secret, its signature, and when an attempt is repeated.
 * Pure, but for the random bytes of a secret. */
#ifndef ENTENTE_DOMAIN_WEBHOOK_H
#define ENTENTE_DOMAIN_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WEBHOOK_SECRET_SIZE = 6 + 44 + 1,    /* whsec_ and 32 bytes in base64 */
  WEBHOOK_SIGNATURE_SIZE = 3 + 44 + 1, /* v1, and 32 bytes in base64 */
  WEBHOOK_ATTEMPTS = 10
};

/* A new secret: `whsec_` and 32 random bytes in base64. */
void webhook_secret(char out[WEBHOOK_SECRET_SIZE]);

/* `v1,` and the HMAC-SHA256 of `id.timestamp.body` under the secret, in base64. False when the secret is none. */
bool webhook_sign(const char *secret, const char *id, int64_t timestamp, const char *body,
                  char out[WEBHOOK_SIGNATURE_SIZE]);

/* Milliseconds from the `attempts`th attempt (from 1) to the next one, or -1 when that was the last. `base_seconds` is
 * the first pause, to which the others are in proportion; `chance`, 0 to WEBHOOK_CHANCES - 1, makes it longer by up to
 * a fifth; `retry_after` is what the receiver asked for in seconds (0: nothing), heeded up to a day. */
enum { WEBHOOK_CHANCES = 201 };
int64_t webhook_pause_ms(int attempts, int64_t base_seconds, uint32_t chance, int64_t retry_after);

/* Why a webhook may not have that address, which was found to be a well-formed one of http or https; NULL: it may. http
 * is taken only with `loopback`, and to this machine itself. */
const char *webhook_url_fault(const char *url, bool loopback);

#endif
