#include "http_client_fixture.h"
#include "https_script.h"

#include "base/str.h"
#include "net/http_access.h"

#define OK        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CONNECTED "HTTP/1.1 200 Connection established\r\n\r\n"

static struct test_authority made; /* once */

/* ---- http: the script is the proxy -------------------------------------- */

static const struct pyr__http_header connect_lines[] = {
    {.name = "X-Connect", .value = "canary"}};

/* A proxy of this host, of an access. */
static struct pyr__http_access *over(struct world *world, const char *scheme,
                                     const char *user, unsigned port) {
  char url[128];
  struct pyr__tls_options tls = {.ca = made.ca_pem};
  struct pyr__http_access_options options = {.tls = &tls};
  struct pyr__http_access *access;
  pyr_error_t err;

  snprintf(url, sizeof(url), "%s://%s127.0.0.1:%u", scheme, user, port);
  options.proxy =
      (struct pyr__proxy_options){.url = pyr__str(url),
                                  .no_proxy = {"", 0},
                                  .connect_headers = {connect_lines, 1}};
  if (pyr__http_access_new(&access, world->client, &options, "test", &err) != 0)
    fail_msg("%s", err.text);
  return access;
}

static struct pyr__http_access *over_script(struct world *world,
                                            const char *user, unsigned port) {
  return over(world, "http", user, port);
}

static void get(struct world *world, struct pyr__http_access *access,
                const char *url) {
  struct pyr__http_options options = {.follow_other_hosts = true,
                                      .access = access};
  fetch_reset(&world->fetch);
  if (fetch_start_with(&world->fetch, world->client, url, &options) == 0)
    fetch_wait(&world->fetch, &world->loop);
}

static void assert_error(const struct world *world, int code,
                         const char *format, unsigned port) {
  char expected[512];
  snprintf(expected, sizeof(expected), format, port);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, code);
}

/* The name is the proxy's to resolve. */
static void http_is_asked_for_by_the_whole_url(void **state) {
  static const struct script_reply replies[] = {{.text = OK}, {.text = OK}};
  struct world *world = world_begin(NULL, replies, 2);
  struct pyr__http_access *access =
      over_script(world, "me:pw@", world->script.port);
  (void)state;
  get(world, access, "http://only.proxy.knows:81/a?b=c");
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->script.last,
                      "GET http://only.proxy.knows:81/a?b=c HTTP/1.1\r\n"
                      "Host: only.proxy.knows:81\r\n"
                      "Proxy-Authorization: Basic bWU6cHc=\r\n",
                      strlen("GET http://only.proxy.knows:81/a?b=c HTTP/1.1\r\n"
                             "Host: only.proxy.knows:81\r\n"
                             "Proxy-Authorization: Basic bWU6cHc=\r\n"));
  assert_null(strstr(world->script.last, "X-Connect"));
  get(world, access, "http://only.proxy.knows:81/a?b=c");
  assert_true(world->fetch.is_reused);
  pyr__http_access_unref(access);
  world_finish(world);
}

/* What was made as somebody is not for others, nor for another host. */
static void connections_belong_to_who_made_them(void **state) {
  static const struct script_reply reply = {.text = OK};
  struct world *world = world_begin(NULL, &reply, 1);
  struct pyr__http_access *one = over_script(world, "", world->script.port);
  struct pyr__http_access *two = over_script(world, "", world->script.port);
  (void)state;
  world->script.repeats = true;
  get(world, one, "http://a/");
  get(world, two, "http://a/");
  assert_false(world->fetch.is_reused);
  get(world, one, "http://b/");
  assert_false(world->fetch.is_reused);
  get(world, one, world->url);
  assert_false(world->fetch.is_reused);
  get(world, NULL, world->url);
  assert_false(world->fetch.is_reused);
  get(world, two, "http://a/");
  assert_true(world->fetch.is_reused);
  pyr__http_access_unref(one);
  pyr__http_access_unref(two);
  world_finish(world);
}

