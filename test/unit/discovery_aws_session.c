#include "aws_session_fixture.h"

/* ---- where they are found ----------------------------------------------- */

static void the_first_that_has_keys__counts(void **state) {
  struct asking *asking = prepare();
  char credentials[64], config[64];
  (void)state;
  write_file(credentials, &asking->options.credentials_file,
             "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=x\n"
             "[named]\naws_access_key_id=NAMED\naws_secret_access_key=x\n"
             "aws_session_token=y\n");
  write_file(config, &asking->options.config_file, "[default]\nregion=eu-2\n");
  start(asking);
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "DEFAULT", NULL);
  assert_string_equal(asking->session.region, "eu-1");
  setenv("AWS_PROFILE", "named", 1);
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "NAMED", "y");
  setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT", 1);
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "NAMED", "y"); /* half a pair is none */
  setenv("AWS_SECRET_ACCESS_KEY", "x", 1);
  setenv("AWS_SESSION_TOKEN", "z", 1);
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "ENVIRONMENT", "z");
  asking->options.profile = pyr__str("default");
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "DEFAULT", NULL);
  asking->options.access_key = pyr__str("GIVEN");
  asking->options.secret_key = pyr__str("x");
  assert_int_equal(ask(asking), 0);
  assert_keys(asking, "GIVEN", NULL);
  assert_int_equal(asking->world->script.requests, 0);
  unlink(credentials);
  unlink(config);
  end(asking);
}

static void a_replaced_file__is_read_again(void **state) {
  struct asking *asking = prepare();
  char path[64], old[64];
  (void)state;
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  write_file(path, &asking->options.credentials_file,
             "[default]\naws_access_key_id=OLD\naws_secret_access_key=x\n");
  start(asking);
  ask(asking);
  assert_keys(asking, "OLD", NULL);
  strcpy(old, path);
  write_file(path, &asking->options.credentials_file,
             "[default]\naws_access_key_id=NEW\naws_secret_access_key=x\n");
  assert_int_equal(rename(path, old), 0);
  asking->options.credentials_file = pyr__str(old);
  ask(asking);
  assert_keys(asking, "NEW", NULL);
  unlink(old);
  assert_true(ask(asking) < 0);
  assert_error(asking, "no keys in the configuration, the environment or the "
                       "shared files; the instance is not asked, as "
                       "AWS_EC2_METADATA_DISABLED says");
  end(asking);
}

static void bad_files__are_named(void **state) {
  static const struct {
    const char *text, *profile, *error;
  } cases[] = {
      {"", "x", "there is no profile \"x\" in the shared"},
      {"[x]\naws_access_key_id=canary", "x",
       "profile \"x\" has not both aws_access_key_id and "
       "aws_secret_access_key"},
      {"[x]\nrole_arn=r\nsource_profile=y", "x",
       "profile \"x\": source_profile is not supported by this version"},
      {"[default]\nsso_session=r", "",
       "profile \"default\": sso_session is not supported"},
      {"[default]\naws_access_key_id=a\naws_secret_access_key=b\n"
       "credential_process=c",
       "", "credential_process is not supported"},
      {"", "\n\x01", "there is no profile \"\\n\\x01\""}};
  struct asking *asking = prepare();
  char path[64];
  size_t i;
  (void)state;
  start(asking);
  for (i = 0; i < COUNT(cases); i++) {
    write_file(path, &asking->options.credentials_file, cases[i].text);
    asking->options.profile = pyr__str(cases[i].profile);
    assert_int_equal(ask(asking), PYR_EUSAGE);
    assert_error(asking, cases[i].error);
    unlink(path);
  }
  asking->options.credentials_file = pyr__str("/dev/null");
  assert_true(ask(asking) < 0);
  assert_error(asking, "/dev/null: not a regular file");
  end(asking);
}

/* ---- the instance ------------------------------------------------------- */

