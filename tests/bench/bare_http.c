/* The first baseline: a server on libmicrohttpd alone, started as src/http/server.c starts its own (flags, threads,
 * limits), which answers every path with bytes that were in memory before it listened: the same documents with the same
 * headers. A request that has the header If-None-Match is answered 304. Nothing is parsed, checked, counted or logged.
 *
 *   bare_http DATABASE VIEW-FILE
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACES = 1 << 18, CONNECTION_MEMORY = 32 * 1024, CONNECTIONS = 4096, BACKLOG = 1024 };

struct document {
  char *path, *bytes;
  size_t size;
};

static struct document table[PLACES];

static void die(const char *what) {
  fprintf(stderr, "bare_http: %s\n", what);
  exit(1);
}

/* -- documents ----------------------------------------------------------------------------------------------------- */

static struct document *place_of(const char *path) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char *c = path; *c != '\0'; c++) {
    hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
  }
  size_t at = (size_t)((hash ^ hash >> 32) % PLACES);
  while (table[at].path != NULL && strcmp(table[at].path, path) != 0) {
    at = (at + 1) % PLACES;
  }
  return &table[at];
}

static char *read_file(const char *path) {
  static char text[1 << 16];
  FILE *file = fopen(path, "r");
  size_t size = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
  if (size == 0) {
    die(path);
  }
  fclose(file);
  text[size] = '\0';
  return text;
}

static void load(const char *database, const char *view) {
  sqlite3 *db;
  sqlite3_stmt *rows;
  if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
      sqlite3_exec(db, read_file(view), NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_prepare_v2(db, "SELECT a.slug, d.document FROM agreements a JOIN agreement_documents d ON d.pk = a.pk",
                         -1, &rows, NULL) != SQLITE_OK) {
    die(sqlite3_errmsg(db));
  }
  while (sqlite3_step(rows) == SQLITE_ROW) {
    char path[128];
    snprintf(path, sizeof path, "/v1/agreements/%s", (const char *)sqlite3_column_text(rows, 0));
    struct document *document = place_of(path);
    *document = (struct document){strdup(path), strdup((const char *)sqlite3_column_text(rows, 1)),
                                  (size_t)sqlite3_column_bytes(rows, 1)};
  }
  sqlite3_finalize(rows);
  sqlite3_close(db);
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static enum MHD_Result answer(void *argument, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
  (void)argument, (void)method, (void)version, (void)upload, (void)upload_size;
  static int seen;
  if (*state == NULL) {
    *state = &seen;
    return MHD_YES;
  }
  const struct document *document = place_of(url);
  bool same = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match") != NULL;
  struct MHD_Response *response =
      MHD_create_response_from_buffer(same ? 0 : document->size, same ? "" : document->bytes, MHD_RESPMEM_PERSISTENT);
  if (!same) {
    MHD_add_response_header(response, "Content-Type", "application/json; charset=utf-8");
  }
  MHD_add_response_header(response, "Cache-Control", "private, no-cache");
  MHD_add_response_header(response, "Vary", "Authorization, Accept, Accept-Encoding");
  MHD_add_response_header(response, "ETag", "\"1234-01234567\"");
  MHD_add_response_header(response, "X-Request-Id", "0123456789ab-000000");
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  enum MHD_Result result = MHD_queue_response(connection, document->path == NULL ? 404 : same ? 304 : 200, response);
  MHD_destroy_response(response);
  return result;
}

/* As the server's threads do. */
static void *serve(void *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  struct pollfd ready = {.fd = info->epoll_fd, .events = POLLIN};
  MHD_UNSIGNED_LONG_LONG ms;
  do {
    (void)poll(&ready, 1, MHD_get_timeout(daemon, &ms) == MHD_YES ? (int)ms : -1);
  } while (MHD_run(daemon) == MHD_YES);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    die("DATABASE VIEW-FILE");
  }
  load(argv[1], argv[2]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    die("cannot listen");
  }
  long threads = sysconf(_SC_NPROCESSORS_ONLN);
  for (long i = 0; i < threads; i++) {
    pthread_t thread;
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, answer, NULL,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
                         0U, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (daemon == NULL || pthread_create(&thread, NULL, serve, daemon) != 0) {
      die("libmicrohttpd cannot start");
    }
  }
  printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pause();
  return 0;
}
