/* Tickets: each is good once, for a time, for whoever asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/tickets.h"
#include "base/memory.h"
#include "request/call.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SECOND = 1000000000 };

static struct principal holder(const char *id) {
  struct principal principal = {.role = ROLE_READER};
  snprintf(principal.id, sizeof principal.id, "%s", id);
  snprintf(principal.name, sizeof principal.name, "the holder of %s", id);
  return principal;
}

static int open_tickets(void **state) {
  *state = tickets_new(NULL);
  return sodium_init() < 0 ? -1 : 0;
}

static int close_tickets(void **state) {
  talloc_free(*state);
  return 0;
}

static void a_ticket_stands_for_its_holder_once(void **state) {
  char ticket[TOKEN_SIZE];
  struct principal one = holder("one");
  assert_true(tickets_give(*state, &one, 0, ticket));
  struct principal *found = tickets_use(*state, *state, ticket, 1);
  assert_non_null(found);
  assert_string_equal(found->id, "one");
  assert_string_equal(found->name, "the holder of one");
  assert_null(tickets_use(*state, *state, ticket, 2));
}

static void a_ticket_expires(void **state) {
  char early[TOKEN_SIZE], late[TOKEN_SIZE];
  struct principal one = holder("one");
  assert_true(tickets_give(*state, &one, 0, early));
  assert_true(tickets_give(*state, &one, SECOND, late));
  assert_null(tickets_use(*state, *state, early, TICKET_SECONDS * (int64_t)SECOND));
  assert_non_null(tickets_use(*state, *state, late, TICKET_SECONDS * (int64_t)SECOND));
}

static void what_is_no_ticket_names_nobody(void **state) {
  char ticket[TOKEN_SIZE];
  struct principal one = holder("one");
  assert_true(tickets_give(*state, &one, 0, ticket));
  assert_null(tickets_use(*state, *state, "", 0));
  assert_null(tickets_use(*state, *state, "tic_", 0));
  ticket[TOKEN_SIZE - 2] = ticket[TOKEN_SIZE - 2] == '0' ? '1' : '0';
  assert_null(tickets_use(*state, *state, ticket, 0));
}

static void the_tickets_of_one_holder_take_no_room_from_others(void **state) {
  char first[TOKEN_SIZE], other[TOKEN_SIZE], ticket[TOKEN_SIZE];
  struct principal one = holder("one"), two = holder("two");
  assert_true(tickets_give(*state, &one, 0, first));
  assert_true(tickets_give(*state, &two, 0, other));
  for (int i = 0; i < 10000; i++) {
    assert_true(tickets_give(*state, &one, i, ticket));
  }
  assert_null(tickets_use(*state, *state, first, 0));
  assert_non_null(tickets_use(*state, *state, other, 0));
}

static void there_is_an_end_to_tickets_and_room_again_when_they_expire(void **state) {
  char ticket[TOKEN_SIZE];
  int given = 0;
  for (int i = 0; i < 10000; i++) {
    char id[20];
    snprintf(id, sizeof id, "%d", i);
    struct principal each = holder(id);
    given += tickets_give(*state, &each, 0, ticket);
  }
  assert_int_equal(given, 4096);
  struct principal one = holder("one");
  assert_true(tickets_give(*state, &one, TICKET_SECONDS * (int64_t)SECOND, ticket));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_ticket_stands_for_its_holder_once, open_tickets, close_tickets),
      cmocka_unit_test_setup_teardown(a_ticket_expires, open_tickets, close_tickets),
      cmocka_unit_test_setup_teardown(what_is_no_ticket_names_nobody, open_tickets, close_tickets),
      cmocka_unit_test_setup_teardown(the_tickets_of_one_holder_take_no_room_from_others, open_tickets, close_tickets),
      cmocka_unit_test_setup_teardown(there_is_an_end_to_tickets_and_room_again_when_they_expire, open_tickets,
                                      close_tickets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