static void an_instance__has_a_region_and_a_role(void **state) {
  struct asking *asking = prepare();
  (void)state;
  asking->options.region = pyr__str("");
  start(asking);
  say_instance(asking, KEYS_UNTIL(IN_TEN_MINUTES));
  say(asking, "GET /latest/dynamic/instance-identity/document ", REGION);
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "INSTANCE", "canary-b");
  assert_string_equal(asking->session.region, "eu-9");
  assert_int_equal(asking->world->script.requests, 4);
  assert_non_null(strstr(asking->world->script.last,
                         "\r\nX-aws-ec2-metadata-token: canary-token\r\n"));
  /* Not asked again before they are near their end. */
  asking->now_s += 299;
  assert_int_equal(ask(asking), 0);
  forget_replies(asking);
  say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
  asking->now_s += 2;
  assert_int_equal(ask(asking), 1);
  assert_int_equal(asking->world->script.requests, 7);
  /* Until nobody takes them. */
  assert_int_equal(ask(asking), 0);
  forget_replies(asking);
  say_instance(asking, KEYS_UNTIL(LONG_AGO));
  pyr__aws_session_doubt(&asking->session);
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "INSTANCE", "canary-b");
  end(asking);
}

static void a_region__is_asked_for_alone(void **state) {
  struct asking *asking = prepare();
  (void)state;
  asking->options.region = pyr__str("");
  asking->options.access_key = asking->options.secret_key = pyr__str("GIVEN");
  start(asking);
  say(asking, "PUT /latest/api/token ", TOKEN);
  say(asking, "GET /latest/dynamic/instance-identity/document ", REGION);
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "GIVEN", NULL);
  assert_string_equal(asking->session.region, "eu-9");
  assert_int_equal(ask(asking), 0);
  setenv("AWS_EC2_METADATA_DISABLED", "TRUE", 1);
  end(asking);
}

#define DOCUMENT "GET /latest/dynamic/instance-identity/document "
#define LIST     "GET /latest/meta-data/iam/security-credentials/ "
#define MACHINE  "GET /latest/meta-data/iam/security-credentials/machine "

static void lies_of_an_instance__are_refused(void **state) {
  static const struct {
    const char *match, *reply, *error;
  } cases[] = {
      {"PUT ", STATUS("403 Forbidden", "canary"), "no token: status 403"},
      {"PUT ", ANSWER(""), "the token is not one line of text"},
      {"PUT ", ANSWER("a\r\nHost: b"), "the token is not one line of text"},
      {"PUT ", "", "connection closed without a response"},
      {"PUT ", "HTTP/1.1 302 F\r\nLocation: /x\r\n\r\n",
       "a redirect of a PUT is not followed"},
      {DOCUMENT, ANSWER("{\"region\":5}"), "the identity document has no reg"},
      {DOCUMENT, ANSWER("{\"region\":\"a/b\"}"), "document has no region"},
      {DOCUMENT, ANSWER("[]"), "the answer is no JSON object"},
      {DOCUMENT, STATUS("500 Oops", ""), "no identity document: status 500"},
      {LIST, STATUS("404 Not Found", ""), "the instance has no role"},
      {LIST, ANSWER("\n"), "the instance has no role"},
      {LIST, ANSWER("a\x01"), "the role's name is none"},
      {MACHINE, STATUS("404 Not Found", ""), "role machine: no keys: status "},
      {MACHINE, ANSWER("{\"Code\":\"Failed\",\"Message\":\"\\u0001no\"}"),
       "role machine: no keys: code \"Failed\", message \"\\x01no\""},
      {MACHINE, ANSWER("{\"Code\":\"Success\",\"AccessKeyId\":\"canary\"}"),
       "the answer has no AccessKeyId, SecretAccessKey or Expiration"},
      {MACHINE, KEYS_UNTIL("canary"), "the expiration is no time"},
      {MACHINE, KEYS_UNTIL("2026-01-01"), "the expiration is no time"},
      {MACHINE, ANSWER("{\"Code\":\"Success\" canary"),
       "the answer is no JSON object, line 1"}};
  size_t i, j;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    struct asking *asking = prepare();
    asking->options.region = pyr__str("");
    start(asking);
    say(asking, cases[i].match, cases[i].reply);
    say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
    say(asking, DOCUMENT, REGION);
    assert_int_equal(ask(asking), 1);
    assert_error(asking, "no keys in the configuration, the environment or the "
                         "shared files; instance metadata at http://127.0.0.1");
    assert_error(asking, cases[i].error);
    /* And it goes on when all is well. */
    forget_replies(asking);
    say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
    say(asking, DOCUMENT, REGION);
    for (j = 0; j < 2; j++)
      ask(asking);
    assert_keys(asking, "INSTANCE", "canary-b");
    end(asking);
  }
}

