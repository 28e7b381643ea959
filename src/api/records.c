/* One record, for every resource alike: what differs between resources is in the contract and in their rules. A read
 * goes by address to pk and stamp, which is all that a 304 needs, and then to the bytes. A write looks at the
 * preconditions, changes the record, and answers with the document as it stands after it. */
#include "api/handlers.h"
#include "api/history.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/field.h"
#include "base/memory.h"
#include "contract/check.h"
#include "contract/json.h"
#include "contract/patch.h"
#include "records/change.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"

#include <stdio.h>
#include <string.h>

enum { REFERRERS_SHOWN = 100 };

/* -- reading ------------------------------------------------------------------------------------------------------- */

static bool look_up(struct call *call, const char *key, struct address *address) {
  struct found found;
  if (!resource_find(call_db(call), call->resource, key, &found)) {
    return false;
  }
  *address = (struct address){found.pk, found.stamp};
  addresses_remember(call->visibility->addresses, call->resource, key, call->commits, *address);
  return true;
}

/* What the public sees of a record moves with who may see what it refers to, of which no stamp tells; and a stamp
 * counts writes of which the public is to know nothing. So it is rendered each time, and tagged by its bytes. */
static void answer_public(struct call *call, const char *key) {
  struct found found;
  if (!resource_find(call_db(call), call->resource, key, &found)) {
    answer_no_record(call);
    return;
  }
  struct blob *document = resource_document(call->db, call->resource, found.pk);
  if (document != NULL) {
    answer_blob(call, 200, media_json, document);
    answer_tag_of_body(call);
  }
}

