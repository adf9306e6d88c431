#include "resolver_fixture.h"

/* ---- answers ------------------------------------------------------------ */

static void literals_and_localhost__need_no_dns(void **state) {
  struct world *world = begin("localhost 60 A 10.9.9.9\n");
  (void)state;
  assert_string_equal(resolve(world, "127.0.0.1"), "127.0.0.1");
  assert_string_equal(resolve(world, "::1"), "[::1]");
  assert_string_equal(resolve(world, "2001:db8::1"), "[2001:db8::1]");
  assert_string_equal(resolve(world, "localhost"), "[::1] 127.0.0.1");
  assert_string_equal(resolve(world, "LocalHost."), "[::1] 127.0.0.1");
  assert_string_equal(resolve(world, "a.localhost"), "[::1] 127.0.0.1");
  assert_int_equal(queries(world), 0);
  assert_string_equal(resolve(world, "notlocalhost"),
                      "resolve notlocalhost: no such name");
  finish(world);
}

static void names__become_addresses(void **state) {
  struct world *world = begin("one.test 60 A 127.0.0.1\n"
                              "six.test 60 AAAA ::1\n"
                              "both.test 60 AAAA ::1\n"
                              "both.test 60 A 127.0.0.1\n"
                              "twice.test 60 A 127.0.0.1\n"
                              "twice.test 60 A 127.0.0.1\n"
                              "alias.test 60 CNAME middle.test\n"
                              "middle.test 60 CNAME one.test\n"
                              "stranger.test 60 A 127.0.0.7\n"
                              "stranger.test 0 STRANGER\n");
  const char *both;
  (void)state;
  assert_string_equal(resolve(world, "one.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "one.test."), "127.0.0.1");
  assert_string_equal(resolve(world, "six.test"), "[::1]");
  assert_string_equal(resolve(world, "twice.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "alias.test"), "127.0.0.1");
  assert_string_equal(resolve(world, "stranger.test"), "127.0.0.7");
  both = resolve(world, "both.test"); /* the host's routes say which is first */
  assert_non_null(strstr(both, "[::1]"));
  assert_non_null(strstr(both, "127.0.0.1"));
  assert_int_equal(world->dns.tcp_queries, 0);
  finish(world);
}

static void long_answers__come_over_tcp_and_are_bounded(void **state) {
  static char zone[64 * 40];
  size_t len = 0;
  unsigned i;
  struct world *world;
  const char *text;
  (void)state;
  for (i = 0; i < 50; i++)
    len += (size_t)snprintf(zone + len, sizeof(zone) - len,
                            "many.test 60 A 127.0.1.%u\n", i + 1);
  snprintf(zone + len, sizeof(zone) - len,
           "cut.test 60 A 127.0.0.1\ncut.test 60 TRUNCATE A\n");
  world = begin(zone);
  text = resolve(world, "many.test");
  assert_int_equal(world->dns.tcp_queries, 1);
  for (i = 0; text != NULL; i++)
    text = strchr(text + 1, ' ');
  assert_int_equal(i, PYR__LIMIT_DNS_ADDRESSES);
  assert_string_equal(resolve(world, "cut.test"), "127.0.0.1");
  assert_int_equal(world->dns.tcp_queries, 2);
  finish(world);
}

static void failures__say_what_happened(void **state) {
  struct world *world = begin("empty.test 60 TXT nothing\n"
                              "fails.test 0 SERVFAIL\n"
                              "refused.test 0 REFUSED\n"
                              "loop.test 60 CNAME loop.test\n"
                              "dangling.test 60 CNAME nowhere.test\n");
  (void)state;
  assert_string_equal(resolve(world, "nowhere.test"),
                      "resolve nowhere.test: no such name");
  assert_string_equal(resolve(world, "empty.test"),
                      "resolve empty.test: the name has no address");
  assert_string_equal(
      resolve(world, "fails.test"),
      "resolve fails.test: no DNS server answers, or all of them fail");
  assert_string_equal(
      resolve(world, "refused.test"),
      "resolve refused.test: no DNS server answers, or all of them fail");
  assert_string_equal(resolve(world, "loop.test"),
                      "resolve loop.test: the name has no address");
  assert_string_equal(resolve(world, "dangling.test"),
                      "resolve dangling.test: no such name");
  assert_int_equal(world->net.stats.dns_failures, 6);
  finish(world);
}

static void silence__is_a_failure(void **state) {
  struct world *world =
      begin_hasty("junk.test 0 GARBAGE\nsilent.test 0 DROP\n", 30);
  (void)state;
  assert_string_equal(resolve(world, "silent.test"),
                      "resolve silent.test: no answer from the DNS servers");
  assert_string_equal(resolve(world, "junk.test"),
                      "resolve junk.test: no answer from the DNS servers");
  finish(world);
}

static void a_missing_server__is_known_at_once(void **state) {
  struct world *world = begin("");
  (void)state;
  dns_server_close(&world->dns);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_string_equal(
      resolve(world, "a.test"),
      "resolve a.test: no DNS server answers, or all of them fail");
  finish(world);
}

static void one_family_that_is_silent__leaves_the_other(void **state) {
  struct world *world = begin_hasty("four.test 60 A 127.0.0.4\n"
                                    "four.test 0 DROP AAAA\n"
                                    "six.test 60 AAAA ::6\n"
                                    "six.test 0 SERVFAIL A\n",
                                    300);
  (void)state;
  assert_string_equal(resolve(world, "four.test"), "127.0.0.4");
  assert_string_equal(resolve(world, "six.test"), "[::6]");
  finish(world);
}

/* ---- resolv.conf -------------------------------------------------------- */

static void write_conf(struct world *world, const char *text) {
  FILE *file = fopen(world->conf, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static struct world *begin_conf(const char *zone) {
  struct world *world = calloc(1, sizeof(*world));
  int fd;
  assert_non_null(world);
  open_dns(world, zone);
  strcpy(world->conf, "/tmp/pyrite-resolv-XXXXXX");
  fd = mkstemp(world->conf);
  assert_true(fd >= 0);
  close(fd);
  return world;
}

static void search_domains__are_tried(void **state) {
  struct world *world = begin_conf("db.a.test 60 A 127.0.0.1\n"
                                   "web.b.test 60 A 127.0.0.2\n"
                                   "web.c.b.test 60 A 127.0.0.3\n");
  pyr_error_t err;
  (void)state;
  write_conf(world, "search a.test b.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  assert_string_equal(resolve(world, "db"), "127.0.0.1");
  assert_string_equal(resolve(world, "web"), "127.0.0.2");
  assert_string_equal(resolve(world, "web.c"), "127.0.0.3");
  assert_string_equal(resolve(world, "web.c."), "resolve web.c.: no such name");
  assert_string_equal(resolve(world, "nowhere"),
                      "resolve nowhere: no such name");
  finish(world);
}

/* What was asked for as the old file has it is asked again. */
static void a_new_resolv_conf__is_followed(void **state) {
  struct world *world = begin_conf("a.old.test 0 DROP\n"
                                   "a.new.test 60 A 127.0.0.1\n"
                                   "b.new.test 60 A 127.0.0.2\n");
  struct asked asked[3];
  pyr_error_t err;
  (void)state;
  memset(asked, 0, sizeof(asked));
  write_conf(world, "search old.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  ask(world, &asked[0], "a");
  assert_int_equal(asked[0].rc, 0);
  loop_until(&world->loop, world->dns.udp_queries >= 2);
  write_conf(world, "# the host has moved\nsearch new.test\n");
  world->now_ns += 31 * PYR__NS_PER_S;
  ask(world, &asked[1], "b");
  assert_int_equal(asked[1].rc, 0);
  ask(world, &asked[2], "a"); /* joins the one that is to be asked again */
  assert_int_equal(asked[2].rc, 0);
  wait_for(world, &asked[0]);
  wait_for(world, &asked[1]);
  wait_for(world, &asked[2]);
  assert_int_equal(asked[0].addresses.count, 1);
  assert_int_equal(asked[1].addresses.count, 1);
  assert_int_equal(asked[2].addresses.count, 1);
  assert_int_equal(world->net.stats.dns_failures, 0);
  finish(world);
}

/* Nobody waits for it any more: it is asked when somebody does. */
static void a_new_resolv_conf__drops_what_nobody_waits_for(void **state) {
  struct world *world = begin_conf("a.old.test 0 DROP\n"
                                   "a.new.test 60 A 127.0.0.1\n"
                                   "b.new.test 60 A 127.0.0.2\n");
  struct asked asked[2];
  pyr_error_t err;
  (void)state;
  memset(asked, 0, sizeof(asked));
  write_conf(world, "search old.test\n");
  assert_int_equal(open_resolver(world, &err), 0);
  ask(world, &asked[0], "a");
  pyr__lookup_cancel(&asked[0].lookup);
  write_conf(world, "# the host has moved\nsearch new.test\n");
  world->now_ns += 31 * PYR__NS_PER_S;
  ask(world, &asked[1], "b");
  wait_for(world, &asked[1]);
  assert_int_equal(asked[0].dones, 0);
  assert_string_equal(resolve(world, "a"), "127.0.0.1");
  finish(world);
}

static void bad_servers__are_refused_at_the_start(void **state) {
  struct world *world = calloc(1, sizeof(*world));
  pyr_error_t err;
  (void)state;
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  strcpy(world->servers, "not an address");
  assert_int_equal(open_resolver(world, &err), PYR_EDNS);
  assert_string_equal(err.text,
                      "bad DNS servers \"not an address\": expected addresses "
                      "with ports, as 127.0.0.1:53,[::1]:53");
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->failing.live, 0);
  free(world);
}

/* ---- memory ------------------------------------------------------------- */

static bool fails_at(size_t n) {
  struct world *world = calloc(1, sizeof(*world));
  struct asked asked[2];
  pyr_error_t err;
  bool failed;

  assert_non_null(world);
  memset(asked, 0, sizeof(asked));
  open_dns(world, "a.test 60 A 127.0.0.1\n"
                  "cut.test 60 A 127.0.0.1\ncut.test 0 TRUNCATE\n");
  world->failing.fail_at = n;
  if (open_resolver(world, &err) != 0) {
    assert_int_equal(err.code, PYR__ENOMEM);
    dns_server_close(&world->dns);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    assert_int_equal(world->failing.live, 0);
    free(world);
    return true;
  }
  ask(world, &asked[0], "a.test");
  wait_for(world, &asked[0]);
  ask(world, &asked[1], "cut.test");
  wait_for(world, &asked[1]);
  for (int i = 0; i < 2; i++) {
    if (asked[i].addresses.count == 0)
      assert_int_equal(asked[i].err.code, PYR__ENOMEM);
  }
  failed = world->failing.calls >= n;
  finish(world);
  return failed;
}

static void no_memory__is_an_error_wherever_it_ends(void **state) {
  size_t n = 1;
  (void)state;
  while (fails_at(n)) {
    n++;
    assert_true(n < 200);
  }
  assert_true(n > 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(literals_and_localhost__need_no_dns),
      cmocka_unit_test(names__become_addresses),
      cmocka_unit_test(long_answers__come_over_tcp_and_are_bounded),
      cmocka_unit_test(failures__say_what_happened),
      cmocka_unit_test(silence__is_a_failure),
      cmocka_unit_test(a_missing_server__is_known_at_once),
      cmocka_unit_test(one_family_that_is_silent__leaves_the_other),
      cmocka_unit_test(search_domains__are_tried),
      cmocka_unit_test(a_new_resolv_conf__is_followed),
      cmocka_unit_test(a_new_resolv_conf__drops_what_nobody_waits_for),
      cmocka_unit_test(bad_servers__are_refused_at_the_start),
      cmocka_unit_test(no_memory__is_an_error_wherever_it_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
