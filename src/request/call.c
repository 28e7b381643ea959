/* What a call reads on, and how long its values live. */
#include "request/call.h"

#include "base/memory.h"

/* Of a read that others wait for: some ten milliseconds, and not twice that where much else is done. */
enum { LIMITED_WORK = 1000, LIMITED_NS = 20000000 };

static int release_json(json_t **place) {
  json_decref(*place);
  return 0;
}

json_t *owned_json(const void *memory, json_t *value) {
  json_t **place = memory_new(memory, json_t *);
  *place = memory_checked(value);
  talloc_set_destructor(place, release_json);
  return value;
}

void call_limit(const struct call *call, struct db *db) {
  if (call->limited) {
    db_limit_work(db, LIMITED_WORK, LIMITED_NS);
  }
}

struct db *call_db(struct call *call) {
  if (call->db == NULL) {
    call->db = call->visibility->db;
    db_begin_read(call->db);
    call_limit(call, call->db);
  }
  return call->db;
}
