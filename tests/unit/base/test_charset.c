/* Character sets: what spreadsheets save becomes UTF-8, and a byte that is none of it is told with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/charset.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static void assert_reads(const char *name, const char *bytes, size_t size, const char *expected) {
  struct charset *charset = charset_open(NULL, name);
  assert_non_null(charset);
  struct text *out = text_new(charset);
  size_t bad = 0;
  assert_true(charset_read(charset, bytes, size, out, &bad));
  assert_int_equal(out->length, strlen(expected));
  assert_string_equal(out->data, expected);
  talloc_free(charset);
}

static void assert_refuses(const char *name, const char *bytes, size_t size, size_t expected) {
  struct charset *charset = charset_open(NULL, name);
  assert_non_null(charset);
  struct text *out = text_new(charset);
  size_t bad = SIZE_MAX;
  assert_false(charset_read(charset, bytes, size, out, &bad));
  assert_int_equal(bad, expected);
  text_clear(out);
  assert_true(charset_read(charset, "\x61", 1, out, &bad)); /* it can be used again */
  assert_string_equal(out->data, "a");
  talloc_free(charset);
}

#define READS(name, bytes, expected) assert_reads(name, bytes, sizeof(bytes) - 1, expected)
#define REFUSES(name, bytes, place)  assert_refuses(name, bytes, sizeof(bytes) - 1, place)

