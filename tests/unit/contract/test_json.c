/* What is read as JSON, what is refused and where, and merge patches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract/json.h"

#include <stdlib.h>
#include <string.h>

struct text_case {
  const char *bytes;
  size_t size; /* 0: up to the NUL */
};

static json_t *read_text(const char *text, struct json_problem *problem) {
  return json_read(text, strlen(text), &json_default_limits, problem);
}

static void well_formed_json_is_read(void **state) {
  (void)state;
  static const char *const texts[] = {"[]",
                                      "{}",
                                      " \t\r\n[ ] ",
                                      "[null,true,false,0,-0,-1,1e5,1E-2,0.5,\"\"]",
                                      "{\"\":0}",
                                      "{\"a\":{\"a\":1}}",
                                      "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud834\\udd1e\"]",
                                      "[\"\x7f\"]",
                                      "[\"東京\"]",
                                      "[\"}]{[,:\"]",
                                      "[9223372036854775807]",
                                      "[-9223372036854775808]",
                                      "[\"\\\\\"]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct json_problem problem;
    json_t *value = read_text(texts[i], &problem);
    if (!value) {
      fail_msg("%s: %s", texts[i], problem.message);
    }
    json_decref(value);
  }
}

/* In the manner of the well-known suite of must-refuse files. */
static void malformed_json_is_refused(void **state) {
  (void)state;
  static const struct text_case cases[] = {
      {"[1 true]", 0},
      {"[a\xe5]", 0},
      {"[\"\": 1]", 0},
      {"[\"\"],", 0},
      {"[,1]", 0},
      {"[1,,2]", 0},
      {"[\"x\",,]", 0},
      {"[\"x\"]]", 0},
      {"[\"\",]", 0},
      {"[\"x\"", 0},
      {"[x", 0},
      {"[3[4]]", 0},
      {"[\xff]", 0},
      {"[1:2]", 0},
      {"[,]", 0},
      {"[-]", 0},
      {"[   , \"\"]", 0},
      {"[\"a\",\n4\n,1,", 0},
      {"[1,]", 0},
      {"[\"\va\"\\f]", 0},
      {"[*]", 0},
      {"[\"\"", 0},
      {"[1,", 0},
      {"[1,\n1\n,1", 0},
      {"[{}", 0},
      {"[fals]", 0},
      {"[nul]", 0},
      {"[tru]", 0},
      {"123\0", 4},
      {"[++1234]", 0},
      {"[+1]", 0},
      {"[+Inf]", 0},
      {"[-01]", 0},
      {"[-1.0.]", 0},
      {"[-2.]", 0},
      {"[-NaN]", 0},
      {"[.-1]", 0},
      {"[.2e-3]", 0},
      {"[0.1.2]", 0},
      {"[0.3e+]", 0},
      {"[0.3e]", 0},
      {"[0.e1]", 0},
      {"[0E+]", 0},
      {"[0E]", 0},
      {"[1.0e+]", 0},
      {"[1 000.0]", 0},
      {"[1eE2]", 0},
      {"[2.e+3]", 0},
      {"[9.e+]", 0},
      {"[Inf]", 0},
      {"[NaN]", 0},
      {"[\xef\xbc\x91]", 0},
      {"[1+2]", 0},
      {"[0x1]", 0},
      {"[0x42]", 0},
      {"[Infinity]", 0},
      {"[0e+-1]", 0},
      {"[-123.123foo]", 0},
      {"[- 1]", 0},
      {"[-012]", 0},
      {"[-.123]", 0},
      {"[-1x]", 0},
      {"[1ea]", 0},
      {"[1.]", 0},
      {"[.123]", 0},
      {"[1.2a-3]", 0},
      {"[012]", 0},
      {"[\"x\", truth]", 0},
      {"{[: \"x\"}\n", 0},
      {"{\"x\", null}", 0},
      {"{\"x\"::\"b\"}", 0},
      {"{\"a\":\"a\" 123}", 0},
      {"{key: 'value'}", 0},
      {"{\"a\" b}", 0},
      {"{:\"b\"}", 0},
      {"{\"a\" \"b\"}", 0},
      {"{\"a\":", 0},
      {"{\"a\"", 0},
      {"{1:1}", 0},
      {"{null:null}", 0},
      {"{\"id\":0,,,,}", 0},
      {"{'a':0}", 0},
      {"{\"id\":0,}", 0},
      {"{\"a\":\"b\"}/**/", 0},
      {"{\"a\":\"b\"}#", 0},
      {"{\"a\":\"b\",,\"c\":1}", 0},
      {"{\"a\":1}}", 0},
      {"{\"a\": true} \"x\"", 0},
      {" ", 0},
      {"[\"\\uD800\\\"]", 0},
      {"[\"\\uD800\\u\"]", 0},
      {"[\"\\uD800\\u1x\"]", 0},
      {"[\xc3\xa9]", 0},
      {"[\"\\a\"]", 0},
      {"[\"\\\0\"]", 5},
      {"[\"\\x00\"]", 0},
      {"[\"\\\\\\\"]", 0},
      {"[\"\\\t\"]", 0},
      {"[\"\\\"]", 0},
      {"[\"\\u00A\"]", 0},
      {"[\"\\uD834\\uDd\"]", 0},
      {"[\"\\uqqqq\"]", 0},
      {"[\"\\\xe5\"]", 0},
      {"[\\u0020\"asd\"]", 0},
      {"[\\n]", 0},
      {"\"", 0},
      {"['single quote']", 0},
      {"abc", 0},
      {"[\"\\", 0},
      {"[\"a\0a\"]", 7},
      {"[\"new\nline\"]", 0},
      {"[\"\t\"]", 0},
      {"\"\\UA66D\"", 0},
      {"\"\"x", 0},
      {"<.>", 0},
      {"[<null>]", 0},
      {"[1]x", 0},
      {"[1]]", 0},
      {"[\"asd]", 0},
      {"a\xc3\xa5", 0},
      {"[True]", 0},
      {"1]", 0},
      {"{\"x\": true,", 0},
      {"[][]", 0},
      {"]", 0},
      {"\xef\xbb\xbf{}", 0},
      {"\xe5", 0},
      {"[", 0},
      {"[\0]", 3},
      {"2@", 0},
      {"{}}", 0},
      {"{\"\":", 0},
      {"{\"a\":/*c*/\"b\"}", 0},
      {"{\"a\": true} #", 0},
      {"[\"\\", 0},
      {"[,", 0},
      {"[\"a\"", 0},
      {"[{", 0},
      {"{", 0},
      {"{]", 0},
      {"{,", 0},
      {"{[", 0},
      {"{\"a", 0},
      {"{'a'", 0},
      {"[\"\\{[\"\\{", 0},
      {"*", 0},
      {"[1}", 0},
      {"[\xe2\x81\xa0]", 0},
      {"\xef\xbb\xbf", 0},
      {"[\f]", 0},
      {"[\"\xed\xa0\x80\"]", 0},
      {"[\"\xf4\xbf\xbf\xbf\"]", 0},
      {"[\"\xc0\xaf\"]", 0},
      {"[\"\xe9\"]", 0},
      {"", 0},
      {"[\"\\ud800\"]", 0},
      {"[\"\\udc00\"]", 0},
      {"[\"\\u0000\"]", 0},
      {"{\"\\u0000\":1}", 0},
      {"{\"a\":1,\"a\":2}", 0},
      {"[1e400]", 0},
      {"[9223372036854775808]", 0},
      {"1", 0},
      {"\"text\"", 0},
      {"null", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t size = cases[i].size ? cases[i].size : strlen(cases[i].bytes);
    struct json_problem problem = {0};
    json_t *value = json_read(cases[i].bytes, size, &json_default_limits, &problem);
    if (value || problem.line < 1 || problem.column < 1 || !*problem.message) {
      fail_msg("%zu: %s", i, cases[i].bytes);
    }
  }
}

static void assert_problem(const char *text, int line, int column, const char *message) {
  struct json_problem problem;
  assert_null(read_text(text, &problem));
  if (problem.line != line || problem.column != column || !strstr(problem.message, message)) {
    fail_msg("%s: %d:%d %s", text, problem.line, problem.column, problem.message);
  }
}

static void a_problem_is_told_in_plain_words_with_its_place(void **state) {
  (void)state;
  assert_problem("", 1, 1, "there is no JSON here");
  assert_problem("\n \n", 3, 1, "there is no JSON here");
  assert_problem("\n  7", 2, 3, "an object or an array is expected here");
  assert_problem("\xef\xbb\xbf[]", 1, 1, "byte order mark");
  assert_problem("{\n  \"a\": x\n}", 2, 8, "invalid token near 'x'");
  assert_problem("{\"a\":1,\n\"a\":2}", 2, 3, "a member is given twice");
  assert_problem("[1", 1, 2, "the text ends");
  assert_problem("[1] 2", 1, 5, "nothing may follow");
  assert_problem("[\"\\u0000\"]", 1, 9, "U+0000");
  assert_problem("[99999999999999999999]", 1, 21, "too large");
  assert_problem("[\"\xff\"]", 1, 2, "not valid UTF-8");
}

static void depth_is_bounded_before_anything_is_built(void **state) {
  (void)state;
  static char text[200000];
  struct json_problem problem;
  memset(text, '[', 64);
  memset(text + 64, ']', 64);
  json_t *value = json_read(text, 128, &json_default_limits, &problem);
  assert_non_null(value);
  json_decref(value);
  memset(text, '[', 65);
  memset(text + 65, ']', 65);
  assert_null(json_read(text, 130, &json_default_limits, &problem));
  assert_string_equal(problem.message, "arrays and objects are nested too deeply");
  assert_int_equal(problem.column, 65);
  memset(text, '[', sizeof text);
  assert_null(json_read(text, sizeof text, &json_default_limits, &problem));
}

static void values_are_counted_without_the_names_of_members(void **state) {
  (void)state;
  static const struct json_limits four = {.depth = 8, .values = 4};
  static const struct {
    const char *text;
    bool fits;
  } cases[] = {{"[1,2,3]", true},
               {"[1,2,3,4]", false},
               {"{\"a\":1,\"b\":2,\"c\":3}", true},
               {"[[],[],[]]", true},
               {"{\"a\":[1,\"x\"] }", true},
               {"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", false},
               {"[{},{},{},{}]", false},
               {"{\"a\" : 1, \"b\" : [\"c:d\",2]}", false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct json_problem problem;
    json_t *value = json_read(cases[i].text, strlen(cases[i].text), &four, &problem);
    if (!value != !cases[i].fits) {
      fail_msg("%s", cases[i].text);
    }
    if (!value) {
      assert_string_equal(problem.message, "there are too many values");
    }
    json_decref(value);
  }
}

/* The examples of RFC 7396, appendix A. */
static void merge_patches_do_what_the_rfc_shows(void **state) {
  (void)state;
  static const char *const cases[][3] = {
      {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
      {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
      {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
      {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
      {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
      {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
      {"{\"a\":\"foo\"}", "null", "null"},
      {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
      {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
      {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
      {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *target = json_loads(cases[i][0], JSON_DECODE_ANY, NULL);
    json_t *patch = json_loads(cases[i][1], JSON_DECODE_ANY, NULL);
    json_t *result = json_merge_patch(target, patch);
    char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
    char *before = json_dumps(target, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text, cases[i][2]);
    assert_string_equal(before, cases[i][0]);
    free(text);
    free(before);
    json_decref(target);
    json_decref(patch);
    json_decref(result);
  }
}

static void a_value_is_passed_over_without_reading_it(void **state) {
  (void)state;
  static const char *const values[] = {"1",
                                       "-1.5e3",
                                       "null",
                                       "\"\"",
                                       "\"a\\\\\"",
                                       "\"\\\"]\"",
                                       "[]",
                                       "{}",
                                       "[1,[2],3]",
                                       "[[]]",
                                       "{\"a\":\"}\"}",
                                       "{\"a\":[{\"b\":[]}]}",
                                       "[\"]\"]",
                                       "{\"\\\"}\":{}}"};
  static const char *const behind[] = {",1]", "}", "]"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    for (size_t j = 0; j < sizeof behind / sizeof *behind; j++) {
      char text[64];
      int size = snprintf(text, sizeof text, "%s%s", values[i], behind[j]);
      assert_ptr_equal(json_past_value(text, text + size), text + strlen(values[i]));
    }
  }
}

static void what_ends_in_its_middle_is_no_value(void **state) {
  (void)state;
  static const char text[] = "{\"a\":[\"b\\\"\",{}]}";
  for (size_t size = 0; size < sizeof text - 1; size++) {
    char *cut = strndup(text, size); /* nothing is read past the end, which sanitizers hold */
    assert_null(json_past_value(cut, cut + size));
    free(cut);
  }
  static const char string[] = "\"a\\\"";
  assert_null(json_past_string(string, string + sizeof string - 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(well_formed_json_is_read),
      cmocka_unit_test(malformed_json_is_refused),
      cmocka_unit_test(a_problem_is_told_in_plain_words_with_its_place),
      cmocka_unit_test(depth_is_bounded_before_anything_is_built),
      cmocka_unit_test(values_are_counted_without_the_names_of_members),
      cmocka_unit_test(merge_patches_do_what_the_rfc_shows),
      cmocka_unit_test(a_value_is_passed_over_without_reading_it),
      cmocka_unit_test(what_ends_in_its_middle_is_no_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
