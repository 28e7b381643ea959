/* Faults, and the nearest name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "contract/faults.h"

#include <stdlib.h>
#include <string.h>

static void faults_are_listed_with_their_places(void **state) {
  (void)state;
  struct faults *faults = faults_new(NULL);
  char where[] = "/a/0";
  faults_add(faults, PLACE_BODY, where, "type", "must be %s", "a string");
  where[1] = 'x'; /* it was copied */
  faults_add(faults, PLACE_PARAMETER, "limit", "maximum", "must be at most %d", 500);
  faults_add(faults, PLACE_HEADER, "If-Match", "format", "must be an ETag");
  json_t *list = faults_json(faults);
  char *text = json_dumps(list, JSON_COMPACT);
  assert_string_equal(text, "[{\"pointer\":\"/a/0\",\"code\":\"type\",\"message\":\"must be a string\"},"
                            "{\"parameter\":\"limit\",\"code\":\"maximum\",\"message\":\"must be at most 500\"},"
                            "{\"header\":\"If-Match\",\"code\":\"format\",\"message\":\"must be an ETag\"}]");
  free(text);
  json_decref(list);
  talloc_free(faults);
}

static void past_the_bound_faults_are_only_counted(void **state) {
  (void)state;
  struct faults *faults = faults_new(NULL);
  for (int i = 0; i < FAULTS_MOST + 7; i++) {
    faults_add(faults, PLACE_BODY, "", "type", "fault %d", i);
  }
  assert_int_equal(faults->count, FAULTS_MOST);
  assert_int_equal(faults->dropped, 7);
  assert_string_equal(faults->list[FAULTS_MOST - 1].message, "fault 99");
  talloc_free(faults);
}

static void the_nearest_name_is_one_that_could_be_meant(void **state) {
  (void)state;
  static const char *const names[] = {
      "title", "ends_on", "effective_on",
      "kind",  "q",       "a_name_that_is_so_long_that_nobody_would_ever_type_it_by_hand_at_all",
      NULL};
  static const char *const cases[][2] = {{"titel", "title"},
                                         {"Title", "title"},
                                         {"ends", NULL},
                                         {"end_on", "ends_on"},
                                         {"endson", "ends_on"},
                                         {"efective_on", "effective_on"},
                                         {"knid", "kind"},
                                         {"kinds", "kind"},
                                         {"weather", NULL},
                                         {"x", NULL},
                                         {"", NULL},
                                         {"title", "title"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *nearest = nearest_name(cases[i][0], names);
    if (!nearest != !cases[i][1] || (nearest && strcmp(nearest, cases[i][1]) != 0)) {
      fail_msg("%s: %s", cases[i][0], nearest ? nearest : "none");
    }
  }
  char endless[500];
  memset(endless, 'k', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  assert_null(nearest_name(endless, names));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(faults_are_listed_with_their_places),
      cmocka_unit_test(past_the_bound_faults_are_only_counted),
      cmocka_unit_test(the_nearest_name_is_one_that_could_be_meant),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