static void names_are_known_in_any_case(void **state) {
  (void)state;
  static const struct {
    const char *label, *name;
  } cases[] = {{"utf-8", "UTF-8"},           {"UTF8", "UTF-8"},      {"US-ASCII", "UTF-8"}, {"Shift_JIS", "Shift_JIS"},
               {"windows-31j", "Shift_JIS"}, {"CP932", "Shift_JIS"}, {"Big5", "Big5"},      {"cp950", "Big5"},
               {"UTF-16", "UTF-16"},         {"utf-16be", "UTF-16"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct charset *charset = charset_open(NULL, cases[i].label);
    assert_non_null(charset);
    assert_string_equal(charset_name(charset), cases[i].name);
    talloc_free(charset);
  }
  static const char *const others[] = {"", "utf-32", "utf-8 ", "shift-jis", "iso-8859-1", "CP932//TRANSLIT"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_null(charset_open(NULL, others[i]));
  }
}

static void text_becomes_utf8(void **state) {
  (void)state;
  READS("utf-8", "", "");
  READS("utf-8", "a\xe5\x89\xb5\xf0\x9f\xa4\x9d z", "a創🤝 z");
  READS("shift_jis", "", "");
  READS("shift_jis", "plain, \"text\"\r\n", "plain, \"text\"\r\n");
  READS("shift_jis", "\x91\x6e\x96\xf2 \x83\x5c\x81\x7c\x8f\x5c", "創薬 ソ－十"); /* ends with a backslash, a bar */
  READS("shift_jis", "\xc3\xbd\xc4", "ﾃｽﾄ");
  READS("shift_jis", "\x87\x40\x87\x8a\x81\x60", "①㈱～"); /* Windows' own */
  READS("big5", "\xbb\x4f\xc6\x57 \xb3\x5c\xa5\x5c", "臺灣 許功");
}

static void what_is_none_of_it_is_told_with_its_place(void **state) {
  (void)state;
  REFUSES("utf-8", "\xff", 0);
  REFUSES("utf-8", "ab\xe5\x89", 2);
  REFUSES("utf-8", "\xe5\x89\xb5\xc0\xaf", 3); /* overlong */
  REFUSES("utf-8", "\xed\xa0\x80", 0);         /* half of a pair */
  REFUSES("utf-8", "\xf4\x90\x80\x80", 0);
  REFUSES("utf-8", "a\0b", 1);
  REFUSES("shift_jis", "a\x83", 1);
  REFUSES("shift_jis", "\x91\x6e\x83\x20", 2);
  REFUSES("shift_jis", "\x91\x6e\0", 2);
  REFUSES("big5", "ab\xff\xff", 2);
}

static void utf16_is_read_as_a_whole(void **state) {
  (void)state;
  READS("utf-16", "a\0\n\0\x75\x52\x3e\xd8\x1d\xdd", "a\n創🤝");
  READS("utf-16le", "a\0,\0", "a,");
  READS("utf-16be", "\0a\0,\x52\x75", "a,創");
  struct charset *charset = charset_open(NULL, "utf-16"), *other = charset_open(charset, "big5");
  struct text *out = text_new(charset);
  size_t bad = SIZE_MAX;
  assert_true(charset_is_wide(charset));
  assert_false(charset_is_wide(other));
  assert_false(charset_read(charset, "a\0b", 3, out, &bad));
  assert_int_equal(bad, 2);
  assert_false(charset_read(charset, "a\0\x3e\xd8 \0", 6, out, &bad)); /* half of a pair */
  assert_int_equal(bad, 2);
  talloc_free(charset);
}

static void a_byte_order_mark_names_its_set(void **state) {
  (void)state;
  assert_string_equal(charset_marked("\xef\xbb\xbf", 3), "utf-8");
  assert_string_equal(charset_marked("\xff\xfe\x61", 3), "utf-16le");
  assert_string_equal(charset_marked("\xfe\xff", 2), "utf-16be");
  assert_null(charset_marked("\xff", 1));
  assert_null(charset_marked("\xef\xbb", 2));
  assert_null(charset_marked(NULL, 0));
}

static void a_long_text_is_converted_whole(void **state) {
  (void)state;
  void *memory = talloc_new(NULL);
  struct text *bytes = text_new(memory), *expected = text_new(memory);
  for (int i = 0; i < 5000; i++) {
    text_add(bytes, i % 7 == 0 ? "x" : "\x91\x6e");
    text_add(expected, i % 7 == 0 ? "x" : "創");
  }
  assert_reads("shift_jis", bytes->data, bytes->length, expected->data);
  text_add(bytes, "\x91");
  assert_refuses("shift_jis", bytes->data, bytes->length, bytes->length - 1);
  talloc_free(memory);
}

/* -- piece by piece ------------------------------------------------------------------------------------------------ */

struct pieces {
  struct text *text;
  size_t count, done;
  size_t most; /* pieces that are taken */
};

static bool take_piece(void *argument, const char *bytes, size_t size, size_t done) {
  struct pieces *pieces = argument;
  if (pieces->count == pieces->most) {
    return false;
  }
  assert_true(done >= pieces->done);
  text_add_bytes(pieces->text, bytes, size);
  pieces->count++;
  pieces->done = done;
  return true;
}

static bool stream(struct charset *charset, const struct text *bytes, struct pieces *pieces, size_t *bad) {
  text_clear(pieces->text);
  pieces->count = pieces->done = 0;
  return charset_stream(charset, bytes->data, bytes->length, &(struct charset_sink){take_piece, pieces}, bad);
}

/* So many of these characters, of which the second is a pair, after `shift` of one byte: so pairs come at every place
 * of whatever buffer there is. */
static void make_long(struct text *bytes, struct text *expected, size_t shift) {
  text_clear(bytes);
  text_clear(expected);
  for (size_t i = 0; i < shift; i++) {
    text_add_bytes(bytes, "x\0", 2);
    text_add(expected, "x");
  }
  for (int i = 0; i < 5000; i++) {
    text_add_bytes(bytes, "\x75\x52\x3e\xd8\x1d\xdd", 6);
    text_add(expected, "創🤝");
  }
}

static void a_stream_gives_all_of_a_long_text_in_pieces(void **state) {
  (void)state;
  struct charset *charset = charset_open(NULL, "utf-16");
  struct text *bytes = text_new(charset), *expected = text_new(charset);
  struct pieces pieces = {.text = text_new(charset), .most = SIZE_MAX};
  size_t bad = 0;
  for (size_t shift = 0; shift < 8; shift++) {
    make_long(bytes, expected, shift);
    assert_true(stream(charset, bytes, &pieces, &bad));
    assert_int_equal(pieces.text->length, expected->length);
    assert_string_equal(pieces.text->data, expected->data);
    assert_true(pieces.count > 2);
    assert_int_equal(pieces.done, bytes->length);
  }
  text_clear(bytes);
  assert_true(stream(charset, bytes, &pieces, &bad));
  assert_int_equal(pieces.text->length, 0);
  talloc_free(charset);
}

static void a_stream_tells_where_a_byte_cannot_be_read_and_can_be_used_again(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
  } wrong[] = {{"\x3e\xd8 \0", 4}, {"\x1d\xdd", 2}, {"a", 1}, {"\x3e\xd8", 2}};
  struct charset *charset = charset_open(NULL, "utf-16");
  struct text *bytes = text_new(charset), *expected = text_new(charset);
  struct pieces pieces = {.text = text_new(charset), .most = SIZE_MAX};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    size_t bad = 0;
    make_long(bytes, expected, i);
    size_t place = bytes->length;
    text_add_bytes(bytes, wrong[i].bytes, wrong[i].size);
    assert_false(stream(charset, bytes, &pieces, &bad));
    assert_int_equal(bad, place);
    make_long(bytes, expected, i);
    assert_true(stream(charset, bytes, &pieces, &bad));
    assert_string_equal(pieces.text->data, expected->data);
  }
  talloc_free(charset);
}

static void a_stream_ends_when_its_sink_says_so(void **state) {
  (void)state;
  struct charset *charset = charset_open(NULL, "utf-16");
  struct text *bytes = text_new(charset), *expected = text_new(charset);
  struct pieces pieces = {.text = text_new(charset), .most = 2};
  size_t bad = 0;
  make_long(bytes, expected, 0);
  assert_false(stream(charset, bytes, &pieces, &bad));
  assert_int_equal(bad, SIZE_MAX);
  assert_int_equal(pieces.count, 2);
  assert_memory_equal(pieces.text->data, expected->data, pieces.text->length);
  talloc_free(charset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_known_in_any_case),
      cmocka_unit_test(text_becomes_utf8),
      cmocka_unit_test(what_is_none_of_it_is_told_with_its_place),
      cmocka_unit_test(utf16_is_read_as_a_whole),
      cmocka_unit_test(a_byte_order_mark_names_its_set),
      cmocka_unit_test(a_long_text_is_converted_whole),
      cmocka_unit_test(a_stream_gives_all_of_a_long_text_in_pieces),
      cmocka_unit_test(a_stream_tells_where_a_byte_cannot_be_read_and_can_be_used_again),
      cmocka_unit_test(a_stream_ends_when_its_sink_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
