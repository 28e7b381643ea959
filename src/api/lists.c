/* A list is keys, then documents: the query string names filters and an order, the store walks the keys of one page,
 * and each document comes from memory or its view. The page's tag is the number of the last write to the registry and
 * the query, so a page that was asked for again costs one small read while nothing was written. */
#include "api/call.h"

#include "api/cursor.h"
#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILTERS_MOST = 64, VALUES_MOST = 100 };

struct list {
  struct page_request page;
  struct page_filter filters[FILTERS_MOST];
  const char *sort_text; /* as written */
  uint64_t mark;         /* of resource, filters and order */
};

static const struct filter *find_filter(const struct resource *resource, const char *name) {
  for (size_t i = 0; i < resource->filter_count; i++) {
    if (strcmp(resource->filters[i].name, name) == 0) {
      return &resource->filters[i];
    }
  }
  return NULL;
}

/* -- from the query string ----------------------------------------------------------------------------------------- */

/* The value as the store takes it: a reference as the id of the record that it names. */
static const char *filter_value(struct call *call, const struct filter *filter, const char *value) {
  if (filter->schema->reference == NULL) {
    return value;
  }
  struct found found;
  const struct resource *resource = contract_resource(api_contract(call->api), filter->schema->reference);
  if (resource_find(call_db(call), resource, value, &found)) {
    return memory_copy(call->memory, found.id);
  }
  faults_add(call->faults, PLACE_PARAMETER, filter->name, "no_such_record", "\"%s\" names none of the %s", value,
             resource->path);
  return value;
}

static void read_filters(struct call *call, struct list *list) {
  size_t values = 0;
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    const struct pair *pair = &call->uri->pairs[i];
    const struct filter *filter = find_filter(call->resource, pair->name);
    if (filter == NULL) {
      continue;
    }
    if (++values > VALUES_MOST) {
      faults_add(call->faults, PLACE_PARAMETER, pair->name, "too_many", "a list takes at most %d values of filters",
                 VALUES_MOST);
      return;
    }
    size_t place = 0;
    while (place < list->page.filter_count && list->filters[place].filter != filter) {
      place++;
    }
    struct page_filter *chosen = &list->filters[place];
    if (place == list->page.filter_count) {
      *chosen = (struct page_filter){.filter = filter,
                                     .values = memory_array(call->memory, const char *, call->uri->pair_count)};
      list->page.filter_count++;
    }
    ((const char **)chosen->values)[chosen->count++] = filter_value(call, filter, pair->value);
  }
}

