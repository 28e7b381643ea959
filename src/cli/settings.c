/* Each flag that holds a number is a row of one table: what it may be, and where it goes. What only several flags
 * together can get wrong is looked at after that. */
#include "cli/settings.h"

#include "base/limiter.h"
#include "cli/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    return error_set(error, "--%s %s: must be a number from %lu to %lu", flag, text, least, most);
  }
  return true;
}

static bool is_loopback(const char *listen) {
  return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "localhost:", 10) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

static bool read_numbers(const struct arguments *arguments, struct settings *settings, struct error *error) {
  enum { MOST = 1000000, DAYS_MOST = 36500, MONTHS_MOST = 1200, YEAR = 366 * 24 * 60 * 60 };
  struct server_options *server = &settings->server;
  struct service_options *api = &settings->api;
  const struct {
    const char *flag;
    unsigned long least, most;
    unsigned *number; /* one of these two */
    size_t *size;
  } all[] = {{"threads", 0, 256, &server->threads, NULL},
             {"body-limit", 1, 1UL << 30, NULL, &server->body_limit},
             {"connections", 8, MOST, &server->connections, NULL},
             {"streams", 0, MOST, &server->streams, NULL},
             {"heartbeat", 1, 3600, &server->heartbeat_seconds, NULL},
             {"head-timeout", 1, 3600, &server->head_seconds, NULL},
             {"body-timeout", 1, 3600, &server->body_seconds, NULL},
             {"idle-timeout", 1, 3600, &server->idle_seconds, NULL},
             {"queue-limit", 1, MOST, NULL, &settings->store.queue_limit},
             {"group-limit", 1, 100000, NULL, &settings->store.group_limit},
             {"address-requests", 0, LIMITER_MOST, &api->address_requests, NULL},
             {"address-writes", 0, LIMITER_MOST, &api->address_writes, NULL},
             {"sign-in-failures", 0, LIMITER_MOST, &api->sign_in_failures, NULL},
             {"token-requests", 0, LIMITER_MOST, &api->token_requests, NULL},
             {"token-writes", 0, LIMITER_MOST, &api->token_writes, NULL},
             {"expiring-days", 1, DAYS_MOST, &api->expiring_days, NULL},
             {"notice-days", 1, DAYS_MOST, &api->notice_days, NULL},
             {"dormant-months", 1, MONTHS_MOST, &api->dormant_months, NULL},
             {"session-idle", 1, YEAR, &api->session_idle_seconds, NULL},
             {"session-life", 1, YEAR, &api->session_life_seconds, NULL},
             {"webhook-retry", 0, 3600, &api->webhook_retry_seconds, NULL},
             {"hsts", 0, UINT_MAX, &server->hsts_seconds, NULL}};
  unsigned long number;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (argument(arguments, all[i].flag) == NULL) {
      continue; /* as the registry has it */
    }
    if (!read_number(arguments, all[i].flag, all[i].least, all[i].most, &number, error)) {
      return false;
    }
    if (all[i].size != NULL) {
      *all[i].size = number;
    } else {
      *all[i].number = (unsigned)number;
    }
  }
  server->address_connections = -1;
  if (argument(arguments, "address-connections") != NULL) {
    if (!read_number(arguments, "address-connections", 0, MOST, &number, error)) {
      return false;
    }
    server->address_connections = (long)number;
  }
  return true;
}

struct reading {
  struct settings *settings;
  struct error *error;
};

static bool take_proxy(void *to, const char *item) {
  struct reading *reading = to;
  struct settings *settings = reading->settings;
  if (settings->server.proxy_count == PROXIES_MOST) {
    return error_set(reading->error, "--trusted-proxy: %d networks can be named at most", PROXIES_MOST);
  }
  if (!network_read(item, &settings->proxies[settings->server.proxy_count])) {
    return error_set(reading->error, "--trusted-proxy %s: must be a network such as 192.0.2.0/24 or 2001:db8::/32",
                     item);
  }
  settings->server.proxy_count++;
  return true;
}

/* An origin as browsers send it (RFC 6454, 6.1), or `*` for any. */
static bool is_origin(const char *text) {
  const char *host = strstr(text, "://");
  return strcmp(text, "*") == 0 ||
         (host != NULL && (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) && host[3] != '\0' &&
          strpbrk(host + 3, "/?#@ \"") == NULL && strlen(text) < ORIGIN_SIZE);
}

static bool take_origin(void *to, const char *item) {
  struct reading *reading = to;
  struct settings *settings = reading->settings;
  if (settings->origin_count == ORIGINS_MOST) {
    return error_set(reading->error, "--cors-origin: %d origins can be named at most", ORIGINS_MOST);
  }
  if (!is_origin(item)) {
    return error_set(reading->error,
                     "--cors-origin %s: must be an origin such as https://front.example.org, without a path", item);
  }
  snprintf(settings->origin_text[settings->origin_count], ORIGIN_SIZE, "%s", item);
  settings->origins[settings->origin_count] = settings->origin_text[settings->origin_count];
  settings->origin_count++;
  return true;
}

static bool read_lists(const struct arguments *arguments, struct settings *settings, struct error *error) {
  struct reading reading = {settings, error};
  settings->server.proxies = settings->proxies;
  settings->server.cors_origins = settings->origins;
  return argument_each(arguments, "trusted-proxy", take_proxy, &reading) &&
         argument_each(arguments, "cors-origin", take_origin, &reading);
}

bool settings_read(const struct arguments *arguments, struct settings *settings, struct error *error) {
  *settings = (struct settings){.store = {.path = argument(arguments, "db"), .create = true},
                                .server = {.listen = argument(arguments, "listen"),
                                           .listen_socket = -1,
                                           .socket_path = argument(arguments, "socket"),
                                           .tls_cert = argument(arguments, "tls-cert"),
                                           .tls_key = argument(arguments, "tls-key"),
                                           .behind_proxy = argument_is_set(arguments, "behind-proxy"),
                                           .trust_all = argument_is_set(arguments, "insecure-no-auth")},
                                .api = {.match_required = argument_is_set(arguments, "require-if-match"),
                                        .open = argument_is_set(arguments, "public-read"),
                                        .webhook_loopback = argument_is_set(arguments, "webhook-allow-loopback")}};
  const char *format = argument(arguments, "log-format");
  settings->json_log = strcmp(format, "json") == 0;
  if (!settings->json_log && strcmp(format, "text") != 0) {
    return error_set(error, "--log-format %s: must be text or json", format);
  }
  if (settings->server.trust_all && !is_loopback(settings->server.listen)) {
    return error_set(
        error, "--insecure-no-auth makes every caller admin, so it is accepted on loopback addresses only, not on %s",
        settings->server.listen);
  }
  if ((settings->server.tls_cert == NULL) != (settings->server.tls_key == NULL)) {
    return error_set(error, "--tls-cert and --tls-key belong together: --tls-%s is missing",
                     settings->server.tls_cert == NULL ? "cert" : "key");
  }
#ifdef HAVE_SYSTEMD
  if (sd_listen_fds(1) == 1) {
    settings->server.listen_socket = LISTEN_FIRST_SOCKET;
  }
#endif
  return read_numbers(arguments, settings, error) && read_lists(arguments, settings, error) &&
         set_clock(arguments, error);
}
