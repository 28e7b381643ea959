/* Threads that answer, each with a libmicrohttpd daemon, its epoll set and a reading worker of its own: one for each
 * processor on the network's address, whose socket they share, and one on the local socket. Stopping goes in order: no
 * new connections, what is under way is answered, what another thread was handed is waited for however long it takes,
 * then the threads end, then the workers. */
#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/exchange.h"
#include "http/listener.h"
#include "http/sockets.h"
#include "http/webhook_sender.h"

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

enum { CONNECTION_MEMORY = 32 * 1024, DRAIN_SECONDS = 4, LOCAL_CONNECTIONS = 64 };
enum { WAIT_MOST_MS = 1000, BACKOFF_MOST_MS = 32 };

/* -- connections --------------------------------------------------------------------------------------------------- */

/* A client that has as many connections as it may finds a few more among the spare ones. Everybody behind a trusted
 * proxy comes from its address: the number of its connections is for the proxy to limit. */
static mhd_result admit(void *argument, const struct sockaddr *address, socklen_t size) {
  (void)size;
  struct server *server = ((struct listener *)argument)->server;
  bool admits = server_trusts(server, address) || client_counts_admits(server->client_counts, address) ||
                atomic_load(&server->deadlines.spare) < SPARE_FEW;
  return admits ? MHD_YES : MHD_NO;
}

static void find_place(struct server *server, struct connection *connection, const struct sockaddr *address) {
  connection->came = clock_monotonic_ns();
  connection->spare =
      !client_counts_enter(server->client_counts, connection, address) && !server_trusts(server, address);
  connection_allow(connection, server->options.head_seconds);
  deadlines_add(&server->deadlines, connection);
}

static bool takes_tls(const struct listener *listener) {
  return listener->server->tls != NULL && !listener->trusted;
}

static void notify_connection(void *argument, struct MHD_Connection *handle, void **context,
                              enum MHD_ConnectionNotificationCode code) {
  struct listener *listener = argument;
  struct server *server = listener->server;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    struct connection *connection = memory_new(NULL, struct connection);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    connection->fd = info == NULL ? -1 : info->connect_fd;
    info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    connection->listener = listener;
    find_place(server, connection, info == NULL ? NULL : info->client_addr);
    if (takes_tls(listener)) {
      connection->pair = tls_hold(server->tls);
      tls_accompany(handle, connection);
    }
    *context = connection;
  } else if (*context != NULL) {
    struct connection *connection = *context;
    if (connection->exchange != NULL) { /* libmicrohttpd may close what it had no memory for without ending it */
      void *exchange = connection->exchange;
      bool wanted = connection->pair == NULL && !atomic_load(&server->stopping) && socket_is_unanswered(connection->fd);
      if (wanted) {
        exchange_refuse_head(exchange);
      }
      exchange_end(listener, handle, &exchange, MHD_REQUEST_TERMINATED_WITH_ERROR);
    }
    deadlines_remove(&server->deadlines, connection);
    client_counts_leave(server->client_counts, connection);
    if (connection->pair != NULL) {
      tls_drop(server->tls, connection->pair);
    }
    talloc_free(connection);
    *context = NULL;
    listener->freed = true;
  }
}

/* -- the address ----------------------------------------------------------------------------------------------------- */

/* Where everybody is admin, only this machine may ask, whatever address was named or handed over. */
static bool may_trust_all(const struct server *server, int fd, struct error *error) {
  return socket_is_loopback(fd) ||
         error_set(
             error,
             "--insecure-no-auth makes every caller admin, so it is accepted on loopback addresses only, not on %s",
             server->address);
}

/* Before 1.0.5 the library lets heads through that two programs could read differently. */
static bool library_is_strict(void) {
  int major = 0, minor = 0, patch = 0;
  return sscanf(MHD_get_version(), "%d.%d.%d", &major, &minor, &patch) == 3 &&
         major * 10000 + minor * 100 + patch >= 10005;
}

