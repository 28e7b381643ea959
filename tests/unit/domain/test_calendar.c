/* Calendars: which events there are, on which days, and that their text is one that any reader takes. */
#include "domain/calendar.h"

#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four above. */
#include <cmocka.h>
#include <utf8proc.h>

static day on(const char *text) {
  day value = DAY_NONE;
  assert_true(text == NULL || day_read(text, &value));
  return value;
}

static struct calendar_agreement agreement(const char *starts_on, const char *ends_on, const char *notice_on) {
  return (struct calendar_agreement){.id = "agr_1",
                                     .title = "Care robots",
                                     .details = "Status: in_force",
                                     .starts_on = on(starts_on),
                                     .ends_on = on(ends_on),
                                     .notice_on = on(notice_on),
                                     .revision = 7,
                                     .created_at = "2026-04-01T09:30:00.000Z",
                                     .updated_at = "2026-05-02T23:59:59.999Z"};
}

/* The lines that begin so, one after another, with their folds undone. */
static char *lines(const struct text *text, const char *name) {
  char *plain = memory_array(text, char, text->length + 1);
  size_t length = 0;
  for (size_t i = 0; i < text->length; i++) {
    if (strncmp(text->data + i, "\r\n ", 3) == 0) {
      i += 2;
    } else {
      plain[length++] = text->data[i];
    }
  }
  struct text *found = text_new(text);
  for (char *line = strtok(plain, "\r\n"); line != NULL; line = strtok(NULL, "\r\n")) {
    if (strncmp(line, name, strlen(name)) == 0) {
      text_addf(found, "%s\n", line);
    }
  }
  return found->data;
}

static struct text *events_of(const struct calendar_agreement *told) {
  struct text *out = text_new(NULL);
  calendar_add(out, told);
  return out;
}

static void assert_days(const char *starts_on, const char *ends_on, const char *notice_on, const char *expected) {
  struct calendar_agreement told = agreement(starts_on, ends_on, notice_on);
  struct text *out = events_of(&told);
  assert_string_equal(lines(out, "DTSTART"), expected);
  talloc_free(out);
}

static void the_days_are_review_notice_and_end(void **state) {
  (void)state;
  assert_days("2026-04-01", "2029-03-31", "2028-12-31",
              "DTSTART;VALUE=DATE:20280930\nDTSTART;VALUE=DATE:20281231\nDTSTART;VALUE=DATE:20290331\n");
  assert_days("2026-04-01", "2029-03-31", NULL, "DTSTART;VALUE=DATE:20280930\nDTSTART;VALUE=DATE:20290331\n");
}

static void without_an_end_there_is_nothing_to_tell(void **state) {
  (void)state;
  assert_days("2026-04-01", NULL, NULL, "");
}

static void half_a_year_before_is_cut_to_the_length_of_its_month(void **state) {
  (void)state;
  static const struct {
    const char *end, *expected;
  } cases[] = {{"2024-08-31", "DTSTART;VALUE=DATE:20240229\nDTSTART;VALUE=DATE:20240831\n"},
               {"2025-08-31", "DTSTART;VALUE=DATE:20250228\nDTSTART;VALUE=DATE:20250831\n"},
               {"2025-08-28", "DTSTART;VALUE=DATE:20250228\nDTSTART;VALUE=DATE:20250828\n"},
               {"2024-02-29", "DTSTART;VALUE=DATE:20230829\nDTSTART;VALUE=DATE:20240229\n"},
               {"2025-05-31", "DTSTART;VALUE=DATE:20241130\nDTSTART;VALUE=DATE:20250531\n"},
               {"2100-08-30", "DTSTART;VALUE=DATE:21000228\nDTSTART;VALUE=DATE:21000830\n"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_days("2000-01-01", cases[i].end, NULL, cases[i].expected);
  }
}

static void a_period_shorter_than_half_a_year_has_no_review(void **state) {
  (void)state;
  assert_days("2026-01-01", "2026-06-30", NULL, "DTSTART;VALUE=DATE:20260630\n");
  assert_days("2025-12-30", "2026-06-30", NULL, "DTSTART;VALUE=DATE:20251230\nDTSTART;VALUE=DATE:20260630\n");
  assert_days("2025-12-31", "2026-06-30", NULL, "DTSTART;VALUE=DATE:20260630\n");
}

static void days_of_any_year_up_to_2999_can_be_told(void **state) {
  (void)state;
  assert_days("0001-01-01", "0001-12-31", "0001-01-01",
              "DTSTART;VALUE=DATE:00010630\nDTSTART;VALUE=DATE:00010101\nDTSTART;VALUE=DATE:00011231\n");
  assert_days("2999-12-31", "2999-12-31", NULL, "DTSTART;VALUE=DATE:29991231\n");
  assert_days("3000-01-01", "3000-01-01", NULL, "");
  assert_days("9999-12-01", "9999-12-31", "9999-12-01", "");
}

static void an_event_is_one_day_long_and_keeps_its_name_and_its_place_in_time(void **state) {
  (void)state;
  struct calendar_agreement told = agreement("2026-04-01", "2028-02-28", "2027-12-31");
  struct text *out = events_of(&told);
  assert_string_equal(lines(out, "UID"), "UID:agr_1-review\nUID:agr_1-notice\nUID:agr_1-end\n");
  assert_string_equal(lines(out, "DTEND"),
                      "DTEND;VALUE=DATE:20270829\nDTEND;VALUE=DATE:20280101\nDTEND;VALUE=DATE:20280229\n");
  assert_string_equal(lines(out, "SEQUENCE"), "SEQUENCE:7\nSEQUENCE:7\nSEQUENCE:7\n");
  assert_non_null(strstr(lines(out, "DTSTAMP"), "DTSTAMP:20260502T235959Z\n"));
  assert_non_null(strstr(lines(out, "LAST-MODIFIED"), "LAST-MODIFIED:20260502T235959Z\n"));
  assert_non_null(strstr(lines(out, "CREATED"), "CREATED:20260401T093000Z\n"));
  struct text *again = events_of(&told);
  assert_string_equal(again->data, out->data);
  talloc_free(again);
  talloc_free(out);
}

static void alarms_ring_in_the_morning_of_whole_days_before(void **state) {
  (void)state;
  struct calendar_agreement told = agreement("2026-04-01", "2028-02-28", "2027-12-31");
  struct text *out = events_of(&told);
  assert_string_equal(lines(out, "TRIGGER"),
                      "TRIGGER:-P6DT15H\nTRIGGER:-P29DT15H\nTRIGGER:-P6DT15H\nTRIGGER:-P29DT15H\n");
  talloc_free(out);
}

static void assert_readable(const struct text *text) {
  for (const char *line = text->data; *line != '\0';) {
    const char *end = strstr(line, "\r\n");
    assert_non_null(end);
    assert_in_range(end - line, 1, 75);
    for (const char *at = line; at < end;) {
      utf8proc_int32_t code;
      utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)at, end - at, &code);
      assert_true(step > 0); /* no character is cut by a fold */
      assert_true(code >= 0x20 && code != 0x7f);
      at += step;
    }
    line = end + 2;
  }
}

