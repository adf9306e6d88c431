#include <zlib.h>

#include "base/limits.h"
#include "http_client_fixture.h"

#define OK       "HTTP/1.1 200 OK\r\n"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
response__comes_whole_and_the_connection_is_used_again(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK "Content-Length: 5\r\n\r\nhello"},
      {.text = OK "Transfer-Encoding: chunked\r\n\r\n"
                  "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nTrailer: 1\r\n\r\n",
       .piece = 1},
      {.text = "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n"},
  };
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  char expected[512];
  (void)state;
  strcat(world->url, "/debug/pprof?seconds=1#x");
  world_run(world, false);
  assert_int_equal(world->fetch.code, 0);
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->fetch.body, "hello", 5);
  assert_int_equal(world->fetch.wire_bytes, 5);
  assert_false(world->fetch.is_reused);
  snprintf(expected, sizeof(expected),
           "GET /debug/pprof?seconds=1 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
           "User-Agent: pyrite/" PYR_VERSION "\r\nAccept: */*\r\n"
           "Accept-Encoding: gzip\r\n\r\n",
           world->script.port);
  assert_string_equal(world->script.last, expected);
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->fetch.body_len, 5);
  assert_memory_equal(world->fetch.body, "abcde", 5);
  assert_true(world->fetch.is_reused);
  world_run(world, false);
  assert_int_equal(world->fetch.code, 0);
  assert_int_equal(world->fetch.heads, 1);
  assert_int_equal(world->script.connections, 1);
  assert_int_equal(world_stats(world)->idle, 1);
  assert_int_equal(world_stats(world)->connections_opened, 1);
  assert_int_equal(world_stats(world)->connections_reused, 2);
  world_finish(world);
}

static void ipv6_literals__are_reached(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK "Content-Length: 2\r\n\r\nv6"}};
  struct world *world = world_begin(NULL, NULL, 0);
  struct script *six = calloc(1, sizeof(*six));
  char expected[64];
  (void)state;
  assert_non_null(six);
  if (script_listen(six, &world->loop, "::1", 0, replies, 1)) {
    snprintf(world->url, sizeof(world->url), "http://[::1]:%u/", six->port);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world->fetch.body_len, 2);
    snprintf(expected, sizeof(expected), "\r\nHost: [::1]:%u\r\n", six->port);
    assert_non_null(strstr(six->last, expected));
    script_close(six);
  }
  world_finish(world);
  free(six);
}

static void a_large_body__comes_in_slices(void **state) {
  static char text[200000];
  struct script_reply reply = {.text = text, .len = sizeof(text)};
  struct world *world;
  size_t head, i;
  (void)state;
  head = (size_t)sprintf(text, OK "Content-Length: 199900\r\n\r\n");
  for (i = head; i < sizeof(text); i++)
    text[i] = (char)('a' + i % 23);
  reply.len = head + 199900;
  world = world_begin(NULL, &reply, 1);
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->fetch.body_len, 199900);
  assert_memory_equal(world->fetch.body, text + head, 199900);
  assert_int_equal(world->fetch.wire_bytes, 199900);
  world_finish(world);
}

struct outcome {
  struct script_reply reply;
  int code;
  const char *body;
  const char *error; /* behind the address, where the code is not 0 */
  bool is_kept;      /* the connection is used again */
};

static void check_outcome(const struct outcome *outcome) {
  struct script_reply replies[2] = {
      outcome->reply, {.text = OK "Content-Length: 4\r\n\r\nnext"}};
  struct world *world = world_begin(NULL, replies, 2);
  char expected[PYR_ERROR_TEXT] = "";

  world_run(world, false);
  if (outcome->code == PYR_EHTTP || outcome->code == PYR_ENET ||
      outcome->code == PYR_ELIMIT)
    snprintf(expected, sizeof(expected), "127.0.0.1:%u: ", world->script.port);
  if (outcome->error != NULL)
    strcat(expected, outcome->error);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, outcome->code);
  if (outcome->code == 0) {
    assert_int_equal(world->fetch.body_len, strlen(outcome->body));
    assert_memory_equal(world->fetch.body, outcome->body,
                        world->fetch.body_len);
  }
  /* Whatever came, the next request is as good as new. */
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->fetch.body, "next", 4);
  assert_int_equal(world->fetch.is_reused, outcome->is_kept);
  assert_int_equal(world->script.connections, outcome->is_kept ? 1 : 2);
  world_finish(world);
}

