/* One row for each key of a caller. That a request is the same is told by a hash of address and body. Rows that
 * are older than a day count for nothing, and each new one clears away some of them. */
#include "request/idempotency.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "request/answer.h"
#include "request/call.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* The contract says where one is taken: creating a record, merging two. Other requests are the same when they are sent
 * again, or (tokens) must not be kept. */
static const char *key_of(const struct call *call) {
  return contract_takes_header(call->operation, "Idempotency-Key") ? call->request->idempotency_key : NULL;
}

static const char *caller_of(const struct call *call) {
  return call->principal.id[0] == '\0' ? "local" : call->principal.id;
}

static void hash_request(const struct call *call, unsigned char hash[crypto_hash_sha256_BYTES]) {
  crypto_hash_sha256_state state;
  const struct request *request = call->request;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, (const unsigned char *)request->target, strlen(request->target) + 1);
  crypto_hash_sha256_update(&state, (const unsigned char *)request->body, request->body_size);
  crypto_hash_sha256_final(&state, hash);
}

/* The instant before which rows count for nothing. */
static void oldest(char out[CLOCK_TIMESTAMP_SIZE]) {
  clock_timestamp(clock_now_ms() - DAY_MS, out);
}

static void answer_again(struct call *call, struct query *query) {
  const char *location = query_text(query, 3);
  answer_blob(call, (int)query_int(query, 1), query_null(query, 4) ? NULL : media_json,
              query_null(query, 4) ? NULL : query_blob(query, 4));
  snprintf(call->reply.etag, sizeof call->reply.etag, "%s", query_text(query, 2));
  if (location != NULL) {
    answer_header(call, "Location", memory_copy(call->memory, location));
  }
  answer_header(call, "Idempotent-Replayed", "true");
}

bool idempotency_replay(struct call *call) {
  const char *key = key_of(call);
  if (key == NULL) {
    return false;
  }
  unsigned char hash[crypto_hash_sha256_BYTES];
  char since[CLOCK_TIMESTAMP_SIZE];
  hash_request(call, hash);
  oldest(since);
  struct query *query = db_named(call->db, "idempotency-read");
  query_bind_text(query, 1, caller_of(call));
  query_bind_text(query, 2, key);
  query_bind_text(query, 3, since);
  bool used = query_step(query) == STEP_ROW;
  if (used && (query_size(query, 0) != sizeof hash || memcmp(query_text(query, 0), hash, sizeof hash) != 0)) {
    answer_problem(call, "key-reused", NULL);
  } else if (used) {
    answer_again(call, query);
  }
  query_end(query);
  return used;
}

void idempotency_record(struct call *call) {
  const char *key = key_of(call);
  if (key == NULL || call->reply.status >= 400 || db_failure(call->db) != DB_OK) {
    return;
  }
  unsigned char hash[crypto_hash_sha256_BYTES];
  char now[CLOCK_TIMESTAMP_SIZE], since[CLOCK_TIMESTAMP_SIZE];
  hash_request(call, hash);
  clock_timestamp(clock_now_ms(), now);
  oldest(since);
  struct query *query = db_named(call->db, "idempotency-forget");
  query_bind_text(query, 1, since);
  query_run(query);
  query = db_named(call->db, "idempotency-write");
  query_bind_text(query, 1, caller_of(call));
  query_bind_text(query, 2, key);
  query_bind_bytes(query, 3, hash, sizeof hash);
  query_bind_text(query, 4, now);
  query_bind_int(query, 5, call->reply.status);
  query_bind_text(query, 6, call->reply.etag);
  query_bind_text(query, 7, answer_header_value(call, "Location"));
  query_bind_text(query, 8, call->reply.body == NULL ? NULL : call->reply.body->data);
  query_run(query);
}
