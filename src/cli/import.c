/* An import is one request with the whole file as its body; what the file is follows from its name or a flag. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/progress.h"
#include "cli/tell.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *text_of(const json_t *object, const char *member) {
  return json_string_value(json_object_get(object, member));
}

static long long number_of(const json_t *object, const char *member) {
  return json_integer_value(json_object_get(object, member));
}

static void print_warnings(const json_t *warnings) {
  enum { SHOWN = 20 };
  size_t count = json_array_size(warnings);
  for (size_t i = 0; i < count && i < SHOWN; i++) {
    const json_t *warning = json_array_get(warnings, i);
    fprintf(stderr, "warning: line %lld: %s %s %s\n", number_of(warning, "line"), text_of(warning, "pointer"),
            text_of(warning, "value"), text_of(warning, "message"));
  }
  if (count > SHOWN) {
    fprintf(stderr, "warning: and %zu more\n", count - SHOWN);
  }
}

static int json_report(const json_t *report) {
  tell_json(report);
  return number_of(report, "failed") > 0 ? EXIT_FAILED : EXIT_SUCCESS;
}

/* Tells what was done; the exit status: a failure when records were left out. */
static int print_report(const json_t *report, bool dry) {
  size_t index;
  json_t *reading;
  json_array_foreach(json_object_get(report, "readings"), index, reading) {
    printf("line %lld: %s %s was read as %s\n", number_of(reading, "line"), text_of(reading, "pointer"),
           text_of(reading, "value"), text_of(reading, "read_as"));
  }
  print_warnings(json_object_get(report, "warnings"));
  static const char *const counts[] = {"rows", "created", "updated", "unchanged", "failed"};
  bool failed = number_of(report, "failed") > 0;
  for (size_t i = 0; i < (failed ? 5 : 4); i++) {
    printf("%s%lld %s", i == 0 ? "" : ", ", number_of(report, counts[i]), counts[i]);
  }
  printf("%s\n", dry ? " (nothing was written: dry run)" : "");
  size_t listed = json_array_size(json_object_get(report, "errors")), all = (size_t)number_of(report, "failed");
  tell_faults(json_object_get(report, "errors"),
              listed > all ? listed : all); /* not all are listed when there are many */
  return failed ? EXIT_FAILED : EXIT_SUCCESS;
}

static void add_parameter(struct text *target, const struct arguments *arguments, const char *flag, const char *name) {
  const char *value = argument(arguments, flag);
  if (value != NULL) {
    char *escaped = memory_checked(curl_easy_escape(NULL, value, 0));
    text_addf(target, "%s%s=%s", strchr(target->data, '?') == NULL ? "?" : "&", name, escaped);
    curl_free(escaped);
  }
}

/* The media type of the file; NULL when the flags cannot be understood, which is told. */
static const char *media_of(const void *memory, const struct arguments *arguments) {
  const char *format = argument(arguments, "format"), *charset = argument(arguments, "charset");
  const char *end = strrchr(arguments->words[0], '.');
  if (format == NULL) {
    format = end != NULL && (strcasecmp(end, ".csv") == 0 || strcasecmp(end, ".tsv") == 0) ? "csv" : "json";
  }
  if (strcmp(format, "json") == 0) {
    return "application/x-ndjson";
  }
  charset = charset == NULL ? "utf-8" : charset;
  if (charset[strspn(charset, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] != '\0') {
    tell_mistake(arguments, "--charset must be the name of a character set, not %s", charset);
    return NULL;
  }
  return memory_print(memory, "text/csv; charset=%s", charset);
}

/* The only thing about a media type that a flag says. */
static int tell_charset(const struct arguments *arguments, const json_t *problem) {
  return tell_mistake(arguments, "--charset: %s", text_of(problem, "detail"));
}

/* How many bytes will be read; -1 where nobody knows, as of a pipe. */
static int64_t size_of(int file) {
  struct stat status;
  off_t at = lseek(file, 0, SEEK_CUR);
  bool known = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && at >= 0 && status.st_size >= at;
  return known ? (int64_t)(status.st_size - at) : -1;
}

/* A registry that was made for an import stays when that wrote something, or was asked to write nothing. */
static bool keeps(const struct asked *asked, const json_t *report) {
  bool dry = strstr(asked->target, "dry_run=true") != NULL;
  return !dry && (number_of(report, "created") > 0 || number_of(report, "failed") == 0);
}

static int tell_report(const struct arguments *arguments, const struct answered *answered, bool dry) {
  return answered->status == 415   ? tell_charset(arguments, answered->json)
         : answered->status >= 300 ? tell_problem(arguments, answered->json)
         : arguments->json         ? json_report(answered->json)
                                   : print_report(answered->json, dry);
}

/* Asks, and tells what came of it. */
static int import(const struct arguments *arguments, struct asked *asked, bool dry) {
  struct progress progress;
  struct answered answered;
  struct error error;
  asked->progress = &progress;
  progress_begin(&progress, !arguments->json && isatty(STDERR_FILENO) == 1);
  bool fine = ask(arguments, asked, &answered, &error);
  progress_end(&progress);
  if (progress_interrupted() && (!fine || answered.status >= 300)) {
    fprintf(stderr, "entente import: interrupted\n");
    progress_leave();
  }
  int status = fine ? tell_report(arguments, &answered, dry) : tell_error(arguments, &error);
  json_decref(answered.json);
  return status;
}

int run_import(const struct arguments *arguments) {
  void *memory = talloc_new(NULL);
  struct text *target = text_new(memory);
  const char *media = media_of(memory, arguments), *path = arguments->words[0];
  int file = media == NULL || strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (media == NULL || file < 0) {
    int status = media == NULL ? EXIT_USAGE : tell_failure(arguments, "%s: %s", path, strerror(errno));
    talloc_free(memory);
    return status;
  }
  bool dry = argument_is_set(arguments, "dry-run");
  text_add(target, "/v1/import");
  add_parameter(target, arguments, "mode", "mode");
  add_parameter(target, arguments, "on-error", "on_error");
  add_parameter(target, arguments, "resource", "resource");
  text_add(target, dry ? "&dry_run=true" : "");
  struct asked asked = {.method = "POST",
                        .target = target->data,
                        .content_type = media,
                        .file_name = path,
                        .file = file,
                        .file_size = size_of(file),
                        .makes_registry = true,
                        .keeps = keeps};
  int status = import(arguments, &asked, dry);
  if (file != STDIN_FILENO) {
    close(file);
  }
  talloc_free(memory);
  return status;
}
