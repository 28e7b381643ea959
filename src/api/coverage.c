/* Are we covered? Relations lead from the organization to others (closure.c), by ways in a fixed order: itself, its
 * units, those it is a unit of, those that came after or before it, and upwards by both kinds of relation in any order.
 * The agreements of each are looked at; whether one is in force on the day follows from its terms, as everywhere. An
 * agreement is told once, by the first way that leads to it. */
#include "api/handlers.h"
#include "base/blob.h"
#include "base/memory.h"
#include "records/agreements.h"
#include "records/closure.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"

#include <stdlib.h>
#include <string.h>

static const struct closure_step to_units = {"parent", false, "child"}, to_parents = {"parent", true, "parent"},
                                 to_successors = {"predecessor", false, "successor"},
                                 to_predecessors = {"predecessor", true, "predecessor"};

/* The first is the organization itself. What is above by one kind of relation alone was found before `mixed`. */
static const struct way {
  const char *name;
  const struct closure_step *steps[3]; /* ended by NULL */
} ways[] = {{"direct", {NULL}},
            {"unit", {&to_units, NULL}},
            {"parent", {&to_parents, NULL}},
            {"successor", {&to_successors, NULL}},
            {"successor", {&to_predecessors, NULL}},
            {"mixed", {&to_parents, &to_predecessors, NULL}}};

static const char *const area_ways[] = {"direct", "broader"};

struct covering;

struct coverage {
  struct call *call;
  struct change change;
  day on;
  struct found organization, area;
  bool with_area;
  const struct way *way; /* under way */
  json_t *seen;          /* {id: true} of the agreements that were found */
  struct covering *list;
  size_t count, room;
};

struct covering {
  const struct way *way;
  int64_t agreement;
  json_t *item;
};

/* The parameter's record; NULL and a fault when it names none. */
static json_t *read_record(struct call *call, const char *parameter, const char *path, struct found *found) {
  const char *key = contract_parameter(call->operation, call->uri, parameter);
  const struct resource *resource = contract_resource(call->services->contract, path);
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

/* Sets the area by which the agreement is about the one that is asked for. False when it is not. */
static bool set_area(struct coverage *coverage, int64_t agreement, json_t *item) {
  if (!coverage->with_area) {
    json_object_set_new(item, "area_via", json_null());
    json_object_set_new(item, "area", json_null());
    return true;
  }
  struct query *query = db_named(coverage->change.db, "coverage-area");
  query_bind_int(query, 1, agreement);
  query_bind_int(query, 2, coverage->area.pk);
  bool about = query_step(query) == STEP_ROW;
  if (about) {
    json_object_set_new(item, "area_via", json_string(area_ways[query_int(query, 0)]));
    json_object_set_new(item, "area",
                        json_pack("{s:s, s:s, s:s}", "id", query_text(query, 1), "slug", query_text(query, 2), "name",
                                  query_text(query, 3)));
  }
  query_end(query);
  return about;
}

static void describe(struct coverage *coverage, struct closure *closure, int64_t organization,
                     const struct target *target, const struct standing *standing, json_t *item) {
  static const char *const own[] = {"title", "kind"}, *const derived[] = {"period", "notice_on", "notice_for"};
  json_t *row = memory_checked(json_object());
  agreement_set_standing(row, standing);
  json_object_set_new(item, "id", json_string(target->id));
  json_object_set_new(item, "slug", json_string(target->slug));
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    json_object_set(item, own[i], json_object_get(target->row, own[i]));
  }
  for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
    json_object_set(item, derived[i], json_object_get(row, derived[i]));
  }
  json_object_set_new(item, "via", json_string(coverage->way->name));
  json_object_set_new(item, "path", closure_path(closure));
  json_object_set_new(item, "organization", closure_reference(closure, organization));
  json_decref(row);
}

