/* Files of CSV as records: which columns are taken, what their cells say, and what a record becomes by them. */
#include "sample.h"

#include "base/charset.h"
#include "base/text.h"
#include "contract/columns.h"
#include "contract/sheet.h"

#include <stdlib.h>

static struct sheet *open_sheet(void *memory, const struct schema *schema, const char *csv, struct faults *faults) {
  return sheet_open(memory, schema, charset_open(memory, "utf-8"), &(struct sheet_file){csv, strlen(csv), false},
                    faults);
}

static void add_faults(struct text *out, const struct faults *faults) {
  if (faults->count > 0) {
    text_addf(out, "%s\n", sample_words(faults));
  }
}

/* All rows: "LINE.ROW JSON" or the faults, a line each; behind them "broken" with its line where it ends so. */
static void assert_rows(const struct contract *contract, const char *path, const char *csv, const char *expected) {
  void *memory = talloc_new(NULL);
  struct text *words = text_new(memory);
  struct faults *faults = faults_new(memory);
  struct sheet *sheet = open_sheet(memory, sample_schema(contract, path), csv, faults);
  enum sheet_read read = sheet == NULL ? SHEET_END : SHEET_ROW;
  add_faults(words, faults);
  while (read == SHEET_ROW) {
    struct sheet_row row;
    struct faults *own = faults_new(memory);
    read = sheet_next(sheet, &row, own);
    if (read == SHEET_BROKEN) {
      text_addf(words, "broken in line %zu\n", row.line);
    }
    if (row.record != NULL) {
      char *json = json_dumps(row.record, JSON_COMPACT);
      text_addf(words, "%zu.%zu %s\n", row.line, row.row, json);
      free(json);
    }
    add_faults(words, own);
    json_decref(row.record);
  }
  assert_string_equal(words->data, expected);
  talloc_free(memory);
}

static void rows_are_records_of_the_columns_that_there_are(void **state) {
  assert_rows(*state, "people", "name,born\r\nAnn,1900\r\n\"B, b\",\r\n",
              "2.2 {\"name\":\"Ann\",\"born\":1900}\n3.3 {\"name\":\"B, b\",\"born\":null}\n");
  assert_rows(
      *state, "people",
      "\xef\xbb\xbf"
      "born;alive;name\n1;TRUE;\"a\n\n;\"\n;false;x",
      "2.2 {\"born\":1,\"alive\":true,\"name\":\"a\\n\\n;\"}\n5.3 {\"born\":null,\"alive\":false,\"name\":\"x\"}\n");
  assert_rows(*state, "people", "name\tborn\ra\t 7 \r\r\t\rb\t\r",
              "2.2 {\"name\":\"a\",\"born\":7}\n5.5 {\"name\":\"b\",\"born\":null}\n");
  assert_rows(*state, "people", "name\n", "");
  assert_rows(*state, "people", "name,,id\na,,own\n", "2.2 {\"name\":\"a\"}\n");
}

static void cells_are_read_as_their_schema_asks(void **state) {
  assert_rows(*state, "books", "title,kind,weight,count,lent\n'=A1,\"\",1.5,9,True\n'a,'',-1,x,yes\n",
              "2.2 {\"title\":\"=A1\",\"kind\":null,\"weight\":1.5,\"count\":9,\"lent\":true}\n"
              "3.3 {\"title\":\"'a\",\"kind\":\"'\",\"weight\":-1,\"count\":\"x\",\"lent\":\"yes\"}\n");
  assert_rows(*state, "books", "loan.to,loan.terms.days,owner\nann,3,\n",
              "2.2 {\"loan\":{\"to\":\"ann\",\"terms\":{\"days\":3}},\"owner\":null}\n");
  assert_rows(
      *state, "books", "tags,authors,readers,notes,extra\na; b;,x,\" ; y\",n,\"{\"\"known\"\":1}\"\n[],,,,\n",
      "2.2 {\"tags\":[\"a\",\"b\"],\"authors\":[\"x\"],\"readers\":[\"y\"],\"notes\":\"n\",\"extra\":{\"known\":1}}\n"
      "3.3 {\"tags\":[],\"authors\":null,\"readers\":null,\"notes\":null,\"extra\":null}\n");
}

