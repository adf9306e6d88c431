#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "http_client_fixture.h"
#include "net/http_access.h"
#include "net/tls_shared.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD(status)                                                           \
  "HTTP/1.1 " status "\r\nContent-Type: application/json\r\n"                  \
  "Connection: close\r\n\r\n"
#define OK           "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define UNAUTHORIZED "HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nwhy"
#define TOKEN(text)                                                            \
  HEAD("200 OK")                                                               \
  "{\"access_token\":\"" text "\",\"token_type\":\"bearer\"}"
#define TOKEN_FOR(text, seconds)                                               \
  HEAD("200 OK")                                                               \
  "{\"access_token\":\"" text "\",\"expires_in\":" seconds "}"

enum { MANY = 20 };

/* One server gives the tokens and takes them. */
struct oauth2 {
  struct world *world;
  struct pyr__oauth2_options options;
  struct pyr__http_access *access;
  struct script_reply replies[2 * MANY];
  size_t count;
  char token_url[600];
  int64_t now_s;
};

static int64_t wall(void *ctx) {
  return ((struct oauth2 *)ctx)->now_s * PYR__NS_PER_S;
}

static struct oauth2 *prepare(void) {
  struct oauth2 *oauth2 = calloc(1, sizeof(*oauth2));
  assert_non_null(oauth2);
  oauth2->world =
      world_begin("other.test 60 A 127.0.0.1\n", oauth2->replies, 0);
  oauth2->now_s = 1000;
  pyr__http_client_tls(oauth2->world->client)->clock.wall_ns = wall;
  pyr__http_client_tls(oauth2->world->client)->clock.ctx = oauth2;
  snprintf(oauth2->token_url, sizeof(oauth2->token_url), "%s/token",
           oauth2->world->url);
  strcat(oauth2->world->url, "/api");
  oauth2->options =
      (struct pyr__oauth2_options){.client_id = "me:you",
                                   .client_secret = "canary/ secret",
                                   .token_url = oauth2->token_url};
  return oauth2;
}

static int make_access(struct oauth2 *oauth2, pyr_error_t *err) {
  const struct pyr__http_access_options options = {.oauth2 = &oauth2->options};
  return pyr__http_access_new(&oauth2->access, oauth2->world->client, &options,
                              "test", err);
}

static struct oauth2 *begin(void) {
  struct oauth2 *oauth2 = prepare();
  assert_int_equal(make_access(oauth2, NULL), 0);
  return oauth2;
}

static void say(struct oauth2 *oauth2, const char *match, const char *text) {
  assert_true(oauth2->count < COUNT(oauth2->replies));
  oauth2->replies[oauth2->count++] =
      (struct script_reply){.text = text, .match = match, .end = SCRIPT_CLOSE};
  oauth2->world->script.reply_count = oauth2->count;
}

static void start(struct oauth2 *oauth2, struct fetch *fetch) {
  struct pyr__http_options options = {.follow_other_hosts = true,
                                      .access = oauth2->access};
  fetch_reset(fetch);
  assert_int_equal(fetch_start_with(fetch, oauth2->world->client,
                                    oauth2->world->url, &options),
                   0);
}

static struct fetch *get(struct oauth2 *oauth2) {
  struct fetch *fetch = &oauth2->world->fetch;
  start(oauth2, fetch);
  fetch_wait(fetch, &oauth2->world->loop);
  if (strstr(fetch->error, "canary") != NULL)
    fail_msg("a secret is told: %s", fetch->error);
  return fetch;
}

static void assert_error(const struct oauth2 *oauth2, const char *text) {
  char expected[2 * PYR_ERROR_TEXT + 100];
  snprintf(expected, sizeof(expected), "oauth2: token-url %s: %s",
           oauth2->token_url, text);
  if (strstr(oauth2->world->fetch.error, expected) == NULL)
    fail_msg("\"%s\", expected \"%s\"", oauth2->world->fetch.error, expected);
}

