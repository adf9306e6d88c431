#include "kubernetes_live.h"

#define COUNT(replies) (sizeof(replies) / sizeof((replies)[0]))

static void a_list_then_a_watch(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods",
             LIST("10", POD("a", "1", "1.1.1.1") "," POD("b", "2", "1.1.1.2"))),
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("c", "11", "1.1.1.3")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/c", "1.1.1.3:80"));
  assert_true(kube_is(&kube, "pod/x/a", "1.1.1.1:80"));
  assert_true(kube_is(&kube, "pod/x/b", "1.1.1.2:80"));
  assert_int_equal(kube.syncs, 1);
  assert_true(kube.updates_at_sync >= 2);
  assert_ptr_equal(strstr(kube.script.log,
                          "GET /api/v1/pods?pretty=false&limit=500&"
                          "resourceVersion=0 HTTP/1.1\n"
                          "GET /api/v1/pods?pretty=false&watch=true&"
                          "allowWatchBookmarks=true&timeoutSeconds="),
                   kube.script.log);
  assert_non_null(strstr(kube.script.log, "&resourceVersion=10 HTTP/1.1\n"));
  script_push(&kube.script, replies[1].match,
              EVENT("MODIFIED", POD("a", "12", "1.1.1.9")));
  kube_until(&kube, kube_is(&kube, "pod/x/a", "1.1.1.9:80"));
  script_push(&kube.script, replies[1].match,
              EVENT("DELETED", POD("b", "13", "1.1.1.2")));
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_int_equal(kube.syncs, 1);
  assert_int_equal(kube.warnings, 0);
  assert_true(kube.discoverer->stats.last_success_ns > 0);
  kube_end(&kube);
}

