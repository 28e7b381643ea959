/* One process owns a database (lock.h). The writer's connection is opened first and closed last, so no reader ever is
 * the one that checkpoints on closing. */
#include "store/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/output.h"
#include "store/denormalized.h"
#include "store/engine.h"
#include "store/lock.h"
#include "store/public_views.h"
#include "store/resource.h"
#include "store/search_index.h"
#include "store/shape.h"
#include "store/sort_names.h"
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { ROOM_PAUSE_MS = 2, ROOM_TRIES = 15000 };

struct store {
  char *path;
  struct lock *lock;
  struct db *db;
  struct writer *writer;
  const struct contract *contract;
  struct shapes *shapes;
  bool discarded;
};

bool store_owned(const char *path) {
  char *place = lock_place(NULL, path);
  bool taken = lock_is_taken(place);
  talloc_free(place);
  return taken;
}

char *store_socket(const void *parent, const char *path) {
  char *place = lock_place(NULL, path), *socket = lock_socket(parent, place);
  talloc_free(place);
  return socket;
}

bool store_tell_socket(struct store *store, const char *path, struct error *error) {
  return lock_tell_socket(store->lock, path, error);
}

/* Without `create` the file must be a registry already: an empty one is none. */
static bool open_writer(struct store *store, bool create, struct error *error) {
  store->lock = lock_take(store, store->path, create ? LOCK_CREATES : LOCK_NEEDS, error);
  store->db = store->lock == NULL ? NULL : engine_open(store->path, create, error);
  return store->db != NULL && (create || engine_number(store->db, "PRAGMA application_id") == APPLICATION_ID ||
                               error_set(error, "%s holds no registry; serve and import make one", store->path));
}

static bool prepare_writer(struct store *store, const struct contract *contract, struct error *error) {
  engine_set_shapes(store->db, store->shapes);
  if (!engine_migrate(store->db, error) || !engine_prepare(store->db, true, error)) {
    return false;
  }
  if (!query_run(db_named(store->db, "log-name-write")) || !shapes_read_indexes(store->shapes, store->db)) {
    return error_set(error, "%s: %s", store->path, db_failure_text(store->db));
  }
  return resource_verify(store->db, contract, error) && sort_names_open(store->db, contract, error) &&
         search_open(store->db, contract, error);
}

struct store *store_open(const struct store_options *options, const struct contract *contract, struct error *error) {
  struct store *store = memory_new(NULL, struct store);
  store->path = lock_place(store, options->path);
  store->contract = contract;
  store->shapes = shapes_new(store, contract);
  bool fine = open_writer(store, options->create, error) && prepare_writer(store, contract, error) &&
              (store->writer = writer_start(store->db, options, error)) != NULL;
  if (!fine) {
    store_discard(store);
    return NULL;
  }
  return store;
}

/* Takes away a database that this process made, while nobody else can have it. */
static void remove_made(const struct store *store) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    char *name = memory_print(NULL, "%s%s", store->path, ends[i]);
    if (unlink(name) != 0 && errno != ENOENT) {
      log_line(LOG_WARN, "%s: %s", name, strerror(errno));
    }
    talloc_free(name);
  }
}

bool store_close(struct store *store) {
  if (store == NULL) {
    return true;
  }
  /* After a failed flush, of the writer or of a migration, nothing more is flushed: not even what closing would. */
  bool broken = store->writer != NULL && !writer_stop(store->writer);
  broken = broken || (store->db != NULL && db_failure(store->db) == DB_FLUSH);
  broken = broken || (store->db != NULL && !engine_checkpoint(store->db));
  if (broken) {
    engine_abandon(store->db);
  } else {
    engine_close(store->db);
  }
  if (store->discarded && store->lock != NULL && lock_made(store->lock)) {
    remove_made(store);
  }
  talloc_free(store); /* and the lock with it */
  return !broken;
}

bool store_discard(struct store *store) {
  if (store != NULL) {
    store->discarded = true;
  }
  return store_close(store);
}

