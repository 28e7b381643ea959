/* Questions: what is asked, and where it is found in a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"
#include "domain/question.h"

#include <string.h>

/* "a+b c*": phrases parted by spaces, their tokens by +, a prefix with a star. */
static void assert_read(const char *text, const char *expected) {
  void *memory = talloc_new(NULL);
  struct question question;
  struct text *list = text_new(memory);
  assert_int_equal(question_read(memory, text, &question), expected[0] == '\0' ? QUESTION_EMPTY : QUESTION_READ);
  for (size_t i = 0; i < question.count; i++) {
    const struct phrase *phrase = &question.phrases[i];
    text_add(list, i == 0 ? "" : " ");
    for (size_t j = 0; j < phrase->count; j++) {
      text_addf(list, "%s%s", j == 0 ? "" : "+", phrase->tokens[j]);
    }
    text_add(list, phrase->prefix ? "*" : "");
  }
  assert_string_equal(list->data, expected);
  talloc_free(memory);
}

static void words_are_parted_by_spaces(void **state) {
  (void)state;
  assert_read("Technology  Research", "technology research");
  assert_read("創薬\u3000台灣", "創薬 台湾");
  assert_read("state-of-the-art tea", "state+of+the+art tea");
  assert_read("Acme Co., Ltd. Japan", "acme japan");
}

static void runs_become_pairs_that_may_go_on(void **state) {
  (void)state;
  assert_read("研究所", "研究+究所");
  assert_read("薬", "薬*");
  assert_read("ITRI研究所", "itri+研究+究所");
  assert_read("研究所ITRI", "研究+究所+所+itri");
  assert_read("ITRI研", "itri+研*");
}

static void quotes_make_phrases(void **state) {
  (void)state;
  assert_read("\"a b\" c", "a+b c");
  assert_read("\"東京 大学\"", "東京+京+大学");
  assert_read("“a b” 「c d」", "a+b c+d");
  assert_read("\"a b", "a+b");
  assert_read("a\"b c\"d", "a b+c d");
  assert_read("\"\" \"a\"", "a");
}

static void what_has_no_words_is_empty(void **state) {
  (void)state;
  static const char *const empty[] = {"", " ", "\"", "*()^:-+", "\xf0\x9f\x8e\x89", FOLD_BOUNDARY};
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
    assert_read(empty[i], "");
  }
}

static const char *repeated(const void *memory, const char *piece, size_t count) {
  struct text *text = text_new(memory);
  for (size_t i = 0; i < count; i++) {
    text_add(text, piece);
  }
  return text->data;
}

static void words_are_bounded(void **state) {
  (void)state;
  void *memory = talloc_new(NULL);
  struct question question;
  assert_int_equal(question_read(memory, repeated(memory, "a ", QUESTION_PHRASES), &question), QUESTION_READ);
  assert_int_equal(question.count, QUESTION_PHRASES);
  assert_int_equal(question_read(memory, repeated(memory, "a ", QUESTION_PHRASES + 1), &question), QUESTION_LONG);
  assert_int_equal(question_read(memory, repeated(memory, "研究", 250), &question), QUESTION_READ);
  assert_int_equal(question.phrases[0].count, 499);
  assert_int_equal(question_read(memory, repeated(memory, "研究", QUESTION_TOKENS), &question), QUESTION_LONG);
  talloc_free(memory);
}

static void assert_snippet(const char *asked, const char *text, const char *expected) {
  void *memory = talloc_new(NULL);
  struct question question;
  assert_int_equal(question_read(memory, asked, &question), QUESTION_READ);
  const char *snippet = question_snippet(memory, &question, text);
  if (expected == NULL) {
    assert_null(snippet);
  } else {
    assert_non_null(snippet);
    assert_string_equal(snippet, expected);
  }
  talloc_free(memory);
}

