/* Taking pieces: what is made arrives whole and in its order, whatever the taker's room; nothing yet is not the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "request/chunks.h"

#include <stdio.h>
#include <string.h>

/* Makes the numbers below `last`, before each of which there is nothing `idle` times; or fails at one. */
struct counting {
  struct chunks chunks;
  int next, last, idle, idled, fails_at;
};

static void wait_ns(int64_t ns) {
  for (int64_t until = clock_monotonic_ns() + ns; clock_monotonic_ns() < until;) {
  }
}

static bool count(struct chunks *chunks) {
  struct counting *counting = (struct counting *)chunks;
  assert_int_equal(chunks->ready->length, 0);
  if (counting->idled < counting->idle) {
    counting->idled++;
    wait_ns(100000);
    return true;
  }
  counting->idled = 0;
  if (counting->next == counting->fails_at) {
    return false;
  }
  if (counting->next == counting->last) {
    text_add(chunks->ready, "end");
    chunks->db = NULL;
    return true;
  }
  text_addf(chunks->ready, "%d,", counting->next++);
  return true;
}

/* Only that there is a database is looked at. */
static struct counting *begin(void *memory, int last, int idle, int fails_at) {
  struct counting *counting = memory_new(memory, struct counting);
  *counting = (struct counting){.last = last, .idle = idle, .fails_at = fails_at};
  counting->chunks.db = memory;
  counting->chunks.make = count;
  counting->chunks.ready = text_new(memory);
  text_add(counting->chunks.ready, "head:");
  return counting;
}

static void take_all(int last, int idle, size_t room, const char *expected, int *later) {
  void *memory = talloc_new(NULL);
  struct counting *counting = begin(memory, last, idle, -1);
  struct text *all = text_new(memory);
  char bytes[64];
  ssize_t size;
  while ((size = chunks_take(&counting->chunks, bytes, room)) != CHUNKS_OVER) {
    assert_true(size == CHUNKS_LATER || (size > 0 && (size_t)size <= room));
    *later += size == CHUNKS_LATER;
    text_add_bytes(all, bytes, size > 0 ? (size_t)size : 0);
  }
  assert_string_equal(all->data, expected);
  assert_int_equal(chunks_take(&counting->chunks, bytes, room), CHUNKS_OVER);
  talloc_free(memory);
}

static void pieces_arrive_whole_whatever_the_room(void **state) {
  (void)state;
  int later = 0;
  for (size_t room = 1; room <= 64; room++) {
    take_all(12, 0, room, "head:0,1,2,3,4,5,6,7,8,9,10,11,end", &later);
    take_all(0, 0, room, "head:end", &later);
  }
}

static void nothing_for_long_is_told_and_is_not_the_end(void **state) {
  (void)state;
  int later = 0;
  take_all(3, 20, 64, "head:0,1,2,end", &later);
  assert_true(later >= 4);
}

static void a_failure_is_told_after_what_came_before_it(void **state) {
  (void)state;
  void *memory = talloc_new(NULL);
  struct counting *counting = begin(memory, 9, 0, 2);
  char bytes[64];
  assert_int_equal(chunks_take(&counting->chunks, bytes, 9), 9);
  assert_memory_equal(bytes, "head:0,1,", 9);
  assert_int_equal(chunks_take(&counting->chunks, bytes, sizeof bytes), CHUNKS_FAILED);
  talloc_free(memory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_arrive_whole_whatever_the_room),
      cmocka_unit_test(nothing_for_long_is_told_and_is_not_the_end),
      cmocka_unit_test(a_failure_is_told_after_what_came_before_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
