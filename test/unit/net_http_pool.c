#include <fcntl.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "blackhole.h"
#include "http_client_fixture.h"
#include "net/http_request.h"

#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- stale connections -------------------------------------------------- */

/* The server closes when the second request is on its way, before a byte of its
 * response. */
static void a_stale_connection__is_tried_again_once(void **state) {
  static const enum script_end ends[] = {SCRIPT_CLOSE, SCRIPT_RESET};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(ends); i++) {
    struct script_reply replies[] = {
        {.text = OK}, {.text = "", .end = ends[i]}, {.text = OK}};
    struct world *world = world_begin(NULL, replies, COUNT(replies));
    world_run(world, false);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world->fetch.heads, 1);
    assert_false(world->fetch.is_reused);
    assert_int_equal(world->script.connections, 2);
    assert_int_equal(world->script.requests, 3);
    world_finish(world);
  }
}

static void the_second_try__is_the_last(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK},
      {.text = "", .end = SCRIPT_CLOSE},
      {.text = "", .end = SCRIPT_CLOSE},
      {.text = OK},
  };
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  char expected[128];
  (void)state;
  world_run(world, false);
  world_run(world, false);
  snprintf(expected, sizeof(expected),
           "127.0.0.1:%u: connection closed without a response",
           world->script.port);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, PYR_ENET);
  assert_int_equal(world->script.requests, 3);
  world_finish(world);
}

static void a_response_that_began__is_not_asked_for_again(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK}, {.text = "H", .end = SCRIPT_CLOSE}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  (void)state;
  world_run(world, false);
  world_run(world, false);
  assert_int_equal(world->fetch.code, PYR_EHTTP);
  assert_true(world->fetch.is_reused);
  assert_int_equal(world->script.requests, 2);
  world_finish(world);
}

/* A connection whose end the client has not looked at yet: the request itself
 * finds out. */
static void a_connection_closed_unseen__costs_nothing(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK, .end = SCRIPT_CLOSE}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  (void)state;
  world_run(world, false);
  assert_int_equal(world_stats(world)->idle, 1);
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->script.connections, 2);
  world_finish(world);
}

/* ---- who waits in the pool ---------------------------------------------- */

static void idle_connections__go_when_the_peer_closes_or_speaks(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK}, {.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  uv_buf_t noise = uv_buf_init("HTTP/1.1 408 Timeout\r\n\r\n", 24);
  (void)state;
  world_run(world, false);
  assert_int_equal(world_stats(world)->idle, 1);
  script_end(&world->script.conns[0], SCRIPT_CLOSE);
  loop_until(&world->loop, world_stats(world)->idle == 0);
  assert_int_equal(world_stats(world)->open, 0);

  world_run(world, false);
  assert_int_equal(world_stats(world)->idle, 1);
  assert_int_equal(
      uv_try_write(&world->script.conns[0].socket.stream, &noise, 1), 24);
  loop_until(&world->loop, world_stats(world)->idle == 0);
  assert_int_equal(world_stats(world)->open, 0);
  world_finish(world);
}

/* The five minutes of a connection are made short. */
static void idle_connections__go_when_their_time_is_over(void **state) {
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  struct pyr__net *net = &world->client->net;
  struct pyr__conn *conn;
  (void)state;
  world_run(world, false);
  conn = pyr__container_of(net->pool.oldest.next, struct pyr__conn, age);
  assert_true(conn->idle.at_ms >= uv_now(&world->loop) + PYR__IDLE_MS - 1000);
  pyr__alarm_set(&net->alarms, &conn->idle, PYR__ALARM_IDLE, 1);
  loop_until(&world->loop, world_stats(world)->idle == 0);
  assert_int_equal(world_stats(world)->open, 0);
  world_run(world, false);
  assert_false(world->fetch.is_reused);
  world_finish(world);
}

enum { MANY = 7 };

static unsigned count_dones(const struct fetch *fetches) {
  unsigned dones = 0, i;
  for (i = 0; i < MANY; i++)
    dones += fetches[i].dones;
  return dones;
}

