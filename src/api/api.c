/* A call goes through fixed stations: address, operation, caller, role; then query and body; then its handler. Each may
 * answer and so end the way. A handler finds everything checked. */
#include "api/call.h"

#include "api/idempotency.h"
#include "api/tokens.h"
#include "base/assets.h"
#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "contract/characters.h"
#include "contract/json.h"
#include "domain/formats.h"
#include "store/spill.h"

#include <libgen.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESSES = 1 << 17, DOCUMENT_CACHE_BYTES = 5 << 20, DOCUMENT_SPILL_BYTES = 256 << 20 };
enum { MESSAGE_MOST = 500 };

struct api {
  struct contract *contract;
  struct store *store;
  struct addresses *addresses;
  struct spill *spill;
  bool match_required;
  const struct handler **handlers; /* by operation */
  char build_tag[9];
  void (*add_metrics)(void *argument, struct text *out);
  void *metrics_argument;
};

static const struct handler handlers[] = {
    {"list", CALL_READ, handle_list},
    {"create", CALL_WRITE, handle_create},
    {"get", CALL_READ, handle_get},
    {"replace", CALL_WRITE, handle_replace},
    {"patch", CALL_WRITE, handle_patch},
    {"delete", CALL_WRITE, handle_delete},
    {"agreement-status", CALL_READ, handle_agreement_status},
    {"history", CALL_READ, handle_history},
    {"changes", CALL_READ, handle_changes},
    {"import", CALL_BACKGROUND, handle_import},
    {"token-list", CALL_READ, handle_token_list},
    {"token-create", CALL_WRITE, handle_token_create},
    {"token-revoke", CALL_WRITE, handle_token_revoke},
    {"backup", CALL_BACKGROUND, handle_backup},
    {"check", CALL_BACKGROUND, handle_check},
    {"health", CALL_READ, handle_health},
    {"ready", CALL_READ, handle_ready},
    {"metrics", CALL_READ, handle_metrics},
    {"contract-yaml", CALL_READ, handle_contract_yaml},
    {"contract-json", CALL_READ, handle_contract_json},
    {"problem", CALL_READ, handle_problem},
    {"page", CALL_READ, handle_page},
    {"asset", CALL_READ, handle_asset},
};
enum { HANDLERS = sizeof handlers / sizeof handlers[0] };

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
  sodium_bin2hex(api->build_tag, sizeof api->build_tag, hash, 4);
}

struct api *api_new(struct contract *contract, struct store *store, struct error *error) {
  struct api *api = memory_new(NULL, struct api);
  bool used[HANDLERS] = {false};
  api->contract = contract;
  api->store = store;
  api->addresses = addresses_new(api, ADDRESSES, store_changes(store));
  api->spill = spill_new(api, dirname(memory_copy(api, store_path(store))), DOCUMENT_SPILL_BYTES);
  api->handlers = memory_array(api, const struct handler *, contract->operation_count);
  for (size_t i = 0; i < contract->operation_count; i++) {
    const struct operation *operation = &contract->operations[i];
    for (size_t j = 0; j < HANDLERS; j++) {
      if (strcmp(handlers[j].name, operation->handler) == 0) {
        api->handlers[operation->index] = &handlers[j];
        used[j] = true;
      }
    }
    if (api->handlers[operation->index] == NULL) {
      error_set(error, "the contract's operation %s asks for a handler %s, which there is not", operation->id,
                operation->handler);
      talloc_free(api);
      return NULL;
    }
  }
  for (size_t j = 0; j < HANDLERS; j++) {
    if (!used[j]) {
      error_set(error, "no operation of the contract asks for the handler %s", handlers[j].name);
      talloc_free(api);
      return NULL;
    }
  }
  mark_build(api);
  return api;
}

void api_require_match(struct api *api, bool required) {
  api->match_required = required;
}

bool api_match_required(const struct api *api) {
  return api->match_required;
}

void api_free(struct api *api) {
  talloc_free(api);
}

const struct contract *api_contract(const struct api *api) {
  return api->contract;
}

struct store *api_store(const struct api *api) {
  return api->store;
}

const char *api_build_tag(const struct api *api) {
  return api->build_tag;
}

