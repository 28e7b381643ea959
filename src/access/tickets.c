/* A list, oldest first, so that those that have expired are at its head. */
#include "access/tickets.h"

#include "access/caller.h"
#include "base/clock.h"
#include "base/memory.h"
#include "request/call.h"
#include "request/principal.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TICKETS_MOST = 4096, TICKETS_OF_ONE = 16 };

struct ticket {
  unsigned char hash[TOKEN_HASH_SIZE];
  int64_t expires_ns; /* monotonic */
  struct principal principal;
  struct ticket *next;
};

struct tickets {
  pthread_mutex_t lock;
  struct ticket *oldest;
  size_t count;
};

static int end_tickets(struct tickets *tickets) {
  pthread_mutex_destroy(&tickets->lock);
  return 0;
}

struct tickets *tickets_new(const void *parent) {
  struct tickets *tickets = memory_new(parent, struct tickets);
  pthread_mutex_init(&tickets->lock, NULL);
  talloc_set_destructor(tickets, end_tickets);
  return tickets;
}

/* Takes the ticket at that place out of the list. */
static struct ticket *take_out(struct tickets *tickets, struct ticket **place) {
  struct ticket *ticket = *place;
  *place = ticket->next;
  tickets->count--;
  return ticket;
}

static void drop_expired(struct tickets *tickets, int64_t now_ns) {
  while (tickets->oldest != NULL && tickets->oldest->expires_ns <= now_ns) {
    talloc_free(take_out(tickets, &tickets->oldest));
  }
}

/* Drops the oldest ticket of the token when it has all that it may have. */
static void make_room(struct tickets *tickets, const char *token) {
  struct ticket **first = NULL;
  size_t count = 0;
  for (struct ticket **place = &tickets->oldest; *place != NULL; place = &(*place)->next) {
    if (strcmp((*place)->principal.id, token) == 0) {
      first = first == NULL ? place : first;
      count++;
    }
  }
  if (count >= TICKETS_OF_ONE) {
    talloc_free(take_out(tickets, first));
  }
}

static void append(struct tickets *tickets, struct ticket *ticket) {
  struct ticket **end = &tickets->oldest;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = ticket;
  tickets->count++;
}

bool tickets_give(struct tickets *tickets, const struct principal *principal, int64_t now_ns, char out[TOKEN_SIZE]) {
  pthread_mutex_lock(&tickets->lock);
  drop_expired(tickets, now_ns);
  make_room(tickets, principal->id);
  bool room = tickets->count < TICKETS_MOST;
  if (room) {
    struct ticket *ticket = memory_new(tickets, struct ticket);
    ticket_make(out);
    token_hash(out, ticket->hash);
    ticket->expires_ns = now_ns + TICKET_SECONDS * INT64_C(1000000000);
    principal_take(&ticket->principal, principal);
    append(tickets, ticket);
  }
  pthread_mutex_unlock(&tickets->lock);
  return room;
}

struct principal *tickets_use(struct tickets *tickets, const void *parent, const char *shown, int64_t now_ns) {
  unsigned char hash[TOKEN_HASH_SIZE];
  struct principal *principal = NULL;
  if (strlen(shown) != TOKEN_SIZE - 1) {
    return NULL;
  }
  token_hash(shown, hash);
  pthread_mutex_lock(&tickets->lock);
  drop_expired(tickets, now_ns);
  struct ticket **place = &tickets->oldest;
  while (*place != NULL && memcmp((*place)->hash, hash, sizeof hash) != 0) {
    place = &(*place)->next;
  }
  if (*place != NULL) {
    struct ticket *ticket = take_out(tickets, place);
    principal = memory_new(parent, struct principal);
    principal_take(principal, &ticket->principal);
    talloc_free(ticket);
  }
  pthread_mutex_unlock(&tickets->lock);
  return principal;
}

const char *ticket_shown(const struct call *call) {
  if (call->operation == NULL || call->request->authorization != NULL ||
      !contract_takes_parameter(call->operation, "ticket")) {
    return NULL;
  }
  return contract_parameter(call->operation, call->uri, "ticket");
}
