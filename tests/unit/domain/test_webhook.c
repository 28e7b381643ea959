/* The signature against the specification's own example, the pauses, the addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/webhook.h"

#include <sodium.h>
#include <string.h>

static void the_signature_is_that_of_the_specifications_example(void **state) {
  (void)state;
  char signature[WEBHOOK_SIGNATURE_SIZE];
  assert_true(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                           "{\"test\": 2432232314}", signature));
  assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void what_is_no_secret_signs_nothing(void **state) {
  (void)state;
  static const char *const texts[] = {"", "whsec", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8I=LPZ",
                                      "whsec_#"};
  char signature[WEBHOOK_SIGNATURE_SIZE];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (webhook_sign(texts[i], "msg_1", 1, "{}", signature)) {
      fail_msg("%s", texts[i]);
    }
  }
}

static void a_secret_is_like_no_other_and_signs(void **state) {
  (void)state;
  char one[WEBHOOK_SECRET_SIZE], two[WEBHOOK_SECRET_SIZE], first[WEBHOOK_SIGNATURE_SIZE],
      second[WEBHOOK_SIGNATURE_SIZE];
  webhook_secret(one);
  webhook_secret(two);
  assert_int_equal(strlen(one), WEBHOOK_SECRET_SIZE - 1);
  assert_memory_equal(one, "whsec_", 6);
  assert_string_not_equal(one, two);
  assert_true(webhook_sign(one, "msg_1", 1, "{}", first));
  assert_true(webhook_sign(two, "msg_1", 1, "{}", second));
  assert_string_not_equal(first, second);
}

static void pauses_grow_and_end_after_three_days_whatever_chance_says(void **state) {
  (void)state;
  static const uint32_t chances[] = {0, WEBHOOK_CHANCES / 2, WEBHOOK_CHANCES - 1};
  for (size_t i = 0; i < sizeof chances / sizeof chances[0]; i++) {
    int64_t last = 0, sum = 0;
    for (int attempt = 1; attempt < WEBHOOK_ATTEMPTS; attempt++) {
      int64_t pause = webhook_pause_ms(attempt, 5, chances[i], 0);
      assert_true(pause > last);
      last = pause;
      sum += pause;
    }
    assert_true(sum >= 72LL * 3600 * 1000 && sum < 96LL * 3600 * 1000);
  }
  assert_int_equal(webhook_pause_ms(1, 5, 0, 0), 5000);
  assert_int_equal(webhook_pause_ms(2, 5, 0, 0), 300000);
  assert_int_equal(webhook_pause_ms(WEBHOOK_ATTEMPTS - 1, 5, 0, 0), 24 * 3600 * 1000);
  assert_int_equal(webhook_pause_ms(WEBHOOK_ATTEMPTS, 5, 0, 0), -1);
  assert_int_equal(webhook_pause_ms(0, 5, 0, 0), -1);
}

static void a_pause_is_spread_by_a_fifth_and_follows_its_base(void **state) {
  (void)state;
  assert_int_equal(webhook_pause_ms(2, 5, 0, 0), 300000);
  assert_int_equal(webhook_pause_ms(2, 5, WEBHOOK_CHANCES - 1, 0), 360000);
  assert_int_equal(webhook_pause_ms(2, 1, 0, 0), 60000);
  assert_int_equal(webhook_pause_ms(9, 0, 0, 0), 0);
}

static void a_receiver_may_ask_for_a_longer_pause_of_a_day_at_most(void **state) {
  (void)state;
  assert_int_equal(webhook_pause_ms(1, 5, 0, 60), 60000);
  assert_int_equal(webhook_pause_ms(2, 5, 0, 60), 300000);
  assert_int_equal(webhook_pause_ms(1, 5, 0, 999999999999), 24 * 3600 * 1000);
  assert_int_equal(webhook_pause_ms(1, 5, 0, -7), 5000);
  assert_int_equal(webhook_pause_ms(WEBHOOK_ATTEMPTS, 5, 0, 60), -1);
}

static void only_https_is_taken_and_http_to_this_machine_when_that_is_allowed(void **state) {
  (void)state;
  assert_null(webhook_url_fault("https://example.org/hook?a=b", false));
  assert_null(webhook_url_fault("HTTPS://example.org", false));
  assert_non_null(webhook_url_fault("https://example.org/#part", false));
  assert_non_null(webhook_url_fault("http://example.org/", false));
  assert_non_null(webhook_url_fault("http://127.0.0.1/", false));
  static const char *const own[] = {"http://127.0.0.1/", "http://127.9.9.9:80", "http://localhost:8080/x",
                                    "http://LOCALHOST",  "http://[::1]:80/",    "http://[::ffff:127.0.0.1]"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (webhook_url_fault(own[i], true) != NULL) {
      fail_msg("%s", own[i]);
    }
  }
  static const char *const others[] = {"http://example.org/", "http://localhost.example.org/", "http://10.0.0.1/",
                                       "http://[::2]/",       "http://127.0.0.1.example.org/", "http://2130706433/"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (webhook_url_fault(others[i], true) == NULL) {
      fail_msg("%s", others[i]);
    }
  }
}

int main(void) {
  if (sodium_init() < 0) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_signature_is_that_of_the_specifications_example),
      cmocka_unit_test(what_is_no_secret_signs_nothing),
      cmocka_unit_test(a_secret_is_like_no_other_and_signs),
      cmocka_unit_test(pauses_grow_and_end_after_three_days_whatever_chance_says),
      cmocka_unit_test(a_pause_is_spread_by_a_fifth_and_follows_its_base),
      cmocka_unit_test(a_receiver_may_ask_for_a_longer_pause_of_a_day_at_most),
      cmocka_unit_test(only_https_is_taken_and_http_to_this_machine_when_that_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
