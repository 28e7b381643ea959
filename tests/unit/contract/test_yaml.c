/* YAML as JSON: what each form becomes, and what has no counterpart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract/yaml.h"

#include <stdlib.h>
#include <string.h>

static void assert_yaml(const char *yaml, const char *expected) {
  struct error error;
  json_t *value = yaml_read(yaml, strlen(yaml), &error);
  if (!value) {
    fail_msg("%s: %s", yaml, error.text);
  }
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  assert_string_equal(text, expected);
  free(text);
  json_decref(value);
}

static void assert_refused(const char *yaml, size_t size, const char *reason) {
  struct error error;
  json_t *value = yaml_read(yaml, size, &error);
  if (value || !strstr(error.text, reason)) {
    fail_msg("%s: %s", yaml, value ? "was read" : error.text);
  }
}

static void plain_scalars_follow_the_core_schema(void **state) {
  (void)state;
  assert_yaml("[~, null, Null, NULL, ]", "[null,null,null,null]");
  assert_yaml("a:", "{\"a\":null}");
  assert_yaml("[true, True, TRUE, false, False, FALSE]", "[true,true,true,false,false,false]");
  assert_yaml("[yes, no, on, off, y, nULL]", "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"nULL\"]");
  assert_yaml("[0, -7, +7, 007, 0o17, 0xfF]", "[0,-7,7,7,15,255]");
  assert_yaml("[1.5, -.5, 1., 2e2, 1E-1]", "[1.5,-0.5,1.0,200.0,0.10000000000000001]");
  assert_yaml("[1_000, 1.2.3, 2026-04-01, ., +, e5, 1e, 0o8, 0x, '12:30']",
              "[\"1_000\",\"1.2.3\",\"2026-04-01\",\".\",\"+\",\"e5\",\"1e\",\"0o8\",\"0x\",\"12:30\"]");
}

static void quoted_and_block_scalars_are_text(void **state) {
  (void)state;
  assert_yaml("[\"1\", 'null', \"true\"]", "[\"1\",\"null\",\"true\"]");
  assert_yaml("|\n  12\n", "\"12\\n\"");
  assert_yaml(">-\n  a\n  b\n", "\"a b\"");
  assert_yaml("'on': {200: a, null: b}", "{\"on\":{\"200\":\"a\",\"null\":\"b\"}}");
}

static void collections_nest(void **state) {
  (void)state;
  assert_yaml("a:\n  - {b: [1, []]}\n  - {}\n", "{\"a\":[{\"b\":[1,[]]},{}]}");
  assert_yaml("--- 5\n...\n", "5");
}

static void what_json_lacks_is_refused_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *yaml, *reason;
  } cases[] = {
      {"", "there is no document"},
      {"a: 1\nb: 2\na: 3\n", "line 3, column 1: the name is given twice"},
      {"a: &x 1", "line 1, column 4: anchors, aliases and tags"},
      {"a: *x", "anchors, aliases and tags"},
      {"[&x [1], *x]", "anchors, aliases and tags"},
      {"a: &x {b: 1}", "anchors, aliases and tags"},
      {"!!str 5", "anchors, aliases and tags"},
      {"&a b: 1", "a name must be plain text"},
      {"[a]: 1", "a name must be plain text"},
      {"*a : 1", "a name must be plain text"},
      {"a: .inf", "JSON has no such number"},
      {"a: .nan", "JSON has no such number"},
      {"a: 1e999", "the number is too large"},
      {"a: 99999999999999999999", "does not fit into 64 bits"},
      {"\"a\\0\": 1", "a name must not hold NUL"},
      {"a: \"\\0\"", "text must not hold NUL"},
      {"a: 1\n---\nb: 2\n", "only one document is expected"},
      {"a: [1", "did not find expected"},
      {"a: 1\n  b: 2\n", "line 2, column 4"},
      {"a: \xff", "line 1"},
      {"[a, {b: [}]", "line 1"},
      {"{a: 1", "did not find expected"},
      {"a: |\n  x\n b: 1", "line"},
      {"{a: {b: ]}}", "line 1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_refused(cases[i].yaml, strlen(cases[i].yaml), cases[i].reason);
  }
}

static void depth_is_bounded(void **state) {
  (void)state;
  static char deep[5000];
  memset(deep, '[', sizeof deep);
  assert_refused(deep, sizeof deep - 1, "nested too deeply");
}

/* Arbitrary bytes end in a value or in an error: a small generator, always the same, of text that looks like YAML. */
static void arbitrary_bytes_do_no_harm(void **state) {
  (void)state;
  static const char letters[] = "a1:- \n[]{},\"'|>&*!#%@?\\~.\t\xc3\xa9\xff";
  uint32_t seed = 1;
  for (int round = 0; round < 20000; round++) {
    char bytes[40];
    for (size_t i = 0; i < sizeof bytes; i++) {
      seed = seed * 1664525u + 1013904223u;
      bytes[i] = letters[(seed >> 16) % (sizeof letters)];
    }
    struct error error = {0};
    json_t *value = yaml_read(bytes, (seed >> 8) % sizeof bytes, &error);
    assert_true(value || *error.text);
    json_decref(value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_scalars_follow_the_core_schema),
      cmocka_unit_test(quoted_and_block_scalars_are_text),
      cmocka_unit_test(collections_nest),
      cmocka_unit_test(what_json_lacks_is_refused_with_its_place),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(arbitrary_bytes_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
