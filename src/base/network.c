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

/* -- what an address is for ---------------------------------------------------------------------------------------- */

/* Of the IANA registries of special-purpose addresses; of IPv6 what lies inside 2000::/3, the rest is not public. */
static const char *const special[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",
};

static bool bytes_in(const unsigned char bytes[16], const char *text) {
  struct network network;
  return network_read(text, &network) && same_bits(bytes, network.bytes, network.bits);
}

bool network_is_loopback(const struct sockaddr *address) {
  unsigned char bytes[16];
  return bytes_of(address, bytes) && (bytes_in(bytes, "127.0.0.0/8") || bytes_in(bytes, "::1"));
}

bool network_is_public(const struct sockaddr *address) {
  unsigned char bytes[16];
  if (!bytes_of(address, bytes)) {
    return false;
  }
  if (bytes_in(bytes, "64:ff9b::/96")) { /* a translator's name for the IPv4 address in its last bytes */
    memcpy(bytes, mapped, sizeof mapped);
  }
  bool open = bytes_in(bytes, "0.0.0.0/0") || bytes_in(bytes, "2000::/3");
  for (size_t i = 0; open && i < sizeof special / sizeof special[0]; i++) {
    open = !bytes_in(bytes, special[i]);
  }
  return open;
}

/* -- as text ------------------------------------------------------------------------------------------------------- */

/* By our own hand: every line of the log has one, and printf, which inet_ntop calls, took a hundredth of a request's
 * time. */
static void print_four(const unsigned char bytes[4], char *out) {
  for (int i = 0; i < 4; i++) {
    int byte = bytes[i];
    if (byte >= 100) {
      *out++ = (char)('0' + byte / 100);
    }
    if (byte >= 10) {
      *out++ = (char)('0' + byte / 10 % 10);
    }
    *out++ = (char)('0' + byte % 10);
    *out++ = i < 3 ? '.' : '\0';
  }
}

void network_print(const struct sockaddr *address, char out[NETWORK_ADDRESS_SIZE]) {
  unsigned char bytes[16];
  if (!bytes_of(address, bytes)) {
    memcpy(out, "local", sizeof "local");
    return;
  }
  if (memcmp(bytes, mapped, sizeof mapped) == 0) {
    print_four(bytes + sizeof mapped, out);
  } else {
    inet_ntop(AF_INET6, bytes, out, NETWORK_ADDRESS_SIZE);
  }
}

bool network_client(const struct sockaddr *address, unsigned char out[NETWORK_CLIENT_SIZE]) {
  if (!bytes_of(address, out)) {
    return false;
  }
  if (memcmp(out, mapped, sizeof mapped) != 0) {
    memset(out + NETWORK_CLIENT_SIZE / 2, 0, NETWORK_CLIENT_SIZE / 2);
  }
  return true;
}
