/* Event streams without a thread each. libmicrohttpd asks for bytes whenever the socket takes more; when there are none
 * the connection is suspended, and its own listener's thread resumes it once there are: after a commit, of which the
 * writer only tells each listener, or when a sign of life is due. News are gathered for some milliseconds, the more
 * streams the longer, so that many writes do not cost many rounds. Four times a second a listener looks whether its
 * streams' callers are still admitted and their clients still there. What a slow client has not read yet is a few
 * kilobytes here and in its socket; the rest it will read from the log. */
#include "access/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "changes/feed.h"
#include "http/exchange.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { LOCAL_STREAMS = 32, BLOCK_SIZE = 1024, SOCKET_ROOM = 64 * 1024 };
/* A client that takes nothing for this long is cut; and this much is left to it when its stream ends. */
enum { STALLED_SECONDS = 30, END_SECONDS = 1 };
enum { LOOK_MS = 250, GATHER_MS = 5, GATHER_US_PER_STREAM = 20 };

static const char heartbeat[] = ": heartbeat\n\n";

struct stream {
  struct exchange *exchange;
  struct follower *follower;
  int64_t heartbeat_at; /* monotonic nanoseconds */
  bool suspended, over;
  struct stream *next, **link;
};

/* -- places -------------------------------------------------------------------------------------------------------- */

static _Atomic int64_t *place_of(struct listener *listener) {
  return listener->trusted ? &listener->server->local_streams : &listener->server->network_streams;
}

static int64_t places(const struct listener *listener) {
  return listener->trusted ? LOCAL_STREAMS : listener->server->options.streams;
}

/* Refused settings leave a stream that only takes longer to notice what is wrong. */
static void set_up_socket(int fd) {
  unsigned stalled_ms = STALLED_SECONDS * 1000;
  int room = SOCKET_ROOM;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stalled_ms, sizeof stalled_ms);
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

static int64_t next_heartbeat(const struct stream *stream, int64_t now) {
  return now + stream->exchange->listener->server->options.heartbeat_seconds * 1000000000LL;
}

bool stream_begin(struct exchange *exchange) {
  struct listener *listener = exchange->listener;
  if (exchange->watched == NULL || atomic_fetch_add(place_of(listener), 1) >= places(listener)) {
    atomic_fetch_sub(place_of(listener), exchange->watched == NULL ? 0 : 1);
    return false;
  }
  int64_t now = clock_monotonic_ns();
  struct stream *stream = memory_new(exchange, struct stream);
  stream->exchange = exchange;
  stream->follower = exchange_reply(exchange)->follower;
  stream->heartbeat_at = next_heartbeat(stream, now);
  stream->next = listener->streams.first;
  stream->link = &listener->streams.first;
  if (stream->next != NULL) {
    stream->next->link = &stream->next;
  } else {
    listener->streams.look_at = now + LOOK_MS * 1000000LL;
  }
  listener->streams.first = stream;
  /* Before the log is looked at, so that no commit after that goes without being told. */
  atomic_fetch_add(&listener->streams.count, 1);
  follower_refresh(stream->follower, listener->worker);
  exchange->stream = stream;
  exchange->streaming = now;
  set_up_socket(exchange->watched->fd);
  return true;
}

void stream_end(struct exchange *exchange) {
  struct stream *stream = exchange->stream;
  if (stream != NULL) {
    *stream->link = stream->next;
    if (stream->next != NULL) {
      stream->next->link = stream->link;
    }
    atomic_fetch_sub(&exchange->listener->streams.count, 1);
    atomic_fetch_sub(place_of(exchange->listener), 1);
    exchange->stream = NULL;
  }
}

/* -- sending ------------------------------------------------------------------------------------------------------- */

/* For libmicrohttpd, which asks again only when all that it got was sent: so from here to the next time the client has
 * to read. `argument` is a stream, or NULL, where there is only a head to send. */
