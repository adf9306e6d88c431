/* Keys of a pod, which has a token, and of a container. */
#include "aws_session_fixture.h"

/* ---- a token ------------------------------------------------------------ */

#define ARN "arn:aws:iam::1:role/a"

static struct asking *prepare_web(char path[64]) {
  struct asking *asking = prepare();
  pyr_str_t file;
  write_file(path, &file, "canary.jwt/+=\n");
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
  setenv("AWS_ROLE_ARN", ARN, 1);
  start(asking);
  return asking;
}

static void a_token__is_good_for_a_role(void **state) {
  char path[64], other[64];
  struct asking *asking = prepare_web(path);
  pyr_str_t file;
  (void)state;
  say(asking, "POST / ", WEB_UNTIL(IN_TEN_MINUTES));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "WEB", "canary-f");
  assert_told(asking, "Content-Type: application/x-www-form-urlencoded\r\n");
  assert_told(asking, "\r\n\r\nAction=AssumeRoleWithWebIdentity&Version=2011-06"
                      "-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&"
                      "RoleSessionName=pyrite&WebIdentityToken="
                      "canary.jwt%2F%2B%3D");
  assert_null(strstr(asking->world->script.last, "Authorization"));
  assert_int_equal(ask(asking), 0);
  /* Another token is in the file, and the keys are near their end. */
  write_file(other, &file, "canary-2");
  assert_int_equal(rename(other, path), 0);
  setenv("AWS_ROLE_SESSION_NAME", "me", 1);
  forget_replies(asking);
  say(asking, "POST / ", WEB_UNTIL(IN_AN_HOUR));
  asking->now_s += 301;
  assert_int_equal(ask(asking), 1);
  assert_told(asking, "&RoleSessionName=me&WebIdentityToken=canary-2");
  assert_keys(asking, "WEB", "canary-f");
  unlink(path);
  end(asking);
}

/* Behind keys of the environment, before the profile that this names. */
static void a_token__has_its_place(void **state) {
  char path[64], credentials[64];
  struct asking *asking = prepare_web(path);
  (void)state;
  write_file(credentials, &asking->options.credentials_file,
             "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=x\n");
  say(asking, "POST / ", WEB_UNTIL(IN_AN_HOUR));
  setenv("AWS_PROFILE", "default", 1);
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "WEB", "canary-f");
  asking->options.profile = pyr__str("default");
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "DEFAULT", NULL);
  asking->options.profile = pyr__str("");
  setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "x", 1);
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "ENVIRONMENT", NULL);
  unlink(path);
  unlink(credentials);
  end(asking);
}

static void a_token__may_lead_to_a_second_role(void **state) {
  char path[64];
  struct asking *asking = prepare_web(path);
  (void)state;
  asking->options.role_arn = pyr__str("arn:aws:iam::2:role/b");
  asking->options.region = pyr__str("");
  say(asking, "PUT /latest/api/token ", TOKEN);
  say(asking, "GET /latest/dynamic/instance-identity/document ", REGION);
  say(asking, "POST / ", WEB_UNTIL(IN_AN_HOUR));
  say(asking, "AssumeRole&", ASSUMED_UNTIL(IN_AN_HOUR));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "ASSUMED", "canary-d");
  assert_told(asking, "Credential=WEB/");
  unlink(path);
  end(asking);
}

static void a_token__that_is_not_taken_is_told_of(void **state) {
  static const struct {
    const char *reply, *error;
  } cases[] = {
      {STATUS("400 Bad Request",
              "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>"
              "<Message>no</Message></Error></ErrorResponse>"),
       "AWS_ROLE_ARN: status 400, InvalidIdentityToken: no"},
      {ASSUMED_UNTIL(IN_AN_HOUR),
       "is a AssumeRoleResponse, expected AssumeRoleWithWebIdentityResponse"},
      {ANSWER("<AssumeRoleWithWebIdentityResponse/>"), "has no AccessKeyId"},
      {"", "connection closed without a response"}};
  char path[64];
  struct asking *asking;
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    asking = prepare_web(path);
    say(asking, NULL, cases[i].reply);
    assert_int_equal(ask(asking), 1);
    assert_error(asking, cases[i].error);
    unlink(path);
    end(asking);
  }
  asking = prepare_web(path);
  unlink(path);
  assert_true(ask(asking) < 0);
  assert_error(asking, "AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/pyrite-aws-");
  unsetenv("AWS_ROLE_ARN");
  assert_int_equal(ask(asking), PYR_EUSAGE);
  assert_error(asking, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN "
                       "is not");
  end(asking);
}

