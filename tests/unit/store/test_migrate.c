/* Opening: who may, what is made, what is refused. */
#include "sample.h"

static struct store *try_open(struct sample *sample, bool create, struct error *error) {
  struct store_options options = {.path = sample->path, .create = create};
  return store_open(&options, sample->contract, error);
}

static void assert_refused(struct sample *sample, bool create, const char *words) {
  struct error error = {0};
  struct store *store = try_open(sample, create, &error);
  assert_null(store);
  if (strstr(error.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", error.text, words);
  }
}

static int64_t number_of(const char *path, const char *sql) {
  struct error error;
  struct db *db = engine_open(path, false, &error);
  assert_non_null(db);
  struct query *query = db_query(db, sql);
  assert_int_equal(query_step(query), STEP_ROW);
  int64_t number = query_int(query, 0);
  query_end(query);
  engine_close(db);
  return number;
}

static void a_new_file_is_made_with_every_migration(void **state) {
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  sample_close(sample);
  int64_t known = 0;
  while (asset_below("sql/sqlite/migrations/", (size_t)known) != NULL) {
    known++;
  }
  assert_true(known > 0);
  assert_int_equal(number_of(sample->path, "PRAGMA user_version"), known);
  assert_int_equal(number_of(sample->path, "PRAGMA application_id"), 0x656e7474);
}

static void opening_again_changes_nothing(void **state) {
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  sample_add(sample, "kept");
  sample_close(sample);
  int64_t schema = number_of(sample->path, "PRAGMA schema_version");
  for (int i = 0; i < 3; i++) {
    sample_open(sample, 0, 0);
    assert_true(sample_has(sample, "kept"));
    sample_close(sample);
  }
  assert_int_equal(number_of(sample->path, "PRAGMA schema_version"), schema);
}

static void a_database_of_a_newer_version_is_refused_and_left_alone(void **state) {
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  sample_add(sample, "kept");
  sample_close(sample);
  sample_execute(sample->path, "PRAGMA user_version = 9999");
  assert_refused(sample, true, "newer");
  assert_int_equal(number_of(sample->path, "PRAGMA user_version"), 9999);
  assert_int_equal(number_of(sample->path, "SELECT count(*) FROM areas"), 1);
}

static void read_file(const char *path, char bytes[8192]) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fread(bytes, 1, 8192, file), 8192);
  fclose(file);
}

static void somebody_elses_database_is_refused_and_left_alone(void **state) {
  struct sample *sample = *state;
  struct error error;
  char before[8192] = "", after[8192] = "";
  struct db *db = engine_open(sample->path, true, &error);
  assert_true(query_run(db_query(db, "CREATE TABLE theirs (x INTEGER)")));
  assert_true(query_run(db_query(db, "PRAGMA journal_mode = DELETE")));
  engine_close(db);
  read_file(sample->path, before);
  assert_refused(sample, true, "not one of entente's");
  read_file(sample->path, after);
  assert_memory_equal(before, after, sizeof before);
}

static void a_file_that_is_no_database_is_refused_and_left_alone(void **state) {
  struct sample *sample = *state;
  char text[40] = "";
  FILE *file = fopen(sample->path, "w");
  fputs("Not a database, but a letter to a friend.", file);
  fclose(file);
  assert_refused(sample, true, sample->path);
  file = fopen(sample->path, "r");
  assert_non_null(fgets(text, sizeof text, file));
  fclose(file);
  assert_string_equal(text, "Not a database, but a letter to a frien");
}

static void a_file_that_is_absent_is_made_only_when_asked(void **state) {
  struct sample *sample = *state;
  assert_refused(sample, false, "No such file");
  assert_int_not_equal(access(sample->path, F_OK), 0);
}

static void a_column_that_the_contract_names_must_be_there(void **state) {
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  sample_close(sample);
  sample_execute(sample->path, "ALTER TABLE areas RENAME COLUMN matches TO matched");
  struct error error = {0};
  assert_null(try_open(sample, true, &error));
  assert_non_null(strstr(error.text, "areas"));
}

static void one_process_owns_a_database_until_it_closes_it(void **state) {
  struct sample *sample = *state;
  assert_false(store_owned(sample->path));
  sample_open(sample, 0, 0);
  assert_true(store_owned(sample->path));
  assert_refused(sample, true, "owned by another process");
  sample_add(sample, "still-mine");
  sample_close(sample);
  assert_false(store_owned(sample->path));
  sample_open(sample, 0, 0);
  assert_true(sample_has(sample, "still-mine"));
}

static void a_reader_cannot_write(void **state) {
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(sample_insert(sample->reader, sample->areas, "smuggled", "{}"), 0);
  assert_int_not_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
  assert_false(sample_has(sample, "smuggled"));
}

