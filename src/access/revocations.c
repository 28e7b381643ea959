/* A list of them, each of which goes with its call. So there are no more than the writer's queue holds. A call is over
 * after its write is: whoever no longer finds it here finds what was written in the database. */
#include "access/revocations.h"

#include "base/memory.h"
#include "request/call.h"
#include "request/principal.h"
#include "request/services.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct revocation {
  struct revocations *revocations;
  char token[TYPEID_SIZE]; /* "": one session */
  int64_t session;
  struct revocation *next, **link;
};

struct revocations {
  pthread_mutex_t lock;
  _Atomic size_t count;
  struct revocation *first;
};

static int destroy_lock(struct revocations *revocations) {
  pthread_mutex_destroy(&revocations->lock);
  return 0;
}

struct revocations *revocations_new(const void *parent) {
  struct revocations *revocations = memory_new(parent, struct revocations);
  pthread_mutex_init(&revocations->lock, NULL);
  talloc_set_destructor(revocations, destroy_lock);
  return revocations;
}

static int forget(struct revocation *revocation) {
  struct revocations *revocations = revocation->revocations;
  pthread_mutex_lock(&revocations->lock);
  *revocation->link = revocation->next;
  if (revocation->next != NULL) {
    revocation->next->link = revocation->link;
  }
  atomic_fetch_sub(&revocations->count, 1);
  pthread_mutex_unlock(&revocations->lock);
  return 0;
}

static void note(struct call *call, const char *token, int64_t session) {
  struct revocations *revocations = call->services->revocations;
  struct revocation *revocation = memory_new(call->memory, struct revocation);
  revocation->revocations = revocations;
  revocation->session = session;
  snprintf(revocation->token, sizeof revocation->token, "%s", token);
  pthread_mutex_lock(&revocations->lock);
  revocation->next = revocations->first;
  revocation->link = &revocations->first;
  if (revocation->next != NULL) {
    revocation->next->link = &revocation->next;
  }
  revocations->first = revocation;
  atomic_fetch_add(&revocations->count, 1);
  pthread_mutex_unlock(&revocations->lock);
  talloc_set_destructor(revocation, forget);
  call->revocation = revocation;
}

void revocation_of_token(struct call *call, const char *id) {
  note(call, id, 0);
}

void revocation_of_session(struct call *call, int64_t session) {
  note(call, "", session);
}

void revocation_undo(struct call *call) {
  TALLOC_FREE(call->revocation);
}

static bool ends(const struct revocation *revocation, const struct principal *principal) {
  return revocation->token[0] == '\0' ? revocation->session == principal->session
                                      : strcmp(revocation->token, principal->id) == 0;
}

bool revocations_have(struct revocations *revocations, const struct principal *principal) {
  bool found = false;
  if (atomic_load(&revocations->count) == 0) {
    return false;
  }
  pthread_mutex_lock(&revocations->lock);
  for (const struct revocation *revocation = revocations->first; revocation != NULL && !found;
       revocation = revocation->next) {
    found = ends(revocation, principal);
  }
  pthread_mutex_unlock(&revocations->lock);
  return found;
}
