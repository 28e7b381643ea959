/* Two records of one organization become one. Each record that refers to the one that goes is changed as if somebody
 * had written the other's id there, by the same path as any change: its rules are asked, its history has a step. Then
 * what the one lists is added to the other's lists, and its name to the other's names, so that nothing it is known by
 * is lost; what has one value stays the other's. What would only repeat something, or relate the other to itself, is
 * left out. The one is deleted, and its id and slug lead on. */
#include "base/memory.h"
#include "records/change.h"
#include "request/call.h"

#include <string.h>

/* From which record references move to which. */
struct move {
  const struct resource *resource;
  const char *from, *into; /* ids */
};

/* -- references ---------------------------------------------------------------------------------------------------- */

static bool repoint(const struct move *move, const struct schema *schema, json_t *value);

/* The reference in its new form when it is one to the record that goes, or NULL. */
static json_t *repointed(const struct move *move, const struct schema *schema, const json_t *value) {
  bool leads = schema->reference != NULL && strcmp(schema->reference, move->resource->path) == 0 &&
               json_is_string(value) && strcmp(json_string_value(value), move->from) == 0;
  return leads ? json_string(move->into) : NULL;
}

static bool contains(const json_t *list, const json_t *item, size_t count) {
  size_t i = 0;
  while (i < count && !json_equal(json_array_get(list, i), item)) {
    i++;
  }
  return i < count;
}

static bool repoint_items(const struct move *move, const struct schema *schema, json_t *list) {
  bool moved = false;
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *new = repointed(move, schema, json_array_get(list, i));
    if (new != NULL) {
      json_array_set_new(list, i, new);
      moved = true;
    } else {
      moved = repoint(move, schema, json_array_get(list, i)) || moved;
    }
  }
  for (size_t i = json_array_size(list); moved && i-- > 0;) {
    if (contains(list, json_array_get(list, i), i)) {
      json_array_remove(list, i);
    }
  }
  return moved;
}

/* Moves the references in a normal form; whether there were any. */
static bool repoint(const struct move *move, const struct schema *schema, json_t *value) {
  bool moved = false;
  if (json_is_array(value) && schema->items != NULL) {
    return repoint_items(move, schema->items, value);
  }
  for (size_t i = 0; json_is_object(value) && i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    json_t *inner = json_object_get(value, member->name), *new = repointed(move, member->schema, inner);
    if (new != NULL) {
      json_object_set_new(value, member->name, new);
      moved = true;
    } else {
      moved = repoint(move, member->schema, inner) || moved;
    }
  }
  return moved;
}

/* -- changes ------------------------------------------------------------------------------------------------------- */

/* What a rule says against the change of one of the records is said of the merge. */
static void tell(struct change *change, const struct change *inner, const struct target *target) {
  for (size_t i = 0; i < inner->faults->count; i++) {
    const struct fault *fault = &inner->faults->list[i];
    faults_add(change->faults, PLACE_BODY, "/into", fault->code, "in /v1/%s/%s (%s), %s: %s", inner->resource->path,
               target->id, target->slug, fault->where, fault->message);
  }
}

/* Writes what the record is to say from now on, which is taken apart. */
static void write_merged(struct change *change, struct change *inner, struct target *target, json_t *row) {
  schema_check(inner->resource->schema, row, "", inner->faults);
  if (inner->faults->count == 0) {
    change_replace(inner, target, row);
  }
  tell(change, inner, target);
}

static struct change inside(struct change *change, const struct resource *resource) {
  struct change inner = *change;
  inner.resource = resource;
  inner.memory = talloc_new(change->memory);
  inner.faults = faults_new(inner.memory);
  return inner;
}

static void move_referrer(struct change *change, const struct move *move, const char *path, const char *id) {
  struct target target;
  struct change inner = inside(change, contract_resource(change->contract, path));
  if (change_load(&inner, id, &target)) {
    json_t *row = owned_json(inner.memory, json_deep_copy(target.row));
    repoint(move, inner.resource->schema, row);
    write_merged(change, &inner, &target, row);
  }
  talloc_free(inner.memory);
}