static void agreements_of_an_older_version_that_may_stand_otherwise_for_the_public_are_due(void **state) {
  static const char *const older[] = {
      "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name) VALUES (1, 'o', 'o', 1, "
      "1, 'then', 'then', 'o')",
      "INSERT INTO agreements (pk, id, slug, revision, stamp, created_at, updated_at, title, stage, status, "
      "effective_on) SELECT value, value, value, 1, 1, 'then', 'then', value, 'concluded', 'in_force', iif(value = 3, "
      "NULL, '2026-01-01') FROM json_each('[1, 2, 3, 4, 5]')",
      "INSERT INTO agreement_relations (owner, position, type, agreement) VALUES (1, 0, 'renews', 2), (1, 1, 'amends', "
      "5)",
      "INSERT INTO agreement_parties (owner, position, organization, signed_on) VALUES (3, 0, 1, '2026-01-01'), (4, 0, "
      "1, '2026'), (5, 0, 1, '2026-01-01')"};
  struct sample *sample = *state;
  sample_version(sample->path, 8);
  for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
    sample_execute(sample->path, older[i]);
  }
  sample_execute(sample->path, asset_find("sql/sqlite/migrations/0009-public-standing.sql")->data);
  assert_int_equal(number_of(sample->path, "SELECT group_concat(pk, '') FROM agreements WHERE due_on = '0001-01-01'"),
                   234);
}

static void copies_that_lie_beside_others_are_made_for_what_an_older_version_wrote(void **state) {
  static const char *const older[] = {
      "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name, country) VALUES (1, "
      "'o', "
      "'o', 1, 1, 'then', 'then', 'o', 'TW')",
      "INSERT INTO agreements (pk, id, slug, revision, stamp, created_at, updated_at, title, stage, status, kind, "
      "owner, concluded_on, period_ends_on, notice_on) VALUES (1, 'a', 'a', 1, 1, 'then', 'then', 'a', 'concluded', "
      "'in_force', 'mou', 'an office', '2026-01-01', '2026-12-31', '2026-09-30')",
      "INSERT INTO agreement_parties (owner, position, organization) VALUES (1, 0, 1)",
      "INSERT INTO agreement_flags (owner, position, value) VALUES (1, 0, 'expiring')"};
  struct sample *sample = *state;
  sample_version(sample->path, 4);
  for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
    sample_execute(sample->path, older[i]);
  }
  sample_open(sample, 0, 0);
  sample_close(sample);
  assert_int_equal(number_of(sample->path, "SELECT count(*) FROM agreement_parties WHERE country = 'TW' AND "
                                           "owner_concluded_on = '2026-01-01' AND owner_kind = 'mou'"),
                   1);
  assert_int_equal(number_of(sample->path, "SELECT count(*) FROM agreement_flags WHERE owner_period_ends_on = "
                                           "'2026-12-31' AND owner_notice_on = '2026-09-30'"),
                   1);
}

static void sessions_and_tokens_of_an_older_version_stay_as_they_are(void **state) {
  static const char *const older[] = {
      "INSERT INTO tokens (pk, id, name, role, hash, created_at, networks, requests_per_minute) VALUES (3, 'tok_a', "
      "'a', "
      "'admin', zeroblob(32), 'then', '[\"192.0.2.0/24\"]', 5), (5, 'tok_b', 'b', 'reader', randomblob(32), 'then', "
      "'[]', NULL)",
      "INSERT INTO sessions (pk, token, hash, created_at, expires_at, last_used_at) VALUES (7, 3, zeroblob(32), "
      "'then', "
      "'later', 'now'), (9, 5, randomblob(32), 'then', 'later', 'now')",
      "DELETE FROM sessions WHERE pk = 9"};
  struct sample *sample = *state;
  sample_version(sample->path, 11);
  for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
    sample_execute(sample->path, older[i]);
  }
  sample_open(sample, 0, 0);
  sample_close(sample);
  assert_int_equal(number_of(sample->path, "SELECT group_concat(pk, '') FROM tokens WHERE query IS NULL"), 35);
  assert_int_equal(number_of(sample->path, "SELECT requests_per_minute FROM tokens WHERE role = 'admin' AND networks = "
                                           "'[\"192.0.2.0/24\"]' AND hash = zeroblob(32)"),
                   5);
  assert_int_equal(number_of(sample->path, "SELECT s.pk FROM sessions s JOIN tokens t ON t.pk = s.token WHERE t.id = "
                                           "'tok_a' AND s.last_used_at = 'now'"),
                   7);
  assert_int_equal(number_of(sample->path, "SELECT seq FROM sqlite_sequence WHERE name = 'sessions'"), 9);
  sample_execute(sample->path, "PRAGMA foreign_keys = ON; DELETE FROM tokens WHERE pk = 3");
  assert_int_equal(number_of(sample->path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_folder, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(a_new_file_is_made_with_every_migration),
      TEST(opening_again_changes_nothing),
      TEST(a_database_of_a_newer_version_is_refused_and_left_alone),
      TEST(somebody_elses_database_is_refused_and_left_alone),
      TEST(a_file_that_is_no_database_is_refused_and_left_alone),
      TEST(a_file_that_is_absent_is_made_only_when_asked),
      TEST(a_column_that_the_contract_names_must_be_there),
      TEST(one_process_owns_a_database_until_it_closes_it),
      TEST(a_reader_cannot_write),
      TEST(agreements_of_an_older_version_that_may_stand_otherwise_for_the_public_are_due),
      TEST(copies_that_lie_beside_others_are_made_for_what_an_older_version_wrote),
      TEST(sessions_and_tokens_of_an_older_version_stay_as_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
