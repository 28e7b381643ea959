/* What is not a record: the contract, explanations, the page, backup and check. */
#include "api/handlers.h"
#include "base/assets.h"
#include "base/blob.h"
#include "base/memory.h"
#include "base/text.h"
#include "records/agreements.h"
#include "request/answer.h"
#include "request/call.h"
#include "request/conditions.h"
#include "request/media.h"
#include "request/problem.h"
#include "request/services.h"
#include "store/search.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- the contract -------------------------------------------------------------------------------------------------- */

void handle_contract_yaml(struct call *call) {
  char tag[48];
  call_tag(call, 0, tag);
  if (!answer_not_modified(call, tag)) {
    const struct asset *file = asset_find("openapi.yaml");
    answer_bytes(call, 200, "application/yaml; charset=utf-8", file->data, file->size);
  }
}

void handle_contract_json(struct call *call) {
  char tag[48];
  call_tag(call, 1, tag);
  if (!answer_not_modified(call, tag)) {
    answer_json(call, 200, json_incref((json_t *)call->services->contract->document));
  }
}

/* -- explanations and the page ------------------------------------------------------------------------------------- */

void handle_problem(struct call *call) {
  const struct problem *problem = problem_find(call->route.values[0]);
  if (problem == NULL) {
    answer_problem(call, "not-found", "no problem has that name");
    return;
  }
  if (prefers(call->request->accept, "text/html", "application/json")) {
    struct text *page = text_new(call->memory);
    /* Everything here is a constant of this program and free of markup. */
    text_addf(page,
              "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title><link rel=\"stylesheet\" "
              "href=\"/assets/page.css\">"
              "<main><h1>%d %s</h1><p>%s</p></main></html>\n",
              problem->title, problem->status, problem->title, problem->explanation);
    answer_bytes(call, 200, "text/html; charset=utf-8", page->data, page->length);
    return;
  }
  answer_json(call, 200,
              json_pack("{s:o, s:s, s:i, s:s}", "type", json_sprintf("/problems/%s", problem->name), "title",
                        problem->title, "status", problem->status, "explanation", problem->explanation));
}

static const char *media_of(const char *path) {
  static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                         {".css", "text/css; charset=utf-8"},
                                         {".js", "text/javascript; charset=utf-8"},
                                         {".md", "text/plain; charset=utf-8"}, /* which every browser shows */
                                         {".svg", "image/svg+xml"}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    size_t length = strlen(path), ending = strlen(types[i][0]);
    if (length > ending && strcmp(path + length - ending, types[i][0]) == 0) {
      return types[i][1];
    }
  }
  return "application/octet-stream";
}

static void answer_asset(struct call *call, const char *folder, const char *name) {
  const char *path = memory_print(call->memory, "%s/%s", folder, name);
  const struct asset *file = asset_find(path);
  if (file == NULL) {
    answer_problem(call, "not-found", NULL);
    return;
  }
  answer_bytes(call, 200, media_of(path), file->data, file->size);
  answer_tag_of_body(call);
}

/* The path as a shell takes it for one word, as text of HTML. */
static void add_word(struct text *out, const char *path) {
  bool plain = path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-")] == '\0';
  text_add(out, plain ? "" : "'");
  for (const char *at = path; *at != '\0'; at++) {
    const char *written = *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '\'' ? "'\\''" : NULL;
    if (written != NULL) {
      text_add(out, written);
    } else {
      text_add_bytes(out, at, 1);
    }
  }
  text_add(out, plain ? "" : "'");
}

/* The hint how to make a token names the database of this server. */
void handle_page(struct call *call) {
  static const char mark[] = "{{db}}";
  const struct asset *file = asset_find("web/index.html");
  const char *path = store_path(call->services->store), *at = strstr(file->data, mark);
  struct text *page = text_new(call->memory);
  char whole[PATH_MAX];
  text_add_bytes(page, file->data, (size_t)(at - file->data));
  add_word(page, realpath(path, whole) == NULL ? path : whole);
  text_add(page, at + strlen(mark));
  answer_bytes(call, 200, media_of("index.html"), page->data, page->length);
}

void handle_asset(struct call *call) {
  if (strcmp(call->route.values[0], "index.html") == 0) {
    answer_problem(call, "not-found", "the page is at /");
    return;
  }
  answer_asset(call, "web", call->route.values[0]);
}

void handle_document(struct call *call) {
  answer_asset(call, "docs", call->route.values[0]);
}

/* -- backup and check ---------------------------------------------------------------------------------------------- */

void handle_backup(struct call *call) {
  struct error error;
  char *file = memory_print(call->memory, "%s.backup-%s", store_path(call->services->store), call->request->id);
  if (!store_backup(call->services->store, file, &error)) {
    answer_problem(call, error.full ? "storage-full" : "storage-failed", "%s", error.text);
    return;
  }
  answer_bytes(call, 200, "application/vnd.sqlite3", NULL, 0);
  answer_header(call, "Content-Disposition", "attachment; filename=\"entente.db\"");
  call->reply.file = file;
}

static void keep_line(void *argument, const char *line) {
  json_array_append_new(argument, json_string(line));
}

static void add_check(json_t *checks, const char *name, bool ok, json_t *lines) {
  struct text *detail = text_new(NULL);
  size_t index;
  json_t *line;
  json_array_foreach(lines, index, line) {
    text_addf(detail, "%s%s", index == 0 ? "" : "\n", json_string_value(line));
  }
  json_array_append_new(checks, json_pack("{s:s, s:b, s:s?}", "name", name, "ok", ok, "detail",
                                          detail->length == 0 ? NULL : detail->data));
  talloc_free(detail);
  json_array_clear(lines);
}

void handle_check(struct call *call) {
  json_t *checks = json_array(), *lines = owned_json(call->memory, json_array());
  struct db *db = call_db(call);
  bool whole = store_check(db, call->services->contract, keep_line, lines);
  add_check(checks, "database", whole, lines);
  bool standing = agreements_check(call->services, db, keep_line, lines);
  standing = store_checked(db, standing, "an agreement", keep_line, lines);
  add_check(checks, "standings", standing, lines);
  bool gapless = history_check(call->services, db, keep_line, lines);
  gapless = store_checked(db, gapless, "a record or the history", keep_line, lines);
  add_check(checks, "history", gapless, lines);
  bool found = search_check(db, call->services->contract, keep_line, lines);
  add_check(checks, "search", found, lines);
  bool unique = identifiers_check_unique(db, keep_line, lines);
  unique = store_checked(db, unique, "an identifier", keep_line, lines);
  add_check(checks, "identifiers", unique, lines);
  bool ok = whole && standing && gapless && found && unique;
  answer_json(call, 200, json_pack("{s:b, s:o}", "ok", ok, "checks", checks));
}
