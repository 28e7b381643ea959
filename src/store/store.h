/* The database of this process: one owner, one writer, many readers. Engine and statements stay behind this header. */
#ifndef ENTENTE_STORE_STORE_H
#define ENTENTE_STORE_STORE_H

#include "base/error.h"
#include "store/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct changes;
struct contract;
struct store;

struct store_options {
  const char *path;
  bool create;        /* make the file when it is absent */
  size_t group_limit; /* writes in one commit at most */
  size_t queue_limit; /* writes waiting at most */
};

/* How a write ended. */
enum write_outcome {
  WRITE_SAVED,   /* on the disk */
  WRITE_DROPPED, /* it asked to be undone; nothing of it was kept */
  WRITE_FULL,    /* no room on the disk; nothing of it was kept */
  WRITE_FAILED,  /* could not be done; nothing of it was kept */
  WRITE_UNKNOWN, /* the flush failed: after a restart it may be there or not */
  WRITE_OUTCOMES
};

/* A piece of work for the writer thread. Embed it in your own struct; the store touches `next` only. */
struct write {
  /* Runs on the writer's connection; false undoes everything it did. */
  bool (*run)(struct write *write, struct db *db);
  /* Called on the writer thread once the outcome is certain. */
  void (*done)(struct write *write, enum write_outcome outcome);
  struct write *next;
  bool quiet; /* it changes nothing that a document shows: the stamp stays, and with it every tag */
  bool alone; /* it may change many rows: it gets a commit of its own, and no other write waits for its end with it */
};

/* Takes the lock of the file, migrates, prepares the contract's statements, starts the writer. Refuses a database
 * of a newer version, one that is not entente's, one that another process owns. */
struct store *store_open(const struct store_options *options, const struct contract *contract, struct error *error);
/* Finishes the queued writes, checkpoints, gives up the lock. Every reader must be closed before. False when a flush
 * failed; nothing that was saved is lost then, it stays in the log. */
bool store_close(struct store *store);
/* The same; and where store_open made the file, it is taken away again. */
bool store_discard(struct store *store);

/* Whether another process owns the database at `path`, and where that listens for commands. */
bool store_owned(const char *path);
char *store_socket(const void *parent, const char *path);
/* Says where this process does; not needed for PATH.sock. */
bool store_tell_socket(struct store *store, const char *path, struct error *error);

/* A connection of its own for one reading thread. */
struct db *store_reader(struct store *store, struct error *error);
/* The same for callers without a token: on it the database holds what is public, and nothing else. */
struct db *store_public_reader(struct store *store, struct error *error);
void store_reader_close(struct db *db);
/* Tables for what one large write has to remember, in a file beside the database that is gone with store_reader_close.
 * NULL with the reason. */
struct db *store_notes(const struct store *store, struct error *error);

/* Queues the work; false when the queue is full or the store is failing or closing, and then nothing was done. */
bool store_submit(struct store *store, struct write *write);
/* Runs `run` through the writer, with a commit of its own, and waits; for threads that may wait, never a server's
 * worker. */
enum write_outcome store_write(struct store *store, bool (*run)(void *argument, struct db *db), void *argument);

/* Grows with every commit and after it, before its writers are told. What is read in a transaction that begins after
 * this was asked holds for as long as store_changes knows of no change since. */
uint64_t store_commits(const struct store *store);
const struct changes *store_changes(const struct store *store);
/* `tell` is called on the writer's thread after every commit, once it is counted: it must be quick, and may not call
 * the store. There may be four who are told, each with an argument of its own. */
void store_on_commit(struct store *store, void (*tell)(void *argument), void *argument);
/* Ends that; it is not running any more, then. */
void store_forget_commit(struct store *store, void *argument);
/* Whether a flush has failed: no write is taken any more and the process should end. `tell` is called once, then. */
bool store_broken(const struct store *store);
void store_on_broken(struct store *store, void (*tell)(void *argument), void *argument);

/* Whether the disk is full, so that writes are refused (WRITE_FULL). It is looked at again once a second. */
bool store_full(const struct store *store);

struct store_counts {
  int64_t queue_depth, groups, writes, largest_group;
  int64_t refused[WRITE_OUTCOMES]; /* by outcome; of WRITE_SAVED and WRITE_DROPPED those that ended so */
  double commit_seconds;           /* all commits together */
  int64_t wal_pages;               /* in the log now */
};
void store_counts(struct store *store, struct store_counts *counts);

struct store_sizes {
  int64_t database, log;        /* of the file, and of the log beside it, in bytes */
  int64_t disk, disk_available; /* of the file system that they are on; what is left for this account */
};
/* False when the system does not tell. */
bool store_sizes(const struct store *store, struct store_sizes *sizes);

/* Writes a consistent copy to a new file while the server goes on, and notes when that was. A thread that may wait. */
bool store_backup(struct store *store, const char *target, struct error *error);
/* Whether a copy may be written to `target`: not over the database at `path` or a file beside it, nor over any database
 * that a process owns. */
bool store_may_replace(const char *path, const char *target, struct error *error);
/* Looks at the copy of a backup, a database of its own, and says what is wrong with it. */
typedef bool restore_check(void *argument, const char *copy, struct error *error);
/* Replaces the database at `path` by that in `source`, once a copy of it has been checked: that it is whole, of a
 * version that is known, and what `check` looks at, which may be NULL. The database must have no owner. What was there
 * is kept as store_kept, and stays where it is when anything fails. */
bool store_restore(const char *path, const char *source, restore_check *check, void *argument, struct error *error);
/* PATH.before-restore. */
char *store_kept(const void *parent, const char *path);

/* Integrity of the file, of its references, and of the copies in its tables of items. `tell` gets one line for each
 * thing that is wrong; true when none was.
 */
bool store_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                 void *argument);
/* How a check ended that found what it looked at to be `sound`: what the engine could not read meanwhile is its
 * finding, too, told of `what`, and is forgotten, so that another check can look further. A disk that fails is none,
 * and stays. */
bool store_checked(struct db *db, bool sound, const char *what, void (*tell)(void *argument, const char *line),
                   void *argument);

/* The path of the database; where it was named by a link, that of the file. */
const char *store_path(const struct store *store);
/* "SQLite 3.40.1", for the log. */
const char *store_engine(void);

#endif
