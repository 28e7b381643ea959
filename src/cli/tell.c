/* A server names members of a body and parameters of an address; a person wrote flags. A flag has the name of its
 * member or parameter, with dashes: `expires_at` is --expires-at. */
#include "cli/tell.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

enum { FAULTS_SHOWN = 20, MESSAGE_SIZE = 1024 };

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

void tell_json(const json_t *document) {
  json_dumpf(document, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
  putchar('\n');
}

void tell_json_new(json_t *document) {
  tell_json(document);
  json_decref(document);
}

static int __attribute__((format(printf, 4, 0)))
tell(const struct arguments *arguments, int status, const char *title, const char *format, va_list values) {
  char message[MESSAGE_SIZE];
  vsnprintf(message, sizeof message, format, values);
  if (arguments->json) {
    json_t *detail = json_string(message);
    json_t *problem = json_pack("{s:s, s:s, s:o}", "type", "about:blank", "title", title, "detail",
                                detail == NULL ? json_string("what was given is not UTF-8") : detail);
    tell_json(problem);
    json_decref(problem);
  } else if (arguments->command == NULL) {
    fprintf(stderr, "entente: %s\n", message);
  } else {
    fprintf(stderr, "entente %s: %s\n", arguments->command->name, message);
  }
  return status;
}

int tell_mistake(const struct arguments *arguments, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int status = tell(arguments, EXIT_USAGE, "The command line is wrong", format, values);
  va_end(values);
  return status;
}

int tell_failure(const struct arguments *arguments, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int status = tell(arguments, EXIT_FAILED, "The command failed", format, values);
  va_end(values);
  return status;
}

int tell_error(const struct arguments *arguments, const struct error *error) {
  return tell_failure(arguments, "%s", error->text);
}

/* The flag whose value a fault is about; NULL when it is about none, but about a record of an import. */
static const struct flag *flag_of(const struct arguments *arguments, const json_t *fault) {
  if (json_object_get(fault, "line") != NULL) {
    return NULL;
  }
  const char *where = text_of(fault, "parameter");
  if (where == NULL && (where = text_of(fault, "pointer")) != NULL && where[0] == '/') {
    where++;
  }
  if (where == NULL) {
    return NULL;
  }
  char name[64];
  size_t length = strcspn(where, "/");
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), where);
  for (char *at = name; (at = strchr(at, '_')) != NULL;) {
    *at = '-';
  }
  for (const struct flag *flag = arguments->command->flags; flag->name != NULL; flag++) {
    if (strcmp(flag->name, name) == 0) {
      return flag;
    }
  }
  return NULL;
}

/* Tells each fault as one of a flag; false, with nothing told, when one is about something else. */
static bool tell_flags(const struct arguments *arguments, const json_t *faults) {
  size_t count = json_array_size(faults);
  for (size_t i = 0; i < count; i++) {
    if (flag_of(arguments, json_array_get(faults, i)) == NULL) {
      return false;
    }
  }
  for (size_t i = 0; i < count; i++) {
    json_t *fault = json_array_get(faults, i);
    const char *name = flag_of(arguments, fault)->name, *message = text_of(fault, "message");
    if (arguments->json) {
      json_object_set_new(fault, "flag", json_sprintf("--%s", name));
      json_object_del(fault, "pointer");
      json_object_del(fault, "parameter");
    } else {
      fprintf(stderr, "entente %s: --%s %s\n", arguments->command->name, name, message);
    }
  }
  return count > 0;
}

static void tell_fault(const json_t *fault) {
  const json_t *line = json_object_get(fault, "line");
  const char *where = text_of(fault, "column");
  where = where != NULL ? where : text_of(fault, "pointer");
  where = where != NULL ? where : text_of(fault, "parameter");
  if (json_is_integer(line)) {
    fprintf(stderr, "line %lld: ", (long long)json_integer_value(line));
  }
  fprintf(stderr, "%s%s%s\n", where == NULL ? "" : where, where == NULL || where[0] == '\0' ? "" : " ",
          text_of(fault, "message"));
}

void tell_faults(const json_t *faults, size_t count) {
  size_t shown = 0;
  for (; shown < json_array_size(faults) && shown < FAULTS_SHOWN; shown++) {
    tell_fault(json_array_get(faults, shown));
  }
  if (count > shown) {
    fprintf(stderr, "and %zu more\n", count - shown);
  }
}

int tell_problem(const struct arguments *arguments, const json_t *problem) {
  json_t *faults = json_object_get(problem, "errors");
  const char *title = text_of(problem, "title"), *detail = text_of(problem, "detail");
  if (title == NULL) {
    return tell_failure(arguments, "the server gave no reason");
  }
  bool flags = tell_flags(arguments, faults);
  if (arguments->json) {
    tell_json(problem);
  } else if (!flags) {
    /* Where there are many, not all are listed; the detail begins with their number. */
    size_t listed = json_array_size(faults), all = detail == NULL || listed == 0 ? 0 : strtoul(detail, NULL, 10);
    json_int_t answered = json_integer_value(json_object_get(problem, "status"));
    bool of_http = detail != NULL && (answered == 400 || answered == 415 || answered == 422); /* so is their title */
    tell_faults(faults, listed > all ? listed : all);
    fprintf(stderr, "entente %s: %s%s%s\n", arguments->command->name, of_http ? "" : title,
            detail == NULL || of_http ? "" : ": ", detail == NULL ? "" : detail);
  }
  return flags ? EXIT_USAGE : EXIT_FAILED;
}

int tell_unwritten(const struct arguments *arguments, int reason) {
  if (reason == EPIPE) {
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
  }
  __fpurge(stdout); /* so that it is told once */
  clearerr(stdout);
  fprintf(stderr, "entente%s%s: standard output: %s\n", arguments->command == NULL ? "" : " ",
          arguments->command == NULL ? "" : arguments->command->name, strerror(reason));
  return EXIT_FAILED;
}

int tell_end(const struct arguments *arguments, int status) {
  errno = EIO; /* of a write that failed before, unless it fails again */
  bool fine = fflush(stdout) == 0 && ferror(stdout) == 0;
  return fine ? status : tell_unwritten(arguments, errno);
}
