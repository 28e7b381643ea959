/* What the program says about itself, from the table of commands. */
#ifndef ENTENTE_CLI_HELP_H
#define ENTENTE_CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/* What `entente --help` prints. */
void help_program(FILE *out);
/* What `entente COMMAND --help` prints. */
void help_command(const struct command *command, FILE *out);
/* Are there commands whose names begin with that word, as with `token`? */
bool help_has_group(const char *word);
/* What `entente token --help` prints: those commands. False when there are none. */
bool help_group(const char *word, FILE *out);

#endif
