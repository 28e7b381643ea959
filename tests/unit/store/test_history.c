/* The history is append-only, whoever asks and with whatever statement. */
#include "sample.h"

static bool add_row(void *argument, struct db *db) {
  (void)argument;
  return query_run(db_query(db,
                            "INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                            " VALUES ('areas', 'area_a', 'a', 1, 'create', '2026-01-01T00:00:00.000Z', 'me', '{}')"));
}

static bool run_text(void *argument, struct db *db) {
  return query_run(db_query(db, argument));
}

static void assert_refused(struct sample *sample, char *statement) {
  assert_int_not_equal(store_write(sample->store, run_text, statement), WRITE_SAVED);
}

static void a_row_can_be_neither_changed_nor_removed_nor_replaced(void **state) {
  struct sample *sample = *state;
  assert_int_equal(store_write(sample->store, add_row, NULL), WRITE_SAVED);
  assert_refused(sample, (char[]){"UPDATE history SET actor = 'you'"});
  assert_refused(sample, (char[]){"UPDATE history SET document = NULL WHERE seq = 1"});
  assert_refused(sample, (char[]){"DELETE FROM history"});
  assert_refused(sample, (char[]){"DELETE FROM history WHERE seq = 1"});
  assert_refused(sample,
                 (char[]){"INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                          " VALUES ('areas', 'area_a', 'a', 1, 'update', 'now', 'me', '{}')"});
}

static void a_deletion_alone_has_no_document(void **state) {
  struct sample *sample = *state;
  assert_refused(sample, (char[]){"INSERT INTO history (resource, record, slug, revision, operation, at, actor)"
                                  " VALUES ('areas', 'area_b', 'b', 1, 'update', 'now', 'me')"});
  assert_refused(sample,
                 (char[]){"INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                          " VALUES ('areas', 'area_b', 'b', 1, 'delete', 'now', 'me', '{}')"});
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_row_can_be_neither_changed_nor_removed_nor_replaced),
      TEST(a_deletion_alone_has_no_document),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
