/* A change of a resource for which the program has no rules of its own: the contract and the database are enough. */
#include "../store/sample.h"

#include "records/change.h"

struct work {
  struct sample *sample;
  struct resource resource; /* that of the areas, under a name that no rules know */
  enum changed created, updated;
  bool deleted;
};

static json_t *body(const struct work *work, void *memory, const char *name) {
  json_t *json = owned_json(memory, json_pack("{s:s}", "name", name));
  return owned_json(memory, schema_normal(work->resource.schema, json));
}

static bool write_things(void *argument, struct db *db) {
  struct work *work = argument;
  void *memory = talloc_new(NULL);
  const struct origin origin = {.actor = "somebody"};
  struct change change = {.db = db,
                          .origin = &origin,
                          .memory = memory,
                          .resource = &work->resource,
                          .contract = work->sample->contract,
                          .now = "2026-04-21T00:00:00.000Z",
                          .faults = faults_new(memory)};
  struct target target;
  work->created = change_create(&change, body(work, memory, "one"), NULL, &target);
  work->updated = change_load_pk(&change, target.pk, &target)
                      ? change_replace(&change, &target, body(work, memory, "two"))
                      : CHANGE_REFUSED;
  change_delete(&change, &target);
  work->deleted = !change_load_pk(&change, target.pk, &target);
  talloc_free(memory);
  return true;
}

static void a_resource_without_rules_is_written_all_the_same(void **state) {
  struct work work = {.sample = *state, .resource = *((struct sample *)*state)->areas};
  work.resource.path = "things";
  assert_null(rules_of(&work.resource)->check);
  assert_int_equal(store_write(work.sample->store, write_things, &work), WRITE_SAVED);
  assert_int_equal(work.created, CHANGE_CREATED);
  assert_int_equal(work.updated, CHANGE_UPDATED);
  assert_true(work.deleted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_resource_without_rules_is_written_all_the_same, sample_store, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
