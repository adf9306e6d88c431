/* Which of a name's addresses a request reaches.  What the host sorts first is
 * the host's affair; the tests hold in either order. */
#include "blackhole.h"
#include "http_client_fixture.h"

#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct script_reply ok[] = {{.text = OK}, {.text = OK}};

static void use_name(struct world *world, const char *name) {
  snprintf(world->url, sizeof(world->url), "http://%s:%u/", name,
           world->script.port);
}

static void a_refused_address__leads_to_the_next(void **state) {
  struct world *world = world_begin("six.test 60 AAAA ::1\n"
                                    "six.test 60 A 127.0.0.1\n"
                                    "four.test 60 A 127.0.0.9\n"
                                    "four.test 60 A 127.0.0.1\n"
                                    "three.test 60 A 127.0.0.9\n"
                                    "three.test 60 AAAA ::1\n"
                                    "three.test 60 A 127.0.0.1\n",
                                    ok, 2);
  static const char *const names[] = {"six.test", "four.test", "three.test"};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(names); i++) {
    world->script.next = 0;
    use_name(world, names[i]);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
  }
  assert_int_equal(world->script.connections, 3);
  world_finish(world);
}

static void localhost__is_reached_over_either_family(void **state) {
  struct world *world = world_begin(NULL, ok, 2);
  struct script *six = calloc(1, sizeof(*six));
  (void)state;
  assert_non_null(six);
  use_name(world, "localhost"); /* listens on 127.0.0.1 only */
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  if (script_listen(six, &world->loop, "::1", 0, ok, 2)) {
    snprintf(world->url, sizeof(world->url), "http://localhost:%u/", six->port);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(six->connections, 1);
    script_close(six);
  }
  world_finish(world);
  free(six);
}

/* The attempt that hangs does not hold up the others, and is given up when one
 * of them wins. */
static void a_silent_address__leads_to_the_next(void **state) {
  static const char *const zones[] = {
      "a.test 60 A 127.0.0.9\na.test 60 A 127.0.0.1\n",
      "a.test 60 AAAA ::1\na.test 60 A 127.0.0.1\n"};
  static const char *const silent[] = {"127.0.0.9", "::1"};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(zones); i++) {
    struct world *world = world_begin(zones[i], ok, 2);
    struct blackhole hole;
    if (blackhole_open(&hole, silent[i], world->script.port)) {
      use_name(world, "a.test");
      world_run(world, false);
      assert_string_equal(world->fetch.error, "");
      assert_int_equal(world_stats(world)->open, 1);
      assert_int_equal(world_stats(world)->connections_opened, 1);
      blackhole_close(&hole);
    }
    world_finish(world);
  }
}

static void when_all_fail__each_is_told_of(void **state) {
  struct world *world = world_begin("a.test 60 A 127.0.0.8\n"
                                    "a.test 60 A 127.0.0.9\n",
                                    NULL, 0);
  char first[256], second[256];
  (void)state;
  snprintf(first, sizeof(first),
           "connect to 127.0.0.8:%u: connection refused; "
           "connect to 127.0.0.9:%u: connection refused",
           world->script.port, world->script.port);
  snprintf(second, sizeof(second),
           "connect to 127.0.0.9:%u: connection refused; "
           "connect to 127.0.0.8:%u: connection refused",
           world->script.port, world->script.port);
  use_name(world, "a.test");
  world_run(world, false);
  assert_int_equal(world->fetch.code, PYR_ENET);
  if (strcmp(world->fetch.error, first) != 0)
    assert_string_equal(world->fetch.error, second);
  world_finish(world);
}

/* The text of sixteen failures is longer than an error may be. */
static void many_failures__fit_into_the_error(void **state) {
  static char zone[16 * 64];
  struct world *world;
  size_t len = 0;
  unsigned i;
  (void)state;
  for (i = 0; i < 16; i++)
    len += (size_t)snprintf(zone + len, sizeof(zone) - len,
                            "a.test 60 A 127.100.100.%u\n", 100 + i);
  world = world_begin(zone, NULL, 0);
  use_name(world, "a.test");
  world_run(world, false);
  assert_int_equal(world->fetch.code, PYR_ENET);
  assert_int_equal(strlen(world->fetch.error), PYR_ERROR_TEXT - 1);
  world_finish(world);
}

/* An address that no route leads to fails inside the attempt to connect. */
static void an_impossible_address__is_a_failure_like_others(void **state) {
  struct world *world = world_begin("a.test 60 A 127.0.0.1\n"
                                    "a.test 60 AAAA fe80::1\n"
                                    "b.test 60 AAAA fe80::1\n",
                                    ok, 2);
  (void)state;
  use_name(world, "a.test");
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  use_name(world, "b.test");
  world_run(world, false);
  assert_int_equal(world->fetch.code, PYR_ENET);
  assert_memory_equal(world->fetch.error, "connect to [fe80::1]:", 21);
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_refused_address__leads_to_the_next),
      cmocka_unit_test(localhost__is_reached_over_either_family),
      cmocka_unit_test(a_silent_address__leads_to_the_next),
      cmocka_unit_test(when_all_fail__each_is_told_of),
      cmocka_unit_test(many_failures__fit_into_the_error),
      cmocka_unit_test(an_impossible_address__is_a_failure_like_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
