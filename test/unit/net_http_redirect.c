#include "http_client_fixture.h"

#define OK        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define TO(where) "HTTP/1.1 302 Found\r\nLocation: " where "\r\n"
#define EMPTY     "Content-Length: 0\r\n\r\n"
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

static void check_first_line(const struct world *world, const char *target) {
  char expected[256];
  int len = snprintf(expected, sizeof(expected), "GET %s HTTP/1.1\r\n", target);
  assert_memory_equal(world->script.last, expected, (size_t)len);
}

static void every_kind__is_followed_on_the_same_connection(void **state) {
  static const char *const kinds[] = {"301 Moved Permanently", "302 Found",
                                      "303 See Other", "307 Temporary Redirect",
                                      "308 Permanent Redirect"};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(kinds); i++) {
    char text[256];
    struct script_reply replies[2] = {{.text = text}, {.text = OK}};
    struct world *world = world_begin(NULL, replies, 2);
    snprintf(text, sizeof(text),
             "HTTP/1.1 %s\r\nLocation: ../b?x=1#y\r\nContent-Length: 4\r\n\r\n"
             "gone",
             kinds[i]);
    strcat(world->url, "/a/c/d?q");
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    assert_int_equal(world->fetch.status, 200);
    assert_int_equal(world->fetch.heads, 1);
    assert_int_equal(world->fetch.redirects, 1);
    assert_int_equal(world->fetch.body_len, 2); /* nothing of "gone" */
    assert_int_equal(world->fetch.wire_bytes, 2);
    check_first_line(world, "/a/b?x=1");
    assert_int_equal(world->script.connections, 1);
    world_finish(world);
  }
}

static void a_body_that_breaks_off__does_not_hinder(void **state) {
  static const struct script_reply tables[][2] = {
      {{.text = TO("/b") "Content-Length: 9\r\n\r\nsome", .end = SCRIPT_CLOSE},
       {.text = OK}},
      {{.text = TO("/b") "\r\nsome", .end = SCRIPT_CLOSE}, {.text = OK}},
      {{.text = TO("/b") "Transfer-Encoding: chunked\r\n\r\nzzz"},
       {.text = OK}},
      {{.text = TO("/b") "Connection: close\r\n" EMPTY}, {.text = OK}},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(tables); i++) {
    struct world *world = world_begin(NULL, tables[i], 2);
    world_run(world, false);
    assert_string_equal(world->fetch.error, "");
    check_first_line(world, "/b");
    assert_int_equal(world->script.connections, 2);
    world_finish(world);
  }
}

static void ten__are_followed_and_no_more(void **state) {
  struct script_reply replies[11];
  struct world *world;
  char expected[256];
  size_t i;
  (void)state;
  for (i = 0; i < 11; i++)
    replies[i] = (struct script_reply){.text = TO("/again") EMPTY};
  world = world_begin(NULL, replies, 11);
  world_run(world, true);
  snprintf(expected, sizeof(expected),
           "127.0.0.1:%u: redirect loop: stopped after 10 redirects, the last "
           "one to http://127.0.0.1:%u/again",
           world->script.port, world->script.port);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, PYR_EHTTP);
  assert_int_equal(world->script.requests, 11);
  world_finish(world);
  replies[10].text = OK;
  world = world_begin(NULL, replies, 11);
  world_run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->fetch.redirects, 10);
  world_finish(world);
}

struct refused {
  const char *reply, *error;
};

static void bad_ones__are_refused_with_the_reason(void **state) {
  static const struct refused table[] = {
      {"HTTP/1.1 302 Found\r\n" EMPTY, "302 Found without a Location"},
      {"HTTP/1.1 302 Found\r\nLocation:\r\n" EMPTY,
       "302 Found without a Location"},
      {TO("ftp://host/") EMPTY, "redirect refused: bad URL \"ftp://host/\": "
                                "the scheme must be http or https"},
      {TO("http://u:secret@host/") EMPTY,
       "redirect refused: bad URL \"...@host/\": user and password may not "
       "stand in a URL"},
      {TO("http://127.1/") EMPTY,
       "redirect refused: bad URL \"http://127.1/\": the host is neither a "
       "name nor a whole address"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(table); i++) {
    struct script_reply reply = {.text = table[i].reply};
    struct world *world = world_begin(NULL, &reply, 1);
    char expected[256];
    world_run(world, true);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u: %s", world->script.port,
             table[i].error);
    assert_string_equal(world->fetch.error, expected);
    assert_int_equal(world->fetch.code, PYR_EHTTP);
    assert_int_equal(world->fetch.heads, 0);
    world_finish(world);
  }
}

/* The second script is another port, so another host. */
static void other_hosts__need_to_be_allowed(void **state) {
  static const struct script_reply good = {.text = OK};
  char text[256];
  struct script_reply replies[2] = {{.text = text}, {.text = text}};
  struct world *world = world_begin(NULL, replies, 2);
  struct script *other = calloc(1, sizeof(*other));
  char expected[256];
  (void)state;
  assert_non_null(other);
  assert_true(script_listen(other, &world->loop, "127.0.0.1", 0, &good, 1));
  snprintf(text, sizeof(text), TO("//127.0.0.1:%u/x") EMPTY, other->port);

  world_run(world, false);
  snprintf(expected, sizeof(expected),
           "127.0.0.1:%u: redirect to http://127.0.0.1:%u/x refused: "
           "follow-redirects is off",
           world->script.port, other->port);
  assert_string_equal(world->fetch.error, expected);
  assert_int_equal(world->fetch.code, PYR_EHTTP);
  assert_int_equal(world->fetch.status, 302);
  assert_int_equal(world_stats(world)->redirects_refused, 1);
  assert_int_equal(other->connections, 0);

  world_run(world, true);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->fetch.status, 200);
  assert_int_equal(other->connections, 1);
  assert_int_equal(world_stats(world)->redirects_refused, 1);
  snprintf(expected, sizeof(expected), "Host: 127.0.0.1:%u\r\n", other->port);
  assert_non_null(strstr(other->last, expected));
  script_close(other);
  world_finish(world);
  free(other);
}

static void a_hop_that_fails__is_what_is_told_of(void **state) {
  static const struct script_reply replies[] = {
      {.text = TO("http://127.0.0.1:1/") "Content-Length: 5\r\n\r\nhello"},
      {.text = TO("http://nowhere.test/") EMPTY},
      {.text = TO("/b") EMPTY},
      {.text = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nthere"},
  };
  struct world *world = world_begin("", replies, COUNT(replies));
  (void)state;
  world_run(world, true);
  assert_string_equal(world->fetch.error,
                      "connect to 127.0.0.1:1: connection refused");
  assert_int_equal(world->fetch.status, 0);
  assert_int_equal(world->fetch.wire_bytes, 0);
  world_run(world, true);
  assert_string_equal(world->fetch.error, "resolve nowhere.test: no such name");
  assert_int_equal(world->fetch.code, PYR_EDNS);
  world_run(world, true);
  assert_string_equal(world->fetch.error, "404 Not Found: there");
  assert_int_equal(world->fetch.code, PYR_ESTATUS);
  assert_int_equal(world->fetch.redirects, 1);
  world_finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind__is_followed_on_the_same_connection),
      cmocka_unit_test(a_body_that_breaks_off__does_not_hinder),
      cmocka_unit_test(ten__are_followed_and_no_more),
      cmocka_unit_test(bad_ones__are_refused_with_the_reason),
      cmocka_unit_test(other_hosts__need_to_be_allowed),
      cmocka_unit_test(a_hop_that_fails__is_what_is_told_of),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
