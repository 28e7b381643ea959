/* One thread owns the writing connection. It takes what has queued up, as a group: BEGIN, each write in its own
 * savepoint, the search index of all of them, COMMIT, one flush for all; then it tells each writer how it ended. A
 * write that fails is undone to its savepoint and harms no other. One that is the whole of its group needs none, and
 * one that may change many rows always is: within a savepoint SQLite keeps each page as it was, and goes through all
 * that it keeps at the end of each statement, so that twice the rows would take four times as long. When the engine
 * undoes the whole group by itself (a full disk), every write of the group that was to be kept is refused. When the
 * commit itself fails on the disk, nobody knows what will be there after a restart: the writes are told so, and no
 * further one is taken.
 *
 * When the disk was full for a write, the writer itself looks whether there is room: at once, since a single large
 * write may have been all that had none, and then once a second until there is. So what is told of it (writer_full)
 * does not change with each write. */
#include "store/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nameless.h"
#include "store/changes.h"
#include "store/engine.h"
#include "store/search_index.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Pages that many commits touch go into the file once, so a longer log is less work; it is read by every later start.
 */
enum { CHECKPOINT_PAGES = 4000 };
/* How often a full disk is looked at again, and how much room must be there: more than the pages of a small write, for
 * which the log may have room that it reuses. */
enum { PROBE_MS = 1000, PROBE_BYTES = 256 * 1024 };
enum { STAMPS_PER_MS = 1000, WRITER_NICENESS = 8, WATCHERS = 4 };

/* Who is told of commits. */
struct watcher {
  void (*tell)(void *argument);
  void *argument;
};

struct writer {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct write *first, **last; /* the queue */
  size_t depth, group_limit, queue_limit;
  bool stopping;
  _Atomic bool broken;
  _Atomic bool full; /* the disk, as far as the last look goes */
  const char *folder;
  int64_t probe_at, probed_at; /* when the disk is looked at next (0: not), and was (monotonic); the thread's own */
  _Atomic uint64_t commits;
  struct changes *changes;
  struct db *db;
  int64_t stamp;
  struct store_counts counts;
  void (*tell)(void *argument);
  void *tell_argument;
  struct watcher watchers[WATCHERS];
};

/* One group under way: its writes in order, and whether each asked to be kept. */
struct group {
  struct write **writes;
  enum write_outcome *outcomes;
  size_t count, kept;
};

static enum write_outcome outcome_of(enum db_failure failure) {
  return failure == DB_FULL ? WRITE_FULL : failure == DB_FLUSH ? WRITE_UNKNOWN : WRITE_FAILED;
}

static bool goes_along(const struct write *next, const struct group *group) {
  return group->count == 0 || !(next->alone || group->writes[0]->alone);
}

/* How long the thread may wait before it looks at the disk, in milliseconds; -1: as long as it takes. */
static int until_probe(const struct writer *writer) {
  int64_t left = writer->probe_at - clock_monotonic_ns();
  return writer->probe_at == 0 ? -1 : left <= 0 ? 0 : (int)(left / 1000000) + 1;
}

/* Waits for work, or for the time to look at the disk, and moves up to a group of work out of the queue. False when the
 * thread should end. */
static bool take(struct writer *writer, struct group *group) {
  pthread_mutex_lock(&writer->lock);
  for (int ms; writer->first == NULL && !writer->stopping && (ms = until_probe(writer)) != 0;) {
    if (ms > 0) {
      clock_wait(&writer->wake, &writer->lock, (unsigned)ms);
    } else {
      pthread_cond_wait(&writer->wake, &writer->lock);
    }
  }
  group->count = 0;
  group->kept = 0;
  while (writer->first != NULL && group->count < writer->group_limit && goes_along(writer->first, group)) {
    struct write *write = writer->first;
    writer->first = write->next;
    group->writes[group->count++] = write;
    writer->depth--;
  }
  if (writer->first == NULL) {
    writer->last = &writer->first;
  }
  bool goes_on = group->count > 0 || !writer->stopping;
  pthread_mutex_unlock(&writer->lock);
  return goes_on;
}

/* Everything that was to be kept so far is lost, for that reason; and what was refused may have been so because of it.
 */
