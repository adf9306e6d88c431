/* Answers of a real daemon, and others, however they are cut. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "base/limits.h"
#include "base/str.h"
#include "discovery/docker/container.h"
#include "discovery/docker/query.h"

struct daemon {
  struct pyr__memory memory;
  struct pyr__json_answer containers, networks;
  struct pyr__docker_items container_items, network_items;
  struct pyr__arena arena;
  size_t held;
  pyr_error_t err;
};

static int feed(struct daemon *daemon, struct pyr__json_answer *answer,
                const struct pyr__json_node *root, const char *text, size_t len,
                size_t cut) {
  int rc;
  pyr__json_answer_init(answer, &daemon->memory, true, root, &daemon->held);
  rc = pyr__json_answer_feed(answer, text, cut, &daemon->err);
  if (rc == 0)
    rc = pyr__json_answer_feed(answer, text + cut, len - cut, &daemon->err);
  return rc != 0 ? rc : pyr__json_answer_finish(answer, &daemon->err);
}

static void open_daemon(struct daemon *daemon, const char *containers,
                        const char *networks) {
  memset(daemon, 0, sizeof(*daemon));
  pyr__memory_init(&daemon->memory, NULL);
  pyr__arena_init(&daemon->arena, &daemon->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__MIB);
  assert_int_equal(feed(daemon, &daemon->containers, &pyr__docker_containers,
                        containers, strlen(containers), 0),
                   0);
  assert_int_equal(feed(daemon, &daemon->networks, &pyr__docker_networks,
                        networks, strlen(networks), 0),
                   0);
  assert_int_equal(pyr__docker_items_make(&daemon->container_items,
                                          &daemon->arena, &daemon->containers,
                                          NULL),
                   0);
  assert_int_equal(pyr__docker_items_make(&daemon->network_items,
                                          &daemon->arena, &daemon->networks,
                                          NULL),
                   0);
}

static void close_daemon(struct daemon *daemon) {
  pyr__json_answer_release(&daemon->containers);
  pyr__json_answer_release(&daemon->networks);
  pyr__arena_release(&daemon->arena);
  assert_int_equal(daemon->held, 0);
  assert_int_equal(
      daemon->memory.accounts[PYR__MEM_DISCOVERY_GROUPS].used_blocks, 0);
}

static const struct pyr__docker_sd_config usual = {
    .port = 80,
    .host_networking_host = {"localhost", 9},
    .match_first_network = true};

static const char *label(const struct pyr__discovered *target,
                         const char *name) {
  static char texts[4][256];
  static unsigned next;
  char *text = texts[next++ % 4];
  const pyr_str_t *value =
      pyr__labels_find(target->labels, target->label_count, name);
  snprintf(text, sizeof(texts[0]), "%.*s", value == NULL ? 1 : (int)value->len,
           value == NULL ? "-" : value->base);
  return text;
}

/* "name address\n" of all targets. */
static const char *targets_of(struct daemon *daemon, bool match_first) {
  static char text[8192];
  size_t i, number, used = 0;
  text[0] = '\0';
  for (i = 0; i < daemon->container_items.count; i++) {
    struct pyr__docker_container container;
    assert_int_equal(pyr__docker_container_read(
                         &container, &daemon->arena, &daemon->container_items,
                         &daemon->container_items.at[i], match_first, NULL),
                     0);
    for (number = 0; number < pyr__docker_target_count(&container); number++) {
      struct pyr__discovered target;
      assert_int_equal(pyr__docker_labels(&daemon->arena, &usual,
                                          &daemon->network_items, &container,
                                          number, &target, NULL),
                       0);
      used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s\n",
                               label(&target, "__meta_docker_container_name"),
                               label(&target, "__address__"));
    }
  }
  return text;
}