static void a_redirect_to_another_host_goes_over_the_proxy(void **state) {
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 302 Found\r\nLocation: http://b/x\r\n"
               "Content-Length: 0\r\n\r\n"},
      {.text = OK}};
  struct world *world = world_begin(NULL, replies, 2);
  struct pyr__http_access *access =
      over_script(world, "me:pw@", world->script.port);
  (void)state;
  get(world, access, "http://a/");
  assert_string_equal(world->fetch.error, "");
  assert_non_null(strstr(world->script.last, "GET http://b/x HTTP/1.1\r\n"));
  assert_non_null(strstr(world->script.last, "Proxy-Authorization: "));
  pyr__http_access_unref(access);
  world_finish(world);
}

static void a_status_over_a_proxy_names_it(void **state) {
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 407 Proxy Authentication Required\r\n"
               "Content-Length: 6\r\n\r\nnot me"},
      {.text = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\nhost"},
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
       .end = SCRIPT_CLOSE}};
  struct world *world = world_begin(NULL, replies, 3);
  struct pyr__http_access *access = over_script(world, "", world->script.port);
  unsigned port = world->script.port;
  (void)state;
  get(world, access, "http://a/");
  assert_error(world, PYR_EPROXY,
               "proxy 127.0.0.1:%u answered 407 Proxy Authentication "
               "Required: not me",
               port);
  get(world, access, "http://a/");
  assert_error(world, PYR_ESTATUS,
               "over proxy 127.0.0.1:%u: 502 Bad Gateway: host", port);
  get(world, access, "http://a/");
  assert_error(world, PYR_EHTTP,
               "a:80 over proxy 127.0.0.1:%u: connection closed after 2 of 4 "
               "bytes",
               port);
  pyr__http_access_unref(access);
  world_finish(world);
}

static void a_proxy_that_is_not_there_is_named(void **state) {
  struct world *world = world_begin("proxy.test 60 NXDOMAIN\n", NULL, 0);
  struct pyr__http_access *access = over_script(world, "me:canary@", 1);
  (void)state;
  get(world, access, "https://a/");
  assert_error(world, PYR_EPROXY,
               "proxy 127.0.0.1:%u: connect to 127.0.0.1:1: connection refused",
               1);
  pyr__http_access_unref(access);
  world_finish(world);
}

/* ---- CONNECT: what a proxy may answer ------------------------------------ */

static char long_header[80000];

static const struct {
  const char *reply, *error;
  size_t piece;
} answers[] = {
    {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\n"
     "abc",
     " answered 407 Proxy Authentication Required to CONNECT a:443", 0},
    {"HTTP/1.0 403 Filtered\r\n\r\n", " answered 403 Filtered to CONNECT a:443",
     1},
    {"HTTP/1.1 502\r\n\r\n", " answered 502 to CONNECT a:443", 0},
    {"HTTP/1.1 302 Found\r\nLocation: http://b/\r\n\r\n",
     " answered 302 Found to CONNECT a:443", 0},
    {"HTTP/1.1 404 \x1b[2J\r\n\r\n", " answered 404 \\x1b[2J to CONNECT a:443",
     0},
    {"HTTP/1.1 200 OK\r\n\r\nmore",
     ": CONNECT a:443: 4 bytes came behind the answer", 0},
    {"SSH-2.0-OpenSSH_9.2\r\n",
     ": CONNECT a:443: not an HTTP response: Expected HTTP/", 0},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
     ": CONNECT a:443: 101 Switching Protocols was not asked for", 0},
    {"", ": CONNECT a:443: connection closed without a response", 0},
    {"HTTP/1.1 200 OK\r\nX: ",
     ": CONNECT a:443: connection closed inside the header, after 20 bytes", 1},
    {long_header, ": CONNECT a:443: header is longer than 65536 bytes", 0},
};

static void what_a_proxy_answers_is_said(void **state) {
  size_t i;
  char format[256];
  (void)state;
  memset(long_header, 'x', sizeof(long_header) - 1);
  memcpy(long_header, "HTTP/1.1 200 OK\r\nX: ", 20);
  for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
    struct script_reply reply = {.text = answers[i].reply,
                                 .piece = answers[i].piece,
                                 .end = SCRIPT_CLOSE};
    struct world *world = world_begin(NULL, &reply, 1);
    struct pyr__http_access *access =
        over_script(world, "me:pw@", world->script.port);
    snprintf(format, sizeof(format), "proxy 127.0.0.1:%%u%s", answers[i].error);
    get(world, access, "https://a/path");
    assert_error(world, PYR_EPROXY, format, world->script.port);
    assert_int_equal(world->fetch.status, 0);
    pyr__http_access_unref(access);
    world_finish(world);
  }
}

