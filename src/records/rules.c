/* What organizations and areas must obey beyond the contract: order in time, trees without cycles, identifiers
 * (identifiers.c). */
#include "base/memory.h"
#include "records/agreements.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static void check_organization(struct change *change, const struct target *target, json_t *row) {
  identifiers_check(change, target, row);
  const char *country = text_of(row, "country"), *region = text_of(row, "region");
  if (country != NULL && region != NULL && strncmp(country, region, 2) != 0) {
    faults_add(change->faults, PLACE_BODY, "/region", "contradiction", "must be a region of the country %s", country);
  }
  static const char *const spans[] = {"relations", "contacts"};
  for (size_t i = 0; i < 2; i++) {
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(row, spans[i]), index, item) {
      check_span(change, item, spans[i], index);
    }
  }
}

static void whole_organization(struct change *change, const struct target *target, const json_t *row) {
  static const char *const trees[] = {"parent", "predecessor"};
  size_t index;
  json_t *item;
  if (change->contested) {
    identifiers_check_contested(change, target, row);
  }
  json_array_foreach(json_object_get(row, "relations"), index, item) {
    for (size_t i = 0; i < 2; i++) {
      const char *type = text_of(item, "type"), *other = text_of(item, "organization");
      if (type != NULL && strcmp(type, trees[i]) == 0 &&
          record_reaches(change, "organization-reaches", other, target, type)) {
        fault_at(change, "cycle", "would make the organization its own ancestor", "/relations/%zu/organization", index);
      }
    }
  }
}

/* Who signed is public with the organization, and with that how an agreement stands may be otherwise. */
static void after_organization(struct change *change, const struct target *target, const json_t *before,
                               const json_t *row) {
  if (before != NULL && row != NULL && strcmp(text_of(before, "visibility"), text_of(row, "visibility")) != 0) {
    agreements_refresh_signed(change, target->pk);
  }
}

static void check_area(struct change *change, const struct target *target, json_t *row) {
  const char *parent = text_of(row, "parent");
  if (parent != NULL && strcmp(parent, target->id) == 0) {
    fault_at(change, "self", "an area cannot be its own parent", "/parent");
  }
}

static void whole_area(struct change *change, const struct target *target, const json_t *row) {
  if (record_reaches(change, "area-reaches", text_of(row, "parent"), target, NULL)) {
    fault_at(change, "cycle", "would make the area its own ancestor", "/parent");
  }
}

const struct rules organization_rules = {"organizations", check_organization, after_organization, whole_organization};
const struct rules area_rules = {"areas", check_area, NULL, whole_area};

void rules_bind(struct contract *contract) {
  static const struct rules *const all[] = {&organization_rules, &area_rules, &agreement_rules};
  for (size_t i = 0; i < contract->resource_count; i++) {
    struct resource *resource = &contract->resources[i];
    for (size_t j = 0; j < sizeof all / sizeof all[0]; j++) {
      if (strcmp(all[j]->resource, resource->path) == 0) {
        resource->rules = all[j];
      }
    }
  }
}
