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

static unsigned operator_bits(const struct schema *schema, const char *table) {
  unsigned bits = 1U << OPERATOR_IS | 1U << OPERATOR_NE;
  bool ordered = table == NULL && !schema->reference && !schema->values && !(schema->kinds & KIND_BOOLEAN);
  if (ordered) {
    bits |= 1U << OPERATOR_LT | 1U << OPERATOR_LTE | 1U << OPERATOR_GT | 1U << OPERATOR_GTE;
  }
  return table != NULL || (schema->kinds & KIND_NULL) ? bits | 1U << OPERATOR_ISNULL : bits;
}

/* What values of the schema are compared with. */
static const struct schema *bound_of(const struct loader *loader, const struct schema *schema) {
  if (!schema->format || strcmp(schema->format->name, "date") != 0) {
    return schema;
  }
  struct schema *bound = memory_new(loader->contract, struct schema);
  *bound = *schema;
  for (const struct format *format = loader->formats; format->name; format++) {
    bound->format = strcmp(format->name, "partial-date") == 0 ? format : bound->format;
  }
  return bound;
}

/* Takes the filter over, but for its name what it needs is borrowed. */
/* Whether the items of the table under way hold from a day to another only. */
static bool is_dated(const struct walk *walk) {
  return walk->table && schema_member(walk->object, "until");
}

static bool append_filter(const struct walk *walk, const struct filter *filter) {
  struct resource *resource = walk->resource;
  for (size_t i = 0; i < resource->filter_count; i++) {
    if (strcmp(resource->filters[i].name, filter->name) == 0) {
      return loader_fail(walk->loader, walk->at, "there are two filters named `%s`", filter->name);
    }
  }
  struct filter *filters = memory_grow(walk->loader->contract, (struct filter *)(uintptr_t)resource->filters,
                                       struct filter, resource->filter_count + 1);
  filters[resource->filter_count++] = *filter;
  resource->filters = filters;
  return true;
}

/* Values may be written with their kind, which is a sibling. */
static bool add_kind(const struct walk *walk, const struct member *member, struct filter *filter) {
  const struct member *kind = member->filter_kind ? schema_member(walk->object, member->filter_kind) : NULL;
  if (member->filter_kind && (!walk->table || !kind || !kind->schema->values)) {
    return loader_fail(walk->loader, walk->at,
                       "`x-filter-kind` must name an enumeration beside it in a table of items");
  }
  if (kind) {
    filter->kind_column = kind->column;
    filter->kinds = kind->schema;
  }
  return true;
}

static bool add_filter(const struct walk *walk, const struct member *member, const struct schema *schema,
                       const char *column) {
  const void *owner = walk->loader->contract;
  bool own_name = !member->filter || member->filter == member->name; /* which in an object needs that of the object */
  struct filter filter = {.name =
                              own_name ? memory_print(owner, "%s%s", walk->name_prefix, member->name) : member->filter,
                          .schema = schema,
                          .bound = bound_of(walk->loader, schema),
                          .table = walk->table,
                          .column = column,
                          .description = member->description,
                          .internal = walk->internal,
                          .dated = is_dated(walk),
                          .operators = operator_bits(schema, walk->table)};
  return add_kind(walk, member, &filter) && append_filter(walk, &filter);
}

/* Members of the record referred to, of which the table of items has copies. */
static bool add_others(const struct walk *walk, const struct member *member, const struct schema *schema) {
  const struct resource *other =
      schema->reference ? contract_resource(walk->loader->contract, schema->reference) : NULL;
  for (size_t i = 0; i < json_array_size(member->also); i++) {
    const char *name = json_string_value(json_array_get(member->also, i));
    const struct member *copied = other && walk->table ? schema_member(other->schema, name) : NULL;
    if (!copied) {
      return loader_fail(walk->loader, walk->at, "`x-filter-also` must name members of the record that items refer to");
    }
    struct filter filter = {.name = name,
                            .schema = copied->schema,
                            .table = walk->table,
                            .column = copied->column,
                            .description = copied->description,
                            .internal = walk->internal || copied->internal,
                            .dated = is_dated(walk),
                            .operators = operator_bits(copied->schema, walk->table)};
    if (!append_filter(walk, &filter)) {
      return false;
    }
  }
  return true;
}

/* The member leads to the record above: what is below one can be asked for. */
static bool add_tree(const struct walk *walk, const struct member *member, const struct schema *schema,
                     const char *column) {
  if (!schema->reference || contract_resource(walk->loader->contract, schema->reference) != walk->resource ||
      walk->resource->tree || (walk->table != NULL) != (member->above[0] != '\0')) {
    return loader_fail(walk->loader, walk->at,
                       "`x-above` belongs to one reference to the resource's own records, with "
                       "the `type` of relation when there are any");
  }
  struct tree *tree = memory_new(walk->loader->contract, struct tree);
  *tree = (struct tree){.resource = walk->resource,
                        .table = walk->table,
                        .column = column,
                        .type = walk->table ? member->above : NULL,
                        .dated = is_dated(walk)};
  walk->resource->tree = tree;
  const struct filter under = {.name = "under",
                               .schema = schema,
                               .description = "Those below any of these, at any depth.",
                               .internal = walk->internal,
                               .operators = 1U << OPERATOR_UNDER};
  return append_filter(walk, &under);
}

