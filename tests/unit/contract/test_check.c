/* Bodies against their schema: every fault, at its pointer, in words that say what is allowed. */
#include "sample.h"

#include <stdlib.h>
#include <time.h>

static void assert_check(const struct contract *contract, const char *path, const char *body, const char *expected) {
  json_error_t error;
  json_t *value = json_loads(body, JSON_DECODE_ANY, &error);
  if (!value) {
    fail_msg("%s: %s", body, error.text);
  }
  struct faults *faults = faults_new(NULL);
  schema_check(sample_schema(contract, path), value, "", faults);
  const char *words = sample_words(faults);
  if (strcmp(words, expected) != 0) {
    fail_msg("%s: %s", body, words);
  }
  talloc_free(faults);
  json_decref(value);
}

/* A book with one more member. */
static void assert_book(const struct contract *contract, const char *member, const char *expected) {
  char *body = memory_print(NULL, "{\"title\":\"Go\",%s}", member);
  assert_check(contract, "books", body, expected);
  talloc_free(body);
}

static void what_fits_has_no_faults(void **state) {
  assert_check(*state, "books", "{\"title\":\"Go\"}", "");
  assert_check(
      *state, "books",
      "{\"title\":\"東京東京東京東京東京\",\"kind\":null,\"shelf\":\"a\",\"code\":\"AB\",\"on\":\"2026-04-01\","
      "\"weight\":100,\"count\":9,\"lent\":true,\"owner\":\"ann\",\"loan\":{\"to\":{\"id\":\"per_1\",\"slug\":null,"
      "\"name\":\"Ann\"},\"until\":null,\"terms\":{\"days\":3}},\"authors\":[\"ann\",{\"person\":\"bob\","
      "\"role\":\"writer\",\"marks\":[]}],\"readers\":[\"ann\",null],\"relations\":[{\"type\":\"cites\",\"book\":"
      "{\"slug\":\"b\"}}],\"tags\":[\"x\",\"y\"],\"notes\":null,\"extra\":{\"any\":[1],\"known\":1},"
      "\"anything\":[{}]}",
      "");
  assert_book(*state, "\"code\":null,\"weight\":0.5", "");
}

static void read_only_members_are_skipped_whatever_they_hold(void **state) {
  assert_book(*state, "\"id\":7,\"period\":\"x\"", "");
}

static void an_unknown_member_is_a_fault_that_names_the_nearest_one(void **state) {
  assert_book(*state, "\"shlef\":1", "/shlef unknown: is not a known member; did you mean `shelf`?");
  assert_check(*state, "people", "{\"name\":\"A\",\"weather/~\":1}",
               "/weather~1~0 unknown: is not a known member; known are id, name, born, alive");
  assert_book(*state, "\"loan\":{\"too\":1}", "/loan/too unknown: is not a known member; did you mean `to`?");
}

static void a_required_member_is_missed(void **state) {
  assert_check(*state, "books", "{}", "/title required: is required");
  assert_book(*state, "\"relations\":[{\"type\":\"cites\"}]", "/relations/0/book required: is required");
}

static void types_are_named_in_words(void **state) {
  assert_check(*state, "books", "[]", " type: must be an object");
  assert_check(*state, "books", "{\"title\":null}", "/title type: must be a string");
  assert_book(*state, "\"kind\":1", "/kind type: must be a string or null");
  assert_book(*state, "\"count\":1.0", "/count type: must be an integer or null");
  assert_book(*state, "\"weight\":\"1\"", "/weight type: must be a number or null");
  assert_book(*state, "\"lent\":0", "/lent type: must be true or false or null");
  assert_book(*state, "\"owner\":true", "/owner type: must be a string, an object or null");
  assert_book(*state, "\"tags\":\"x\"", "/tags type: must be an array");
}

static void texts_are_checked(void **state) {
  assert_check(*state, "books", "{\"title\":\"\"}", "/title too_short: must not be empty");
  assert_check(*state, "books", "{\"title\":\"12345678901\"}",
               "/title too_long: must be at most 10 characters long, not 11");
  assert_book(*state, "\"code\":\"A\"", "/code too_short: must be at least 2 characters long");
  assert_book(*state, "\"code\":\"Ab\"", "/code pattern: must match ^[A-Z]+$");
  assert_book(*state, "\"kind\":\"nvel\"", "/kind enum: must be one of novel, essay; did you mean `novel`?");
  assert_book(*state, "\"kind\":\"poem\"", "/kind enum: must be one of novel, essay");
  assert_book(*state, "\"on\":\"April\"", "/on format: must be a day such as 2026-04-01");
}

static void control_characters_are_refused_but_for_line_ends_and_tabs(void **state) {
  assert_check(*state, "books", "{\"title\":\"a\\r\\n\\tb\"}", "");
  assert_check(*state, "books", "{\"title\":\"a\\u0001\"}", "/title format: must not hold control characters");
  assert_check(*state, "books", "{\"title\":\"a\\u007f\"}", "/title format: must not hold control characters");
  assert_check(*state, "books", "{\"title\":\"a\\u0085\"}", "/title format: must not hold control characters");
}

