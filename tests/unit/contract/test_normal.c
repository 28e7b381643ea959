/* The one form in which all bodies that mean the same are the same. */
#include "sample.h"

#include <stdlib.h>

static void assert_normal(const struct contract *contract, const char *path, const char *body, const char *expected) {
  json_t *value = json_loads(body, 0, NULL);
  assert_non_null(value);
  struct faults *faults = faults_new(NULL);
  schema_check(sample_schema(contract, path), value, "", faults);
  assert_int_equal(faults->count, 0);
  talloc_free(faults);
  json_t *normal = schema_normal(sample_schema(contract, path), value);
  json_decref(value);
  char *text = json_dumps(normal, JSON_COMPACT);
  assert_string_equal(text, expected);
  free(text);
  json_decref(normal);
}

static void every_writable_member_is_there_in_the_contracts_order(void **state) {
  assert_normal(
      *state, "books", "{\"shelf\":\"a\",\"title\":\"Go\",\"id\":\"x\"}",
      "{\"title\":\"Go\",\"kind\":null,\"shelf\":\"a\",\"code\":null,\"on\":null,\"weight\":null,\"count\":null,"
      "\"lent\":null,\"owner\":null,\"loan\":null,\"authors\":[],\"readers\":[],\"relations\":[],\"tags\":[],"
      "\"notes\":[],\"extra\":null,\"anything\":null}");
}

static void defaults_stand_where_nothing_does(void **state) {
  assert_normal(*state, "people", "{\"name\":\"A\"}", "{\"name\":\"A\",\"born\":null,\"alive\":true}");
  assert_normal(*state, "people", "{\"name\":\"A\",\"alive\":false,\"born\":null}",
                "{\"name\":\"A\",\"born\":null,\"alive\":false}");
}

/* The normal form's member of that name, for a book with one more member. */
static void assert_member(const struct contract *contract, const char *member, const char *name, const char *expected) {
  char *body = memory_print(NULL, "{\"title\":\"Go\",%s}", member);
  json_t *value = json_loads(body, 0, NULL);
  json_t *normal = schema_normal(sample_schema(contract, "books"), value);
  char *text = json_dumps(json_object_get(normal, name), JSON_COMPACT | JSON_ENCODE_ANY);
  assert_string_equal(text, expected);
  free(text);
  json_decref(normal);
  json_decref(value);
  talloc_free(body);
}

static void an_object_of_nothing_but_nulls_is_null(void **state) {
  assert_member(*state, "\"loan\":{}", "loan", "null");
  assert_member(*state, "\"loan\":{\"until\":null,\"terms\":{\"days\":null}}", "loan", "null");
  assert_member(*state, "\"loan\":{\"terms\":{\"days\":3}}", "loan",
                "{\"to\":null,\"until\":null,\"terms\":{\"days\":3}}");
}

static void items_are_kept_even_when_they_hold_nothing(void **state) {
  assert_member(*state, "\"notes\":[{}]", "notes", "[{\"text\":null}]");
  assert_member(*state, "\"notes\":null", "notes", "[]");
}

static void a_reference_is_its_id_or_else_its_slug(void **state) {
  assert_member(*state, "\"owner\":\"ann\"", "owner", "\"ann\"");
  assert_member(*state, "\"owner\":{\"id\":\"per_1\",\"slug\":\"ann\",\"name\":\"Ann\"}", "owner", "\"per_1\"");
  assert_member(*state, "\"owner\":{\"id\":null,\"slug\":\"ann\"}", "owner", "\"ann\"");
  assert_member(*state, "\"owner\":null", "owner", "null");
}

static void a_shorthand_is_written_out(void **state) {
  assert_member(*state, "\"authors\":[\"ann\",{\"person\":{\"slug\":\"bob\"},\"marks\":[\"x\"]}]", "authors",
                "[{\"person\":\"ann\",\"role\":\"writer\",\"marks\":[]},"
                "{\"person\":\"bob\",\"role\":\"writer\",\"marks\":[\"x\"]}]");
}

static void an_open_object_keeps_what_it_does_not_know(void **state) {
  assert_member(*state, "\"extra\":{\"b\":[1,{}]}", "extra", "{\"b\":[1,{}],\"known\":null}");
  assert_member(*state, "\"anything\":[1,{\"a\":2}]", "anything", "[1,{\"a\":2}]");
  assert_member(*state, "\"anything\":{\"a\":2}", "anything", "{\"a\":2}");
}

static void normal_form_is_its_own_normal_form(void **state) {
  const struct schema *book = sample_schema(*state, "books");
  json_t *value = json_loads("{\"title\":\"Go\",\"authors\":[\"ann\"],\"loan\":{\"to\":{\"slug\":\"bob\"}}}", 0, NULL);
  json_t *once = schema_normal(book, value);
  json_t *twice = schema_normal(book, once);
  assert_true(json_equal(once, twice));
  json_decref(value);
  json_decref(once);
  json_decref(twice);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_writable_member_is_there_in_the_contracts_order),
      cmocka_unit_test(defaults_stand_where_nothing_does),
      cmocka_unit_test(an_object_of_nothing_but_nulls_is_null),
      cmocka_unit_test(items_are_kept_even_when_they_hold_nothing),
      cmocka_unit_test(a_reference_is_its_id_or_else_its_slug),
      cmocka_unit_test(a_shorthand_is_written_out),
      cmocka_unit_test(an_open_object_keeps_what_it_does_not_know),
      cmocka_unit_test(normal_form_is_its_own_normal_form),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
