/* The history in the order of its numbers, rendered once for all who follow it. The log only ever grows, so it is cut
 * into blocks of 64 numbers which are rendered on demand and kept, the latest and those that somebody reads; only the
 * last block still grows. A follower is a place in the log and a filter: it holds no events, so one that is slow costs
 * nothing, and one that is far behind reads blocks like everybody else. */
#include "changes/feed.h"

#include "base/memory.h"
#include "base/text.h"
#include "records/change.h"
#include "request/services.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, BLOCKS = 64, WALK = 2 };
enum { PRELUDE_ROOM = 64 };
/* How long a client should wait before it connects again. */
enum { RETRY_MS = 2000 };

struct event {
  int64_t seq;
  const struct resource *resource;
  size_t start, end; /* in its block's bytes */
};

struct block {
  int64_t number; /* of the seqs number * BLOCK + 1 … number * BLOCK + BLOCK; -1: unused */
  size_t count;
  struct event events[BLOCK];
  struct text *bytes;
};

struct feed {
  struct store *store;
  pthread_mutex_t lock;
  bool known;
  uint64_t commits; /* of the store, when `last` was read */
  int64_t last;     /* seq */
  struct block blocks[BLOCKS];
};

struct follower {
  struct feed *feed;
  const struct resource *resource; /* NULL: all */
  int64_t after;                   /* everything up to here was taken or is not wanted */
  size_t sent;                     /* bytes of the next event that were taken */
  char prelude[PRELUDE_ROOM];
  size_t prelude_sent, prelude_size;
  bool failed;
};

static int end_feed(struct feed *feed) {
  pthread_mutex_destroy(&feed->lock);
  return 0;
}

struct feed *feed_new(const void *parent, struct store *store) {
  struct feed *feed = memory_new(parent, struct feed);
  feed->store = store;
  pthread_mutex_init(&feed->lock, NULL);
  talloc_set_destructor(feed, end_feed);
  for (size_t i = 0; i < BLOCKS; i++) {
    feed->blocks[i].number = -1;
  }
  return feed;
}

/* -- blocks (under the lock) --------------------------------------------------------------------------------------- */

static void add_event(struct block *block, const struct contract *contract, struct query *query) {
  struct event *event = &block->events[block->count++];
  json_t *change = history_item(query, 0);
  char *data = memory_checked(json_dumps(change, JSON_COMPACT)); /* without line breaks, which would end the field */
  event->seq = query_int(query, 0);
  event->resource = contract_resource(contract, query_text(query, 4));
  event->start = block->bytes->length;
  text_addf(block->bytes, "id: %lld\ndata: %s\n\n", (long long)event->seq, data);
  event->end = block->bytes->length;
  free(data);
  json_decref(change);
}

/* Reads what the block lacks. */
static bool fill(struct block *block, struct worker *worker) {
  int64_t before = block->number * BLOCK;
  db_begin_read(worker->whole.db);
  struct query *query = db_named(worker->whole.db, "history-after");
  query_bind_int(query, 1, block->count > 0 ? block->events[block->count - 1].seq : before);
  query_bind_text(query, 2, NULL);
  query_bind_int(query, 3, BLOCK - (int64_t)block->count);
  while (block->count < BLOCK && query_step(query) == STEP_ROW && query_int(query, 0) <= before + BLOCK) {
    add_event(block, worker->services->contract, query);
  }
  query_end(query);
  bool fine = db_failure(worker->whole.db) == DB_OK;
  db_end_read(worker->whole.db);
  return fine;
}

/* The block in which the number lies, with all that is known of it; NULL when the database failed. */
static struct block *block_of(struct feed *feed, struct worker *worker, int64_t seq) {
  int64_t number = (seq - 1) / BLOCK;
  struct block *block = &feed->blocks[number % BLOCKS];
  if (block->number != number) {
    block->number = number;
    block->count = 0;
    block->bytes = block->bytes == NULL ? text_new(feed) : block->bytes;
    text_clear(block->bytes);
  }
  int64_t wanted = feed->last < (number + 1) * BLOCK ? feed->last : (number + 1) * BLOCK;
  bool whole = block->count > 0 && block->events[block->count - 1].seq >= wanted;
  return whole || fill(block, worker) ? block : NULL;
}

