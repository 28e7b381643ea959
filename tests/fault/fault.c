/* A disk that fails on demand, and a clock that is set, put under a program with LD_PRELOAD.
 *
 * FAULT_PATH is a pattern (as of bash, with extglob) for the paths that it watches; FAULT_CONTROL names a file of one
 * line, which is read before every watched call: `KIND ERRNO NTH STICKY ROUND`. KIND is `write` (write, pwrite,
 * truncate, allocate), `sync` or `read` (pread). The NTH call of that kind since ROUND last changed fails with ERRNO,
 * and all after it too when STICKY is 1. With NTH 0 nothing fails. How many calls of that kind came in this round, and
 * how many were failed, stands in FAULT_CONTROL.seen. While KIND is `hold`, calls of kind `sync` wait. With `die` the
 * process is killed before the NTH call that makes, flushes, renames or removes something on the disk: fsync,
 * fdatasync, link, rename, unlink.
 *
 * From the moment at which the program listens on a socket, its wall clock is FAULT_CLOCK_AHEAD seconds ahead: a day
 * turns, or whoever waits for an instant of that clock waits as if it had been set back since.
 *
 * And a network that fails: the first FAULT_POLLS times that libcurl is to wait for all transfers, it cannot. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
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
static atomic_long clock_ahead;

static void *next_of(const char *name) {
  return dlsym(RTLD_NEXT, name);
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t size, off_t at) {
  ssize_t (*call)(int, const void *, size_t, off_t);
  *(void **)&call = next_of("pwrite");
  return call(fd, bytes, size, at);
}

static ssize_t real_pread(int fd, void *bytes, size_t size, off_t at) {
  ssize_t (*call)(int, void *, size_t, off_t);
  *(void **)&call = next_of("pread");
  return call(fd, bytes, size, at);
}

static bool watched_path(const char *path) {
  const char *pattern = getenv("FAULT_PATH");
  return pattern != NULL && fnmatch(pattern, path, FNM_EXTMATCH) == 0;
}

static bool watched(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = '\0';
  return watched_path(path);
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
static bool counts(const char *kind) {
  struct order order;
  const char *control = getenv("FAULT_CONTROL");
  int before = errno;
  bool now = false;
  if (control == NULL) {
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

static bool fails(int fd, const char *kind) {
  return watched(fd) && counts(kind);
}

/* Ends the process where it is to die. */
static void step(bool is_watched) {
  if (is_watched && counts("die")) {
    raise(SIGKILL);
  }
}

static void wait_while_held(int fd) {
  const struct timespec pause = {.tv_nsec = 5000000};
  const char *control = getenv("FAULT_CONTROL");
  struct order order;
  (void)fails(fd, "hold"); /* counts it as seen */
  while (control != NULL && watched(fd) && read_order(control, &order) && strcmp(order.kind, "hold") == 0) {
    nanosleep(&pause, NULL);
  }
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

ssize_t pread(int fd, void *bytes, size_t size, off_t at) {
  return fails(fd, "read") ? -1 : real_pread(fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) {
  return fails(fd, "read") ? -1 : real_pread(fd, bytes, size, at);
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
  wait_while_held(fd);
  step(watched(fd));
  return fails(fd, "sync") ? -1 : call(fd);
}

int fdatasync(int fd) {
  int (*call)(int);
  *(void **)&call = next_of("fdatasync");
  wait_while_held(fd);
  step(watched(fd));
  return fails(fd, "sync") ? -1 : call(fd);
}

int link(const char *from, const char *to) {
  int (*call)(const char *, const char *);
  *(void **)&call = next_of("link");
  step(watched_path(to));
  return call(from, to);
}

int rename(const char *from, const char *to) {
  int (*call)(const char *, const char *);
  *(void **)&call = next_of("rename");
  step(watched_path(to));
  return call(from, to);
}

int unlink(const char *path) {
  int (*call)(const char *);
  *(void **)&call = next_of("unlink");
  step(watched_path(path));
  return call(path);
}

int curl_multi_poll(void *multi, void *more, unsigned count, int milliseconds, int *ready);
int curl_multi_poll(void *multi, void *more, unsigned count, int milliseconds, int *ready) {
  static atomic_long left = -1;
  const char *polls = getenv("FAULT_POLLS");
  int (*call)(void *, void *, unsigned, int, int *);
  *(void **)&call = next_of("curl_multi_poll");
  long none = -1;
  atomic_compare_exchange_strong(&left, &none, polls == NULL ? 0 : atol(polls));
  if (atomic_load(&left) > 0) {
    atomic_fetch_sub(&left, 1);
    return 4; /* CURLM_INTERNAL_ERROR */
  }
  return call(multi, more, count, milliseconds, ready);
}

int listen(int fd, int backlog) {
  int (*call)(int, int);
  *(void **)&call = next_of("listen");
  const char *ahead = getenv("FAULT_CLOCK_AHEAD");
  atomic_store(&clock_ahead, ahead == NULL ? 0 : atol(ahead));
  return call(fd, backlog);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && clock == CLOCK_REALTIME) {
    now->tv_sec += atomic_load(&clock_ahead);
  }
  return result;
}

time_t time(time_t *out) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}
