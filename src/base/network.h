/* Networks of internet addresses in CIDR notation (RFC 4632, RFC 4291): 192.0.2.0/24, 2001:db8::/32, or one address. */
#ifndef ENTENTE_BASE_NETWORK_H
#define ENTENTE_BASE_NETWORK_H

#include <stdbool.h>

struct sockaddr;

enum { NETWORK_ADDRESS_SIZE = 46, NETWORK_CLIENT_SIZE = 16 };

/* IPv4 lies in IPv6 as ::ffff:0:0/96, so that an address is the same by whichever socket it comes. */
struct network {
  unsigned char bytes[16];
  int bits;
};

/* False when the text is no network, or has bits set behind its prefix. */
bool network_read(const char *text, struct network *network);
/* Whether the address is in the network; one that is no internet address is in none. */
bool network_has(const struct network *network, const struct sockaddr *address);

/* Whether the address is one of this machine itself (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
bool network_is_loopback(const struct sockaddr *address);
/* Whether anybody on the internet may have the address: none of the ranges that IANA sets aside (RFC 6890), and no IPv6
 * address that leads to such an IPv4 one (RFC 6052). */
bool network_is_public(const struct sockaddr *address);

/* The address as text, IPv4 as such by whichever socket it came; "local" for one that is no internet address. */
void network_print(const struct sockaddr *address, char out[NETWORK_ADDRESS_SIZE]);

/* What clients are told apart by when they are counted: the address, and of IPv6 its first 64 bits, since one client
 * has as many of those behind them as it likes. False when it is no internet address. */
bool network_client(const struct sockaddr *address, unsigned char out[NETWORK_CLIENT_SIZE]);

#endif
