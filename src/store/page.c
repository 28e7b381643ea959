/* A page is a walk along one order: the sort column, then the id, from just after a place. Records without a value come
 * last in either direction, so a page is at most two walks: along the values, then along the ids of those that have
 * none. The place is a value and an id, not a count, so writes meanwhile neither repeat nor skip a record whose own
 * place stays. */
#include "store/resource.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { P_VALUE = 1, P_ID, P_LIMIT, P_FILTER };

enum walk { WALK_IDS, WALK_VALUES, WALK_NULLS };

static void add_any_of(struct text *sql, const char *before, size_t count, int *next) {
  text_add(sql, before);
  text_add(sql, count == 1 ? " = " : " IN (");
  for (size_t i = 0; i < count; i++) {
    text_addf(sql, "%s$%d", i == 0 ? "" : ", ", (*next)++);
  }
  text_add(sql, count == 1 ? "" : ")");
}

static void add_filter(struct text *sql, const struct page_filter *chosen, int *next) {
  const struct filter *filter = chosen->filter;
  char column[160];
  text_add(sql, " AND ");
  if (filter->table != NULL) {
    text_addf(sql, "t.pk IN (SELECT owner FROM \"%s\" WHERE ", filter->table);
    snprintf(column, sizeof column, "\"%s\"", filter->column);
  } else {
    snprintf(column, sizeof column, "t.\"%s\"", filter->column);
  }
  if (filter->schema->reference != NULL) {
    text_addf(sql, "%s IN (SELECT pk FROM \"%s\" WHERE ", column, filter->schema->reference);
    add_any_of(sql, "id", chosen->count, next);
    text_add(sql, ")");
  } else {
    add_any_of(sql, column, chosen->count, next);
  }
  text_add(sql, filter->table != NULL ? ")" : "");
}

static void add_walk(struct text *sql, const struct page_request *request, enum walk walk, bool after) {
  const char *column = walk == WALK_IDS ? "id" : request->sort->column;
  const char *than = request->descending ? "<" : ">", *direction = request->descending ? " DESC" : "";
  if (walk == WALK_NULLS) {
    text_addf(sql, " AND t.\"%s\" IS NULL", column);
  } else if (walk == WALK_VALUES) {
    text_addf(sql, " AND t.\"%s\" IS NOT NULL", column);
  }
  if (after && walk == WALK_VALUES) {
    text_addf(sql, " AND (t.\"%s\", t.id) %s ($%d, $%d)", column, than, P_VALUE, P_ID);
  } else if (after) {
    text_addf(sql, " AND t.id %s $%d", than, P_ID);
  }
  if (walk == WALK_VALUES) {
    text_addf(sql, " ORDER BY t.\"%s\"%s, t.id%s LIMIT $%d", column, direction, direction, P_LIMIT);
  } else {
    text_addf(sql, " ORDER BY t.id%s LIMIT $%d", direction, P_LIMIT);
  }
}

static void bind_filters(struct query *query, const struct page_request *request) {
  int next = P_FILTER;
  for (size_t i = 0; i < request->filter_count; i++) {
    const struct page_filter *chosen = &request->filters[i];
    unsigned kinds = chosen->filter->schema->kinds;
    for (size_t j = 0; j < chosen->count; j++) {
      if ((kinds & KIND_BOOLEAN) && !(kinds & KIND_STRING)) {
        query_bind_int(query, next++, strcmp(chosen->values[j], "true") == 0);
      } else if ((kinds & KIND_INTEGER) && !(kinds & KIND_STRING)) {
        query_bind_int(query, next++, strtoll(chosen->values[j], NULL, 10));
      } else {
        query_bind_text(query, next++, chosen->values[j]);
      }
    }
  }
}

static json_t *column_value(struct query *query, int column, const struct sort *sort) {
  if (sort == NULL || query_null(query, column)) {
    return json_null();
  }
  return memory_checked(query_is_int(query, column) ? json_integer(query_int(query, column))
                                                    : json_string(query_text(query, column)));
}

static long walk_keys(struct db *db, const struct resource *resource, const struct page_request *request,
                      enum walk walk, bool after, struct page_key *keys, size_t most) {
  struct text *sql = text_new(NULL);
  text_addf(sql, "SELECT t.pk, t.stamp, t.id, t.\"%s\" FROM \"%s\" t WHERE true",
            request->sort == NULL ? "id" : request->sort->column, resource->table);
  int next = P_FILTER;
  for (size_t i = 0; i < request->filter_count; i++) {
    add_filter(sql, &request->filters[i], &next);
  }
  add_walk(sql, request, walk, after);
  struct query *query = db_query(db, sql->data);
  bind_filters(query, request);
  query_bind_int(query, P_LIMIT, (int64_t)most);
  query_bind_text(query, P_ID, request->after_id);
  if (json_is_integer(request->after_value)) {
    query_bind_int(query, P_VALUE, json_integer_value(request->after_value));
  } else {
    query_bind_text(query, P_VALUE, json_string_value(request->after_value));
  }
  long count = 0;
  enum step step;
  while ((step = query_step(query)) == STEP_ROW) {
    struct page_key *key = &keys[count++];
    key->pk = query_int(query, 0);
    key->stamp = query_int(query, 1);
    snprintf(key->id, sizeof key->id, "%s", query_text(query, 2));
    key->value = column_value(query, 3, request->sort);
  }
  query_end(query);
  talloc_free(sql);
  return step == STEP_DONE ? count : -1;
}

long resource_page(struct db *db, const struct resource *resource, const struct page_request *request,
                   struct page_key *keys) {
  if (request->sort == NULL) {
    return walk_keys(db, resource, request, WALK_IDS, request->after, keys, request->limit);
  }
  bool among_nulls = request->after && json_is_null(request->after_value);
  long count = 0;
  if (!among_nulls) {
    count = walk_keys(db, resource, request, WALK_VALUES, request->after, keys, request->limit);
  }
  if (count < 0 || (size_t)count == request->limit) {
    return count;
  }
  long rest = walk_keys(db, resource, request, WALK_NULLS, among_nulls, keys + count, request->limit - (size_t)count);
  return rest < 0 ? -1 : count + rest;
}
