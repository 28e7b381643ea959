/* What a query may ask. */
#include "sample.h"

#include <stdio.h>

static void assert_query(const struct contract *contract, const char *id, const char *query, const char *expected) {
  char raw[4000];
  snprintf(raw, sizeof raw, "/x?%s", query);
  const char *why;
  struct uri *uri = uri_read(NULL, raw, &why);
  assert_non_null(uri);
  struct faults *faults = faults_new(uri);
  contract_check_query(sample_operation(contract, id), uri, faults);
  const char *words = sample_words(faults);
  if (strcmp(words, expected) != 0) {
    fail_msg("%s: %s", query, words);
  }
  for (size_t i = 0; i < faults->count; i++) {
    assert_int_equal(faults->list[i].place, PLACE_PARAMETER);
  }
  talloc_free(uri);
}

static void declared_parameters_and_filters_are_taken(void **state) {
  assert_query(*state, "list-books", "", "");
  assert_query(*state, "list-books", "limit=500&total=true&sort=-title&fields=id,title&near=1.5&near=-0&near=9e1", "");
  assert_query(*state, "list-books",
               "kind=novel&kind=essay&on=2026-04-01&author=ann&owner=per_01h&tag=x&loan_terms_days=3", "");
  assert_query(*state, "list-people", "alive=false&born=1950", "");
}

static void an_unknown_parameter_is_a_fault_that_names_the_nearest_one(void **state) {
  assert_query(*state, "list-books", "knid=novel", "knid unknown: is not a known parameter; did you mean `kind`?");
  assert_query(*state, "list-people", "weather=fine",
               "weather unknown: is not a known parameter; known are id, name, born, alive");
  assert_query(*state, "get-book", "x=1", "x unknown: is not a known parameter; there are none");
  assert_query(*state, "match-book", "name=ab&=1", " unknown: is not a known parameter; known are name");
}

static void filters_are_taken_only_where_lists_are_filtered(void **state) {
  assert_query(*state, "create-book", "kind=novel", "kind unknown: is not a known parameter; there are none");
}

static void operators_are_taken_where_they_mean_something(void **state) {
  assert_query(
      *state, "list-books",
      "on__lte=2026-04-01&on__gt=2025-01-01&on__isnull=false&title__ne=a&title__ne=b&tag__isnull=true&kind__ne=novel",
      "");
  assert_query(*state, "list-books", "kind__lt=novel",
               "kind__lt unknown: has an operator that `kind` does not support; it supports `__ne`, `__isnull`");
  assert_query(*state, "list-books", "tag__gte=x",
               "tag__gte unknown: has an operator that `tag` does not support; it supports `__ne`, `__isnull`");
  assert_query(*state, "list-books", "title__under=x",
               "title__under unknown: has an operator that `title` does not support; it supports `__ne`, `__lt`, "
               "`__lte`, `__gt`, `__gte`");
  assert_query(*state, "list-books", "titel__ne=x",
               "titel__ne unknown: is not a known parameter; did you mean `title__ne`?");
  assert_query(*state, "list-books", "limit__ne=1",
               "limit__ne unknown: is not a known parameter; did you mean `limit`?");
  assert_query(*state, "list-books", "kidn__lt=b", "kidn__lt unknown: is not a known parameter; did you mean `kind`?");
  static const char *const slips[] = {"on_lte",   "on[lte]", "on.lte", "on__le", "on__max",
                                      "on_until", "no__lte", "on:lte", "on_LTE"};
  for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
    char query[40], expected[120];
    snprintf(query, sizeof query, "%s=2026-04-01", slips[i]);
    snprintf(expected, sizeof expected, "%s unknown: is not a known parameter; did you mean `on__lte`?", slips[i]);
    assert_query(*state, "list-books", query, expected);
  }
  assert_query(*state, "list-books", "title_eq=x", "title_eq unknown: is not a known parameter; did you mean `title`?");
  assert_query(*state, "list-people", "moon__lte=1",
               "moon__lte unknown: is not a known parameter; known are id, name, born, alive");
}

static void a_value_behind_an_operator_is_checked_too(void **state) {
  assert_query(*state, "list-books", "kind__ne=poem&on__lt=soon",
               "kind__ne enum: must be one of novel, essay\non__lt format: must be a day such as 2026-04-01");
  assert_query(*state, "list-books", "on__isnull=maybe", "on__isnull type: must be true or false");
}

