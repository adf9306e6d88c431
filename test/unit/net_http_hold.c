#include "http_client_fixture.h"

#define OK "HTTP/1.1 200 OK\r\n"

enum { BODY = 250000, TURNS = 20 };

/* A body that takes several reads, and one that follows. */
static struct world *begin_large(struct script_reply replies[2]) {
  static char text[BODY + 100];
  size_t head = (size_t)sprintf(text, OK "Content-Length: %d\r\n\r\n", BODY);
  memset(text + head, 'a', BODY);
  replies[0] = (struct script_reply){.text = text, .len = head + BODY};
  replies[1] =
      (struct script_reply){.text = OK "Content-Length: 4\r\n\r\nnext"};
  return world_begin(NULL, replies, 2);
}

static void start_held(struct world *world) {
  fetch_reset(&world->fetch);
  world->fetch.holds = true;
  assert_int_equal(fetch_start(&world->fetch, world->client, world->url, false),
                   0);
  loop_until(&world->loop, world->fetch.body_len > 0);
}

/* Turns in which more would come. */
static void turn(struct world *world) {
  struct loop_wait *wait = loop_wait_begin(&world->loop);
  unsigned i;
  for (i = 0; i < TURNS; i++)
    assert_true(loop_wait_turn(wait));
  loop_wait_end(wait);
}

static void a_held_body__comes_slice_by_slice_as_it_is_released(void **state) {
  struct script_reply replies[2];
  struct world *world = begin_large(replies);
  struct fetch *fetch = &world->fetch;
  unsigned slices = 1;
  (void)state;
  start_held(world);
  while (fetch->body_len < BODY) {
    size_t before = fetch->body_len;
    turn(world);
    assert_int_equal(fetch->body_len, before);
    assert_int_equal(fetch->dones, 0);
    pyr__http_release(fetch->request);
    loop_until(&world->loop, fetch->body_len > before);
    slices++;
  }
  assert_true(slices > 1);
  fetch_wait(fetch, &world->loop);
  assert_string_equal(fetch->error, "");
  assert_int_equal(fetch->wire_bytes, BODY);
  world_finish(world);
}

static void a_connection__that_was_held_at_the_end_is_as_others(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK "Content-Length: 4\r\n\r\nlast"},
      {.text = OK "Content-Length: 4\r\n\r\nnext", .end = SCRIPT_CLOSE},
  };
  struct world *world = world_begin(NULL, replies, 2);
  (void)state;
  start_held(world);
  fetch_wait(&world->fetch, &world->loop);
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->fetch.body, "next", 4);
  assert_true(world->fetch.is_reused);
  /* Nobody asks, and yet its end is seen. */
  loop_until(&world->loop, world_stats(world)->open == 0);
  world_finish(world);
}

static void a_held_request__can_be_cancelled(void **state) {
  struct script_reply replies[2];
  struct world *world = begin_large(replies);
  (void)state;
  start_held(world);
  turn(world);
  pyr__http_cancel(world->fetch.request, PYR_ETIMEOUT, "too late");
  assert_string_equal(world->fetch.error, "too late");
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->fetch.body, "next", 4);
  world_finish(world);
}

static void a_request__released_and_cancelled_at_once_is_gone(void **state) {
  struct script_reply replies[2];
  struct world *world = begin_large(replies);
  (void)state;
  start_held(world);
  pyr__http_release(world->fetch.request);
  pyr__http_cancel(world->fetch.request, PYR_ETIMEOUT, "too late");
  turn(world);
  assert_int_equal(world->fetch.dones, 1);
  world_finish(world);
}

static void a_client__closes_with_held_requests(void **state) {
  struct script_reply replies[2];
  struct world *world = begin_large(replies);
  (void)state;
  start_held(world);
  world_close_client(world);
  assert_int_equal(world->fetch.code, PYR_ECANCELED);
  world_finish(world);
}

static void release__of_what_is_not_held_does_nothing(void **state) {
  struct script_reply replies[2];
  struct world *world = begin_large(replies);
  (void)state;
  fetch_reset(&world->fetch);
  assert_int_equal(fetch_start(&world->fetch, world->client, world->url, false),
                   0);
  pyr__http_hold(world->fetch.request); /* there is no connection yet */
  pyr__http_release(world->fetch.request);
  loop_until(&world->loop, world->fetch.body_len > 0);
  pyr__http_release(world->fetch.request);
  fetch_wait(&world->fetch, &world->loop);
  assert_string_equal(world->fetch.error, "");
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_held_body__comes_slice_by_slice_as_it_is_released),
      cmocka_unit_test(a_connection__that_was_held_at_the_end_is_as_others),
      cmocka_unit_test(a_held_request__can_be_cancelled),
      cmocka_unit_test(a_request__released_and_cancelled_at_once_is_gone),
      cmocka_unit_test(a_client__closes_with_held_requests),
      cmocka_unit_test(release__of_what_is_not_held_does_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
