/* Each parameter that is a filter becomes a condition, with its values as they lie in the columns: references as the pk
 * of the record they name, timestamps in UTC, and what is asked of a partial date as bounds of the texts that stand for
 * such dates. All values of one parameter are one condition.
 *
 * Bounds of partial dates. Texts are sorted as their earliest days are, a whole before its parts (2019, 2019-01,
 * 2019-01-01). So "begins on D or later" is a text from the shortest on that begins on D. "Ends by D" is a text up to D
 * in full, but for the year and the month that D lies in, which end later unless D is their last day. */
#include "records/filters.h"

#include "base/memory.h"
#include "domain/partial_date.h"
#include "domain/question.h"
#include "request/call.h"
#include "request/services.h"
#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
  struct call *call;
  struct selection *selection;
  struct condition *conditions;
  const char **names; /* of the parameters, one for each condition */
  size_t operands;
};

/* -- dates --------------------------------------------------------------------------------------------------------- */

/* The shortest text of a partial date that begins on that day; past all texts for a day after the last. */
static const char *text_from(const void *memory, day from) {
  char text[DAY_SIZE];
  if (from > DAY_LAST) {
    return ":";
  }
  day_print(from, text);
  for (int end = 7; end >= 4 && strcmp(text + end, "-01") == 0; end -= 3) {
    text[end] = '\0';
  }
  return memory_copy(memory, text);
}

static void set_bounds(const void *memory, day until, struct operand out[3]) {
  struct partial_date date;
  char text[DAY_SIZE] = "";
  for (int i = 0; i < 3; i++) {
    out[i].text = "";
  }
  if (until < DAY_FIRST) {
    return;
  }
  day_print(until, text);
  out[0].text = memory_copy(memory, text);
  for (int i = 1; i < 3; i++) {
    size_t length = i == 1 ? 7 : 4;
    if (partial_date_read(text, length, &date) && date.last > until) {
      out[i].text = memory_slice(memory, text, length);
    }
  }
}

/* A condition on partial dates becomes one on texts. */
static void bound_date(const void *memory, struct condition *condition, const char *value) {
  struct partial_date date;
  struct operand *out = memory_array(memory, struct operand, 3);
  if (!partial_date_read(value, strlen(value), &date)) {
    return; /* the contract has refused it */
  }
  condition->operands = out;
  condition->count = 1;
  if (condition->op == OPERATOR_GT || condition->op == OPERATOR_GTE) {
    out[0].text = text_from(memory, condition->op == OPERATOR_GTE ? date.first : date.last + 1);
    condition->op = OPERATOR_GTE;
  } else {
    set_bounds(memory, condition->op == OPERATOR_LTE ? date.last : date.first - 1, out);
    condition->op = OPERATOR_LTE;
    condition->count = 3;
  }
}

static const char *utc(const void *memory, const char *value) {
  int64_t ms;
  char text[CLOCK_TIMESTAMP_SIZE];
  if (!clock_read_timestamp(value, &ms)) {
    return value;
  }
  clock_timestamp(ms, text);
  return memory_copy(memory, text);
}

/* -- values -------------------------------------------------------------------------------------------------------- */

static bool has_format(const struct schema *schema, const char *name) {
  return schema->format != NULL && strcmp(schema->format->name, name) == 0;
}

static void read_reference(struct call *call, const struct pair *pair, const char *path, struct operand *out) {
  const struct resource *resource = contract_resource(call->services->contract, path);
  struct found found;
  if (resource_find_meant(call_db(call), resource, pair->value, &found)) {
    out->number = found.pk;
  } else {
    faults_add(call->faults, PLACE_PARAMETER, pair->name, "no_such_record", "\"%s\" names none of the %s", pair->value,
               resource->path);
  }
}

static void read_operand(struct call *call, const struct filter *filter, enum filter_operator op,
                         const struct pair *pair, struct operand *out) {
  const struct schema *schema = filter->schema;
  if (op == OPERATOR_ISNULL || ((schema->kinds & KIND_BOOLEAN) && !(schema->kinds & KIND_STRING))) {
    out->number = strcmp(pair->value, "true") == 0;
  } else if (schema->reference != NULL) {
    read_reference(call, pair, schema->reference, out);
  } else if ((schema->kinds & KIND_INTEGER) && !(schema->kinds & KIND_STRING)) {
    out->number = strtoll(pair->value, NULL, 10);
  } else {
    out->text = has_format(schema, "date-time") ? utc(call->memory, pair->value) : pair->value;
  }
}

