/* Followers of the feed: whatever the room they are given, their filter and their pace, they get the log. Here the log
 * is written by hand, several blocks at a time. */
#include "../store/sample.h"

#include "api/api.h"
#include "base/text.h"
#include "changes/feed.h"

enum { LONG = 5000, THREADS = 4 };

static const char *const resources[] = {"areas", "organizations", "agreements"};

struct feeds {
  struct sample *sample;
  struct api *api;
  struct worker *worker;
  long written;
};

static int open_feeds(void **state) {
  struct error error;
  void *sample = NULL;
  if (sample_store(&sample) != 0) {
    return -1;
  }
  struct feeds *feeds = memory_new(NULL, struct feeds);
  feeds->sample = sample;
  static const struct service_options options = {.open = false};
  feeds->api = api_new(feeds->sample->contract, feeds->sample->store, &options, &error);
  feeds->worker = feeds->api == NULL ? NULL : worker_new(feeds->api, &error);
  *state = feeds;
  return feeds->worker == NULL ? -1 : 0;
}

static int close_feeds(void **state) {
  struct feeds *feeds = *state;
  void *sample = feeds->sample;
  worker_free(feeds->worker);
  api_free(feeds->api);
  talloc_free(feeds);
  return sample_free(&sample);
}

/* -- the log ------------------------------------------------------------------------------------------------------- */

struct lines {
  long from, count;
};

/* The change with the number n is one of resources[n % 3], revision n. */
static bool write_lines(void *argument, struct db *db) {
  const struct lines *lines = argument;
  bool fine = true;
  for (long n = lines->from; fine && n < lines->from + lines->count; n++) {
    char record[32];
    snprintf(record, sizeof record, "r_%ld", n);
    struct query *query = db_named(db, "history-write");
    query_bind_text(query, 1, resources[n % 3]);
    query_bind_text(query, 2, record);
    query_bind_text(query, 3, "slug");
    query_bind_int(query, 4, n);
    query_bind_text(query, 5, "delete");
    query_bind_text(query, 6, "2026-04-21T00:00:00.000Z");
    query_bind_text(query, 7, "\"quoted\"\nname");
    for (int i = 8; i <= 11; i++) {
      query_bind_null(query, i);
    }
    fine = query_run(query);
  }
  return fine;
}

static void write_log(struct feeds *feeds, long count) {
  struct lines lines = {feeds->written + 1, count};
  assert_int_equal(store_write(feeds->sample->store, write_lines, &lines), WRITE_SAVED);
  feeds->written += count;
}

/* -- following ----------------------------------------------------------------------------------------------------- */

static struct follower *follow(struct feeds *feeds, struct worker *worker, const void *memory, const char *query) {
  struct request *request = memory_new(memory, struct request);
  *request = (struct request){.id = "1",
                              .method = "GET",
                              .target = memory_print(memory, "/v1/changes%s", query),
                              .accept = "text/event-stream",
                              .trusted = true};
  struct call *call = api_open(feeds->api, worker, memory, request);
  api_accept(call);
  api_read(call, worker);
  assert_int_equal(api_reply(call)->status, 200);
  assert_non_null(api_reply(call)->follower);
  follower_refresh(api_reply(call)->follower, worker);
  return api_reply(call)->follower;
}

/* What it gives until it is at the end, in pieces of up to `room` bytes. */
static struct text *take_all(struct follower *follower, struct worker *worker, const void *memory, size_t room) {
  struct text *text = text_new(memory);
  char piece[8192];
  ssize_t size;
  follower_refresh(follower, worker);
  while ((size = follower_take(follower, worker, piece, room)) > 0 || follower_behind(follower)) {
    text_add_bytes(text, piece, (size_t)size);
  }
  assert_int_equal(size, 0);
  assert_false(follower_ready(follower, worker));
  return text;
}

/* Looks that the text has the numbers from + 1 … to of that kind (-1: of each), in order, and no other. */
static void assert_numbers(const struct text *text, long from, long to, int kind) {
  const char *at = text->data;
  for (long n = from + 1; n <= to; n++) {
    if (kind < 0 || n % 3 == kind) {
      char expected[120];
      at = strstr(at, "id: ");
      snprintf(expected, sizeof expected, "id: %ld\ndata: {\"seq\":%ld,\"at\":\"2026", n, n);
      assert_non_null(at);
      assert_int_equal(strncmp(at, expected, strlen(expected)), 0);
      at = strstr(at, "}\n\n");
      assert_non_null(at);
    }
  }
  assert_null(strstr(at, "id: "));
}

static void a_follower_gets_the_whole_log_in_pieces_of_any_size(void **state) {
  struct feeds *feeds = *state;
  write_log(feeds, 300);
  void *memory = talloc_new(NULL);
  struct text *whole = take_all(follow(feeds, feeds->worker, memory, ""), feeds->worker, memory, 8192);
  assert_numbers(whole, 0, 300, -1);
  assert_non_null(strstr(whole->data, "\"actor\":\"\\\"quoted\\\"\\nname\""));
  for (size_t room = 1; room < 600; room = room * 2 + 1) {
    struct text *chunks = take_all(follow(feeds, feeds->worker, memory, ""), feeds->worker, memory, room);
    assert_string_equal(chunks->data, whole->data);
  }
  talloc_free(memory);
}

