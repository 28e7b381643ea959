/* Files of CSV: a line `RESOURCE CHARSET`, and the file behind it. Rows have places that grow, what they hold is JSON
 * that can be checked and merged, a fault has a place in a column or in the whole row; and what was merged and is
 * merged again stays. */
#include "fuzz.h"

#include "base/charset.h"
#include "base/text.h"
#include "contract/sheet.h"

static void must_be_json(const json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT);
  must(text != NULL, "a record can be written");
  free(text);
}

static void look_at_faults(const struct schema *schema, const struct faults *faults) {
  json_t *told = faults_json(faults);
  must_be_json(told);
  json_decref(told);
  for (size_t i = 0; i < faults->count; i++) {
    const struct fault *fault = &faults->list[i];
    must(fault->where[0] == '\0' || fault->where[0] == '/', "a fault has a pointer");
    const char *column = sheet_column(faults, schema, fault->where);
    must((fault->where[0] == '\0') == (column[0] == '\0') || fault->where[1] == '\0', "a place lies in a column");
  }
}

static void look_at_row(const struct schema *schema, const json_t *row, struct faults *faults) {
  must(json_is_object(row), "a record is an object");
  must_be_json(row);
  json_t *body = sheet_merge(schema, NULL, row), *again = sheet_merge(schema, body, row);
  must(json_equal(body, again), "what is merged twice is merged once");
  size_t before = faults->count;
  schema_check(schema, body, "", faults);
  if (faults->count == before) {
    json_t *normal = schema_normal(schema, body), *kept = sheet_merge(schema, normal, row);
    json_t *same = schema_normal(schema, kept);
    must(json_equal(normal, same), "a row changes nothing of the record that it has made");
    json_decref(normal);
    json_decref(kept);
    json_decref(same);
  }
  json_decref(body);
  json_decref(again);
}

static void look_at_rows(struct sheet *sheet, const struct schema *schema, void *memory) {
  struct sheet_row row = {0}, last = {.row = 1};
  for (enum sheet_read read = SHEET_ROW; read == SHEET_ROW; last = row) {
    struct faults *faults = faults_new(memory);
    read = sheet_next(sheet, &row, faults);
    must(read == SHEET_END || (row.row > last.row && row.line > last.line), "places grow");
    must(read != SHEET_END || (row.record == NULL && faults->count == 0), "at the end there is nothing");
    must(read == SHEET_END || row.record != NULL || faults->count > 0, "a row without a record has a fault");
    if (row.record != NULL) {
      look_at_row(schema, row.record, faults);
      json_decref(row.record);
    }
    look_at_faults(schema, faults);
    talloc_free(faults);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const char *text = (const char *)bytes, *end = size == 0 ? NULL : memchr(text, '\n', size);
  const char *space = end == NULL ? NULL : memchr(text, ' ', (size_t)(end - text));
  if (space == NULL) {
    return 0;
  }
  void *memory = talloc_new(NULL);
  const struct contract *contract = served_contract();
  const struct resource *resource = contract_resource(contract, memory_slice(memory, text, (size_t)(space - text)));
  const struct schema *schema = resource == NULL ? contract->resources[0].schema : resource->schema;
  struct charset *charset = charset_open(memory, memory_slice(memory, space + 1, (size_t)(end - space - 1)));
  charset = charset == NULL ? charset_open(memory, "utf-8") : charset;
  const char *csv = end + 1;
  size_t left = size - (size_t)(csv - text), bad = 0;
  if (charset_is_wide(charset)) {
    struct text *whole = text_new(memory);
    bool fine = charset_read(charset, csv, left, whole, &bad);
    must(fine || bad < left, "what cannot be read has a place");
    csv = whole->data;
    left = whole->length;
    charset = charset_open(memory, "utf-8");
  }
  struct faults *faults = faults_new(memory);
  struct sheet *sheet = sheet_open(memory, schema, charset, &(struct sheet_file){csv, left, false}, faults);
  must((sheet == NULL) == (faults->count > 0), "a header can be used or there is a reason");
  look_at_faults(schema, faults);
  if (sheet != NULL) {
    look_at_rows(sheet, schema, memory);
  }
  talloc_free(memory);
  return 0;
}
