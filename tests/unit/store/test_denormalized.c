/* Copies in tables of items: what triggers keep, and what a check finds when something else has written. */
#include "sample.h"

#include "store/denormalized.h"

static bool write_all(void *argument, struct db *db) {
  bool fine = true;
  for (const char *const *sql = argument; fine && *sql != NULL; sql++) {
    fine = engine_execute(db, *sql);
  }
  return fine;
}

static void write_statements(struct sample *sample, const char *const *statements) {
  assert_int_equal(store_write(sample->store, write_all, (void *)statements), WRITE_SAVED);
}

static void change(struct sample *sample, const char *sql) {
  write_statements(sample, (const char *const[]){sql, NULL});
}

static int with_an_agreement(void **state) {
  static const char *const records[] = {
      "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name, country) VALUES (1, "
      "'org_1', 'o', 1, 1, 'then', 'then', 'o', 'TW')",
      "INSERT INTO agreements (pk, id, slug, revision, stamp, created_at, updated_at, title, stage, status, kind, "
      "concluded_on, period_ends_on, notice_on) VALUES (1, 'agr_1', 'a', 1, 1, 'then', 'then', 'a', 'concluded', "
      "'in_force', 'mou', '2026-01-01', '2026-12-31', NULL)",
      "INSERT INTO agreement_parties (owner, position, organization) VALUES (1, 0, 1)",
      "INSERT INTO agreement_flags (owner, position, value) VALUES (1, 0, 'expiring')", NULL};
  int result = sample_store(state);
  if (result == 0) {
    write_statements(*state, records);
  }
  return result;
}

struct told {
  char lines[1000];
};

static void keep(void *argument, const char *line) {
  struct told *told = argument;
  size_t length = strlen(told->lines);
  snprintf(told->lines + length, sizeof told->lines - length, "%s\n", line);
}

static void assert_told(struct sample *sample, const char *lines) {
  struct told told = {""};
  assert_true(db_begin_read(sample->reader));
  bool sound = denormalized_check(sample->reader, sample->contract, keep, &told);
  db_end_read(sample->reader);
  assert_string_equal(told.lines, lines);
  assert_int_equal(sound, lines[0] == '\0');
}

static void copies_follow_what_they_are_copies_of(void **state) {
  static const char *const changes[] = {
      "UPDATE agreements SET kind = 'loi', concluded_on = NULL, notice_on = '2026-09-30'",
      "UPDATE agreements SET concluded_on = '2026-02'",
      "UPDATE agreements SET period_ends_on = NULL",
      "UPDATE organizations SET country = NULL",
      "UPDATE organizations SET country = 'JP'",
      "INSERT INTO agreement_parties (owner, position, organization) VALUES (1, 1, 1)",
      "DELETE FROM agreement_parties WHERE position = 0"};
  assert_told(*state, "");
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    change(*state, changes[i]);
    assert_told(*state, "");
  }
}

static void a_copy_that_is_another_is_told_with_its_record(void **state) {
  change(*state, "UPDATE agreement_parties SET country = 'DE', owner_kind = NULL");
  change(*state, "UPDATE agreement_flags SET owner_notice_on = '2020-01-01'");
  assert_told(*state, "agreement_flags.owner_notice_on is not the notice_on of agr_1\n"
                      "agreement_parties.country is not the country of org_1\n"
                      "agreement_parties.owner_kind is not the kind of agr_1\n");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_an_agreement, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(copies_follow_what_they_are_copies_of),
      TEST(a_copy_that_is_another_is_told_with_its_record),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
