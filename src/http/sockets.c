/* Sockets that listen: on the network's address, and beside the database. */
#include "http/sockets.h"

#include "base/network.h"

#include <errno.h>
#include <linux/tcp.h> /* glibc's tcp_info does not count bytes */
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool split_address(const char *text, char host[256], char port[16], struct error *error) {
  const char *colon = strrchr(text, ':');
  const char *start = text[0] == '[' ? text + 1 : text;
  size_t length = colon == NULL ? 0 : (size_t)(colon - start) - (text[0] == '[' ? 1 : 0);
  if (colon == NULL || length == 0 || length > 255 || strlen(colon + 1) > 15 || colon[1] == '\0') {
    return error_set(error, "\"%s\" is not HOST:PORT", text);
  }
  if (strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtoul(colon + 1, NULL, 10) > 65535) {
    return error_set(error, "\"%s\": the port is a number up to 65535", text);
  }
  memcpy(host, start, length);
  host[length] = '\0';
  snprintf(port, 16, "%s", colon + 1);
  return true;
}

int socket_listen(const char *address, struct error *error) {
  char host[256], port[16];
  if (!split_address(address, host, port, error)) {
    return -1;
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
  int code = getaddrinfo(host, port, &hints, &list);
  if (code != 0) {
    error_set(error, "%s: %s", address, gai_strerror(code));
    return -1;
  }
  int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
  if (fd >= 0) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  }
  if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
    error_set(error, "cannot listen on %s: %s", address, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    fd = -1;
  }
  freeaddrinfo(list);
  return fd;
}

/* Makes room for the socket: one that nobody listens on is left of a process that is gone. Nothing else is removed. */
static bool free_path(const struct sockaddr_un *address, struct error *error) {
  struct stat there;
  const char *path = address->sun_path;
  if (lstat(path, &there) != 0) {
    return errno == ENOENT || error_set(error, "%s: %s", path, strerror(errno));
  }
  if (!S_ISSOCK(there.st_mode)) {
    return error_set(error, "%s is there already, and is no socket", path);
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool heard = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
  if (fd >= 0) {
    close(fd);
  }
  if (heard) {
    return error_set(error, "another process listens on %s; --socket PATH puts this one elsewhere", path);
  }
  return unlink(path) == 0 || error_set(error, "%s: %s", path, strerror(errno));
}

int socket_listen_local(const char *path, struct error *error) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    error_set(error,
              "%s: the path of the socket may have %zu bytes; start the server from the database's folder, or put the "
              "socket elsewhere with --socket PATH",
              path, sizeof address.sun_path - 1);
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  if (!free_path(&address, error)) {
    return -1;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  mode_t before = umask(0177);
  bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  umask(before);
  if (!bound || listen(fd, BACKLOG) != 0) {
    error_set(error, "cannot listen on %s: %s; --socket PATH puts the socket elsewhere", path, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    return -1;
  }
  return fd;
}

void socket_address(int fd, bool secure, char out[SOCKET_ADDRESS_SIZE]) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[INET6_ADDRSTRLEN] = "?", port[16] = "?";
  if (getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
    getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  }
  snprintf(out, SOCKET_ADDRESS_SIZE, strchr(host, ':') != NULL ? "%s://[%s]:%s" : "%s://%s:%s",
           secure ? "https" : "http", host, port);
}

bool socket_is_loopback(int fd) {
  struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
  socklen_t size = sizeof address;
  return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && network_is_loopback((struct sockaddr *)&address);
}

bool socket_is_unanswered(int fd) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  char byte;
  ssize_t waiting = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  bool there = waiting > 0 || (waiting < 0 && errno == EAGAIN);
  return there && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
         size >= offsetof(struct tcp_info, tcpi_bytes_sent) + sizeof info.tcpi_bytes_sent && info.tcpi_bytes_sent == 0;
}
