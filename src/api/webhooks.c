/* Managing webhooks: what is told to whom. A webhook is changed as a record is, by a merge patch that is checked once
 * it is merged, but it is none: it has no history, and its secret leaves the database only when it is made. Sending is
 * the outbox's work, which sees what is written here with the commit. */
#include "api/handlers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "changes/event.h"
#include "contract/json.h"
#include "contract/patch.h"
#include "domain/webhook.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t overlap_ms = 24LL * 60 * 60 * 1000; /* in which the secret before signs too */

/* -- as JSON ------------------------------------------------------------------------------------------------------- */

static void set_text(json_t *object, const char *name, struct query *query, int column) {
  json_object_set_new(object, name, query_null(query, column) ? json_null() : json_string(query_text(query, column)));
}

static void set_json(json_t *object, const char *name, struct query *query, int column) {
  json_object_set_new(object, name, memory_checked(json_loads(query_text(query, column), 0, NULL)));
}

/* A row of webhook-get or webhook-list. */
static json_t *webhook_json(struct query *query) {
  static const char *const before[] = {"id", "url", "description"};
  static const char *const after[] = {"disabled_reason", "failing_since", "last_delivered_at", "created_at",
                                      "updated_at"};
  json_t *webhook = memory_checked(json_object());
  for (int i = 0; i < 3; i++) {
    set_text(webhook, before[i], query, i);
  }
  set_json(webhook, "resources", query, 8);
  set_json(webhook, "operations", query, 9);
  json_object_set_new(webhook, "enabled", json_boolean(query_int(query, 10) != 0));
  for (int i = 0; i < 5; i++) {
    set_text(webhook, after[i], query, 3 + i);
  }
  return webhook;
}

/* Of a webhook as webhook_json has it. */
static void webhook_tag(json_t *webhook, char out[48]) {
  static const char *const moving[] = {"failing_since", "last_delivered_at", NULL};
  tag_of_json(webhook, moving, out);
}

/* The webhook of that id, owned by the call; NULL when there is none. */
static json_t *read_webhook(struct call *call, const char *id) {
  json_t *webhook = NULL;
  struct query *query = db_named(call_db(call), "webhook-get");
  query_bind_text(query, 1, id);
  if (query_step(query) == STEP_ROW) {
    webhook = owned_json(call->memory, webhook_json(query));
  }
  query_end(query);
  return webhook;
}

/* The webhook that the address names, owned by the call; NULL, with an answer, when there is none. */
static json_t *find(struct call *call) {
  json_t *webhook = read_webhook(call, call->route.values[0]);
  if (webhook == NULL) {
    answer_problem(call, "not-found", "there is no webhook %s", call->route.values[0]);
  }
  return webhook;
}

/* The same for a write that has conditions; NULL, with an answer, when they do not hold. */
static json_t *find_target(struct call *call) {
  char tag[48];
  json_t *webhook = read_webhook(call, call->route.values[0]);
  if (webhook == NULL) {
    return answer_precondition(call, NULL) ? NULL : find(call);
  }
  webhook_tag(webhook, tag);
  return answer_precondition(call, tag) ? NULL : webhook;
}

static const char *id_of(const json_t *webhook) {
  return json_string_value(json_object_get(webhook, "id"));
}

