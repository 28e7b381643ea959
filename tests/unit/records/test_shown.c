/* What the public is shown of how an agreement stands: when it is the row's own, and how its revisions are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "records/agreements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char earlier[] = "2026-01-01T00:00:00.000Z", now[] = "2026-05-01T00:00:00.000Z";

static const struct standing in_force = {.status = "in_force",
                                         .rule = "no_end",
                                         .period_number = 1,
                                         .period_basis = "open_ended",
                                         .period_ends_on = DAY_NONE,
                                         .notice_on = DAY_NONE,
                                         .notice_for = DAY_NONE,
                                         .next_change_on = DAY_NONE};
static const struct standing superseded = {.status = "superseded",
                                           .rule = "superseded",
                                           .notice_on = DAY_NONE,
                                           .notice_for = DAY_NONE,
                                           .next_change_on = DAY_NONE};

static int with_change(void **state) {
  struct change *change = memory_new(NULL, struct change);
  *change = (struct change){.memory = change, .now = now};
  *state = change;
  return 0;
}

static int free_change(void **state) {
  talloc_free(*state);
  return 0;
}

static json_t *row_of(struct change *change, const struct standing *standing) {
  json_t *row = owned_json(change->memory, json_object());
  agreement_set_standing(row, standing);
  return row;
}

static struct shown before_of(json_t *members, int64_t revision, const char *updated_at) {
  struct shown before = {.members = members, .revision = revision, .due_on = DAY_NONE};
  snprintf(before.updated_at, sizeof before.updated_at, "%s", updated_at);
  return before;
}

static void assert_count(const json_t *shown, int64_t revision, const char *updated_at) {
  assert_int_equal(json_integer_value(json_object_get(shown, "revision")), revision);
  assert_string_equal(json_string_value(json_object_get(shown, "updated_at")), updated_at);
}

static const char *status_of(const json_t *shown) {
  return json_string_value(json_object_get(shown, "status"));
}

static void what_is_the_same_is_not_kept(void **state) {
  struct change *change = *state;
  struct shown before = before_of(NULL, 4, earlier);
  json_t *row = row_of(change, &in_force);
  assert_null(shown_next(change, &before, row, row, NULL, true));
  assert_null(shown_text(NULL, row, 5, now));
  json_t *shown = shown_next(change, &before, row, row, &in_force, true);
  assert_count(shown, 5, now);
  assert_null(shown_text(shown, row, 5, now));
  char *text = shown_text(shown, row, 6, now); /* as soon as anything differs, it is */
  assert_non_null(text);
  free(text);
}

static void a_change_that_the_public_does_not_see_is_no_revision_to_it(void **state) {
  struct change *change = *state;
  struct shown before = before_of(NULL, 4, earlier);
  json_t *shown = shown_next(change, &before, row_of(change, &in_force), row_of(change, &superseded), &in_force, false);
  assert_count(shown, 4, earlier);
  assert_string_equal(status_of(shown), "in_force");
  before = before_of(shown, 5, now);
  shown = shown_next(change, &before, row_of(change, &superseded), row_of(change, &in_force), NULL, false);
  assert_count(shown, 4, earlier);
}

static void a_change_that_the_public_alone_sees_is_one_to_it(void **state) {
  struct change *change = *state;
  json_t *row = row_of(change, &superseded);
  json_t *members = row_of(change, &in_force);
  json_object_set_new(members, "revision", json_integer(2));
  json_object_set_new(members, "updated_at", json_string(earlier));
  struct shown before = before_of(members, 9, earlier);
  json_t *shown = shown_next(change, &before, row, row, NULL, false);
  assert_count(shown, 3, now);
  assert_string_equal(status_of(shown), "superseded");
}

static void a_write_of_the_agreement_itself_is_one_in_any_case(void **state) {
  struct change *change = *state;
  json_t *row = row_of(change, &superseded);
  json_t *members = row_of(change, &in_force);
  json_object_set_new(members, "revision", json_integer(2));
  json_object_set_new(members, "updated_at", json_string(earlier));
  struct shown before = before_of(members, 9, earlier);
  assert_count(shown_next(change, &before, row, row, &in_force, true), 3, now);
  struct shown none = before_of(NULL, 0, "");
  assert_count(shown_next(change, &none, NULL, row, &in_force, true), 1, now);
}

static void an_import_counts_one_for_all_that_it_does(void **state) {
  struct change *change = *state;
  change->pending = owned_json(change->memory, json_object());
  json_t *row = row_of(change, &superseded);
  struct shown reserved = before_of(NULL, 1, now);
  json_t *shown = shown_next(change, &reserved, row, row, &in_force, true);
  assert_count(shown, 1, now);
  struct shown before = before_of(NULL, 1, earlier);
  shown = shown_next(change, &before, row, row, &in_force, true);
  assert_count(shown, 2, now);
  before = before_of(shown, 2, now);
  assert_count(shown_next(change, &before, row, row, &superseded, false), 2, now);
}

static void what_is_damaged_does_not_follow_and_is_set_right(void **state) {
  struct change *change = *state;
  json_t *row = row_of(change, &in_force);
  struct shown damaged = before_of(owned_json(change->memory, json_object()), 4, earlier);
  assert_false(shown_follows(&damaged, row, NULL));
  json_t *shown = shown_next(change, &damaged, row, row, NULL, false);
  assert_count(shown, 1, now);
  struct shown set_right = before_of(shown, 4, earlier);
  assert_true(shown_follows(&set_right, row, NULL));
  assert_false(shown_follows(&set_right, row, &superseded));
  struct shown same = before_of(NULL, 4, earlier);
  assert_true(shown_follows(&same, row, NULL));
  assert_false(shown_follows(&same, row, &superseded));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_the_same_is_not_kept, with_change, free_change),
      cmocka_unit_test_setup_teardown(a_change_that_the_public_does_not_see_is_no_revision_to_it, with_change,
                                      free_change),
      cmocka_unit_test_setup_teardown(a_change_that_the_public_alone_sees_is_one_to_it, with_change, free_change),
      cmocka_unit_test_setup_teardown(a_write_of_the_agreement_itself_is_one_in_any_case, with_change, free_change),
      cmocka_unit_test_setup_teardown(an_import_counts_one_for_all_that_it_does, with_change, free_change),
      cmocka_unit_test_setup_teardown(what_is_damaged_does_not_follow_and_is_set_right, with_change, free_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
