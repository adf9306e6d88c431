/* Requests over a proxy that speaks SOCKS5, which the script is. */
#include "http_client_fixture.h"

#include "base/str.h"
#include "net/http_access.h"

#define OK        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CONNECTED "\5\0\0\1\0\0\0\0\0\0"

/* The URL is http://a/, and nobody says who asks. */
enum { GREETING = 3, REQUEST = 4 + 2 + 2 };

static struct pyr__http_access *over_script(struct world *world,
                                            const char *user) {
  char url[128];
  struct pyr__http_access_options options = {.tls = NULL};
  struct pyr__http_access *access;
  pyr_error_t err;

  snprintf(url, sizeof(url), "socks5://%s127.0.0.1:%u", user,
           world->script.port);
  options.proxy.url = pyr__str(url);
  options.proxy.no_proxy = pyr__str("");
  if (pyr__http_access_new(&access, world->client, &options, "test", &err) != 0)
    fail_msg("%s", err.text);
  return access;
}

static void get(struct world *world, struct pyr__http_access *access,
                const char *url) {
  struct pyr__http_options options = {.access = access};
  fetch_reset(&world->fetch);
  if (fetch_start_with(&world->fetch, world->client, url, &options) == 0)
    fetch_wait(&world->fetch, &world->loop);
}

static struct world *begin(const struct script_step *steps, size_t count) {
  static const struct script_reply reply = {.text = OK};
  struct world *world = world_begin(NULL, &reply, 1);
  world->script.repeats = true;
  world->script.steps = steps;
  world->script.step_count = count;
  return world;
}

/* The host is the proxy's to resolve, and hears of no proxy. */
static void a_request_is_as_to_the_host_itself(void **state) {
  static const struct script_step steps[] = {SCRIPT_STEP(GREETING, "\5\0"),
                                             SCRIPT_STEP(REQUEST, CONNECTED)};
  static const char sent[] = "GET /x?y HTTP/1.1\r\nHost: a\r\nUser-Agent: ";
  struct world *world = begin(steps, 2);
  struct pyr__http_access *access = over_script(world, "");
  (void)state;
  get(world, access, "http://a/x?y");
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->script.taken, "\5\1\0\5\1\0\3\1a\0\120", 11);
  assert_memory_equal(world->script.last, sent, sizeof(sent) - 1);
  assert_null(strstr(world->script.last, "Proxy-"));
  get(world, access, "http://a/");
  assert_true(world->fetch.is_reused);
  get(world, access, "http://b/");
  assert_false(world->fetch.is_reused);
  pyr__http_access_unref(access);
  world_finish(world);
}

static void user_and_password_are_said_when_wanted(void **state) {
  static const struct script_step steps[] = {SCRIPT_STEP(4, "\5\2"),
                                             SCRIPT_STEP(7, "\1\0"),
                                             SCRIPT_STEP(REQUEST, CONNECTED)};
  struct world *world = begin(steps, 3);
  struct pyr__http_access *access = over_script(world, "me:pw@");
  (void)state;
  get(world, access, "http://a/");
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->script.taken, "\5\2\0\2\1\2me\2pw\5\1\0\3\1a", 17);
  assert_null(strstr(world->script.last, "uthorization"));
  pyr__http_access_unref(access);
  world_finish(world);
}

static const struct {
  struct script_step steps[2];
  const char *error;
} bad[] = {
    {{SCRIPT_STEP(GREETING, "\5\377")},
     "it wants to know who asks: put USER:PASSWORD@ before its host"},
    {{SCRIPT_STEP(GREETING, "\5\0"), SCRIPT_STEP(REQUEST, "\5\4\0\1")},
     "it answered 4 host unreachable"},
    {{SCRIPT_STEP(GREETING, "\5\0"),
      SCRIPT_STEP(REQUEST, CONNECTED "HTTP/1.1")},
     "8 bytes came behind the answer"},
    {{SCRIPT_STEP(GREETING, "HTTP/1.1 400")},
     "it speaks no SOCKS5: expected a first byte of 5, got 72"},
    {{{GREETING, "", 0, SCRIPT_CLOSE}},
     "connection closed before it said anything that is SOCKS5"},
    {{{GREETING, "\5\0", 2, SCRIPT_CLOSE}},
     "connection closed before it was connected"},
};

