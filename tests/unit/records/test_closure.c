/* Walks along relations that begin anew with the same organizations. */
#include "../store/sample.h"

#include "records/closure.h"

enum { ROOTS = 300, PARENTS = 40 };

/* Organizations 1 … 300, each a unit of 40 of 1001 … 1300; each of these took over from the one with 1000 more. */
static const char *const rows[] = {
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
    "INSERT INTO organizations (pk, id, slug, revision, stamp, created_at, updated_at, name) "
    "SELECT i + k.value, 'org_' || (i + k.value), 'o' || (i + k.value), 1, 1, '', '', 'o' FROM n, json_each('[0, 1000, "
    "2000]') k",
    "INSERT INTO organization_relations (owner, position, type, organization) "
    "SELECT o.pk, p.pk - 1001, 'parent', p.pk FROM organizations o, organizations p "
    "WHERE o.pk <= 300 AND p.pk BETWEEN 1001 AND 1300 AND (p.pk - 1001 - o.pk + 300) % 300 < 40",
    "INSERT INTO organization_relations (owner, position, type, organization) "
    "SELECT pk, 0, 'predecessor', pk + 1000 FROM organizations WHERE pk BETWEEN 1001 AND 1300"};

static bool count_one(void *argument, struct closure *closure, int64_t organization) {
  (void)closure;
  (void)organization;
  ++*(int *)argument;
  return true;
}

static void a_second_walk_reaches_all_that_a_first_one_would(void **state) {
  static const struct closure_step up = {"parent", true, "parent"}, back = {"predecessor", true, "predecessor"};
  static const struct closure_step *const parents[] = {&up, NULL}, *const both[] = {&up, &back, NULL};
  struct sample *sample = *state;
  sample_open(sample, 0, 0);
  sample_close(sample);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    sample_execute(sample->path, rows[i]);
  }
  sample_open(sample, 0, 0);
  assert_true(db_begin_read(sample->reader));
  for (int root = 1; root <= ROOTS; root++) {
    struct closure *closure = closure_new(NULL, sample->reader, root, 20000);
    for (int again = 0; again < 3; again++) {
      int above = 0, reached = 0;
      closure_walk(closure, parents, count_one, &above);
      closure_walk(closure, both, count_one, &reached);
      assert_int_equal(above, PARENTS);
      assert_int_equal(reached, 2 * PARENTS);
    }
    talloc_free(closure);
  }
  db_end_read(sample->reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_second_walk_reaches_all_that_a_first_one_would, sample_folder, sample_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
