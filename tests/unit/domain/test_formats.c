/* Every format with values that it takes and values that it refuses, each aimed at one clause of its grammar. */
#include "domain/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the above. */
#include <cmocka.h>

static const struct format *format_named(const char *name) {
  for (const struct format *format = domain_formats; format->name != NULL; format++)
    if (strcmp(format->name, name) == 0)
      return format;
  fail_msg("no format %s", name);
  return NULL;
}

/* Asks with exactly as many bytes as there are, so that reading past them is found. */
static bool valid(const char *name, const char *text) {
  size_t length = strlen(text);
  char *bytes = malloc(length + (length == 0));
  assert_non_null(bytes);
  memcpy(bytes, text, length);
  bool result = format_named(name)->valid(bytes, length);
  free(bytes);
  return result;
}

struct row {
  const char *format;
  const char *taken[24];
  const char *refused[40];
};

static const struct row rows[] = {
    {"partial-date", {"2019", "2019-07", "2026-04-21"}, {"", "2019-13", "2019/7", "2026-02-30"}},
    {"date", {"2026-04-21", "2024-02-29"}, {"", "2019", "2019-07", "2023-02-29", "2026-04-21T"}},
    {"date-time",
     {"2026-04-01T09:30:00Z", "2026-04-01t09:30:00z", "2026-04-01T09:30:00.123456789Z", "2026-04-01T09:30:00+09:00",
      "2026-04-01T09:30:00.5-00:30", "2016-12-31T23:59:60Z", "2017-01-01T08:59:60+09:00", "2016-12-31T15:59:60-08:00"},
     {"",
      "2026-04-01",
      "2026-04-01T09:30:00",
      "2026-04-01 09:30:00Z",
      "2026-02-30T09:30:00Z",
      "2026-04-01T24:00:00Z",
      "2026-04-01T09:60:00Z",
      "2026-04-01T09:30:61Z",
      "2026-04-01T09:30:60Z",
      "2026-04-01T09:30:00.Z",
      "2026-04-01T09:30Z",
      "2026-04-01T09:30:00+0900",
      "2026-04-01T09:30:00+24:00",
      "2026-04-01T09:30:00+09:60",
      "2026-04-01T09:30:00+09",
      "2026-04-01T09:30:00ZZ",
      "2026-04-01T09:30:00.5",
      "2026-04-01T0a:30:00Z",
      "2026-04-01T09-30:00Z",
      "2026-04-01T09:30-00Z",
      "2026-04-01T09:30:00+0a:00"}},
    {"slug", {"itri", "a.b"}, {"", "-a", "A"}},
    {"network", {"192.0.2.0/24", "::1", "2001:db8::/32"}, {"", "192.0.2.1/24", "x"}},
    {"words", {"ITRI", " 院", "\xf0\x9f\xa4\x9d"}, {"", " \t", "\xe3\x80\x80", "\xe2\x80\x8b"}},
    {"line",
     {"ITRI", "院 x", "a", "a\u00a0b", "a\u2028b", "می\u200cخواهم", "👩\u200d🔬", "שלום x"},
     {"",         " ",        "\u3000",   "a\nb",     "a\n",      "\ta",      "a\rb",    " a",        "a ",
      "\u3000a",  "a\u00a0",  "a\u2028",  "\u200ba",  "a\u200b",  "a\u200d",  "\ufeffa", "a\u202eb",  "\u202dab",
      "ab\u202c", "a\u2066b", "a\u2069b", "a\u200eb", "a\u200fb", "a\u061cb", "a\x7f",   "a\xc2\x85", "a\xff"}},
    {"language-tag",
     {"ja",
      "en",
      "ja-Kana",
      "ja-Latn",
      "zh-Hant",
      "zh-Hant-TW",
      "zh-cmn-Hans-CN",
      "es-419",
      "de-CH-1901",
      "sl-rozaj-biske",
      "de-DE-u-co-phonebk",
      "en-a-bbb-x-a-ccc",
      "x-whatever",
      "X-a-1",
      "ja-x-old",
      "qaa",
      "abcd",
      "abcdefgh",
      "EN-us",
      "zh-min-nan",
      "hy-Latn-IT-arevela"},
     {"",          "j",      "-",     "ja-",          "-ja",      "ja--JP",
      "abcdefghi", "ja_JP",  "j1",    "ja-Kana-Latn", "ja-JP-US", "en-u",
      "en-u-a",    "x",      "x-",    "x-abcdefghi",  "en-x",     "zh-aaa-bbb-ccc-ddd",
      "abcd-cmn",  "日本語", "en-12", "de-419-DE",    "a-DE",     "en-x-a-é"}},
    {"country-code", {"JP", "TW", "CH", "AD", "ZW", "GB"}, {"", "J", "jp", "JPN", "XX", "UK", "EU", "A ", " A", "DA"}},
    {"region-code",
     {"JP-14", "TW-TPE", "US-CA", "CH-ZH", "FR-2"},
     {"", "JP", "JP-", "JP-1234", "XX-14", "JP14", "jp-14", "JP-ab", "-14", "JP-1-"}},
    {"uri",
     {"https://example.org", "http://example.org/", "HTTPS://EXAMPLE.ORG/a/b;c=d?e=f&g#h/?",
      "https://example.org:8080/", "https://example.org:/", "http://127.0.0.1", "http://[::1]/",
      "http://[2001:db8::1]:80/x", "https://example.org?q", "https://example.org#f",
      "https://xn--wgv71a119e.jp/%E5%89%B5", "https://example.org//a/"},
     {"",
      "https://",
      "https:///path",
      "example.org",
      "ftp://example.org",
      "https:/example.org",
      "https://a b",
      "https://example.org/創薬",
      "https://example.org/%",
      "https://example.org/%4",
      "https://example.org/%zz",
      "https://user@example.org/",
      "https://user:pw@example.org/",
      "https://example.org:80a/",
      "https://example.org:65536/",
      "https://example.org:123456/",
      "https://:80/",
      "http://[::1",
      "http://[]",
      "http://[::1]80",
      "http://[::g]/",
      "http://[1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19]/",
      "https://example.org/<a>",
      "https://example.org/#a#b",
      "https://example.org/\"",
      "https://example.org/a\\b",
      "https://example.org/\n",
      "https://ex[ample.org/",
      "mailto:a@example.org",
      "//example.org",
      "https//example.org"}},
    {"email",
     {"name@example.org", "first.last+tag@sub.example.co.jp", "o'neil@example.org", "a@b.c"},
     {"", "name", "@example.org", "name@", "name@example", "a..b@example.org", ".a@example.org", "a.@example.org",
      "a@b@example.org", "a b@example.org", "name@-example.org", "name@example-.org", "name@example..org",
      "name@example.org.", "名@example.org", "name@exa_mple.org", "\"a b\"@example.org",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.org",
      "a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"}},
    {"sha256",
     {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
     {"", "e3b0", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
      "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8550"}},
    {"media-type",
     {"application/pdf", "text/html", "image/svg+xml", "application/vnd.ms-excel", "x/y"},
     {"", "pdf", "application/", "/pdf", "text/html; charset=utf-8", "text/ html", "a/b/c", ".a/b", "text/+x",
      "text/é"}},
};

static void each_format_takes_what_its_standard_allows_and_nothing_else(void **state) {
  (void)state;
  for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
    for (size_t i = 0; i < 24 && rows[r].taken[i] != NULL; i++)
      if (!valid(rows[r].format, rows[r].taken[i]))
        fail_msg("%s refuses %s", rows[r].format, rows[r].taken[i]);
    for (size_t i = 0; i < 40 && rows[r].refused[i] != NULL; i++)
      if (valid(rows[r].format, rows[r].refused[i]))
        fail_msg("%s takes %s", rows[r].format, rows[r].refused[i]);
  }
}

