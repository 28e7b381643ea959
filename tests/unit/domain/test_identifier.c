/* Identifiers that are really given out, and the same with one character changed. */
#include "domain/identifier.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static bool valid(const char *scheme, const char *value) {
  const char *expected = NULL;
  bool result = identifier_valid(scheme, value, &expected);
  assert_true(result || expected != NULL);
  return result;
}

static const struct {
  const char *scheme, *value;
} known[] = {
    {"ror", "05szzwt63"}, /* Industrial Technology Research Institute */
    {"ror", "057zh3y96"}, /* The University of Tokyo */
    {"ror", "05a28rw58"}, /* ETH Zurich */
    {"lei", "529900T8BM49AURSDO55"},
    {"lei", "HWUPKR0MPOU8FGXBT394"},
    {"isni", "0000000121032683"},
    {"isni", "000000012146438X"},
    {"jp_corporate_number", "7000012050002"},
    {"jp_corporate_number", "5010005007398"}, /* 東京大学 */
    {"tw_unified_number", "04595257"},
    {"tw_unified_number", "22099131"}, /* 台積電 */
};

static void identifiers_that_are_given_out_are_valid(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (!valid(known[i].scheme, known[i].value))
      fail_msg("%s %s", known[i].scheme, known[i].value);
}

/* One more in one place changes none of these sums by a multiple of its divisor. */
static void one_wrong_digit_is_found(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    for (size_t at = 0; at < strlen(known[i].value); at++) {
      char changed[32];
      snprintf(changed, sizeof changed, "%s", known[i].value);
      if (changed[at] < '0' || changed[at] > '8')
        continue;
      changed[at]++;
      if (valid(known[i].scheme, changed))
        fail_msg("%s %s", known[i].scheme, changed);
    }
}

static void a_seven_in_the_seventh_place_counts_as_0_or_1(void **state) {
  (void)state;
  assert_true(valid("tw_unified_number", "10458575"));  /* the sum is divisible with 0 */
  assert_true(valid("tw_unified_number", "00000070"));  /* 10 */
  assert_true(valid("tw_unified_number", "00000074"));  /* 10 + 4, and 1 */
  assert_false(valid("tw_unified_number", "00000073")); /* 13, 14 */
  assert_false(valid("tw_unified_number", "00000004")); /* 4: no seven, no choice */
}

