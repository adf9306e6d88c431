#include "discovery/aws/role.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/xml.h"
#include "net/url.h"

enum { VARIABLE = 64, SHOWN = 200 };

/* ---- where it is -------------------------------------------------------- */

static const char *from_environment(const char *service) {
  char name[VARIABLE];
  const char *text;
  size_t len =
      (size_t)snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", service);
  for (; len > 0 && name[len - 1] != '_'; len--)
    name[len - 1] = (char)toupper((unsigned char)name[len - 1]);
  text = getenv(name);
  if (text == NULL || text[0] == '\0')
    text = getenv("AWS_ENDPOINT_URL");
  return text == NULL ? "" : text;
}

int pyr__aws_endpoint(struct pyr__buf *out, pyr_str_t given,
                      const char *service, const char *region) {
  bool is_of_china = pyr__str_starts(pyr__str(region), "cn-");
  if (given.len == 0)
    given = pyr__str(from_environment(service));
  while (given.len > 0 && given.base[given.len - 1] == '/')
    given.len--;
  return given.len > 0
             ? pyr__buf_add(out, given.base, given.len)
             : pyr__buf_add_format(out, "https://%s.%s.amazonaws.com%s",
                                   service, region, is_of_china ? ".cn" : "");
}

/* ---- the question ------------------------------------------------------- */

static int add_parameter(struct pyr__buf *out, const char *name,
                         pyr_str_t value) {
  int rc = value.len == 0 ? 0 : pyr__buf_add_format(out, "&%s=", name);
  return rc == 0 && value.len > 0 ? pyr__url_escape(out, value) : rc;
}

/* Sorted, as signatures want it.  The time is the least that there is. */
static int write_url(struct pyr__buf *out,
                     const struct pyr__aws_role_question *question,
                     pyr_error_t *err) {
  int rc = pyr__aws_endpoint(out, pyr__str(""), "sts", question->region);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "/?Action=AssumeRole&DurationSeconds=900");
  if (rc == 0)
    rc = add_parameter(out, "ExternalId", question->external_id);
  if (rc == 0)
    rc = add_parameter(out, "RoleArn", question->arn);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "&RoleSessionName=pyrite&Version=2011-06-15");
  if (rc == 0)
    rc = pyr__buf_add_byte(out, 0);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the query is longer than %zu bytes",
                      out->limit);
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

static int ask_by_keys(struct pyr__aws_role *role,
                       const struct pyr__aws_role_question *question,
                       pyr_error_t *err) {
  struct pyr__memory *memory = role->fetch.body.memory;
  struct pyr__http_options options = {.access = role->access};
  struct pyr__buf url, headers;
  int rc;

  pyr__buf_init(&url, memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&headers, memory, PYR__MEM_NET_SECRETS,
                PYR__LIMIT_HEADER_BYTES);
  rc = write_url(&url, question, err);
  if (rc == 0 && pyr__buf_add_text(&headers, "Accept: */*\r\n") != 0)
    rc = pyr__error_nomem(err);
  if (rc == 0)
    rc = pyr__aws_sign_url(&headers, question->keys, question->region, "sts",
                           (char *)url.data, question->time_s, err);
  if (rc == 0 && pyr__buf_add_byte(&headers, 0) != 0)
    rc = pyr__error_nomem(err);
  options.headers = (char *)headers.data;
  if (rc == 0)
    rc = pyr__http_fetch_start(&role->fetch, role->client, (char *)url.data,
                               options, err);
  pyr__buf_release(&url);
  pyr__buf_release(&headers);
  return rc;
}

