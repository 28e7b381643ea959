/* A call goes through fixed stations: address, operation, caller, role; then query and body; then its handler. Each may
 * answer and so end the way. A handler finds everything checked. */
#include "api/api.h"

#include "access/caller.h"
#include "access/limits.h"
#include "access/revocations.h"
#include "access/session.h"
#include "access/tickets.h"
#include "access/tokens.h"
#include "api/handlers.h"
#include "base/assets.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/mask.h"
#include "base/memory.h"
#include "base/text.h"
#include "changes/feed.h"
#include "contract/json.h"
#include "domain/formats.h"
#include "records/agreements.h"
#include "records/doubts.h"
#include "request/answer.h"
#include "request/idempotency.h"
#include "request/media.h"
#include "request/services.h"
#include "request/snapshots.h"
#include "store/disk_cache.h"

#include <libgen.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESSES = 1 << 17, DOCUMENT_CACHE_BYTES = 5 << 20, DISK_CACHE_BYTES = 256 << 20 };

struct api {
  struct services services;
  struct contract *contract;
  const struct handler **handlers; /* by operation */
};

struct contract *api_load_contract(struct error *error) {
  const struct asset *file = asset_find("openapi.yaml");
  return contract_load(file->data, file->size, domain_formats, error);
}

/* A mark of everything that decides how a document is written: the contract and the views. */
static void mark_build(struct api *api) {
  crypto_generichash_state state;
  unsigned char hash[16];
  crypto_generichash_init(&state, NULL, 0, sizeof hash);
  const struct asset *file = asset_find("openapi.yaml");
  crypto_generichash_update(&state, (const unsigned char *)file->data, file->size);
  for (size_t i = 0; (file = asset_below("sql/", i)) != NULL; i++) {
    crypto_generichash_update(&state, (const unsigned char *)file->data, file->size);
  }
  crypto_generichash_final(&state, hash, sizeof hash);
  sodium_bin2hex(api->services.build_tag, sizeof api->services.build_tag, hash, 4);
}

/* Finds each operation's handler; every one of both must have the other. */
static bool bind_handlers(struct api *api, struct error *error) {
  bool *used = memory_array(api, bool, handler_count);
  const struct contract *contract = api->contract;
  api->handlers = memory_array(api, const struct handler *, contract->operation_count);
  for (size_t i = 0; i < contract->operation_count; i++) {
    const struct operation *operation = &contract->operations[i];
    for (size_t j = 0; j < handler_count; j++) {
      if (strcmp(handlers[j].name, operation->handler) == 0) {
        api->handlers[operation->index] = &handlers[j];
        used[j] = true;
      }
    }
    if (api->handlers[operation->index] == NULL) {
      return error_set(error, "the contract's operation %s asks for a handler %s, which there is not", operation->id,
                       operation->handler);
    }
  }
  for (size_t j = 0; j < handler_count; j++) {
    if (!used[j]) {
      return error_set(error, "no operation of the contract asks for the handler %s", handlers[j].name);
    }
  }
  return true;
}

struct api *api_new(struct contract *contract, struct store *store, const struct service_options *options,
                    struct error *error) {
  struct api *api = memory_new(NULL, struct api);
  rules_bind(contract);
  api->contract = contract;
  api->services.contract = contract;
  api->services.store = store;
  api->services.options = *options;
  if (!bind_handlers(api, error) ||
      (!agreements_set_windows(&api->services) && !error_set(error, "the settings of the registry cannot be read"))) {
    talloc_free(api);
    return NULL;
  }
  api->services.addresses = addresses_new(api, ADDRESSES, store_changes(store));
  api->services.disk_cache = disk_cache_new(api, dirname(memory_copy(api, store_path(store))), DISK_CACHE_BYTES);
  api->services.limits = limits_new(api);
  api->services.revocations = revocations_new(api);
  api->services.feed = feed_new(api, store);
  api->services.snapshots = snapshots_new(api, store);
  api->services.tickets = tickets_new(api);
  mark_build(api);
  return api;
}

void api_free(struct api *api) {
  talloc_free(api);
}

const struct services *api_services(const struct api *api) {
  return &api->services;
}

bool api_tick(struct api *api) {
  return agreements_tick(&api->services);
}

void api_metrics_source(struct api *api, void (*add)(void *argument, struct text *out), void *argument) {
  api->services.add_metrics = add;
  api->services.metrics_argument = argument;
}

/* -- workers ------------------------------------------------------------------------------------------------------- */

