/* A list of them, each of which goes with its call. So there are no more than the writer's queue holds. A call is over
 * after its write is: whoever no longer finds it here finds what was written in the database. */
#include "access/ending.h"

#include "base/memory.h"
#include "request/call.h"
#include "request/principal.h"
#include "request/services.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct ending {
  struct endings *endings;
  char token[TYPEID_SIZE]; /* "": one session */
  int64_t session;
  struct ending *next, **link;
};

struct endings {
  pthread_mutex_t lock;
  _Atomic size_t count;
  struct ending *first;
};

static int destroy_lock(struct endings *endings) {
  pthread_mutex_destroy(&endings->lock);
  return 0;
}

struct endings *endings_new(const void *parent) {
  struct endings *endings = memory_new(parent, struct endings);
  pthread_mutex_init(&endings->lock, NULL);
  talloc_set_destructor(endings, destroy_lock);
  return endings;
}

static int forget(struct ending *ending) {
  struct endings *endings = ending->endings;
  pthread_mutex_lock(&endings->lock);
  *ending->link = ending->next;
  if (ending->next != NULL) {
    ending->next->link = ending->link;
  }
  atomic_fetch_sub(&endings->count, 1);
  pthread_mutex_unlock(&endings->lock);
  return 0;
}

static void note(struct call *call, const char *token, int64_t session) {
  struct endings *endings = call->services->endings;
  struct ending *ending = memory_new(call->memory, struct ending);
  ending->endings = endings;
  ending->session = session;
  snprintf(ending->token, sizeof ending->token, "%s", token);
  pthread_mutex_lock(&endings->lock);
  ending->next = endings->first;
  ending->link = &endings->first;
  if (ending->next != NULL) {
    ending->next->link = &ending->next;
  }
  endings->first = ending;
  atomic_fetch_add(&endings->count, 1);
  pthread_mutex_unlock(&endings->lock);
  talloc_set_destructor(ending, forget);
  call->ending = ending;
}

void ending_of_token(struct call *call, const char *id) {
  note(call, id, 0);
}

void ending_of_session(struct call *call, int64_t session) {
  note(call, "", session);
}

void ending_undo(struct call *call) {
  TALLOC_FREE(call->ending);
}

static bool ends(const struct ending *ending, const struct principal *principal) {
  return ending->token[0] == '\0' ? ending->session == principal->session : strcmp(ending->token, principal->id) == 0;
}

bool endings_have(struct endings *endings, const struct principal *principal) {
  bool found = false;
  if (atomic_load(&endings->count) == 0) {
    return false;
  }
  pthread_mutex_lock(&endings->lock);
  for (const struct ending *ending = endings->first; ending != NULL && !found; ending = ending->next) {
    found = ends(ending, principal);
  }
  pthread_mutex_unlock(&endings->lock);
  return found;
}