void api_metrics_source(struct api *api, void (*add)(void *argument, struct text *out), void *argument) {
  api->add_metrics = add;
  api->metrics_argument = argument;
}

void api_add_metrics(struct api *api, struct text *out) {
  if (api->add_metrics != NULL) {
    api->add_metrics(api->metrics_argument, out);
  }
}

/* -- workers ------------------------------------------------------------------------------------------------------- */

struct worker *worker_new(struct api *api, struct error *error) {
  struct worker *worker = memory_new(NULL, struct worker);
  worker->api = api;
  worker->addresses = api->addresses;
  worker->documents = documents_new(worker, DOCUMENT_CACHE_BYTES, api->spill);
  worker->tokens = tokens_new(worker, store_changes(api->store));
  worker->db = store_reader(api->store, error);
  if (worker->db == NULL) {
    talloc_free(worker);
    return NULL;
  }
  return worker;
}

void worker_free(struct worker *worker) {
  if (worker != NULL) {
    store_reader_close(worker->db);
    talloc_free(worker);
  }
}

void worker_cache_counts(const struct worker *worker, int64_t *hits, int64_t *misses) {
  *hits = atomic_load_explicit(&worker->cache_hits, memory_order_relaxed);
  *misses = atomic_load_explicit(&worker->cache_misses, memory_order_relaxed);
}

/* -- opening a call ------------------------------------------------------------------------------------------------ */

static int drop_body(struct call *call) {
  blob_drop(call->reply.body);
  json_decref(call->body);
  json_decref(call->normal);
  return 0;
}

static void authorize(struct call *call, struct worker *worker) {
  if (call->request->trusted) {
    call->principal = (struct principal){.role = ROLE_ADMIN, .name = "local"};
  } else if (call->request->authorization != NULL) {
    int64_t now = clock_now_ms();
    bool use_is_due, valid = tokens_principal(worker->tokens, worker->db, call->commits, call->request->authorization,
                                              call->request->peer, now, &call->principal, &use_is_due);
    enum db_failure failure = db_failure(worker->db);
    if (failure != DB_OK) {
      db_end_read(worker->db);
      answer_failure(call, failure);
      return;
    }
    if (use_is_due) {
      token_note_use(api_store(call->api), call->principal.id, now);
    }
    if (!valid && call->operation->role != ROLE_NONE) {
      answer_problem(call, "unauthorized", "the token is unknown, revoked, expired or not well formed");
      return;
    }
  }
  if (call->principal.role >= call->operation->role) {
    return;
  }
  if (call->principal.role == ROLE_NONE) {
    answer_problem(call, "unauthorized", NULL);
  } else {
    static const char *const names[] = {"", "reader", "editor", "admin"};
    answer_problem(call, "forbidden", "this needs the role %s, and the token has %s", names[call->operation->role],
                   names[call->principal.role]);
  }
}

static void route(struct call *call) {
  const char *why = NULL;
  call->uri = uri_read(call->memory, call->request->target, &why);
  if (call->uri == NULL) {
    answer_problem(call, "malformed-request", "the address: %s", why);
    return;
  }
  contract_route(call->api->contract, call->request->method, call->uri, &call->route);
  call->operation = call->route.operation;
  if (call->operation != NULL) {
    if (call->operation->resource != NULL) {
      call->resource = call->operation->resource;
    }
    call->handler = call->api->handlers[call->operation->index];
  } else if (call->route.allowed[0] == '\0') {
    answer_problem(call, "not-found", "there is nothing at %s", call->uri->path);
  } else if (strcmp(call->request->method, "OPTIONS") == 0) {
    answer_bytes(call, 204, NULL, NULL, 0);
    answer_header(call, "Allow", call->route.allowed);
  } else {
    answer_problem(call, "method-not-allowed", "%s takes %s", call->uri->path, call->route.allowed);
    answer_header(call, "Allow", call->route.allowed);
  }
}

struct call *api_open(struct api *api, struct worker *worker, const void *memory, const struct request *request) {
  struct call *call = memory_new(memory, struct call);
  talloc_set_destructor(call, drop_body);
  call->api = api;
  call->memory = call;
  call->request = request;
  call->commits = store_commits(api->store);
  route(call);
  if (call->reply.status == 0) {
    authorize(call, worker);
  }
  return call;
}

