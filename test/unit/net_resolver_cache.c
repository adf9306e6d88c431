#include "resolver_fixture.h"

static void expect_kept(struct world *world, const char *name, int64_t ns) {
  unsigned before;
  (void)resolve(world, name);
  before = queries(world);
  world->now_ns += ns - 1;
  (void)resolve(world, name);
  assert_int_equal(queries(world), before);
  world->now_ns += 1;
  (void)resolve(world, name);
  assert_true(queries(world) > before);
}

static void answers__are_kept_for_their_time(void **state) {
  struct world *world = begin("minute.test 60 A 127.0.0.1\n"
                              "minute.test 90 AAAA ::1\n"
                              "alias.test 30 CNAME minute.test\n"
                              "zero.test 0 A 127.0.0.1\n"
                              "week.test 604800 A 127.0.0.1\n"
                              "huge.test 4294967295 A 127.0.0.1\n"
                              "empty.test 60 TXT nothing\n"
                              "fails.test 0 SERVFAIL\n");
  (void)state;
  expect_kept(world, "minute.test", 60 * PYR__NS_PER_S);
  expect_kept(world, "alias.test", 30 * PYR__NS_PER_S);
  expect_kept(world, "zero.test", PYR__NS_PER_S);
  expect_kept(world, "week.test", 3600 * PYR__NS_PER_S);
  expect_kept(world, "huge.test", PYR__NS_PER_S); /* RFC 2181: that is 0 */
  expect_kept(world, "nowhere.test", 5 * PYR__NS_PER_S);
  expect_kept(world, "empty.test", 5 * PYR__NS_PER_S);
  expect_kept(world, "fails.test", PYR__NS_PER_S);
  finish(world);
}

static void a_change__is_seen_after_the_time(void **state) {
  struct world *world = begin("a.test 10 A 127.0.0.1\n");
  unsigned line;
  (void)state;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.1");
  dns_server_load(&world->dns, "a.test 10 A 127.0.0.2\n", &line);
  assert_string_equal(resolve(world, "a.test"), "127.0.0.1");
  world->now_ns += 10 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.2");
  dns_server_load(&world->dns, "", &line);
  world->now_ns += 10 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "resolve a.test: no such name");
  dns_server_load(&world->dns, "a.test 10 A 127.0.0.3\n", &line);
  world->now_ns += 5 * PYR__NS_PER_S;
  assert_string_equal(resolve(world, "a.test"), "127.0.0.3");
  finish(world);
}

static void questions_at_once__share_one_answer(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\n");
  struct asked asked[5];
  size_t i;
  (void)state;
  memset(asked, 0, sizeof(asked));
  for (i = 0; i < 5; i++) {
    ask(world, &asked[i], "a.test");
    assert_int_equal(asked[i].rc, 0);
  }
  pyr__lookup_cancel(&asked[1].lookup);
  wait_for(world, &asked[4]);
  for (i = 0; i < 5; i++)
    assert_int_equal(asked[i].dones, i != 1);
  assert_int_equal(queries(world), 2); /* A and AAAA */
  finish(world);
}

static void ask_other(struct asked *asked) {
  struct asked *others = asked + 1;
  pyr__lookup_cancel(&others[0].lookup);
  ask(asked->world, &others[1], "b.test");
  assert_int_equal(others[1].rc, 0);
}

static void users__may_cancel_and_ask_when_they_are_told(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\nb.test 60 A 127.0.0.2\n");
  struct asked asked[3];
  (void)state;
  memset(asked, 0, sizeof(asked));
  ask(world, &asked[0], "a.test");
  asked[0].then = ask_other;
  ask(world, &asked[1], "a.test");
  wait_for(world, &asked[0]);
  wait_for(world, &asked[2]);
  assert_int_equal(asked[1].dones, 0);
  assert_int_equal(asked[2].addresses.count, 1);
  finish(world);
}

static void close_all(struct asked *asked) {
  pyr__lookup_cancel(&asked[1].lookup);
  pyr__lookup_cancel(&asked[2].lookup);
  close_resolver(asked->world);
}

static void users__may_close_all_when_they_are_told(void **state) {
  struct world *world = begin("a.test 60 A 127.0.0.1\nb.test 0 DROP\n");
  struct asked asked[3];
  (void)state;
  memset(asked, 0, sizeof(asked));
  ask(world, &asked[0], "a.test");
  ask(world, &asked[1], "a.test");
  ask(world, &asked[2], "b.test");
  asked[0].then = close_all;
  wait_for(world, &asked[0]);
  finish(world);
}

static void closing__forgets_open_questions(void **state) {
  static const char *const names[] = {"a.test", "cut.test", "slow.test"};
  size_t i, turns;
  (void)state;
  for (i = 0; i < 3; i++) {
    for (turns = 0; turns < 4; turns++) {
      struct world *world = begin("a.test 0 DROP\n"
                                  "cut.test 60 A 127.0.0.1\n"
                                  "cut.test 0 TRUNCATE\n"
                                  "slow.test 60 A 127.0.0.1\n"
                                  "slow.test 10000 DELAY 30\n");
      struct asked asked = {.then = NULL};
      size_t turn;
      ask(world, &asked, names[i]);
      for (turn = 0; turn < turns; turn++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
      pyr__lookup_cancel(&asked.lookup);
      finish(world);
      assert_int_equal(asked.dones, 0);
    }
  }
}

static void the_cache__is_bounded(void **state) {
  struct world *world = begin("x.test 3600 A 127.0.0.1\n");
  char name[64];
  unsigned i, before;
  (void)state;
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  for (i = 1; i < PYR__LIMIT_DNS_CACHE; i++) {
    snprintf(name, sizeof(name), "n%u.test", i);
    (void)resolve(world, name);
  }
  before = queries(world);
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  assert_int_equal(queries(world), before);
  (void)resolve(world, "one-more.test"); /* pushes out the oldest */
  assert_string_equal(resolve(world, "x.test"), "127.0.0.1");
  assert_true(queries(world) > before + 2);
  assert_int_equal(world->resolver.entry_count, PYR__LIMIT_DNS_CACHE);
  finish(world);
}

static void open_questions__are_bounded(void **state) {
  struct world *world = begin("");
  struct asked *asked = calloc(PYR__LIMIT_DNS_CACHE + 1, sizeof(*asked));
  char name[64];
  unsigned i;
  (void)state;
  assert_non_null(asked);
  for (i = 0; i < PYR__LIMIT_DNS_CACHE + 1; i++) {
    snprintf(name, sizeof(name), "n%u.test", i);
    ask(world, &asked[i], name);
    assert_int_equal(asked[i].rc, i < PYR__LIMIT_DNS_CACHE ? 0 : PYR_ELIMIT);
  }
  assert_string_equal(asked[i - 1].err.text,
                      "more than 4096 names are being resolved at once");
  for (i = 0; i < PYR__LIMIT_DNS_CACHE; i++)
    pyr__lookup_cancel(&asked[i].lookup);
  finish(world);
  free(asked);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers__are_kept_for_their_time),
      cmocka_unit_test(a_change__is_seen_after_the_time),
      cmocka_unit_test(questions_at_once__share_one_answer),
      cmocka_unit_test(users__may_cancel_and_ask_when_they_are_told),
      cmocka_unit_test(users__may_close_all_when_they_are_told),
      cmocka_unit_test(closing__forgets_open_questions),
      cmocka_unit_test(the_cache__is_bounded),
      cmocka_unit_test(open_questions__are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
