/* Proxies add to the end of a list, so only its end can be believed: from there back to the first address that is no
 * trusted proxy's. What stands before that one was written by the client, and may be anything. Read from front to back
 * this is: every address that is no proxy's takes the place of all that came before it, and so does one that cannot be
 * read. */
#include "base/forwarded.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

enum { NODE_SIZE = 64 };

static const char token_letters[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* What the list tells as far as it was read. */
struct told {
  const struct network *proxies;
  size_t proxy_count;
  bool any, known, secure;
  struct sockaddr_storage client;
};

/* -- one address --------------------------------------------------------------------------------------------------- */

/* A port, or a name for one (RFC 7239, 6.2), which says nothing here. */
static bool is_port(const char *text) {
  size_t length = strspn(text, "0123456789._-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  return length > 0 && text[length] == '\0';
}

/* 192.0.2.1, 2001:db8::1, [2001:db8::1], the first and the last also with a port. */
static bool read_node(const char *text, struct sockaddr_storage *out) {
  char address[NODE_SIZE];
  const char *last = text + strlen(text), *colon = strchr(text, ':');
  bool bracket = text[0] == '[', four = !bracket && (colon == NULL || strchr(colon + 1, ':') == NULL);
  if (bracket || (four && colon != NULL)) {
    const char *end = bracket ? strchr(text, ']') : colon;
    if (end == NULL || (bracket && end[1] != '\0' && end[1] != ':')) {
      return false;
    }
    const char *port = bracket ? end + 1 : end;
    if (*port == ':' && !is_port(port + 1)) {
      return false;
    }
    last = end;
  }
  text += bracket;
  size_t length = (size_t)(last - text);
  if (length >= sizeof address) {
    return false;
  }
  memcpy(address, text, length);
  address[length] = '\0';
  memset(out, 0, sizeof *out);
  out->ss_family = four ? AF_INET : AF_INET6;
  return inet_pton(out->ss_family, address,
                   four ? (void *)&((struct sockaddr_in *)out)->sin_addr
                        : (void *)&((struct sockaddr_in6 *)out)->sin6_addr) == 1;
}

static bool is_proxy(const struct told *told, const struct sockaddr_storage *address) {
  for (size_t i = 0; i < told->proxy_count; i++) {
    if (network_has(&told->proxies[i], (const struct sockaddr *)address)) {
      return true;
    }
  }
  return false;
}

static void tell(struct told *told, const char *node, bool secure) {
  struct sockaddr_storage address;
  bool known = node != NULL && read_node(node, &address);
  if (known && is_proxy(told, &address) && told->any) {
    return;
  }
  told->any = true;
  told->known = known;
  told->secure = secure;
  if (known) {
    told->client = address;
  }
}

/* -- the two lists ------------------------------------------------------------------------------------------------- */

/* The next item of a list, without the white space around it, and cut where it is too long to be an address; false at
 * the end. */
static bool next_item(const char **at, char out[NODE_SIZE]) {
  *at += strspn(*at, ", \t");
  size_t length = strcspn(*at, ","), kept = length;
  const char *item = *at;
  while (kept > 0 && (item[kept - 1] == ' ' || item[kept - 1] == '\t')) {
    kept--;
  }
  kept = kept < NODE_SIZE ? kept : NODE_SIZE - 1;
  memcpy(out, item, kept);
  out[kept] = '\0';
  *at += length;
  return kept > 0;
}

static void read_plain(const char *list, struct told *told) {
  char node[NODE_SIZE];
  while (next_item(&list, node)) {
    tell(told, node, false);
  }
}

/* A token or a quoted string. Addresses are met without their quotes, too. */
static bool read_value(const char **at, char out[NODE_SIZE]) {
  size_t used = 0;
  bool quoted = **at == '"';
  *at += quoted;
  for (; quoted ? **at != '"' : **at != '\0' && (strchr(token_letters, **at) != NULL || strchr(":[]", **at) != NULL);
       ++*at) {
    *at += quoted && **at == '\\';
    if (**at == '\0') {
      return false;
    }
    if (used < NODE_SIZE - 1) {
      out[used++] = **at;
    }
  }
  *at += quoted;
  out[used] = '\0';
  return quoted || used > 0;
}

struct element {
  bool has_node, has_proto;
  char node[NODE_SIZE], proto[NODE_SIZE];
};

/* for=…; a name may come once in an element. */
static bool read_pair(const char **at, struct element *element) {
  char value[NODE_SIZE];
  const char *name = *at;
  size_t length = strspn(name, token_letters);
  *at += length;
  if (length == 0 || **at != '=') {
    return false;
  }
  ++*at;
  if (!read_value(at, value)) {
    return false;
  }
  bool *has = length == 3 && strncasecmp(name, "for", 3) == 0     ? &element->has_node
              : length == 5 && strncasecmp(name, "proto", 5) == 0 ? &element->has_proto
                                                                  : NULL;
  if (has != NULL) {
    if (*has) {
      return false;
    }
    *has = true;
    memcpy(has == &element->has_node ? element->node : element->proto, value, sizeof value);
  }
  return true;
}

static bool read_element(const char **at, struct element *element) {
  *element = (struct element){0};
  for (;;) {
    *at += strspn(*at, " \t");
    if (**at != ';' && **at != ',' && **at != '\0' && !read_pair(at, element)) {
      return false;
    }
    *at += strspn(*at, " \t");
    if (**at != ';') {
      return **at == ',' || **at == '\0';
    }
    ++*at;
  }
}

/* False when the list breaks the grammar. */
static bool read_standard(const char *list, struct told *told) {
  struct element element;
  for (list += strspn(list, ", \t"); *list != '\0'; list += strspn(list, ", \t")) {
    if (!read_element(&list, &element)) {
      told->known = told->secure = false;
      return false;
    }
    tell(told, element.has_node ? element.node : NULL, element.has_proto && strcasecmp(element.proto, "https") == 0);
  }
  return true;
}

bool forwarded_readable(const struct forwarded *headers) {
  struct told told = {.proxies = NULL};
  return headers->x_for != NULL || headers->standard == NULL || read_standard(headers->standard, &told);
}

static struct told read_headers(const struct forwarded *headers, const struct network *proxies, size_t proxy_count) {
  struct told told = {.proxies = proxies, .proxy_count = proxy_count};
  if (headers->x_for != NULL) {
    read_plain(headers->x_for, &told);
  } else if (headers->standard != NULL) {
    (void)read_standard(headers->standard, &told);
  }
  return told;
}

bool forwarded_client(const struct forwarded *headers, const struct network *proxies, size_t proxy_count,
                      struct sockaddr_storage *client) {
  struct told told = read_headers(headers, proxies, proxy_count);
  if (told.known) {
    *client = told.client;
  }
  return told.known;
}

bool forwarded_secure(const struct forwarded *headers, const struct network *proxies, size_t proxy_count) {
  if (headers->x_proto == NULL) {
    return headers->x_for == NULL && read_headers(headers, proxies, proxy_count).secure;
  }
  char item[NODE_SIZE], last[NODE_SIZE] = "";
  for (const char *at = headers->x_proto; next_item(&at, item);) {
    memcpy(last, item, sizeof last);
  }
  return strcasecmp(last, "https") == 0;
}