static struct db *open_reader(struct store *store, bool open, struct error *error) {
  struct db *db = engine_open(store->path, false, error);
  if (db == NULL) {
    return NULL;
  }
  engine_set_shapes(db, store->shapes);
  if ((open && !public_views_tables(db, store->contract, error)) || !engine_prepare(db, false, error)) {
    engine_close(db);
    return NULL;
  }
  return db;
}

struct db *store_reader(struct store *store, struct error *error) {
  return open_reader(store, false, error);
}

struct db *store_public_reader(struct store *store, struct error *error) {
  return open_reader(store, true, error);
}

struct db *store_notes(const struct store *store, struct error *error) {
  return engine_notes(store->path, error);
}

void store_reader_close(struct db *db) {
  engine_close(db);
}

bool store_submit(struct store *store, struct write *write) {
  return writer_submit(store->writer, write);
}

/* A write whose maker waits for it. */
struct waiting_write {
  struct write write;
  bool (*run)(void *argument, struct db *db);
  void *argument;
  enum write_outcome outcome;
  bool over;
  pthread_mutex_t lock;
  pthread_cond_t done;
};

static bool waiting_run(struct write *write, struct db *db) {
  struct waiting_write *waiting = (struct waiting_write *)write;
  return waiting->run(waiting->argument, db);
}

static void waiting_done(struct write *write, enum write_outcome outcome) {
  struct waiting_write *waiting = (struct waiting_write *)write;
  pthread_mutex_lock(&waiting->lock);
  waiting->outcome = outcome;
  waiting->over = true;
  pthread_cond_signal(&waiting->done);
  pthread_mutex_unlock(&waiting->lock);
}

static enum write_outcome write_and_wait(struct store *store, bool (*run)(void *argument, struct db *db),
                                         void *argument, bool quiet) {
  struct waiting_write waiting = {.write = {.run = waiting_run, .done = waiting_done, .alone = true, .quiet = quiet},
                                  .run = run,
                                  .argument = argument,
                                  .outcome = WRITE_FAILED,
                                  .lock = PTHREAD_MUTEX_INITIALIZER,
                                  .done = PTHREAD_COND_INITIALIZER};
  struct timespec pause = {.tv_nsec = ROOM_PAUSE_MS * 1000000L};
  for (int tries = 0; !store_submit(store, &waiting.write); tries++) {
    if (store_broken(store) || tries == ROOM_TRIES) {
      return WRITE_FAILED;
    }
    nanosleep(&pause, NULL); /* the queue is full: whoever may wait for a write may wait for room, too */
  }
  pthread_mutex_lock(&waiting.lock);
  while (!waiting.over) {
    pthread_cond_wait(&waiting.done, &waiting.lock);
  }
  pthread_mutex_unlock(&waiting.lock);
  return waiting.outcome;
}

enum write_outcome store_write(struct store *store, bool (*run)(void *argument, struct db *db), void *argument) {
  return write_and_wait(store, run, argument, false);
}

const struct changes *store_changes(const struct store *store) {
  return writer_changes(store->writer);
}

uint64_t store_commits(const struct store *store) {
  return writer_commits(store->writer);
}

bool store_full(const struct store *store) {
  return writer_full(store->writer);
}

bool store_broken(const struct store *store) {
  return writer_broken(store->writer);
}

void store_on_broken(struct store *store, void (*tell)(void *argument), void *argument) {
  writer_on_broken(store->writer, tell, argument);
}

void store_on_commit(struct store *store, void (*tell)(void *argument), void *argument) {
  writer_on_commit(store->writer, tell, argument);
}

void store_forget_commit(struct store *store, void *argument) {
  writer_forget_commit(store->writer, argument);
}

void store_counts(struct store *store, struct store_counts *counts) {
  writer_counts(store->writer, counts);
}

static int64_t size_of(const char *path) {
  struct stat file;
  return stat(path, &file) == 0 ? (int64_t)file.st_size : 0;
}

