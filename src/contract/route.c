/* Paths are kept as templates: per template its segments (NULL for a variable) and its operation per method. Templates
 * are sorted by their number of segments, and among those of one number a literal segment goes before a variable, so
 * that the first that matches is the right one, and only those of the right number are looked at. What `Allow` says is
 * written out when the contract is loaded. */
#include "contract/load.h"

#include "base/memory.h"
#include "contract/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHODS = 5, SEGMENTS = ROUTE_SEGMENTS };

static const char *const methods[METHODS] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

struct template {
  const char *path;
  const char *segments[SEGMENTS];
  size_t count;
  const struct operation *operations[METHODS];
  char allowed[64];
};

struct router {
  struct template *templates;
  size_t count;
  size_t first[SEGMENTS + 2]; /* the first template of that many segments; up to the first of one more */
};

static size_t method_index(const char *method) {
  size_t index = 0;
  while (index < METHODS && strcmp(methods[index], method) != 0) {
    index++;
  }
  return index;
}

static void split(const void *owner, struct template *template) {
  for (const char *at = template->path; *at == '/' && template->count < SEGMENTS;) {
    at++;
    size_t length = strcspn(at, "/");
    template->segments[template->count++] = *at == '{' ? NULL : memory_slice(owner, at, length);
    at += length;
  }
}

static int compare(const void *left, const void *right) {
  const struct template *a = left, *b = right;
  if (a->count != b->count) {
    return a->count < b->count ? -1 : 1;
  }
  for (size_t i = 0; i < a->count; i++) {
    if (!a->segments[i] != !b->segments[i]) {
      return a->segments[i] ? -1 : 1;
    }
  }
  return strcmp(a->path, b->path);
}

static void write_allowed(struct template *template) {
  size_t used = 0;
  for (size_t i = 0; i < METHODS; i++) {
    if (template->operations[i]) {
      used += (size_t)snprintf(template->allowed + used, sizeof template->allowed - used, "%s, %s", methods[i],
                               i == 0 ? "HEAD, " : "");
    }
  }
  snprintf(template->allowed + used, sizeof template->allowed - used, "OPTIONS");
}

const struct router *compile_router(const struct contract *contract) {
  struct router *router = memory_new(contract, struct router);
  router->templates = memory_array(router, struct template, contract->operation_count + 1);
  for (size_t i = 0; i < contract->operation_count; i++) {
    const struct operation *operation = &contract->operations[i];
    struct template *last = router->count > 0 ? &router->templates[router->count - 1] : NULL;
    if (!last || last->path != operation->path) { /* the operations of a path stand together */
      last = &router->templates[router->count++];
      last->path = operation->path;
      split(router, last);
    }
    last->operations[method_index(operation->method)] = operation;
  }
  qsort(router->templates, router->count, sizeof *router->templates, compare);
  for (size_t i = 0; i < router->count; i++) {
    write_allowed(&router->templates[i]);
    for (size_t more = router->templates[i].count + 1; more < SEGMENTS + 2; more++) {
      router->first[more] = i + 1;
    }
  }
  return router;
}

static bool matches(const struct template *template, const struct uri *uri, const char *values[ROUTE_VARIABLES]) {
  size_t variables = 0;
  memset(values, 0, ROUTE_VARIABLES * sizeof *values);
  for (size_t i = 0; i < template->count; i++) {
    const char *literal = template->segments[i];
    const char *segment = uri->segments[i];
    if (literal ? strcmp(literal, segment) != 0 : *segment == '\0') {
      return false;
    }
    if (!literal) {
      values[variables++] = segment;
    }
  }
  return true;
}

void contract_route(const struct contract *contract, const char *method, const struct uri *uri, struct route *route) {
  const struct router *router = contract->router;
  *route = (struct route){.operation = NULL};
  if (uri->segment_count > SEGMENTS) {
    return;
  }
  for (size_t i = router->first[uri->segment_count]; i < router->first[uri->segment_count + 1]; i++) {
    const struct template *template = &router->templates[i];
    if (matches(template, uri, route->values)) {
      size_t index = method_index(strcmp(method, "HEAD") == 0 ? "GET" : method);
      route->operation = index < METHODS ? template->operations[index] : NULL;
      memcpy(route->allowed, template->allowed, sizeof route->allowed);
      return;
    }
  }
  memset(route->values, 0, sizeof route->values);
}
