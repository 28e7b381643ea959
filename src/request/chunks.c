/* What answers that are made while they are sent have in common: a connection of their own in one read transaction, a
 * tag by the state that it sees, and a loop that has some more made while there is room and time. Who makes them says
 * only what comes next. */
#include "request/chunks.h"

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

ssize_t chunks_take(struct chunks *chunks, char *out, size_t room) {
  int64_t until = clock_monotonic_ns() + SLICE_NS;
  size_t taken = 0;
  for (;;) {
    size_t rest = chunks->ready->length - chunks->given, size = rest < room - taken ? rest : room - taken;
    memcpy(out + taken, chunks->ready->data + chunks->given, size);
    chunks->given += size;
    taken += size;
    if (taken == room || chunks->db == NULL) {
      return (ssize_t)taken;
    }
    if (clock_monotonic_ns() >= until) {
      return taken > 0 ? (ssize_t)taken : CHUNKS_LATER;
    }
    text_clear(chunks->ready);
    chunks->given = 0;
    if (!chunks->make(chunks)) {
      return CHUNKS_FAILED;
    }
  }
}

void chunks_end(struct chunks *chunks) {
  if (chunks->db != NULL) {
    snapshots_give(chunks->snapshots, chunks->open, chunks->db);
    chunks->db = NULL;
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

void chunks_of_call(struct call *call, struct chunks *chunks, bool (*make)(struct chunks *chunks)) {
  talloc_free(call->chunks);
  chunks->make = make;
  chunks->ready = text_new(chunks);
  call->chunks = chunks;
}

/* Gives the chunks their state of the registry and has the first of them made. */
static bool begin(struct call *call, struct chunks *chunks, uint64_t mark) {
  bool busy;
  chunks->snapshots = call->services->snapshots;
  chunks->open = call->visibility->open;
  chunks->db = snapshots_take(chunks->snapshots, chunks->open, &busy);
  if (chunks->db == NULL) {
    answer_problem(call, busy ? "too-many-downloads" : "storage-failed", NULL);
    return false;
  }
  if (!chunks->open && answer_not_modified_since(call, chunks->db, mark)) {
    return false;
  }
  call_limit(call, chunks->db);
  bool made = chunks->make(chunks);
  enum db_failure failure = chunks->db == NULL ? DB_OK : db_failure(chunks->db);
  call->timed_out = failure == DB_LONG;
  if (!made && !call->timed_out) {
    answer_failure(call, failure);
  } else if (made && chunks->db != NULL) {
    db_limit_work(chunks->db, -1, 0); /* what follows is made on a thread of its own */
  }
  return made;
}

void answer_chunks(struct call *call, struct chunks *chunks, const char *content_type, uint64_t mark) {
  if (!call->visibility->open && answer_not_modified_since(call, call_db(call), mark)) {
    return;
  }
  if (strcmp(call->request->method, "HEAD") != 0 && !begin(call, chunks, mark)) {
    talloc_free(chunks);
    call->chunks = NULL;
    return;
  }
  call->reply.status = 200;
  call->reply.content_type = content_type;
  call->reply.chunks = chunks;
}