static void connections__are_kept_only_after_whole_responses(void **state) {
  static const struct outcome table[] = {
      {{.text = OK "Content-Length: 1\r\n\r\na"}, 0, "a", NULL, true},
      {{.text = OK "Content-Length: 1\r\nConnection: close\r\n\r\na"},
       0,
       "a",
       NULL,
       false},
      {{.text = OK "Content-Length: 1\r\n\r\naGARBAGE"}, 0, "a", NULL, false},
      {{.text = OK "Content-Length: 1\r\n\r\na" OK}, 0, "a", NULL, false},
      {{.text = OK "\r\nuntil the end", .end = SCRIPT_CLOSE},
       0,
       "until the end",
       NULL,
       false},
      {{.text = "HTTP/1.0 200 OK\r\n\r\nold", .end = SCRIPT_CLOSE},
       0,
       "old",
       NULL,
       false},
      {{.text = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n"
                "Connection: keep-alive\r\n\r\nold"},
       0,
       "old",
       NULL,
       true},
      {{.text = OK "Content-Length: 1\r\n\r\na", .end = SCRIPT_CLOSE},
       0,
       "a",
       NULL,
       false},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(table); i++)
    check_outcome(&table[i]);
}

static void broken_responses__fail_with_the_reason(void **state) {
  static const struct outcome table[] = {
      {{.text = "", .end = SCRIPT_CLOSE},
       PYR_ENET,
       NULL,
       "connection closed without a response",
       false},
      {{.text = "", .end = SCRIPT_RESET},
       PYR_ENET,
       NULL,
       "connection reset by peer, after 0 bytes",
       false},
      {{.text = "HTTP/1.1 2", .end = SCRIPT_RESET},
       PYR_EHTTP,
       NULL,
       "connection reset by peer, after 10 bytes",
       false},
      {{.text = OK "Content-Length: 9\r\n\r\nhello", .end = SCRIPT_RESET},
       PYR_EHTTP,
       NULL,
       "connection reset by peer, after 43 bytes",
       false},
      {{.text = OK "Content-Length: 9\r\n\r\nhello",
        .piece = 1,
        .end = SCRIPT_RESET},
       PYR_EHTTP,
       NULL,
       "connection reset by peer, after 43 bytes",
       false},
      {{.text = OK "\r\nuntil the end", .end = SCRIPT_RESET},
       PYR_EHTTP,
       NULL,
       "connection reset by peer, after 32 bytes",
       false},
      {{.text = "HTTP/1.1 2", .end = SCRIPT_CLOSE},
       PYR_EHTTP,
       NULL,
       "connection closed inside the header, after 10 bytes",
       false},
      {{.text = OK "Content-Length: 9\r\n\r\nhello", .end = SCRIPT_CLOSE},
       PYR_EHTTP,
       NULL,
       "connection closed after 5 of 9 bytes",
       false},
      {{.text = OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        .end = SCRIPT_CLOSE},
       PYR_EHTTP,
       NULL,
       "connection closed inside a chunked body, after 3 bytes",
       false},
      {{.text = OK "Content-Encoding: br\r\nContent-Length: 1\r\n\r\na"},
       PYR_EHTTP,
       NULL,
       "Content-Encoding \"br\" is not supported: only gzip was asked for",
       false},
      {{.text = OK "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"
                   "Content-Length: 1\r\n\r\na"},
       PYR_EHTTP,
       NULL,
       "Content-Encoding \"gzip, gzip\" is not supported: only gzip was asked "
       "for",
       false},
      {{.text = "HTTP/1.1 101 Switching Protocols\r\n\r\n"},
       PYR_EHTTP,
       NULL,
       "101 Switching Protocols was not asked for",
       false},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(table); i++)
    check_outcome(&table[i]);
}

#define HUNDRED                                                                \
  "0123456789012345678901234567890123456789012345678901234567890123456789"     \
  "012345678901234567890123456789"

