#include "discovery/aws/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "config/sd.h"
#include "net/secret_json.h"
#include "net/url.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum { SHOWN = 200 };

static int ask_next(struct pyr__aws_instance *instance, pyr_error_t *err);

/* ---- where it is -------------------------------------------------------- */

static const char *endpoint(void) {
  const char *given = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const char *mode = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  if (given != NULL && given[0] != '\0')
    return given;
  return mode != NULL && strcasecmp(mode, "ipv6") == 0
             ? "http://[fd00:ec2::254]"
             : "http://169.254.169.254";
}

static int ask(struct pyr__aws_instance *instance, const char *path,
               const char *more, const struct pyr__http_options *options,
               int (*answered)(struct pyr__aws_instance *instance,
                               pyr_error_t *err),
               pyr_error_t *err) {
  pyr_str_t base = pyr__str(endpoint());
  struct pyr__buf url;
  int rc;

  while (base.len > 0 && base.base[base.len - 1] == '/')
    base.len--;
  instance->answered = answered;
  pyr__buf_init(&url, instance->header.memory, PYR__MEM_NET_CLIENT,
                PYR__LIMIT_URL_BYTES);
  rc = pyr__buf_add_format(&url, "%.*s%s", PYR__STR_ARG(base), path);
  if (rc == 0)
    rc = pyr__url_escape(&url, pyr__str(more));
  if (rc == 0)
    rc = pyr__buf_add_byte(&url, 0);
  if (rc == 0)
    rc = pyr__http_fetch_start(&instance->fetch, instance->client,
                               (char *)url.data, *options, err);
  else
    rc = pyr__error_nomem(err);
  pyr__buf_release(&url);
  return rc;
}

/* With the token. */
static int
get(struct pyr__aws_instance *instance, const char *path, const char *more,
    int (*answered)(struct pyr__aws_instance *instance, pyr_error_t *err),
    pyr_error_t *err) {
  struct pyr__http_options options = {.headers = (char *)instance->header.data};
  return ask(instance, path, more, &options, answered, err);
}

/* ---- the answers -------------------------------------------------------- */

static int check_status(const struct pyr__aws_instance *instance,
                        const char *what, pyr_error_t *err) {
  if (instance->fetch.status == 200)
    return 0;
  return pyr__error(err, PYR_ESTATUS, "%s: status %d", what,
                    instance->fetch.status);
}

static int take_token(struct pyr__aws_instance *instance, pyr_error_t *err) {
  pyr_str_t token = pyr__str_trim(pyr__http_fetch_text(&instance->fetch));
  int rc = check_status(instance, "no token", err);

  if (rc != 0)
    return rc;
  if (!pyr__is_header_text(token))
    return pyr__error(err, PYR_EHTTP, "the token is not one line of text");
  pyr__buf_clear(&instance->header);
  rc = pyr__buf_add_format(&instance->header,
                           "Accept: */*\r\nX-aws-ec2-metadata-token: %.*s\r\n",
                           PYR__STR_ARG(token));
  if (rc == 0)
    rc = pyr__buf_add_byte(&instance->header, 0);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the token is too long");
  return rc == 0 ? ask_next(instance, err) : pyr__error_nomem(err);
}

static int take_region(struct pyr__aws_instance *instance, pyr_error_t *err) {
  json_t *document;
  pyr_str_t region;
  int rc = check_status(instance, "no identity document", err);

  if (rc == 0)
    rc = pyr__secret_json_parse(&document,
                                pyr__http_fetch_text(&instance->fetch), err);
  if (rc != 0)
    return rc;
  region = pyr__secret_json_text(document, "region");
  if (pyr__is_aws_region(region))
    snprintf(instance->region, sizeof(instance->region), "%.*s",
             PYR__STR_ARG(region));
  else
    rc = pyr__error(err, PYR_EHTTP, "the identity document has no region");
  pyr__secret_json_free(document);
  return rc == 0 ? ask_next(instance, err) : rc;
}

/* "Failed" and why, in what is shown. */
static int tell_failure(const json_t *answer, pyr_error_t *err) {
  char code[SHOWN], message[SHOWN];
  pyr__str_escape(code, sizeof(code), pyr__secret_json_text(answer, "Code"));
  pyr__str_escape(message, sizeof(message),
                  pyr__secret_json_text(answer, "Message"));
  return pyr__error(err, PYR_EHTTP, "no keys: code \"%s\", message \"%s\"",
                    code, message);
}

static int take_answer(struct pyr__aws_instance *instance, const json_t *answer,
                       pyr_error_t *err) {
  pyr_str_t id = pyr__secret_json_text(answer, "AccessKeyId");
  pyr_str_t secret = pyr__secret_json_text(answer, "SecretAccessKey");
  pyr_str_t expiration = pyr__secret_json_text(answer, "Expiration");

  if (!pyr__str_is(pyr__secret_json_text(answer, "Code"), "Success"))
    return tell_failure(answer, err);
  if (id.len == 0 || secret.len == 0 || expiration.len == 0)
    return pyr__error(err, PYR_EHTTP,
                      "the answer has no AccessKeyId, SecretAccessKey or "
                      "Expiration");
  return pyr__aws_keys_set(&instance->keys, id, secret,
                           pyr__secret_json_text(answer, "Token"), expiration,
                           err);
}

