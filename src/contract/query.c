/* A query is checked pair by pair. A name that nobody declared is a fault, for a filter that is passed over in silence
 * answers with everything. A value is text; it is read as the type that its schema asks for where that is possible, and
 * then checked like any value of a body. */
#include "contract/check.h"

#include "base/memory.h"
#include "contract/uri.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct parameter *find_parameter(const struct operation *operation, const char *name) {
  for (size_t i = 0; i < operation->parameter_count; i++) {
    if (strcmp(operation->parameters[i].name, name) == 0) {
      return &operation->parameters[i];
    }
  }
  return NULL;
}

static const struct filter *find_filter(const struct operation *operation, const char *name) {
  for (size_t i = 0; operation->filtered && i < operation->resource->filter_count; i++) {
    if (strcmp(operation->resource->filters[i].name, name) == 0) {
      return &operation->resource->filters[i];
    }
  }
  return NULL;
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
    if (!value && (schema->kinds & KIND_NUMBER)) {
      value = read_real(copy);
    }
  } else if (schema->kinds & KIND_BOOLEAN) {
    bool truth = strcmp(copy, "true") == 0;
    value = truth || strcmp(copy, "false") == 0 ? json_boolean(truth) : NULL;
  }
  value = value ? value : json_string(copy);
  talloc_free(copy);
  return value;
}

static void check_one(const struct schema *schema, const char *name, const char *text, size_t length,
                      struct faults *faults) {
  json_t *value = read_value(schema, text, length);
  check_value(schema, value, PLACE_PARAMETER, name, faults);
  json_decref(value);
}

static void check_parameter(const struct parameter *parameter, const char *text, struct faults *faults) {
  const struct schema *schema = parameter->schema;
  if (!schema->items) {
    check_one(schema, parameter->name, text, strlen(text), faults);
    return;
  }
  for (const char *at = text;; at++) {
    size_t length = parameter->exploded ? strlen(at) : strcspn(at, ",");
    check_one(schema->items, parameter->name, at, length, faults);
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
  const char **names = known_names(faults, operation);
  const char *mark = strstr(name, "__");
  const char *base = mark ? memory_slice(names, name, (size_t)(mark - name)) : name;
  const char *nearest = nearest_name(name, names);
  if (mark && find_filter(operation, base)) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "has an operator that is not known; `%s=` asks for equality",
               base);
  } else if (nearest) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a parameter here; did you mean `%s`?", nearest);
  } else if (!*names) {
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a parameter here; there are none");
  } else {
    char *list = memory_copy(names, *names);
    for (const char **next = names + 1; *next; next++) {
      list = memory_checked(talloc_asprintf_append(list, ", %s", *next));
    }
    faults_add(faults, PLACE_PARAMETER, name, "unknown", "is not a parameter here; there are %s", list);
  }
  talloc_free(names);
}

static bool is_repeated(const struct uri *uri, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (strcmp(uri->pairs[i].name, uri->pairs[index].name) == 0) {
      return true;
    }
  }
  return false;
}

void contract_check_query(const struct operation *operation, const struct uri *uri, struct faults *faults) {
  for (size_t i = 0; i < uri->pair_count; i++) {
    const struct pair *pair = &uri->pairs[i];
    const struct parameter *parameter = find_parameter(operation, pair->name);
    const struct filter *filter = parameter ? NULL : find_filter(operation, pair->name);
    if (filter) {
      check_one(filter->schema, filter->name, pair->value, strlen(pair->value), faults);
    } else if (!parameter) {
      fault_unknown(operation, pair->name, faults);
    } else if (!(parameter->schema->items && parameter->exploded) && is_repeated(uri, i)) {
      faults_add(faults, PLACE_PARAMETER, pair->name, "repeated", "can be given only once");
    } else {
      check_parameter(parameter, pair->value, faults);
    }
  }
  for (size_t i = 0; i < operation->parameter_count; i++) {
    const struct parameter *parameter = &operation->parameters[i];
    if (parameter->required && !contract_parameter(operation, uri, parameter->name)) {
      faults_add(faults, PLACE_PARAMETER, parameter->name, "required", "is required");
    }
  }
}

const char *contract_parameter(const struct operation *operation, const struct uri *uri, const char *name) {
  for (size_t i = 0; i < uri->pair_count; i++) {
    if (strcmp(uri->pairs[i].name, name) == 0) {
      return uri->pairs[i].value;
    }
  }
  const struct parameter *parameter = find_parameter(operation, name);
  return parameter ? parameter->default_text : NULL;
}
