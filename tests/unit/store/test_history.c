/* The history is append-only, whoever asks and with whatever statement; and who goes around that leaves a trace. */
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

static void a_row_can_be_neither_changed_nor_removed_nor_repeated(void **state) {
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

static void a_row_cannot_be_written_over(void **state) {
  struct sample *sample = *state;
  assert_int_equal(store_write(sample->store, add_row, NULL), WRITE_SAVED);
  static char replaced[] =
      "INSERT OR REPLACE INTO history (seq, resource, record, slug, revision, operation, at, actor, "
      "document) VALUES (1, 'areas', 'area_b', 'b', 1, 'create', 'now', 'you', '{}')";
  static char again[] = "REPLACE INTO history (resource, record, slug, revision, operation, at, actor, document)"
                        " VALUES ('areas', 'area_a', 'a', 1, 'create', 'now', 'you', '{}')";
  static char merged[] = "INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                         " VALUES ('areas', 'area_a', 'a', 1, 'create', 'now', 'you', '{}')"
                         " ON CONFLICT (record, revision) DO UPDATE SET actor = 'you'";
  assert_refused(sample, replaced);
  assert_refused(sample, again);
  assert_refused(sample, merged);
}

static void a_deletion_alone_has_no_document(void **state) {
  struct sample *sample = *state;
  assert_refused(sample, (char[]){"INSERT INTO history (resource, record, slug, revision, operation, at, actor)"
                                  " VALUES ('areas', 'area_b', 'b', 1, 'update', 'now', 'me')"});
  assert_refused(sample,
                 (char[]){"INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                          " VALUES ('areas', 'area_b', 'b', 1, 'delete', 'now', 'me', '{}')"});
}

/* Writes a row as the program does. */
static bool write_row(struct db *db, const char *record, int revision, const char *operation) {
  const char *values[] = {"areas",
                          record,
                          "slug",
                          NULL,
                          operation,
                          "2026-01-01T00:00:00.000Z",
                          "me",
                          "req",
                          "127.0.0.1",
                          NULL,
                          strcmp(operation, "delete") == 0 ? NULL : "{}"};
  struct query *query = db_named(db, "history-write");
  for (int i = 0; i < 11; i++) {
    query_bind_text(query, i + 1, values[i]);
  }
  query_bind_int(query, 4, revision);
  return query_run(query);
}

/* An area of that name comes and goes, so that no table has anything of it. */
static bool come_and_go(void *argument, struct db *db) {
  return write_row(db, argument, 1, "create") && write_row(db, argument, 2, "delete");
}

static bool nothing(void *argument, struct db *db) {
  (void)argument;
  (void)db;
  return true;
}

static bool is_sound(struct sample *sample) {
  assert_true(db_begin_read(sample->reader));
  struct query *query = db_named(sample->reader, "history-gaps");
  bool sound = query_step(query) == STEP_DONE;
  query_end(query);
  assert_int_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
  return sound;
}

/* As somebody would who may write the file, and knows of the trigger. */
static void cut_end(struct sample *sample) {
  sample_close(sample);
  sample_execute(sample->path, "DROP TRIGGER history_never_ends; DELETE FROM history WHERE seq > 2;"
                               "CREATE TRIGGER history_never_ends BEFORE DELETE ON history"
                               " BEGIN SELECT raise(ABORT, 'history is append-only'); END");
  sample_open(sample, 0, 0);
}

static void an_end_that_is_missing_shows_and_goes_on_showing(void **state) {
  struct sample *sample = *state;
  assert_true(is_sound(sample));
  assert_int_equal(store_write(sample->store, come_and_go, (char[]){"area_a"}), WRITE_SAVED);
  assert_int_equal(store_write(sample->store, come_and_go, (char[]){"area_b"}), WRITE_SAVED);
  assert_true(is_sound(sample));
  cut_end(sample);
  assert_false(is_sound(sample));
  assert_int_equal(store_write(sample->store, nothing, NULL), WRITE_SAVED);
  assert_false(is_sound(sample));
  for (int i = 0; i < 3; i++) {
    char record[] = {'a', 'r', 'e', 'a', '_', (char)('c' + i), '\0'};
    assert_int_equal(store_write(sample->store, come_and_go, record), WRITE_SAVED);
    assert_false(is_sound(sample));
  }
}

static bool come_and_fail(void *argument, struct db *db) {
  return come_and_go(argument, db) && false;
}

static void a_change_that_is_undone_gives_its_number_back(void **state) {
  struct sample *sample = *state;
  assert_int_equal(store_write(sample->store, come_and_fail, (char[]){"area_a"}), WRITE_DROPPED);
  assert_int_equal(store_write(sample->store, come_and_go, (char[]){"area_b"}), WRITE_SAVED);
  assert_true(is_sound(sample));
}

static void a_database_from_before_the_last_number_was_kept_is_sound(void **state) {
  struct sample *sample = *state;
  sample_close(sample);
  sample->path = memory_print(sample, "%s/old.db", sample->folder);
  sample_version(sample->path, 13);
  sample_execute(sample->path, "INSERT INTO history (resource, record, slug, revision, operation, at, actor, document)"
                               " VALUES ('areas', 'area_a', 'a', 1, 'create', '2026-01-01T00:00:00.000Z', 'me', '{}'),"
                               " ('areas', 'area_a', 'a', 2, 'delete', '2026-01-01T00:00:00.000Z', 'me', NULL),"
                               " ('areas', 'area_b', 'b', 1, 'create', '2026-01-01T00:00:00.000Z', 'me', '{}'),"
                               " ('areas', 'area_b', 'b', 2, 'delete', '2026-01-01T00:00:00.000Z', 'me', NULL)");
  sample_open(sample, 0, 0);
  assert_true(is_sound(sample));
  cut_end(sample);
  assert_false(is_sound(sample));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_row_can_be_neither_changed_nor_removed_nor_repeated),
      TEST(a_row_cannot_be_written_over),
      TEST(a_deletion_alone_has_no_document),
      TEST(an_end_that_is_missing_shows_and_goes_on_showing),
      TEST(a_change_that_is_undone_gives_its_number_back),
      TEST(a_database_from_before_the_last_number_was_kept_is_sound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
