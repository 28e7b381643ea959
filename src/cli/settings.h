/* How a server is to be, read from the flags and the environment of serve. */
#ifndef ENTENTE_CLI_SETTINGS_H
#define ENTENTE_CLI_SETTINGS_H

#include "api/api.h"
#include "base/network.h"
#include "cli/command.h"
#include "http/server.h"
#include "store/store.h"

enum { PROXIES_MOST = 64, ORIGINS_MOST = 16, ORIGIN_SIZE = 300 };

struct settings {
  struct store_options store;
  struct server_options server;
  struct service_options api;
  struct network proxies[PROXIES_MOST];
  char origin_text[ORIGINS_MOST][ORIGIN_SIZE];
  const char *origins[ORIGINS_MOST + 1]; /* ended by NULL */
  size_t origin_count;
  bool json_log;
};

/* Text is borrowed from `arguments`, and the settings point into themselves. False when a flag does not do, with the
 * reason, which names it. Sets the registry's calendar (set_clock). */
bool settings_read(const struct arguments *arguments, struct settings *settings, struct error *error);

#endif
