#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "net/http_parse.h"
#include "support.h"

/* What a parser said of some bytes, as text: two runs are alike where these
 * are. */
struct record {
  char text[4096];
  size_t len;
  char error[PYR_ERROR_TEXT];
  int rc;
  size_t used;
  bool keep_alive;
};

__attribute__((format(printf, 2, 3))) static void
note(struct record *record, const char *format, ...) {
  va_list args;
  size_t room = sizeof(record->text) - record->len;
  int len;
  va_start(args, format);
  len = vsnprintf(record->text + record->len, room, format, args);
  va_end(args);
  assert_true(len >= 0 && (size_t)len < room);
  record->len += (size_t)len;
}

static const char *text_of(pyr_str_t value, char out[256]) {
  snprintf(out, 256, "%.*s", (int)value.len,
           value.base == NULL ? "" : value.base);
  return out;
}

static int on_head(void *ctx, const struct pyr__http_parse_head *head,
                   pyr_error_t *err) {
  struct record *record = ctx;
  char a[256], b[256], c[256], d[256];
  note(record, "%d %s|%s|%s|%s|", head->head.status,
       text_of(head->head.reason, a), text_of(head->head.content_type, b),
       text_of(head->head.content_encoding, c), text_of(head->location, d));
  return head->head.status == 299 ? pyr__error(err, PYR_EPPROF, "not this one")
                                  : 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct record *record = ctx;
  note(record, "%.*s", (int)len, (const char *)data);
  return memchr(data, '!', len) != NULL
             ? pyr__error(err, PYR_EPPROF, "no shouting")
             : 0;
}

static const struct pyr__http_parse_events events = {on_head, on_body};

/* Feeds the first `first` bytes, then pieces of `piece`; at the end of the
 * bytes the peer closes. */
