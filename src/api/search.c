/* Searching across the resources, and telling which organization a written name means. The store finds and ranks; here
 * the question is read, and what was found is shown. */
#include "store/search.h"
#include "api/handlers.h"
#include "base/memory.h"
#include "domain/fold.h"
#include "domain/likeness.h"
#include "domain/question.h"
#include "domain/spelling.h"
#include "records/filters.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIKE_MOST = 200, IDENTIFIED_MOST = 50 };

/* Two names that are no closer than this are not the same; and nobody is chosen who is not this much closer than the
 * next. */
static const double least_shown = 0.4, least_chosen = 0.8, least_lead = 0.1;

static size_t limit_of(const struct call *call) {
  return (size_t)strtoul(contract_parameter(call->operation, call->uri, "limit"), NULL, 10);
}

/* -- searching ----------------------------------------------------------------------------------------------------- */

struct found_record {
  const struct resource *resource;
  struct search_hit hit;
};

static int by_score(const void *a, const void *b) {
  const struct found_record *left = a, *right = b;
  if (left->hit.score != right->hit.score) {
    return left->hit.score > right->hit.score ? -1 : 1;
  }
  if (left->resource != right->resource) {
    return left->resource->index < right->resource->index ? -1 : 1;
  }
  return left->hit.pk < right->hit.pk ? -1 : left->hit.pk > right->hit.pk;
}

/* The best of every resource that is asked for, best first; their number. */
static size_t find_all(struct call *call, const struct question *question, size_t limit, struct found_record **out) {
  const struct contract *contract = call->services->contract;
  const char *only = contract_parameter(call->operation, call->uri, "resource");
  const struct search *search = search_new(call->memory, question);
  struct search_hit *hits = memory_array(call->memory, struct search_hit, limit);
  struct found_record *found = memory_array(call->memory, struct found_record, limit * contract->resource_count);
  size_t total = 0;
  for (size_t i = 0; i < contract->resource_count; i++) {
    const struct resource *resource = &contract->resources[i];
    if (resource->search == NULL || (only != NULL && strcmp(only, resource->path) != 0)) {
      continue;
    }
    long count = search_best(call_db(call), resource, search, hits, limit);
    for (long j = 0; j < count; j++) {
      found[total++] = (struct found_record){resource, hits[j]};
    }
  }
  qsort(found, total, sizeof *found, by_score);
  *out = found;
  return total < limit ? total : limit;
}

/* One text of all, names last, since the name is shown anyway. */
static const char *snippet_of(struct call *call, const struct question *question, const struct search_item *item) {
  const char *text = memory_print(call->memory, "%s" FOLD_BOUNDARY "%s", item->rest, item->names);
  const char *snippet = question_snippet(call->memory, question, text);
  return snippet == NULL ? "" : snippet;
}

void find_search_faults(struct call *call) {
  struct question question;
  (void)read_question(call, &question);
}

void handle_search(struct call *call) {
  struct question question;
  if (!read_question(call, &question)) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  struct found_record *found;
  size_t count = find_all(call, &question, limit_of(call), &found);
  json_t *items = owned_json(call->memory, json_array());
  for (size_t i = 0; i < count; i++) {
    struct search_item item;
    if (search_show(call->db, call->memory, found[i].resource, found[i].hit.pk, &item)) {
      json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:f}", "resource", found[i].resource->path,
                                             "id", item.id, "slug", item.slug, "name", item.name, "snippet",
                                             snippet_of(call, &question, &item), "score", found[i].hit.score));
    }
  }
  if (db_failure(call->db) == DB_OK) {
    answer_json(call, 200, json_pack("{s:O}", "items", items));
    answer_tag_of_body(call);
  }
}

/* -- matching ------------------------------------------------------------------------------------------------------ */

enum matched { MATCHED_IDENTIFIER, MATCHED_EXACT, MATCHED_ALIAS, MATCHED_FOLDED, MATCHED_SIMILAR };

struct meant {
  struct search_item item;
  enum matched matched;
  double score;
};

/* What a match is looked for by. */
struct wanted {
  const char *name, *key; /* and its folded form; or NULL */
  const char *spelled;    /* the folded form of its other spelling, or NULL */
  struct operand identifiers[IDENTIFIERS_MEANT];
  size_t identifier_count;
};

/* How near one of an organization's names is. */
static void compare_name(const void *memory, const struct wanted *wanted, const char *name, bool own,
                         struct meant *meant) {
  enum matched matched = MATCHED_SIMILAR;
  double score = 0;
  const char *other = fold_key(memory, name);
  if (strcmp(wanted->name, name) == 0) {
    matched = own ? MATCHED_EXACT : MATCHED_ALIAS;
    score = 1;
  } else if (strcmp(wanted->key, other) == 0) {
    matched = MATCHED_FOLDED;
    score = 1;
  } else {
    double spelled = wanted->spelled == NULL ? 0 : 0.98 * likeness(wanted->spelled, other);
    score = 0.99 * likeness(wanted->key, other);
    score = score > spelled ? score : spelled;
  }
  if (matched < meant->matched || (matched == meant->matched && score > meant->score)) {
    meant->matched = matched;
    meant->score = score;
  }
}

static void compare(const void *memory, const struct wanted *wanted, struct meant *meant) {
  meant->matched = MATCHED_SIMILAR;
  const char *at = meant->item.names;
  for (bool own = true; at != NULL; own = false) {
    size_t length = strcspn(at, FOLD_BOUNDARY);
    compare_name(memory, wanted, memory_slice(memory, at, length), own, meant);
    at = at[length] == '\0' ? NULL : at + length + 1;
  }
}