static void assert_value(const struct contract *contract, const char *query, const char *name, const char *expected) {
  const char *why = NULL, *raw = memory_print(NULL, "/v1/books?%s", query);
  struct uri *uri = uri_read(NULL, raw, &why);
  struct faults *faults = faults_new(uri);
  const struct operation *operation = sample_operation(contract, "list-books");
  contract_check_query(operation, uri, faults);
  assert_int_equal(faults->count, 0);
  assert_string_equal(contract_parameter(operation, uri, name), expected);
  talloc_free(uri);
  talloc_free((void *)(uintptr_t)raw);
}

static void a_value_is_made_tidy(void **state) {
  assert_value(*state, "limit=+1", "limit", "1");
  assert_value(*state, "limit=%2B1", "limit", "1");
  assert_value(*state, "limit=50.0", "limit", "50");
  assert_value(*state, "limit=5e1%20", "limit", "50");
  assert_value(*state, "sort=%C2%A0a++b+", "sort", "a b");
  assert_value(*state, "fields=id,+title", "fields", "id,title");
  assert_value(*state, "near=1.50", "near", "1.50");
  assert_value(*state, "total=+true", "total", "true");
}

static void a_bound_is_given_once(void **state) {
  assert_query(*state, "list-books", "on__lt=2026-01-01&on__lt=2027-01-01", "on__lt repeated: can be given only once");
  assert_query(*state, "list-books", "on__isnull=true&on__isnull=true", "on__isnull repeated: can be given only once");
}

