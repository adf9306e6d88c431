#include "discovery/aws/container.h"

#include <stdlib.h>

#include "base/http_options.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "net/address.h"
#include "net/secret.h"
#include "net/secret_json.h"
#include "net/url.h"
#include "net/watched_file.h"

#define RELATIVE   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL       "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN      "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define ECS        "http://169.254.170.2"

enum { SHOWN = 200 };

static pyr_str_t variable(const char *name) {
  const char *text = getenv(name);
  return pyr__str(text == NULL ? "" : text);
}

bool pyr__aws_container_is_there(void) {
  return variable(RELATIVE).len > 0 || variable(FULL).len > 0;
}

/* ---- where it is -------------------------------------------------------- */

/* Names are not looked up for this: what they lead to may change. */
static bool is_near(pyr_str_t host) {
  static const char *const services[] = {"169.254.170.2", "169.254.170.23",
                                         "fd00:ec2::23"};
  size_t i;
  for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
    if (pyr__str_is(host, services[i]))
      return true;
  return pyr__is_loopback(host);
}

static int check_full(struct pyr__memory *memory, pyr_str_t text,
                      pyr_error_t *err) {
  struct pyr__url url;
  int rc = pyr__url_parse(&url, memory, text, err);

  if (rc == PYR__ENOMEM)
    return rc;
  if (rc != 0)
    return pyr__error_prefix(err, FULL ": ");
  if (!url.is_https && !is_near(url.host))
    rc = pyr__error(err, PYR_EUSAGE,
                    FULL ": keys are asked for over http of this host, "
                         "169.254.170.2, 169.254.170.23 and fd00:ec2::23 only, "
                         "not of %.*s",
                    PYR__STR_ARG(url.host));
  pyr__url_release(&url);
  return rc;
}

int pyr__aws_container_url(struct pyr__buf *out, pyr_error_t *err) {
  pyr_str_t relative = variable(RELATIVE), full = variable(FULL);
  int rc = 0;

  if (relative.len > 0 && relative.base[0] != '/')
    return pyr__error(err, PYR_EUSAGE, RELATIVE ": expected a / at its start");
  if (relative.len == 0)
    rc = check_full(out->memory, full, err);
  if (rc != 0)
    return rc;
  rc = relative.len > 0 ? pyr__buf_add_format(out, ECS "%s", relative.base)
                        : pyr__buf_add(out, full.base, full.len);
  if (rc == 0)
    rc = pyr__buf_add_byte(out, 0);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "%s is too long",
                      relative.len > 0 ? RELATIVE : FULL);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

/* ---- the question ------------------------------------------------------- */

static int add_token(struct pyr__buf *headers, pyr_str_t token,
                     const char *name, pyr_error_t *err) {
  if (!pyr__is_header_text(token))
    return pyr__error(err, PYR_EUSAGE, "%s: expected one line of text", name);
  return pyr__headers_error(pyr__buf_add_format(headers,
                                                "Authorization: %.*s\r\n",
                                                PYR__STR_ARG(token)),
                            err);
}

/* The file is replaced while this runs. */
static int add_token_of_file(struct pyr__buf *headers, pyr_str_t path,
                             pyr_error_t *err) {
  struct pyr__watched_file file = {.path = path.base};
  struct pyr__file_text text;
  int rc = pyr__watched_file_read(&file, headers->memory,
                                  PYR__LIMIT_SECRET_BYTES, &text, err);

  if (rc == PYR__ENOMEM)
    return rc;
  if (rc != 0)
    return pyr__error_prefix(err, TOKEN_FILE ": %s: ", path.base);
  rc = add_token(headers,
                 pyr__str_trim((pyr_str_t){(const char *)text.data, text.len}),
                 TOKEN_FILE, err);
  pyr__file_text_release(headers->memory, &text);
  return rc;
}

static int write_headers(struct pyr__buf *headers, pyr_error_t *err) {
  pyr_str_t path = variable(TOKEN_FILE), token = variable(TOKEN);
  int rc = pyr__buf_add_text(headers, "Accept: application/json\r\n");

  rc = pyr__headers_error(rc, err);
  if (rc == 0 && path.len > 0)
    rc = add_token_of_file(headers, path, err);
  else if (rc == 0 && token.len > 0)
    rc = add_token(headers, token, TOKEN, err);
  return rc == 0 ? pyr__headers_error(pyr__buf_add_byte(headers, 0), err) : rc;
}

