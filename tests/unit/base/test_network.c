/* Networks: what is one, and which addresses are in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static bool has(const char *network_text, const char *address) {
  struct network network;
  assert_true(network_read(network_text, &network));
  struct sockaddr_storage storage = {0};
  if (strchr(address, ':') != NULL) {
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    six->sin6_family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, address, &six->sin6_addr), 1);
  } else {
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    four->sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, address, &four->sin_addr), 1);
  }
  return network_has(&network, (const struct sockaddr *)&storage);
}

static void an_address_is_in_a_network_when_its_first_bits_are_the_same(void **state) {
  (void)state;
  assert_true(has("192.0.2.0/24", "192.0.2.1"));
  assert_false(has("192.0.2.0/24", "192.0.3.1"));
  assert_true(has("192.0.2.128/25", "192.0.2.200"));
  assert_false(has("192.0.2.128/25", "192.0.2.127"));
  assert_true(has("0.0.0.0/0", "203.0.113.9"));
  assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
  assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
  assert_true(has("::/0", "2001:db8::1"));
}

static void one_address_is_a_network_of_its_own(void **state) {
  (void)state;
  assert_true(has("127.0.0.1", "127.0.0.1"));
  assert_false(has("127.0.0.1", "127.0.0.2"));
  assert_true(has("::1", "::1"));
  assert_false(has("::1", "::2"));
}

static void ipv4_is_the_same_by_either_socket_and_not_all_of_ipv6(void **state) {
  (void)state;
  assert_true(has("192.0.2.0/24", "::ffff:192.0.2.7"));
  assert_false(has("0.0.0.0/0", "2001:db8::1"));
  assert_true(has("::/0", "192.0.2.7"));
}

static void what_is_no_network_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "192.0.2",
                                      "192.0.2.0/",
                                      "192.0.2.0/33",
                                      "192.0.2.0/-1",
                                      "192.0.2.1/24",
                                      "192.0.2.0/24x",
                                      "192.0.2.0/024",
                                      "2001:db8::/129",
                                      "2001:db8::1/64",
                                      "example.org",
                                      "192.0.2.0 /24",
                                      "/24",
                                      "::g",
                                      "1.2.3.4/1/1"};
  struct network network;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (network_read(texts[i], &network)) {
      fail_msg("%s", texts[i]);
    }
  }
}

static void an_address_of_another_kind_is_in_no_network(void **state) {
  (void)state;
  struct network network;
  struct sockaddr local = {.sa_family = AF_UNIX};
  assert_true(network_read("::/0", &network));
  assert_false(network_has(&network, &local));
  assert_false(network_has(&network, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_is_in_a_network_when_its_first_bits_are_the_same),
      cmocka_unit_test(one_address_is_a_network_of_its_own),
      cmocka_unit_test(ipv4_is_the_same_by_either_socket_and_not_all_of_ipv6),
      cmocka_unit_test(what_is_no_network_is_refused),
      cmocka_unit_test(an_address_of_another_kind_is_in_no_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