static void assert_told(const struct oauth2 *oauth2, const char *line) {
  if (strstr(oauth2->world->script.last, line) == NULL)
    fail_msg("\"%s\" has no \"%s\"", oauth2->world->script.last, line);
}

static size_t asked(const struct oauth2 *oauth2, const char *line) {
  const char *at = oauth2->world->script.log;
  size_t count = 0;
  for (; (at = strstr(at, line)) != NULL; at++)
    count++;
  return count;
}

static void end(struct oauth2 *oauth2) {
  pyr__http_access_unref(oauth2->access);
  world_finish(oauth2->world);
  free(oauth2);
}

#define POST "POST /token "
#define GET  "GET /api "

/* ---- what goes well ----------------------------------------------------- */

static void a_token__is_asked_for_once(void **state) {
  struct oauth2 *oauth2 = begin();
  unsigned i;
  (void)state;
  say(oauth2, POST, TOKEN("t1"));
  for (i = 0; i < 3; i++) {
    say(oauth2, GET, OK);
    assert_string_equal(get(oauth2)->error, "");
    assert_told(oauth2, "\r\nAuthorization: Bearer t1\r\n");
  }
  assert_int_equal(asked(oauth2, POST), 1);
  end(oauth2);
}

static void begin_over(struct oauth2 *oauth2, const char *proxy) {
  oauth2->options.access.proxy.url = pyr__str(proxy);
  oauth2->options.access.proxy.no_proxy = pyr__str("");
  assert_int_equal(make_access(oauth2, NULL), 0);
}

/* The token's way is its own, and says nothing of that of requests. */
static void a_token__may_be_asked_for_over_a_proxy(void **state) {
  struct oauth2 *oauth2 = prepare();
  char proxy[64];
  (void)state;
  snprintf(proxy, sizeof(proxy), "http://me:pw@127.0.0.1:%u",
           oauth2->world->script.port);
  oauth2->options.token_url = "http://tokens.example/token";
  begin_over(oauth2, proxy);
  say(oauth2, "POST http://tokens.example/token ", TOKEN("t1"));
  say(oauth2, GET, OK);
  assert_string_equal(get(oauth2)->error, "");
  assert_told(oauth2, "\r\nAuthorization: Bearer t1\r\n");
  assert_null(strstr(oauth2->world->script.last, "Proxy-"));
  end(oauth2);
}

static void a_token__that_a_proxy_keeps_from_us_is_told_of(void **state) {
  struct oauth2 *oauth2 = prepare();
  (void)state;
  begin_over(oauth2, "socks5://me:canary@127.0.0.1:1");
  assert_int_equal(get(oauth2)->code, PYR_EAUTH);
  assert_error(oauth2, "proxy 127.0.0.1:1: connect to 127.0.0.1:1: ");
  end(oauth2);
}

static void the_question__is_that_of_the_grant(void **state) {
  static const pyr_str_t scopes[] = {{"a b", 3}, {"c", 1}};
  static const pyr_label_t params[] = {{{"audience", 8}, {"x&y", 3}},
                                       {{"resource", 8}, {"", 0}}};
  struct oauth2 *oauth2 = prepare();
  (void)state;
  oauth2->options.scopes = scopes;
  oauth2->options.scope_count = 2;
  oauth2->options.params = params;
  oauth2->options.param_count = 2;
  assert_int_equal(make_access(oauth2, NULL), 0);
  say(oauth2, POST, HEAD("500 Oops"));
  say(oauth2, POST, HEAD("500 Oops"));
  get(oauth2);
  /* The first says in a header who asks, the second in the form. */
  assert_told(oauth2, "\r\nAccept: application/json\r\n"
                      "Content-Type: application/x-www-form-urlencoded\r\n");
  assert_told(oauth2, "\r\n\r\ngrant_type=client_credentials&"
                      "scope=a%20b+c&audience=x%26y&resource=&"
                      "client_id=me%3Ayou&client_secret=canary%2F%20secret");
  end(oauth2);
}