static void lose(struct group *group, enum write_outcome outcome) {
  for (size_t i = 0; i < group->count; i++) {
    if (group->outcomes[i] == WRITE_SAVED || group->outcomes[i] == WRITE_DROPPED) {
      group->outcomes[i] = outcome;
    }
  }
  group->kept = 0;
}

/* Runs one write of a group; `whole`: it has no other, and what it did is undone with the group. */
static enum write_outcome run_one(struct writer *writer, struct write *write, bool whole) {
  struct db *db = writer->db;
  if (!whole && !engine_save(db)) {
    return outcome_of(db_failure(db));
  }
  engine_set_stamp(db, writer->stamp + 1);
  search_begin_write(db);
  bool keep = write->run(write, db);
  enum db_failure failure = db_failure(db);
  bool closed = whole || engine_release(db, keep && failure == DB_OK);
  if (failure != DB_OK || !closed) {
    return outcome_of(failure != DB_OK ? failure : db_failure(db));
  }
  return keep ? WRITE_SAVED : WRITE_DROPPED;
}

/* Runs the writes. When the engine has undone the group by itself, the writes kept before are lost, and the rest begin
 * anew. */
static void run_group(struct writer *writer, struct group *group) {
  for (size_t i = 0; i < group->count; i++) {
    group->outcomes[i] = WRITE_DROPPED;
  }
  for (size_t i = 0; i < group->count; i++) {
    if (writer->broken) {
      group->outcomes[i] = WRITE_FAILED;
      continue;
    }
    if (!engine_inside(writer->db) && !engine_begin(writer->db)) {
      group->outcomes[i] = outcome_of(db_failure(writer->db));
      continue;
    }
    enum write_outcome outcome = group->outcomes[i] = run_one(writer, group->writes[i], group->count == 1);
    if (outcome == WRITE_SAVED) {
      group->kept++;
      writer->stamp += !group->writes[i]->quiet;
    } else if (outcome == WRITE_UNKNOWN || !engine_inside(writer->db)) {
      lose(group, outcome);
    }
    /* Nothing more is flushed over a failure, not even an undo. */
    atomic_store(&writer->broken, outcome == WRITE_UNKNOWN);
  }
}

static bool keep_stamp(struct writer *writer) {
  engine_clear_failure(writer->db);
  struct query *query = db_named(writer->db, "stamp-write");
  query_bind_int(query, 1, writer->stamp);
  return query_run(query);
}

static void finish_group(struct writer *writer, struct group *group) {
  struct db *db = writer->db;
  if (writer->broken) {
    return;
  }
  if (group->kept == 0) {
    engine_undo(db);
    return;
  }
  if (!keep_stamp(writer) || !search_settle(db)) {
    lose(group, outcome_of(db_failure(db)));
    atomic_store(&writer->broken, db_failure(db) == DB_FLUSH);
    if (!writer->broken) {
      engine_undo(db);
    }
    return;
  }
  int64_t before = clock_monotonic_ns();
  if (!engine_commit(db)) {
    bool clean = db_failure(db) == DB_FULL || db_failure(db) == DB_CONSTRAINT;
    lose(group, clean ? outcome_of(db_failure(db)) : WRITE_UNKNOWN);
    if (clean) {
      engine_undo(db);
    } else {
      atomic_store(&writer->broken, true);
    }
    return;
  }
  atomic_fetch_add(&writer->commits, 1);
  pthread_mutex_lock(&writer->lock);
  writer->counts.groups++;
  writer->counts.writes += (int64_t)group->kept;
  writer->counts.largest_group =
      (int64_t)group->kept > writer->counts.largest_group ? (int64_t)group->kept : writer->counts.largest_group;
  writer->counts.commit_seconds += (double)(clock_monotonic_ns() - before) / 1e9;
  writer->counts.wal_pages = engine_wal_pages(db);
  for (int i = 0; i < WATCHERS; i++) {
    if (writer->watchers[i].tell != NULL) { /* under the lock, so that who takes it back may go at once */
      writer->watchers[i].tell(writer->watchers[i].argument);
    }
  }
  pthread_mutex_unlock(&writer->lock);
}

