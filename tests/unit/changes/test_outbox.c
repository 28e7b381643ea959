/* The outbox without a sender: what is made out, what may go when, and who is woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/memory.h"
#include "changes/outbox.h"
#include "store/store.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
  char folder[64], path[80];
  struct contract *contract;
  struct store *store;
  struct api *api;
  struct outbox *outbox;
  _Atomic int woken;
} house;

static void note_wake(void *argument) {
  (void)argument;
  atomic_fetch_add(&house.woken, 1);
}

static int open_house(void **state) {
  (void)state;
  struct error error = {0};
  snprintf(house.folder, sizeof house.folder, "%.40s/entente-XXXXXX",
           getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR"));
  if (mkdtemp(house.folder) == NULL) {
    return -1;
  }
  snprintf(house.path, sizeof house.path, "%s/t.db", house.folder);
  house.contract = api_load_contract(&error);
  static const struct service_options api_options = {.webhook_retry_seconds = 5};
  struct store_options options = {.path = house.path, .create = true};
  house.store = house.contract == NULL ? NULL : store_open(&options, house.contract, &error);
  house.api = house.store == NULL ? NULL : api_new(house.contract, house.store, &api_options, &error);
  house.outbox = house.api == NULL ? NULL : outbox_new(api_services(house.api), note_wake, NULL, &error);
  if (house.outbox == NULL) {
    fprintf(stderr, "%s\n", error.text);
    return -1;
  }
  return 0;
}

static int close_house(void **state) {
  (void)state;
  outbox_free(house.outbox);
  api_free(house.api);
  store_close(house.store);
  contract_free(house.contract);
  static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s%s", house.path, endings[i]);
    unlink(name);
  }
  return rmdir(house.folder);
}

/* -- words for what tests do --------------------------------------------------------------------------------------- */

static bool run_text(void *argument, struct db *db) {
  return query_run(db_query(db, argument));
}

static void execute(const char *sql) {
  char *copy = memory_copy(NULL, sql);
  assert_int_equal(store_write(house.store, run_text, copy), WRITE_SAVED);
  talloc_free(copy);
}

static int64_t number(const char *sql) {
  struct error error;
  struct db *db = store_reader(house.store, &error);
  assert_non_null(db);
  struct query *query = db_query(db, sql);
  assert_int_equal(query_step(query), STEP_ROW);
  int64_t value = query_int(query, 0);
  query_end(query);
  store_reader_close(db);
  return value;
}

static void add_webhook(const char *name, const char *resources) {
  char sql[600];
  snprintf(sql, sizeof sql,
           "INSERT INTO webhooks (id, url, resources, operations, enabled, created_at, updated_at, secret, position) "
           "VALUES ('%s', 'https://example.org/%s', '%s', '[]', 1, '2026', '2026', "
           "'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', (SELECT coalesce(max(seq), 0) FROM history))",
           name, name, resources);
  execute(sql);
}

static void add_changes(int count) {
  char sql[500];
  snprintf(
      sql, sizeof sql,
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO history "
      "(resource, record, slug, revision, operation, at, actor, document) SELECT 'areas', 'r' || "
      "(SELECT count(*) FROM history) || '-' || i, 's', 1, 'create', '2026-04-01T00:00:00.000Z', 'me', '{}' FROM n",
      count);
  execute(sql);
}

