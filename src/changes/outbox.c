/* Three movements, each of its own. Making out: a write reads the log behind each webhook's position, adds a delivery
 * for each change that the webhook wants, and moves the position. Taking: a read picks what is due, webhook by webhook,
 * so that none waits for another; one whose last attempt failed gets one delivery at a time, and all such together half
 * of them. Settling: a write for each attempt says what came of it.
 *
 * A delivery is held here from its taking until its outcome is on the disk, and is not taken again meanwhile.
 * One that somebody has asked for again in that time is due again, whatever came of the attempt. */
#include "changes/outbox.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/secret.h"
#include "changes/event.h"
#include "domain/webhook.h"
#include "records/change.h"
#include "request/services.h"
#include "store/changes.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_WEBHOOK = 2, FAILING_MOST = OUTBOX_DELIVERIES / 2 };
enum { BEHIND_MOST = 64, CHANGES_MOST = 500, FORGET_MOST = 500, AGAIN_MS = 1000 };
static const int64_t kept_ms = 30LL * 24 * 60 * 60 * 1000; /* a delivery that has ended */

enum saving { SAVING_NOT, SAVING_NOW, SAVING_DONE, SAVING_FAILED };

struct outgoing {
  struct write write; /* first: the store hands it back */
  struct outbox *outbox;
  struct delivery delivery;
  struct outgoing *next;
  _Atomic enum saving saving; /* the writer ends it */
  int64_t webhook;
  bool failing; /* the webhook's last attempt failed */
  int attempts; /* before this one */
  char due_at[CLOCK_TIMESTAMP_SIZE];
  char created_at[CLOCK_TIMESTAMP_SIZE];
  const char *webhook_id;
  bool told;
  /* Once told: */
  int64_t again_ms; /* not handed to the writer before */
  int status;
  const char *error;
  int64_t at_ms, pause_ms;
};

struct fill {
  struct write write; /* first: the store hands it back */
  struct outbox *outbox;
  _Atomic enum saving saving;
  int64_t again_ms;
};

struct outbox {
  const struct services *services;
  struct store *store;
  struct db *db;
  void (*wake)(void *argument);
  void *argument;
  pthread_mutex_t ending; /* held by the writer while it ends something here */
  struct fill fill;
  struct outgoing *first; /* all that is on its way */
  size_t count;
  int64_t last; /* the webhook that was served last */
  bool freed;   /* there is room that there was not at the last look */
  _Atomic uint64_t seen;
  _Atomic bool idle; /* no webhook is enabled */
};

/* -- opening ------------------------------------------------------------------------------------------------------- */

/* On the writer's thread, after each commit. Where there is no webhook, nobody is woken before there is one. */
static void committed(void *argument) {
  struct outbox *outbox = argument;
  if (!atomic_load(&outbox->idle) ||
      !changes_none(store_changes(outbox->store), "webhooks", 0, atomic_load(&outbox->seen))) {
    outbox->wake(outbox->argument);
  }
}

struct outbox *outbox_new(const struct services *services, void (*wake)(void *argument), void *argument,
                          struct error *error) {
  struct outbox *outbox = memory_new(NULL, struct outbox);
  outbox->services = services;
  outbox->store = services->store;
  outbox->wake = wake;
  outbox->argument = argument;
  outbox->fill.outbox = outbox;
  pthread_mutex_init(&outbox->ending, NULL);
  outbox->freed = true; /* the first look is for what an earlier process left */
  outbox->db = store_reader(outbox->store, error);
  if (outbox->db == NULL) {
    talloc_free(outbox);
    return NULL;
  }
  store_on_commit(outbox->store, committed, outbox);
  return outbox;
}

static void let_go(struct outbox *outbox, struct outgoing **place) {
  struct outgoing *outgoing = *place;
  *place = outgoing->next;
  outbox->count--;
  outbox->freed = true;
  talloc_free(outgoing);
}

