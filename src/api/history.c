/* History is one append-only log (sql/…/0002-history.sql): every change of a record adds the document as it stands
 * after it, in the transaction of the change. A record's history is its rows; what changed in a step is told by
 * comparing two documents when somebody asks. The log is also the feed of changes. */
#include "api/change.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/network.h"
#include "contract/difference.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* -- writing ------------------------------------------------------------------------------------------------------- */

struct origin call_origin(const struct call *call) {
  char *address = memory_array(call->memory, char, NETWORK_ADDRESS_SIZE);
  network_print(call->request->peer, address);
  return (struct origin){.actor = call->principal.name[0] == '\0' ? "-" : call->principal.name,
                         .request_id = call->request->id,
                         .address = address,
                         .message = call->request->change_message};
}

bool history_begun(struct change *change, const char *id) {
  struct query *query = db_named(change->db, "history-exists");
  query_bind_text(query, 1, id);
  query_bind_text(query, 2, change->resource->path);
  bool begun = query_step(query) == STEP_ROW;
  query_end(query);
  return begun;
}

static int drop_blob(struct blob **place) {
  blob_drop(*place);
  return 0;
}

struct blob *history_record(struct change *change, const struct target *target, const char *operation) {
  static const struct origin clock = {.actor = "clock"};
  const struct origin *origin = change->origin == NULL ? &clock : change->origin;
  bool deleted = strcmp(operation, "delete") == 0;
  struct blob *document = deleted ? NULL : resource_document(change->db, change->resource, target->pk);
  if (document == NULL && !deleted) {
    return NULL; /* the database failed */
  }
  struct blob **owned = memory_new(change->memory, struct blob *);
  *owned = document;
  talloc_set_destructor(owned, drop_blob);
  struct query *query = db_named(change->db, "history-write");
  query_bind_text(query, 1, change->resource->path);
  query_bind_text(query, 2, target->id);
  query_bind_text(query, 3, target->slug);
  query_bind_int(query, 4, target->revision);
  query_bind_text(query, 5, change->origin == NULL ? "clock" : operation);
  query_bind_text(query, 6, change->now);
  query_bind_text(query, 7, origin->actor);
  query_bind_text(query, 8, origin->request_id);
  query_bind_text(query, 9, origin->address);
  query_bind_text(query, 10, origin->message);
  query_bind_text(query, 11, document == NULL ? NULL : document->data);
  query_run(query);
  return document;
}

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

void answer_no_record(struct call *call) {
  const char *key = call->route.values[0], *path = call->resource->path;
  const char *id = record_of(call, key);
  if (id == NULL) {
    answer_problem(call, "not-found", "none of the %s has the id or slug %s", path, key);
    return;
  }
  answer_problem_with(call, "gone", memory_print(call->memory, "%s was deleted", key), "history",
                      json_sprintf("/v1/%s/%s/history", path, id));
}

/* -- one record ---------------------------------------------------------------------------------------------------- */

static json_t *parsed(struct query *query, int column) {
  const char *text = query_text(query, column);
  return text == NULL ? NULL : json_loads(text, 0, NULL);
}

/* A step, with what changed since the document before it. */
static json_t *step_of(struct query *query) {
  static const char *const members[] = {"revision", "at", "actor", "operation", "message", "request_id"};
  json_t *step = json_object();
  json_object_set_new(step, members[0], json_integer(query_int(query, 0)));
  for (int i = 1; i < (int)(sizeof members / sizeof members[0]); i++) {
    const char *text = query_text(query, i);
    json_object_set_new(step, members[i], text == NULL ? json_null() : json_string(text));
  }
  return step;
}

static void add_changes(json_t *step, const json_t *before, const json_t *after) {
  static const char *const without[] = {"revision", "updated_at", NULL};
  bool both = before != NULL && after != NULL;
  json_object_set_new(step, "changes", both ? json_difference(before, after, without) : json_array());
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
    json_t *document = parsed(query, 6);
    if (step != NULL) {
      add_changes(step, document, newer);
    }
    json_decref(newer);
    newer = document;
    more = (long)json_array_size(items) == limit;
    if (more) {
      step = NULL;
      break; /* it was read for what changed after it */
    }
    step = step_of(query);
    shown = query_int(query, 0);
    json_array_append_new(items, step);
  }
  query_end(query);
  if (step != NULL) {
    add_changes(step, NULL, newer);
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

/* -- the feed ------------------------------------------------------------------------------------------------------ */

void handle_changes(struct call *call) {
  const char *after = contract_parameter(call->operation, call->uri, "after");
  const char *limit_text = contract_parameter(call->operation, call->uri, "limit");
  const char *resource = contract_parameter(call->operation, call->uri, "resource");
  long limit = atol(limit_text);
  struct query *query = db_named(call_db(call), "history-after");
  query_bind_int(query, 1, atoll(after));
  query_bind_text(query, 2, resource);
  query_bind_int(query, 3, limit + 1);
  json_t *items = json_array();
  int64_t last = 0;
  bool more = false;
  while (query_step(query) == STEP_ROW) {
    more = (long)json_array_size(items) == limit;
    if (more) {
      break;
    }
    last = query_int(query, 0);
    json_array_append_new(items,
                          json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "seq", (json_int_t)last, "at",
                                    query_text(query, 1), "actor", query_text(query, 2), "operation",
                                    query_text(query, 3), "resource", query_text(query, 4), "id", query_text(query, 5),
                                    "slug", query_text(query, 6), "revision", (json_int_t)query_int(query, 7)));
  }
  query_end(query);
  json_t *next = !more ? json_null()
                       : json_sprintf("/v1/changes?after=%lld&limit=%ld%s%s", (long long)last, limit,
                                      resource == NULL ? "" : "&resource=", resource == NULL ? "" : resource);
  answer_json(call, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
  answer_tag_of_body(call);
}

/* -- checking ------------------------------------------------------------------------------------------------------ */

bool api_check_history(struct db *db, void (*tell)(void *argument, const char *line), void *argument) {
  bool whole = true;
  struct query *query = db_named(db, "history-gaps");
  while (query_step(query) == STEP_ROW) {
    tell(argument, query_text(query, 0));
    whole = false;
  }
  query_end(query);
  return whole && db_failure(db) == DB_OK;
}
