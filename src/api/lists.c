/* A list is keys, then documents: the query string names filters and an order, the store walks the keys of one page,
 * and the documents come from memory or their view. The page's tag is the number of the last write to the registry and
 * the query, so a page that was asked for again costs one small read while nothing was written. */
#include "api/lists.h"

#include "api/handlers.h"
#include "api/rows.h"
#include "base/blob.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "records/fields.h"
#include "records/filters.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
  struct page_request page;
  struct fields fields;
  bool total;    /* how many there are is asked */
  uint64_t mark; /* of resource, filters and order */
};

/* -- from the query string ----------------------------------------------------------------------------------------- */

static void read_sort(struct call *call, struct list *list) {
  const char *text = contract_parameter(call->operation, call->uri, "sort");
  if (text == NULL) {
    return;
  }
  list->page.descending = text[0] == '-';
  const char *name = text + (list->page.descending ? 1 : 0);
  const char **names = memory_array(call->memory, const char *, call->resource->sort_count + 2);
  struct text *known = text_new(call->memory);
  size_t count = 0;
  for (size_t i = 0; i < call->resource->sort_count; i++) {
    const struct sort *sort = &call->resource->sorts[i];
    if (sort->internal && call->visibility->open) {
      continue;
    }
    names[count++] = sort->name;
    text_addf(known, "%s%s", count == 1 ? "" : ", ", sort->name);
    if (strcmp(sort->name, name) == 0) {
      list->page.sort = sort;
    }
  }
  if (list->page.sort == NULL) {
    const char *near = nearest_name(name, names);
    faults_add(call->faults, PLACE_PARAMETER, "sort", "unknown",
               "must be one of %s, with - before it for the other direction%s%s", known->data,
               near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
  }
}

/* What a list is, whatever of it is shown and how: a cursor is good for one that asks the same, in whatever order it
 * asks. It is made of the words of the query, since what they stand for (the number of a record) is nobody's business.
 */
static uint64_t mark_list(const struct call *call) {
  static const char *const shown[] = {"cursor", "limit", "total", "fields", "format", NULL};
  uint64_t asked = 0;
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    const struct pair *pair = &call->uri->pairs[i];
    size_t j = 0;
    while (shown[j] != NULL && strcmp(shown[j], pair->name) != 0) {
      j++;
    }
    asked += shown[j] == NULL ? hash_text(hash_text(HASH_START, pair->name), pair->value) : 0;
  }
  return hash_number(hash_text(HASH_START, call->resource->path), asked);
}

static void refuse_cursor(struct call *call, const char *message) {
  faults_add(call->faults, PLACE_PARAMETER, "cursor", "cursor", "%s", message);
  answer_faults(call, "invalid-cursor");
}

static bool read_cursor(struct call *call, struct list *list) {
  const char *text = contract_parameter(call->operation, call->uri, "cursor");
  if (text == NULL) {
    return true;
  }
  json_t *value = NULL;
  switch (cursor_read(call->memory, text, list->mark, &value, &list->page.after_id)) {
  case CURSOR_READ:
    list->page.after = true;
    list->page.after_value = owned_json(call->memory, value);
    return true;
  case CURSOR_FOREIGN:
    refuse_cursor(call, "was given out for another list, other filters or another order");
    return false;
  default:
    refuse_cursor(call, "is not one that was given out here");
    return false;
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

static void add_escaped(struct text *out, const char *text) {
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
    if (plain) {
      text_add_bytes(out, text, 1);
    } else {
      text_addf(out, "%%%02X", c);
    }
  }
}

/* The address of the next page: this one's, with another cursor. */
static char *next_address(struct call *call, const char *cursor) {
  struct text *out = text_new(call->memory);
  text_add(out, call->uri->path);
  char separator = '?';
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    const struct pair *pair = &call->uri->pairs[i];
    if (strcmp(pair->name, "cursor") != 0) {
      text_addf(out, "%c", separator);
      add_escaped(out, pair->name);
      text_add(out, "=");
      add_escaped(out, pair->value);
      separator = '&';
    }
  }
  text_addf(out, "%ccursor=%s", separator, cursor);
  return out->data;
}

/* Reads the documents of the keys, whole: those that are remembered, and the others by one statement. How many there
 * are from the first on: fewer when the database failed. */
static size_t read_documents(struct call *call, const struct page_key *keys, size_t count, struct blob **documents) {
  struct documents *known = call->visibility->documents; /* NULL: nothing is remembered */
  struct page_key *missing = memory_array(call->memory, struct page_key, count + 1);
  size_t missing_count = 0, read = 0;
  for (size_t i = 0; i < count; i++) {
    documents[i] = known == NULL ? NULL : documents_get(known, call->resource, keys[i].pk, keys[i].stamp);
    if (documents[i] == NULL) {
      missing[missing_count++] = keys[i];
    }
  }
  struct query *query = resource_documents(call->db, call->resource, missing, missing_count);
  for (; read < count; read++) {
    const struct page_key *key = &keys[read];
    if (documents[read] != NULL) {
      continue;
    }
    if (query_step(query) != STEP_ROW || query_int(query, 0) != key->pk) {
      break;
    }
    documents[read] = query_blob(query, 1);
    if (known != NULL) {
      documents_put(known, call->resource, key->pk, key->stamp, documents[read]);
    }
  }
  query_end(query);
  for (size_t i = read; i < count; i++) {
    blob_drop(documents[i]);
  }
  return read;
}

/* Adds what follows the items: the address of the next page if there is one, and how many there are in all when that
 * was asked. */
