/* The export goes to standard output, or to a file that appears under its name only when it is whole and on the disk.
 * How far it is stands on standard error: in one line that is written over, on a terminal, else in a line now and then.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/output.h"
#include "cli/ask.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct export {
  FILE *file;
  bool terminal; /* on which to tell how far it is */
  int64_t records, told_at;
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
  return fwrite(bytes, 1, size, export->file) == size;
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
  if (!came) {
    fprintf(stderr, "entente: %s\n", error.text);
    return EXIT_FAILED;
  }
  int status = answered.status == 200 ? 0 : print_problem(&answered);
  json_decref(answered.json);
  if (status == 0 && fflush(export->file) != 0) {
    fprintf(stderr, "entente: %s\n", strerror(errno));
    status = EXIT_FAILED;
  }
  return status;
}

static int to_file(const struct arguments *arguments, const char *name, struct export *export) {
  struct error error;
  if (!store_may_replace(argument(arguments, "db"), name, &error)) {
    fprintf(stderr, "entente: %s\n", error.text);
    return EXIT_FAILED;
  }
  struct output *output = output_open(NULL, name, &error);
  if (output == NULL) {
    fprintf(stderr, "entente: %s\n", error.text);
    return EXIT_FAILED;
  }
  export->file = output_stream(output);
  int status = fetch(arguments, export);
  if (status != 0) {
    talloc_free(output);
  } else if (!output_publish(output, &error)) {
    fprintf(stderr, "entente: %s\n", error.text);
    status = EXIT_FAILED;
  } else {
    printf("%lld records\n", (long long)export->records);
  }
  return status;
}

int run_export(const struct arguments *arguments) {
  const char *name = argument(arguments, "output");
  bool alone = name != NULL || isatty(STDOUT_FILENO) != 1; /* what is exported is not shown there itself */
  struct export export = {
      .file = stdout, .terminal = alone && isatty(STDERR_FILENO) == 1, .told_at = clock_monotonic_ns()};
  return name == NULL ? fetch(arguments, &export) : to_file(arguments, name, &export);
}
