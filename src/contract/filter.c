/* A parameter that narrows a list is the name of a filter, alone or with what it asks behind `__`. Which filters there
 * are was read from the members of the resource; which of them takes what follows from its type. */
#include "contract/filter.h"

#include "base/memory.h"

#include <string.h>

static const char *const names[OPERATOR_COUNT] = {
    [OPERATOR_IS] = "",   [OPERATOR_NE] = "ne",   [OPERATOR_LT] = "lt",         [OPERATOR_LTE] = "lte",
    [OPERATOR_GT] = "gt", [OPERATOR_GTE] = "gte", [OPERATOR_ISNULL] = "isnull", [OPERATOR_UNDER] = "under",
};

const char *operator_name(enum filter_operator op) {
  return names[op];
}

/* A filter for which there is one thing to ask is asked that by its bare name. */
static enum filter_operator bare_operator(const struct filter *filter) {
  return filter->operators == 1U << OPERATOR_UNDER ? OPERATOR_UNDER : OPERATOR_IS;
}

static const struct filter *named(const struct operation *operation, const char *name, size_t length) {
  for (size_t i = 0; operation->filtered && i < operation->resource->filter_count; i++) {
    const struct filter *filter = &operation->resource->filters[i];
    if (strlen(filter->name) == length && memcmp(filter->name, name, length) == 0) {
      return filter;
    }
  }
  return NULL;
}

const struct filter *filter_before_operator(const struct operation *operation, const char *name) {
  const char *mark = strstr(name, "__");
  return mark == NULL ? NULL : named(operation, name, (size_t)(mark - name));
}

const struct filter *contract_filter(const struct operation *operation, const char *name, enum filter_operator *op) {
  const struct filter *filter = named(operation, name, strlen(name));
  if (filter != NULL) {
    *op = bare_operator(filter);
    return filter;
  }
  filter = filter_before_operator(operation, name);
  for (unsigned i = OPERATOR_NE; filter != NULL && i < OPERATOR_COUNT; i++) {
    if ((filter->operators & 1U << i) && bare_operator(filter) == OPERATOR_IS &&
        strcmp(strstr(name, "__") + 2, names[i]) == 0) {
      *op = (enum filter_operator)i;
      return filter;
    }
  }
  return NULL;
}

char *filter_operators(const void *parent, const struct filter *filter) {
  char *list = memory_copy(parent, "");
  for (unsigned i = OPERATOR_NE; bare_operator(filter) == OPERATOR_IS && i < OPERATOR_COUNT; i++) {
    if (filter->operators & 1U << i) {
      list = memory_checked(talloc_asprintf_append(list, "%s`__%s`", *list == '\0' ? "" : ", ", names[i]));
    }
  }
  return list;
}
