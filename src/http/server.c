/* Threads that answer, each with a libmicrohttpd daemon, its epoll set and a reading worker of its own: one for each
 * processor on the network's address, whose socket they share, and one on the local socket. Stopping goes in order: no
 * new connections, what is under way is answered, then the threads end, then the workers. */
#include "http/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, CONNECTION_MEMORY = 32 * 1024, DRAIN_SECONDS = 4, LOCAL_CONNECTIONS = 64 };
enum { PATIENCE_MS = 1000 };

/* -- connections --------------------------------------------------------------------------------------------------- */

static void notify_connection(void *argument, struct MHD_Connection *handle, void **context,
                              enum MHD_ConnectionNotificationCode code) {
  struct server *server = ((struct listener *)argument)->server;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    struct connection *connection = memory_new(NULL, struct connection);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    connection->fd = info == NULL ? -1 : info->connect_fd;
    connection_allow(connection, server->options.head_seconds);
    watch_add(&server->watch, connection);
    *context = connection;
  } else if (*context != NULL) {
    watch_remove(&server->watch, *context);
    talloc_free(*context);
    *context = NULL;
  }
}

/* -- sockets ------------------------------------------------------------------------------------------------------- */

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

static int open_network(const char *address, struct error *error) {
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

static int open_local(const char *path, struct error *error) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    error_set(error, "%s: the path of the socket may have %zu bytes; start the server from the database's folder", path,
              sizeof address.sun_path - 1);
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  unlink(path); /* the lock says that no other process serves this database */
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  mode_t before = umask(0177);
  bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
  umask(before);
  if (!bound || listen(fd, BACKLOG) != 0) {
    error_set(error, "cannot listen on %s: %s", path, strerror(errno));
    if (fd >= 0) {
      close(fd);
    }
    return -1;
  }
  return fd;
}

static void name_address(struct server *server, int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  char host[INET6_ADDRSTRLEN] = "?", port[16] = "?";
  if (getsockname(fd, (struct sockaddr *)&address, &size) == 0) {
    getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  }
  snprintf(server->address, sizeof server->address, strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s", host,
           port);
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 0))) static void quiet(void *argument, const char *format, va_list arguments) {
  (void)argument;
  char line[300];
  vsnprintf(line, sizeof line, format, arguments);
  line[strcspn(line, "\n")] = '\0';
  log_line(LOG_DEBUG, "microhttpd: %s", line);
}

/* libmicrohttpd clears a connection's memory after each request, so more of it has its price. Takes `fd`. */
static bool start_daemon(struct listener *listener, int fd, unsigned connections, struct error *error) {
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  listener->daemon = MHD_start_daemon(
      flags, 0, NULL, NULL, exchange_handle, listener, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, exchange_new, listener, MHD_OPTION_NOTIFY_COMPLETED,
      exchange_end, listener, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, listener, MHD_OPTION_CONNECTION_LIMIT,
      connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (listener->daemon == NULL) {
    close(fd);
    return error_set(error, "libmicrohttpd cannot start");
  }
  return true;
}

void listener_wake(struct listener *listener) {
  if (!atomic_exchange(&listener->woken, true)) {
    (void)eventfd_write(listener->wake, 1);
  }
}

/* libmicrohttpd's own threads may wait for ever: when just as many connections became ready as it takes events at once
 * (128), it asks for more before it answers any of them. So waiting is done here, and it is only asked to do what there
 * is to do. */
static void *listen_loop(void *argument) {
  struct listener *listener = argument;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  struct pollfd ready[] = {{.fd = info->epoll_fd, .events = POLLIN}, {.fd = listener->wake, .events = POLLIN}};
  while (!atomic_load(&listener->server->over)) {
    MHD_UNSIGNED_LONG_LONG ms;
    bool limited = MHD_get_timeout(listener->daemon, &ms) == MHD_YES;
    if (poll(ready, 2, !limited ? -1 : ms < PATIENCE_MS ? (int)ms : PATIENCE_MS) < 0 && errno != EINTR) {
      log_line(LOG_ERROR, "a thread cannot wait for requests: %s", strerror(errno));
      break;
    }
    eventfd_t count;
    if (ready[1].revents != 0 && eventfd_read(listener->wake, &count) == 0) {
      atomic_store(&listener->woken, false);
    }
    MHD_run(listener->daemon);
  }
  return NULL;
}

/* Takes `fd`. */
static bool add_listener(struct server *server, int fd, bool trusted, unsigned connections, struct error *error) {
  struct listener *listener = &server->listeners[server->listener_count++];
  *listener = (struct listener){.server = server, .trusted = trusted, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (fd >= 0 && listener->wake < 0) {
    error_set(error, "cannot make an eventfd: %s", strerror(errno));
  }
  listener->worker = fd < 0 || listener->wake < 0 ? NULL : worker_new(server->api, error);
  if (listener->worker == NULL && fd >= 0) {
    close(fd);
  }
  return listener->worker != NULL && start_daemon(listener, fd, connections, error);
}

/* As many descriptors as the connections need, if the system allows. */
static unsigned raise_descriptors(unsigned connections) {
  struct rlimit limit;
  enum { OTHERS = 128 };
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < connections + OTHERS) {
      connections = limit.rlim_max > 2UL * OTHERS ? (unsigned)limit.rlim_max - OTHERS : OTHERS;
      log_line(LOG_WARN, "the limit of open files leaves room for %u connections", connections);
    }
  }
  return connections;
}

