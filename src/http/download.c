/* Answers that are made while they are sent. One thread makes all of them, block by block in turn, and where cores are
 * few it comes after those that answer; the connection's own thread only hands blocks on. So whoever asks for one
 * record does not wait for somebody's whole list. Of each answer there are two blocks: one is sent while the other is
 * made. When that takes longer the connection is suspended, and resumed by whoever has made it.
 *
 * Such an answer holds a state of the registry, which keeps the database's log from beginning anew: so its client has
 * to take it at a least rate, and it ends with the caller's token. One that cannot go on is cut, so that nobody takes
 * the part for the whole. */
#include "access/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "http/exchange.h"
#include "request/chunks.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <zlib.h>

/* A block that is done wakes two threads, which took an eighth of the time while it had 32 KiB. With 128 KiB others
 * have to wait longer between two of them. */
enum { BLOCK = 64 * 1024, PLAIN = 16 * 1024, SEND_SIZE = 16 * 1024, SOCKET_ROOM = 256 * 1024, NICENESS = 8 };
enum { STALLED_SECONDS = 30, SLOWEST_BYTES_PER_SECOND = 65536 };

static const int64_t look_ns = 250000000, turn_ns = 20000000;

enum made { MADE_NOT, MADE, MADE_LAST, MADE_FAILED };

struct block {
  size_t size, at;
  char bytes[BLOCK];
};

struct download {
  struct exchange *exchange;
  struct chunks *chunks;
  struct block blocks[2];
  int sending; /* of the two; the other one is made */
  bool last;   /* nothing comes after the one that is sent */
  /* Under the lock of all downloads: */
  enum made made; /* the other block */
  bool waiting;   /* the connection is suspended until it is */
  bool queued, busy, gone;
  struct download *next;
  /* Of the connection's thread: */
  int64_t look_at;  /* when the caller is looked at next (monotonic nanoseconds) */
  int64_t given_at; /* when bytes were given last; 0: none are on their way */
  int64_t waited;   /* nanoseconds, for the client */
  int64_t sent;     /* bytes */
  /* Of who makes blocks: */
  bool packs, over; /* compresses; all that it compresses was read */
  z_stream packer;
  char plain[PLAIN];
};

struct downloads {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake, rest; /* there is something to make; a block is done */
  struct download *first, **last;
  bool stopping;
};

/* -- making -------------------------------------------------------------------------------------------------------- */

static int end_packer(struct download *download) {
  deflateEnd(&download->packer);
  return 0;
}

