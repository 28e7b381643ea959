/* serve: open the database, bring every status up to today, then listen. The main thread waits for signals, and between
 * them looks whether the registry's day has turned. A flush that failed ends the process with a non-zero status, once
 * what waits was told. */
#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/version.h"
#include "http/server.h"
#include "store/store.h"

#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

enum { LISTEN_FIRST_SOCKET = 3 };

static bool read_number(const struct arguments *arguments, const char *flag, unsigned long least, unsigned long most,
                        unsigned long *out, struct error *error) {
  const char *text = argument(arguments, flag);
  char *end = NULL;
  errno = 0;
  *out = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *out < least || *out > most) {
    return error_set(error, "--%s %s: a number from %lu to %lu is needed", flag, text, least, most);
  }
  return true;
}

static bool is_loopback(const char *listen) {
  return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "localhost:", 10) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

struct settings {
  struct store_options store;
  struct server_options server;
  bool json_log, match_required;
};

static bool read_numbers(const struct arguments *arguments, struct settings *settings, struct error *error) {
  unsigned long threads, body, connections, head, rest, idle, queue, group;
  if (!read_number(arguments, "threads", 0, 256, &threads, error) ||
      !read_number(arguments, "body-limit", 1, 1UL << 30, &body, error) ||
      !read_number(arguments, "connections", 8, 1000000, &connections, error) ||
      !read_number(arguments, "head-timeout", 1, 3600, &head, error) ||
      !read_number(arguments, "body-timeout", 1, 3600, &rest, error) ||
      !read_number(arguments, "idle-timeout", 1, 3600, &idle, error) ||
      !read_number(arguments, "queue-limit", 1, 1000000, &queue, error) ||
      !read_number(arguments, "group-limit", 1, 100000, &group, error)) {
    return false;
  }
  settings->server.threads = (unsigned)threads;
  settings->server.body_limit = body;
  settings->server.connections = (unsigned)connections;
  settings->server.head_seconds = (unsigned)head;
  settings->server.body_seconds = (unsigned)rest;
  settings->server.idle_seconds = (unsigned)idle;
  settings->store.queue_limit = queue;
  settings->store.group_limit = group;
  return true;
}

/* A serialized origin as browsers send it (RFC 6454 6.1); * is any; NULL: none is wanted. */
static bool is_origin(const char *text) {
  const char *host = text == NULL ? NULL : strstr(text, "://");
  return text == NULL || strcmp(text, "*") == 0 ||
         (host != NULL && (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) && host[3] != '\0' &&
          strpbrk(host + 3, "/?#@ ,\"") == NULL);
}

static bool read_settings(const struct arguments *arguments, struct settings *settings, struct error *error) {
  *settings = (struct settings){.store = {.path = argument(arguments, "db"), .create = true},
                                .server = {.listen = argument(arguments, "listen"),
                                           .listen_socket = -1,
                                           .cors_origin = argument(arguments, "cors-origin"),
                                           .behind_proxy = argument_is_set(arguments, "behind-proxy"),
                                           .trust_all = argument_is_set(arguments, "insecure-no-auth")}};
  settings->match_required = argument_is_set(arguments, "require-if-match");
  const char *format = argument(arguments, "log-format");
  settings->json_log = strcmp(format, "json") == 0;
  if (!settings->json_log && strcmp(format, "text") != 0) {
    return error_set(error, "--log-format %s: text or json is needed", format);
  }
  if (settings->server.trust_all && !is_loopback(settings->server.listen)) {
    return error_set(error,
                     "--insecure-no-auth makes everybody admin, so it is taken on loopback addresses only, not on %s",
                     settings->server.listen);
  }
  if (!is_origin(settings->server.cors_origin)) {
    return error_set(error, "--cors-origin %s: an origin such as https://front.example.org is needed, without a path",
                     settings->server.cors_origin);
  }
#ifdef HAVE_SYSTEMD
  if (sd_listen_fds(1) == 1) {
    settings->server.listen_socket = LISTEN_FIRST_SOCKET;
  }
#endif
  return read_numbers(arguments, settings, error) && set_clock(arguments, error);
}

static void tell_supervisor(const char *state) {
#ifdef HAVE_SYSTEMD
  sd_notify(0, state);
#else
  (void)state;
#endif
}

/* Waits for SIGTERM or SIGINT; meanwhile turns the registry's day. */
static void wait_for_signal(struct api *api) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  struct timespec second = {.tv_sec = 1};
  int32_t today = clock_today();
  while (sigtimedwait(&signals, NULL, &second) < 0) {
    if (clock_today() != today) {
      today = clock_today();
      log_line(LOG_INFO, "the day has turned");
      if (!api_tick(api)) {
        today--; /* again in a second */
      }
    }
  }
}

static void end_process(void *argument) {
  (void)argument;
  kill(getpid(), SIGTERM);
}

static int serve(struct settings *settings, struct contract *contract, struct store *store, struct error *error) {
  struct api *api = api_new(contract, store, error);
  if (api == NULL) {
    return EXIT_FAILED;
  }
  api_require_match(api, settings->match_required);
  char *socket_path = memory_print(api, "%s.sock", settings->store.path);
  settings->server.socket_path = socket_path;
  store_on_broken(store, end_process, NULL);
  if (!api_tick(api)) {
    api_free(api);
    error_set(error, "the statuses could not be brought up to today");
    return EXIT_FAILED;
  }
  struct server *server = server_start(&settings->server, api, error);
  if (server == NULL) {
    api_free(api);
    return EXIT_FAILED;
  }
  printf("listening on %s\n", server_address(server));
  fflush(stdout);
  tell_supervisor("READY=1");
  wait_for_signal(api);
  tell_supervisor("STOPPING=1");
  log_line(LOG_INFO, "stopping");
  server_stop(server);
  api_free(api);
  return store_broken(store) ? EXIT_FAILED : EXIT_SUCCESS;
}

/* Signals are waited for by the main thread; no other thread may take them. */
static void block_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int run_serve(const struct arguments *arguments) {
  struct settings settings;
  struct error error = {""};
  if (!read_settings(arguments, &settings, &error)) {
    fprintf(stderr, "entente serve: %s\n", error.text);
    return EXIT_USAGE;
  }
  block_signals();
  log_start(settings.json_log);
  log_versions();
  int status = EXIT_FAILED;
  struct contract *contract = api_load_contract(&error);
  struct store *store = contract == NULL ? NULL : store_open(&settings.store, contract, &error);
  if (store != NULL) {
    status = serve(&settings, contract, store, &error);
    store_close(store);
  }
  contract_free(contract);
  log_stop();
  if (error.text[0] != '\0') {
    fprintf(stderr, "entente serve: %s\n", error.text);
  }
  return status;
}