static void what_a_proxy_does_wrong_names_it(void **state) {
  char expected[256];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct world *world = begin(bad[i].steps, 2);
    struct pyr__http_access *access = over_script(world, "");
    get(world, access, "http://a/");
    snprintf(expected, sizeof(expected),
             "proxy 127.0.0.1:%u: SOCKS5 to a:80: %s", world->script.port,
             bad[i].error);
    assert_string_equal(world->fetch.error, expected);
    assert_int_equal(world->fetch.code, PYR_EPROXY);
    pyr__http_access_unref(access);
    world_finish(world);
  }
}

/* And so does one that is cut anywhere. */
static void an_answer_that_is_cut_is_none(void **state) {
  struct pyr__http_access *access;
  struct world *world;
  size_t len;
  (void)state;
  for (len = 0; len < 12; len++) {
    struct script_step steps[] = {{GREETING, "\5\0", len, SCRIPT_CLOSE},
                                  {REQUEST, CONNECTED, 0, SCRIPT_CLOSE}};
    if (len >= 2)
      steps[0] = (struct script_step)SCRIPT_STEP(GREETING, "\5\0");
    steps[1].len = len < 2 ? 0 : len - 2;
    world = begin(steps, 2);
    access = over_script(world, "");
    get(world, access, "http://a/");
    assert_int_equal(world->fetch.code, PYR_EPROXY);
    assert_non_null(strstr(world->fetch.error, ": connection closed before "));
    assert_int_equal(world->script.requests, 0);
    pyr__http_access_unref(access);
    world_finish(world);
  }
}

static void what_is_wrong_behind_the_proxy_names_both(void **state) {
  static const struct script_step steps[] = {SCRIPT_STEP(GREETING, "\5\0"),
                                             SCRIPT_STEP(REQUEST, CONNECTED)};
  struct world *world = begin(steps, 2);
  struct pyr__http_access *access = over_script(world, "");
  char expected[256];
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"},
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
       .end = SCRIPT_CLOSE}};
  (void)state;
  world->script.replies = replies;
  world->script.reply_count = 2;
  get(world, access, "http://a/"); /* it is the host that answers */
  assert_int_equal(world->fetch.code, PYR_ESTATUS);
  get(world, access, "http://a/");
  snprintf(expected, sizeof(expected),
           "a:80 over proxy 127.0.0.1:%u: connection closed after 2 of 4 bytes",
           world->script.port);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, PYR_EHTTP);
  pyr__http_access_unref(access);
  world_finish(world);
}

static void a_proxy_that_says_nothing_can_be_left(void **state) {
  static const struct script_step steps[] = {SCRIPT_STEP(GREETING, "\5"),
                                             SCRIPT_STEP(9, "")};
  struct world *world = begin(steps, 2);
  struct pyr__http_access *access = over_script(world, "");
  struct pyr__http_options options = {.access = access};
  (void)state;
  assert_int_equal(
      fetch_start_with(&world->fetch, world->client, "http://a/", &options), 0);
  loop_until(&world->loop, world->script.taken_len != 0);
  assert_string_equal(pyr__http_phase(world->fetch.request),
                      "waiting for the proxy to connect");
  pyr__http_cancel(world->fetch.request, PYR_ETIMEOUT, "too late");
  assert_int_equal(world->fetch.code, PYR_ETIMEOUT);
  pyr__http_access_unref(access);
  world_finish(world);
}

/* Every n-th allocation fails once; the request ends in an error, or not. */
static void no_memory_is_an_ordinary_error(void **state) {
  static const struct script_step steps[] = {SCRIPT_STEP(4, "\5\2"),
                                             SCRIPT_STEP(7, "\1\0"),
                                             SCRIPT_STEP(REQUEST, CONNECTED)};
  struct world *world = begin(steps, 3);
  struct pyr__http_access *access = over_script(world, "me:pw@");
  unsigned n, failures = 0;
  (void)state;
  for (n = 1; n < 64; n++) {
    char url[64];
    snprintf(url, sizeof(url), "http://a:%u/", 1000 + n);
    world->failing.fail_at = world->failing.calls + n;
    get(world, access, url);
    if (world->failing.calls < world->failing.fail_at)
      break;
    failures++;
  }
  assert_true(n < 64 && failures > 5);
  assert_string_equal(world->fetch.error, "");
  pyr__http_access_unref(access);
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_is_as_to_the_host_itself),
      cmocka_unit_test(user_and_password_are_said_when_wanted),
      cmocka_unit_test(what_a_proxy_does_wrong_names_it),
      cmocka_unit_test(an_answer_that_is_cut_is_none),
      cmocka_unit_test(what_is_wrong_behind_the_proxy_names_both),
      cmocka_unit_test(a_proxy_that_says_nothing_can_be_left),
      cmocka_unit_test(no_memory_is_an_ordinary_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
