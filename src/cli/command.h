/* Commands: a name, what it takes, what it does. Usage texts, the parser, the environment's names and the shell
 * completion all come from these tables. */
#ifndef ENTENTE_CLI_COMMAND_H
#define ENTENTE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* --NAME VALUE, or ENTENTE_NAME in the environment (dashes become underscores). */
struct flag {
  const char *name;
  const char *value;    /* what the value is, for the usage; NULL: the flag takes none */
  const char *fallback; /* or NULL */
  const char *help;
};

enum { REPEATED_MOST = 64 };

struct arguments {
  const struct command *command; /* NULL while it is not known */
  bool json;                     /* --json is given */
  const char *values[64]; /* by the flag's place in the command; "true" for a flag without value; NULL when absent */
  const char *words[8];   /* what is not a flag */
  size_t word_count;
  struct {
    long place; /* of the flag in the command */
    const char *value;
  } repeated[REPEATED_MOST]; /* further values of flags that take a list (`value` ends with ",...") */
  size_t repeated_count;
};

struct command {
  const char *name;    /* "serve", "token create" */
  const char *summary; /* one line */
  const char *words;   /* its words, for the usage: "FILE"; or NULL */
  size_t words_least, words_most;
  const struct flag *flags; /* ended by a row without a name */
  int (*run)(const struct arguments *arguments);
};

extern const struct command commands[]; /* ended by a row without a name */

/* Exit statuses besides 0. */
enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Finds the command in argv and reads its flags; NULL when there is nothing to run, with *status to leave with (help
 * was printed, or a mistake told). */
const struct command *command_read(int argc, char **argv, struct arguments *arguments, int *status);
enum { FLAG_NAME_SIZE = 64 };
/* Where the flag of that name, of `length` bytes, stands in the command's list; -1 when it has none. */
long flag_place(const struct command *command, const char *name, size_t length);
/* ENTENTE_NAME, for a flag. */
void flag_environment(const char *flag, char out[FLAG_NAME_SIZE]);
/* The value of a flag: given, from the environment, or its fallback; NULL when there is none. */
const char *argument(const struct arguments *arguments, const char *flag);
/* Calls `take` with each item of a flag that takes a list: with commas between them, or by giving the flag several
 * times. False as soon as `take` says so. An item is valid during the call only. */
bool argument_each(const struct arguments *arguments, const char *flag, bool (*take)(void *to, const char *item),
                   void *to);
bool argument_is_set(const struct arguments *arguments, const char *flag);

int run_serve(const struct arguments *arguments);
int run_token_create(const struct arguments *arguments);
int run_token_list(const struct arguments *arguments);
int run_token_revoke(const struct arguments *arguments);
int run_import(const struct arguments *arguments);
int run_export(const struct arguments *arguments);
int run_backup(const struct arguments *arguments);
int run_restore(const struct arguments *arguments);
int run_check(const struct arguments *arguments);
int run_healthcheck(const struct arguments *arguments);
int run_version(const struct arguments *arguments);

#endif