static void a_follower_gets_what_it_asked_for_and_then_what_comes(void **state) {
  struct feeds *feeds = *state;
  void *memory = talloc_new(NULL);
  write_log(feeds, 100);
  struct follower *late = follow(feeds, feeds->worker, memory, "?after=97"),
                  *now = follow(feeds, feeds->worker, memory, "?after=now"),
                  *some = follow(feeds, feeds->worker, memory, "?resource=agreements");
  assert_numbers(take_all(late, feeds->worker, memory, 100), 97, 100, -1);
  assert_string_equal(take_all(now, feeds->worker, memory, 100)->data, "retry: 2000\nid: 100\n\n");
  assert_numbers(take_all(some, feeds->worker, memory, 100), 0, 100, 2);
  for (long before = 100; before < 400; before += 37) {
    write_log(feeds, 37);
    assert_numbers(take_all(late, feeds->worker, memory, 1000), before, before + 37, -1);
    assert_numbers(take_all(now, feeds->worker, memory, 10), before, before + 37, -1);
    assert_numbers(take_all(some, feeds->worker, memory, 10), before, before + 37, 2);
  }
  talloc_free(memory);
}

static void a_change_that_is_not_wanted_is_nothing_to_send(void **state) {
  struct feeds *feeds = *state;
  void *memory = talloc_new(NULL);
  struct follower *follower = follow(feeds, feeds->worker, memory, "?resource=areas");
  assert_true(follower_ready(follower, feeds->worker));
  take_all(follower, feeds->worker, memory, 1000);
  write_log(feeds, 2); /* the third is an area's */
  follower_refresh(follower, feeds->worker);
  assert_false(follower_ready(follower, feeds->worker));
  assert_false(follower_behind(follower));
  write_log(feeds, 1);
  follower_refresh(follower, feeds->worker);
  assert_true(follower_ready(follower, feeds->worker));
  talloc_free(memory);
}

/* More than is kept, so that blocks make room for each other. */
static void one_that_is_far_behind_and_one_at_the_end_do_not_mix(void **state) {
  struct feeds *feeds = *state;
  void *memory = talloc_new(NULL);
  write_log(feeds, LONG);
  struct follower *behind = follow(feeds, feeds->worker, memory, ""),
                  *ahead = follow(feeds, feeds->worker, memory, memory_print(memory, "?after=%d", LONG));
  struct text *old = text_new(memory), *new = text_new(memory);
  char piece[4096];
  for (int i = 0; i < LONG; i++) {
    if (i % 10 == 0) {
      write_log(feeds, 1);
      follower_refresh(ahead, feeds->worker);
    }
    ssize_t size = follower_take(behind, feeds->worker, piece, sizeof piece);
    text_add_bytes(old, piece, (size_t)size);
    size = follower_take(ahead, feeds->worker, piece, 50);
    text_add_bytes(new, piece, (size_t)size);
  }
  text_add(old, take_all(behind, feeds->worker, memory, 4096)->data);
  text_add(new, take_all(ahead, feeds->worker, memory, 4096)->data);
  assert_numbers(old, 0, feeds->written, -1);
  assert_numbers(new, LONG, feeds->written, -1);
  talloc_free(memory);
}

/* -- many at once -------------------------------------------------------------------------------------------------- */

struct reader {
  struct feeds *feeds;
  pthread_t thread;
  struct text *text;
  int kind;
};

static void *read_to_the_end(void *argument) {
  struct reader *reader = argument;
  struct error error;
  struct worker *worker = worker_new(reader->feeds->api, &error);
  void *memory = talloc_new(NULL);
  char query[40] = "", piece[700];
  if (reader->kind >= 0) {
    snprintf(query, sizeof query, "?resource=%s", resources[reader->kind]);
  }
  struct follower *follower = follow(reader->feeds, worker, memory, query);
  char last[40];
  snprintf(last, sizeof last, "\"revision\":%d}\n\n", LONG - (LONG - reader->kind) % 3 * (reader->kind >= 0));
  while (strstr(reader->text->data + (reader->text->length > 2000 ? reader->text->length - 2000 : 0), last) == NULL) {
    follower_refresh(follower, worker);
    ssize_t size = follower_take(follower, worker, piece, sizeof piece);
    text_add_bytes(reader->text, piece, (size_t)size);
  }
  talloc_free(memory);
  worker_free(worker);
  return NULL;
}

static void followers_on_several_threads_all_get_the_log_while_it_grows(void **state) {
  struct feeds *feeds = *state;
  struct reader readers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    readers[i] = (struct reader){.feeds = feeds, .text = text_new(NULL), .kind = i - 1};
    assert_int_equal(pthread_create(&readers[i].thread, NULL, read_to_the_end, &readers[i]), 0);
  }
  for (int i = 0; i < 100; i++) {
    write_log(feeds, LONG / 100);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(readers[i].thread, NULL);
    assert_numbers(readers[i].text, 0, LONG, readers[i].kind);
    talloc_free(readers[i].text);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_feeds, close_feeds)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_follower_gets_the_whole_log_in_pieces_of_any_size),
      TEST(a_follower_gets_what_it_asked_for_and_then_what_comes),
      TEST(a_change_that_is_not_wanted_is_nothing_to_send),
      TEST(one_that_is_far_behind_and_one_at_the_end_do_not_mix),
      TEST(followers_on_several_threads_all_get_the_log_while_it_grows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
