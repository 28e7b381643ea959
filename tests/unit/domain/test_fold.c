/* Folding: the tokens and the key of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"
#include "domain/fold.h"
#include "domain/likeness.h"

#include <string.h>

static bool add_token(void *argument, const struct fold_token *token) {
  static const char *const marks[] = {[FOLD_WORD] = "", [FOLD_PAIR] = "", [FOLD_LAST] = ".", [FOLD_GAP] = "|"};
  struct text *list = argument;
  text_add(list, list->length == 0 ? "" : " ");
  if (token->kind != FOLD_GAP) {
    text_add_bytes(list, token->text, token->length);
  }
  text_add(list, marks[token->kind]);
  return true;
}

static void assert_tokens(const char *text, const char *expected) {
  struct text *list = text_new(NULL);
  assert_true(fold_tokens(text, strlen(text), add_token, list));
  assert_string_equal(list->data, expected);
  talloc_free(list);
}

static void assert_key(const char *name, const char *expected) {
  char *key = fold_key(NULL, name);
  assert_string_equal(key, expected);
  talloc_free(key);
}

static void assert_same(const char *a, const char *b) {
  char *left = fold_key(NULL, a), *right = fold_key(NULL, b);
  assert_string_equal(left, right);
  assert_true(left[0] != '\0');
  talloc_free(left);
  talloc_free(right);
}

static void words_are_small_and_without_accents(void **state) {
  (void)state;
  assert_tokens("Zürich, ÉCOLE d'été", "zurich ecole d ete");
  assert_tokens("Straße STRASSE", "strasse strasse");
  assert_tokens("ΣΊΣΥΦΟΣ Ёлка", "σισυφοσ елка");
  assert_tokens("CO2 B2B", "co2 b2b");
  assert_tokens("", "");
  assert_tokens(" !?.,;-_\"'()*^:+ ", "");
}

static void runs_are_cut_into_pairs_and_the_last_character(void **state) {
  (void)state;
  assert_tokens("創薬分野", "創薬 薬分 分野 野.");
  assert_tokens("大", "大.");
  assert_tokens("ITRI研究所 Japan", "itri 研究 究所 所. japan");
  assert_tokens("東京 大学", "東京 京. 大学 学.");
  assert_tokens("한국어", "한국 국어 어.");
  assert_tokens("𠮷野", "𠮷野 野.");
}

static void widths_and_kana_are_one(void **state) {
  (void)state;
  assert_same("ｉｔｒｉ", "ITRI");
  assert_same("ｱｲﾊﾟｰｸ", "アイパーク");
  assert_same("あいぱーく", "アイパーク");
  assert_same("ハ\xe3\x82\x9aク", "パク"); /* a mark of its own */
  assert_same("ｳﾞｧﾝ", "ヴァン");
  assert_same("ㇰ", "ㇰ");
  assert_same("㌔", "キロ");
  assert_same("①②", "12");
  assert_same("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한"); /* a syllable in its parts */
}

static void voicing_tells_words_apart(void **state) {
  (void)state;
  assert_key("ハバパ", "はばぱ");
  assert_key("か\xe3\x82\x99", "が");
}

static void variants_of_characters_are_one(void **state) {
  (void)state;
  assert_same("臺灣", "台湾");
  assert_same("台灣大學", "台湾大学");
  assert_same("國家生技研究園區", "国家生技研究園区");
  assert_same("藥醫覺", "薬医覚");
  assert_same("髙﨑", "高崎");
  assert_same("武田药品", "武田薬品");
}

static void forms_of_companies_are_left_out(void **state) {
  (void)state;
  static const char *const takeda[] = {"株式会社武田薬品", "武田薬品株式会社", "武田薬品㈱",         "武田薬品（株）",
                                       "(株)武田薬品",     "武田薬品株式會社", "武田薬品 株式会社 ", "㍿武田薬品"};
  for (size_t i = 0; i < sizeof takeda / sizeof takeda[0]; i++) {
    assert_key(takeda[i], "武田薬品");
  }
  static const char *const acme[] = {"ACME",      "Acme Inc.", "Acme, Inc",     "Acme Co., Ltd.",       "ACME CO LTD",
                                     "Acme K.K.", "Acme GmbH", "Acme LLC",      "Acme Company Limited", "Acme Corp.",
                                     "Acme S.A.", "Acme AG",   "Acme Pte. Ltd."};
  for (size_t i = 0; i < sizeof acme / sizeof acme[0]; i++) {
    assert_key(acme[i], "acme");
  }
  assert_same("財團法人工業技術研究院", "工業技術研究院");
  assert_same("永豐餘生技股份有限公司", "永豐餘生技");
  assert_same("公益財団法人 武田科学振興財団", "武田科学振興財団");
  assert_tokens("武田薬品工業株式会社が開放", "武田 田薬 薬品 品工 工業 業. が開 開放 放.");
}