int pyr__aws_container_ask(struct pyr__aws_container *container,
                           pyr_error_t *err) {
  struct pyr__memory *memory = container->fetch.body.memory;
  struct pyr__http_options options = {.access = NULL};
  struct pyr__buf url, headers;
  int rc;

  pyr__buf_init(&url, memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&headers, memory, PYR__MEM_NET_SECRETS,
                2 * PYR__LIMIT_SECRET_BYTES);
  rc = pyr__aws_container_url(&url, err);
  if (rc == 0)
    rc = write_headers(&headers, err);
  options.headers = (char *)headers.data;
  if (rc == 0)
    rc = pyr__http_fetch_start(&container->fetch, container->client,
                               (char *)url.data, options, err);
  pyr__buf_release(&url);
  pyr__buf_release(&headers);
  return rc;
}

/* ---- the answer --------------------------------------------------------- */

/* Its code and message, where it says them, or the status alone. */
static int tell_refusal(const struct pyr__http_fetch *fetch, pyr_error_t *err) {
  char code[SHOWN], message[SHOWN];
  json_t *answer;

  if (pyr__secret_json_parse(&answer, pyr__http_fetch_text(fetch), NULL) != 0)
    answer = NULL;
  pyr__str_escape(code, sizeof(code), pyr__secret_json_text(answer, "code"));
  pyr__str_escape(message, sizeof(message),
                  pyr__secret_json_text(answer, "message"));
  pyr__secret_json_free(answer);
  return pyr__error(err, PYR_ESTATUS, "status %d%s%s%s%s", fetch->status,
                    code[0] == '\0' ? "" : ", ", code,
                    message[0] == '\0' ? "" : ": ", message);
}

/* Keys without an expiration are good until they are doubted. */
static int take_answer(struct pyr__aws_container *container, pyr_error_t *err) {
  const struct pyr__http_fetch *fetch = &container->fetch;
  pyr_str_t id, secret;
  json_t *answer;
  int rc;

  if (fetch->status != 200)
    return tell_refusal(fetch, err);
  rc = pyr__secret_json_parse(&answer, pyr__http_fetch_text(fetch), err);
  if (rc != 0)
    return rc;
  id = pyr__secret_json_text(answer, "AccessKeyId");
  secret = pyr__secret_json_text(answer, "SecretAccessKey");
  rc =
      id.len == 0 || secret.len == 0
          ? pyr__error(err, PYR_EHTTP,
                       "the answer has no AccessKeyId or SecretAccessKey")
          : pyr__aws_keys_set(&container->keys, id, secret,
                              pyr__secret_json_text(answer, "Token"),
                              pyr__secret_json_text(answer, "Expiration"), err);
  pyr__secret_json_free(answer);
  return rc;
}

static void on_done(struct pyr__http_fetch *fetch, const pyr_error_t *failure) {
  struct pyr__aws_container *container =
      pyr__container_of(fetch, struct pyr__aws_container, fetch);
  pyr_error_t err;
  int rc;

  if (failure != NULL)
    err = *failure;
  rc = failure == NULL ? take_answer(container, &err) : failure->code;
  pyr__buf_release(&fetch->body);
  if (rc != 0)
    pyr__error_prefix(&err, "keys of the container: ");
  container->done(container, rc == 0 ? NULL : &err);
}

/* ---- its life ----------------------------------------------------------- */

void pyr__aws_container_init(struct pyr__aws_container *container,
                             struct pyr__memory *memory,
                             struct pyr__http_client *client,
                             struct pyr__http_request **request,
                             void (*done)(struct pyr__aws_container *container,
                                          const pyr_error_t *err)) {
  *container = (struct pyr__aws_container){.client = client, .done = done};
  pyr__http_fetch_init(&container->fetch, memory, request, on_done);
  pyr__aws_keys_init(&container->keys, memory);
}

void pyr__aws_container_release(struct pyr__aws_container *container) {
  pyr__buf_release(&container->fetch.body);
  pyr__aws_keys_release(&container->keys);
}