void outbox_free(struct outbox *outbox) {
  store_forget_commit(outbox->store, outbox);
  pthread_mutex_lock(&outbox->ending); /* the writer may still be at its last line */
  pthread_mutex_unlock(&outbox->ending);
  pthread_mutex_destroy(&outbox->ending);
  while (outbox->first != NULL) {
    let_go(outbox, &outbox->first);
  }
  store_reader_close(outbox->db);
  talloc_free(outbox);
}

bool outbox_may_reach(const struct outbox *outbox, bool secure, const struct sockaddr *address) {
  if (network_is_loopback(address)) {
    return outbox->services->options.webhook_loopback;
  }
  return secure && network_is_public(address);
}

bool outbox_stirred(struct outbox *outbox) {
  static const char *const tables[] = {"history", "webhooks", "webhook_deliveries"};
  bool stirred = outbox->freed;
  for (size_t i = 0; !stirred && i < sizeof tables / sizeof tables[0]; i++) {
    stirred = !changes_none(store_changes(outbox->store), tables[i], 0, atomic_load(&outbox->seen));
  }
  return stirred;
}

/* -- making out ---------------------------------------------------------------------------------------------------- */

/* A webhook that has not looked at all changes yet. */
struct behind {
  int64_t pk, position;
  const char *resources, *operations;
};

static size_t find_behind(struct db *db, const void *memory, struct behind list[BEHIND_MOST]) {
  size_t count = 0;
  struct query *query = db_named(db, "webhook-behind");
  query_bind_int(query, 1, BEHIND_MOST);
  while (query_step(query) == STEP_ROW && count < BEHIND_MOST) {
    list[count++] = (struct behind){.pk = query_int(query, 0),
                                    .resources = memory_copy(memory, query_text(query, 1)),
                                    .operations = memory_copy(memory, query_text(query, 2)),
                                    .position = query_int(query, 3)};
  }
  query_end(query);
  return count;
}

static void make_out_one(struct db *db, int64_t webhook, int64_t seq, int64_t now_ms) {
  char id[TYPEID_SIZE], now[CLOCK_TIMESTAMP_SIZE];
  typeid_new("msg", now_ms, id);
  clock_timestamp(now_ms, now);
  struct query *query = db_named(db, "webhook-make-out");
  query_bind_text(query, 1, id);
  query_bind_int(query, 2, webhook);
  query_bind_int(query, 3, seq);
  query_bind_text(query, 4, now);
  query_run(query);
}

/* Looks at `most` further changes at most; how many there were. */
static int64_t make_out(struct db *db, const struct behind *behind, int64_t most, int64_t now_ms) {
  int64_t position = behind->position, looked = 0;
  struct query *changes = db_named(db, "webhook-changes");
  query_bind_int(changes, 1, behind->position);
  query_bind_text(changes, 2, behind->resources);
  query_bind_text(changes, 3, behind->operations);
  query_bind_int(changes, 4, most);
  for (; query_step(changes) == STEP_ROW; looked++) {
    position = query_int(changes, 0);
    if (query_int(changes, 1) != 0) {
      make_out_one(db, behind->pk, position, now_ms);
    }
  }
  query_end(changes);
  struct query *query = db_named(db, "webhook-move");
  query_bind_int(query, 1, behind->pk);
  query_bind_int(query, 2, position);
  query_run(query);
  return looked;
}

