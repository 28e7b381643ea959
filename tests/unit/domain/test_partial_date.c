/* Partial dates in their standard forms, and dates as people write them. */
#include "domain/partial_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static void assert_interval(const char *text, const char *first, const char *last, bool whole) {
  struct partial_date date;
  char printed[DAY_SIZE];
  assert_true(partial_date_read(text, strlen(text), &date));
  assert_true(date.known);
  assert_int_equal(date.whole, whole);
  day_print(date.first, printed);
  assert_string_equal(printed, first);
  day_print(date.last, printed);
  assert_string_equal(printed, last);
}

static void a_partial_date_stands_for_its_whole_interval(void **state) {
  (void)state;
  assert_interval("2019", "2019-01-01", "2019-12-31", false);
  assert_interval("2019-07", "2019-07-01", "2019-07-31", false);
  assert_interval("2024-02", "2024-02-01", "2024-02-29", false);
  assert_interval("2026-04-21", "2026-04-21", "2026-04-21", true);
  assert_interval("0001", "0001-01-01", "0001-12-31", false);
  assert_interval("9998", "9998-01-01", "9998-12-31", false);
  assert_interval("9999", "9999-01-01", "9999-12-31", false);
  assert_interval("9999-11", "9999-11-01", "9999-11-30", false);
  assert_interval("9999-12", "9999-12-01", "9999-12-31", false);
}

static void the_text_need_not_end_with_a_nul(void **state) {
  (void)state;
  struct partial_date date;
  const char bytes[] = {'2', '0', '1', '9', '-', '0', '7'};
  assert_true(partial_date_read(bytes, sizeof bytes, &date));
  assert_true(partial_date_read(bytes, 4, &date));
}

static void other_forms_and_impossible_dates_are_refused(void **state) {
  (void)state;
  static const char *const refused[] = {"",          "20",          "201",        "0000",       "2019-",
                                        "2019-7",    "2019-00",     "2019-13",    "2019/07",    "2019-07-",
                                        "2019-07-1", "2019-02-29",  "2026-02-30", "2019-07-32", "2019-07-00",
                                        "20190701",  "2019-07-01T", "+019",       "2019-0七",   "２０１９",
                                        "19-07-01",  "2019-07-0a",  "2019-W01"};
  struct partial_date date;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (partial_date_read(refused[i], strlen(refused[i]), &date))
      fail_msg("%s was read", refused[i]);
  assert_false(partial_date_read("2019\0-07", 7, &date));
}

struct loose_row {
  const char *text;
  const char *read; /* NULL: unreadable; "?": ambiguous */
};

static void assert_rows(const struct loose_row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char out[PARTIAL_DATE_SIZE] = "untouched";
    enum loose_result result = partial_date_read_loose(rows[i].text, out);
    enum loose_result expected = LOOSE_READ;
    if (rows[i].read == NULL)
      expected = LOOSE_UNREADABLE;
    else if (strcmp(rows[i].read, "?") == 0)
      expected = LOOSE_AMBIGUOUS;
    if (result != expected || strcmp(out, expected == LOOSE_READ ? rows[i].read : "untouched") != 0)
      fail_msg("%s was read as %d %s", rows[i].text, result, out);
  }
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof rows / sizeof rows[0])

static void dates_of_tables_are_read(void **state) {
  (void)state;
  static const struct loose_row rows[] = {
      {"2019", "2019"},
      {"2019-07", "2019-07"},
      {"2019-07-01", "2019-07-01"},
      {"2019/7", "2019-07"},
      {"2019/07/01", "2019-07-01"},
      {"2019.7.1", "2019-07-01"},
      {"2019-7-1", "2019-07-01"},
      {"2019年", "2019"},
      {"2019年7月", "2019-07"},
      {"2019年7月1日", "2019-07-01"},
      {"２０１９年７月１日", "2019-07-01"},
      {"２０１９／７／１", "2019-07-01"},
      {"２０１９．７．１", "2019-07-01"},
      {"  2019年 7月 1日\t", "2019-07-01"},
      {"2019 / 7 / 1", "2019-07-01"},
      {"2019\xE3\x80\x80年", "2019"},
      {"2024/2/29", "2024-02-29"},
  };
  ASSERT_ROWS(rows);
}

