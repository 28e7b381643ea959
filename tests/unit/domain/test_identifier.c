/* Identifiers that are really given out, and the same with one character changed. */
#include "domain/identifier.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identifiers_that_are_given_out_are_valid),
      cmocka_unit_test(one_wrong_digit_is_found),
      cmocka_unit_test(a_seven_in_the_seventh_place_counts_as_0_or_1),
      cmocka_unit_test(other_forms_are_refused),
      cmocka_unit_test(identifiers_without_check_digits_are_taken_by_their_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
