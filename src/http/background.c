/* A thread for calls that take their time: they come one after another, each with the connection suspended, and none of
 * the workers waits for them. There is one for import, backup and check, one for reads, and one for reads of callers
 * without a token. */
#include "api/api.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/exchange.h"
#include "http/listener.h"

enum { QUEUE_MOST = 16 };

struct background {
  struct server *server;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct exchange *first, **last;
  size_t depth;
  bool stopping;
};

static void *background_loop(void *argument) {
  struct background *background = argument;
  struct error error;
  struct worker *worker = NULL;
  pthread_mutex_lock(&background->lock);
  for (;;) {
    while (background->first == NULL && !background->stopping) {
      pthread_cond_wait(&background->wake, &background->lock);
    }
    struct exchange *exchange = background->first;
    if (exchange == NULL) {
      break;
    }
    background->first = exchange->next;
    if (background->first == NULL) {
      background->last = &background->first;
    }
    background->depth--;
    pthread_mutex_unlock(&background->lock);
    if (worker == NULL && (worker = worker_new(background->server->api, &error)) == NULL) {
      log_line(LOG_ERROR, "%s", error.text);
      api_refuse_busy(exchange->call);
    } else {
      api_background(exchange->call, worker);
    }
    exchange_resume(exchange);
    pthread_mutex_lock(&background->lock);
  }
  pthread_mutex_unlock(&background->lock);
  worker_free(worker);
  return NULL;
}

struct background *background_start(struct server *server) {
  struct background *background = memory_new(NULL, struct background);
  background->server = server;
  background->last = &background->first;
  pthread_mutex_init(&background->lock, NULL);
  pthread_cond_init(&background->wake, NULL);
  if (pthread_create(&background->thread, NULL, background_loop, background) != 0) {
    talloc_free(background);
    return NULL;
  }
  return background;
}

bool background_submit(struct background *background, struct exchange *exchange) {
  pthread_mutex_lock(&background->lock);
  bool taken = background->depth < QUEUE_MOST && !background->stopping;
  if (taken) {
    exchange->next = NULL;
    *background->last = exchange;
    background->last = &exchange->next;
    background->depth++;
    pthread_cond_signal(&background->wake);
  }
  pthread_mutex_unlock(&background->lock);
  return taken;
}

void background_stop(struct background *background) {
  if (background != NULL) {
    pthread_mutex_lock(&background->lock);
    background->stopping = true;
    pthread_cond_signal(&background->wake);
    pthread_mutex_unlock(&background->lock);
    pthread_join(background->thread, NULL);
    talloc_free(background);
  }
}