static void break_down(struct writer *writer) {
  log_line(LOG_ERROR, "a flush to the disk failed: the outcome of the waiting writes is unknown; no more writes are "
                      "accepted, restart the server");
  pthread_mutex_lock(&writer->lock);
  struct write *waiting = writer->first;
  writer->first = NULL;
  writer->last = &writer->first;
  writer->depth = 0;
  void (*tell)(void *) = writer->tell;
  void *argument = writer->tell_argument;
  pthread_mutex_unlock(&writer->lock);
  while (waiting != NULL) {
    struct write *next = waiting->next;
    writer->counts.refused[WRITE_FAILED]++;
    waiting->done(waiting, WRITE_FAILED);
    waiting = next;
  }
  if (tell != NULL) {
    tell(argument);
  }
}

/* -- a full disk --------------------------------------------------------------------------------------------------- */

/* Whether so much fits into the folder. What cannot be tried there is no sign of a full disk. */
static bool has_room(const char *folder) {
  int file = nameless_file(folder);
  int reason = file < 0 ? errno : posix_fallocate(file, 0, PROBE_BYTES);
  if (file >= 0) {
    close(file);
  }
  return !error_is_full(reason);
}

static bool run_probe(struct write *write, struct db *db) {
  (void)write;
  (void)db;
  return true; /* the stamp is written with every group */
}

static void end_probe(struct write *write, enum write_outcome outcome) {
  (void)write;
  (void)outcome;
}

/* Looks whether there is room, and whether a write succeeds. */
static void probe(struct writer *writer) {
  struct write write = {.run = run_probe, .done = end_probe, .quiet = true}, *writes[] = {&write};
  enum write_outcome outcomes[] = {WRITE_FULL};
  struct group group = {.writes = writes, .outcomes = outcomes, .count = 1};
  if (has_room(writer->folder)) {
    run_group(writer, &group);
    finish_group(writer, &group);
    search_forget(writer->db);
  }
  bool full = outcomes[0] == WRITE_FULL;
  if (full != atomic_exchange(&writer->full, full)) {
    log_line(full ? LOG_WARN : LOG_INFO,
             full ? "the disk is full: writes get 507 until there is room" : "the disk has room again");
  }
  writer->probed_at = clock_monotonic_ns();
  writer->probe_at = full ? writer->probed_at + PROBE_MS * 1000000LL : 0;
}

/* Counts what was not kept, and has the disk looked at where it was full. */
static void note_outcomes(struct writer *writer, const struct group *group) {
  pthread_mutex_lock(&writer->lock);
  for (size_t i = 0; i < group->count; i++) {
    writer->counts.refused[group->outcomes[i]]++;
    if (group->outcomes[i] == WRITE_FULL && writer->probe_at == 0) {
      int64_t now = clock_monotonic_ns(), again = writer->probed_at + PROBE_MS * 1000000LL;
      writer->probe_at = writer->probed_at == 0 || again < now ? now : again;
    }
  }
  pthread_mutex_unlock(&writer->lock);
}

static void *write_loop(void *argument) {
  struct writer *writer = argument;
  /* Where cores are few, who only reads should not wait for a whole group; refused, it is as it was. On Linux this is a
   * thread's own. */
  (void)setpriority(PRIO_PROCESS, 0, WRITER_NICENESS);
  struct group group = {.writes = memory_array(writer, struct write *, writer->group_limit),
                        .outcomes = memory_array(writer, enum write_outcome, writer->group_limit)};
  while (take(writer, &group)) {
    run_group(writer, &group);
    finish_group(writer, &group);
    search_forget(writer->db);
    note_outcomes(writer, &group);
    for (size_t i = 0; i < group.count; i++) {
      group.writes[i]->done(group.writes[i], group.outcomes[i]);
    }
    if (!writer->broken && until_probe(writer) == 0) {
      probe(writer);
    }
    if (!writer->broken && engine_wal_pages(writer->db) > CHECKPOINT_PAGES && !engine_checkpoint(writer->db)) {
      atomic_store(&writer->broken, true);
    }
    if (writer->broken) {
      break_down(writer);
      break;
    }
  }
  return NULL;
}