/* webhook-old or webhook-forget. */
static struct query *query_old(struct db *db, const char *name, int64_t now_ms) {
  char before[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(now_ms - kept_ms, before);
  struct query *query = db_named(db, name);
  query_bind_text(query, 1, before);
  return query;
}

static void forget_old(struct db *db, int64_t now_ms) {
  struct query *query = query_old(db, "webhook-forget", now_ms);
  query_bind_int(query, 2, FORGET_MOST);
  query_run(query);
}

static bool fill_run(struct write *write, struct db *db) {
  (void)write;
  struct behind list[BEHIND_MOST];
  void *memory = memory_checked(talloc_new(NULL));
  int64_t now_ms = clock_now_ms(), left = CHANGES_MOST;
  size_t count = find_behind(db, memory, list);
  for (size_t i = 0; i < count && left > 0; i++) {
    left -= make_out(db, &list[i], left, now_ms);
  }
  forget_old(db, now_ms);
  talloc_free(memory);
  return db_failure(db) == DB_OK;
}

static void submit(struct outbox *outbox, struct write *write, _Atomic enum saving *saving, int64_t *next_ms,
                   int64_t now_ms) {
  atomic_store(saving, SAVING_NOW);
  if (!store_submit(outbox->store, write)) {
    atomic_store(saving, SAVING_FAILED);
    *next_ms = now_ms + AGAIN_MS < *next_ms ? now_ms + AGAIN_MS : *next_ms;
  }
}

/* On the writer's thread. Once `saving` is set, its owner may be gone. */
static void end_saving(struct outbox *outbox, _Atomic enum saving *saving, enum write_outcome outcome) {
  pthread_mutex_lock(&outbox->ending);
  atomic_store(saving, outcome == WRITE_SAVED ? SAVING_DONE : SAVING_FAILED);
  outbox->wake(outbox->argument);
  pthread_mutex_unlock(&outbox->ending);
}

static void fill_done(struct write *write, enum write_outcome outcome) {
  struct fill *fill = (struct fill *)write;
  end_saving(fill->outbox, &fill->saving, outcome);
}

static void submit_fill(struct outbox *outbox, int64_t now_ms, int64_t *next_ms) {
  struct fill *fill = &outbox->fill;
  enum saving saving = atomic_load(&fill->saving);
  if (saving == SAVING_NOT || saving == SAVING_DONE) {
    fill->write = (struct write){.run = fill_run, .done = fill_done, .quiet = true};
    submit(outbox, &fill->write, &fill->saving, next_ms, now_ms);
  }
}

/* -- taking -------------------------------------------------------------------------------------------------------- */

struct recipient {
  int64_t pk;
  const char *id, *url, *secret, *previous;
  bool failing;
};

/* One pass over the webhooks. */
struct look {
  struct outbox *outbox;
  void *memory;
  int64_t now_ms, next_ms;
  struct recipient *recipients;
  size_t recipient_count, failing;
  bool behind; /* there are changes to make out, or deliveries to forget */
  struct delivery **deliveries;
  size_t taken;
};

static void find_recipients(struct look *look) {
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(look->now_ms, now);
  struct query *query = db_named(look->outbox->db, "webhook-enabled");
  query_bind_int(query, 1, look->outbox->last);
  query_bind_text(query, 2, now);
  while (query_step(query) == STEP_ROW) {
    look->recipients = memory_grow(look->memory, look->recipients, struct recipient, look->recipient_count + 1);
    look->recipients[look->recipient_count++] = (struct recipient){
        .pk = query_int(query, 0),
        .id = memory_copy(look->memory, query_text(query, 1)),
        .url = memory_copy(look->memory, query_text(query, 2)),
        .secret = secret_copy(look->memory, query_text(query, 3)),
        .previous = query_null(query, 4) ? NULL : secret_copy(look->memory, query_text(query, 4)),
        .failing = query_int(query, 5) != 0,
    };
    look->behind = look->behind || query_int(query, 6) != 0;
  }
  query_end(query);
}

/* At every look, so that they go from a registry at rest too. */
static void find_old(struct look *look) {
  struct query *query = query_old(look->outbox->db, "webhook-old", look->now_ms);
  look->behind = query_step(query) == STEP_ROW || look->behind;
  query_end(query);
}

/* By its id, as its outcome is written: a number of a row is given again once the row is gone. */
static bool is_out(const struct outbox *outbox, const char *id) {
  const struct outgoing *outgoing = outbox->first;
  while (outgoing != NULL && strcmp(outgoing->delivery.id, id) != 0) {
    outgoing = outgoing->next;
  }
  return outgoing != NULL;
}

/* How many deliveries more the webhook may have now; `*out` is how many it has. */
static size_t room_of(const struct look *look, const struct recipient *recipient, size_t *out) {
  const struct outbox *outbox = look->outbox;
  size_t failing = 0, most = recipient->failing ? 1 : PER_WEBHOOK;
  *out = 0;
  for (const struct outgoing *one = outbox->first; one != NULL; one = one->next) {
    *out += one->webhook == recipient->pk;
    failing += one->failing;
  }
  if (*out >= most || outbox->count >= OUTBOX_DELIVERIES || (recipient->failing && failing >= FAILING_MOST)) {
    return 0;
  }
  size_t left = OUTBOX_DELIVERIES - outbox->count;
  return most - *out < left ? most - *out : left;
}

/* Both secrets sign while the older one holds. */
static const char *sign(const struct recipient *recipient, const struct outgoing *outgoing) {
  char one[WEBHOOK_SIGNATURE_SIZE], two[WEBHOOK_SIGNATURE_SIZE];
  const struct delivery *delivery = &outgoing->delivery;
  if (!webhook_sign(recipient->secret, delivery->id, delivery->timestamp, delivery->body, one)) {
    return NULL;
  }
  bool both = recipient->previous != NULL &&
              webhook_sign(recipient->previous, delivery->id, delivery->timestamp, delivery->body, two);
  return memory_print(outgoing, "%s%s%s", one, both ? " " : "", both ? two : "");
}

static const char *body_of(const struct outgoing *outgoing, struct query *query) {
  const char *event =
      webhook_event(outgoing, outgoing->outbox->services->contract, query_text(query, 4), query_text(query, 3));
  json_t *body = memory_checked(json_pack("{s:s?, s:s, s:s, s:o}", "type", event, "timestamp", query_text(query, 1),
                                          "log", query_text(query, 12), "data", history_item(query, 0)));
  char *text = memory_checked(json_dumps(body, JSON_COMPACT));
  const char *copy = memory_copy(outgoing, text);
  free(text);
  json_decref(body);
  return copy;
}

/* Makes the delivery that the row describes. */
static void take_one(struct look *look, const struct recipient *recipient, struct query *query) {
  struct outbox *outbox = look->outbox;
  struct outgoing *outgoing = memory_new(NULL, struct outgoing);
  outgoing->outbox = outbox;
  outgoing->webhook = recipient->pk;
  outgoing->webhook_id = memory_copy(outgoing, recipient->id);
  outgoing->failing = recipient->failing;
  outgoing->attempts = (int)query_int(query, 9);
  snprintf(outgoing->created_at, sizeof outgoing->created_at, "%s", query_text(query, 10));
  snprintf(outgoing->due_at, sizeof outgoing->due_at, "%s", query_text(query, 11));
  outgoing->delivery = (struct delivery){.outgoing = outgoing,
                                         .id = memory_copy(outgoing, query_text(query, 8)),
                                         .url = memory_copy(outgoing, recipient->url),
                                         .timestamp = look->now_ms / 1000,
                                         .body = body_of(outgoing, query)};
  outgoing->delivery.signature = sign(recipient, outgoing);
  if (outgoing->delivery.signature == NULL) {
    log_line(LOG_ERROR, "the secret of %s cannot sign", recipient->id);
    talloc_free(outgoing);
    return;
  }
  outgoing->next = outbox->first;
  outbox->first = outgoing;
  outbox->count++;
  outbox->last = recipient->pk;
  look->deliveries[look->taken++] = &outgoing->delivery;
}

static void take_from(struct look *look, const struct recipient *recipient) {
  size_t out, room = room_of(look, recipient, &out);
  if (room == 0) {
    return; /* looked at again when one of those that are out has come back */
  }
  struct query *query = db_named(look->outbox->db, "webhook-due");
  query_bind_int(query, 1, recipient->pk);
  query_bind_int(query, 2, (int64_t)(out + room + 1));
  while (query_step(query) == STEP_ROW) {
    int64_t due_ms = 0;
    if (is_out(look->outbox, query_text(query, 8))) {
      continue;
    }
    if (clock_read_timestamp(query_text(query, 11), &due_ms) && due_ms > look->now_ms) {
      look->next_ms = due_ms < look->next_ms ? due_ms : look->next_ms;
      break;
    }
    if (room-- == 0) {
      break;
    }
    take_one(look, recipient, query);
  }
  query_end(query);
}

size_t outbox_take(struct outbox *outbox, int64_t now_ms, struct delivery *deliveries[OUTBOX_DELIVERIES],
                   int64_t *next_ms) {
  struct look look = {.outbox = outbox,
                      .memory = memory_checked(talloc_new(NULL)),
                      .now_ms = now_ms,
                      .next_ms = INT64_MAX,
                      .deliveries = deliveries};
  uint64_t commits = store_commits(outbox->store);
  db_begin_read(outbox->db);
  find_recipients(&look);
  find_old(&look);
  for (int failing = 0; failing <= 1; failing++) { /* those that answer go first */
    for (size_t i = 0; i < look.recipient_count; i++) {
      if (look.recipients[i].failing == (failing == 1)) {
        take_from(&look, &look.recipients[i]);
      }
    }
  }
  bool fine = db_failure(outbox->db) == DB_OK;
  if (!fine) {
    log_line(LOG_ERROR, "the outbox cannot be read: %s", db_failure_text(outbox->db));
    look.next_ms = now_ms + AGAIN_MS;
  }
  db_end_read(outbox->db);
  if (fine) {
    outbox->freed = false;
    atomic_store(&outbox->seen, commits);
    atomic_store(&outbox->idle, look.recipient_count == 0);
  }
  if (look.behind) {
    submit_fill(outbox, now_ms, &look.next_ms);
  }
  talloc_free(look.memory);
  *next_ms = look.next_ms;
  return look.taken;
}

/* -- settling ------------------------------------------------------------------------------------------------------ */

static bool is_success(const struct outgoing *outgoing) {
  return outgoing->status >= 200 && outgoing->status < 300;
}

static void write_attempt(struct db *db, const struct outgoing *outgoing, const char *now) {
  struct query *query = db_named(db, "webhook-attempt");
  query_bind_text(query, 1, outgoing->delivery.id);
  query_bind_text(query, 2, now);
  if (outgoing->status == 0) {
    query_bind_null(query, 3);
  } else {
    query_bind_int(query, 3, outgoing->status);
  }
  query_bind_text(query, 4, outgoing->error);
  query_run(query);
}

/* False when the delivery was asked for again meanwhile, or at another address: it stays due then. */
static bool write_outcome(struct db *db, const struct outgoing *outgoing, const char *now) {
  char next[CLOCK_TIMESTAMP_SIZE];
  bool ended = is_success(outgoing) || outgoing->pause_ms < 0;
  clock_timestamp(outgoing->at_ms + outgoing->pause_ms, next);
  struct query *query = db_named(db, "webhook-settle");
  query_bind_text(query, 1, outgoing->delivery.id);
  query_bind_text(query, 2, is_success(outgoing) ? "delivered" : ended ? "failed" : "pending");
  query_bind_text(query, 3, ended ? NULL : next);
  query_bind_text(query, 4, ended ? now : NULL);
  query_bind_int(query, 5, outgoing->attempts);
  query_bind_text(query, 6, outgoing->due_at);
  query_bind_text(query, 7, outgoing->webhook_id);
  query_bind_text(query, 8, outgoing->delivery.url);
  bool settled = query_step(query) == STEP_ROW;
  query_end(query);
  return settled;
}

/* `since`: unless something was delivered after that instant; or NULL. */
static void disable(struct db *db, const struct outgoing *outgoing, const char *reason, const char *now,
                    const char *since) {
  struct query *query = db_named(db, "webhook-disable");
  query_bind_text(query, 1, outgoing->webhook_id);
  query_bind_text(query, 2, reason);
  query_bind_text(query, 3, now);
  query_bind_text(query, 4, since);
  bool disabled = query_step(query) == STEP_ROW;
  query_end(query);
  if (disabled) {
    log_event(NULL, LOG_WARN, "webhook disabled",
              (struct log_field[]){{"webhook", outgoing->webhook_id, 0}, {"reason", reason, 0}, {NULL, NULL, 0}});
  }
}

static bool settle_run(struct write *write, struct db *db) {
  const struct outgoing *outgoing = (const struct outgoing *)write;
  char now[CLOCK_TIMESTAMP_SIZE];
  clock_timestamp(outgoing->at_ms, now);
  write_attempt(db, outgoing, now);
  bool settled = write_outcome(db, outgoing, now);
  struct query *query = db_named(db, is_success(outgoing) ? "webhook-delivered" : "webhook-failing");
  query_bind_text(query, 1, outgoing->webhook_id);
  query_bind_text(query, 2, now);
  query_bind_text(query, 3, outgoing->delivery.url);
  query_run(query);
  if (settled && outgoing->status == 410) {
    disable(db, outgoing, "the receiver answered 410 Gone", now, NULL);
  } else if (settled && !is_success(outgoing) && outgoing->pause_ms < 0) {
    disable(db, outgoing, "a delivery failed for good, and nothing was delivered since it was made out", now,
            outgoing->created_at);
  }
  return db_failure(db) == DB_OK;
}

static void settle_done(struct write *write, enum write_outcome outcome) {
  struct outgoing *outgoing = (struct outgoing *)write;
  end_saving(outgoing->outbox, &outgoing->saving, outcome);
}

void outbox_tell(struct outbox *outbox, struct delivery *delivery, const struct attempt *attempt) {
  struct outgoing *outgoing = delivery->outgoing;
  outgoing->told = true;
  outgoing->status = attempt->status;
  outgoing->error = attempt->error == NULL ? NULL : memory_copy(outgoing, attempt->error);
  outgoing->at_ms = clock_now_ms();
  outgoing->pause_ms = webhook_pause_ms(outgoing->attempts + 1, outbox->services->options.webhook_retry_seconds,
                                        randombytes_uniform(WEBHOOK_CHANCES), attempt->retry_after);
  if (!is_success(outgoing)) {
    const struct log_field fields[] = {{"webhook", outgoing->webhook_id, 0},
                                       {"delivery", delivery->id, 0},
                                       {"attempt", NULL, outgoing->attempts + 1},
                                       {"status", NULL, outgoing->status},
                                       {"reason", outgoing->error == NULL ? "-" : outgoing->error, 0},
                                       {NULL, NULL, 0}};
    log_event(NULL, LOG_WARN, "webhook attempt failed", fields);
  }
}

/* What could not be saved is handed to the writer again, later. True when it is time. */
static bool again(_Atomic enum saving *saving, int64_t *again_ms, int64_t now_ms, int64_t *next_ms) {
  if (atomic_load(saving) != SAVING_FAILED) {
    return false;
  }
  if (*again_ms == 0) {
    *again_ms = now_ms + AGAIN_MS;
  }
  if (now_ms < *again_ms) {
    *next_ms = *again_ms < *next_ms ? *again_ms : *next_ms;
    return false;
  }
  *again_ms = 0;
  atomic_store(saving, SAVING_NOT);
  return true;
}

int64_t outbox_settle(struct outbox *outbox, int64_t now_ms) {
  int64_t next_ms = INT64_MAX;
  outbox->freed = again(&outbox->fill.saving, &outbox->fill.again_ms, now_ms, &next_ms) || outbox->freed;
  for (struct outgoing **place = &outbox->first; *place != NULL;) {
    struct outgoing *outgoing = *place;
    if (atomic_load(&outgoing->saving) == SAVING_DONE) {
      let_go(outbox, place);
      continue;
    }
    place = &outgoing->next;
    (void)again(&outgoing->saving, &outgoing->again_ms, now_ms, &next_ms);
    if (outgoing->told && atomic_load(&outgoing->saving) == SAVING_NOT) {
      outgoing->write = (struct write){.run = settle_run, .done = settle_done, .quiet = true};
      submit(outbox, &outgoing->write, &outgoing->saving, &next_ms, now_ms);
    }
  }
  return next_ms;
}

bool outbox_saving(const struct outbox *outbox) {
  bool saving = atomic_load(&outbox->fill.saving) == SAVING_NOW;
  for (const struct outgoing *one = outbox->first; one != NULL && !saving; one = one->next) {
    saving = atomic_load(&one->saving) == SAVING_NOW;
  }
  return saving;
}
