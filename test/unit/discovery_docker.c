#include "discovery_live.h"
#include "http_script.h"

#include "base/limits.h"
#include "discovery/docker/discoverer.h"
#include "discovery/slices.h"

#define OK "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\n"
#define CONTAINER(id, ip, more)                                                \
  "{\"Id\":\"" id "\",\"Names\":[\"/" id "\"],\"Ports\":["                     \
  "{\"PrivatePort\":80,\"Type\":\"tcp\"}],\"NetworkSettings\":{\"Networks\":"  \
  "{\"n\":{\"NetworkID\":\"N\",\"IPAddress\":\"" ip "\"}}}" more "}"
#define NETWORKS "[{\"Name\":\"n\",\"Id\":\"N\",\"Scope\":\"local\"}]"

enum { REPLIES = 2, ROOM = 256 * 1024 };

struct docker {
  struct live live;
  struct script script;
  struct script_reply replies[REPLIES];
  char texts[REPLIES][ROOM];
  char base[64];
  struct pyr__docker_sd_config config;
};

static const char *const matches[REPLIES] = {"/containers/json", "/networks"};

/* What containers (0) or networks (1) are answered with from now on. */
static void say(struct docker *docker, size_t n, const char *head,
                const char *body) {
  int len = snprintf(docker->texts[n], ROOM,
                     "%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                     head, strlen(body), body);
  assert_true(len < ROOM);
  docker->replies[n] = (struct script_reply){
      .text = docker->texts[n], .end = SCRIPT_CLOSE, .match = matches[n]};
  docker->script.is_lasting[n] = true;
}

static struct docker *prepare(int64_t refresh_ms) {
  struct docker *docker = (struct docker *)calloc(1, sizeof(*docker));
  live_begin(&docker->live);
  live_open_client(&docker->live, "127.0.0.1:1");
  assert_true(script_listen(&docker->script, &docker->live.loop, "127.0.0.1", 0,
                            docker->replies, REPLIES));
  snprintf(docker->base, sizeof(docker->base), "http://127.0.0.1:%u",
           docker->script.port);
  docker->config = (struct pyr__docker_sd_config){
      .base = pyr__str(docker->base),
      .port = 80,
      .host_networking_host = pyr__str("localhost"),
      .match_first_network = true,
      .refresh_interval_ns = refresh_ms * PYR__NS_PER_MS};
  say(docker, 0, OK, "[" CONTAINER("a", "1.0.0.1", "") "]");
  say(docker, 1, OK, NETWORKS);
  return docker;
}

static void start(struct docker *docker) {
  struct live *live = &docker->live;
  assert_int_equal(pyr__docker_discoverer_new(&live->discoverer,
                                              &docker->config, &live->env,
                                              &live->sink, NULL),
                   0);
}

static void end(struct docker *docker) {
  live_close(&docker->live);
  script_close(&docker->script);
  live_finish(&docker->live);
  free(docker);
}

static int check_network(void *ctx, const struct pyr__member_view *view) {
  const pyr_str_t *name =
      pyr__labels_find(view->discovered.labels, view->discovered.label_count,
                       "__meta_docker_network_name");
  (void)ctx;
  assert_non_null(name);
  assert_true(pyr__str_is(*name, "n"));
  return 0;
}

static void containers__become_targets(void **state) {
  static const pyr_str_t values[] = {{"x", 1}};
  static const struct pyr__sd_filter filter = {{"label", 5}, values, 1};
  struct docker *docker = prepare(60000);
  (void)state;
  docker->config.filters = &filter;
  docker->config.filter_count = 1;
  start(docker);
  live_until_addresses(&docker->live, "1.0.0.1:80");
  live_until(&docker->live, docker->live.syncs == 1);
  pyr__target_set_each(&docker->live.world.set, check_network, NULL);
  assert_string_equal(docker->script.log,
                      "GET /containers/json?filters=%7B%22label%22%3A%7B%22x"
                      "%22%3Atrue%7D%7D HTTP/1.1\n"
                      "GET /networks HTTP/1.1\n");
  end(docker);
}

static void changes__are_followed(void **state) {
  struct docker *docker = prepare(20);
  struct live *live = &docker->live;
  uint64_t updates;
  unsigned requests;
  (void)state;
  start(docker);
  live_until_addresses(live, "1.0.0.1:80");
  live_until(live, live->syncs == 1);
  /* What makes no label is no news. */
  updates = live->discoverer->stats.updates;
  say(docker, 0, OK,
      "[" CONTAINER("a", "1.0.0.1", ",\"Status\":\"Up 2 seconds\"") "]");
  requests = docker->script.requests;
  live_until(live, docker->script.requests > requests + 4);
  assert_int_equal(live->discoverer->stats.updates, updates);
  say(docker, 0, OK,
      "[" CONTAINER("b", "1.0.0.2", "") "," CONTAINER("a", "1.0.0.1", "") "]");
  live_until_addresses(live, "1.0.0.1:80 1.0.0.2:80");
  say(docker, 0, OK, "[" CONTAINER("b", "1.0.0.3", "") "]");
  live_until_addresses(live, "1.0.0.3:80");
  say(docker, 0, OK, "[]");
  live_until_addresses(live, "");
  assert_int_equal(live->syncs, 1);
  assert_int_equal(live->discoverer->stats.failures, 0);
  end(docker);
}

static void a_unix_socket__is_asked(void **state) {
  char directory[] = "/tmp/pyrite-docker-XXXXXX", path[64];
  struct docker *docker = prepare(60000);
  (void)state;
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof(path), "%s/docker.sock", directory);
  script_close(&docker->script);
  uv_run(&docker->live.loop, UV_RUN_NOWAIT); /* it is closed */
  script_listen_unix(&docker->script, &docker->live.loop, path, docker->replies,
                     REPLIES);
  memset(docker->script.is_lasting, true, REPLIES);
  docker->config.base = pyr__str("http://docker");
  docker->config.unix_socket = path;
  start(docker);
  live_until_addresses(&docker->live, "1.0.0.1:80");
  assert_non_null(strstr(docker->script.last, "\r\nHost: docker\r\n"));
  end(docker);
  rmdir(directory);
}