static int parse_keys(struct pyr__aws_instance *instance, pyr_error_t *err) {
  json_t *answer;
  int rc = check_status(instance, "no keys", err);

  if (rc == 0)
    rc = pyr__secret_json_parse(&answer, pyr__http_fetch_text(&instance->fetch),
                                err);
  if (rc != 0)
    return rc;
  rc = take_answer(instance, answer, err);
  pyr__secret_json_free(answer);
  return rc;
}

static int take_keys(struct pyr__aws_instance *instance, pyr_error_t *err) {
  int rc = parse_keys(instance, err);
  instance->wants_keys = false;
  return rc == 0 ? ask_next(instance, err)
                 : pyr__error_prefix(err, "role %s: ", instance->role);
}

/* A list, of which the first counts. */
static int take_role(struct pyr__aws_instance *instance, pyr_error_t *err) {
  pyr_str_t role = pyr__http_fetch_text(&instance->fetch);
  const char *end = memchr(role.base, '\n', role.len);
  int rc;

  if (instance->fetch.status == 404)
    return pyr__error(err, PYR_ESTATUS, "the instance has no role");
  rc = check_status(instance, "no role", err);
  if (rc != 0)
    return rc;
  if (end != NULL)
    role.len = (size_t)(end - role.base);
  role = pyr__str_trim(role);
  if (role.len == 0)
    return pyr__error(err, PYR_EHTTP, "the instance has no role");
  if (role.len >= sizeof(instance->role) || !pyr__is_header_text(role))
    return pyr__error(err, PYR_EHTTP, "the role's name is none");
  snprintf(instance->role, sizeof(instance->role), "%.*s", PYR__STR_ARG(role));
  return get(instance, ROLES, instance->role, take_keys, err);
}

/* ---- in order ----------------------------------------------------------- */

static int ask_next(struct pyr__aws_instance *instance, pyr_error_t *err) {
  if (instance->wants_region) {
    instance->wants_region = false;
    return get(instance, "/latest/dynamic/instance-identity/document", "",
               take_region, err);
  }
  if (instance->wants_keys)
    return get(instance, ROLES, "", take_role, err);
  return 0;
}

static void on_done(struct pyr__http_fetch *fetch, const pyr_error_t *failure) {
  struct pyr__aws_instance *instance =
      pyr__container_of(fetch, struct pyr__aws_instance, fetch);
  pyr_error_t err;
  int rc;

  if (failure != NULL)
    err = *failure;
  rc = failure == NULL ? instance->answered(instance, &err) : failure->code;
  if (rc == 0 && *fetch->request != NULL)
    return;
  pyr__buf_release(&fetch->body);
  pyr__buf_release(&instance->header);
  if (rc != 0)
    pyr__error_prefix(&err, "instance metadata at %s: ", endpoint());
  instance->done(instance, rc == 0 ? NULL : &err);
}

/* ---- its life ----------------------------------------------------------- */

void pyr__aws_instance_init(
    struct pyr__aws_instance *instance, struct pyr__memory *memory,
    struct pyr__http_client *client, struct pyr__http_request **request,
    void (*done)(struct pyr__aws_instance *instance, const pyr_error_t *err)) {
  *instance = (struct pyr__aws_instance){.client = client, .done = done};
  pyr__http_fetch_init(&instance->fetch, memory, request, on_done);
  pyr__buf_init(&instance->header, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_HEADER_BYTES);
  pyr__aws_keys_init(&instance->keys, memory);
}

void pyr__aws_instance_release(struct pyr__aws_instance *instance) {
  pyr__buf_release(&instance->fetch.body);
  pyr__buf_release(&instance->header);
  pyr__aws_keys_release(&instance->keys);
}

int pyr__aws_instance_ask(struct pyr__aws_instance *instance, bool region,
                          bool keys, pyr_error_t *err) {
  static const struct pyr__http_content put = {"PUT", NULL, {"", 0}};
  const struct pyr__http_options options = {
      .headers = "Accept: */*\r\n"
                 "X-aws-ec2-metadata-token-ttl-seconds: 300\r\n",
      .content = &put};
  const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");

  if (disabled != NULL && strcasecmp(disabled, "true") == 0)
    return pyr__error(err, PYR_EUSAGE,
                      "the instance is not asked, as AWS_EC2_METADATA_DISABLED "
                      "says");
  instance->wants_region = region;
  instance->wants_keys = keys;
  return ask(instance, "/latest/api/token", "", &options, take_token, err);
}
