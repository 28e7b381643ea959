/* Whose name a reader is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/language.h"

static const char itri[] =
    "[{\"value\":\"工業技術研究院\",\"lang\":\"zh-Hant\",\"kind\":\"label\"},"
    "{\"value\":\"工研院\",\"lang\":\"zh-Hant\",\"kind\":\"acronym\"},"
    "{\"value\":\"ITRI\",\"lang\":\"en\",\"kind\":\"acronym\"},"
    "{\"value\":\"Industrial Technology Research Institute\",\"lang\":\"en\",\"kind\":\"label\"},"
    "{\"value\":\"Old name\",\"lang\":\"fr\",\"kind\":\"former\"},"
    "{\"value\":\"Kogyo\",\"lang\":\"ja-Latn\",\"kind\":\"label\"},"
    "{\"value\":\"Nameless\",\"lang\":null,\"kind\":\"label\"}]";

static void assert_choice(const char *accept, const char *expected) {
  json_t *names = json_loads(itri, 0, NULL);
  const char *got = language_choose(names, accept);
  if (expected == NULL) {
    assert_null(got);
  } else {
    assert_non_null(got);
    assert_string_equal(got, expected);
  }
  json_decref(names);
}

static void the_language_that_is_asked_for_is_chosen(void **state) {
  (void)state;
  assert_choice("en", "Industrial Technology Research Institute");
  assert_choice("EN", "Industrial Technology Research Institute");
  assert_choice("zh-Hant", "工業技術研究院");
  assert_choice("ja-Latn", "Kogyo");
}

static void a_range_falls_back_to_its_beginning(void **state) {
  (void)state;
  assert_choice("en-GB", "Industrial Technology Research Institute");
  assert_choice("zh-Hant-TW", "工業技術研究院");
  assert_choice("zh", "工業技術研究院");
}

static void places_stand_for_the_script_that_is_read_there(void **state) {
  (void)state;
  assert_choice("zh-TW", "工業技術研究院");
  assert_choice("zh-hk, en;q=0.5", "工業技術研究院");
  assert_choice("zh-CN", "工業技術研究院"); /* for want of one in zh-Hans, what is Chinese at all */
}

static void the_greater_weight_goes_first_then_the_order_of_the_header(void **state) {
  (void)state;
  assert_choice("de, en;q=0.3, zh;q=0.7", "工業技術研究院");
  assert_choice("zh;q=0.7,en;q=0.7", "工業技術研究院");
  assert_choice("en;q=0,zh", "工業技術研究院");
  assert_choice("*, en;q=0.5", NULL);
  assert_choice("en, *;q=0.5", "Industrial Technology Research Institute");
}

static void former_names_and_transcriptions_are_passed_over(void **state) {
  (void)state;
  assert_choice("fr", NULL);
  assert_choice("ja", NULL);
}

static void without_a_header_or_with_one_that_says_nothing_there_is_no_choice(void **state) {
  (void)state;
  static const char *const headers[] = {
      NULL,  "",    ",,;q=1",
      ";;;", "q=1", "xx",
      "-",   "en-", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    assert_choice(headers[i], i == 7 ? "Industrial Technology Research Institute" : NULL);
  }
  json_t *none = json_array();
  assert_null(language_choose(none, "en"));
  json_decref(none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_language_that_is_asked_for_is_chosen),
      cmocka_unit_test(a_range_falls_back_to_its_beginning),
      cmocka_unit_test(places_stand_for_the_script_that_is_read_there),
      cmocka_unit_test(the_greater_weight_goes_first_then_the_order_of_the_header),
      cmocka_unit_test(former_names_and_transcriptions_are_passed_over),
      cmocka_unit_test(without_a_header_or_with_one_that_says_nothing_there_is_no_choice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
