/* The versions of what runs here, for people and for the log. */
#include "cli/command.h"

#include "base/log.h"
#include "cli/tell.h"
#include "cli/version.h"
#include "domain/calendar.h"
#include "http/server.h"
#include "store/store.h"

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <zlib.h>

static void describe(char *out, size_t size) {
  snprintf(out, size, "%s, libmicrohttpd %s, GnuTLS %s, jansson %s, libsodium %s, zlib %s, libical %s", store_engine(),
           server_library(), server_tls_library(), jansson_version_str(), sodium_version_string(), zlibVersion(),
           calendar_library());
}

int run_version(const struct arguments *arguments) {
  char libraries[256];
  describe(libraries, sizeof libraries);
  if (arguments->json) {
    tell_json_new(json_pack("{s:s, s:s}", "version", ENTENTE_VERSION, "libraries", libraries));
    return 0;
  }
  printf("entente %s\n%s\n", ENTENTE_VERSION, libraries);
  return 0;
}

void log_versions(void) {
  char libraries[256];
  describe(libraries, sizeof libraries);
  log_line(LOG_INFO, "entente %s with %s", ENTENTE_VERSION, libraries);
}
