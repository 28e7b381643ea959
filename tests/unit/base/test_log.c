/* The log, caught by putting a file in the place of standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, LINES = 3000, CAUGHT_MOST = 4 << 20 };

static FILE *caught;
static int standard_error;

static void catch_start(void) {
  caught = tmpfile();
  assert_non_null(caught);
  standard_error = dup(STDERR_FILENO);
  dup2(fileno(caught), STDERR_FILENO);
}

/* What was written since catch_start; to be freed. */
static char *catch_end(void) {
  dup2(standard_error, STDERR_FILENO);
  close(standard_error);
  char *text = calloc(1, CAUGHT_MOST);
  assert_non_null(text);
  rewind(caught);
  assert_true(fread(text, 1, CAUGHT_MOST - 1, caught) < CAUGHT_MOST - 1);
  fclose(caught);
  return text;
}

static const struct log_field fields[] = {{"method", "GET", 0},
                                          {"path", "/v1/a b", 0},
                                          {"quote", "say \"x\"=1", 0},
                                          {"line", "one\ntwo", 0},
                                          {"empty", "", 0},
                                          {"status", NULL, 200},
                                          {"del",
                                           "a\x7f"
                                           "b",
                                           0},
                                          {"minus", NULL, -5},
                                          {NULL, NULL, 0}};

static void without_a_start_a_line_is_written_at_once_as_text(void **state) {
  (void)state;
  catch_start();
  log_event(NULL, LOG_INFO, "request", fields);
  char *text = catch_end();
  assert_int_equal(strspn(text, "0123456789-T:.Z"), 24);
  assert_string_equal(text + 24,
                      " info  request method=GET path=\"/v1/a b\" quote=\"say \\\"x\\\"=1\" line=\"one\\ntwo\" "
                      "empty=\"\" status=200 del=\"a\x7f"
                      "b\" minus=-5\n");
  free(text);
}

static void as_json_each_line_is_an_object(void **state) {
  (void)state;
  catch_start();
  log_start(true);
  log_event(NULL, LOG_WARN, "request \"1\"", fields);
  log_line(LOG_ERROR, "%d of %s", 3, "four");
  log_stop();
  char *text = catch_end();
  char *second = strchr(text, '\n');
  assert_non_null(second);
  json_t *line = json_loadb(text, (size_t)(second - text), 0, NULL);
  assert_string_equal(json_string_value(json_object_get(line, "level")), "warn");
  assert_string_equal(json_string_value(json_object_get(line, "message")), "request \"1\"");
  assert_string_equal(json_string_value(json_object_get(line, "line")), "one\ntwo");
  assert_int_equal(json_integer_value(json_object_get(line, "status")), 200);
  assert_int_equal(json_object_size(line), 3 + 8);
  json_decref(line);
  line = json_loads(second + 1, 0, NULL);
  assert_string_equal(json_string_value(json_object_get(line, "message")), "3 of four");
  assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
  json_decref(line);
  log_start(false); /* for the tests that follow: lines as text again */
  log_stop();
  free(text);
}

static void *write_lines(void *argument) {
  char filler[200];
  memset(filler, 'x', sizeof filler);
  filler[sizeof filler - 1] = '\0';
  for (int i = 0; i < LINES; i++) {
    log_line(LOG_INFO, "thread %d line %d %s", *(int *)argument, i, filler);
  }
  return NULL;
}

/* More than the buffer holds, so that writers have to wait for it. */
static void lines_of_many_threads_are_all_there_and_whole(void **state) {
  (void)state;
  catch_start();
  log_start(false);
  pthread_t threads[THREADS];
  int numbers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  log_stop();
  char *text = catch_end(), *rest = NULL;
  int next[THREADS] = {0};
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    int thread = -1, number = -1, used = 0;
    assert_int_equal(sscanf(line + 24, " info  thread %d line %d %n", &thread, &number, &used), 2);
    assert_true(thread >= 0 && thread < THREADS);
    assert_int_equal(number, next[thread]++); /* of one thread, in order */
    assert_int_equal(strspn(line + 24 + used, "x"), 199);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(next[i], LINES);
  }
  free(text);
}

/* Some threads wait for room in the buffer at that moment. */
static void no_line_is_lost_when_the_log_stops_while_others_write(void **state) {
  (void)state;
  for (int round = 0; round < 20; round++) {
    catch_start();
    log_start(false);
    pthread_t threads[THREADS];
    int numbers[THREADS] = {0}, lines = 0;
    for (int i = 0; i < THREADS; i++) {
      assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    }
    while (lseek(fileno(caught), 0, SEEK_CUR) == 0) {
      sched_yield(); /* until the buffer has been full */
    }
    log_stop();
    for (int i = 0; i < THREADS; i++) {
      pthread_join(threads[i], NULL);
    }
    char *text = catch_end();
    for (const char *end = text; (end = strchr(end, '\n')) != NULL; end++) {
      lines++;
    }
    assert_int_equal(lines, THREADS * LINES);
    free(text);
  }
}

static void a_line_longer_than_the_buffer_is_written_too(void **state) {
  (void)state;
  enum { LONG = 1 << 19 };
  char *value = malloc(LONG + 1);
  assert_non_null(value);
  memset(value, 'z', LONG);
  value[LONG] = '\0';
  catch_start();
  log_start(false);
  log_event(NULL, LOG_INFO, "long", (const struct log_field[]){{"value", value, 0}, {NULL, NULL, 0}});
  log_line(LOG_INFO, "%s", value); /* words are cut */
  log_stop();
  char *text = catch_end();
  assert_non_null(strstr(text, value));
  assert_int_equal(text[strlen(text) - 1], '\n');
  assert_true(strlen(text) > LONG + 1000 && strlen(text) < LONG + 1200);
  free(text);
  free(value);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_start_a_line_is_written_at_once_as_text),
      cmocka_unit_test(as_json_each_line_is_an_object),
      cmocka_unit_test(lines_of_many_threads_are_all_there_and_whole),
      cmocka_unit_test(no_line_is_lost_when_the_log_stops_while_others_write),
      cmocka_unit_test(a_line_longer_than_the_buffer_is_written_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