static void add_tail(struct call *call, const struct list *list, const char *next, struct text *tail) {
  if (next != NULL) {
    text_add(tail, "],\"next\":");
    text_add_json(tail, next);
    answer_header(call, "Link", memory_print(call->memory, "<%s>; rel=\"next\"", next));
  } else {
    text_add(tail, "],\"next\":null");
  }
  if (list->total) {
    text_addf(tail, ",\"total\":%lld", (long long)selection_count(call->db, list->page.selection));
  }
  text_add(tail, "}");
}

/* {"items":[…],"next":…} around documents that are bytes already. */
static void answer_page(struct call *call, const struct list *list, const struct page_key *keys, size_t count,
                        const char *next) {
  static const char head[] = "{\"items\":[";
  struct blob **documents = memory_array(call->memory, struct blob *, count + 1);
  size_t size = sizeof head, shown = read_documents(call, keys, count, documents);
  for (size_t i = 0; i < shown; i++) {
    documents[i] = fields_cut(&list->fields, documents[i]);
    size += documents[i]->size + 1;
  }
  struct text *tail = text_new(call->memory);
  add_tail(call, list, shown == count ? next : NULL, tail);
  struct blob *body = blob_new(NULL, size + tail->length);
  size_t at = sizeof head - 1;
  memcpy(body->data, head, at);
  for (size_t i = 0; i < shown; i++) {
    if (i > 0) {
      body->data[at++] = ',';
    }
    memcpy(body->data + at, documents[i]->data, documents[i]->size);
    at += documents[i]->size;
    blob_drop(documents[i]);
  }
  memcpy(body->data + at, tail->data, tail->length + 1);
  body->size = at + tail->length;
  answer_blob(call, 200, media_json, body);
  if (call->visibility->open) {
    answer_tag_of_body(call); /* the number of the last write would tell of writes to what is not public */
  }
}

/* Answers with the first `limit` of the keys; of what is more it is known that it is there. A page whose next one could
 * not be asked for is refused, since whoever follows it would not come to the end. */
static void answer_keys(struct call *call, const struct list *list, const struct page_key *keys, size_t count,
                        size_t limit) {
  const struct page_key *last = count > limit ? &keys[limit - 1] : NULL;
  const char *next =
      last == NULL ? NULL : next_address(call, cursor_write(call->memory, list->mark, last->value, last->id));
  if (next != NULL && strlen(next) > ADDRESS_MOST) {
    answer_problem(call, "uri-too-long",
                   "the address of the next page would have %zu bytes, and it may have %d: ask with fewer or shorter "
                   "values, in another order, or for the list as a whole (format=ndjson)",
                   strlen(next), ADDRESS_MOST);
    return;
  }
  answer_page(call, list, keys, last == NULL ? count : limit, next);
}

/* The list's tag: the registry's last write, the day, and the whole query. True when the client has it. */
static bool list_not_modified(struct call *call, const struct list *list) {
  uint64_t whole = hash_text(list->mark, list->page.selection->today);
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    whole = hash_text(hash_text(whole, call->uri->pairs[i].name), call->uri->pairs[i].value);
  }
  return answer_not_modified_since(call, call_db(call), whole);
}

/* Reads filters, members and order, for that format; what is wrong with them is added to call->faults. */
static struct list *read_list(struct call *call, enum list_format format) {
  struct list *list = memory_new(call->memory, struct list);
  list->page.selection = read_selection(call);
  list->fields = read_fields(call);
  const char *total = contract_parameter(call->operation, call->uri, "total");
  list->total = total != NULL && strcmp(total, "true") == 0;
  read_sort(call, list);
  if (format == LIST_CSV) {
    list->fields = fields_of_table(call, &list->fields);
  }
  if (format != LIST_JSON) {
    check_rows(call, format);
  }
  return list;
}

void answer_calendar(struct call *call) {
  struct list *list = read_list(call, LIST_ICS);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  list->mark = mark_list(call);
  answer_rows(call, &list->page, &list->fields, list->mark, LIST_ICS);
}

void check_calendar(struct call *call) {
  (void)read_list(call, LIST_ICS);
}

/* What does not fit a format that was refused is not known, and Accept does not decide in its place. */
void find_list_faults(struct call *call) {
  bool refused = false;
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    const struct pair *pair = &call->uri->pairs[i];
    refused = refused || (pair->refused && strcmp(pair->name, "format") == 0);
  }
  (void)read_list(call, refused ? LIST_JSON : format_asked(call));
}

void handle_list(struct call *call) {
  enum list_format format = format_asked(call);
  struct list *list = read_list(call, format);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  list->mark = mark_list(call);
  if (format != LIST_JSON) {
    answer_rows(call, &list->page, &list->fields, list->mark, format);
    return;
  }
  if (!read_cursor(call, list) || (!call->visibility->open && list_not_modified(call, list))) {
    return;
  }
  const char *limit_text = contract_parameter(call->operation, call->uri, "limit");
  size_t limit = limit_text == NULL ? 50 : (size_t)strtoul(limit_text, NULL, 10);
  list->page.limit = limit + 1; /* one more tells whether there is a next page */
  struct page_key *keys = memory_array(call->memory, struct page_key, limit + 1);
  long count = resource_page(call_db(call), &list->page, keys);
  if (count >= 0) {
    answer_keys(call, list, keys, (size_t)count, limit);
  }
  for (long i = 0; i < count; i++) {
    json_decref(keys[i].value);
  }
}
