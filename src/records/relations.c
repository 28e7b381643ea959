/* References are written as slugs or ids, and kept as ids. A relation is kept by the side that wrote it and served by
 * both, so a document that is sent back holds relations of two kinds: one's own, and the other side's under their
 * inverse names. The latter are recognised by asking whether the other side has written them, and left to it. A
 * symmetric type (related) is the side's that wrote it first. */
#include "base/memory.h"
#include "domain/partial_date.h"
#include "records/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_at(struct change *change, const char *code, const char *message, const char *pointer, ...) {
  va_list arguments;
  va_start(arguments, pointer);
  char *where = memory_checked(talloc_vasprintf(change->memory, pointer, arguments));
  va_end(arguments);
  faults_add(change->faults, PLACE_BODY, where, code, "%s", message);
}

static bool read_date(const json_t *object, const char *member, struct partial_date *out) {
  const char *text = json_string_value(json_object_get(object, member));
  return text != NULL && partial_date_read(text, strlen(text), out);
}

void check_span(struct change *change, const json_t *item, const char *list, size_t index) {
  struct partial_date from, until;
  if (read_date(item, "from", &from) && read_date(item, "until", &until) && until.last < from.first) {
    fault_at(change, "order", "must not be before from", "/%s/%zu/until", list, index);
  }
}

/* -- references ---------------------------------------------------------------------------------------------------- */

/* Where a value stands, from the inside out; written as a pointer only when there is a fault to tell. */
struct location {
  const struct location *outer;
  const char *member; /* NULL: an item, at `index` */
  size_t index;
};

static char *pointer_to(const void *memory, const struct location *place) {
  if (place == NULL) {
    return memory_copy(memory, "");
  }
  char *outer = pointer_to(memory, place->outer);
  return place->member != NULL ? memory_print(memory, "%s/%s", outer, place->member)
                               : memory_print(memory, "%s/%zu", outer, place->index);
}

/* Import: finds by its slug a record that was served with the id `id`, which is not known here. */
static bool find_served(struct change *change, const struct resource *resource, const char *id, struct found *found) {
  if (change->notes == NULL) {
    return false;
  }
  struct query *query = db_named(change->notes, "notes-served-read");
  query_bind_text(query, 1, id);
  bool there = query_step(query) == STEP_ROW && resource_find_meant(change->db, resource, query_text(query, 0), found);
  query_end(query);
  return there;
}

static json_t *resolve_one(struct change *change, const struct schema *schema, const json_t *value,
                           const struct location *place) {
  const char *key = json_string_value(value);
  if (key == NULL) {
    return NULL;
  }
  struct found found;
  const struct resource *resource = contract_resource(change->contract, schema->reference);
  if (resource_find_meant(change->db, resource, key, &found) || find_served(change, resource, key, &found)) {
    return json_string(found.id);
  }
  faults_add(change->faults, PLACE_BODY, pointer_to(change->memory, place), "no_such_record",
             "\"%s\" names none of the %s", key, schema->reference);
  return NULL;
}

static void resolve_object(struct change *change, const struct schema *schema, json_t *object,
                           const struct location *outer);

/* Resolves what stands at one place: a reference, which is returned anew, an object, or items of either. */
static json_t *resolve_value(struct change *change, const struct schema *schema, json_t *value,
                             const struct location *place) {
  if (schema->reference != NULL) {
    return resolve_one(change, schema, value, place);
  }
  if (json_is_array(value) && schema->items != NULL &&
      (schema->items->reference != NULL || schema->items->member_count > 0)) {
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
      struct location inner = {.outer = place, .index = index};
      json_t *resolved = resolve_value(change, schema->items, item, &inner);
      if (resolved != NULL) {
        json_array_set_new(value, index, resolved);
      }
    }
  } else if (json_is_object(value)) {
    resolve_object(change, schema, value, place);
  }
  return NULL;
}

static void resolve_object(struct change *change, const struct schema *schema, json_t *object,
                           const struct location *outer) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const struct member *member = &schema->members[i];
    bool nested = (member->schema->kinds & (KIND_ARRAY | KIND_OBJECT)) != 0;
    json_t *value = nested || member->schema->reference != NULL ? json_object_get(object, member->name) : NULL;
    if (value == NULL || json_is_null(value)) {
      continue;
    }
    struct location inner = {.outer = outer, .member = member->name};
    json_t *resolved = resolve_value(change, member->schema, value, &inner);
    if (resolved != NULL) {
      json_object_set_new(object, member->name, resolved);
    }
  }
}