/* A line for those who look later who told whom: never the address, which may hold a secret of its own. */
static void note(const struct call *call, const char *message, const char *id) {
  const struct log_field fields[] = {
      {"webhook", id, 0}, {"id", call->request->id, 0}, {"actor", call->principal.name, 0}, {NULL, NULL, 0}};
  log_event(NULL, LOG_INFO, message, fields);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

void handle_webhook_list(struct call *call) {
  const char *after = contract_parameter(call->operation, call->uri, "after");
  size_t limit = (size_t)atol(contract_parameter(call->operation, call->uri, "limit"));
  json_t *items = memory_checked(json_array()), *next = json_null();
  struct query *query = db_named(call_db(call), "webhook-list");
  query_bind_text(query, 1, after == NULL ? "" : after);
  query_bind_int(query, 2, (int64_t)limit + 1);
  while (query_step(query) == STEP_ROW) {
    if (json_array_size(items) == limit) {
      next = json_sprintf("/v1/webhooks?after=%s&limit=%zu", id_of(json_array_get(items, limit - 1)), limit);
      break;
    }
    json_array_append_new(items, webhook_json(query));
  }
  query_end(query);
  answer_json(call, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

void handle_webhook_get(struct call *call) {
  char tag[48];
  json_t *webhook = find(call);
  if (webhook == NULL) {
    return;
  }
  webhook_tag(webhook, tag);
  if (!answer_not_modified(call, tag)) {
    answer_json(call, 200, json_incref(webhook));
  }
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

/* Adds a fault when the address may not be. `body` may lack it. */
static void check_url(struct call *call, const json_t *body) {
  const char *url = json_string_value(json_object_get(body, "url"));
  const char *fault = url == NULL ? NULL : webhook_url_fault(url, call->services->options.webhook_loopback);
  if (fault != NULL) {
    faults_add(call->faults, PLACE_BODY, "/url", "url", "%s", fault);
  }
}

void find_webhook_faults(struct call *call) {
  if (call->normal != NULL) {
    check_url(call, call->normal);
  }
}

/* The normal form of a body that was checked against the contract; NULL, with an answer, when it may not be. */
static json_t *accepted(struct call *call, const json_t *body) {
  json_t *remainder = call->faults->count == 0 ? NULL : schema_remainder(call->operation->body, body, call->faults);
  check_url(call, remainder == NULL ? body : remainder);
  json_decref(remainder);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-body");
    return NULL;
  }
  return owned_json(call->memory, schema_normal(call->operation->body, body));
}

/* Now, or just after the last change: two in one millisecond would else leave the tag as it is. */
static int64_t moment_after(const json_t *webhook) {
  int64_t now_ms = clock_now_ms(), last_ms = 0;
  bool known = clock_read_timestamp(json_string_value(json_object_get(webhook, "updated_at")), &last_ms);
  return known && last_ms >= now_ms ? last_ms + 1 : now_ms;
}

/* Binds $1 to $7. */
static void bind_members(struct query *query, const char *id, const json_t *normal, const char *now) {
  char *resources = memory_checked(json_dumps(json_object_get(normal, "resources"), JSON_COMPACT));
  char *operations = memory_checked(json_dumps(json_object_get(normal, "operations"), JSON_COMPACT));
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, json_string_value(json_object_get(normal, "url")));
  query_bind_text(query, 3, json_string_value(json_object_get(normal, "description")));
  query_bind_text(query, 4, resources);
  query_bind_text(query, 5, operations);
  query_bind_int(query, 6, json_is_true(json_object_get(normal, "enabled")));
  query_bind_text(query, 7, now);
  free(resources);
  free(operations);
}

/* Answers with the webhook as it stands now: with its tag, or with its secret if that is new, which no tag stands for.
 */
static void answer_webhook(struct call *call, int status, const char *id, const char *secret) {
  json_t *webhook = read_webhook(call, id);
  if (webhook == NULL) {
    return; /* the database failed */
  }
  if (secret == NULL) {
    webhook_tag(webhook, call->reply.etag);
  } else {
    json_object_set_new(webhook, "secret", json_string(secret));
  }
  answer_json(call, status, json_incref(webhook));
}

void handle_webhook_create(struct call *call) {
  char id[TYPEID_SIZE], now[CLOCK_TIMESTAMP_SIZE], secret[WEBHOOK_SECRET_SIZE];
  int64_t now_ms = clock_now_ms();
  const json_t *normal = accepted(call, call->body);
  if (normal == NULL) {
    return;
  }
  typeid_new("whk", now_ms, id);
  clock_timestamp(now_ms, now);
  webhook_secret(secret);
  struct query *query = db_named(call->db, "webhook-insert");
  bind_members(query, id, normal, now);
  query_bind_text(query, 8, secret);
  if (query_run(query)) {
    answer_webhook(call, 201, id, secret);
    answer_header(call, "Location", memory_print(call->memory, "/v1/webhooks/%s", id));
    note(call, "webhook created", id);
  }
  sodium_memzero(secret, sizeof secret);
}

void handle_webhook_patch(struct call *call) {
  char now[CLOCK_TIMESTAMP_SIZE];
  json_t *webhook = find_target(call);
  if (webhook == NULL) {
    return;
  }
  clock_timestamp(moment_after(webhook), now);
  json_t *merged = owned_json(call->memory, json_merge_patch(webhook, call->body));
  patch_check_names(call->memory, call->operation->body, call->body, "", call->faults);
  schema_check(call->operation->body, merged, "", call->faults);
  const json_t *normal = accepted(call, merged);
  if (normal == NULL) {
    return;
  }
  struct query *query = db_named(call->db, "webhook-update");
  bind_members(query, id_of(webhook), normal, now);
  if (query_run(query)) {
    answer_webhook(call, 200, id_of(webhook), NULL);
    note(call, "webhook changed", id_of(webhook));
  }
}

void handle_webhook_delete(struct call *call) {
  const json_t *webhook = find_target(call);
  if (webhook == NULL) {
    return;
  }
  struct query *query = db_named(call->db, "webhook-delete");
  query_bind_text(query, 1, id_of(webhook));
  if (query_run(query)) {
    answer_bytes(call, 204, NULL, NULL, 0);
    note(call, "webhook deleted", id_of(webhook));
  }
}

void handle_webhook_rotate(struct call *call) {
  char now[CLOCK_TIMESTAMP_SIZE], until[CLOCK_TIMESTAMP_SIZE], secret[WEBHOOK_SECRET_SIZE];
  const json_t *webhook = find_target(call);
  if (webhook == NULL) {
    return;
  }
  int64_t now_ms = moment_after(webhook);
  clock_timestamp(now_ms, now);
  clock_timestamp(now_ms + overlap_ms, until);
  webhook_secret(secret);
  struct query *query = db_named(call->db, "webhook-rotate");
  query_bind_text(query, 1, id_of(webhook));
  query_bind_text(query, 2, secret);
  query_bind_text(query, 3, until);
  query_bind_text(query, 4, now);
  if (query_run(query)) {
    answer_webhook(call, 200, id_of(webhook), secret);
    note(call, "webhook secret rotated", id_of(webhook));
  }
  sodium_memzero(secret, sizeof secret);
}

/* -- deliveries ---------------------------------------------------------------------------------------------------- */

static json_t *delivery_json(struct call *call, struct query *query) {
  json_t *delivery = memory_checked(json_object());
  const char *event = webhook_event(call->memory, call->services->contract, query_text(query, 5), query_text(query, 6));
  set_text(delivery, "id", query, 0);
  json_object_set_new(delivery, "seq", json_integer(query_int(query, 1)));
  json_object_set_new(delivery, "type", event == NULL ? json_null() : json_string(event));
  set_text(delivery, "state", query, 2);
  set_text(delivery, "next_attempt_at", query, 3);
  set_text(delivery, "created_at", query, 4);
  set_json(delivery, "attempts", query, 7);
  return delivery;
}

/* Where the list goes on below a change. */
static json_t *next_page(const char *id, const json_t *last, const char *limit, const char *state) {
  return json_sprintf("/v1/webhooks/%s/deliveries?limit=%s&before=%lld%s%s", id, limit,
                      (long long)json_integer_value(json_object_get(last, "seq")),
                      state == NULL ? "" : "&state=", state == NULL ? "" : state);
}

void handle_webhook_deliveries(struct call *call) {
  const char *before = contract_parameter(call->operation, call->uri, "before");
  const char *limit = contract_parameter(call->operation, call->uri, "limit");
  const char *state = contract_parameter(call->operation, call->uri, "state");
  const json_t *webhook = find(call);
  if (webhook == NULL) {
    return;
  }
  size_t most = (size_t)atol(limit);
  json_t *items = memory_checked(json_array()), *next = json_null();
  struct query *query = db_named(call->db, state == NULL ? "webhook-deliveries" : "webhook-deliveries-in");
  query_bind_text(query, 1, id_of(webhook));
  query_bind_int(query, 2, before == NULL ? INT64_MAX : atoll(before));
  query_bind_int(query, 3, (int64_t)most + 1);
  if (state != NULL) {
    query_bind_text(query, 4, state);
  }
  while (query_step(query) == STEP_ROW) {
    if (json_array_size(items) == most) {
      next = next_page(id_of(webhook), json_array_get(items, most - 1), limit, state);
      break;
    }
    json_array_append_new(items, delivery_json(call, query));
  }
  query_end(query);
  answer_json(call, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

void handle_webhook_redeliver(struct call *call) {
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(clock_now_ms(), now);
  const json_t *webhook = find(call);
  if (webhook == NULL) {
    return;
  }
  if (!json_is_true(json_object_get(webhook, "enabled"))) {
    answer_problem(call, "webhook-disabled", "%s is disabled: enable it before you request the delivery again",
                   id_of(webhook));
    return;
  }
  struct query *query = db_named(call->db, "webhook-redeliver");
  query_bind_text(query, 1, id_of(webhook));
  query_bind_text(query, 2, call->route.values[1]);
  query_bind_text(query, 3, now);
  if (query_step(query) == STEP_ROW) {
    answer_json(call, 202, delivery_json(call, query));
    note(call, "webhook delivery repeated", id_of(webhook));
  } else {
    answer_problem(call, "not-found", "the webhook has no delivery %s; finished ones are kept for 30 days",
                   call->route.values[1]);
  }
  query_end(query);
}
