/* A reader's connection: how much it may do. */
#include "sample.h"

static const char endless[] =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT $1) SELECT count(*) FROM n";

static int64_t count_to(struct db *db, int64_t most) {
  struct query *query = db_query(db, endless);
  query_bind_int(query, 1, most);
  int64_t count = query_step(query) == STEP_ROW ? query_int(query, 0) : -1;
  query_end(query);
  return count;
}

static void what_takes_more_work_than_allowed_fails_and_is_nothing_wrong(void **state) {
  struct sample *sample = *state;
  assert_true(db_begin_read(sample->reader));
  db_limit_work(sample->reader, 20, INT64_MAX / 2);
  assert_int_equal(count_to(sample->reader, 100), 100);
  assert_int_equal(count_to(sample->reader, 1000000000), -1);
  assert_int_equal(db_failure(sample->reader), DB_LONG);
  assert_int_equal(count_to(sample->reader, 1), -1); /* until the transaction ends */
  db_end_read(sample->reader);
}

static void all_statements_of_a_transaction_together_are_limited(void **state) {
  struct sample *sample = *state;
  assert_true(db_begin_read(sample->reader));
  db_limit_work(sample->reader, 20, INT64_MAX / 2);
  int rounds = 0;
  while (rounds < 1000 && count_to(sample->reader, 500) == 500) {
    rounds++;
  }
  assert_in_range(rounds, 1, 999);
  assert_int_equal(db_failure(sample->reader), DB_LONG);
  db_end_read(sample->reader);
}

static void the_limit_ends_with_its_transaction(void **state) {
  struct sample *sample = *state;
  assert_true(db_begin_read(sample->reader));
  db_limit_work(sample->reader, 1, INT64_MAX / 2);
  db_end_read(sample->reader);
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(count_to(sample->reader, 200000), 200000);
  assert_int_equal(db_failure(sample->reader), DB_OK);
  db_end_read(sample->reader);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_store, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(what_takes_more_work_than_allowed_fails_and_is_nothing_wrong),
      TEST(all_statements_of_a_transaction_together_are_limited),
      TEST(the_limit_ends_with_its_transaction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