static void a_huge_answer__is_refused(void **state) {
  struct asking *asking = prepare();
  size_t size = PYR__LIMIT_FETCH_BYTES + 1000;
  char *text = malloc(size + 1);
  (void)state;
  assert_non_null(text);
  memset(text, 'x', size);
  memcpy(text, ANSWER(""), strlen(ANSWER("")));
  text[size] = '\0';
  start(asking);
  say(asking, "PUT ", text);
  assert_int_equal(ask(asking), 1);
  assert_error(asking, "the body is larger than 64 KiB");
  end(asking);
  free(text);
}

/* ---- a role ------------------------------------------------------------- */

static struct asking *prepare_role(void) {
  struct asking *asking = prepare();
  asking->options.role_arn = pyr__str("arn:aws:iam::1:role/a b");
  asking->options.external_id = pyr__str("x/y");
  setenv("AWS_ACCESS_KEY_ID", "BASE", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "canary-e", 1);
  setenv("AWS_SESSION_TOKEN", "base-token", 1);
  start(asking);
  return asking;
}

static void a_role__is_assumed_and_again_before_its_end(void **state) {
  struct asking *asking = prepare_role();
  (void)state;
  say(asking, NULL, ASSUMED_UNTIL(IN_TEN_MINUTES));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "ASSUMED", "canary-d");
  assert_non_null(
      strstr(asking->world->script.last,
             "GET /?Action=AssumeRole&DurationSeconds=900&ExternalId=x%2Fy&"
             "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&RoleSessionName="
             "pyrite&Version=2011-06-15 HTTP/1.1\r\n"));
  assert_non_null(strstr(asking->world->script.last,
                         "Credential=BASE/20260101/eu-1/sts/aws4_request"));
  assert_non_null(strstr(asking->world->script.last,
                         "X-Amz-Security-Token: base-token\r\n"));
  asking->now_s += 299;
  assert_int_equal(ask(asking), 0);
  /* Nothing is lost while the old ones are good. */
  asking->now_s += 2;
  forget_replies(asking);
  say(asking, NULL, STATUS("500 Oops", ""));
  asking->world->script.next = 0;
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "ASSUMED", "canary-d");
  assert_int_equal(ask(asking), 0);
  asking->now_s += 300;
  asking->world->script.next = 0;
  assert_int_equal(ask(asking), 1);
  assert_error(asking, "role-arn: status 500");
  end(asking);
}

static void an_instance__may_assume_a_role(void **state) {
  struct asking *asking = prepare_role();
  (void)state;
  clear_environment();
  say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
  say(asking, "AssumeRole", ASSUMED_UNTIL(IN_AN_HOUR));
  assert_int_equal(ask(asking), 1);
  assert_keys(asking, "ASSUMED", "canary-d");
  assert_non_null(strstr(asking->world->script.last, "Credential=INSTANCE/"));
  end(asking);
}

