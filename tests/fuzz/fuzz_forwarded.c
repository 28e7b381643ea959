/* What a proxy and its client tell of the client, as each of the headers in turn. Who is told has an address that can
 * be printed, and read again; who is a proxy is told only where nobody else is named. */
#include "fuzz.h"

#include "base/forwarded.h"
#include "base/network.h"

static void look_at(const struct forwarded *headers, const struct network *proxies, size_t count) {
  struct sockaddr_storage client, again;
  (void)forwarded_secure(headers, proxies, count);
  if (!forwarded_client(headers, proxies, count, &client)) {
    return;
  }
  char text[NETWORK_ADDRESS_SIZE], more[NETWORK_ADDRESS_SIZE], list[NETWORK_ADDRESS_SIZE + 32];
  network_print((const struct sockaddr *)&client, text);
  snprintf(list, sizeof list, "192.0.2.9, %s,10.0.0.1", text);
  const struct forwarded plain = {.x_for = list};
  must(forwarded_client(&plain, proxies, count, &again), "an address that was told can be told again");
  network_print((const struct sockaddr *)&again, more);
  bool proxy = network_has(&proxies[0], (const struct sockaddr *)&client);
  must(strcmp(more, proxy ? "192.0.2.9" : text) == 0, "a proxy is passed over for whoever stands before it");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct network proxies[1];
  void *memory = talloc_new(NULL);
  const char *text = memory_slice(memory, (const char *)bytes, size);
  must(network_read("10.0.0.0/8", &proxies[0]), "a network is read");
  look_at(&(struct forwarded){.x_for = text}, proxies, 1);
  look_at(&(struct forwarded){.standard = text}, proxies, 1);
  look_at(&(struct forwarded){.x_for = text, .x_proto = text, .standard = text}, proxies, 1);
  talloc_free(memory);
  return 0;
}
