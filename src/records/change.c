/* Every change is: the normal form of what is wanted, references resolved, the other side's relations set aside, the
 * resource's rules, then a comparison with what stands there. What is the same is not written: no revision, no new tag.
 * What differs is written and rules look once more at the result. A fault undoes it all, with the caller's write.
 */
#include "records/change.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "records/slugs.h"
#include "request/call.h"

#include <stdio.h>
#include <string.h>

const struct rules *rules_of(const struct resource *resource) {
  static const struct rules none = {0};
  return resource->rules == NULL ? &none : resource->rules;
}

/* -- loading ------------------------------------------------------------------------------------------------------- */

/* The row of a document: its normal form, its derived members, and only its own relations. */
static json_t *row_of_document(struct change *change, const struct target *target, const json_t *document) {
  json_t *row = owned_json(change->memory, schema_normal(change->resource->schema, document));
  json_object_del(row, "slug");
  struct change stored =
      *change; /* what stands in the database is neither a promise nor a fault of what is written now */
  stored.awaits = false;
  stored.faults = faults_new(change->memory);
  relations_drop_mirrored(&stored, target, row);
  for (size_t i = 0; i < change->resource->schema->member_count; i++) {
    const struct member *member = &change->resource->schema->members[i];
    if (member->stored && member->read_only) {
      json_object_set(row, member->name, json_object_get(document, member->name));
    }
  }
  return row;
}

bool change_load_pk(struct change *change, int64_t pk, struct target *target) {
  struct blob *document = resource_document(change->db, change->resource, pk);
  if (document == NULL) {
    return false;
  }
  json_t *json = owned_json(change->memory, json_loadb(document->data, document->size, 0, NULL));
  blob_drop(document);
  target->pk = pk;
  target->revision = json_integer_value(json_object_get(json, "revision"));
  snprintf(target->id, sizeof target->id, "%s", json_string_value(json_object_get(json, "id")));
  snprintf(target->slug, sizeof target->slug, "%s", json_string_value(json_object_get(json, "slug")));
  target->fresh = false;
  target->row = row_of_document(change, target, json);
  return true;
}

bool change_load(struct change *change, const char *key, struct target *target) {
  struct found found;
  return resource_find(change->db, change->resource, key, &found) && change_load_pk(change, found.pk, target);
}

static bool sound(const struct change *change) {
  return change->faults->count == 0 && db_failure(change->db) == DB_OK;
}

/* -- slugs --------------------------------------------------------------------------------------------------------- */

