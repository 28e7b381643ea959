/* Identifiers that several organizations have since before that was refused: such records go on, and are told of. */
#include "../store/sample.h"

#include "records/change.h"

#include "base/text.h"

#define ROR   "{\"scheme\":\"ror\",\"value\":\"05szzwt63\"}"
#define ISNI  "{\"scheme\":\"isni\",\"value\":\"0000000121032683\"}"
#define OTHER "{\"scheme\":\"other\",\"value\":\"x\"}"

struct work {
  struct sample *sample;
  int64_t one, two, three;
  struct text *outcomes; /* of the changes, a line each */
};

static bool insert_doubles(void *argument, struct db *db) {
  struct work *work = argument;
  const struct resource *organizations = work->sample->organizations;
  work->one = sample_insert(db, organizations, "one", "{\"identifiers\":[" ROR "," OTHER "]}");
  work->two = sample_insert(db, organizations, "two", "{\"identifiers\":[" OTHER "," ROR "]}");
  work->three = sample_insert(db, organizations, "three", "{\"identifiers\":[" ISNI "]}");
  return work->three != 0;
}

/* Makes the organization what `json` says of it. */
static void replace(struct work *work, struct db *db, int64_t pk, const char *json) {
  void *memory = talloc_new(NULL);
  const struct origin origin = {.actor = "somebody"};
  struct change change = {.db = db,
                          .origin = &origin,
                          .memory = memory,
                          .resource = work->sample->organizations,
                          .contract = work->sample->contract,
                          .now = "2026-04-21T00:00:00.000Z",
                          .faults = faults_new(memory)};
  struct target target;
  assert_true(change_load_pk(&change, pk, &target));
  json_t *body = owned_json(memory, json_loads(json, 0, NULL));
  json_t *normal = owned_json(memory, schema_normal(change.resource->schema, body));
  enum changed outcome = change_replace(&change, &target, normal);
  if (outcome == CHANGE_REFUSED) {
    text_addf(work->outcomes, "%s: %s %s\n", faults_are_conflict(change.faults) ? "conflict" : "fault",
              change.faults->list[0].where, change.faults->list[0].message);
  } else {
    text_addf(work->outcomes, "%s\n", outcome == CHANGE_UPDATED ? "updated" : "nothing");
  }
  talloc_free(memory);
}

static bool edit_doubles(void *argument, struct db *db) {
  struct work *work = argument;
  replace(work, db, work->two, "{\"name\":\"two\",\"identifiers\":[" OTHER "," ROR "],\"city\":\"x\"}");
  replace(work, db, work->two, "{\"name\":\"two\",\"identifiers\":[" ROR "]}");
  replace(work, db, work->two, "{\"name\":\"two\",\"identifiers\":[" ROR "," ISNI "]}");
  replace(work, db, work->three, "{\"name\":\"three\",\"identifiers\":[" ISNI "," ROR "]}");
  replace(work, db, work->two, "{\"name\":\"two\"}");
  replace(work, db, work->two, "{\"name\":\"two\",\"identifiers\":[" ROR "]}");
  return true;
}

static void add_line(void *argument, const char *line) {
  text_addf(argument, "%s\n", line);
}

static void doubles_from_before_can_be_edited_but_not_made(void **state) {
  struct work work = {.sample = *state, .outcomes = text_new(*state)};
  rules_bind(work.sample->contract);
  assert_int_equal(store_write(work.sample->store, insert_doubles, &work), WRITE_SAVED);
  assert_int_equal(store_write(work.sample->store, edit_doubles, &work), WRITE_SAVED);
  assert_string_equal(work.outcomes->data,
                      "updated\nupdated\n"
                      "conflict: /identifiers/1/value isni:0000000121032683 already belongs to org_three (three)\n"
                      "conflict: /identifiers/1/value ror:05szzwt63 already belongs to org_one (one)\n"
                      "updated\n"
                      "conflict: /identifiers/0/value ror:05szzwt63 already belongs to org_one (one)\n");
}

static void a_check_lists_doubles_once_with_all_who_have_them(void **state) {
  struct work work = {.sample = *state, .outcomes = text_new(*state)};
  db_begin_read(work.sample->reader);
  assert_true(identifiers_check_unique(work.sample->reader, add_line, work.outcomes));
  db_end_read(work.sample->reader);
  assert_int_equal(store_write(work.sample->store, insert_doubles, &work), WRITE_SAVED);
  db_begin_read(work.sample->reader);
  assert_false(identifiers_check_unique(work.sample->reader, add_line, work.outcomes));
  db_end_read(work.sample->reader);
  assert_string_equal(work.outcomes->data,
                      "ror:05szzwt63 belongs to several organizations: org_one (one) org_two (two)\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(doubles_from_before_can_be_edited_but_not_made, sample_store, sample_free),
      cmocka_unit_test_setup_teardown(a_check_lists_doubles_once_with_all_who_have_them, sample_store, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
