/* What the loader makes of a contract, and what it refuses. */
#include "sample.h"

#include <stdio.h>

static void head_and_counts_are_read(void **state) {
  const struct contract *contract = *state;
  assert_string_equal(contract->version, "1.2.3");
  assert_int_equal(contract->resource_count, 2);
  assert_int_equal(contract->operation_count, 9);
  assert_null(contract_resource(contract, "films"));
  for (size_t i = 0; i < contract->operation_count; i++) {
    assert_int_equal(contract->operations[i].index, i);
  }
}

static void a_resource_has_its_names(void **state) {
  const struct resource *books = contract_resource(*state, "books");
  assert_string_equal(books->prefix, "book");
  assert_string_equal(books->table, "books");
  assert_string_equal(books->view, "book_documents");
  assert_string_equal(books->name, "title");
  assert_string_equal(books->search, "book_search");
  assert_null(contract_resource(*state, "people")->search);
  assert_string_equal(books->schema->name, "Book");
}

static void a_member_knows_its_place(void **state) {
  const struct schema *book = sample_schema(*state, "books");
  const struct member *id = schema_member(book, "id");
  assert_true(id->read_only);
  assert_false(id->stored);
  assert_false(id->required); /* read-only members are never required in a body */
  assert_true(schema_member(book, "title")->required);
  assert_string_equal(schema_member(book, "title")->description, "How it is shown.");
  assert_string_equal(schema_member(book, "on")->column, "day");
  assert_string_equal(schema_member(book, "tags")->table, "book_tags");
  const struct member *owner = schema_member(book, "owner");
  assert_true(owner->internal);
  assert_true(owner->stored);
  assert_string_equal(owner->schema->reference, "people");
  assert_ptr_equal(owner->schema, schema_member(schema_member(book, "loan")->schema, "to")->schema);
  assert_null(schema_member(book, "nothing"));
}

static void a_member_says_how_it_is_searched(void **state) {
  const struct schema *book = sample_schema(*state, "books");
  assert_int_equal(schema_member(book, "title")->searched, SEARCHED_NAME);
  assert_int_equal(schema_member(book, "tags")->searched, SEARCHED);
  assert_int_equal(schema_member(book, "on")->searched, SEARCHED_NOT);
}

static void an_enumeration_with_null_is_nullable_and_lists_texts(void **state) {
  const struct schema *kind = schema_member(sample_schema(*state, "books"), "kind")->schema;
  assert_int_equal(kind->kinds, KIND_STRING | KIND_NULL);
  assert_string_equal(kind->values[0], "novel");
  assert_string_equal(kind->values[1], "essay");
  assert_null(kind->values[2]);
}

static void assert_filter(const struct resource *resource, const char *name, const char *table, const char *column) {
  for (size_t i = 0; i < resource->filter_count; i++) {
    const struct filter *filter = &resource->filters[i];
    if (strcmp(filter->name, name) == 0) {
      assert_string_equal(filter->column, column);
      assert_string_equal(filter->table ? filter->table : "", table);
      return;
    }
  }
  fail_msg("no filter %s", name);
}

static void filters_are_found_at_any_depth(void **state) {
  const struct resource *books = contract_resource(*state, "books");
  assert_filter(books, "title", "", "title");
  assert_filter(books, "kind", "", "kind");
  assert_filter(books, "code_is", "", "code");
  assert_filter(books, "on", "", "day");
  assert_filter(books, "owner", "", "owner");
  assert_filter(books, "loan_until", "", "loan_until");
  assert_filter(books, "loan_terms_days", "", "loan_terms_days");
  assert_filter(books, "period_starts", "", "period_starts");
  assert_filter(books, "author", "book_authors", "person");
  assert_filter(books, "tag", "book_tags", "value");
  assert_int_equal(books->filter_count, 17);
  assert_filter(contract_resource(*state, "people"), "id", "", "id");
}

static void what_looks_at_an_internal_member_is_internal(void **state) {
  const struct resource *books = contract_resource(*state, "books");
  for (size_t i = 0; i < books->filter_count; i++) {
    assert_int_equal(books->filters[i].internal, strcmp(books->filters[i].name, "owner") == 0);
  }
}