void references_resolve(struct change *change, json_t *row) {
  resolve_object(change, change->resource->schema, row, NULL);
}

const struct resource *resource_of_id(const struct contract *contract, const char *id) {
  for (size_t i = 0; i < contract->resource_count; i++) {
    if (typeid_valid(contract->resources[i].prefix, id)) {
      return &contract->resources[i];
    }
  }
  return NULL;
}

int64_t pk_of(struct change *change, const struct resource *resource, const char *id) {
  struct found found;
  return id != NULL && resource_find(change->db, resource, id, &found) ? found.pk : 0;
}

bool record_reaches(struct change *change, const char *query_name, const char *from, const struct target *target,
                    const char *type) {
  int64_t pk = pk_of(change, change->resource, from);
  if (pk == 0 || pk == target->pk) {
    return false;
  }
  struct query *query = db_named(change->db, query_name);
  query_bind_int(query, 1, pk);
  query_bind_int(query, 2, target->pk);
  query_bind_text(query, 3, type);
  bool reaches = query_step(query) == STEP_ROW;
  query_end(query);
  return reaches;
}

/* -- relations ----------------------------------------------------------------------------------------------------- */

bool relation_members(const struct resource *resource, struct relation_members *members) {
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *list = &resource->schema->members[i];
    if (list->table == NULL || list->schema->items == NULL) {
      continue;
    }
    *members = (struct relation_members){.list = list->name};
    for (size_t j = 0; j < list->schema->items->member_count; j++) {
      const struct member *member = &list->schema->items->members[j];
      if (member->schema->inverse != NULL) {
        members->type = member->name;
        members->inverse = member->schema->inverse;
      } else if (member->schema->reference != NULL && strcmp(member->schema->reference, resource->path) == 0) {
        members->reference = member->name;
      }
    }
    if (members->type != NULL && members->reference != NULL) {
      return true;
    }
  }
  return false;
}

bool relations_join(const struct resource *resource, const json_t *row) {
  struct relation_members members;
  if (relation_members(resource, &members) && json_array_size(json_object_get(row, members.list)) > 0) {
    return true;
  }
  for (size_t i = 0; i < resource->schema->member_count; i++) {
    const struct member *member = &resource->schema->members[i];
    const char *leads_to = member->schema->reference;
    if (leads_to != NULL && strcmp(leads_to, resource->path) == 0 &&
        json_is_string(json_object_get(row, member->name))) {
      return true;
    }
  }
  return false;
}

/* The type under which the other side writes what is served here as `served`, or NULL when this side writes it. */
static const char *written_as(const json_t *inverse, const char *served) {
  const char *type;
  json_t *value;
  if (json_object_get(inverse, served) != NULL &&
      strcmp(json_string_value(json_object_get(inverse, served)), served) != 0) {
    return NULL;
  }
  json_object_foreach((json_t *)inverse, type, value) {
    if (strcmp(json_string_value(value), served) == 0) {
      return type;
    }
  }
  return NULL;
}

enum side { SIDE_OWN, SIDE_OTHER, SIDE_NOBODY };

/* Who has written the relation `item`, which is of the type `type` to `other` for one who writes it here. */
static enum side side_of(struct change *change, const struct target *target, const char *type, const char *other,
                         const json_t *item, bool symmetric) {
  struct db *db = change->db;
  const struct resource *resource = change->resource;
  if (target->pk == 0) {
    return symmetric ? SIDE_OWN : SIDE_NOBODY;
  }
  if (symmetric && resource_relation_written(db, resource, target->id, type, other, item)) {
    return SIDE_OWN;
  }
  if (resource_relation_written(db, resource, other, type, target->id, item)) {
    return SIDE_OTHER;
  }
  /* A symmetric relation belongs to the side that wrote it first; what differs from it is to be changed there. */
  bool first_elsewhere = symmetric && resource_relation_written(db, resource, other, type, target->id, NULL);
  return symmetric && !first_elsewhere ? SIDE_OWN : SIDE_NOBODY;
}

static void await(struct change *change, const struct target *target, const char *type, json_t *item, const char *other,
                  size_t index, bool symmetric) {
  char *text = memory_checked(json_dumps(item, JSON_COMPACT));
  struct query *query = db_named(change->notes, "notes-awaited-write");
  query_bind_text(query, 1, other);
  query_bind_text(query, 2, type);
  query_bind_text(query, 3, target->id);
  query_bind_text(query, 4, text);
  query_bind_int(query, 5, (int64_t)change->place);
  query_bind_int(query, 6, (int64_t)index);
  query_bind_int(query, 7, symmetric);
  query_run(query);
  free(text);
}