/* -- accepting a body ---------------------------------------------------------------------------------------------- */

/* Whether the header's media type, without its parameters, is that one. */
static bool media_is(const char *header, const char *type) {
  size_t length = strcspn(header, "; \t");
  return length == strlen(type) && strncasecmp(header, type, length) == 0;
}

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

static void read_body(struct call *call) {
  struct json_problem problem;
  call->body = json_read(call->request->body, call->request->body_size, &json_default_limits, &problem);
  if (call->body == NULL) {
    answer_problem(call, "malformed-json", "line %d, column %d: %s", problem.line, problem.column, problem.message);
    return;
  }
  /* A merge patch may hold any part of a document; it is checked once it is merged. */
  if (strcmp(call->operation->method, "PATCH") == 0) {
    if (!json_is_object(call->body)) {
      faults_add(call->faults, PLACE_BODY, "", "type", "must be an object");
    }
  } else {
    schema_check(call->operation->body, call->body, "", call->faults);
  }
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-body");
  } else if (call->resource != NULL && call->operation->body == call->resource->schema) {
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
  answer_problem(call, "unsupported-media-type", "this address takes %s", list);
  if (strcmp(call->operation->method, "PATCH") == 0) {
    answer_header(call, "Accept-Patch", list);
  }
}

static void refuse_format(struct call *call) {
  answer_problem(call, "not-acceptable", "this address answers with %s",
                 list_types(call, call->operation->answer_types));
}

static bool message_fits(const char *message) {
  return message == NULL ||
         (characters_clean(message, strlen(message), "") && characters_count(message, strlen(message)) <= MESSAGE_MOST);
}

void api_accept(struct call *call) {
  if (!accepts(call->request->accept, call->operation->answer_types)) {
    refuse_format(call);
    return;
  }
  if (call->faults == NULL) {
    call->faults = faults_new(call->memory);
  }
  contract_check_query(call->operation, call->uri, call->faults);
  if (call->faults->count > 0) {
    answer_faults(call, "invalid-parameter");
    return;
  }
  if (!message_fits(call->request->change_message)) {
    answer_problem(call, "malformed-request",
                   "X-Change-Message: must be UTF-8 of at most %d characters, none of them a control character",
                   MESSAGE_MOST);
    return;
  }
  if (!idempotency_accept(call)) {
    return;
  }
  if (call->operation->media_types == NULL) {
    return; /* a body that nobody asked for is not looked at */
  }
  if (call->request->body_size == 0) {
    if (call->operation->body_required) {
      answer_problem(call, "malformed-json", "a body is needed");
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

struct db *call_db(struct call *call) {
  if (call->db == NULL) {
    call->db = call->worker->db;
    db_begin_read(call->db);
  }
  return call->db;
}

static void end_reading(struct call *call) {
  if (call->db != NULL) {
    enum db_failure failure = db_failure(call->db);
    int64_t hits, misses;
    db_cache_counts(call->db, &hits, &misses);
    atomic_store_explicit(&call->worker->cache_hits, hits, memory_order_relaxed);
    atomic_store_explicit(&call->worker->cache_misses, misses, memory_order_relaxed);
    db_end_read(call->db);
    call->db = NULL;
    if (failure != DB_OK) {
      answer_failure(call, failure);
    }
  }
  call->worker = NULL;
}

void api_read(struct call *call, struct worker *worker) {
  call->worker = worker;
  call->handler->handle(call);
  end_reading(call);
}

void api_background(struct call *call, struct worker *worker) {
  api_read(call, worker);
}

bool api_write(struct call *call, struct db *db) {
  call->db = db;
  bool replayed = idempotency_replay(call);
  if (!replayed) {
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
  return call->reply.status < 400; /* a replay too: it may repeat what this very group is to keep */
}

struct reply *api_reply(struct call *call) {
  return &call->reply;
}

const struct operation *api_operation(const struct call *call) {
  return call->operation;
}

size_t api_body_limit(const struct call *call, size_t server_limit) {
  size_t own = call->operation == NULL ? 0 : call->operation->body_limit;
  return own > 0 ? own : server_limit;
}

const char *api_actor(const struct call *call) {
  return call->principal.name;
}
