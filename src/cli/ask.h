/* A command is a request: sent through the socket of the server that owns the database, or answered in this process
 * when none does. */
#ifndef ENTENTE_CLI_ASK_H
#define ENTENTE_CLI_ASK_H

#include "base/error.h"
#include "cli/command.h"

#include <jansson.h>
#include <stdint.h>

struct progress;

struct asked {
  const char *method, *target, *content_type; /* content_type NULL: no body */
  const char *body;
  size_t body_size;
  bool body_filed;       /* it lies in a file that is mapped (base/spool.h) */
  const char *file_name; /* instead of `body`: a file, or a pipe, that is read to its end; or NULL */
  int file;
  int64_t file_size;         /* -1: nobody knows */
  struct progress *progress; /* of a command that takes long, as that of a file does; or NULL */
  const char *if_match;      /* or NULL */
  const char *save_as;       /* write a successful answer's body to this file, whole or not at all; or NULL */
  bool (*take)(void *taker, const char *bytes, size_t size); /* gets a successful answer's body, as it comes, and says
                                                                 whether it could; or NULL */
  void *taker;
  bool makes_registry; /* where there is no database; otherwise that is a failure */
  bool (*keeps)(const struct asked *asked,
                const json_t *report); /* whether, by a successful answer, that stays; or NULL */
};

struct answered {
  long status;
  json_t *json; /* the body when it is JSON, else NULL; owned by the caller */
};

/* Asks the database that the arguments name. False, with the reason, when no answer came. */
bool ask(const struct arguments *arguments, const struct asked *asked, struct answered *answered, struct error *error);
/* Asks a database that nobody else has open, in this process. */
bool ask_database(const char *db, const struct asked *asked, struct answered *answered, struct error *error);
/* Asks a server at an address over the network, by HTTPS when `secure`: then without looking whose certificate it is.
 */
bool ask_address(const char *address, bool secure, const char *target, long *status, struct error *error);
/* Sets zone and day from --timezone and --today. */
bool set_clock(const struct arguments *arguments, struct error *error);

#endif