static void run(struct record *record, const char *text, size_t len,
                size_t first, size_t piece) {
  struct pyr__http_parse parse;
  struct pyr__memory memory;
  pyr_error_t err = {0};
  size_t used = 0;

  memset(record, 0, sizeof(*record));
  pyr__memory_init(&memory, NULL);
  pyr__http_parse_init(&parse, &memory, &events, record);
  while (record->rc == 0 && record->used < len) {
    size_t step = record->used == 0 && first > 0 ? first : piece;
    if (step > len - record->used)
      step = len - record->used;
    record->rc = pyr__http_parse_feed(
        &parse, (const uint8_t *)text + record->used, step, &used, &err);
    assert_true(used <= step);
    assert_true(record->rc != 0 || used == step);
    record->used += used;
  }
  if (record->rc == 0)
    record->rc = pyr__http_parse_finish(&parse, &err);
  record->keep_alive = parse.keep_alive;
  if (record->rc < 0) {
    assert_int_equal(err.code, record->rc);
    snprintf(record->error, sizeof(record->error), "%s", err.text);
  }
  pyr__http_parse_release(&parse);
  assert_int_equal(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
}

/* The whole at once, in two at every place, and byte by byte. */
static void run_cut(struct record *whole, const char *text) {
  static struct record cut;
  size_t len = strlen(text), at;

  run(whole, text, len, 0, len);
  for (at = 0; at < len; at++) {
    run(&cut, text, len, at, at == 0 ? 1 : len);
    assert_string_equal(cut.text, whole->text);
    assert_string_equal(cut.error, whole->error);
    assert_int_equal(cut.rc, whole->rc);
    assert_int_equal(cut.keep_alive, whole->keep_alive);
    if (whole->rc == 1)
      assert_int_equal(cut.used, whole->used);
  }
}

#define OK "HTTP/1.1 200 OK\r\n"
/* Of what is llhttp's to say, the words are its own and change. */
#define BROKEN "not an HTTP response: "

struct good {
  const char *text, *expected;
  size_t left; /* bytes behind the response */
  bool keep_alive;
};

static void good_responses__are_the_same_however_they_are_cut(void **state) {
  static const struct good table[] = {
      {OK "Content-Length: 5\r\n\r\nhello", "200 OK||||hello", 0, true},
      {OK "content-length:5\r\nCONTENT-TYPE: text/plain\r\n\r\nhello",
       "200 OK|text/plain|||hello", 0, true},
      {OK "Content-Length: 0\r\n\r\n", "200 OK||||", 0, true},
      {OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;a=b\r\ncde\r\n"
          "0\r\nTrailer: x\r\nContent-Type: no\r\n\r\n",
       "200 OK||||abcde", 0, true},
      {OK "Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n"
          "0b\r\n0123456789a\r\n000\r\n\r\n",
       "200 OK||||01234567890123456789a", 0, true},
      {OK "Content-Encoding: gzip\r\nContent-Encoding:  br \r\n"
          "Content-Type: a\r\nContent-Type: b\r\nContent-Length: 1\r\n\r\nx",
       "200 OK|a|gzip, br||x", 0, true},
      {OK "Content-Length: 2\r\nConnection: close\r\n\r\nab", "200 OK||||ab", 0,
       false},
      {OK "Content-Length: 2\r\nConnection: foo, Close\r\n\r\nab",
       "200 OK||||ab", 0, false},
      {OK "\r\nuntil the end", "200 OK||||until the end", 0, false},
      {"HTTP/1.0 200 OK\r\n\r\nold", "200 OK||||old", 0, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", "200 OK||||old", 0,
       false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n"
       "old",
       "200 OK||||old", 0, true},
      {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", "200 ||||x", 0, true},
      {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "200 ||||x", 0, true},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope",
       "404 Not Found||||nope", 0, true},
      {"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n"
       "Content-Length: 0\r\n\r\n",
       "302 Found|||/a|", 0, true},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n" OK
       "Content-Length: 1\r\n\r\nx",
       "200 OK||||x", 0, true},
      /* An interim response has no body, whatever it says. */
      {"HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n"
       "Content-Type: early\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
       "200 OK||||x", 0, true},
      {"HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n" OK
       "Content-Length: 1\r\n\r\nx",
       "200 OK||||x", 0, true},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 No Content||||", 0, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n",
       "304 Not Modified||||", 0, true},
      /* What follows is nobody's. */
      {OK "Content-Length: 5\r\n\r\nhello!\r\n", "200 OK||||hello", 3, true},
      {OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" OK,
       "200 OK||||x", 17, true},
  };
  static struct record record;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    run_cut(&record, table[i].text);
    assert_string_equal(record.error, "");
    assert_string_equal(record.text, table[i].expected);
    assert_int_equal(record.rc, 1);
    assert_int_equal(record.keep_alive, table[i].keep_alive);
    assert_int_equal(record.used, strlen(table[i].text) - table[i].left);
  }
}

struct bad {
  const char *text, *error;
  int code; /* 0: PYR_EHTTP */
};