static void pause_a_little(void) {
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void settle(void) {
  outbox_settle(house.outbox, clock_now_ms());
  while (outbox_saving(house.outbox)) {
    pause_a_little();
  }
  outbox_settle(house.outbox, clock_now_ms());
}

/* Takes what may go once everything that can be made out is. */
static size_t take(struct delivery *deliveries[OUTBOX_DELIVERIES], int64_t *next_ms) {
  size_t taken = outbox_take(house.outbox, clock_now_ms(), deliveries, next_ms);
  while (taken == 0 && (outbox_saving(house.outbox) || outbox_stirred(house.outbox))) {
    pause_a_little();
    taken = outbox_take(house.outbox, clock_now_ms(), deliveries, next_ms);
  }
  return taken;
}

static void tell(struct delivery *delivery, int status) {
  outbox_tell(house.outbox, delivery, &(struct attempt){.status = status});
}

/* -- tests --------------------------------------------------------------------------------------------------------- */

static void where_there_is_no_webhook_a_commit_wakes_nobody(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next;
  assert_int_equal(take(deliveries, &next), 0);
  atomic_store(&house.woken, 0);
  add_changes(3);
  assert_int_equal(atomic_load(&house.woken), 0);
  add_webhook("first", "[]");
  assert_int_equal(atomic_load(&house.woken), 1);
}

static void a_webhook_gets_two_parcels_at_once_in_the_order_of_the_changes(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES], *more[OUTBOX_DELIVERIES];
  int64_t next;
  add_webhook("one", "[]");
  add_webhook("other", "[\"agreements\"]");
  add_changes(5);
  assert_int_equal(take(deliveries, &next), 2);
  assert_non_null(strstr(deliveries[0]->body, "\"seq\":1,"));
  assert_non_null(strstr(deliveries[0]->body, "\"type\":\"area.created\""));
  assert_non_null(strstr(deliveries[1]->body, "\"seq\":2,"));
  assert_memory_equal(deliveries[0]->signature, "v1,", 3);
  assert_int_equal(outbox_take(house.outbox, clock_now_ms(), more, &next), 0);
  tell(deliveries[0], 200);
  assert_int_equal(outbox_take(house.outbox, clock_now_ms(), more, &next), 0); /* not before it is on the disk */
  settle();
  assert_int_equal(take(more, &next), 1);
  assert_non_null(strstr(more[0]->body, "\"seq\":3,"));
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries"), 5);
  assert_int_equal(number("SELECT count(*) FROM webhooks WHERE position = 5"), 2);
}

static void those_that_fail_leave_half_of_the_places_to_the_others(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next;
  char name[16];
  for (int i = 0; i < 20; i++) {
    snprintf(name, sizeof name, "hook%d", i);
    add_webhook(name, "[]");
  }
  execute("UPDATE webhooks SET failing_since = '2026' WHERE pk <= 12");
  add_changes(10);
  while (number("SELECT count(*) FROM webhooks WHERE position < 10") > 0) {
    settle();
    outbox_take(house.outbox, 0, deliveries, &next); /* in 1970 nothing is due */
  }
  settle();
  assert_int_equal(take(deliveries, &next), OUTBOX_DELIVERIES);
  for (int i = 0; i < OUTBOX_DELIVERIES; i++) { /* eight sound ones with two each go first */
    assert_true(atoi(strstr(deliveries[i]->url, "hook") + 4) >= 12);
    tell(deliveries[i], 500);
  }
  settle();
  assert_int_equal(take(deliveries, &next), OUTBOX_DELIVERIES / 2);
}

static void what_was_not_saved_is_not_sent_again_meanwhile(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next, now = clock_now_ms();
  add_webhook("one", "[]");
  add_changes(1);
  assert_int_equal(take(deliveries, &next), 1);
  execute("CREATE TRIGGER stuck BEFORE UPDATE ON webhook_deliveries BEGIN SELECT raise(ABORT, 'stuck'); END");
  tell(deliveries[0], 200);
  settle();
  assert_int_equal(outbox_take(house.outbox, clock_now_ms(), deliveries, &next), 0);
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'"), 1);
  execute("DROP TRIGGER stuck");
  assert_true(outbox_settle(house.outbox, now) > now);
  outbox_settle(house.outbox, clock_now_ms() + 2000); /* later */
  settle();
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"), 1);
}

static void a_later_attempt_says_when_to_come_back(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next, now = clock_now_ms();
  add_webhook("one", "[]");
  add_changes(1);
  assert_int_equal(take(deliveries, &next), 1);
  tell(deliveries[0], 500);
  settle();
  assert_int_equal(take(deliveries, &next), 0);
  assert_true(next >= now + 4000 && next <= clock_now_ms() + 6000);
  assert_int_equal(outbox_take(house.outbox, next, deliveries, &next), 1);
}

