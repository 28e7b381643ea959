/* SQLite's own system calls are replaced by those below, which call what was there before. It uses one of these three
 * to write, by how it was built. */
#include "store/sqlite/quota.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

static ssize_t (*next_write)(int file, const void *bytes, size_t size);
static ssize_t (*next_pwrite)(int file, const void *bytes, size_t size, off_t at);
static ssize_t (*next_pwrite64)(int file, const void *bytes, size_t size, off64_t at);

static ssize_t told(ssize_t written) {
  errno = written < 0 && errno == EDQUOT ? ENOSPC : errno;
  return written;
}

static ssize_t quota_write(int file, const void *bytes, size_t size) {
  return told(next_write(file, bytes, size));
}

static ssize_t quota_pwrite(int file, const void *bytes, size_t size, off_t at) {
  return told(next_pwrite(file, bytes, size, at));
}

static ssize_t quota_pwrite64(int file, const void *bytes, size_t size, off64_t at) {
  return told(next_pwrite64(file, bytes, size, at));
}

static sqlite3_syscall_ptr replaced(sqlite3_vfs *vfs, const char *name, sqlite3_syscall_ptr by) {
  sqlite3_syscall_ptr before = vfs->xGetSystemCall(vfs, name);
  return before != NULL && vfs->xSetSystemCall(vfs, name, by) == SQLITE_OK ? before : NULL;
}

void quota_is_full(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (vfs == NULL || vfs->iVersion < 3 || vfs->xSetSystemCall == NULL) {
    return;
  }
  next_write = (ssize_t(*)(int, const void *, size_t))replaced(vfs, "write", (sqlite3_syscall_ptr)quota_write);
  next_pwrite =
      (ssize_t(*)(int, const void *, size_t, off_t))replaced(vfs, "pwrite", (sqlite3_syscall_ptr)quota_pwrite);
  next_pwrite64 =
      (ssize_t(*)(int, const void *, size_t, off64_t))replaced(vfs, "pwrite64", (sqlite3_syscall_ptr)quota_pwrite64);
}
