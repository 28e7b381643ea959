/* A page costs what has to be looked at to find its records. There are four ways: along the order, testing each
 * record, which is quick when many records fit; along an index that has a value and then the order, which is quick for
 * that one condition whatever fits it; gathering all that fit the rarest condition, which is quick when they are few;
 * and, for a short span of days, looking for each day among the records that come next. How many are few is counted on
 * the index, up to a bound; between conditions that many records fit, one that has few values for all (an enumeration)
 * is thought to narrow less. Which indexes there are is read from the database, so that a new one needs a migration and
 * nothing else. */
#include "store/plan.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/engine.h"
#include "store/public_views.h"
#include "store/search.h"
#include "store/shape.h"

#include <stdio.h>
#include <string.h>

enum { FEW = 1000 }; /* records that are gathered and put in order in about the time of a page */

/* What is searched for is listed sooner than looked up in each record when it is less than this. Names lie in an index,
 * while words have to be found in all their rows. */
static const struct search_count listed = {.words = 3000, .names = 10000};

bool plan_bounds_order(const struct page_request *request, const struct condition *condition) {
  return request->sort != NULL && condition->filter->table == NULL && condition->filter->column != NULL &&
         strcmp(condition->filter->column, request->sort->column) == 0;
}

/* Whether both ask something of one column of the record. */
static bool of_one_column(const struct condition *a, const struct condition *b) {
  return a->filter == b->filter && a->filter->table == NULL && a->filter->column != NULL;
}

bool plan_goes_by(const struct plan *plan, const struct condition *condition) {
  return condition == plan->by || (plan->lead == LEAD_GATHER && plan->by != NULL && of_one_column(condition, plan->by));
}

/* Whether the condition names values, after each of which an index goes on with the order. */
static bool leads(const struct shapes *shapes, const struct page_request *request, const struct condition *condition) {
  const struct filter *filter = condition->filter;
  const char *order = request->sort == NULL ? NULL : request->sort->column;
  if (condition->op == OPERATOR_ISNULL && filter->table == NULL && condition->operands[0].number != 0) {
    return shapes_indexed(shapes, request->selection->resource->table, filter->column, order, NULL);
  }
  bool names = condition->op == OPERATOR_IS || (condition->op == OPERATOR_UNDER && filter->column != NULL);
  if (!names || filter->kind_column != NULL || condition->count > WALKS_MOST) {
    return false;
  }
  if (filter->table == NULL) {
    return shapes_indexed(shapes, request->selection->resource->table, filter->column, order, NULL);
  }
  char copy[160];
  snprintf(copy, sizeof copy, "owner_%s", order == NULL ? "" : order);
  return order == NULL ? shapes_indexed(shapes, filter->table, filter->column, "owner", NULL)
                       : shapes_indexed(shapes, filter->table, filter->column, copy, "owner");
}

/* Reads what a OPERATOR_UNDER stands for; false when that is too much to walk for each. */
static bool read_below(struct db *db, const struct selection *selection, struct plan *plan) {
  struct sql sql = {.text = text_new(NULL)};
  text_add(sql.text, "SELECT pk FROM ");
  sql_add_below(&sql, selection, plan->by, true);
  text_addf(sql.text, " LIMIT %d", WALKS_MOST + 1);
  struct query *query = db_query(db, sql.text->data);
  sql_bind(query, &sql);
  size_t count = 0;
  for (; query_step(query) == STEP_ROW; count++) {
    if (count < WALKS_MOST) {
      plan->below[count] = (struct operand){.number = query_int(query, 0)};
    }
  }
  query_end(query);
  talloc_free(sql.text);
  plan->below_count = count;
  return count <= WALKS_MOST;
}

/* Whether what fits the condition can be gathered without looking at everything. */
static bool gathers(const struct shapes *shapes, const struct selection *selection, const struct condition *condition) {
  const struct filter *filter = condition->filter;
  bool positive = condition->op == OPERATOR_IS || condition->op == OPERATOR_UNDER;
  if (filter->column == NULL) {
    return true;
  }
  if (filter->table != NULL) {
    return positive && shapes_indexed(shapes, filter->table, filter->column, NULL, NULL);
  }
  bool bounded = condition->op != OPERATOR_NE && condition->op != OPERATOR_ISNULL;
  return bounded && shapes_indexed(shapes, selection->resource->table, filter->column, NULL, NULL);
}

/* Whether it was counted with one before it. */
static bool counted(const struct shapes *shapes, const struct selection *selection, size_t i) {
  const struct condition *conditions = selection->conditions;
  size_t j = 0;
  while (j < i && !(of_one_column(&conditions[j], &conditions[i]) && gathers(shapes, selection, &conditions[j]))) {
    j++;
  }
  return j < i;
}

/* How many fit, FEW at most; of a column of the record, all that is asked of it (from one day to another). */
static int64_t count_few(struct db *db, const struct selection *selection, const struct condition *condition) {
  struct sql sql = {.text = text_new(NULL)};
  const struct filter *filter = condition->filter;
  if (filter->table != NULL) {
    text_addf(sql.text, "SELECT count(*) FROM (SELECT 1 FROM \"%s\" i WHERE ", filter->table);
    sql_add_match(&sql, selection, condition, "i", NULL);
  } else {
    const char *table = public_views_table(db, selection->resource);
    text_addf(sql.text, "SELECT count(*) FROM (SELECT 1 FROM \"%s\" t WHERE true", table);
    for (size_t i = 0; i < selection->count; i++) {
      if (&selection->conditions[i] == condition || of_one_column(&selection->conditions[i], condition)) {
        sql_add_condition(&sql, selection, &selection->conditions[i], true);
      }
    }
  }
  text_addf(sql.text, " LIMIT %d)", FEW);
  struct query *query = db_query(db, sql.text->data);
  sql_bind(query, &sql);
  int64_t count = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  talloc_free(sql.text);
  return count;
}

