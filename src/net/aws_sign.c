#include "net/aws_sign.h"

#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/url.h"

enum { HASH = 32, HASH_TEXT = 2 * HASH + 1, DATE_TEXT = 24, SCOPE_TEXT = 256 };

/* What AWS calls the scope: "20150830/us-east-1/service/aws4_request". */
struct signing {
  const struct pyr__aws_keys *keys;
  const struct pyr__aws_request *request;
  char date[DATE_TEXT]; /* "20150830T123600Z" */
  char scope[SCOPE_TEXT];
  const char *signed_headers;
  char signature[HASH_TEXT];
};

static const mbedtls_md_info_t *sha256(void) {
  return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
}

static void to_hex(const unsigned char hash[HASH], char out[HASH_TEXT]) {
  size_t i;
  for (i = 0; i < HASH; i++)
    snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static int hash_text(pyr_str_t text, char out[HASH_TEXT]) {
  unsigned char hash[HASH];
  int rc =
      mbedtls_md(sha256(), (const unsigned char *)text.base, text.len, hash);
  to_hex(hash, out);
  return rc;
}

static int hmac(const unsigned char *key, size_t key_len, pyr_str_t text,
                unsigned char out[HASH]) {
  return mbedtls_md_hmac(sha256(), key, key_len,
                         (const unsigned char *)text.base, text.len, out);
}

/* The key of the day, the region and the service. */
static int derive(const struct signing *signing, unsigned char key[HASH]) {
  const pyr_str_t parts[] = {{signing->date, 8},
                             pyr__str(signing->request->region),
                             pyr__str(signing->request->service),
                             pyr__str("aws4_request")};
  char first[PYR__LIMIT_AWS_KEY + 8];
  int len = snprintf(first, sizeof(first), "AWS4%s", signing->keys->secret);
  int rc = hmac((unsigned char *)first, (size_t)len, parts[0], key);
  size_t i;

  for (i = 1; i < sizeof(parts) / sizeof(parts[0]) && rc == 0; i++)
    rc = hmac(key, HASH, parts[i], key);
  mbedtls_platform_zeroize(first, sizeof(first));
  return rc;
}

/* The request as both sides write it. */
static int write_canonical(const struct signing *signing,
                           struct pyr__buf *out) {
  const struct pyr__aws_request *request = signing->request;
  const char *token = signing->keys->token;
  char empty[HASH_TEXT];
  int rc = hash_text(pyr__str(""), empty);

  if (rc == 0)
    rc = pyr__buf_add_format(out, "GET\n%.*s\n%.*s\nhost:%.*s\nx-amz-date:%s\n",
                             PYR__STR_ARG(request->path),
                             PYR__STR_ARG(request->query),
                             PYR__STR_ARG(request->host), signing->date);
  if (rc == 0 && token != NULL)
    rc = pyr__buf_add_format(out, "x-amz-security-token:%s\n", token);
  if (rc == 0)
    rc = pyr__buf_add_format(out, "\n%s\n%s", signing->signed_headers, empty);
  return rc;
}

static int sign(struct signing *signing, struct pyr__memory *memory) {
  char canonical[HASH_TEXT], text[SCOPE_TEXT + 160];
  unsigned char key[HASH];
  struct pyr__buf buf;
  int rc;

  pyr__buf_init(&buf, memory, PYR__MEM_NET_CLIENT,
                2 * PYR__LIMIT_URL_BYTES + 2 * PYR__LIMIT_AWS_KEY);
  rc = write_canonical(signing, &buf);
  if (rc == 0)
    rc = hash_text((pyr_str_t){(char *)buf.data, buf.len}, canonical);
  pyr__buf_release(&buf);
  if (rc != 0)
    return rc;
  snprintf(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%s\n%s", signing->date,
           signing->scope, canonical);
  rc = derive(signing, key);
  if (rc == 0)
    rc = hmac(key, HASH, pyr__str(text), key);
  to_hex(key, signing->signature);
  mbedtls_platform_zeroize(key, sizeof(key));
  return rc;
}

static bool is_header_text(const char *text) {
  const char *at = text;
  for (; *at != '\0'; at++)
    if (*at <= ' ' || *at > '~')
      return false;
  return at > text && (size_t)(at - text) < PYR__LIMIT_AWS_KEY;
}

static int check(const struct pyr__aws_keys *keys, pyr_error_t *err) {
  const char *wrong = !is_header_text(keys->id)       ? "access key"
                      : !is_header_text(keys->secret) ? "secret key"
                      : keys->token != NULL && !is_header_text(keys->token)
                          ? "session token"
                          : NULL;
  if (wrong == NULL)
    return 0;
  return pyr__error(err, PYR_EUSAGE,
                    "the AWS %s is empty, too long, or has characters that "
                    "none has",
                    wrong);
}

static int write_headers(const struct signing *signing, struct pyr__buf *out) {
  const struct pyr__aws_keys *keys = signing->keys;
  int rc = pyr__buf_add_format(out, "X-Amz-Date: %s\r\n", signing->date);
  if (rc == 0 && keys->token != NULL)
    rc = pyr__buf_add_format(out, "X-Amz-Security-Token: %s\r\n", keys->token);
  if (rc == 0)
    rc = pyr__buf_add_format(out,
                             "Authorization: AWS4-HMAC-SHA256 "
                             "Credential=%s/%s, SignedHeaders=%s, "
                             "Signature=%s\r\n",
                             keys->id, signing->scope, signing->signed_headers,
                             signing->signature);
  return rc;
}

int pyr__aws_sign(struct pyr__buf *headers, const struct pyr__aws_keys *keys,
                  const struct pyr__aws_request *request, pyr_error_t *err) {
  struct signing signing = {.keys = keys, .request = request};
  time_t time = (time_t)request->time_s;
  struct tm parts;
  size_t before = headers->len;
  int rc = check(keys, err);

  if (rc != 0)
    return rc;
  signing.signed_headers = keys->token == NULL
                               ? "host;x-amz-date"
                               : "host;x-amz-date;x-amz-security-token";
  gmtime_r(&time, &parts);
  strftime(signing.date, sizeof(signing.date), "%Y%m%dT%H%M%SZ", &parts);
  snprintf(signing.scope, sizeof(signing.scope), "%.8s/%s/%s/aws4_request",
           signing.date, request->region, request->service);
  rc = sign(&signing, headers->memory);
  if (rc == 0)
    rc = write_headers(&signing, headers);
  if (rc == 0)
    return 0;
  headers->len = before;
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the request is too long to be signed");
  return pyr__error_nomem(err);
}

int pyr__aws_sign_url(struct pyr__buf *headers,
                      const struct pyr__aws_keys *keys, const char *region,
                      const char *service, const char *url, int64_t time_s,
                      pyr_error_t *err) {
  struct pyr__aws_request request = {
      .region = region, .service = service, .time_s = time_s};
  struct pyr__url parsed;
  const char *question;
  int rc = pyr__url_parse(&parsed, headers->memory, pyr__str(url), err);

  if (rc != 0)
    return rc;
  question = memchr(parsed.target.base, '?', parsed.target.len);
  request.host = parsed.authority;
  request.path =
      (pyr_str_t){parsed.target.base, (size_t)(question - parsed.target.base)};
  request.query =
      (pyr_str_t){question + 1, parsed.target.len - request.path.len - 1};
  rc = pyr__aws_sign(headers, keys, &request, err);
  pyr__url_release(&parsed);
  return rc;
}
