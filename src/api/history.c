/* A record's history, and the record as it stood at one of its revisions or at an instant. What changed in a step is
 * told by comparing two documents when somebody asks. */
#include "api/history.h"

#include "api/handlers.h"
#include "base/clock.h"
#include "base/memory.h"
#include "contract/difference.h"
#include "records/change.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* -- finding ------------------------------------------------------------------------------------------------------- */

/* The id of the record that has the key, or had it when it was deleted; NULL when there never was one. */
static const char *record_of(struct call *call, const char *key) {
  struct found found;
  if (resource_find(call_db(call), call->resource, key, &found)) {
    return memory_copy(call->memory, found.id);
  }
  bool is_id = typeid_valid(call->resource->prefix, key);
  struct query *query = db_named(call->db, is_id ? "history-exists" : "history-deleted");
  query_bind_text(query, 1, key);
  query_bind_text(query, 2, call->resource->path);
  const char *id = NULL;
  if (query_step(query) == STEP_ROW) {
    id = memory_copy(call->memory, is_id ? key : query_text(query, 0));
  }
  query_end(query);
  return id;
}

/* Answers that what had the key was merged into another record: readers are led there. Who writes is not, as what they
 * know is what stood here. False when it was not merged. */
static bool answer_merged(struct call *call, const char *key) {
  struct found into;
  if (!resource_find_merged(call_db(call), call->resource, key, &into)) {
    return false;
  }
  bool reads = call->handler->kind == CALL_READ;
  char *address = memory_print(call->memory, "/v1/%s/%s", call->resource->path, into.id);
  answer_problem_with(call, reads ? "moved" : "merged",
                      memory_print(call->memory, "%s was merged into %s", key, into.id), "into", json_string(address));
  if (reads) {
    answer_header(call, "Location", address);
  }
  return true;
}

void answer_no_record(struct call *call) {
  const char *key = call->route.values[0], *path = call->resource->path;
  if (answer_merged(call, key)) {
    return;
  }
  const char *id = record_of(call, key);
  if (id == NULL) {
    answer_problem(call, "not-found", "none of the %s has the id or slug %s", path, key);
    return;
  }
  answer_problem_with(call, "gone", memory_print(call->memory, "%s was deleted", key), "history",
                      json_sprintf("/v1/%s/%s/history", path, id));
}

/* -- one record ---------------------------------------------------------------------------------------------------- */

/* The document of a step, or NULL. Old ones have the other side's relations too (0008-history-own.sql). */
static json_t *parsed(const struct resource *resource, struct query *query, int column) {
  const char *text = query_text(query, column);
  json_t *document = text == NULL ? NULL : json_loads(text, 0, NULL);
  relations_drop_served(resource, document, false);
  return document;
}

/* A step, but for what changed in it. From where it was made, which may be somebody's home, is for admins. */
static json_t *step_of(struct query *query, bool admin) {
  static const char *const members[] = {"revision", "at", "actor", "operation", "message", "request_id", "address"};
  json_t *step = json_object();
  json_object_set_new(step, members[0], json_integer(query_int(query, 0)));
  for (int i = 1; i < (int)(sizeof members / sizeof members[0]); i++) {
    bool hidden = strcmp(members[i], "address") == 0 && !admin;
    const char *text = hidden ? NULL : query_text(query, i);
    json_object_set_new(step, members[i], text == NULL ? json_null() : json_string(text));
  }
  return step;
}

/* What changed since the document before; nothing for the first, and for a deletion. */
static void add_changes(const struct resource *resource, json_t *step, const json_t *before, const json_t *after) {
  static const char *const without[] = {"revision", "updated_at", NULL};
  bool both = before != NULL && after != NULL;
  json_object_set_new(step, "changes", both ? json_difference(resource->schema, before, after, without) : json_array());
}

static void answer_steps(struct call *call, const char *id, json_t *items, int64_t next) {
  json_t *address = next == 0 ? json_null()
                              : json_sprintf("/v1/%s/%s/history?limit=%s&before=%lld", call->resource->path, id,
                                             contract_parameter(call->operation, call->uri, "limit"), (long long)next);
  answer_json(call, 200, json_pack("{s:o, s:o}", "items", items, "next", address));
  answer_tag_of_body(call);
}

void handle_history(struct call *call) {
  const char *id = record_of(call, call->route.values[0]);
  if (id == NULL) {
    answer_no_record(call);
    return;
  }
  const char *before = contract_parameter(call->operation, call->uri, "before");
  long limit = atol(contract_parameter(call->operation, call->uri, "limit"));
  struct query *query = db_named(call->db, "history-of");
  query_bind_text(query, 1, id);
  query_bind_int(query, 2, before == NULL ? INT64_MAX : atoll(before));
  query_bind_int(query, 3, limit + 1);
  json_t *items = json_array(), *newer = NULL, *step = NULL;
  int64_t shown = 0;
  bool more = false;
  while (query_step(query) == STEP_ROW) {
    json_t *document = parsed(call->resource, query, 7);
    if (step != NULL) {
      add_changes(call->resource, step, document, newer);
    }
    json_decref(newer);
    newer = document;
    more = (long)json_array_size(items) == limit;
    if (more) {
      step = NULL;
      break; /* it was read for what changed after it */
    }
    step = step_of(query, call->principal.role == ROLE_ADMIN);
    shown = query_int(query, 0);
    json_array_append_new(items, step);
  }
  query_end(query);
  if (step != NULL) {
    add_changes(call->resource, step, NULL, newer);
  }
  json_decref(newer);
  answer_steps(call, id, items, more ? shown : 0);
}

void answer_as_it_stood(struct call *call) {
  const char *key = call->route.values[0], *id = record_of(call, key);
  const char *revision = contract_parameter(call->operation, call->uri, "revision");
  const char *known_at = contract_parameter(call->operation, call->uri, "known_at");
  int64_t instant;
  char at[CLOCK_TIMESTAMP_SIZE];
  if (revision != NULL && known_at != NULL) {
    faults_add(call->faults, PLACE_PARAMETER, "known_at", "contradiction", "revision and known_at exclude each other");
    answer_faults(call, "invalid-parameter");
    return;
  }
  if (call->visibility->open) {
    answer_problem(call, "unauthorized", "earlier revisions require a token");
    return;
  }
  if (id == NULL) {
    answer_no_record(call);
    return;
  }
  struct query *query = db_named(call->db, revision != NULL ? "history-revision" : "history-known-at");
  query_bind_text(query, 1, id);
  if (revision != NULL) {
    query_bind_int(query, 2, atoll(revision));
  } else {
    clock_read_timestamp(known_at, &instant);
    clock_timestamp(instant, at);
    query_bind_text(query, 2, at);
  }
  if (query_step(query) != STEP_ROW) {
    answer_problem(call, "not-found", revision != NULL ? "%s has no revision %s" : "%s was not known at %s", key,
                   revision != NULL ? revision : at);
  } else if (query_null(query, 0)) {
    answer_problem_with(call, "gone", memory_print(call->memory, "%s was deleted by then", key), "history",
                        json_sprintf("/v1/%s/%s/history", call->resource->path, id));
  } else {
    answer_blob(call, 200, media_json, query_blob(query, 0));
    answer_tag_of_body(call); /* a number of the log may come again after a restore */
  }
  query_end(query);
}