static void assert_title(const char *title, const char *expected) {
  struct calendar_agreement told = agreement("2026-04-01", "2026-05-31", NULL);
  told.title = title;
  struct text *out = events_of(&told);
  char *line = memory_print(out, "SUMMARY:End of term: %s\n", expected);
  assert_string_equal(lines(out, "SUMMARY"), line);
  assert_readable(out);
  talloc_free(out);
}

static void text_is_escaped_and_control_characters_are_left_out(void **state) {
  (void)state;
  assert_title("a, b; c\\d \"e\" f: g", "a\\, b\\; c\\\\d \"e\" f: g");
  assert_title("two\nlines\r\nand\ta\x01\x7f stop", "two lines  and a   stop");
  assert_title("END:VEVENT\nBEGIN:VEVENT", "END:VEVENT BEGIN:VEVENT");
  struct calendar_agreement told = agreement("2026-04-01", "2026-05-31", NULL);
  told.details = "A; B\nSecond\r\x02line";
  struct text *out = events_of(&told);
  assert_non_null(strstr(lines(out, "DESCRIPTION"), "DESCRIPTION:Care robots\\nA\\; B\\nSecond  line\n"));
  talloc_free(out);
}

/* Characters of every length, so placed that each of their bytes comes to lie on the fold. */
static void no_fold_cuts_a_character(void **state) {
  (void)state;
  static const char *const letters[] = {"x", "é", "創", "𠮷", "👩‍👩‍👧"};
  for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
    for (size_t shift = 0; shift < 76; shift++) {
      struct text *title = text_new(NULL);
      for (size_t j = 0; j < shift; j++) {
        text_add(title, "-");
      }
      for (size_t j = 0; j < 500 - shift; j++) {
        text_add(title, letters[i]);
      }
      assert_title(title->data, title->data);
      talloc_free(title);
    }
  }
}

static void a_calendar_has_a_head_its_name_and_an_end(void **state) {
  (void)state;
  struct text *out = text_new(NULL);
  calendar_begin(out, "Our terms, 創薬");
  calendar_end(out);
  assert_string_equal(out->data, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//entente//entente//EN\r\n"
                                 "CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nNAME:Our terms\\, 創薬\r\n"
                                 "X-WR-CALNAME:Our terms, 創薬\r\nREFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n"
                                 "X-PUBLISHED-TTL:PT12H\r\nEND:VCALENDAR\r\n");
  talloc_free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_days_are_review_notice_and_end),
      cmocka_unit_test(without_an_end_there_is_nothing_to_tell),
      cmocka_unit_test(half_a_year_before_is_cut_to_the_length_of_its_month),
      cmocka_unit_test(a_period_shorter_than_half_a_year_has_no_review),
      cmocka_unit_test(days_of_any_year_up_to_2999_can_be_told),
      cmocka_unit_test(an_event_is_one_day_long_and_keeps_its_name_and_its_place_in_time),
      cmocka_unit_test(alarms_ring_in_the_morning_of_whole_days_before),
      cmocka_unit_test(text_is_escaped_and_control_characters_are_left_out),
      cmocka_unit_test(no_fold_cuts_a_character),
      cmocka_unit_test(a_calendar_has_a_head_its_name_and_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