/* Heartbeats change much of an object, but nothing that is kept. */
static void what_changes_nothing_is_not_told(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods",
              HEAD_200 EVENT("MODIFIED", POD("a", "11", "1.1.1.1"))
                  EVENT("MODIFIED", POD("a", "12", "1.1.1.1"))
                      EVENT("ADDED", POD("b", "13", "1.1.1.2")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_int_equal(kube.updates, 2);
  kube_end(&kube);
}

static void a_list_comes_in_pages(void **state) {
#define PAGE(token, items)                                                     \
  HEAD_200 "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"" token   \
           "\"},\"items\":[" items "]}"
  static const struct script_reply replies[] = {
      A_LIST("pods", PAGE("a/b+c= \\u00e9", POD("a", "1", "1.1.1.1"))),
      A_LIST("pods", PAGE("second", POD("b", "2", "1.1.1.2"))),
      A_LIST("pods", PAGE("", POD("c", "3", "1.1.1.3"))),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_int_equal(json_object_size(kube.groups), 3);
  kube_until(&kube, strstr(kube.script.log, "watch=true") != NULL);
  assert_non_null(
      strstr(kube.script.log,
             "pretty=false&limit=500&continue=a%2Fb%2Bc%3D%20%C3%A9 "));
  assert_non_null(
      strstr(kube.script.log, "pretty=false&limit=500&continue=second "));
  kube_end(&kube);
#undef PAGE
}

static void a_forgotten_page_begins_anew(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", HEAD_200
             "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"t\"},"
             "\"items\":[" POD("old", "1", "1.1.1.1") "]}"),
      A_LIST("pods", REFUSAL("410", "the continue token is too old")),
      A_LIST("pods", LIST("20", POD("new", "15", "1.1.1.2"))),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_int_equal(json_object_size(kube.groups), 1);
  assert_true(kube_is(&kube, "pod/x/new", "1.1.1.2:80"));
  assert_non_null(strstr(kube.script.log, "pods?pretty=false&limit=500 "));
  assert_int_equal(kube.warnings, 0);
  kube_end(&kube);
}

/* Cut at every byte, in small chunks at that. */
static void bytes_one_by_one(void **state) {
  static const struct script_reply replies[] = {
      {LIST("10", POD("a", "1", "1.1.1.1")), 0, 1, SCRIPT_CLOSE, "limit"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "7\r\n{\"type\"\r\n1\r\n:\r\n26\r\n\"DELETED\",\"object\":{\"metadata\":"
       "{\"name\"\r\n1a\r\n:\"a\",\"namespace\":\"x\"},\"s\":\r\n8\r\n"
       "[1,2]}}\n\r\n0\r\n\r\n",
       0, 1, SCRIPT_KEEP, "watch"},
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_int_equal(json_object_size(kube.groups), 1);
  kube_until(&kube, json_object_size(kube.groups) == 0);
  kube_until(&kube, kube.discoverer->stats.watch_restarts == 1);
  assert_int_equal(kube.warnings, 0);
  kube_end(&kube);
}

/* ---- what the server may say instead ------------------------------------ */

static void an_ended_watch_goes_on_where_it_was(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods",
              HEAD_200 EVENT("ADDED", POD("b", "11", "1.1.1.2")) BOOKMARK("40"),
              SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("c", "41", "1.1.1.3")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, json_object_size(kube.groups) == 3);
  assert_non_null(strstr(kube.script.log, "&resourceVersion=40 "));
  assert_int_equal(kube.discoverer->stats.watch_restarts, 1);
  assert_int_equal(kube.warnings, 0);
  kube_end(&kube);
}

static void a_watch_that_ends_at_once_is_a_failure(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", HEAD_200, SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200, SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200, SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("b", "11", "1.1.1.2")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_int_equal(kube.warnings, 1);
  assert_non_null(
      strstr(kube.warning, "pods: the watch ended at once, without an event"));
  assert_int_equal(kube.discoverer->stats.failures, 3);
  kube_end(&kube);
}

static void an_expired_watch_lists_again(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", REFUSAL("410", "too old resource version"), SCRIPT_CLOSE),
      A_RELIST("pods", "10", LIST("20", POD("b", "15", "1.1.1.2"))),
      A_WATCH("pods",
              HEAD_200 EVENT("ADDED", POD("c", "21", "1.1.1.3"))
                  EVENT("ERROR", STATUS_BODY("410", "expired")),
              SCRIPT_KEEP),
      A_RELIST("pods", "21", REFUSAL("410", "too old, too")),
      A_LIST("pods", LIST("30", POD("d", "25", "1.1.1.4"))),
      A_WATCH("pods", HEAD_200, SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/d", "1.1.1.4:80") &&
                        json_object_size(kube.groups) == 1);
  kube_until(&kube, strstr(kube.script.log, "&resourceVersion=30 ") != NULL);
  /* What the last list had to be: the newest. */
  assert_non_null(strstr(kube.script.log, "pods?pretty=false&limit=500 "));
  assert_int_equal(kube.syncs, 1);
  assert_int_equal(kube.warnings, 0);
  assert_int_equal(kube.discoverer->stats.failures, 0);
  assert_int_equal(kube.discoverer->stats.watch_restarts, 2);
  kube_end(&kube);
}

static void a_server_behind_is_asked_for_the_newest(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", REFUSAL("410", "gone"), SCRIPT_CLOSE),
      A_RELIST("pods", "10", REFUSAL("504", "Too large resource version")),
      A_LIST("pods", LIST("20", POD("b", "15", "1.1.1.2"))),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/b", "1.1.1.2:80"));
  assert_int_equal(kube.warnings, 0);
  kube_end(&kube);
}

static void a_busy_server_is_asked_again(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", REFUSAL("429", "too many requests")),
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", REFUSAL("429", "too many requests"), SCRIPT_CLOSE),
      A_WATCH("pods", REFUSAL("500", "etcd has no leader"), SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200 EVENT("ERROR", STATUS_BODY("500", "internal")),
              SCRIPT_KEEP),
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("b", "11", "1.1.1.2")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_null(strstr(kube.script.log, "resourceVersion=10 HTTP/1.1\nGET "
                                      "/api/v1/pods?pretty=false&limit"));
  assert_int_equal(kube.discoverer->stats.failures, 4);
  kube_end(&kube);
}

static void a_server_says_when_to_come_back(void **state) {
#define BUSY(when)                                                             \
  "HTTP/1.1 429 Too Many Requests\r\nRetry-After: " when                       \
  "\r\nContent-Length: 0\r\n\r\n"
  static const struct script_reply replies[] = {
      A_LIST("pods", BUSY("99999999999999999999")),
      A_LIST("pods", BUSY("soon")),
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
  };
  struct kube kube;
  uint64_t start;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.timing.wait_max = 60;
  start = uv_now(&kube.loop);
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_true(uv_now(&kube.loop) - start >= 60);
  assert_int_equal(kube.warnings, 1);
  kube_end(&kube);
#undef BUSY
}

static void a_refusal_is_told_once(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", REFUSAL("403", "pods is forbidden: User \\\"u\\\"")),
      A_LIST("pods", REFUSAL("403", "pods is forbidden: User \\\"u\\\"")),
      A_LIST("pods", REFUSAL("403", "pods is forbidden: User \\\"u\\\"")),
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", REFUSAL("403", "watch is forbidden"), SCRIPT_CLOSE),
      A_WATCH("pods", REFUSAL("403", "watch is forbidden"), SCRIPT_CLOSE),
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("b", "11", "1.1.1.2")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_int_equal(kube.warnings, 1);
  assert_non_null(strstr(kube.warning,
                         "RBAC does not allow to get, list and watch pods: "
                         "pods: 403 Refused: "));
  assert_non_null(strstr(kube.warning, "pods is forbidden"));
  assert_string_not_equal(kube.discoverer->stats.last_error, "");
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_int_equal(kube.warnings, 1);
  assert_int_equal(kube.discoverer->stats.failures, 5);
  assert_string_equal(kube.discoverer->stats.last_error, "");
  assert_non_null(strstr(kube.info, "discovery works again"));
  kube_end(&kube);
}

