/* What is made of a browser's word, and what it is given, by TLS and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/session.h"
#include "base/memory.h"
#include "request/answer.h"

#include <string.h>

static void by_tls_the_cookie_has_the_name_that_nobody_else_can_plant(void **state) {
  (void)state;
  char secret[TOKEN_SIZE];
  struct request request = {.secure = true, .cookie = "entente=plain; __Host-entente=locked"};
  assert_true(session_shown(&request, secret));
  assert_string_equal(secret, "locked");
  request.secure = false;
  assert_true(session_shown(&request, secret));
  assert_string_equal(secret, "plain");
  request.cookie = "__Host-entente=locked";
  assert_false(session_shown(&request, secret));
  request.cookie = NULL;
  assert_false(session_shown(&request, secret));
}

static void a_cookie_is_secure_by_tls_and_never_for_scripts_or_other_sites(void **state) {
  (void)state;
  struct request request = {.secure = true};
  struct call *call = memory_new(NULL, struct call);
  call->memory = call;
  call->request = &request;
  session_clear_cookie(call);
  assert_string_equal(answer_header_value(call, "Set-Cookie"),
                      "__Host-entente=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0");
  talloc_free(call);
}

/* Whether a page of that origin may sign in. */
static bool may_sign_in(bool secure, const char *origin, const char *host) {
  struct operation operation = {.role = ROLE_NONE};
  struct request request = {.method = "POST", .secure = secure, .origin = origin, .host = host};
  struct call call = {.request = &request, .operation = &operation};
  return session_doubt(&call) == NULL;
}

static void by_tls_a_page_that_came_without_it_is_another_sites(void **state) {
  (void)state;
  assert_true(may_sign_in(true, "https://a.example", "a.example"));
  assert_true(may_sign_in(true, "https://a.example:8443", "A.Example:8443"));
  assert_false(may_sign_in(true, "http://a.example", "a.example"));
  assert_false(may_sign_in(true, "https://a.example:8443", "a.example"));
  assert_true(may_sign_in(false, "http://a.example", "a.example"));
  assert_true(may_sign_in(false, "https://a.example", "a.example"));
  assert_false(may_sign_in(false, "https://b.example", "a.example"));
  assert_false(may_sign_in(false, "http://a.example", NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_tls_the_cookie_has_the_name_that_nobody_else_can_plant),
      cmocka_unit_test(a_cookie_is_secure_by_tls_and_never_for_scripts_or_other_sites),
      cmocka_unit_test(by_tls_a_page_that_came_without_it_is_another_sites),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