static void only_200__counts_and_others_are_quoted(void **state) {
  static const struct outcome table[] = {
      {{.text = "HTTP/1.1 500 Internal Server Error\r\n"
                "Transfer-Encoding: chunked\r\n\r\n3d\r\nCould not enable CPU "
                "profiling: cpu profiling already in use\n\r\n0\r\n\r\n",
        .piece = 3},
       PYR_ESTATUS,
       NULL,
       "500 Internal Server Error: Could not enable CPU profiling: cpu "
       "profiling already in use",
       true},
      {{.text = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
       PYR_ESTATUS,
       NULL,
       "404 Not Found",
       true},
      {{.text = "HTTP/1.1 418\r\nContent-Length: 3\r\n\r\n \r\n"},
       PYR_ESTATUS,
       NULL,
       "418",
       true},
      {{.text = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"},
       PYR_ESTATUS,
       NULL,
       "201 Created: ok",
       true},
      {{.text = "HTTP/1.1 204 No Content\r\n\r\n"},
       PYR_ESTATUS,
       NULL,
       "204 No Content",
       true},
      {{.text = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
       PYR_ESTATUS,
       NULL,
       "304 Not Modified",
       true},
      {{.text = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\n"
                "a\tb\x1b[1m\xff\\"},
       PYR_ESTATUS,
       NULL,
       "502 Bad Gateway: a\\tb\\x1b[1m\\xff\\\\",
       true},
      {{.text =
            "HTTP/1.1 500 Oops\r\nContent-Length: 201\r\n\r\n" HUNDRED HUNDRED
            "X"},
       PYR_ESTATUS,
       NULL,
       "500 Oops: " HUNDRED HUNDRED,
       true},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(table); i++)
    check_outcome(&table[i]);
}

/* The status is known, so a body that breaks off or cannot be read takes
 * nothing away. */
static void a_status__counts_whatever_becomes_of_the_body(void **state) {
  static const struct outcome table[] = {
      {{.text = "HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nsome",
        .end = SCRIPT_CLOSE},
       PYR_ESTATUS,
       NULL,
       "500 Oops: some",
       false},
      {{.text = "HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nsome",
        .end = SCRIPT_RESET},
       PYR_ESTATUS,
       NULL,
       "500 Oops: some",
       false},
      {{.text = "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n"
                "4\r\nsome\r\nzzz\r\n"},
       PYR_ESTATUS,
       NULL,
       "500 Oops: some",
       false},
      {{.text = "HTTP/1.1 500 Oops\r\nContent-Encoding: br\r\n"
                "Content-Length: 4\r\n\r\nsome"},
       PYR_ESTATUS,
       NULL,
       "500 Oops: some",
       true},
      {{.text = "HTTP/1.1 500 Oops\r\nContent-Encoding: gzip\r\n"
                "Content-Length: 4\r\n\r\nsome"},
       PYR_ESTATUS,
       NULL,
       "500 Oops: some",
       true},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(table); i++)
    check_outcome(&table[i]);
}

/* A proxy may compress the page of an error. */
static void compressed_errors__are_quoted_inflated(void **state) {
  static char page[5000], reply_text[8192];
  uint8_t packed[4096];
  z_stream stream = {.next_in = (uint8_t *)page,
                     .avail_in = sizeof(page),
                     .next_out = packed,
                     .avail_out = sizeof(packed)};
  struct outcome outcome = {.code = PYR_ESTATUS, .is_kept = true};
  char expected[256];
  uint32_t random = 1;
  size_t i, head;
  (void)state;
  for (i = 0; i < sizeof(page); i++) {
    random = random * 1664525 + 1013904223;
    page[i] = (char)('a' + (random >> 24) % 26);
  }
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  assert_true(stream.total_out > 500); /* it is cut */
  head = (size_t)sprintf(reply_text,
                         "HTTP/1.1 404 Not Found\r\nContent-Encoding: GZIP\r\n"
                         "Content-Length: %lu\r\n\r\n",
                         stream.total_out);
  memcpy(reply_text + head, packed, stream.total_out);
  snprintf(expected, sizeof(expected), "404 Not Found: %.200s", page);
  outcome.error = expected;
  outcome.reply =
      (struct script_reply){.text = reply_text, .len = head + stream.total_out};
  check_outcome(&outcome);
  outcome.reply.piece = 100;
  check_outcome(&outcome);
}

static void an_endless_error__is_left(void **state) {
  static char text[100000];
  struct outcome outcome = {.code = PYR_ESTATUS,
                            .error = "500 Oops: " HUNDRED HUNDRED};
  size_t head;
  (void)state;
  head =
      (size_t)sprintf(text, "HTTP/1.1 500 Oops\r\n"
                            "Content-Length: 9000000\r\n\r\n" HUNDRED HUNDRED);
  memset(text + head, 'x', sizeof(text) - head);
  outcome.reply = (struct script_reply){.text = text, .len = sizeof(text)};
  check_outcome(&outcome);
}

static void the_handlers_own_error__ends_it(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK "Content-Length: 5\r\n\r\nhello"},
      {.text = OK "Content-Length: 5\r\n\r\nhello"},
      {.text = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"},
      {.text = OK "Content-Length: 5\r\n\r\nhello"},
  };
  struct world *world = world_begin(NULL, replies, COUNT(replies));
  struct fetch *fetch = &world->fetch;
  static const enum fetch_place places[] = {FETCH_ON_HEAD, FETCH_ON_BODY,
                                            FETCH_ON_HEAD};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(places); i++) {
    fetch_reset(fetch);
    fetch->fail_at = places[i];
    assert_int_equal(fetch_start(fetch, world->client, world->url, false), 0);
    fetch_wait(fetch, &world->loop);
    assert_int_equal(fetch->code, PYR_EPPROF);
    assert_string_equal(fetch->error, "the handler says no");
    assert_int_equal(fetch->heads, 1);
  }
  world_run(world, false);
  assert_string_equal(fetch->error, "");
  assert_false(fetch->is_reused); /* each of those cost its connection */
  world_finish(world);
}

static void what_cannot_be__fails_at_once_or_soon(void **state) {
  struct world *world = world_begin(NULL, NULL, 0);
  struct fetch *fetch = &world->fetch;
  char refused[64];
  (void)state;
  fetch_reset(fetch);
  assert_int_equal(fetch_start(fetch, world->client, "ftp://x/", false),
                   -EINVAL);
  assert_string_equal(fetch->error,
                      "bad URL \"ftp://x/\": the scheme must be http or https");
  fetch_run(fetch, world->client, &world->loop, "http://[fe80::1]:1/", false);
  assert_int_equal(fetch->code, PYR_ENET);
  assert_memory_equal(fetch->error, "connect to [fe80::1]:1: ", 24);
  script_close(&world->script);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  world_run(world, false);
  snprintf(refused, sizeof(refused),
           "connect to 127.0.0.1:%u: connection refused", world->script.port);
  assert_string_equal(fetch->error, refused);
  assert_int_equal(fetch->code, PYR_ENET);
  assert_int_equal(fetch->status, 0);
  world_finish(world);
}

/* ---- other methods ------------------------------------------------------- */

static void send_with(struct world *world,
                      const struct pyr__http_content *content,
                      bool any_status) {
  struct pyr__http_options options = {.content = content,
                                      .any_status = any_status};
  fetch_reset(&world->fetch);
  assert_int_equal(
      fetch_start_with(&world->fetch, world->client, world->url, &options), 0);
  fetch_wait(&world->fetch, &world->loop);
}

static void a_body__is_sent_behind_the_head(void **state) {
  static const struct pyr__http_content form = {
      "POST", "application/x-www-form-urlencoded", {"a=b&c=d", 7}};
  static const struct pyr__http_content nothing = {"PUT", NULL, {"", 0}};
  static const struct script_reply replies[] = {
      {.text = OK "Content-Length: 2\r\n\r\nok"}};
  struct world *world = world_begin(NULL, replies, 1);
  char expected[512];
  (void)state;
  world->script.repeats = true;
  strcat(world->url, "/token");
  send_with(world, &form, false);
  assert_string_equal(world->fetch.error, "");
  snprintf(expected, sizeof(expected),
           "POST /token HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
           "User-Agent: pyrite/" PYR_VERSION "\r\nAccept: */*\r\n"
           "Accept-Encoding: gzip\r\n"
           "Content-Type: application/x-www-form-urlencoded\r\n"
           "Content-Length: 7\r\n\r\na=b&c=d",
           world->script.port);
  assert_string_equal(world->script.last, expected);
  send_with(world, &nothing, false);
  assert_non_null(strstr(world->script.last, "PUT /token HTTP/1.1\r\n"));
  assert_non_null(strstr(world->script.last, "gzip\r\nContent-Length: 0\r\n"
                                             "\r\n"));
  /* Not over a connection that may be dead. */
  assert_false(world->fetch.is_reused);
  assert_int_equal(world->script.connections, 2);
  world_finish(world);
}

static void a_body__is_not_sent_again(void **state) {
  static const struct pyr__http_content form = {"POST", NULL, {"a", 1}};
  static const struct {
    struct script_reply reply;
    const char *error;
  } cases[] = {
      {{.text = "HTTP/1.1 307 Again\r\nLocation: /x\r\n"
                "Content-Length: 0\r\n\r\n"},
       "307 Again: a redirect of a POST is not followed"},
      {{.text = "", .end = SCRIPT_CLOSE},
       "connection closed without a response"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    struct world *world = world_begin(NULL, &cases[i].reply, 1);
    world->script.repeats = true;
    send_with(world, &form, false);
    if (strstr(world->fetch.error, cases[i].error) == NULL)
      fail_msg("%s", world->fetch.error);
    assert_int_equal(world->script.requests, 1);
    world_finish(world);
  }
}

static void a_large_body__is_refused_at_once(void **state) {
  struct pyr__http_content form = {.method = "POST"};
  struct pyr__http_options options = {.content = &form};
  struct world *world = world_begin(NULL, NULL, 0);
  char *text = malloc(PYR__LIMIT_SENT_BYTES + 1024);
  (void)state;
  assert_non_null(text);
  memset(text, 'x', PYR__LIMIT_SENT_BYTES + 1024);
  form.body = (pyr_str_t){text, PYR__LIMIT_SENT_BYTES + 1024};
  fetch_reset(&world->fetch);
  assert_int_equal(
      fetch_start_with(&world->fetch, world->client, world->url, &options),
      PYR_ELIMIT);
  assert_string_equal(world->fetch.error,
                      "the request is longer than 262144 bytes");
  free(text);
  world_finish(world);
}

static void any_status__hands_on_the_body(void **state) {
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 400 Bad\r\nContent-Length: 4\r\n\r\nwhy!"}};
  struct world *world = world_begin(NULL, replies, 1);
  (void)state;
  send_with(world, NULL, true);
  assert_int_equal(world->fetch.code, 0);
  assert_int_equal(world->fetch.status, 400);
  assert_int_equal(world->fetch.head_status, 400);
  assert_int_equal(world->fetch.body_len, 4);
  assert_memory_equal(world->fetch.body, "why!", 4);
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(response__comes_whole_and_the_connection_is_used_again),
      cmocka_unit_test(ipv6_literals__are_reached),
      cmocka_unit_test(a_large_body__comes_in_slices),
      cmocka_unit_test(connections__are_kept_only_after_whole_responses),
      cmocka_unit_test(broken_responses__fail_with_the_reason),
      cmocka_unit_test(only_200__counts_and_others_are_quoted),
      cmocka_unit_test(a_status__counts_whatever_becomes_of_the_body),
      cmocka_unit_test(compressed_errors__are_quoted_inflated),
      cmocka_unit_test(an_endless_error__is_left),
      cmocka_unit_test(the_handlers_own_error__ends_it),
      cmocka_unit_test(what_cannot_be__fails_at_once_or_soon),
      cmocka_unit_test(a_body__is_sent_behind_the_head),
      cmocka_unit_test(a_body__is_not_sent_again),
      cmocka_unit_test(a_large_body__is_refused_at_once),
      cmocka_unit_test(any_status__hands_on_the_body),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
