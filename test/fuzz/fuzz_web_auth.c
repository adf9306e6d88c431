/* An Authorization header of a stranger: nobody is known who has neither the
 * token nor a user's password. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/web_auth.h"

#define TOKEN "t0ken"
/* Of "secret". */
#define HASH  "$2b$04$bs9/WKoBO6BZUuWmiZWmcegF7FC0QlmELgwBO6MsNHJ70OsnSLOK."
#define BASIC "YWxpY2U6c2VjcmV0" /* "alice:secret" */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

/* An hour passes between two looks, so that every password is checked. */
static int64_t monotonic(void *ctx) {
  static int64_t now_ns;
  (void)ctx;
  return now_ns += 3600 * PYR__NS_PER_S;
}

static struct pyr__web_auth *make(struct pyr__memory *memory,
                                  const struct pyr__web_options *options) {
  const struct pyr__clock clock = {.monotonic_ns = monotonic,
                                   .wall_ns = monotonic};
  struct pyr__web_auth *auth;
  check(pyr__web_auth_new(&auth, memory, options, &clock, NULL) == 0);
  return auth;
}

/* Whether it is `scheme` and a text that begins with `secret`, wherever there
 * are spaces: what follows may be the padding of base64. */
static bool says(pyr_str_t header, const char *scheme, const char *secret) {
  size_t at = strlen(scheme);
  if (header.len <= at || strncasecmp(header.base, scheme, at) != 0)
    return false;
  for (; at < header.len && *secret != '\0'; at++) {
    if (memchr(" \t\r\n", header.base[at], 4) != NULL)
      continue;
    if (header.base[at] != *secret++)
      return false;
  }
  return *secret == '\0';
}

static void check_asked(const struct pyr__web_options *options,
                        pyr_str_t header, bool may_be_known) {
  struct pyr__memory memory;
  struct pyr__web_auth *auth;

  pyr__memory_init(&memory, NULL);
  auth = make(&memory, options);
  check(pyr__web_auth_check(auth, header) != PYR__WEB_KNOWN || may_be_known);
  pyr__web_auth_free(auth);
  check(memory.accounts[PYR__MEM_NET_SECRETS].used_blocks == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct pyr__web_user users[] = {{"alice", HASH}};
  const struct pyr__web_options by_token = {.bearer_token = TOKEN};
  const struct pyr__web_options by_name = {.users = users, .user_count = 1};
  pyr_str_t header = {(const char *)data, size};

  check_asked(&by_token, header, says(header, "Bearer", TOKEN));
  check_asked(&by_name, header, says(header, "Basic", BASIC));
  return 0;
}
