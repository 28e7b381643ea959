/* Callers with a token and callers without have places of their own, so that strangers who read slowly keep nobody who
 * is known from an export. A connection costs a millisecond or two to open, which is much for a short answer and
 * nothing for a long one: so one of each kind is kept. */
#include "request/snapshots.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/store.h"

#include <pthread.h>

enum { PLACES = 8 };

struct kind {
  int taken;
  struct db *kept;
};

struct snapshots {
  struct store *store;
  pthread_mutex_t lock;
  struct kind whole, open;
};

static int close_kept(struct snapshots *snapshots) {
  store_reader_close(snapshots->whole.kept);
  store_reader_close(snapshots->open.kept);
  pthread_mutex_destroy(&snapshots->lock);
  return 0;
}

struct snapshots *snapshots_new(const void *parent, struct store *store) {
  struct snapshots *snapshots = memory_new(parent, struct snapshots);
  snapshots->store = store;
  pthread_mutex_init(&snapshots->lock, NULL);
  talloc_set_destructor(snapshots, close_kept);
  return snapshots;
}

static struct kind *kind_of(struct snapshots *snapshots, bool open) {
  return open ? &snapshots->open : &snapshots->whole;
}

static void leave(struct snapshots *snapshots, struct kind *kind, struct db *db) {
  pthread_mutex_lock(&snapshots->lock);
  kind->taken--;
  struct db *spare = kind->kept == NULL ? NULL : db;
  kind->kept = spare == NULL && db != NULL ? db : kind->kept;
  pthread_mutex_unlock(&snapshots->lock);
  store_reader_close(spare);
}

struct db *snapshots_take(struct snapshots *snapshots, bool open, bool *busy) {
  struct kind *kind = kind_of(snapshots, open);
  pthread_mutex_lock(&snapshots->lock);
  *busy = kind->taken == PLACES;
  struct db *db = *busy ? NULL : kind->kept;
  kind->kept = *busy ? kind->kept : NULL;
  kind->taken += *busy ? 0 : 1;
  pthread_mutex_unlock(&snapshots->lock);
  if (*busy) {
    return NULL;
  }
  struct error error;
  if (db == NULL &&
      (db = open ? store_public_reader(snapshots->store, &error) : store_reader(snapshots->store, &error)) == NULL) {
    log_line(LOG_ERROR, "%s", error.text);
    leave(snapshots, kind, NULL);
    return NULL;
  }
  (void)!db_begin_read(db); /* a failure stays, and the first who reads finds it */
  return db;
}

void snapshots_give(struct snapshots *snapshots, bool open, struct db *db) {
  db_end_read(db);
  leave(snapshots, kind_of(snapshots, open), db);
}
