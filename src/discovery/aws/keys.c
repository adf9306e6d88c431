#include "discovery/aws/keys.h"

#include <stdio.h>
#include <time.h>

#include "base/limits.h"
#include "base/str.h"

enum { TIME_TEXT = 40 };

void pyr__aws_keys_init(struct pyr__aws_kept_keys *kept,
                        struct pyr__memory *memory) {
  *kept = (struct pyr__aws_kept_keys){.expire_s = 0};
  pyr__buf_init(&kept->text, memory, PYR__MEM_NET_SECRETS,
                3 * PYR__LIMIT_AWS_KEY);
}

void pyr__aws_keys_release(struct pyr__aws_kept_keys *kept) {
  pyr__buf_release(&kept->text);
  kept->keys = (struct pyr__aws_keys){NULL, NULL, NULL};
}

static int parse_time(pyr_str_t text, int64_t *out, pyr_error_t *err) {
  char copy[TIME_TEXT];
  struct tm parts = {0};
  const char *rest;

  snprintf(copy, sizeof(copy), "%.*s", PYR__STR_ARG(text));
  rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest != NULL && (*rest == 'Z' || *rest == '.')) {
    *out = timegm(&parts);
    return 0;
  }
  return pyr__error(err, PYR_EHTTP,
                    "the expiration is no time such as 2026-01-02T03:04:05Z");
}

static int add_text(struct pyr__buf *to, pyr_str_t text) {
  int rc = text.len == 0 ? 0 : pyr__buf_add(to, text.base, text.len);
  return rc == 0 ? pyr__buf_add_byte(to, 0) : rc;
}

int pyr__aws_keys_set(struct pyr__aws_kept_keys *kept, pyr_str_t id,
                      pyr_str_t secret, pyr_str_t token, pyr_str_t expiration,
                      pyr_error_t *err) {
  const char *text;
  int rc;

  pyr__aws_keys_release(kept);
  kept->expire_s = INT64_MAX;
  if (expiration.len > 0 && parse_time(expiration, &kept->expire_s, err) != 0)
    return PYR_EHTTP;
  kept->renew_s =
      expiration.len > 0 ? kept->expire_s - PYR__AWS_RENEW_S : INT64_MAX;
  rc = add_text(&kept->text, id);
  if (rc == 0)
    rc = add_text(&kept->text, secret);
  if (rc == 0)
    rc = add_text(&kept->text, token);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the keys are longer than %zu bytes",
                      kept->text.limit);
  if (rc != 0)
    return pyr__error_nomem(err);
  text = (const char *)kept->text.data;
  kept->keys = (struct pyr__aws_keys){
      .id = text,
      .secret = text + id.len + 1,
      .token = token.len == 0 ? NULL : text + id.len + secret.len + 2};
  return 0;
}
