#include "support.h"

#include <string.h>

#include "base/str.h"
#include "net/socks5.h"

/* What is said in turn, each byte 0 to 255. */
struct line {
  const char *bytes;
  size_t len;
};
#define LINE(text)                                                             \
  { text, sizeof(text) - 1 }
#define NOTHING                                                                \
  { NULL, 0 }

enum { TURNS = 4 };

struct talk {
  const char *host;
  uint16_t port;
  struct line login;
  struct line ours[TURNS], theirs[TURNS];
};

static const struct talk good[] = {
    {"a.example",
     80,
     LINE(""),
     {LINE("\5\1\0"), LINE("\5\1\0\3\11a.example\0\120"), NOTHING},
     {LINE("\5\0"), LINE("\5\0\0\1\1\2\3\4\5\6"), NOTHING}},
    {"10.1.2.3",
     65535,
     LINE("\1\1u\0"), /* and it is not asked for */
     {LINE("\5\2\0\2"), LINE("\5\1\0\1\12\1\2\3\377\377"), NOTHING},
     {LINE("\5\0"), LINE("\5\0\0\3\0\0\0"), NOTHING}},
    {"::1",
     443,
     LINE("\1\2me\2pw"),
     {LINE("\5\2\0\2"), LINE("\1\2me\2pw"),
      LINE("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\273"), NOTHING},
     {LINE("\5\2"), LINE("\1\0"), LINE("\5\0\0\4aaaaaaaaaaaaaaaa\0\0"),
      NOTHING}},
    {"a",
     1,
     LINE("\1\1u\0"),
     {LINE("\5\2\0\2"), LINE("\1\1u\0"), LINE("\5\1\0\3\1a\0\1"), NOTHING},
     {LINE("\5\2"), LINE("\1\0"), LINE("\5\0\0\3\11localhost\0\1"), NOTHING}},
};

static struct pyr__memory memory;

static void assert_said(struct pyr__buf *out, struct line line) {
  assert_int_equal(out->len, line.len);
  if (line.len > 0)
    assert_memory_equal(out->data, line.bytes, line.len);
  pyr__buf_clear(out);
}

/* All that the proxy says, `piece` bytes at a time. */
static void run(const struct talk *talk, size_t piece) {
  pyr_str_t login = {talk->login.bytes, talk->login.len};
  struct pyr__socks5 socks;
  struct pyr__buf out;
  pyr_error_t err;
  size_t turn;
  int rc;

  pyr__buf_init(&out, &memory, PYR__MEM_NET_SECRETS, 1000);
  rc = pyr__socks5_begin(&socks, pyr__str(talk->host), talk->port, login, &out,
                         &err);
  assert_int_equal(rc, 0);
  for (turn = 0; talk->theirs[turn].bytes != NULL; turn++) {
    const struct line *line = &talk->theirs[turn];
    size_t at = 0, used;
    assert_said(&out, talk->ours[turn]);
    while (at < line->len) {
      size_t n = line->len - at < piece ? line->len - at : piece;
      uint8_t *copy = malloc(n);
      memcpy(copy, line->bytes + at, n);
      assert_int_equal(rc, 0);
      rc = pyr__socks5_feed(&socks, copy, n, &used, &out, &err);
      free(copy);
      assert_int_equal(used, n);
      at += n;
    }
  }
  assert_int_equal(rc, 1);
  assert_int_equal(out.len, 0);
  pyr__buf_release(&out);
}

static void a_talk_goes_well_cut_anywhere(void **state) {
  size_t i, piece;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
    for (piece = 1; piece < 25; piece++)
      run(&good[i], piece);
}

static void what_comes_behind_is_not_used(void **state) {
  struct pyr__socks5 socks;
  struct pyr__buf out;
  size_t used;
  (void)state;
  pyr__buf_init(&out, &memory, PYR__MEM_NET_SECRETS, 1000);
  assert_int_equal(
      pyr__socks5_begin(&socks, pyr__str("a"), 1, pyr__str(""), &out, NULL), 0);
  assert_int_equal(pyr__socks5_feed(&socks,
                                    (const uint8_t *)"\5\0\5\0\0\3\1aPPmore",
                                    14, &used, &out, NULL),
                   1);
  assert_int_equal(used, 10);
  pyr__buf_release(&out);
}

