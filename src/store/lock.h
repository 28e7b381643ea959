/* Whose a database is. Its owner holds two locks for as long as it lives, which the system gives up for it even when it
 * is killed: one on the database file itself, by whatever name it was opened, and one on PATH.lock, which is there
 * before the file is, and while a restore puts another in its place. */
#ifndef ENTENTE_STORE_LOCK_H
#define ENTENTE_STORE_LOCK_H

#include "base/error.h"

#include <stdbool.h>

struct lock;

enum lock_absent {
  LOCK_NEEDS,   /* where there is no file, or an empty one, that is a failure */
  LOCK_CREATES, /* an empty file is made */
  LOCK_ALLOWS   /* PATH.lock alone is locked then */
};

/* The file that `path` leads to when it names links; the folders on the way to it stay as they are named. */
char *lock_place(const void *parent, const char *path);
/* Takes both locks of the database at a place. NULL, with the reason, when it is another's. Take it before the engine
 * opens the file, and free it after the engine has closed it: closing any descriptor of a file ends the engine's own
 * locks. */
struct lock *lock_take(const void *parent, const char *place, enum lock_absent absent, struct error *error);
/* The locked database file; -1 when there is none. */
int lock_file(const struct lock *lock);
/* Whether the file was made for the lock (LOCK_CREATES). */
bool lock_made(const struct lock *lock);
/* Whether another owns the database at a place. Not for a process that has it open. */
bool lock_is_taken(const char *place);

/* As root, gives what was just made to whom the file at `place` belongs to, or else its folder, where that is allowed:
 * otherwise the service's own account could not open it. */
void lock_give(int file, const char *place);

/* Where the owner listens for commands: it says so where that is not PATH.sock. */
bool lock_tell_socket(struct lock *lock, const char *socket, struct error *error);
char *lock_socket(const void *parent, const char *place);

#endif
