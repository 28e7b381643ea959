/* The growing buffer, error texts and copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static void what_is_added_stands_in_a_row_and_is_ended_by_a_nul(void **state) {
  (void)state;
  struct text *text = text_new(NULL);
  assert_string_equal(text->data, "");
  text_add(text, "a");
  text_add_bytes(text, "bcd", 2);
  text_add_bytes(text, "", 0);
  text_addf(text, "-%d-%s", 7, "x");
  text_addf(text, "%s", "");
  assert_string_equal(text->data, "abc-7-x");
  assert_int_equal(text->length, 7);
  text_clear(text);
  assert_int_equal(text->length, 0);
  assert_string_equal(text->data, "");
  talloc_free(text);
}

static void it_grows_by_bytes_and_by_leaps(void **state) {
  (void)state;
  struct text *text = text_new(NULL);
  char chunk[5001];
  memset(chunk, 'y', 5000);
  chunk[5000] = '\0';
  for (int i = 0; i < 10000; i++) {
    text_add_bytes(text, "x", 1);
  }
  text_add(text, chunk);
  text_addf(text, "%s|%s", chunk, chunk);
  assert_int_equal(text->length, 10000 + 5000 + 10001);
  assert_int_equal(strlen(text->data), text->length);
  assert_int_equal(strspn(text->data, "x"), 10000);
  talloc_free(text);
}

/* Every length around the first capacity: the byte past the end must always be there. */
static void formatted_text_fits_at_every_edge(void **state) {
  (void)state;
  for (int width = 1; width < 600; width++) {
    struct text *text = text_new(NULL);
    text_addf(text, "%*d", width, 5);
    text_addf(text, "%s", "!");
    assert_int_equal(text->length, width + 1);
    assert_int_equal(strlen(text->data), text->length);
    talloc_free(text);
  }
}

static void bytes_are_doubled_where_they_stand(void **state) {
  (void)state;
  struct text *text = text_new(NULL);
  text_add(text, "<");
  text_add_doubled(text, "", 0, '"');
  assert_string_equal(text->data, "<");
  text_add_doubled(text, "\"a\"\"b", 5, '"');
  assert_string_equal(text->data, "<\"\"a\"\"\"\"b");
  assert_int_equal(text->length, strlen(text->data));
  for (size_t i = 0; i < 1000; i++) {
    text_add_doubled(text, "'\0'", 3, '\''); /* also across every growth, and a NUL is a byte like others */
  }
  assert_int_equal(text->length, 9 + 5 * 1000);
  assert_memory_equal(text->data + 9 + 5 * 999, "''\0''", 6);
  talloc_free(text);
}

static void json_strings_are_escaped(void **state) {
  (void)state;
  struct text *text = text_new(NULL);
  text_add_json(text, "a\"b\\c/\b\t\n\f\r\x01\x1f é東");
  assert_string_equal(text->data, "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001f é東\"");
  text_clear(text);
  text_add_json(text, "");
  assert_string_equal(text->data, "\"\"");
  talloc_free(text);
}

static void an_error_is_cut_at_the_end_of_its_buffer(void **state) {
  (void)state;
  struct error error;
  assert_false(error_set(&error, "%d apples", 3));
  assert_string_equal(error.text, "3 apples");
  assert_false(error_set(&error, "%0600d", 0));
  assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void copies_belong_to_their_parent(void **state) {
  (void)state;
  char *parent = memory_copy(NULL, "parent");
  assert_ptr_equal(talloc_parent(memory_slice(parent, "abcdef", 3)), parent);
  assert_string_equal(memory_slice(parent, "abcdef", 3), "abc");
  assert_string_equal(memory_print(parent, "%s-%d", "a", 1), "a-1");
  int *numbers = memory_array(parent, int, 3);
  numbers = memory_grow(parent, numbers, int, 5);
  assert_int_equal(numbers[2], 0);
  talloc_free(parent);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_added_stands_in_a_row_and_is_ended_by_a_nul),
      cmocka_unit_test(it_grows_by_bytes_and_by_leaps),
      cmocka_unit_test(formatted_text_fits_at_every_edge),
      cmocka_unit_test(bytes_are_doubled_where_they_stand),
      cmocka_unit_test(json_strings_are_escaped),
      cmocka_unit_test(an_error_is_cut_at_the_end_of_its_buffer),
      cmocka_unit_test(copies_belong_to_their_parent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
