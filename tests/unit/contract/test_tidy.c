/* The form in which texts and numbers are kept, whatever way they come. */
#include "sample.h"

#include "contract/characters.h"
#include "contract/faults.h"

#include <stdlib.h>

static void assert_tidy(const char *text, bool lines, const char *expected) {
  char *tidy = characters_tidy(NULL, text, strlen(text), lines);
  assert_string_equal(tidy == NULL ? text : tidy, expected);
  talloc_free(tidy);
  char *again = characters_tidy(NULL, expected, strlen(expected), lines);
  assert_null(again);
}

static void white_space_is_taken_off_and_one_space_inside(void **state) {
  (void)state;
  assert_tidy("plain words, as most are", false, "plain words, as most are");
  assert_tidy("", false, "");
  assert_tidy("  a \t b\r\n c ", false, "a b c");
  assert_tidy("\xc2\xa0"
              "a\xe3\x80\x80"
              "b\xe2\x80\x83",
              false, "a b");
  assert_tidy("\xe3\x80\x80", false, "");
  assert_tidy("a\xe2\x80\xa8"
              "b\xc2\x85"
              "c",
              false, "a b c");
  assert_tidy("\xe5\x89\xb5 \xe8\x96\xac", false, "\xe5\x89\xb5 \xe8\x96\xac");
}