static void bad_responses__are_refused_with_the_reason(void **state) {
  static const struct bad table[] = {
      {"", "connection closed without a response", PYR_ENET},
      {"H", "connection closed inside the header, after 1 bytes", 0},
      {OK "Content-Length: 5\r\n",
       "connection closed inside the header, after 36 bytes", 0},
      {OK "Content-Length: 5\r\n\r\nhell",
       "connection closed after 4 of 5 bytes", 0},
      {OK "Content-Length: 18446744073709551614\r\n\r\nx",
       "connection closed after 1 of 18446744073709551614 bytes", 0},
      {OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
       "connection closed inside a chunked body, after 2 bytes", 0},
      {OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
       "connection closed inside a chunked body, after 2 bytes", 0},
      {"HTTP/1.1 100 Continue\r\n\r\n",
       "connection closed inside the header, after 25 bytes", 0},
      {"SSH-2.0-OpenSSH_9.2\r\n", BROKEN, 0},
      {"\x16\x03\x01\x02", "the server speaks TLS: ask it with https", 0},
      {"\x15\x03\x01\x02", "the server speaks TLS: ask it with https", 0},
      {"H\x15\x03", BROKEN, 0},
      {"HTTP/1.1 100 Continue\r\n\r\n\x15", BROKEN, 0},
      {"<html>", BROKEN, 0},
      {"GET / HTTP/1.1\r\n\r\n", BROKEN, 0},
      {"HTTP/2.0 200 OK\r\n\r\n", "HTTP/2.0 is not supported", 0},
      {"HTTP/0.9 200 OK\r\n\r\n", "HTTP/0.9 is not supported", 0},
      {"HTTP/3.1 200 OK\r\n\r\n", BROKEN, 0},
      {"HTTP/1.1 20x OK\r\n\r\n", BROKEN, 0},
      {"HTTP/1.1 099 OK\r\n\r\n", "99 is no HTTP status", 0},
      {"HTTP/1.1 600 OK\r\n\r\n", "600 is no HTTP status", 0},
      {"HTTP/1.1 2000 OK\r\n\r\n", BROKEN, 0},
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
       "Connection: Upgrade\r\n\r\nxyz",
       "101 Switching Protocols was not asked for", 0},
      {OK "bad header: 1\r\n\r\n", BROKEN, 0},
      {OK "A\x01: 1\r\n\r\n", BROKEN, 0},
      {OK "A: \x01\r\n\r\n", BROKEN, 0},
      {OK "Content-Length: -1\r\n\r\n", BROKEN, 0},
      {OK "Content-Length: 1x\r\n\r\n", BROKEN, 0},
      {OK "Content-Length: 99999999999999999999\r\n\r\n", BROKEN, 0},
      {OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", BROKEN, 0},
      {OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", BROKEN, 0},
      {OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", BROKEN, 0},
      {OK "Transfer-Encoding: gzip\r\n\r\n",
       "Transfer-Encoding \"gzip\" is not supported", 0},
      {OK "Transfer-Encoding: gzip, chunked\r\n\r\n",
       "Transfer-Encoding \"gzip, chunked\" is not supported", 0},
      {OK "Transfer-Encoding: chunked, \x80\r\n\r\n",
       "Transfer-Encoding \"chunked, \\x80\" is not supported", 0},
      {OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", BROKEN, 0},
      {OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", BROKEN, 0},
      {OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", BROKEN, 0},
      {OK "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", BROKEN, 0},
      {"HTTP/1.1 299 No\r\nContent-Length: 1\r\n\r\nx", "not this one",
       PYR_EPPROF},
      {OK "Content-Length: 9\r\n\r\nhey!", "no shouting", PYR_EPPROF},
  };
  static struct record record;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    run_cut(&record, table[i].text);
    if (strcmp(table[i].error, BROKEN) != 0) {
      assert_string_equal(record.error, table[i].error);
    } else {
      assert_memory_equal(record.error, BROKEN, strlen(BROKEN));
      assert_true(strlen(record.error) > strlen(BROKEN));
    }
    assert_int_equal(record.rc, table[i].code == 0 ? PYR_EHTTP : table[i].code);
  }
}

/* `head`, then `count` times `unit`, then `tail`. */
static char *repeat(const char *head, const char *unit, size_t count,
                    const char *tail, size_t *len) {
  size_t unit_len = strlen(unit), i;
  char *text = malloc(strlen(head) + count * unit_len + strlen(tail) + 1);
  char *at = text;
  assert_non_null(text);
  at = stpcpy(at, head);
  for (i = 0; i < count; i++)
    at = stpcpy(at, unit);
  at = stpcpy(at, tail);
  *len = (size_t)(at - text);
  return text;
}

static void expect_limit(const char *head, const char *unit, size_t count,
                         const char *tail, const char *error) {
  static struct record record;
  static const size_t pieces[] = {1, 7, 4096, 65536, SIZE_MAX};
  size_t len, i;
  char *text = repeat(head, unit, count, tail, &len);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    run(&record, text, len, 0, pieces[i]);
    assert_string_equal(record.error, error == NULL ? "" : error);
    assert_int_equal(record.rc, error == NULL ? 1 : PYR_ELIMIT);
  }
  free(text);
}

static void endless_responses__are_cut_at_their_limits(void **state) {
  static const char end[] = "Content-Length: 0\r\n\r\n";
  size_t fits = PYR__LIMIT_HEADER_BYTES - strlen(OK "A: \r\n") - strlen(end);
  (void)state;
  expect_limit(OK, "A: b\r\n", PYR__LIMIT_HEADER_COUNT - 1, end, NULL);
  expect_limit(OK, "A: b\r\n", PYR__LIMIT_HEADER_COUNT, end,
               "more than 200 headers");
  expect_limit(OK "A: ", "b", fits - 1, "\r\nContent-Length: 0\r\n\r\n", NULL);
  expect_limit(OK "A: ", "b", fits + 1, "\r\nContent-Length: 0\r\n\r\n",
               "header is longer than 65536 bytes");
  expect_limit("HTTP/1.1 200 ", "O", 100000, "\r\n\r\n",
               "header is longer than 65536 bytes");
  expect_limit(OK "Location: ", "a", 100000, "\r\n\r\n",
               "header is longer than 65536 bytes");
  expect_limit(OK, "a", 100000, ": b\r\n\r\n",
               "header is longer than 65536 bytes");
  expect_limit(OK, "Content-Encoding: 0123456789\r\n", 190,
               "Content-Length: 0\r\n\r\n",
               "header is longer than 65536 bytes");
  expect_limit("", "HTTP/1.1 100 Continue\r\n\r\n", 20,
               OK "Content-Length: 0\r\n\r\n", NULL);
  expect_limit("", "HTTP/1.1 100 Continue\r\n\r\n", 21, "",
               "more than 20 interim responses");
}

static void endless_chunk_framing__is_cut_at_its_limit(void **state) {
  static const size_t pieces[] = {1, 7, 4096};
  static struct record record;
  size_t len, i;
  char *text[3];
  (void)state;
  text[0] = repeat(OK "Transfer-Encoding: chunked\r\n\r\n1;", "x", 100000,
                   "\r\na\r\n0\r\n\r\n", &len);
  for (i = 0; i < 3; i++) {
    run(&record, text[0], len, 0, pieces[i]);
    assert_string_equal(record.error,
                        "chunk framing is longer than 65536 bytes");
  }
  text[1] = repeat(OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
                   "A: 0123456789012345678901234567890123456789\r\n", 190,
                   "\r\n", &len);
  run(&record, text[1], len, 0, 100);
  assert_string_equal(record.error, "");
  text[2] = repeat(OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
                   "A: b\r\n", 201, "\r\n", &len);
  run(&record, text[2], len, 0, 100);
  assert_string_equal(record.error, "more than 200 headers");
  for (i = 0; i < 3; i++)
    free(text[i]);
}

static void many_small_chunks__are_no_framing_too_long(void **state) {
  static struct record record;
  size_t len;
  char *text = repeat(OK "Transfer-Encoding: chunked\r\n\r\n",
                      "1;0123456789012345678901234567890123456789\r\na\r\n",
                      3000, "0\r\n\r\n", &len);
  (void)state;
  run(&record, text, len, 0, 1);
  assert_string_equal(record.error, "");
  run(&record, text, len, 0, len);
  assert_string_equal(record.error, "");
  assert_int_equal(record.len, strlen("200 OK||||") + 3000);
  free(text);
}

static void no_memory__is_an_error(void **state) {
  static const char text[] = OK "Location: /somewhere\r\n\r\n";
  struct failing_allocator failing = {.fail_at = 1};
  pyr_alloc_t alloc = failing_alloc(&failing);
  struct pyr__http_parse parse;
  struct pyr__memory memory;
  static struct record record;
  pyr_error_t err;
  size_t used;
  (void)state;
  memset(&record, 0, sizeof(record));
  pyr__memory_init(&memory, &alloc);
  pyr__http_parse_init(&parse, &memory, &events, &record);
  assert_int_equal(pyr__http_parse_feed(&parse, (const uint8_t *)text,
                                        sizeof(text) - 1, &used, &err),
                   PYR__ENOMEM);
  assert_string_equal(err.text, "out of memory");
  pyr__http_parse_release(&parse);
  assert_int_equal(failing.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_responses__are_the_same_however_they_are_cut),
      cmocka_unit_test(bad_responses__are_refused_with_the_reason),
      cmocka_unit_test(endless_responses__are_cut_at_their_limits),
      cmocka_unit_test(endless_chunk_framing__is_cut_at_its_limit),
      cmocka_unit_test(many_small_chunks__are_no_framing_too_long),
      cmocka_unit_test(no_memory__is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
