/* The connection of callers without a token: what is public, as it stands for them, and no way past it. */
#include "sample.h"

static bool write_records(void *argument, struct db *db) {
  struct sample *sample = argument;
  return sample_insert(db, sample->areas, "area", "{}") != 0 &&
         sample_insert(db, sample->organizations, "shown", "{\"visibility\":\"public\"}") != 0 &&
         sample_insert(db, sample->organizations, "hidden",
                       "{\"tags\":[\"a\"],\"identifiers\":[{\"scheme\":\"other\",\"value\":\"1\"}]}") != 0;
}

static int with_records(void **state) {
  int result = sample_store(state);
  struct sample *sample = *state;
  return result != 0 || store_write(sample->store, write_records, sample) != WRITE_SAVED;
}

static struct db *open_public(struct sample *sample) {
  struct error error = {0};
  struct db *db = store_public_reader(sample->store, &error);
  if (db == NULL) {
    fail_msg("%s", error.text);
  }
  return db;
}

static int64_t count(struct db *db, const char *sql) {
  struct query *query = db_query(db, sql);
  int64_t number = query_step(query) == STEP_ROW ? query_int(query, 0) : -1;
  query_end(query);
  return number;
}

static void only_public_records_are_there(void **state) {
  struct db *db = open_public(*state);
  assert_int_equal(count(db, "SELECT count(*) FROM organizations"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_documents"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_tags"), 0);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_identifiers"), 0);
  assert_int_equal(count(db, "SELECT count(*) FROM areas"), 1);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

static void every_table_but_those_of_records_and_the_registry_itself_is_empty(void **state) {
  struct sample *sample = *state;
  static const char list[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
                             "AND name NOT LIKE 'organization%' AND name NOT LIKE 'agreement%' AND name <> 'areas' "
                             "AND name NOT IN ('area_search', 'area_search_names')";
  struct db *db = open_public(sample);
  struct query *tables = db_query(sample->reader, list);
  int seen = 0;
  while (query_step(tables) == STEP_ROW) {
    char *sql = memory_print(NULL, "SELECT count(*) FROM \"%s\"", query_text(tables, 0));
    assert_int_equal(count(db, sql), strcmp(query_text(tables, 0), "registry") == 0);
    talloc_free(sql);
    seen++;
  }
  query_end(tables);
  assert_true(seen >= 4);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

static void the_search_has_what_is_public_and_no_trace_of_the_rest(void **state) {
  struct db *db = open_public(*state);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search WHERE organization_search MATCH 'shown'"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search WHERE organization_search MATCH 'hidden'"), 0);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search_names"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search_names WHERE open IN (0, 1)"), 1);
  assert_int_equal(count(db, "SELECT count(*) FROM organization_search_content"), 0);
  assert_int_equal(count(db, "SELECT count(*) FROM area_search"), 1);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

static void a_statement_that_names_the_file_itself_is_refused(void **state) {
  static const char *const statements[] = {
      "SELECT name FROM main.organizations",
      "SELECT 1 FROM organizations o WHERE EXISTS (SELECT 1 FROM main.tokens t WHERE t.pk = o.pk)",
      "SELECT document FROM main.history",
      "SELECT names FROM main.organization_search",
      "SELECT rowid FROM main.organization_search WHERE organization_search MATCH 'hidden'",
      "SELECT c0 FROM main.organization_search_content",
      "SELECT block FROM main.organization_search_data",
      "SELECT folded FROM main.organization_search_names",
      "SELECT sql FROM main.sqlite_schema",
      "DELETE FROM main.organizations",
      "DROP VIEW organizations",
  };
  for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
    struct db *db = open_public(*state);
    struct query *query = db_query(db, statements[i]);
    if (query_step(query) != STEP_FAILED) {
      fail_msg("taken: %s", statements[i]);
    }
    query_end(query);
    store_reader_close(db);
  }
}

/* -- agreements that stand otherwise for the public ------------------------------------------------------------------ */