/* Takes the slug out of the normal form and decides which one the record has. */
static void settle_slug(struct change *change, struct target *target, json_t *normal, const char *addressed) {
  char wanted[65] = "";
  const char *given = json_string_value(json_object_get(normal, "slug"));
  if (given != NULL && addressed != NULL && strcmp(given, addressed) != 0) {
    faults_add(change->faults, PLACE_BODY, "/slug", "contradiction", "must be \"%s\", as in the address, or absent",
               addressed);
  } else if (given != NULL || addressed != NULL) {
    snprintf(wanted, sizeof wanted, "%s", given != NULL ? given : addressed);
  }
  if (typeid_valid(change->resource->prefix, wanted)) {
    faults_add(change->faults, PLACE_BODY, "/slug", "format", "must not look like an id");
  }
  if (wanted[0] != '\0' && strcmp(wanted, target->slug) != 0) {
    if (!slug_is_free(change, wanted, target->id)) {
      faults_add(change->faults, PLACE_BODY, "/slug", "taken", "%s", slug_why_taken(change, wanted));
    }
    snprintf(target->slug, sizeof target->slug, "%s", wanted);
  } else if (target->slug[0] == '\0' && sound(change)) {
    slug_derive(change, normal, target->id, target->slug);
  }
  json_object_del(normal, "slug");
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

/* Everything between the normal form and the row that is to be written. False when it may not be. */
static bool make_row(struct change *change, struct target *target, json_t *normal, const char *slug) {
  const struct rules *rules = rules_of(change->resource);
  settle_slug(change, target, normal, slug);
  references_resolve(change, normal);
  relations_drop_mirrored(change, target, normal);
  relations_check(change, target, normal);
  if (rules->check != NULL) {
    rules->check(change, target, normal);
  }
  if (rules->whole != NULL && !change->whole_later && target->pk != 0) {
    rules->whole(change, target, normal);
  }
  return sound(change);
}

/* What remains to be done once the row is written: `before` is NULL for a new record. */
static void follow_up(struct change *change, const struct target *target, const json_t *before, const json_t *row,
                      const char *operation) {
  const struct rules *rules = rules_of(change->resource);
  if (sound(change)) {
    change->document = history_record(change, target, operation);
  }
  if (rules->after != NULL && sound(change)) {
    rules->after(change, target, before, row);
  }
}

void change_begin(const struct change *change, struct target *target) {
  *target = (struct target){.revision = 1};
  typeid_new(change->resource->prefix, clock_now_ms(), target->id);
}

static bool insert(struct change *change, struct target *target, const json_t *row) {
  struct record record = {target->id, target->slug, target->revision, change->now, change->now};
  target->pk = resource_insert(change->db, change->resource, &record, row);
  return target->pk != 0;
}

void change_check(struct change *change, struct target *target, json_t *normal, const char *slug) {
  make_row(change, target, normal, slug);
}

enum changed change_create(struct change *change, json_t *normal, const char *slug, struct target *target) {
  change_begin(change, target);
  if (!make_row(change, target, normal, slug) || !insert(change, target, normal)) {
    return CHANGE_REFUSED;
  }
  follow_up(change, target, NULL, normal, "create");
  return sound(change) ? CHANGE_CREATED : CHANGE_REFUSED;
}

static enum changed replace(struct change *change, struct target *target, json_t *normal) {
  char old_slug[65];
  memcpy(old_slug, target->slug, sizeof old_slug);
  if (!make_row(change, target, normal, NULL)) {
    return CHANGE_REFUSED;
  }
  bool moved = strcmp(old_slug, target->slug) != 0;
  if (!moved && !target->fresh && json_equal(target->row, normal)) {
    return CHANGE_NOTHING;
  }
  target->revision += history_pending(change, target->id) ? 0 : 1;
  struct record record = {target->id, target->slug, target->revision, NULL, change->now};
  if (!resource_update(change->db, change->resource, target->pk, &record, old_slug, target->row, normal)) {
    return CHANGE_REFUSED;
  }
  follow_up(change, target, target->row, normal, "update");
  target->row = normal;
  return sound(change) ? CHANGE_UPDATED : CHANGE_REFUSED;
}

enum changed change_replace(struct change *change, struct target *target, json_t *normal) {
  return replace(change, target, normal);
}

void change_delete(struct change *change, struct target *target) {
  if (!resource_delete(change->db, change->resource, target->pk, target->id)) {
    return;
  }
  target->revision++;
  history_record(change, target, "delete");
  const struct rules *rules = rules_of(change->resource);
  if (rules->after != NULL) {
    rules->after(change, target, target->row, NULL);
  }
}

/* -- import in two steps ------------------------------------------------------------------------------------------- */

static bool refers(const struct schema *schema) {
  if (schema->reference != NULL || (schema->items != NULL && refers(schema->items))) {
    return true;
  }
  for (size_t i = 0; i < schema->member_count; i++) {
    if (refers(schema->members[i].schema)) {
      return true;
    }
  }
  return false;
}

enum changed change_reserve(struct change *change, json_t *normal, struct target *target) {
  change_begin(change, target);
  settle_slug(change, target, normal, NULL);
  if (!sound(change)) {
    return CHANGE_REFUSED;
  }
  json_t *bare = owned_json(change->memory, json_copy(normal));
  for (size_t i = 0; i < change->resource->schema->member_count; i++) {
    const struct member *member = &change->resource->schema->members[i];
    if (member->table != NULL || refers(member->schema)) {
      json_object_set_new(bare, member->name, member->schema->kinds & KIND_ARRAY ? json_array() : json_null());
    }
  }
  /* The rules look at the whole record later; here they only fill in what no row may lack. */
  struct faults *kept = change->faults;
  change->faults = faults_new(change->memory);
  const struct rules *rules = rules_of(change->resource);
  if (rules->check != NULL) {
    rules->check(change, target, bare);
  }
  change->faults = kept;
  target->row = bare;
  if (!insert(change, target, bare) || !sound(change)) {
    return CHANGE_REFUSED;
  }
  history_record(change, target, "create");
  return CHANGE_CREATED;
}

void change_note_refused(struct change *change, const char *id) {
  struct query *query = db_named(change->notes, "notes-refused-write");
  query_bind_text(query, 1, id);
  query_run(query);
}

bool change_refused(const struct change *change, const char *id) {
  struct query *query = db_named(change->notes, "notes-refused-read");
  query_bind_text(query, 1, id);
  bool refused = query_step(query) == STEP_ROW;
  query_end(query);
  return refused;
}

enum changed change_complete(struct change *change, struct target *target, json_t *normal) {
  target->fresh = true;
  return replace(change, target, normal);
}
