/* What a SOCKS5 proxy says, in pieces of the size that the first byte says:
 * whatever it is, it is read to the same end as at once, and what is said to it
 * is the same. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/socks5.h"

enum { SAID = 1024 };

struct talk {
  int rc;
  size_t used;
  pyr_error_t err;
  size_t said_len;
  uint8_t said[SAID];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static void run(struct talk *talk, pyr_str_t login, const uint8_t *data,
                size_t size, size_t piece) {
  struct pyr__memory memory;
  struct pyr__socks5 socks;
  struct pyr__buf out;
  size_t used;

  memset(talk, 0, sizeof(*talk));
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&out, &memory, PYR__MEM_NET_SECRETS, SAID);
  talk->rc =
      pyr__socks5_begin(&socks, pyr__str("host"), 1, login, &out, &talk->err);
  check(talk->rc == 0);
  while (talk->used < size && talk->rc == 0) {
    size_t len = size - talk->used < piece ? size - talk->used : piece;
    talk->rc = pyr__socks5_feed(&socks, data + talk->used, len, &used, &out,
                                &talk->err);
    check(used <= len && (talk->rc != 0 || used == len));
    talk->used += used;
  }
  check(talk->rc == 0 || talk->rc == 1 || talk->rc == PYR_EPROXY);
  check(talk->rc != PYR_EPROXY || talk->err.text[0] != '\0');
  talk->said_len = out.len;
  memcpy(talk->said, out.data, out.len);
  pyr__buf_release(&out);
  check(memory.accounts[PYR__MEM_NET_SECRETS].used_blocks == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct talk whole, cut;
  pyr_str_t login;

  if (size < 1)
    return 0;
  login = pyr__str(data[0] % 2 == 0 ? "" : "\1\1u\1p");
  run(&whole, login, data + 1, size - 1, size);
  run(&cut, login, data + 1, size - 1, (size_t)data[0] / 2 % 9 + 1);
  check(whole.rc == cut.rc && whole.used == cut.used);
  check(strcmp(whole.err.text, cut.err.text) == 0);
  check(whole.said_len == cut.said_len &&
        memcmp(whole.said, cut.said, whole.said_len) == 0);
  return 0;
}
