/* History is one append-only log (sql/…/0002-history.sql): every change of a record adds what the record says after it,
 * in the transaction of the change. That is its document without the relations that others have written: those come and
 * go without a revision of this record, and are in the history of the others. A record's history is its rows; what
 * changed in a step is told by comparing two documents when somebody asks. In the order of its numbers the log is the
 * feed of changes (feed.c). */
#include "api/change.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/difference.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* -- writing ------------------------------------------------------------------------------------------------------- */

struct origin call_origin(const struct call *call) {
  char *address = memory_array(call->memory, char, NETWORK_ADDRESS_SIZE);
  network_print(call->request->peer, address);
  const char *message = call->request->change_message;
  char *tidy = message == NULL ? NULL : characters_tidy(call->memory, message, strlen(message), false);
  message = tidy == NULL ? message : tidy;
  return (struct origin){.actor = call->principal.name[0] == '\0' ? "-" : call->principal.name,
                         .request_id = call->request->id,
                         .address = address,
                         .message = message == NULL || *message == '\0' ? NULL : message};
}

static void write_step(struct change *change, const struct target *target, const char *operation,
                       const struct blob *own) {
  static const struct origin clock = {.actor = "clock"};
  const struct origin *origin = change->origin == NULL ? &clock : change->origin;
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
  query_bind_text(query, 11, own == NULL ? NULL : own->data);
  query_run(query);
}

static int drop_blob(struct blob **place) {
  blob_drop(*place);
  return 0;
}

struct blob *history_record(struct change *change, const struct target *target, const char *operation) {
  if (change->pending) {
    struct query *query = db_named(change->notes, "notes-touched-write");
    query_bind_text(query, 1, target->id);
    query_bind_int(query, 2, target->pk);
    query_run(query);
    return NULL;
  }
  if (strcmp(operation, "delete") == 0) {
    write_step(change, target, operation, NULL);
    return NULL;
  }
  struct blob *document = resource_document(change->db, change->resource, target->pk);
  if (document == NULL) {
    return NULL; /* the database failed */
  }
  struct blob **owned = memory_new(change->memory, struct blob *);
  *owned = document;
  talloc_set_destructor(owned, drop_blob);
  struct blob *own = resource_own_document(change->db, change->resource, target->pk, document);
  write_step(change, target, operation, own);
  blob_drop(own);
  return document;
}

bool history_pending(const struct change *change, const char *id) {
  if (!change->pending) {
    return false;
  }
  struct query *query = db_named(change->notes, "notes-touched-read");
  query_bind_text(query, 1, id);
  bool touched = query_step(query) == STEP_ROW;
  query_end(query);
  return touched;
}

bool history_end(struct change *change, bool (*wanted)(void *argument, struct db *db), void *argument) {
  void *memory = change->memory;
  bool whole = true;
  change->pending = false;
  struct query *query = db_named(change->notes, "notes-touched");
  while (whole && query_step(query) == STEP_ROW) {
    struct target target;
    whole = wanted(argument, change->db);
    change->memory = talloc_new(memory);
    change->faults = faults_new(change->memory);
    change->resource = resource_of_id(change->contract, query_text(query, 0));
    if (whole && change->resource != NULL && change_load_pk(change, query_int(query, 1), &target)) {
      /* A record that was there before has had its second revision by now. */
      history_record(change, &target, target.revision == 1 ? "create" : "update");
    }
    talloc_free(change->memory);
  }
  query_end(query);
  change->memory = memory;
  return whole && db_failure(change->notes) == DB_OK;
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
  if (call->sight->open) {
    answer_problem(call, "unauthorized", "what a record was before is for callers with a token");
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

json_t *history_item(struct query *query, int first) {
  return memory_checked(json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "seq",
                                  (json_int_t)query_int(query, first), "at", query_text(query, first + 1), "actor",
                                  query_text(query, first + 2), "operation", query_text(query, first + 3), "resource",
                                  query_text(query, first + 4), "id", query_text(query, first + 5), "slug",
                                  query_text(query, first + 6), "revision", (json_int_t)query_int(query, first + 7)));
}

/* -- checking ------------------------------------------------------------------------------------------------------ */

enum { TOLD_MOST = 100 };

/* A row of history-newest, and the record that it is about. */
struct stand {
  const struct resource *resource;
  const char *id, *slug, *document;
  bool mirrored; /* the document has relations of the other side among its own */
};

/* Whether the record says what the last document of its history does; the places where it does not are added to `text`.
 */
static bool stands(const struct stand *stand, const struct blob *own, struct text *text) {
  if (strcmp(own->data, stand->document) == 0) {
    return true; /* as nearly all are */
  }
  json_t *now = json_loadb(own->data, own->size, 0, NULL), *then = json_loads(stand->document, 0, NULL);
  if (stand->mirrored) {
    relations_drop_served(stand->resource, now, true);
    relations_drop_served(stand->resource, then, true);
  }
  json_t *places = json_difference(stand->resource->schema, then, now, NULL);
  size_t index;
  json_t *place;
  json_array_foreach(places, index, place) {
    text_addf(text, "%s%s", index == 0 ? "" : ", ", json_string_value(json_object_get(place, "pointer")));
  }
  bool same = index == 0;
  json_decref(places);
  json_decref(then);
  json_decref(now);
  return same;
}

static bool check_stand(struct db *db, const struct stand *stand, struct text *line) {
  struct found found;
  if (stand->resource == NULL || !resource_find(db, stand->resource, stand->id, &found)) {
    return true; /* history-gaps tells of it */
  }
  struct blob *document = resource_document(db, stand->resource, found.pk);
  if (document == NULL) {
    return true; /* the database failed */
  }
  struct blob *own = resource_own_document(db, stand->resource, found.pk, document);
  text_addf(line, "%s (%s) is not as its history ends: ", stand->id, stand->slug);
  bool same = stands(stand, own, line);
  blob_drop(own);
  blob_drop(document);
  return same;
}

bool api_check_history(struct api *api, struct db *db, void (*tell)(void *argument, const char *line), void *argument) {
  int told = 0;
  struct query *query = db_named(db, "history-gaps");
  while (query_step(query) == STEP_ROW) {
    tell(argument, query_text(query, 0));
    told++;
  }
  query_end(query);
  query = db_named(db, "history-newest");
  while (told < TOLD_MOST && query_step(query) == STEP_ROW) {
    struct stand stand = {.resource = contract_resource(api_contract(api), query_text(query, 0)),
                          .id = query_text(query, 1),
                          .slug = query_text(query, 2),
                          .document = query_text(query, 3),
                          .mirrored = query_int(query, 4) != 0};
    struct text *line = text_new(NULL);
    if (!check_stand(db, &stand, line)) {
      tell(argument, line->data);
      told++;
    }
    talloc_free(line);
  }
  query_end(query);
  return told == 0 && db_failure(db) == DB_OK;
}
