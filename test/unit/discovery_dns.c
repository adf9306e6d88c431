#include "discovery_live.h"

#include "discovery/dns_discoverer.h"
#include "dns/dns_server.h"

struct names {
  struct live live;
  struct dns_server server;
  char servers[64];
  pyr_str_t texts[4];
  struct pyr__dns_sd_config config;
};

static void load(struct names *names, const char *zone) {
  unsigned line;
  assert_true(dns_server_load(&names->server, zone, &line));
}

static struct names *prepare(const char *zone, int type) {
  struct names *names = calloc(1, sizeof(*names));
  struct live *live = &names->live;
  live_begin(live);
  assert_true(dns_server_start(&names->server, &live->loop, "127.0.0.1", 0));
  load(names, zone);
  snprintf(names->servers, sizeof(names->servers), "127.0.0.1:%u",
           names->server.port);
  live_open_client(live, names->servers);
  names->config =
      (struct pyr__dns_sd_config){.names = names->texts,
                                  .type = type,
                                  .port = 6060,
                                  .refresh_interval_ns = 10 * PYR__NS_PER_MS};
  return names;
}

static void add_name(struct names *names, const char *name) {
  names->texts[names->config.name_count++] = pyr__str(name);
}

static void start(struct names *names) {
  struct live *live = &names->live;
  assert_int_equal(pyr__dns_discoverer_new(&live->discoverer, &names->config,
                                           &live->env, &live->sink, NULL),
                   0);
}

static void end(struct names *names) {
  live_close(&names->live);
  dns_server_close(&names->server);
  live_finish(&names->live);
  free(names);
}

struct wanted {
  const char *labels[5][2];
  size_t found;
};

static int check_member(void *ctx, const struct pyr__member_view *view) {
  struct wanted *wanted = ctx;
  size_t i, count = 0;
  while (count < 5 && wanted->labels[count][0] != NULL)
    count++;
  assert_int_equal(view->discovered.label_count, count);
  for (i = 0; i < count; i++) {
    const pyr_str_t *value =
        pyr__labels_find(view->discovered.labels, count, wanted->labels[i][0]);
    assert_non_null(value);
    if (!pyr__str_is(*value, wanted->labels[i][1]))
      fail_msg("%s is %.*s", wanted->labels[i][0], PYR__STR_ARG(*value));
  }
  wanted->found++;
  return 0;
}

static void records__become_targets(void **state) {
  static struct {
    const char *zone, *name;
    int type;
    struct wanted wanted;
  } cases[] = {
      {"_p._tcp.test 60 SRV 0 5 8080 web.test\n",
       "_p._tcp.test",
       PYR__DNS_SD_SRV,
       {.labels = {{"__address__", "web.test:8080"},
                   {"__meta_dns_name", "_p._tcp.test"},
                   {"__meta_dns_srv_record_target", "web.test."},
                   {"__meta_dns_srv_record_port", "8080"}}}},
      {"a.test 60 A 10.1.2.3\n",
       "a.test",
       PYR__DNS_SD_A,
       {.labels = {{"__address__", "10.1.2.3:6060"},
                   {"__meta_dns_name", "a.test"}}}},
      {"a.test 60 AAAA fd00::1\n",
       "a.test",
       PYR__DNS_SD_AAAA,
       {.labels = {{"__address__", "[fd00::1]:6060"},
                   {"__meta_dns_name", "a.test"}}}},
      {"m.test 60 MX 10 mail.test\n",
       "m.test",
       PYR__DNS_SD_MX,
       {.labels = {{"__address__", "mail.test:6060"},
                   {"__meta_dns_name", "m.test"},
                   {"__meta_dns_mx_record_target", "mail.test."}}}},
      {"n.test 60 NS ns1.test\n",
       "n.test",
       PYR__DNS_SD_NS,
       {.labels = {{"__address__", "ns1.test:6060"},
                   {"__meta_dns_name", "n.test"},
                   {"__meta_dns_ns_record_target", "ns1.test."}}}},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct names *names = prepare(cases[i].zone, cases[i].type);
    add_name(names, cases[i].name);
    start(names);
    live_until(&names->live, names->live.syncs == 1);
    assert_int_equal(pyr__target_set_each(&names->live.world.set, check_member,
                                          &cases[i].wanted),
                     0);
    assert_int_equal(cases[i].wanted.found, 1);
    end(names);
  }
}