/* ---- a container -------------------------------------------------------- */

static struct asking *prepare_container(void) {
  struct asking *asking = prepare();
  char url[600];
  snprintf(url, sizeof(url), "%s/keys?x=y", asking->world->url);
  setenv(FULL_URI, url, 1);
  start(asking);
  return asking;
}

static void a_container__is_given_keys(void **state) {
  struct asking *asking = prepare_container();
  char path[64];
  pyr_str_t file;
  (void)state;
  say(asking, "GET /keys?x=y ", CONTAINER_UNTIL(IN_TEN_MINUTES));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "CONTAINER", "canary-h");
  assert_null(strstr(asking->world->script.last, "Authorization"));
  assert_int_equal(ask(asking), 0);
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Own canary-i", 1);
  forget_replies(asking);
  say(asking, "GET /keys?x=y ", CONTAINER_UNTIL(IN_TEN_MINUTES));
  asking->now_s += 301;
  assert_int_equal(ask(asking), 1);
  assert_told(asking, "\r\nAuthorization: Own canary-i\r\n");
  /* The file counts, and keys without an end are kept until they are doubted.
   */
  write_file(path, &file, "canary-j\n");
  setenv(AUTHORIZATION_FILE, path, 1);
  forget_replies(asking);
  say(asking, "GET /keys?x=y ",
      ANSWER("{\"AccessKeyId\":\"LASTING\",\"SecretAccessKey\":\"a\"}"));
  pyr__aws_session_doubt(&asking->session);
  assert_int_equal(ask(asking), 1);
  assert_told(asking, "\r\nAuthorization: canary-j\r\n");
  assert_keys(asking, "LASTING", NULL);
  asking->now_s += 1000000;
  assert_int_equal(ask(asking), 0);
  unlink(path);
  end(asking);
}

/* Behind all keys that are written somewhere, before the instance. */
static void a_container__has_its_place(void **state) {
  struct asking *asking = prepare_container();
  char credentials[64];
  (void)state;
  write_file(credentials, &asking->options.credentials_file,
             "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=x\n"
             "[empty]\n");
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "DEFAULT", NULL);
  asking->options.profile = pyr__str("empty");
  asking->options.role_arn = pyr__str("arn:aws:iam::2:role/b");
  say(asking, "GET /keys?x=y ", CONTAINER_UNTIL(IN_AN_HOUR));
  say(asking, "AssumeRole&", ASSUMED_UNTIL(IN_AN_HOUR));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "ASSUMED", "canary-d");
  assert_told(asking, "Credential=CONTAINER/");
  unlink(credentials);
  end(asking);
}

static void where_a_container_asks__is_of_this_host(void **state) {
  static const struct {
    const char *relative, *full, *url, *error;
  } cases[] = {
      {"/v2/a?b", "http://10.0.0.1/", "http://169.254.170.2/v2/a?b", ""},
      {"", "http://localhost:1/a", "http://localhost:1/a", ""},
      {"", "http://169.254.170.23/a", "http://169.254.170.23/a", ""},
      {"", "http://[fd00:ec2::23]/a", "http://[fd00:ec2::23]/a", ""},
      {"", "http://[::1]/a", "http://[::1]/a", ""},
      {"", "https://anybody.example/a", "https://anybody.example/a", ""},
      {"", "http://anybody.example/a", "",
       FULL_URI ": keys are asked for over http of this host, 169.254.170.2, "
                "169.254.170.23 and fd00:ec2::23 only, not of anybody.example"},
      {"", "http://169.254.169.254/", "", "not of 169.254.169.254"},
      {"", "ftp://a", "", FULL_URI ": bad URL"},
      {"@evil/a", "", "", RELATIVE_URI ": expected a / at its start"}};
  struct pyr__memory memory;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < COUNT(cases); i++) {
    struct pyr__buf url;
    pyr_error_t err = {.code = 0};
    setenv(RELATIVE_URI, cases[i].relative, 1);
    setenv(FULL_URI, cases[i].full, 1);
    assert_true(pyr__aws_container_is_there());
    pyr__buf_init(&url, &memory, PYR__MEM_NET_CLIENT, PYR__LIMIT_URL_BYTES);
    (void)pyr__aws_container_url(&url, &err);
    assert_string_equal(url.len == 0 ? "" : (char *)url.data, cases[i].url);
    if (strstr(err.text, cases[i].error) == NULL)
      fail_msg("\"%s\" has no \"%s\"", err.text, cases[i].error);
    pyr__buf_release(&url);
  }
  clear_environment();
  assert_false(pyr__aws_container_is_there());
}