static void a_few__are_kept_for_each_address(void **state) {
  struct script_reply replies[2 * MANY];
  struct fetch *fetches = calloc(MANY, sizeof(*fetches));
  struct world *world;
  size_t i;
  (void)state;
  assert_non_null(fetches);
  for (i = 0; i < 2 * MANY; i++)
    replies[i] = (struct script_reply){.text = OK};
  world = world_begin(NULL, replies, 2 * MANY);
  for (i = 0; i < MANY; i++)
    assert_int_equal(fetch_start(&fetches[i], world->client, world->url, false),
                     0);
  loop_until(&world->loop, count_dones(fetches) == MANY);
  for (i = 0; i < MANY; i++)
    assert_string_equal(fetches[i].error, "");
  assert_int_equal(world->script.connections, MANY);
  assert_int_equal(world_stats(world)->idle, PYR__LIMIT_IDLE_PER_ADDRESS);
  assert_int_equal(world_stats(world)->open, PYR__LIMIT_IDLE_PER_ADDRESS);
  world_run(world, false);
  assert_true(world->fetch.is_reused);
  assert_int_equal(world_stats(world)->idle, PYR__LIMIT_IDLE_PER_ADDRESS);
  world_finish(world);
  free(fetches);
}

static void names_and_ports__are_origins_of_their_own(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK}, {.text = OK}, {.text = OK}, {.text = OK}};
  struct world *world = world_begin("a.test 60 A 127.0.0.1\n"
                                    "b.test 60 A 127.0.0.1\n",
                                    replies, COUNT(replies));
  static const char *const hosts[] = {"127.0.0.1", "a.test", "b.test",
                                      "A.TEST"};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(hosts); i++) {
    snprintf(world->url, sizeof(world->url), "http://%s:%u/", hosts[i],
             world->script.port);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world->fetch.is_reused, i == 3);
  }
  assert_int_equal(world->script.connections, 3);
  assert_int_equal(world_stats(world)->idle, 3);
  world_finish(world);
}

enum { ORIGINS = 140 };

/* A zone of n0.test and all the others. */
static const char *many_names(void) {
  static char zone[ORIGINS * 40];
  size_t len = 0;
  unsigned i;
  for (i = 0; i < ORIGINS; i++)
    len += (size_t)snprintf(zone + len, sizeof(zone) - len,
                            "n%u.test 60 A 127.0.0.1\n", i);
  return zone;
}

/* More origins than the table begins with. */
static void many_origins__are_found_again(void **state) {
  struct script_reply *replies = calloc(2 * ORIGINS, sizeof(*replies));
  struct world *world;
  unsigned i;
  (void)state;
  assert_non_null(replies);
  for (i = 0; i < 2 * ORIGINS; i++)
    replies[i].text = OK;
  world = world_begin(many_names(), replies, 2 * ORIGINS);
  for (i = 0; i < 2 * ORIGINS; i++) {
    snprintf(world->url, sizeof(world->url), "http://n%u.test:%u/", i % ORIGINS,
             world->script.port);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world->fetch.is_reused, i >= ORIGINS);
  }
  assert_int_equal(world_stats(world)->idle, ORIGINS);
  world_finish(world);
  free(replies);
}

static void run_again(struct fetch *fetch) {
  struct fetch *other = fetch->ctx;
  struct world *world = other->ctx;
  assert_int_equal(fetch_start(other, world->client, world->url, false), 0);
}

/* Back-to-back profiles: the next request leaves inside the end of the last. */
static void the_next_request__finds_the_connection_at_once(void **state) {
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  struct fetch *second = calloc(1, sizeof(*second));
  (void)state;
  assert_non_null(second);
  second->ctx = world;
  fetch_reset(&world->fetch);
  world->fetch.then = run_again;
  world->fetch.ctx = second;
  assert_int_equal(fetch_start(&world->fetch, world->client, world->url, false),
                   0);
  fetch_wait(second, &world->loop);
  assert_true(second->is_reused);
  assert_int_equal(world->script.connections, 1);
  world_finish(world);
  free(second);
}

/* ---- descriptors run out ------------------------------------------------ */

