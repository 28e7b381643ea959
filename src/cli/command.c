/* Reading a command line against the table. A command's name is one word or two; flags may stand anywhere after it.
 * What is wrong is told in one line, with the nearest name that there is. */
#include "cli/command.h"

#include "cli/help.h"
#include "cli/tell.h"
#include "contract/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { NAMES_MOST = 128 };

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

/* A flag that takes a list may be given several times. */
static bool is_list(const struct flag *flag) {
  const char *dots = flag->value == NULL ? NULL : strstr(flag->value, ",...");
  return dots != NULL && dots[4] == '\0';
}

/* Adds a name to a list without doubles; at the bound it is left out, and only no suggestion is made of it. */
static void add_name(const char **names, size_t *count, const char *name) {
  for (size_t i = 0; i < *count; i++) {
    if (strcmp(names[i], name) == 0) {
      return;
    }
  }
  if (*count + 1 < NAMES_MOST) {
    names[(*count)++] = name;
  }
}

/* "there is no flag --lisen; did you mean --listen?" */
static int tell_unknown(const struct arguments *arguments, const char *kind, const char *name, const char *prefix,
                        const char *nearest) {
  return nearest == NULL
             ? tell_mistake(arguments, "there is no %s %s (entente help%s%s lists them)", kind, name,
                            arguments->command == NULL ? "" : " ",
                            arguments->command == NULL ? "" : arguments->command->name)
             : tell_mistake(arguments, "there is no %s %s; did you mean %s%s?", kind, name, prefix, nearest);
}

static int unknown_flag(const struct arguments *arguments, const char *given) {
  char name[FLAG_NAME_SIZE];
  const char *names[NAMES_MOST] = {"help"};
  size_t count = 1, dashes = strspn(given, "-"), length = strcspn(given, "=");
  for (const struct flag *flag = arguments->command->flags; flag->name != NULL; flag++) {
    add_name(names, &count, flag->name);
  }
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), given);
  return tell_unknown(arguments, "flag", name, "--", nearest_name(dashes < strlen(name) ? name + dashes : name, names));
}

