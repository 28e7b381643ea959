/* Are we covered? The agreements that may cover an organization, and an area, are found along its parties and trees by
 * one statement; whether each is in force on the day follows from its terms, as everywhere. */
#include "api/agreements.h"

#include "api/call.h"
#include "base/blob.h"
#include "base/memory.h"

#include <string.h>

enum { DIRECT, UNIT, PARENT, SUCCESSOR, VIA_COUNT };

static const char *const ways[VIA_COUNT] = {"direct", "unit", "parent", "successor"};
static const char *const area_ways[] = {"direct", "broader"};

struct coverage {
  struct call *call;
  struct change change;
  day on;
  struct found organization, area;
  bool with_area;
  json_t *by_way[VIA_COUNT];
};

/* {id, slug, name} from three columns. */
static json_t *reference_at(struct query *query, int column) {
  return memory_checked(json_pack("{s:s, s:s, s:s}", "id", query_text(query, column), "slug",
                                  query_text(query, column + 1), "name", query_text(query, column + 2)));
}

/* The parameter's record; NULL and a fault when it names none. */
static json_t *read_record(struct call *call, const char *parameter, const char *path, struct found *found) {
  const char *key = contract_parameter(call->operation, call->uri, parameter);
  const struct resource *resource = contract_resource(api_contract(call->api), path);
  if (key == NULL) {
    return NULL;
  }
  if (!resource_find_meant(call_db(call), resource, key, found)) {
    faults_add(call->faults, PLACE_PARAMETER, parameter, "no_such_record", "\"%s\" names none of the %s", key, path);
    return NULL;
  }
  struct blob *document = resource_document(call->db, resource, found->pk);
  json_t *whole = document == NULL ? NULL : json_loadb(document->data, document->size, 0, NULL);
  json_t *reference = json_object();
  static const char *const members[] = {"id", "slug", "name"};
  for (size_t i = 0; i < 3; i++) {
    json_object_set(reference, members[i], json_object_get(whole, members[i]));
  }
  json_decref(whole);
  blob_drop(document);
  return owned_json(call->memory, reference);
}

/* The agreement on the row, when it is in force on the day. Its terms may be read from the database while the row
 * stands.
 */
static void add_agreement(struct coverage *coverage, struct query *query) {
  struct change *change = &coverage->change;
  struct target target = {0};
  struct terms terms;
  struct standing standing = {0};
  void *memory = talloc_new(coverage->call->memory);
  change->memory = memory;
  if (change_load_pk(change, query_int(query, 0), &target)) {
    agreement_terms(memory, target.row, agreement_superseded_on(change->db, target.pk, false), &terms);
    standing_on(&terms, coverage->on, &standing);
  }
  if (standing.status != NULL && strcmp(standing.status, "in_force") == 0) {
    json_t *item = json_object(), *row = json_object();
    agreement_set_standing(row, &standing);
    json_object_set_new(item, "id", json_string(target.id));
    json_object_set_new(item, "slug", json_string(target.slug));
    json_object_set(item, "title", json_object_get(target.row, "title"));
    json_object_set(item, "kind", json_object_get(target.row, "kind"));
    json_object_set(item, "period", json_object_get(row, "period"));
    json_object_set(item, "notice_on", json_object_get(row, "notice_on"));
    json_object_set(item, "notice_for", json_object_get(row, "notice_for"));
    json_object_set_new(item, "via", json_string(ways[query_int(query, 1)]));
    json_object_set_new(item, "organization", reference_at(query, 2));
    json_object_set_new(item, "area_via",
                        coverage->with_area ? json_string(area_ways[query_int(query, 5)]) : json_null());
    json_object_set_new(item, "area", coverage->with_area ? reference_at(query, 6) : json_null());
    json_array_append_new(coverage->by_way[query_int(query, 1)], item);
    json_decref(row);
  }
  talloc_free(memory);
}

static void find_agreements(struct coverage *coverage) {
  char on[DAY_SIZE];
  day_print(coverage->on, on);
  struct query *query = db_named(coverage->change.db, "coverage");
  query_bind_int(query, 1, coverage->organization.pk);
  query_bind_text(query, 2, on);
  if (coverage->with_area) {
    query_bind_int(query, 3, coverage->area.pk);
  } else {
    query_bind_null(query, 3);
  }
  query_bind_int(query, 4, coverage->on == clock_today());
  int64_t last = 0;
  while (query_step(query) == STEP_ROW) {
    if (query_int(query, 0) != last) {
      add_agreement(coverage, query);
    }
    last = query_int(query, 0);
  }
  query_end(query);
}

void find_coverage_faults(struct call *call) {
  struct found found;
  (void)read_record(call, "organization", "organizations", &found);
  (void)read_record(call, "area", "areas", &found);
}

void handle_coverage(struct call *call) {
  struct coverage coverage = {.call = call,
                              .change = {.db = call_db(call),
                                         .contract = api_contract(call->api),
                                         .resource = contract_resource(api_contract(call->api), "agreements"),
                                         .faults = call->faults},
                              .on = clock_today()};
  const char *asked = contract_parameter(call->operation, call->uri, "on");
  if (asked != NULL) {
    day_read(asked, &coverage.on);
  }
  json_t *organization = read_record(call, "organization", "organizations", &coverage.organization);
  json_t *area = read_record(call, "area", "areas", &coverage.area);
  coverage.with_area = area != NULL;
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  for (size_t i = 0; i < VIA_COUNT; i++) {
    coverage.by_way[i] = owned_json(call->memory, json_array());
  }
  find_agreements(&coverage);
  json_t *answer = json_object(), *agreements = json_array();
  for (size_t i = 0; i < VIA_COUNT; i++) {
    json_array_extend(agreements, coverage.by_way[i]);
  }
  json_object_set_new(answer, "on", day_json(coverage.on));
  json_object_set(answer, "organization", organization);
  json_object_set(answer, "area", area == NULL ? json_null() : area);
  json_object_set_new(answer, "covered", json_boolean(json_array_size(agreements) > 0));
  json_object_set_new(answer, "agreements", agreements);
  answer_json(call, 200, answer);
  answer_tag_of_body(call);
}