/* Changes all that refer to the record that goes, but for the one that it goes into. */
static void move_referrers(struct change *change, const struct move *move, int64_t pk) {
  json_t *referrers = owned_json(change->memory, resource_referrers(change->db, move->resource, pk, SIZE_MAX));
  json_t *done = owned_json(change->memory, json_object());
  size_t index;
  json_t *referrer;
  json_array_foreach(referrers, index, referrer) {
    const char *id = json_string_value(json_object_get(referrer, "id"));
    if (strcmp(id, move->into) != 0 && json_object_get(done, id) == NULL && db_failure(change->db) == DB_OK) {
      move_referrer(change, move, json_string_value(json_object_get(referrer, "resource")), id);
      json_object_set_new(done, id, json_true());
    }
  }
}

/* -- lists --------------------------------------------------------------------------------------------------------- */

/* Adds how the record was called to the names of the other, unless that is called so already. */
static void add_name(const struct resource *resource, json_t *row, const json_t *name) {
  json_t *names = json_object_get(row, "names");
  bool known = json_equal(json_object_get(row, resource->name), name) != 0;
  for (size_t i = 0; !known && i < json_array_size(names); i++) {
    known = json_equal(json_object_get(json_array_get(names, i), "value"), name) != 0;
  }
  if (!known) {
    json_t *alias = json_pack("{s:O, s:s}", "value", name, "kind", "alias");
    json_array_append_new(names, schema_normal(schema_member(resource->schema, "names")->schema->items, alias));
    json_decref(alias);
  }
}

/* Adds what is in the lists of one row to those of the other. */
static void add_lists(const struct schema *schema, json_t *row, const json_t *from) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    json_t *list = json_object_get(row, member->name);
    if (!json_is_array(list) || member->read_only) {
      continue;
    }
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(from, member->name), index, item) {
      if (!contains(list, item, json_array_size(list))) {
        json_array_append(list, item);
      }
    }
  }
}

static void unite(struct change *change, const struct move *move, const struct target *from, struct target *into) {
  const struct resource *resource = move->resource;
  struct change inner = inside(change, resource);
  json_t *row = owned_json(change->memory, json_deep_copy(into->row));
  repoint(move, resource->schema, row);
  add_name(resource, row, json_object_get(from->row, resource->name));
  add_lists(resource->schema, row, from->row);
  relations_drop_self(resource, into->id, row);
  write_merged(change, &inner, into, row);
  talloc_free(inner.memory);
}

/* -- the whole ----------------------------------------------------------------------------------------------------- */

static bool is_public(const struct resource *resource, const struct target *target) {
  const struct member *by = resource->public_by;
  const json_t *value = by == NULL ? NULL : json_object_get(target->row, by->name);
  return by == NULL || strcmp(json_string_value(value), by->public_value) == 0;
}

/* Whether the two can be merged at all. */
static bool may_merge(struct change *change, const struct target *from, const struct target *into) {
  if (from->pk == into->pk) {
    fault_at(change, "self", "a record cannot be merged into itself", "/into");
  } else if (is_public(change->resource, into) && !is_public(change->resource, from)) {
    fault_at(change, "visibility", "is public, and would show what is internal: make both the same before", "/into");
  }
  return change->faults->count == 0;
}

/* Each step that this makes in a history says what it is part of, before what the caller says of it. */
static void say_merged(struct change *change, const struct target *from, const struct target *into) {
  struct origin *origin = memory_new(change->memory, struct origin);
  *origin = *change->origin;
  bool said = origin->message != NULL;
  origin->message = memory_print(change->memory, "merged %s (%s) into %s (%s)%s%s", from->id, from->slug, into->id,
                                 into->slug, said ? ": " : "", said ? origin->message : "");
  change->origin = origin;
}

bool change_merge(struct change *change, struct target *from, struct target *into) {
  const struct move move = {.resource = change->resource, .from = from->id, .into = into->id};
  if (!may_merge(change, from, into)) {
    return false;
  }
  say_merged(change, from, into);
  change->leaving = from->pk;
  move_referrers(change, &move, from->pk);
  if (change->faults->count == 0 && db_failure(change->db) == DB_OK) {
    unite(change, &move, from, into);
  }
  if (change->faults->count > 0 || db_failure(change->db) != DB_OK) {
    return false;
  }
  bool visible = is_public(change->resource, from);
  if (!resource_lead_on(change->db, change->resource, from->id, from->slug, visible, into->id)) {
    return false;
  }
  change_delete(change, from);
  return db_failure(change->db) == DB_OK;
}
