/* Cells: what is written is read back, whatever it is, and no spreadsheet takes it for a formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void assert_written(const char *value, const char *expected) {
  struct text *out = text_new(NULL);
  csv_add_text(out, value, strlen(value));
  assert_string_equal(out->data, expected);
  talloc_free(out);
}

static void text_is_quoted_only_where_it_needs_to_be(void **state) {
  (void)state;
  assert_written("plain words", "plain words");
  assert_written("創薬", "創薬");
  assert_written("", "\"\"");
  assert_written("a,b", "\"a,b\"");
  assert_written("a\"b", "\"a\"\"b\"");
  assert_written("\"", "\"\"\"\"");
  assert_written("a\nb", "\"a\nb\"");
  assert_written("a\rb", "\"a\rb\"");
  assert_written(" a", "\" a\"");
  assert_written("a ", "\"a \"");
}

static void what_could_be_a_formula_is_defused(void **state) {
  (void)state;
  assert_written("=1+1", "'=1+1");
  assert_written("+81 3 0000", "'+81 3 0000");
  assert_written("-", "'-");
  assert_written("@SUM(A1)", "'@SUM(A1)");
  assert_written("\t=1", "'\t=1");
  assert_written("\r=1", "\"'\r=1\"");
  assert_written("\n=1", "\"'\n=1\"");
  assert_written("＝1", "'＝1");
  assert_written("＋1", "'＋1");
  assert_written("－1", "'－1");
  assert_written("＠A", "'＠A");
  assert_written("=A1,\"x\"", "\"'=A1,\"\"x\"\"\"");
  assert_written("'", "''");
  assert_written("'=1", "''=1");
  assert_written("a=1", "a=1");
  assert_written("（", "（"); /* its first byte is that of the full-width signs */
  assert_written("\xef", "\xef");
}

static void bytes_are_not_defused(void **state) {
  (void)state;
  struct text *out = text_new(NULL);
  csv_add_bytes(out, "-5", 2);
  text_add(out, ",");
  csv_add_bytes(out, "[\"a\"]", 5);
  assert_string_equal(out->data, "-5,\"[\"\"a\"\"]\"");
  talloc_free(out);
}

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

static void every_text_is_read_as_it_was_written(void **state) {
  (void)state;
  static const char *const pieces[] = {"=", "+", "-", "@", "'", "\"", ",", "\r", "\n", "\t", " ", "a", "創", "＝", ";"};
  uint32_t random = 7;
  for (int round = 0; round < 20000; round++) {
    struct text *value = text_new(NULL), *line = text_new(value), *cell = text_new(value);
    for (uint32_t left = next_random(&random) % 6; left > 0; left--) {
      text_add(value, pieces[next_random(&random) % (sizeof pieces / sizeof pieces[0])]);
    }
    csv_add_text(line, value->data, value->length);
    text_add(line, ",x\r\n");
    struct csv_reader reader;
    bool bare;
    csv_open(&reader, line->data, line->length, ',');
    assert_int_equal(csv_read(&reader, cell, &bare), CSV_CELL);
    size_t skipped = csv_defused(cell->data, cell->length);
    assert_string_equal(cell->data + skipped, value->data);
    assert_false(bare && value->length == 0);
    assert_null(value->length > 0 ? strchr("=+-@\t\r\n", cell->data[0]) : NULL);
    assert_int_equal(csv_read(&reader, cell, &bare), CSV_LAST);
    assert_string_equal(cell->data, "x");
    assert_int_equal(csv_read(&reader, cell, &bare), CSV_END);
    talloc_free(value);
  }
}

/* Reads all of it: "cell|cell/cell|" where cells in quotes stand in parentheses, and ! with the line where it is
 * broken. */
static void assert_read(const char *bytes, char separator, const char *expected) {
  struct text *words = text_new(NULL), *cell = text_new(words);
  struct csv_reader reader;
  enum csv read = CSV_CELL;
  bool bare = true;
  csv_open(&reader, bytes, strlen(bytes), separator);
  while (read != CSV_END && read != CSV_BROKEN) {
    read = csv_read(&reader, cell, &bare);
    if (read == CSV_CELL || read == CSV_LAST) {
      text_addf(words, bare ? "%s%s" : "(%s)%s", cell->data, read == CSV_LAST ? "/" : "|");
    }
  }
  if (read == CSV_BROKEN) {
    assert_non_null(reader.broken);
    text_addf(words, "!%zu", reader.line);
  }
  assert_string_equal(words->data, expected);
  talloc_free(words);
}

