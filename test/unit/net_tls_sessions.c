#include "net/tls_sessions.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "support.h"

struct world {
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_sessions sessions;
};

static void begin(struct world *world, uint32_t limit) {
  pyr_alloc_t alloc = failing_alloc(&world->state);
  memset(world, 0, sizeof(*world));
  pyr__memory_init(&world->memory, &alloc);
  pyr__tls_sessions_init(&world->sessions, &world->memory, limit);
}

static void finish(struct world *world) {
  pyr__tls_sessions_release(&world->sessions);
  assert_int_equal(world->state.live, 0);
}

static void put(struct world *world, const char *key, const char *session,
                int64_t until_ns) {
  pyr__tls_sessions_put(&world->sessions, pyr__str(key),
                        (const uint8_t *)session, strlen(session), until_ns);
}

/* Whether there is this one; NULL: whether there is none. */
static bool has(struct world *world, const char *key, int64_t now_ns,
                const char *session) {
  int64_t until_ns = -1;
  pyr_str_t found =
      pyr__tls_sessions_get(&world->sessions, pyr__str(key), now_ns, &until_ns);
  if (session == NULL)
    return found.base == NULL;
  return found.base != NULL && pyr__str_is(found, session) && until_ns > now_ns;
}

static void session__is_kept_replaced_and_dropped(void **state) {
  struct world world;
  (void)state;
  begin(&world, 8);
  assert_true(has(&world, "a", 0, NULL));
  put(&world, "a", "one", 10);
  put(&world, "b", "two", 10);
  put(&world, "", "nameless", 10);
  assert_true(has(&world, "a", 9, "one"));
  assert_true(has(&world, "b", 9, "two"));
  assert_true(has(&world, "", 9, "nameless"));
  put(&world, "a", "another one", 20);
  assert_true(has(&world, "a", 10, "another one"));
  pyr__tls_sessions_drop(&world.sessions, pyr__str("a"));
  pyr__tls_sessions_drop(&world.sessions, pyr__str("unknown"));
  assert_true(has(&world, "a", 9, NULL));
  assert_int_equal(world.sessions.count, 2);
  finish(&world);
}

static void session__ends_by_the_clock(void **state) {
  struct world world;
  (void)state;
  begin(&world, 8);
  put(&world, "a", "one", 10);
  assert_true(has(&world, "a", 10, NULL));
  assert_int_equal(world.sessions.count, 0);
  finish(&world);
}

static void session__used_longest_ago_makes_room(void **state) {
  struct world world;
  char key[16];
  unsigned i;
  (void)state;
  begin(&world, 5);
  for (i = 0; i < 5; i++) {
    snprintf(key, sizeof(key), "key %u", i);
    put(&world, key, key, 10);
  }
  assert_true(has(&world, "key 0", 0, "key 0"));
  for (i = 5; i < 8; i++) {
    snprintf(key, sizeof(key), "key %u", i);
    put(&world, key, key, 10);
  }
  assert_int_equal(world.sessions.count, 5);
  assert_true(has(&world, "key 0", 0, "key 0"));
  assert_true(has(&world, "key 1", 0, NULL));
  assert_true(has(&world, "key 2", 0, NULL));
  assert_true(has(&world, "key 3", 0, NULL));
  for (i = 4; i < 8; i++) {
    snprintf(key, sizeof(key), "key %u", i);
    assert_true(has(&world, key, 0, key));
  }
  finish(&world);
}

/* Against a plain array, through many changes. */
static void sessions__are_those_that_were_put(void **state) {
  struct world world;
  int alive[50] = {0};
  unsigned i, seed = 1;
  char key[16];
  (void)state;
  begin(&world, 100);
  for (i = 0; i < 20000; i++) {
    unsigned which;
    seed = seed * 1103515245u + 12345u;
    which = seed / 65536 % 50;
    snprintf(key, sizeof(key), "%u", which);
    assert_true(has(&world, key, 0, alive[which] ? key : NULL));
    if (seed / 65536 % 3 == 0) {
      pyr__tls_sessions_drop(&world.sessions, pyr__str(key));
      alive[which] = 0;
    } else {
      put(&world, key, key, 10);
      alive[which] = 1;
    }
  }
  finish(&world);
}

static void memory__that_is_missing_leaves_no_session(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world world;
    begin(&world, 8);
    world.state.fail_at = fail_at;
    put(&world, "a", "one", 10);
    is_done = world.state.calls < fail_at;
    world.state.fail_at = 0;
    assert_true(has(&world, "a", 0, is_done ? "one" : NULL));
    put(&world, "a", "two", 10);
    assert_true(has(&world, "a", 0, "two"));
    finish(&world);
  }
  assert_int_equal(fail_at, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(session__is_kept_replaced_and_dropped),
      cmocka_unit_test(session__ends_by_the_clock),
      cmocka_unit_test(session__used_longest_ago_makes_room),
      cmocka_unit_test(sessions__are_those_that_were_put),
      cmocka_unit_test(memory__that_is_missing_leaves_no_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
