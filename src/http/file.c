/* An answer that is a file: a copy of the database. A client may take long to read it, so meanwhile the caller is asked
 * for again, and the answer is cut when that one's token has ended: it has a length, so nobody takes the part for the
 * whole. */
#include "access/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "http/exchange.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What lies in the socket when it is cut is thrown away; and what does not is not sent. */
enum { SEND_SIZE = 128 * 1024, SOCKET_ROOM = 256 * 1024 };

static const int64_t look_ns = 250000000;

struct file {
  struct exchange *exchange;
  int fd;
  int64_t look_at; /* when the caller is looked at next (monotonic nanoseconds) */
};

/* For libmicrohttpd. */
static ssize_t take(void *argument, uint64_t position, char *out, size_t room) {
  struct file *file = argument;
  struct exchange *exchange = file->exchange;
  int64_t now = clock_monotonic_ns();
  if (now >= file->look_at) {
    if (!caller_still_admitted(exchange->call, exchange->listener->worker)) {
      return exchange_break(exchange, "the caller's token has ended");
    }
    file->look_at = now + look_ns;
  }
  ssize_t size = pread(file->fd, out, room, (off_t)position);
  exchange->listener->moved = true;
  return size > 0 ? size : exchange_break(exchange, "the file could not be read");
}

/* The exchange may be over by then. */
static void drop(void *argument) {
  struct file *file = argument;
  close(file->fd);
  talloc_free(file);
}

struct MHD_Response *file_response(struct exchange *exchange, const char *path, size_t *size) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  unlink(path); /* what is open stays readable, and nothing is left behind */
  if (fd < 0 || fstat(fd, &status) != 0 || exchange->watched == NULL) {
    if (fd >= 0) {
      close(fd);
    }
    return NULL;
  }
  int room = SOCKET_ROOM; /* refused, a little more is sent after the end */
  (void)setsockopt(exchange->watched->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  struct file *file = memory_new(NULL, struct file);
  file->exchange = exchange;
  file->fd = fd;
  *size = (size_t)status.st_size;
  struct MHD_Response *response =
      MHD_create_response_from_callback((uint64_t)status.st_size, SEND_SIZE, take, file, drop);
  if (response == NULL) {
    drop(file);
  }
  return response;
}