static void numbers_have_bounds(void **state) {
  assert_book(*state, "\"count\":0", "/count minimum: must be at least 1");
  assert_book(*state, "\"count\":10", "/count maximum: must be at most 9");
  assert_book(*state, "\"weight\":-0.1", "/weight minimum: must be at least 0");
  assert_book(*state, "\"weight\":100.5", "/weight maximum: must be at most 100");
}

static void references_look_like_slugs_or_ids(void **state) {
  static const char words[] = "must be a slug or an id: a-z, 0-9, `.`, `_` and `-`, at most 64 characters";
  static const char *const bad[] = {"\"\"",
                                    "\"Ann\"",
                                    "\"-a\"",
                                    "\"a b\"",
                                    "{\"id\":\"A\"}",
                                    "{\"slug\":\"é\"}",
                                    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *member = memory_print(NULL, "\"owner\":%s", bad[i]);
    char *expected = memory_print(NULL, "/owner format: %s", words);
    assert_book(*state, member, expected);
    talloc_free(member);
    talloc_free(expected);
  }
  assert_book(*state, "\"owner\":{}", "/owner required: must have an `id` or a `slug`");
  assert_book(*state, "\"owner\":{\"id\":1,\"slug\":null}", "/owner required: must have an `id` or a `slug`");
}

static void arrays_have_bounds_and_their_items_pointers(void **state) {
  assert_book(*state, "\"authors\":[\"a\",\"b\",\"c\",\"d\"]", "/authors too_many: must have at most 3 items, not 4");
  assert_book(*state, "\"tags\":[]", "/tags too_few: must have at least 1 items, not 0");
  assert_book(*state, "\"tags\":[\"a\",1]", "/tags/1 type: must be a string");
  assert_book(*state, "\"tags\":[\"a\",\"b\",\"a\"]", "/tags/2 duplicate: is the same as item 0");
}

static void a_shorthand_stands_for_its_member(void **state) {
  assert_book(*state, "\"authors\":[\"Ann\"]",
              "/authors/0 format: must be a slug or an id: a-z, 0-9, `.`, `_` and `-`, at most 64 characters");
  assert_book(*state, "\"authors\":[{}]", "/authors/0/person required: is required");
  assert_book(*state, "\"authors\":[3]", "/authors/0 type: must be a string or an object");
}

static void an_open_object_checks_what_it_knows(void **state) {
  assert_book(*state, "\"extra\":{\"known\":\"x\",\"other\":1}", "/extra/known type: must be an integer or null");
}

static void all_faults_are_told_below_the_pointer_given(void **state) {
  json_t *value = json_loads("{\"born\":-1,\"x\":2}", 0, NULL);
  struct faults *faults = faults_new(NULL);
  schema_check(sample_schema(*state, "people"), value, "/items/3", faults);
  assert_string_equal(sample_words(faults),
                      "/items/3/name required: is required\n"
                      "/items/3/born minimum: must be at least 0\n"
                      "/items/3/x unknown: is not a known member; known are id, name, born, alive");
  talloc_free(faults);
  json_decref(value);
}

static void a_body_full_of_faults_is_checked_in_linear_time(void **state) {
  enum { ITEMS = 10000 };
  json_t *book = json_object();
  json_t *tags = json_array(), *authors = json_array(), *notes = json_array();
  json_object_set_new(book, "title", json_string("Go"));
  json_object_set_new(book, "tags", tags);
  json_object_set_new(book, "authors", authors);
  json_object_set_new(book, "notes", notes);
  for (int i = 0; i < ITEMS; i++) {
    json_array_append_new(tags, json_string("same"));
    json_array_append_new(authors, json_integer(i));
    json_t *note = json_object();
    json_object_set_new(note, "txet", json_integer(i));
    json_array_append_new(notes, note);
  }
  struct faults *faults = faults_new(NULL);
  clock_t begin = clock();
  schema_check(sample_schema(*state, "books"), book, "", faults);
  assert_true(clock() - begin < CLOCKS_PER_SEC); /* quadratic would take far longer */
  assert_int_equal(faults->count, FAULTS_MOST);
  assert_int_equal(faults->count + faults->dropped, 1 + ITEMS + (ITEMS - 1) + ITEMS);
  talloc_free(faults);
  json_decref(book);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_fits_has_no_faults),
      cmocka_unit_test(read_only_members_are_skipped_whatever_they_hold),
      cmocka_unit_test(an_unknown_member_is_a_fault_that_names_the_nearest_one),
      cmocka_unit_test(a_required_member_is_missed),
      cmocka_unit_test(types_are_named_in_words),
      cmocka_unit_test(texts_are_checked),
      cmocka_unit_test(control_characters_are_refused_but_for_line_ends_and_tabs),
      cmocka_unit_test(numbers_have_bounds),
      cmocka_unit_test(references_look_like_slugs_or_ids),
      cmocka_unit_test(arrays_have_bounds_and_their_items_pointers),
      cmocka_unit_test(a_shorthand_stands_for_its_member),
      cmocka_unit_test(an_open_object_checks_what_it_knows),
      cmocka_unit_test(all_faults_are_told_below_the_pointer_given),
      cmocka_unit_test(a_body_full_of_faults_is_checked_in_linear_time),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
