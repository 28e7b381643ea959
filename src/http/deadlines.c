/* libmicrohttpd's own time-out begins anew with every byte, so a client that sends one now and then would stay for
 * good; and it does not notice a client's end that came together with a request. Each connection carries the instant at
 * which its present phase must be over; one thread looks at all of them twice a second and shuts down those that are
 * late, which wakes the worker that owns them.
 *
 * When all places are taken, some connections more are taken all the same, so that who looks after the server hears
 * that it lives, and others that it is full. They are soon over, the sooner the more they are; but each has some time,
 * and those that come wait their turn in the system's queue. So no number of clients that hold what they get, and come
 * again, keeps another from being heard. */
#include "base/clock.h"
#include "base/log.h"
#include "http/listener.h"

#include <sys/socket.h>

enum { LOOK_MS = 500, LOOK_OFTEN_MS = 50 };
/* What a connection without a place has for all that it does, and where there are more than a few. */
enum { SPARE_MS = 2000, SPARE_SHORT_MS = 250 };

static const int64_t tell_every_ns = 60 * 1000000000LL;

/* Whether nothing comes any more from a client that no answer is owed. Twice in turn, since a further request may just
 * have been taken out of the socket. */
static bool has_ended(struct connection *connection) {
  char byte;
  bool ended = atomic_load(&connection->idle) && recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  connection->ended_looks = ended ? connection->ended_looks + 1 : 0;
  return connection->ended_looks == 2;
}

/* The log is told without the lock, which whoever answers needs too. */
static void tell_when_full(struct deadlines *deadlines, int64_t now) {
  int64_t most = deadlines->network_most;
  if (most == 0 || deadlines->network < most || (deadlines->told_at != 0 && now - deadlines->told_at < tell_every_ns)) {
    return;
  }
  deadlines->told_at = now;
  pthread_mutex_unlock(&deadlines->lock);
  const struct log_field fields[] = {{"connections", NULL, most}, {NULL, NULL, 0}};
  log_event(NULL, LOG_WARN, "all connections are taken: until one goes other clients get 503", fields);
  pthread_mutex_lock(&deadlines->lock);
}

static void cut(struct connection *connection) {
  shutdown(connection->fd, SHUT_RDWR);
  connection_hold(connection); /* once is enough */
}

static void look_at_placed(struct deadlines *deadlines, int64_t now) {
  for (struct connection *connection = deadlines->first; connection != NULL; connection = connection->next) {
    int64_t deadline = atomic_load(&connection->deadline);
    if (deadline != 0 && (now > deadline || has_ended(connection))) {
      cut(connection);
    }
  }
}

static bool is_on_reserve(const struct deadlines *deadlines) {
  return atomic_load(&deadlines->spare) > SPARE_FEW;
}

/* An answer that another thread makes is waited for. */
static void look_at_spare(struct deadlines *deadlines, int64_t now) {
  int64_t most = (is_on_reserve(deadlines) ? SPARE_SHORT_MS : SPARE_MS) * 1000000LL;
  for (struct connection *connection = deadlines->first_spare; connection != NULL; connection = connection->next) {
    if (atomic_load(&connection->deadline) != 0 && now - connection->came > most) {
      cut(connection);
    }
  }
}

static void *deadlines_loop(void *argument) {
  struct deadlines *deadlines = argument;
  int64_t look_at = clock_monotonic_ns() + LOOK_MS * 1000000LL;
  pthread_mutex_lock(&deadlines->lock);
  while (!deadlines->stopping) {
    clock_wait(&deadlines->wake, &deadlines->lock, is_on_reserve(deadlines) ? LOOK_OFTEN_MS : LOOK_MS);
    int64_t now = clock_monotonic_ns();
    look_at_spare(deadlines, now);
    if (now >= look_at) {
      look_at_placed(deadlines, now);
      look_at = now + LOOK_MS * 1000000LL;
      tell_when_full(deadlines, now);
    }
  }
  pthread_mutex_unlock(&deadlines->lock);
  return NULL;
}

bool deadlines_start(struct deadlines *deadlines) {
  pthread_mutex_init(&deadlines->lock, NULL);
  deadlines->running =
      clock_condition(&deadlines->wake) && pthread_create(&deadlines->thread, NULL, deadlines_loop, deadlines) == 0;
  return deadlines->running;
}

void deadlines_limit(struct deadlines *deadlines, int64_t most) {
  pthread_mutex_lock(&deadlines->lock);
  deadlines->network_most = most;
  pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_stop(struct deadlines *deadlines) {
  if (deadlines->running) {
    pthread_mutex_lock(&deadlines->lock);
    deadlines->stopping = true;
    pthread_cond_signal(&deadlines->wake);
    pthread_mutex_unlock(&deadlines->lock);
    pthread_join(deadlines->thread, NULL);
  }
}

static void list(struct connection **first, struct connection *connection) {
  connection->next = *first;
  connection->link = first;
  if (*first != NULL) {
    (*first)->link = &connection->next;
  }
  *first = connection;
}

void deadlines_add(struct deadlines *deadlines, struct connection *connection) {
  bool network = !connection->listener->trusted;
  pthread_mutex_lock(&deadlines->lock);
  deadlines->count++;
  connection->spare = connection->spare || (network && deadlines->network >= deadlines->network_most);
  if (connection->spare) {
    list(&deadlines->first_spare, connection);
    if (atomic_fetch_add(&deadlines->spare, 1) == SPARE_FEW) {
      pthread_cond_signal(&deadlines->wake);
    }
  } else {
    list(&deadlines->first, connection);
    deadlines->network += network;
  }
  pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_remove(struct deadlines *deadlines, struct connection *connection) {
  pthread_mutex_lock(&deadlines->lock);
  *connection->link = connection->next;
  if (connection->next != NULL) {
    connection->next->link = connection->link;
  }
  deadlines->count--;
  if (connection->spare) {
    atomic_fetch_sub(&deadlines->spare, 1);
  } else {
    deadlines->network -= !connection->listener->trusted;
  }
  pthread_mutex_unlock(&deadlines->lock);
}

void deadlines_hurry(struct deadlines *deadlines, double seconds) {
  int64_t limit = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
  pthread_mutex_lock(&deadlines->lock);
  for (struct connection *connection = deadlines->first; connection != NULL; connection = connection->next) {
    if (atomic_load(&connection->arriving) && atomic_load(&connection->deadline) > limit) {
      atomic_store(&connection->deadline, limit);
    }
  }
  pthread_mutex_unlock(&deadlines->lock);
}

void connection_await(struct connection *connection, double seconds) {
  connection_allow(connection, seconds);
  if (connection != NULL) {
    atomic_store(&connection->arriving, true);
  }
}

void connection_allow(struct connection *connection, double seconds) {
  if (connection != NULL) {
    atomic_store(&connection->arriving, false);
    atomic_store(&connection->idle, false);
    atomic_store(&connection->deadline, clock_monotonic_ns() + (int64_t)(seconds * 1e9));
  }
}

void connection_rest(struct connection *connection, double seconds) {
  connection_allow(connection, seconds);
  if (connection != NULL) {
    atomic_store(&connection->idle, true);
  }
}

void connection_hold(struct connection *connection) {
  if (connection != NULL) {
    atomic_store(&connection->arriving, false);
    atomic_store(&connection->idle, false);
    atomic_store(&connection->deadline, 0);
  }
}
