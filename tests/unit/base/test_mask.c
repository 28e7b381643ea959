/* Paths that are shown to others: what is as long as a secret is not in them, wherever it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mask.h"

#include <stdlib.h>
#include <string.h>

#define SECRET "Ho7F9gQeYXLzrzxgxgdfUghHIGKZRjYv0BPaKy"

static void assert_masked(const char *path, const char *expected) {
  char out[400];
  mask_path(path, strlen(path), out, sizeof out);
  assert_string_equal(out, expected);
}

static void paths_of_names_and_ids_stay_as_they_are(void **state) {
  (void)state;
  static const char *const paths[] = {"",
                                      "/",
                                      "/v1/agreements/care-2026/history",
                                      "/v1/areas/area_01h455vb4pex5vsknk084sn02q",
                                      "//v1/../x;y=z,%20",
                                      "/v1/agreements/a-slug-of-many-words.that-goes-on_and-on-and-on-until-it-has-64"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    assert_masked(paths[i], paths[i]);
  }
}

static void a_secret_is_hidden_wherever_it_stands_and_however_it_is_spelled(void **state) {
  (void)state;
  assert_masked("/v1/calendar/ent_" SECRET "/agreements.ics", "/v1/calendar/ent_.../agreements.ics");
  assert_masked(SECRET, "...");
  assert_masked("/" SECRET "/" SECRET, "/.../...");
  assert_masked("/%65nt%5F" SECRET ".ics", "/....ics");
  assert_masked("/ent_Ho7F9gQeYX%4Czrzxgxgdf%55ghHIGKZRjYv", "/ent_...");
}

static void a_part_of_a_secret_that_could_be_completed_is_hidden(void **state) {
  (void)state;
  char part[] = SECRET;
  part[27] = '\0';
  assert_masked(part, "...");
  part[26] = '\0';
  assert_masked(part, part);
}

/* The piece of memory has no byte more, which a sanitizer sees. */
static void what_has_no_room_is_left_out_and_shows_no_more_of_a_secret(void **state) {
  (void)state;
  static const char path[] = "/v1/ent_" SECRET "/x", whole[] = "/v1/ent_.../x";
  for (size_t size = 1; size <= sizeof whole; size++) {
    char *out = malloc(size);
    mask_path(path, sizeof path - 1, out, size);
    assert_int_equal(strlen(out), size - 1);
    assert_memory_equal(out, whole, size - 1);
    free(out);
  }
}

static void only_as_much_as_is_said_is_looked_at(void **state) {
  (void)state;
  char out[20];
  mask_path("/v1?" SECRET, 3, out, sizeof out);
  assert_string_equal(out, "/v1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_of_names_and_ids_stay_as_they_are),
      cmocka_unit_test(a_secret_is_hidden_wherever_it_stands_and_however_it_is_spelled),
      cmocka_unit_test(a_part_of_a_secret_that_could_be_completed_is_hidden),
      cmocka_unit_test(what_has_no_room_is_left_out_and_shows_no_more_of_a_secret),
      cmocka_unit_test(only_as_much_as_is_said_is_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
