#include "discovery_live.h"
#include "http_script.h"

#include "base/limits.h"
#include "discovery/aws/ec2_discoverer.h"
#include "discovery/aws/ec2_query.h"

#define HEAD                                                                   \
  "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n"
#define ZONES                                                                  \
  "<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>"  \
  "eu-1a</zoneName><zoneId>id-1</zoneId></item></availabilityZoneInfo>"        \
  "</DescribeAvailabilityZonesResponse>"
#define INSTANCES(items, more)                                                 \
  "<DescribeInstancesResponse><reservationSet><item><ownerId>o</ownerId>"      \
  "<instancesSet>" items "</instancesSet></item></reservationSet>" more        \
  "</DescribeInstancesResponse>"
#define INSTANCE(id, address, more)                                            \
  "<item><instanceId>" id "</instanceId><privateIpAddress>" address            \
  "</privateIpAddress>" more "</item>"

struct aws {
  struct live live;
  struct script script;
  struct script_reply replies[4];
  char texts[4][4096], endpoint[64];
  pyr_str_t values[2];
  struct pyr__sd_filter filter;
  struct pyr__ec2_sd_config config;
};

static struct aws *prepare(int64_t refresh_ms) {
  struct aws *aws = (struct aws *)calloc(1, sizeof(*aws));
  live_begin(&aws->live);
  live_open_client(&aws->live, "127.0.0.1:1");
  assert_true(
      script_listen(&aws->script, &aws->live.loop, "127.0.0.1", 0, NULL, 0));
  snprintf(aws->endpoint, sizeof(aws->endpoint), "http://127.0.0.1:%u/",
           aws->script.port);
  aws->values[0] = pyr__str("a b");
  aws->values[1] = pyr__str("c");
  aws->filter = (struct pyr__sd_filter){pyr__str("tag:team"), aws->values, 2};
  aws->config = (struct pyr__ec2_sd_config){
      .endpoint = pyr__str(aws->endpoint),
      .aws = {.region = pyr__str("eu-1"),
              .access_key = pyr__str("AKID"),
              .secret_key = pyr__str("secret"),
              .profile = {"", 0},
              .credentials_file = {"", 0},
              .config_file = {"", 0},
              .role_arn = {"", 0},
              .external_id = {"", 0}},
      .application = pyr__str("app"),
      .port = 6060,
      .filters = &aws->filter,
      .filter_count = 1,
      .refresh_interval_ns = refresh_ms * PYR__NS_PER_MS};
  return aws;
}

static void start(struct aws *aws) {
  assert_int_equal(pyr__ec2_discoverer_new(&aws->live.discoverer, &aws->config,
                                           &aws->live.env, &aws->live.sink,
                                           NULL),
                   0);
}

static void end(struct aws *aws) {
  live_close(&aws->live);
  script_close(&aws->script);
  live_finish(&aws->live);
  free(aws);
}

/* The n-th reply, to requests that have `match` in their first line. */
static void say(struct aws *aws, size_t n, const char *match, const char *head,
                const char *body) {
  snprintf(aws->texts[n], sizeof(aws->texts[n]),
           "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
  aws->replies[n] = (struct script_reply){
      .text = aws->texts[n], .end = SCRIPT_CLOSE, .match = match};
  aws->script.replies = aws->replies;
  aws->script.reply_count = n + 1;
  aws->script.next = 0;
  aws->script.repeats = true;
  memset(aws->script.is_used, 0, sizeof(aws->script.is_used));
}

static int check_labels(void *ctx, const struct pyr__member_view *view) {
  static const char *const expected[][2] = {
      {"__address__", "10.0.0.1:6060"},
      {"__meta_ec2_availability_zone", "eu-1a"},
      {"__meta_ec2_availability_zone_id", "id-1"},
      {"__meta_ec2_instance_id", "i-1"},
      {"__meta_ec2_owner_id", "o"},
      {"__meta_ec2_private_ip", "10.0.0.1"},
      {"__meta_ec2_region", "eu-1"},
      {"__meta_ec2_subnet_id", ",,"},
      {"__meta_ec2_tag_a_b", "c"},
      {"__meta_ec2_vpc_id", "v"},
      {"__name__", "app"}};
  size_t i;
  (void)ctx;
  assert_int_equal(view->discovered.label_count,
                   sizeof(expected) / sizeof(expected[0]));
  for (i = 0; i < view->discovered.label_count; i++) {
    assert_true(pyr__str_is(view->discovered.labels[i].name, expected[i][0]));
    assert_true(pyr__str_is(view->discovered.labels[i].value, expected[i][1]));
  }
  return 0;
}

static void instances__become_targets(void **state) {
  struct aws *aws = prepare(60000);
  (void)state;
  say(aws, 0, "DescribeAvailabilityZones", HEAD, ZONES);
  say(aws, 1, "Action=DescribeInstances", HEAD,
      INSTANCES(
          INSTANCE(
              "i-1", "10.0.0.1",
              "<vpcId>v</vpcId><placement><availabilityZone>eu-1a"
              "</availabilityZone></placement><tagSet><item><key>"
              "a.b</key><value>c</value></item></tagSet>") "<item><instanceId>"
                                                           "i-2</instanceId></"
                                                           "item>",
          ""));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060");
  live_until(&aws->live, aws->live.syncs == 1);
  pyr__target_set_each(&aws->live.world.set, check_labels, NULL);
  /* The query is sorted, and the signature is of it. */
  assert_non_null(strstr(aws->script.last,
                         "GET /?Action=DescribeInstances&Filter.1.Name="
                         "tag%3Ateam&Filter.1.Value.1=a%20b&Filter.1.Value.2=c"
                         "&Version=2016-11-15 HTTP/1.1\r\n"));
  assert_non_null(
      strstr(aws->script.last, "AWS4-HMAC-SHA256 Credential=AKID/"));
  end(aws);
}

static void pages__are_put_together(void **state) {
  struct aws *aws = prepare(60000);
  (void)state;
  say(aws, 0, "DescribeAvailabilityZones", HEAD, ZONES);
  say(aws, 1, "NextToken=a%2F1%3D&", HEAD,
      INSTANCES(INSTANCE("i-2", "10.0.0.2", ""), ""));
  say(aws, 2, "DescribeInstances", HEAD,
      INSTANCES(INSTANCE("i-1", "10.0.0.1", ""),
                "<nextToken>a/1=</nextToken>"));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060 10.0.0.2:6060");
  end(aws);
}

static void failure__keeps_the_targets(void **state) {
  static const struct {
    const char *head, *body, *error;
  } cases[] = {{"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n",
                "<Code>AuthFailure</Code>", "AuthFailure"},
               {"HTTP/1.1 500 Oops\r\nConnection: close\r\n", "", "500 Oops"},
               {HEAD, "{}", "XML: "},
               {HEAD, "<a/>", "expected DescribeInstancesResponse"},
               {HEAD, "<DescribeInstancesResponse>", "XML: "}};
  struct aws *aws = prepare(20);
  size_t i;
  (void)state;
  /* Without zones there are instances all the same. */
  say(aws, 0, NULL, HEAD, INSTANCES(INSTANCE("i-1", "10.0.0.1", ""), ""));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060");
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    say(aws, 0, NULL, cases[i].head, cases[i].body);
    live_until(&aws->live,
               strstr(aws->live.discoverer->error, cases[i].error) != NULL);
    assert_string_equal(live_addresses(&aws->live), "10.0.0.1:6060");
  }
  say(aws, 0, NULL, HEAD, INSTANCES("", ""));
  live_until_addresses(&aws->live, "");
  end(aws);
}

