/* A small contract with one of everything, and the way to load it. */
#ifndef ENTENTE_TESTS_CONTRACT_SAMPLE_H
#define ENTENTE_TESTS_CONTRACT_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "contract/contract.h"
#include "contract/uri.h"

#include <string.h>

static const char sample_yaml[] =
    "openapi: 3.1.0\n"
    "info: {title: sample, version: 1.2.3}\n"
    "paths:\n"
    "  /: {get: {operationId: page, x-handler: page, x-role: none}}\n"
    "  /v1/books:\n"
    "    get:\n"
    "      operationId: list-books\n"
    "      x-handler: list\n"
    "      x-role: reader\n"
    "      x-resource: books\n"
    "      x-filtered: true\n"
    "      parameters:\n"
    "        - $ref: '#/components/parameters/Limit'\n"
    "        - {name: total, in: query, schema: {type: boolean, default: false}}\n"
    "        - {name: sort, in: query, schema: {type: string, maxLength: 10}}\n"
    "        - {name: fields, in: query, explode: false, schema: {type: array, items: {type: string, enum: [id, "
    "title]}}}\n"
    "        - {name: near, in: query, schema: {type: array, items: {type: number, minimum: 0, maximum: 90}}}\n"
    "        - {name: If-None-Match, in: header, schema: {type: string, maxLength: 5}}\n"
    "    post:\n"
    "      operationId: create-book\n"
    "      x-handler: create\n"
    "      x-role: editor\n"
    "      x-resource: books\n"
    "      x-body-limit: 4096\n"
    "      x-body-limit-local: 8192\n"
    "      requestBody: {$ref: '#/components/requestBodies/Book'}\n"
    "  /v1/books/{id}:\n"
    "    parameters: [{$ref: '#/components/parameters/Id'}]\n"
    "    get: {operationId: get-book, x-handler: get, x-role: reader, x-resource: books}\n"
    "    patch:\n"
    "      operationId: patch-book\n"
    "      x-handler: patch\n"
    "      x-role: editor\n"
    "      x-resource: books\n"
    "      requestBody:\n"
    "        required: true\n"
    "        content:\n"
    "          application/merge-patch+json: {schema: {type: object}}\n"
    "          application/json: {schema: {$ref: '#/components/schemas/Book'}}\n"
    "    delete: {operationId: delete-book, x-handler: delete, x-role: admin, x-resource: books}\n"
    "  /v1/books/match:\n"
    "    get:\n"
    "      operationId: match-book\n"
    "      x-handler: match\n"
    "      x-role: reader\n"
    "      parameters: [{name: name, in: query, required: true, schema: {type: string, minLength: 2}}]\n"
    "  /v1/books/{id}/pages/{page}:\n"
    "    parameters: [{$ref: '#/components/parameters/Id'}]\n"
    "    get:\n"
    "      operationId: get-page\n"
    "      x-handler: page-of\n"
    "      x-role: reader\n"
    "      parameters: [{name: page, in: path, required: true, schema: {type: integer}}]\n"
    "  /v1/people: {get: {operationId: list-people, x-handler: list, x-role: reader, x-resource: people, x-filtered: "
    "true}}\n"
    "components:\n"
    "  parameters:\n"
    "    Id: {name: id, in: path, required: true, schema: {type: string}}\n"
    "    Limit: {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 500, default: 50}}\n"
    "  requestBodies:\n"
    "    Book: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}, text/csv: "
    "{}}}\n"
    "  responses: {Free: {content: {application/json: {schema: {oneOf: [{}, {}]}}}}}\n"
    "  schemas:\n"
    "    Person:\n"
    "      type: object\n"
    "      x-resource: {path: people, prefix: per, table: people, view: people_documents, name: name}\n"
    "      required: [name]\n"
    "      properties:\n"
    "        id: {type: string, readOnly: true, x-stored: false, x-filter: true, x-sort: true}\n"
    "        name: {type: string, minLength: 1, maxLength: 20}\n"
    "        born: {type: [integer, 'null'], minimum: 0, maximum: 3000, x-filter: true}\n"
    "        alive: {type: boolean, default: true, x-filter: true}\n"
    "    Book:\n"
    "      type: object\n"
    "      x-resource: {path: books, prefix: book, table: books, view: book_documents, name: title, search: "
    "book_search}\n"
    "      required: [id, title]\n"
    "      properties:\n"
    "        id: {type: string, readOnly: true, x-stored: false, x-sort: true}\n"
    "        title: {type: string, minLength: 1, maxLength: 10, description: How it is shown., x-filter: true, "
    "x-search: name, x-sort: "
    "true}\n"
    "        kind: {type: [string, 'null'], enum: [novel, essay, null], x-filter: true}\n"
    "        shelf: {type: string, enum: [a, b], default: b}\n"
    "        code: {type: [string, 'null'], minLength: 2, pattern: '^[A-Z]+$', x-filter: code_is}\n"
    "        on: {type: [string, 'null'], format: day, x-column: day, x-filter: true}\n"
    "        weight: {type: [number, 'null'], minimum: 0, maximum: 100}\n"
    "        count: {type: [integer, 'null'], minimum: 1, maximum: 9}\n"
    "        lent: {type: [boolean, 'null']}\n"
    "        owner: {$ref: '#/components/schemas/PersonReference', x-internal: true, x-filter: true}\n"
    "        loan: {$ref: '#/components/schemas/Loan'}\n"
    "        period: {$ref: '#/components/schemas/Period', readOnly: true}\n"
    "        authors: {type: array, maxItems: 3, x-table: book_authors, items: {$ref: '#/components/schemas/Author'}}\n"
    "        readers: {type: array, x-table: book_readers, items: {$ref: '#/components/schemas/PersonReference'}}\n"
    "        relations: {type: array, x-table: book_relations, items: {$ref: '#/components/schemas/Relation'}}\n"
    "        tags: {type: array, minItems: 1, uniqueItems: true, x-table: book_tags, x-filter: tag, x-search: true, "
    "items: {type: "
    "string}}\n"
    "        notes: {type: [array, 'null'], items: {type: object, properties: {text: {type: [string, 'null'], x-text: "
    "lines}}}}\n"
    "        extra: {type: [object, 'null'], properties: {known: {type: [integer, 'null']}}, additionalProperties: "
    "true}\n"
    "        anything: {}\n"
    "    PersonReference:\n"
    "      type: [string, object, 'null']\n"
    "      x-reference: people\n"
    "      properties: {id: {type: string}, slug: {type: string}, name: {type: string}}\n"
    "    Loan:\n"
    "      type: [object, 'null']\n"
    "      properties:\n"
    "        to: {$ref: '#/components/schemas/PersonReference'}\n"
    "        until: {type: [string, 'null'], format: day, x-filter: true, x-sort: true}\n"
    "        terms: {type: [object, 'null'], properties: {days: {type: [integer, 'null'], x-filter: true}}}\n"
    "    Period:\n"
    "      type: [object, 'null']\n"
    "      properties: {starts: {type: string, format: day, x-filter: true}}\n"
    "    Author:\n"
    "      type: [string, object]\n"
    "      x-shorthand: person\n"
    "      required: [person]\n"
    "      properties:\n"
    "        person: {$ref: '#/components/schemas/PersonReference', x-filter: author}\n"
    "        role: {type: string, const: writer, default: writer}\n"
    "        marks: {type: array, items: {type: string, x-text: verbatim}}\n"
    "    Relation:\n"
    "      type: object\n"
    "      required: [type, book]\n"
    "      properties:\n"
    "        type: {type: string, enum: [cites, cited_by], x-inverse: {cites: cited_by}}\n"
    "        book: {type: [string, object], x-reference: books}\n";

