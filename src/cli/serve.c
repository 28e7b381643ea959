/* serve: open the database, bring every status up to today, then listen. The main thread waits for signals, and between
 * them looks whether the registry's day has turned. A flush that failed ends the process with a non-zero status, once
 * what waits was told. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/starting.h"
#include "cli/settings.h"
#include "cli/tell.h"
#include "cli/version.h"
#include "http/waiting.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

static void tell_supervisor(const char *state) {
#ifdef HAVE_SYSTEMD
  sd_notify(0, state);
#else
  (void)state;
#endif
}

/* Gives back to the system what a busy time has left free, once nobody asks any more. `served` and `trimmed` are how
 * many requests there had been a second ago, and when that was done last. */
static void give_back(const struct server *server, uint64_t *served, uint64_t *trimmed) {
  uint64_t now = server_requests(server);
  if (now == *served && now != *trimmed) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    *trimmed = now;
  }
  *served = now;
}

/* What the main thread waits for; no other thread may take them. */
static sigset_t awaited_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

static void turn_day(struct api *api, int32_t *today) {
  if (clock_today() != *today) {
    *today = clock_today();
    log_line(LOG_INFO, "the day has turned");
    if (!api_tick(api)) {
      (*today)--; /* again in a second */
    }
  }
}

static void reload(struct server *server) {
  char state[64];
  snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_monotonic_ns() / 1000));
  tell_supervisor(state);
  server_reload(server);
  tell_supervisor("READY=1");
}

/* Waits for SIGTERM or SIGINT; meanwhile turns the registry's day, and reads the certificate anew on SIGHUP. That also
 * comes when the terminal goes where the server was started, and then means the end, as for every program there.
 * `on_terminal`: there was one. `today` is the day up to which the statuses were brought. */
static void wait_for_signal(struct api *api, struct server *server, bool on_terminal, int32_t today) {
  const sigset_t signals = awaited_signals();
  const struct timespec second = {.tv_sec = 1};
  uint64_t served = 0, trimmed = 0;
  for (;;) {
    int caught = sigtimedwait(&signals, NULL, &second);
    if (caught == SIGTERM || caught == SIGINT || (caught == SIGHUP && on_terminal && isatty(STDERR_FILENO) != 1)) {
      return;
    }
    if (caught == SIGHUP) {
      reload(server);
    }
    give_back(server, &served, &trimmed);
    turn_day(api, &today);
  }
}

static void end_process(void *argument) {
  (void)argument;
  kill(getpid(), SIGTERM);
}

/* Beside the database, or where --socket says: then commands are told, by a path that holds from everywhere. */
static bool place_socket(const void *memory, struct settings *settings, struct store *store, struct error *error) {
  const char *named = settings->server.socket_path;
  if (named == NULL) {
    settings->server.socket_path = memory_print(memory, "%s.sock", store_path(store));
    return true;
  }
  char folder[PATH_MAX];
  if (named[0] != '/') {
    if (getcwd(folder, sizeof folder) == NULL) {
      return error_set(error, "--socket %s: %s", named, strerror(errno));
    }
    settings->server.socket_path = memory_print(memory, "%s/%s", folder, named);
  }
  return store_tell_socket(store, settings->server.socket_path, error);
}

/* What is told while the database is made ready. */
struct starting {
  struct settings *settings;
  struct waiting *waiting; /* NULL while that took no time */
  bool stopped;            /* by a signal */
  struct error *error;
};

/* Long work has come so far: from the first of it on, who asks is told. A signal ends it. */
static bool tell_starting(void *argument, const char *line) {
  struct starting *starting = argument;
  const sigset_t signals = awaited_signals();
  const struct timespec now = {0};
  char state[300];
  int caught = sigtimedwait(&signals, NULL, &now);
  if (caught == SIGTERM || caught == SIGINT) {
    starting->stopped = true;
    log_line(LOG_INFO, "stopping before the registry was ready");
    return false;
  }
  if (starting->waiting == NULL) {
    starting->waiting = waiting_start(&starting->settings->server, starting->error);
    if (starting->waiting == NULL) {
      return false;
    }
    log_line(LOG_INFO, "until the registry is ready, requests to %s are answered 503",
             waiting_address(starting->waiting));
  }
  waiting_tell(starting->waiting, line);
  snprintf(state, sizeof state, "EXTEND_TIMEOUT_USEC=600000000\nSTATUS=%s", line);
  tell_supervisor(state);
  return true;
}

static void end_starting(struct starting *starting) {
  starting_listen(NULL, NULL);
  if (starting->waiting != NULL) {
    starting->settings->server.listen_socket = waiting_stop(starting->waiting);
    starting->waiting = NULL;
  }
}

static int serve(struct settings *settings, bool on_terminal, struct starting *starting, struct contract *contract,
                 struct store *store, struct error *error) {
  struct api *api = api_new(contract, store, &settings->api, error);
  if (api == NULL) {
    return EXIT_FAILED;
  }
  if (!place_socket(api, settings, store, error)) {
    api_free(api);
    return EXIT_FAILED;
  }
  store_on_broken(store, end_process, NULL);
  int32_t today = clock_today(); /* before that is asked for: should it turn meanwhile, it is only done twice */
  if (!api_tick(api)) {
    api_free(api);
    if (error->text[0] == '\0') {
      error_set(error, "the statuses could not be updated");
    }
    return EXIT_FAILED;
  }
  end_starting(starting);
  struct server *server = server_start(&settings->server, api, error);
  if (server == NULL) {
    api_free(api);
    return EXIT_FAILED;
  }
  printf("listening on %s\n", server_address(server));
  if (fflush(stdout) != 0) {
    log_line(LOG_WARN, "the address could not be written to standard output");
    clearerr(stdout);
  }
  tell_supervisor("READY=1");
  wait_for_signal(api, server, on_terminal, today);
  tell_supervisor("STOPPING=1");
  log_line(LOG_INFO, "stopping");
  server_stop(server);
  api_free(api);
  return store_broken(store) ? EXIT_FAILED : EXIT_SUCCESS;
}

static void block_signals(void) {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
}

int run_serve(const struct arguments *arguments) {
  struct settings settings;
  struct error error = {0};
  bool on_terminal = isatty(STDERR_FILENO) == 1; /* before anything takes time: it can go meanwhile */
  if (!settings_read(arguments, &settings, &error)) {
    return tell_mistake(arguments, "%s", error.text);
  }
  block_signals();
  log_start(settings.json_log);
  log_versions();
  if (settings.server.behind_proxy && settings.server.proxy_count == 0) {
    log_line(LOG_WARN, "without --trusted-proxy all clients behind the proxy share its address and its limits");
  }
  int status = EXIT_FAILED;
  struct starting starting = {.settings = &settings, .error = &error};
  starting_listen(tell_starting, &starting);
  struct contract *contract = api_load_contract(&error);
  struct store *store = contract == NULL ? NULL : store_open(&settings.store, contract, &error);
  if (store != NULL) {
    status = serve(&settings, on_terminal, &starting, contract, store, &error);
    status = store_close(store) ? status : EXIT_FAILED;
  }
  end_starting(&starting);
  contract_free(contract);
  log_stop();
  if (starting.stopped) {
    return EXIT_SUCCESS; /* as it was asked to; what was done so far stays, and the rest is done at the next start */
  }
  if (error.text[0] != '\0') {
    status = tell_error(arguments, &error);
  }
  return status;
}
