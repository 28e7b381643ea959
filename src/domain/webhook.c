/* A signature binds the three things that a receiver sees: which message, when it was sent, what it says. The pauses
 * are those that the specification proposes: close at first, for a receiver that restarts, and three days in all, for
 * one whose people have a weekend. */
#include "domain/webhook.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RANDOM_BYTES = 32, KEY_MOST = 64, HOST_MOST = 64, VARIANT = sodium_base64_VARIANT_ORIGINAL };
enum { FIRST_PAUSE = 5, RETRY_AFTER_MOST = 24 * 60 * 60 };

static const char prefix[] = "whsec_";

void webhook_secret(char out[WEBHOOK_SECRET_SIZE]) {
  unsigned char bytes[RANDOM_BYTES];
  randombytes_buf(bytes, sizeof bytes);
  memcpy(out, prefix, sizeof prefix);
  sodium_bin2base64(out + sizeof prefix - 1, WEBHOOK_SECRET_SIZE - (sizeof prefix - 1), bytes, sizeof bytes, VARIANT);
  sodium_memzero(bytes, sizeof bytes);
}

bool webhook_sign(const char *secret, const char *id, int64_t timestamp, const char *body,
                  char out[WEBHOOK_SIGNATURE_SIZE]) {
  unsigned char key[KEY_MOST], mac[crypto_auth_hmacsha256_BYTES];
  size_t length = strlen(prefix), size = 0;
  if (strncmp(secret, prefix, length) != 0 ||
      sodium_base642bin(key, sizeof key, secret + length, strlen(secret) - length, NULL, &size, NULL, VARIANT) != 0) {
    return false;
  }
  char middle[32];
  int middle_length = snprintf(middle, sizeof middle, ".%lld.", (long long)timestamp);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, size);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)id, strlen(id));
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)middle, (unsigned long long)middle_length);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
  crypto_auth_hmacsha256_final(&state, mac);
  memcpy(out, "v1,", 3);
  sodium_bin2base64(out + 3, WEBHOOK_SIGNATURE_SIZE - 3, mac, sizeof mac, VARIANT);
  sodium_memzero(key, sizeof key);
  sodium_memzero(&state, sizeof state);
  return true;
}

int64_t webhook_pause_ms(int attempts, int64_t base_seconds, uint32_t chance, int64_t retry_after) {
  static const int64_t minute = 60, hour = 3600;
  const int64_t pauses[WEBHOOK_ATTEMPTS - 1] = {FIRST_PAUSE, 5 * minute, 30 * minute, 2 * hour, 5 * hour,
                                                10 * hour,   14 * hour,  20 * hour,   24 * hour};
  if (attempts < 1 || attempts >= WEBHOOK_ATTEMPTS) {
    return -1;
  }
  /* In thousandths of a second, so that the spread is whole. It only adds, so that chance never ends the days early. */
  int64_t pause = pauses[attempts - 1] * base_seconds / FIRST_PAUSE * (1000 + (int64_t)chance);
  int64_t asked = (retry_after > RETRY_AFTER_MOST ? RETRY_AFTER_MOST : retry_after) * 1000;
  return pause > asked ? pause : asked;
}

/* Whether the host of an address is this machine by its name or number. */
static bool is_loopback(const char *host) {
  char copy[HOST_MOST];
  bool six = host[0] == '[';
  host += six;
  size_t length = strcspn(host, six ? "]" : ":/?");
  if (length >= sizeof copy) {
    return false;
  }
  memcpy(copy, host, length);
  copy[length] = '\0';
  struct sockaddr_in four = {.sin_family = AF_INET};
  struct sockaddr_in6 whole = {.sin6_family = AF_INET6};
  if (six) {
    return inet_pton(AF_INET6, copy, &whole.sin6_addr) == 1 && network_is_loopback((struct sockaddr *)&whole);
  }
  return strcasecmp(copy, "localhost") == 0 ||
         (inet_pton(AF_INET, copy, &four.sin_addr) == 1 && network_is_loopback((struct sockaddr *)&four));
}

const char *webhook_url_fault(const char *url, bool loopback) {
  if (strchr(url, '#') != NULL) {
    return "must not have a fragment (#…), which no receiver sees";
  }
  if (strncasecmp(url, "https://", 8) == 0) {
    return NULL;
  }
  if (!loopback) {
    return "must begin with https://";
  }
  return is_loopback(url + 7) ? NULL : "must begin with https://; http:// is accepted for this machine only";
}
