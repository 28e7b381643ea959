/* What answers that are made while they are sent have in common: a connection of their own in one read transaction, a
 * tag by the state that it sees, and a loop that has some more made while there is room and time. Who makes them says
 * only what comes next. */
#include "request/pieces.h"

#include "base/memory.h"
#include "base/text.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/services.h"
#include "request/snapshots.h"

#include <stdio.h>
#include <string.h>

enum { SLICE_NS = 300000 };

/* -- taking -------------------------------------------------------------------------------------------------------- */

ssize_t pieces_take(struct pieces *pieces, char *out, size_t room) {
  int64_t until = clock_monotonic_ns() + SLICE_NS;
  size_t taken = 0;
  for (;;) {
    size_t rest = pieces->ready->length - pieces->given, size = rest < room - taken ? rest : room - taken;
    memcpy(out + taken, pieces->ready->data + pieces->given, size);
    pieces->given += size;
    taken += size;
    if (taken == room || pieces->db == NULL) {
      return (ssize_t)taken;
    }
    if (clock_monotonic_ns() >= until) {
      return taken > 0 ? (ssize_t)taken : PIECES_LATER;
    }
    text_clear(pieces->ready);
    pieces->given = 0;
    if (!pieces->make(pieces)) {
      return PIECES_FAILED;
    }
  }
}

void pieces_end(struct pieces *pieces) {
  if (pieces->db != NULL) {
    snapshots_give(pieces->snapshots, pieces->open, pieces->db);
    pieces->db = NULL;
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

void pieces_of_call(struct call *call, struct pieces *pieces, bool (*make)(struct pieces *pieces)) {
  talloc_free(call->pieces);
  pieces->make = make;
  pieces->ready = text_new(pieces);
  call->pieces = pieces;
}

/* Gives the pieces their state of the registry and has the first of them made. */
static bool begin(struct call *call, struct pieces *pieces, uint64_t mark) {
  bool busy;
  pieces->snapshots = call->services->snapshots;
  pieces->open = call->sight->open;
  pieces->db = snapshots_take(pieces->snapshots, pieces->open, &busy);
  if (pieces->db == NULL) {
    answer_problem(call, busy ? "too-many-downloads" : "storage-failed", NULL);
    return false;
  }
  if (!pieces->open && answer_not_modified_since(call, pieces->db, mark)) {
    return false;
  }
  call_limit(call, pieces->db);
  bool made = pieces->make(pieces);
  enum db_failure failure = pieces->db == NULL ? DB_OK : db_failure(pieces->db);
  call->late = failure == DB_LONG;
  if (!made && !call->late) {
    answer_failure(call, failure);
  } else if (made && pieces->db != NULL) {
    db_limit_work(pieces->db, -1, 0); /* what follows is made on a thread of its own */
  }
  return made;
}

void answer_pieces(struct call *call, struct pieces *pieces, const char *content_type, uint64_t mark) {
  if (!call->sight->open && answer_not_modified_since(call, call_db(call), mark)) {
    return;
  }
  if (strcmp(call->request->method, "HEAD") != 0 && !begin(call, pieces, mark)) {
    talloc_free(pieces);
    call->pieces = NULL;
    return;
  }
  call->reply.status = 200;
  call->reply.content_type = content_type;
  call->reply.pieces = pieces;
}
