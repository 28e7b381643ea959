/* History is one append-only log (sql/…/0002-history.sql): every change of a record adds what the record says after it,
 * in the transaction of the change. That is its document without the relations that others have written: those come and
 * go without a revision of this record, and are in the history of the others. A record's history is its rows; what
 * changed in a step is told by comparing two documents when somebody asks. In the order of its numbers the log is the
 * feed of changes (feed.c). */
#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/difference.h"
#include "records/change.h"
#include "request/call.h"

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
    query_bind_text(query, 3, target->slug);
    query_bind_int(query, 4, target->revision);
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

/* -- the feed ------------------------------------------------------------------------------------------------------ */

json_t *history_item(struct query *query, int first) {
  return memory_checked(json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "seq",
                                  (json_int_t)query_int(query, first), "at", query_text(query, first + 1), "actor",
                                  query_text(query, first + 2), "operation", query_text(query, first + 3), "resource",
                                  query_text(query, first + 4), "id", query_text(query, first + 5), "slug",
                                  query_text(query, first + 6), "revision", (json_int_t)query_int(query, first + 7)));
}
