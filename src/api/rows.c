/* A whole list is walked as its pages are, some keys at a time and then their documents, but on a connection of its
 * own, in one read transaction from the first record to the last. Nothing is kept of what was given away, so a registry
 * of any size takes the memory of a page. Documents that others remember are left alone: a walk over everything would
 * only push out what people ask for. */
#include "api/rows.h"

#include "api/calendar.h"
#include "api/handlers.h"
#include "base/blob.h"
#include "base/csv.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/columns.h"
#include "domain/calendar.h"
#include "domain/day.h"
#include "records/fields.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/chunks.h"
#include "request/media.h"
#include "request/services.h"
#include "store/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 128 };

struct rows {
  struct chunks chunks;
  enum list_format format;
  const struct resource *resource, *last; /* that are walked, one after another */
  bool bundle; /* for import: each record tells its resource, and leaves to others the relations that they wrote */
  struct page_request page;
  struct selection everything; /* of the resource, where no list has asked for less */
  struct fields fields;
  const struct schema *schema; /* of what is shown, in CSV */
  size_t left;                 /* records that may still come */
  struct page_key keys[KEYS];
  size_t key_count, key_at;
  struct query *documents; /* of the keys from key_at on, under way; NULL at the end of the keys */
};

/* -- the walk ------------------------------------------------------------------------------------------------------ */

static void drop_keys(struct rows *rows) {
  for (size_t i = 0; i < rows->key_count; i++) {
    json_decref(rows->keys[i].value);
  }
  rows->key_count = rows->key_at = 0;
}

static int release(struct rows *rows) {
  if (rows->documents != NULL) {
    query_end(rows->documents);
  }
  drop_keys(rows);
  json_decref((json_t *)(uintptr_t)(rows->page.after ? rows->page.after_value : NULL));
  chunks_end(&rows->chunks);
  return 0;
}

/* Goes on behind the last key that was read. */
static void move_on(struct rows *rows) {
  if (rows->key_count == 0) {
    return;
  }
  struct page_key *key = &rows->keys[rows->key_count - 1];
  if (rows->page.after) {
    json_decref((json_t *)(uintptr_t)rows->page.after_value);
    talloc_free((char *)(uintptr_t)rows->page.after_id);
  }
  rows->page.after = true;
  rows->page.after_value = json_incref(key->value);
  rows->page.after_id = memory_copy(rows, key->id);
  drop_keys(rows);
}

static void begin_resource(struct rows *rows, const struct resource *resource) {
  json_decref((json_t *)(uintptr_t)(rows->page.after ? rows->page.after_value : NULL));
  rows->page.after = false;
  rows->resource = resource;
  rows->everything = (struct selection){.resource = resource};
  rows->page.selection = &rows->everything;
}

/* Reads further keys, of the next resource when this one has no more; none when there is nothing left. False when the
 * database failed. */
static bool read_keys(struct rows *rows) {
  move_on(rows);
  for (;;) {
    rows->page.limit = rows->left < KEYS ? rows->left : KEYS;
    long count = rows->page.limit == 0 ? 0 : resource_page(rows->chunks.db, &rows->page, rows->keys);
    if (count < 0) {
      return false;
    }
    rows->key_count = (size_t)count;
    rows->left -= (size_t)count;
    if (count > 0 || rows->resource == rows->last) {
      return true;
    }
    begin_resource(rows, rows->resource + 1);
  }
}

/* -- lines --------------------------------------------------------------------------------------------------------- */

static bool add_line(struct rows *rows, const struct blob *document) {
  if (rows->format == LIST_CSV || rows->format == LIST_ICS) {
    bool fine = rows->format == LIST_ICS
                    ? calendar_add_document(rows->chunks.ready, document)
                    : columns_add_line(rows->chunks.ready, rows->schema, document->data, document->size);
    if (!fine) {
      log_line(LOG_ERROR, "a document of the %s is not as the contract has it", rows->resource->path);
    }
    return fine;
  }
  size_t skipped = 0;
  if (rows->bundle) {
    text_addf(rows->chunks.ready, "{\"resource\":\"%s\",", rows->resource->path);
    skipped = 1;
  }
  text_add_bytes(rows->chunks.ready, document->data + skipped, document->size - skipped);
  text_add(rows->chunks.ready, "\n");
  return true;
}

/* The document of the next key; NULL when the database failed. */
static struct blob *next_document(struct rows *rows) {
  if (rows->documents == NULL) {
    rows->documents = resource_documents(rows->chunks.db, rows->resource, rows->keys, rows->key_count);
  }
  int64_t pk = rows->keys[rows->key_at++].pk;
  bool there = query_step(rows->documents) == STEP_ROW && query_int(rows->documents, 0) == pk;
  struct blob *document = there ? query_blob(rows->documents, 1) : NULL;
  if (rows->key_at == rows->key_count) {
    query_end(rows->documents);
    rows->documents = NULL;
  }
  return document;
}

static struct blob *read_document(struct rows *rows) {
  int64_t pk = rows->keys[rows->key_at].pk;
  struct blob *document = next_document(rows);
  if (document == NULL || !rows->bundle) {
    return fields_cut(&rows->fields, document);
  }
  struct blob *own = resource_own_document(rows->chunks.db, rows->resource, pk, document);
  blob_drop(document);
  return own;
}