static void lies_to_a_container__are_refused(void **state) {
  static const struct {
    const char *reply, *error;
  } cases[] = {
      {STATUS("403 Forbidden", "{\"code\":\"No\",\"message\":\"a\\nb\"}"),
       "keys of the container: status 403, No: a\\nb"},
      {STATUS("500 Oops", "canary"), "keys of the container: status 500"},
      {ANSWER("canary"), "keys of the container: "},
      {ANSWER("{\"AccessKeyId\":\"canary\"}"), "has no AccessKeyId or Secret"},
      {CONTAINER_UNTIL("soon"), "the expiration is no time"},
      {"HTTP/1.1 302 F\r\nLocation: http://10.0.0.1/\r\n\r\n",
       "redirect to http://10.0.0.1/ refused"},
      {"", "connection closed without a response"}};
  struct asking *asking;
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    asking = prepare_container();
    say(asking, NULL, cases[i].reply);
    assert_int_equal(ask(asking), 1);
    assert_error(asking, cases[i].error);
    end(asking);
  }
  asking = prepare_container();
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary\r\nHost: b", 1);
  assert_int_equal(ask(asking), PYR_EUSAGE);
  assert_error(asking, "AWS_CONTAINER_AUTHORIZATION_TOKEN: expected one line");
  setenv(AUTHORIZATION_FILE, "/nowhere/token", 1);
  assert_true(ask(asking) < 0);
  assert_error(asking, AUTHORIZATION_FILE ": /nowhere/token: ");
  end(asking);
}

static void keys__whose_renewal_fails_are_used_on(void **state) {
  struct asking *asking = prepare_container();
  (void)state;
  say(asking, NULL, CONTAINER_UNTIL(IN_TEN_MINUTES));
  assert_int_equal(ask(asking), 1);
  asking->now_s += 301;
  forget_replies(asking);
  asking->world->script.next = 0;
  say(asking, NULL, STATUS("500 Oops", ""));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "CONTAINER", "canary-h");
  assert_int_equal(ask(asking), 0);
  end(asking);
}

/* ---- memory ------------------------------------------------------------- */

static struct asking *make_web(void) {
  static char path[64];
  struct asking *asking;
  unlink(path);
  asking = prepare_web(path);
  say(asking, "POST / ", WEB_UNTIL(IN_AN_HOUR));
  return asking;
}

static struct asking *make_container(void) {
  struct asking *asking = prepare_container();
  say(asking, NULL, CONTAINER_UNTIL(IN_AN_HOUR));
  return asking;
}

static void memory__may_fail_anywhere(void **state) {
  (void)state;
  fail_each_allocation(make_web, "WEB");
  unlink(getenv("AWS_WEB_IDENTITY_TOKEN_FILE"));
  fail_each_allocation(make_container, "CONTAINER");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token__is_good_for_a_role),
      cmocka_unit_test(a_token__has_its_place),
      cmocka_unit_test(a_token__may_lead_to_a_second_role),
      cmocka_unit_test(a_token__that_is_not_taken_is_told_of),
      cmocka_unit_test(a_container__is_given_keys),
      cmocka_unit_test(a_container__has_its_place),
      cmocka_unit_test(where_a_container_asks__is_of_this_host),
      cmocka_unit_test(lies_to_a_container__are_refused),
      cmocka_unit_test(keys__whose_renewal_fails_are_used_on),
      cmocka_unit_test(memory__may_fail_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