static void idle_connections__give_way_when_descriptors_run_out(void **state) {
  static const struct script_reply replies[] = {{.text = OK}};
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  struct blackhole hole = {0}; /* takes a connection without a descriptor */
  struct rlimit limit, low;
  struct fetch *fetch = &world->fetch;
  char url[64];
  int probe;
  (void)state;
  assert_true(blackhole_open(&hole, "127.0.0.1", 0));
  world_run(world, false);
  assert_int_equal(world_stats(world)->idle, 1);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  probe = fcntl(0, F_DUPFD, 0); /* the lowest free one */
  close(probe);
  low = limit;
  low.rlim_cur = (rlim_t)probe;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);

  snprintf(url, sizeof(url), "http://127.0.0.1:%u/", hole.port);
  fetch_reset(fetch);
  assert_int_equal(fetch_start(fetch, world->client, url, false), 0);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_int_equal(fetch->dones, 0);
  assert_int_equal(world_stats(world)->idle, 0);
  snprintf(url, sizeof(url), "connecting to 127.0.0.1:%u", hole.port);
  assert_string_equal(pyr__http_phase(fetch->request), url);
  setrlimit(RLIMIT_NOFILE, &limit);
  pyr__http_cancel(fetch->request, PYR_ECANCELED, "enough");
  assert_int_equal(fetch->dones, 1);
  world_finish(world);
  blackhole_close(&hole);
}

/* A client that may have `most` connections. */
static struct world *begin_with_few(const struct script_reply *replies,
                                    size_t count, size_t most) {
  struct world *world = world_begin_servers(many_names(), replies, count);
  struct rlimit limit, low;
  pyr_error_t err;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  low = limit;
  low.rlim_cur = 2 * most;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  assert_int_equal(world_open_client(world, &err), 0);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  assert_int_equal(world_stats(world)->most, most);
  return world;
}

static void idle_connections__leave_descriptors_for_others(void **state) {
  enum { MOST = 20 };
  struct script_reply *replies = calloc(MOST + 5, sizeof(*replies));
  struct world *world;
  unsigned i;
  (void)state;
  assert_non_null(replies);
  for (i = 0; i < MOST + 5; i++)
    replies[i].text = OK;
  world = begin_with_few(replies, MOST + 5, MOST);
  for (i = 0; i < MOST + 5; i++) {
    snprintf(world->url, sizeof(world->url), "http://n%u.test:%u/", i,
             world->script.port);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world_stats(world)->idle, i < MOST ? i + 1 : MOST);
  }
  world_finish(world);
  free(replies);
}

static void connections__are_no_more_than_descriptors_allow(void **state) {
  enum { MOST = 20 };
  struct world *world = begin_with_few(NULL, 0, MOST);
  struct fetch *fetches = calloc(MOST + 1, sizeof(*fetches));
  char expected[128];
  size_t i;
  (void)state;
  assert_non_null(fetches);
  for (i = 0; i <= MOST; i++)
    assert_int_equal(fetch_start(&fetches[i], world->client, world->url, false),
                     0);
  fetch_wait(&fetches[MOST], &world->loop);
  snprintf(expected, sizeof(expected),
           "connect to 127.0.0.1:%u: too many open files", world->script.port);
  assert_string_equal(fetches[MOST].error, expected);
  for (i = 0; i < MOST; i++) {
    assert_int_equal(fetches[i].dones, 0);
    pyr__http_cancel(fetches[i].request, PYR_ECANCELED, "enough");
  }
  world_finish(world);
  free(fetches);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stale_connection__is_tried_again_once),
      cmocka_unit_test(the_second_try__is_the_last),
      cmocka_unit_test(a_response_that_began__is_not_asked_for_again),
      cmocka_unit_test(a_connection_closed_unseen__costs_nothing),
      cmocka_unit_test(idle_connections__go_when_the_peer_closes_or_speaks),
      cmocka_unit_test(idle_connections__go_when_their_time_is_over),
      cmocka_unit_test(a_few__are_kept_for_each_address),
      cmocka_unit_test(names_and_ports__are_origins_of_their_own),
      cmocka_unit_test(many_origins__are_found_again),
      cmocka_unit_test(the_next_request__finds_the_connection_at_once),
      cmocka_unit_test(idle_connections__give_way_when_descriptors_run_out),
      cmocka_unit_test(idle_connections__leave_descriptors_for_others),
      cmocka_unit_test(connections__are_no_more_than_descriptors_allow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