static bool open_listeners(struct server *server, struct error *error) {
  const struct server_options *options = &server->options;
  unsigned threads = options->threads > 0 ? options->threads : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
  unsigned connections = raise_descriptors(options->connections);
  int network = options->listen_socket >= 0 ? options->listen_socket : open_network(options->listen, error);
  if (network < 0) {
    return false;
  }
  name_address(server, network);
  server->listeners = memory_array(server, struct listener, threads + 1);
  for (unsigned i = 1; i < threads; i++) {
    int shared = fcntl(network, F_DUPFD_CLOEXEC, 0);
    if (!add_listener(server, shared, false, connections / threads, error)) {
      close(network);
      return shared < 0 && error_set(error, "cannot listen: %s", strerror(errno));
    }
  }
  return add_listener(server, network, false, connections - connections / threads * (threads - 1), error) &&
         add_listener(server, open_local(options->socket_path, error), true, LOCAL_CONNECTIONS, error);
}

/* Only once all are there: each thread may look at all of them. */
static bool start_threads(struct server *server, struct error *error) {
  for (size_t i = 0; i < server->listener_count; i++) {
    struct listener *listener = &server->listeners[i];
    listener->running = pthread_create(&listener->thread, NULL, listen_loop, listener) == 0;
    if (!listener->running) {
      return error_set(error, "cannot start a thread");
    }
  }
  return true;
}

struct server *server_start(const struct server_options *options, struct api *api, struct error *error) {
  struct server *server = memory_new(NULL, struct server);
  server->api = api;
  server->options = *options;
  server->metrics = metrics_new(api_contract(api));
  api_metrics_source(api, metrics_add, server);
  unsigned char prefix[6];
  randombytes_buf(prefix, sizeof prefix);
  sodium_bin2hex(server->id_prefix, sizeof server->id_prefix, prefix, sizeof prefix);
  if (!watch_start(&server->watch) || (server->background = background_start(server)) == NULL) {
    error_set(error, "cannot start a thread");
    server_stop(server);
    return NULL;
  }
  if (!open_listeners(server, error) || !start_threads(server, error)) {
    server_stop(server);
    return NULL;
  }
  return server;
}

const char *server_address(const struct server *server) {
  return server->address;
}

/* -- stopping ------------------------------------------------------------------------------------------------------ */

static void drain(struct server *server) {
  struct timespec pause = {.tv_nsec = 5000000};
  int64_t until = clock_monotonic_ns() + DRAIN_SECONDS * 1000000000LL;
  while (atomic_load(&server->active) > 0 && clock_monotonic_ns() < until) {
    nanosleep(&pause, NULL);
  }
}

void server_stop(struct server *server) {
  atomic_store(&server->stopping, true);
  for (size_t i = 0; i < server->listener_count; i++) {
    struct MHD_Daemon *daemon = server->listeners[i].daemon;
    MHD_socket fd = daemon == NULL ? -1 : MHD_quiesce_daemon(daemon);
    if (fd >= 0) {
      close(fd);
    }
  }
  if (server->options.socket_path != NULL) {
    unlink(server->options.socket_path);
  }
  watch_hurry(&server->watch, SERVER_HURRY_SECONDS);
  drain(server);
  /* A connection that was idle may begin a request at any moment; from here on none is suspended any more. */
  atomic_store(&server->closed, true);
  background_stop(server->background); /* what waits there is answered */
  drain(server);
  atomic_store(&server->over, true);
  for (size_t i = 0; i < server->listener_count; i++) {
    struct listener *listener = &server->listeners[i];
    if (listener->running) {
      listener_wake(listener);
      pthread_join(listener->thread, NULL);
    }
    if (listener->daemon != NULL) {
      MHD_stop_daemon(listener->daemon);
    }
    worker_free(listener->worker);
    if (listener->wake >= 0) {
      close(listener->wake);
    }
  }
  watch_stop(&server->watch);
  metrics_free(server->metrics);
  talloc_free(server);
}

/* -- the library --------------------------------------------------------------------------------------------------- */

const char *server_library(void) {
  return MHD_get_version();
}

bool server_library_is_strict(void) {
  int major = 0, minor = 0, patch = 0;
  if (sscanf(MHD_get_version(), "%d.%d.%d", &major, &minor, &patch) != 3) {
    return false;
  }
  return major * 10000 + minor * 100 + patch >= 10005;
}