static const char insert_agreement[] =
    "INSERT INTO agreements (id, slug, revision, stamp, created_at, updated_at, title, stage, status, flags, "
    "period_number, period_starts_on, due_on, superseded_on, visibility, public_standing) VALUES ($1, $1, 7, 1, "
    "'then', "
    "'now', $1, 'concluded', 'superseded', '[\"renewed\"]', 2, '2025-01-01', '2027-01-01', '2026-01-01', $2, $3)";

static bool add_agreement(struct db *db, const char *name, const char *visibility, const char *standing) {
  struct query *query = db_query(db, insert_agreement);
  query_bind_text(query, 1, name);
  query_bind_text(query, 2, visibility);
  query_bind_text(query, 3, standing);
  if (!query_run(query)) {
    return false;
  }
  query = db_query(db, "INSERT INTO agreement_flags (owner, position, value) VALUES ($1, 0, 'renewed')");
  query_bind_int(query, 1, db_last_pk(db));
  return query_run(query);
}

static bool write_agreements(void *argument, struct db *db) {
  static const char standing[] =
      "{\"status\":\"in_force\",\"flags\":[\"dormant\",\"expiring\"],\"missing\":[],\"period\":{\"number\":1,"
      "\"starts_on\":\"2026-01-01\",\"ends_on\":null,\"basis\":\"term\"},\"notice_on\":null,\"next_change\":null,"
      "\"revision\":3,\"updated_at\":\"then\"}";
  (void)argument;
  return add_agreement(db, "same", "public", NULL) && add_agreement(db, "apart", "public", standing) &&
         add_agreement(db, "internal", "internal", standing);
}

static int with_agreements(void **state) {
  int result = sample_store(state);
  struct sample *sample = *state;
  return result != 0 || store_write(sample->store, write_agreements, sample) != WRITE_SAVED;
}

/* The first column of the first row as text. */
static void assert_text(struct db *db, const char *sql, const char *expected) {
  struct query *query = db_query(db, sql);
  assert_int_equal(query_step(query), STEP_ROW);
  assert_string_equal(query_text(query, 0), expected);
  query_end(query);
}

