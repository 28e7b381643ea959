/* What a command tells. Results go to standard output, messages to standard error. With --json standard output gets one
 * JSON document: the result, or a problem that says what went wrong. */
#ifndef ENTENTE_CLI_TELL_H
#define ENTENTE_CLI_TELL_H

#include "base/error.h"
#include "cli/command.h"

#include <jansson.h>

/* The command line is wrong: "entente COMMAND: …", in one line. Returns EXIT_USAGE. */
int tell_mistake(const struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* It was right, but what it asked for failed. Returns EXIT_FAILED. */
int tell_failure(const struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tell_error(const struct arguments *arguments, const struct error *error);
/* A problem document that was answered. What is wrong with a flag's value is told as that, and returns EXIT_USAGE; all
 * else returns EXIT_FAILED. */
int tell_problem(const struct arguments *arguments, const json_t *problem);
/* The first faults of a list, a line each, and how many more there are besides: {line, column or pointer or parameter,
 * message}. `count` is of all, also of those that are not in the list. */
void tell_faults(const json_t *faults, size_t count);
/* Prints a JSON document, in one line. */
void tell_json(const json_t *document);
/* The same, which is freed. */
void tell_json_new(json_t *document);
/* Standard output could not be written, for that reason (errno): ends the process by SIGPIPE when nobody reads it any
 * more, as other programs in a pipe end. Otherwise returns EXIT_FAILED. */
int tell_unwritten(const struct arguments *arguments, int reason);
/* Flushes standard output, and returns the status to leave with: that given, unless what was printed could not be
 * written. */
int tell_end(const struct arguments *arguments, int status);

#endif
