/* The handlers of /v1/changes: the feed as pages of JSON, as an event stream, and the ticket that opens it. */
#include "access/tickets.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/memory.h"
#include "changes/feed.h"
#include "records/change.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/media.h"
#include "request/services.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int64_t last_of_log(struct call *call) {
  struct query *query = db_named(call_db(call), "history-last");
  int64_t last = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  return last;
}

/* The log's name, owned by the call; "" when the database failed. */
static const char *name_of_log(struct call *call) {
  struct query *query = db_named(call_db(call), "log-name");
  const char *name = query_step(query) == STEP_ROW ? memory_copy(call->memory, query_text(query, 0)) : "";
  query_end(query);
  return name;
}

/* Where the caller's reading begins: after ?after=, at the end of the log for `now`; a stream goes on after
 * Last-Event-ID, when there is one. Once the database was put back from a backup what comes has other numbers than
 * those that were given out since then, so nobody who followed can go on: that is seen by the log's name, if the caller
 * says which one it followed, else only by a number that the log has not reached. */
static bool find_start(struct call *call, const char *log, bool stream, int64_t *after) {
  const char *id = stream ? call->request->last_event_id : NULL;
  bool resumes = id != NULL && id[0] != '\0';
  const char *asked = resumes ? id : contract_parameter(call->operation, call->uri, "after");
  int64_t last = last_of_log(call);
  const char *followed = contract_parameter(call->operation, call->uri, "log");
  *after = strcmp(asked, "now") == 0 ? last : strtoll(asked, NULL, 10);
  if (followed != NULL && strcmp(followed, log) != 0) {
    faults_add(call->faults, PLACE_PARAMETER, "log", "another",
               "the database was restored from a backup, and its log is now %s: start over", log);
  } else if (*after > last) {
    faults_add(call->faults, resumes ? PLACE_HEADER : PLACE_PARAMETER, resumes ? "Last-Event-ID" : "after", "unknown",
               "no change has this number yet: if the database was restored from a backup, start over");
  }
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
  }
  return call->faults->count == 0;
}

static void answer_events(struct call *call, const char *log, const char *resource) {
  int64_t after;
  if (!find_start(call, log, true, &after)) {
    return;
  }
  bool from_now = strcmp(contract_parameter(call->operation, call->uri, "after"), "now") == 0;
  const struct resource *only = resource == NULL ? NULL : contract_resource(call->services->contract, resource);
  call->reply.follower = follower_new(call->memory, call->services->feed, only, after, from_now);
  answer_bytes(call, 200, media_events, NULL, 0);
  answer_header(call, "X-Accel-Buffering", "no");
}

static void answer_changes(struct call *call, const char *log, const char *resource) {
  long limit = atol(contract_parameter(call->operation, call->uri, "limit"));
  int64_t after, last = 0;
  if (!find_start(call, log, false, &after)) {
    return;
  }
  struct query *query = db_named(call_db(call), "history-after");
  query_bind_int(query, 1, after);
  query_bind_text(query, 2, resource);
  query_bind_int(query, 3, limit + 1);
  json_t *items = json_array();
  bool more = false;
  for (long rows = 0; query_step(query) == STEP_ROW && !(more = rows == limit); rows++) {
    last = query_int(query, 0);
    json_array_append_new(items, history_item(query, 0));
  }
  query_end(query);
  json_t *next_page = !more ? json_null()
                            : json_sprintf("/v1/changes?after=%lld&limit=%ld%s%s&log=%s", (long long)last, limit,
                                           resource == NULL ? "" : "&resource=", resource == NULL ? "" : resource, log);
  answer_json(call, 200, json_pack("{s:o, s:o}", "items", items, "next", next_page));
  answer_tag_of_body(call);
}

void handle_changes(struct call *call) {
  const char *resource = contract_parameter(call->operation, call->uri, "resource"), *log = name_of_log(call);
  if (prefers(call->request->accept, media_events, "application/json")) {
    answer_events(call, log, resource);
  } else {
    answer_changes(call, log, resource);
  }
  answer_header(call, "Change-Log", log);
}

void handle_changes_ticket(struct call *call) {
  char ticket[TOKEN_SIZE], expires_at[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(clock_now_ms() + TICKET_SECONDS * INT64_C(1000), expires_at);
  if (!tickets_give(call->services->tickets, &call->principal, clock_monotonic_ns(), ticket)) {
    answer_problem(call, "too-many-streams", "there are too many unused tickets");
    return;
  }
  answer_json(call, 200, json_pack("{s:s, s:s}", "ticket", ticket, "expires_at", expires_at));
  sodium_memzero(ticket, sizeof ticket);
}