struct worker *worker_new(struct api *api, struct error *error) {
  struct worker *worker = memory_new(NULL, struct worker);
  worker->services = &api->services;
  worker->tokens = tokens_new(worker, store_changes(api->services.store),
                              (int64_t)api->services.options.session_idle_seconds * 1000);
  worker->whole.addresses = api->services.addresses;
  worker->whole.documents = documents_new(worker, DOCUMENT_CACHE_BYTES, api->services.disk_cache);
  worker->whole.db = store_reader(api->services.store, error);
  worker->open.open = true;
  if (api->services.options.open && worker->whole.db != NULL) {
    worker->open.db = store_public_reader(api->services.store, error);
  }
  if (worker->whole.db == NULL || (api->services.options.open && worker->open.db == NULL)) {
    worker_free(worker);
    return NULL;
  }
  return worker;
}

void worker_free(struct worker *worker) {
  if (worker != NULL) {
    store_reader_close(worker->whole.db);
    store_reader_close(worker->open.db);
    talloc_free(worker);
  }
}

void worker_cache_counts(const struct worker *worker, int64_t *hits, int64_t *misses) {
  *hits = *misses = 0;
  const struct visibility *visibilities[] = {&worker->whole, &worker->open};
  for (size_t i = 0; i < sizeof visibilities / sizeof visibilities[0]; i++) {
    *hits += atomic_load_explicit(&visibilities[i]->cache_hits, memory_order_relaxed);
    *misses += atomic_load_explicit(&visibilities[i]->cache_misses, memory_order_relaxed);
  }
}

/* -- opening a call ------------------------------------------------------------------------------------------------ */

static int drop_body(struct call *call) {
  blob_drop(call->reply.body);
  json_decref(call->body);
  json_decref(call->normal);
  talloc_free(call->chunks);
  return 0;
}

/* The address as it may be told: problems are kept and passed on. */
static const char *shown_path(struct call *call) {
  size_t length = strlen(call->uri->path);
  char *out = memory_array(call->memory, char, length + 1);
  mask_path(call->uri->path, length, out, length + 1);
  return out;
}

