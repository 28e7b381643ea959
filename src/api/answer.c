/* Filling in a reply. Tags are the stamp of what is shown and a mark of the program that shows it, so that a new
 * release, which may render the same record in other bytes, never confirms an old copy. */
#include "api/call.h"

#include "api/ending.h"
#include "api/problem.h"
#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/language.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_HALF = 8 }; /* bytes of a hash */

const char media_json[] = "application/json; charset=utf-8", media_events[] = "text/event-stream";
static const char media_problem[] = "application/problem+json; charset=utf-8";

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

static void clear(struct reply *reply) {
  blob_drop(reply->body);
  *reply = (struct reply){0};
}

void answer_blob(struct call *call, int status, const char *content_type, struct blob *blob) {
  call->reply.status = status;
  call->reply.content_type = content_type;
  blob_drop(call->reply.body);
  call->reply.body = blob;
}

void answer_bytes(struct call *call, int status, const char *content_type, const char *bytes, size_t size) {
  answer_blob(call, status, content_type, bytes == NULL ? NULL : blob_new(bytes, size));
}

const char *answer_header_value(const struct call *call, const char *name) {
  for (size_t i = 0; i < call->reply.header_count; i++) {
    if (strcmp(call->reply.headers[i].name, name) == 0) {
      return call->reply.headers[i].value;
    }
  }
  return NULL;
}

static struct blob *dump(json_t *value) {
  char *text =
      memory_checked(json_dumps(memory_checked(value), JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)));
  struct blob *blob = blob_new(text, strlen(text));
  free(text);
  json_decref(value);
  return blob;
}

void answer_json(struct call *call, int status, json_t *value) {
  answer_blob(call, status, media_json, dump(value));
}

static void add_header(struct reply *reply, const char *name, const char *value) {
  if (reply->header_count < REPLY_HEADERS) {
    reply->headers[reply->header_count].name = name;
    reply->headers[reply->header_count++].value = value;
  }
}

void answer_header(struct call *call, const char *name, const char *value) {
  add_header(&call->reply, name, memory_copy(call->memory, value));
}

char *name_for_reader(const struct call *call, const void *memory, const char *name, const char *names) {
  json_t *known = call->request->accept_language == NULL ? NULL : json_loads(names, 0, NULL);
  const char *chosen = language_choose(known, call->request->accept_language);
  char *copy = memory_copy(memory, chosen == NULL ? name : chosen);
  json_decref(known);
  return copy;
}

/* -- problems ------------------------------------------------------------------------------------------------------ */

static void fill_problem(const void *memory, struct reply *reply, const char *request_id, const char *name,
                         const char *detail, const char *member, json_t *value) {
  const struct problem *problem = problem_find(name);
  if (problem == NULL) {
    problem = problem_find("internal-error");
  }
  json_t *body = json_object();
  json_object_set_new(body, "type", json_sprintf("/problems/%s", problem->name));
  json_object_set_new(body, "title", json_string(problem->title));
  json_object_set_new(body, "status", json_integer(problem->status));
  if (detail != NULL) {
    json_object_set_new(body, "detail", json_string(detail));
  }
  json_object_set_new(body, "instance", json_string(request_id));
  if (member != NULL) {
    json_object_set_new(body, member, value);
  }
  clear(reply);
  reply->status = problem->status;
  reply->content_type = media_problem;
  reply->body = dump(body);
  if (problem->status == 503) {
    add_header(reply, "Retry-After", memory_copy(memory, "1"));
  }
}

void answer_problem(struct call *call, const char *name, const char *format, ...) {
  char *detail = NULL;
  if (format != NULL) {
    va_list arguments;
    va_start(arguments, format);
    detail = memory_checked(talloc_vasprintf(call->memory, format, arguments));
    va_end(arguments);
  }
  fill_problem(call->memory, &call->reply, call->request->id, name, detail, NULL, NULL);
  if (call->reply.status == 401) {
    /* Offered Basic, a browser asks for name and password by itself, over a page that has a form for it. */
    bool page = call->request->csrf_token != NULL;
    add_header(&call->reply, "WWW-Authenticate",
               page ? "Bearer realm=\"entente\""
                    : "Bearer realm=\"entente\", Basic realm=\"entente\", charset=\"UTF-8\"");
  }
}

void answer_faults(struct call *call, const char *name) {
  size_t count = call->faults->count + call->faults->dropped;
  const char *detail = count == 1 ? call->faults->list[0].message : memory_print(call->memory, "%zu faults", count);
  if (count == 1) {
    detail = memory_print(call->memory, "%s: %s", call->faults->list[0].where, call->faults->list[0].message);
  }
  fill_problem(call->memory, &call->reply, call->request->id, name, detail, "errors", faults_json(call->faults));
}

void answer_problem_with(struct call *call, const char *name, const char *detail, const char *member, json_t *value) {
  fill_problem(call->memory, &call->reply, call->request->id, name, detail, member, value);
}

void api_problem(const void *memory, struct reply *reply, const char *request_id, const char *name,
                 const char *detail) {
  fill_problem(memory, reply, request_id, name, detail, NULL, NULL);
}

void answer_failure(struct call *call, enum db_failure failure) {
  switch (failure) {
  case DB_FULL:
    answer_problem(call, "storage-full", NULL);
    break;
  case DB_IO:
  case DB_FLUSH:
    answer_problem(call, "storage-failed", NULL);
    break;
  default:
    answer_problem(call, "internal-error", NULL);
  }
}

void api_not_saved(struct call *call, int outcome) {
  if (outcome != WRITE_UNKNOWN) {
    ending_undo(call);
  }
  switch (outcome) {
  case WRITE_FULL:
    answer_problem(call, "storage-full", NULL);
    break;
  case WRITE_UNKNOWN:
    answer_problem(call, "outcome-unknown", NULL);
    break;
  default:
    if (call->reply.status < 400) { /* what the handler said by itself stands */
      answer_problem(call, "storage-failed", NULL);
    }
  }
}

void api_refuse_busy(struct call *call) {
  ending_undo(call);
  answer_problem(call, "busy", NULL);
}

/* -- conditions ---------------------------------------------------------------------------------------------------- */

void call_tag(const struct call *call, int64_t stamp, char out[48]) {
  text_put(text_put(text_put_hex(out, (uint64_t)stamp), "-"), api_build_tag(call->api));
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
  if (match == NULL && tag != NULL && api_options(call->api)->match_required) {
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