static void the_way_that_went_well__is_kept(void **state) {
  struct oauth2 *oauth2 = begin();
  (void)state;
  say(oauth2, POST, HEAD("401 No") "{\"error\":\"invalid_client\"}");
  say(oauth2, POST, TOKEN_FOR("t1", "11"));
  say(oauth2, POST, TOKEN_FOR("t2", "\"3600\""));
  say(oauth2, GET, OK);
  say(oauth2, GET, OK);
  assert_string_equal(get(oauth2)->error, "");
  assert_told(oauth2, "Authorization: Bearer t1\r\n");
  assert_int_equal(asked(oauth2, POST), 2);
  oauth2->now_s += 2;
  assert_string_equal(get(oauth2)->error, "");
  assert_told(oauth2, "Authorization: Bearer t2\r\n");
  assert_int_equal(asked(oauth2, POST), 3);
  end(oauth2);
}

static void a_token__is_renewed_before_its_end(void **state) {
  struct oauth2 *oauth2 = begin();
  size_t i;
  (void)state;
  say(oauth2, POST, TOKEN_FOR("t1", "60"));
  say(oauth2, POST, TOKEN_FOR("t2", "5"));
  say(oauth2, POST, TOKEN_FOR("t3", "-5.5"));
  for (i = 0; i < 5; i++)
    say(oauth2, GET, OK);
  get(oauth2);
  oauth2->now_s += 49;
  get(oauth2);
  assert_told(oauth2, "Bearer t1\r\n");
  oauth2->now_s += 1;
  get(oauth2);
  assert_told(oauth2, "Bearer t2\r\n"); /* used, however short its life */
  get(oauth2);
  assert_told(oauth2, "Bearer t3\r\n"); /* no end is known */
  oauth2->now_s += 1000000;
  assert_string_equal(get(oauth2)->error, "");
  assert_int_equal(asked(oauth2, POST), 3);
  end(oauth2);
}

static void requests_that_wait__share_a_token(void **state) {
  struct oauth2 *oauth2 = begin();
  struct fetch *fetches = calloc(MANY, sizeof(*fetches));
  size_t i;
  (void)state;
  say(oauth2, POST, TOKEN("t1"));
  for (i = 0; i < MANY; i++)
    say(oauth2, GET, OK);
  for (i = 0; i < MANY; i++)
    start(oauth2, &fetches[i]);
  assert_non_null(strstr(pyr__http_phase(fetches[3].request),
                         "waiting for a token of http://127.0.0.1"));
  for (i = 0; i < MANY; i++) {
    fetch_wait(&fetches[i], &oauth2->world->loop);
    assert_string_equal(fetches[i].error, "");
  }
  assert_int_equal(asked(oauth2, POST), 1);
  free(fetches);
  end(oauth2);
}

/* ---- 401 ---------------------------------------------------------------- */

static void a_refused_token__is_replaced_once(void **state) {
  struct oauth2 *oauth2 = begin();
  (void)state;
  say(oauth2, POST, TOKEN("t1"));
  say(oauth2, GET, OK);
  get(oauth2);
  say(oauth2, GET, UNAUTHORIZED);
  say(oauth2, POST, TOKEN("t2"));
  say(oauth2, GET, OK);
  get(oauth2);
  assert_string_equal(oauth2->world->fetch.error, "");
  assert_int_equal(oauth2->world->fetch.heads, 1);
  assert_int_equal(oauth2->world->fetch.status, 200);
  assert_told(oauth2, "Bearer t2\r\n");
  say(oauth2, GET, UNAUTHORIZED);
  say(oauth2, POST, TOKEN("t3"));
  say(oauth2, GET, UNAUTHORIZED);
  get(oauth2);
  assert_int_equal(oauth2->world->fetch.code, PYR_ESTATUS);
  assert_non_null(strstr(oauth2->world->fetch.error, "401 No"));
  assert_told(oauth2, "Bearer t3\r\n");
  assert_int_equal(asked(oauth2, POST), 3);
  end(oauth2);
}

