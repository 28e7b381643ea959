/* The line is written again ten times a second at most, so that it costs nothing. Signals stay pending while the
 * command runs, so that none is missed between looking for it and waiting, and threads that are started meanwhile take
 * none. */
#include "cli/progress.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EVERY_MS = 100, BAR = 24 };

static const int noted[] = {SIGINT, SIGTERM, SIGHUP};

/* Whoever ignores a signal, as nohup does, goes on doing so. */
static sigset_t noted_set(void) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
    struct sigaction now;
    if (sigaction(noted[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
      sigaddset(&set, noted[i]);
    }
  }
  return set;
}

void progress_begin(struct progress *progress, bool shown) {
  sigset_t set = noted_set();
  *progress = (struct progress){.shown = shown};
  (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
  progress->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool progress_interrupted(void) {
  sigset_t pending, set = noted_set();
  (void)sigpending(&pending);
  for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
    if (sigismember(&set, noted[i]) == 1 && sigismember(&pending, noted[i]) == 1) {
      return true;
    }
  }
  return false;
}

ssize_t progress_read(const struct progress *progress, int fd, char *bytes, size_t size) {
  struct pollfd waits[] = {{.fd = fd, .events = POLLIN}, {.fd = progress->signals, .events = POLLIN}};
  while (poll(waits, 2, -1) < 0 && errno == EINTR) {
  }
  if (waits[1].revents != 0) {
    errno = EINTR;
    return -1;
  }
  return read(fd, bytes, size);
}

/* Whether a line is due. */
static bool is_due(struct progress *progress, const char *doing) {
  int64_t now = clock_monotonic_ns();
  if (!progress->shown) {
    return false;
  }
  if (progress->doing == NULL || strcmp(progress->doing, doing) != 0) {
    progress->doing = doing;
    progress->began = now;
    progress->told = 0;
  }
  bool due = progress->told == 0 || now - progress->told >= EVERY_MS * 1000000LL;
  progress->told = due ? now : progress->told;
  return due;
}

/* "reading  45% [##########              ] ", or without a bar where `part` is less than 0. */
static void begin_line(const char *doing, double part) {
  fprintf(stderr, "\r\033[K%s ", doing);
  if (part >= 0) {
    char bar[BAR + 1];
    part = part > 1 ? 1 : part;
    for (int i = 0; i < BAR; i++) {
      bar[i] = i < (int)(part * BAR) ? '#' : ' ';
    }
    bar[BAR] = '\0';
    fprintf(stderr, "%3d%% [%s] ", (int)(part * 100), bar);
  }
}

static double seconds_of(const struct progress *progress) {
  return (double)(progress->told - progress->began) / 1e9;
}

static void tell_rows(void *argument, const char *doing, size_t rows, double part) {
  struct progress *progress = argument;
  if (is_due(progress, doing)) {
    double seconds = seconds_of(progress);
    begin_line(doing, part);
    fprintf(stderr, "%zu rows, %.0f rows/s", rows, seconds > 0 ? (double)rows / seconds : 0);
    fflush(stderr);
  }
}

void progress_bytes(struct progress *progress, const char *doing, int64_t done, int64_t all) {
  if (is_due(progress, doing)) {
    double seconds = seconds_of(progress), mebibytes = (double)done / 1048576;
    begin_line(doing, all > 0 ? (double)done / (double)all : -1);
    fprintf(stderr, "%.1f MiB, %.1f MiB/s", mebibytes, seconds > 0 ? mebibytes / seconds : 0);
    fflush(stderr);
  }
}

static bool nobody_waits(void *argument) {
  (void)argument;
  return progress_interrupted();
}

struct waiter progress_waiter(struct progress *progress) {
  return (struct waiter){nobody_waits, progress->shown ? tell_rows : NULL, progress};
}

void progress_end(struct progress *progress) {
  if (progress->doing != NULL) {
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
  }
  if (progress->signals >= 0) {
    close(progress->signals);
  }
}

void progress_leave(void) {
  sigset_t set = noted_set();
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