static void sort_keys_are_flattened(void **state) {
  const struct resource *books = contract_resource(*state, "books");
  assert_int_equal(books->sort_count, 3);
  assert_string_equal(books->sorts[0].name, "id");
  assert_string_equal(books->sorts[1].column, "title");
  assert_string_equal(books->sorts[2].name, "loan_until");
  assert_string_equal(books->sorts[2].column, "loan_until");
}

static void referrers_are_found_in_columns_and_in_tables(void **state) {
  const struct resource *people = contract_resource(*state, "people");
  static const struct {
    const char *member, *table, *column;
  } expected[] = {{"owner", NULL, "owner"},
                  {"loan", NULL, "loan_to"},
                  {"authors", "book_authors", "person"},
                  {"readers", "book_readers", "value"}};
  assert_int_equal(people->referrer_count, 4);
  for (size_t i = 0; i < 4; i++) {
    const struct referrer *referrer = &people->referrers[i];
    assert_string_equal(referrer->resource->path, "books");
    assert_string_equal(referrer->member, expected[i].member);
    assert_string_equal(referrer->column, expected[i].column);
    assert_string_equal(referrer->table ? referrer->table : "", expected[i].table ? expected[i].table : "");
    assert_false(referrer->mirrored);
  }
}

static void a_relation_with_an_inverse_is_mirrored(void **state) {
  const struct resource *books = contract_resource(*state, "books");
  assert_int_equal(books->referrer_count, 1);
  assert_string_equal(books->referrers[0].table, "book_relations");
  assert_true(books->referrers[0].mirrored);
}

static void an_operation_has_its_keys(void **state) {
  const struct operation *create = sample_operation(*state, "create-book");
  assert_string_equal(create->method, "POST");
  assert_string_equal(create->path, "/v1/books");
  assert_string_equal(create->handler, "create");
  assert_int_equal(create->role, ROLE_EDITOR);
  assert_int_equal(create->body_limit, 4096);
  assert_int_equal(create->local_body_limit, 8192);
  assert_true(create->body_required);
  assert_string_equal(create->media_types[0], "application/json");
  assert_string_equal(create->media_types[1], "text/csv");
  assert_null(create->media_types[2]);
  assert_ptr_equal(create->body, create->resource->schema);
  assert_false(create->filtered);
  assert_null(sample_operation(*state, "get-book")->media_types);
}

static void application_json_decides_over_its_kin(void **state) {
  assert_string_equal(sample_operation(*state, "patch-book")->body->name, "Book");
}

static void the_document_lists_the_filters_as_parameters(void **state) {
  const struct contract *contract = *state;
  json_t *paths = json_object_get(contract->document, "paths");
  json_t *get = json_object_get(json_object_get(paths, "/v1/books"), "get");
  json_t *parameters = json_object_get(get, "parameters");
  assert_int_equal(json_array_size(parameters), 6 + 17);
  char *text = json_dumps(json_array_get(parameters, 7), JSON_COMPACT);
  assert_string_equal(text, "{\"name\":\"title\",\"in\":\"query\",\"description\":\"How it is shown. Also with "
                            "`__ne`, `__lt`, `__lte`, `__gt`, `__gte`\",\"explode\":true,"
                            "\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}");
  free(text);
  text = json_dumps(json_object_get(json_array_get(parameters, 8), "schema"), JSON_COMPACT);
  assert_string_equal(text, "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"novel\",\"essay\"]}}");
  free(text);
  json_t *people = json_object_get(json_object_get(paths, "/v1/people"), "get");
  assert_int_equal(json_array_size(json_object_get(people, "parameters")), 4);
}

/* The sample with `old` replaced by `new`, refused for a reason that holds `reason`. */
static void assert_refused(const char *old, const char *new, const char *reason) {
  const char *at = strstr(sample_yaml, old);
  assert_non_null(at);
  char *yaml = memory_print(NULL, "%.*s%s%s", (int)(at - sample_yaml), sample_yaml, new, at + strlen(old));
  struct error error = {0};
  struct contract *contract = contract_load(yaml, strlen(yaml), sample_formats, &error);
  if (contract || !strstr(error.text, reason)) {
    fail_msg("%s => %s: expected %s, not %s", old, new, reason, contract ? "a contract" : error.text);
  }
  talloc_free(yaml);
}

