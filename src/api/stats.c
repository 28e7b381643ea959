/* Statistics: the records of a list's filters, counted by one of its columns. What `by` may be is said by the contract;
 * each is the name of a filter of the resource, but for years, which are those of the conclusion. */
#include "api/handlers.h"
#include "base/memory.h"
#include "records/filters.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"
#include "store/groups.h"

#include <stdlib.h>
#include <string.h>

struct stats {
  struct call *call;
  json_t *items;
  size_t limit;
  bool more; /* there are groups beyond it */
};

static const struct filter *filter_named(const struct resource *resource, const char *name) {
  size_t i = 0;
  while (strcmp(resource->filters[i].name, name) != 0) {
    i++;
  }
  return &resource->filters[i];
}

/* What people read: a record's name in their language; a word of the contract, without its underscores. */
static json_t *label_of(struct stats *stats, const struct group *group) {
  if (group->value == NULL) {
    return json_null();
  }
  if (group->name != NULL) {
    return json_string(name_for_reader(stats->call, stats->call->memory, group->name, group->names));
  }
  char *words = memory_copy(NULL, group->value);
  for (char *at = words; *at != '\0'; at++) {
    *at = *at == '_' ? ' ' : *at;
  }
  json_t *label = json_string(words);
  talloc_free(words);
  return label;
}

static void add_group(void *argument, const struct group *group) {
  struct stats *stats = argument;
  if (json_array_size(stats->items) == stats->limit) {
    stats->more = true;
    return;
  }
  const char *key = group->slug != NULL ? group->slug : group->value;
  json_array_append_new(stats->items,
                        memory_checked(json_pack("{s:s?, s:o, s:I}", "key", key, "label", label_of(stats, group),
                                                 "count", (json_int_t)group->count)));
}

void handle_stats(struct call *call) {
  const char *by = contract_parameter(call->operation, call->uri, "by");
  const char *limit = contract_parameter(call->operation, call->uri, "limit");
  struct stats stats = {.call = call, .items = json_array(), .limit = (size_t)strtoul(limit, NULL, 10)};
  json_t *answer = memory_checked(json_pack("{s:o}", "items", stats.items));
  owned_json(call->memory, answer);
  bool years = strcmp(by, "year") == 0;
  struct grouping grouping = {.selection = read_selection(call),
                              .filter = filter_named(call->resource, years ? "concluded_on" : by),
                              .years = years,
                              .most = stats.limit + 1}; /* one more tells whether there are more */
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  if (groups_read(call_db(call), call->services->contract, &grouping, add_group, &stats)) {
    json_object_set_new(answer, "more", json_boolean(stats.more));
    answer_json(call, 200, json_incref(answer));
    answer_tag_of_body(call);
  }
}

void find_filter_faults(struct call *call) {
  (void)read_selection(call);
}
