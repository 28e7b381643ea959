/* What a resource can be filtered and sorted by, and who refers to it, is found by one walk over its schema, which
 * follows the way a document is stored: the members of an object are columns of the same table, under the object's name
 * and `_`; the items of an array with x-table are rows of that table; any other array is one column of JSON, in which
 * nothing can be found and no reference could be kept whole, so the contract is refused when it asks for either. */
#include "contract/load.h"

#include "base/memory.h"

#include <string.h>

struct walk {
  struct loader *loader;
  struct resource *resource;
  const struct place_in *at;
  const char *top;             /* the member of the document that is walked */
  const char *table;           /* of items, or NULL */
  const char *column_prefix;   /* "" or "renewal_" */
  const char *name_prefix;     /* the same, made of the members' names */
  const struct schema *object; /* whose members are walked */
  bool internal;               /* it or what it stands in is x-internal */
};

static bool add_filter(const struct walk *walk, const struct member *member, const struct schema *schema,
                       const char *column) {
  struct resource *resource = walk->resource;
  const void *owner = walk->loader->contract;
  /* `x-filter: true` leaves the member's own name, which in an object needs that of the object before it */
  const char *name =
      member->filter == member->name ? memory_print(owner, "%s%s", walk->name_prefix, member->name) : member->filter;
  for (size_t i = 0; i < resource->filter_count; i++) {
    if (strcmp(resource->filters[i].name, name) == 0) {
      return loader_fail(walk->loader, walk->at, "there are two filters named `%s`", name);
    }
  }
  struct filter *filters =
      memory_grow(owner, (struct filter *)(uintptr_t)resource->filters, struct filter, resource->filter_count + 1);
  filters[resource->filter_count++] = (struct filter){.name = name,
                                                      .schema = schema,
                                                      .table = walk->table,
                                                      .column = column,
                                                      .description = member->description,
                                                      .internal = walk->internal};
  resource->filters = filters;
  return true;
}

static void add_sort(const struct walk *walk, const struct member *member, const char *column) {
  struct resource *resource = walk->resource;
  const void *owner = walk->loader->contract;
  struct sort *sorts =
      memory_grow(owner, (struct sort *)(uintptr_t)resource->sorts, struct sort, resource->sort_count + 1);
  sorts[resource->sort_count++] = (struct sort){.name = memory_print(owner, "%s%s", walk->name_prefix, member->name),
                                                .column = column,
                                                .internal = walk->internal};
  resource->sorts = sorts;
}

/* Whether the record referred to serves the relation too: a sibling of the reference knows its own inverse. */
static bool is_mirrored(const struct walk *walk) {
  for (size_t i = 0; walk->table && i < walk->object->member_count; i++) {
    if (walk->object->members[i].schema->inverse) {
      return true;
    }
  }
  return false;
}

static void add_referrer(const struct walk *walk, const struct schema *schema, const char *column) {
  struct resource *target = (struct resource *)(uintptr_t)contract_resource(walk->loader->contract, schema->reference);
  struct referrer *referrers = memory_grow(walk->loader->contract, (struct referrer *)(uintptr_t)target->referrers,
                                           struct referrer, target->referrer_count + 1);
  referrers[target->referrer_count++] = (struct referrer){.resource = walk->resource,
                                                          .member = walk->top,
                                                          .table = walk->table,
                                                          .column = column,
                                                          .mirrored = is_mirrored(walk)};
  target->referrers = referrers;
}

static bool holds_reference(const struct schema *schema) {
  if (schema->reference || (schema->items && holds_reference(schema->items))) {
    return true;
  }
  for (size_t i = 0; i < schema->member_count; i++) {
    if (holds_reference(schema->members[i].schema)) {
      return true;
    }
  }
  return false;
}

static bool is_flattened(const struct schema *schema) {
  return schema->member_count > 0 && !schema->reference;
}

static bool walk_members(const struct walk *walk);

/* A single value in a column. */
static bool walk_value(const struct walk *walk, const struct member *member, const struct schema *schema,
                       const char *column) {
  if (member->filter && !add_filter(walk, member, schema, column)) {
    return false;
  }
  if (member->sortable) {
    if (walk->table || schema->reference) {
      return loader_fail(walk->loader, walk->at, "lists cannot be sorted by this");
    }
    add_sort(walk, member, column);
  }
  if (schema->reference && member->stored) {
    add_referrer(walk, schema, column);
  }
  return true;
}

