/* Finds the command in the table, and runs it. */
#include "cli/command.h"

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
  struct arguments arguments;
  int status = EXIT_SUCCESS;
  const struct command *command = command_read(argc, argv, &arguments, &status);
  if (command == NULL) {
    return status;
  }
  umask(0077);         /* what the program makes is its owner's: database, backups, socket */
  json_object_seed(0); /* before there are threads */
  if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    fprintf(stderr, "entente: a library cannot start\n");
    return EXIT_FAILED;
  }
  return command->run(&arguments);
}
