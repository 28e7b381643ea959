/* Pages: one order, walked in steps of any size, forward and backward, with records that have no value. */
#include "sample.h"

#include "store/selection.h"

enum { RECORDS = 9, MOST_KEYS = 32 };

/* Organizations by slug, which their ids follow, and the year they were established in, if known. */
static const struct {
  const char *slug, *established, *country;
} records[RECORDS] = {{"a", "2019", "JP"}, {"b", NULL, "TW"},   {"c", "2021", "JP"},
                      {"d", NULL, NULL},   {"e", "2020", "TW"}, {"f", "2019", "DE"},
                      {"g", "1999", "DE"}, {"h", NULL, "JP"},   {"i", "2021", "TW"}};

static bool write_records(void *argument, struct db *db) {
  struct sample *sample = argument;
  bool fine = true;
  for (int i = 0; i < RECORDS; i++) {
    json_t *members = json_pack("{s:s?, s:s?}", "established", records[i].established, "country", records[i].country);
    char *text = json_dumps(members, 0);
    fine = sample_insert(db, sample->organizations, records[i].slug, text) != 0 && fine;
    free(text);
    json_decref(members);
  }
  return fine;
}

static int with_records(void **state) {
  int result = sample_store(state);
  struct sample *sample = *state;
  return result != 0 || store_write(sample->store, write_records, sample) != WRITE_SAVED;
}

static const struct sort *sort_of(struct sample *sample, const char *name) {
  for (size_t i = 0; i < sample->organizations->sort_count; i++) {
    if (strcmp(sample->organizations->sorts[i].name, name) == 0) {
      return &sample->organizations->sorts[i];
    }
  }
  fail_msg("there is no sort key %s", name);
  return NULL;
}

static const struct filter *filter_of(struct sample *sample, const char *name) {
  for (size_t i = 0; i < sample->organizations->filter_count; i++) {
    if (strcmp(sample->organizations->filters[i].name, name) == 0) {
      return &sample->organizations->filters[i];
    }
  }
  fail_msg("there is no filter %s", name);
  return NULL;
}

/* Walks the whole list in pages of `limit`; the last letter of each id, in order. */
static void walk(struct sample *sample, struct page_request request, size_t limit, char out[MOST_KEYS]) {
  struct page_key keys[MOST_KEYS];
  json_t *value = NULL;
  char id[TYPEID_SIZE];
  size_t length = 0;
  request.limit = limit;
  assert_true(db_begin_read(sample->reader));
  for (;;) {
    long count = resource_page(sample->reader, &request, keys);
    assert_in_range(count, 0, (long)limit);
    for (long i = 0; i < count; i++) {
      assert_true(length < MOST_KEYS - 1);
      out[length++] = keys[i].id[strlen(keys[i].id) - 1];
    }
    if (count > 0) {
      json_decref(value);
      value = json_incref(keys[count - 1].value);
      memcpy(id, keys[count - 1].id, sizeof id);
    }
    for (long i = 0; i < count; i++) {
      json_decref(keys[i].value);
    }
    if (count < (long)limit) {
      break;
    }
    request.after = true;
    request.after_value = value;
    request.after_id = id;
  }
  json_decref(value);
  db_end_read(sample->reader);
  out[length] = '\0';
}

static void assert_order(struct sample *sample, struct page_request request, const char *order) {
  const struct selection all = {.resource = sample->organizations};
  char got[MOST_KEYS];
  request.selection = request.selection == NULL ? &all : request.selection;
  for (size_t limit = 1; limit <= RECORDS + 1; limit++) {
    walk(sample, request, limit, got);
    assert_string_equal(got, order);
  }
}

static void without_a_sort_key_the_order_is_that_of_the_ids(void **state) {
  assert_order(*state, (struct page_request){0}, "abcdefghi");
  assert_order(*state, (struct page_request){.descending = true}, "ihgfedcba");
}

static void records_without_a_value_come_last_and_ids_break_ties(void **state) {
  const struct sort *established = sort_of(*state, "established");
  assert_order(*state, (struct page_request){.sort = established}, "gafecibdh");
}

static void they_come_last_in_the_other_direction_too(void **state) {
  const struct sort *established = sort_of(*state, "established");
  assert_order(*state, (struct page_request){.sort = established, .descending = true}, "icefaghdb");
}

/* The records for which all the conditions hold, in the order of `sort` (NULL: as they were made). */
static void assert_found(struct sample *sample, const struct condition *conditions, size_t count, const char *sort,
                         const char *order) {
  const struct selection selection = {
      .resource = sample->organizations, .conditions = conditions, .count = count, .today = "2026-05-01"};
  assert_order(sample,
               (struct page_request){.selection = &selection, .sort = sort == NULL ? NULL : sort_of(sample, sort)},
               order);
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(selection_count(sample->reader, &selection), strlen(order));
  db_end_read(sample->reader);
}