static void no_other_token__is_an_error_that_names_the_server(void **state) {
  struct oauth2 *oauth2 = begin();
  (void)state;
  say(oauth2, POST, TOKEN("t1"));
  say(oauth2, GET, UNAUTHORIZED);
  say(oauth2, POST, HEAD("400 No") "{\"error\":\"invalid_grant\"}");
  get(oauth2);
  assert_int_equal(oauth2->world->fetch.code, PYR_EAUTH);
  assert_error(oauth2, "no token, status 400, invalid_grant");
  end(oauth2);
}

static void another_host__is_not_told(void **state) {
  char there[128];
  struct oauth2 *oauth2 = begin();
  (void)state;
  snprintf(there, sizeof(there),
           "HTTP/1.1 302 F\r\nLocation: http://other.test:%u/x\r\n"
           "Content-Length: 0\r\n\r\n",
           oauth2->world->script.port);
  say(oauth2, POST, TOKEN("canary"));
  say(oauth2, GET, there);
  say(oauth2, "GET /x ", UNAUTHORIZED);
  get(oauth2);
  assert_int_equal(oauth2->world->fetch.code, PYR_ESTATUS);
  assert_null(strstr(oauth2->world->script.last, "Authorization"));
  assert_int_equal(asked(oauth2, POST), 1);
  end(oauth2);
}

/* ---- servers that are not as they should be ----------------------------- */

static void lies__are_refused(void **state) {
  static const struct {
    const char *reply, *error;
  } cases[] = {
      {HEAD("401 No") "{\"error\":\"invalid_client\",\"error_description\":"
                      "\"who\\n are \\u001b you\"}",
       "no token, status 401, invalid_client: who\\n are \\x1b you"},
      {HEAD("200 OK") "{\"error\":\"slow_down\"}",
       "no token, status 200, slow_down"},
      {HEAD("503 Oops") "canary", "no token, status 503"},
      {HEAD("503 Oops") "{\"error\":{\"canary\":1}}", "no token, status 503"},
      {HEAD("200 OK") "canary", "the answer is no JSON object, line 1"},
      {HEAD("200 OK") "[]", "the answer is no JSON object"},
      {HEAD("200 OK") "", "the answer is no JSON object"},
      {HEAD("200 OK") "{}", "the answer has no access_token"},
      {HEAD("200 OK") "{\"access_token\":[\"canary\"]}",
       "the answer has no access_token"},
      {TOKEN("canary\\r\\nHost: a"), "the access_token or its type has char"},
      {HEAD("200 OK") "{\"access_token\":\"a\",\"token_type\":\"a b\"}",
       "the access_token or its type has characters that no header may have"},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
       "the body is compressed, which was not asked for"},
      {"HTTP/1.1 307 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
       "127.0.0.1:"}, /* a redirect of a POST */
      {"garbage\r\n\r\n", "127.0.0.1:"}};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    struct oauth2 *oauth2 = begin();
    say(oauth2, POST, cases[i].reply);
    say(oauth2, POST, cases[i].reply);
    get(oauth2);
    assert_int_equal(oauth2->world->fetch.code, PYR_EAUTH);
    assert_error(oauth2, cases[i].error);
    assert_int_equal(asked(oauth2, GET), 0);
    /* And it goes on when all is well. */
    oauth2->count = 0;
    memset(oauth2->world->script.is_used, 0,
           sizeof(oauth2->world->script.is_used));
    say(oauth2, POST, TOKEN("t"));
    say(oauth2, GET, OK);
    assert_string_equal(get(oauth2)->error, "");
    end(oauth2);
  }
}

static void an_answer_that_is_cut__is_none(void **state) {
  static const char whole[] = TOKEN("t1");
  size_t cut;
  (void)state;
  for (cut = 1; cut < sizeof(whole) - 1; cut++) {
    struct oauth2 *oauth2 = begin();
    say(oauth2, POST, whole);
    oauth2->replies[0].len = cut;
    get(oauth2);
    assert_int_equal(oauth2->world->fetch.code, PYR_EAUTH);
    end(oauth2);
  }
}