static void silence__ends_with_the_interval(void **state) {
  struct aws *aws = prepare(20);
  (void)state;
  say(aws, 0, NULL, HEAD "Content-Type: x\r\n", "");
  aws->replies[0].text = HEAD "Content-Length: 100\r\n\r\n<Describe";
  aws->replies[0].end = SCRIPT_KEEP;
  start(aws);
  live_until(&aws->live, strstr(aws->live.discoverer->error,
                                "no whole answer within") != NULL);
  assert_int_equal(aws->live.syncs, 0);
  end(aws);
}

static void a_cut__keeps_the_targets(void **state) {
  static const char whole[] = HEAD
      "Transfer-Encoding: chunked\r\n\r\n1e\r\n<DescribeInstancesResponse/>"
      "\n\n\r\n0\r\n\r\n";
  struct aws *aws = prepare(5);
  size_t cut;
  (void)state;
  say(aws, 0, NULL, HEAD, INSTANCES(INSTANCE("i-1", "10.0.0.1", ""), ""));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060");
  for (cut = 1; cut < sizeof(whole) - 1; cut++) {
    unsigned before = aws->script.requests;
    say(aws, 0, NULL, HEAD, "");
    aws->replies[0].text = whole;
    aws->replies[0].len = cut;
    live_until(&aws->live, aws->script.requests > before + 2);
    assert_string_equal(live_addresses(&aws->live), "10.0.0.1:6060");
  }
  end(aws);
}

static void no_credentials__are_told(void **state) {
  struct aws *aws = prepare(60000);
  (void)state;
  unsetenv("AWS_ACCESS_KEY_ID");
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  aws->config.aws.access_key = aws->config.aws.secret_key = pyr__str("");
  start(aws);
  live_until(&aws->live, strstr(aws->live.discoverer->error,
                                "no keys in the configuration") != NULL);
  assert_int_equal(aws->script.requests, 0);
  end(aws);
  aws = prepare(60000);
  aws->config.aws.access_key = aws->config.aws.secret_key = pyr__str("");
  setenv("AWS_ACCESS_KEY_ID", "envid", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "envsecret", 1);
  setenv("AWS_SESSION_TOKEN", "envtoken", 1);
  say(aws, 0, NULL, HEAD, INSTANCES(INSTANCE("i-1", "10.0.0.1", ""), ""));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060");
  assert_non_null(strstr(aws->script.last, "Credential=envid/"));
  assert_non_null(
      strstr(aws->script.last, "X-Amz-Security-Token: envtoken\r\n"));
  end(aws);
}

static void refused_group__is_offered_again(void **state) {
  struct aws *aws = prepare(20);
  (void)state;
  aws->live.fail_groups = 1;
  say(aws, 0, NULL, HEAD, INSTANCES(INSTANCE("i-1", "10.0.0.1", ""), ""));
  start(aws);
  live_until_addresses(&aws->live, "10.0.0.1:6060");
  end(aws);
}

static void close__ends_what_runs(void **state) {
  struct aws *aws = prepare(60000);
  (void)state;
  start(aws);
  end(aws);
  aws = prepare(60000);
  start(aws);
  live_until(&aws->live, aws->script.connections == 1);
  end(aws);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(instances__become_targets),
      cmocka_unit_test(pages__are_put_together),
      cmocka_unit_test(failure__keeps_the_targets),
      cmocka_unit_test(silence__ends_with_the_interval),
      cmocka_unit_test(a_cut__keeps_the_targets),
      cmocka_unit_test(no_credentials__are_told),
      cmocka_unit_test(refused_group__is_offered_again),
      cmocka_unit_test(close__ends_what_runs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