static void values_are_checked_as_what_they_should_be(void **state) {
  static const char *const cases[][2] = {
      {"limit=501", "limit maximum: must be at most 500"},
      {"limit=0", "limit minimum: must be at least 1"},
      {"limit=", "limit type: must be an integer"},
      {"limit=1.5", "limit type: must be an integer"},

      {"limit=1e400", "limit type: must be an integer"},
      {"limit=99999999999999999999", "limit maximum: must be at most 500"},
      {"total=yes", "total type: must be true or false"},
      {"total=", "total type: must be true or false"},
      {"sort=abcdefghijk", "sort too_long: must be at most 10 characters long, not 11"},
      {"near=0x10", "near type: must be a number"},
      {"near=inf", "near type: must be a number"},
      {"near=91", "near maximum: must be at most 90"},
      {"near=-0.5", "near minimum: must be at least 0"},
      {"fields=id,titel", "fields enum: must be one of id, title; did you mean `title`?"},
      {"fields=", "fields enum: must be one of id, title"},
      {"kind=poem", "kind enum: must be one of novel, essay"},
      {"on=1.4.2026", "on format: must be a day such as 2026-04-01"},
      {"author=Ann%20Lee", "author format: must be a slug or an id: a-z, 0-9, `.`, `_` and `-`, at most 64 characters"},
      {"loan_terms_days=x", "loan_terms_days type: must be an integer"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_query(*state, "list-books", cases[i][0], cases[i][1]);
  }
}

static void what_takes_one_value_cannot_be_given_twice(void **state) {
  assert_query(*state, "list-books", "limit=1&limit=2", "limit repeated: can be given only once");
  assert_query(*state, "list-books", "fields=id&fields=title&fields=id,title", "");
  assert_query(*state, "list-books", "fields=id&fields=titel",
               "fields enum: must be one of id, title; did you mean `title`?");
  assert_query(*state, "list-books", "limit=1&limit=2&total=true&limit=x&limit=3&total=true&limit=4",
               "limit repeated: can be given only once\ntotal repeated: can be given only once");
}

static void a_required_parameter_is_missed(void **state) {
  assert_query(*state, "match-book", "", "name required: is required");
  assert_query(*state, "match-book", "name=a", "name too_short: must be at least 2 characters long");
}

static void all_faults_are_told_at_once(void **state) {
  assert_query(*state, "list-people", "bron=1&alive=x",
               "bron unknown: is not a known parameter; did you mean `born`?\nalive type: must be true or false");
}

static void many_faults_are_counted(void **state) {
  char raw[4000] = "/x?";
  for (int i = 0; i < 400; i++) {
    strcat(raw, "zzzzz=1&");
  }
  const char *why;
  struct uri *uri = uri_read(NULL, raw, &why);
  struct faults *faults = faults_new(uri);
  contract_check_query(sample_operation(*state, "list-books"), uri, faults);
  assert_int_equal(faults->count, FAULTS_MOST);
  assert_int_equal(faults->dropped, 300);
  talloc_free(uri);
}

static void a_parameter_has_its_value_or_its_default(void **state) {
  const struct operation *list = sample_operation(*state, "list-books");
  const char *why;
  struct uri *uri = uri_read(NULL, "/x?sort=-title&kind=novel", &why);
  assert_string_equal(contract_parameter(list, uri, "sort"), "-title");
  assert_string_equal(contract_parameter(list, uri, "kind"), "novel");
  assert_string_equal(contract_parameter(list, uri, "limit"), "50");
  assert_string_equal(contract_parameter(list, uri, "total"), "false");
  assert_null(contract_parameter(list, uri, "fields"));
  assert_null(contract_parameter(list, uri, "moon"));
  talloc_free(uri);
}

static void the_items_of_a_list_are_given_however_they_were_sent(void **state) {
  const struct operation *list = sample_operation(*state, "list-books");
  const char *why;
  struct uri *uri = uri_read(NULL, "/x?fields=id&limit=3&fields=title,id", &why);
  contract_check_query(list, uri, faults_new(uri));
  assert_string_equal(contract_parameter_items(uri, list, uri, "fields"), "id,title,id");
  assert_string_equal(contract_parameter_items(uri, list, uri, "limit"), "3");
  assert_null(contract_parameter_items(uri, list, uri, "near"));
  talloc_free(uri);
}

static void a_value_that_was_refused_is_not_given(void **state) {
  const struct operation *list = sample_operation(*state, "list-books"),
                         *match = sample_operation(*state, "match-book");
  const char *why;
  struct uri *uri =
      uri_read(NULL, "/x?limit=x&total=true&total=false&total=maybe&kind=poem&kind=novel&knid=essay", &why);
  struct faults *faults = faults_new(uri);
  contract_check_query(list, uri, faults);
  static const bool refused[] = {true, false, true, true, true, false, true};
  for (size_t i = 0; i < uri->pair_count; i++) {
    assert_int_equal(uri->pairs[i].refused, refused[i]);
  }
  assert_string_equal(contract_parameter(list, uri, "limit"), "50");
  assert_string_equal(contract_parameter(list, uri, "total"), "true");
  assert_string_equal(contract_parameter(list, uri, "kind"), "novel");
  talloc_free(uri);
  uri = uri_read(NULL, "/x?name=", &why);
  faults = faults_new(uri);
  contract_check_query(match, uri, faults);
  assert_int_equal(faults->count, 1); /* it is there, and so not missing as well */
  assert_null(contract_parameter(match, uri, "name"));
  talloc_free(uri);
}

static void a_declared_header_is_checked_and_others_are_left_alone(void **state) {
  const struct operation *list = sample_operation(*state, "list-books");
  static const struct {
    const char *name, *value, *code; /* NULL: taken */
  } cases[] = {
      {"If-None-Match", NULL, NULL},
      {"If-None-Match", "", NULL},
      {"If-None-Match", "\u672c\u672c\u672c", NULL},
      {"If-None-Match", "123456", ""},
      {"If-None-Match", "a\xff", "characters"},
      {"If-None-Match", "a\tb", "characters"},
      {"User-Agent", "a very long one\xff", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct faults *faults = faults_new(NULL);
    contract_check_header(list, cases[i].name, cases[i].value, faults);
    assert_int_equal(faults->count, cases[i].code != NULL);
    if (faults->count > 0) {
      assert_int_equal(faults->list[0].place, PLACE_HEADER);
      assert_string_equal(faults->list[0].where, cases[i].name);
    }
    if (faults->count > 0 && cases[i].code[0] != '\0') {
      assert_string_equal(faults->list[0].code, cases[i].code);
    }
    talloc_free(faults);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(declared_parameters_and_filters_are_taken),
      cmocka_unit_test(an_unknown_parameter_is_a_fault_that_names_the_nearest_one),
      cmocka_unit_test(filters_are_taken_only_where_lists_are_filtered),
      cmocka_unit_test(operators_are_taken_where_they_mean_something),
      cmocka_unit_test(a_value_behind_an_operator_is_checked_too),
      cmocka_unit_test(a_value_is_made_tidy),
      cmocka_unit_test(a_bound_is_given_once),
      cmocka_unit_test(values_are_checked_as_what_they_should_be),
      cmocka_unit_test(what_takes_one_value_cannot_be_given_twice),
      cmocka_unit_test(a_required_parameter_is_missed),
      cmocka_unit_test(all_faults_are_told_at_once),
      cmocka_unit_test(many_faults_are_counted),
      cmocka_unit_test(a_parameter_has_its_value_or_its_default),
      cmocka_unit_test(the_items_of_a_list_are_given_however_they_were_sent),
      cmocka_unit_test(a_value_that_was_refused_is_not_given),
      cmocka_unit_test(a_declared_header_is_checked_and_others_are_left_alone),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