void relations_drop_mirrored(struct change *change, const struct target *target, json_t *row) {
  struct relation_members members;
  if (!relation_members(change->resource, &members)) {
    return;
  }
  const char *pointer = memory_print(change->memory, "/%s", members.list);
  json_t *list = json_object_get(row, members.list);
  for (size_t index = 0, place = 0; index < json_array_size(list); place++) {
    json_t *item = json_array_get(list, index);
    const char *served = json_string_value(json_object_get(item, members.type));
    const char *other = json_string_value(json_object_get(item, members.reference));
    const char *type = written_as(members.inverse, served);
    bool own_type = type == NULL || other == NULL, symmetric = !own_type && strcmp(type, served) == 0;
    enum side side = own_type ? SIDE_OWN : side_of(change, target, type, other, item, symmetric);
    if (side != SIDE_OWN && change->awaits) {
      await(change, target, type, item, other, place, symmetric); /* the file may bring it, or take it away */
      side = SIDE_OTHER;
    } else if (side == SIDE_NOBODY) {
      char *message = memory_print(
          change->memory, "is written on the other side, as its relation of the type %s: change it there", type);
      fault_at(change, "other_side", message, "/%s/%zu", members.list, index);
    }
    if (side == SIDE_OTHER) {
      json_array_remove(list, index);
      faults_removed(change->faults, pointer, index);
    } else {
      index++;
    }
  }
}

void relations_drop_served(const struct resource *resource, json_t *document, bool symmetric) {
  struct relation_members members;
  if (!relation_members(resource, &members)) {
    return;
  }
  json_t *list = json_object_get(document, members.list);
  for (size_t index = 0; index < json_array_size(list);) {
    const char *served = json_string_value(json_object_get(json_array_get(list, index), members.type));
    const char *type = served == NULL ? NULL : written_as(members.inverse, served);
    if (type != NULL && (symmetric || strcmp(type, served) != 0)) {
      json_array_remove(list, index);
    } else {
      index++;
    }
  }
}

void relations_missing(struct change *change, void (*tell)(void *argument, const struct missing_relation *missing),
                       void *argument) {
  struct query *query = db_named(change->notes, "notes-awaited");
  while (query_step(query) == STEP_ROW) {
    const char *owner = query_text(query, 0);
    struct missing_relation missing = {.place = (size_t)query_int(query, 4),
                                       .index = (size_t)query_int(query, 5),
                                       .type = query_text(query, 1),
                                       .symmetric = query_int(query, 6) != 0};
    json_t *item = json_loads(query_text(query, 3), 0, NULL);
    const struct resource *resource = resource_of_id(change->contract, owner);
    if (resource == NULL ||
        !resource_relation_written(change->db, resource, owner, missing.type, query_text(query, 2), item)) {
      tell(argument, &missing);
    }
    json_decref(item);
  }
  query_end(query);
}

void relations_drop_self(const struct resource *resource, const char *id, json_t *row) {
  struct relation_members members;
  if (!relation_members(resource, &members)) {
    return;
  }
  json_t *list = json_object_get(row, members.list);
  for (size_t index = json_array_size(list); index-- > 0;) {
    const json_t *item = json_array_get(list, index);
    if (strcmp(json_string_value(json_object_get(item, members.reference)), id) == 0) {
      json_array_remove(list, index);
    }
  }
}

void relations_check(struct change *change, const struct target *target, const json_t *row) {
  struct relation_members members;
  if (!relation_members(change->resource, &members)) {
    return;
  }
  const json_t *list = json_object_get(row, members.list);
  json_t *seen = json_object();
  size_t index;
  json_t *item;
  json_array_foreach((json_t *)list, index, item) {
    const char *type = json_string_value(json_object_get(item, members.type));
    const char *other = json_string_value(json_object_get(item, members.reference));
    if (other != NULL && strcmp(other, target->id) == 0) {
      fault_at(change, "self", "a record cannot be related to itself", "/%s/%zu/%s", members.list, index,
               members.reference);
    }
    char *key = memory_print(change->memory, "%s %s %s", type, other, json_string_value(json_object_get(item, "from")));
    if (json_object_get(seen, key) != NULL) {
      fault_at(change, "duplicate", "is written twice", "/%s/%zu", members.list, index);
    }
    json_object_set_new(seen, key, json_true());
  }
  json_decref(seen);
}
