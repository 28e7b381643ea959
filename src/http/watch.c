/* libmicrohttpd's own time-out begins anew with every byte, so a client that sends one now and then would stay for
 * good; and it does not notice a client's end that came together with a request. Each connection carries the instant at
 * which its present phase must be over; one thread looks at all of them twice a second and shuts down those that are
 * late, which wakes the worker that owns them. */
#include "http/internal.h"

#include "base/clock.h"

#include <sys/socket.h>
#include <time.h>

enum { LOOK_MS = 500 };

/* Whether nothing comes any more from a client that no answer is owed. Twice in turn, since a further request may just
 * have been taken out of the socket. */
static bool has_ended(struct connection *connection) {
  char byte;
  bool ended = atomic_load(&connection->idle) && recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  connection->ended_looks = ended ? connection->ended_looks + 1 : 0;
  return connection->ended_looks == 2;
}

static void *watch_loop(void *argument) {
  struct watch *watch = argument;
  struct timespec look;
  pthread_mutex_lock(&watch->lock);
  while (!watch->stopping) {
    clock_gettime(CLOCK_REALTIME, &look);
    look.tv_nsec += LOOK_MS * 1000000L;
    look.tv_sec += look.tv_nsec / 1000000000L;
    look.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&watch->wake, &watch->lock, &look);
    int64_t now = clock_monotonic_ns();
    for (struct connection *connection = watch->first; connection != NULL; connection = connection->next) {
      int64_t deadline = atomic_load(&connection->deadline);
      if (deadline != 0 && (now > deadline || has_ended(connection))) {
        shutdown(connection->fd, SHUT_RDWR);
        connection_hold(connection); /* once is enough */
      }
    }
  }
  pthread_mutex_unlock(&watch->lock);
  return NULL;
}

bool watch_start(struct watch *watch) {
  pthread_mutex_init(&watch->lock, NULL);
  pthread_cond_init(&watch->wake, NULL);
  watch->running = pthread_create(&watch->thread, NULL, watch_loop, watch) == 0;
  return watch->running;
}

void watch_stop(struct watch *watch) {
  if (watch->running) {
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
  }
}

void watch_add(struct watch *watch, struct connection *connection) {
  pthread_mutex_lock(&watch->lock);
  connection->next = watch->first;
  connection->link = &watch->first;
  if (watch->first != NULL) {
    watch->first->link = &connection->next;
  }
  watch->first = connection;
  watch->count++;
  pthread_mutex_unlock(&watch->lock);
}

void watch_remove(struct watch *watch, struct connection *connection) {
  pthread_mutex_lock(&watch->lock);
  *connection->link = connection->next;
  if (connection->next != NULL) {
    connection->next->link = connection->link;
  }
  watch->count--;
  pthread_mutex_unlock(&watch->lock);
}

void watch_hurry(struct watch *watch, double seconds) {
  int64_t limit = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
  pthread_mutex_lock(&watch->lock);
  for (struct connection *connection = watch->first; connection != NULL; connection = connection->next) {
    if (atomic_load(&connection->arriving) && atomic_load(&connection->deadline) > limit) {
      atomic_store(&connection->deadline, limit);
    }
  }
  pthread_mutex_unlock(&watch->lock);
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