static const struct {
  struct line login, theirs;
  const char *error;
} bad[] = {
    {LINE(""), LINE("HTTP/1.1 400 Bad Request\r\n"),
     "it speaks no SOCKS5: expected a first byte of 5, got 72"},
    {LINE(""), LINE("\4\132"),
     "it speaks no SOCKS5: expected a first byte of 5, got 4"},
    {LINE(""), LINE("\5\377"),
     "it wants to know who asks: put USER:PASSWORD@ before its host"},
    {LINE("\1\1u\1p"), LINE("\5\377"),
     "it takes no user and password, nor goes without"},
    {LINE(""), LINE("\5\2"),
     "it wants method 2 of authentication, which was not offered"},
    {LINE("\1\1u\1p"), LINE("\5\1"),
     "it wants method 1 of authentication, which was not offered"},
    {LINE("\1\1u\1p"), LINE("\5\2\1\1"), "it refused user and password"},
    {LINE("\1\1u\1p"), LINE("\5\2\5\0"),
     "malformed answer to user and password: its version is 5"},
    {LINE(""), LINE("\5\0\1\0\0\1"),
     "it speaks no SOCKS5: expected a first byte of 5, got 1"},
    {LINE(""), LINE("\5\0\5\5\0\1"), "it answered 5 connection refused"},
    {LINE(""), LINE("\5\0\5\10\0\1"),
     "it answered 8 kind of address not supported"},
    {LINE(""), LINE("\5\0\5\11\0\1"), "it answered 9"},
    {LINE(""), LINE("\5\0\5\377\377\377"), "it answered 255"},
    {LINE(""), LINE("\5\0\5\0\1\1"),
     "malformed answer: its third byte must be 0, not 1"},
    {LINE(""), LINE("\5\0\5\0\0\2"),
     "malformed answer: unknown kind 2 of address"},
};

/* Bytes behind what is wrong change nothing, nor does how they are cut. */
static void what_a_proxy_does_wrong_is_said(void **state) {
  size_t i, piece, at, used;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    for (piece = 1; piece < 8; piece++) {
      const struct line *line = &bad[i].theirs;
      pyr_error_t err = {.code = 0};
      struct pyr__socks5 socks;
      struct pyr__buf out;
      int rc;
      pyr__buf_init(&out, &memory, PYR__MEM_NET_SECRETS, 1000);
      rc = pyr__socks5_begin(&socks, pyr__str("a"), 1,
                             (pyr_str_t){bad[i].login.bytes, bad[i].login.len},
                             &out, &err);
      for (at = 0; at < line->len && rc == 0; at += used)
        rc = pyr__socks5_feed(&socks, (const uint8_t *)line->bytes + at,
                              line->len - at < piece ? line->len - at : piece,
                              &used, &out, &err);
      assert_int_equal(rc, PYR_EPROXY);
      assert_string_equal(err.text, bad[i].error);
      pyr__buf_release(&out);
    }
}

static void what_cannot_be_said_is_refused(void **state) {
  char text[300];
  struct pyr__socks5 socks;
  struct pyr__buf out;
  pyr_error_t err;
  (void)state;
  memset(text, 'x', sizeof(text));
  pyr__buf_init(&out, &memory, PYR__MEM_NET_SECRETS, 1000);
  assert_int_equal(pyr__socks5_write_login(&out, (pyr_str_t){text, 255},
                                           (pyr_str_t){text, 255}, &err),
                   0);
  assert_int_equal(out.len, 1 + 2 * 256);
  assert_int_equal(pyr__socks5_write_login(&out, (pyr_str_t){text, 256},
                                           (pyr_str_t){text, 1}, &err),
                   PYR_ECONFIG);
  assert_int_equal(pyr__socks5_begin(&socks, (pyr_str_t){text, 256}, 1,
                                     pyr__str(""), &out, &err),
                   PYR_EPROXY);
  assert_string_equal(err.text, "the host is longer than 255 bytes");
  pyr__buf_release(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_talk_goes_well_cut_anywhere),
      cmocka_unit_test(what_comes_behind_is_not_used),
      cmocka_unit_test(what_a_proxy_does_wrong_is_said),
      cmocka_unit_test(what_cannot_be_said_is_refused),
  };
  pyr__memory_init(&memory, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
