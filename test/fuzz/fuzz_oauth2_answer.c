/* What a token server answers, with the status that the first byte says: a
 * token that a header may have, or why there is none, and no secret in that. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/http_options.h"
#include "net/oauth2_answer.h"

enum { BODY_MAX = 1 << 16, PREFIX_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static void check_token(const struct pyr__oauth2_token *token) {
  pyr_str_t text = {(const char *)token->text.data, token->text.len};
  check(text.len > 2 && pyr__is_header_text(text));
  check(memchr(text.base, ' ', text.len) != NULL);
  check(token->lives_s >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int statuses[] = {200, 201, 299, 400, 401, 500};
  struct pyr__oauth2_token token;
  struct pyr__memory memory;
  pyr_error_t err = {0};
  int status, rc;

  if (size < 1 || size > BODY_MAX)
    return 0;
  status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
  pyr__memory_init(&memory, NULL);
  rc = pyr__oauth2_answer(&token, &memory, status,
                          (pyr_str_t){(const char *)data + 1, size - 1}, &err);
  if (rc == 0) {
    check(status < 300);
    check_token(&token);
    pyr__buf_release(&token.text);
  } else {
    check((rc == PYR_ESTATUS || rc == PYR_EHTTP || rc == PYR_ELIMIT) &&
          err.code == rc && err.text[0] != '\0');
  }
  check(memory.accounts[PYR__MEM_NET_SECRETS].used_blocks == 0);
  return 0;
}