static int write_form(struct pyr__buf *out,
                      const struct pyr__aws_role_question *question) {
  int rc = pyr__buf_add_text(
      out, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
  if (rc == 0)
    rc = add_parameter(out, "RoleArn", question->arn);
  if (rc == 0)
    rc = add_parameter(out, "RoleSessionName", question->session);
  return rc == 0 ? add_parameter(out, "WebIdentityToken", question->token) : rc;
}

/* Posted, so that the token stands in no URL. */
static int ask_by_token(struct pyr__aws_role *role,
                        const struct pyr__aws_role_question *question,
                        pyr_error_t *err) {
  struct pyr__memory *memory = role->fetch.body.memory;
  struct pyr__http_content content = {
      .method = "POST", .type = "application/x-www-form-urlencoded"};
  struct pyr__http_options options = {.access = role->access,
                                      .content = &content};
  struct pyr__buf url, form;
  int rc;

  pyr__buf_init(&url, memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_URL_BYTES);
  pyr__buf_init(&form, memory, PYR__MEM_NET_SECRETS, PYR__LIMIT_SENT_BYTES);
  rc = pyr__aws_endpoint(&url, pyr__str(""), "sts", question->region);
  if (rc == 0)
    rc = pyr__buf_add(&url, "/", 2);
  if (rc == 0)
    rc = write_form(&form, question);
  content.body = (pyr_str_t){(char *)form.data, form.len};
  if (rc == PYR_ELIMIT)
    rc = pyr__error(err, rc, "the question is too long");
  else if (rc != 0)
    rc = pyr__error_nomem(err);
  else
    rc = pyr__http_fetch_start(&role->fetch, role->client, (char *)url.data,
                               options, err);
  pyr__buf_release(&url);
  pyr__buf_release(&form);
  return rc;
}

int pyr__aws_role_ask(struct pyr__aws_role *role,
                      const struct pyr__aws_role_question *question,
                      pyr_error_t *err) {
  role->is_by_token = question->keys == NULL;
  return role->is_by_token ? ask_by_token(role, question, err)
                           : ask_by_keys(role, question, err);
}

/* ---- the answer --------------------------------------------------------- */

struct answer {
  struct pyr__xml xml;
  struct {
    const char *path;
    struct pyr__buf text;
  } fields[4];
};

enum { ID, SECRET, TOKEN, EXPIRATION, CODE = 0, MESSAGE = 1 };

static void on_begin(void *ctx) {
  (void)ctx;
}

static void on_end(void *ctx, const struct pyr__buf *text) {
  struct answer *answer = ctx;
  size_t i;
  for (i = 0; i < 4; i++)
    if (answer->fields[i].path != NULL && text->len > 0 &&
        pyr__xml_is_at(&answer->xml, answer->fields[i].path)) {
      pyr__buf_clear(&answer->fields[i].text);
      pyr__xml_append(&answer->xml, &answer->fields[i].text, text->data,
                      text->len);
    }
}

static const struct pyr__xml_events events = {on_begin, on_end};

/* The texts at the paths; `answer` is to be released whatever came of it. */
static int parse(struct answer *answer, const struct pyr__http_fetch *fetch,
                 const char *root, const char *const paths[4],
                 pyr_error_t *err) {
  pyr_str_t text = pyr__http_fetch_text(fetch);
  size_t i;
  int rc = pyr__xml_init(&answer->xml, fetch->body.memory, PYR__MEM_NET_SECRETS,
                         root, &events, answer, err);
  for (i = 0; i < 4; i++) {
    answer->fields[i].path = paths[i];
    pyr__buf_init(&answer->fields[i].text, fetch->body.memory,
                  PYR__MEM_NET_SECRETS, PYR__LIMIT_AWS_KEY);
  }
  if (rc == 0)
    rc = pyr__xml_feed(&answer->xml, text.base, text.len, err);
  return rc == 0 ? pyr__xml_finish(&answer->xml, err) : rc;
}

static void release(struct answer *answer) {
  size_t i;
  pyr__xml_release(&answer->xml);
  for (i = 0; i < 4; i++)
    pyr__buf_release(&answer->fields[i].text);
}

static pyr_str_t field(const struct answer *answer, size_t i) {
  const struct pyr__buf *text = &answer->fields[i].text;
  return (pyr_str_t){text->len == 0 ? "" : (const char *)text->data, text->len};
}

/* "AccessDenied: User: ... is not authorized", or the status alone. */
static int tell_refusal(const struct pyr__http_fetch *fetch, pyr_error_t *err) {
  static const char *const paths[] = {"/Error/Code", "/Error/Message", NULL,
                                      NULL};
  struct answer answer = {.xml = {.parser = NULL}};
  char code[SHOWN], message[2 * SHOWN];
  int rc = parse(&answer, fetch, "ErrorResponse", paths, NULL);

  pyr__str_escape(code, sizeof(code), field(&answer, CODE));
  pyr__str_escape(message, sizeof(message), field(&answer, MESSAGE));
  release(&answer);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return pyr__error(err, PYR_ESTATUS, "status %d%s%s%s%s", fetch->status,
                    code[0] == '\0' ? "" : ", ", code,
                    message[0] == '\0' ? "" : ": ", message);
}

#define CREDENTIALS(result)                                                    \
  {                                                                            \
    result "/Credentials/AccessKeyId", result "/Credentials/SecretAccessKey",  \
        result "/Credentials/SessionToken", result "/Credentials/Expiration"   \
  }

static int take_answer(struct pyr__aws_role *role, pyr_error_t *err) {
  static const struct {
    const char *root, *paths[4];
  } shapes[] = {{"AssumeRoleResponse", CREDENTIALS("/AssumeRoleResult")},
                {"AssumeRoleWithWebIdentityResponse",
                 CREDENTIALS("/AssumeRoleWithWebIdentityResult")}};
  const char *root = shapes[role->is_by_token].root;
  const char *const *paths = shapes[role->is_by_token].paths;
  struct answer answer = {.xml = {.parser = NULL}};
  size_t i;
  int rc;

  if (role->fetch.status != 200)
    return tell_refusal(&role->fetch, err);
  rc = parse(&answer, &role->fetch, root, paths, err);
  for (i = 0; rc == 0 && i < 4; i++)
    if (field(&answer, i).len == 0)
      rc = pyr__error(err, PYR_EHTTP, "the answer has no %s",
                      strrchr(paths[i], '/') + 1);
  if (rc == 0)
    rc = pyr__aws_keys_set(&role->keys, field(&answer, ID),
                           field(&answer, SECRET), field(&answer, TOKEN),
                           field(&answer, EXPIRATION), err);
  release(&answer);
  return rc;
}

static void on_done(struct pyr__http_fetch *fetch, const pyr_error_t *failure) {
  struct pyr__aws_role *role =
      pyr__container_of(fetch, struct pyr__aws_role, fetch);
  pyr_error_t err;
  int rc;

  if (failure != NULL)
    err = *failure;
  rc = failure == NULL ? take_answer(role, &err) : failure->code;
  pyr__buf_release(&fetch->body);
  if (rc != 0)
    pyr__error_prefix(&err,
                      "%s: ", role->is_by_token ? "AWS_ROLE_ARN" : "role-arn");
  role->done(role, rc == 0 ? NULL : &err);
}

/* ---- its life ----------------------------------------------------------- */

void pyr__aws_role_init(struct pyr__aws_role *role, struct pyr__memory *memory,
                        struct pyr__http_client *client,
                        struct pyr__http_access *access,
                        struct pyr__http_request **request,
                        void (*done)(struct pyr__aws_role *role,
                                     const pyr_error_t *err)) {
  *role =
      (struct pyr__aws_role){.client = client, .access = access, .done = done};
  pyr__http_fetch_init(&role->fetch, memory, request, on_done);
  pyr__aws_keys_init(&role->keys, memory);
}

void pyr__aws_role_release(struct pyr__aws_role *role) {
  pyr__buf_release(&role->fetch.body);
  pyr__aws_keys_release(&role->keys);
}
