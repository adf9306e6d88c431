/* Who asks AWS: a session before a server that says what is to be said. */
#ifndef TEST_AWS_SESSION_FIXTURE_H
#define TEST_AWS_SESSION_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/aws/session.h"
#include "http_client_fixture.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define ANSWER(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body
#define STATUS(status, body)                                                   \
  "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

#define TOKEN  ANSWER("canary-token")
#define ROLE   ANSWER("machine\nother\n")
#define REGION ANSWER("{\"accountId\":\"1\",\"region\":\"eu-9\"}")
#define KEYS_UNTIL(time)                                                       \
  ANSWER("{\"Code\":\"Success\",\"AccessKeyId\":\"INSTANCE\","                 \
         "\"SecretAccessKey\":\"canary-a\",\"Token\":\"canary-b\","            \
         "\"Expiration\":\"" time "\"}")
#define ASSUMED_UNTIL(time)                                                    \
  ANSWER(                                                                      \
      "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/"             \
      "2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>ASSUMED"      \
      "</AccessKeyId><SecretAccessKey>canary-c</SecretAccessKey>"              \
      "<SessionToken>canary-d</SessionToken><Expiration>" time                 \
      "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")

#define RELATIVE_URI       "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI           "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define AUTHORIZATION_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define WEB_UNTIL(time)                                                        \
  ANSWER("<AssumeRoleWithWebIdentityResponse>"                                 \
         "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB"      \
         "</AccessKeyId><SecretAccessKey>canary-e</SecretAccessKey>"           \
         "<SessionToken>canary-f</SessionToken><Expiration>" time              \
         "</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"       \
         "</AssumeRoleWithWebIdentityResponse>")
#define CONTAINER_UNTIL(time)                                                  \
  ANSWER("{\"AccessKeyId\":\"CONTAINER\",\"SecretAccessKey\":\"canary-g\","    \
         "\"Token\":\"canary-h\",\"Expiration\":\"" time "\"}")

/* 2026-01-01T00:00:00Z; the keys are good for ten minutes and an hour. */
#define NOW            INT64_C(1767225600)
#define IN_TEN_MINUTES "2026-01-01T00:10:00Z"
#define IN_AN_HOUR     "2026-01-01T01:00:00.000Z"
#define LONG_AGO       "2025-01-01T00:00:00Z"

struct asking {
  struct world *world;
  struct pyr__aws_options options;
  struct pyr__aws_session session;
  struct pyr__http_request *request;
  int64_t now_s;
  unsigned readies;
  char error[PYR_ERROR_TEXT];
  struct script_reply replies[8];
  size_t count;
};

static inline int64_t wall(void *ctx) {
  return ((struct asking *)ctx)->now_s * PYR__NS_PER_S;
}

static inline void on_ready(struct pyr__aws_session *session,
                            const pyr_error_t *err) {
  struct asking *asking = pyr__container_of(session, struct asking, session);
  assert_null(asking->request);
  asking->readies++;
  snprintf(asking->error, sizeof(asking->error), "%s",
           err == NULL ? "" : err->text);
}

static inline void clear_environment(void) {
  static const char *const names[] = {"AWS_ACCESS_KEY_ID",
                                      "AWS_ACCESS_KEY",
                                      "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SECRET_KEY",
                                      "AWS_SESSION_TOKEN",
                                      "AWS_REGION",
                                      "AWS_DEFAULT_REGION",
                                      "AWS_PROFILE",
                                      "AWS_DEFAULT_PROFILE",
                                      "AWS_SHARED_CREDENTIALS_FILE",
                                      "AWS_CONFIG_FILE",
                                      "AWS_WEB_IDENTITY_TOKEN_FILE",
                                      "AWS_EC2_METADATA_DISABLED",
                                      "AWS_ROLE_ARN",
                                      "AWS_ROLE_SESSION_NAME",
                                      RELATIVE_URI,
                                      FULL_URI,
                                      "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                      AUTHORIZATION_FILE,
                                      "HOME"};
  size_t i;
  for (i = 0; i < COUNT(names); i++)
    unsetenv(names[i]);
}