static void a_huge_answer__is_left(void **state) {
  struct oauth2 *oauth2 = begin();
  size_t size = PYR__LIMIT_FETCH_BYTES + 1000;
  char *text = malloc(size + 1);
  (void)state;
  assert_non_null(text);
  memset(text, ' ', size);
  memcpy(text, HEAD("200 OK"), strlen(HEAD("200 OK")));
  text[size] = '\0';
  say(oauth2, POST, text);
  get(oauth2);
  assert_non_null(
      strstr(oauth2->world->fetch.error, "the body is larger than 64 KiB"));
  end(oauth2);
  free(text);
}

static void a_server_that_is_not_there__is_named(void **state) {
  struct oauth2 *oauth2 = prepare();
  (void)state;
  snprintf(oauth2->token_url, sizeof(oauth2->token_url), "http://127.0.0.1:1/");
  assert_int_equal(make_access(oauth2, NULL), 0);
  get(oauth2);
  assert_int_equal(oauth2->world->fetch.code, PYR_EAUTH);
  assert_error(oauth2, "connect to 127.0.0.1:1: connection refused");
  end(oauth2);
}

/* ---- who waits no longer ------------------------------------------------ */

/* Three requests that wait for one token. */
static struct fetch *start_three(struct oauth2 *oauth2) {
  struct fetch *fetches = calloc(3, sizeof(*fetches));
  size_t i;
  for (i = 0; i < 3; i++)
    start(oauth2, &fetches[i]);
  loop_until(&oauth2->world->loop, oauth2->world->script.requests == 1);
  return fetches;
}

static void patience__is_that_of_who_waits_longest(void **state) {
  struct oauth2 *oauth2 = begin();
  struct fetch *fetches = start_three(oauth2);
  (void)state;
  /* Another one than the first changes nothing. */
  pyr__http_cancel(fetches[1].request, PYR_ETIMEOUT, "too late");
  assert_int_equal(fetches[1].code, PYR_ETIMEOUT);
  /* The first does: it was silent for long enough. */
  say(oauth2, POST, TOKEN("t1"));
  say(oauth2, GET, OK);
  pyr__http_cancel(fetches[0].request, PYR_ETIMEOUT, "too late");
  assert_int_equal(fetches[0].code, PYR_ETIMEOUT);
  assert_int_equal(fetches[2].dones, 0);
  fetch_wait(&fetches[2], &oauth2->world->loop);
  assert_string_equal(fetches[2].error, "");
  assert_int_equal(asked(oauth2, POST), 2);
  free(fetches);
  end(oauth2);
}

static void nobody_waits__nothing_is_asked(void **state) {
  struct oauth2 *oauth2 = begin();
  (void)state;
  start(oauth2, &oauth2->world->fetch);
  loop_until(&oauth2->world->loop, oauth2->world->script.requests == 1);
  pyr__http_cancel(oauth2->world->fetch.request, PYR_ETIMEOUT, "too late");
  assert_int_equal(world_stats(oauth2->world)->open, 0);
  end(oauth2);
}

static void the_clients_end__is_that_of_all(void **state) {
  struct oauth2 *oauth2 = begin();
  struct fetch *fetches = start_three(oauth2);
  size_t i;
  (void)state;
  pyr__http_access_unref(oauth2->access); /* as when its job is gone */
  oauth2->access = NULL;
  world_close_client(oauth2->world);
  for (i = 0; i < 3; i++)
    assert_int_equal(fetches[i].code, PYR_ECANCELED);
  free(fetches);
  end(oauth2);
}

/* ---- the secret --------------------------------------------------------- */

