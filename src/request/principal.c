/* Roles by name, and copies of who is calling. */
#include "request/principal.h"

#include <stddef.h>
#include <string.h>

static const char *const role_names[] = {[ROLE_NONE] = "",         [ROLE_FEED] = "feed",     [ROLE_METRICS] = "metrics",
                                         [ROLE_READER] = "reader", [ROLE_EDITOR] = "editor", [ROLE_ADMIN] = "admin"};

const char *role_name(enum role role) {
  return role_names[role];
}

enum role role_named(const char *name) {
  enum role role = ROLE_ADMIN;
  while (role > ROLE_NONE && strcmp(role_names[role], name) != 0) {
    role--;
  }
  return role;
}

void principal_take(struct principal *to, const struct principal *from) {
  memcpy(to, from, offsetof(struct principal, name) + strlen(from->name) + 1);
}
