/* UUIDv7: 48 bits of milliseconds, then a counter that keeps identifiers of one process in order, then random bits. The
 * counter starts at a random place each millisecond and borrows from the clock when it would run over. */
#include "base/typeid.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* The last identifier's time and counter: what makes the sequence of this process one sequence. */
static struct {
  pthread_mutex_t lock;
  int64_t ms;
  uint32_t counter; /* 26 bits: 12 of rand_a and the first 14 of rand_b */
} last = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum { COUNTER_LIMIT = 1 << 26, COUNTER_START = 1 << 25 };

static uint32_t next_tick(int64_t *ms) {
  pthread_mutex_lock(&last.lock);
  if (*ms > last.ms) {
    last.ms = *ms;
    last.counter = randombytes_uniform(COUNTER_START);
  } else if (++last.counter == COUNTER_LIMIT) {
    last.ms++;
    last.counter = 0;
  }
  *ms = last.ms;
  uint32_t counter = last.counter;
  pthread_mutex_unlock(&last.lock);
  return counter;
}

void typeid_new(const char *prefix, int64_t ms, char out[TYPEID_SIZE]) {
  uint32_t counter = next_tick(&ms);
  unsigned char uuid[16];
  for (int i = 0; i < 6; i++) {
    uuid[i] = (unsigned char)(ms >> (40 - 8 * i));
  }
  uuid[6] = (unsigned char)(0x70 | (counter >> 22));
  uuid[7] = (unsigned char)(counter >> 14);
  uuid[8] = (unsigned char)(0x80 | ((counter >> 8) & 0x3f));
  uuid[9] = (unsigned char)counter;
  randombytes_buf(uuid + 10, 6);

  /* 130 bits in 26 digits: two zero bits go before the 128. */
  char digits[27];
  for (int i = 0; i < 26; i++) {
    unsigned value = 0;
    for (int bit = 0; bit < 5; bit++) {
      int at = i * 5 + bit - 2;
      value = value << 1 | (at < 0 ? 0U : ((unsigned)uuid[at / 8] >> (7 - at % 8)) & 1U);
    }
    digits[i] = alphabet[value];
  }
  digits[26] = '\0';
  snprintf(out, TYPEID_SIZE, "%s_%s", prefix, digits);
}

bool typeid_valid(const char *prefix, const char *text) {
  size_t length = strlen(prefix);
  if (strncmp(text, prefix, length) != 0 || text[length] != '_' || strlen(text + length + 1) != 26) {
    return false;
  }
  const char *digits = text + length + 1;
  return digits[0] <= '7' && strspn(digits, alphabet) == 26;
}
