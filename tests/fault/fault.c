/* A disk that fails on demand, put under a program with LD_PRELOAD.
 *
 * FAULT_PATH is a pattern (as of a shell) for the paths that it watches; FAULT_CONTROL names a file of one line, which
 * is read before every watched call: `KIND ERRNO NTH STICKY ROUND`. KIND is `write` (write, pwrite, truncate, allocate)
 * or `sync`. The NTH call of that kind since ROUND last changed fails with ERRNO, and all after it too when STICKY
 * is 1. With NTH 0 nothing fails. How many calls of that kind came in this round, and how many were failed, stands in
 * FAULT_CONTROL.seen. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct order {
  char kind[16];
  int error;
  long nth;
  int sticky;
  long round;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long round_now = -1, seen, failed;

static void *next_of(const char *name) {
  return dlsym(RTLD_NEXT, name);
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t size, off_t at) {
  ssize_t (*call)(int, const void *, size_t, off_t);
  *(void **)&call = next_of("pwrite");
  return call(fd, bytes, size, at);
}

static bool watched(int fd) {
  char link[64], path[512];
  const char *pattern = getenv("FAULT_PATH");
  if (pattern == NULL) {
    return false;
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = '\0';
  return fnmatch(pattern, path, 0) == 0;
}

static bool read_order(const char *control, struct order *order) {
  char line[128];
  int fd = open(control, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0) {
    close(fd);
  }
  line[length < 0 ? 0 : length] = '\0';
  return sscanf(line, "%15s %d %ld %d %ld", order->kind, &order->error, &order->nth, &order->sticky, &order->round) ==
         5;
}

static void tell_seen(const char *control) {
  char path[512], line[64];
  snprintf(path, sizeof path, "%s.seen", control);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) {
    int length = snprintf(line, sizeof line, "%12ld %12ld\n", seen, failed);
    (void)!real_pwrite(fd, line, (size_t)length, 0);
    close(fd);
  }
}

/* Whether this call is to fail; sets errno then. */
static bool fails(int fd, const char *kind) {
  struct order order;
  const char *control = getenv("FAULT_CONTROL");
  int before = errno;
  bool now = false;
  if (control == NULL || !watched(fd)) {
    return false;
  }
  pthread_mutex_lock(&lock);
  if (read_order(control, &order) && strcmp(order.kind, kind) == 0) {
    if (order.round != round_now) {
      round_now = order.round;
      seen = 0;
      failed = 0;
    }
    seen++;
    now = order.nth > 0 && (seen == order.nth || (order.sticky && seen > order.nth));
    failed += now;
    tell_seen(control);
  }
  pthread_mutex_unlock(&lock);
  errno = now ? order.error : before;
  return now;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  ssize_t (*call)(int, const void *, size_t);
  *(void **)&call = next_of("write");
  return fails(fd, "write") ? -1 : call(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return fails(fd, "write") ? -1 : real_pwrite(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  return fails(fd, "write") ? -1 : real_pwrite(fd, bytes, size, at);
}

int ftruncate(int fd, off_t size) {
  int (*call)(int, off_t);
  *(void **)&call = next_of("ftruncate");
  return fails(fd, "write") ? -1 : call(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  return ftruncate(fd, size);
}

/* Answers with the error instead of setting it. */
int posix_fallocate(int fd, off_t at, off_t size) {
  int (*call)(int, off_t, off_t);
  *(void **)&call = next_of("posix_fallocate");
  return fails(fd, "write") ? errno : call(fd, at, size);
}

int posix_fallocate64(int fd, off64_t at, off64_t size) {
  return posix_fallocate(fd, at, size);
}

int fsync(int fd) {
  int (*call)(int);
  *(void **)&call = next_of("fsync");
  return fails(fd, "sync") ? -1 : call(fd);
}

int fdatasync(int fd) {
  int (*call)(int);
  *(void **)&call = next_of("fdatasync");
  return fails(fd, "sync") ? -1 : call(fd);
}