static void cells_and_lines_are_told_apart(void **state) {
  (void)state;
  assert_read("", ',', "");
  assert_read("a", ',', "a/");
  assert_read("a,b\r\nc,d\r\n", ',', "a|b/c|d/");
  assert_read("a,b\nc", ',', "a|b/c/");
  assert_read(",", ',', "|/");
  assert_read("a,", ',', "a|/");
  assert_read(",\r\n", ',', "|/");
  assert_read("\r\n", ',', "/");
  assert_read("\n\n", ',', "//");
  assert_read("\"\",", ',', "()|/");
  assert_read("\"a\r\nb\",c", ',', "(a\r\nb)|c/");
  assert_read("\"a\"\"b\"", ',', "(a\"b)/");
  assert_read("a\rb,c\r", ',', "a/b|c/");
  assert_read("a\r\n\r\rb", ',', "a///b/");
  assert_read("a;b,c\tx", ';', "a|b,c\tx/");
  assert_read("a;b,c\tx", '\t', "a;b,c|x/");
}

static void a_byte_order_mark_is_no_part_of_the_first_cell(void **state) {
  (void)state;
  assert_read("\xef\xbb\xbf", ',', "");
  assert_read("\xef\xbb\xbf\"a\",b", ',', "(a)|b/");
  assert_read("a,\xef\xbb\xbf", ',', "a|\xef\xbb\xbf/");
}

static void the_first_line_tells_what_parts_its_cells(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    char separator;
  } cases[] = {{"", ','},       {"a", ','},      {"a,b;c", ','},      {"a;b,c", ';'},          {"a\tb;c", '\t'},
               {"a\nb;c", ','}, {"a\rb;c", ','}, {"\"a,\";b,c", ';'}, {"\"a\"\",\"\tb", '\t'}, {"\"a,b;c", ','}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(csv_separator(cases[i].bytes, strlen(cases[i].bytes)), cases[i].separator);
  }
}

static void a_first_line_may_say_what_parts_cells(void **state) {
  (void)state;
  static const struct {
    const char *bytes, *rest;
    char separator; /* NUL: it says nothing */
  } cases[] = {{"sep=;\r\na", "a", ';'},
               {"\xef\xbb\xbfSEP=,\na", "a", ','},
               {"sep=\t\ra", "a", '\t'},
               {"sep=;", "", ';'},
               {"sep=;x\n", "sep=;x\n", '\0'},
               {"sep=|\n", "sep=|\n", '\0'},
               {"\"sep=;\"", "\"sep=;\"", '\0'},
               {"sep=", "sep=", '\0'},
               {"", "", '\0'}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct csv_reader reader;
    csv_open(&reader, cases[i].bytes, strlen(cases[i].bytes), 'x');
    assert_int_equal(csv_declared(&reader), cases[i].separator != '\0');
    assert_int_equal(reader.separator, cases[i].separator != '\0' ? cases[i].separator : 'x');
    assert_string_equal(reader.at, cases[i].rest);
    assert_int_equal(reader.line, reader.at == reader.end || cases[i].separator == '\0' ? reader.line : 2);
  }
}

static void what_is_broken_is_told_with_its_line(void **state) {
  (void)state;
  assert_read("a\nb,c\"d", ',', "a/b|!2");
  assert_read("\"a\nb\"\n\"c", ',', "(a\nb)/!3");
  assert_read("\"a\rb\r\nc\"\r\"", ',', "(a\rb\r\nc)/!4");
  assert_read("\"", ',', "!1");
  assert_read("\"a\"b", ',', "!1");
  assert_read("\"a\" ,b", ',', "!1");
}

/* The bytes end where their memory ends, as a file that fills its last page does. */
static void a_line_break_at_the_very_end_of_a_cell_that_nothing_ends_is_the_last_byte_that_is_read(void **state) {
  (void)state;
  static const char file[] = "a,\"b\r";
  size_t size = sizeof file - 1;
  char *bytes = malloc(size);
  struct text *cell = text_new(NULL);
  struct csv_reader reader;
  bool bare;
  memcpy(bytes, file, size);
  csv_open(&reader, bytes, size, ',');
  assert_int_equal(csv_read(&reader, cell, &bare), CSV_CELL);
  assert_int_equal(csv_read(&reader, cell, &bare), CSV_BROKEN);
  assert_int_equal(reader.line, 1);
  talloc_free(cell);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_break_at_the_very_end_of_a_cell_that_nothing_ends_is_the_last_byte_that_is_read),
      cmocka_unit_test(a_first_line_may_say_what_parts_cells),
      cmocka_unit_test(text_is_quoted_only_where_it_needs_to_be),
      cmocka_unit_test(what_could_be_a_formula_is_defused),
      cmocka_unit_test(bytes_are_not_defused),
      cmocka_unit_test(every_text_is_read_as_it_was_written),
      cmocka_unit_test(cells_and_lines_are_told_apart),
      cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_cell),
      cmocka_unit_test(the_first_line_tells_what_parts_its_cells),
      cmocka_unit_test(what_is_broken_is_told_with_its_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
