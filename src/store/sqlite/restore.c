/* A backup takes the place of the database in steps. After each of them the old one or the new one is whole under PATH,
 * and on the disk:
 *
 *   1. the backup is copied to PATH.part and checked, and gets owner and mode of the old file
 *   2. the log of the old database is moved into its file
 *   3. the old file gets a second name, PATH.before-restore.new
 *   4. PATH.part becomes PATH
 *   5. PATH.before-restore.new becomes PATH.before-restore, in the place of an earlier one
 *
 * A database that is damaged cannot take its log in. That goes with it by name. */
#include "base/memory.h"
#include "base/output.h"
#include "store/engine.h"
#include "store/lock.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const logs[] = {"-wal", "-journal"};
enum { LOGS = sizeof logs / sizeof logs[0] };

struct restore {
  void *memory;
  char *path;           /* of the database */
  char *kept, *keeping; /* the old one's name in the end, and until then */
  struct lock *lock;
  struct error *error;
};

static char *ending(const struct restore *restore, const char *name, const char *end) {
  return memory_print(restore->memory, "%s%s", name, end);
}

static bool fail(const struct restore *restore, const char *name) {
  return error_set(restore->error, "%s: %s", name, strerror(errno));
}

static bool remove_file(const struct restore *restore, const char *name) {
  return unlink(name) == 0 || errno == ENOENT || fail(restore, name);
}

static bool remove_logs(const struct restore *restore, const char *name) {
  bool fine = remove_file(restore, ending(restore, name, "-shm"));
  for (size_t i = 0; fine && i < LOGS; i++) {
    fine = remove_file(restore, ending(restore, name, logs[i]));
  }
  return fine;
}

static bool rename_logs(const struct restore *restore, const char *from, const char *to) {
  bool fine = true;
  for (size_t i = 0; fine && i < LOGS; i++) {
    const char *log = ending(restore, to, logs[i]);
    fine = rename(ending(restore, from, logs[i]), log) == 0 || errno == ENOENT || fail(restore, log);
  }
  return fine;
}

/* -- the new one --------------------------------------------------------------------------------------------------- */

/* Gives the file owner and mode of the old one, so that whoever opened that opens this. */
static bool take_after(const struct restore *restore, int file) {
  struct stat old, own;
  if (lock_file(restore->lock) < 0) {
    lock_give(file, restore->path);
    return true;
  }
  if (fstat(lock_file(restore->lock), &old) != 0 || fstat(file, &own) != 0) {
    return fail(restore, restore->path);
  }
  if ((old.st_uid != own.st_uid || old.st_gid != own.st_gid) && fchown(file, old.st_uid, old.st_gid) != 0) {
    return error_set(restore->error, "%s belongs to another account: restore as that one, or as root", restore->path);
  }
  return fchmod(file, old.st_mode & 07777) == 0 || fail(restore, restore->path);
}

/* Whoever checks the copy opens it as a database: what that leaves beside it goes. */
static bool check_copy(const struct restore *restore, const char *copy, const char *source, restore_check *check,
                       void *argument) {
  struct error found = {0};
  struct stat log;
  bool fine = check == NULL || check(argument, copy, &found) ||
              error_set(restore->error, "%s is damaged, and nothing was changed: %s", source, found.text);
  const char *wal = ending(restore, copy, "-wal");
  if (fine && stat(wal, &log) == 0 && log.st_size > 0) {
    fine = error_set(restore->error, "%s could not be written into its database", wal);
  }
  return remove_logs(restore, copy) && remove_file(restore, ending(restore, copy, ".lock")) && fine;
}

/* -- the old one --------------------------------------------------------------------------------------------------- */

/* A second name; a copy where the file system has none. */
static bool name_twice(const struct restore *restore) {
  if (link(restore->path, restore->keeping) == 0) {
    return true;
  }
  struct output *output = output_open(restore->memory, restore->keeping, restore->error);
  if (output == NULL) {
    return false;
  }
  if (take_after(restore, output_file(output)) && output_copy(output, restore->path, restore->error)) {
    return output_publish(output, restore->error);
  }
  talloc_free(output);
  return false;
}

/* Makes the old file all there is of the old database, and gives it a second name. */
static bool set_aside(const struct restore *restore) {
  if (lock_file(restore->lock) < 0) {
    return remove_logs(restore, restore->path);
  }
  enum settled settled = engine_settle(restore->path, restore->error);
  if (settled == SETTLED_NOT || !output_may_replace(restore->kept, restore->error) ||
      !remove_file(restore, restore->keeping) || !remove_logs(restore, restore->keeping) || !name_twice(restore)) {
    return false;
  }
  return (settled == SETTLED || rename_logs(restore, restore->path, restore->keeping)) &&
         remove_logs(restore, restore->path) && output_flush_folder(restore->path, restore->error);
}

/* What was set aside gets its name; by then the new database is in its place. */
static bool keep(const struct restore *restore) {
  struct error error = {0};
  struct restore inner = *restore;
  inner.error = &error;
  if (lock_file(restore->lock) < 0) {
    return true;
  }
  bool fine = remove_logs(&inner, restore->kept) &&
              (rename(restore->keeping, restore->kept) == 0 || fail(&inner, restore->kept)) &&
              rename_logs(&inner, restore->keeping, restore->kept) && output_flush_folder(restore->path, &error);
  return fine || error_set(restore->error, "the backup was restored; what was there before is %s still: %.300s",
                           restore->keeping, error.text);
}

static bool replace(const struct restore *restore, const char *source, restore_check *check, void *argument) {
  struct output *output = output_open(restore->memory, restore->path, restore->error);
  if (output == NULL) {
    return false;
  }
  const char *copy = output_part(output);
  if (!engine_copy(source, copy, restore->error) || !check_copy(restore, copy, source, check, argument) ||
      !take_after(restore, output_file(output)) || !output_flush(output, restore->error) || !set_aside(restore)) {
    talloc_free(output);
    return false;
  }
  return output_publish(output, restore->error) && keep(restore);
}

bool store_restore(const char *path, const char *source, restore_check *check, void *argument, struct error *error) {
  if (!engine_fits(source, error) || !engine_looks_sound(source, error)) {
    return false;
  }
  struct restore restore = {.memory = talloc_new(NULL), .error = error};
  restore.path = lock_place(restore.memory, path);
  restore.kept = store_kept(restore.memory, path);
  restore.keeping = ending(&restore, restore.kept, ".new");
  restore.lock = lock_take(restore.memory, restore.path, LOCK_ALLOWS, error);
  bool fine = restore.lock != NULL && replace(&restore, source, check, argument);
  talloc_free(restore.memory);
  return fine;
}

char *store_kept(const void *parent, const char *path) {
  char *place = lock_place(NULL, path), *kept = memory_print(parent, "%s.before-restore", place);
  talloc_free(place);
  return kept;
}