static void route(const struct api *api, struct call *call) {
  const char *why = NULL;
  if (strcmp(call->request->method, "OPTIONS") == 0 && strcmp(call->request->target, "*") == 0) {
    answer_bytes(call, 204, NULL, NULL, 0);
    answer_header(call, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return;
  }
  call->uri = uri_read(call->memory, call->request->target, &why);
  if (call->uri == NULL) {
    answer_problem(call, "malformed-request", "the address: %s", why);
    return;
  }
  contract_route(call->services->contract, call->request->method, call->uri, &call->route);
  call->operation = call->route.operation;
  if (call->operation != NULL) {
    if (call->operation->resource != NULL) {
      call->resource = call->operation->resource;
    }
    call->handler = api->handlers[call->operation->index];
  } else if (call->route.allowed[0] == '\0') {
    answer_problem(call, "not-found", "there is nothing at %s", shown_path(call));
  } else if (strcmp(call->request->method, "OPTIONS") == 0) {
    answer_bytes(call, 204, NULL, NULL, 0);
    answer_header(call, "Allow", call->route.allowed);
  } else {
    answer_problem(call, "method-not-allowed", "%s takes %s", shown_path(call), call->route.allowed);
    answer_header(call, "Allow", call->route.allowed);
  }
}

struct call *api_open(struct api *api, struct worker *worker, const void *memory, const struct request *request) {
  struct call *call = memory_new(memory, struct call);
  talloc_set_destructor(call, drop_body);
  call->services = &api->services;
  call->memory = call;
  call->request = request;
  call->worker = worker;
  call->commits = store_commits(api->services.store);
  route(api, call);
  if (request->on_reserve && (call->operation == NULL || !call->operation->unlimited)) {
    answer_problem(call, "too-many-connections", NULL);
    return call;
  }
  caller_admit(call, worker);
  call->admitted_ns = clock_monotonic_ns();
  return call;
}

/* -- accepting a body ---------------------------------------------------------------------------------------------- */

static bool media_taken(struct call *call) {
  const char *const *types = call->operation->media_types, *header = call->request->content_type;
  bool takes_json = call->operation->body != NULL;
  if (header == NULL) {
    return takes_json && call->request->form_is_json;
  }
  if (takes_json && call->request->form_is_json && media_is(header, "application/x-www-form-urlencoded")) {
    return true;
  }
  for (; *types != NULL; types++) {
    if (media_is(header, *types)) {
      return true;
    }
  }
  return false;
}

/* An empty text is no broken JSON: whoever reads it says what it lacks. */
static bool is_text(struct call *call) {
  const char *header = call->request->content_type;
  return header != NULL && strncasecmp(header, "text/", strlen("text/")) == 0 && media_taken(call);
}

/* Which database the caller sees. */
static void begin_reading(struct call *call, struct worker *worker) {
  call->worker = worker;
  call->visibility = api_from_nobody(call) && call->services->options.open ? &worker->open : &worker->whole;
}

/* Answers with what the contract has found wrong, and with what only the handler can find. */
static void refuse(struct call *call, const char *problem) {
  if (call->handler->find_faults != NULL) {
    begin_reading(call, call->worker);
    call->limited = true;
    call->handler->find_faults(call);
    call->limited = false;
  }
  answer_faults(call, problem);
}

static void read_body(struct call *call) {
  struct json_problem problem;
  call->body = json_read(call->request->body, call->request->body_size, &json_default_limits, &problem);
  if (call->body == NULL) {
    answer_problem(call, "malformed-json", "line %d, column %d: %s", problem.line, problem.column, problem.message);
    return;
  }
  bool patch = strcmp(call->operation->method, "PATCH") == 0;
  const struct schema *whole = patch && call->resource != NULL ? call->resource->schema : call->operation->body;
  schema_tidy(whole, call->body);
  faults_locate(call->faults, call->body);
  /* A merge patch may hold any part of a document; it is checked once it is merged. */
  if (patch && !json_is_object(call->body)) {
    faults_add(call->faults, PLACE_BODY, "", "type", "must be an object");
  } else if (!patch) {
    schema_check(call->operation->body, call->body, "", call->faults);
  }
  if (call->faults->count > 0) {
    call->normal = schema_remainder(call->operation->body, call->body, call->faults);
    refuse(call, "invalid-body");
    return;
  }
  call->warning = doubts_header(call->memory, whole, call->body);
  if (call->resource != NULL && call->operation->body == call->resource->schema) {
    call->normal = schema_normal(call->operation->body, call->body);
  }
}

/* "application/json, text/html" */
static const char *list_types(struct call *call, const char *const *types) {
  struct text *list = text_new(call->memory);
  for (; *types != NULL; types++) {
    text_addf(list, "%s%s", list->length == 0 ? "" : ", ", *types);
  }
  return list->data;
}

static void refuse_media(struct call *call) {
  const char *list = list_types(call, call->operation->media_types);
  answer_problem(call, "unsupported-media-type", "this path accepts %s", list);
  if (strcmp(call->operation->method, "PATCH") == 0) {
    answer_header(call, "Accept-Patch", list);
  }
}

static void refuse_format(struct call *call) {
  answer_problem(call, "not-acceptable", "this path returns %s", list_types(call, call->operation->answer_types));
}

/* Of a write, a header that it does not take would promise too much if it were passed over. */
static void check_promise(struct call *call, const char *name, const char *value, const char *where) {
  if (value != NULL && strcmp(call->operation->method, "GET") != 0 && !contract_takes_header(call->operation, name)) {
    faults_add(call->faults, PLACE_HEADER, name, "unknown", "is accepted only if %s", where);
  }
}

static void check_request(struct call *call) {
  bool named = call->uri != NULL && contract_parameter(call->operation, call->uri, "format") != NULL;
  if (!named && !accepts(call->request->accept, call->operation->answer_types)) {
    refuse_format(call);
    return;
  }
  if (call->faults == NULL) {
    call->faults = faults_new(call->memory);
  }
  contract_check_query(call->operation, call->uri, call->faults);
  contract_check_header(call->operation, "X-Change-Message", call->request->change_message, call->faults);
  contract_check_header(call->operation, "Idempotency-Key", call->request->idempotency_key, call->faults);
  check_promise(call, "If-Match", call->request->if_match, "the record that is changed has an ETag");
  check_promise(call, "Idempotency-Key", call->request->idempotency_key, "a record is created");
  contract_check_header(call->operation, "Last-Event-ID", call->request->last_event_id, call->faults);
  if (call->faults->count > 0) {
    refuse(call, "invalid-parameter");
    return;
  }
  if (call->operation->media_types == NULL) {
    return; /* a body that nobody asked for is not looked at */
  }
  if (call->request->body_size == 0 && !is_text(call)) {
    if (call->operation->body_required) {
      answer_problem(call, "malformed-json", "a body is required");
    }
    return;
  }
  if (!media_taken(call)) {
    refuse_media(call);
  } else if (call->operation->body != NULL && call->handler->kind != CALL_BACKGROUND) {
    read_body(call);
  }
}

/* -- answering ----------------------------------------------------------------------------------------------------- */

enum call_kind api_kind(const struct call *call) {
  return call->handler->kind;
}

bool api_from_nobody(const struct call *call) {
  return call->principal.role == ROLE_NONE;
}

/* How it ended; what failed is answered, but for DB_LONG. */
static enum db_failure end_reading(struct call *call) {
  enum db_failure failure = DB_OK;
  if (call->db != NULL) {
    failure = db_failure(call->db);
    int64_t hits, misses;
    db_cache_counts(call->db, &hits, &misses);
    atomic_store_explicit(&call->visibility->cache_hits, hits, memory_order_relaxed);
    atomic_store_explicit(&call->visibility->cache_misses, misses, memory_order_relaxed);
    db_end_read(call->db);
    call->db = NULL;
    if (failure != DB_OK && failure != DB_LONG) {
      answer_failure(call, failure);
    }
  }
  call->worker = NULL;
  call->visibility = NULL;
  return failure;
}

/* Whether so long has passed since the caller was found that a token may have ended meanwhile; and then, whether it
 * has, with an answer. */
static bool has_ended(struct call *call, struct worker *worker) {
  if (clock_monotonic_ns() - call->admitted_ns < CALLER_BELIEVED_NS || caller_still_admitted(call, worker)) {
    return false;
  }
  caller_answer_refused(call);
  return true;
}

void api_accept(struct call *call) {
  if (has_ended(call, call->worker)) {
    return;
  }
  check_request(call);
  if (call->handler->accept != NULL) {
    call->handler->accept(call);
  }
  end_reading(call);
}

void api_read(struct call *call, struct worker *worker) {
  begin_reading(call, worker);
  call->handler->handle(call);
  end_reading(call);
}

bool api_read_limited(struct call *call, struct worker *worker) {
  begin_reading(call, worker);
  call->limited = true;
  call->handler->handle(call);
  call->limited = false;
  call->timed_out = end_reading(call) == DB_LONG || call->timed_out;
  if (!call->timed_out) {
    return true;
  }
  call->timed_out = false;
  blob_drop(call->reply.body);
  call->reply = (struct reply){0};
  call->faults = faults_new(call->memory);
  return false;
}

void api_background(struct call *call, struct worker *worker) {
  if (!has_ended(call, worker)) { /* it may have waited for its turn */
    api_read(call, worker);
  }
}

void api_not_saved(struct call *call, int outcome) {
  if (outcome != WRITE_UNKNOWN) {
    revocation_undo(call);
  }
  answer_not_saved(call, outcome);
}

void api_refuse_busy(struct call *call) {
  revocation_undo(call);
  answer_problem(call, "busy", NULL);
}

bool api_write(struct call *call, struct db *db) {
  call->db = db;
  if (!caller_holds(call, db)) { /* it may have ended while the write waited for its turn */
    caller_answer_refused(call);
  } else if (!idempotency_replay(call)) {
    call->handler->handle(call);
    idempotency_record(call);
  }
  call->db = NULL;
  enum db_failure failure = db_failure(db);
  if (failure != DB_OK) {
    answer_failure(call, failure);
  } else if (call->reply.status == 0) {
    answer_problem(call, "internal-error", NULL);
  }
  if (call->reply.status >= 400) {
    revocation_undo(call);
  } else if (call->warning != NULL) {
    answer_header(call, "Warning", call->warning);
  }
  return call->reply.status < 400; /* a replay too: it may repeat what this very group is to keep */
}

struct reply *api_reply(struct call *call) {
  return &call->reply;
}

const struct operation *api_operation(const struct call *call) {
  return call->operation;
}

size_t api_body_limit(const struct call *call, size_t server_limit, bool local) {
  const struct operation *operation = call->operation;
  size_t own = operation == NULL ? 0 : operation->body_limit;
  own = local && operation != NULL && operation->local_body_limit > 0 ? operation->local_body_limit : own;
  return own > 0 ? own : server_limit;
}

const char *api_actor(const struct call *call) {
  return call->principal.name;
}

const char *api_limits_left(const struct call *call) {
  return call->limits_left;
}

const char *api_limits_policy(const struct call *call) {
  return call->limits_policy;
}