bool store_sizes(const struct store *store, struct store_sizes *sizes) {
  struct statvfs disk;
  char *log = memory_print(NULL, "%s-wal", store->path);
  sizes->database = size_of(store->path);
  sizes->log = size_of(log);
  talloc_free(log);
  if (statvfs(store->path, &disk) != 0) {
    return false;
  }
  sizes->disk = (int64_t)(disk.f_blocks * disk.f_frsize);
  sizes->disk_available = (int64_t)(disk.f_bavail * disk.f_frsize);
  return true;
}

/* Makes `target` by copying, whole or not at all. */
static bool copy_whole(const char *from, const char *target, struct error *error) {
  struct output *output = output_open(NULL, target, error);
  if (output == NULL) {
    return false;
  }
  if (!engine_copy(from, output_part(output), error)) {
    talloc_free(output);
    return false;
  }
  return output_publish(output, error);
}

static bool same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* Whether two paths lead to one place, whether there is a file or not. */
static bool same_place(const char *a, const char *b) {
  if (same_file(a, b)) {
    return true;
  }
  char *folder_a = memory_copy(NULL, a), *folder_b = memory_copy(NULL, b), *name_a = memory_copy(NULL, a),
       *name_b = memory_copy(NULL, b);
  bool same = strcmp(basename(name_a), basename(name_b)) == 0 && same_file(dirname(folder_a), dirname(folder_b));
  talloc_free(folder_a);
  talloc_free(folder_b);
  talloc_free(name_a);
  talloc_free(name_b);
  return same;
}

/* A log that a database left there would be replayed over what takes its place. */
static bool has_log(const char *target, struct error *error) {
  static const char *const endings[] = {"-wal", "-journal"};
  bool has = false;
  for (size_t i = 0; !has && i < sizeof endings / sizeof endings[0]; i++) {
    struct stat log;
    char *name = memory_print(NULL, "%s%s", target, endings[i]);
    has = stat(name, &log) == 0 && log.st_size > 0;
    if (has) {
      error_set(error, "%s belongs to a database that was there: move it away, or write to another file", name);
    }
    talloc_free(name);
  }
  return has;
}

bool store_may_replace(const char *path, const char *target, struct error *error) {
  static const char *const endings[] = {"", "-wal", "-shm", ".lock", ".sock"};
  char *place = lock_place(NULL, path);
  bool same = false;
  for (size_t i = 0; !same && i < sizeof endings / sizeof endings[0]; i++) {
    same = same_place(memory_print(place, "%s%s", place, endings[i]), target);
  }
  talloc_free(place);
  if (same) {
    return error_set(error, "%s belongs to the database itself", target);
  }
  if (store_owned(target)) {
    return error_set(error, "%s is a database that another process owns", target);
  }
  return output_may_replace(target, error) && !has_log(target, error);
}

static bool note_backup(void *argument, struct db *db) {
  struct query *query = db_named(db, "backup-note");
  query_bind_int(query, 1, *(const int64_t *)argument);
  return query_run(query);
}

/* A copy that is there is good, whether it can be noted or not. */
bool store_backup(struct store *store, const char *target, struct error *error) {
  int64_t now_ms = clock_now_ms();
  if (!copy_whole(store->path, target, error)) {
    return false;
  }
  if (write_and_wait(store, note_backup, &now_ms, true) != WRITE_SAVED) {
    log_line(LOG_WARN, "the time of the backup could not be stored");
  }
  return true;
}

bool store_check(struct db *db, const struct contract *contract, void (*tell)(void *argument, const char *line),
                 void *argument) {
  bool whole = engine_check(db, tell, argument);
  bool copied = denormalized_check(db, contract, tell, argument);
  return sort_names_check(db, contract, tell, argument) && copied && whole;
}

const char *store_path(const struct store *store) {
  return store->path;
}

const char *store_engine(void) {
  return engine_name();
}