static void note_change(void *argument, const char *table, int64_t pk) {
  const struct writer *writer = argument;
  changes_note(writer->changes, table, pk, atomic_load(&writer->commits) + 1);
}

struct writer *writer_start(struct db *db, const struct store_options *options, struct error *error) {
  struct writer *writer = memory_new(NULL, struct writer);
  writer->db = db;
  writer->changes = changes_new(writer);
  engine_on_change(db, note_change, writer);
  writer->last = &writer->first;
  writer->group_limit = options->group_limit > 0 ? options->group_limit : 256;
  writer->queue_limit = options->queue_limit > 0 ? options->queue_limit : 1024;
  pthread_mutex_init(&writer->lock, NULL);
  struct query *query = db_named(db, "stamp-read");
  if (query_step(query) == STEP_ROW) {
    writer->stamp = query_int(query, 0);
  }
  query_end(query);
  /* Stamps go on from the clock, so that a database put back from a backup gives out none a second time. */
  int64_t now = clock_now_ms() * STAMPS_PER_MS;
  writer->stamp = now > writer->stamp ? now : writer->stamp;
  writer->folder = dirname(memory_copy(writer, options->path));
  if (db_failure(db) != DB_OK || !clock_condition(&writer->wake) ||
      pthread_create(&writer->thread, NULL, write_loop, writer) != 0) {
    error_set(error, "cannot start the writer: %s", db_failure_text(db));
    talloc_free(writer);
    return NULL;
  }
  return writer;
}

bool writer_stop(struct writer *writer) {
  pthread_mutex_lock(&writer->lock);
  writer->stopping = true;
  pthread_cond_signal(&writer->wake);
  pthread_mutex_unlock(&writer->lock);
  pthread_join(writer->thread, NULL);
  pthread_mutex_destroy(&writer->lock);
  pthread_cond_destroy(&writer->wake);
  bool sound = !writer->broken;
  talloc_free(writer);
  return sound;
}

bool writer_submit(struct writer *writer, struct write *write) {
  pthread_mutex_lock(&writer->lock);
  bool taken = !writer->stopping && !writer->broken && writer->depth < writer->queue_limit;
  if (taken) {
    write->next = NULL;
    *writer->last = write;
    writer->last = &write->next;
    writer->depth++;
    pthread_cond_signal(&writer->wake);
  }
  pthread_mutex_unlock(&writer->lock);
  return taken;
}

const struct changes *writer_changes(const struct writer *writer) {
  return writer->changes;
}

uint64_t writer_commits(const struct writer *writer) {
  return atomic_load(&writer->commits);
}

bool writer_broken(const struct writer *writer) {
  return atomic_load(&writer->broken);
}

bool writer_full(const struct writer *writer) {
  return atomic_load(&writer->full);
}

void writer_on_broken(struct writer *writer, void (*tell)(void *argument), void *argument) {
  pthread_mutex_lock(&writer->lock);
  writer->tell = tell;
  writer->tell_argument = argument;
  pthread_mutex_unlock(&writer->lock);
}

/* Puts `new` in the place of a watcher with that argument; false when there is none. */
static bool exchange_watcher(struct writer *writer, void *argument, struct watcher new) {
  bool found = false;
  pthread_mutex_lock(&writer->lock);
  for (int i = 0; i < WATCHERS && !found; i++) {
    found = writer->watchers[i].argument == argument;
    writer->watchers[i] = found ? new : writer->watchers[i];
  }
  pthread_mutex_unlock(&writer->lock);
  return found;
}

void writer_on_commit(struct writer *writer, void (*tell)(void *argument), void *argument) {
  if (!exchange_watcher(writer, NULL, (struct watcher){tell, argument})) {
    log_line(LOG_ERROR, "too many want to be told of commits");
    abort();
  }
}

void writer_forget_commit(struct writer *writer, void *argument) {
  (void)exchange_watcher(writer, argument, (struct watcher){NULL, NULL});
}

void writer_counts(struct writer *writer, struct store_counts *counts) {
  pthread_mutex_lock(&writer->lock);
  *counts = writer->counts;
  counts->queue_depth = (int64_t)writer->depth;
  pthread_mutex_unlock(&writer->lock);
}
