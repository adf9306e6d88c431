#include "support.h"

#include <arpa/inet.h>

#include "base/listen.h"

static void addresses__are_what_they_say(void **state) {
  struct pyr__listen_address address;
  (void)state;
  assert_true(pyr__listen_address_parse(&address, pyr__str("10.0.0.1:65535")));
  assert_int_equal(address.to.any.sa_family, AF_INET);
  assert_int_equal(ntohl(address.to.v4.sin_addr.s_addr), 0x0a000001);
  assert_int_equal(ntohs(address.to.v4.sin_port), 65535);
  assert_false(address.is_wildcard);
  assert_true(pyr__listen_address_parse(&address, pyr__str("localhost:0")));
  assert_int_equal(ntohl(address.to.v4.sin_addr.s_addr), INADDR_LOOPBACK);
  assert_true(pyr__listen_address_parse(&address, pyr__str("[::1]:4041")));
  assert_int_equal(address.to.any.sa_family, AF_INET6);
  assert_true(IN6_IS_ADDR_LOOPBACK(&address.to.v6.sin6_addr));
  assert_int_equal(ntohs(address.to.v6.sin6_port), 4041);
  assert_false(address.is_wildcard);
  assert_true(pyr__listen_address_parse(&address, pyr__str(":4041")));
  assert_true(address.is_wildcard);
}

static void other_texts__are_none(void **state) {
  static const char *const texts[] = {
      "",           ":",        "1.2.3.4",        "1.2.3.4:",
      "999.9:1",    "1.2.3:1",  "1.2.3.4:x",      "1.2.3.4:65536",
      "1.2.3.4:-1", "::1:4041", "[::1]",          "[::1:4041",
      "[]:4041",    "host:1",   "1.2.3.4:1 ",     "[1.2.3.4]:1",
      "*:1",        " :1",      "[fe80::1%lo]:1", "1.2.3.4:000001"};
  struct pyr__listen_address address;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    if (pyr__listen_address_parse(&address, pyr__str(texts[i])))
      fail_msg("%s is taken", texts[i]);
  assert_false(pyr__listen_address_parse(
      &address, (pyr_str_t){"1.2.3.4\0:1", 10})); /* no more than it says */
  assert_true(pyr__is_listen_address(pyr__str("")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses__are_what_they_say),
      cmocka_unit_test(other_texts__are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