static const char *load(const char *name) {
  static char texts[2][32768];
  static unsigned next;
  char path[256], *text = texts[next++ % 2];
  FILE *file;
  size_t len;
  snprintf(path, sizeof(path), "%s/docker/%s", TEST_SOURCE_DIR, name);
  file = fopen(path, "rb");
  assert_non_null(file);
  len = fread(text, 1, sizeof(texts[0]) - 1, file);
  text[len] = '\0';
  fclose(file);
  return text;
}

/* ---- a real daemon ------------------------------------------------------ */

static void containers__of_a_real_daemon_become_targets(void **state) {
  struct daemon daemon;
  (void)state;
  open_daemon(&daemon, load("containers.json"), load("networks.json"));
  assert_string_equal(targets_of(&daemon, true), "/onhost localhost\n"
                                                 "/alone :80\n"
                                                 "/noport 10.99.2.3:80\n"
                                                 "/both 10.99.2.2:6061\n"
                                                 "/v6 10.99.3.2:80\n"
                                                 "/sidecar 10.99.1.2:80\n"
                                                 "/web 10.99.1.2:6060\n"
                                                 "/web 10.99.1.2:8080\n");
  assert_string_equal(targets_of(&daemon, false), "/onhost localhost\n"
                                                  "/alone :80\n"
                                                  "/noport 10.99.2.3:80\n"
                                                  "/both 10.99.2.2:6061\n"
                                                  "/both 10.99.1.3:6061\n"
                                                  "/v6 10.99.3.2:80\n"
                                                  "/sidecar 10.99.1.2:80\n"
                                                  "/web 10.99.1.2:6060\n"
                                                  "/web 10.99.1.2:8080\n");
  close_daemon(&daemon);
}

#define WEB "eb459b316b306810ed3bf1a8fb90fb4371e9f85094d5e2652cdc84fd4d78e353"

/* Of the port of web that is published. */
static void labels__are_all_there(void **state) {
  static const char *const expected[][2] = {
      {"__address__", "10.99.1.2:8080"},
      {"__meta_docker_container_id", WEB},
      {"__meta_docker_container_image", "pause:1"},
      {"__meta_docker_container_image_id",
       "sha256:"
       "12951a5cd7cce2a1108ecb3253bfbab7e8c4125f5b0c0267508406f7ebe51aa2"},
      {"__meta_docker_container_label_com_example_app", "web"},
      {"__meta_docker_container_name", "/web"},
      {"__meta_docker_container_network_mode", "front"},
      {"__meta_docker_network_id",
       "82678b38c3c579450f17fc672e664d156a80a20c4a0e2b0fc0c3290fdc8111b0"},
      {"__meta_docker_network_ingress", "false"},
      {"__meta_docker_network_internal", "false"},
      {"__meta_docker_network_ip", "10.99.1.2"},
      {"__meta_docker_network_label_com_example_net", "front"},
      {"__meta_docker_network_name", "front"},
      {"__meta_docker_network_scope", "local"},
      {"__meta_docker_port_private", "8080"},
      {"__meta_docker_port_public", "18080"},
      {"__meta_docker_port_public_ip", "127.0.0.1"}};
  struct daemon daemon;
  struct pyr__docker_container container;
  struct pyr__docker_item item = {{WEB, 64}, {"", 0}};
  struct pyr__discovered target;
  size_t i;
  (void)state;
  open_daemon(&daemon, load("containers.json"), load("networks.json"));
  item.record = pyr__docker_find(&daemon.container_items, item.id);
  assert_int_equal(pyr__docker_container_read(&container, &daemon.arena,
                                              &daemon.container_items, &item,
                                              true, NULL),
                   0);
  assert_int_equal(pyr__docker_labels(&daemon.arena, &usual,
                                      &daemon.network_items, &container, 1,
                                      &target, NULL),
                   0);
  assert_int_equal(target.label_count, sizeof(expected) / sizeof(expected[0]));
  for (i = 0; i < target.label_count; i++) {
    assert_true(pyr__str_is(target.labels[i].name, expected[i][0]));
    assert_true(pyr__str_is(target.labels[i].value, expected[i][1]));
  }
  close_daemon(&daemon);
}