static void what_is_not_understood_is_refused_with_its_place(void **state) {
  (void)state;
  static const struct {
    const char *old, *new, *reason;
  } cases[] = {
      {"3.1.0", "3.0.3", "`openapi` must be 3.1, not 3.0.3"},
      {"version: 1.2.3", "x: 1", "/info: the text `version` is missing"},
      {"openapi:", "swagger: 2\nopenapi:", "/: `swagger` is not understood here"},
      {"openapi: 3.1.0", "info: {}", "line 2, column 1: the name is given twice"},
      {"{type: [boolean, 'null']}", "{type: [boolean, 'null'], oneOf: []}", "`oneOf` is not understood here"},
      {"{type: [boolean, 'null']}", "{type: flag}", "Book/properties/lent/type: `flag` is not a type"},
      {"{type: [boolean, 'null']}", "{type: []}", "must name a type"},
      {"{type: [boolean, 'null']}", "{type: 1}", "`` is not a type"},
      {"{type: [boolean, 'null']}", "7", "a schema must be an object"},
      {"{type: [boolean, 'null']}", "{enum: [a]}", "`type` is missing"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [1]}", "only texts and null can be listed"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [null]}", "must list a text"},
      {"{type: [boolean, 'null']}", "{type: string, pattern: '('}", "is not a regular expression"},
      {"{type: [boolean, 'null']}", "{type: string, pattern: 1}", "must be text"},
      {"{type: [boolean, 'null']}", "{type: integer, minimum: 0.5}", "must be an integer"},
      {"{type: [boolean, 'null']}", "{type: string, maxLength: -1}", "must be an integer of 0 or more"},
      {"{type: [boolean, 'null']}", "{type: boolean, readOnly: 1}", "must be true or false"},
      {"{type: [boolean, 'null']}", "{type: array}", "an array must say what its `items` are"},
      {"{type: [boolean, 'null']}", "{type: array, items: 3}", "lent/items: a schema must be an object"},
      {"{type: [boolean, 'null']}", "{type: string, x-table: t}", "only an array can have `x-table`"},
      {"{type: [boolean, 'null']}", "{type: string, x-reference: films}", "there is no resource `films`"},
      {"{type: [boolean, 'null']}", "{type: string, default: 3}", "lent: the default must be a string"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [a], x-inverse: {a: b}}", "one side is not in `enum`"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [a], x-inverse: [a]}", "must be an object of texts"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [a], x-inverse: {a: 1}}", "must be an object of texts"},
      {"{type: [boolean, 'null']}", "{type: string, x-filter: title}", "there are two filters named `title`"},
      {"{type: [boolean, 'null']}", "{type: string, x-filter: limit}", "`limit` is a parameter and a filter"},
      {"{type: [boolean, 'null']}", "{type: string, x-above: true}", "`x-above` belongs to one reference"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/PersonReference', x-above: true}",
       "`x-above` belongs to one reference"},
      {"{type: [boolean, 'null']}", "{type: string, x-filter-kind: kind}", "must name an enumeration beside it"},
      {"{type: [boolean, 'null']}", "{type: string, x-filter-also: [name]}",
       "members of the record that items refer to"},
      {"{type: [boolean, 'null']}", "{type: string, x-filter-also: name}", "must be a list of texts"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Nobody'}", "there is no schema `Nobody`"},
      {"{type: [boolean, 'null']}", "{$ref: 'other.yaml'}", "$ref must lead into #/components/schemas/"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Book'}", "the schema `Book` contains itself"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Loan', type: object}", "`type` cannot stand beside"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Loan', x-filter: true}", "an object as a whole"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Loan', readOnly: no}", "must be true or false"},
      {"{type: [boolean, 'null']}", "{type: array, items: {type: string}, x-filter: true}", "need `x-table`"},
      {"{type: [boolean, 'null']}", "{type: array, items: {$ref: '#/components/schemas/Relation'}}", "need `x-table`"},
      {"{type: [boolean, 'null']}",
       "{type: array, items: {$ref: '#/components/schemas/Loan'}, x-table: a, x-filter: l}",
       "`x-filter` belongs to a member of the items"},
      {"{type: [boolean, 'null']}", "{type: boolean, x-internal: true}", "may be null or a list"},
      {"{type: [boolean, 'null']}", "{type: [boolean, 'null'], x-internal: true, x-stored: false}", "must be stored"},
      {"{type: [boolean, 'null']}",
       "{type: array, items: {type: object, properties: {a: {type: [string, 'null'], x-internal: true}}}}",
       "internal members of items need `x-table`"},
      {"{type: [boolean, 'null']}", "{type: string, enum: [a], x-public: b}", "must be one of its values"},
      {"{type: [boolean, 'null']}", "{type: string, x-search: title}", "must be true, false or `name`"},
      {"{type: [boolean, 'null']}", "{type: string, x-search: 1}", "must be true, false or `name`"},
      {"{type: [boolean, 'null']}", "{type: boolean, x-search: true}", "only stored text of a resource with `search`"},
      {"{type: [boolean, 'null']}", "{type: string, x-stored: false, x-search: true}", "only stored text"},
      {"{type: [boolean, 'null']}", "{$ref: '#/components/schemas/Loan', x-search: true}", "only stored text"},
      {"{type: [boolean, 'null']}", "{type: [string, 'null'], x-internal: true, x-search: name}", "and not internal"},
      {", search: book_search}", ", search: 3}", "the text `search` is missing"},
      {"x-reference: books}", "x-reference: books, x-sort: true}", "lists cannot be sorted by this"},
      {"format: day, x-column", "format: moon, x-column", "the format `moon` is not known"},
      {"required: [type, book]", "required: [type, film]", "`required` names what is not a member"},
      {"x-shorthand: person", "x-shorthand: film", "`x-shorthand` names `film`"},
      {"marks: {type: array,", "marks: {type: array, x-table: t,", "items of a table cannot have a table"},
      {"const: writer, default", "x-internal: 3, default", "x-internal: must be true or false"},
      {"    Period:\n",
       "    Alias: {x-resource: {path: a, prefix: a, table: a, view: a, name: a}, $ref: '#/components'}\n"
       "    Period:\n",
       "a component must be a schema of its own"},
      {"prefix: per,", "prefix: per, colour: red,", "x-resource: `colour` is not understood here"},
      {"prefix: per,", "", "x-resource: the text `prefix` is missing"},
      {"path: people,", "path: folk,", "there is no resource `people`"},
      {"view: people_documents, name: name", "view: v, name: naam", "x-resource: `naam` is not a member"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_refused(cases[i].old, cases[i].new, cases[i].reason);
  }
}

