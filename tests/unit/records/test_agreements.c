/* Agreements that an older version wrote get the answers of today's rules when the program starts. */
#include "../store/sample.h"

#include "api/api.h"
#include "records/agreements.h"

static const char *const older[] = {
    "UPDATE registry SET today = '2026-02-11'",
    "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name) SELECT value, 'org_' || "
    "value, 'o' || value, 1, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'o' FROM json_each('[1, 2]')",
    "INSERT INTO agreements (pk, id, slug, revision, stamp, created_at, updated_at, title, kind, stage, status, "
    "effective_on, ends_on, termination_effective_on, period_number, period_starts_on, period_ends_on, period_basis, "
    "next_change_on, next_change_status, due_on) VALUES (1, 'agr_01m8qzqb71etatfc4tagnt5237', 'ending', 1, 1, "
    "'2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'Ending', 'mou', 'concluded', 'in_force', '2025-01-01', "
    "'2030-12-31', '2026-06-15', 1, '2025-01-01', '2030-12-31', 'term', '2026-06-15', 'terminated', '2026-06-15')",
    "INSERT INTO agreement_parties (owner, position, organization, role) VALUES (1, 0, 1, 'party'), (1, 1, 2, "
    "'party')"};

static const char *text_of(struct db *db, const char *sql, char out[200]) {
  struct query *query = db_query(db, sql);
  assert_int_equal(query_step(query), STEP_ROW);
  snprintf(out, 200, "%s", query_null(query, 0) ? "" : query_text(query, 0));
  query_end(query);
  return out;
}

/* Opens the file of an older version, whose day is 2026-02-11. */
static struct api *open_older(struct sample *sample) {
  static const struct service_options options = {.open = false};
  struct error error;
  sample_version(sample->path, 17);
  for (size_t i = 0; i < sizeof older / sizeof older[0]; i++) {
    sample_execute(sample->path, older[i]);
  }
  clock_fix_day("2026-02-11");
  sample_open(sample, 0, 0);
  struct api *api = api_new(sample->contract, sample->store, &options, &error);
  assert_non_null(api);
  return api;
}

static void count_line(void *argument, const char *line) {
  (void)line;
  ++*(int *)argument;
}

static void assert_sound(struct api *api, struct db *reader, bool sound) {
  int told = 0;
  assert_true(db_begin_read(reader));
  assert_true(agreements_check(api_services(api), reader, count_line, &told) == sound);
  assert_int_equal(told, sound ? 0 : 1);
  db_end_read(reader);
}

static bool undo_period(void *argument, struct db *db) {
  (void)argument;
  query_run(db_query(db, "UPDATE agreements SET period_ends_on = '2030-12-31'"));
  return true;
}

static void a_check_finds_nothing_wrong_in_what_waits_to_be_derived_anew(void **state) {
  struct sample *sample = *state;
  struct api *api = open_older(sample);
  assert_sound(api, sample->reader, true);
  assert_true(api_tick(api));
  assert_sound(api, sample->reader, true);
  assert_int_equal(store_write(sample->store, undo_period, NULL), WRITE_SAVED);
  assert_sound(api, sample->reader, false);
  api_free(api);
}

static void an_agreement_of_an_older_version_gets_the_answers_of_the_rules(void **state) {
  struct sample *sample = *state;
  char text[200];
  struct api *api = open_older(sample);
  assert_true(api_tick(api));
  assert_true(db_begin_read(sample->reader));
  assert_string_equal(text_of(sample->reader,
                              "SELECT status || ' ' || period_ends_on || ' ' || period_basis || ' ' || next_change_on "
                              "|| ' ' || revision || ' ' || "
                              "(SELECT group_concat(value) FROM agreement_flags) FROM agreements",
                              text),
                      "in_force 2026-06-14 termination 2026-06-15 2 ending,expiring");
  assert_string_equal(text_of(sample->reader, "SELECT operation || ' ' || revision FROM history", text), "clock 2");
  db_end_read(sample->reader);
  api_free(api);
}

/* A start that was to derive everything by another setting, and was stopped halfway. */
static void a_setting_of_flags_that_was_not_derived_to_the_end_is_gone_on_with(void **state) {
  struct sample *sample = *state;
  char text[200];
  struct api *api = open_older(sample);
  assert_true(api_tick(api));
  api_free(api);
  sample_close(sample);
  sample_execute(sample->path, "UPDATE registry SET windows = '20 90 24 unfinished'");
  sample_open(sample, 0, 0);
  static const struct service_options options = {.open = false};
  struct error error;
  api = api_new(sample->contract, sample->store, &options, &error);
  assert_non_null(api);
  assert_int_equal(standing_windows().expiring_days, 20);
  assert_true(api_tick(api));
  assert_true(db_begin_read(sample->reader));
  assert_string_equal(text_of(sample->reader, "SELECT group_concat(value) FROM agreement_flags", text), "ending");
  assert_string_equal(text_of(sample->reader, "SELECT windows FROM registry", text), "20 90 24");
  db_end_read(sample->reader);
  assert_sound(api, sample->reader, true);
  api_free(api);
  standing_set_windows(&(struct standing_windows)STANDING_WINDOWS_DEFAULT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_check_finds_nothing_wrong_in_what_waits_to_be_derived_anew, sample_folder,
                                      sample_free),
      cmocka_unit_test_setup_teardown(an_agreement_of_an_older_version_gets_the_answers_of_the_rules, sample_folder,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_setting_of_flags_that_was_not_derived_to_the_end_is_gone_on_with, sample_folder,
                                      sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