static void every_white_space_of_unicode_counts(void **state) {
  (void)state;
  static const int white[] = {0x9,    0xa,    0xb,    0xc,    0xd,    0x20,   0x85,   0xa0,   0x1680,
                              0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                              0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  for (size_t i = 0; i < sizeof white / sizeof *white; i++) {
    char spelled[64], *json;
    snprintf(spelled, sizeof spelled, "[\"\\u%04xx\\u%04x\\u%04xy\\u%04x\"]", white[i], white[i], white[i], white[i]);
    json_t *array = json_loads(spelled, 0, NULL);
    const char *given = json_string_value(json_array_get(array, 0));
    json = characters_tidy(NULL, given, strlen(given), false);
    assert_string_equal(json, "x y");
    talloc_free(json);
    json_decref(array);
  }
}

static void what_cannot_be_seen_is_taken_off_the_ends_alone(void **state) {
  (void)state;
  assert_tidy("\xef\xbb\xbf"
              "a",
              false, "a"); /* BOM */
  assert_tidy("\xe2\x80\x8b a\xc2\xad ", false, "a");
  assert_tidy("\xe2\x80\x8f\xd8\xa7\xe2\x80\x8e", false, "\xd8\xa7");
  assert_tidy("\xe2\x80\xae"
              "abc\xe2\x80\xac",
              false, "abc");
  /* Persian needs its joiner inside, and a family its own. */
  assert_tidy("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb4\xd9\x88\xd8\xaf", false,
              "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb4\xd9\x88\xd8\xaf");
  /* An isolate that begins inside is closed by what stands at the end. */
  assert_tidy("a \xe2\x81\xa7\xd8\xa7\xe2\x81\xa9 ", false, "a \xe2\x81\xa7\xd8\xa7\xe2\x81\xa9");
  /* The flag of England ends in a tag. */
  assert_tidy("\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae\xf3\xa0\x81\xa7"
              "\xf3\xa0\x81\xbf",
              false,
              "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae\xf3\xa0\x81\xa7"
              "\xf3\xa0\x81\xbf");
}

static void lines_stay_where_they_are_wanted(void **state) {
  (void)state;
  assert_tidy("\r\n a  b \r\n\r\n\tc\rd\n ", true, "a b\n\nc\nd");
  assert_tidy("a\xe2\x80\xa9"
              "b",
              true, "a\nb");
}

static void assert_body(const struct contract *contract, const char *body, const char *expected) {
  json_t *value = json_loads(body, 0, NULL);
  assert_non_null(value);
  schema_tidy(sample_schema(contract, "books"), value);
  char *text = json_dumps(value, JSON_COMPACT);
  assert_string_equal(text, expected);
  free(text);
  json_decref(value);
}

static void an_empty_text_is_null_where_that_is_taken(void **state) {
  assert_body(*state, "{\"title\":\" \",\"code\":\" \",\"on\":\"\",\"tags\":[\" \",\" a \"]}",
              "{\"title\":\"\",\"code\":null,\"on\":null,\"tags\":[\"\",\"a\"]}");
}

static void texts_are_tidy_at_any_depth(void **state) {
  assert_body(*state,
              "{\"owner\":\" ann\",\"loan\":{\"to\":{\"slug\":\"bob \"},\"until\":\" 2020-01-01\"},"
              "\"authors\":[\" ann \",{\"person\":\"bob \",\"role\":\" writer\"}],\"kind\":\" novel \"}",
              "{\"owner\":\"ann\",\"loan\":{\"to\":{\"slug\":\"bob\"},\"until\":\"2020-01-01\"},"
              "\"authors\":[\"ann\",{\"person\":\"bob\",\"role\":\"writer\"}],\"kind\":\"novel\"}");
}

static void a_text_of_lines_and_a_verbatim_one_keep_what_they_say(void **state) {
  assert_body(*state, "{\"notes\":[{\"text\":\" a \\r\\n  b \"},{\"text\":\"\\n \"}]}",
              "{\"notes\":[{\"text\":\"a\\nb\"},{\"text\":null}]}");
  assert_body(*state, "{\"authors\":[{\"person\":\"x\",\"marks\":[\" a  b\\n\",\"\"]}]}",
              "{\"authors\":[{\"person\":\"x\",\"marks\":[\" a  b\\n\",\"\"]}]}");
}

static void what_is_not_known_stays(void **state) {
  assert_body(*state, "{\"nobody\":\" x \",\"extra\":{\"b\":\" x \"},\"anything\":[\" x \"]}",
              "{\"nobody\":\" x \",\"extra\":{\"b\":\" x \"},\"anything\":[\" x \"]}");
}

static void whole_numbers_are_integers_however_written(void **state) {
  assert_body(*state, "{\"count\":3.0,\"weight\":2.0,\"loan\":{\"terms\":{\"days\":3.6e1}}}",
              "{\"count\":3,\"weight\":2.0,\"loan\":{\"terms\":{\"days\":36}}}");
  assert_body(*state, "{\"count\":3.5}", "{\"count\":3.5}");
}

static void assert_fault(const struct contract *contract, const char *body, const char *expected) {
  json_t *value = json_loads(body, 0, NULL);
  struct faults *faults = faults_new(NULL);
  schema_tidy(sample_schema(contract, "books"), value);
  schema_check(sample_schema(contract, "books"), value, "", faults);
  assert_int_equal(faults->count, 1);
  assert_string_equal(faults->list[0].message, expected);
  talloc_free(faults);
  json_decref(value);
}

static void what_is_no_integer_is_told_as_such(void **state) {
  assert_fault(*state, "{\"title\":\"a\",\"count\":3.5}", "must be an integer or null");
  assert_fault(*state, "{\"title\":\"a\",\"count\":10.0}", "must be at most 9");
  assert_fault(*state, "{\"title\":\"a\",\"count\":1e300}", "must be at most 9");
  assert_fault(*state, "{\"title\":\"a\",\"count\":-1e300}", "must be at least 1");
  assert_fault(*state, "{\"title\":\"a\",\"loan\":{\"terms\":{\"days\":1e300}}}",
               "must be at most 9223372036854775807");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(white_space_is_taken_off_and_one_space_inside),
      cmocka_unit_test(every_white_space_of_unicode_counts),
      cmocka_unit_test(what_cannot_be_seen_is_taken_off_the_ends_alone),
      cmocka_unit_test(lines_stay_where_they_are_wanted),
      cmocka_unit_test(an_empty_text_is_null_where_that_is_taken),
      cmocka_unit_test(texts_are_tidy_at_any_depth),
      cmocka_unit_test(a_text_of_lines_and_a_verbatim_one_keep_what_they_say),
      cmocka_unit_test(what_is_not_known_stays),
      cmocka_unit_test(whole_numbers_are_integers_however_written),
      cmocka_unit_test(what_is_no_integer_is_told_as_such),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