/* -- conditions ---------------------------------------------------------------------------------------------------- */

static struct condition *condition_of(struct reading *reading, const struct pair *pair, const struct filter *filter,
                                      enum filter_operator op) {
  for (size_t i = 0; i < reading->selection->count; i++) {
    if (strcmp(reading->names[i], pair->name) == 0) {
      return &reading->conditions[i];
    }
  }
  reading->names[reading->selection->count] = pair->name;
  struct condition *condition = &reading->conditions[reading->selection->count++];
  condition->filter = filter;
  condition->op = op;
  size_t room = reading->call->uri->pair_count * (filter->kinds != NULL ? IDENTIFIERS_MEANT : 1);
  condition->operands = memory_array(reading->call->memory, struct operand, room);
  return condition;
}

static void read_pair(struct reading *reading, const struct pair *pair) {
  enum filter_operator op;
  struct call *call = reading->call;
  const struct filter *filter = contract_filter(call->operation, pair->name, &op);
  if (filter == NULL || pair->refused) {
    return;
  }
  if (filter->internal && call->visibility->open) {
    faults_add(call->faults, PLACE_PARAMETER, pair->name, "internal", "requires a token");
    return;
  }
  bool bound = op >= OPERATOR_LT && op <= OPERATOR_GTE, dates = bound && has_format(filter->bound, "partial-date");
  bool identifier = filter->kinds != NULL && op != OPERATOR_ISNULL;
  struct operand meant[IDENTIFIERS_MEANT];
  size_t before = reading->operands, many = identifier ? read_identifier(call, pair->name, pair->value, meant) : 1;
  reading->operands += dates ? 3 : many;
  if (reading->operands > OPERANDS_MOST) {
    if (before <= OPERANDS_MOST) {
      faults_add(
          call->faults, PLACE_PARAMETER, pair->name, "too_many",
          "is one too many: filters take %d values; what compares with a partial date takes three of them, and an "
          "identifier one for each scheme that it may be of",
          OPERANDS_MOST);
    }
    return;
  }
  struct condition *condition = condition_of(reading, pair, filter, op);
  if (dates) {
    bound_date(call->memory, condition, pair->value);
  } else {
    struct operand *operands = (struct operand *)(uintptr_t)condition->operands + condition->count;
    if (identifier) {
      memcpy(operands, meant, many * sizeof *meant);
    } else {
      read_operand(call, filter, op, pair, operands);
    }
    condition->count += many;
  }
}

bool read_question(struct call *call, struct question *out) {
  const char *text = contract_parameter(call->operation, call->uri, "q");
  if (text == NULL) {
    return false;
  }
  switch (question_read(call->memory, text, out)) {
  case QUESTION_EMPTY:
    faults_add(call->faults, PLACE_PARAMETER, "q", "empty", "has nothing to search for: no letter and no digit");
    return false;
  case QUESTION_LONG:
    faults_add(call->faults, PLACE_PARAMETER, "q", "too_many",
               "has more than %d words, or %d words and pairs of characters", QUESTION_PHRASES, QUESTION_TOKENS);
    return false;
  default:
    return true;
  }
}

struct selection *read_selection(struct call *call) {
  size_t room = call->uri->pair_count + 1;
  char *today = memory_array(call->memory, char, DAY_SIZE);
  struct reading reading = {.call = call,
                            .selection = memory_new(call->memory, struct selection),
                            .conditions = memory_array(call->memory, struct condition, room),
                            .names = memory_array(call->memory, const char *, room)};
  const char *on =
      contract_takes_parameter(call->operation, "on") ? contract_parameter(call->operation, call->uri, "on") : NULL;
  if (on != NULL) {
    snprintf(today, DAY_SIZE, "%s", on);
  } else {
    day_print(clock_today(), today);
  }
  reading.selection->dated = on != NULL;
  reading.selection->resource = call->resource;
  reading.selection->conditions = reading.conditions;
  reading.selection->today = today;
  for (size_t i = 0; i < call->uri->pair_count; i++) {
    read_pair(&reading, &call->uri->pairs[i]);
  }
  struct question *question = memory_new(call->memory, struct question);
  if (read_question(call, question)) {
    reading.selection->search = search_new(call->memory, question);
  }
  return reading.selection;
}