static bool sample_is_day(const char *text, size_t length) {
  return length == 10 && strspn(text, "0123456789-") == 10;
}

static const struct format sample_formats[] = {{"day", sample_is_day, "a day such as 2026-04-01"}, {NULL, NULL, NULL}};

static inline int sample_load(void **state) {
  struct error error = {0};
  struct contract *contract = contract_load(sample_yaml, strlen(sample_yaml), sample_formats, &error);
  if (!contract) {
    print_error("%s\n", error.text);
    return -1;
  }
  *state = contract;
  return 0;
}

static inline int sample_free(void **state) {
  contract_free(*state);
  return 0;
}

static inline const struct schema *sample_schema(const struct contract *contract, const char *path) {
  const struct resource *resource = contract_resource(contract, path);
  assert_non_null(resource);
  return resource->schema;
}

static inline const struct operation *sample_operation(const struct contract *contract, const char *id) {
  for (size_t i = 0; i < contract->operation_count; i++) {
    if (strcmp(contract->operations[i].id, id) == 0) {
      return &contract->operations[i];
    }
  }
  fail_msg("no operation %s", id);
  return NULL;
}

/* The faults as "where code message", a line each; owned by `faults`. */
static inline const char *sample_words(const struct faults *faults) {
  char *words = memory_copy(faults, "");
  for (size_t i = 0; i < faults->count; i++) {
    const struct fault *fault = &faults->list[i];
    words = memory_checked(
        talloc_asprintf_append(words, "%s%s %s: %s", i > 0 ? "\n" : "", fault->where, fault->code, fault->message));
  }
  return words;
}

#endif