/* Makes the next line, or ends. False when the database failed. */
static bool make_line(struct chunks *chunks) {
  struct rows *rows = (struct rows *)chunks;
  if (rows->key_at == rows->key_count && !read_keys(rows)) {
    return false;
  }
  if (rows->key_count == 0) {
    chunks_end(chunks);
    if (rows->format == LIST_ICS) {
      calendar_end(chunks->ready);
    }
    return true;
  }
  struct blob *document = read_document(rows);
  bool fine = document != NULL && db_failure(rows->chunks.db) == DB_OK && add_line(rows, document);
  blob_drop(document);
  return fine;
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *media, *content_type;
} formats[] = {[LIST_JSON] = {"json", "application/json", media_json},
               [LIST_NDJSON] = {"ndjson", "application/x-ndjson", "application/x-ndjson"},
               [LIST_CSV] = {"csv", "text/csv", "text/csv; charset=utf-8"},
               [LIST_ICS] = {"ics", "text/calendar", "text/calendar; charset=utf-8"}};

/* Whether the contract has this list in that format. */
static bool is_offered(const struct call *call, enum list_format format) {
  const char *const *types = call->operation->answer_types;
  while (*types != NULL && strcmp(*types, formats[format].media) != 0) {
    types++;
  }
  return *types != NULL;
}

enum list_format format_asked(const struct call *call) {
  const char *name = contract_parameter(call->operation, call->uri, "format");
  enum list_format wanted = LIST_JSON;
  for (enum list_format format = LIST_JSON; format <= LIST_ICS; format++) {
    bool asked = name == NULL ? prefers(call->request->accept, formats[format].media, formats[wanted].media)
                              : strcmp(name, formats[format].name) == 0;
    if (asked && is_offered(call, format)) {
      wanted = format;
    }
  }
  return wanted;
}

/* "agreements-2026-11-23.csv" */
static void answer_file_name(struct call *call, const char *name, const char *ending) {
  char today[DAY_SIZE];
  day_print(clock_today(), today);
  answer_header(call, "Content-Disposition",
                memory_print(call->memory, "attachment; filename=\"%s-%s.%s\"", name, today, ending));
}

static struct rows *rows_new(struct call *call) {
  struct rows *rows = memory_new(NULL, struct rows);
  talloc_set_destructor(rows, release);
  chunks_of_call(call, &rows->chunks, make_line);
  return rows;
}

void check_rows(struct call *call, enum list_format format) {
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    const struct pair *pair = &call->uri->pairs[i];
    if (format == LIST_ICS && strcmp(pair->name, "fields") == 0) {
      faults_add(call->faults, PLACE_PARAMETER, pair->name, "contradiction", "is for documents: ics has events");
    }
    if (strcmp(pair->name, "cursor") == 0 || strcmp(pair->name, "total") == 0) {
      faults_add(call->faults, PLACE_PARAMETER, pair->name, "contradiction",
                 "is for pages of JSON: %s is the whole list at once", formats[format].name);
    }
  }
}

/* How many records come at most: as it was written, never the default. */
static size_t read_limit(const struct call *call) {
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    if (strcmp(call->uri->pairs[i].name, "limit") == 0) {
      return (size_t)strtoul(call->uri->pairs[i].value, NULL, 10);
    }
  }
  return SIZE_MAX;
}

void answer_rows(struct call *call, const struct page_request *page, const struct fields *fields, uint64_t mark,
                 enum list_format format) {
  struct rows *rows = rows_new(call);
  rows->format = format;
  rows->resource = rows->last = call->resource;
  rows->page = *page;
  rows->fields = *fields;
  rows->schema = fields_schema(rows, fields, call->resource->schema);
  rows->left = read_limit(call);
  mark = hash_number(mark, (uint64_t)format);
  mark = hash_number(mark, rows->left);
  mark = hash_number(mark, (uint64_t)clock_today());
  for (size_t i = 0; fields->shown != NULL && i < call->resource->schema->member_count; i++) {
    mark = hash_number(mark, 2U + fields->shown[i]);
  }
  if (format == LIST_ICS) {
    calendar_narrow(call, &rows->page);
    calendar_begin(rows->chunks.ready, calendar_name(call));
  } else if (format == LIST_CSV) {
    text_add(rows->chunks.ready, csv_mark);
    columns_add_names(rows->chunks.ready, rows->schema);
  }
  if (format != LIST_NDJSON && call->principal.role != ROLE_FEED) { /* the address of a feed ends in a name */
    answer_file_name(call, call->resource->path, formats[format].name);
  }
  answer_chunks(call, &rows->chunks, formats[format].content_type, mark);
}

void handle_export(struct call *call) {
  const struct contract *contract = call->services->contract;
  struct rows *rows = rows_new(call);
  rows->format = LIST_NDJSON;
  begin_resource(rows, &contract->resources[0]);
  rows->last = &contract->resources[contract->resource_count - 1];
  rows->bundle = true;
  rows->left = SIZE_MAX;
  answer_file_name(call, "entente", "ndjson");
  answer_chunks(call, &rows->chunks, formats[LIST_NDJSON].content_type, 0);
}
