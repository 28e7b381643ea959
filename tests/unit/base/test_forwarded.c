/* What proxies tell of a client, and what the client wrote there itself: 10.0.0.0/8 and fd00::/8 are trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/forwarded.h"
#include "base/network.h"

#include <string.h>

static struct network proxies[2];
enum { PROXIES = sizeof proxies / sizeof proxies[0] };

static int read_proxies(void **state) {
  (void)state;
  return !network_read("10.0.0.0/8", &proxies[0]) || !network_read("fd00::/8", &proxies[1]);
}

/* The client as text; "" when the proxy's own address stays. */
static const char *client(const char *x_for, const char *standard) {
  static char text[NETWORK_ADDRESS_SIZE];
  struct sockaddr_storage address;
  const struct forwarded headers = {.x_for = x_for, .standard = standard};
  text[0] = '\0';
  if (forwarded_client(&headers, proxies, PROXIES, &address)) {
    network_print((const struct sockaddr *)&address, text);
  }
  return text;
}

static bool secure(const char *x_for, const char *x_proto, const char *standard) {
  const struct forwarded headers = {.x_for = x_for, .x_proto = x_proto, .standard = standard};
  return forwarded_secure(&headers, proxies, PROXIES);
}

struct sample {
  const char *header, *client;
};

static void hold_plain(const struct sample *samples) {
  for (; samples->header != NULL; samples++) {
    if (strcmp(client(samples->header, NULL), samples->client) != 0) {
      fail_msg("X-Forwarded-For: %s: %s", samples->header, client(samples->header, NULL));
    }
  }
}

static void hold_standard(const struct sample *samples) {
  for (; samples->header != NULL; samples++) {
    if (strcmp(client(NULL, samples->header), samples->client) != 0) {
      fail_msg("Forwarded: %s: %s", samples->header, client(NULL, samples->header));
    }
  }
}

static void an_address_is_read_in_every_usual_form(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {"192.0.2.1", "192.0.2.1"},        {"  192.0.2.1\t", "192.0.2.1"},   {"192.0.2.1:4711", "192.0.2.1"},
      {"2001:db8::1", "2001:db8::1"},    {"[2001:db8::1]", "2001:db8::1"}, {"[2001:db8::1]:4711", "2001:db8::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"}, {",, 192.0.2.1 ,", "192.0.2.1"},  {NULL, NULL},
  };
  hold_plain(samples);
}

static void the_client_is_the_last_address_that_is_no_proxy_s(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {"192.0.2.1, 203.0.113.7", "203.0.113.7"},
      {"192.0.2.1, 10.1.1.1", "192.0.2.1"},
      {"198.51.100.1, 192.0.2.1, 10.1.1.1,fd00::1", "192.0.2.1"},
      {"10.2.2.2, 192.0.2.1, 10.1.1.1", "192.0.2.1"},
      {"10.2.2.2, 10.1.1.1", "10.2.2.2"},
      {"127.0.0.1, 192.0.2.1", "192.0.2.1"},
      {"not an address, 192.0.2.1", "192.0.2.1"},
      {"\"192.0.2.9, 192.0.2.1", "192.0.2.1"},
      {NULL, NULL},
  };
  hold_plain(samples);
}

static void what_cannot_be_read_leaves_the_proxy_s_own_address(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {"", ""},
      {" , ,", ""},
      {"unknown", ""},
      {"192.0.2.1, unknown", ""},
      {"192.0.2.1, unknown, 10.1.1.1", ""},
      {"192.0.2.1 192.0.2.2", ""},
      {"192.0.2", ""},
      {"192.0.2.256", ""},
      {"192.0.2.1:", ""},
      {"192.0.2.1:x y", ""},
      {"192.0.2.1/24", ""},
      {"[192.0.2.1]", ""},
      {"[2001:db8::1", ""},
      {"[2001:db8::1]x", ""},
      {"2001:db8::1%eth0", ""},
      {"localhost", ""},
      {"0x7f.1", ""},
      {":", ""},
      {"[]", ""},
      {"[", ""},
      {"1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111", ""},
      {NULL, NULL},
  };
  hold_plain(samples);
  assert_string_equal(client(NULL, NULL), "");
}