static void japanese_and_taiwanese_years_are_read(void **state) {
  (void)state;
  static const struct loose_row rows[] = {
      {"令和8年4月1日", "2026-04-01"},
      {"令和８年４月１日", "2026-04-01"},
      {"令和 8 年 4 月 1 日", "2026-04-01"},
      {"令和8年4月", "2026-04"},
      {"令和8年", "2026"},
      {"令和8", "2026"},
      {"㋿8年4月1日", "2026-04-01"},
      {"令和8/4/1", "2026-04-01"},
      {"R8.4.1", "2026-04-01"},
      {"r8.4.1", "2026-04-01"},
      {"R8/4", "2026-04"},
      {"Ｒ８．４．１", "2026-04-01"},
      {"R8年", "2026"},
      {"H31.4.30", "2019-04-30"},
      {"S64.1.7", "1989-01-07"},
      {"T元.7.30", "1912-07-30"},
      {"M45-7-30", "1912-07-30"},
      {"民國115年4月1日", "2026-04-01"},
      {"民国115年4月1日", "2026-04-01"},
      {"中華民國115年4月", "2026-04"},
      {"中華民国 115 年", "2026"},
      {"民國115/4/1", "2026-04-01"},
      {"民國元年1月1日", "1912-01-01"},
      {"民國1年", "1912"},
  };
  ASSERT_ROWS(rows);
}

static void an_era_is_read_from_its_first_day_on(void **state) {
  (void)state;
  static const struct loose_row rows[] = {
      {"令和元年5月1日", "2019-05-01"},
      {"令和元年4月30日", NULL},
      {"令和元年5月", "2019-05"},
      {"令和元年4月", NULL},
      {"令和元年", "2019"},
      {"令和0年", NULL},
      {"平成31年4月30日", "2019-04-30"},
      {"平成31年5月1日", "2019-05-01"},
      {"平成31年", "2019"},
      {"平成32年", "2020"},
      {"平成33年3月31日", "2021-03-31"},
      {"H33.3.31", "2021-03-31"},
      {"平成33年3月", "2021-03"},
      {"平成元年1月8日", "1989-01-08"},
      {"平成元年1月7日", NULL},
      {"平成元年1月", "1989-01"},
      {"昭和64年1月7日", "1989-01-07"},
      {"昭和64年1月8日", "1989-01-08"},
      {"昭和64年2月", "1989-02"},
      {"昭和65年", "1990"},
      {"昭和100年12月31日", "2025-12-31"},
      {"大正20年4月1日", "1931-04-01"},
      {"明治46年", "1913"},
      {"平成33年2月29日", NULL},
      {"昭和元年12月25日", "1926-12-25"},
      {"昭和元年12月24日", NULL},
      {"大正15年12月25日", "1926-12-25"},
      {"大正15年12月26日", "1926-12-26"},
      {"大正元年7月30日", "1912-07-30"},
      {"大正元年7月29日", NULL},
      {"明治45年7月30日", "1912-07-30"},
      {"明治45年7月31日", "1912-07-31"},
      {"明治6年1月1日", "1873-01-01"},
      {"明治5年11月1日", NULL},
      {"明治5年", "1872"},
      {"明治元年", "1868"},
      {"令和8年2月30日", NULL},
      {"民國0年", NULL},
      {"民國9000年", NULL},
      {"民國前1年", NULL},
  };
  ASSERT_ROWS(rows);
}

static void what_could_be_read_two_ways_is_ambiguous(void **state) {
  (void)state;
  static const struct loose_row rows[] = {
      {"115/4/1", "?"}, {"4/1/2026", "?"}, {"1.4.26", "?"},   {"26-04-01", "?"},
      {"115/4", "?"},   {"8.4.1", "?"},    {"115年4月", "?"}, {"25年4月1日", "?"},
  };
  ASSERT_ROWS(rows);
}