static void refusals__are_told(void **state) {
  static const struct {
    const char *reply, *error;
  } cases[] = {
      {STATUS("403 Forbidden",
              "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied"
              "</Code><Message>User: me is\n not</Message></Error>"
              "</ErrorResponse>"),
       "role-arn: status 403, AccessDenied: User: me is\\n not"},
      {STATUS("403 Forbidden", "canary"), "role-arn: status 403"},
      {ANSWER("<a/>"), "the answer is a a, expected AssumeRoleResponse"},
      {ANSWER("<AssumeRoleResponse/>"), "the answer has no AccessKeyId"},
      {ANSWER("{}"), "role-arn: XML: "},
      {ASSUMED_UNTIL("soon"), "the expiration is no time"},
      {"", "connection closed without a response"},
      {"HTTP/1.1 302 F\r\nLocation: http://10.0.0.1/\r\n\r\n",
       "redirect to http://10.0.0.1/ refused"}};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    struct asking *asking = prepare_role();
    say(asking, NULL, cases[i].reply);
    assert_int_equal(ask(asking), 1);
    assert_error(asking, cases[i].error);
    end(asking);
  }
}

static void cut_anywhere__it_is_no_answer(void **state) {
  static const struct {
    const char *match, *text;
  } whole[] = {{"PUT ", STATUS("200 OK\r\nContent-Length: 12", "canary-token")},
               {LIST, STATUS("200 OK\r\nContent-Length: 8", "machine\n")},
               {MACHINE, KEYS_UNTIL(IN_AN_HOUR)},
               {"AssumeRole", ASSUMED_UNTIL(IN_AN_HOUR)}};
  size_t i, cut;
  (void)state;
  for (i = 0; i < COUNT(whole); i++) {
    struct asking *asking = prepare_role();
    clear_environment();
    for (cut = 0; cut < strlen(whole[i].text); cut++) {
      forget_replies(asking);
      say(asking, whole[i].match, whole[i].text);
      asking->replies[0].len = cut;
      if (cut == 0)
        asking->replies[0].text = "";
      say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
      say(asking, "AssumeRole", ASSUMED_UNTIL(IN_AN_HOUR));
      pyr__aws_session_doubt(&asking->session);
      ask(asking);
      if (asking->error[0] == '\0')
        fail_msg("reply %zu is whole at %zu", i, cut);
    }
    end(asking);
  }
}

/* ---- the end ------------------------------------------------------------ */

static void silence__ends_when_it_is_cancelled(void **state) {
  struct asking *asking = prepare_role();
  pyr_error_t err;
  (void)state;
  assert_int_equal(pyr__aws_session_prepare(&asking->session, &err), 1);
  loop_until(&asking->world->loop, asking->world->script.requests == 1);
  pyr__http_cancel(asking->request, PYR_ETIMEOUT, "too late");
  assert_int_equal(asking->readies, 1);
  assert_string_equal(asking->error, "role-arn: too late");
  end(asking);
}

static struct asking *make_instance(void) {
  struct asking *asking = prepare_role();
  clear_environment();
  say_instance(asking, KEYS_UNTIL(IN_AN_HOUR));
  say(asking, "AssumeRole", ASSUMED_UNTIL(IN_AN_HOUR));
  return asking;
}

static void memory__may_fail_anywhere(void **state) {
  (void)state;
  fail_each_allocation(make_instance, "ASSUMED");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_that_has_keys__counts),
      cmocka_unit_test(a_replaced_file__is_read_again),
      cmocka_unit_test(bad_files__are_named),
      cmocka_unit_test(an_instance__has_a_region_and_a_role),
      cmocka_unit_test(a_region__is_asked_for_alone),
      cmocka_unit_test(lies_of_an_instance__are_refused),
      cmocka_unit_test(a_huge_answer__is_refused),
      cmocka_unit_test(a_role__is_assumed_and_again_before_its_end),
      cmocka_unit_test(an_instance__may_assume_a_role),
      cmocka_unit_test(refusals__are_told),
      cmocka_unit_test(cut_anywhere__it_is_no_answer),
      cmocka_unit_test(silence__ends_when_it_is_cancelled),
      cmocka_unit_test(memory__may_fail_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