/* The warning is for addresses that other machines reach, without TLS. */
static void warn_of_library(const struct server *server, int fd) {
  if (server->tls == NULL && !socket_is_loopback(fd) && !library_is_strict()) {
    log_line(LOG_WARN, "libmicrohttpd %s is older than 1.0.5, and %s is plain HTTP for others: put a proxy in front",
             MHD_get_version(), server->address);
  }
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
  bool secure = takes_tls(listener);
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (secure ? MHD_USE_TLS : 0U);
  struct MHD_OptionItem tls[TLS_OPTIONS];
  tls_options(secure ? listener->server->tls : NULL, tls);
  listener->daemon = MHD_start_daemon(
      flags, 0, admit, listener, exchange_handle, listener, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
      MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, exchange_new, listener, MHD_OPTION_NOTIFY_COMPLETED,
      exchange_end, listener, MHD_OPTION_NOTIFY_CONNECTION, notify_connection, listener, MHD_OPTION_CONNECTION_LIMIT,
      connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
  if (listener->daemon == NULL) {
    close(fd);
    return error_set(error, "libmicrohttpd cannot start");
  }
  return true;
}

/* Takes no more connections. The thread does this itself, since libmicrohttpd may be busy with that socket. */
static void stop_accepting(struct listener *listener) {
  MHD_socket fd = MHD_quiesce_daemon(listener->daemon);
  if (fd >= 0) {
    close(fd);
  }
  atomic_fetch_sub(&listener->server->accepting, 1);
}

/* How long to wait for something to happen, in milliseconds; -1: as long as it takes. Where there were as many
 * connections as there may be, libmicrohttpd takes new ones only when it runs once more after one went, of which
 * nothing tells it. And a connection whose handshake waits for its client counts as ready for libmicrohttpd, which
 * would try it again without end: while nothing moves, the thread backs off, each time for longer.
 * What the client sends ends it. */
static int waiting_ms(struct listener *listener) {
  MHD_UNSIGNED_LONG_LONG ms;
  if (listener->moved) {
    listener->backoff_ms = 0;
  }
  if (listener->freed) {
    return 0;
  }
  int turn = streams_wait(listener);
  if (MHD_get_timeout(listener->daemon, &ms) != MHD_YES) {
    return turn;
  }
  int most = ms < WAIT_MOST_MS ? (int)ms : WAIT_MOST_MS;
  if (ms == 0 && takes_tls(listener) && !listener->moved) {
    listener->backoff_ms = listener->backoff_ms == 0                ? 1
                           : listener->backoff_ms < BACKOFF_MOST_MS ? listener->backoff_ms * 2
                                                                    : BACKOFF_MOST_MS;
    most = listener->backoff_ms;
  }
  return turn >= 0 && turn < most ? turn : most;
}

/* A server of whose threads one does not answer would look as if it worked; a supervisor can start another. */
_Noreturn static void give_up(void) {
  log_line(LOG_ERROR, "a thread cannot wait for requests: %s", strerror(errno));
  log_stop(); /* which writes that line */
  abort();
}

/* libmicrohttpd's own threads may wait for ever: when just as many connections became ready as it takes events at once
 * (128), it asks for more before it answers any of them. So waiting is done here, and it is only asked to do what there
 * is to do. */
static void *listen_loop(void *argument) {
  struct listener *listener = argument;
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  struct pollfd ready[] = {{.fd = info->epoll_fd, .events = POLLIN}, {.fd = listener->wake, .events = POLLIN}};
  bool accepting = true;
  while (!atomic_load(&listener->server->over)) {
    int came = poll(ready, 2, waiting_ms(listener));
    if (came < 0 && errno != EINTR) {
      give_up();
    }
    listener->backoff_ms = came > 0 ? 0 : listener->backoff_ms;
    eventfd_t count;
    if (ready[1].revents != 0 && eventfd_read(listener->wake, &count) == 0) {
      atomic_store(&listener->woken, false);
    }
    if (accepting && atomic_load(&listener->server->stopping)) {
      stop_accepting(listener);
      accepting = false;
    }
    listener->moved = listener->freed = false;
    streams_turn(listener);
    MHD_run(listener->daemon);
  }
  streams_turn(listener); /* libmicrohttpd cannot end while one is suspended */
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
  enum { OTHERS = 128 + SPARE_MOST };
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
  /* Streams stay, so some connections are kept for requests. */
  server->options.streams = options->streams < connections / 4 * 3 ? options->streams : connections / 4 * 3;
  int network = options->listen_socket >= 0 ? options->listen_socket : socket_listen(options->listen, error);
  if (network < 0) {
    return false;
  }
  socket_address(network, server->tls != NULL, server->address);
  if (options->trust_all && !may_trust_all(server, network, error)) {
    close(network);
    return false;
  }
  warn_of_library(server, network);
  deadlines_limit(&server->deadlines, connections);
  server->client_counts = client_counts_new(
      server, options->address_connections < 0 ? connections / 2 : (unsigned)options->address_connections);
  server->listeners = memory_array(server, struct listener, threads + 1);
  unsigned spare = SPARE_MOST / threads + 1, each = connections / threads + spare;
  for (unsigned i = 1; i < threads; i++) {
    int shared = fcntl(network, F_DUPFD_CLOEXEC, 0);
    if (!add_listener(server, shared, false, each, error)) {
      close(network);
      return shared < 0 && error_set(error, "cannot listen: %s", strerror(errno));
    }
  }
  if (!add_listener(server, network, false, each + connections % threads, error)) {
    return false;
  }
  int local = socket_listen_local(options->socket_path, error);
  server->socket_made = local >= 0;
  return add_listener(server, local, true, LOCAL_CONNECTIONS, error);
}

/* Only once all are there: each thread may look at all of them. */
static bool start_threads(struct server *server, struct error *error) {
  for (size_t i = 0; i < server->listener_count; i++) {
    struct listener *listener = &server->listeners[i];
    atomic_fetch_add(&server->accepting, 1);
    listener->running = pthread_create(&listener->thread, NULL, listen_loop, listener) == 0;
    if (!listener->running) {
      atomic_fetch_sub(&server->accepting, 1);
      return error_set(error, "cannot start a thread");
    }
  }
  return true;
}

struct server *server_start(const struct server_options *options, struct api *api, struct error *error) {
  struct server *server = memory_new(NULL, struct server);
  server->api = api;
  server->options = *options;
  if (options->tls_cert != NULL &&
      (server->tls = tls_open(server, options->tls_cert, options->tls_key, error)) == NULL) {
    talloc_free(server);
    return NULL;
  }
  server->metrics = metrics_new(api_services(api)->contract);
  api_metrics_source(api, metrics_add, server);
  unsigned char prefix[6];
  randombytes_buf(prefix, sizeof prefix);
  sodium_bin2hex(server->id_prefix, sizeof server->id_prefix, prefix, sizeof prefix);
  if (!deadlines_start(&server->deadlines) || (server->background = background_start(server)) == NULL ||
      (server->readings = background_start(server)) == NULL || (server->strangers = background_start(server)) == NULL ||
      (server->downloads = downloads_start(server)) == NULL) {
    error_set(error, "cannot start a thread");
    server_stop(server);
    return NULL;
  }
  server->sender = webhook_sender_start(api, error);
  if (server->sender == NULL || !open_listeners(server, error) || !start_threads(server, error)) {
    server_stop(server);
    return NULL;
  }
  store_on_commit(api_services(api)->store, streams_tell, server);
  return server;
}

const char *server_address(const struct server *server) {
  return server->address;
}

uint64_t server_requests(const struct server *server) {
  return atomic_load(&server->requests);
}

void server_reload(struct server *server) {
  struct error error;
  if (server->tls == NULL) {
    log_line(LOG_INFO, "SIGHUP: this server has no certificate to reload");
  } else if (tls_reload(server->tls, &error)) {
    log_line(LOG_INFO, "the certificate was reloaded for new connections");
  } else {
    log_line(LOG_ERROR, "%s; the old certificate stays in use", error.text);
  }
}

/* -- stopping ------------------------------------------------------------------------------------------------------ */

static void drain(struct server *server) {
  struct timespec pause = {.tv_nsec = 5000000};
  int64_t until = clock_monotonic_ns() + DRAIN_SECONDS * 1000000000LL;
  while (atomic_load(&server->active) + atomic_load(&server->accepting) > 0 && clock_monotonic_ns() < until) {
    nanosleep(&pause, NULL);
  }
}

/* Whoever was handed an exchange gives it back, however long the disk takes; libmicrohttpd cannot end before. */
static void await_handed(const struct server *server) {
  struct timespec pause = {.tv_nsec = 5000000};
  while (atomic_load(&server->handed) > 0) {
    nanosleep(&pause, NULL);
  }
}

void server_stop(struct server *server) {
  atomic_store(&server->stopping, true);
  store_forget_commit(api_services(server->api)->store, server);
  webhook_sender_hurry(server->sender);
  for (size_t i = 0; i < server->listener_count; i++) {
    if (server->listeners[i].running) {
      listener_wake(&server->listeners[i]); /* it takes no more connections, and its streams end */
    }
  }
  if (server->socket_made) { /* and not another's, which kept this server from starting */
    unlink(server->options.socket_path);
  }
  deadlines_hurry(&server->deadlines, SERVER_HURRY_SECONDS);
  drain(server);
  /* A connection that was idle may begin a request at any moment; from here on none is suspended any more. */
  atomic_store(&server->closed, true);
  background_stop(server->background); /* what waits there is answered */
  background_stop(server->readings);
  background_stop(server->strangers);
  downloads_stop(server->downloads);
  await_handed(server);
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
    while (listener->rested_count > 0) {
      talloc_free(listener->rested[--listener->rested_count]);
    }
    if (listener->wake >= 0) {
      close(listener->wake);
    }
  }
  webhook_sender_stop(server->sender);
  deadlines_stop(&server->deadlines);
  metrics_free(server->metrics);
  talloc_free(server);
}

/* -- the library --------------------------------------------------------------------------------------------------- */

const char *server_library(void) {
  return MHD_get_version();
}
