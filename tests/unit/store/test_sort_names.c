/* The order of names: what is found of keys that are missing or wrong, and that they are made when the store opens. */
#include "sample.h"

#include "store/sort_names.h"

static bool write_all(void *argument, struct db *db) {
  bool fine = true;
  for (const char *const *sql = argument; fine && *sql != NULL; sql++) {
    fine = engine_execute(db, *sql);
  }
  return fine;
}

static void count_line(void *argument, const char *line) {
  size_t *count = argument;
  *count += strcmp(line, "2 records stand in another place among the names than they belong") == 0;
}

static bool is_sound(struct sample *sample, size_t *lines) {
  *lines = 0;
  assert_true(db_begin_read(sample->reader));
  bool sound = sort_names_check(sample->reader, sample->contract, count_line, lines);
  db_end_read(sample->reader);
  return sound;
}

static void keys_that_are_missing_or_wrong_are_told_and_made_at_the_next_start(void **state) {
  static const char *const records[] = {
      "INSERT INTO areas (pk, id, slug, revision, stamp, created_at, updated_at, name) VALUES (1, 'area_1', 'a', 1, 1, "
      "'then', 'then', 'Zürich')",
      "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name, names, sort_name) "
      "VALUES "
      "(1, 'org_1', 'o', 1, 1, 'then', 'then', '会津', '[{\"value\":\"アイヅ\",\"lang\":\"ja-Kana\"}]', 'wrong')",
      "UPDATE registry SET sortable = 'another way'", NULL};
  struct sample *sample = *state;
  size_t lines = 0;
  assert_int_equal(store_write(sample->store, write_all, (void *)(uintptr_t)records), WRITE_SAVED);
  assert_false(is_sound(sample, &lines));
  assert_int_equal(lines, 1);
  sample_close(sample);
  sample_open(sample, 0, 0);
  assert_true(is_sound(sample, &lines));
  assert_int_equal(lines, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(keys_that_are_missing_or_wrong_are_told_and_made_at_the_next_start, sample_store,
                                      sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
