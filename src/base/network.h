/* Networks of internet addresses in CIDR notation (RFC 4632, RFC 4291): 192.0.2.0/24, 2001:db8::/32, or one address. */
#ifndef ENTENTE_BASE_NETWORK_H
#define ENTENTE_BASE_NETWORK_H

#include <stdbool.h>

struct sockaddr;

enum { NETWORK_ADDRESS_SIZE = 46 };

/* IPv4 lies in IPv6 as ::ffff:0:0/96, so that an address is the same by whichever socket it comes. */
struct network {
  unsigned char bytes[16];
  int bits;
};

/* False when the text is no network, or has bits set behind its prefix. */
bool network_read(const char *text, struct network *network);
/* Whether the address is in the network; one that is no internet address is in none. */
bool network_has(const struct network *network, const struct sockaddr *address);

/* The address as text, IPv4 as such by whichever socket it came; "local" for one that is no internet address. */
void network_print(const struct sockaddr *address, char out[NETWORK_ADDRESS_SIZE]);

#endif