static void hits_are_marked_as_they_are_written(void **state) {
  (void)state;
  assert_snippet("zurich", "ETH Zürich, ZURICH", "ETH <mark>Zürich</mark>, <mark>ZURICH</mark>");
  assert_snippet("アイパーク", "東ｱｲﾊﾟｰｸ西", "東<mark>ｱｲﾊﾟｰｸ</mark>西");
  assert_snippet("薬", "創薬と医薬", "創<mark>薬</mark>と医<mark>薬</mark>");
  assert_snippet("研究 究所", "研究所", "<mark>研究</mark><mark>所</mark>");
  assert_snippet("\"a b\"", "b a b a", "b <mark>a b</mark> a");
}

static void nothing_is_shown_of_what_is_not_there(void **state) {
  (void)state;
  assert_snippet("abc", "", NULL);
  assert_snippet("abc", "ab abcd", "ab <mark>abcd</mark>"); /* a name that is being typed */
  assert_snippet("\"a b\"", "a" FOLD_BOUNDARY "b", NULL);
  assert_snippet("xyz", "abc", NULL);
}

static void a_snippet_is_html_within_one_member(void **state) {
  (void)state;
  assert_snippet("b", "a" FOLD_BOUNDARY "<b>&\"'\n\n x" FOLD_BOUNDARY "c", "&#60;<mark>b</mark>&#62;&#38;&#34;&#39; x");
}

static void the_place_with_most_words_is_chosen(void **state) {
  (void)state;
  assert_snippet("one two", "one" FOLD_BOUNDARY "one and two", "<mark>one</mark> and <mark>two</mark>");
  struct text *text = text_new(NULL);
  text_add(text, "one");
  for (int i = 0; i < 100; i++) {
    text_add(text, " filler");
  }
  text_add(text, " one two end");
  void *memory = talloc_new(NULL);
  struct question question;
  question_read(memory, "one two", &question);
  const char *snippet = question_snippet(memory, &question, text->data);
  assert_non_null(strstr(snippet, "<mark>one</mark> <mark>two</mark> end"));
  assert_memory_equal(snippet, "…filler", strlen("…filler"));
  talloc_free(memory);
  talloc_free(text);
}

static void a_question_of_many_words_is_shown_where_most_of_them_are(void **state) {
  (void)state;
  void *memory = talloc_new(NULL);
  struct text *title = text_new(memory), *expected = text_new(memory);
  for (int i = 0; i < 70; i++) {
    text_addf(title, "%sw%d", i == 0 ? "" : " ", i);
  }
  for (int i = 40; i < 70; i++) {
    text_addf(expected, "%s<mark>w%d</mark>", i == 40 ? "" : " ", i);
  }
  assert_snippet(title->data,
                 memory_print(memory, "w1%s w40 %s", repeated(memory, " and so on", 40), strstr(title->data, "w41")),
                 memory_print(memory, "…so on and so on and so on and so on and so on and so on %s", expected->data));
  talloc_free(memory);
}

static void a_text_without_spaces_is_cut_between_characters(void **state) {
  (void)state;
  struct text *text = text_new(NULL);
  for (int i = 0; i < 300; i++) {
    text_add(text, i == 150 ? "創薬" : "分");
  }
  void *memory = talloc_new(NULL);
  struct question question;
  question_read(memory, "創薬", &question);
  const char *snippet = question_snippet(memory, &question, text->data);
  assert_memory_equal(snippet, "…分", strlen("…分"));
  assert_string_equal(snippet + strlen(snippet) - strlen("分…"), "分…");
  assert_true(strlen(snippet) < 300);
  talloc_free(memory);
  talloc_free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_are_parted_by_spaces),
      cmocka_unit_test(runs_become_pairs_that_may_go_on),
      cmocka_unit_test(quotes_make_phrases),
      cmocka_unit_test(what_has_no_words_is_empty),
      cmocka_unit_test(words_are_bounded),
      cmocka_unit_test(hits_are_marked_as_they_are_written),
      cmocka_unit_test(nothing_is_shown_of_what_is_not_there),
      cmocka_unit_test(a_snippet_is_html_within_one_member),
      cmocka_unit_test(the_place_with_most_words_is_chosen),
      cmocka_unit_test(a_question_of_many_words_is_shown_where_most_of_them_are),
      cmocka_unit_test(a_text_without_spaces_is_cut_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
