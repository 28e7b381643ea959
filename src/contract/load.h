/* The parts of contract_load: where it stands in the document, and what it has made so far. */
#ifndef ENTENTE_CONTRACT_LOAD_H
#define ENTENTE_CONTRACT_LOAD_H

#include "contract/contract.h"

enum { ROUTE_SEGMENTS = 16 }; /* that a path may have */

/* A step of the way from the document's root, chained on the stack; the root is NULL. */
struct place_in {
  const struct place_in *up;
  const char *key;
};

/* A schema of `#/components/schemas`, compiled when first asked for. */
struct component {
  const char *name;
  const json_t *node;
  struct schema *schema;
  bool busy; /* being compiled: to meet it again is to go in a circle */
};

struct loader {
  struct contract *contract; /* owns all that is made */
  json_t *document;
  const struct format *formats;
  struct component *components;
  size_t component_count;
  struct resource *resources; /* contract->resources, while they may change */
  struct error *error;
};

/* Writes "/paths/~1v1~1areas/get: …" and returns false. */
bool loader_fail(struct loader *loader, const struct place_in *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What a $ref leads to (or `node` itself when it is none); NULL after a failure. */
const json_t *loader_resolve(struct loader *loader, const struct place_in *at, const json_t *node);
/* The string member `key` of `node`; NULL after a failure. */
const char *loader_text(struct loader *loader, const struct place_in *at, const json_t *node, const char *key);
/* Whether every member of `node` is named in `known` (ended by NULL). */
bool loader_known(struct loader *loader, const struct place_in *at, const json_t *node, const char *const *known);

/* schema.c */
const struct schema *compile_schema(struct loader *loader, const struct place_in *at, const json_t *node);
const struct schema *compile_component(struct loader *loader, const struct place_in *at, const char *name);
/* resource.c: all resources, with filters, sorts and referrers. */
bool compile_resources(struct loader *loader);
/* operation.c */
bool compile_operations(struct loader *loader);
/* route.c */
const struct router *compile_router(const struct contract *contract);

#endif
