/* A query is checked pair by pair. A name that nobody declared is a fault, for a filter that is passed over in silence
 * answers with everything. A value is text; it is read as the type that its schema asks for where that is possible, and
 * then checked like any value of a body. */
#include "contract/check.h"

#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/filter.h"
#include "contract/suggest.h"
#include "contract/uri.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct parameter *find_in(const struct parameter *list, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(list[i].name, name) == 0) {
      return &list[i];
    }
  }
  return NULL;
}

static const struct parameter *find_parameter(const struct operation *operation, const char *name) {
  return find_in(operation->parameters, operation->parameter_count, name);
}

static json_t *read_integer(const char *text) {
  size_t digits = strspn(text + (*text == '-'), "0123456789");
  errno = 0;
  long long number = strtoll(text, NULL, 10);
  bool whole = digits > 0 && text[(*text == '-') + digits] == '\0' && errno == 0;
  return whole ? json_integer(number) : NULL;
}

static json_t *read_real(const char *text) {
  char *end;
  double number = strtod(text, &end);
  bool plain = *text && text[strspn(text, "+-.0123456789eE")] == '\0'; /* no hexadecimal, no "inf", no space */
  return plain && *end == '\0' && isfinite(number) ? json_real(number) : NULL;
}

/* The text as what the schema asks for; as it is when it is nothing of the kind, and the check says so. */
static json_t *read_value(const struct schema *schema, const char *text, size_t length) {
  json_t *value = NULL;
  char *copy = memory_slice(NULL, text, length);
  if (schema->kinds & KIND_STRING) {
    value = NULL;
  } else if (schema->kinds & (KIND_INTEGER | KIND_NUMBER)) {
    value = read_integer(copy);
    value = value ? value : read_real(copy);
  } else if (schema->kinds & KIND_BOOLEAN) {
    bool truth = strcmp(copy, "true") == 0;
    value = truth || strcmp(copy, "false") == 0 ? json_boolean(truth) : NULL;
  }
  value = value ? value : json_string(copy);
  talloc_free(copy);
  return value;
}

/* The value as it is meant, as a body's is (schema_tidy): a text without white space around it, 50 for `50.0`. */
static const char *tidy_value(const void *owner, const struct schema *schema, const char *text) {
  const struct schema *one = schema->items ? schema->items : schema;
  if (one->text == TEXT_VERBATIM) {
    return text;
  }
  const char *tidy = characters_tidy(owner, text, strlen(text), one->text == TEXT_LINES);
  const char *value = tidy ? tidy : text;
  if ((schema->kinds & (KIND_INTEGER | KIND_NUMBER | KIND_STRING)) != KIND_INTEGER) {
    return value;
  }
  json_t *integer = read_integer(value), *real = integer ? NULL : read_real(value);
  json_int_t number;
  if (real && real_is_integer(json_real_value(real), &number)) {
    value = memory_print(owner, "%lld", (long long)number);
  }
  json_decref(integer);
  json_decref(real);
  return value;
}

/* The same for a list of values parted by commas. */
static const char *tidy_list(const void *owner, const struct schema *items, const char *text) {
  struct text *list = text_new(owner);
  for (const char *at = text;; at++) {
    size_t length = strcspn(at, ",");
    text_addf(list, "%s%s", at == text ? "" : ",", tidy_value(list, items, memory_slice(list, at, length)));
    at += length;
    if (*at == '\0') {
      return list->data;
    }
  }
}

static void check_one(const struct schema *schema, enum place place, const char *name, const char *text, size_t length,
                      struct faults *faults) {
  json_t *value = read_value(schema, text, length);
  check_value(schema, value, place, name, faults);
  json_decref(value);
}

bool contract_takes_header(const struct operation *operation, const char *name) {
  return find_in(operation->headers, operation->header_count, name) != NULL;
}

void contract_check_header(const struct operation *operation, const char *name, const char *value,
                           struct faults *faults) {
  const struct parameter *header = find_in(operation->headers, operation->header_count, name);
  if (header && value && !characters_clean(value, strlen(value), "")) {
    faults_add(faults, PLACE_HEADER, name, "characters", "must be UTF-8 without control characters");
  } else if (header && value) {
    check_one(header->schema, PLACE_HEADER, name, value, strlen(value), faults);
  }
}

