/* A condition on a column of the record is a term of the statement; one on items asks whether there is a row of their
 * table that belongs to the record. What is below a record is found by walking down its tree within the statement.
 * Names come from the contract, values are parameters. A column behind a `+` is tested, never looked up: that is how a
 * statement is told which index to walk. */
#include "store/selection.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/public_views.h"
#include "store/search.h"

#include <string.h>

bool condition_bounds(const struct condition *condition) {
  return condition->op >= OPERATOR_LT && condition->op <= OPERATOR_GTE;
}

bool selection_is_all(const struct selection *selection) {
  return selection->count == 0 && selection->search == NULL;
}

static void add_operand(struct sql *sql, const struct operand *operand) {
  text_addf(sql->text, "$%zu", FIRST_OPERAND + sql->count);
  sql->operands[sql->count++] = operand;
}

static void add_operands(struct sql *sql, const struct operand *operands, size_t count) {
  text_add(sql->text, count == 1 ? " = " : " IN (");
  for (size_t i = 0; i < count; i++) {
    text_add(sql->text, i == 0 ? "" : ", ");
    add_operand(sql, &operands[i]);
  }
  text_add(sql->text, count == 1 ? "" : ")");
}

/* -- trees --------------------------------------------------------------------------------------------------------- */

/* Adds that the item holds on the day. A partial date is a text that begins like all days of its interval. */
static void add_holding(struct sql *sql, const struct selection *selection, const char *alias) {
  if (sql->today_at == 0) {
    sql->today = (struct operand){.text = selection->today};
    sql->today_at = FIRST_OPERAND + sql->count;
    sql->operands[sql->count++] = &sql->today;
  }
  size_t on = sql->today_at;
  text_addf(sql->text,
            " AND (%s.since IS NULL OR %s.since <= $%zu)"
            " AND (%s.until IS NULL OR %s.until >= $%zu OR %s.until = substr($%zu, 1, length(%s.until)))",
            alias, alias, on, alias, alias, on, alias, on, alias);
}

void sql_add_holding(struct sql *sql, const struct selection *selection, const struct filter *filter,
                     const char *alias) {
  if (filter->dated && selection->dated) {
    add_holding(sql, selection, alias);
  }
}

/* The links of the tree `r` that hold. */
static void add_link(struct sql *sql, const struct selection *selection, const struct tree *tree) {
  if (tree->type != NULL) {
    text_addf(sql->text, " AND r.type = '%s'", tree->type);
  }
  if (tree->dated) {
    add_holding(sql, selection, "r");
  }
}

void sql_add_below(struct sql *sql, const struct selection *selection, const struct condition *condition,
                   bool themselves) {
  const struct tree *tree = condition->filter->tree;
  const char *below = tree->table == NULL ? "pk" : "owner";
  const char *table = tree->table == NULL ? tree->resource->table : tree->table;
  text_add(sql->text, "(WITH RECURSIVE b (pk) AS (");
  if (themselves) {
    for (size_t i = 0; i < condition->count; i++) {
      text_add(sql->text, i == 0 ? "VALUES (" : ", (");
      add_operand(sql, &condition->operands[i]);
      text_add(sql->text, ")");
    }
  } else {
    text_addf(sql->text, "SELECT r.%s FROM \"%s\" r WHERE r.\"%s\"", below, table, tree->column);
    add_operands(sql, condition->operands, condition->count);
    add_link(sql, selection, tree);
  }
  text_addf(sql->text, " UNION SELECT r.%s FROM b CROSS JOIN \"%s\" r ON r.\"%s\" = b.pk WHERE true", below, table,
            tree->column);
  add_link(sql, selection, tree);
  text_add(sql->text, ") SELECT pk FROM b)");
}

/* -- conditions ---------------------------------------------------------------------------------------------------- */

static void add_kinds(struct sql *sql, const struct filter *filter, const char *alias, const struct operand *operands,
                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    text_addf(sql->text, "%s%s.\"%s\" = ", i == 0 ? "(" : " OR ", alias, filter->column);
    add_operand(sql, &operands[i]);
    if (operands[i].kind != NULL) {
      text_addf(sql->text, " AND %s.\"%s\" = '%s'", alias, filter->kind_column, operands[i].kind);
    }
  }
  text_add(sql->text, ")");
}

void sql_add_match(struct sql *sql, const struct selection *selection, const struct condition *condition,
                   const char *alias, const struct operand *operand) {
  const struct filter *filter = condition->filter;
  const struct operand *operands = operand == NULL ? condition->operands : operand;
  size_t count = operand == NULL ? condition->count : 1;
  if (filter->kind_column != NULL) {
    add_kinds(sql, filter, alias, operands, count);
  } else {
    text_addf(sql->text, "%s.\"%s\"", alias, filter->column);
    if (condition->op == OPERATOR_UNDER && operand == NULL) {
      text_add(sql->text, " IN ");
      sql_add_below(sql, selection, condition, true);
    } else {
      add_operands(sql, operands, count);
    }
  }
  sql_add_holding(sql, selection, filter, alias);
}