/* A command's first word, or what may follow `group`. */
static int unknown_command(const struct arguments *arguments, const char *group, const char *given) {
  char words[NAMES_MOST][FLAG_NAME_SIZE];
  const char *names[NAMES_MOST] = {NULL};
  size_t count = 0, length = group == NULL ? 0 : strlen(group), row = 0;
  for (const struct command *command = commands; command->name != NULL && row < NAMES_MOST; command++) {
    if (group == NULL) {
      snprintf(words[row], FLAG_NAME_SIZE, "%.*s", (int)strcspn(command->name, " "), command->name);
      add_name(names, &count, words[row++]);
    } else if (strncmp(command->name, group, length) == 0 && command->name[length] == ' ') {
      add_name(names, &count, command->name + length + 1);
    }
  }
  if (group == NULL) {
    add_name(names, &count, "help");
    return tell_unknown(arguments, "command", given, "", nearest_name(given, names));
  }
  char all[256] = "";
  for (size_t i = 0; i < count; i++) {
    size_t end = strlen(all);
    snprintf(all + end, sizeof all - end, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", names[i]);
  }
  const char *nearest = given == NULL ? NULL : nearest_name(given, names);
  return given == NULL ? tell_mistake(arguments, "%s needs a subcommand: %s", group, all)
         : nearest == NULL
             ? tell_mistake(arguments, "there is no command %s %s; after %s stands %s", group, given, group, all)
             : tell_mistake(arguments, "there is no command %s %s; did you mean %s %s?", group, given, group, nearest);
}

/* Is the value one of the words that a flag takes ("text|json")? Flags that take something else take any here. */
static bool is_choice(const struct flag *flag, const char *value) {
  size_t length = strlen(value);
  if (flag->value == NULL || strchr(flag->value, '|') == NULL) {
    return true;
  }
  for (const char *at = flag->value;; at++) {
    size_t word = strcspn(at, "|");
    if (word == length && strncmp(at, value, length) == 0) {
      return true;
    }
    at += word;
    if (*at == '\0') {
      return false;
    }
  }
}

/* Tells that a flag's value is none of its words: "--role must be reader, editor or admin, not owner". */
static int tell_choices(const struct arguments *arguments, const struct flag *flag, const char *value) {
  char all[256] = "";
  for (const char *at = flag->value; *at != '\0';) {
    size_t word = strcspn(at, "|"), end = strlen(all);
    snprintf(all + end, sizeof all - end, "%s%.*s",
             at == flag->value  ? ""
             : at[word] == '\0' ? " or "
                                : ", ",
             (int)word, at);
    at += word + (at[word] != '\0');
  }
  return tell_mistake(arguments, "--%s must be %s, not %s", flag->name, all, value[0] == '\0' ? "empty" : value);
}

/* Reads one flag at argv[i]; the number of words it took, or 0 after a mistake. */
static int read_flag(struct arguments *arguments, int left, char **at, int *status) {
  const struct command *command = arguments->command;
  const char *name = at[0] + 2, *equals = strchr(name, '=');
  long place = flag_place(command, name, equals == NULL ? strlen(name) : (size_t)(equals - name));
  if (place < 0 || at[0][1] != '-') {
    *status = unknown_flag(arguments, at[0]);
    return 0;
  }
  const struct flag *flag = &command->flags[place];
  if (flag->value == NULL) {
    arguments->values[place] = "true";
    if (equals != NULL) {
      *status = tell_mistake(arguments, "--%s takes no value", flag->name);
    }
    return equals == NULL ? 1 : 0;
  }
  if (equals == NULL && left < 2) {
    *status = tell_mistake(arguments, "--%s needs a value: %s", flag->name, flag->value);
    return 0;
  }
  const char *value = equals == NULL ? at[1] : equals + 1;
  if (arguments->values[place] == NULL || !is_list(flag)) {
    arguments->values[place] = value;
  } else if (arguments->repeated_count < REPEATED_MOST) {
    arguments->repeated[arguments->repeated_count].place = place;
    arguments->repeated[arguments->repeated_count++].value = value;
  } else {
    *status = tell_mistake(arguments, "--%s is given too often", flag->name);
    return 0;
  }
  return equals == NULL ? 2 : 1;
}

/* Looks at values that are one of a few words, wherever they come from. */
static bool check_choices(const struct arguments *arguments, int *status) {
  for (const struct flag *flag = arguments->command->flags; flag->name != NULL; flag++) {
    const char *value = argument(arguments, flag->name);
    if (value != NULL && !is_choice(flag, value)) {
      *status = tell_choices(arguments, flag, value);
      return false;
    }
  }
  return true;
}

/* Every ENTENTE_ variable is a flag of some command, or it is told: one that is nearly a flag is a mistake; another may
 * be somebody else's, as container platforms set some for a service of that name. */
static bool check_environment(const struct arguments *arguments, int *status) {
  char known[NAMES_MOST][FLAG_NAME_SIZE], given[FLAG_NAME_SIZE];
  const char *names[NAMES_MOST] = {NULL};
  size_t count = 0;
  for (const struct command *command = commands; command->name != NULL; command++) {
    for (const struct flag *flag = command->flags; flag->name != NULL && count + 1 < NAMES_MOST; flag++) {
      flag_environment(flag->name, known[count]);
      add_name(names, &count, known[count] + 8);
    }
  }
  for (char **variable = environ; *variable != NULL; variable++) {
    size_t length = strcspn(*variable, "=");
    if (strncmp(*variable, "ENTENTE_", 8) != 0 || length >= FLAG_NAME_SIZE || length == 8) {
      continue;
    }
    snprintf(given, sizeof given, "%.*s", (int)length, *variable);
    const char *nearest = nearest_name(given + 8, names);
    if (nearest != NULL && strcmp(nearest, given + 8) != 0) {
      *status = tell_unknown(arguments, "environment variable", given, "ENTENTE_", nearest);
      return false;
    }
  }
  return true;
}

static bool read_words(int argc, char **argv, int first, struct arguments *arguments, int *status) {
  const struct command *command = arguments->command;
  bool flags_end = false;
  for (int i = first; i < argc;) {
    if (!flags_end && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
      help_command(command, stdout);
      *status = EXIT_SUCCESS;
      return false;
    }
    int taken = 1;
    if (!flags_end && strcmp(argv[i], "--") == 0) {
      flags_end = true;
    } else if (!flags_end && argv[i][0] == '-' && argv[i][1] != '\0') {
      taken = read_flag(arguments, argc - i, argv + i, status);
      if (taken == 0) {
        return false;
      }
    } else if (arguments->word_count < command->words_most) {
      arguments->words[arguments->word_count++] = argv[i];
    } else {
      *status = tell_mistake(arguments, "does not take %s", argv[i]);
      return false;
    }
    i += taken;
  }
  if (arguments->word_count < command->words_least) {
    *status = tell_mistake(arguments, "needs %s", command->words);
    return false;
  }
  return check_environment(arguments, status) && check_choices(arguments, status);
}

/* entente help, entente help COMMAND, entente --help, entente token --help. */
static int help(int argc, char **argv, const struct arguments *arguments) {
  int taken = 0;
  if (argc < 2) {
    help_program(stdout);
    return EXIT_SUCCESS;
  }
  const struct command *command = find(argc, argv, &taken);
  if (command != NULL && argc > 1 + taken) {
    return tell_mistake(arguments, "help does not take %s", argv[1 + taken]);
  }
  if (command != NULL) {
    help_command(command, stdout);
    return EXIT_SUCCESS;
  }
  if (argc > 2) {
    return unknown_command(arguments, help_has_group(argv[1]) ? argv[1] : NULL, argv[help_has_group(argv[1]) ? 2 : 1]);
  }
  return help_group(argv[1], stdout) ? EXIT_SUCCESS : unknown_command(arguments, NULL, argv[1]);
}

static bool is_help(const char *word) {
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* What is wrong with words that begin with no command, or help that they ask for. */
static int read_none(int argc, char **argv, const struct arguments *arguments) {
  if (argc < 2) {
    help_program(stderr);
    return tell_mistake(arguments, "a command is required");
  }
  if (strcmp(argv[1], "help") == 0 || is_help(argv[1])) {
    return help(argc - 1, argv + 1, arguments);
  }
  if (!help_has_group(argv[1])) {
    return argv[1][0] == '-' ? tell_mistake(arguments, "a command goes before its flags: entente COMMAND %s", argv[1])
                             : unknown_command(arguments, NULL, argv[1]);
  }
  if (argc > 2 && is_help(argv[2])) {
    return help(2, argv, arguments);
  }
  return unknown_command(arguments, argv[1], argc > 2 && argv[2][0] != '-' ? argv[2] : NULL);
}

const struct command *command_read(int argc, char **argv, struct arguments *arguments, int *status) {
  int taken = 0;
  *arguments = (struct arguments){0};
  if (argc > 1 && strcmp(argv[1], "--version") == 0) {
    argv[1] += 2;
  }
  const struct command *command = argc < 2 ? NULL : find(argc, argv, &taken);
  for (int i = 2; i < argc && !arguments->json; i++) {
    arguments->json = strcmp(argv[i], "--json") == 0 && (command == NULL || flag_place(command, "json", 4) >= 0);
  }
  if (command == NULL) {
    *status = read_none(argc, argv, arguments);
    return NULL;
  }
  arguments->command = command;
  arguments->json = arguments->json || argument_is_set(arguments, "json");
  return read_words(argc, argv, 1 + taken, arguments, status) ? command : NULL;
}