static const struct operand japan[] = {{.text = "JP"}}, two[] = {{.text = "JP"}, {.text = "TW"}},
                            nowhere[] = {{.text = "XX"}}, yes[] = {{.number = 1}}, no[] = {{.number = 0}};

static void a_filter_takes_any_of_its_values_and_keeps_the_order(void **state) {
  const struct filter *country = filter_of(*state, "country");
  const struct condition either = {country, OPERATOR_IS, two, 2}, one = {country, OPERATOR_IS, japan, 1};
  assert_found(*state, &either, 1, "established", "aecibh");
  assert_found(*state, &one, 1, "established", "ach");
  assert_found(*state, &either, 1, NULL, "abcehi");
  assert_found(*state, &either, 1, "country", "achbei");
}

static void a_filter_that_nothing_meets_gives_an_empty_page(void **state) {
  const struct condition none = {filter_of(*state, "country"), OPERATOR_IS, nowhere, 1};
  assert_found(*state, &none, 1, NULL, "");
  assert_found(*state, &none, 1, "established", "");
}

static void what_is_not_known_is_none_of_the_values(void **state) {
  const struct condition other = {filter_of(*state, "country"), OPERATOR_NE, japan, 1};
  assert_found(*state, &other, 1, NULL, "bdefgi");
  assert_found(*state, &other, 1, "established", "gfeibd");
}

static void what_is_not_known_can_be_asked_for(void **state) {
  const struct filter *established = filter_of(*state, "established");
  const struct condition unknown = {established, OPERATOR_ISNULL, yes, 1},
                         known = {established, OPERATOR_ISNULL, no, 1};
  assert_found(*state, &unknown, 1, NULL, "bdh");
  assert_found(*state, &unknown, 1, "established", "bdh");
  assert_found(*state, &unknown, 1, "country", "hbd");
  assert_found(*state, &known, 1, NULL, "acefgi");
  assert_found(*state, &known, 1, "established", "gafeci");
}

static void bounds_leave_out_what_is_not_known(void **state) {
  static const struct operand from[] = {{.text = "2019"}},
                              until[] = {{.text = "2020-12-31"}, {.text = ""}, {.text = ""}};
  const struct filter *established = filter_of(*state, "established");
  const struct condition both[] = {{established, OPERATOR_GTE, from, 1}, {established, OPERATOR_LTE, until, 3}};
  assert_found(*state, both, 2, NULL, "aef");
  assert_found(*state, both, 2, "established", "afe");
  assert_found(*state, both, 2, "country", "fae");
}

static void conditions_hold_together(void **state) {
  static const struct operand from[] = {{.text = "2020"}};
  const struct condition all[] = {{filter_of(*state, "country"), OPERATOR_IS, two, 2},
                                  {filter_of(*state, "established"), OPERATOR_GTE, from, 1}};
  assert_found(*state, all, 2, NULL, "cei");
  assert_found(*state, all, 2, "established", "eci");
}

static bool delete_some(void *argument, struct db *db) {
  struct sample *sample = argument;
  struct found found;
  return resource_find(db, sample->organizations, "f", &found) &&
         resource_delete(db, sample->organizations, found.pk, found.id) &&
         sample_insert(db, sample->organizations, "0", "{\"established\": \"2018\"}") != 0;
}

static void a_place_stays_when_its_record_goes_and_others_come_before_it(void **state) {
  struct sample *sample = *state;
  const struct selection all = {.resource = sample->organizations};
  struct page_request request = {.selection = &all, .sort = sort_of(sample, "established"), .limit = 3};
  struct page_key keys[3], next[3];
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(resource_page(sample->reader, &request, keys), 3); /* g a f */
  db_end_read(sample->reader);
  assert_int_equal(store_write(sample->store, delete_some, sample), WRITE_SAVED);
  request.after = true;
  request.after_value = keys[2].value;
  request.after_id = keys[2].id;
  assert_true(db_begin_read(sample->reader));
  assert_int_equal(resource_page(sample->reader, &request, next), 3);
  db_end_read(sample->reader);
  assert_string_equal(next[0].id, "org_e");
  assert_string_equal(next[1].id, "org_c");
  assert_string_equal(next[2].id, "org_i");
  for (int i = 0; i < 3; i++) {
    json_decref(keys[i].value);
    json_decref(next[i].value);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_records, sample_free)
  const struct CMUnitTest tests[] = {
      TEST(without_a_sort_key_the_order_is_that_of_the_ids),
      TEST(records_without_a_value_come_last_and_ids_break_ties),
      TEST(they_come_last_in_the_other_direction_too),
      TEST(a_filter_takes_any_of_its_values_and_keeps_the_order),
      TEST(a_filter_that_nothing_meets_gives_an_empty_page),
      TEST(what_is_not_known_is_none_of_the_values),
      TEST(what_is_not_known_can_be_asked_for),
      TEST(bounds_leave_out_what_is_not_known),
      TEST(conditions_hold_together),
      TEST(a_place_stays_when_its_record_goes_and_others_come_before_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
