/* libmicrohttpd with one thread of its own: nothing is authenticated, read or written here, so none of the server's
 * care for its connections is needed. Each connection gets one answer. */
#include "http/waiting.h"

#include "base/blob.h"
#include "base/memory.h"
#include "http/server.h"
#include "http/sockets.h"
#include "request/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 128, TIMEOUT_SECONDS = 5, PEM_MOST = 256 * 1024, REASON_SIZE = 200 };

struct waiting {
  struct MHD_Daemon *daemon;
  char address[SOCKET_ADDRESS_SIZE];
  pthread_mutex_t lock;
  char reason[REASON_SIZE];
  char *cert, *key; /* PEM; NULL: plain HTTP */
};

static struct MHD_Response *response_of(const char *type, const char *bytes, size_t size) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
  const char *const headers[][2] = {{"Content-Type", type},
                                    {"Cache-Control", "no-store"},
                                    {"X-Content-Type-Options", "nosniff"},
                                    {"Connection", "close"}};
  for (size_t i = 0; response != NULL && i < sizeof headers / sizeof headers[0]; i++) {
    (void)!MHD_add_response_header(response, headers[i][0], headers[i][1]);
  }
  return response;
}

static struct MHD_Response *refuse(struct waiting *waiting) {
  void *memory = talloc_new(NULL);
  struct reply reply = {0};
  pthread_mutex_lock(&waiting->lock);
  const char *reason = memory_copy(memory, waiting->reason);
  pthread_mutex_unlock(&waiting->lock);
  reply_problem(memory, &reply, "-", "not-ready", reason);
  struct MHD_Response *response = response_of(reply.content_type, reply.body->data, reply.body->size);
  if (response != NULL) {
    (void)!MHD_add_response_header(response, "Retry-After", "5");
  }
  blob_drop(reply.body);
  talloc_free(memory);
  return response;
}

/* For libmicrohttpd. A body is thrown away. */
static enum MHD_Result answer(void *argument, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state) {
  static const char alive[] = "{\"status\":\"ok\"}";
  static int begun;
  (void)method, (void)version, (void)upload;
  if (*state == NULL || *upload_size > 0) {
    *state = &begun;
    *upload_size = 0;
    return MHD_YES;
  }
  bool health = strcmp(url, "/healthz") == 0;
  struct MHD_Response *response =
      health ? response_of("application/json; charset=utf-8", alive, sizeof alive - 1) : refuse(argument);
  if (response == NULL) {
    return MHD_NO;
  }
  enum MHD_Result result = MHD_queue_response(connection, health ? 200 : 503, response);
  MHD_destroy_response(response);
  return result;
}

static char *read_pem(const void *parent, const char *path, struct error *error) {
  FILE *file = fopen(path, "re");
  char *text = memory_array(parent, char, PEM_MOST);
  size_t size = file == NULL ? 0 : fread(text, 1, PEM_MOST - 1, file);
  bool fine = file != NULL && ferror(file) == 0;
  if (!fine) {
    error_set(error, "%s: %s", path, strerror(errno));
  }
  if (file != NULL) {
    fclose(file);
  }
  text[size] = '\0';
  return fine ? text : NULL;
}

static bool start_daemon(struct waiting *waiting, int fd, struct error *error) {
  struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, waiting->cert},
                                 {MHD_OPTION_HTTPS_MEM_KEY, 0, waiting->key},
                                 {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem *more = waiting->cert == NULL ? &tls[2] : tls;
  unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC;
  waiting->daemon = MHD_start_daemon(waiting->cert == NULL ? flags : flags | MHD_USE_TLS, 0, NULL, NULL, answer,
                                     waiting, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                     (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS,
                                     MHD_OPTION_ARRAY, more, MHD_OPTION_END);
  return waiting->daemon != NULL || error_set(error, "libmicrohttpd cannot start");
}

static int destroy_lock(struct waiting *waiting) {
  pthread_mutex_destroy(&waiting->lock);
  return 0;
}

struct waiting *waiting_start(const struct server_options *options, struct error *error) {
  struct waiting *waiting = memory_new(NULL, struct waiting);
  pthread_mutex_init(&waiting->lock, NULL);
  talloc_set_destructor(waiting, destroy_lock);
  bool fine = true, secure = options->tls_cert != NULL;
  if (secure) {
    waiting->cert = read_pem(waiting, options->tls_cert, error);
    waiting->key = waiting->cert == NULL ? NULL : read_pem(waiting, options->tls_key, error);
    fine = waiting->key != NULL;
  }
  bool own = options->listen_socket < 0;
  int fd = !fine ? -1 : own ? socket_listen(options->listen, error) : options->listen_socket;
  if (fd < 0 || !start_daemon(waiting, fd, error)) {
    if (fd >= 0 && own) {
      close(fd);
    }
    talloc_free(waiting);
    return NULL;
  }
  socket_address(fd, secure, waiting->address);
  return waiting;
}

const char *waiting_address(const struct waiting *waiting) {
  return waiting->address;
}

void waiting_tell(struct waiting *waiting, const char *reason) {
  pthread_mutex_lock(&waiting->lock);
  snprintf(waiting->reason, sizeof waiting->reason, "%s", reason);
  pthread_mutex_unlock(&waiting->lock);
}

int waiting_stop(struct waiting *waiting) {
  int fd = (int)MHD_quiesce_daemon(waiting->daemon);
  MHD_stop_daemon(waiting->daemon);
  talloc_free(waiting);
  return fd;
}
