/* Cursors: what was written is read back, anything else is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "request/cursor.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char id[] = "agr_01arz3ndektsv4rrffq69g5fav";

static enum cursor_result read_text(const char *text, uint64_t list) {
  void *memory = talloc_new(NULL);
  json_t *value = NULL;
  const char *after = NULL;
  enum cursor_result result = cursor_read(memory, text, list, &value, &after);
  assert_int_equal(value != NULL, result == CURSOR_READ);
  assert_int_equal(after != NULL, result == CURSOR_READ);
  json_decref(value);
  talloc_free(memory);
  return result;
}

static void a_place_is_read_back_as_it_was_written(void **state) {
  (void)state;
  json_t *values[] = {json_null(),
                      json_integer(0),
                      json_integer(INT64_MIN),
                      json_integer(INT64_MAX),
                      json_string(""),
                      json_string("2019-07"),
                      json_string("工業技術研究院 \"x\"\n"),
                      json_pack("[f, [f, n, [i]]]", 2.0 / 3, 1e6, 250)};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    void *memory = talloc_new(NULL);
    json_t *value = NULL;
    const char *after = NULL;
    const char *cursor = cursor_write(memory, UINT64_MAX - i, values[i], id);
    assert_int_equal(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     strlen(cursor));
    assert_int_equal(cursor_read(memory, cursor, UINT64_MAX - i, &value, &after), CURSOR_READ);
    assert_true(json_equal(value, values[i]));
    assert_string_equal(after, id);
    json_decref(value);
    json_decref(values[i]);
    talloc_free(memory);
  }
}

static void the_longest_name_fits(void **state) {
  (void)state;
  char name[500 * 4 + 1];
  for (size_t i = 0; i < 500; i++) {
    memcpy(name + 4 * i, "\xf0\xa0\x80\x8b", 4);
  }
  name[sizeof name - 1] = '\0';
  json_t *value = json_string(name);
  char *cursor = cursor_write(NULL, 1, value, "area_01arz3ndektsv4rrffq69g5fav");
  assert_int_equal(read_text(cursor, 1), CURSOR_READ);
  assert_true(strlen(cursor) < 3000); /* what the contract takes */
  talloc_free(cursor);
  json_decref(value);
}

static void a_cursor_of_another_list_is_foreign(void **state) {
  (void)state;
  json_t *value = json_string("a");
  char *cursor = cursor_write(NULL, 7, value, id);
  assert_int_equal(read_text(cursor, 7), CURSOR_READ);
  assert_int_equal(read_text(cursor, 8), CURSOR_FOREIGN);
  talloc_free(cursor);
  json_decref(value);
}

static enum cursor_result read_encoded(const char *json) {
  char text[1024];
  sodium_bin2base64(text, sizeof text, (const unsigned char *)json, strlen(json),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return read_text(text, 7);
}

static void what_was_not_written_here_is_broken(void **state) {
  (void)state;
  static const char *const inside[] = {"",
                                       "x",
                                       "{}",
                                       "[]",
                                       "[\"0000000000000007\",\"a\"]",
                                       "[\"0000000000000007\",\"a\",\"b\",\"c\"]",
                                       "[\"0000000000000007\",1.5,\"b\"]",
                                       "[\"0000000000000007\",true,\"b\"]",
                                       "[\"0000000000000007\",{},\"b\"]",
                                       "[\"0000000000000007\",\"a\",1]",
                                       "[7,\"a\",\"b\"]",
                                       "[\"0000000000000007\",9223372036854775808,\"b\"]",
                                       "[\"0000000000000007\",\"\\u0000\",\"b\"]"};
  assert_int_equal(read_encoded("[\"0000000000000007\",\"a\",\"b\"]"), CURSOR_READ);
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
    if (read_encoded(inside[i]) != CURSOR_BROKEN) {
      fail_msg("%s was taken for a place", inside[i]);
    }
  }
  assert_int_equal(read_text("", 7), CURSOR_BROKEN);
  assert_int_equal(read_text("not base64!", 7), CURSOR_BROKEN);
  assert_int_equal(read_text("YQ==", 7), CURSOR_BROKEN);
  char *endless = memory_array(NULL, char, 10001);
  memset(endless, 'A', 10000);
  assert_int_equal(read_text(endless, 7), CURSOR_BROKEN);
  talloc_free(endless);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_place_is_read_back_as_it_was_written),
      cmocka_unit_test(the_longest_name_fits),
      cmocka_unit_test(a_cursor_of_another_list_is_foreign),
      cmocka_unit_test(what_was_not_written_here_is_broken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