/* One container with more ports than a slice has room for, which is all that
 * many containers are, too. */
static void many_targets__come_in_slices(void **state) {
  enum { PORTS = 1000 };
  struct docker *docker = prepare(500);
  struct live *live = &docker->live;
  char *body = (char *)calloc(1, ROOM);
  size_t i, used;
  (void)state;
  used = (size_t)snprintf(
      body, ROOM,
      "[" CONTAINER("z", "1.0.0.9",
                    "") ",{\"Id\":\"b\","
                        "\"Names\":[\"/b\"],\"NetworkSettings\":{\"Networks"
                        "\":{\"n\":{\"IPAddress\":\"1.0.0.2\"}}},"
                        "\"Ports\":[");
  for (i = 0; i < PORTS; i++)
    used += (size_t)snprintf(body + used, ROOM - used,
                             "%s{\"PrivatePort\":%zu,\"Type\":\"tcp\"}",
                             i > 0 ? "," : "", i + 1);
  snprintf(body + used, ROOM - used, "]}]");
  say(docker, 0, OK, body);
  start(docker);
  live_until(live, live->syncs == 1);
  assert_int_equal(live->world.set.member_count, PORTS + 1);
  assert_int_equal(live->discoverer->stats.updates,
                   PORTS / PYR__SLICE_TARGETS + 1);
  say(docker, 0, OK, "[" CONTAINER("a", "1.0.0.1", "") "]");
  live_until(live, live->world.set.member_count == 1);
  end(docker);
  free(body);
}

/* ---- what goes wrong ---------------------------------------------------- */

static void failure__keeps_the_targets(void **state) {
  static const struct {
    const char *head, *body, *error;
  } cases[] = {{"HTTP/1.1 400 Bad Request\r\n",
                "{\"message\":\"Invalid filter 'x'\"}", "Invalid filter 'x'"},
               {"HTTP/1.1 503 Oops\r\n", "", "503 Oops"},
               {OK "Content-Encoding: gzip\r\n", "[]", "compressed"},
               {OK, "", "expected a list"},
               {OK, "{}", "expected a list"},
               {OK, "[", "JSON"},
               {OK, "<html>", "JSON"}};
  struct docker *docker = prepare(20);
  struct live *live = &docker->live;
  size_t i, n;
  (void)state;
  start(docker);
  live_until_addresses(live, "1.0.0.1:80");
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    for (n = 0; n < REPLIES; n++) {
      char *const good = strdup(docker->texts[n]);
      say(docker, n, cases[i].head, cases[i].body);
      live_until(live, strstr(live->discoverer->error, cases[i].error) &&
                           strstr(live->discoverer->error,
                                  n == 0 ? "containers: " : "networks: "));
      assert_string_equal(live_addresses(live), "1.0.0.1:80");
      memcpy(docker->texts[n], good, strlen(good) + 1);
      live_until(live, live->discoverer->error[0] == '\0');
      free(good);
    }
  assert_int_equal(live->syncs, 1);
  end(docker);
}