static void cuts__change_nothing(void **state) {
  const char *text = load("containers.json");
  size_t len = strlen(text), at;
  struct daemon daemon;
  (void)state;
  open_daemon(&daemon, text, "[]");
  while (text[len - 1] == '\n')
    len--;
  for (at = 0; at < len; at++) {
    struct pyr__json_answer cut;
    assert_int_equal(
        feed(&daemon, &cut, &pyr__docker_containers, text, len, at), 0);
    assert_int_equal(cut.records.len, daemon.containers.records.len);
    assert_memory_equal(cut.records.data, daemon.containers.records.data,
                        cut.records.len);
    pyr__json_answer_release(&cut);
    assert_int_not_equal(
        feed(&daemon, &cut, &pyr__docker_containers, text, at, 0), 0);
    pyr__json_answer_release(&cut);
  }
  close_daemon(&daemon);
}

/* ---- others ------------------------------------------------------------- */

#define CONTAINER(id, mode, networks, ports)                                   \
  "{\"Id\":\"" id "\",\"Names\":[\"/" id "\",\"/x\"],\"HostConfig\":{"         \
  "\"NetworkMode\":\"" mode "\"},\"Ports\":" ports ",\"NetworkSettings\":{"    \
  "\"Networks\":" networks "}}"
#define TCP(port)    "{\"PrivatePort\":" port ",\"Type\":\"tcp\"}"
#define IN(name, ip) "\"" name "\":{\"IPAddress\":\"" ip "\"}"

static void networks__are_chosen_and_shared(void **state) {
  static const struct {
    const char *containers, *first, *all;
  } cases[] = {
      {"[]", "", ""},
      /* By name, whatever comes first, and never one that is null. */
      {"[" CONTAINER(
           "a", "x",
           "{" IN("z", "1.0.0.1") ",\"a\":null," IN("b", "1.0.0.2") "}",
           "[" TCP("1") "]") "]",
       "/a 1.0.0.2:1\n", "/a 1.0.0.1:1\n/a 1.0.0.2:1\n"},
      /* One that is null is one, so that others are not looked for. */
      {"[" CONTAINER("a", "container:b", "{\"n\":null}", "[]") "," CONTAINER(
           "b", "n", "{" IN("n", "1.0.0.1") "}", "null") "]",
       "/b 1.0.0.1:80\n", "/b 1.0.0.1:80\n"},
      /* Shared, and shared again; the ports are its own. */
      {"[" CONTAINER("a", "container:b", "{}", "[" TCP("1") "]") "," CONTAINER(
           "b", "container:c", "null",
           "[]") "," CONTAINER("c", "n", "{" IN("n", "1.0.0.1") "}",
                               "[" TCP("3") "]") "]",
       "/a 1.0.0.1:1\n/b 1.0.0.1:80\n/c 1.0.0.1:3\n",
       "/a 1.0.0.1:1\n/b 1.0.0.1:80\n/c 1.0.0.1:3\n"},
      /* In a circle, and of one that is gone. */
      {"[" CONTAINER("a", "container:b", "{}", "[]") "," CONTAINER(
           "b", "container:a", "{}", "[]") "," CONTAINER("c", "container:gone",
                                                         "{}", "[]") "]",
       "", ""},
      /* Only TCP, and IPv6 where there is no other. */
      {"[" CONTAINER(
           "a", "n",
           "{\"n\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"f::1\"}}",
           "[{\"PrivatePort\":1,\"Type\":\"udp\"}," TCP(
               "2") ","
                    "{\"PrivatePort\":3,\"Type\":\"sctp\"}]") "]",
       "/a [f::1]:2\n", "/a [f::1]:2\n"},
      /* Without a name it is being made; what is not as it should be is
       * passed over. */
      {"[{\"Id\":\"a\",\"Names\":[],\"NetworkSettings\":{\"Networks\":{"
       "\"n\":{\"IPAddress\":\"1.0.0.1\"}}}},{},"
       "{\"Id\":\"b\",\"Names\":null,\"Ports\":{},\"NetworkSettings\":[]},"
       "{\"Id\":7,\"Names\":\"/b\",\"Labels\":[{}],\"Ports\":[[],1,{}],"
       "\"HostConfig\":1,\"NetworkSettings\":{\"Networks\":[{}]}}]",
       "", ""},
  };
  struct daemon daemon;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    open_daemon(&daemon, cases[i].containers, "[]");
    assert_string_equal(targets_of(&daemon, true), cases[i].first);
    assert_string_equal(targets_of(&daemon, false), cases[i].all);
    close_daemon(&daemon);
  }
}

