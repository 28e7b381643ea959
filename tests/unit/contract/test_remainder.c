/* What remains of a body without its faulty parts, and where the rest stood in the body as sent. */
#include "sample.h"

#include "base/text.h"
#include "contract/places.h"

#include <stdlib.h>

struct refused {
  json_t *body, *left;
  struct faults *faults;
};

/* Checks a book and takes its faulty parts out. */
static struct refused refuse(const struct contract *contract, const char *text) {
  const struct schema *book = sample_schema(contract, "books");
  struct refused refused = {.body = json_loads(text, 0, NULL), .faults = faults_new(NULL)};
  assert_non_null(refused.body);
  faults_locate(refused.faults, refused.body);
  schema_check(book, refused.body, "", refused.faults);
  refused.left = schema_remainder(book, refused.body, refused.faults);
  return refused;
}

static void drop(struct refused *refused) {
  json_decref(refused->body);
  json_decref(refused->left);
  talloc_free(refused->faults);
}

static void assert_left(const struct refused *refused, const char *member, const char *expected) {
  char *text = json_dumps(json_object_get(refused->left, member), JSON_COMPACT | JSON_ENCODE_ANY);
  assert_string_equal(text, expected);
  free(text);
}

static void a_faulty_member_is_absent(void **state) {
  struct refused refused =
      refuse(*state, "{\"title\":\"Go\",\"kind\":\"x\",\"count\":3,\"loan\":{\"until\":\"x\",\"terms\":{\"days\":1}}}");
  assert_left(&refused, "title", "\"Go\"");
  assert_left(&refused, "kind", "null");
  assert_left(&refused, "count", "3");
  assert_left(&refused, "loan", "{\"to\":null,\"until\":null,\"terms\":{\"days\":1}}");
  drop(&refused);
}

static void an_item_goes_when_a_member_that_it_needs_is_faulty(void **state) {
  struct refused refused = refuse(
      *state,
      "{\"relations\":[{\"type\":\"x\",\"book\":\"a\"},{\"type\":\"cites\",\"book\":\"b\"},{\"type\":\"cites\"}]}");
  assert_left(&refused, "relations", "[{\"type\":\"cites\",\"book\":\"b\"}]");
  assert_left(&refused, "title", "null");
  drop(&refused);
}

static void an_item_stays_when_only_an_optional_or_unknown_member_is_faulty(void **state) {
  struct refused refused =
      refuse(*state, "{\"title\":\"Go\",\"authors\":[{\"person\":\"ann\",\"role\":\"cook\",\"rôle~/\":1}]}");
  assert_left(&refused, "authors", "[{\"person\":\"ann\",\"role\":\"writer\",\"marks\":[]}]");
  drop(&refused);
}

static void a_later_fault_is_told_at_its_place_in_the_body_as_sent(void **state) {
  struct refused refused = refuse(*state, "{\"title\":\"Go\",\"authors\":[7,\"ann\",{\"person\":\"bob\"}]}");
  size_t before = refused.faults->count;
  faults_add(refused.faults, PLACE_BODY, "/authors/0/person", "gone", "is gone");
  faults_add(refused.faults, PLACE_BODY, "/authors/1/person", "gone", "is gone");
  assert_int_equal(refused.faults->count, before + 2);
  assert_string_equal(refused.faults->list[before].where, "/authors/1");
  assert_string_equal(refused.faults->list[before + 1].where, "/authors/2/person");
  drop(&refused);
}

static void a_fault_that_may_be_a_consequence_of_another_is_not_added(void **state) {
  struct refused refused =
      refuse(*state, "{\"title\":\"Go\",\"authors\":[{\"role\":\"cook\"}],\"loan\":{\"until\":\"x\"}}");
  size_t before = refused.faults->count;
  faults_add(refused.faults, PLACE_BODY, "/authors", "too_few", "are too few");
  faults_add(refused.faults, PLACE_BODY, "/loan/until", "order", "is too late");
  faults_add(refused.faults, PLACE_BODY, "/loan/to", "gone", "is gone");
  assert_int_equal(refused.faults->count, before + 1);
  assert_true(faults_hide(refused.faults, "/loan"));
  assert_false(faults_hide(refused.faults, "/title"));
  drop(&refused);
}

static void nothing_remains_of_what_is_no_object_or_of_too_many_faults(void **state) {
  struct refused refused = refuse(*state, "[]");
  assert_null(refused.left);
  drop(&refused);
  struct text *text = text_new(NULL);
  text_add(text, "{\"title\":\"Go\",\"tags\":[0");
  for (int i = 1; i < 2 * FAULTS_MOST; i++) {
    text_addf(text, ",%d", i);
  }
  text_add(text, "]}");
  refused = refuse(*state, text->data);
  assert_null(refused.left);
  assert_int_equal(refused.faults->count, FAULTS_MOST);
  drop(&refused);
  talloc_free(text);
}

static void places_follow_items_that_are_removed_one_after_the_other(void **state) {
  (void)state;
  struct places *places = places_new(NULL, NULL);
  places_remove(places, "/list", 1); /* leaves 0 2 3 4 5 */
  places_remove(places, "/list", 0); /* leaves 2 3 4 5 */
  places_remove(places, "/list", 2); /* leaves 2 3 5 */
  static const char *const now[] = {"/list/0", "/list/1/a~1b", "/list/2", "/other/2", "/list", ""};
  static const char *const sent[] = {"/list/2", "/list/3/a~1b", "/list/5", "/other/2", "/list", ""};
  for (size_t i = 0; i < sizeof now / sizeof now[0]; i++) {
    assert_string_equal(places_sent(places, places, now[i]), sent[i]);
  }
  talloc_free(places);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_faulty_member_is_absent),
      cmocka_unit_test(an_item_goes_when_a_member_that_it_needs_is_faulty),
      cmocka_unit_test(an_item_stays_when_only_an_optional_or_unknown_member_is_faulty),
      cmocka_unit_test(a_later_fault_is_told_at_its_place_in_the_body_as_sent),
      cmocka_unit_test(a_fault_that_may_be_a_consequence_of_another_is_not_added),
      cmocka_unit_test(nothing_remains_of_what_is_no_object_or_of_too_many_faults),
      cmocka_unit_test(places_follow_items_that_are_removed_one_after_the_other),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
