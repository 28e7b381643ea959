/* The other spelling of a question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "domain/spelling.h"

#include <string.h>

static void assert_other(const char *text, const char *expected) {
  void *memory = talloc_new(NULL);
  const char *other = spelling_other(memory, text);
  if (expected == NULL) {
    assert_null(other);
  } else {
    assert_non_null(other);
    assert_string_equal(other, expected);
  }
  talloc_free(memory);
}

static void umlauts_are_written_with_two_letters(void **state) {
  (void)state;
  assert_other("Zürich", "Zuerich");
  assert_other("ETH ZÜRICH", "ETH ZueRICH");
  assert_other("Zu\u0308rich", "Zuerich");
  assert_other("Universität Göttingen", "Universitaet Goettingen");
  assert_other("Tromsø", "Tromsoe");
  assert_other("Ålesund", "aalesund");
}

static void two_letters_are_written_as_one(void **state) {
  (void)state;
  assert_other("Zuerich", "Zurich");
  assert_other("ZUERICH", "ZURICH");
  assert_other("Baeuerle", "Bauerle");
  assert_other("Aalborg Universitet", "Alborg Universitet");
}

static void each_word_has_its_own(void **state) {
  (void)state;
  assert_other("Universitaet Zürich", "Universitat Zuerich");
}

static void letters_that_are_no_umlaut_stay(void **state) {
  (void)state;
  assert_other("Frauen neue Quelle", NULL);
  assert_other("University of Tsukuba", NULL);
  assert_other("創薬 台湾", NULL);
  assert_other("", NULL);
}

static void bytes_that_are_no_text_stay_as_they_are(void **state) {
  (void)state;
  assert_other("\xff\xfe ue", "\xff\xfe u");
  assert_other("\xc3", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(umlauts_are_written_with_two_letters),
      cmocka_unit_test(two_letters_are_written_as_one),
      cmocka_unit_test(each_word_has_its_own),
      cmocka_unit_test(letters_that_are_no_umlaut_stay),
      cmocka_unit_test(bytes_that_are_no_text_stay_as_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