static void changes__are_followed(void **state) {
  struct names *names =
      prepare("a.test 60 A 10.0.0.1\na.test 60 A 10.0.0.2\n", PYR__DNS_SD_A);
  struct live *live = &names->live;
  (void)state;
  add_name(names, "a.test");
  add_name(names, "b.test");
  start(names);
  live_until_addresses(live, "10.0.0.1:6060 10.0.0.2:6060");
  load(names, "a.test 60 A 10.0.0.2\nb.test 60 A 10.0.0.9\n");
  live_until_addresses(live, "10.0.0.2:6060 10.0.0.9:6060");
  load(names, "b.test 60 AAAA ::1\n"); /* no such name, and no data */
  live_until_addresses(live, "");
  assert_int_equal(live->discoverer->stats.failures, 0);
  assert_int_equal(live->syncs, 1);
  end(names);
}

static void failure__keeps_the_targets_of_its_name(void **state) {
  static const char *const zones[] = {
      "a.test 60 SERVFAIL\nb.test 60 A 10.0.0.3\n",
      "a.test 60 REFUSED\nb.test 60 A 10.0.0.4\n",
  };
  static const char *const addresses[] = {"10.0.0.1:6060 10.0.0.3:6060",
                                          "10.0.0.1:6060 10.0.0.4:6060"};
  struct names *names = prepare("a.test 60 A 10.0.0.1\n", PYR__DNS_SD_A);
  struct live *live = &names->live;
  size_t i;
  (void)state;
  add_name(names, "a.test");
  add_name(names, "b.test");
  start(names);
  live_until_addresses(live, "10.0.0.1:6060");
  for (i = 0; i < 2; i++) {
    uint64_t failures;
    load(names, zones[i]);
    live_until_addresses(live, addresses[i]);
    failures = live->discoverer->stats.failures;
    live_until(live, live->discoverer->stats.failures > failures);
    assert_non_null(strstr(live->discoverer->stats.last_error, "a.test"));
    assert_string_equal(live_addresses(live), addresses[i]);
  }
  load(names, "a.test 60 A 10.0.0.2\n");
  live_until_addresses(live, "10.0.0.2:6060");
  live_until(live, live->discoverer->stats.last_error[0] == '\0');
  end(names);
}

/* What was never read is not whole. */
static void first_answer__is_what_syncs(void **state) {
  struct names *names = prepare("a.test 60 SERVFAIL\n", PYR__DNS_SD_A);
  struct live *live = &names->live;
  (void)state;
  add_name(names, "a.test");
  add_name(names, "b.test");
  start(names);
  live_until(live, live->discoverer->stats.failures > 2);
  assert_int_equal(live->syncs, 0);
  load(names, "");
  live_until(live, live->syncs == 1);
  assert_string_equal(live_addresses(live), "");
  end(names);
}

/* Too long for UDP; what does not fit comes over TCP. */
static void many_records__come_whole(void **state) {
  static char zone[65536];
  struct names *names;
  struct live *live;
  size_t used = 0;
  unsigned i;
  (void)state;
  for (i = 0; i < 500; i++)
    used += (size_t)sprintf(zone + used, "a.test 60 A 10.1.%u.%u\n", i / 250,
                            i % 250);
  names = prepare(zone, PYR__DNS_SD_A);
  live = &names->live;
  add_name(names, "a.test");
  start(names);
  live_until(live, live->world.set.count == 500);
  assert_true(names->server.tcp_queries > 0);
  load(names, "a.test 60 A 10.1.0.7\n");
  live_until_addresses(live, "10.1.0.7:6060");
  assert_int_equal(live->world.added, 500);
  end(names);
}

static void refused_group__is_offered_again(void **state) {
  struct names *names = prepare("a.test 60 A 10.0.0.1\n", PYR__DNS_SD_A);
  (void)state;
  add_name(names, "a.test");
  names->live.fail_groups = 2;
  start(names);
  live_until_addresses(&names->live, "10.0.0.1:6060");
  assert_int_equal(names->live.discoverer->stats.failures, 2);
  end(names);
}

static void close__ends_what_runs(void **state) {
  struct names *names = prepare("a.test 60 DROP\n", PYR__DNS_SD_A);
  (void)state;
  add_name(names, "a.test");
  start(names);
  live_until(&names->live, names->server.udp_queries > 0);
  end(names);
  names = prepare("", PYR__DNS_SD_A);
  add_name(names, "a.test");
  start(names);
  end(names); /* before the first turn */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records__become_targets),
      cmocka_unit_test(changes__are_followed),
      cmocka_unit_test(failure__keeps_the_targets_of_its_name),
      cmocka_unit_test(first_answer__is_what_syncs),
      cmocka_unit_test(many_records__come_whole),
      cmocka_unit_test(refused_group__is_offered_again),
      cmocka_unit_test(close__ends_what_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
