/* The order of names: each list stands in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "domain/sort_key.h"

#include <string.h>

static void assert_order(const char *const *names) {
  for (; names[1] != NULL; names++) {
    char *before = sort_key(NULL, names[0], NULL), *after = sort_key(NULL, names[1], NULL);
    if (strcmp(before, after) >= 0) {
      fail_msg("\"%s\" must come before \"%s\"", names[0], names[1]);
    }
    talloc_free(before);
    talloc_free(after);
  }
}

static void case_and_accents_count_last(void **state) {
  (void)state;
  static const char *const names[] = {"Aachen", "Älpler",   "Alpler-Bund", "alz",    "Ångström",
                                      "Ezra",   "Łódź 1",   "Lodz 2",      "Muller", "Müller",
                                      "Mz",     "Oeuvre A", "Œuvre B",     "Zebra",  NULL};
  assert_order(names);
}

static void words_come_before_longer_words(void **state) {
  (void)state;
  static const char *const names[] = {"“Data” 1", "Data 2",  "Data-3",  "Data, 4",
                                      "Database", "O'Brien", "OBrienz", NULL};
  assert_order(names);
}

static void scripts_follow_each_other(void **state) {
  (void)state;
  static const char *const names[] = {"10", "zulu", "Ωmega", "Москва", "あ", "ン", "東京", NULL};
  assert_order(names);
}

static void kana_go_by_their_sound(void **state) {
  (void)state;
  static const char *const names[] = {"アイパーク", "あいはる", "かあさ", "カーセ", "かき", "ガク", "カコ",
                                      "きや",       "キャラ",   "きゆ",   "はい",   "ばう", "ぱえ", NULL};
  assert_order(names);
}

static void a_japanese_name_goes_by_its_reading(void **state) {
  (void)state;
  char *ipark = sort_key(NULL, "湘南", "ショウナン"), *kana = sort_key(NULL, "しょうに", NULL),
       *latin = sort_key(NULL, "Takeda", "タケダ");
  assert_true(strcmp(ipark, kana) < 0);
  assert_int_equal(latin[0], 't');
  talloc_free(ipark);
  talloc_free(kana);
  talloc_free(latin);
}

static void any_text_has_a_key(void **state) {
  (void)state;
  char long_name[4001];
  memset(long_name, 'x', sizeof long_name - 1);
  long_name[4000] = '\0';
  static const char *const odd[] = {"", "---", "\xff\xfe", "\xe3\x81"};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    char *key = sort_key(NULL, odd[i], odd[i]);
    assert_int_equal(key[0], 1);
    talloc_free(key);
  }
  char *key = sort_key(NULL, long_name, NULL);
  assert_true(strlen(key) < 1300);
  talloc_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(case_and_accents_count_last),         cmocka_unit_test(words_come_before_longer_words),
      cmocka_unit_test(scripts_follow_each_other),           cmocka_unit_test(kana_go_by_their_sound),
      cmocka_unit_test(a_japanese_name_goes_by_its_reading), cmocka_unit_test(any_text_has_a_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
