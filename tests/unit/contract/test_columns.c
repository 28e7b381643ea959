/* Documents as lines of CSV: which columns there are, and what stands in them. */
#include "sample.h"

#include "base/text.h"
#include "contract/columns.h"

static void assert_names(const struct contract *contract, const char *path, const char *expected) {
  struct text *out = text_new(NULL);
  columns_add_names(out, sample_schema(contract, path));
  assert_string_equal(out->data, expected);
  talloc_free(out);
}

static void columns_are_the_members_in_the_contracts_order_objects_with_dots(void **state) {
  assert_names(*state, "people", "id,name,born,alive\r\n");
  assert_names(*state, "books",
               "id,title,kind,shelf,code,on,weight,count,lent,owner,loan.to,loan.until,loan.terms.days,period.starts,"
               "authors,readers,relations,tags,notes,extra,anything\r\n");
}

static void assert_line(const struct contract *contract, const char *path, const char *document, const char *expected) {
  struct text *out = text_new(NULL);
  assert_true(columns_add_line(out, sample_schema(contract, path), document, strlen(document)));
  assert_string_equal(out->data, expected);
  talloc_free(out);
}

static void values_stand_in_their_columns(void **state) {
  assert_line(*state, "people", "{\"id\":\"p\",\"name\":\"Ann\",\"born\":1900,\"alive\":true}", "p,Ann,1900,true\r\n");
  assert_line(*state, "people", "{\"id\":\"p\",\"name\":\"\",\"born\":null,\"alive\":false}", "p,\"\",,false\r\n");
  assert_line(*state, "people", "{\"id\":\"p\",\"name\":\"=A1\",\"born\":-1,\"alive\":true}", "p,'=A1,-1,true\r\n");
}

static void every_escape_of_json_is_read(void **state) {
  assert_line(*state, "people",
              "{\"id\":\"\\u0041\\u00e9\\u5275\\ud83e\\udd1d\",\"name\":\"\\\\\\/\\b\\f\",\"born\":null,"
              "\"alive\":true}",
              "Aé創🤝,\\/\b\f,,true\r\n");
  assert_line(*state, "people", "{\"id\":\"a\\\"b\",\"name\":\"\\n\\r\\t\\u003D\",\"born\":null,\"alive\":true}",
              "\"a\"\"b\",\"'\n\r\t=\",,true\r\n");
  assert_line(*state, "people", "{\"id\":\"\\\\\",\"name\":\"\\\\\\\"\",\"born\":null,\"alive\":true}",
              "\\,\"\\\"\"\",,true\r\n");
}

static const char head[] = "{\"id\":\"b\",\"title\":\"T\",\"kind\":null,\"shelf\":\"a\",\"code\":null,\"on\":null,"
                           "\"weight\":1.5e3,\"count\":null,\"lent\":null";

static void assert_book(const struct contract *contract, const char *rest, const char *expected) {
  char *document = memory_print(NULL, "%s%s", head, rest),
       *line = memory_print(document, "b,T,,a,,,1.5e3,,,%s", expected);
  assert_line(contract, "books", document, line);
  talloc_free(document);
}

static void references_are_slugs_lists_are_json_and_objects_are_spread(void **state) {
  assert_book(
      *state,
      ",\"owner\":{\"id\":\"x\",\"slug\":\"ann\",\"name\":\"A\"},\"loan\":{\"to\":{\"slug\":\"bob\"},\"until\":"
      "\"2026-01-01\",\"terms\":{\"days\":3}},\"period\":{\"starts\":\"2026-01-02\"},\"authors\":[{\"person\":"
      "{\"id\":\"]\"},\"role\":\"w\"}],\"readers\":[],\"relations\":[1,[2,{}]],\"tags\":[\"\\\"\"],\"notes\":null,"
      "\"extra\":{\"known\":1,\"other\":[]},\"anything\":\"=x\"}",
      "ann,bob,2026-01-01,3,2026-01-02,\"[{\"\"person\"\":{\"\"id\"\":\"\"]\"\"},\"\"role\"\":\"\"w\"\"}]\",[],"
      "\"[1,[2,{}]]\",\"[\"\"\\\"\"\"\"]\",,\"{\"\"known\"\":1,\"\"other\"\":[]}\",'=x\r\n");
}

static void an_object_that_is_null_leaves_its_columns_empty(void **state) {
  assert_book(*state,
              ",\"owner\":null,\"loan\":{\"to\":null,\"until\":null,\"terms\":null},\"period\":null,\"authors\":[],"
              "\"readers\":[],\"relations\":[],\"tags\":[],\"notes\":null,\"extra\":null,\"anything\":false}",
              ",,,,,[],[],[],[],,,false\r\n");
  assert_book(
      *state,
      ",\"owner\":null,\"loan\":null,\"period\":null,\"authors\":[],\"readers\":[],\"relations\":[],\"tags\":[],"
      "\"notes\":null,\"extra\":null,\"anything\":0}",
      ",,,,,[],[],[],[],,,0\r\n");
}

/* Cut at any byte, a document is no document, and nothing is read past its end (which sanitizers hold). */
static void what_is_not_such_a_document_is_refused(void **state) {
  const struct schema *people = sample_schema(*state, "people");
  static const char *const wrong[] = {
      "",
      "[]",
      "{}",
      "{\"name\":\"A\",\"id\":\"p\",\"born\":1,\"alive\":true}",
      "{\"id\":\"p\",\"name\":\"A\",\"born\":1,\"alive\":true,\"more\":1}",
      "{\"id\":\"p\",\"name\":\"A\",\"born\":1,\"alive\":true}}",
      "{\"id\":\"p\",\"name\":\"A\",\"born\":,\"alive\":true}",
      "{\"id\":\"\\x\",\"name\":\"A\",\"born\":1,\"alive\":true}",
      "{\"id\":\"\\ud83e\",\"name\":\"A\",\"born\":1,\"alive\":true}",
      "{\"id\":\"\\ud83e\\u0041\",\"name\":\"A\",\"born\":1,\"alive\":true}",
      "{\"id\":\"\\u12g4\",\"name\":\"A\",\"born\":1,\"alive\":true}",
  };
  struct text *out = text_new(NULL);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_false(columns_add_line(out, people, wrong[i], strlen(wrong[i])));
  }
  static const char whole[] = "{\"id\":\"\\ud83e\\udd1d\",\"name\":\"A\",\"born\":12,\"alive\":true}";
  for (size_t size = 0; size < sizeof whole - 1; size++) {
    char *part = talloc_memdup(NULL, whole, size);
    assert_false(columns_add_line(out, people, part == NULL ? "" : part, size));
    talloc_free(part);
  }
  assert_true(columns_add_line(out, people, whole, sizeof whole - 1));
  talloc_free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_the_members_in_the_contracts_order_objects_with_dots),
      cmocka_unit_test(values_stand_in_their_columns),
      cmocka_unit_test(every_escape_of_json_is_read),
      cmocka_unit_test(references_are_slugs_lists_are_json_and_objects_are_spread),
      cmocka_unit_test(an_object_that_is_null_leaves_its_columns_empty),
      cmocka_unit_test(what_is_not_such_a_document_is_refused),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
