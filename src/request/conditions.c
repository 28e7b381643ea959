/* A tag is the stamp of what is shown and a mark of the program that shows it, so that a new release, which may render
 * the same record in other bytes, never confirms an old copy. */
#include "request/conditions.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/services.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_HALF = 8 }; /* bytes of a hash */

void call_tag(const struct call *call, int64_t stamp, char out[48]) {
  text_put(text_put(text_put_hex(out, (uint64_t)stamp), "-"), call->services->build_tag);
}

/* A compressed answer has a tag of its own, which ends so (RFC 9110, 8.8.3.3); it stands for the same state. */
static size_t without_coding(const char *tag, size_t length) {
  return length > 5 && memcmp(tag + length - 5, "-gzip", 5) == 0 ? length - 5 : length;
}

/* What follows a dot tells apart bytes that show one state: no condition of a write rests on it. */
static size_t state_of(const char *tag, size_t length) {
  const char *dot = memchr(tag, '.', length);
  return dot == NULL ? length : (size_t)(dot - tag);
}

bool tag_listed(const char *header, const char *tag, bool weak) {
  const char *at = header;
  size_t wanted = weak ? strlen(tag) : state_of(tag, strlen(tag));
  while (*at != '\0') {
    at += strspn(at, " \t,");
    if (*at == '*' && (at[1] == '\0' || strchr(" \t,", at[1]) != NULL)) {
      return true;
    }
    bool is_weak = strncmp(at, "W/", 2) == 0;
    at += is_weak ? 2 : 0;
    if (*at != '"') {
      at += strcspn(at, ",");
      continue;
    }
    const char *end = strchr(at + 1, '"');
    if (end == NULL) {
      return false;
    }
    size_t length = without_coding(at + 1, (size_t)(end - at - 1));
    length = weak ? length : state_of(at + 1, length);
    if ((weak || !is_weak) && length == wanted && memcmp(at + 1, tag, length) == 0) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

bool answer_not_modified(struct call *call, const char *tag) {
  snprintf(call->reply.etag, sizeof call->reply.etag, "%s", tag);
  if (call->request->if_none_match == NULL || !tag_listed(call->request->if_none_match, tag, true)) {
    return false;
  }
  call->reply.status = 304;
  return true;
}

bool answer_not_modified_since(struct call *call, struct db *db, uint64_t mark) {
  struct query *query = db_named(db, "stamp-read");
  int64_t stamp = query_step(query) == STEP_ROW ? query_int(query, 0) : 0;
  query_end(query);
  char tag[48], base[48];
  call_tag(call, stamp, base);
  snprintf(tag, sizeof tag, "%.30s-%08x", base, (unsigned)(mark ^ mark >> 32));
  return db_failure(db) == DB_OK && answer_not_modified(call, tag);
}

bool answer_precondition(struct call *call, const char *tag) {
  const char *match = call->request->if_match, *none_match = call->request->if_none_match;
  if (match != NULL && (tag == NULL || !tag_listed(match, tag, false))) {
    answer_problem(call, "precondition-failed",
                   tag == NULL ? "there is no such record" : "the record has changed: its ETag is now \"%s\"", tag);
    return true;
  }
  if (none_match != NULL && tag != NULL && tag_listed(none_match, tag, true)) {
    answer_problem(call, "precondition-failed", "the record exists: its ETag is \"%s\"", tag);
    return true;
  }
  /* If-None-Match says which state is not meant. */
  if (match == NULL && tag != NULL && call->services->options.match_required) {
    answer_problem(call, "precondition-required", NULL);
    return true;
  }
  return false;
}

static char *put_hash(char *out, const json_t *value) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  char *text = memory_checked(json_dumps(value, JSON_COMPACT));
  crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
  free(text);
  sodium_bin2hex(out, TAG_HALF * 2 + 1, hash, TAG_HALF);
  return out + strlen(out);
}

void tag_of_json(json_t *value, const char *const *moving, char out[48]) {
  json_t *decided = memory_checked(json_copy(value));
  for (size_t i = 0; moving[i] != NULL; i++) {
    json_object_del(decided, moving[i]);
  }
  put_hash(text_put(put_hash(out, decided), "."), value);
  json_decref(decided);
}

void answer_tag_of_body(struct call *call) {
  unsigned char hash[crypto_generichash_BYTES_MIN];
  char tag[sizeof hash * 2 + 1];
  const struct blob *body = call->reply.body;
  crypto_generichash(hash, sizeof hash, (const unsigned char *)body->data, body->size, NULL, 0);
  sodium_bin2hex(tag, sizeof tag, hash, sizeof hash);
  if (answer_not_modified(call, tag)) {
    answer_blob(call, 304, NULL, NULL);
  }
}
