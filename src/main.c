/* Finds the command in the table, and runs it. */
#include "cli/command.h"
#include "cli/tell.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors 0 to 2 that are closed would be given to the next file that is opened, and what is printed would go
 * there. What is open for reading only takes no output, so that it is known to be lost. */
static void open_standard(void) {
  int fd;
  do {
    fd = open("/dev/null", O_RDONLY);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) {
    close(fd);
  }
}

int main(int argc, char **argv) {
  open_standard();
  signal(SIGPIPE, SIG_IGN); /* a reader that is gone is found when writing to it; see tell_end */
  struct arguments arguments;
  int status = EXIT_SUCCESS;
  const struct command *command = command_read(argc, argv, &arguments, &status);
  if (command == NULL) {
    return tell_end(&arguments, status);
  }
  umask(0077);         /* what the program makes is its owner's: database, backups, socket */
  json_object_seed(0); /* before there are threads */
  if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    fprintf(stderr, "entente: a library cannot start\n");
    return EXIT_FAILED;
  }
  return tell_end(&arguments, command->run(&arguments));
}
