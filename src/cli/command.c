/* Reading a command line against the table. A command's name is one word or two; flags may stand anywhere after it. */
#include "cli/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *out) {
  fprintf(out, "entente: a registry of organizations, their agreements, and the areas they collaborate in\n\nusage: "
               "entente COMMAND …\n\n");
  for (const struct command *command = commands; command->name != NULL; command++) {
    fprintf(out, "  %-14s %s\n", command->name, command->summary);
  }
  fprintf(out, "\nentente COMMAND --help says more. Every flag has a twin in the environment: --db is ENTENTE_DB.\n");
}

static void command_usage(const struct command *command, FILE *out) {
  fprintf(out, "usage: entente %s%s%s%s\n\n%s\n", command->name, command->flags[0].name == NULL ? "" : " [FLAGS]",
          command->words == NULL ? "" : " ", command->words == NULL ? "" : command->words, command->summary);
  for (const struct flag *flag = command->flags; flag->name != NULL; flag++) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", flag->name, flag->value == NULL ? "" : " ",
             flag->value == NULL ? "" : flag->value);
    fprintf(out, "%s  %-40s %s", flag == command->flags ? "\n" : "", left, flag->help);
    fprintf(out, flag->fallback == NULL ? "%s\n" : " (%s)\n", flag->fallback == NULL ? "" : flag->fallback);
  }
}

/* The command that argv names, and how many words its name took. */
static const struct command *find(int argc, char **argv, int *taken) {
  for (const struct command *command = commands; command->name != NULL; command++) {
    const char *space = strchr(command->name, ' ');
    if (space == NULL && strcmp(argv[1], command->name) == 0) {
      *taken = 1;
      return command;
    }
    if (space != NULL && argc > 2 && strncmp(argv[1], command->name, (size_t)(space - command->name)) == 0 &&
        argv[1][space - command->name] == '\0' && strcmp(argv[2], space + 1) == 0) {
      *taken = 2;
      return command;
    }
  }
  return NULL;
}

static long place_of(const struct command *command, const char *name, size_t length) {
  for (long i = 0; command->flags[i].name != NULL; i++) {
    if (strlen(command->flags[i].name) == length && strncmp(command->flags[i].name, name, length) == 0) {
      return i;
    }
  }
  return -1;
}

static int mistake(const struct command *command, const char *what, const char *which) {
  fprintf(stderr, "entente %s: %s %s\n", command->name, what, which);
  command_usage(command, stderr);
  return EXIT_USAGE;
}

/* A flag that takes a list may be given several times. */
static bool is_list(const struct flag *flag) {
  const char *dots = flag->value == NULL ? NULL : strstr(flag->value, ",...");
  return dots != NULL && dots[4] == '\0';
}

/* Reads one flag at argv[i]; the number of words it took, or 0 after a mistake. */
static int read_flag(struct arguments *arguments, int left, char **at, int *status) {
  const struct command *command = arguments->command;
  const char *name = at[0] + 2, *equals = strchr(name, '=');
  long place = place_of(command, name, equals == NULL ? strlen(name) : (size_t)(equals - name));
  if (place < 0) {
    *status = mistake(command, "there is no flag", at[0]);
    return 0;
  }
  if (command->flags[place].value == NULL) {
    arguments->values[place] = "true";
    return 1;
  }
  if (equals == NULL && left < 2) {
    *status = mistake(command, "a value is needed after", at[0]);
    return 0;
  }
  const char *value = equals == NULL ? at[1] : equals + 1;
  if (arguments->values[place] == NULL || !is_list(&command->flags[place])) {
    arguments->values[place] = value;
  } else if (arguments->repeated_count < REPEATED_MOST) {
    arguments->repeated[arguments->repeated_count].place = place;
    arguments->repeated[arguments->repeated_count++].value = value;
  } else {
    *status = mistake(command, "too often:", at[0]);
    return 0;
  }
  return equals == NULL ? 2 : 1;
}

static bool read_words(int argc, char **argv, int first, struct arguments *arguments, int *status) {
  const struct command *command = arguments->command;
  for (int i = first; i < argc;) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      command_usage(command, stdout);
      *status = EXIT_SUCCESS;
      return false;
    }
    int taken = 1;
    if (strncmp(argv[i], "--", 2) == 0) {
      taken = read_flag(arguments, argc - i, argv + i, status);
      if (taken == 0) {
        return false;
      }
    } else if (arguments->word_count < command->words_most) {
      arguments->words[arguments->word_count++] = argv[i];
    } else {
      *status = mistake(command, "does not take", argv[i]);
      return false;
    }
    i += taken;
  }
  if (arguments->word_count < command->words_least) {
    *status = mistake(command, "needs", command->words);
    return false;
  }
  return true;
}

const struct command *command_read(int argc, char **argv, struct arguments *arguments, int *status) {
  *arguments = (struct arguments){0};
  if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    usage(argc < 2 ? stderr : stdout);
    *status = argc < 2 ? EXIT_USAGE : EXIT_SUCCESS;
    return NULL;
  }
  if (strcmp(argv[1], "--version") == 0) {
    argv[1] += 2;
  }
  int taken = 0;
  arguments->command = find(argc, argv, &taken);
  if (arguments->command == NULL) {
    fprintf(stderr, "entente: there is no command %s\n", argv[1]);
    usage(stderr);
    *status = EXIT_USAGE;
    return NULL;
  }
  return read_words(argc, argv, 1 + taken, arguments, status) ? arguments->command : NULL;
}

const char *argument(const struct arguments *arguments, const char *flag) {
  long place = place_of(arguments->command, flag, strlen(flag));
  if (place < 0) {
    return NULL;
  }
  if (arguments->values[place] != NULL) {
    return arguments->values[place];
  }
  char name[64] = "ENTENTE_";
  for (size_t i = 0; flag[i] != '\0' && i + 9 < sizeof name; i++) {
    name[8 + i] = flag[i] == '-' ? '_' : (char)toupper((unsigned char)flag[i]);
  }
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : arguments->command->flags[place].fallback;
}

static bool each_item(const char *list, bool (*take)(void *to, const char *item), void *to) {
  char item[320];
  for (const char *at = list; at != NULL;) {
    size_t length = strcspn(at, ",");
    snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : sizeof item - 1), at);
    if (!take(to, item)) {
      return false;
    }
    at = at[length] == ',' ? at + length + 1 : NULL;
  }
  return true;
}

bool argument_each(const struct arguments *arguments, const char *flag, bool (*take)(void *to, const char *item),
                   void *to) {
  bool fine = each_item(argument(arguments, flag), take, to);
  long place = place_of(arguments->command, flag, strlen(flag));
  for (size_t i = 0; fine && i < arguments->repeated_count; i++) {
    fine = arguments->repeated[i].place != place || each_item(arguments->repeated[i].value, take, to);
  }
  return fine;
}

bool argument_is_set(const struct arguments *arguments, const char *flag) {
  const char *value = argument(arguments, flag);
  return value != NULL && strcmp(value, "false") != 0 && strcmp(value, "0") != 0;
}