/* -- following ----------------------------------------------------------------------------------------------------- */

struct follower *follower_new(const void *memory, struct feed *feed, const struct resource *resource, int64_t after,
                              bool from_now) {
  struct follower *follower = memory_new(memory, struct follower);
  follower->feed = feed;
  follower->resource = resource;
  follower->after = after;
  /* The place goes along, because a client that is cut off before its first event would otherwise begin with a later
   * `now`. A block without data is no event. */
  int size = from_now ? snprintf(follower->prelude, PRELUDE_ROOM, "retry: %d\nid: %lld\n\n", RETRY_MS, (long long)after)
                      : snprintf(follower->prelude, PRELUDE_ROOM, "retry: %d\n\n", RETRY_MS);
  follower->prelude_size = (size_t)size;
  return follower;
}

static bool wants(const struct follower *follower, const struct event *event) {
  return follower->resource == NULL || follower->resource == event->resource;
}

/* The next event that is wanted, with the block that holds it; NULL when there is none in the next few blocks. Under
 * the lock. */
static const struct event *next(struct follower *follower, struct worker *worker, const struct block **holder) {
  struct feed *feed = follower->feed;
  for (int walked = 0; walked < WALK && follower->after < feed->last; walked++) {
    const struct block *block = block_of(feed, worker, follower->after + 1);
    if (block == NULL) {
      follower->failed = true;
      return NULL;
    }
    int64_t end = (block->number + 1) * BLOCK < feed->last ? (block->number + 1) * BLOCK : feed->last;
    for (size_t i = 0; i < block->count; i++) {
      const struct event *event = &block->events[i];
      if (event->seq <= follower->after) {
        continue;
      }
      if (wants(follower, event)) {
        *holder = block;
        return event;
      }
      follower->after = event->seq;
    }
    follower->after = follower->after > end ? follower->after : end;
  }
  return NULL;
}

void follower_refresh(struct follower *follower, struct worker *worker) {
  struct feed *feed = follower->feed;
  uint64_t commits = store_commits(feed->store); /* before it is looked what they brought */
  pthread_mutex_lock(&feed->lock);
  if (!feed->known || feed->commits != commits) {
    db_begin_read(worker->whole.db);
    struct query *query = db_named(worker->whole.db, "history-last");
    bool read = query_step(query) == STEP_ROW;
    int64_t last = read ? query_int(query, 0) : 0;
    query_end(query);
    db_end_read(worker->whole.db);
    if (read) {
      feed->last = last > feed->last ? last : feed->last;
      feed->commits = commits;
      feed->known = true;
    }
  }
  pthread_mutex_unlock(&feed->lock);
}

bool follower_ready(struct follower *follower, struct worker *worker) {
  const struct block *block;
  pthread_mutex_lock(&follower->feed->lock);
  bool ready = follower->prelude_sent < follower->prelude_size || next(follower, worker, &block) != NULL;
  pthread_mutex_unlock(&follower->feed->lock);
  return ready || follower->failed;
}

ssize_t follower_take(struct follower *follower, struct worker *worker, char *out, size_t room) {
  const struct block *block;
  const struct event *event;
  size_t rest = follower->prelude_size - follower->prelude_sent, taken = rest < room ? rest : room;
  memcpy(out, follower->prelude + follower->prelude_sent, taken);
  follower->prelude_sent += taken;
  pthread_mutex_lock(&follower->feed->lock);
  while (taken < room && (event = next(follower, worker, &block)) != NULL) {
    size_t left = event->end - event->start - follower->sent, part = left < room - taken ? left : room - taken;
    memcpy(out + taken, block->bytes->data + event->start + follower->sent, part);
    taken += part;
    follower->sent = part == left ? 0 : follower->sent + part;
    follower->after = part == left ? event->seq : follower->after;
  }
  pthread_mutex_unlock(&follower->feed->lock);
  return taken == 0 && follower->failed ? -1 : (ssize_t)taken;
}

bool follower_behind(struct follower *follower) {
  pthread_mutex_lock(&follower->feed->lock);
  bool behind = follower->after < follower->feed->last;
  pthread_mutex_unlock(&follower->feed->lock);
  return behind;
}