static void an_answer_that_is_cut_anywhere_is_none(void **state) {
  struct script_reply replies[sizeof(CONNECTED)];
  struct world *world;
  struct pyr__http_access *access;
  size_t i, count = sizeof(CONNECTED) - 1;
  (void)state;
  for (i = 0; i < count; i++)
    replies[i] = (struct script_reply){.text = i == 0 ? "" : CONNECTED,
                                       .len = i,
                                       .piece = i % 3,
                                       .end = SCRIPT_CLOSE};
  world = world_begin(NULL, replies, count);
  access = over_script(world, "", world->script.port);
  for (i = 0; i < count; i++) {
    get(world, access, "https://a/");
    assert_int_equal(world->fetch.code, PYR_EPROXY);
    assert_non_null(strstr(world->fetch.error, ": connection closed "));
  }
  assert_int_equal(world->script.requests, count);
  pyr__http_access_unref(access);
  world_finish(world);
}

static void a_proxy_that_says_nothing_can_be_left(void **state) {
  struct world *world = world_begin(NULL, NULL, 0);
  struct pyr__http_access *access = over_script(world, "", world->script.port);
  struct pyr__http_options options = {.access = access};
  (void)state;
  assert_int_equal(
      fetch_start_with(&world->fetch, world->client, "https://a/", &options),
      0);
  loop_until(&world->loop, world->script.requests != 0);
  assert_string_equal(pyr__http_phase(world->fetch.request),
                      "waiting for the proxy to connect");
  pyr__http_cancel(world->fetch.request, PYR_ETIMEOUT, "too late");
  assert_int_equal(world->fetch.code, PYR_ETIMEOUT);
  pyr__http_access_unref(access);
  world_finish(world);
}

/* ---- CONNECT: to a server that speaks TLS -------------------------------- */

struct tunnel {
  struct world *world;
  struct https_script server;
  struct pyr__http_access *access;
};

static const struct test_peer_options known = {.chain = &made.server.cert,
                                               .key = &made.server.key};

static void begin_tunnel(struct tunnel *tunnel, const char *answer,
                         const struct https_reply *replies, size_t count) {
  tunnel->world = world_begin(NULL, NULL, 0);
  https_listen(&tunnel->server, &tunnel->world->loop, &known, replies, count);
  tunnel->server.connect_reply = answer;
  tunnel->access = over_script(tunnel->world, "me:pw@", tunnel->server.port);
}

static void end_tunnel(struct tunnel *tunnel) {
  pyr__http_access_unref(tunnel->access);
  https_stop(&tunnel->server);
  world_finish(tunnel->world);
}

static void https_goes_through_connect(void **state) {
  static const struct https_reply replies[] = {{.text = OK}, {.text = OK}};
  struct tunnel tunnel;
  (void)state;
  begin_tunnel(&tunnel, CONNECTED, replies, 2);
  get(tunnel.world, tunnel.access, "https://only.proxy.knows/a");
  assert_string_equal(tunnel.world->fetch.error, "");
  assert_string_equal(tunnel.server.connect,
                      "CONNECT only.proxy.knows:443 HTTP/1.1\r\n"
                      "Host: only.proxy.knows:443\r\n"
                      "User-Agent: pyrite/" PYR_VERSION "\r\n"
                      "Proxy-Authorization: Basic bWU6cHc=\r\n"
                      "X-Connect: canary\r\n\r\n");
  get(tunnel.world, tunnel.access, "https://only.proxy.knows/a");
  assert_string_equal(tunnel.world->fetch.error, "");
  assert_true(tunnel.world->fetch.is_reused);
  assert_int_equal(tunnel.server.connections, 1);
  end_tunnel(&tunnel);
}

/* An HTTP/1.0 answer, one without a reason, with a body's length, behind an
 * interim one, ... */
static void any_2xx_is_a_yes(void **state) {
  static const char *const yes[] = {
      "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy\r\n\r\n",
      "HTTP/1.1 200\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"};
  static const struct https_reply reply = {.text = OK};
  struct tunnel tunnel;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
    begin_tunnel(&tunnel, yes[i], &reply, 1);
    get(tunnel.world, tunnel.access, "https://only.proxy.knows/");
    assert_string_equal(tunnel.world->fetch.error, "");
    end_tunnel(&tunnel);
  }
}