static void what_is_only_a_form_is_a_word_when_it_stands_first(void **state) {
  (void)state;
  assert_key("Inc.", "inc");
  assert_key("Limited", "limited");
  assert_key("Limited Company", "limited");
  assert_tokens("limited access by the company", "limited access by the company");
  assert_tokens("株式会社", "株式 式会 会社 社.");
  assert_key("株式会社", "株式会社");
  assert_key("（株）有限公司", "株有限公司");
  assert_tokens("one" FOLD_BOUNDARY "有限公司" FOLD_BOUNDARY "東京有限公司", "one | 有限 限公 公司 司. | 東京 京.");
  assert_key("ООО", "ооо");
  assert_key("PT", "pt");
  assert_key("AG & Co. KG", "ag");
  assert_key("The Company", "the company");
  assert_key("The Company Ltd.", "the company");
  assert_key("The Limited, Inc.", "the limited");
  assert_key("S.A.", "sa");
}

static void forms_spelled_out_are_those_in_short(void **state) {
  (void)state;
  static const struct {
    const char *name, *other;
  } rows[] = {
      {"Siemens Aktiengesellschaft", "Siemens AG"},
      {"Bosch Gesellschaft mit beschränkter Haftung", "Bosch GmbH"},
      {"Bosch Ges.m.b.H.", "Bosch G.m.b.H."},
      {"Henkel AG & Co. KGaA", "Henkel Kommanditgesellschaft auf Aktien"},
      {"Nokia Oyj", "Nokia"},
      {"Oy Karl Fazer Ab", "Karl Fazer"},
      {"Orlen Sp. z o.o.", "Orlen Spółka z ograniczoną odpowiedzialnością"},
      {"Orlen Sp. z o. o.", "ORLEN sp.z o.o."},
      {"ООО Ромашка", "Ромашка"},
      {"Общество с ограниченной ответственностью «Ромашка»", "ООО «РОМАШКА»"},
      {"Cemex, S.A.B. de C.V.", "Cemex S. A. B. de C. V."},
      {"Cemex SA de CV", "Cemex Sociedad Anónima de Capital Variable"},
      {"Grab Pte. Ltd.", "Grab Private Limited"},
      {"삼성전자 주식회사", "삼성전자(주)"},
      {"㈜삼성전자", "삼성전자"},
      {"Volvo AB", "Volvo Aktiebolag"},
      {"Airbus SE", "Airbus Societas Europaea"},
      {"Enel Società per azioni", "Enel S.p.A."},
      {"Škoda akciová společnost", "Skoda a.s."},
      {"TÜBİTAK A.Ş.", "Tubitak Anonim Şirketi"},
      {"台積電股份有限公司", "台积电"},
      {"Acme Company, Limited", "Acme Co., Ltd."},
      {"PT Telkom Indonesia (Persero) Tbk", "Telkom Indonesia"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_same(rows[i].name, rows[i].other);
  }
  assert_tokens("Siemens Aktiengesellschaft" FOLD_BOUNDARY "Siemens AG", "siemens | siemens");
  assert_tokens("Gesellschaft mit beschränkter Haftung", "gesellschaft mit beschrankter haftung");
  assert_tokens("to share the society with all", "to share the society with all");
}

static void letters_without_decomposition_are_their_base(void **state) {
  (void)state;
  assert_same("Dışişleri Bakanlığı", "DIŞİŞLERİ BAKANLIĞI");
  assert_same("Dışişleri Bakanlığı", "disisleri bakanligi");
  assert_same("Łódź", "Lodz");
  assert_same("Tromsø", "Tromso");
  assert_same("Đại học Đà Nẵng", "dai hoc da nang");
  assert_same("Œuvre", "Oeuvre");
  assert_same("Æsir Þór ð", "aesir thor d");
  assert_same("Ħal Ŋ ŧ", "hal n t");
  assert_same("Azərbaycan ƏLİ", "azerbaycan eli");
  assert_same("Straße", "STRASSE");
  assert_same("Oʻzbekiston", "Ozbekiston");
  assert_same("O’zbekiston O'zbekiston O‘zbekiston", "ozbekiston ozbekiston ozbekiston");
  assert_same("Hawaiʻi Xi'an Qurʼan", "hawaii xian quran");
  assert_same("L’Université d’été", "L'Universite d'ete");
  assert_tokens("l’Université dell'Arte qu'il un'altra", "l universite dell arte qu il un altra");
  assert_tokens("N'Djamena O'Brien men's 'quoted'", "ndjamena obrien mens quoted");
  assert_same("Col·legi", "Collegi");
  assert_same("جامعة", "جامعه");
  assert_same("مستشفى", "مستشفي");
  assert_same("کتاب ایران", "كتاب ايران");
  assert_same("أإآا", "اااا");
  assert_same("مـــصر ١٢۳", "مصر 123");
  assert_same("Қазақстан", "Казакстан");
  assert_same("\xe1\x84\x89\xe1\x85\xa5\xe1\x84\x8b\xe1\x85\xae\xe1\x86\xaf", "서울");
}

static void single_letters_with_stops_are_one_word(void **state) {
  (void)state;
  assert_same("I.T.R.I.", "ITRI");
  assert_tokens("U.S. and J. Smith", "us and j smith");
  assert_tokens("a.b", "ab");
  assert_tokens("e.g.x.y", "egxy");
  assert_tokens("J.Smith", "j smith");
}

static void marks_that_belong_to_words_stay(void **state) {
  (void)state;
  assert_tokens("हिन्दी", "हिन्दी");
  assert_tokens("שָׁלוֹם", "שלום");
  assert_tokens("e\xcc\x81t", "et");
  assert_tokens("co\xc2\xadoperate", "cooperate"); /* a soft hyphen */
}

static void a_boundary_is_a_token_of_its_own(void **state) {
  (void)state;
  assert_tokens("one" FOLD_BOUNDARY "東京" FOLD_BOUNDARY "Ltd", "one | 東京 京. | ltd");
}

struct places {
  size_t starts[8], ends[8], count;
};

static bool add_place(void *argument, const struct fold_token *token) {
  struct places *places = argument;
  places->starts[places->count] = token->start;
  places->ends[places->count++] = token->end;
  return places->count < 3;
}

static void a_token_says_where_it_stands(void **state) {
  (void)state;
  static const char text[] = "ｱﾊﾟ Zürich xyz abc";
  struct places places = {.count = 0};
  assert_false(fold_tokens(text, strlen(text), add_place, &places)); /* ended after three */
  assert_int_equal(places.count, 3);
  assert_int_equal(places.starts[0], 0);
  assert_int_equal(places.ends[0], 9);
  assert_int_equal(places.starts[1], 3);
  assert_int_equal(places.ends[1], 9);
  assert_int_equal(places.starts[2], 10);
  assert_int_equal(places.ends[2], 17);
}

static void what_is_not_utf_8_parts_words(void **state) {
  (void)state;
  assert_tokens("ab\xff\xfe"
                "cd\xe3\x81",
                "ab cd");
}

static void long_words_are_told_by_their_beginning(void **state) {
  (void)state;
  char text[1001], expected[FOLD_TOKEN_MOST + 1];
  memset(text, 'A', sizeof text - 1);
  text[1000] = '\0';
  memset(expected, 'a', FOLD_TOKEN_MOST);
  expected[FOLD_TOKEN_MOST] = '\0';
  assert_tokens(text, expected);
}

static double alike(const char *a, const char *b) {
  char *left = fold_key(NULL, a), *right = fold_key(NULL, b);
  double result = likeness(left, right);
  talloc_free(left);
  talloc_free(right);
  return result;
}

static void names_are_alike_by_their_pairs(void **state) {
  (void)state;
  assert_true(alike("Industrial Technology Research Inst.", "Industrial Technology Research Institute") > 0.9);
  assert_true(alike("東京大学", "東京工業大学") < 0.8);
  assert_true(alike("ABC", "abc") == 1.0);
  assert_true(alike("AB CD", "ABCD") == 1.0);
  assert_true(alike("abc", "xyz") == 0.0);
  assert_true(alike("", "") == 0.0);
  assert_true(alike("a", "a") == 1.0);
  assert_true(alike("aaaa", "aa") < 1.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_are_small_and_without_accents),
      cmocka_unit_test(runs_are_cut_into_pairs_and_the_last_character),
      cmocka_unit_test(widths_and_kana_are_one),
      cmocka_unit_test(voicing_tells_words_apart),
      cmocka_unit_test(variants_of_characters_are_one),
      cmocka_unit_test(forms_of_companies_are_left_out),
      cmocka_unit_test(what_is_only_a_form_is_a_word_when_it_stands_first),
      cmocka_unit_test(forms_spelled_out_are_those_in_short),
      cmocka_unit_test(letters_without_decomposition_are_their_base),
      cmocka_unit_test(single_letters_with_stops_are_one_word),
      cmocka_unit_test(marks_that_belong_to_words_stay),
      cmocka_unit_test(a_boundary_is_a_token_of_its_own),
      cmocka_unit_test(a_token_says_where_it_stands),
      cmocka_unit_test(what_is_not_utf_8_parts_words),
      cmocka_unit_test(long_words_are_told_by_their_beginning),
      cmocka_unit_test(names_are_alike_by_their_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
