/* How an agreement stands on a day, with the rule that decided it: /v1/agreements/{key}/status. */
#include "api/handlers.h"
#include "api/history.h"
#include "base/clock.h"
#include "base/memory.h"
#include "records/agreements.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"

void handle_agreement_status(struct call *call) {
  struct change change = {.db = call_db(call),
                          .memory = call->memory,
                          .contract = call->services->contract,
                          .resource = call->resource,
                          .faults = call->faults};
  struct target target;
  if (!change_load(&change, call->route.values[0], &target)) {
    answer_no_record(call);
    return;
  }
  day on = clock_today();
  const char *asked = contract_parameter(call->operation, call->uri, "on");
  if (asked != NULL) {
    day_read(asked, &on);
  }
  struct terms terms;
  struct standing standing;
  agreement_terms(call->memory, target.row, agreement_superseded_on(call->db, target.pk, false), &terms);
  standing_on(&terms, on, &standing);
  json_t *row = json_object(), *answer = json_object();
  agreement_set_standing(row, &standing);
  json_object_set_new(answer, "on", day_json(on));
  json_object_set(answer, "status", json_object_get(row, "status"));
  json_object_set_new(answer, "rule", json_string(standing.rule));
  static const char *const members[] = {"flags", "missing", "period", "notice_on", "notice_for", "next_change"};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    json_object_set(answer, members[i], json_object_get(row, members[i]));
  }
  json_decref(row);
  answer_json(call, 200, answer);
  answer_tag_of_body(call); /* it depends on the day and on other agreements too, so no stamp stands for it */
}