static void silence_is_not_waited_for_for_ever(void **state) {
  static const struct script_reply replies[] = {
      {"", 0, 0, SCRIPT_KEEP, "limit"}, /* no reply at all */
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", HEAD_200 BOOKMARK("11"), SCRIPT_KEEP),
      {"", 0, 0, SCRIPT_KEEP, "resourceVersion=11"}, /* nor a head */
      A_WATCH("pods", HEAD_200 EVENT("ADDED", POD("b", "12", "1.1.1.2")),
              SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.timing.page = kube.timing.idle = 30;
  kube_start(&kube);
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_non_null(strstr(kube.script.log, "&resourceVersion=11 "));
  assert_true(kube.discoverer->stats.watch_restarts >= 1);
  assert_int_equal(kube.discoverer->stats.failures, 2);
  assert_non_null(strstr(kube.warning, "a page of the list took too long"));
  kube_end(&kube);
}

static void a_lost_server_keeps_what_is_known(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", HEAD_200 BOOKMARK("11"), SCRIPT_RESET),
      {"", 0, 0, SCRIPT_RESET, "resourceVersion=11"},
      {"", 0, 0, SCRIPT_CLOSE, "resourceVersion=11"},
      {"garbage\r\n\r\n", 0, 0, SCRIPT_CLOSE, "resourceVersion=11"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"type\"", 0,
       0, SCRIPT_CLOSE, "resourceVersion=11"},
      {HEAD_200 EVENT("ADDED", POD("b", "15", "1.1.1.2")), 0, 0, SCRIPT_KEEP,
       "resourceVersion=11"},
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube.discoverer->stats.failures >= 3);
  assert_true(kube_is(&kube, "pod/x/a", "1.1.1.1:80"));
  kube_until(&kube, kube_is(&kube, "pod/x/b", "1.1.1.2:80"));
  assert_int_equal(json_object_size(kube.groups), 2);
  assert_int_equal(kube.updates, 2);
  kube_end(&kube);
}

/* ---- what is not as it should be ---------------------------------------- */

static const char *const lies[] = {
    HEAD_200,
    HEAD_200 "{}",
    HEAD_200 "[]",
    HEAD_200 "<html>",
    HEAD_200 "{\"items\":[]}",
    HEAD_200 "{\"items\":null,\"metadata\":{}}",
    HEAD_200 "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[",
    HEAD_200 "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{]}",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    REFUSAL("401", "Unauthorized"),
    REFUSAL("410", "Gone"),
};

/* A list is believed only when it is one, to its end. */
static void nothing_is_gone_because_of_a_lie(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(lies); i++) {
    const struct script_reply replies[] = {
        A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
        A_WATCH("pods", HEAD_200 "]", SCRIPT_CLOSE),
        A_RELIST("pods", "10", lies[i]),
        {LIST("20", POD("a", "1", "1.1.1.1") "," POD("b", "15", "1.1.1.2")), 0,
         0, SCRIPT_CLOSE, "pods?pretty=false&"},
    };
    struct kube kube;
    kube_begin(&kube, replies, COUNT(replies), NULL);
    kube_start(&kube);
    kube_until(&kube, json_object_size(kube.groups) == 2);
    assert_int_equal(kube.updates, 2);
    kube_end(&kube);
  }
}

static bool still_has_a(const struct kube *kube) {
  assert_true(kube_is(kube, "pod/x/a", "1.1.1.1:80"));
  return true;
}

/* What is in a list that ends too soon may be new, but nothing is gone. */
static void a_list_cut_anywhere_takes_nothing_away(void **state) {
  static const char whole[] = LIST("15", POD("b", "14", "1.1.1.2"));
  size_t cut;
  (void)state;
  for (cut = 0; cut < sizeof(whole) - 2; cut++) {
    const struct script_reply replies[] = {
        A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
        A_WATCH("pods", HEAD_200 "]", SCRIPT_CLOSE),
        {cut == 0 ? "" : whole, cut, 0, SCRIPT_CLOSE,
         "pods?pretty=false&resourceVersion=10 "},
        {LIST("20", POD("a", "1", "1.1.1.1") "," POD("c", "15", "1.1.1.3")), 0,
         0, SCRIPT_CLOSE, "pods?pretty=false&"},
    };
    struct kube kube;
    kube_begin(&kube, replies, COUNT(replies), NULL);
    kube_start(&kube);
    kube_until(&kube, kube.syncs == 1);
    kube_until(&kube, still_has_a(&kube) &&
                          kube_is(&kube, "pod/x/c", "1.1.1.3:80") &&
                          json_object_size(kube.groups) == 2);
    kube_end(&kube);
  }
}