static bool begin_packer(struct download *download) {
  if (deflateInit2(&download->packer, 2, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  talloc_set_destructor(download, end_packer);
  return true;
}

/* Adds what comes next to a block; whether the answer ends with it. -1 on failure. */
static int add_plain(struct download *download, struct block *block) {
  ssize_t taken = chunks_take(download->chunks, block->bytes + block->size, BLOCK - block->size);
  block->size += taken > 0 ? (size_t)taken : 0;
  return taken == CHUNKS_FAILED ? -1 : taken == CHUNKS_OVER;
}

/* The same, compressed. The bytes do not depend on how much there was at a time, so one tag stands for one answer. */
static int add_packed(struct download *download, struct block *block) {
  z_stream *packer = &download->packer;
  if (packer->avail_in == 0 && !download->over) {
    ssize_t taken = chunks_take(download->chunks, download->plain, PLAIN);
    if (taken < 0) {
      return taken == CHUNKS_FAILED ? -1 : 0;
    }
    packer->next_in = (unsigned char *)download->plain;
    packer->avail_in = (unsigned)taken;
    download->over = taken == CHUNKS_OVER;
  }
  packer->next_out = (unsigned char *)block->bytes + block->size;
  packer->avail_out = (unsigned)(BLOCK - block->size);
  int code = deflate(packer, download->over ? Z_FINISH : Z_NO_FLUSH);
  block->size = BLOCK - packer->avail_out;
  return code == Z_STREAM_END ? 1 : code == Z_OK || code == Z_BUF_ERROR ? 0 : -1;
}

/* A block is given as it is when it has taken long, and MADE_NOT is one that has nothing yet: others have their turn
 * then. */
static enum made make_block(struct downloads *downloads, struct download *download) {
  struct block *block = &download->blocks[1 - download->sending];
  int64_t until = clock_monotonic_ns() + turn_ns;
  block->size = block->at = 0;
  while (block->size < BLOCK) {
    int ended = download->packs ? add_packed(download, block) : add_plain(download, block);
    if (ended != 0) {
      return ended < 0 ? MADE_FAILED : MADE_LAST;
    }
    pthread_mutex_lock(&downloads->lock);
    bool gone = download->gone || downloads->stopping;
    pthread_mutex_unlock(&downloads->lock);
    if (gone) {
      return MADE_FAILED;
    }
    if (clock_monotonic_ns() >= until) {
      return block->size > 0 ? MADE : MADE_NOT;
    }
  }
  return MADE;
}

/* Under the lock. */
static void settle(struct download *download, enum made made) {
  download->made = made;
  if (download->waiting) {
    download->waiting = false;
    MHD_resume_connection(download->exchange->connection);
    listener_wake(download->exchange->listener);
  }
}

static struct download *unqueue(struct downloads *downloads) {
  struct download *download = downloads->first;
  downloads->first = download->next;
  if (downloads->first == NULL) {
    downloads->last = &downloads->first;
  }
  download->queued = false;
  return download;
}

/* Asks for the block that is not sent. Under the lock. */
static void ask_for(struct downloads *downloads, struct download *download) {
  if (downloads->stopping) {
    settle(download, MADE_FAILED);
    return;
  }
  download->made = MADE_NOT;
  download->queued = true;
  download->next = NULL;
  *downloads->last = download;
  downloads->last = &download->next;
  pthread_cond_signal(&downloads->wake);
}

static void *make_loop(void *argument) {
  struct downloads *downloads = argument;
  (void)setpriority(PRIO_PROCESS, 0, NICENESS); /* refused, it is as it was. On Linux this is a thread's own */
  pthread_mutex_lock(&downloads->lock);
  for (;;) {
    while (downloads->first == NULL && !downloads->stopping) {
      pthread_cond_wait(&downloads->wake, &downloads->lock);
    }
    if (downloads->first == NULL) {
      break;
    }
    struct download *download = unqueue(downloads);
    download->busy = true;
    pthread_mutex_unlock(&downloads->lock);
    enum made made = make_block(downloads, download);
    pthread_mutex_lock(&downloads->lock);
    download->busy = false;
    if (made == MADE_NOT && !download->gone) {
      ask_for(downloads, download);
    } else {
      settle(download, made == MADE_NOT ? MADE_FAILED : made);
    }
    pthread_cond_broadcast(&downloads->rest);
  }
  pthread_mutex_unlock(&downloads->lock);
  return NULL;
}

struct downloads *downloads_start(const void *parent) {
  struct downloads *downloads = memory_new(parent, struct downloads);
  downloads->last = &downloads->first;
  pthread_mutex_init(&downloads->lock, NULL);
  pthread_cond_init(&downloads->wake, NULL);
  pthread_cond_init(&downloads->rest, NULL);
  if (pthread_create(&downloads->thread, NULL, make_loop, downloads) != 0) {
    talloc_free(downloads);
    return NULL;
  }
  return downloads;
}

void downloads_stop(struct downloads *downloads) {
  if (downloads != NULL) {
    pthread_mutex_lock(&downloads->lock);
    downloads->stopping = true;
    pthread_cond_signal(&downloads->wake);
    pthread_mutex_unlock(&downloads->lock);
    pthread_join(downloads->thread, NULL); /* it has settled all that waited */
  }
}

/* -- sending ------------------------------------------------------------------------------------------------------- */

/* Goes on to the block that was made, and has the next one made. MADE_NOT: it is not done, and the connection is
 * suspended. */
static enum made turn(struct downloads *downloads, struct download *download) {
  pthread_mutex_lock(&downloads->lock);
  enum made made = download->made;
  if (made == MADE_NOT) {
    download->waiting = true;
    connection_hold(download->exchange->watched);
    MHD_suspend_connection(download->exchange->connection);
  } else if (made != MADE_FAILED) {
    download->sending = 1 - download->sending;
    download->last = made == MADE_LAST;
    if (!download->last) {
      ask_for(downloads, download);
    }
  }
  pthread_mutex_unlock(&downloads->lock);
  return made;
}

/* Bytes are given: how long the client may take for them. */
static void allow(struct download *download, size_t size) {
  download->sent += (int64_t)size;
  download->given_at = clock_monotonic_ns();
  double left = STALLED_SECONDS + (double)download->sent / SLOWEST_BYTES_PER_SECOND - (double)download->waited / 1e9;
  connection_allow(download->exchange->watched, left < STALLED_SECONDS ? left : STALLED_SECONDS);
}

/* What the client has waited for does not count, only what it has kept waiting. */
static void note_taken(struct download *download, int64_t now) {
  if (download->given_at != 0) {
    download->waited += now - download->given_at;
    download->given_at = 0;
  }
}

/* For libmicrohttpd. `argument` is a download, or NULL, where there is only a head to send. */
static ssize_t take(void *argument, uint64_t position, char *out, size_t room) {
  (void)position;
  struct download *download = argument;
  if (download == NULL) {
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  struct listener *listener = download->exchange->listener;
  int64_t now = clock_monotonic_ns();
  note_taken(download, now);
  if (now >= download->look_at) {
    if (!caller_still_admitted(download->exchange->call, listener->worker)) {
      return exchange_break(download->exchange, "the caller's token has ended");
    }
    download->look_at = now + look_ns;
  }
  struct block *block = &download->blocks[download->sending];
  while (block->at == block->size) {
    if (download->last) {
      return MHD_CONTENT_READER_END_OF_STREAM;
    }
    enum made made = turn(listener->server->downloads, download);
    if (made == MADE_NOT) {
      return 0;
    }
    if (made == MADE_FAILED) {
      return exchange_break(download->exchange, "it could not be made");
    }
    block = &download->blocks[download->sending];
  }
  size_t size = block->size - block->at < room ? block->size - block->at : room;
  memcpy(out, block->bytes + block->at, size);
  block->at += size;
  listener->moved = true;
  allow(download, size);
  return (ssize_t)size;
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

static struct MHD_Response *respond(struct download *download) {
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SEND_SIZE, take, download, NULL);
}

struct MHD_Response *download_response(struct exchange *exchange, bool *packed) {
  *packed = exchange->gzip;
  if (strcmp(exchange->request.method, "HEAD") == 0) {
    struct MHD_Response *head = respond(NULL);
    /* Not in chunks, of which some versions send the last one to HEAD too. */
    if (head != NULL && MHD_set_response_options(head, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END) != MHD_YES) {
      MHD_destroy_response(head);
      return NULL;
    }
    return head;
  }
  struct download *download = memory_new(exchange, struct download);
  if (exchange->watched == NULL || (exchange->gzip && !begin_packer(download))) {
    return NULL;
  }
  int room = SOCKET_ROOM; /* refused, the client's rate is only known less well */
  (void)setsockopt(exchange->watched->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  download->exchange = exchange;
  download->chunks = exchange_reply(exchange)->chunks;
  download->packs = exchange->gzip;
  exchange->streaming = clock_monotonic_ns();
  download->look_at = exchange->streaming + look_ns;
  struct MHD_Response *response = respond(download);
  if (response != NULL) {
    struct downloads *downloads = exchange->listener->server->downloads;
    exchange->download = download;
    atomic_fetch_add(&exchange->listener->server->open_downloads, 1);
    pthread_mutex_lock(&downloads->lock);
    ask_for(downloads, download);
    pthread_mutex_unlock(&downloads->lock);
  }
  return response;
}

void download_end(struct exchange *exchange) {
  struct download *download = exchange->download;
  if (download == NULL) {
    return;
  }
  struct downloads *downloads = exchange->listener->server->downloads;
  pthread_mutex_lock(&downloads->lock);
  download->gone = true;
  for (struct download **link = &downloads->first; download->queued && *link != NULL; link = &(*link)->next) {
    if (*link == download) {
      *link = download->next;
      downloads->last = *link == NULL ? link : downloads->last;
      break;
    }
  }
  while (download->busy) { /* less than a millisecond, unless the disk is slow */
    pthread_cond_wait(&downloads->rest, &downloads->lock);
  }
  pthread_mutex_unlock(&downloads->lock);
  exchange->download = NULL;
  atomic_fetch_sub(&exchange->listener->server->open_downloads, 1);
}