/* The less a condition is likely to narrow, the more. */
static int breadth(const struct condition *condition) {
  const struct filter *filter = condition->filter;
  bool enumerated = filter->schema->values != NULL || (filter->schema->kinds & KIND_BOOLEAN) != 0;
  return condition->op == OPERATOR_ISNULL ? 2 : enumerated ? 1 : 0;
}

/* An index in which the walk along the pks finds what it tests; NULL when there is none, or only views are to be seen.
 */
static const struct index *find_narrow(struct db *db, const struct selection *selection) {
  const struct index *index = NULL;
  for (size_t i = 0; engine_views(db) == NULL && index == NULL && i < selection->count; i++) {
    const struct filter *filter = selection->conditions[i].filter;
    if (filter->table == NULL && filter->column != NULL) {
      index = shapes_narrow(engine_shapes(db), selection->resource->table, filter->column);
    }
  }
  return index;
}

/* Whether the way that the plan goes so far passes records that do not fit, and many of them. */
static bool is_broad(const struct plan *plan) {
  return plan->lead == LEAD_ORDER || (plan->lead == LEAD_EQUAL && breadth(plan->by) > 0);
}

/* Whether a page without an order can go by a short span of days; then `plan` has it. */
static bool find_days(struct db *db, const struct page_request *request, struct plan *plan) {
  const struct selection *selection = request->selection;
  if (request->sort != NULL || request->descending || selection->search != NULL || engine_views(db) != NULL) {
    return false;
  }
  for (size_t i = 0; i < selection->count; i++) {
    const struct condition *condition = &selection->conditions[i];
    const struct filter *filter = condition->filter;
    if (condition_bounds(condition) && filter->table == NULL && gathers(engine_shapes(db), selection, condition) &&
        shapes_narrow(engine_shapes(db), selection->resource->table, filter->column) != NULL &&
        span_read(db, selection, condition, plan->days)) {
      plan->days_by = condition;
      return true;
    }
  }
  return false;
}

/* Lets the plan go by a condition that names values, if there is one. How many others there are, but for bounds of what
 * orders the page. */
static size_t find_equal(struct db *db, const struct page_request *request, struct plan *plan) {
  const struct selection *selection = request->selection;
  size_t others = 0;
  for (size_t i = 0; i < selection->count; i++) {
    const struct condition *condition = &selection->conditions[i];
    struct plan equal = {.lead = LEAD_EQUAL, .by = condition};
    if (leads(engine_shapes(db), request, condition) && (plan->by == NULL || breadth(condition) < breadth(plan->by)) &&
        (condition->op != OPERATOR_UNDER || read_below(db, selection, &equal))) {
      others += plan->by != NULL;
      *plan = equal;
    } else {
      others += !plan_bounds_order(request, condition);
    }
  }
  return others;
}

/* Lets the plan gather what is searched for when that is few. How many that are, FEW at most. */
static int64_t find_searched(struct db *db, const struct selection *selection, struct plan *plan,
                             struct search_form *form) {
  struct search_count found = search_count(db, selection->resource, selection->search, listed);
  *form = (struct search_form){.each_word = found.words == listed.words, .each_name = found.names == listed.names};
  if (found.words + found.names >= FEW) {
    return FEW;
  }
  *plan = (struct plan){.lead = found.words + found.names == 0 ? LEAD_NOTHING : LEAD_GATHER};
  return found.words + found.names;
}

/* Lets the plan gather what the rarest condition finds when that is fewer than `fewest`. The days of a short span need
 * no count. */
static void find_few(struct db *db, const struct selection *selection, const struct condition *days, int64_t fewest,
                     struct plan *plan) {
  const struct shapes *shapes = engine_shapes(db);
  for (size_t i = 0; i < selection->count; i++) {
    const struct condition *condition = &selection->conditions[i];
    bool may = gathers(shapes, selection, condition) && !counted(shapes, selection, i) &&
               !(days != NULL && of_one_column(condition, days));
    int64_t count = may ? count_few(db, selection, condition) : FEW;
    if (count < fewest) {
      fewest = count;
      *plan = (struct plan){.lead = count == 0 ? LEAD_NOTHING : LEAD_GATHER, .by = condition};
    }
  }
}

struct plan plan_page(struct db *db, const struct page_request *request) {
  const struct selection *selection = request->selection;
  struct plan plan = {.lead = LEAD_ORDER}, days = {.lead = LEAD_DAYS};
  struct search_form form = {0};
  size_t others = find_equal(db, request, &plan);
  bool by_days = is_broad(&plan) && find_days(db, request, &days);
  int64_t fewest = selection->search == NULL ? FEW : find_searched(db, selection, &plan, &form);
  if (others > 0 || selection->search != NULL) {
    find_few(db, selection, days.days_by, fewest, &plan);
  }
  if (plan.lead == LEAD_NOTHING && db_failure(db) != DB_OK) {
    plan.lead = LEAD_ORDER; /* who counted nothing because they failed will fail once more, and say so */
  }
  if (by_days && is_broad(&plan)) {
    plan = days;
  } else if (plan.lead == LEAD_ORDER && request->sort == NULL) {
    plan.narrow = find_narrow(db, selection);
  }
  plan.form = form;
  plan.form.leads = plan.lead == LEAD_GATHER && plan.by == NULL;
  return plan;
}