static void every_format_is_tested_and_says_what_it_expects(void **state) {
  (void)state;
  for (const struct format *format = domain_formats; format->name != NULL; format++) {
    assert_non_null(format->expected);
    bool tested = false;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
      tested = tested || strcmp(rows[r].format, format->name) == 0;
    assert_true(tested);
  }
}

static void a_nul_is_never_part_of_a_value(void **state) {
  (void)state;
  static const char *const values[] = {
      "2026-04-21",           "2026-04-01T09:30:00Z", "itri",     "ja-Kana", "JP", "JP-14",
      "https://example.org/", "name@example.org",     "text/html"};
  for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
    for (const struct format *format = domain_formats; format->name != NULL; format++)
      for (size_t at = 0; at < strlen(values[v]); at++) {
        char bytes[32];
        memcpy(bytes, values[v], strlen(values[v]));
        bytes[at] = '\0';
        assert_false(format->valid(bytes, strlen(values[v])));
      }
  assert_false(format_named("uri")->valid("http://[::1\0]/", 14));
}

static void there_are_249_countries(void **state) {
  (void)state;
  const struct format *format = format_named("country-code");
  int count = 0;
  for (char a = 'A'; a <= 'Z'; a++)
    for (char b = 'A'; b <= 'Z'; b++)
      count += format->valid((const char[]){a, b}, 2) ? 1 : 0;
  assert_int_equal(count, 249);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_format_takes_what_its_standard_allows_and_nothing_else),
      cmocka_unit_test(every_format_is_tested_and_says_what_it_expects),
      cmocka_unit_test(a_nul_is_never_part_of_a_value),
      cmocka_unit_test(there_are_249_countries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