static ssize_t take(void *argument, uint64_t position, char *out, size_t room) {
  (void)position;
  struct stream *stream = argument;
  if (stream == NULL || stream->over || atomic_load(&stream->exchange->listener->server->stopping)) {
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  struct exchange *exchange = stream->exchange;
  struct listener *listener = exchange->listener;
  ssize_t taken = follower_take(stream->follower, listener->worker, out, room);
  if (taken < 0) {
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  int64_t now = clock_monotonic_ns();
  if (taken == 0 && now >= stream->heartbeat_at && room >= sizeof heartbeat - 1) {
    memcpy(out, heartbeat, sizeof heartbeat - 1);
    taken = sizeof heartbeat - 1;
  }
  if (taken > 0) {
    stream->heartbeat_at = next_heartbeat(stream, now);
    connection_allow(exchange->watched, STALLED_SECONDS);
    return taken;
  }
  listener->streams.behind = listener->streams.behind || follower_behind(stream->follower);
  stream->suspended = true;
  connection_hold(exchange->watched);
  MHD_suspend_connection(exchange->connection);
  return 0;
}

struct MHD_Response *stream_response(struct exchange *exchange) {
  if (exchange->stream != NULL) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, take, exchange->stream, NULL);
  }
  struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, take, NULL, NULL);
  /* Not in chunks, of which some versions send the last one to HEAD too. */
  if (response != NULL && MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END) != MHD_YES) {
    MHD_destroy_response(response);
    return NULL;
  }
  return response;
}

/* -- the listener's turn ------------------------------------------------------------------------------------------- */

void streams_tell(void *argument) {
  struct server *server = argument;
  for (size_t i = 0; i < server->listener_count; i++) {
    struct listener *listener = &server->listeners[i];
    if (atomic_load(&listener->streams.count) > 0 && !atomic_exchange(&listener->streams.news, true)) {
      listener_wake(listener);
    }
  }
}

/* When the next turn should be. */
static int64_t turn_at(const struct streams *streams) {
  bool news = atomic_load(&streams->news);
  return streams->behind ? 0 : news && streams->feed_at < streams->look_at ? streams->feed_at : streams->look_at;
}

int streams_wait(struct listener *listener) {
  if (listener->streams.first == NULL) {
    return -1;
  }
  int64_t wait = turn_at(&listener->streams) - clock_monotonic_ns();
  return wait <= 0 ? 0 : (int)((wait + 999999) / 1000000);
}

/* Whether the client has closed its side, or is gone. */
static bool has_left(const struct stream *stream) {
  struct pollfd end = {.fd = stream->exchange->watched->fd, .events = POLLRDHUP};
  return poll(&end, 1, 0) > 0;
}

static void look_at(struct stream *stream, bool stopping) {
  struct exchange *exchange = stream->exchange;
  if (stream->over ||
      !(stopping || has_left(stream) || !caller_still_admitted(exchange->call, exchange->listener->worker))) {
    return;
  }
  stream->over = true;
  if (!stream->suspended) {
    connection_allow(exchange->watched, END_SECONDS);
  }
}

void streams_turn(struct listener *listener) {
  struct streams *streams = &listener->streams;
  int64_t now = clock_monotonic_ns();
  bool stopping = atomic_load(&listener->server->stopping);
  if (streams->first == NULL || (!stopping && now < turn_at(streams))) {
    return;
  }
  bool look = stopping || now >= streams->look_at;
  atomic_store(&streams->news, false); /* before it is looked what they are */
  follower_refresh(streams->first->follower, listener->worker);
  streams->behind = false;
  for (struct stream *stream = streams->first; stream != NULL; stream = stream->next) {
    if (look) {
      look_at(stream, stopping);
    }
    if (!stream->suspended) {
      continue;
    }
    if (stream->over || now >= stream->heartbeat_at || follower_ready(stream->follower, listener->worker)) {
      stream->suspended = false;
      MHD_resume_connection(stream->exchange->connection);
    } else {
      streams->behind = streams->behind || follower_behind(stream->follower);
    }
  }
  streams->look_at = look ? now + LOOK_MS * 1000000LL : streams->look_at;
  streams->feed_at = now + GATHER_MS * 1000000LL + atomic_load(&streams->count) * GATHER_US_PER_STREAM * 1000LL;
}
