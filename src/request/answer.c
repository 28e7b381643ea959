/* Filling in a reply: bytes, JSON, and problems (RFC 9457). */
#include "request/answer.h"

#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/language.h"
#include "request/call.h"
#include "request/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char media_json[] = "application/json; charset=utf-8", media_events[] = "text/event-stream";
static const char media_problem[] = "application/problem+json; charset=utf-8";

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

void reply_problem(const void *memory, struct reply *reply, const char *request_id, const char *name,
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

void answer_not_saved(struct call *call, int outcome) {
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
