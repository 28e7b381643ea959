/* A command that takes long: it shows how far it is on a terminal, and can be interrupted. */
#ifndef ENTENTE_CLI_PROGRESS_H
#define ENTENTE_CLI_PROGRESS_H

#include "request/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct progress {
  bool shown;
  const char *doing;
  size_t rows;
  int64_t began, told; /* doing that; of the last line (monotonic) */
  int signals;         /* a descriptor that can be read once there is one */
};

/* Begins. From here on SIGINT, SIGTERM and SIGHUP do not end the process (progress_interrupted tells of them) but by
 * progress_leave. `shown`: it is shown, as a line on standard error that is written over again and again. */
void progress_begin(struct progress *progress, bool shown);
bool progress_interrupted(void);
/* As read(2), which a signal ends: -1, with EINTR. */
ssize_t progress_read(const struct progress *progress, int fd, char *bytes, size_t size);
/* Who waits, for a request. */
struct waiter progress_waiter(struct progress *progress);
/* Shows how many bytes of so many (-1: nobody knows) have been given away. */
void progress_bytes(struct progress *progress, const char *doing, int64_t done, int64_t all);
/* Takes the line away. */
void progress_end(struct progress *progress);
/* Ends the process by the signal that came, if one did. */
void progress_leave(void);

#endif
