/* Each text is one pass over the table. */
#include "cli/help.h"

#include <string.h>

static void list(const struct command *command, FILE *out) {
  fprintf(out, "  %-14s %s\n", command->name, command->summary);
}

void help_program(FILE *out) {
  fprintf(out, "entente: a registry of organizations, their agreements, and the areas they collaborate in\n\nusage: "
               "entente COMMAND …\n\n");
  for (const struct command *command = commands; command->name != NULL; command++) {
    list(command, out);
  }
  fprintf(out,
          "\nRun entente help COMMAND for its flags. Every flag can be set in the environment: --db is ENTENTE_DB.\n");
}

void help_command(const struct command *command, FILE *out) {
  fprintf(out, "usage: entente %s%s%s%s\n\n%s\n", command->name, command->flags[0].name == NULL ? "" : " [FLAGS]",
          command->words == NULL ? "" : " ", command->words == NULL ? "" : command->words, command->summary);
  for (const struct flag *flag = command->flags; flag->name != NULL; flag++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", flag->name, flag->value == NULL ? "" : " ",
             flag->value == NULL ? "" : flag->value);
    fprintf(out, "%s  %-42s %s", flag == command->flags ? "\n" : "", left, flag->help);
    fprintf(out, flag->fallback == NULL ? "%s\n" : " (%s)\n", flag->fallback == NULL ? "" : flag->fallback);
  }
}

static bool is_in_group(const struct command *command, const char *word) {
  size_t length = strlen(word);
  return strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

bool help_has_group(const char *word) {
  const struct command *command = commands;
  while (command->name != NULL && !is_in_group(command, word)) {
    command++;
  }
  return command->name != NULL;
}

bool help_group(const char *word, FILE *out) {
  if (!help_has_group(word)) {
    return false;
  }
  fprintf(out, "usage: entente %s SUBCOMMAND …\n\n", word);
  for (const struct command *command = commands; command->name != NULL; command++) {
    if (is_in_group(command, word)) {
      list(command, out);
    }
  }
  fprintf(out, "\nRun entente help %s SUBCOMMAND for its flags.\n", word);
  return true;
}