static void everything_else_is_unreadable(void **state) {
  (void)state;
  static const struct loose_row rows[] = {
      {"", NULL},           {"soon", NULL},         {"115", NULL},         {"R8", NULL},         {"2019/13", NULL},
      {"2019/2/30", NULL},  {"2019/7.1", NULL},     {"2019/7/", NULL},     {"2019/", NULL},      {"2019年7", NULL},
      {"2019年7月1", NULL}, {"2019 7 1", NULL},     {"20190701", NULL},    {"02019/7", NULL},    {"2019/007/1", NULL},
      {"4/2026", NULL},     {"2019/7/1/2", NULL},   {"2019-07-01T", NULL}, {"令和年4月", NULL},  {"二〇一九年", NULL},
      {"X8.4.1", NULL},     {"元年", NULL},         {"0000/1/1", NULL},    {"2019/7/001", NULL}, {"\xFF", NULL},
      {"2019年13月", NULL}, {"2019年7月0日", NULL},
  };
  ASSERT_ROWS(rows);
}

static void what_is_ambiguous_is_told_with_what_it_could_mean(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"115/4/1", "2026-04-01 (民國115)"},
      {"１１５年４月", "2026-04 (民國115)"},
      {"8/4", "2026-04 (令和8), 1996-04 (平成8), 1933-04 (昭和8), 1919-04 (大正8), 1875-04 (明治8), 1919-04 (民國8)"},
      {"4/1/2026", "2026-01-04 (day first), 2026-04-01 (month first)"},
      {"31.4.2026", ""},
      {"30.4.2026", "2026-04-30 (day first)"},
      {"26-12-31", "2026-12-31, 2044-12-31 (令和26), 2014-12-31 (平成26), 1951-12-31 (昭和26), 1893-12-31 (明治26), "
                   "1937-12-31 (民國26), 2031-12-26 (day first)"},
      {"1.4.26", "1989-04-26 (平成1), 1912-04-26 (民國1), 2026-04-01 (day first), 2026-01-04 (month first)"},
      {"115/13/1", ""},
      {"2026/4/1", ""},
      {"soon", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[PARTIAL_DATE_MEANINGS];
    partial_date_meanings(cases[i][0], out);
    assert_string_equal(out, cases[i][1]);
  }
}

static void a_doubtful_year_is_told_with_what_may_be_meant(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"1800", NULL},
      {"2200-12-31", NULL},
      {"1999-01", NULL},
      {"2026-04-01T09:30:00Z", NULL},
      {"2569-04-01", "has a year after 2200; it would be 2026-04-01 if it is a Thai year of the Buddhist era, or "
                     "1909-04-01 if it is a Japanese imperial year"},
      {"2569-04", "has a year after 2200; it would be 2026-04 if it is a Thai year of the Buddhist era, or 1909-04 if "
                  "it is a Japanese imperial year"},
      {"2686", "has a year after 2200; it would be 2143 if it is a Thai year of the Buddhist era, or 2026 if it is a "
               "Japanese imperial year"},
      {"2569-04-01T09:30:00Z",
       "has a year after 2200; it would be 2026-04-01 if it is a Thai year of the Buddhist era, "
       "or 1909-04-01 if it is a Japanese imperial year"},
      {"0115-04-01", "has a year before 1800; it would be 2026-04-01 if it is a Minguo year"},
      {"2568-02-29", "has a year after 2200; it would be 1908-02-29 if it is a Japanese imperial year"},
      {"1447-01-01", "has a year before 1800"},
      {"9999-12-31", "has a year after 2200"},
      {"soon", NULL},
      {"", NULL},
      {"99999999999999999999", NULL},
      {"2569-04-01 and so on and on", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char doubt[PARTIAL_DATE_DOUBT] = "";
    assert_int_equal(partial_date_doubt(rows[i][0], doubt), rows[i][1] != NULL);
    assert_string_equal(doubt, rows[i][1] == NULL ? "" : rows[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_partial_date_stands_for_its_whole_interval),
      cmocka_unit_test(the_text_need_not_end_with_a_nul),
      cmocka_unit_test(other_forms_and_impossible_dates_are_refused),
      cmocka_unit_test(dates_of_tables_are_read),
      cmocka_unit_test(japanese_and_taiwanese_years_are_read),
      cmocka_unit_test(a_doubtful_year_is_told_with_what_may_be_meant),
      cmocka_unit_test(an_era_is_read_from_its_first_day_on),
      cmocka_unit_test(what_could_be_read_two_ways_is_ambiguous),
      cmocka_unit_test(what_is_ambiguous_is_told_with_what_it_could_mean),
      cmocka_unit_test(everything_else_is_unreadable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