static void check_parameter(const struct parameter *parameter, const char *text, struct faults *faults) {
  const struct schema *schema = parameter->schema;
  if (!schema->items) {
    check_one(schema, PLACE_PARAMETER, parameter->name, text, strlen(text), faults);
    return;
  }
  for (const char *at = text;; at++) {
    size_t length = parameter->exploded ? strlen(at) : strcspn(at, ",");
    check_one(schema->items, PLACE_PARAMETER, parameter->name, at, length, faults);
    at += length;
    if (*at == '\0') {
      return;
    }
  }
}

/* All names that the operation takes, ended by NULL. */
static const char **known_names(const void *owner, const struct operation *operation) {
  size_t filters = operation->filtered ? operation->resource->filter_count : 0;
  const char **names = memory_array(owner, const char *, operation->parameter_count + filters + 1);
  size_t count = 0;
  for (size_t i = 0; i < operation->parameter_count; i++) {
    names[count++] = operation->parameters[i].name;
  }
  for (size_t i = 0; i < filters; i++) {
    names[count++] = operation->resource->filters[i].name;
  }
  return names;
}

static void fault_unknown(const struct operation *operation, const char *name, struct faults *faults) {
  if (faults->count == FAULTS_MOST) {
    faults->dropped++;
    return;
  }
  void *memory = talloc_new(faults);
  const char **names = known_names(memory, operation);
  const struct filter *filter = filter_before_operator(operation, name);
  const char *meant = suggest_parameter(memory, operation, names, name);
  if (meant) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a known parameter; did you mean `%s`?", meant);
  } else if (filter) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "has an operator that `%s` does not support; it supports %s",
               filter->name, filter_operators(memory, filter));
  } else if (!*names) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a known parameter; there are none");
  } else {
    char *list = memory_copy(memory, *names);
    for (const char **next = names + 1; *next; next++) {
      list = memory_checked(talloc_asprintf_append(list, ", %s", *next));
    }
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a known parameter; known are %s", list);
  }
  talloc_free(memory);
}

static bool is_value_of(const struct schema *schema, const char *text) {
  const char *const *value = schema->values;
  while (*value && strcmp(*value, text) != 0) {
    value++;
  }
  return *value != NULL;
}

/* A value may have its kind before it, as in `ror:05szzwt63`. What stands before a colon and is no kind is a part of
 * the value, unless it is so near to one that it is a slip. */
static void check_kind(const struct filter *filter, const char *name, const char *text, struct faults *faults) {
  size_t length = strcspn(text, ":");
  char *kind = memory_slice(faults, text, length);
  check_one(filter->schema, PLACE_PARAMETER, name, text, strlen(text), faults);
  if (text[length] == '\0') {
    talloc_free(kind);
    return;
  }
  if (!is_value_of(filter->kinds, kind) && nearest_name(kind, filter->kinds->values)) {
    check_one(filter->kinds, PLACE_PARAMETER, name, kind, length, faults);
  } else if (is_value_of(filter->kinds, kind) && text[length + 1] == '\0') {
    faults_add(faults, PLACE_PARAMETER, name, "value", "must have a value behind the colon");
  }
  talloc_free(kind);
}

/* Either of several values is what one may ask for; before the one and after the other is not. */
static bool takes_many(enum filter_operator op) {
  return op == OPERATOR_IS || op == OPERATOR_NE || op == OPERATOR_UNDER;
}

static void check_filter(const struct filter *filter, enum filter_operator op, const char *name, const char *text,
                         struct faults *faults) {
  static const struct schema truth = {.kinds = KIND_BOOLEAN, .max_length = SIZE_MAX, .max_items = SIZE_MAX};
  if (op == OPERATOR_ISNULL) {
    check_one(&truth, PLACE_PARAMETER, name, text, strlen(text), faults);
  } else if (filter->kinds) {
    check_kind(filter, name, text, faults);
  } else {
    const struct schema *schema = takes_many(op) ? filter->schema : filter->bound;
    check_one(schema, PLACE_PARAMETER, name, text, strlen(text), faults);
  }
}