static void what_is_wrong_behind_the_proxy_names_both(void **state) {
  struct tunnel tunnel;
  (void)state;
  begin_tunnel(&tunnel, CONNECTED, NULL, 0);
  get(tunnel.world, tunnel.access, "https://elsewhere.example/");
  assert_error(
      tunnel.world, PYR_ETLS,
      "elsewhere.example:443 over proxy 127.0.0.1:%u: TLS: certificate "
      "is for DNS:only.proxy.knows, IP:127.0.0.1, not elsewhere.example",
      tunnel.server.port);
  end_tunnel(&tunnel);
}

/* ---- a proxy that is spoken to by TLS ------------------------------------ */

static void begin_tls_proxy(struct tunnel *tunnel,
                            const struct https_reply *replies, size_t count) {
  begin_tunnel(tunnel, CONNECTED, replies, count);
  pyr__http_access_unref(tunnel->access);
  tunnel->server.front = &known;
  tunnel->access = over(tunnel->world, "https", "me:pw@", tunnel->server.port);
}

static void a_proxy_may_be_asked_by_tls(void **state) {
  static const struct https_reply replies[] = {{.text = OK}, {.text = OK}};
  struct tunnel tunnel;
  (void)state;
  begin_tls_proxy(&tunnel, replies, 2);
  tunnel.server.connect_reply = NULL; /* a server of https is enough */
  tunnel.server.front = NULL;
  get(tunnel.world, tunnel.access, "http://only.proxy.knows/a");
  assert_string_equal(tunnel.world->fetch.error, "");
  assert_string_equal(tunnel.server.request,
                      "GET http://only.proxy.knows/a HTTP/1.1\r\n"
                      "Host: only.proxy.knows\r\n"
                      "Proxy-Authorization: Basic bWU6cHc=\r\n"
                      "User-Agent: pyrite/" PYR_VERSION "\r\n"
                      "Accept: */*\r\nAccept-Encoding: gzip\r\n\r\n");
  get(tunnel.world, tunnel.access, "http://only.proxy.knows/b");
  assert_string_equal(tunnel.world->fetch.error, "");
  assert_true(tunnel.world->fetch.is_reused);
  end_tunnel(&tunnel);
}

static void tls_goes_through_tls(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK}, {.text = OK}, {.text = OK, .end = HTTPS_CLOSE}};
  struct tunnel tunnel;
  size_t piece;
  (void)state;
  for (piece = 0; piece < 4; piece++) {
    begin_tls_proxy(&tunnel, replies, 3);
    tunnel.server.piece = piece;
    get(tunnel.world, tunnel.access, "https://only.proxy.knows/a");
    assert_string_equal(tunnel.world->fetch.error, "");
    assert_non_null(strstr(tunnel.server.connect,
                           "Proxy-Authorization: Basic bWU6cHc=\r\n"));
    get(tunnel.world, tunnel.access, "https://only.proxy.knows/a");
    assert_string_equal(tunnel.world->fetch.error, "");
    assert_true(tunnel.world->fetch.is_reused);
    assert_int_equal(tunnel.server.connections, 1);
    end_tunnel(&tunnel);
  }
}

/* Whichever way the proxy is asked. */
static void what_is_wrong_with_its_tls_is_the_proxys(void **state) {
  static const char *const urls[] = {"http://a/", "https://a/"};
  struct test_authority stranger;
  struct test_peer_options options;
  struct tunnel tunnel;
  size_t i;
  (void)state;
  test_authority_make(&stranger, "IP:127.0.0.1");
  options = (struct test_peer_options){.chain = &stranger.server.cert,
                                       .key = &stranger.server.key};
  for (i = 0; i < 2; i++) {
    begin_tls_proxy(&tunnel, NULL, 0);
    tunnel.server.front = &options;
    get(tunnel.world, tunnel.access, urls[i]);
    assert_int_equal(tunnel.world->fetch.code, PYR_EPROXY);
    assert_non_null(strstr(tunnel.world->fetch.error, "TLS: certificate "));
    assert_memory_equal(tunnel.world->fetch.error, "proxy 127.0.0.1:", 16);
    end_tunnel(&tunnel);
  }
  test_authority_free(&stranger);
}