static void the_wrong_shape__is_no_answer(void **state) {
  static const char *const texts[] = {
      "", "{}", "[", "[{}][]", "7", "{\"message\":\"x\"}", "[{}]]"};
  struct daemon daemon;
  struct pyr__json_answer answer;
  size_t i;
  (void)state;
  open_daemon(&daemon, "[]", "[]");
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    assert_int_equal(feed(&daemon, &answer, &pyr__docker_containers, texts[i],
                          strlen(texts[i]), 0),
                     PYR_EHTTP);
    assert_true(daemon.err.text[0] != '\0');
    pyr__json_answer_release(&answer);
  }
  close_daemon(&daemon);
}

/* ---- what is asked ------------------------------------------------------ */

static void filters__are_a_map_of_sets(void **state) {
  static const pyr_str_t running[] = {{"running", 7}};
  static const pyr_str_t some[] = {{"a=b", 3}, {"q\"\\\n", 4}};
  static const pyr_str_t more[] = {{"c", 1}};
  static const struct pyr__sd_filter filters[] = {{{"label", 5}, some, 2},
                                                  {{"status", 6}, running, 1},
                                                  {{"label", 5}, more, 1},
                                                  {{"none", 4}, NULL, 0}};
  static const struct {
    size_t count;
    const char *url;
  } cases[] = {
      {0, "http://d/containers/json"},
      /* {"label":{"a=b":true,"q\"\\\u000a":true}} */
      {1, "http://d/containers/json?filters=%7B%22label%22%3A%7B%22a%3Db%22%3A"
          "true%2C%22q%5C%22%5C%5C%5Cu000a%22%3Atrue%7D%7D"},
      {4, "http://d/containers/json?filters=%7B%22label%22%3A%7B%22a%3Db%22%3A"
          "true%2C%22q%5C%22%5C%5C%5Cu000a%22%3Atrue%2C%22c%22%3Atrue%7D%2C%22"
          "status%22%3A%7B%22running%22%3Atrue%7D%2C%22none%22%3A%7B%7D%7D"}};
  struct pyr__memory memory;
  struct pyr__buf url;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const struct pyr__docker_sd_config config = {.base = {"http://d", 8},
                                                 .filters = filters,
                                                 .filter_count =
                                                     cases[i].count};
    pyr__buf_init(&url, &memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_URL_BYTES);
    assert_int_equal(pyr__docker_write_url(&url, &config, false, NULL), 0);
    assert_string_equal((char *)url.data, cases[i].url);
    pyr__buf_clear(&url);
    assert_int_equal(pyr__docker_write_url(&url, &config, true, NULL), 0);
    assert_string_equal((char *)url.data, "http://d/networks");
    pyr__buf_release(&url);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(containers__of_a_real_daemon_become_targets),
      cmocka_unit_test(labels__are_all_there),
      cmocka_unit_test(cuts__change_nothing),
      cmocka_unit_test(networks__are_chosen_and_shared),
      cmocka_unit_test(the_wrong_shape__is_no_answer),
      cmocka_unit_test(filters__are_a_map_of_sets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
