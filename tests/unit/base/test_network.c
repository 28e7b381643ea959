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

static struct sockaddr_storage address_of(const char *address) {
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
  return storage;
}

static bool has(const char *network_text, const char *address) {
  struct network network;
  assert_true(network_read(network_text, &network));
  struct sockaddr_storage storage = address_of(address);
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

static void clients_are_told_apart_by_their_address_and_in_ipv6_by_its_first_half(void **state) {
  (void)state;
  unsigned char a[NETWORK_CLIENT_SIZE], b[NETWORK_CLIENT_SIZE];
  static const struct {
    const char *one, *other;
    bool same;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1", "::ffff:192.0.2.1", true},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"2001:db8::1", "2001:db8::ffff:0:0:2", true},
      {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sockaddr_storage one = address_of(cases[i].one), other = address_of(cases[i].other);
    assert_true(network_client((const struct sockaddr *)&one, a));
    assert_true(network_client((const struct sockaddr *)&other, b));
    assert_int_equal(memcmp(a, b, sizeof a) == 0, cases[i].same);
  }
  struct sockaddr local = {.sa_family = AF_UNIX};
  assert_false(network_client(&local, a));
  assert_false(network_client(NULL, a));
}

static void an_address_is_printed_as_it_is_usually_written(void **state) {
  (void)state;
  static const char *const texts[] = {"0.0.0.0",         "1.2.3.4",     "9.10.99.100", "127.0.0.1",
                                      "255.255.255.255", "2001:db8::1", "::",          "::1"};
  char out[NETWORK_ADDRESS_SIZE];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct sockaddr_storage address = address_of(texts[i]);
    network_print((const struct sockaddr *)&address, out);
    assert_string_equal(out, texts[i]);
  }
  struct sockaddr_storage mapped = address_of("::ffff:192.0.2.10");
  network_print((const struct sockaddr *)&mapped, out);
  assert_string_equal(out, "192.0.2.10");
  network_print(NULL, out);
  assert_string_equal(out, "local");
}

static bool is_public(const char *text) {
  struct sockaddr_storage address = address_of(text);
  return network_is_public((const struct sockaddr *)&address);
}

static bool is_loopback(const char *text) {
  struct sockaddr_storage address = address_of(text);
  return network_is_loopback((const struct sockaddr *)&address);
}

static void what_is_set_aside_is_not_public(void **state) {
  (void)state;
  static const char *const texts[] = {"0.0.0.0",
                                      "0.1.2.3",
                                      "10.0.0.1",
                                      "10.255.255.255",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.255.254",
                                      "169.254.0.1",
                                      "169.254.169.254",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.0.0.1",
                                      "192.0.2.1",
                                      "192.88.99.1",
                                      "192.168.0.1",
                                      "198.18.0.1",
                                      "198.19.255.255",
                                      "198.51.100.1",
                                      "203.0.113.1",
                                      "224.0.0.1",
                                      "239.255.255.255",
                                      "240.0.0.1",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::7f00:1",
                                      "::ffff:127.0.0.1",
                                      "::ffff:10.0.0.1",
                                      "fc00::1",
                                      "fdff::1",
                                      "fe80::1",
                                      "fec0::1",
                                      "ff02::1",
                                      "64:ff9b::10.0.0.1",
                                      "64:ff9b::169.254.169.254",
                                      "64:ff9b:1::1",
                                      "100::1",
                                      "2001::1",
                                      "2001:1ff::1",
                                      "2001:db8::1",
                                      "2002:7f00:1::1",
                                      "2002:c0a8:1::1",
                                      "3fff::1",
                                      "4000::1",
                                      "5f00::1",
                                      "64:ff9b::127.0.0.1",
                                      "::ffff:169.254.169.254"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (is_public(texts[i])) {
      fail_msg("%s", texts[i]);
    }
  }
  struct sockaddr local = {.sa_family = AF_UNIX};
  assert_false(network_is_public(&local));
  assert_false(network_is_public(NULL));
}

static void what_lies_beside_it_is_public(void **state) {
  (void)state;
  static const char *const texts[] = {
      "1.1.1.1",          "9.255.255.255",   "11.0.0.1",       "100.63.255.255", "100.128.0.1",       "126.255.255.255",
      "128.0.0.1",        "169.253.255.255", "169.255.0.1",    "172.15.255.255", "172.32.0.1",        "192.0.1.1",
      "192.167.255.255",  "192.169.0.1",     "198.17.255.255", "198.20.0.1",     "223.255.255.255",   "::ffff:1.1.1.1",
      "64:ff9b::1.1.1.1", "2001:200::1",     "2001:db9::1",    "2003::1",        "2606:4700::6810:1", "3ffe::1"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (!is_public(texts[i])) {
      fail_msg("%s", texts[i]);
    }
  }
}

static void this_machine_is_known_by_all_its_addresses(void **state) {
  (void)state;
  assert_true(is_loopback("127.0.0.1"));
  assert_true(is_loopback("127.9.9.9"));
  assert_true(is_loopback("::1"));
  assert_true(is_loopback("::ffff:127.0.0.1"));
  assert_false(is_loopback("128.0.0.1"));
  assert_false(is_loopback("::2"));
  assert_false(is_loopback("0.0.0.0"));
  assert_false(network_is_loopback(NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_is_in_a_network_when_its_first_bits_are_the_same),
      cmocka_unit_test(one_address_is_a_network_of_its_own),
      cmocka_unit_test(ipv4_is_the_same_by_either_socket_and_not_all_of_ipv6),
      cmocka_unit_test(what_is_no_network_is_refused),
      cmocka_unit_test(an_address_of_another_kind_is_in_no_network),
      cmocka_unit_test(an_address_is_printed_as_it_is_usually_written),
      cmocka_unit_test(clients_are_told_apart_by_their_address_and_in_ipv6_by_its_first_half),
      cmocka_unit_test(what_is_set_aside_is_not_public),
      cmocka_unit_test(what_lies_beside_it_is_public),
      cmocka_unit_test(this_machine_is_known_by_all_its_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
