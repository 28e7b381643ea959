/* Which records of a resource are meant: conditions, all of which hold. Said once as SQL for lists, counts, statistics
 * and exports alike. */
#ifndef ENTENTE_STORE_SELECTION_H
#define ENTENTE_STORE_SELECTION_H

#include "contract/contract.h"
#include "store/db.h"
#include "store/search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* A value as it lies in a column; a reference is the pk of the record. */
struct operand {
  const char *text; /* or NULL: the number */
  int64_t number;
  const char *kind; /* of a filter with kinds: only values of this one; or NULL */
};

/* OPERATOR_IS, OPERATOR_NE and OPERATOR_UNDER have one operand or more; OPERATOR_ISNULL the number 0 or 1; the others
 * one. With OPERATOR_LTE may come two more, texts which the value is not (`2019-07` and `2019` end after 2019-07-15,
 * before which they are sorted). */
struct condition {
  const struct filter *filter;
  enum filter_operator op;
  const struct operand *operands;
  size_t count;
};

enum { OPERANDS_MOST = 100 }; /* of a selection's conditions, all together */

struct selection {
  const struct resource *resource;
  const struct condition *conditions;
  size_t count;
  const char *today;           /* YYYY-MM-DD: trees whose relations are dated are asked as of this day */
  bool dated;                  /* so are other items that hold for some days only */
  const struct search *search; /* what their text has to have; or NULL */
};

/* Whether it says what the value comes before or after. */
bool condition_bounds(const struct condition *condition);

/* Whether nothing is asked, so that every record is meant. */
bool selection_is_all(const struct selection *selection);

/* A statement under way, and what is bound to its parameters, from $FIRST_OPERAND on. Lower ones are the caller's. */
enum { P_SEARCH = 7, FIRST_OPERAND = P_SEARCH + 3 };
struct sql {
  struct text *text;
  const struct search *search; /* bound from $P_SEARCH on; or NULL */
  const struct operand *operands[OPERANDS_MOST + 1];
  size_t count;
  struct operand today;
  size_t today_at; /* the number of its parameter; 0: it has none yet */
};

/* Adds " AND …" for a condition on the record `t`. With `lead`, the engine may look it up in an index; otherwise it
 * only tests with it. */
void sql_add_condition(struct sql *sql, const struct selection *selection, const struct condition *condition,
                       bool lead);
/* The same, asked of the copy of the record's column that the item `d` has. */
void sql_add_on_copy(struct sql *sql, const struct selection *selection, const struct condition *condition, bool lead);
/* Adds what the column `alias`.column of the condition's filter has to be, for OPERATOR_IS and OPERATOR_UNDER;
 * `operand` is the only value meant, or NULL for any of them. */
void sql_add_match(struct sql *sql, const struct selection *selection, const struct condition *condition,
                   const char *alias, const struct operand *operand);
/* Adds " AND …": the item `alias` of the filter's table holds on the day that is asked for, where that matters. */
void sql_add_holding(struct sql *sql, const struct selection *selection, const struct filter *filter,
                     const char *alias);
/* Adds " AND …" for what the record `t` is searched for by, when there is that. */
void sql_add_search(struct sql *sql, const struct selection *selection, struct search_form form);
/* Adds (…), a statement: the pks of what stands below those that a OPERATOR_UNDER names, and with `themselves` those
 * too.
 */
void sql_add_below(struct sql *sql, const struct selection *selection, const struct condition *condition,
                   bool themselves);
/* Adds " AND …" for all conditions; the engine chooses. */
void sql_add_selection(struct sql *sql, const struct selection *selection);
void sql_bind(struct query *query, const struct sql *sql);

/* How many records there are; -1 after a failure. */
int64_t selection_count(struct db *db, const struct selection *selection);

#endif
