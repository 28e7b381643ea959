/* A feed is the list of agreements with the query of its token, told as a calendar: the call is turned to that list
 * while it is answered, so that a feed can show nothing that the list does not.
 *
 * The events of an agreement follow from members that everybody sees who sees it at all, so its document is what they
 * are made of, as every other format is. Its owner, notes and signatories are nobody's calendar's concern. */
#include "api/calendar.h"

#include "api/call.h"
#include "api/lists.h"
#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/calendar.h"
#include "store/selection.h"

#include <string.h>

enum { PARTIES_TOLD = 20 };

/* -- events -------------------------------------------------------------------------------------------------------- */

static const char *text_in(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static day day_in(const json_t *object, const char *member) {
  const char *text = text_in(object, member);
  day value = DAY_NONE;
  return text != NULL && day_read(text, &value) ? value : DAY_NONE;
}

static void add_parties(struct text *out, const json_t *parties) {
  size_t count = json_array_size(parties), told = count < PARTIES_TOLD ? count : PARTIES_TOLD;
  for (size_t i = 0; i < told; i++) {
    const char *name = text_in(json_object_get(json_array_get(parties, i), "organization"), "name");
    text_addf(out, "%s%s", i == 0 ? "Parties: " : "; ", name == NULL ? "?" : name);
  }
  if (count > told) {
    text_addf(out, "; and %zu more", count - told);
  }
  text_add(out, count == 0 ? "" : "\n");
}

/* Who, how it stands, and where to read on: the address is this server's, whatever name it goes by. */
static const char *describe(const void *memory, const json_t *agreement) {
  struct text *out = text_new(memory);
  const json_t *period = json_object_get(agreement, "period");
  const char *notice = text_in(agreement, "notice_on"),
             *renewal = text_in(json_object_get(agreement, "renewal"), "kind");
  add_parties(out, json_object_get(agreement, "parties"));
  text_addf(out, "Status: %s\nPeriod: %s to %s\n", text_in(agreement, "status"), text_in(period, "starts_on"),
            text_in(period, "ends_on"));
  if (renewal != NULL) {
    text_addf(out, "Renewal: %s\n", renewal);
  }
  if (notice != NULL) {
    text_addf(out, "Last day of notice: %s, for the end on %s\n", notice, text_in(agreement, "notice_for"));
  }
  text_addf(out, "/v1/agreements/%s", text_in(agreement, "slug"));
  return out->data;
}

bool calendar_add_document(struct text *out, const struct blob *document) {
  json_t *agreement = json_loadb(document->data, document->size, 0, NULL);
  const json_t *period = json_object_get(agreement, "period");
  struct calendar_agreement told = {
      .id = text_in(agreement, "id"),
      .title = text_in(agreement, "title"),
      .starts_on = day_in(period, "starts_on"),
      .ends_on = day_in(period, "ends_on"),
      .notice_on = day_in(agreement, "notice_on"),
      .revision = json_integer_value(json_object_get(agreement, "revision")),
      .created_at = text_in(agreement, "created_at"),
      .updated_at = text_in(agreement, "updated_at"),
  };
  bool fine = told.id != NULL && told.title != NULL && told.created_at != NULL && told.updated_at != NULL;
  if (fine && told.ends_on != DAY_NONE) {
    void *memory = talloc_new(NULL);
    told.details = describe(memory, agreement);
    calendar_add(out, &told);
    talloc_free(memory);
  }
  json_decref(agreement);
  return fine;
}

/* -- the list ------------------------------------------------------------------------------------------------------ */

void calendar_narrow(struct call *call, struct page_request *page) {
  static const struct operand last = {.text = calendar_last};
  struct selection *narrow = memory_new(call->memory, struct selection);
  struct condition *conditions = memory_array(call->memory, struct condition, page->selection->count + 1);
  *narrow = *page->selection;
  for (size_t i = 0; i < narrow->count; i++) {
    conditions[i] = narrow->conditions[i];
  }
  const struct resource *resource = narrow->resource;
  for (size_t i = 0; i < resource->filter_count; i++) {
    if (strcmp(resource->filters[i].name, "period_ends_on") == 0) {
      conditions[narrow->count++] = (struct condition){&resource->filters[i], TEST_LTE, &last, 1};
    }
  }
  narrow->conditions = conditions;
  page->selection = narrow;
}

const char *calendar_name(const struct call *call) {
  return call->principal.role == ROLE_FEED ? call->principal.name : "Agreements";
}

/* -- feeds --------------------------------------------------------------------------------------------------------- */

/* What of a call says what is asked, while it is asked for something else. */
struct asked {
  const struct operation *operation;
  const struct resource *resource;
  struct uri *uri;
  struct sight *sight;
  struct faults *faults;
};

static struct asked take_asked(const struct call *call) {
  return (struct asked){call->operation, call->resource, call->uri, call->sight, call->faults};
}

static void put_asked(struct call *call, const struct asked *asked) {
  call->operation = asked->operation;
  call->resource = asked->resource;
  call->uri = asked->uri;
  call->sight = asked->sight;
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
  contract_route(api_contract(call->api), "GET", uri, &route);
  call->operation = route.operation;
  call->resource = route.operation->resource;
  call->uri = uri;
  call->faults = faults_new(call->memory);
  contract_check_query(call->operation, call->uri, call->faults);
  return true;
}

void calendar_check_query(struct call *call, const char *query) {
  struct sight whole = {.open = false};
  struct asked asked = take_asked(call);
  const char *why = NULL;
  if (!ask_for_list(call, query, &why)) {
    faults_add(call->faults, PLACE_BODY, "/query", "format", "cannot be read as a query string: %s", why);
    return;
  }
  call->sight = &whole;
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
