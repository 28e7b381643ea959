/* Slugs as they are written, and as they are made from names. */
#include "domain/slug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static void a_slug_is_plain_and_at_most_64_long(void **state) {
  (void)state;
  static const char *const taken[] = {"a", "7", "itri", "ipark-institute", "a.b_c-d", "2026-04", "a--", "0."};
  static const char *const refused[] = {"", "-a", ".a", "_a", "A", "aB", "a b", "a/b", "é", "臺灣", "a\n", "a%20"};
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
    assert_true(slug_valid(taken[i], strlen(taken[i])));
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    assert_false(slug_valid(refused[i], strlen(refused[i])));
  char longest[SLUG_LENGTH + 1];
  memset(longest, 'a', sizeof longest);
  assert_true(slug_valid(longest, SLUG_LENGTH));
  assert_false(slug_valid(longest, SLUG_LENGTH + 1));
  assert_false(slug_valid("a\0b", 3));
}

static void a_name_becomes_a_slug(void **state) {
  (void)state;
  static const struct {
    const char *name, *slug;
  } rows[] = {
      {"Zürich", "zurich"},
      {"Industrial Technology Research Institute", "industrial-technology-research-institute"},
      {"  AT&T -- Labs!  ", "at-t-labs"},
      {"Straße", "strasse"},
      {"ＩＴＲＩ", "itri"},
      {"工業技術研究院 (ITRI)", "itri"},
      {"iPark Institute株式会社", "ipark-institute"},
      {"İzmir", "izmir"},
      {"Łódź Tromsø Œuvre Đà Nẵng Dışişleri", "lodz-tromso-oeuvre-da-nang-disisleri"},
      {"O’zbekiston, l'été", "ozbekiston-l-ete"},
      {"e\xCC\x81t\xC3\xA9", "ete"},
      {"ﬁnance №5", "finance-no5"},
      {"國家生技研究園區", ""},
      {"---", ""},
      {"", ""},
      {"\xFF\xFE", ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char out[SLUG_SIZE] = "x";
    slug_from_name(rows[i].name, out);
    assert_string_equal(out, rows[i].slug);
    assert_true(out[0] == '\0' || slug_valid(out, strlen(out)));
  }
}

static void a_name_is_latin_when_all_its_letters_are(void **state) {
  (void)state;
  char out[SLUG_SIZE];
  assert_true(slug_from_name("Łódź 5 & Co.", out));
  assert_true(slug_from_name("2026-04", out));
  assert_false(slug_from_name("工業技術研究院 (ITRI)", out));
  assert_false(slug_from_name("Москва 2", out));
  assert_false(slug_from_name("المعهد", out));
}

static void a_long_name_is_cut_without_a_hyphen_at_its_end(void **state) {
  (void)state;
  char name[200];
  char out[SLUG_SIZE];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  slug_from_name(name, out);
  assert_int_equal(strlen(out), 56);
  for (size_t space = 50; space < 60; space++) {
    memset(name, 'a', sizeof name - 1);
    name[space] = ' ';
    slug_from_name(name, out);
    assert_int_equal(strlen(out), space == 55 ? 55 : 56);
    assert_true(slug_valid(out, strlen(out)));
    assert_int_not_equal(out[strlen(out) - 1], '-');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_slug_is_plain_and_at_most_64_long),
      cmocka_unit_test(a_name_becomes_a_slug),
      cmocka_unit_test(a_name_is_latin_when_all_its_letters_are),
      cmocka_unit_test(a_long_name_is_cut_without_a_hyphen_at_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