static void write_secret(const char *path, const char *text) {
  char part[128];
  FILE *file;
  snprintf(part, sizeof(part), "%s.part", path);
  file = fopen(part, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(rename(part, path), 0);
}

static void a_replaced_secret__asks_for_another_token(void **state) {
  char path[] = "/tmp/pyrite-oauth2-XXXXXX";
  struct oauth2 *oauth2 = prepare();
  size_t i;
  (void)state;
  close(mkstemp(path));
  write_secret(path, "old\n");
  oauth2->options.client_id = "a";
  oauth2->options.client_secret = NULL;
  oauth2->options.client_secret_file = path;
  assert_int_equal(make_access(oauth2, NULL), 0);
  for (i = 0; i < 3; i++)
    say(oauth2, GET, OK);
  say(oauth2, POST, TOKEN("t1"));
  assert_string_equal(get(oauth2)->error, "");
  write_secret(path, "new");
  say(oauth2, POST, HEAD("500 Oops"));
  say(oauth2, POST, TOKEN("t2"));
  get(oauth2); /* the way is known, so nothing else is tried */
  assert_error(oauth2, "no token, status 500");
  assert_told(oauth2, "Authorization: Basic YTpuZXc=\r\n");
  assert_string_equal(get(oauth2)->error, "");
  assert_told(oauth2, "Bearer t2\r\n");
  /* Taken away, it is not to be used. */
  unlink(path);
  get(oauth2);
  assert_int_equal(asked(oauth2, POST), 3);
  assert_non_null(strstr(oauth2->world->fetch.error,
                         "oauth2: client-secret-file: /tmp/pyrite-oauth2-"));
  end(oauth2);
}

static void memory__may_fail_anywhere(void **state) {
  size_t n;
  (void)state;
  for (n = 1;; n++) {
    struct oauth2 *oauth2 = prepare();
    struct pyr__http_options options = {.access = NULL};
    struct fetch *fetch = &oauth2->world->fetch;
    int rc;
    say(oauth2, POST, TOKEN("t1"));
    say(oauth2, GET, UNAUTHORIZED);
    say(oauth2, POST, TOKEN("t2"));
    say(oauth2, GET, OK);
    oauth2->world->failing.calls = 0;
    oauth2->world->failing.fail_at = n;
    rc = make_access(oauth2, NULL);
    options.access = oauth2->access;
    fetch_reset(fetch);
    if (rc == 0)
      rc = fetch_start_with(fetch, oauth2->world->client, oauth2->world->url,
                            &options);
    if (rc == 0) {
      fetch_wait(fetch, &oauth2->world->loop);
      rc = fetch->code;
    }
    oauth2->world->failing.fail_at = 0;
    end(oauth2);
    if (rc == 0)
      break;
  }
  assert_true(n > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token__is_asked_for_once),
      cmocka_unit_test(a_token__may_be_asked_for_over_a_proxy),
      cmocka_unit_test(a_token__that_a_proxy_keeps_from_us_is_told_of),
      cmocka_unit_test(the_question__is_that_of_the_grant),
      cmocka_unit_test(the_way_that_went_well__is_kept),
      cmocka_unit_test(a_token__is_renewed_before_its_end),
      cmocka_unit_test(requests_that_wait__share_a_token),
      cmocka_unit_test(a_refused_token__is_replaced_once),
      cmocka_unit_test(no_other_token__is_an_error_that_names_the_server),
      cmocka_unit_test(another_host__is_not_told),
      cmocka_unit_test(lies__are_refused),
      cmocka_unit_test(an_answer_that_is_cut__is_none),
      cmocka_unit_test(a_huge_answer__is_left),
      cmocka_unit_test(a_server_that_is_not_there__is_named),
      cmocka_unit_test(patience__is_that_of_who_waits_longest),
      cmocka_unit_test(nobody_waits__nothing_is_asked),
      cmocka_unit_test(the_clients_end__is_that_of_all),
      cmocka_unit_test(a_replaced_secret__asks_for_another_token),
      cmocka_unit_test(memory__may_fail_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