static void what_is_asked_for_again_during_its_last_attempt_goes_on(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next;
  char sql[200];
  add_webhook("one", "[]");
  add_changes(2);
  assert_int_equal(take(deliveries, &next), 2);
  for (int i = 0; i < 2; i++) {
    tell(deliveries[i], 500);
  }
  settle();
  execute("UPDATE webhook_deliveries SET attempts = 9, next_at = '2026-04-01T00:00:00.000Z' WHERE seq = 1");
  execute("UPDATE webhook_deliveries SET attempts = 0, next_at = '2026-04-01T00:00:00.000Z' WHERE seq = 2");
  for (int seq = 1; seq <= 2; seq++) { /* the last attempt of one, and the first of one that was begun anew before */
    assert_int_equal(take(deliveries, &next), 1);
    snprintf(sql, sizeof sql,
             "UPDATE webhook_deliveries SET attempts = 0, next_at = '2026-04-02T00:00:00.000Z' WHERE seq = %d", seq);
    execute(sql);
    tell(deliveries[0], seq == 1 ? 500 : 410);
    settle();
    assert_int_equal(number("SELECT count(*) FROM webhook_deliveries WHERE state = 'pending' AND attempts = 0 "
                            "AND next_at = '2026-04-02T00:00:00.000Z' AND json_array_length(log) = 2"),
                     1);
    assert_int_equal(number("SELECT enabled FROM webhooks"), 1);
    execute("UPDATE webhook_deliveries SET next_at = '2999-01-01T00:00:00.000Z' WHERE next_at LIKE '2026-04-02%'");
  }
}

static void what_has_ended_goes_after_thirty_days(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next, day = 24LL * 60 * 60 * 1000;
  char before[CLOCK_TIMESTAMP_SIZE], after[CLOCK_TIMESTAMP_SIZE], sql[400];
  clock_timestamp(clock_now_ms() - 31 * day, before);
  clock_timestamp(clock_now_ms() - 29 * day, after);
  add_changes(3);
  add_webhook("one", "[\"agreements\"]");
  snprintf(sql, sizeof sql,
           "INSERT INTO webhook_deliveries (id, webhook, seq, state, created_at, next_at, ended_at) VALUES "
           "('a', 1, 1, 'delivered', '2026', NULL, '%s'), ('b', 1, 2, 'failed', '2026', NULL, '%s'), "
           "('c', 1, 3, 'pending', '2026', '2999-01-01T00:00:00.000Z', NULL)",
           before, after);
  execute(sql);
  assert_int_equal(take(deliveries, &next), 0); /* though nothing is new */
  settle();
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries WHERE id = 'a'"), 0);
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries"), 2);
}

static void all_that_has_ended_goes_in_a_registry_at_rest(void **state) {
  (void)state;
  struct delivery *deliveries[OUTBOX_DELIVERIES];
  int64_t next;
  add_changes(1200);
  add_webhook("one", "[]");
  execute("UPDATE webhooks SET enabled = 0");
  execute("INSERT INTO webhook_deliveries (id, webhook, seq, state, created_at, ended_at) "
          "SELECT 'd' || seq, 1, seq, 'delivered', '2020', '2020-01-01T00:00:00.000Z' FROM history");
  assert_int_equal(take(deliveries, &next), 0);
  assert_int_equal(number("SELECT count(*) FROM webhook_deliveries"), 0);
}

int main(void) {
  if (sodium_init() < 0) {
    return 1;
  }
#define HOUSED(test) cmocka_unit_test_setup_teardown(test, open_house, close_house)
  const struct CMUnitTest tests[] = {
      HOUSED(where_there_is_no_webhook_a_commit_wakes_nobody),
      HOUSED(a_webhook_gets_two_parcels_at_once_in_the_order_of_the_changes),
      HOUSED(those_that_fail_leave_half_of_the_places_to_the_others),
      HOUSED(what_was_not_saved_is_not_sent_again_meanwhile),
      HOUSED(a_later_attempt_says_when_to_come_back),
      HOUSED(what_is_asked_for_again_during_its_last_attempt_goes_on),
      HOUSED(what_has_ended_goes_after_thirty_days),
      HOUSED(all_that_has_ended_goes_in_a_registry_at_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