static void what_cannot_be_read_is_told_with_its_place(void **state) {
  assert_rows(*state, "books", "tags,loan.terms.days,title\n[\"a,[,x\n",
              "broken in line 2\n malformed: has a quote inside of a cell that does not begin with one; what follows "
              "cannot be read\n");
  assert_rows(
      *state, "books", "tags,title\n[x,\xff\n",
      "2.2 {\"tags\":\"[x\",\"title\":null}\n/tags malformed: is no JSON: line 1, column 2 of the cell: invalid "
      "token near 'x'\n/title encoding: is not UTF-8 from its byte 1 on; a file in another character set says "
      "so: text/csv; charset=utf-8, utf-16, shift_jis or big5\n");
  assert_rows(
      *state, "people", "name,born\na\nb,1,\n\"c\n",
      " cells: has 1 cells, where the first line has 2\n cells: has 3 cells, where the first line has 2\n"
      "broken in line 4\n malformed: begins a cell with a quote that nothing ends; what follows cannot be read\n");
}

static void a_header_that_cannot_be_used_is_told(void **state) {
  assert_rows(*state, "people", "", " required: the first line must name the columns\n");
  assert_rows(
      *state, "people", "nmae,name,name,loan.to\nx\n",
      "/nmae unknown: is not a known column; did you mean `name`?\n/name duplicate: is the name of two columns\n"
      "/loan.to unknown: is not a known column: name the columns as exported lists do\n");
  assert_rows(*state, "people", "/a~b\n",
              "/~1a~0b unknown: is not a known column: name the columns as exported lists do\n");
  assert_rows(*state, "people", "a\"b\n",
              " malformed: the first line has a quote inside of a cell that does not begin with one\n");
  void *memory = talloc_new(NULL);
  struct text *wide = text_new(memory);
  text_add(wide, "name");
  for (int i = 1; i < SHEET_COLUMNS_MOST; i++) {
    text_add(wide, ",");
  }
  assert_rows(*state, "people", wide->data, "");
  text_add(wide, ",born");
  assert_rows(*state, "people", wide->data, " too_many: must have at most 256 columns with a name\n");
  talloc_free(memory);
}

static void columns_without_names_or_values_are_no_fault_however_many(void **state) {
  void *memory = talloc_new(NULL);
  struct text *wide = text_new(memory), *commas = text_new(memory);
  for (int i = 0; i < 3 * SHEET_COLUMNS_MOST; i++) {
    text_add(commas, ",");
  }
  text_addf(wide, "name%s\nAnn%s\n", commas->data, commas->data);
  assert_rows(*state, "people", wide->data, "2.2 {\"name\":\"Ann\"}\n");
  text_addf(wide, "Bob%sx\n", commas->data);
  assert_rows(*state, "people", wide->data,
              "2.2 {\"name\":\"Ann\"}\n3.3 {\"name\":\"Bob\"}\n unknown: has a value in a column without a name\n");
  talloc_free(memory);
}

static void a_sheet_knows_which_columns_it_has(void **state) {
  void *memory = talloc_new(NULL);
  const struct schema *people = sample_schema(*state, "people"), *books = sample_schema(*state, "books");
  struct faults *faults = faults_new(memory);
  assert_true(sheet_is_whole(open_sheet(memory, people, "alive,born,name\n", faults)));
  assert_false(sheet_is_whole(open_sheet(memory, people, "id,alive,born\n", faults)));
  struct sheet *sheet = open_sheet(memory, books, "tags,loan.terms.days\n", faults);
  assert_int_equal(faults->count, 0);
  assert_true(sheet_has(sheet, "/tags"));
  assert_true(sheet_has(sheet, "/tags/3"));
  assert_true(sheet_has(sheet, "/loan/terms/days"));
  static const char *const others[] = {"", "/", "/tag", "/tagsx", "/loan", "/loan/terms", "/loan/to", "/title"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(sheet_has(sheet, others[i]));
  }
  assert_string_equal(sheet_column(memory, books, ""), "");
  assert_string_equal(sheet_column(memory, books, "/title"), "title");
  assert_string_equal(sheet_column(memory, books, "/authors/0/person"), "authors");
  assert_string_equal(sheet_column(memory, books, "/loan"), "loan");
  assert_string_equal(sheet_column(memory, books, "/loan/terms/days"), "loan.terms.days");
  assert_string_equal(sheet_column(memory, books, "/owner/id"), "owner");
  assert_string_equal(sheet_column(memory, books, "/nothing/x"), "nothing");
  assert_string_equal(sheet_column(memory, books, "/~1a~01~2/x"), "/a~1~2");
  talloc_free(memory);
}

