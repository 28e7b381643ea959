/* Sockets that listen. */
#ifndef ENTENTE_HTTP_SOCKETS_H
#define ENTENTE_HTTP_SOCKETS_H

#include "base/error.h"

#include <stdbool.h>

enum { SOCKET_ADDRESS_SIZE = 128 };

/* A socket that listens on HOST:PORT, for the caller to close; port 0 picks a free one. -1 with the reason. */
int socket_listen(const char *address, struct error *error);
/* A socket that listens at a path (mode 0600), in the place of one that nobody listens on. -1 with the reason. */
int socket_listen_local(const char *path, struct error *error);
/* "http://127.0.0.1:8080", with `secure` "https://…". */
void socket_address(int fd, bool secure, char out[SOCKET_ADDRESS_SIZE]);
/* Whether only this machine can reach it. */
bool socket_is_loopback(int fd);

/* Whether the client of a connection without TLS is still there, and has got no byte of an answer yet. */
bool socket_is_unanswered(int fd);

#endif
