/* A parameter that narrows a list is the name of a filter, alone or with what it asks behind `__`. Which filters there
 * are was read from the members of the resource; which of them takes what follows from its type. */
#include "contract/filter.h"

#include "base/memory.h"

#include <string.h>

static const char *const names[TEST_COUNT] = {
    [TEST_IS] = "",   [TEST_NE] = "ne",   [TEST_LT] = "lt",         [TEST_LTE] = "lte",
    [TEST_GT] = "gt", [TEST_GTE] = "gte", [TEST_ISNULL] = "isnull", [TEST_UNDER] = "under",
};

const char *test_name(enum test test) {
  return names[test];
}

/* A filter for which there is one thing to ask is asked that by its bare name. */
static enum test bare_test(const struct filter *filter) {
  return filter->tests == 1U << TEST_UNDER ? TEST_UNDER : TEST_IS;
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

const struct filter *contract_filter(const struct operation *operation, const char *name, enum test *test) {
  const struct filter *filter = named(operation, name, strlen(name));
  if (filter != NULL) {
    *test = bare_test(filter);
    return filter;
  }
  filter = filter_before_operator(operation, name);
  for (unsigned i = TEST_NE; filter != NULL && i < TEST_COUNT; i++) {
    if ((filter->tests & 1U << i) && bare_test(filter) == TEST_IS && strcmp(strstr(name, "__") + 2, names[i]) == 0) {
      *test = (enum test)i;
      return filter;
    }
  }
  return NULL;
}

char *filter_operators(const void *parent, const struct filter *filter) {
  char *list = memory_copy(parent, "");
  for (unsigned i = TEST_NE; bare_test(filter) == TEST_IS && i < TEST_COUNT; i++) {
    if (filter->tests & 1U << i) {
      list = memory_checked(talloc_asprintf_append(list, "%s`__%s`", *list == '\0' ? "" : ", ", names[i]));
    }
  }
  return list;
}