static void assert_merged(const struct contract *contract, const char *base, const char *row, const char *expected) {
  json_t *old = json_loads(base, 0, NULL), *given = json_loads(row, 0, NULL), *wanted = json_loads(expected, 0, NULL);
  json_t *merged = sheet_merge(sample_schema(contract, "books"), old, given), *before = json_loads(base, 0, NULL);
  assert_true(json_equal(merged, wanted));
  assert_true(old == NULL || json_equal(old, before)); /* nothing of it was changed */
  json_decref(old);
  json_decref(given);
  json_decref(wanted);
  json_decref(merged);
  json_decref(before);
}

static void a_row_changes_what_it_has_and_takes_away_what_is_empty(void **state) {
  assert_merged(*state, "null", "{\"title\":\"a\",\"kind\":null,\"loan\":{\"to\":null,\"terms\":{\"days\":null}}}",
                "{\"title\":\"a\"}");
  assert_merged(*state, "{\"title\":\"a\",\"tags\":[\"x\"],\"kind\":\"novel\"}", "{\"title\":\"b\",\"kind\":null}",
                "{\"title\":\"b\",\"tags\":[\"x\"]}");
  assert_merged(*state, "{\"loan\":{\"to\":\"a\",\"terms\":{\"days\":1}}}", "{\"loan\":{\"terms\":{\"days\":null}}}",
                "{\"loan\":{\"to\":\"a\"}}");
  assert_merged(*state, "{\"loan\":{\"to\":null,\"until\":null,\"terms\":{\"days\":1}}}",
                "{\"loan\":{\"terms\":{\"days\":null}}}", "{}");
  assert_merged(*state, "{\"loan\":null}", "{\"loan\":{\"to\":\"b\"}}", "{\"loan\":{\"to\":\"b\"}}");
  assert_merged(*state, "{\"extra\":{\"known\":1,\"x\":2}}", "{\"extra\":{\"y\":null}}", "{\"extra\":{\"y\":null}}");
}

static void what_is_written_as_a_line_is_read_as_the_record(void **state) {
  static const char document[] =
      "{\"id\":\"b\",\"title\":\"=T;\\n\\\"\",\"kind\":null,\"shelf\":\"a\",\"code\":\"AB\",\"on\":null,\"weight\":1.5,"
      "\"count\":9,\"lent\":false,\"owner\":{\"id\":\"p\",\"slug\":\"ann\",\"name\":\"A\"},\"loan\":{\"to\":null,"
      "\"until\":\"2026-01-01\",\"terms\":null},\"period\":{\"starts\":\"2026-01-02\"},\"authors\":[{\"person\":\"a\"}]"
      ","
      "\"readers\":[],\"relations\":[],\"tags\":[\"a;b\",\"[\"],\"notes\":null,\"extra\":{\"x\":[1]},\"anything\":[]}";
  void *memory = talloc_new(NULL);
  const struct schema *books = sample_schema(*state, "books");
  struct text *csv = text_new(memory);
  columns_add_names(csv, books);
  assert_true(columns_add_line(csv, books, document, strlen(document)));
  struct faults *faults = faults_new(memory);
  struct sheet *sheet = open_sheet(memory, books, csv->data, faults);
  assert_true(sheet_is_whole(sheet));
  struct sheet_row row;
  assert_int_equal(sheet_next(sheet, &row, faults), SHEET_ROW);
  json_t *merged = sheet_merge(books, NULL, row.record), *given = json_loads(document, 0, NULL);
  json_object_set_new(given, "owner", json_string("ann"));
  json_t *read = schema_normal(books, merged), *meant = schema_normal(books, given);
  assert_int_equal(faults->count, 0);
  assert_true(json_equal(read, meant));
  json_decref(row.record);
  assert_int_equal(sheet_next(sheet, &row, faults), SHEET_END);
  json_decref(merged);
  json_decref(given);
  json_decref(read);
  json_decref(meant);
  talloc_free(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_records_of_the_columns_that_there_are),
      cmocka_unit_test(cells_are_read_as_their_schema_asks),
      cmocka_unit_test(what_cannot_be_read_is_told_with_its_place),
      cmocka_unit_test(a_header_that_cannot_be_used_is_told),
      cmocka_unit_test(columns_without_names_or_values_are_no_fault_however_many),
      cmocka_unit_test(a_sheet_knows_which_columns_it_has),
      cmocka_unit_test(a_row_changes_what_it_has_and_takes_away_what_is_empty),
      cmocka_unit_test(what_is_written_as_a_line_is_read_as_the_record),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