static void keep(struct coverage *coverage, int64_t agreement, json_t *item) {
  if (coverage->count == coverage->room) {
    coverage->room = coverage->room == 0 ? 16 : coverage->room * 2;
    coverage->list = memory_grow(coverage->call->memory, coverage->list, struct covering, coverage->room);
  }
  coverage->list[coverage->count++] =
      (struct covering){coverage->way, agreement, owned_json(coverage->call->memory, item)};
}

/* By the way, and then in the order of their making. */
static int compare(const void *one, const void *other) {
  const struct covering *a = one, *b = other;
  int names = strcmp(a->way->name, b->way->name);
  if (names != 0) {
    return a->way < b->way ? -1 : 1;
  }
  return a->agreement < b->agreement ? -1 : a->agreement > b->agreement;
}

/* Takes the agreement, when it is in force on the day and about the area. */
static void add_agreement(struct coverage *coverage, struct closure *closure, int64_t organization, int64_t agreement) {
  struct change *change = &coverage->change;
  struct target target = {0};
  struct terms terms;
  struct standing standing = {0};
  void *memory = talloc_new(coverage->call->memory);
  json_t *item = memory_checked(json_object());
  change->memory = memory;
  if (set_area(coverage, agreement, item) && change_load_pk(change, agreement, &target) &&
      json_object_get(coverage->seen, target.id) == NULL) {
    agreement_terms(memory, target.row, agreement_superseded_on(change->db, target.pk, false), &terms);
    standing_on(&terms, coverage->on, &standing);
  }
  if (standing.status != NULL && strcmp(standing.status, "in_force") == 0) {
    json_t *told = memory_checked(json_object());
    describe(coverage, closure, organization, &target, &standing, told);
    json_object_update(told, item);
    keep(coverage, agreement, told);
    json_object_set_new(coverage->seen, target.id, json_true());
  }
  json_decref(item);
  talloc_free(memory);
}

static bool visit(void *argument, struct closure *closure, int64_t organization) {
  struct coverage *coverage = argument;
  char on[DAY_SIZE];
  day_print(coverage->on, on);
  struct query *query = db_named(coverage->change.db, "coverage-agreements");
  query_bind_int(query, 1, organization);
  query_bind_text(query, 2, on);
  query_bind_int(query, 3, coverage->on == clock_today());
  while (query_step(query) == STEP_ROW) {
    add_agreement(coverage, closure, organization, query_int(query, 0));
  }
  query_end(query);
  return db_failure(coverage->change.db) == DB_OK;
}

static void find_agreements(struct coverage *coverage) {
  struct closure *closure =
      closure_new(coverage->call->memory, coverage->change.db, coverage->organization.pk, coverage->on);
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    coverage->way = &ways[i];
    if (i == 0) {
      visit(coverage, closure, coverage->organization.pk);
    } else {
      closure_walk(closure, ways[i].steps, visit, coverage);
    }
  }
}

void find_coverage_faults(struct call *call) {
  struct found found;
  (void)read_record(call, "organization", "organizations", &found);
  (void)read_record(call, "area", "areas", &found);
}

void handle_coverage(struct call *call) {
  struct coverage coverage = {.call = call,
                              .change = {.db = call_db(call),
                                         .contract = call->services->contract,
                                         .resource = contract_resource(call->services->contract, "agreements"),
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
  coverage.seen = owned_json(call->memory, json_object());
  find_agreements(&coverage);
  if (coverage.count > 0) {
    qsort(coverage.list, coverage.count, sizeof *coverage.list, compare);
  }
  json_t *answer = memory_checked(json_object()), *agreements = memory_checked(json_array());
  for (size_t i = 0; i < coverage.count; i++) {
    json_array_append(agreements, coverage.list[i].item);
  }
  json_object_set_new(answer, "on", day_json(coverage.on));
  json_object_set(answer, "organization", organization);
  json_object_set(answer, "area", area == NULL ? json_null() : area);
  json_object_set_new(answer, "covered", json_boolean(coverage.count > 0));
  json_object_set_new(answer, "agreements", agreements);
  answer_json(call, 200, answer);
  answer_tag_of_body(call);
}