static void other_forms_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *scheme, *value;
  } rows[] = {
      {"ror", ""},
      {"ror", "https://ror.org/05szzwt63"},
      {"ror", "ror.org/05szzwt63"},
      {"ror", "05SZZWT63"},
      {"ror", "15szzwt63"},
      {"ror", "05szzwt6"},
      {"ror", "05szzwt630"},
      {"ror", "05szzut63"}, /* u is not in the alphabet */
      {"ror", "05szzwt6x"},
      {"lei", "529900t8bm49aursdo55"},
      {"lei", "529900T8BM49AURSDO5"},
      {"lei", "529900T8BM49AURSDO5A"},
      {"lei", "529900T8BM49-URSDO55"},
      {"isni", "0000 0001 2103 2683"},
      {"isni", "00000001210326X3"},
      {"isni", "000000012146438x"},
      {"isni", "000000012103268"},
      {"wikidata", "q42"},
      {"wikidata", "Q"},
      {"wikidata", "Q0"},
      {"wikidata", "Q042"},
      {"wikidata", "Q4 2"},
      {"wikidata", "P31"},
      {"wikidata", "Q1234567890123"},
      {"jp_corporate_number", "700001205000"},
      {"jp_corporate_number", "T7000012050002"},
      {"jp_corporate_number", "７000012050002"},
      {"tw_unified_number", "0459525"},
      {"tw_unified_number", "0459525A"},
      {"other", ""},
      {"duns", "123456789"},
      {"", "1"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (valid(rows[i].scheme, rows[i].value))
      fail_msg("%s %s", rows[i].scheme, rows[i].value);
}

static void identifiers_without_check_digits_are_taken_by_their_form(void **state) {
  (void)state;
  assert_true(valid("wikidata", "Q42"));
  assert_true(valid("wikidata", "Q123456789012"));
  assert_true(valid("other", "anything"));
}

static void pasted_forms_are_brought_to_that_of_the_register(void **state) {
  (void)state;
  static const struct {
    const char *scheme, *pasted, *normal;
  } rows[] = {
      {"ror", "https://ror.org/05szzwt63", "05szzwt63"},
      {"ror", "http://www.ror.org/05SZZWT63/", "05szzwt63"},
      {"ror", "ROR.org/05szzwt63?x=1#y", "05szzwt63"},
      {"ror", "ROR: 05szzwt63", "05szzwt63"},
      {"ror", "\xef\xbc\x90\xef\xbc\x95szzwt63", "05szzwt63"},
      {"ror", "https://api.ror.org/organizations/05szzwt63", "05szzwt63"},
      {"lei", "529900t8bm49aursdo55", "529900T8BM49AURSDO55"},
      {"lei", "5299 00T8 BM49 AURS DO55", "529900T8BM49AURSDO55"},
      {"lei", "https://search.gleif.org/#/record/529900T8BM49AURSDO55", "529900T8BM49AURSDO55"},
      {"lei", "LEI 529900T8BM49AURSDO55", "529900T8BM49AURSDO55"},
      {"isni", "0000 0001 2103 2683", "0000000121032683"},
      {"isni",
       "0000\xc2\xa0"
       "0001\xe2\x80\x93"
       "2103-2683",
       "0000000121032683"},
      {"isni", "https://isni.org/isni/000000012146438x", "000000012146438X"},
      {"isni", "http://www.isni.org/isni/0000000121032683", "0000000121032683"},
      {"isni", "http://isni.org/0000 0001 2103 2683", "0000000121032683"},
      {"isni", "ISNI 0000 0001 2146 438X", "000000012146438X"},
      {"wikidata", "q42", "Q42"},
      {"wikidata", "https://www.wikidata.org/wiki/Q42", "Q42"},
      {"wikidata", "http://www.wikidata.org/entity/Q42", "Q42"},
      {"wikidata", "https://www.wikidata.org/wiki/Q42#P31", "Q42"},
      {"wikidata", "https://www.wikidata.org/wiki/Special:EntityData/Q42.json", "Q42"},
      {"wikidata", "wd:Q42", "Q42"},
      {"jp_corporate_number", "T7000012050002", "7000012050002"},
      {"jp_corporate_number",
       "\xef\xbc\xb4\xef\xbc\x97\xef\xbc\x90\xef\xbc\x90\xef\xbc\x90\xef\xbc\x90"
       "12050002",
       "7000012050002"},
      {"jp_corporate_number", "T7-0000-1205-0002", "7000012050002"},
      {"jp_corporate_number",
       "7\xef\xbc\x8d"
       "0000\xe3\x83\xbc"
       "1205\xe2\x88\x92"
       "0002",
       "7000012050002"},
      {"jp_corporate_number",
       "\xe6\xb3\x95\xe4\xba\xba\xe7\x95\xaa\xe5\x8f\xb7\xef\xbc\x9a"
       "7000012050002",
       "7000012050002"},
      {"jp_corporate_number", "\xe6\xb3\x95\xe4\xba\xba\xe7\x95\xaa\xe5\x8f\xb7 T7000012050002", "7000012050002"},
      {"jp_corporate_number", "https://www.houjin-bangou.nta.go.jp/henkorireki-johoto.html?selHouzinNo=7000012050002",
       "7000012050002"},
      {"tw_unified_number",
       "\xef\xbc\x90\xef\xbc\x94\xef\xbc\x95\xef\xbc\x99\xef\xbc\x95\xef\xbc\x92"
       "57",
       "04595257"},
      {"tw_unified_number", "\xe7\xb5\xb1\xe4\xb8\x80\xe7\xb7\xa8\xe8\x99\x9f 04595257", "04595257"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char *normal = identifier_normal(NULL, rows[i].scheme, rows[i].pasted);
    if (strcmp(normal, rows[i].normal) != 0)
      fail_msg("%s %s: %s", rows[i].scheme, rows[i].pasted, normal);
    char *again = identifier_normal(NULL, rows[i].scheme, normal);
    assert_string_equal(again, normal);
    talloc_free(again);
    talloc_free(normal);
  }
}

static void what_is_no_form_of_the_scheme_stays_as_it_came(void **state) {
  (void)state;
  static const struct {
    const char *scheme, *text;
  } rows[] = {
      {"ror", "https://www.wikidata.org/wiki/Q42"},
      {"ror", "https://ror.org.example.org/05szzwt63"},
      {"ror", "https://example.org/05szzwt63"},
      {"ror", "05szzwt62"},
      {"ror", "05 szzwt63"},
      {"wikidata", "Q4 2"},
      {"wikidata", "Q4-2"},
      {"wikidata", "https://www.wikidata.org/wiki/Property:P31"},
      {"isni", "0000 0001 2103 2684"},
      {"jp_corporate_number", "TT7000012050002"},
      {"jp_corporate_number", "https://T7000012050002"},
      {"tw_unified_number", "T04595257"},
      {"other", " A  B "},
      {"other", "https://ror.org/05szzwt63"},
      {"duns", "12 34"},
      {"ror", ""},
      {"ror", "https://ror.org/"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char *normal = identifier_normal(NULL, rows[i].scheme, rows[i].text);
    assert_string_equal(normal, rows[i].text);
    talloc_free(normal);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identifiers_that_are_given_out_are_valid),
      cmocka_unit_test(one_wrong_digit_is_found),
      cmocka_unit_test(a_seven_in_the_seventh_place_counts_as_0_or_1),
      cmocka_unit_test(other_forms_are_refused),
      cmocka_unit_test(identifiers_without_check_digits_are_taken_by_their_form),
      cmocka_unit_test(pasted_forms_are_brought_to_that_of_the_register),
      cmocka_unit_test(what_is_no_form_of_the_scheme_stays_as_it_came),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