static bool walk_array(struct walk *walk, const struct member *member) {
  const struct schema *items = member->schema->items;
  if (!member->table) {
    if (member->filter || member->sortable || (member->stored && holds_reference(member->schema))) {
      return loader_fail(walk->loader, walk->at, "filters, sort keys and references need `x-table` on the array");
    }
    return true;
  }
  if (walk->table) {
    return loader_fail(walk->loader, walk->at, "items of a table cannot have a table");
  }
  walk->table = member->table;
  walk->column_prefix = walk->name_prefix = "";
  walk->object = items;
  if (!is_flattened(items)) {
    return walk_value(walk, member, items, "value");
  }
  if (member->filter) {
    return loader_fail(walk->loader, walk->at, "`x-filter` belongs to a member of the items");
  }
  return walk_members(walk);
}

static bool walk_member(const struct walk *outer, const struct member *member) {
  const struct place_in here = {outer->at, member->name};
  const void *owner = outer->loader->contract;
  struct walk walk = *outer;
  walk.at = &here;
  walk.internal = outer->internal || member->internal;
  if (!walk.top) {
    walk.top = member->name;
  }
  if (member->schema->items) {
    return walk_array(&walk, member);
  }
  const char *column = memory_print(owner, "%s%s", walk.column_prefix, member->column);
  if (!is_flattened(member->schema)) {
    return walk_value(&walk, member, member->schema, column);
  }
  if (member->filter || member->sortable) {
    return loader_fail(walk.loader, &here, "an object as a whole is no filter and no sort key");
  }
  walk.column_prefix = memory_print(owner, "%s_", column);
  walk.name_prefix = memory_print(owner, "%s%s_", walk.name_prefix, member->name);
  walk.object = member->schema;
  return walk_members(&walk);
}

static bool walk_members(const struct walk *walk) {
  for (size_t i = 0; i < walk->object->member_count; i++) {
    if (!walk_member(walk, &walk->object->members[i])) {
      return false;
    }
  }
  return true;
}

static bool compile_resource(struct loader *loader, const struct place_in *at, const struct component *component,
                             struct resource *resource) {
  static const char *const known[] = {"path", "prefix", "table", "view", "name", NULL};
  const json_t *node = json_object_get(component->node, "x-resource");
  const struct place_in here = {at, "x-resource"};
  if (!loader_known(loader, &here, node, known) || !(resource->path = loader_text(loader, &here, node, "path")) ||
      !(resource->prefix = loader_text(loader, &here, node, "prefix")) ||
      !(resource->table = loader_text(loader, &here, node, "table")) ||
      !(resource->view = loader_text(loader, &here, node, "view")) ||
      !(resource->name = loader_text(loader, &here, node, "name"))) {
    return false;
  }
  if (contract_resource(loader->contract, resource->path)) {
    return loader_fail(loader, &here, "there are two resources `%s`", resource->path);
  }
  resource->schema = compile_component(loader, at, component->name);
  if (!resource->schema) {
    return false;
  }
  if (!schema_member(resource->schema, resource->name)) {
    return loader_fail(loader, &here, "`%s` is not a member", resource->name);
  }
  resource->index = loader->contract->resource_count++;
  return true;
}

bool compile_resources(struct loader *loader) {
  const struct place_in components = {NULL, "components"}, schemas = {&components, "schemas"};
  loader->resources = memory_array(loader->contract, struct resource, loader->component_count + 1);
  loader->contract->resources = loader->resources;
  for (size_t i = 0; i < loader->component_count; i++) {
    const struct component *component = &loader->components[i];
    const struct place_in here = {&schemas, component->name};
    if (json_object_get(component->node, "x-resource") &&
        !compile_resource(loader, &here, component, &loader->resources[loader->contract->resource_count])) {
      return false;
    }
  }
  for (size_t i = 0; i < loader->contract->resource_count; i++) {
    struct resource *resource = &loader->resources[i];
    const struct place_in here = {&schemas, resource->schema->name};
    const struct walk walk = {.loader = loader,
                              .resource = resource,
                              .at = &here,
                              .column_prefix = "",
                              .name_prefix = "",
                              .object = resource->schema};
    if (!walk_members(&walk)) {
      return false;
    }
  }
  return true;
}