static void what_is_derived_is_what_the_public_is_to_be_shown(void **state) {
  struct db *db = open_public(*state);
  assert_text(db, "SELECT group_concat(status || revision || updated_at) FROM (SELECT * FROM agreements ORDER BY slug)",
              "in_force3then,superseded7now");
  assert_text(db, "SELECT document -> '$.period' FROM agreement_documents WHERE document ->> '$.slug' = 'apart'",
              "{\"number\":1,\"starts_on\":\"2026-01-01\",\"ends_on\":null,\"basis\":\"term\"}");
  assert_text(db, "SELECT document -> '$.flags' FROM agreement_documents WHERE document ->> '$.slug' = 'apart'",
              "[\"dormant\",\"expiring\"]");
  assert_text(db,
              "SELECT group_concat(a.slug || f.position || f.value) FROM agreement_flags f JOIN agreements a ON a.pk = "
              "f.owner",
              "same0renewed,apart0dormant,apart1expiring");
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

/* A column of which copies are not to be seen may get one by a migration like any other. */
static void copies_of_what_is_internal_or_stands_otherwise_are_not_there(void **state) {
  struct sample *sample = *state;
  sample_close(sample);
  sample_execute(sample->path, "ALTER TABLE agreement_flags ADD COLUMN owner_owner TEXT");
  sample_execute(sample->path, "ALTER TABLE agreement_parties ADD COLUMN owner_status TEXT");
  sample_execute(sample->path, "UPDATE agreement_flags SET owner_owner = 'an office'");
  sample_execute(sample->path,
                 "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name, "
                 "visibility) VALUES (1, 'o', 'o', 1, 1, 'then', 'then', 'o', 'public')");
  sample_execute(sample->path, "INSERT INTO agreement_parties (owner, position, organization, owner_status) SELECT pk, "
                               "0, 1, status FROM agreements");
  sample_open(sample, 0, 0);
  struct db *db = open_public(sample);
  assert_int_equal(count(db, "SELECT count(*) FROM agreement_parties"), 2);
  assert_int_equal(count(db, "SELECT count(owner_status) FROM agreement_parties"), 0);
  assert_int_equal(count(db, "SELECT count(owner_owner) FROM agreement_flags"), 0);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

static void what_stands_beside_the_members_is_not_there(void **state) {
  struct db *db = open_public(*state);
  assert_int_equal(count(db, "SELECT count(due_on) + count(superseded_on) + count(public_standing) FROM agreements"),
                   0);
  assert_int_equal(count(db, "SELECT count(due_on) + count(public_standing) FROM agreements_pages"), 0);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

static void lists_have_the_same_rows(void **state) {
  struct db *db = open_public(*state);
  static const char *const differences[] = {
      "SELECT count(*) FROM (SELECT * FROM agreements EXCEPT SELECT * FROM agreements_pages)",
      "SELECT count(*) FROM (SELECT * FROM agreements_pages EXCEPT SELECT * FROM agreements)"};
  assert_int_equal(count(db, differences[0]), 0);
  assert_int_equal(count(db, differences[1]), 0);
  assert_int_equal(count(db, "SELECT count(*) FROM agreements_pages"), 2);
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

/* As store/page.c asks. */
static void lists_go_by_the_indexes_of_what_is_derived(void **state) {
  static const char *const columns[] = {"status", "period_ends_on", "notice_on", "next_change_on", "updated_at"};
  struct db *db = open_public(*state);
  for (size_t i = 0; i < 2 * sizeof columns / sizeof columns[0]; i++) {
    const char *column = columns[i / 2];
    char sql[300], index[60];
    if (i % 2 == 0) {
      snprintf(sql, sizeof sql,
               "EXPLAIN QUERY PLAN SELECT t.pk, t.stamp, t.id, t.\"%s\" FROM \"agreements_pages\" t WHERE true AND "
               "t.\"%s\" IS NOT NULL AND t.\"%s\" > $1 ORDER BY t.\"%s\", t.pk LIMIT 50",
               column, column, column, column);
    } else {
      snprintf(sql, sizeof sql,
               "EXPLAIN QUERY PLAN SELECT t.pk, t.stamp, t.id, t.\"%s\" FROM \"agreements_pages\" t WHERE true AND "
               "t.\"%s\" = $1 AND t.pk > $2 ORDER BY t.pk LIMIT 50",
               column, column);
    }
    snprintf(index, sizeof index, "agreements_%s", column);
    struct query *query = db_query(db, sql);
    bool by_index = false;
    while (query_step(query) == STEP_ROW) {
      by_index = by_index || strstr(query_text(query, 3), index) != NULL;
    }
    query_end(query);
    assert_true(by_index);
  }
  assert_int_equal(db_failure(db), DB_OK);
  store_reader_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(only_public_records_are_there, with_records, sample_free),
      cmocka_unit_test_setup_teardown(every_table_but_those_of_records_and_the_registry_itself_is_empty, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(the_search_has_what_is_public_and_no_trace_of_the_rest, with_records,
                                      sample_free),
      cmocka_unit_test_setup_teardown(a_statement_that_names_the_file_itself_is_refused, with_records, sample_free),
      cmocka_unit_test_setup_teardown(what_is_derived_is_what_the_public_is_to_be_shown, with_agreements, sample_free),
      cmocka_unit_test_setup_teardown(copies_of_what_is_internal_or_stands_otherwise_are_not_there, with_agreements,
                                      sample_free),
      cmocka_unit_test_setup_teardown(what_stands_beside_the_members_is_not_there, with_agreements, sample_free),
      cmocka_unit_test_setup_teardown(lists_have_the_same_rows, with_agreements, sample_free),
      cmocka_unit_test_setup_teardown(lists_go_by_the_indexes_of_what_is_derived, with_agreements, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