static int by_nearness(const void *a, const void *b) {
  const struct meant *left = a, *right = b;
  if (left->matched != right->matched) {
    return left->matched < right->matched ? -1 : 1;
  }
  if (left->score != right->score) {
    return left->score > right->score ? -1 : 1;
  }
  return strcmp(left->item.id, right->item.id);
}

/* Whether the first is meant: alone in its kind of match, or clearly nearer than the next. */
static bool is_chosen(const struct meant *list, size_t count) {
  if (count == 0) {
    return false;
  }
  if (list[0].matched != MATCHED_SIMILAR) {
    return count == 1 || list[1].matched != list[0].matched;
  }
  return list[0].score >= least_chosen && (count == 1 || list[0].score - list[1].score >= least_lead);
}

static json_t *show_meant(const struct meant *list, size_t count, size_t limit) {
  static const char *const words[] = {[MATCHED_IDENTIFIER] = "identifier",
                                      [MATCHED_EXACT] = "exact",
                                      [MATCHED_ALIAS] = "alias",
                                      [MATCHED_FOLDED] = "folded",
                                      [MATCHED_SIMILAR] = "similar"};
  json_t *items = json_array();
  bool chosen = is_chosen(list, count);
  for (size_t i = 0; i < count && i < limit; i++) {
    json_array_append_new(items, json_pack("{s:{s:s, s:s, s:s}, s:f, s:s, s:b}", "organization", "id", list[i].item.id,
                                           "slug", list[i].item.slug, "name", list[i].item.name, "score", list[i].score,
                                           "matched", words[list[i].matched], "chosen", chosen && i == 0));
  }
  return items;
}

/* The folded name that is asked for; NULL when it is absent, or, with a fault, nothing that can be compared. */
static const char *read_name(struct call *call) {
  const char *name = contract_parameter(call->operation, call->uri, "name");
  const char *key = name == NULL ? NULL : fold_key(call->memory, name);
  if (key != NULL && key[0] == '\0') {
    faults_add(call->faults, PLACE_PARAMETER, "name", "empty", "has nothing to compare: no letter and no digit");
    return NULL;
  }
  return key;
}

/* False, with a fault, when there is nothing to look for. */
static bool read_wanted(struct call *call, struct wanted *wanted) {
  const char *identifier = contract_parameter(call->operation, call->uri, "identifier");
  size_t before = call->faults->count;
  *wanted = (struct wanted){.name = contract_parameter(call->operation, call->uri, "name"), .key = read_name(call)};
  const char *spelled = wanted->key == NULL ? NULL : spelling_other(call->memory, wanted->name);
  wanted->spelled = spelled == NULL ? NULL : fold_key(call->memory, spelled);
  if (identifier != NULL) {
    wanted->identifier_count = read_identifier(call, "identifier", identifier, wanted->identifiers);
  } else if (wanted->name != NULL) {
    wanted->identifier_count = identifiers_of(call->memory, wanted->name, wanted->identifiers);
  } else if (before == 0) {
    faults_add(call->faults, PLACE_PARAMETER, "name", "required", "is required, or `identifier` instead");
  }
  return call->faults->count == before;
}

void find_match_faults(struct call *call) {
  struct wanted wanted;
  (void)read_wanted(call, &wanted);
}

struct meant_list {
  struct meant items[IDENTIFIED_MOST + ALIKE_MOST];
  int64_t pks[IDENTIFIED_MOST + ALIKE_MOST];
  size_t count;
};

static bool is_listed(const struct meant_list *list, int64_t pk) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->pks[i] == pk) {
      return true;
    }
  }
  return false;
}

static void find_identified(struct call *call, const struct operand *identifier, struct meant_list *list) {
  struct query *query = db_named(call_db(call), "identifier-owners");
  query_bind_text(query, 1, identifier->text);
  query_bind_text(query, 2, identifier->kind);
  query_bind_int(query, 3, IDENTIFIED_MOST);
  size_t first = list->count, end = first;
  while (query_step(query) == STEP_ROW && end < IDENTIFIED_MOST) {
    list->pks[end++] = query_int(query, 0);
  }
  query_end(query);
  for (size_t i = first; i < end; i++) {
    struct meant *meant = &list->items[list->count];
    int64_t pk = list->pks[i];
    if (!is_listed(list, pk) && search_show(call->db, call->memory, call->resource, pk, &meant->item)) {
      meant->matched = MATCHED_IDENTIFIER;
      meant->score = 1;
      list->pks[list->count++] = pk;
    }
  }
}

static void find_named(struct call *call, const struct wanted *wanted, struct meant_list *list) {
  int64_t pks[ALIKE_MOST];
  long found = search_alike(call_db(call), call->resource, wanted->name, pks, ALIKE_MOST);
  for (long i = 0; i < found; i++) {
    struct meant *meant = &list->items[list->count];
    if (!is_listed(list, pks[i]) && search_show(call->db, call->memory, call->resource, pks[i], &meant->item)) {
      compare(call->memory, wanted, meant);
      list->pks[list->count] = pks[i];
      list->count += meant->matched != MATCHED_SIMILAR || meant->score >= least_shown;
    }
  }
}

void handle_organization_match(struct call *call) {
  struct wanted wanted;
  if (!read_wanted(call, &wanted)) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  struct meant_list *list = memory_new(call->memory, struct meant_list);
  for (size_t i = 0; i < wanted.identifier_count; i++) {
    find_identified(call, &wanted.identifiers[i], list);
  }
  if (wanted.key != NULL) {
    find_named(call, &wanted, list);
  }
  if (db_failure(call_db(call)) == DB_OK) {
    qsort(list->items, list->count, sizeof *list->items, by_nearness);
    answer_json(call, 200, json_pack("{s:o}", "items", show_meant(list->items, list->count, limit_of(call))));
    answer_tag_of_body(call);
  }
}