static void add_on_items(struct sql *sql, const struct selection *selection, const struct condition *condition) {
  const struct filter *filter = condition->filter;
  bool none = condition->op == OPERATOR_NE || (condition->op == OPERATOR_ISNULL && condition->operands[0].number != 0);
  text_addf(sql->text, " AND %sEXISTS (SELECT 1 FROM \"%s\" i WHERE i.owner = t.pk AND ", none ? "NOT " : "",
            filter->table);
  if (condition->op == OPERATOR_ISNULL) {
    text_addf(sql->text, "i.\"%s\" IS NOT NULL", filter->column);
    sql_add_holding(sql, selection, filter, "i");
  } else {
    sql_add_match(sql, selection, condition, "i", NULL);
  }
  text_add(sql->text, ")");
}

static void add_on_column(struct sql *sql, const struct selection *selection, const struct condition *condition,
                          const char *column) {
  static const char *const signs[OPERATOR_COUNT] = {
      [OPERATOR_LT] = "<", [OPERATOR_LTE] = "<=", [OPERATOR_GT] = ">", [OPERATOR_GTE] = ">="};
  const struct operand *operands = condition->operands;
  text_add(sql->text, " AND ");
  switch (condition->op) {
  case OPERATOR_IS:
    text_add(sql->text, column);
    add_operands(sql, operands, condition->count);
    break;
  case OPERATOR_NE:
    text_addf(sql->text, "coalesce(NOT %s", column);
    add_operands(sql, operands, condition->count);
    text_add(sql->text, ", true)");
    break;
  case OPERATOR_ISNULL:
    text_addf(sql->text, "%s IS %sNULL", column, operands[0].number != 0 ? "" : "NOT ");
    break;
  case OPERATOR_UNDER:
    text_addf(sql->text, "%s IN ", column);
    sql_add_below(sql, selection, condition, true);
    break;
  default:
    text_addf(sql->text, "%s %s ", column, signs[condition->op]);
    add_operand(sql, &operands[0]);
    if (condition->count == 3) {
      text_addf(sql->text, " AND +%s NOT IN (", column);
      add_operand(sql, &operands[1]);
      text_add(sql->text, ", ");
      add_operand(sql, &operands[2]);
      text_add(sql->text, ")");
    }
  }
}

void sql_add_condition(struct sql *sql, const struct selection *selection, const struct condition *condition,
                       bool lead) {
  const struct filter *filter = condition->filter;
  if (filter->column == NULL) {
    text_addf(sql->text, " AND %st.pk IN ", lead ? "" : "+");
    sql_add_below(sql, selection, condition, false);
  } else if (filter->table != NULL && lead) {
    text_addf(sql->text, " AND t.pk IN (SELECT i.owner FROM \"%s\" i WHERE ", filter->table);
    sql_add_match(sql, selection, condition, "i", NULL);
    text_add(sql->text, ")");
  } else if (filter->table != NULL) {
    add_on_items(sql, selection, condition);
  } else {
    char *column = memory_print(sql->text, "%st.\"%s\"", lead ? "" : "+", filter->column);
    add_on_column(sql, selection, condition, column);
  }
}

void sql_add_on_copy(struct sql *sql, const struct selection *selection, const struct condition *condition, bool lead) {
  char *column = memory_print(sql->text, "%sd.\"owner_%s\"", lead ? "" : "+", condition->filter->column);
  add_on_column(sql, selection, condition, column);
}

void sql_add_search(struct sql *sql, const struct selection *selection, struct search_form form) {
  if (selection->search != NULL) {
    sql->search = selection->search;
    search_add_condition(sql->text, selection->resource, P_SEARCH, form);
  }
}

void sql_add_selection(struct sql *sql, const struct selection *selection) {
  sql_add_search(sql, selection, (struct search_form){.leads = true});
  for (size_t i = 0; i < selection->count; i++) {
    const struct condition *condition = &selection->conditions[i];
    bool any = condition->op == OPERATOR_IS || condition->op == OPERATOR_UNDER;
    sql_add_condition(sql, selection, condition, condition->filter->table == NULL || any);
  }
}

void sql_bind(struct query *query, const struct sql *sql) {
  if (sql->search != NULL) {
    search_bind(query, P_SEARCH, sql->search);
  }
  for (size_t i = 0; i < sql->count; i++) {
    int n = FIRST_OPERAND + (int)i;
    if (sql->operands[i]->text != NULL) {
      query_bind_text(query, n, sql->operands[i]->text);
    } else {
      query_bind_int(query, n, sql->operands[i]->number);
    }
  }
}

int64_t selection_count(struct db *db, const struct selection *selection) {
  struct sql sql = {.text = text_new(NULL)};
  const char *table = public_views_table(db, selection->resource);
  text_addf(sql.text, "SELECT count(*) FROM (SELECT 1 FROM \"%s\" t WHERE true", table);
  sql_add_selection(&sql, selection);
  text_add(sql.text, ")");
  struct query *query = db_query(db, sql.text->data);
  sql_bind(query, &sql);
  int64_t count = query_step(query) == STEP_ROW ? query_int(query, 0) : -1;
  query_end(query);
  talloc_free(sql.text);
  return count;
}