static void operations_that_are_not_whole_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *old, *new, *reason;
  } cases[] = {
      {"x-handler: page,", "", "/paths/~1/get: the text `x-handler` is missing"},
      {"x-role: none", "x-role: king", "the role `king` is not known"},
      {", x-role: none", "", "the text `x-role` is missing"},
      {"x-role: none", "x-role: none, x-colour: red", "`x-colour` is not understood here"},
      {"x-role: none", "x-role: none, x-public: true", "`x-public` opens what readers may read, and nothing else"},
      {"x-role: none", "x-role: feed", "the role `feed` reads by a token that is the path's only variable"},
      {"x-role: none", "x-role: none, x-resource: films", "`x-resource` names no resource"},
      {"x-role: none", "x-role: none, x-filtered: true", "`x-filtered` needs `x-resource`"},
      {"x-body-limit: 4096", "x-body-limit: 0", "`x-body-limit` must be a number of bytes"},
      {"x-body-limit-local: 8192", "x-body-limit-local: many", "`x-body-limit-local` must be a number of bytes"},
      {"operationId: create-book", "operationId: list-books", "there are two operations `list-books`"},
      {"  /: {get:", "  v1: {get:", "a path begins with a slash"},
      {"  /: {get:", "  /v{x}: {get:", "a variable must be a whole segment"},
      {"  /: {get:", "  /{x: {get:", "a variable must be a whole segment"},
      {"  /: {get:", "  /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q: {get:", "the path has too many segments"},
      {"  /: {get:", "  '/{a}/{b}/{c}/{d}/{e}': {get:", "the path has more than 4 variables"},
      {"  /: {get:", "  '/{a}': {get:", "the path has 1 variables, and 0 are declared"},
      {"  /: {get:", "  /: {trace:", "`trace` is not understood here"},
      {"name: page, in: path", "name: leaf, in: path", "the path has no {leaf}"},
      {"name: page, in: path", "name: page, in: cookie", "a parameter cannot be in `cookie`"},
      {"name: page, in: path", "name: page, into: path", "`into` is not understood here"},
      {"name: page, in: path", "name: page", "the text `in` is missing"},
      {"schema: {type: boolean, default", "schema: {type: moon, default", "parameters/1/schema/type: `moon`"},
      {"'#/components/parameters/Limit'", "'#/components/parameters/Most'", "$ref leads to nothing"},
      {"'#/components/parameters/Limit'", "'other.yaml'", "$ref must lead into this document"},
      {"'#/components/parameters/Limit'", "'#/info/title'", "an object is expected here"},
      {"    Limit: {", "    Limit: {$ref: '#/components/parameters/Limit'}\n    Most: {", "$ref goes in a circle"},
      {"{$ref: '#/components/requestBodies/Book'}", "{content: {}}", "`content` must name a media type"},
      {"{$ref: '#/components/requestBodies/Book'}", "{contents: {}}", "`contents` is not understood here"},
      {"{$ref: '#/components/requestBodies/Book'}", "{content: {text/csv: {encoding: {}}}}", "`encoding` is not"},
      {"{schema: {type: object}}", "{schema: {type: thing}}", "`thing` is not a type"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_refused(cases[i].old, cases[i].new, cases[i].reason);
  }
}

