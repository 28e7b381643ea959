/* The short commands: each is one request, and a few words about its answer. */
#include "base/memory.h"
#include "cli/ask.h"
#include "cli/tell.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Asks, and tells what went wrong; true when the answer is a success. The caller frees answered->json. */
static bool succeeded(const struct arguments *arguments, const struct asked *asked, struct answered *answered,
                      int *status) {
  struct error error;
  if (!ask(arguments, asked, answered, &error)) {
    *status = tell_error(arguments, &error);
    return false;
  }
  if (answered->status >= 300) {
    *status = tell_problem(arguments, answered->json);
    json_decref(answered->json);
    return false;
  }
  *status = EXIT_SUCCESS;
  return true;
}

static const char *text_of(const json_t *object, const char *member) {
  const char *text = json_string_value(json_object_get(object, member));
  return text == NULL ? "-" : text;
}

/* -- tokens -------------------------------------------------------------------------------------------------------- */

/* "a,b" as ["a","b"]; what is empty, or not even text, is an item that will be refused. */
static json_t *list_of(const char *text) {
  json_t *list = json_array();
  while (text != NULL) {
    size_t length = strcspn(text, ",");
    json_t *item = json_stringn(text, length);
    json_array_append_new(list, item == NULL ? json_string("") : item);
    text = text[length] == ',' ? text + length + 1 : NULL;
  }
  return list;
}

/* Gives the member the flag's number, if the flag is there; what is too large is refused by whoever is asked. */
static bool set_number(json_t *body, const char *member, const struct arguments *arguments, const char *flag) {
  const char *text = argument(arguments, flag);
  if (text == NULL) {
    return true;
  }
  size_t length = strlen(text);
  if (length == 0 || length > 18 || strspn(text, "0123456789") != length) {
    tell_mistake(arguments, "--%s must be a whole number, not %s", flag, text);
    return false;
  }
  json_object_set_new(body, member, json_integer(strtoll(text, NULL, 10)));
  return true;
}

int run_token_create(const struct arguments *arguments) {
  const char *role = argument(arguments, "role"), *name = argument(arguments, "name");
  if (role == NULL || name == NULL) {
    return role != NULL   ? tell_mistake(arguments, "--name is required")
           : name != NULL ? tell_mistake(arguments, "--role is required")
                          : tell_mistake(arguments, "--role and --name are required");
  }
  json_t *body = json_pack("{s:s, s:s, s:s?, s:s?}", "role", role, "name", name, "expires_at",
                           argument(arguments, "expires-at"), "query", argument(arguments, "query"));
  if (body == NULL) {
    return tell_mistake(arguments, "--name, --query or --expires-at is not UTF-8");
  }
  json_object_set_new(body, "networks", list_of(argument(arguments, "networks")));
  if (!set_number(body, "requests_per_minute", arguments, "requests-per-minute") ||
      !set_number(body, "writes_per_minute", arguments, "writes-per-minute")) {
    json_decref(body);
    return EXIT_USAGE;
  }
  char *text = memory_checked(json_dumps(body, JSON_COMPACT));
  struct asked asked = {.method = "POST",
                        .target = "/v1/tokens",
                        .content_type = "application/json",
                        .body = text,
                        .body_size = strlen(text)};
  struct answered answered;
  int status;
  if (succeeded(arguments, &asked, &answered, &status)) {
    if (arguments->json) {
      tell_json(answered.json);
    } else {
      printf("%s\n", text_of(answered.json, "token"));
    }
    json_decref(answered.json);
  }
  free(text);
  json_decref(body);
  return status;
}

int run_token_list(const struct arguments *arguments) {
  struct asked asked = {.method = "GET", .target = "/v1/tokens"};
  struct answered answered;
  int status;
  if (!succeeded(arguments, &asked, &answered, &status)) {
    return status;
  }
  if (arguments->json) {
    tell_json_new(answered.json);
    return status;
  }
  static const char row[] = "%-30s  %-7s  %-24s  %-24s  %-24s  %s%s\n";
  printf(row, "ID", "ROLE", "CREATED", "USED", "ENDS", "NAME", "");
  size_t index;
  json_t *token;
  json_array_foreach(json_object_get(answered.json, "items"), index, token) {
    bool revoked = json_is_string(json_object_get(token, "revoked_at"));
    printf(row, text_of(token, "id"), text_of(token, "role"), text_of(token, "created_at"),
           text_of(token, "last_used_at"), text_of(token, revoked ? "revoked_at" : "expires_at"),
           text_of(token, "name"), revoked ? " (revoked)" : "");
  }
  json_decref(answered.json);
  return status;
}

int run_token_revoke(const struct arguments *arguments) {
  char target[128];
  const char *id = arguments->words[0];
  if (strlen(id) > 64 || strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(id)) {
    return tell_mistake(arguments, "%s is not a token's id (entente token list shows them)", id);
  }
  snprintf(target, sizeof target, "/v1/tokens/%s", id);
  /* In whatever state it is; so a condition fails only where it is not there. */
  struct asked asked = {.method = "DELETE", .target = target, .if_match = "*"};
  struct answered answered;
  struct error error;
  if (!ask(arguments, &asked, &answered, &error)) {
    return tell_error(arguments, &error);
  }
  int status = EXIT_SUCCESS;
  if (answered.status == 412) {
    status = tell_failure(arguments, "there is no token %s (entente token list shows them)", id);
  } else if (answered.status >= 300) {
    status = tell_problem(arguments, answered.json);
  } else if (arguments->json) {
    tell_json_new(json_pack("{s:s, s:b}", "id", id, "revoked", 1));
  }
  json_decref(answered.json);
  return status;
}