static void a_cut__keeps_the_targets(void **state) {
  static const char whole[] =
      OK "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
         "2\r\n[]\r\n1\r\n\n\r\n0\r\n\r\n";
  struct docker *docker = prepare(20);
  struct live *live = &docker->live;
  size_t cut;
  (void)state;
  start(docker);
  live_until_addresses(live, "1.0.0.1:80");
  for (cut = 1; cut < sizeof(whole) - 1; cut++) {
    uint64_t failures = live->discoverer->stats.failures;
    docker->replies[0].text = whole;
    docker->replies[0].len = cut;
    live_until(live, live->discoverer->stats.failures > failures + 1);
    assert_string_equal(live_addresses(live), "1.0.0.1:80");
  }
  docker->replies[0].len = 0;
  live_until_addresses(live, "");
  end(docker);
}

static void silence__ends_with_the_interval(void **state) {
  struct docker *docker = prepare(20);
  (void)state;
  docker->replies[1].text = OK "Content-Length: 100\r\n\r\n[";
  docker->replies[1].end = SCRIPT_KEEP;
  start(docker);
  live_until(&docker->live, strstr(docker->live.discoverer->error,
                                   "no whole answer within") != NULL);
  assert_int_equal(docker->live.syncs, 0);
  end(docker);
}

static void no_daemon__is_waited_for(void **state) {
  struct docker *docker = prepare(5);
  (void)state;
  docker->config.unix_socket = "/nonexistent/docker.sock";
  start(docker);
  live_until(&docker->live, docker->live.discoverer->stats.failures > 2);
  assert_non_null(
      strstr(docker->live.discoverer->error, "/nonexistent/docker.sock"));
  end(docker);
}

static void a_container_that_is_huge__is_refused(void **state) {
  size_t size = PYR__LIMIT_JSON_TEXT + 1000;
  char *text = (char *)calloc(1, size);
  struct docker *docker = prepare(50);
  struct live *live = &docker->live;
  int head = snprintf(text, size, OK "Connection: close\r\n\r\n[{\"Image\":\"");
  (void)state;
  memset(text + head, 'a', size - (size_t)head - 5);
  memcpy(text + size - 5, "\"}]\n", 5);
  start(docker);
  live_until_addresses(live, "1.0.0.1:80");
  docker->replies[0].text = text;
  live_until(live, strstr(live->discoverer->error, "a text of more than"));
  assert_string_equal(live_addresses(live), "1.0.0.1:80");
  end(docker);
  free(text);
}

static void a_group_that_is_refused__comes_again(void **state) {
  struct docker *docker = prepare(10);
  (void)state;
  docker->live.fail_groups = 2;
  start(docker);
  live_until_addresses(&docker->live, "1.0.0.1:80");
  docker->live.fail_groups = 1;
  say(docker, 0, OK, "[]");
  live_until_addresses(&docker->live, "");
  end(docker);
}

static void every_allocation__may_fail(void **state) {
  size_t nth = 0, calls;
  (void)state;
  do {
    struct docker *docker = prepare(20);
    struct live *live = &docker->live;
    struct failing_allocator *allocator = &live->world.allocator;
    pyr_error_t err;
    int rc;
    allocator->calls = 0;
    allocator->fail_at = ++nth;
    rc = pyr__docker_discoverer_new(&live->discoverer, &docker->config,
                                    &live->env, &live->sink, &err);
    if (rc != 0) {
      assert_int_equal(rc, PYR__ENOMEM);
      start(docker);
    }
    live_until_addresses(live, "1.0.0.1:80");
    say(docker, 0, OK, "[]");
    live_until_addresses(live, "");
    calls = allocator->calls;
    allocator->fail_at = 0;
    end(docker);
  } while (nth <= calls);
  assert_true(nth > 20);
}

static void closing__is_possible_at_any_time(void **state) {
  unsigned turns, turn;
  (void)state;
  for (turns = 0; turns < 40; turns++) {
    struct docker *docker = prepare(60000);
    start(docker);
    for (turn = 0; turn < turns; turn++)
      uv_run(&docker->live.loop, UV_RUN_NOWAIT);
    end(docker);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(containers__become_targets),
      cmocka_unit_test(changes__are_followed),
      cmocka_unit_test(a_unix_socket__is_asked),
      cmocka_unit_test(many_targets__come_in_slices),
      cmocka_unit_test(failure__keeps_the_targets),
      cmocka_unit_test(a_cut__keeps_the_targets),
      cmocka_unit_test(silence__ends_with_the_interval),
      cmocka_unit_test(no_daemon__is_waited_for),
      cmocka_unit_test(a_container_that_is_huge__is_refused),
      cmocka_unit_test(a_group_that_is_refused__comes_again),
      cmocka_unit_test(every_allocation__may_fail),
      cmocka_unit_test(closing__is_possible_at_any_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