static void a_broken_watch_lists_again(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods",
              HEAD_200 EVENT("ADDED", POD("b", "11", "1.1.1.2")) "{\"type\":,",
              SCRIPT_KEEP),
      A_RELIST(
          "pods", "11",
          LIST("20", POD("b", "15", "1.1.1.2") "," POD("c", "16", "1.1.1.3"))),
      A_WATCH("pods", HEAD_200, SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/c", "1.1.1.3:80"));
  kube_until(&kube, json_object_size(kube.groups) == 2);
  assert_int_equal(kube.warnings, 1);
  assert_non_null(strstr(kube.warning, "pods: no JSON at byte "));
  kube_end(&kube);
}

static void strange_events_do_no_harm(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH(
          "pods",
          HEAD_200 "[]{}{\"type\":\"ADDED\"}" EVENT("ADDED", "{}")
              EVENT("SIDEWAYS", POD("s", "11", "1.1.1.5")) EVENT(
                  "DELETED", POD("unknown", "12", "1.1.1.6"))
                  EVENT("ADDED", "[1,{\"metadata\":[]},\"x\"]") EVENT(
                      "ADDED",
                      "{\"metadata\":{\"name\":\"\"}"
                      "}") "{\"object\":" POD("b", "13",
                                              "1.1.1.2") ",\"type\":\"ADDED\"}",
          SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/b", "1.1.1.2:80"));
  assert_int_equal(json_object_size(kube.groups), 2);
  assert_int_equal(kube.warnings, 0);
  kube_end(&kube);
}

/* The pod `name` with an annotation longer than what is kept. */
static char *huge_pod(const char *before, const char *name) {
  size_t len = PYR__LIMIT_KUBERNETES_TEXT + 1;
  char *text = calloc(len + 1024, 1);
  int used = sprintf(text,
                     "%s{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{"
                     "\"name\":\"%s\",\"namespace\":\"x\",\"resourceVersion\":"
                     "\"12\",\"annotations\":{\"k\":\"",
                     before, name);
  memset(text + used, 'v', len);
  strcpy(text + (size_t)used + len,
         "\"}},\"status\":{\"podIP\":\"9.9.9.9\"}}}\n");
  return strcat(text, EVENT("ADDED", POD("b", "13", "1.1.1.2")));
}

static void an_object_too_large_stays_as_it_was(void **state) {
  char *huge = huge_pod(HEAD_200, "a");
  const struct script_reply replies[] = {
      A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
      A_WATCH("pods", huge, SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/b", "1.1.1.2:80"));
  assert_true(kube_is(&kube, "pod/x/a", "1.1.1.1:80"));
  assert_int_equal(kube.warnings, 1);
  assert_non_null(strstr(kube.warning, "pods: x/a has more labels"));
  /* What it took is given back. */
  assert_true(kube.memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES].used_bytes <
              65536);
  kube_end(&kube);
  free(huge);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_list_then_a_watch),
      cmocka_unit_test(what_changes_nothing_is_not_told),
      cmocka_unit_test(a_list_comes_in_pages),
      cmocka_unit_test(a_forgotten_page_begins_anew),
      cmocka_unit_test(bytes_one_by_one),
      cmocka_unit_test(an_ended_watch_goes_on_where_it_was),
      cmocka_unit_test(a_watch_that_ends_at_once_is_a_failure),
      cmocka_unit_test(an_expired_watch_lists_again),
      cmocka_unit_test(a_server_behind_is_asked_for_the_newest),
      cmocka_unit_test(a_busy_server_is_asked_again),
      cmocka_unit_test(a_server_says_when_to_come_back),
      cmocka_unit_test(a_refusal_is_told_once),
      cmocka_unit_test(silence_is_not_waited_for_for_ever),
      cmocka_unit_test(a_lost_server_keeps_what_is_known),
      cmocka_unit_test(nothing_is_gone_because_of_a_lie),
      cmocka_unit_test(a_list_cut_anywhere_takes_nothing_away),
      cmocka_unit_test(a_broken_watch_lists_again),
      cmocka_unit_test(strange_events_do_no_harm),
      cmocka_unit_test(an_object_too_large_stays_as_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