/* -- the file ------------------------------------------------------------------------------------------------------ */

/* A path in a result; null when it is not UTF-8. */
static json_t *path_json(const char *path) {
  json_t *text = json_string(path);
  return text == NULL ? json_null() : text;
}

static bool take_to_stdout(void *reason, const char *bytes, size_t size) {
  if (fwrite(bytes, 1, size, stdout) != size) {
    *(int *)reason = errno;
  }
  return *(int *)reason == 0;
}

static int backup_to_stdout(const struct arguments *arguments) {
  if (arguments->json) {
    return tell_mistake(arguments, "--json needs a FILE: standard output is the backup itself");
  }
  if (isatty(STDOUT_FILENO) == 1) {
    return tell_mistake(arguments, "standard output is a terminal, and a backup is binary: name a FILE");
  }
  int reason = 0;
  struct asked asked = {.method = "GET", .target = "/v1/backup", .take = take_to_stdout, .taker = &reason};
  struct answered answered;
  struct error error;
  if (!ask(arguments, &asked, &answered, &error)) {
    return reason != 0 ? tell_unwritten(arguments, reason) : tell_error(arguments, &error);
  }
  int status = answered.status == 200 ? EXIT_SUCCESS : tell_problem(arguments, answered.json);
  json_decref(answered.json);
  return status;
}

int run_backup(const struct arguments *arguments) {
  struct error error;
  if (strcmp(arguments->words[0], "-") == 0) {
    return backup_to_stdout(arguments);
  }
  if (!store_may_replace(argument(arguments, "db"), arguments->words[0], &error)) {
    return tell_error(arguments, &error);
  }
  struct asked asked = {.method = "GET", .target = "/v1/backup", .save_as = arguments->words[0]};
  struct answered answered;
  int status;
  if (succeeded(arguments, &asked, &answered, &status)) {
    if (arguments->json) {
      tell_json_new(json_pack("{s:o}", "file", path_json(arguments->words[0])));
    }
    json_decref(answered.json);
  }
  return status;
}

/* What entente check finds to be wrong with what a backup must have kept. How agreements stand is not looked at: that
 * is brought up to the day, and to this version's rules, when the database is served. */
static bool check_copy(void *argument, const char *copy, struct error *error) {
  (void)argument;
  static const char *const kept[] = {"database", "history", "search"};
  struct asked asked = {.method = "GET", .target = "/v1/check"};
  struct answered answered;
  if (!ask_database(copy, &asked, &answered, error)) {
    return false;
  }
  size_t index;
  json_t *check;
  bool fine = answered.status == 200 || error_set(error, "it cannot be checked");
  json_array_foreach(json_object_get(answered.json, "checks"), index, check) {
    for (size_t i = 0; fine && i < sizeof kept / sizeof kept[0]; i++) {
      fine = strcmp(text_of(check, "name"), kept[i]) != 0 || json_is_true(json_object_get(check, "ok")) ||
             error_set(error, "%s: %.300s", kept[i], text_of(check, "detail"));
    }
  }
  json_decref(answered.json);
  return fine;
}

int run_restore(const struct arguments *arguments) {
  struct error error;
  const char *db = argument(arguments, "db");
  if (!store_restore(db, arguments->words[0], check_copy, NULL, &error)) {
    return tell_error(arguments, &error);
  }
  char *kept = store_kept(NULL, db);
  bool is_kept = access(kept, F_OK) == 0;
  if (arguments->json) {
    tell_json_new(json_pack("{s:o, s:o}", "file", path_json(db), "kept", is_kept ? path_json(kept) : json_null()));
  } else if (is_kept) {
    fprintf(stderr, "entente: the old database is kept as %s\n", kept);
  }
  talloc_free(kept);
  return EXIT_SUCCESS;
}

int run_check(const struct arguments *arguments) {
  struct asked asked = {.method = "GET", .target = "/v1/check"};
  struct answered answered;
  int status;
  if (!succeeded(arguments, &asked, &answered, &status)) {
    return status;
  }
  if (arguments->json) {
    tell_json(answered.json);
  }
  size_t index;
  json_t *check;
  json_array_foreach(arguments->json ? NULL : json_object_get(answered.json, "checks"), index, check) {
    bool ok = json_is_true(json_object_get(check, "ok"));
    printf("%-12s %s\n", text_of(check, "name"), ok ? "ok" : "WRONG");
    if (!ok) {
      printf("%s\n", text_of(check, "detail"));
    }
  }
  status = json_is_true(json_object_get(answered.json, "ok")) ? EXIT_SUCCESS : EXIT_FAILED;
  json_decref(answered.json);
  return status;
}

int run_healthcheck(const struct arguments *arguments) {
  struct error error;
  long status = 0;
  bool secure = argument(arguments, "tls-cert") != NULL;
  if (!ask_address(argument(arguments, "listen"), secure, "/readyz", &status, &error)) {
    return tell_error(arguments, &error);
  }
  if (status != 200) {
    return tell_failure(arguments, "the server at %s is not ready", argument(arguments, "listen"));
  }
  if (arguments->json) {
    tell_json_new(json_pack("{s:b}", "ready", 1));
  }
  return EXIT_SUCCESS;
}