/* The first pair of that name; one that was refused only where that is asked. */
static const struct pair *find_pair(const struct uri *uri, const char *name, bool refused) {
  for (size_t i = 0; i < uri->pair_count; i++) {
    const struct pair *pair = &uri->pairs[i];
    if (strcmp(pair->name, name) == 0 && (refused || !pair->refused)) {
      return pair;
    }
  }
  return NULL;
}

/* How many pairs before this one have its name. */
static size_t count_before(const struct uri *uri, size_t index) {
  size_t count = 0;
  for (size_t i = 0; i < index; i++) {
    count += strcmp(uri->pairs[i].name, uri->pairs[index].name) == 0;
  }
  return count;
}

static const char *tidy_pair(const struct uri *uri, const char *value, const struct parameter *parameter,
                             const struct filter *filter) {
  bool list = parameter && parameter->schema->items && !parameter->exploded;
  return list ? tidy_list(uri, parameter->schema->items, value)
              : tidy_value(uri, parameter ? parameter->schema : filter->schema, value);
}

/* Whether nothing is wrong with the pair, whose value is made tidy. */
static bool check_pair(const struct operation *operation, const struct uri *uri, size_t index, struct faults *faults) {
  struct pair *pair = &uri->pairs[index];
  const struct parameter *parameter = find_parameter(operation, pair->name);
  enum filter_operator op = OPERATOR_IS;
  const struct filter *filter = parameter ? NULL : contract_filter(operation, pair->name, &op);
  bool many = filter ? takes_many(op) : parameter && parameter->schema->items;
  size_t before = (parameter || filter) && !many ? count_before(uri, index) : 0;
  size_t known = faults->count + faults->dropped;
  if (parameter || filter) {
    pair->value = tidy_pair(uri, pair->value, parameter, filter);
  }
  if (!parameter && !filter) {
    fault_unknown(operation, pair->name, faults);
  } else if (before > 0) {
    if (before == 1) { /* one fault, however often it comes */
      faults_add(faults, PLACE_PARAMETER, pair->name, "repeated", "can be given only once");
    }
  } else if (filter) {
    check_filter(filter, op, pair->name, pair->value, faults);
  } else {
    check_parameter(parameter, pair->value, faults);
  }
  return before == 0 && faults->count + faults->dropped == known;
}

void contract_check_query(const struct operation *operation, struct uri *uri, struct faults *faults) {
  for (size_t i = 0; i < uri->pair_count; i++) {
    uri->pairs[i].refused = !check_pair(operation, uri, i, faults);
  }
  for (size_t i = 0; i < operation->parameter_count; i++) {
    const struct parameter *parameter = &operation->parameters[i];
    if (parameter->required && !find_pair(uri, parameter->name, true)) {
      faults_add(faults, PLACE_PARAMETER, parameter->name, "required", "is required");
    }
  }
}

bool contract_takes_parameter(const struct operation *operation, const char *name) {
  return find_parameter(operation, name) != NULL;
}

const char *contract_parameter(const struct operation *operation, const struct uri *uri, const char *name) {
  const struct pair *pair = find_pair(uri, name, false);
  const struct parameter *parameter = pair ? NULL : find_parameter(operation, name);
  return pair ? pair->value : parameter ? parameter->default_text : NULL;
}

const char *contract_parameter_items(const void *parent, const struct operation *operation, const struct uri *uri,
                                     const char *name) {
  char *items = NULL;
  for (size_t i = 0; i < uri->pair_count; i++) {
    const struct pair *pair = &uri->pairs[i];
    if (strcmp(pair->name, name) == 0 && !pair->refused) {
      items = items == NULL ? memory_copy(parent, pair->value)
                            : memory_checked(talloc_asprintf_append(items, ",%s", pair->value));
    }
  }
  return items != NULL ? items : contract_parameter(operation, uri, name);
}