void handle_get(struct call *call) {
  const char *key = call->route.values[0];
  if (contract_parameter(call->operation, call->uri, "revision") != NULL ||
      contract_parameter(call->operation, call->uri, "known_at") != NULL) {
    answer_as_it_stood(call);
    return;
  }
  if (call->visibility->open) {
    answer_public(call, key);
    return;
  }
  struct documents *documents = call->visibility->documents;
  struct address address;
  char tag[48];
  bool recalled = addresses_recall(call->visibility->addresses, call->resource, key, &address);
  if (!recalled && !look_up(call, key, &address)) {
    answer_no_record(call);
    return;
  }
  call_tag(call, address.stamp, tag);
  if (answer_not_modified(call, tag)) {
    return;
  }
  struct blob *document = documents_get(documents, call->resource, address.pk, address.stamp);
  if (document == NULL) {
    /* What is rendered now must be tagged with what it shows now. */
    if (recalled && !look_up(call, key, &address)) {
      answer_no_record(call);
      return;
    }
    document = resource_document(call->db, call->resource, address.pk);
    if (document == NULL) {
      return; /* the database failed */
    }
    call_tag(call, address.stamp, call->reply.etag);
    documents_put(documents, call->resource, address.pk, address.stamp, document);
  }
  answer_blob(call, 200, media_json, document);
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void begin_change(struct call *call, struct change *change) {
  char *now = memory_array(call->memory, char, CLOCK_TIMESTAMP_SIZE);
  clock_timestamp(clock_now_ms(), now);
  struct origin *origin = memory_new(call->memory, struct origin);
  *origin = call_origin(call);
  *change = (struct change){.db = call->db,
                            .origin = origin,
                            .memory = call->memory,
                            .contract = call->services->contract,
                            .resource = call->resource,
                            .now = now,
                            .faults = call->faults};
}

/* Answers for a change that was refused. A failure of the database is answered by whoever ends the transaction. */
static void answer_refused(struct call *call, struct change *change) {
  if (change->faults->count > 0) {
    answer_faults(call, faults_are_conflict(change->faults) ? "conflict" : "invalid-body");
  }
}

/* The first of several preferences of one name counts (RFC 7240, 2). */
static bool wants_minimal(const struct call *call) {
  const char *list = call->request->prefer == NULL ? "" : call->request->prefer;
  struct span element;
  struct field_pair preference;
  while (field_element(&list, &element)) {
    if (field_pair(&element, &preference) && field_is(preference.name, "return")) {
      return field_value_is(preference.value, "minimal");
    }
  }
  return false;
}

/* The document as it stands now, or nothing when the caller wants nothing. */
static void answer_document(struct call *call, int status, const struct change *change, const struct target *target) {
  struct found found;
  if (!resource_find(call->db, call->resource, target->id, &found)) {
    return;
  }
  if (status == 201) {
    answer_header(call, "Location", memory_print(call->memory, "/v1/%s/%s", call->resource->path, target->id));
  }
  call_tag(call, found.stamp, call->reply.etag);
  if (wants_minimal(call)) {
    answer_header(call, "Preference-Applied", "return=minimal");
    answer_bytes(call, status == 201 ? 201 : 204, NULL, NULL, 0);
    return;
  }
  struct blob *document =
      change->document != NULL ? blob_keep(change->document) : resource_document(call->db, call->resource, found.pk);
  if (document != NULL) {
    answer_blob(call, status, media_json, document);
  }
}

static void create(struct call *call, struct change *change, const char *slug) {
  struct target target;
  if (change_create(change, call->normal, slug, &target) == CHANGE_CREATED) {
    answer_document(call, 201, change, &target);
  } else {
    answer_refused(call, change);
  }
}

void handle_create(struct call *call) {
  struct change change;
  begin_change(call, &change);
  create(call, &change, NULL);
}

void find_create_faults(struct call *call) {
  struct change change;
  struct target target;
  if (call->normal != NULL) {
    call_db(call);
    begin_change(call, &change);
    change_begin(&change, &target);
    change_check(&change, &target, call->normal, NULL);
  }
}

static void replace(struct call *call, struct change *change, struct target *target, json_t *normal) {
  if (change_replace(change, target, normal) == CHANGE_REFUSED) {
    answer_refused(call, change);
  } else {
    answer_document(call, 200, change, target);
  }
}

/* Looks up the record that the address names and tests the preconditions. True when the way is free; target->pk is 0
 * when there is none. */
static bool find_target(struct call *call, struct change *change, struct target *target) {
  struct found found;
  char tag[48];
  *target = (struct target){0};
  if (!resource_find(call->db, call->resource, call->route.values[0], &found)) {
    return db_failure(call->db) == DB_OK && !answer_precondition(call, NULL);
  }
  call_tag(call, found.stamp, tag);
  if (answer_precondition(call, tag)) {
    return false;
  }
  return change_load_pk(change, found.pk, target);
}

/* The same for a change that needs a record. */
static bool find_existing(struct call *call, struct change *change, struct target *target) {
  if (!find_target(call, change, target)) {
    return false;
  }
  if (target->pk == 0) {
    answer_no_record(call);
  }
  return target->pk != 0;
}

/* Checks the slug that an address would give to a new record. */
static void check_slug(struct call *call, const char *key) {
  const struct member *slug = schema_member(call->resource->schema, "slug");
  check_value(slug->schema, owned_json(call->memory, json_string(key)), PLACE_BODY, "/slug", call->faults);
}

void find_replace_faults(struct call *call) {
  struct change change;
  struct target target;
  const char *key = call->route.values[0];
  if (call->normal == NULL) {
    return;
  }
  call_db(call);
  begin_change(call, &change);
  if (change_load(&change, key, &target)) {
    change_check(&change, &target, call->normal, NULL);
  } else {
    check_slug(call, key);
    change_begin(&change, &target);
    change_check(&change, &target, call->normal, key);
  }
}

void handle_replace(struct call *call) {
  struct change change;
  struct target target;
  const char *key = call->route.values[0];
  begin_change(call, &change);
  if (!find_target(call, &change, &target)) {
    return;
  }
  struct found into;
  if (target.pk != 0) {
    replace(call, &change, &target, call->normal);
  } else if (typeid_valid(call->resource->prefix, key) || resource_find_merged(call->db, call->resource, key, &into)) {
    answer_no_record(call); /* ids are the registry's to give, and a slug that leads on is not free */
  } else {
    check_slug(call, key);
    if (call->faults->count > 0) {
      answer_faults(call, "invalid-body");
    } else {
      create(call, &change, key);
    }
  }
}

/* What the record says now, in the form that a body has, with the relations that it serves. */
static json_t *served(struct call *call, const struct target *target) {
  struct blob *document = resource_document(call->db, call->resource, target->pk);
  if (document == NULL) {
    return NULL;
  }
  json_t *json = owned_json(call->memory, json_loadb(document->data, document->size, 0, NULL));
  blob_drop(document);
  return owned_json(call->memory, schema_normal(call->resource->schema, json));
}

void handle_patch(struct call *call) {
  struct change change;
  struct target target;
  begin_change(call, &change);
  if (!find_existing(call, &change, &target)) {
    return;
  }
  json_t *now = served(call, &target);
  if (now == NULL) {
    return;
  }
  json_t *merged = owned_json(call->memory, json_merge_patch(now, call->body));
  const struct schema *schema = call->resource->schema;
  patch_check_names(call->memory, schema, call->body, "", call->faults);
  schema_check(schema, merged, "", call->faults);
  if (call->faults->count == 0) {
    replace(call, &change, &target, owned_json(call->memory, schema_normal(schema, merged)));
    return;
  }
  json_t *remainder = schema_remainder(schema, merged, call->faults);
  if (remainder != NULL) {
    change_check(&change, &target, owned_json(call->memory, remainder), NULL);
  }
  answer_refused(call, &change);
}

void handle_delete(struct call *call) {
  struct change change;
  struct target target;
  begin_change(call, &change);
  if (!find_existing(call, &change, &target)) {
    return;
  }
  json_t *referrers = resource_referrers(call->db, call->resource, target.pk, REFERRERS_SHOWN);
  if (json_array_size(referrers) > 0) {
    answer_problem_with(call, "referenced", "it cannot be deleted while others refer to it", "referrers", referrers);
    return;
  }
  json_decref(referrers);
  change_delete(&change, &target);
  answer_bytes(call, 204, NULL, NULL, 0);
}

/* The record that the body names; false with a fault when there is none. */
static bool find_into(struct call *call, struct change *change, struct target *into) {
  json_t *body = owned_json(call->memory, schema_normal(call->operation->body, call->body));
  const char *key = json_string_value(json_object_get(body, "into"));
  struct found found;
  if (resource_find_meant(call->db, call->resource, key, &found)) {
    return change_load_pk(change, found.pk, into);
  }
  faults_add(call->faults, PLACE_BODY, "/into", "no_such_record", "\"%s\" names none of the %s", key,
             call->resource->path);
  return false;
}

void handle_merge(struct call *call) {
  struct change change;
  struct target from, into;
  begin_change(call, &change);
  if (!find_existing(call, &change, &from)) {
    return;
  }
  if (find_into(call, &change, &into) && change_merge(&change, &from, &into)) {
    answer_document(call, 200, &change, &into);
  } else {
    answer_refused(call, &change);
  }
}
