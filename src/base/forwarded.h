/* Who asked, as told by proxies that are trusted: X-Forwarded-For and X-Forwarded-Proto, or Forwarded (RFC 7239). */
#ifndef ENTENTE_BASE_FORWARDED_H
#define ENTENTE_BASE_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct network;

/* The values of the headers, further lines of one joined by commas in their order; NULL when absent. */
struct forwarded {
  const char *x_for, *x_proto, *standard;
};

/* Whether the list can be read at all: what follows a part that breaks the grammar of Forwarded may be the client's
 * doing as well as a proxy's. */
bool forwarded_readable(const struct forwarded *headers);
/* The client is the last address in the list that is not itself in one of the networks `proxies`, or the first one when
 * all are. X-Forwarded-For goes before Forwarded. False when the list says nothing, or hides the address behind a name.
 */
bool forwarded_client(const struct forwarded *headers, const struct network *proxies, size_t proxy_count,
                      struct sockaddr_storage *client);
/* Whether the client's own connection is told to be https. */
bool forwarded_secure(const struct forwarded *headers, const struct network *proxies, size_t proxy_count);

#endif