/* One of http that is asked as one of https. */
static void a_proxy_without_tls_is_told_of(void **state) {
  struct world *world = world_begin(NULL, NULL, 0);
  struct pyr__http_access *access;
  struct script_step step = SCRIPT_STEP(1, "HTTP/1.1 400 Bad Request\r\n\r\n");
  (void)state;
  world->script.steps = &step;
  world->script.step_count = 1;
  access = over(world, "https", "", world->script.port);
  get(world, access, "https://a/");
  assert_error(world, PYR_EPROXY,
               "proxy 127.0.0.1:%u: CONNECT a:443: TLS: the server speaks no "
               "TLS but plain HTTP: its first bytes are \"HTTP/\"",
               world->script.port);
  pyr__http_access_unref(access);
  world_finish(world);
}

static void a_proxy_that_shakes_no_hands_can_be_left(void **state) {
  static const char *const urls[] = {"http://a/", "https://a/"};
  struct pyr__http_options options = {.follow_other_hosts = true};
  struct tunnel tunnel;
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    struct fetch *fetch;
    begin_tls_proxy(&tunnel, NULL, 0);
    tunnel.server.is_silent = true;
    options.access = tunnel.access;
    fetch = &tunnel.world->fetch;
    assert_int_equal(
        fetch_start_with(fetch, tunnel.world->client, urls[i], &options), 0);
    loop_until(&tunnel.world->loop, tunnel.server.connections != 0);
    assert_string_equal(pyr__http_phase(fetch->request),
                        "in the TLS handshake with the proxy");
    pyr__http_cancel(fetch->request, PYR_ETIMEOUT, "too late");
    assert_int_equal(fetch->code, PYR_ETIMEOUT);
    end_tunnel(&tunnel);
  }
}

/* Every n-th allocation fails once; the request ends in an error, or not. */
static void no_memory_is_an_ordinary_error(void **state) {
  static const struct https_reply reply = {.text = OK};
  static struct https_reply replies[64];
  struct tunnel tunnel;
  unsigned n, failures = 0;
  struct world *world;
  (void)state;
  for (n = 0; n < 64; n++)
    replies[n] = reply;
  begin_tunnel(&tunnel, CONNECTED, replies, 64);
  world = tunnel.world;
  for (n = 1; n < 64; n++) {
    char url[64];
    snprintf(url, sizeof(url), "https://only.proxy.knows:%u/", 1000 + n);
    world->failing.fail_at = world->failing.calls + n;
    get(world, tunnel.access, url);
    if (world->failing.calls < world->failing.fail_at)
      break;
    failures++;
  }
  assert_true(n < 64 && failures > 5);
  assert_string_equal(world->fetch.error, "");
  end_tunnel(&tunnel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(http_is_asked_for_by_the_whole_url),
      cmocka_unit_test(connections_belong_to_who_made_them),
      cmocka_unit_test(a_redirect_to_another_host_goes_over_the_proxy),
      cmocka_unit_test(a_status_over_a_proxy_names_it),
      cmocka_unit_test(a_proxy_that_is_not_there_is_named),
      cmocka_unit_test(what_a_proxy_answers_is_said),
      cmocka_unit_test(an_answer_that_is_cut_anywhere_is_none),
      cmocka_unit_test(a_proxy_that_says_nothing_can_be_left),
      cmocka_unit_test(https_goes_through_connect),
      cmocka_unit_test(any_2xx_is_a_yes),
      cmocka_unit_test(what_is_wrong_behind_the_proxy_names_both),
      cmocka_unit_test(a_proxy_may_be_asked_by_tls),
      cmocka_unit_test(tls_goes_through_tls),
      cmocka_unit_test(what_is_wrong_with_its_tls_is_the_proxys),
      cmocka_unit_test(a_proxy_without_tls_is_told_of),
      cmocka_unit_test(a_proxy_that_shakes_no_hands_can_be_left),
      cmocka_unit_test(no_memory_is_an_ordinary_error),
  };
  int rc;
  test_authority_make(&made, "DNS:only.proxy.knows IP:127.0.0.1");
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_authority_free(&made);
  return rc;
}
