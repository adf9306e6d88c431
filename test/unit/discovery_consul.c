#include "consul_live.h"

static void services__become_targets(void **state) {
  struct consul *consul = prepare_web();
  (void)state;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  live_until(&consul->live, consul->live.syncs == 1);
  assert_non_null(strstr(consul->script.log,
                         "GET /v1/agent/self HTTP/1.1\n"
                         "GET /v1/catalog/services?stale=&wait=60000ms "
                         "HTTP/1.1\n"));
  assert_non_null(strstr(consul->script.log,
                         "GET /v1/health/service/web?stale=&wait=60000ms "));
  live_until(&consul->live,
             strstr(consul->script.log, HEALTH_AFTER("web", "11")) != NULL);
  live_until(&consul->live,
             strstr(consul->script.log, CATALOG_AFTER("10")) != NULL);
  end(consul);
}

static int check_labels(void *ctx, const struct pyr__member_view *view) {
  static const char *const expected[][2] = {
      {"__address__", "10.0.0.1:80"},
      {"__meta_consul_address", "1.1.1.1"},
      {"__meta_consul_dc", "test-dc"},
      {"__meta_consul_health", "passing"},
      {"__meta_consul_node", "node1"},
      {"__meta_consul_service", "web"},
      {"__meta_consul_service_address", "10.0.0.1"},
      {"__meta_consul_service_id", "w1"},
      {"__meta_consul_service_port", "80"},
      {"__meta_consul_tags", ",,"}};
  size_t i;
  (void)ctx;
  for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
    const pyr_str_t *value = pyr__labels_find(
        view->discovered.labels, view->discovered.label_count, expected[i][0]);
    assert_non_null(value);
    assert_true(pyr__str_is(*value, expected[i][1]));
  }
  return 0;
}

static void labels__are_of_agent_service_and_node(void **state) {
  struct consul *consul = prepare_web();
  (void)state;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  pyr__target_set_each(&consul->live.world.set, check_labels, NULL);
  end(consul);
}

static void options__are_asked_for(void **state) {
  static const pyr_label_t meta[] = {{{"rack_name", 9}, {"2304", 4}},
                                     {{"z", 1}, {"a b", 3}}};
  static const pyr_str_t tags[] = {{"t1", 2}, {"t/2", 3}};
  static const pyr_str_t services[] = {{"w b", 3}};
  static const struct pyr__auth_options auth = {.username = "u"};
  static const struct pyr__http_header token = {.name = "X-Consul-Token",
                                                .value = "secret"};
  struct consul *consul = prepare();
  struct pyr__consul_sd_config *config = &consul->config;
  (void)state;
  config->datacenter = pyr__str("dc 1");
  config->namespace_name = pyr__str("ns1");
  config->partition = pyr__str("p1");
  config->filter = pyr__str("NodeMeta.rack_name == \"2304\"");
  config->health_filter = pyr__str("x==1");
  config->node_meta = meta;
  config->node_meta_count = 2;
  config->tags = tags;
  config->tag_count = 2;
  config->services = services;
  config->service_count = 1;
  config->access.auth = &auth;
  config->access.headers = (struct pyr__http_headers){&token, 1};
  answer(
      consul, "/v1/catalog/services?dc=dc%201&filter=", OK("1"),
      "{\"w b\":[\"t/2\",\"t1\",\"x\"],\"other\":[\"t1\",\"t/2\"],\"a\":[]}");
  answer(consul, "/v1/health/service/w%20b?", OK("1"),
         "[" INSTANCE("w", "", "1") "]");
  start(consul);
  live_until_addresses(&consul->live, "1.1.1.1:1");
  assert_null(strstr(consul->script.log, "agent/self"));
  assert_null(strstr(consul->script.log, "service/other"));
  assert_non_null(strstr(
      consul->script.log,
      "GET /v1/catalog/services?dc=dc%201&filter=NodeMeta.rack_name%20%3D%3D"
      "%20%222304%22&node-meta=rack_name%3A2304&node-meta=z%3Aa%20b&ns=ns1"
      "&partition=p1&stale=&wait=60000ms HTTP/1.1\n"));
  assert_non_null(
      strstr(consul->script.log,
             "GET /v1/health/service/w%20b?dc=dc%201&filter=x%3D%3D1&node-meta="
             "rack_name%3A2304&node-meta=z%3Aa%20b&ns=ns1&partition=p1&stale="
             "&tag=t1&tag=t%2F2&wait=60000ms HTTP/1.1\n"));
  assert_non_null(
      strstr(consul->script.last, "\r\nX-Consul-Token: secret\r\n"));
  assert_non_null(strstr(consul->script.last, "\r\nAuthorization: Basic "));
  end(consul);
}

static void named_services__need_no_catalog(void **state) {
  static const pyr_str_t services[] = {{"web", 3}, {"other", 5}, {"web", 3}};
  struct consul *consul = prepare_web();
  (void)state;
  consul->config.services = services;
  consul->config.service_count = 3;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  live_until(&consul->live, consul->live.syncs == 1);
  assert_null(strstr(consul->script.log, "catalog"));
  end(consul);
}

static void an_empty_catalog__is_known(void **state) {
  struct consul *consul = prepare();
  (void)state;
  answer(consul, CATALOG, OK("1"), "{}");
  start(consul);
  live_until(&consul->live, consul->live.syncs == 1);
  end(consul);
}

