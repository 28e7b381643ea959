/* Days are partial dates, which are in order as texts: a year or a month comes before its days. Between two of them are
 * days, and the months and years that begin on the way. Which there could be is known without asking for those that
 * there are, so only the first and the last that fit are looked up. */
#include "store/span.h"

#include "base/memory.h"
#include "base/text.h"
#include "domain/partial_date.h"

#include <stdio.h>
#include <string.h>

/* -- writing ------------------------------------------------------------------------------------------------------- */

/* Adds the first `length` bytes of a day's text. */
static void add(char out[SPAN_SIZE], const char *text, int length) {
  size_t size = strlen(out);
  snprintf(out + size, SPAN_SIZE - size, "%s\"%.*s\"", size == 1 ? "" : ",", length, text);
}

bool span_write(const char *low, const char *high, char out[SPAN_SIZE]) {
  struct partial_date from, to;
  if (!partial_date_read(low, strlen(low), &from) || !partial_date_read(high, strlen(high), &to) ||
      to.first - from.first >= SPAN_MOST) {
    return false;
  }
  snprintf(out, SPAN_SIZE, "[");
  for (day each = from.first; each <= to.first; each++) {
    char text[DAY_SIZE];
    day_print(each, text);
    if (each == from.first || strcmp(text + 4, "-01-01") == 0) {
      add(out, text, 4);
    }
    if (each == from.first || strcmp(text + 7, "-01") == 0) {
      add(out, text, 7);
    }
    add(out, text, 10);
  }
  size_t size = strlen(out);
  snprintf(out + size, SPAN_SIZE - size, "]");
  return true;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* Adds the condition's column of the records that lie within its bounds. */
static void add_bounded(struct sql *sql, const struct selection *selection, const struct condition *condition) {
  const struct filter *filter = condition->filter;
  text_addf(sql->text, "(t.\"%s\") FROM \"%s\" t WHERE true", filter->column, selection->resource->table);
  for (size_t i = 0; i < selection->count; i++) {
    if (selection->conditions[i].filter == filter && condition_bounds(&selection->conditions[i])) {
      sql_add_condition(sql, selection, &selection->conditions[i], true);
    }
  }
}

bool span_read(struct db *db, const struct selection *selection, const struct condition *condition,
               char out[SPAN_SIZE]) {
  struct sql sql = {.text = text_new(NULL)};
  text_add(sql.text, "SELECT (SELECT min");
  add_bounded(&sql, selection, condition);
  text_add(sql.text, "), (SELECT max");
  add_bounded(&sql, selection, condition);
  text_add(sql.text, ")");
  struct query *query = db_query(db, sql.text->data);
  sql_bind(query, &sql);
  bool is_short = query_step(query) == STEP_ROW && !query_null(query, 0) &&
                  span_write(query_text(query, 0), query_text(query, 1), out);
  query_end(query);
  talloc_free(sql.text);
  return is_short;
}