static void two_resources_of_one_path_are_refused(void **state) {
  (void)state;
  static const char yaml[] = "openapi: 3.1.0\ninfo: {version: a}\ncomponents:\n  schemas:\n"
                             "    A: {type: object, x-resource: {path: a, prefix: a, table: a, view: a, name: n}, "
                             "properties: {n: {type: string}}}\n"
                             "    B: {type: object, x-resource: {path: a, prefix: a, table: a, view: a, name: n}, "
                             "properties: {n: {type: string}}}\n";
  struct error error;
  assert_null(contract_load(yaml, strlen(yaml), sample_formats, &error));
  assert_non_null(strstr(error.text, "there are two resources `a`"));
  assert_null(contract_load("[1]", 3, sample_formats, &error));
  assert_string_equal(error.text, "/: an object is expected here");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(head_and_counts_are_read),
      cmocka_unit_test(a_resource_has_its_names),
      cmocka_unit_test(a_member_knows_its_place),
      cmocka_unit_test(a_member_says_how_it_is_searched),
      cmocka_unit_test(an_enumeration_with_null_is_nullable_and_lists_texts),
      cmocka_unit_test(filters_are_found_at_any_depth),
      cmocka_unit_test(what_looks_at_an_internal_member_is_internal),
      cmocka_unit_test(sort_keys_are_flattened),
      cmocka_unit_test(referrers_are_found_in_columns_and_in_tables),
      cmocka_unit_test(a_relation_with_an_inverse_is_mirrored),
      cmocka_unit_test(an_operation_has_its_keys),
      cmocka_unit_test(application_json_decides_over_its_kin),
      cmocka_unit_test(the_document_lists_the_filters_as_parameters),
      cmocka_unit_test(what_is_not_understood_is_refused_with_its_place),
      cmocka_unit_test(operations_that_are_not_whole_are_refused),
      cmocka_unit_test(two_resources_of_one_path_are_refused),
  };
  return cmocka_run_group_tests(tests, sample_load, sample_free);
}
