/* A feed is the list of agreements with the query of its token, told as a calendar: the call is turned to that list
 * while it is answered, so that a feed can show nothing that the list does not. */
#include "api/feeds.h"

#include "api/handlers.h"
#include "api/lists.h"
#include "base/memory.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/services.h"

#include <string.h>

/* What of a call says what is asked, while it is asked for something else. */
struct asked {
  const struct operation *operation;
  const struct resource *resource;
  struct uri *uri;
  struct visibility *visibility;
  struct faults *faults;
};

static struct asked take_asked(const struct call *call) {
  return (struct asked){call->operation, call->resource, call->uri, call->visibility, call->faults};
}

static void put_asked(struct call *call, const struct asked *asked) {
  call->operation = asked->operation;
  call->resource = asked->resource;
  call->uri = asked->uri;
  call->visibility = asked->visibility;
  call->faults = asked->faults;
}

/* Turns the call to the list of agreements with that query, checked against the contract; its faults are new ones.
 * False when it is no query at all, with the reason. */
static bool ask_for_list(struct call *call, const char *query, const char **why) {
  struct route route;
  struct uri *uri = uri_read(call->memory, memory_print(call->memory, "/v1/agreements?%s", query), why);
  if (uri == NULL) {
    return false;
  }
  contract_route(call->services->contract, "GET", uri, &route);
  call->operation = route.operation;
  call->resource = route.operation->resource;
  call->uri = uri;
  call->faults = faults_new(call->memory);
  contract_check_query(call->operation, call->uri, call->faults);
  return true;
}

void feed_check_query(struct call *call, const char *query) {
  struct visibility whole = {.open = false};
  struct asked asked = take_asked(call);
  const char *why = NULL;
  if (!ask_for_list(call, query, &why)) {
    faults_add(call->faults, PLACE_BODY, "/query", "format", "cannot be read as a query string: %s", why);
    return;
  }
  call->visibility = &whole;
  check_calendar(call);
  const char *format = contract_parameter(call->operation, call->uri, "format");
  if (format != NULL && strcmp(format, "ics") != 0) {
    faults_add(call->faults, PLACE_PARAMETER, "format", "contradiction", "is `ics` for a feed, or not given");
  }
  const struct faults *found = call->faults;
  put_asked(call, &asked);
  for (size_t i = 0; i < found->count; i++) {
    faults_add(call->faults, PLACE_BODY, "/query", found->list[i].code, "`%s` %s", found->list[i].where,
               found->list[i].message);
  }
}

/* The query of the token that the address carries; owned by the call. NULL when the database failed. */
static const char *read_query(struct call *call) {
  const char *text = NULL;
  struct query *query = db_named(call_db(call), "token-query");
  query_bind_text(query, 1, call->principal.id);
  if (query_step(query) == STEP_ROW && !query_null(query, 0)) {
    text = memory_copy(call->memory, query_text(query, 0));
  }
  query_end(query);
  return text;
}

/* What was taken when the token was made may be no query any more: a record that it names may be gone. */
void handle_calendar(struct call *call) {
  struct asked asked = take_asked(call);
  const char *why = NULL, *query = read_query(call);
  answer_header(call, "Referrer-Policy", "no-referrer"); /* the address is a secret */
  if (query == NULL || !ask_for_list(call, query, &why)) {
    answer_problem(call, "internal-error", NULL);
    return;
  }
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
  } else {
    answer_calendar(call);
  }
  put_asked(call, &asked);
}
