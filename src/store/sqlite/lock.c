/* The lock on the file is an open file description lock (F_OFD_SETLK) on one byte far behind its end, where SQLite's
 * own locks are not. Where there are no such locks, that of PATH.lock has to do. */
#include "store/lock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 40, TRIES = 10 };

static const off_t locked_byte = (off_t)1 << 62;

struct lock {
  int name; /* PATH.lock */
  int file; /* the database, or -1 */
  bool made;
};

/* -- links --------------------------------------------------------------------------------------------------------- */

/* Where the link leads; NULL when it is none. */
static char *follow(const void *parent, const char *path) {
  char to[PATH_MAX];
  ssize_t length = readlink(path, to, sizeof to - 1);
  if (length <= 0) {
    return NULL;
  }
  to[length] = '\0';
  if (to[0] == '/') {
    return memory_copy(parent, to);
  }
  char *folder = memory_copy(NULL, path);
  char *place = memory_print(parent, "%s/%s", dirname(folder), to);
  talloc_free(folder);
  return place;
}

char *lock_place(const void *parent, const char *path) {
  char *place = memory_copy(parent, path), *next;
  for (int i = 0; i < LINKS_MOST && (next = follow(parent, place)) != NULL; i++) {
    talloc_free(place);
    place = next;
  }
  return place;
}

/* -- owners of files ----------------------------------------------------------------------------------------------- */

void lock_give(int file, const char *place) {
  struct stat owner;
  if (geteuid() == 0) {
    char *folder = memory_copy(NULL, place);
    if (stat(place, &owner) == 0 || stat(dirname(folder), &owner) == 0) {
      (void)!fchown(file, owner.st_uid, owner.st_gid);
    }
    talloc_free(folder);
  }
}

/* -- locks --------------------------------------------------------------------------------------------------------- */

static bool is_anothers(const char *place, struct error *error) {
  return error_set(error, "%s is owned by another process (its lock is held)", place);
}

static int close_both(struct lock *lock) {
  if (lock->file >= 0) {
    close(lock->file);
  }
  if (lock->name >= 0) {
    close(lock->name);
  }
  return 0;
}

static bool take_name(struct lock *lock, const char *place, struct error *error) {
  char *name = memory_print(lock, "%s.lock", place);
  lock->name = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock->name < 0) {
    return error_set(error, "%s: %s", name, strerror(errno));
  }
  if (flock(lock->name, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? is_anothers(place, error) : error_set(error, "%s: %s", name, strerror(errno));
  }
  lock_give(lock->name, place);
  return ftruncate(lock->name, 0) == 0 || error_set(error, "%s: %s", name, strerror(errno));
}

/* Opens the file, and makes it where that is wanted. */
static bool open_file(struct lock *lock, const char *place, enum lock_absent absent, struct error *error) {
  struct stat file;
  lock->file = open(place, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (lock->file < 0 && errno == ENOENT && absent == LOCK_ALLOWS) {
    return true;
  }
  if (lock->file < 0 && errno == ENOENT && absent == LOCK_CREATES) {
    lock->file = open(place, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (lock->file >= 0) {
      lock->made = true;
      lock_give(lock->file, dirname(memory_copy(lock, place)));
    }
  }
  if (lock->file < 0 || fstat(lock->file, &file) != 0) {
    return error_set(error, "%s: %s", place, strerror(errno));
  }
  return S_ISREG(file.st_mode) || error_set(error, "%s is no regular file", place);
}

/* Whether the place still leads to the file: a restore may have put another there since it was opened. */
static bool is_still_there(int fd, const char *place) {
  struct stat opened, there;
  return fstat(fd, &opened) == 0 && stat(place, &there) == 0 && opened.st_dev == there.st_dev &&
         opened.st_ino == there.st_ino;
}

static bool take_file(struct lock *lock, const char *place, enum lock_absent absent, struct error *error) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = locked_byte, .l_len = 1};
  for (int i = 0; i < TRIES; i++) {
    if (!open_file(lock, place, absent, error)) {
      return false;
    }
    if (lock->file < 0) {
      return true;
    }
    if (fcntl(lock->file, F_OFD_SETLK, &whole) != 0 && errno != EINVAL) {
      return errno == EAGAIN || errno == EACCES ? is_anothers(place, error)
                                                : error_set(error, "%s: %s", place, strerror(errno));
    }
    if (is_still_there(lock->file, place)) {
      return true;
    }
    close(lock->file);
    lock->file = -1;
  }
  return error_set(error, "%s does not stay the same file", place);
}

static bool is_there(const char *place, struct error *error) {
  struct stat file;
  if (stat(place, &file) != 0) {
    return error_set(error, "%s: %s%s", place, strerror(errno),
                     errno == ENOENT ? "; serve and import make a new registry, no other command does" : "");
  }
  return file.st_size > 0 || error_set(error, "%s is empty; serve and import make a registry of it", place);
}

struct lock *lock_take(const void *parent, const char *place, enum lock_absent absent, struct error *error) {
  if (absent == LOCK_NEEDS && !is_there(place, error)) {
    return NULL;
  }
  struct lock *lock = memory_new(parent, struct lock);
  *lock = (struct lock){-1, -1, false};
  talloc_set_destructor(lock, close_both);
  if (take_name(lock, place, error) && take_file(lock, place, absent, error)) {
    return lock;
  }
  talloc_free(lock);
  return NULL;
}

int lock_file(const struct lock *lock) {
  return lock->file;
}

bool lock_made(const struct lock *lock) {
  return lock->made;
}

static bool name_is_taken(const char *place) {
  char *name = memory_print(NULL, "%s.lock", place);
  int fd = open(name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  bool taken = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (fd >= 0) {
    close(fd);
  }
  talloc_free(name);
  return taken;
}

bool lock_is_taken(const char *place) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = locked_byte, .l_len = 1};
  if (name_is_taken(place)) {
    return true;
  }
  int fd = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  bool taken = fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  if (fd >= 0) {
    close(fd);
  }
  return taken;
}

/* -- the socket ---------------------------------------------------------------------------------------------------- */

bool lock_tell_socket(struct lock *lock, const char *socket, struct error *error) {
  size_t length = strlen(socket);
  return (ftruncate(lock->name, 0) == 0 && pwrite(lock->name, socket, length, 0) == (ssize_t)length) ||
         error_set(error, "the lock of the database cannot hold the path of the socket: %s", strerror(errno));
}

char *lock_socket(const void *parent, const char *place) {
  char *name = memory_print(NULL, "%s.lock", place), socket[PATH_MAX];
  int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : pread(fd, socket, sizeof socket, 0);
  if (fd >= 0) {
    close(fd);
  }
  talloc_free(name);
  return length > 0 ? memory_slice(parent, socket, (size_t)length) : memory_print(parent, "%s.sock", place);
}