static void forwarded_is_read_as_its_standard_says(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {"for=192.0.2.1", "192.0.2.1"},
      {"For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
      {"for=192.0.2.1;proto=http;by=203.0.113.43", "192.0.2.1"},
      {"by=203.0.113.43 ; FOR=\"192.0.2.1:_port\"", "192.0.2.1"},
      {"for=198.51.100.1, for=192.0.2.1, for=10.0.0.1", "192.0.2.1"},
      {"for=\"198.51.100.1\";secret=\"a,b;c\\\"d\", for=192.0.2.1", "192.0.2.1"},
      {"for=_hidden, for=192.0.2.1", "192.0.2.1"},
      {"for=[2001:db8::1]", "2001:db8::1"},
      {", for=192.0.2.1;, ", "192.0.2.1"},
      {NULL, NULL},
  };
  hold_standard(samples);
}

static void forwarded_that_hides_or_breaks_the_grammar_is_not_believed(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {"for=unknown", ""},
      {"for=_hidden", ""},
      {"for=192.0.2.1, for=unknown", ""},
      {"for=192.0.2.1, for=_x, for=10.0.0.1", ""},
      {"for=192.0.2.1, proto=https", ""},
      {"192.0.2.1", ""},
      {"for", ""},
      {"for=", ""},
      {"=192.0.2.1", ""},
      {"for =192.0.2.1", ""},
      {"for=192.0.2.1 for=192.0.2.2", ""},
      {"for=192.0.2.1;for=192.0.2.2", ""},
      {"for=\"192.0.2.1", ""},
      {"for=\"192.0.2.1\\", ""},
      {"for=\"192.0.2.1\"x", ""},
      /* a quote that the client opens, to swallow what the proxy adds */
      {"for=192.0.2.1;x=\", for=203.0.113.7", ""},
      {"for=192.0.2.1;x=\", for=\"[2001:db8::1]\"", ""},
      {NULL, NULL},
  };
  hold_standard(samples);
}

static void of_both_headers_the_usual_one_is_read(void **state) {
  (void)state;
  assert_string_equal(client("192.0.2.1", "for=203.0.113.7"), "192.0.2.1");
  assert_string_equal(client("unknown", "for=203.0.113.7"), "");
}

static void the_client_s_connection_is_https_when_the_last_proxy_says_so(void **state) {
  (void)state;
  assert_true(secure("192.0.2.1", "https", NULL));
  assert_true(secure(NULL, "HTTPS", NULL));
  assert_true(secure("192.0.2.1", "http, https", NULL));
  assert_false(secure("192.0.2.1", "https, http", NULL));
  assert_false(secure("192.0.2.1", "httpsx", NULL));
  assert_false(secure("192.0.2.1", "", NULL));
  assert_false(secure("192.0.2.1", NULL, NULL));
  assert_false(secure(NULL, NULL, NULL));
  assert_true(secure(NULL, NULL, "for=192.0.2.1;proto=https"));
  assert_true(secure(NULL, NULL, "for=192.0.2.1;proto=https, for=10.0.0.1;proto=http"));
  assert_false(secure(NULL, NULL, "for=198.51.100.1;proto=https, for=192.0.2.1;proto=http"));
  assert_false(secure(NULL, NULL, "for=198.51.100.1;proto=https, for=192.0.2.1"));
  assert_false(secure(NULL, NULL,
                      "for=192.0.2.1;proto=https;"
                      "x=\""));
  assert_false(secure(NULL, "http", "for=192.0.2.1;proto=https"));
  assert_false(secure("192.0.2.1", NULL, "for=192.0.2.1;proto=https"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_is_read_in_every_usual_form),
      cmocka_unit_test(the_client_is_the_last_address_that_is_no_proxy_s),
      cmocka_unit_test(what_cannot_be_read_leaves_the_proxy_s_own_address),
      cmocka_unit_test(forwarded_is_read_as_its_standard_says),
      cmocka_unit_test(forwarded_that_hides_or_breaks_the_grammar_is_not_believed),
      cmocka_unit_test(of_both_headers_the_usual_one_is_read),
      cmocka_unit_test(the_client_s_connection_is_https_when_the_last_proxy_says_so),
  };
  return cmocka_run_group_tests(tests, read_proxies, NULL);
}