static void read_sort(struct call *call, struct list *list) {
  const char *text = contract_parameter(call->operation, call->uri, "sort");
  list->sort_text = text == NULL ? "" : text;
  if (text == NULL) {
    return;
  }
  list->page.descending = text[0] == '-';
  const char *name = text + (list->page.descending ? 1 : 0);
  const char **names = memory_array(call->memory, const char *, call->resource->sort_count + 2);
  struct text *known = text_new(call->memory);
  for (size_t i = 0; i < call->resource->sort_count; i++) {
    names[i] = call->resource->sorts[i].name;
    text_addf(known, "%s%s", i == 0 ? "" : ", ", names[i]);
    if (strcmp(names[i], name) == 0) {
      list->page.sort = &call->resource->sorts[i];
    }
  }
  if (list->page.sort == NULL && strcmp(name, "id") != 0) {
    const char *near = nearest_name(name, names);
    faults_add(call->faults, PLACE_PARAMETER, "sort", "unknown",
               "must be one of id, %s, with - before it for the other direction%s%s", known->data,
               near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
  }
}

static void mix(uint64_t *mark, const char *text) {
  for (; *text != '\0'; text++) {
    *mark = (*mark ^ (unsigned char)*text) * 1099511628211ULL;
  }
  *mark = (*mark ^ 0xff) * 1099511628211ULL;
}

static void mark_list(const struct call *call, struct list *list) {
  list->mark = 14695981039346656037ULL;
  mix(&list->mark, call->resource->path);
  mix(&list->mark, list->sort_text);
  for (size_t i = 0; i < list->page.filter_count; i++) {
    mix(&list->mark, list->filters[i].filter->name);
    for (size_t j = 0; j < list->filters[i].count; j++) {
      mix(&list->mark, list->filters[i].values[j]);
    }
  }
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
    answer_problem(call, "invalid-cursor",
                   "this cursor was given out for another list, other filters or another order");
    return false;
  default:
    answer_problem(call, "invalid-cursor", "this is not a cursor that was given out here");
    return false;
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

static const struct pair *find_pair(const struct uri *uri, const char *name) {
  for (size_t i = 0; i < uri->pair_count; i++) {
    if (strcmp(uri->pairs[i].name, name) == 0) {
      return &uri->pairs[i];
    }
  }
  return NULL;
}

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

static struct blob *document_of(struct call *call, const struct page_key *key) {
  struct blob *document = documents_get(call->worker->documents, call->resource, key->pk, key->stamp);
  if (document == NULL) {
    document = resource_document(call->db, call->resource, key->pk);
    if (document != NULL) {
      documents_put(call->worker->documents, call->resource, key->pk, key->stamp, document);
    }
  }
  return document;
}

/* {"items":[…],"next":…} around documents that are bytes already. */
static void answer_page(struct call *call, const struct list *list, const struct page_key *keys, size_t count,
                        bool more) {
  static const char head[] = "{\"items\":[", tail_none[] = "],\"next\":null}";
  struct blob **documents = memory_array(call->memory, struct blob *, count + 1);
  size_t size = sizeof head + sizeof tail_none, shown = 0;
  for (; shown < count && (documents[shown] = document_of(call, &keys[shown])) != NULL; shown++) {
    size += documents[shown]->size + 1;
  }
  struct text *tail = text_new(call->memory);
  if (more && shown == count) {
    char *address =
        next_address(call, cursor_write(call->memory, list->mark, keys[count - 1].value, keys[count - 1].id));
    text_add(tail, "],\"next\":");
    text_add_json(tail, address);
    text_add(tail, "}");
    answer_header(call, "Link", memory_print(call->memory, "<%s>; rel=\"next\"", address));
  } else {
    text_add(tail, tail_none);
  }
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
}

/* The list's tag: the registry's last write, and the whole query. True when the client has it. */
static bool list_not_modified(struct call *call, const struct list *list) {
  struct query *query = db_named(call_db(call), "stamp-read");
  int64_t stamp = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  uint64_t whole = list->mark;
  const char *limit = contract_parameter(call->operation, call->uri, "limit");
  const struct pair *cursor = find_pair(call->uri, "cursor");
  mix(&whole, limit == NULL ? "" : limit);
  mix(&whole, cursor == NULL ? "" : cursor->value);
  char tag[48], base[48];
  call_tag(call, stamp, base);
  snprintf(tag, sizeof tag, "%.30s-%08x", base, (unsigned)(whole ^ whole >> 32));
  return answer_not_modified(call, tag);
}

void handle_list(struct call *call) {
  struct list *list = memory_new(call->memory, struct list);
  list->page.filters = list->filters;
  if (call->resource->filter_count > FILTERS_MOST) {
    answer_problem(call, "internal-error", NULL);
    return;
  }
  read_filters(call, list);
  read_sort(call, list);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  mark_list(call, list);
  if (!read_cursor(call, list) || list_not_modified(call, list)) {
    return;
  }
  const char *limit_text = contract_parameter(call->operation, call->uri, "limit");
  size_t limit = limit_text == NULL ? 50 : (size_t)strtoul(limit_text, NULL, 10);
  list->page.limit = limit + 1; /* one more tells whether there is a next page */
  struct page_key *keys = memory_array(call->memory, struct page_key, limit + 1);
  long count = resource_page(call->db, call->resource, &list->page, keys);
  if (count >= 0) {
    bool more = (size_t)count > limit;
    answer_page(call, list, keys, more ? limit : (size_t)count, more);
  }
  for (long i = 0; i < count; i++) {
    json_decref(keys[i].value);
  }
}
