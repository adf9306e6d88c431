#include "support.h"

#include "base/limits.h"
#include "base/str.h"
#include "net/address.h"
#include "net/no_proxy.h"

/* As golang.org/x/net/http/httpproxy has them. */
static const struct {
  const char *list, *host;
  uint16_t port;
  bool is_direct;
} cases[] = {
    {"", "example.com", 80, false},
    {" , ,", "example.com", 80, false},
    {"*", "example.com", 80, true},
    {"a, * ,b", "10.0.0.1", 80, true},
    {"x*", "xy", 80, false},
    {"example.com", "example.com", 80, true},
    {"Example.COM", "example.com", 80, true},
    {"example.com", "a.b.example.com", 80, true},
    {"example.com", "anexample.com", 80, false},
    {"example.com", "example.com.", 80, false},
    {".example.com", "example.com", 80, false},
    {".example.com", "a.example.com", 80, true},
    {"*.example.com", "example.com", 80, false},
    {"*.example.com", "a.example.com", 80, true},
    {"a.example.com", "example.com", 80, false},
    {"example.com:8080", "example.com", 8080, true},
    {"example.com:8080", "example.com", 80, false},
    {"example.com:", "example.com", 80, true},
    {"example.com:080", "example.com", 80, false},
    {".", "host.", 80, true},
    {"*.", "host", 80, false},
    {":80", "host", 80, false},
    {":80,10.0.0.0/8", "10.0.0.1", 443, true},
    {"10.0.0.1", "10.0.0.1", 80, true},
    {"10.0.0.1", "10.0.0.2", 80, false},
    {"10.0.0.1:80", "10.0.0.1", 80, true},
    {"10.0.0.1:80", "10.0.0.1", 81, false},
    {"0.1", "10.0.0.1", 80, false},
    {".0.0.1", "10.0.0.1", 80, false},
    {"10.0.0.0/8", "10.255.0.1", 80, true},
    {"10.0.0.0/8", "11.0.0.1", 80, false},
    {"10.9.8.7/8", "10.255.0.1", 80, true},
    {"10.0.0.0/9", "10.128.0.1", 80, false},
    {"10.0.0.1/32", "10.0.0.1", 80, true},
    {"10.0.0.1/33", "10.0.0.1", 80, false},
    {"10.0.0.1/99999999999999999999", "10.0.0.1", 80, false},
    {"10.0.0.0/08", "10.1.0.1", 80, true},
    {"10.0.0.0/", "10.0.0.0", 80, false},
    {"10.0.0.0/+8", "10.0.0.0", 80, false},
    {"10.0.0.0/8:80", "10.0.0.0", 80, false},
    {"/8", "10.0.0.0", 80, false},
    {"10.0.0.0/8", "example.com", 80, false},
    {"0.0.0.0/0", "10.0.0.1", 80, true},
    {"0.0.0.0/0", "fd00::1", 80, false},
    {"::/0", "fd00::1", 80, true},
    {"::/0", "10.0.0.1", 80, false},
    {"fd00::/16", "fd00::2:3", 80, true},
    {"fd00::/16", "fd01::2:3", 80, false},
    {"fd00::1", "fd00::1", 80, true},
    {"FD00:0::1", "fd00::1", 80, true},
    {"[fd00::1]:80", "fd00::1", 80, true},
    {"[fd00::1]:80", "fd00::1", 81, false},
    {"[fd00::1]", "fd00::1", 80, false},
    {"[fd00::1]x:80", "fd00::1", 80, false},
    {"[fd00::1", "fd00::1", 80, false},
    {"::ffff:10.0.0.1", "10.0.0.1", 80, true},
    {"::ffff:10.0.0.0/104", "10.1.0.1", 80, true},
    {"10.0.0.1", "::ffff:10.0.0.1", 80, true},
};

static void hosts_are_direct_by_the_list(void **state) {
  struct pyr__no_proxy list;
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr__arena_init(&arena, &memory, PYR__MEM_NET_SECRETS, PYR__MIB);
    assert_int_equal(pyr__no_proxy_init(&list, &arena, pyr__str(cases[i].list)),
                     0);
    if (pyr__no_proxy_has(&list, pyr__str(cases[i].host), cases[i].port) !=
        cases[i].is_direct)
      fail_msg("\"%s\": %s:%u", cases[i].list, cases[i].host, cases[i].port);
    pyr__arena_release(&arena);
  }
}

static void this_host_is_known(void **state) {
  static const char *const here[] = {"localhost", "127.0.0.1", "127.9.9.9",
                                     "::1", "::ffff:127.0.0.1"};
  static const char *const elsewhere[] = {"localhost.example", "128.0.0.1",
                                          "::2", "::", "0.0.0.0"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(here) / sizeof(here[0]); i++)
    assert_true(pyr__is_loopback(pyr__str(here[i])));
  for (i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
    assert_false(pyr__is_loopback(pyr__str(elsewhere[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hosts_are_direct_by_the_list),
      cmocka_unit_test(this_host_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