static inline struct asking *prepare(void) {
  const pyr_str_t none = pyr__str("");
  struct asking *asking = calloc(1, sizeof(*asking));
  assert_non_null(asking);
  asking->world = world_begin(NULL, asking->replies, 0);
  asking->options = (struct pyr__aws_options){
      pyr__str("eu-1"), none, none, none, none, none, none, none};
  asking->now_s = NOW;
  clear_environment();
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", asking->world->url, 1);
  setenv("AWS_ENDPOINT_URL_STS", asking->world->url, 1);
  return asking;
}

static inline void start(struct asking *asking) {
  const struct pyr__aws_session_setup setup = {
      .options = &asking->options,
      .memory = &asking->world->memory,
      .clock = {.wall_ns = wall, .ctx = asking},
      .client = asking->world->client,
      .request = &asking->request,
      .ready = on_ready};
  pyr__aws_session_init(&asking->session, &setup);
}

static inline void say(struct asking *asking, const char *match,
                       const char *text) {
  asking->replies[asking->count++] =
      (struct script_reply){.text = text, .match = match, .end = SCRIPT_CLOSE};
  asking->world->script.reply_count = asking->count;
}

static inline void say_instance(struct asking *asking, const char *keys) {
  say(asking, "PUT /latest/api/token ", TOKEN);
  say(asking, "GET /latest/meta-data/iam/security-credentials/ ", ROLE);
  say(asking, "GET /latest/meta-data/iam/security-credentials/machine ", keys);
}

static inline void forget_replies(struct asking *asking) {
  asking->count = 0;
  asking->world->script.reply_count = 0;
  memset(asking->world->script.is_used, 0,
         sizeof(asking->world->script.is_used));
}

/* The code of what could not even be asked; else `error` says how it went. */
static inline int ask(struct asking *asking) {
  pyr_error_t err = {0};
  int rc = pyr__aws_session_prepare(&asking->session, &err);
  unsigned before = asking->readies;
  if (rc == 1)
    loop_until(&asking->world->loop, asking->readies > before);
  else
    snprintf(asking->error, sizeof(asking->error), "%s", err.text);
  if (strstr(asking->error, "canary") != NULL)
    fail_msg("a secret is told: %s", asking->error);
  return rc;
}

static inline void assert_error(const struct asking *asking, const char *part) {
  if (strstr(asking->error, part) == NULL)
    fail_msg("\"%s\" has no \"%s\"", asking->error, part);
}

static inline void assert_keys(struct asking *asking, const char *id,
                               const char *token) {
  const struct pyr__aws_keys *keys = pyr__aws_session_keys(&asking->session);
  assert_string_equal(asking->error, "");
  assert_string_equal(keys->id, id);
  if (token == NULL)
    assert_null(keys->token);
  else
    assert_string_equal(keys->token, token);
}

static inline void end(struct asking *asking) {
  if (asking->request != NULL)
    pyr__http_cancel(asking->request, PYR_ETIMEOUT, "the end");
  pyr__aws_session_release(&asking->session);
  world_finish(asking->world);
  free(asking);
}

static inline void assert_told(const struct asking *asking, const char *part) {
  if (strstr(asking->world->script.last, part) == NULL)
    fail_msg("\"%s\" has no \"%s\"", asking->world->script.last, part);
}

static inline void write_file(char path[64], pyr_str_t *option,
                              const char *text) {
  int fd;
  strcpy(path, "/tmp/pyrite-aws-XXXXXX");
  fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  *option = pyr__str(path);
}

static inline void fail_each_allocation(struct asking *(*make)(void),
                                        const char *id) {
  size_t n;
  for (n = 1;; n++) {
    struct asking *asking = make();
    bool is_done;
    asking->world->failing.calls = 0;
    asking->world->failing.fail_at = n;
    ask(asking);
    asking->world->failing.fail_at = 0;
    is_done = asking->error[0] == '\0';
    if (is_done)
      assert_string_equal(pyr__aws_session_keys(&asking->session)->id, id);
    else
      assert_error(asking, "memory");
    end(asking);
    if (is_done)
      break;
  }
  assert_true(n > 10);
}

#endif
