/* All addresses are sixteen bytes, and a network is how many of their first bits must be the same. */
#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_BITS = 96, ALL_BITS = 128, TEXT_MOST = 64 };

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits) {
  int whole = bits / 8, rest = bits % 8;
  return memcmp(a, b, (size_t)whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

static bool read_bits(const char *text, int most, int *bits) {
  size_t length = strlen(text);
  *bits = atoi(text);
  return length > 0 && length <= 3 && strspn(text, "0123456789") == length && (text[0] != '0' || length == 1) &&
         *bits <= most;
}

bool network_read(const char *text, struct network *network) {
  char address[TEXT_MOST];
  size_t length = strcspn(text, "/");
  if (length >= sizeof address) {
    return false;
  }
  memcpy(address, text, length);
  address[length] = '\0';
  *network = (struct network){.bits = ALL_BITS};
  bool four = strchr(address, ':') == NULL;
  memcpy(network->bytes, mapped, four ? sizeof mapped : 0);
  if (inet_pton(four ? AF_INET : AF_INET6, address, network->bytes + (four ? sizeof mapped : 0)) != 1) {
    return false;
  }
  if (text[length] == '/') {
    if (!read_bits(text + length + 1, four ? ALL_BITS - MAPPED_BITS : ALL_BITS, &network->bits)) {
      return false;
    }
    network->bits += four ? MAPPED_BITS : 0;
  }
  for (int bit = network->bits; bit < ALL_BITS; bit++) {
    if ((network->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
      return false;
    }
  }
  return true;
}

/* False when it is no internet address. */
static bool bytes_of(const struct sockaddr *address, unsigned char bytes[16]) {
  if (address != NULL && address->sa_family == AF_INET) {
    memcpy(bytes, mapped, sizeof mapped);
    memcpy(bytes + sizeof mapped, &((const struct sockaddr_in *)address)->sin_addr, 4);
    return true;
  }
  if (address != NULL && address->sa_family == AF_INET6) {
    memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    return true;
  }
  return false;
}

bool network_has(const struct network *network, const struct sockaddr *address) {
  unsigned char bytes[16];
  return bytes_of(address, bytes) && same_bits(bytes, network->bytes, network->bits);
}

void network_print(const struct sockaddr *address, char out[NETWORK_ADDRESS_SIZE]) {
  unsigned char bytes[16];
  if (!bytes_of(address, bytes)) {
    memcpy(out, "local", sizeof "local");
    return;
  }
  bool four = memcmp(bytes, mapped, sizeof mapped) == 0;
  inet_ntop(four ? AF_INET : AF_INET6, bytes + (four ? sizeof mapped : 0), out, NETWORK_ADDRESS_SIZE);
}
