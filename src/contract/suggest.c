/* Other interfaces write an operator in other ways: `on_lte`, `on[lte]`, `on.lte`, or by another word, `on__le`. */
#include "contract/suggest.h"

#include "base/memory.h"
#include "contract/filter.h"

#include <string.h>
#include <strings.h>

/* Words for operators, the own ones first; "" is the bare name. */
static const struct {
  const char *word, *operator;
} words[] = {
    {"lte", "__lte"},
    {"lt", "__lt"},
    {"gte", "__gte"},
    {"gt", "__gt"},
    {"ne", "__ne"},
    {"under", "__under"},
    {"isnull", "__isnull"},
    {"le", "__lte"},
    {"max", "__lte"},
    {"until", "__lte"},
    {"to", "__lte"},
    {"before", "__lt"},
    {"ge", "__gte"},
    {"min", "__gte"},
    {"from", "__gte"},
    {"since", "__gte"},
    {"after", "__gt"},
    {"not", "__ne"},
    {"neq", "__ne"},
    {"null", "__isnull"},
    {"is_null", "__isnull"},
    {"eq", ""},
    {"in", ""},
    {"is", ""},
    {"exact", ""},
};

/* The name split before a word for an operator, which `*operator` is set to. NULL when it ends with none. */
static char *split(const void *parent, const char *name, const char **operator) {
  size_t length = strlen(name);
  length -= length > 0 && name[length - 1] == ']';
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    size_t word = strlen(words[i].word);
    if (length > word + 1 && strncasecmp(name + length - word, words[i].word, word) == 0 &&
        strchr("_[.:-", name[length - word - 1]) != NULL) {
      size_t end = length - word - 1;
      while (end > 0 && name[end - 1] == '_') {
        end--;
      }
      *operator= words[i].operator;
      return memory_slice(parent, name, end);
    }
  }
  return NULL;
}

const char *suggest_parameter(const void *parent, const struct operation *operation, const char *const *names,
                              const char *name) {
  enum filter_operator op;
  const char *operator= "", *mark = strstr(name, "__"), *nearest = NULL;
  char *base = operation->filtered ? split(parent, name, &operator) : NULL;
  if (base != NULL && (nearest = nearest_name(base, names)) != NULL) {
    const char *whole = memory_print(parent, "%s%s", nearest, operator);
    if (contract_filter(operation, whole, &op) != NULL) {
      return whole;
    }
  }
  if (mark != NULL) { /* with an operator that it does not take */
    base = memory_slice(parent, name, (size_t)(mark - name));
    nearest = nearest_name(base, names);
    const struct filter *filter = filter_before_operator(operation, name);
    return filter != NULL && filter->operators != 1U << OPERATOR_UNDER ? NULL : nearest;
  }
  return nearest_name(name, names);
}