/* A reference into a tree can be asked for with all that is below. */
static void add_under(const struct contract *contract, struct resource *resource) {
  struct filter *filters = (struct filter *)(uintptr_t)resource->filters;
  for (size_t i = 0; i < resource->filter_count; i++) {
    const char *reference = filters[i].schema->reference;
    filters[i].tree = reference ? contract_resource(contract, reference)->tree : NULL;
    filters[i].operators |= filters[i].tree ? 1U << OPERATOR_UNDER : 0;
  }
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

static bool holds_internal(const struct schema *schema) {
  for (size_t i = 0; i < schema->member_count; i++) {
    if (schema->members[i].internal || holds_internal(schema->members[i].schema)) {
      return true;
    }
  }
  return schema->items && holds_internal(schema->items);
}

static bool is_flattened(const struct schema *schema) {
  return schema->member_count > 0 && !schema->reference;
}

static bool walk_members(const struct walk *walk);

/* A single value in a column. */
static bool walk_value(const struct walk *walk, const struct member *member, const struct schema *schema,
                       const char *column) {
  bool scalar = (schema->kinds & (KIND_ARRAY | KIND_OBJECT)) == 0 || schema->reference;
  bool filtered = member->filter || (!walk->table && scalar && !member->unfiltered);
  if ((filtered && !add_filter(walk, member, schema, column)) || !add_others(walk, member, schema) ||
      (member->above && !add_tree(walk, member, schema, column))) {
    return false;
  }
  if (member->sortable) {
    if (walk->table || schema->reference) {
      return loader_fail(walk->loader, walk->at, "lists cannot be sorted by this");
    }
    add_sort(walk, member, member->sort_column ? member->sort_column : column);
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
    if (!walk->internal && holds_internal(member->schema)) {
      return loader_fail(walk->loader, walk->at, "internal members of items need `x-table` on the array");
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

/* What is hidden from a caller shows as null or as an empty list, and nothing else may follow from it. */
static bool check_internal(const struct walk *walk, const struct member *member) {
  bool named = strcmp(member->name, walk->resource->name) == 0 && walk->object == walk->resource->schema;
  if (member->internal && (!member->stored || named || (member->schema->kinds & (KIND_NULL | KIND_ARRAY)) == 0)) {
    return loader_fail(walk->loader, walk->at, "what is internal must be stored, and may be null or a list");
  }
  return true;
}

/* What is searched is text that a document shows, in a column or a list of its own; by the names of a record those are
 * found that refer to it, so a name is nothing but its own. */
static bool check_searched(const struct walk *walk, const struct member *member) {
  const struct schema *schema = member->schema->items ? member->schema->items : member->schema;
  bool text = (schema->kinds & KIND_STRING) || schema->member_count > 0;
  bool spread = is_flattened(member->schema);
  if (member->searched && (!walk->resource->search || !member->stored || !text || spread)) {
    return loader_fail(walk->loader, walk->at, "only stored text of a resource with `search` can be searched");
  }
  if (member->searched == SEARCHED_NAME &&
      (walk->object != walk->resource->schema || walk->internal || member->table)) {
    return loader_fail(walk->loader, walk->at, "a name of the record is one of its own members, and not internal");
  }
  return true;
}

static bool walk_member(const struct walk *outer, const struct member *member) {
  const struct place_in here = {outer->at, member->name};
  const void *owner = outer->loader->contract;
  struct walk walk = *outer;
  walk.at = &here;
  walk.internal = outer->internal || member->internal;
  if (!check_internal(&walk, member) || !check_searched(&walk, member)) {
    return false;
  }
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

static bool has_value(const struct schema *schema, const char *value) {
  for (const char *const *known = schema->values; known && *known; known++) {
    if (strcmp(*known, value) == 0) {
      return true;
    }
  }
  return false;
}

static bool compile_resource(struct loader *loader, const struct place_in *at, const struct component *component,
                             struct resource *resource) {
  static const char *const known[] = {"path", "prefix", "table", "view", "name", "search", NULL};
  const json_t *node = json_object_get(component->node, "x-resource");
  const struct place_in here = {at, "x-resource"};
  if (!loader_known(loader, &here, node, known) || !(resource->path = loader_text(loader, &here, node, "path")) ||
      !(resource->prefix = loader_text(loader, &here, node, "prefix")) ||
      !(resource->table = loader_text(loader, &here, node, "table")) ||
      !(resource->view = loader_text(loader, &here, node, "view")) ||
      !(resource->name = loader_text(loader, &here, node, "name")) ||
      (json_object_get(node, "search") && !(resource->search = loader_text(loader, &here, node, "search")))) {
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
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    if (member->public_value && !has_value(member->schema, member->public_value)) {
      return loader_fail(loader, at, "`x-public` of `%s` must be one of its values", member->name);
    }
    resource->public_by = member->public_value ? member : resource->public_by;
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
  for (size_t i = 0; i < loader->contract->resource_count; i++) {
    add_under(loader->contract, &loader->resources[i]);
  }
  return true;
}
