/* The export goes to standard output, or to a file that appears under its name only when it is whole and on the disk.
 * How far it is stands on standard error: in one line that is written over, on a terminal, else in a line now and then.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/output.h"
#include "cli/ask.h"
#include "cli/tell.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct export {
  FILE *file;
  bool terminal; /* on which to tell how far it is */
  int64_t records, told_at;
  int reason; /* why it could not be written (errno); or 0 */
};

static const int64_t terminal_ns = 200000000, line_ns = 10000000000;

static void tell(struct export *export) {
  int64_t now = clock_monotonic_ns();
  if (now - export->told_at >= (export->terminal ? terminal_ns : line_ns)) {
    fprintf(stderr, export->terminal ? "\r%lld records" : "%lld records so far\n", (long long)export->records);
    export->told_at = now;
  }
}

static bool take(void *argument, const char *bytes, size_t size) {
  struct export *export = argument;
  for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes))) != NULL; at++) {
    export->records++;
  }
  tell(export);
  if (fwrite(bytes, 1, size, export->file) != size) {
    export->reason = errno;
  }
  return export->reason == 0;
}

/* Asks for everything; what was written is whole when EXIT_SUCCESS is returned. */
static int fetch(const struct arguments *arguments, struct export *export) {
  struct asked asked = {.method = "GET", .target = "/v1/export", .take = take, .taker = export};
  struct answered answered;
  struct error error;
  bool came = ask(arguments, &asked, &answered, &error);
  if (export->terminal) {
    fprintf(stderr, "\r%lld records\n", (long long)export->records);
  }
  if (export->reason != 0 && export->file == stdout) {
    return tell_unwritten(arguments, export->reason);
  }
  if (!came) {
    return tell_error(arguments, &error);
  }
  int status = answered.status == 200 ? 0 : tell_problem(arguments, answered.json);
  json_decref(answered.json);
  if (status == 0 && export->file != stdout && fflush(export->file) != 0) {
    status = tell_failure(arguments, "%s", strerror(errno));
  }
  return status;
}

static int to_file(const struct arguments *arguments, const char *name, struct export *export) {
  struct error error;
  if (!store_may_replace(argument(arguments, "db"), name, &error)) {
    return tell_error(arguments, &error);
  }
  struct output *output = output_open(NULL, name, &error);
  if (output == NULL) {
    return tell_error(arguments, &error);
  }
  export->file = output_stream(output);
  int status = fetch(arguments, export);
  if (status != 0) {
    talloc_free(output);
  } else if (!output_publish(output, &error)) {
    status = tell_error(arguments, &error);
  } else {
    if (arguments->json) {
      json_t *file = json_string(name);
      tell_json_new(
          json_pack("{s:o, s:I}", "file", file == NULL ? json_null() : file, "records", (json_int_t) export->records));
    } else {
      printf("%lld records\n", (long long)export->records);
    }
  }
  return status;
}

int run_export(const struct arguments *arguments) {
  const char *name = argument(arguments, "output");
  if (name != NULL && strcmp(name, "-") == 0) {
    name = NULL;
  }
  if (name == NULL && arguments->json) {
    return tell_mistake(arguments, "--json needs --output FILE: standard output is the export itself");
  }
  bool alone = name != NULL || isatty(STDOUT_FILENO) != 1; /* what is exported is not shown there itself */
  struct export export = {
      .file = stdout, .terminal = alone && isatty(STDERR_FILENO) == 1, .told_at = clock_monotonic_ns()};
  return name == NULL ? fetch(arguments, &export) : to_file(arguments, name, &export);
}
