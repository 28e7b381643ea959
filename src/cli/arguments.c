/* The values of flags: given, from the environment, or their fallback. */
#include "cli/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long flag_place(const struct command *command, const char *name, size_t length) {
  for (long i = 0; command->flags[i].name != NULL; i++) {
    if (strlen(command->flags[i].name) == length && strncmp(command->flags[i].name, name, length) == 0) {
      return i;
    }
  }
  return -1;
}

void flag_environment(const char *flag, char out[FLAG_NAME_SIZE]) {
  size_t length = (size_t)snprintf(out, FLAG_NAME_SIZE, "ENTENTE_%s", flag);
  for (size_t i = 0; i < length && i < FLAG_NAME_SIZE; i++) {
    out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
  }
}

const char *argument(const struct arguments *arguments, const char *flag) {
  long place = flag_place(arguments->command, flag, strlen(flag));
  if (place < 0) {
    return NULL;
  }
  if (arguments->values[place] != NULL) {
    return arguments->values[place];
  }
  char name[FLAG_NAME_SIZE];
  flag_environment(flag, name);
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
  long place = flag_place(arguments->command, flag, strlen(flag));
  for (size_t i = 0; fine && i < arguments->repeated_count; i++) {
    fine = arguments->repeated[i].place != place || each_item(arguments->repeated[i].value, take, to);
  }
  return fine;
}

bool argument_is_set(const struct arguments *arguments, const char *flag) {
  const char *value = argument(arguments, flag);
  return value != NULL && strcmp(value, "false") != 0 && strcmp(value, "0") != 0;
}
