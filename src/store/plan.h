/* Private to the store: along which index a page is walked. */
#ifndef ENTENTE_STORE_PLAN_H
#define ENTENTE_STORE_PLAN_H

#include "store/resource.h"
#include "store/selection.h"
#include "store/span.h"

enum lead {
  LEAD_ORDER,  /* the index of the order, every record of it tested */
  LEAD_EQUAL,  /* for each value that one condition names, an index that has it and then the order */
  LEAD_GATHER, /* all that one condition finds, put in order afterwards */
  LEAD_DAYS,   /* each day of a short span, looked up in the index of its column, among the records that come next */
  LEAD_NOTHING /* there is no such record */
};

enum { WALKS_MOST = 16 }; /* values of one condition, each of which is walked for */

struct index;

struct plan {
  enum lead lead;
  const struct condition *by; /* for LEAD_EQUAL and LEAD_GATHER; NULL: what is searched for */
  struct operand
      below[WALKS_MOST]; /* for LEAD_EQUAL by a OPERATOR_UNDER: all that lies below, and what that is below */
  size_t below_count;
  const struct condition *days_by; /* for LEAD_DAYS: it bounds the days; but the page is tested for it, too */
  char days[SPAN_SIZE];            /* what that column may have within what is asked of it: JSON */
  struct search_form form;         /* of what is searched for */
  const struct index *narrow; /* for LEAD_ORDER by the pk: an index that has the pk and then what is tested; or NULL */
};

struct plan plan_page(struct db *db, const struct page_request *request);

/* Whether the condition is what the plan goes by, or asks something of the same column of the record as that. */
bool plan_goes_by(const struct plan *plan, const struct condition *condition);

/* What is asked of the sort column itself, which the walk along it can begin and end with. */
bool plan_bounds_order(const struct page_request *request, const struct condition *condition);

#endif