static void a_unix_socket__is_asked(void **state) {
  char directory[] = "/tmp/pyrite-consul-XXXXXX", path[64];
  struct consul *consul = prepare_web();
  (void)state;
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof(path), "%s/s", directory);
  script_close(&consul->script);
  uv_run(&consul->live.loop, UV_RUN_NOWAIT); /* it is closed */
  script_listen_unix(&consul->script, &consul->live.loop, path, consul->replies,
                     consul->count);
  memset(consul->script.is_lasting, true, consul->count);
  consul->config.base = pyr__str("http://localhost");
  consul->config.unix_socket = path;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  end(consul);
  rmdir(directory);
}

/* ---- what changes ------------------------------------------------------- */

static void news__are_waited_for(void **state) {
  struct consul *consul = prepare_web();
  struct live *live = &consul->live;
  (void)state;
  hold(consul, CATALOG_AFTER("10"));
  hold(consul, HEALTH_AFTER("web", "11"));
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  tell(consul, HEALTH_AFTER("web", "11"), "20",
       "[" INSTANCE("w1", "10.0.0.1", "80") "," INSTANCE("w2", "10.0.0.2",
                                                         "80") "]");
  live_until_addresses(live, "10.0.0.1:80 10.0.0.2:80");
  /* A new service, and one that is gone. */
  hold(consul, CATALOG_AFTER("21"));
  answer(consul, HEALTH("new"), OK("30"),
         "[" INSTANCE("n", "10.0.0.3", "90") "]");
  tell(consul, CATALOG_AFTER("10"), "21", "{\"new\":[],\"other\":[]}");
  live_until_addresses(live, "10.0.0.3:90");
  /* And it comes back. */
  tell(consul, CATALOG_AFTER("21"), "22",
       "{\"new\":[],\"other\":[],\"web\":[]}");
  live_until_addresses(live, "10.0.0.1:80 10.0.0.3:90");
  assert_int_equal(live->syncs, 1);
  assert_int_equal(live->discoverer->stats.failures, 0);
  end(consul);
}

static void the_same_index__is_no_news(void **state) {
  struct consul *consul = prepare_polled();
  (void)state;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  answer(consul, HEALTH_AFTER("web", "11"), OK("11"), "not even JSON");
  live_until(&consul->live, consul->live.discoverer->stats.watch_restarts > 3);
  assert_string_equal(live_addresses(&consul->live), "10.0.0.1:80");
  assert_int_equal(consul->live.discoverer->stats.failures, 0);
  end(consul);
}

static void what_makes_no_label__is_no_news(void **state) {
  struct consul *consul = prepare_polled();
  uint64_t updates;
  (void)state;
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  live_until(&consul->live, consul->live.syncs == 1);
  updates = consul->live.discoverer->stats.updates;
  answer(consul, HEALTH_AFTER("web", "11"), OK("12"),
         "[" INSTANCE("w1", "10.0.0.1", "80") " ]");
  live_until(&consul->live,
             strstr(consul->script.log, HEALTH_AFTER("web", "12")) != NULL);
  assert_int_equal(consul->live.discoverer->stats.updates, updates);
  end(consul);
}

static void an_index_that_went_back__is_forgotten(void **state) {
  struct consul *consul = prepare_web();
  (void)state;
  hold(consul, HEALTH_AFTER("web", "11"));
  start(consul);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  answer(consul, HEALTH("web"), OK("4"),
         "[" INSTANCE("w3", "10.0.0.3", "80") "]");
  tell(consul, HEALTH_AFTER("web", "11"), "3",
       "[" INSTANCE("w2", "10.0.0.2", "80") "]");
  /* It is asked without one, and then behind what that said. */
  live_until_addresses(&consul->live, "10.0.0.3:80");
  live_until(&consul->live,
             strstr(consul->script.log, HEALTH_AFTER("web", "4")) != NULL);
  assert_null(strstr(consul->script.log, HEALTH_AFTER("web", "3")));
  assert_int_equal(consul->live.discoverer->stats.watch_restarts, 1);
  end(consul);
}

static void more_services_than_may_ask__take_turns(void **state) {
  enum { SERVICES = 300 };
  struct consul *consul = prepare();
  char catalog[4096] = "{";
  size_t used = 1, i;
  (void)state;
  consul->options.watches = 4;
  for (i = 0; i < SERVICES; i++)
    used += (size_t)snprintf(catalog + used, sizeof(catalog) - used,
                             "%s\"s%zu\":[]", i > 0 ? "," : "", i);
  snprintf(catalog + used, sizeof(catalog) - used, "}");
  answer(consul, CATALOG, OK("1"), catalog);
  hold(consul, CATALOG_AFTER("1"));
  answer(consul, "/v1/health/service/s", OK("1"),
         "[" INSTANCE("w1", "", "80") "]");
  start(consul);
  live_until(&consul->live, consul->live.syncs == 1);
  assert_int_equal(consul->live.world.set.member_count, SERVICES);
  /* Each waits for less long: 60 s * 4 / 300. */
  assert_non_null(strstr(consul->script.log, "&wait=800ms"));
  live_until(&consul->live,
             consul->live.discoverer->stats.watch_restarts > SERVICES);
  tell(consul, CATALOG_AFTER("1"), "2", "{}");
  live_until_addresses(&consul->live, "");
  end(consul);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(services__become_targets),
      cmocka_unit_test(labels__are_of_agent_service_and_node),
      cmocka_unit_test(options__are_asked_for),
      cmocka_unit_test(named_services__need_no_catalog),
      cmocka_unit_test(an_empty_catalog__is_known),
      cmocka_unit_test(a_unix_socket__is_asked),
      cmocka_unit_test(news__are_waited_for),
      cmocka_unit_test(the_same_index__is_no_news),
      cmocka_unit_test(what_makes_no_label__is_no_news),
      cmocka_unit_test(an_index_that_went_back__is_forgotten),
      cmocka_unit_test(more_services_than_may_ask__take_turns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
