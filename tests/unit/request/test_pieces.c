/* Taking pieces: what is made arrives whole and in its order, whatever the taker's room; nothing yet is not the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "request/pieces.h"

#include <stdio.h>
#include <string.h>

/* Makes the numbers below `last`, before each of which there is nothing `idle` times; or fails at one. */
struct counting {
  struct pieces pieces;
  int next, last, idle, idled, fails_at;
};

static void wait_ns(int64_t ns) {
  for (int64_t until = clock_monotonic_ns() + ns; clock_monotonic_ns() < until;) {
  }
}

static bool count(struct pieces *pieces) {
  struct counting *counting = (struct counting *)pieces;
  assert_int_equal(pieces->ready->length, 0);
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
    text_add(pieces->ready, "end");
    pieces->db = NULL;
    return true;
  }
  text_addf(pieces->ready, "%d,", counting->next++);
  return true;
}

/* Only that there is a database is looked at. */
static struct counting *begin(void *memory, int last, int idle, int fails_at) {
  struct counting *counting = memory_new(memory, struct counting);
  *counting = (struct counting){.last = last, .idle = idle, .fails_at = fails_at};
  counting->pieces.db = memory;
  counting->pieces.make = count;
  counting->pieces.ready = text_new(memory);
  text_add(counting->pieces.ready, "head:");
  return counting;
}

static void take_all(int last, int idle, size_t room, const char *expected, int *later) {
  void *memory = talloc_new(NULL);
  struct counting *counting = begin(memory, last, idle, -1);
  struct text *all = text_new(memory);
  char bytes[64];
  ssize_t size;
  while ((size = pieces_take(&counting->pieces, bytes, room)) != PIECES_OVER) {
    assert_true(size == PIECES_LATER || (size > 0 && (size_t)size <= room));
    *later += size == PIECES_LATER;
    text_add_bytes(all, bytes, size > 0 ? (size_t)size : 0);
  }
  assert_string_equal(all->data, expected);
  assert_int_equal(pieces_take(&counting->pieces, bytes, room), PIECES_OVER);
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
  assert_int_equal(pieces_take(&counting->pieces, bytes, 9), 9);
  assert_memory_equal(bytes, "head:0,1,", 9);
  assert_int_equal(pieces_take(&counting->pieces, bytes, sizeof bytes), PIECES_FAILED);
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
