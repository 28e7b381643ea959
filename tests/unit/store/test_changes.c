/* When records were last changed: noted for every write that goes through the store, whatever the statement. */
#include "sample.h"

#include "store/changes.h"

static void a_change_is_told_to_who_read_before_it(void **state) {
  struct sample *sample = *state;
  struct changes *changes = changes_new(sample);
  assert_true(changes_none(changes, "areas", 7, 0));
  changes_note(changes, "areas", 7, 3);
  assert_false(changes_none(changes, "areas", 7, 2));
  assert_true(changes_none(changes, "areas", 7, 3));
  assert_true(changes_none(changes, "areas", 8, 2));
  assert_true(changes_none(changes, "organizations", 7, 2));
}

static void a_change_of_any_row_is_one_of_its_table(void **state) {
  struct sample *sample = *state;
  struct changes *changes = changes_new(sample);
  changes_note(changes, "tokens", 7, 3);
  assert_false(changes_none(changes, "tokens", 0, 2));
  assert_true(changes_none(changes, "tokens", 0, 3));
  assert_true(changes_none(changes, "areas", 0, 2));
}

static bool touch_all(void *argument, struct db *db) {
  (void)argument;
  return query_run(db_query(db, "UPDATE areas SET stamp = stamp + 1"));
}

static bool remove_all(void *argument, struct db *db) {
  (void)argument;
  return query_run(db_query(db, "DELETE FROM areas"));
}

static int64_t pk_of(struct sample *sample, const char *slug) {
  struct found found = {0};
  assert_true(db_begin_read(sample->reader));
  assert_true(resource_find(sample->reader, sample->areas, slug, &found));
  db_end_read(sample->reader);
  return found.pk;
}

static void the_store_notes_every_row_that_a_statement_touches(void **state) {
  struct sample *sample = *state;
  sample_add(sample, "a");
  sample_add(sample, "b");
  const struct changes *changes = store_changes(sample->store);
  int64_t a = pk_of(sample, "a"), b = pk_of(sample, "b");
  uint64_t before = store_commits(sample->store);
  assert_true(changes_none(changes, "areas", a, before));
  assert_true(changes_none(changes, "areas", b, before));
  assert_int_equal(store_write(sample->store, touch_all, NULL), WRITE_SAVED);
  assert_false(changes_none(changes, "areas", a, before));
  assert_false(changes_none(changes, "areas", b, before));
  before = store_commits(sample->store);
  assert_true(changes_none(changes, "areas", a, before));
  assert_int_equal(store_write(sample->store, remove_all, NULL), WRITE_SAVED);
  assert_false(changes_none(changes, "areas", a, before));
  assert_false(changes_none(changes, "areas", b, before));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_change_is_told_to_who_read_before_it),
      TEST(a_change_of_any_row_is_one_of_its_table),
      TEST(the_store_notes_every_row_that_a_statement_touches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
